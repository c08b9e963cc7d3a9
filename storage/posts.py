"""Messages to be shown: posts that are due, taken under a lease, put off, and settled.

A post is due while its `due` is set. Taking it pushes `due` ahead by the lease, so a process that dies lets go of it by
itself; `owner` is the fence that keeps a process which was frozen meanwhile from settling what it has lost. What may
not go out yet is not taken, only put off: it is drawn once, at the moment it goes.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Row,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.exc import DBAPIError

from dialogs.base import AnyKind
from dialogs.card import Card, people_in, t
from storage.base import LEASE, View
from storage.facts import Rows
from storage.folding import EDIT, IDS, NOW, fold
from storage.pages import drawn
from storage.records import Due, Look, Post, Wanted
from storage.tables import DIALOG, IDENTITY, POST, Moment

log = logging.getLogger(__name__)

UNDRAWN = Card(t(""))

# Built once: SQLAlchemy takes longer to build a statement than SQLite takes to do it.
NOW_RANK = case((POST.c.shown > 0, EDIT), else_=POST.c.rank).label("now_rank")
WHOSE = (POST.c.id, POST.c.tenant, POST.c.dialog, POST.c.slot, POST.c.target, POST.c.private, POST.c.ref, POST.c.via)
DUE = (
    select(*WHOSE, NOW_RANK)
    .where(POST.c.due <= NOW)
    .order_by(NOW_RANK, POST.c.due, POST.c.begun, POST.c.id)
    .limit(bindparam("most", type_=Integer))
)
NEXT = select(func.min(POST.c.due)).where(POST.c.due > NOW)
# Whoever was given the turn takes it, though another worker, which was refused, has put it off in the same moment.
FREE = and_(POST.c.due.is_not(None), or_(POST.c.owner.is_(None), POST.c.due <= NOW))
THESE = select(POST, NOW_RANK).where(POST.c.id.in_(IDS), FREE).order_by(POST.c.id)
AT_ONCE, IN_TIME = THESE.with_for_update(skip_locked=True), THESE.with_for_update()
HELD = update(POST).where(POST.c.id == bindparam("of"), POST.c.due <= NOW).values(due=bindparam("until", type_=Moment))
# Whoever dies while it is shown has perhaps posted it: the next to take it is told so.
TAKEN = (
    update(POST)
    .where(POST.c.id.in_(IDS))
    .values(
        owner=bindparam("by"),
        due=bindparam("until", type_=Moment),
        state=case((POST.c.state == "waiting", "trying"), else_=POST.c.state),
    )
)
AS = bindparam("as", type_=Integer)
SETTLED = (
    update(POST)
    .where(POST.c.id == bindparam("of"), POST.c.owner == bindparam("by"))
    .values(shown=AS, state="shown", tries=0, why=None, owner=None, due=case((POST.c.revision > AS, NOW), else_=None))
)
SHOWN = SETTLED.values(ref=bindparam("called"))
SHOWN_THERE = SETTLED.values(ref=POST.c.target + bindparam("called"))
IDENTITIES = (
    select(IDENTITY).where(IDENTITY.c.person.in_(bindparam("people", expanding=True))).order_by(IDENTITY.c.user)
)


def look(db: Connection, now: datetime, limit: int, folding: int) -> Look:
    """Fold at most so many marks, and see what is due, the most urgent first. Nothing of it is taken."""
    folded, more = fold(db, now, folding)
    rows = db.execute(DUE, {"now": now, "most": limit}).all()
    reach = _reach(db, [row.target for row in rows if row.private and not (row.via or row.ref)])
    due = tuple(_due(row, reach) for row in rows)
    if more or len(due) == limit:
        return Look(folded, due, now)
    return Look(folded, due, db.execute(NEXT, {"now": now}).scalar())


def _due(row: Row[*tuple[Any, ...]], reach: Mapping[str, Mapping[str, str]]) -> Due:
    place, person = (None, row.target) if row.private else (row.target, None)
    whose = (row.id, row.tenant, row.dialog, row.slot, place, person, row.ref, row.via, row.now_rank)
    return Due(*whose, reach.get(person or "", {}))


def take(  # noqa: PLR0913 - what it draws with comes from the store
    db: Connection,
    kinds: Mapping[str, AnyKind],
    view: View,
    ids: Sequence[str],
    held: Mapping[str, datetime],
    now: datetime,
    owner: str,
    *,
    patient: bool,
    undrawn: Collection[str],
) -> list[Post]:
    """Take these, each with its card as of this very moment, and put the held ones off."""
    if held:  # first, and in order: this waits for whoever has one of them, and what follows waits for nobody
        db.execute(HELD, [{"of": id_, "until": held[id_], "now": now} for id_ in sorted(held)])
    if not ids:
        return []
    found = {row.id: row for row in db.execute(IN_TIME if patient else AT_ONCE, {"ids": [*ids], "now": now})}
    rows = [found[id_] for id_ in ids if id_ in found]
    if rows:
        db.execute(TAKEN, {"ids": [*found], "by": owner, "until": now + LEASE})
    reach = _reach(db, [row.target for row in rows if row.private])
    facts, posts = Rows(db, kinds), []
    for row in rows:
        person = row.target if row.private else None
        try:
            wanted = Wanted(row.dialog, row.slot, person)
            card = UNDRAWN if row.id in undrawn else drawn(facts, view, wanted, now)
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


def shown(db: Connection, shows: Sequence[tuple[Post, str]], owner: str, now: datetime) -> list[bool]:
    """Settle posts, in the order of their ids: two who settle the same ones do not wait for each other."""
    settled = {}
    for number, (post, ref) in sorted(enumerate(shows), key=lambda one: one[1][0].id):
        settled[number] = _shown(db, post, owner, ref, now)
    return [settled[number] for number in range(len(shows))]


def _shown(db: Connection, post: Post, owner: str, ref: str, now: datetime) -> bool:
    """Settle a post. Whoever lost the lease may have put an old card over a newer one: then it is drawn once more."""
    kept: Any = ref
    settled, called = SHOWN, ref
    if post.place and ref.startswith(f"{post.place}:"):  # the place may have got another address meanwhile
        settled, called = SHOWN_THERE, ref[len(post.place) :]
        kept = POST.c.target + called
    if db.execute(settled, {"of": post.id, "by": owner, "as": post.revision, "now": now, "called": called}).rowcount:
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
