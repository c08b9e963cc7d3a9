"""Form data -> Event. Pure: everything that a page sends is checked here, and nothing else of it goes any further."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from urllib.parse import parse_qsl

from dialogs.base import Commanded, Event, Pressed, Said, Submitted
from dialogs.verbs import VERBS
from dialogs.words import blank

Form = Mapping[str, Sequence[str]]

LONGEST_BODY = 64 * 1024
LONGEST_TEXT = 2_000  # of a chat message or an answer
LONGEST_COMMAND = 4_000  # the grammar's own limit
LONGEST_FIELD = 8_000  # of one field of a form; the card's own limit is smaller, and the dialog checks it
LONGEST_NAME = 80
LONGEST_KEY = 200  # of dialog, slot, action, value
MOST_FIELDS = 200

UUID = re.compile(r"[0-9A-Za-z-]{8,64}")
COMMAND = re.compile(r"\s*/ilt(?!\w)\s*", re.IGNORECASE)
SLASHED = re.compile(r"/(\w+)")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # never typed on purpose, and PostgreSQL refuses the first of them
REORDERING = re.compile(
    r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)  # in a name, they would reorder what stands beside it


class BadForm(Exception):
    """What was sent cannot be meant. The message is for the reader."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, and when and where it is heard."""

    tenant: str
    person: str
    at: datetime
    place: str | None


@dataclass(frozen=True, slots=True)
class Heard:
    """What the bot is to hear, and the page's own id of it. `aloud`: the words that the room is to see."""

    event: Event
    id: str
    aloud: str | None = None
    slot: str = ""


class _Common(TypedDict):
    id: str
    at: datetime
    tenant: str
    by: str
    place: str | None


def parse(body: bytes) -> Form:
    """The fields of an urlencoded body, each with its values."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:  # also a UnicodeDecodeError
        raise BadForm("The page sent something unreadable. Load it again and repeat.") from error
    form: dict[str, list[str]] = {}
    for name, value in pairs:
        form.setdefault(name, []).append(CONTROLS.sub("", value.replace("\r\n", "\n")))
    return form


def read(form: Form, sender: Sender) -> Heard:
    """The event that this form means. Raises BadForm."""
    kind, page_id = _one(form, "kind"), _one(form, "id")
    if not UUID.fullmatch(page_id):
        raise BadForm("The page sent no proper id. Load it again and repeat.")
    common = _Common(
        # Scoped by person: with another person's id nobody can make that person's next press look repeated.
        id=f"web:{sender.person}:{page_id}",
        at=sender.at,
        tenant=sender.tenant,
        by=sender.person,
        place=sender.place,
    )
    dialog, slot = _key(form, "dialog") or None, _key(form, "slot")
    match kind:
        case "press":
            action, value = _required(form, "action"), _key(form, "value")
            return Heard(Pressed(**common, dialog=dialog, action=action, value=value), page_id, slot=slot)
        case "submit":
            filled = Submitted(**common, dialog=dialog, action=_required(form, "action"), values=_values(form))
            return Heard(filled, page_id, slot=slot)
        case "command" | "say" if kind == "command" or COMMAND.match(_one(form, "text")):
            typed = COMMAND.sub("", _text(form, LONGEST_COMMAND), count=1)
            return Heard(Commanded(**common, text=typed), page_id)
        case "say" if sender.place is None:
            raise BadForm("Only commands are heard here: begin with /ilt, for example /ilt help.")
        case "say" if (slashed := SLASHED.match(_text(form))) and slashed[1].lower() in VERBS:
            # Meant as a command, and about to be shown to thirty people.
            raise BadForm(f"Commands begin with /ilt: did you mean “/ilt {slashed[1].lower()}”? Nothing was sent.")
        case "say":
            return Heard(Said(**common, words=words(_text(form))), page_id, aloud=_text(form))
        case "answer" if dialog is None or sender.place is None:
            raise BadForm("The page did not say what this answers. Load it again and repeat.")
        case "answer":
            answered = Said(**common, dialog=dialog, words=words(_text(form)))
            return Heard(answered, page_id, aloud=_text(form), slot=slot)
        case _:
            raise BadForm("The page sent something that is not known here. Load it again and repeat.")


def read_name(form: Form) -> str:
    """The name of somebody at the open door. Raises BadForm."""
    name = " ".join(REORDERING.sub("", _one(form, "name")).split())
    if blank(name):
        raise BadForm("Please enter the name by which the room should know you.")
    if len(name) > LONGEST_NAME:
        raise BadForm(f"Please use a name of at most {LONGEST_NAME} characters.")
    return name


def words(text: str) -> int:
    """How many words these are: what counts as a contribution depends on it."""
    return sum(1 for word in text.split() if any(letter.isalnum() for letter in word))


def _one(form: Form, name: str) -> str:
    return form[name][0] if form.get(name) else ""


def _key(form: Form, name: str) -> str:
    value = _one(form, name)
    if len(value) > LONGEST_KEY:
        raise BadForm("The page sent something that is not known here. Load it again and repeat.")
    return value


def _required(form: Form, name: str) -> str:
    if value := _key(form, name):
        return value
    raise BadForm("The page did not say what was pressed. Load it again and repeat.")


def _text(form: Form, longest: int = LONGEST_TEXT) -> str:
    text = _one(form, "text").strip()
    if blank(text):
        raise BadForm("There was nothing to send: please write something first.")
    if len(text) > longest:
        raise BadForm(f"That is too long: please send at most {longest:,} characters at a time.")
    return text


def _values(form: Form) -> dict[str, str]:
    """What was filled in. Of a `many` field each chosen option is a value of its own."""
    fields = {name.removeprefix("field."): "\n".join(values) for name, values in form.items() if name[:6] == "field."}
    if any(len(name) > LONGEST_KEY or len(value) > LONGEST_FIELD for name, value in fields.items()):
        raise BadForm("That is too long: please shorten your answer.")
    return fields
