"""People: one human behind several platforms' users, held together by an e-mail address that each has verified."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from storage.locking import lock
from storage.tables import ADDRESS, IDENTITY, PERSON, TENANT
from storage.writing import upsert


def admit(
    db: Connection, tenant: str, platform: str, user: str, name: str, *, host: bool, email: str | None
) -> str:  # fmt: skip
    """The person behind a platform's user, made known if new."""
    found = known(db, tenant, platform, user)
    if found:
        return str(found.id)
    if not db.execute(select(TENANT.c.id).where(TENANT.c.id == tenant)).scalar():
        db.execute(insert(TENANT).values(id=tenant, name=tenant))
    person = _with(db, tenant, email)
    if person is None:
        person = "p" + secrets.token_hex(10)
        row = {"id": person, "tenant": tenant, "name": name, "locale": "en", "host": host, "email": _plain(email)}
        db.execute(insert(PERSON).values(**row))
    elif host:
        db.execute(update(PERSON).where(PERSON.c.id == person).values(host=True))
    db.execute(insert(IDENTITY).values(tenant=tenant, platform=platform, user=user, person=person))
    return person


def known(db: Connection, tenant: str, platform: str, user: str) -> Row[Any, Any, Any, Any] | None:
    """What is known of a platform's user."""
    mine = (IDENTITY.c.tenant == tenant, IDENTITY.c.platform == platform, IDENTITY.c.user == user)
    columns = (PERSON.c.id, PERSON.c.name, PERSON.c.host, PERSON.c.email)
    return db.execute(select(*columns).join(IDENTITY, IDENTITY.c.person == PERSON.c.id).where(*mine)).first()


def learn(
    db: Connection, tenant: str, platform: str, user: str, *, name: str, host: bool, email: str | None
) -> str | None:  # fmt: skip
    """What a platform says of its user by now. Whoever has the same address on another platform is the same person.

    What somebody did before that was known stays with the person they were then.
    """
    row = known(db, tenant, platform, user)
    if row is None:
        return None
    same = _with(db, tenant, email) if email and not row.email else None
    if same and same != row.id:
        if host:
            db.execute(update(PERSON).where(PERSON.c.id == same).values(host=True))
        mine = (IDENTITY.c.tenant == tenant, IDENTITY.c.platform == platform, IDENTITY.c.user == user)
        db.execute(update(IDENTITY).where(*mine).values(person=same))
        return same
    values = {"name": name, "host": host} | ({"email": _plain(email)} if _plain(email) else {})
    db.execute(update(PERSON).where(PERSON.c.id == row.id).values(**values))
    return str(row.id)


def _with(db: Connection, tenant: str, email: str | None) -> str | None:
    if not (plain := _plain(email)):  # nobody is the same as whoever has none either
        return None
    lock(db, [f"email:{tenant}:{plain}"], alone=True)  # or who comes by two platforms at once would become two
    same = select(PERSON.c.id).where(PERSON.c.tenant == tenant, PERSON.c.email == plain).order_by(PERSON.c.id)
    return db.execute(same.limit(1)).scalar()


def _plain(email: str | None) -> str | None:
    return email.strip().casefold() or None if email else None


def remember(db: Connection, row: dict[str, str]) -> None:
    """How somebody or something is reached by now."""
    into = upsert(db, ADDRESS)
    keys = ["tenant", "platform", "whose"]
    db.execute(into.on_conflict_do_update(index_elements=keys, set_={"known": into.excluded.known}), row)
