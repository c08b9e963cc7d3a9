"""Small stand-ins: a Connector that answers as a test says, and a bot that notes what it is told."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import pytest

pytest.register_assert_rewrite("tests.adapters.contract")  # as test_contract.py wants it, whichever comes first

from adapters.base import Answer, Message, RoomView  # noqa: E402
from adapters.teams.addresses import Addresses  # noqa: E402
from adapters.teams.connector import Connector  # noqa: E402
from adapters.teams.payload import User  # noqa: E402
from adapters.teams.show import Show  # noqa: E402
from bot.clock import HandClock  # noqa: E402
from dialogs.base import Brief, Commanded, Event  # noqa: E402
from dialogs.card import Button, t  # noqa: E402
from tests.adapters.contract import NAMES, NOON, card, plain  # noqa: E402
from tests.adapters.web_stage import Board  # noqa: E402

__all__ = ["NAMES", "NOON", "Board", "Calls", "Noting", "Scene", "card", "plain", "quiet"]

TENANT, URL, OTHER_URL, BOT = "tenant", "https://smba.example/emea/", "https://smba.example/amer/", "28:bot"
ANN = User("29:ann", "aad-ann", "Ann Ode", "ann@acme.example")
BEN = User("29:ben", "aad-ben", "Ben Lima", "ben@acme.example")
KIM = User("29:kim", "", "Kim (Guest)")
CHAT, CHANNEL = "19:chat@thread.v2", "19:channel@thread.tacv2"
VOTE = Button("vote", t("Vote"), "a")
LEAD = Button("close", t("Close"), lead=True)
ROOM = Message("p1", "t1", "d1", "board", "s1", f"teams:{CHAT}", None, card("Lunch?"))
HINT = replace(ROOM, post="p2", slot="hint", place=None, person="ann", user="aad-ann")


class Calls:
    """Answers each call with what is next for it; an error is raised once, else all is well."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []  # the call, and with what
        self.errors: defaultdict[str, list[Exception]] = defaultdict(list)
        self.people: list[User] = [ANN, BEN, KIM]
        self.gate = asyncio.Event()
        self.gate.set()

    def called(self, name: str) -> list[tuple[Any, ...]]:
        """What this call was made with."""
        return [tuple(given) for call, *given in self.heard if call == name]

    async def _call(self, name: str, *given: Any) -> str:
        self.heard.append((name, *given))
        number = len(self.heard)
        await self.gate.wait()
        if self.errors[name]:
            raise self.errors[name].pop(0)
        return str(number)

    async def post(self, url: str, conversation: str, activity: Mapping[str, Any]) -> str:
        return await self.send(url, conversation, activity)

    async def send(self, url: str, conversation: str, activity: Mapping[str, Any]) -> str:
        return await self._call("send", url, conversation, activity)

    async def update(self, url: str, conversation: str, id_: str, activity: Mapping[str, Any]) -> None:
        await self._call("update", url, conversation, id_, activity)

    async def create(self, url: str, tenant: str, bot_id: str, user_id: str) -> str:
        return f"a:{await self._call('create', url, tenant, bot_id, user_id)}"

    async def members(self, url: str, conversation: str) -> tuple[User, ...]:
        await self._call("members", url, conversation)
        return tuple(self.people)

    async def member(self, url: str, conversation: str, user_id: str) -> User | None:
        await self._call("member", url, conversation, user_id)
        return next((one for one in self.people if user_id in {one.id, one.aad}), None)


class Noting(Board):
    """A bot that makes people known by Teams' name of them, remembers, and notes what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = HandClock(NOON)
        self.known: dict[tuple[str, str], Mapping[str, str]] = {}
        self.reads, self.writes = 0, 0
        self.people: dict[tuple[str, str], tuple[str, bool, str | None]] = {}  # name, host, e-mail address
        self.ids: dict[str, str] = {}  # Teams' name of somebody -> ours, where it does not say it
        self.lead: list[str] = []
        self.told: list[tuple[str, ...]] = []
        self.heard: list[Event] = []
        self.answer = Answer()
        self.briefs: dict[str, Brief] = {}  # place -> its session
        self.refs: dict[str, tuple[str, str]] = {}
        self.own: RoomView | None = None

    def now(self) -> datetime:
        return self.clock.now()

    def named_by(self, user: str) -> str:
        """The person whom Teams calls this."""
        return self.ids.get(user) or user.removeprefix("aad-").removeprefix("29:")

    async def hear(self, event: Event) -> Answer:
        self.heard.append(event)
        return self.answer

    async def room(self, session: str, person: str) -> RoomView | None:
        return self.own

    async def person(
        self, tenant: str, platform: str, user: str, name: str, *, host: bool = False, email: str | None = None
    ) -> str:
        self.people.setdefault((tenant, user), (name, host, email))
        return self.named_by(user)

    async def learn(
        self, tenant: str, platform: str, user: str, name: str, *, host: bool, email: str | None = None
    ) -> str | None:
        if (tenant, user) not in self.people:
            return None
        self.people[tenant, user] = (name, host, email or self.people[tenant, user][2])
        return self.named_by(user)

    async def users(self, platform: str, people: Sequence[str]) -> Mapping[str, str]:
        return {one: f"aad-{one}" for one in people if one in NAMES}

    async def named(self, people: Sequence[str]) -> Mapping[str, str]:
        known = {**NAMES, **{self.named_by(user): name for (_, user), (name, _, _) in self.people.items()}}
        return {one: known[one] for one in people if one in known}

    async def remember(self, tenant: str, platform: str, whose: str, known: Mapping[str, str]) -> None:
        self.writes += 1
        self.known[tenant, whose] = known

    async def recall(self, tenant: str, platform: str, whose: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        self.reads += 1
        return {one: self.known[tenant, one] for one in whose if (tenant, one) in self.known}

    async def leading(self, session: str) -> Sequence[str]:
        return self.lead

    async def posted(self, tenant: str, ref: str) -> tuple[str, str] | None:
        return self.refs.get(ref)

    async def at(self, tenant: str, place: str) -> tuple[str, Brief] | None:
        return ("s1", self.briefs[place]) if place in self.briefs else None

    async def planned(self, tenant: str, place: str) -> Sequence[str]:
        come = any(isinstance(one, Commanded) for one in self.heard)  # by the command that is told to the bot
        return ("s1",) if come and place in self.briefs and self.briefs[place].phase == "planned" else ()

    async def reachable(self, tenant: str, place: str) -> None:
        self.told.append((tenant, place))


class Scene:
    """Addresses and Show of one adapter that has just begun, with the bot and the Connector behind it."""

    def __init__(self) -> None:
        self.bot, self.calls = Noting(), Calls()
        self.restarts()

    def restarts(self) -> None:
        """Another process: what was not stored is forgotten."""
        connector = cast("Connector", self.calls)
        self.addresses = Addresses(self.bot, connector)
        self.show = Show(self.bot, connector, self.addresses, lambda *given: f"https://page.example/{given[2]}")


async def quiet() -> None:
    """Everything has happened that needs no time."""
    for _ in range(50):
        await asyncio.sleep(0)
