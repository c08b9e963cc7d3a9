"""Records: what the store hands out, as of one moment, with no database behind it.

Of dialogs and the people in them, for whoever decides or looks; of messages, for whoever delivers or shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from dialogs.base import Brief, Frozen, Role
from dialogs.card import Card


@dataclass(frozen=True, slots=True)
class Dialog:
    """One running dialog, as `decide` and `view` are called with it."""

    id: str
    tenant: str
    kind: str
    state: Frozen
    session: str | None
    cohort: str
    done: bool = False


@dataclass(frozen=True, slots=True)
class Attended:
    """What is stored of one person in a session: what they are, and what they did."""

    person: str
    name: str
    role: Role
    manager: str | None = None
    here: str | None = None  # "yes" or "no": checked in, or marked by the facilitator
    here_at: datetime | None = None
    calls: bool = True
    joined: tuple[datetime, ...] = ()  # oldest first, at most one a minute
    left: tuple[datetime, ...] = ()
    posts: tuple[tuple[datetime, int], ...] = ()  # posts of three words or more and thread answers, by minute
    acts: int = 0  # posts, reactions, and values in the session's dialogs
    last: datetime | None = None  # of these acts


@dataclass(frozen=True, slots=True)
class Listing:
    """One session that a person belongs to."""

    session: str
    role: Role
    brief: Brief


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message as somebody wants to see it. `viewer` is None where one message serves a place."""

    dialog: str
    slot: str
    viewer: str | None


@dataclass(frozen=True, slots=True)
class Due:
    """A message that is due, not taken yet and not drawn: what it takes to ask whether it may go out now."""

    id: str
    tenant: str
    dialog: str
    slot: str
    place: str | None
    person: str | None
    ref: str | None
    via: str | None
    rank: int  # see `Post`
    reach: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Look:
    """What there is to deliver, as of one moment."""

    folded: int  # marks that have become due posts by this look
    due: tuple[Due, ...]  # the most urgent first
    next: datetime | None  # when there will be more; not after the moment of the look where it has left some out


@dataclass(frozen=True, slots=True)
class Post:
    """A message that is due, taken under a lease, with the card of the moment it was taken."""

    id: str
    tenant: str
    dialog: str
    slot: str
    session: str | None
    place: str | None
    person: str | None
    revision: int
    ref: str | None
    tries: int
    rank: int  # 0 private flag, 1 to one person, 2 first post in a place, 3 edit, 4 broadcast
    card: Card
    names: Mapping[str, str]
    reach: Mapping[str, str] = field(default_factory=dict)  # platform -> its id of the person whom it is for
    attempted: bool = False  # a first post that may have been performed already
    via: str | None = None  # the platform that is to bring it to the person, if it has been chosen


@dataclass(frozen=True, slots=True)
class Glimpse:
    """One message as one person sees it. `at`: when it was first to be shown; messages stand in that order."""

    dialog: str
    slot: str
    card: Card
    private: bool
    at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class Page:
    """All that one person sees in one place, with what it takes to draw it."""

    tenant: str
    person: str
    name: str
    role: Role | None
    session: str | None
    brief: Brief | None
    seen: tuple[Glimpse, ...]
    names: Mapping[str, str]
    roster: tuple[Attended, ...]
    sessions: tuple[Listing, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """What waits: messages not delivered as they should look, and timers that were set aside."""

    waiting: int
    oldest: datetime | None  # since when, without broadcasts, which take their time, and what fails again and again
    aside: int
    failing: int = 0  # messages that failed five times or more, one after the other
