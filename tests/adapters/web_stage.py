"""The web room on a stage of its own, for the contract: a real server, and pages as they are read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.base import Answer, Bot, RoomView, Seen
from adapters.web.app import Web
from adapters.web.links import Links
from dialogs.base import LEARNER, Brief, Event
from dialogs.card import Card
from tests.adapters.contract import HERE, NAMES, NOON, Read, handed
from tests.adapters.live_stream import events


class Board:
    """What a platform asks of a bot: one session, in which these messages stand."""

    def __init__(self) -> None:
        self.messages: dict[tuple[str, str | None], Seen] = {}

    def put(self, slot: str, card: Card, to: str | None) -> None:
        """This message looks like this now."""
        old = self.messages.get((slot, to))
        at = old.at if old else NOON + timedelta(seconds=len(self.messages))
        self.messages[slot, to] = Seen("d1", slot, card, to is not None, at, old.revision + 1 if old else 1)

    def now(self) -> datetime:
        return NOON

    async def hear(self, event: Event) -> Answer:
        return Answer()

    async def room(self, session: str, person: str) -> RoomView | None:
        if session != "s1" or person not in HERE:
            return None
        seen = tuple(one for (_, to), one in self.messages.items() if to in {None, person})
        brief = Brief(title="Feedback", phase="open", zone="UTC")
        return RoomView("t1", "s1", brief, person, NAMES[person], LEARNER, seen, NAMES)

    async def desk(self, person: str) -> RoomView | None:
        return None

    async def session(self, session: str) -> Brief | None:
        return None

    async def looks(self, dialog: str, slot: str, viewers: Sequence[str]) -> Mapping[str, Seen]:
        found = {
            who: self.messages.get((slot, who)) or self.messages.get((slot, None)) for who in viewers if who in HERE
        }
        return {who: one for who, one in found.items() if one}

    async def person(
        self, tenant: str, platform: str, user: str, name: str, *, host: bool = False, email: str | None = None
    ) -> str:
        return user

    async def learn(
        self, tenant: str, platform: str, user: str, name: str, *, host: bool, email: str | None = None
    ) -> str | None:
        return None

    async def users(self, platform: str, people: Sequence[str]) -> Mapping[str, str]:
        return {}

    async def named(self, people: Sequence[str]) -> Mapping[str, str]:
        return {one: NAMES[one] for one in people if one in NAMES}

    async def remember(self, tenant: str, platform: str, whose: str, known: Mapping[str, str]) -> None:
        pass

    async def recall(self, tenant: str, platform: str, whose: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        return {}

    async def leading(self, session: str) -> Sequence[str]:
        return ()

    async def posted(self, tenant: str, ref: str) -> tuple[str, str] | None:
        return None

    async def planned(self, tenant: str, place: str) -> Sequence[str]:
        return ()

    async def at(self, tenant: str, place: str) -> tuple[str, Brief] | None:
        return None

    async def moved(self, tenant: str, old: str, new: str) -> None:
        pass

    async def reachable(self, tenant: str, place: str) -> None:
        pass

    async def admit(self, session: str, name: str) -> str | None:
        return None


class WebStage:
    """The web room on a real server. A page is read twice: as it loads, and as its live stream keeps it."""

    place = "web:s1"
    finds_what_was_lost = True  # it is where it is stored

    def __init__(self, bot: Board, adapter: Web, links: Links, client: aiohttp.ClientSession) -> None:
        self.bot, self.adapter, self.links, self.client = bot, adapter, links, client
        self.pages: dict[str, dict[str, tuple[int, Read]]] = {}
        self.watching: list[asyncio.Task[None]] = []

    async def show(
        self, slot: str, card: Card, *, to: str | None = None, ref: str | None = None, attempted: bool = False
    ) -> str:
        self.bot.put(slot, card, to)
        return await self.adapter.show(handed(self.place, slot, card, to, ref=ref, attempted=attempted))

    async def loses_answer_of_next(self) -> bool:
        return False  # nothing is sent anywhere that has to answer

    async def delete(self, ref: str) -> None:
        pytest.skip("nothing can be deleted from a page: it shows whatever is stored")

    async def close(self) -> None:
        pytest.skip("a page cannot be closed to the bot: it is the bot's own")

    async def reads(self, person: str) -> list[Read]:
        """What a page shows that is loaded now; the one that was open all the time comes to show the same."""
        async with self.client.get(self.links.room("t1", "s1", person)) as page:
            if page.status == 404:
                return []
            loaded = cards(await page.text())
        async with asyncio.timeout(5):
            while by_region([*self.pages[person].values()]) != by_region(loaded):  # noqa: ASYNC110 - it comes by itself
                await asyncio.sleep(0.005)
        return by_region(loaded)

    async def open(self, person: str) -> None:
        """A page that stays open."""
        opened = asyncio.Event()
        self.watching.append(asyncio.create_task(self._watch(person, opened)))
        await opened.wait()

    async def _watch(self, person: str, opened: asyncio.Event) -> None:
        # As the page's script does: whatever the stream says, replaces what stands there.
        shown = self.pages.setdefault(person, {})
        async with self.client.get(f"{self.links.room('t1', 's1', person)}/live") as stream:
            async for name, data in events(stream):
                take(shown, name, data)
                opened.set()


def take(shown: dict[str, tuple[int, Read]], name: str, data: Any) -> None:
    """One event of the stream."""
    if name == "sync":
        shown.clear()
    for entry in data["cards"] if name == "sync" else [data] if name == "card" else []:
        ((_, read),) = cards(entry["html"])
        shown[entry["id"]] = (entry["order"], replace(read, private=entry["region"] == "you"))
    if name == "gone":
        shown.pop(data["id"], None)


def by_region(found: list[tuple[int, Read]]) -> list[Read]:
    """In the order in which they came, whether they stand among what is private or in the room."""
    return [read for _, read in sorted(found, key=lambda one: one[0])]


QUIET = frozenset(
    [
        *("article", "h3", "p", "b", "time", "dl", "div", "dt", "dd", "ul", "li", "span"),
        *("form", "input", "button", "progress", "fieldset", "legend", "label", "textarea"),
    ]
)  # elements that a card is made of, and that do nothing by themselves


class Cards(HTMLParser):
    """The cards in a page, as they are read."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, Read]] = []
        self._order, self._private, self._in = 0, False, False
        self._words: list[str] = []
        self._buttons: list[list[str]] = []
        self._live: list[str] = []
        self._pressing = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        if of.get("id") in {"you", "room"}:
            self._private = of["id"] == "you"
        self._order = int(of.get("data-order") or self._order)
        if tag == "article" and (of.get("id") or "").startswith("card-"):
            self._in, self._words, self._buttons, self._live = True, [], [], []
        if self._in and (tag not in QUIET or any(name.startswith("on") for name in of)):
            self._live.append(tag)
        if tag == "button":
            self._pressing = True
            self._buttons.append([])
        if self._in and tag not in {"b", "time"}:
            self._words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "button":
            self._pressing = False
        if tag == "article" and self._in:
            self._in = False
            buttons = tuple(_plain(words) for words in self._buttons)
            self.found.append((self._order, Read(_plain(self._words), buttons, self._private, tuple(self._live))))

    def handle_data(self, data: str) -> None:
        if self._in:
            self._words.append(data)
            if self._pressing:
                self._buttons[-1].append(data)


def _plain(words: list[str]) -> str:
    return " ".join("".join(words).split())


def cards(html: str) -> list[tuple[int, Read]]:
    """The cards in this HTML, each with the number by which it stands in order."""
    parser = Cards()
    parser.feed(html)
    parser.close()
    return parser.found


@asynccontextmanager
async def web_room() -> AsyncIterator[WebStage]:
    """The stage, with a page of everybody's that stays open."""
    async with AsyncExitStack() as stack:
        board = Board()
        bot: Bot = board  # the type checker's proof that it is one
        app = web.Application()
        server = TestServer(app)
        links = Links("s" * 32, "")
        adapter = Web(bot, links, "")
        adapter.add_to(app)
        await server.start_server()
        stack.push_async_callback(server.close)
        links.base_url = str(server.make_url("")).rstrip("/")
        client = await stack.enter_async_context(aiohttp.ClientSession())
        stage = WebStage(board, adapter, links, client)
        for person in HERE:
            await stage.open(person)
        yield stage
        for task in stage.watching:
            task.cancel()
        await asyncio.gather(*stage.watching, return_exceptions=True)
