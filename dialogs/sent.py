"""Sent: how far messages have come to those whom they are for, and what does not go on by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """One message of a dialog and those of one role whom it is for ("" for places, and for whoever has no role).

    Each of them is counted once: `shown`, `waiting` or `gone`.
    """

    dialog: str
    slot: str
    role: str = ""
    shown: int = 0  # it stands there
    waiting: int = 0  # it has never been there, or was deleted there and goes out once more
    gone: int = 0  # it never came there and never will
    behind: int = 0  # of those shown: a newer look is on its way
    failing: int = 0  # of those waiting: tried in vain, and tried again
    lost: int = 0  # of all: somebody deleted it there once or more, and so it was, or will be, sent again
    until: datetime | None = None  # of those waiting: when the next is tried
    missed: tuple[tuple[str, str], ...] = ()  # of those gone: the person or place and why; MISSED at most, in order


MISSED = 40
# The timer by which a kind that needs `delivery` looks at how far its messages are. It sets it for itself while they go
# out; the store sets it for whatever becomes of one later: gone after all, deleted there, or brought there after all.
FOLLOW = "sending"


@dataclass(frozen=True, slots=True)
class Stuck:
    """Something that failed again and again: a timer, which is set aside then, or a message, which is tried on."""

    what: str  # "timer" or "message"
    kind: str  # of its dialog
    name: str  # of the timer, or the slot of the message
    dialog: str
    session: str | None
    since: datetime  # when the timer was to ring, or the message to be shown
    tries: int
    why: str = ""


def sent_out(all_: Sequence[Sent], slot: str) -> Sent:
    """How far this message has come to everybody whom it was sent to, whatever they are in the session by now."""
    rows = [one for one in all_ if one.slot == slot]
    sums = {x: sum(getattr(one, x) for one in rows) for x in ("shown", "waiting", "gone", "behind", "failing", "lost")}
    until = min((one.until for one in rows if one.until), default=None)
    missed = tuple(sorted(pair for one in rows for pair in one.missed))[:MISSED]
    return Sent(rows[0].dialog if rows else "", slot, until=until, missed=missed, **sums)


def sent_to(all_: Sequence[Sent], slot: str, role: str) -> Sent:
    """How far this message has come to these; one that nobody has begun to send is nowhere yet."""
    return next((one for one in all_ if (one.slot, one.role) == (slot, role)), Sent("", slot, role))
