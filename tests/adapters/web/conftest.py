"""The web room on a real server, with the small bot behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.base import Message, Wire
from adapters.web.app import Web
from adapters.web.links import Links
from dialogs.card import Card, t
from tests.adapters.live_stream import event
from tests.adapters.web.small_bot import SmallBot


class Patience:
    """Time that passes only when the test says so: `sleep` returns after `pass_by`."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._over = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait until the test says that this time is over."""
        self.asked.append(seconds)
        await self._over.wait()

    async def pass_by(self) -> None:
        """All that were waiting go on."""
        self._over.set()
        for _ in range(5):
            await asyncio.sleep(0)
        self._over.clear()


@dataclass
class Stream:
    """A page's live stream, as its script reads it."""

    response: aiohttp.ClientResponse

    async def next(self, *names: str) -> Any:
        """The data of the next event of one of these names; others are passed over."""
        async with asyncio.timeout(5):
            while True:
                name, data = await event(self.response)
                if name in names:
                    return data

    async def nothing(self, *names: str) -> bool:
        """Whether no event of these names comes for a moment."""
        try:
            async with asyncio.timeout(0.2):
                await self.next(*names)
        except TimeoutError:
            return True
        return False


async def until(true: Callable[[], bool]) -> None:
    """Wait for what the server does by itself, of which nobody tells."""
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110  there is nothing to wait on but the fact
            await asyncio.sleep(0.01)


@dataclass
class House:
    """A server, the bot behind it, and somebody with a browser that keeps no cookies."""

    bot: SmallBot
    links: Links
    web: Web
    patience: Patience
    client: aiohttp.ClientSession
    streams: list[Stream] = field(default_factory=list)

    async def get(self, url: str, **more: Any) -> tuple[int, str]:
        """Status and text of a page."""
        async with self.client.get(url, **more) as response:
            return response.status, await response.text()

    async def post(self, url: str, data: dict[str, str], **more: Any) -> aiohttp.ClientResponse:
        """The answer to a form, with redirects not followed."""
        return await self.client.post(url, data=data, allow_redirects=False, **more)

    async def act(self, url: str, **data: str) -> dict[str, Any]:
        """What a page's script is told."""
        async with self.client.post(f"{url}/act", data=data, headers={"Accept": "application/json"}) as response:
            assert response.status == 200, await response.text()
            found: dict[str, Any] = await response.json()
            return found

    async def live(self, url: str) -> Stream:
        """The live stream of a page."""
        response = await self.client.get(f"{url}/live", timeout=aiohttp.ClientTimeout(total=None))
        assert response.status == 200
        self.streams.append(Stream(response))
        return self.streams[-1]

    async def show(self, dialog: str, slot: str, *, place: str | None = "web:s1", person: str | None = None) -> str:
        """What the outbox does once something has changed."""
        post = f"{dialog}/{slot}/{place or person}"
        session = "s1" if dialog != "d1" else None
        return await self.web.show(Message(post, "t1", dialog, slot, session, place, person, Card(t("Anything"))))

    def room(self, person: str) -> str:
        """Somebody's room."""
        return self.links.room("t1", "s1", person)


@asynccontextmanager
async def serving(bot: SmallBot, wire: Wire | None = None) -> AsyncIterator[House]:
    """The web room, with Fay, Ana, Ben, Tal and Mia; with a wire, one worker of several."""
    patience, app = Patience(), web.Application()
    server = TestServer(app)
    links = Links("a secret of this test", "http://nobody.invalid")
    adapter = Web(bot, links, links.base_url, wire, sleep=patience.sleep)
    adapter.add_to(app)
    await server.start_server()
    links.base_url = str(server.make_url("/")).rstrip("/")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
        yield (house := House(bot, links, adapter, patience, client))
        for stream in house.streams:
            stream.response.close()
    await server.close()


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with serving(SmallBot()) as house:
        yield house
