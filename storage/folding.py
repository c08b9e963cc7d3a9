"""Folding: what was marked to be drawn becomes due posts. Many marks for one message become one revision."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Integer,
    Row,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    update,
)

from dialogs.base import FACILITATOR, ROOM, Role
from storage.effects import identify
from storage.tables import AT, DIALOG, MARK, NOTE, POST, SHOW, Moment
from storage.writing import upsert

CHUNK = 100  # people of a role that are served in one transaction
CROWD = 20  # what goes to more people than this, each by name, is a broadcast too
FLAG, PRIVATE, FIRST, EDIT, BROADCAST = range(5)  # the order in which messages go out


# Built once: SQLAlchemy takes longer to build a statement than SQLite takes to do it.
NOW = bindparam("now", type_=Moment)
IDS: BindParameter[Any] = bindparam("ids", expanding=True)
MARKS = select(MARK).order_by(MARK.c.seq).limit(bindparam("most", type_=Integer)).with_for_update(skip_locked=True)
MARKED = select(DIALOG.c.id, DIALOG.c.session, DIALOG.c.place, DIALOG.c.tenant).where(DIALOG.c.id.in_(IDS))
FOLDED = delete(MARK).where(MARK.c.seq.in_(bindparam("seqs", expanding=True)))
HERE = select(AT.c.tenant, AT.c.session, AT.c.place).where(AT.c.session.in_(IDS)).order_by(AT.c.place)
KNOWN = select(POST.c.id).where(POST.c.id.in_(IDS)).order_by(POST.c.id).with_for_update()
AGAIN = (
    update(POST)
    .where(POST.c.id.in_(IDS))
    .values(
        revision=POST.c.revision + 1,
        due=case((POST.c.state == "gone", None), else_=func.coalesce(POST.c.due, NOW)),
    )
)


@cache
def _once_more(dialect: str) -> Any:  # noqa: ANN401 - as upsert
    into = upsert(dialect, POST)
    due = case((POST.c.state == "gone", None), else_=func.coalesce(POST.c.due, into.excluded.due))
    again = {"revision": POST.c.revision + 1, "due": due}
    return into.on_conflict_do_update(index_elements=["dialog", "slot", "target"], set_=again)


def fold(db: Connection, now: datetime, limit: int) -> tuple[int, bool]:
    """Turn marks into due posts. Returns how many marks, and whether others are left."""
    marks = db.execute(MARKS, {"most": limit}).all()
    if not marks:
        return 0, False
    left = len(marks) == limit
    wanted = dict.fromkeys((mark.tenant, mark.dialog, mark.slot, mark.to, mark.after) for mark in marks)
    found = db.execute(MARKED, {"ids": [*{mark.dialog for mark in marks}]})
    dialogs = {row.id: row for row in found}
    places = _places(db, {dialogs[dialog].session for _, dialog, _, to, _ in wanted if to == ROOM})
    crowds = Counter((dialog, slot) for _, dialog, slot, _, _ in wanted)
    rows: dict[str, dict[str, Any]] = {}
    for tenant, dialog, slot, to, after in wanted:
        targets, more = _targets(db, dialogs[dialog], slot, to, after, places)
        for target in targets:
            id_ = identify(tenant, f"post:{dialog}", f"{slot}\n{target}")
            rows[id_] = {
                "id": id_,
                "tenant": tenant,
                "dialog": dialog,
                "slot": slot,
                "target": target,
                "private": to != ROOM and ":" not in to,
                "session": dialogs[dialog].session,
                "rank": BROADCAST if crowds[dialog, slot] > CROWD else _rank(to),
                "revision": 1,
                "shown": 0,
                "begun": now + timedelta(microseconds=len(rows)),  # messages of one moment keep their order
                "due": now,
                "tries": 0,
                "state": "waiting",
            }
        if more:
            left = True
            db.execute(insert(MARK), {"tenant": tenant, "dialog": dialog, "slot": slot, "to": to, "after": more})
    if rows:
        known = db.execute(KNOWN, {"ids": [*rows]}).scalars().all()
        if new := sorted(rows.keys() - {*known}):  # that another worker may be folding, too
            db.execute(_once_more(db.dialect.name), [rows[id_] for id_ in new])
        if known:
            db.execute(AGAIN, {"ids": known, "now": now})
    db.execute(FOLDED, {"seqs": [mark.seq for mark in marks]})
    return len(marks), left


def _places(db: Connection, sessions: set[str | None]) -> Mapping[tuple[str, str], list[str]]:
    """Where each of these sessions is, by tenant and session."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    if ids := [session for session in sessions if session]:
        for tenant, session, place in db.execute(HERE, {"ids": ids}):
            found[tenant, session].append(place)
    return found


def _targets(
    db: Connection,
    dialog: Row[*tuple[Any, ...]],
    slot: str,
    to: str,
    after: str,
    places: Mapping[tuple[str, str], list[str]],
) -> tuple[list[str], str | None]:
    """Whom a message reaches, and the last of them where more are to follow."""
    if to == ROOM:
        if dialog.session is None:
            return ([dialog.place] if dialog.place else []), None
        return places.get((dialog.tenant, dialog.session), []), None
    if ":" in to:  # one place of several
        return [to], None
    if to in set(Role):
        role = and_(NOTE.c.dialog == dialog.session, NOTE.c.key == "role", NOTE.c.value == to, NOTE.c.person > after)
        shown = select(SHOW.c.to).where(SHOW.c.dialog == dialog.id, SHOW.c.slot == slot, SHOW.c.to == to)
        if db.execute(shown).first() is None:
            has = select(POST.c.target).where(POST.c.dialog == dialog.id, POST.c.slot == slot)
            role = and_(role, NOTE.c.person.in_(has))  # no latecomers: whoever has it sees it change
        people = list(db.execute(select(NOTE.c.person).where(role).order_by(NOTE.c.person).limit(CHUNK)).scalars())
        return people, people[-1] if len(people) == CHUNK else None
    return [to], None


def _rank(to: str) -> int:
    if to == ROOM or ":" in to:
        return FIRST
    if to == FACILITATOR:
        return FLAG
    return BROADCAST if to in set(Role) else PRIVATE
