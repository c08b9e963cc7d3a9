"""People: who stands behind a Slack user. Known at once by what the payload says, and soon by what Slack says.

A user is known by their own workspace and their id: in a channel shared with another company there are strangers, and
payloads do not always say whose somebody is.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from adapters.base import Bot, Gone, Later
from adapters.slack.calling import UNANSWERED, Call, Refused, patiently
from adapters.slack.payload import LONGEST_NAME, User
from dialogs.words import short

log = logging.getLogger(__name__)

KNOWN = 20_000  # people remembered, the newest
PATIENCE = 1.0  # seconds that somebody's first command waits for their name: the answer has three in all

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Profile:
    """What Slack says of a user. host: may create sessions, as full members of the workspace may."""

    team: str
    name: str
    host: bool
    bot: bool
    email: str | None = None  # of our own people only: what a stranger's company says of them proves nothing here


class People:
    """Slack users as people of ours."""

    def __init__(
        self, bot: Bot, call: Call, home: Callable[[str], Awaitable[str]], sleep: Sleep, *, elsewhere: bool = False
    ) -> None:
        """`home`: the workspace of a tenant. `elsewhere`: people may be known from another platform already."""
        self._bot, self._call, self._home, self._sleep, self._elsewhere = bot, call, home, sleep, elsewhere
        self._known: OrderedDict[tuple[str, str], str] = OrderedDict()  # (tenant, team/user) -> person
        self._teams: dict[tuple[str, str], str] = {}  # (tenant, user) -> their own workspace
        self._asked: set[tuple[str, str]] = set()  # of whom Slack has been asked in this process
        self._waiting: asyncio.Queue[tuple[str, User, asyncio.Event]] = asyncio.Queue()
        self._asking: asyncio.Task[None] | None = None

    async def person(self, tenant: str, user: User, *, named: bool = False, email: str | None = None) -> str:
        """The person, made known if new. `named`: wait a moment for the name, because somebody will read it at once."""
        if user.team:
            self._teams[tenant, user.id] = user.team
        else:
            user = await self._whole(tenant, user)
        key = (tenant, _key(user))
        person = self._known.get(key)
        if person is None:
            host = self._teams.get((tenant, user.id)) == await self._home(tenant)
            name = user.name or "somebody"
            person = await self._bot.person(tenant, "slack", _key(user), name, host=host, email=email)
            self._known[key] = person
            if len(self._known) > KNOWN:
                self._known.popitem(last=False)
        if key not in self._asked:
            self._asked.add(key)
            done = asyncio.Event()
            self._waiting.put_nowait((tenant, user, done))
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._ask(), name="slack people")
            if named or self._elsewhere:
                try:
                    await asyncio.wait_for(done.wait(), PATIENCE)
                except TimeoutError:
                    log.warning("Slack did not say in time who %s is", user.id)
        return self._known.get(key, person)

    async def human(self, tenant: str, user: str) -> str | None:
        """The person behind somebody who is only listed, asked for as patiently as Slack wants; None: an app."""
        try:
            told = await patiently(partial(self._info, tenant, user), self._sleep)
        except (Refused, *UNANSWERED) as no:
            log.warning("Slack does not say who %s is, who is in a channel: %r", user, no)
            return None
        if told.bot:
            return None
        known = User(told.team, user, told.name)
        self._asked.add((tenant, _key(known)))
        return await self.person(tenant, known, email=told.email)

    async def learn(self, tenant: str, user: User, *, host: bool) -> None:
        """What Slack says of somebody by now. Nobody is made known by that: most people never take part."""
        if user.name:
            await self._bot.learn(tenant, "slack", _key(user), user.name, host=host)

    async def stop(self) -> None:
        """Leave the rest unasked: whoever acts again is asked about again."""
        if self._asking:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    async def _whole(self, tenant: str, user: User) -> User:
        """Whose somebody is, where the payload does not say: strangers must not be taken for our own."""
        team = self._teams.get((tenant, user.id))
        if team is None:
            try:
                told = await self._info(tenant, user.id)
            except (Refused, *UNANSWERED):  # most people are at home, and it is asked again; until then they may little
                return User(await self._home(tenant), user.id, user.name)
            self._teams[tenant, user.id] = told.team
            return User(told.team, user.id, told.name or user.name)
        return User(team, user.id, user.name)

    async def _info(self, tenant: str, user: str) -> Profile:
        told = await self._call(tenant, "users.info", user=user)
        return profile(told.get("user") or {}, home=await self._home(tenant))

    async def _ask(self) -> None:
        """One after the other, as fast as Slack lets us: a class of 500 that votes at once has no time to be named."""
        while not self._waiting.empty():
            tenant, user, done = self._waiting.get_nowait()
            try:
                told = await self._info(tenant, user.id)
                self._teams[tenant, user.id] = told.team
                if told.name:
                    who = _key(user)
                    same = await self._bot.learn(tenant, "slack", who, told.name, host=told.host, email=told.email)
                    if same:
                        self._known[tenant, who] = same  # they were known already, from another platform
            except Later as later:
                self._waiting.put_nowait((tenant, user, done))
                await self._sleep(later.seconds)
                continue
            except (Refused, Gone) as no:
                log.warning("Slack does not say who %s is: %s", user.id, no)
            except UNANSWERED as no:  # whoever acts again is asked about again
                log.warning("Slack cannot be asked who %s is: %r", user.id, no)
                self._asked.discard((tenant, _key(user)))
            except Exception:
                log.exception("Slack could not be asked who %s is", user.id)
                self._asked.discard((tenant, _key(user)))
            done.set()


def profile(user: Mapping[str, Any], *, home: str) -> Profile:
    """A user as users.info describes them."""
    told = user.get("profile") or {}
    real = str(told.get("real_name") or user.get("real_name") or "")
    chosen = str(told.get("display_name") or "")
    # What people chose to be called, unless it is only how they log in: nobody wants to be called on as "j.smith2".
    handle = chosen == chosen.lower() and " " not in chosen
    name = (real or chosen if handle else chosen) or user.get("name") or ""
    guest = any(user.get(flag) for flag in ("is_restricted", "is_ultra_restricted", "is_stranger", "deleted"))
    team, bot = str(user.get("team_id") or home), bool(user.get("is_bot")) or user.get("id") == "USLACKBOT"
    host = team == home and not guest and not bot
    email = str(told.get("email") or "") or None
    return Profile(team, short(str(name), LONGEST_NAME), host, bot, email if team == home else None)


def _key(user: User) -> str:
    return f"{user.team}/{user.id}"
