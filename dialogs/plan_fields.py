"""Plan fields: the texts, times and ids of a plan, with their limits and what an editor may know of them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from dialogs.card import t
from dialogs.commands import POLL_SECONDS, seconds
from dialogs.moments import no_such_zone, zone_named
from dialogs.plan_reading import refuse
from dialogs.words import CHOICE, NAME, QUESTION, TITLE, blank, tidy


def _line(value: object) -> object:
    """A text on one line."""
    return ("" if blank(value) else tidy(value)) if isinstance(value, str) else value


def _lines(value: object) -> object:
    """A text that keeps its lines."""
    return "\n".join(tidy(line) for line in value.strip().splitlines()) if isinstance(value, str) else value


def _seconds(value: object) -> object:
    found = seconds(value) if isinstance(value, str) else value
    if found not in POLL_SECONDS:
        raise refuse(t("“for” needs a time from 5 seconds to 1 day: write it as 60s or 8m."))
    return found


def _days(value: object) -> object:
    found = re.fullmatch(r"(\d{1,3})\s*d(?:ays?)?", value, re.ASCII) if isinstance(value, str) else None
    days = int(found[1]) if found else value
    if not isinstance(days, int) or not 1 <= days <= 400:
        raise refuse(t("“after” needs a number of days from 1 to 400: write it as 2d."))
    return days


def _zone(value: object) -> object:
    if not isinstance(value, str):
        return value
    zone = zone_named(value)
    if zone is None:
        raise refuse(no_such_zone(value))
    return zone


def option(value: object) -> object:
    """A survey's answer may be written as its text alone."""
    return {"text": value} if isinstance(value, str) else value


def _text_schema(most: int) -> WithJsonSchema:
    # A year or a yes without quotation marks is a text too, though an editor takes it for a number or a truth.
    return WithJsonSchema({"type": ["string", "number", "boolean"], "minLength": 1, "maxLength": most})


Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$"), BeforeValidator(_line)]
Name = Annotated[str, Field(min_length=1, max_length=NAME), _text_schema(NAME), BeforeValidator(_line)]
Choice = Annotated[str, Field(min_length=1, max_length=CHOICE), _text_schema(CHOICE), BeforeValidator(_line)]
Title = Annotated[str, Field(min_length=1, max_length=TITLE), _text_schema(TITLE), BeforeValidator(_line)]
Question = Annotated[str, Field(min_length=1, max_length=QUESTION), _text_schema(QUESTION), BeforeValidator(_line)]
Long = Annotated[str, Field(min_length=1, max_length=1500), _text_schema(1500), BeforeValidator(_lines)]
Choices = Annotated[tuple[Choice, ...], Field(min_length=2, max_length=10)]
Length = Annotated[int, BeforeValidator(_seconds), WithJsonSchema({"type": ["string", "integer"], "examples": ["60s"]})]
Days = Annotated[int, BeforeValidator(_days), WithJsonSchema({"type": "string", "pattern": r"^\d{1,3}\s*d(ays?)?$"})]
Zone = Annotated[str, BeforeValidator(_zone)]
