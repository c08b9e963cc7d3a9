"""Pages: what somebody sees of what the dialogs show, drawn as of this very moment."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, or_, select
from sqlalchemy.exc import DBAPIError

from dialogs.base import FACILITATOR, AnyKind
from dialogs.card import Card, people_in
from storage.base import View
from storage.facts import Rows, brief_of
from storage.records import Glimpse, Page, Wanted
from storage.tables import PERSON, POST

log = logging.getLogger(__name__)

# Built once: SQLAlchemy takes longer to build a statement than SQLite takes to answer it.
THESE_POSTS = select(POST).where(
    POST.c.dialog == bindparam("of"),
    POST.c.slot == bindparam("as"),
    or_(POST.c.private.is_(False), POST.c.target.in_(bindparam("viewers", expanding=True))),
)


def drawn(facts: Rows, view: View, wanted: Wanted, now: datetime) -> Card:
    """A message as its dialog has it now. Raises LookupError without such a dialog, and whatever `view` does."""
    dialog = facts.dialog(wanted.dialog)
    if dialog is None:
        raise LookupError(wanted.dialog)
    return view(dialog, wanted, facts, now)


def page(
    db: Connection, kinds: Mapping[str, AnyKind], view: View, person: str, session: str | None, now: datetime
) -> Page | None:
    """What one person sees of a session in its web room, or (session None) on their own desk."""
    who = db.execute(select(PERSON).where(PERSON.c.id == person)).one_or_none()
    facts = Rows(db, kinds)
    root = facts.dialog(session) if session else None
    role = facts.role(session, person) if session else None
    if who is None or (session and (root is None or root.tenant != who.tenant or role is None)):
        return None
    private = and_(POST.c.target == person, POST.c.session == session)
    wanted = or_(private, POST.c.target == f"web:{session}") if session else private
    in_order = (POST.c.begun, POST.c.dialog, POST.c.slot)
    rows = db.execute(select(POST).where(wanted, POST.c.tenant == who.tenant).order_by(*in_order)).all()
    seen = tuple(one for row in rows if (one := _glimpse(facts, view, row, person, now)))
    roster = tuple(facts.attendance(session)) if session and role is FACILITATOR else ()
    sessions = () if session else tuple(facts.sessions(person))
    names = facts.names(people_in([one.card for one in seen]))
    brief = brief_of(root) if root else None
    return Page(who.tenant, person, who.name, role, session, brief, seen, names, roster, sessions)


def _glimpse(facts: Rows, view: View, row: Row[Any], viewer: str, now: datetime) -> Glimpse | None:
    try:
        card = drawn(facts, view, Wanted(row.dialog, row.slot, viewer), now)
    except DBAPIError:  # the connection, not the card: the whole transaction is tried again
        raise
    except Exception:  # one card that cannot be made must not take the page and its other cards away
        log.exception("card %s of dialog %s cannot be made", row.slot, row.dialog)
        return None
    return Glimpse(row.dialog, row.slot, card, row.private, row.begun, row.revision)


def looks(
    db: Connection,
    kinds: Mapping[str, AnyKind],
    view: View,
    dialog: str,
    slot: str,
    viewers: Sequence[str],
    now: datetime,
) -> dict[str, Glimpse]:
    """One message as each of these people sees it: a private one those it was sent to, a room's all who are in it.

    Whoever is no longer in the session sees neither.
    """
    facts = Rows(db, kinds)
    own = facts.dialog(dialog)
    rows = db.execute(THESE_POSTS, {"of": dialog, "as": slot, "viewers": [*viewers]}).all()
    if own is None or not rows:
        return {}
    facts.meet([dialog, own.session] if own.session else [dialog], viewers)
    private = {row.target: row for row in rows if row.private}
    room = next((row for row in rows if not row.private), None)
    seen: dict[str, Glimpse] = {}
    for viewer in viewers:
        within = own.session is None or facts.role(own.session, viewer) is not None
        row = private.get(viewer) or (room if own.session else None)
        if within and row is not None and (glimpse := _glimpse(facts, view, row, viewer, now)):
            seen[viewer] = glimpse
    return seen
