"""Messages to be shown: marks folded into posts, posts taken under a lease, and what one person sees.

A post is due while its `due` is set. Taking it pushes `due` ahead by the lease, so a process that dies lets go of it by
itself; `owner` is the fence that keeps a process which was frozen meanwhile from settling what it has lost.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Row,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.exc import DBAPIError

from dialogs.base import FACILITATOR, ROOM, AnyKind, Role
from dialogs.card import people_in
from storage.base import LEASE, Post, View, Wanted
from storage.effects import identify
from storage.facts import Rows
from storage.pages import drawn
from storage.tables import AT, DIALOG, IDENTITY, MARK, NOTE, POST, SHOW, Moment
from storage.writing import upsert

log = logging.getLogger(__name__)

CHUNK = 100  # people of a role that are served in one transaction
CROWD = 20  # what goes to more people than this, each by name, is a broadcast too
FLAG, PRIVATE, FIRST, EDIT, BROADCAST = range(5)  # the order in which messages go out


# Built once: SQLAlchemy takes longer to build a statement than SQLite takes to do it.
NOW = bindparam("now", type_=Moment)
MARKS = select(MARK).order_by(MARK.c.seq).limit(bindparam("most", type_=Integer)).with_for_update(skip_locked=True)
MARKED = select(DIALOG).where(DIALOG.c.id.in_(bindparam("ids", expanding=True)))
FOLDED = delete(MARK).where(MARK.c.seq.in_(bindparam("seqs", expanding=True)))
HERE = select(AT.c.place).where(AT.c.tenant == bindparam("of"), AT.c.session == bindparam("in")).order_by(AT.c.place)
NOW_RANK = case((POST.c.shown > 0, EDIT), else_=POST.c.rank)
DUE = (
    select(POST, NOW_RANK.label("now_rank"))
    .where(POST.c.due <= NOW)
    .order_by(NOW_RANK, POST.c.due, POST.c.begun, POST.c.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)

IDENTITIES = (
    select(IDENTITY).where(IDENTITY.c.person.in_(bindparam("people", expanding=True))).order_by(IDENTITY.c.user)
)


@cache
def _once_more(dialect: str) -> Any:  # noqa: ANN401 - as upsert
    into = upsert(dialect, POST)
    due = case((POST.c.state == "gone", None), else_=func.coalesce(POST.c.due, into.excluded.due))
    again = {"revision": POST.c.revision + 1, "due": due}
    return into.on_conflict_do_update(index_elements=["dialog", "slot", "target"], set_=again)


def fold(db: Connection, now: datetime, limit: int) -> int:
    """Turn marks into due posts. Many marks for one message become one revision."""
    marks = db.execute(MARKS, {"most": limit}).all()
    if not marks:
        return 0
    wanted = dict.fromkeys((mark.tenant, mark.dialog, mark.slot, mark.to, mark.after) for mark in marks)
    found = db.execute(MARKED, {"ids": [*{mark.dialog for mark in marks}]})
    dialogs = {row.id: row for row in found}
    crowds = Counter((dialog, slot) for _, dialog, slot, _, _ in wanted)
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for tenant, dialog, slot, to, after in wanted:
        targets, more = _targets(db, dialogs[dialog], slot, to, after)
        for target in targets:
            rows[dialog, slot, target] = {
                "id": identify(tenant, f"post:{dialog}", f"{slot}\n{target}"),
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
            db.execute(insert(MARK), {"tenant": tenant, "dialog": dialog, "slot": slot, "to": to, "after": more})
    if rows:
        db.execute(_once_more(db.dialect.name), [rows[key] for key in sorted(rows)])
    db.execute(FOLDED, {"seqs": [mark.seq for mark in marks]})
    return len(marks)


def _targets(db: Connection, dialog: Row[Any], slot: str, to: str, after: str) -> tuple[list[str], str | None]:
    """Whom a message reaches, and the last of them where more are to follow."""
    if to == ROOM:
        if dialog.session is None:
            return ([dialog.place] if dialog.place else []), None
        return list(db.execute(HERE, {"of": dialog.tenant, "in": dialog.session}).scalars()), None
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


def due_posts(
    db: Connection, kinds: Mapping[str, AnyKind], view: View, now: datetime, owner: str, limit: int
) -> list[Post]:
    """Take what is due, the most urgent first, each with its card as of this very moment."""
    rows = db.execute(DUE, {"now": now, "most": limit}).all()
    if rows:
        # Whoever dies while it is shown has perhaps posted it: the next to take it is told so.
        trying = case((POST.c.state == "waiting", "trying"), else_=POST.c.state)
        taken = update(POST).where(POST.c.id.in_([row.id for row in rows]))
        db.execute(taken.values(owner=owner, due=now + LEASE, state=trying))
    reach = _reach(db, [row.target for row in rows if row.private])
    facts, posts = Rows(db, kinds), []
    for row in rows:
        person = row.target if row.private else None
        try:
            card = drawn(facts, view, Wanted(row.dialog, row.slot, person), now)
        except DBAPIError:  # the connection, not the card
            raise
        except Exception as error:  # a card that cannot be made must not keep the others waiting
            log.exception("card %s of dialog %s cannot be made", row.slot, row.dialog)
            later = now + backoff(row.tries)
            values = {"tries": row.tries + 1, "why": repr(error), "due": later, "owner": None, "state": row.state}
            db.execute(update(POST).where(POST.c.id == row.id).values(**values))
            continue
        place = None if row.private else row.target
        post = (row.id, row.tenant, row.dialog, row.slot, row.session, place, person, row.revision, row.ref, row.tries)
        names, attempted = facts.names(people_in([card])), row.state == "trying" and row.ref is None
        posts.append(Post(*post, row.now_rank, card, names, reach.get(person or "", {}), attempted, row.via))
    return posts


def _reach(db: Connection, people: Sequence[str]) -> dict[str, dict[str, str]]:
    """How each platform calls these people."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    if people:
        for row in db.execute(IDENTITIES, {"people": [*{*people}]}):
            found[row.person].setdefault(row.platform, row.user)
    return found


def backoff(tries: int) -> timedelta:
    """How long to wait after so many failures: 1 s, 2 s, 4 s … 5 minutes."""
    return timedelta(seconds=min(300, 2 ** min(tries, 10)))


def shown(db: Connection, post: Post, owner: str, ref: str, now: datetime) -> bool:
    """Settle a post. Whoever lost the lease may have put an old card over a newer one: then it is drawn once more."""
    newer = case((POST.c.revision > post.revision, literal(now, Moment)), else_=None)
    kept: Any = ref
    if post.place and ref.startswith(f"{post.place}:"):  # the place may have got another address meanwhile
        kept = POST.c.target + ref[len(post.place) :]
    settled = {
        "shown": post.revision,
        "ref": kept,
        "state": "shown",
        "tries": 0,
        "why": None,
        "owner": None,
        "due": newer,
    }
    if db.execute(update(POST).where(POST.c.id == post.id, POST.c.owner == owner).values(**settled)).rowcount:
        return True
    _draw_again(db, post, now, ref=func.coalesce(POST.c.ref, kept))
    return False


def _draw_again(db: Connection, post: Post, now: datetime, **more: object) -> None:
    # Whoever holds it now keeps it, else the two would take it from each other for as long as both are slow.
    due = case((POST.c.owner.is_not(None), POST.c.due), else_=literal(now, Moment))
    again = {"revision": POST.c.revision + 1, "due": due, **more}
    db.execute(update(POST).where(POST.c.id == post.id, POST.c.state != "gone").values(**again))


def postpone(db: Connection, post: Post, owner: str, until: datetime, *, lost: bool, failed: str | None) -> None:
    """Not now. An edit that failed may have been performed: whoever lost the lease has it drawn once more."""
    values: dict[str, Any] = {"due": until, "owner": None}
    if not failed and not post.attempted:  # it was not performed, for sure: not now, and not before
        values["state"] = case((POST.c.state == "trying", "waiting"), else_=POST.c.state)
    if lost:
        values |= {"ref": None, "shown": 0, "state": "waiting", "lost": POST.c.lost + 1}
    if failed:
        values |= {"tries": POST.c.tries + 1, "why": failed}
    mine = update(POST).where(POST.c.id == post.id, POST.c.owner == owner)
    if not db.execute(mine.values(**values)).rowcount and failed and post.ref:
        _draw_again(db, post, until)


def revive(db: Connection, tenant: str, place: str, now: datetime) -> int:
    """The place can be reached again: what had ended there, and stands there or is still of interest, goes out.

    Without a place it is the whole tenant, in which the platform was not installed for a while.
    """
    running = select(DIALOG.c.id).where(DIALOG.c.done.is_(False))
    wanted = or_(POST.c.ref.is_not(None), POST.c.dialog.in_(running))  # no old card stays, with buttons that are dead
    where = POST.c.target == place if place else true()
    ended = update(POST).where(POST.c.tenant == tenant, where, POST.c.state == "gone", wanted)
    return db.execute(ended.values(state="waiting", due=now, why=None, tries=0, owner=None)).rowcount


def reroute(db: Connection, post: Post, owner: str, via: str, now: datetime) -> None:
    """Another platform has this person, too: it goes out there, as new."""
    values = {"via": via, "ref": None, "shown": 0, "state": "waiting", "due": now, "owner": None, "tries": 0}
    db.execute(update(POST).where(POST.c.id == post.id, POST.c.owner == owner).values(**values))


def gone(db: Connection, post: Post, owner: str, why: str) -> None:
    """The end of a post."""
    values = {"state": "gone", "why": why, "due": None, "owner": None}
    db.execute(update(POST).where(POST.c.id == post.id, POST.c.owner == owner).values(**values))
