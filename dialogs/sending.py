"""Sending: what facilitators are told of a message to many, while it goes out and once it has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import AwareDatetime

from dialogs.base import Brief, Frozen, Wake
from dialogs.card import Fact, Text, When, Who, t, tn
from dialogs.privacy import listed
from dialogs.sent import Sent

PACE = timedelta(seconds=10)  # between two looks at how far it has come
STILL = timedelta(seconds=60)  # at most, while nothing moves
TODAY = timedelta(hours=12)  # a moment further away than this needs its day
REASONS = 3  # for which people were not reached, each with their names


class Sending(Frozen):
    """A message on its way to many, as the facilitators were told of it last."""

    at: AwareDatetime
    shown: int = 0
    gone: int = 0
    rest_by: AwareDatetime | None = None  # when the rest should be there, as fast as it went last
    still: int = 0  # looks, one after the other, at which nothing had moved


@dataclass(frozen=True, slots=True)
class Way:
    """One message, and how many people it is for. Those whom nobody has begun to write to wait as well."""

    sent: Sent
    all: int

    @property
    def waiting(self) -> int:
        """Who does not have it yet, and will."""
        return max(0, self.all - self.sent.shown - self.sent.gone)


def looks(sending: Sending) -> Wake:
    """When it is looked at for the first time."""
    return Wake("sending", sending.at + PACE)


def begun(ways: Sequence[Way], now: datetime) -> Sending:
    """It goes out from now on."""
    return Sending(at=now, shown=sum(way.sent.shown for way in ways), gone=sum(way.sent.gone for way in ways))


def followed(before: Sending | None, ways: Sequence[Way], now: datetime) -> tuple[Sending | None, Wake]:
    """How far it is now, and when to look again: None and never, once nobody waits.

    Without `before` all had been there or gone, and something has become of one of them since.
    What waits until a moment is not looked at before that, and what does not move less and less often.
    """
    waiting, after = sum(way.waiting for way in ways), begun(ways, now)
    if not waiting:
        return None, Wake("sending", None)
    before = before or after
    still = before.still + 1 if (after.shown, after.gone) == (before.shown, before.gone) else 0
    speed = (after.shown - before.shown) / ((now - before.at) / timedelta(seconds=1) or 1.0)
    rest_by = now + timedelta(seconds=waiting / speed) if speed > 0 else None
    tried = min((way.sent.until for way in ways if way.waiting and way.sent.until), default=now)
    look = now + min(STILL, PACE * 2 ** min(still, 9))
    return after.model_copy(update={"rest_by": rest_by, "still": still}), Wake("sending", max(look, tried))


def news(before: Sending | None, after: Sending | None) -> bool:
    """Whether there is something to tell."""
    if before is None or after is None or before.rest_by:
        return True
    return (after.shown, after.gone) != (before.shown, before.gone)


def far(way: Way, sending: Sending | None, now: datetime, session: Brief | None) -> Text:
    """How far it has come, in a sentence or three."""
    shown, everybody = number(way.sent.shown), number(way.all)
    if not way.waiting and not way.sent.gone:
        return tn("Sent to {n} person.", "Sent to all {all}.", n=way.all, all=everybody)
    if not way.waiting:
        return t("Sent to {n} of {all}.", n=shown, all=everybody)
    if not way.sent.shown and not way.sent.gone and not way.sent.failing:
        return tn("On its way to {n} person.", "On its way to {all}.", n=way.all, all=everybody)
    by = sending.rest_by if sending else None
    if by and by > now:
        minute = by.replace(second=0, microsecond=0) + timedelta(minutes=1)  # a clock without seconds says the next
        when = When(minute, "time" if by - now < TODAY else "both", session.zone if session else "UTC")
        said = t("Sent to {n} of {all}; the rest by about {when}.", n=shown, all=everybody, when=when)
    else:
        said = t("Sent to {n} of {all}; the rest is on its way.", n=shown, all=everybody)
    if not way.sent.failing:
        return said
    again = tn(
        "{n} could not be sent yet and is tried again.",
        "{n} could not be sent yet and are tried again.",
        n=way.sent.failing,
    )
    return t("{said} {again}", said=said, again=again)


def not_reached(way: Way) -> tuple[Fact, ...]:
    """Who will not get it, by reason."""
    why: dict[str, list[str]] = defaultdict(list)
    for person, reason in way.sent.missed:
        why[reason].append(person)
    reasons = sorted(why, key=lambda reason: -len(why[reason]))
    facts = []
    for reason in reasons[:REASONS]:
        names = listed([t("{who}", who=Who(one)) for one in why[reason]])
        facts.append(Fact(t("Not reached"), t("{who}: {why}", who=names, why=reason)))
    rest = way.sent.gone - sum(len(why[reason]) for reason in reasons[:REASONS])
    if rest > 0:
        facts.append(Fact(t("Not reached"), tn("{n} more person", "{n} more people", n=rest)))
    return tuple(facts)


def number(n: int) -> str:
    """1240 as people read it."""
    return f"{n:,}"
