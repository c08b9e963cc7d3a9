"""The other workers, which serve other pages of the same rooms: what is done here is told there, and the other way.

What is told says where to look, not what is to be seen: each worker asks the store for each of its own viewers. So it
may come late, twice or shuffled. Only chat is told whole, because it is stored nowhere. After something may have been
missed, every open page is looked after in turn, slowly enough to leave the worker its time for other things.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, TypeAlias

from aiohttp import web

from adapters.base import Wire
from adapters.web.live import Hub, Line, Page, Viewer

log = logging.getLogger(__name__)

CHANNEL = "web"
WAITING = 1_000  # things told that may wait; beyond that, everything is looked at anew
GENTLE = 4.0  # for every second of looking after pages, so many of rest
Shown: TypeAlias = Callable[[str, str | None, str, str], Awaitable[None]]


class Others:
    """Tells the other workers, and does here what they tell. Without a wire there are none."""

    def __init__(self, wire: Wire | None) -> None:
        self._wire, self._me = wire, secrets.token_hex(8)
        self._told: dict[str, None] = {}  # in order, each once: a board that changed ten times is drawn once
        self._something, self._missed = asyncio.Event(), asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def serve(
        self,
        hub: Hub,
        shown: Shown,
        desk: Callable[[str], Awaitable[None]],
        said: Callable[[str, Line], None],
        again: Callable[[Viewer], Awaitable[None]],
    ) -> None:
        """These pages, by these ways."""
        self._hub, self._shown, self._desk, self._said, self._again = hub, shown, desk, said, again

    async def start(self, _: web.Application) -> None:
        """Begin to hear."""
        if self._wire:
            self._wire.subscribe(CHANNEL, self._heard)
            self._tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._look_after())]

    async def stop(self) -> None:
        """Hear no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    # -- what is told --------------------------------------------------------------------------------------------------

    async def shown(self, session: str, person: str | None, dialog: str, slot: str) -> None:
        """This message has changed, for the whole room or for one person."""
        await self._tell("shown", session, person, dialog, slot)

    async def desk(self, person: str) -> None:
        """The desk of this person has changed."""
        await self._tell("desk", person)

    async def said(self, session: str, line: Line) -> None:
        """Somebody said this in the room."""
        await self._tell("said", session, {**asdict(line), "at": line.at.isoformat()})

    async def here(self, page: Page) -> None:
        """This page is open."""
        if page.sort == "room":
            await self._tell("here", asdict(page))

    async def leaving(self, page: Page) -> None:
        """This page was closed: is it open elsewhere?"""
        await self._tell("leaving", asdict(page))

    async def _tell(self, *what: object) -> None:
        if self._wire:
            await self._wire.publish(CHANNEL, json.dumps([self._me, *what]))

    # -- what is heard -------------------------------------------------------------------------------------------------

    def _heard(self, payload: str | None) -> None:
        if not self._tasks:
            return  # stopped, or not begun
        if payload is None:
            self._missed.set()
        elif not payload.startswith(f'["{self._me}"'):
            self._told[payload] = None
            if len(self._told) > WAITING:
                self._told.clear()
                self._missed.set()
            self._something.set()

    async def _follow(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            while self._told:
                payload = next(iter(self._told))
                del self._told[payload]  # before it is done: what comes meanwhile has to be done again
                try:
                    await self._do(*json.loads(payload)[1:])
                except Exception:
                    log.exception("what another worker told could not be done")
                    self._missed.set()

    async def _do(self, what: str, *told: Any) -> None:  # noqa: ANN401 - the match says what it must be
        match what, told:
            case "shown", (session, person, dialog, slot):
                await self._shown(session, person, dialog, slot)
            case "desk", (person,):
                await self._desk(person)
            case "said", (session, line):
                self._said(session, replace(Line(**line), at=datetime.fromisoformat(line["at"])))
            case "here", (page,):
                self._hub.elsewhere(Page(**page))
            case "leaving", (page,):
                here = Page(**page)
                if self._hub.viewers(here.session, here.sort, person=here.person):
                    await self.here(here)

    async def _look_after(self) -> None:
        while True:
            await self._missed.wait()
            self._missed.clear()
            for viewer in self._hub.everybody():
                began = time.monotonic()
                try:
                    await self._again(viewer)
                except Exception:
                    log.exception("a page could not be brought up to date")
                await asyncio.sleep(GENTLE * (time.monotonic() - began))
