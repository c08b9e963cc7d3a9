"""Channels: whether the bot may write there, who is in them, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from aiohttp import ServerDisconnectedError

from adapters.base import Gone, Later
from adapters.slack import channels as module
from adapters.slack.calling import Refused
from adapters.slack.channels import MOST, Channels
from adapters.slack.news import (
    Archived,
    BotJoined,
    BotLeft,
    ChannelMoved,
    HomeOpened,
    TokensRevoked,
    Unarchived,
    Uninstalled,
    UserChanged,
)
from adapters.slack.payload import User
from tests.adapters.slack.stand_ins import NOON, Calls, Noting, Say, plain

INSIDE = {"channel": {"is_member": True}}
NOT_IN = "I am not in this channel yet: type /invite @Cohost, then send the command again."
ARCHIVED = "This channel is archived, so nothing can be posted in it. Nothing was changed."
NOT_SEEN = "I cannot post in this channel: type /invite @Cohost, then send the command again."
NO_SCOPE = "I lack the permission to look at this channel: an administrator can add it in the app's settings."


class World:
    """One tenant's channels, and what comes of their news."""

    def __init__(self) -> None:
        self.bot, self.call = Noting(), Calls(conversations_info=INSIDE)
        self.channels = Channels(self.bot, self.call, self, self.opened, self.learn)

    @property
    def told(self) -> list[tuple[Any, ...]]:
        return [*self.bot.told]

    async def of(self, team: str, enterprise: str) -> str | None:
        return "t1" if team == "T1" else None

    async def ended(self, team: str, enterprise: str, at: datetime, *, uninstalled: bool) -> None:
        self.bot.told.append(("uninstalled" if uninstalled else "revoked", team, enterprise))

    async def bot_user(self, team: str, enterprise: str) -> str | None:
        return "UBOT"

    async def opened(self, tenant: str, user: User) -> None:
        self.bot.told.append(("opened", tenant, user.id))

    async def learn(self, tenant: str, user: User, host: bool) -> None:
        self.bot.told.append(("learned", tenant, user.id, "host" if host else ""))

    async def missing(self) -> str | None:
        found = await self.channels.missing("t1", "C1")
        return plain(found) if found else None


@pytest.fixture
async def world() -> World:
    return World()


MISSING: list[tuple[str, Say, str | None]] = [
    ("inside", INSIDE, None),
    ("a direct message", {"channel": {"is_im": True}}, None),
    ("outside", {"channel": {"is_member": False}}, NOT_IN),
    ("archived", {"channel": {"is_member": True, "is_archived": True}}, ARCHIVED),
    ("says nothing", {}, NOT_IN),
    ("hidden", Refused("channel_not_found"), NOT_SEEN),
    ("not allowed", Refused("missing_scope", "groups:read"), NO_SCOPE),
    ("another word", Refused("internal_error"), None),
    ("busy", Later(30), None),
    ("not installed", Gone("off"), None),
    ("no network", OSError(), None),
    ("cut off", ServerDisconnectedError(), None),
]


@pytest.mark.parametrize(("answer", "wanted"), [row[1:] for row in MISSING], ids=[row[0] for row in MISSING])
async def test_what_keeps_the_bot_from_a_channel(world: World, answer: Say, wanted: str | None) -> None:
    world.call.next("conversations.info", answer)
    assert await world.missing() == wanted


async def test_slack_that_does_not_answer_keeps_nobody_waiting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    world.call.gate.clear()
    assert await world.missing() is None


async def test_a_good_answer_is_good_for_a_minute_and_a_bad_one_for_nothing(world: World) -> None:
    for _ in range(2):
        assert await world.missing() is None
    assert len(world.call.heard) == 1
    world.bot.clock.move(60)
    world.call.next("conversations.info", {"channel": {}})
    for _ in range(2):
        assert await world.missing() == NOT_IN
    assert len(world.call.heard) == 3


@pytest.mark.parametrize("news", [BotLeft("T1", "C1"), Archived("T1", "C1"), BotJoined("T1", "C1")])
async def test_news_of_a_channel_are_believed_at_once(world: World, news: BotLeft | Archived | BotJoined) -> None:
    await world.missing()
    await world.channels.news(news, NOON)
    world.call.next("conversations.info", {"channel": {}})
    assert await world.missing() == NOT_IN


def paged(members: list[str], size: int) -> Say:
    """A channel with these in it, so many on a page."""

    def answer(given: Mapping[str, Any]) -> Mapping[str, Any]:
        start = int(given.get("cursor", 0))
        end = start + size
        return {
            "members": members[start:end],
            "response_metadata": {"next_cursor": str(end) if end < len(members) else ""},
        }

    return answer


@pytest.mark.parametrize("count", [0, 1, 199, 200, 201, MOST])
async def test_all_members_are_read_page_by_page(world: World, count: int) -> None:
    members = [f"U{n}" for n in range(count)]
    world.call.next("conversations.members", paged(members, 200))
    assert await world.channels.members("t1", "C1") == members
    assert len(world.call.heard) == max(1, -(-count // 200))
    assert all((given["channel"], given["limit"]) == ("C1", 200) for _, given in world.call.heard)


async def test_more_than_a_class_is_nobody(world: World) -> None:
    world.call.next("conversations.members", paged([f"U{n}" for n in range(5000)], 200))
    assert (MOST, await world.channels.members("t1", "C1")) == (500, [])
    assert len(world.call.heard) == 3  # and it is not read to its end
    world.call.next("conversations.members", paged([f"U{n}" for n in range(501)], 1000))
    assert await world.channels.members("t1", "C1") == []


async def test_members_are_waited_for_and_a_page_is_not_lost(world: World) -> None:
    answer = paged(["U1", "U2"], 1)
    world.call.next("conversations.members", answer, Later(0.01), answer)
    assert await world.channels.members("t1", "C1") == ["U1", "U2"]


@pytest.mark.parametrize("no", [Refused("missing_scope"), Gone("off")])
async def test_members_that_cannot_be_read_are_none(world: World, no: Exception) -> None:
    world.call.next("conversations.members", no)
    assert await world.channels.members("t1", "C1") == []


ANN = User("T1", "U1", "Ann")
NEWS = [
    (BotJoined("T1", "C1"), [("reachable", "t1", "slack:C1")]),
    (Unarchived("T1", "C1"), [("reachable", "t1", "slack:C1")]),
    (BotLeft("T1", "C1"), []),
    (Archived("T1", "C1"), []),
    (ChannelMoved("T1", "C1", "C2"), [("moved", "t1", "slack:C1", "slack:C2"), ("reachable", "t1", "slack:C2")]),
    (HomeOpened("T1", ANN), [("opened", "t1", "U1")]),
    (UserChanged("T1", ANN, False, False, False), [("learned", "t1", "U1", "host")]),
    (UserChanged("T1", ANN, True, False, False), [("learned", "t1", "U1", "")]),
    (UserChanged("T1", ANN, False, True, False), [("learned", "t1", "U1", "")]),
    (UserChanged("T1", ANN, False, False, True), [("learned", "t1", "U1", "")]),
    (TokensRevoked("T1", ("UBOT",)), [("revoked", "T1", "")]),
    (TokensRevoked("T1", ("UELSE",)), []),
    (Uninstalled("T1", None), [("uninstalled", "T1", "")]),
    (Uninstalled("", "E1"), [("uninstalled", "", "E1")]),
    (BotJoined("T9", "C1"), []),
    (HomeOpened("T9", ANN), []),
]


@pytest.mark.parametrize(("news", "wanted"), NEWS)
async def test_what_comes_of_news(world: World, news: Any, wanted: list[tuple[str, ...]]) -> None:
    await world.channels.news(news, NOON)
    assert world.told == wanted
