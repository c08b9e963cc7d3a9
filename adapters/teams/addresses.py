"""Addresses: who stands behind a Teams user, and how people and places are written to.

Teams says where to write only in what it sends. What came by the door is kept, and nothing else is ever written to: the
app's own token goes there.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

from adapters.base import Bot, Gone
from adapters.teams.connector import Connector
from adapters.teams.payload import User
from adapters.teams.read import Heard

log = logging.getLogger(__name__)

REMEMBERED = 20_000
SOMEBODY = "somebody"  # until the name is known
STRANGER = "This person has never met Cohost in Teams: once they write or press there, they can be written to."
UNKNOWN = "Cohost does not know this chat or channel: mention it there once, so that it learns the address."


@dataclass(frozen=True, slots=True)
class Address:
    """How a person (then `user` and perhaps `chat`) or a conversation is reached."""

    service_url: str
    tenant: str  # of Teams
    bot: str
    user: str = ""  # "29:…"
    chat: str = ""  # the personal chat with us, where there is one
    hears: str = ""  # "yes" once something came from here that does not mention us

    def known(self) -> dict[str, str]:
        """As it is kept."""
        kept = {"url": self.service_url, "tenant": self.tenant, "bot": self.bot, "user": self.user, "chat": self.chat}
        return {**kept, "hears": self.hears} if self.hears else kept

    @classmethod
    def of(cls, known: Mapping[str, str]) -> Address:
        """As it was kept."""
        got = known.get
        return cls(
            got("url", ""), got("tenant", ""), got("bot", ""), got("user", ""), got("chat", ""), got("hears", "")
        )


class Addresses:
    """People and places of Teams, as people and places of ours."""

    def __init__(self, bot: Bot, connector: Connector) -> None:
        self._bot, self._connector = bot, connector
        self._people: OrderedDict[tuple[str, str], str] = OrderedDict()  # (tenant, user) -> person
        self._known: OrderedDict[tuple[str, str], Address] = OrderedDict()  # (tenant, user or conversation)
        self._learned: set[tuple[str | bool, ...]] = set()  # who came whence since an address changed last
        self._changes = 0
        self._keys: dict[tuple[str, str], str] = {}  # (tenant, "29:…") -> by what they are kept
        self._beginning: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def learn(self, tenant: str, heard: Heard) -> bool:
        """Keep where this came from. Returns whether Teams is reached by another address there from now on."""
        user, came = heard.user, (heard.tenant, heard.service_url, heard.bot, heard.conversation, heard.personal)
        known = (tenant, user.id, user.aad, heard.event.place or "", *came)
        if known in self._learned:  # so it is with nearly every press
            return False
        changes = self._changes
        place = heard.event.place.removeprefix("teams:") if heard.event.place else key(heard.user)
        before = await self.find(tenant, place)
        whole = heard.event.place.removeprefix("teams:") if heard.event.place else ""
        if whole:
            await self.place(tenant, whole, Address(heard.service_url, heard.tenant, heard.bot))
        chat = heard.conversation if heard.personal else ""
        await self.met(tenant, heard.user, Address(heard.service_url, heard.tenant, heard.bot, heard.user.id, chat))
        if changes == self._changes:  # else it may be another address by now
            if len(self._learned) >= REMEMBERED:
                self._learned.clear()
            self._learned.add(known)
        return before is not None and before.service_url != heard.service_url

    async def met(self, tenant: str, user: User, address: Address) -> None:
        """Keep how somebody is reached. A chat that we have with them is not forgotten when they are met elsewhere."""
        before = await self.find(tenant, key(user))
        chat = address.chat or (before.chat if before else "")
        whole = Address(address.service_url, address.tenant, address.bot, user.id, chat)
        self._keys[tenant, user.id] = key(user)
        await self._keep(tenant, key(user), whole)

    async def place(self, tenant: str, conversation: str, address: Address) -> None:
        """Keep how a conversation is reached. That we hear what is said there is not forgotten."""
        before = await self.find(tenant, conversation)
        hears = address.hears or (before.hears if before else "")
        await self._keep(tenant, conversation, replace(address, hears=hears))

    async def gone(self, tenant: str, user: User) -> None:
        """Somebody took us off: their chat is not to be written to any more."""
        if before := await self.find(tenant, key(user)):
            await self._keep(tenant, key(user), Address(before.service_url, before.tenant, before.bot, before.user))

    async def person(self, tenant: str, user: User, *, email: str | None = None) -> str:
        """The person, made known if new. Guests without an account in Entra take part, and create nothing."""
        if person := self._people.get((tenant, key(user))):
            return person
        name = user.name or SOMEBODY
        person = await self._bot.person(tenant, "teams", key(user), name, host=bool(user.aad), email=email)
        if not user.name:
            return person  # most events name nobody: whoever tells the name later is listened to
        return await self._told(tenant, user, email) or person

    async def known(self, tenant: str, user: str) -> str | None:
        """The person, if we have met them."""
        known = self._keys.get((tenant, user), user)  # a mention names somebody by their id for this bot
        address = await self.find(tenant, known)
        aad = "" if known == user else known
        return await self.person(tenant, User(address.user, aad)) if address and address.user else None

    def new(self, tenant: str, user: User) -> bool:
        """Whether this process has not met them yet."""
        return (tenant, key(user)) not in self._people

    async def acquaint(self, tenant: str, user: User, where: Address, conversation: str) -> None:
        """Ask for somebody's name and e-mail address: whoever has it on another platform is the same person."""
        found = ours(await self._connector.member(where.service_url, conversation, user.id), where.tenant)
        if found and (found.email or found.name):
            await self._told(tenant, replace(user, name=found.name or user.name or SOMEBODY), found.email or None)

    async def _told(self, tenant: str, user: User, email: str | None) -> str | None:
        """Who somebody is by now. Returns the person: another one, if the e-mail address is theirs."""
        person = await self._bot.learn(tenant, "teams", key(user), user.name, host=bool(user.aad), email=email)
        if person:
            self._people[tenant, key(user)] = person
            if len(self._people) > REMEMBERED:
                self._people.popitem(last=False)
        return person

    async def chat(self, tenant: str, user: str) -> tuple[str, str]:
        """Where to write to one person: service URL and conversation. Begins the chat if there is none yet."""
        async with self._beginning.setdefault((tenant, user), asyncio.Lock()):  # of two, one begins it
            address = await self.find(tenant, user)
            if address is None or not address.user:
                raise Gone(STRANGER)
            if not address.chat:
                chat = await self._connector.create(address.service_url, address.tenant, address.bot, address.user)
                address = replace(address, chat=chat)
                await self._keep(tenant, user, address)
        return address.service_url, address.chat

    async def url(self, tenant: str, conversation: str) -> str:
        """Where to write to a conversation."""
        address = await self.find(tenant, conversation)
        if address is None:
            raise Gone(UNKNOWN)
        return address.service_url

    async def mentions(self, tenant: str, people: Sequence[str]) -> dict[str, str]:
        """How to mention these people: their ids for this bot."""
        users = await self._bot.users("teams", people)
        found: dict[str, str] = {}
        for person, user in users.items():
            if (address := await self.find(tenant, user)) and address.user:
                found[person] = address.user
        return found

    async def find(self, tenant: str, whose: str) -> Address | None:
        """What is known of a user or a conversation."""
        if known := self._known.get((tenant, whose)):
            return known
        found = (await self._bot.recall(tenant, "teams", [whose])).get(whose)
        if found is None:
            return None
        return self._remember(tenant, whose, Address.of(found))

    async def _keep(self, tenant: str, whose: str, address: Address) -> None:
        if await self.find(tenant, whose) != address:
            await self._bot.remember(tenant, "teams", whose, address.known())
            self._remember(tenant, whose, address)
            self._changes += 1
            self._learned.clear()

    def _remember(self, tenant: str, whose: str, address: Address) -> Address:
        self._known[tenant, whose] = address
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return address


def ours(found: User | None, tenant: str) -> User | None:
    """Whoever was found, if the account is of this organisation: other companies' names do not come over the fence."""
    return found if found and found.tenant in {"", tenant} else None


def key(user: User) -> str:
    """By what somebody is known: the id in Entra, which stays; people without an account have theirs for this bot."""
    return user.aad or user.id
