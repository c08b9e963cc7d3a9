"""What a platform must be able to do, and what it may ask of the bot.

An adapter turns payloads into events (`read`), cards into the platform's own shape (`draw`), and does the talking
(`app`). It acknowledges only after `Bot.hear` has returned: by then everything is stored.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import NamedTuple, Protocol

from dialogs.base import Brief, Event, Listed, Member, Role
from dialogs.card import Card, Reply

TRACE: ContextVar[str] = ContextVar("trace", default="")  # in the log: the same for all that one event brings about

_OURS, _numbers = secrets.token_hex(4), count(1)  # this process, and what has come in


def traced() -> str:
    """Something comes in from outside: from here on it has an id of its own, which says nothing."""
    TRACE.set(found := f"{_OURS}{next(_numbers):08x}")
    return found


class Later(Exception):
    """The platform asks to wait: the message is tried again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"try again in {seconds} s")
        self.seconds = seconds


class Lost(Exception):
    """The message is no longer there (deleted by somebody): it is posted once again."""


class Gone(Exception):
    """The person or place cannot be reached any more: the message ends here and is reported with `why`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Turn(NamedTuple):
    """What a call uses up: one turn of those that come free under this key, one in so many seconds."""

    key: str
    seconds: float
    burst: int = 1  # how many are saved up while nobody takes them


@dataclass(frozen=True, slots=True)
class Bound:
    """A message on its way, before it is drawn. Without `ref` it is new; with one it is an edit."""

    tenant: str
    dialog: str
    slot: str
    place: str | None
    person: str | None
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message to be shown now. Without `ref` it is new; with one it is an edit."""

    post: str  # our id of the message: the same for every attempt
    tenant: str
    dialog: str
    slot: str
    session: str | None
    place: str | None  # "platform:address" of the room it is for, or
    person: str | None  # the one person it is for
    card: Card
    names: Mapping[str, str] = field(default_factory=dict)  # person -> name, for every `Who` on the card
    ref: str | None = None
    user: str | None = None  # the platform's own id of `person`
    attempted: bool = False  # an earlier attempt at this first post may have been performed, and its answer lost


class Adapter(Protocol):
    """A platform, as the outbox sees it."""

    platform: str
    asks: bool  # whether it asks by itself what its readers see (`Bot.looks`): then its messages come without a card

    async def show(self, message: Message) -> str:
        """Make the message look like its card. Raises Later, Lost or Gone.

        Returns the platform's reference of it, which begins with the platform's name and a colon.
        """
        ...

    def pace(self, message: Bound) -> Sequence[Turn]:
        """What it takes to show this. It is drawn and shown when all of these turns are free; without any, at once."""
        ...


class Pace(Protocol):
    """Turns that all workers share. Where they cannot, each has its own, and the platform's refusals have to do."""

    async def wait(self, key: str, seconds: float, now: datetime, burst: int = 1) -> float:
        """Take the next turn under this key: 0 = now, else the seconds until it may be tried again.

        A turn comes free every so many `seconds`; while nobody takes them, up to `burst` are saved up.
        """
        ...

    async def spend(self, key: str, seconds: float, now: datetime, burst: int = 1, after: float | None = None) -> None:
        """There is no turn left under this key, whatever was counted: the next one comes free in `after` seconds.

        Without `after` it is a whole turn's `seconds`.
        """
        ...


class Wire(Protocol):
    """By which an adapter reaches itself in other workers. What is said may come late, twice, shuffled or never."""

    async def publish(self, channel: str, payload: str) -> None:
        """Let every subscriber in any worker hear this, the caller's own too."""
        ...

    def subscribe(self, channel: str, heard: Callable[[str | None], None]) -> None:
        """Call `heard` with whatever is published; with None where something may have been missed."""
        ...


class Shared(Pace, Wire, Protocol):
    """What an adapter has in common with itself in other workers."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the one who acted is told, now. `again`: this event had been heard before, nothing was changed by it."""

    reply: Reply | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    again: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """One message as one viewer sees it."""

    dialog: str
    slot: str
    card: Card
    private: bool  # for this viewer alone, else for the whole room
    at: datetime  # when it was first shown: messages stand in this order
    revision: int


@dataclass(frozen=True, slots=True)
class RoomView:
    """A page: who looks at it, and all that they see. Order of `seen`: oldest first."""

    tenant: str
    session: str | None  # None: the person's desk
    brief: Brief | None
    person: str
    name: str
    role: Role | None
    seen: tuple[Seen, ...]
    names: Mapping[str, str]
    roster: tuple[Member, ...] = ()  # of the session; filled for facilitators only
    sessions: tuple[Listed, ...] = ()  # of this person; filled for the desk only


class Pages(Protocol):
    """What an adapter may ask of the bot whose people and rooms are all of our own making."""

    def now(self) -> datetime:
        """The time, aware, by the bot's one clock (a rehearsal runs a fast one)."""
        ...

    async def hear(self, event: Event) -> Answer:
        """Handle one event. Once this returns, every consequence is stored: only then acknowledge."""
        ...

    async def room(self, session: str, person: str) -> RoomView | None:
        """The room of a session as this person sees it. None: there is no such session, or the person is not in it."""
        ...

    async def desk(self, person: str) -> RoomView | None:
        """The person's own page outside any session. None: there is no such person."""
        ...

    async def looks(self, dialog: str, slot: str, viewers: Sequence[str]) -> Mapping[str, Seen]:
        """One message as each of these people sees it now; those who may not see it are left out."""
        ...

    async def session(self, session: str) -> Brief | None:
        """What a session says of itself to somebody at its door. None: there is no such session."""
        ...

    async def admit(self, session: str, name: str) -> str | None:
        """A new learner who came by the open link. Returns the person's id; None: no such session, or it is over."""
        ...


class Bot(Pages, Protocol):
    """What an adapter may ask besides whose platform has people and rooms of its own."""

    async def person(
        self, tenant: str, platform: str, user: str, name: str, *, host: bool = False, email: str | None = None
    ) -> str:
        """The person behind a platform's user, made known if new. Returns the person's id.

        email: verified by the platform. Whoever has the same one on another platform is the same person.
        """
        ...

    async def learn(
        self, tenant: str, platform: str, user: str, name: str, *, host: bool, email: str | None = None
    ) -> str | None:
        """What the platform says of a user by now.

        Returns the person: another one from now on, if the e-mail address was theirs. None: nobody who is known here.
        """
        ...

    async def users(self, platform: str, people: Sequence[str]) -> Mapping[str, str]:
        """The platform's own ids of these people; those whom it does not have are left out."""
        ...

    async def named(self, people: Sequence[str]) -> Mapping[str, str]:
        """Names of people."""
        ...

    async def remember(self, tenant: str, platform: str, whose: str, known: Mapping[str, str]) -> None:
        """Keep how a user or a place is reached, as the platform said last."""
        ...

    async def recall(self, tenant: str, platform: str, whose: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """How these users and places are reached; those of whom it is not known are left out."""
        ...

    async def leading(self, session: str) -> Sequence[str]:
        """Who leads a session."""
        ...

    async def posted(self, tenant: str, ref: str) -> tuple[str, str] | None:
        """The dialog and slot of the message to which an adapter gave this reference."""
        ...

    async def at(self, tenant: str, place: str) -> tuple[str, Brief] | None:
        """The session that a place leads to now (live, else next, else last) and what it says of itself."""
        ...

    async def planned(self, tenant: str, place: str) -> Sequence[str]:
        """Every session that is still to come at this place: a channel may have next week's beside today's."""
        ...

    async def moved(self, tenant: str, old: str, new: str) -> None:
        """The same place has another address from now on."""
        ...

    async def reachable(self, tenant: str, place: str) -> None:
        """A place, a person, or (empty) everybody can be reached again: what could not be delivered goes out now."""
        ...
