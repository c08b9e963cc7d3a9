"""Who is connected, what flows to them, and the chat: all that lives in memory only and is gone with the process.

A viewer is one open page. Its queue is bounded: whoever reads too slowly is cut off, connects again by itself and is
sent the whole truth, so that a dead phone never holds up the others.

What flows: `sync` {cards, chat, sessions} once, on connecting: the page has exactly these cards. After it `card` {id,
region ("you" or "room"), order, html}, new or changed; `chat` {id, dialog, order, mine, html}; `gone` {id}. The html of
a card is a whole `div.entry` of pages/card.html. A card with a smaller `data-revision` than the one that is shown was
overtaken on its way.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from aiohttp import web

log = logging.getLogger(__name__)

QUEUE = 256  # events that may wait for one viewer
LINE = "\n"
SWEEP = 1.0  # seconds until a closed page is noticed
HEARTBEAT = 15.0  # seconds of silence after which proxies and phones begin to hang up
STALLED = 20.0  # seconds that one write may take
CHAT = 200  # messages kept for each room
ROOMS = 500  # rooms whose chat is kept; the one unused longest goes first

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of one person. A desk belongs to no session."""

    sort: Literal["room", "desk", "report"]
    tenant: str
    session: str
    person: str


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody wrote: to the room, or as an answer beneath the card of a dialog."""

    id: str
    at: datetime
    person: str
    name: str
    host: bool
    words: str
    dialog: str | None = None


@dataclass(eq=False, slots=True)
class Viewer:
    """One open page, and what waits to be sent to it. None ends it."""

    page: Page
    transport: asyncio.Transport
    queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(QUEUE))
    known: dict[str, int] = field(default_factory=dict)  # what was sent to it: hashes, by the id of a card

    def send(self, data: bytes | None) -> None:
        """Hand over without waiting."""
        try:
            self.queue.put_nowait(data)
        except asyncio.QueueFull:
            self.transport.abort()


@dataclass(slots=True)
class Room:
    """What is remembered of one session: the chat, and who is called what."""

    chat: deque[Line] = field(default_factory=lambda: deque(maxlen=CHAT))
    names: dict[str, str] = field(default_factory=dict)

    def say(self, line: Line) -> bool:
        """Keep this line. False if it is there already: a page that is not sure sends it again."""
        if any(known.id == line.id for known in self.chat):
            return False
        self.chat.append(line)
        return True


class Hub:
    """All open pages. `came`: a person is in the room now; `left`: their last page has been gone for a while."""

    def __init__(
        self,
        came: Callable[[Page], Awaitable[None]],
        left: Callable[[Page], Awaitable[None]],
        after: float = 30.0,
        sleep: Sleep = asyncio.sleep,
        leaving: Callable[[Page], Awaitable[None]] | None = None,
    ) -> None:
        self._ask = leaving  # the other workers, at one of which the same page may be open
        self._came, self._left, self._after, self._sleep = came, left, after, sleep
        self._viewers: dict[str, dict[Page, set[Viewer]]] = {}  # by session; the desks by person
        self._here: set[Page] = set()
        self._leaving: dict[Page, asyncio.Task[None]] = {}
        self._rooms: OrderedDict[str, Room] = OrderedDict()
        self._sweeper: asyncio.Task[None] | None = None

    def room(self, session: str) -> Room:
        """What is remembered of this session."""
        room = self._rooms.setdefault(session, Room())
        self._rooms.move_to_end(session)
        if len(self._rooms) > ROOMS:
            self._rooms.popitem(last=False)
        return room

    def viewers(self, session_or_desk: str, *sorts: str, person: str | None = None) -> list[Viewer]:
        """The open pages of these sorts: of a session, or the desk of a person; of everybody, or of one."""
        pages = self._viewers.get(session_or_desk, {}).items()
        return [
            viewer
            for page, viewers in pages
            if page.sort in sorts and person in (None, page.person)
            for viewer in viewers
        ]

    async def enter(self, viewer: Viewer) -> None:
        """This page is open, and from now on everything that is sent waits for it."""
        page = viewer.page
        self._viewers.setdefault(page.session or page.person, {}).setdefault(page, set()).add(viewer)
        if self._sweeper is None or self._sweeper.done():
            self._sweeper = asyncio.create_task(self._sweep())
        if leaving := self._leaving.pop(page, None):
            leaving.cancel()
        if page.sort == "room" and page not in self._here:
            self._here.add(page)  # before the await: a second page that opens meanwhile is the same person
            try:
                await self._came(page)
            except BaseException:
                self._here.discard(page)
                raise

    def leave(self, viewer: Viewer) -> None:
        """This page is closed."""
        page, where = viewer.page, viewer.page.session or viewer.page.person
        pages = self._viewers.get(where, {})
        pages.get(page, set()).discard(viewer)
        if pages.get(page):
            return
        pages.pop(page, None)
        if not pages:
            self._viewers.pop(where, None)
        if page in self._here and page not in self._leaving:
            self._leaving[page] = asyncio.create_task(self._leave_later(page))

    async def _sweep(self) -> None:
        # A server learns that a page was closed only when it writes to it. One look a second at all of them is cheaper
        # than writing to each so often.
        while self._viewers:
            await asyncio.sleep(SWEEP)
            for viewer in self.everybody():
                if viewer.transport.is_closing():
                    viewer.send(None)

    def everybody(self) -> list[Viewer]:
        """Every open page."""
        return [viewer for pages in self._viewers.values() for viewers in pages.values() for viewer in viewers]

    def elsewhere(self, page: Page) -> None:
        """The same page is open at another worker: this person has not left, and that worker will tell when they do."""
        if leaving := self._leaving.pop(page, None):
            leaving.cancel()
            self._here.discard(page)

    async def _leave_later(self, page: Page) -> None:
        if self._ask:
            await self._ask(page)
        # A phone that changes from one network to another is gone for seconds: that is not leaving.
        await self._sleep(self._after)
        self._here.discard(page)
        self._leaving.pop(page, None)
        for delay in (1.0, 5.0, 25.0):
            try:
                return await self._left(page)
            except Exception:  # whatever it was, this person is gone and the bot must come to know
                log.warning("could not tell that somebody left; trying again in %s s", delay, exc_info=True)
            await self._sleep(delay)
            if page in self._here:
                return None
        return None

    async def close(self) -> None:
        """End every page, so that the server can stop. Nobody has left by that: their pages come back by themselves."""
        tasks = [*self._leaving.values(), *([self._sweeper] if self._sweeper else [])]
        self._here.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._leaving.clear()
        for viewer in self.everybody():
            viewer.send(None)


def pack(event: str, data: Mapping[str, Any], *, lines: bool = False) -> bytes:
    """One server-sent event. `lines`: on a line for each value, because many readers take no line beyond 64 KB."""
    text = json.dumps(data, ensure_ascii=False, indent=0 if lines else None)  # in JSON no value holds a line break
    return f"event: {event}\ndata: {text.replace(LINE, LINE + 'data: ')}\n\n".encode(errors="replace")


async def pour(viewer: Viewer, response: web.StreamResponse, first: Iterable[bytes]) -> None:
    """Write to this viewer until either side ends."""
    with contextlib.suppress(ConnectionError, TimeoutError):
        for data in first:
            await _write(viewer, response, data)
        while True:
            try:
                waiting = await asyncio.wait_for(viewer.queue.get(), HEARTBEAT)
            except TimeoutError:
                waiting = b": still here\n\n"
            if waiting is None:
                return
            await _write(viewer, response, waiting)


async def _write(viewer: Viewer, response: web.StreamResponse, data: bytes) -> None:
    try:
        await asyncio.wait_for(response.write(data), STALLED)
    except TimeoutError:
        viewer.transport.abort()
        raise
