"""What a batch has decided and not yet written, and the one statement per table that writes it.

Rows go in the order of their keys, so that two workers on PostgreSQL ask for their locks in the same order. An upsert
never trusts what was read: of two notes the newer wins in the statement itself, whoever writes last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Insert, Table, case, delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dialogs.base import FACILITATOR, ROOM, Look
from storage.connecting import OnceMoreError
from storage.prepared import Written
from storage.tables import ACTIVITY, AT, DIALOG, HEARD, MARK, NOTE, PERSON, SHOW, TIMER, TURN

if TYPE_CHECKING:
    from storage.batch import Batch
    from storage.live import Places


def upsert(db: Connection | str, table: Table) -> Any:  # noqa: ANN401 - two dialects, one shape
    """An insert that can say `on_conflict`, in the dialect of this database, or of this name."""
    name = db if isinstance(db, str) else db.dialect.name
    return (postgresql.insert if name == "postgresql" else sqlite.insert)(table)


@dataclass(slots=True)
class Pending:
    """Everything still to be written."""

    heard: list[dict[str, Any]] = field(default_factory=list)
    notes: dict[tuple[str, str, str], str] = field(default_factory=dict)  # (dialog, key, person) -> tenant
    timers: dict[tuple[str, str], dict[str, Any] | None] = field(default_factory=dict)  # None: taken away
    silenced: list[str] = field(default_factory=list)  # dialogs that are done: no timer of theirs rings any more
    marks: dict[tuple[str, str, str, str], str] = field(default_factory=dict)  # (dialog, slot, to, after) -> tenant
    shows: dict[tuple[str, str, str], tuple[str, str | None, bool]] = field(default_factory=dict)
    enrolled: list[tuple[str, str, str]] = field(default_factory=list)  # (session, person, role)
    activity: dict[tuple[str, str, datetime, str], dict[str, Any]] = field(default_factory=dict)
    turns: list[tuple[str, str, str, str, str, datetime, int]] = field(default_factory=list)
    people: list[dict[str, Any]] = field(default_factory=list)
    rooms: set[tuple[str, str]] = field(default_factory=set)  # (dialog, slot) of messages for the room that exist now

    def wake(self, tenant: str, dialog: str, name: str, at: datetime | None) -> None:
        """Set, move or switch off a timer."""
        row = {"dialog": dialog, "name": name, "tenant": tenant, "at": at, "due": at}
        self.timers[dialog, name] = row | {"owner": None, "tries": 0, "aside": None} if at else None

    def act(self, tenant: str, session: str, person: str, kind: str, at: datetime, posts: int) -> None:
        """Count one act in its minute."""
        key = (session, person, at.replace(second=0, microsecond=0), kind)
        row = self.activity.setdefault(key, {"tenant": tenant, "count": 0, "posts": 0, "last": at})
        row["count"] += 1
        row["posts"] += posts
        row["last"] = max(row["last"], at)

    def write(self, db: Connection, batch: Batch) -> bool:
        """Write all of it. True: there was something."""
        wrote = [
            _dialogs(db, batch),
            _people(db, self.people),
            self._places(db, batch.places),
            _notes(db, batch, self.notes),
            self._shows(db, batch.known.rooms),
            self._enrol(db, batch),
            _marks(db, self.marks),
            _timers(db, self.timers, self.silenced),
            _activity(db, self.activity),
            _turns(db, self.turns),
            _heard(db, self.heard),
        ]
        for kept in (self.heard, self.silenced, self.enrolled, self.turns, self.people):
            kept.clear()
        for rows in (self.notes, self.timers, self.marks, self.shows, self.activity):
            rows.clear()
        return any(wrote)

    def _shows(self, db: Connection, known: set[tuple[str, str]]) -> bool:
        rows = [
            {"dialog": dialog, "slot": slot, "to": to, "tenant": tenant, "session": session}
            for (dialog, slot, to), (tenant, session, latecomers) in sorted(self.shows.items())
            if latecomers and (to != ROOM or (dialog, slot) not in known)
        ]
        if rows:
            db.execute(upsert(db, SHOW).on_conflict_do_nothing(), rows)
            self.rooms |= {(str(row["dialog"]), str(row["slot"])) for row in rows if row["to"] == ROOM}
        for (dialog, slot, to), (_, _, latecomers) in sorted(self.shows.items()):
            if not latecomers:
                known.discard((dialog, slot))
                db.execute(delete(SHOW).where(SHOW.c.dialog == dialog, SHOW.c.slot == slot, SHOW.c.to == to))
        return bool(self.shows)

    def _enrol(self, db: Connection, batch: Batch) -> bool:
        """Whoever comes into a role, and a place that a session gets, is shown what the running dialogs show there.

        What facilitators see of everybody has one person more.
        """
        places = batch.places
        for session, person, role in self.enrolled:
            self._show_again(db, session, role, person)
        listing = [name for name, kind in batch.kinds.items() if "roster" in kind.needs.get(Look, ())]
        for session in sorted({session for session, _, _ in self.enrolled}):
            self._show_again(db, session, FACILITATOR, FACILITATOR, DIALOG.c.kind.in_(listing))
        for session in sorted(places.got):
            self._show_again(db, session, ROOM, ROOM)
        places.got.clear()
        return bool(self.enrolled)

    def _places(self, db: Connection, places: Places) -> bool:
        rows = [
            {"tenant": tenant, "place": place, "session": session, "phase": held.phase, "at": held.at}
            for tenant, place, session in sorted(places.changed)
            for held in [places.get(tenant, place, session)]
        ]
        if rows:
            into = upsert(db, AT)
            as_now = {"phase": into.excluded.phase, "at": into.excluded.at}
            db.execute(into.on_conflict_do_update(index_elements=["tenant", "place", "session"], set_=as_now), rows)
            places.changed.clear()
        return bool(rows)

    def _show_again(
        self, db: Connection, session: str, shown_to: str, to: str, *which: ColumnElement[bool]
    ) -> None:  # fmt: skip
        here = (SHOW.c.session == session, SHOW.c.to == shown_to, DIALOG.c.done.is_(False), *which)
        running = select(SHOW.c.tenant, SHOW.c.dialog, SHOW.c.slot).join(DIALOG, DIALOG.c.id == SHOW.c.dialog)
        for row in db.execute(running.where(*here)):
            self.marks.setdefault((row.dialog, row.slot, to, ""), row.tenant)


def _dialogs(db: Connection, batch: Batch) -> bool:
    changed = sorted((one for one in batch.dialogs.values() if one.new or one.changed), key=lambda one: one.id)
    new = [one for one in changed if one.new]
    if new:
        columns = ("id", "tenant", "scope", "key", "kind", "session", "parent", "place", "cohort", "done", "begun")
        rows = [{x: getattr(one, x) for x in columns} | {"state": one.state.model_dump_json()} for one in new]
        db.execute(insert(DIALOG), rows)
    old = [one for one in changed if not one.new]
    for one in old:
        db.execute(update(DIALOG).where(DIALOG.c.id == one.id).values(state=one.state.model_dump_json(), done=one.done))
    for one in changed:
        one.new = one.changed = False
    return bool(changed)


def _people(db: Connection, people: Sequence[dict[str, Any]]) -> bool:
    if people:
        rows = sorted(people, key=lambda row: row["id"])
        db.execute(upsert(db, PERSON).on_conflict_do_nothing(), [row | {"locale": "en", "host": False} for row in rows])
    return bool(people)


def _newer_note(dialect: str) -> Any:  # noqa: ANN401 - as upsert
    into = upsert(dialect, NOTE)
    new = into.excluded
    newer = or_(new.at > NOTE.c.at, (new.at == NOTE.c.at) & (new.event >= NOTE.c.event))
    # The first value, not the first word: what was taken back before anything was given is none.
    before = or_(new.first_at < NOTE.c.first_at, (new.first_at == NOTE.c.first_at) & (new.first < NOTE.c.first))
    earlier = new.first.is_not(None) & or_(NOTE.c.first.is_(None), before)
    kept_or_new = {x: case((newer, new[x]), else_=NOTE.c[x]) for x in ("value", "at", "event")}
    kept_or_first = {x: case((earlier, new[x]), else_=NOTE.c[x]) for x in ("first", "first_at")}
    return into.on_conflict_do_update(index_elements=["dialog", "key", "person"], set_=kept_or_new | kept_or_first)


NOTE_COLUMNS = ("dialog", "key", "person", "tenant", "value", "at", "event", "first", "first_at")
NEWER_NOTES = Written(_newer_note, *NOTE_COLUMNS)


def _notes(db: Connection, batch: Batch, keys: dict[tuple[str, str, str], str]) -> bool:
    if not keys:
        return False
    rows = []
    for (dialog, key, person), tenant in sorted(keys.items()):
        kept = batch.notes[dialog, person][key]
        rows.append(
            {"dialog": dialog, "key": key, "person": person, "tenant": tenant, "value": kept.value, "at": kept.at}
            | {"event": kept.event, "first": kept.first, "first_at": kept.first_at}
        )
    NEWER_NOTES(db, rows)
    return True


NEW_MARKS = Written(lambda _: insert(MARK).inline(), "tenant", "dialog", "slot", "to", "after")


def _marks(db: Connection, marks: dict[tuple[str, str, str, str], str]) -> bool:
    if marks:
        rows = [
            {"tenant": tenant, "dialog": dialog, "slot": slot, "to": to, "after": after}
            for (dialog, slot, to, after), tenant in marks.items()
        ]
        NEW_MARKS(db, rows)
    return bool(marks)


def _timers(db: Connection, timers: dict[tuple[str, str], dict[str, Any] | None], silenced: Sequence[str]) -> bool:
    rows = [row for _, row in sorted(timers.items()) if row]
    for dialog, name in sorted(key for key, row in timers.items() if row is None):
        db.execute(delete(TIMER).where(TIMER.c.dialog == dialog, TIMER.c.name == name))
    if rows:
        into = upsert(db, TIMER)
        moved = {x: into.excluded[x] for x in ("at", "due", "owner", "tries", "aside")}
        db.execute(into.on_conflict_do_update(index_elements=["dialog", "name"], set_=moved), rows)
    if silenced:
        db.execute(delete(TIMER).where(TIMER.c.dialog.in_(silenced)))
    return bool(timers or silenced)


def _counted(dialect: str) -> Any:  # noqa: ANN401 - as upsert
    into = upsert(dialect, ACTIVITY)
    new = into.excluded
    more = {"count": ACTIVITY.c.count + new["count"], "posts": ACTIVITY.c.posts + new["posts"]}
    last = {"last": case((new["last"] > ACTIVITY.c.last, new["last"]), else_=ACTIVITY.c.last)}
    return into.on_conflict_do_update(index_elements=["session", "person", "minute", "kind"], set_=more | last)


COUNTED = Written(_counted, "session", "person", "minute", "kind", "tenant", "count", "posts", "last")


def _activity(db: Connection, acts: dict[tuple[str, str, datetime, str], dict[str, Any]]) -> bool:
    if acts:
        rows = [
            {"session": session, "person": person, "minute": minute, "kind": kind} | row
            for (session, person, minute, kind), row in sorted(acts.items())
        ]
        COUNTED(db, rows)
    return bool(acts)


def _turns(db: Connection, turns: Sequence[tuple[str, str, str, str, str, datetime, int]]) -> bool:
    if turns:
        names = ("cohort", "dialog", "person", "what", "tenant", "at", "used")
        rows = [dict(zip(names, turn, strict=True)) for turn in sorted(turns)]
        db.execute(upsert(db, TURN).on_conflict_do_nothing(), rows)
    return bool(turns)


def _newly_heard(dialect: str) -> Insert:
    return insert(HEARD) if dialect == "sqlite" else upsert(dialect, HEARD).on_conflict_do_nothing()


NEWLY_HEARD = Written(_newly_heard, "tenant", "id", "at", "reply")


def _heard(db: Connection, heard: Sequence[dict[str, Any]]) -> bool:
    if heard:
        rows = sorted(heard, key=lambda row: (row["tenant"], row["id"]))
        if NEWLY_HEARD(db, rows) != len(rows):
            raise OnceMoreError  # another process has heard one of them, while this one decided
    return bool(heard)
