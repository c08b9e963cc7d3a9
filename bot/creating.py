"""Creating a session from outside, from the command line or for a rehearsal: through the engine, as everything goes."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.app import LOCAL, App, build
from bot.plans import EMAIL, Listed, in_words
from bot.settings import Settings
from dialogs.base import Brief, Commanded, Role, Submitted
from dialogs.card import Text
from dialogs.plan import Plan
from storage.connecting import migrate
from storage.effects import identify

NAMED = re.compile(r"(?P<name>[^<>]+?)?\s*(?:<(?P<email>[^<>]*)>)?")


class CannotError(Exception):
    """What was asked for cannot be done, and why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A session as somebody wants it."""

    plan: Plan
    at: datetime
    facilitator: str
    people: Sequence[Listed] = ()
    cohort: str = ""
    email: str = ""  # the facilitator's, if the roster does not tell it
    zone: str = ""  # in which it is shown; else the plan's


@dataclass(frozen=True, slots=True)
class Created:
    """A session and everybody's way in: (name, what they are, link)."""

    session: str
    facilitator: str
    links: list[tuple[str, str, str]] = field(default_factory=list)


def somebody(words: str, *more: str) -> tuple[str, str]:
    """Name and e-mail address from `NAME` or `NAME <ADDRESS>`. The address may be empty. Raises CannotError.

    Also if somebody else is named, too: nobody may be left out without a word.
    """
    if more:
        raise CannotError("--facilitator: name one person; whoever leads with them is on the roster as a facilitator")
    named = NAMED.fullmatch(" ".join(words.split()))
    name, email = (named["name"], named["email"] or "") if named else ("", "")
    if not name:
        raise CannotError('--facilitator: must be a name, as in --facilitator "Hanna Frei" (with or without <address>)')
    if email and not EMAIL.fullmatch(email):
        raise CannotError(f"--facilitator: “{email}” is not an e-mail address: write one as in jo@example.org")
    return name, email


async def create(settings: Settings, asked: Asked) -> Created:
    """Create a session in the database, whether or not the bot is running on it."""
    migrate(settings.database_url)
    app = build(settings)
    app.engine.start()
    try:
        return await create_in(app, asked)
    finally:
        await app.stop()


async def create_in(app: App, asked: Asked) -> Created:
    """Create a session in a running bot."""
    identity = _identity(asked)
    mine = next((one.email for one in asked.people if one.name == asked.facilitator and one.email), asked.email)
    user = identity(asked.facilitator, mine)
    host = await app.store.admit(LOCAL, "web", user, asked.facilitator, host=True)
    await app.store.learn(LOCAL, "web", user, asked.facilitator, host=True)  # who may have only learned until now
    now = app.clock.now()
    desk = identify(LOCAL, f"person:{host}", "desk")
    await app.engine.hear(Commanded(id=f"desk:{secrets.token_hex(16)}", at=now, tenant=LOCAL, by=host, text="sessions"))
    event = f"create:{secrets.token_hex(16)}"
    session = identify(LOCAL, f"person:{host}", f"session:{event}")
    people = await _people(app, asked, host, identity)
    wanted = {
        "plan": asked.plan.model_dump(mode="json"),
        "at": asked.at.isoformat(),
        "zone": asked.zone or asked.plan.zone,
        "cohort": asked.cohort,
        "people": people,
    }
    values = {"session": json.dumps(wanted)}
    sent = Submitted(id=event, at=now, tenant=LOCAL, by=host, dialog=desk, action="create", values=values)
    answer = await app.engine.hear(sent)
    known = await app.store.session(session)
    if known is None:
        why = in_words(answer.reply) if isinstance(answer.reply, Text) else "nobody says why"
        raise CannotError(f"The session could not be created: {why}")
    return Created(session, host, await links(app, session, host))


def _identity(asked: Asked) -> Callable[[str, str], str]:
    """By what somebody of this name and e-mail address is known again in another session.

    The address, if there is one. A name alone says nothing beyond its cohort, or, without one, beyond its session: one
    person's links must not open what another person of the same name did.
    """
    within = f"cohort:{asked.cohort.casefold()}" if asked.cohort else f"once:{secrets.token_hex(8)}"
    return lambda name, email: f"roster:{email.casefold()}" if email else f"{within}:{name.casefold()}"


async def _people(
    app: App, asked: Asked, host: str, identity: Callable[[str, str], str]
) -> list[dict[str, str | None]]:
    """Everybody whom the roster and the plan name, once each, with the managers of both."""
    managers = {one.name: one.manager for one in asked.people if one.manager}
    managers |= {name: manager.name for manager in asked.plan.managers for name in manager.learners}
    listed = {one.name: one for one in asked.people}
    for name in managers:
        listed.setdefault(name, Listed(name, "learner", "", managers[name]))
    people: list[dict[str, str | None]] = []
    ids: dict[str, str] = {asked.facilitator: host}  # who may be on the roster, too, and is nobody else by that
    for name, one in listed.items():
        if name not in ids:
            ids[name] = await app.store.admit(LOCAL, "web", identity(name, one.email), name)
        people.append({"person": ids[name], "name": name, "role": one.role})
    for row in people:
        manager = managers.get(row["name"] or "")
        if manager and manager not in ids:
            ids[manager] = await app.store.admit(LOCAL, "web", identity(manager, ""), manager)
            people.append({"person": ids[manager], "name": manager, "role": Role.MANAGER})
        row["manager"] = ids[manager] if manager else row.get("manager")
    return people


async def links(app: App, session: str, host: str) -> list[tuple[str, str, str]]:
    """Everybody's way in."""
    room = await app.engine.room(session, host)
    found = [("anybody", "join link", app.links.join(LOCAL, session))]
    for one in room.roster if room else ():
        if one.role is Role.MANAGER:
            found.append((one.name, "manager", app.links.report(LOCAL, session, one.person)))
        else:
            found.append((one.name, str(one.role), app.links.room(LOCAL, session, one.person)))
    found.append(
        (
            next((one.name for one in room.roster if one.person == host), "") if room else "",
            "console",
            app.links.desk(LOCAL, host),
        )
    )
    return found


async def listing(settings: Settings) -> list[str]:
    """A line for every session, the newest first."""
    migrate(settings.database_url)
    app = build(settings)
    try:
        rows = await app.store.all_sessions()
    finally:
        await app.store.close()
    return [f"{brief.phase:<9} {_start(brief):<35} {brief.title}" for brief in rows] or ["There are no sessions yet."]


def _start(brief: Brief) -> str:
    """When it starts or was opened, in its own time zone."""
    at = brief.starts or brief.opened
    return f"{at.astimezone(ZoneInfo(brief.zone)):%Y-%m-%d %H:%M} {brief.zone}" if at else ""
