"""Moving: a place that has got another address, as a Slack channel does when it is shared with another company."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, func, select, update

from dialogs.base import AnyKind
from storage.facts import Rows, brief_of
from storage.locking import lock
from storage.tables import AT, DIALOG, POST


def move(db: Connection, kinds: Mapping[str, AnyKind], tenant: str, old: str, new: str) -> None:
    """Everything that was at the old address is at the new one: sessions, dialogs of their own, and messages."""
    sessions = select(AT.c.session).where(AT.c.tenant == tenant, AT.c.place == old)
    if db.dialect.name != "sqlite":  # their states are changed: nobody decides meanwhile
        lock(db, db.execute(sessions).scalars(), alone=True)
    facts = Rows(db, kinds)
    for session in db.execute(sessions).scalars().all():
        root = facts.dialog(session)
        if root is not None:
            places = tuple(new if place == old else place for place in brief_of(root).places)
            brief = brief_of(root).model_copy(update={"places": places})
            state = root.state.model_copy(update={"brief": brief}).model_dump_json()
            db.execute(update(DIALOG).where(DIALOG.c.id == session).values(state=state))
    db.execute(update(AT).where(AT.c.tenant == tenant, AT.c.place == old).values(place=new))
    db.execute(update(DIALOG).where(DIALOG.c.tenant == tenant, DIALOG.c.place == old).values(place=new))
    ours = (POST.c.tenant == tenant, POST.c.target == old)
    moved = new + func.substr(POST.c.ref, len(old) + 1)  # a reference begins with the address
    db.execute(update(POST).where(*ours).values(target=new, ref=moved))
