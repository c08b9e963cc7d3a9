"""The words that everyone here speaks: events, effects, steps, and what a dialog may know.

A dialog is a pure pair of functions. `decide(state, event, scene) -> Step` says what changes; `view(state, look)
-> Card` says what one viewer sees now. Neither has a clock, a database or a platform. Effects say what must be true and
each has a key, so that doing one twice is doing it once: order, repetition, rate limits and restarts are the engine's
business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from dialogs.card import Card, Reply
from dialogs.commands import Command
from dialogs.rotation import Candidate, Turned
from dialogs.sent import Sent, Stuck


class Frozen(BaseModel):
    """The base of every state and setup: JSON in the database, immutable in memory."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Role(StrEnum):
    """What a person is in a session."""

    FACILITATOR = "facilitator"
    LEARNER = "learner"
    MANAGER = "manager"


FACILITATOR, LEARNER, MANAGER = Role.FACILITATOR, Role.LEARNER, Role.MANAGER
ROOM = "room"  # `Show(to=ROOM)`: every place of the session; else a Role, or a person's id
PARENT, CHILDREN = "parent", "children"  # `Tell(to=...)`: whoever began this dialog; all that this one began


# -- events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something happened. `id` is the platform's own: the same id heard twice is heard once."""

    id: str
    at: datetime  # the platform's time; of two notes the newer `at` wins, in whatever order they arrive
    tenant: str
    by: str | None = None  # the person who acted
    place: str | None = None
    dialog: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(Event):
    """This dialog begins: decided in the transaction of the `Begin` that caused it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed(Event):
    """A button. Card values come from outside: check them against the state."""

    action: str
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted(Event):
    """A form was sent. Of a `many` field the values are joined by newlines."""

    action: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said(Event):
    """Somebody wrote. Only the number of words is known here: the text is never stored."""

    words: int = 0
    room: bool = False  # to everybody, in a place without threads: it may answer whatever is asked there


@dataclass(frozen=True, slots=True, kw_only=True)
class Reacted(Event):
    """Somebody reacted to a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(Event):
    """Somebody entered a place. Not `there`: they belong to it now (a channel), which does not say that they look."""

    there: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Left(Event):
    """Somebody left a place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commanded(Event):
    """A slash command as typed, without `/ilt`. The engine parses it before anybody decides."""

    text: str
    command: Command = Command("")
    plan: Mapping[str, Any] | None = None  # of `new TEMPLATE`: the plan as plain data, looked up before anybody decides
    aside: str | None = (
        None  # the private chat in which it was typed: no place of a session, but a poll can stand there
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rang(Event):
    """A timer is due. Accepted only while the timer still stands at `due`."""

    __match_args__ = ("timer",)
    timer: str
    due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(Event):
    """Another dialog says something, as plain data, in the same transaction."""

    __match_args__ = ("what",)
    what: str
    data: Mapping[str, Any] = field(default_factory=dict)


# -- effects -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Show:
    """This message exists for ROOM, a role or a person, and looks as `view` says. Again = anew. Key: (slot, to).

    Whoever comes into the role (or, for ROOM, each place that is added) later gets it too, unless `latecomers` is off:
    then it is redrawn for those who have it, and for nobody else.
    """

    slot: str
    to: str = ROOM
    latecomers: bool = True


@dataclass(frozen=True, slots=True)
class Wake:
    """This timer rings then. None = off, the same name = moved. Key: timer."""

    timer: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Note:
    """This person's value; None = taken back. The newest event wins, the first value is kept. Key: (key, person)."""

    key: str
    person: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Begin:
    """This other dialog exists, begun with this plain data. Key: `key`, unique in the session, person or cohort."""

    key: str
    kind: str
    setup: Mapping[str, Any] = field(default_factory=dict)
    of: Literal["session", "person", "cohort"] = "session"


@dataclass(frozen=True, slots=True)
class Tell:
    """PARENT, CHILDREN, or the session's dialog of this key or id hears `Told(what, data)`, at most 8 deep."""

    to: str
    what: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """One row of the cohort's rotation (see `rotation.Turned`). Key: (dialog, person, what)."""

    person: str
    what: str
    used: int


@dataclass(frozen=True, slots=True)
class Meet:
    """This person exists, under this name: for people whom a command names before a platform does. Key: person."""

    person: str
    name: str


Effect = Show | Wake | Note | Begin | Tell | Turn | Meet

S = TypeVar("S", bound=Frozen)


@dataclass(frozen=True, slots=True)
class Step(Generic[S]):
    """What changes. `reply` goes to the one who acted, only now; `done` = no more events, the last card stays."""

    state: S
    effects: tuple[Effect, ...] = ()
    reply: Reply | None = None
    done: bool = False


# -- what a dialog may know --------------------------------------------------------------------------------------------


class Objective(Frozen):
    """What people can do after the session."""

    id: str
    text: str


class Brief(Frozen):
    """What every dialog of a session may know of it. The session's own state carries it as `brief`."""

    title: str
    phase: Literal["planned", "open", "closed", "archived"] = "planned"
    starts: datetime | None = None
    minutes: int = 60
    zone: str = "UTC"
    places: tuple[str, ...] = ()  # "platform:address" of every place where it happens
    cohort: str = ""  # whose rotation this session shares; empty = its own
    opened: datetime | None = None
    closed: datetime | None = None
    objectives: tuple[Objective, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """One person of a session and what is known of them, now."""

    person: str
    name: str
    role: Role
    here: bool = False  # checked in, joined, active in the last 20 minutes, or marked by the facilitator
    presumed: bool = False  # here only because nobody has acted yet, which says nothing of anybody
    since: datetime | None = None  # here without a break since
    last_active: datetime | None = None
    contributions: float = 0.0  # posts of three words or more and thread answers, halved every 10 minutes
    manager: str | None = None
    calls: bool = True  # may be called on by name
    minutes: int = 0  # present so far, in whole minutes
    acts: int = 0  # votes, answers, posts and reactions so far


@dataclass(frozen=True, slots=True)
class Noted:
    """One row of notes, as a view may list it."""

    key: str
    person: str
    value: str
    at: datetime
    first: str


@dataclass(frozen=True, slots=True)
class Tally:
    """What the database counts of a dialog's notes. Rows are loaded only for kinds that need `notes`."""

    by_key: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    notes: tuple[Noted, ...] = ()

    def counts(self, key: str) -> Mapping[str, int]:
        """How many people gave each value."""
        return self.by_key.get(key, {})

    def total(self, key: str) -> int:
        """How many people gave any value."""
        return sum(self.counts(key).values())

    def latest(self, key: str, n: int | None = None) -> tuple[Noted, ...]:
        """The newest notes of this key, newest first."""
        rows = sorted((note for note in self.notes if note.key == key), key=lambda x: (x.at, x.person), reverse=True)
        return tuple(rows if n is None else rows[:n])


@dataclass(frozen=True, slots=True)
class Result:
    """What one dialog adds to the report of its session (`Kind.sum_up`)."""

    kind: str
    title: str
    answers: tuple[tuple[str, int], ...] = ()  # text of the answer, how many
    total: int = 0  # people who answered
    objective: str | None = None
    hidden: bool = False  # too few answered: `answers` is empty and stays unsaid
    unfinished: bool = False  # people are still answering, and nothing is told before they cannot any more


@dataclass(frozen=True, slots=True)
class Report:
    """A session in numbers: who was there, and what each dialog found."""

    roster: tuple[Member, ...] = ()
    results: tuple[Result, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """One session of a person, as their desk lists it."""

    session: str
    role: Role
    brief: Brief


@dataclass(frozen=True, slots=True)
class Scene:
    """All that `decide` may know beside state and event. What `needs` did not ask for is empty."""

    now: datetime
    dialog: str
    seed: int  # the same for the same event, so that a choice can be repeated and explained
    session: Brief | None = None
    session_id: str | None = None
    role: Role | None = None  # of the one who acted
    host: bool = False  # this person may create sessions here
    mine: Mapping[str, str] = field(default_factory=dict)  # own notes in this dialog
    tally: Tally = field(default_factory=Tally)
    roster: tuple[Member, ...] = ()
    turns: tuple[Turned, ...] = ()
    report: Report = field(default_factory=Report)
    sessions: tuple[Listed, ...] = ()  # of the one who acted
    delivery: tuple[Sent, ...] = ()  # of this dialog's messages

    def candidates(self) -> tuple[Candidate, ...]:
        """The learners who are here, as the rotation sees them. Needs the roster."""
        return tuple(
            Candidate(one.person, one.since or self.now, one.contributions, one.last_active, opted_out=not one.calls)
            for one in self.roster
            if one.here and one.role is LEARNER
        )


@dataclass(frozen=True, slots=True)
class Look:
    """All that `view` may know beside the state. `viewer` is None where one message serves a whole place."""

    slot: str
    now: datetime
    session: Brief | None = None
    session_id: str | None = None
    viewer: str | None = None
    role: Role | None = None
    mine: Mapping[str, str] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    roster: tuple[Member, ...] = ()
    report: Report = field(default_factory=Report)
    sessions: tuple[Listed, ...] = ()  # of the viewer
    delivery: tuple[Sent, ...] = ()  # of this dialog's messages
    aside: tuple[Stuck, ...] = ()  # timers of the session that failed for good
    locale: str = "en"


Need = Literal["tally", "notes", "roster", "turns", "report", "sessions", "delivery", "aside"]
Needs = Mapping["type[Event | Look]", frozenset[Need]]


@dataclass(frozen=True, slots=True)
class Kind(Generic[S]):
    """The code of one sort of dialog.

    hears: room events it wants beside those addressed to it. needs: what is loaded before it decides on an event of
    that type, or (under `Look`) before it is viewed. root: a dialog of this kind is a session of its own.
    """

    name: str
    State: type[S]
    decide: Callable[[S, Event, Scene], Step[S]]
    view: Callable[[S, Look], Card]
    hears: frozenset[type[Event]] = frozenset()
    needs: Needs = field(default_factory=dict)
    sum_up: Callable[[S, Tally], Result | tuple[Result, ...] | None] | None = None
    root: bool = False


AnyKind = Kind[Any]
