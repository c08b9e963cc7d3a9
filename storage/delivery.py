"""Delivery: how far each message has come, what does not go on by itself, and how that is begun once more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, func, insert, or_, select, update

from dialogs.base import FACILITATOR, AnyKind, Look
from dialogs.sent import FOLLOW, MISSED, Sent, Stuck
from storage.tables import DIALOG, MARK, NOTE, POST, SHOW, TIMER
from storage.writing import upsert

POISON = 5  # failures after which a timer is set aside; a message is told of by then, and tried on
SOON = timedelta(seconds=10)  # until facilitators are told of a change
LISTED = 100  # of what is stuck, the oldest

# Built once: SQLAlchemy takes longer to build a statement than SQLite takes to answer it.
SEEN, GONE = POST.c.shown > 0, and_(POST.c.shown == 0, POST.c.state == "gone")
WAITS = and_(POST.c.shown == 0, POST.c.state != "gone")
ROLE = func.coalesce(NOTE.c.value, "")
WITH_ROLE = POST.outerjoin(
    NOTE, and_(NOTE.c.dialog == POST.c.session, NOTE.c.key == "role", NOTE.c.person == POST.c.target)
)


def _many(which: ColumnElement[bool], name: str) -> ColumnElement[int]:
    return func.sum(case((which, 1), else_=0)).label(name)


COUNTED = (
    select(
        POST.c.dialog,
        POST.c.slot,
        ROLE.label("role"),
        _many(SEEN, "shown"),
        _many(WAITS, "waiting"),
        _many(GONE, "gone"),
        _many(and_(SEEN, POST.c.state != "gone", POST.c.due.is_not(None)), "behind"),
        _many(and_(WAITS, POST.c.tries > 0), "failing"),
        _many(POST.c.lost > 0, "lost"),
        func.min(case((WAITS, POST.c.due))).label("until"),
    )
    .select_from(WITH_ROLE)
    .group_by(POST.c.dialog, POST.c.slot, ROLE)
    .order_by(POST.c.dialog, POST.c.slot, ROLE)
)
WHO_MISSED = (
    select(POST.c.dialog, POST.c.slot, ROLE.label("role"), POST.c.target, POST.c.why)
    .select_from(WITH_ROLE)
    .where(GONE)
    .order_by(POST.c.dialog, POST.c.slot, POST.c.target)
)
OF_DIALOG, OF_SESSION = POST.c.dialog == bindparam("one"), POST.c.session == bindparam("one")
FAR = {of: (COUNTED.where(of), WHO_MISSED.where(of)) for of in (OF_DIALOG, OF_SESSION)}

ASIDE = (
    select(TIMER.c.name, TIMER.c.dialog, TIMER.c.at, TIMER.c.tries, TIMER.c.aside, DIALOG.c.kind, DIALOG.c.session)
    .join(DIALOG, DIALOG.c.id == TIMER.c.dialog)
    .where(TIMER.c.aside.is_not(None))
    .order_by(TIMER.c.at, TIMER.c.dialog, TIMER.c.name)
)
ASIDE_IN = ASIDE.where(DIALOG.c.session == bindparam("one"))
FAILS = and_(POST.c.tries >= POISON, POST.c.state != "gone")
FAILING = (
    select(POST.c.slot, POST.c.dialog, POST.c.session, POST.c.begun, POST.c.tries, POST.c.why, DIALOG.c.kind)
    .join(DIALOG, DIALOG.c.id == POST.c.dialog)
    .where(FAILS)
    .order_by(POST.c.begun, POST.c.id)
    .limit(LISTED)
)


def of_dialog(db: Connection, dialog: str) -> tuple[Sent, ...]:
    """How far the messages of one dialog have come, by slot and role."""
    return _far(db, OF_DIALOG, dialog)


def of_session(db: Connection, session: str) -> tuple[Sent, ...]:
    """How far all messages of a session have come, by dialog, slot and role."""
    return _far(db, OF_SESSION, session)


def _far(db: Connection, of: ColumnElement[bool], one: str) -> tuple[Sent, ...]:
    counted, who = FAR[of]
    rows = db.execute(counted, {"one": one}).all()
    missed: dict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
    if any(row.gone for row in rows):
        for row in db.execute(who, {"one": one}):
            missed[row.dialog, row.slot, row.role].append((row.target, row.why or ""))
    return tuple(
        Sent(**row._mapping, missed=tuple(missed[row.dialog, row.slot, row.role][:MISSED]))  # noqa: SLF001 - its name
        for row in rows
    )


def aside(db: Connection, session: str | None = None) -> tuple[Stuck, ...]:
    """The timers that were set aside, of one session or of all, the oldest first."""
    found = db.execute(ASIDE_IN, {"one": session}) if session else db.execute(ASIDE.limit(LISTED))
    return tuple(
        Stuck("timer", row.kind, row.name, row.dialog, row.session, row.at, row.tries, row.aside) for row in found
    )


def stuck(db: Connection) -> tuple[Stuck, ...]:
    """Timers that were set aside, then messages that have failed as often, the oldest first."""
    messages = (
        Stuck("message", row.kind, row.slot, row.dialog, row.session, row.begun, row.tries, row.why or "")
        for row in db.execute(FAILING)
    )
    return (*aside(db), *messages)


def retry(db: Connection, kinds: Mapping[str, AnyKind], now: datetime) -> int:
    """All of that is tried again from now on, as if it had never failed. Returns how much it was."""
    sessions = {one.session for one in db.execute(ASIDE) if one.session}
    timers = update(TIMER).where(TIMER.c.aside.is_not(None))
    rung = db.execute(timers.values(aside=None, tries=0, due=now, owner=None)).rowcount
    # One that somebody holds at this moment is being tried anyway.
    free = and_(FAILS, or_(POST.c.owner.is_(None), POST.c.due <= now))
    sent = db.execute(update(POST).where(free).values(tries=0, due=now, owner=None)).rowcount
    tell(db, kinds, sessions)
    return rung + sent


def follow(db: Connection, kinds: Mapping[str, AnyKind], dialogs: Collection[str], now: datetime) -> None:
    """Of these, those that tell how far their messages have come are to look again, within ten seconds."""
    asking = [name for name, kind in kinds.items() if "delivery" in kind.needs.get(Look, ())]
    theirs = (DIALOG.c.id.in_(dialogs), DIALOG.c.done.is_(False), DIALOG.c.kind.in_(asking))
    at = now + SOON
    for row in db.execute(select(DIALOG.c.id, DIALOG.c.tenant).where(*theirs).order_by(DIALOG.c.id)).all():
        timer = {"dialog": row.id, "name": FOLLOW, "tenant": row.tenant, "at": at, "due": at, "tries": 0}
        db.execute(upsert(db, TIMER).on_conflict_do_nothing(), timer)  # one that stands will do


def tell(db: Connection, kinds: Mapping[str, AnyKind], sessions: Collection[str]) -> None:
    """What facilitators see of what is stuck has changed: it is drawn anew."""
    asking: Sequence[str] = [name for name, kind in kinds.items() if "aside" in kind.needs.get(Look, ())]
    for session in sorted(sessions):
        theirs = (SHOW.c.session == session, SHOW.c.to == FACILITATOR)
        here = (*theirs, DIALOG.c.done.is_(False), DIALOG.c.kind.in_(asking))
        seen = select(SHOW.c.tenant, SHOW.c.dialog, SHOW.c.slot, SHOW.c.to).join(DIALOG, DIALOG.c.id == SHOW.c.dialog)
        for row in db.execute(seen.where(*here)).all():
            db.execute(insert(MARK), {**row._mapping, "after": ""})  # noqa: SLF001 - its name
