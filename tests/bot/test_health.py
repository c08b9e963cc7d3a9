"""Health: `/healthz` says that the process answers, `/readyz` whether it can do its work."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot import health
from bot.stopping import Stopping
from dialogs.base import Show, Wake
from storage.hot import MemoryHot
from tests.storage.contract import NOON, OWNER, World

PLATFORMS = {"web": "on", "slack": "off: no settings", "teams": "off: no settings"}


class Probe:
    """Whoever asks how it goes."""

    def __init__(self, client: "TestClient[web.Request, web.Application]") -> None:
        self._client = client

    async def __call__(self, path: str) -> tuple[int, Any]:
        async with self._client.get(path) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def ask(world: World) -> AsyncIterator[Probe]:
    http = web.Application()
    health.add_to(http, world.store, MemoryHot(), world.clock, ["web"], Stopping())
    async with TestClient(TestServer(http)) as client:
        yield Probe(client)


async def test_a_process_that_answers_is_alive(ask: Probe) -> None:
    assert await ask("/healthz") == (200, {"alive": True})


async def test_what_is_ready_says_what_waits_and_what_is_off(ask: Probe, world: World) -> None:
    calm = await ask("/readyz")
    host = await world.host()
    await world.does(host, await world.session(host), Show("board"), Show("hint", host))
    await world.fold()
    world.move(90)
    busy = await ask("/readyz")

    told = {"ready": True, "database": "ok", "redis": "off: no settings", "platforms": PLATFORMS, "timers_set_aside": 0}
    told |= {"messages_failing": 0}
    assert calm == (200, told | {"undelivered": 0, "oldest_undelivered_seconds": 0.0})
    assert busy == (200, told | {"undelivered": 2, "oldest_undelivered_seconds": 90.0})


async def test_a_message_that_has_waited_for_five_minutes_is_a_fault(ask: Probe, world: World) -> None:
    host = await world.host()
    await world.does(host, await world.session(host), Show("board"))
    await world.fold()
    status = []
    for seconds in (299, 1):
        world.move(seconds)
        status.append((await ask("/readyz"))[0])
    await world.deliver()

    assert (status, (await ask("/readyz"))[0]) == ([200, 503], 200)


async def test_a_timer_that_was_set_aside_is_told(ask: Probe, world: World) -> None:
    host = await world.host()
    await world.does(host, await world.session(host), Wake("fail", NOON))
    rang = (await world.store.due_timers(world.now, OWNER, 1))[0]
    for _ in range(5):
        await world.store.poisoned(rang, "it failed", world.now)

    assert (await ask("/readyz"))[1]["timers_set_aside"] == 1


async def test_without_its_database_it_is_alive_but_not_ready(ask: Probe, world: World) -> None:
    await world.store.close()

    status, told = await ask("/readyz")

    assert (status, told["ready"], told["platforms"], "ok" in told["database"]) == (503, False, PLATFORMS, False)
    assert await ask("/healthz") == (200, {"alive": True})
