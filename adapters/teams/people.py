"""People: who wrote, whom they mention, and who is there, as Teams says it and at its pace."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

from adapters.base import Bot, Gone, Later
from adapters.teams.addresses import Address, Addresses, ours
from adapters.teams.connector import SOON, Connector, Refused, Unsure
from adapters.teams.read import Heard, User
from dialogs.base import Commanded, Joined

log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]
T = TypeVar("T")
Work = Callable[[Coroutine[Any, Any, None]], None]  # does it later, and sees to it that it is done

NAMING = re.compile(r"\s*(?:roster|heard)\b", re.IGNORECASE)
MENTION = re.compile(r"<@([^>\s]+)>")
MOST = 500  # members of a chat or team that are taken for a class
PATIENCE = 2.0  # seconds that somebody's first command waits for who they are
AT_ONCE = 8  # people whom Teams is asked about at the same time
TRIES = 4  # of a question that is held back


class People:
    """Whoever is heard of becomes a person of ours, known by e-mail address where Teams tells it."""

    def __init__(
        self, bot: Bot, connector: Connector, addresses: Addresses, later: Work, sleep: Sleep, *, elsewhere: bool
    ) -> None:
        self._bot, self._connector, self._addresses = bot, connector, addresses
        self._later, self._sleep, self._elsewhere = later, sleep, elsewhere
        self._asking = asyncio.Semaphore(AT_ONCE)

    async def who(self, tenant: str, heard: Heard) -> str:
        """Whoever did this. Where it came from is kept, so that they can be answered."""
        moved = await self._addresses.learn(tenant, heard)
        person = await self._person(tenant, heard)
        if moved or isinstance(heard.event, Commanded):  # whoever writes to us can be answered: what had ended goes out
            await self._bot.reachable(tenant, heard.event.place or person)
        return person

    async def _person(self, tenant: str, heard: Heard) -> str:
        if not self._addresses.new(tenant, heard.user):
            return await self._addresses.person(tenant, heard.user)
        # What a command may do, and to which session it goes, depends on who it is; so does whose vote is changed.
        waits = self._elsewhere or isinstance(heard.event, Commanded)
        if found := await self._member(heard, heard.user.id) if waits else None:
            whole = replace(heard.user, name=heard.user.name or found.name)
            return await self._addresses.person(tenant, whole, email=found.email or None)
        person = await self._addresses.person(tenant, heard.user)
        where = Address(heard.service_url, heard.tenant, heard.bot)
        self._later(self.acquaint(tenant, heard.user, where, heard.conversation))
        return person

    async def _member(self, heard: Heard, user: str) -> User | None:
        """Somebody who is there, by either of their ids, if Teams says it soon enough: a command waits for it."""
        with suppress(Gone, Later, Refused, Unsure, TimeoutError):
            async with asyncio.timeout(PATIENCE), self._asking:
                return ours(await self._connector.member(heard.service_url, heard.conversation, user), heard.tenant)
        return None

    async def acquaint(self, tenant: str, user: User, where: Address, conversation: str) -> None:
        """At the pace of Teams: a class that votes at once is known by name already, and asked about afterwards."""
        await self._asked(lambda: self._addresses.acquaint(tenant, user, where, conversation))

    async def spelled(self, tenant: str, heard: Heard) -> str | None:
        """What was typed, with our own id for whoever is mentioned where a command is about people, else the name.

        None: it is about people, and Teams does not say about whom.
        """
        typed = heard.event.text if isinstance(heard.event, Commanded) else ""
        if not heard.mentions:
            return typed
        about = NAMING.match(typed) is not None
        people: dict[str, str] = {}
        for one in heard.mentions:
            try:
                person = await self._mentioned(tenant, heard, one)
            except (Gone, Later, Refused, Unsure, TimeoutError) as no:
                log.info("Teams does not say who is mentioned: %r", no)
                if (person := await self._addresses.known(tenant, one)) is None and about:
                    return None
            if person:
                people[one] = person
        names = await self._bot.named(list(people.values()))
        written = {one: f"<@{person}>" if about else names.get(person, "") for one, person in people.items()}
        return MENTION.sub(lambda found: written.get(found[1], found[0]), typed)

    async def _mentioned(self, tenant: str, heard: Heard, one: str) -> str | None:
        """Whoever has this id in the conversation."""
        async with asyncio.timeout(PATIENCE):
            found = ours(await self._connector.member(heard.service_url, heard.conversation, one), heard.tenant)
        return await self._meets(tenant, heard, found) if found else None

    async def enrol(self, tenant: str, heard: Heard, before: Sequence[str]) -> None:
        """Whoever is in the chat or team when a session comes to be planned there is expected: they get its checklist.

        before: planned there already. Whoever was taken off one of these since does not come back to it.
        """
        place = heard.event.place or ""
        planned = [one for one in await self._bot.planned(tenant, place) if one not in before]
        held = await self._bot.at(tenant, place)
        if not planned and (held is None or held[1].phase != "open"):
            return
        members = await self._asked(lambda: self._connector.members(heard.service_url, heard.conversation)) or ()
        if len(members) > MOST:
            log.warning("a team has more than %d members: nobody is put on the roster for being there", MOST)
            return
        for user in members:
            person = await self._meets(tenant, heard, user)
            for one in planned:
                id_, at = f"teams:member:{one}:{person}", self._bot.now()
                await self._bot.hear(
                    Joined(id=id_, at=at, tenant=tenant, by=person, place=place, dialog=one, there=False)
                )

    async def _meets(self, tenant: str, heard: Heard, user: User) -> str:
        """Somebody who is listed or mentioned, and did nothing yet."""
        await self._addresses.met(tenant, user, Address(heard.service_url, heard.tenant, heard.bot))
        return await self._addresses.person(tenant, user, email=user.email or None)

    async def _asked(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """What Teams says, at its pace. None: it does not say."""
        for _ in range(TRIES):
            try:
                return await ask()
            except Later as later:
                await self._sleep(later.seconds)
            except Unsure:
                await self._sleep(SOON)
            except (Gone, Refused) as no:
                log.info("Teams does not say it: %s", no)
                return None
        return None
