"""What happens, written down: events and scenes for tables of state + event -> step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypedDict

from dialogs.base import (
    LEARNER,
    Brief,
    Commanded,
    Look,
    Member,
    Noted,
    Pressed,
    Rang,
    Role,
    Said,
    Scene,
    Started,
    Submitted,
    Tally,
    Told,
)
from dialogs.card import Text
from dialogs.commands import parse
from tests.dialogs.stage import NOON

SESSION = Brief(title="Feedback", phase="open", opened=NOON, zone="Europe/Zurich")


class Common(TypedDict):
    id: str
    at: datetime
    tenant: str


COMMON = Common(id="e", at=NOON, tenant="t")


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def started(by: str | None = None) -> Started:
    return Started(**COMMON, by=by)


def press(action: str, value: str = "", by: str | None = "ann") -> Pressed:
    return Pressed(**COMMON, action=action, value=value, by=by)


def say(by: str | None = "ann", words: int = 5) -> Said:
    return Said(**COMMON, by=by, words=words)


def told(what: str, **data: object) -> Told:
    return Told(**COMMON, what=what, data=data)


def rang(timer: str) -> Rang:
    return Rang(**COMMON, timer=timer, due=NOON)


def sent(action: str, by: str = "fay", **values: str) -> Submitted:
    return Submitted(**COMMON, action=action, values=values, by=by)


def typed(text: str, by: str = "fay", **more: Any) -> Commanded:
    """A command that can be read."""
    command = parse(text)
    assert not isinstance(command, Text), command
    return Commanded(**COMMON, text=text, command=command, by=by, **more)


def scene(role: Role | None = LEARNER, **more: Any) -> Scene:
    """The scene in which a learner acts, in an open session."""
    return replace(Scene(now=NOON, dialog="d", seed=1, session=SESSION, session_id="s", role=role), **more)


def look(slot: str, viewer: str | None = "ann", role: Role | None = LEARNER, **more: Any) -> Look:
    return replace(Look(slot, NOON, SESSION, "s", viewer, role), **more)


def member(name: str, role: Role = LEARNER, **more: Any) -> Member:
    """Somebody who has been in the room for an hour. Their id is their name, in small letters."""
    return replace(Member(name.lower(), name, role, here=True, since=NOON - timedelta(hours=1)), **more)


def people(*names: str) -> tuple[Member, ...]:
    return tuple(member(name) for name in names)


def noted(key: str, person: str, value: str, seconds: float = 0) -> Noted:
    return Noted(key, person, value, after(seconds), value)


def tally(*notes: Noted) -> Tally:
    """What the database counts of these notes."""
    counts: dict[str, dict[str, int]] = {}
    for note in notes:
        counts.setdefault(note.key, {})
        counts[note.key][note.value] = counts[note.key].get(note.value, 0) + 1
    return Tally(counts, notes)


def votes(**counts: int) -> Tally:
    return Tally({"vote": counts})


def words(texts: Iterable[Text]) -> list[str]:
    return ["".join(str(piece) for piece in text.pieces()) for text in texts]
