"""How the server stops: whoever sends requests sees it first, then the port closes, and what has come in is answered.

aiohttp alone would close every connection that is idle at this moment, and read no more of the others: a press whose
body was still on its way would never be answered, and a load balancer that has not looked yet would be refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler

from adapters.base import traced

R = TypeVar("R")
ON_ITS_WAY = 0.5  # seconds at most after the port has closed, for what was sent to it before
STEP = 0.01  # seconds between two looks at what is under way


class Stopping:
    """Whether the end has begun, and how many requests have not been answered yet."""

    def __init__(self) -> None:
        self.begun = False
        self._under_way = 0  # those that bring something: a page's live stream, which ends with the server, is none

    @web.middleware
    async def layer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The edge: each request has an id."""
        traced()
        return await self.answer(request, handler)

    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Have it answered. Once the end has begun, this is the last answer on its connection, and says so."""
        brings = request.method == "POST"
        self._under_way += brings
        try:
            answer = await handler(request)
        finally:
            self._under_way -= brings
        if self.begun:
            answer.force_close()
        return answer

    async def leave(self, runner: web.AppRunner, hurry: asyncio.Event, seconds: float) -> None:
        """Say that it stops, then take nothing more. Returns when what was sent before has begun to be answered.

        For so many seconds (less if there is a hurry) the port stays open, while `/readyz` says that it will close.
        """
        self.begun = True
        if seconds:  # else not even a moment: whoever is told to open another connection would try it here
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await hurry.wait()
        await self.close(runner)
        with suppress(TimeoutError):
            async with asyncio.timeout(ON_ITS_WAY):
                while runner.server and runner.server.connections:  # noqa: ASYNC110 - aiohttp does not tell
                    await asyncio.sleep(STEP)

    async def close(self, runner: web.AppRunner) -> None:
        """Nobody gets in any more."""
        self.begun = True
        for site in runner.sites:
            await site.stop()

    async def answered(self, most: float) -> None:
        """Until everything that was sent has been answered, or so many seconds are over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(most):
                while self._under_way:  # noqa: ASYNC110 - counted for every request, waited for once
                    await asyncio.sleep(STEP)


async def to_the_end(work: Coroutine[Any, Any, R]) -> R:
    """Have it done. Whoever is stopped meanwhile stops after it: what it has taken can then be let go of."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise
