"""Scene and look: what a dialog may know, gathered from the facts of one transaction before it decides or is viewed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from dialogs.base import (
    AnyKind,
    Brief,
    Event,
    Listed,
    Look,
    Member,
    Need,
    Report,
    Result,
    Role,
    Scene,
    Step,
    Tally,
)

if TYPE_CHECKING:
    from dialogs.card import Card
    from storage.base import Facts
    from storage.records import Attended, Dialog, Wanted

STILL_HERE = timedelta(minutes=20)  # an act shows that somebody is there for this long
HALVED = timedelta(minutes=10)  # a contribution counts half after this
BRIEFLY = timedelta(minutes=2)  # a phone that changes its network is gone for less, and has not left by that


class Scenes:
    """Calls the kinds with what they need to know and nothing else."""

    def __init__(self, kinds: Mapping[str, AnyKind]) -> None:
        self.kinds = kinds
        self._last: tuple[Sequence[Attended], Brief | None, datetime, tuple[Member, ...]] | None = None

    def decide(self, dialog: Dialog, event: Event, facts: Facts, now: datetime) -> Step[Any]:
        """What this dialog says of this event."""
        kind = self.kinds[dialog.kind]
        needs = _needs(kind, type(event))
        scene = Scene(
            now=now,
            dialog=dialog.id,
            seed=int.from_bytes(hashlib.blake2s(f"{dialog.id}\n{event.id}".encode(), digest_size=8).digest()),
            session=brief(facts, dialog.session),
            session_id=dialog.session,
            role=facts.role(dialog.session, event.by) if dialog.session and event.by else None,
            host=bool(event.by) and dialog.session is None and facts.host(event.by or ""),
            mine=facts.mine(dialog.id, event.by) if event.by else {},
            tally=self._tally(dialog, needs, facts),
            roster=self._roster(dialog, needs, facts, now),
            turns=tuple(facts.turns(dialog.cohort)) if "turns" in needs else (),
            report=self._report(dialog, needs, facts, now),
            sessions=_sessions(event.by, needs, facts),
            delivery=tuple(facts.delivery(dialog.id)) if "delivery" in needs else (),
        )
        step: Step[Any] = kind.decide(dialog.state, event, scene)
        return step

    def view(self, dialog: Dialog, wanted: Wanted, facts: Facts, now: datetime) -> Card:
        """How one viewer sees one message of this dialog now."""
        kind = self.kinds[dialog.kind]
        needs = _needs(kind, Look)
        viewer = wanted.viewer
        look = Look(
            slot=wanted.slot,
            now=now,
            session=brief(facts, dialog.session),
            session_id=dialog.session,
            viewer=viewer,
            role=facts.role(dialog.session, viewer) if dialog.session and viewer else None,
            mine=facts.mine(dialog.id, viewer) if viewer else {},
            tally=facts.tally(dialog.id, notes="notes" in needs),
            roster=self._roster(dialog, needs, facts, now),
            report=self._report(dialog, needs, facts, now),
            sessions=_sessions(viewer, needs, facts),
            delivery=tuple(facts.delivery(dialog.id)) if "delivery" in needs else (),
            aside=tuple(facts.aside(dialog.session)) if dialog.session and "aside" in needs else (),
        )
        return kind.view(dialog.state, look)

    def _tally(self, dialog: Dialog, needs: frozenset[Need], facts: Facts) -> Tally:
        if needs & {"tally", "notes"}:
            return facts.tally(dialog.id, notes="notes" in needs)
        return Tally()

    def _roster(self, dialog: Dialog, needs: frozenset[Need], facts: Facts, now: datetime) -> tuple[Member, ...]:
        if dialog.session is None or not needs & {"roster", "report"}:
            return ()
        everybody, told, last = facts.attendance(dialog.session), brief(facts, dialog.session), self._last
        # A list to 2,000 is drawn for each of them, a hundred in one transaction: the same people at the same moment.
        if last and last[0] is everybody and last[1] == told and last[2] == now:
            return last[3]
        found = roster(everybody, told, now)
        self._last = (everybody, told, now, found)
        return found

    def _report(self, dialog: Dialog, needs: frozenset[Need], facts: Facts, now: datetime) -> Report:
        if dialog.session is None or "report" not in needs:
            return Report()
        results: list[Result] = []
        for one in facts.siblings(dialog.session):
            sum_up = self.kinds[one.kind].sum_up
            found = sum_up(one.state, facts.tally(one.id, notes=False)) if sum_up else None
            results += found if isinstance(found, tuple) else [found] if found else []
        return Report(self._roster(dialog, needs, facts, now), tuple(results))


def _needs(kind: AnyKind, of: type[Event | Look]) -> frozenset[Need]:
    return kind.needs.get(of, frozenset())


def _sessions(person: str | None, needs: frozenset[Need], facts: Facts) -> tuple[Listed, ...]:
    if person is None or "sessions" not in needs:
        return ()
    return tuple(Listed(one.session, one.role, one.brief) for one in facts.sessions(person))


def brief(facts: Facts, session: str | None) -> Brief | None:
    """What a session says of itself to its dialogs."""
    root = facts.dialog(session) if session else None
    told: Brief | None = getattr(root.state, "brief", None) if root else None
    return told


def roster(everybody: Sequence[Attended], told: Brief | None, now: datetime) -> tuple[Member, ...]:
    """Everybody of the session as of now. Before anyone has acted, all count as here."""
    until = min(now, told.closed) if told and told.closed else now
    acted = any(one.joined or one.last or one.here == "yes" for one in everybody if one.role is Role.LEARNER)
    return tuple(_member(one, told, now, until, acted=acted) for one in everybody)


def _member(one: Attended, told: Brief | None, now: datetime, until: datetime, *, acted: bool) -> Member:
    went = one.left[-1] if one.left else None
    came = connected_since(one)
    connected = came is not None
    active = one.last is not None and now - one.last <= STILL_HERE and (went is None or one.last > went)
    marked = one.here_at is not None and (went is None or one.here_at > went)
    presumed = False
    if one.here == "no" and one.here_at is not None:
        # The facilitator has looked and does not see them: only something newer than that brings them back.
        here = any(moment > one.here_at for moment in (one.last, *one.joined) if moment)
    else:
        here = connected or active or (one.here == "yes" and marked)
        presumed = not here and not acted
        here = here or presumed
    since = came or (one.here_at if one.here == "yes" else None) or (told.opened if told else None)
    return Member(
        person=one.person,
        name=one.name,
        role=one.role,
        here=here,
        presumed=presumed,
        since=since if here else None,
        last_active=one.last,
        contributions=sum(n * 0.5 ** ((now - at) / HALVED) for at, n in one.posts),
        manager=one.manager,
        calls=one.calls,
        minutes=minutes(one, told, until),
        acts=one.acts,
    )


def connected_since(one: Attended) -> datetime | None:
    """Since when they have been connected, whatever network they lost briefly meanwhile. None: they are not."""
    came: datetime | None = None
    went: datetime | None = None
    for at, leaves in sorted([(x, False) for x in one.joined] + [(x, True) for x in one.left]):
        if leaves:
            went = at
        else:
            came = at if came is None or (went and at - went >= BRIEFLY) else came
            went = None
    return None if went else came


def minutes(one: Attended, told: Brief | None, until: datetime) -> int:
    """Whole minutes between opening and closing in which this person was connected, as far as joins and leaves tell."""
    if told is None or told.opened is None:
        return 0
    total, came = timedelta(), None
    for at, inside in sorted([(x, True) for x in one.joined] + [(x, False) for x in one.left]):
        if inside and came is None:
            came = at
        elif not inside and came is not None:
            total += _overlap(came, at, told.opened, until)
            came = None
    if came is not None:
        total += _overlap(came, until, told.opened, until)
    return int(total.total_seconds() // 60)


def _overlap(start: datetime, end: datetime, opened: datetime, closed: datetime) -> timedelta:
    return max(timedelta(), min(end, closed) - max(start, opened))
