"""The web room: pages by signed link, what is pressed and typed there, and the live stream that keeps them true.

A page is complete without JavaScript: each button is a form of its own, answered by a redirect to the page it was on.
With JavaScript the same forms are sent in the background, and server-sent events replace one card at a time.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from aiohttp import web
from markupsafe import Markup

from adapters.base import Bound, Message, Pages, RoomView, Turn, Wire
from adapters.web.door import Door
from adapters.web.draw import NOBODY, Draw, Reader, Slip, Told, card_id, plain
from adapters.web.links import Links
from adapters.web.live import Hub, Line, Page, Sleep, Viewer, pour
from adapters.web.others import Others
from adapters.web.read import Heard, Sender, read
from adapters.web.serving import HEADERS, Files, Refuse, form, guard, see_other, wants_json
from adapters.web.serving import page as html
from adapters.web.truth import NO_DOOR, Truth, named
from dialogs.base import FACILITATOR, Event, Joined, Left
from dialogs.verbs import VERBS

Sort = Literal["room", "desk", "report"]

PACE = 1.5  # seconds between two looks of a room at what has changed
SLIPS = 2_000  # receipts kept for pages without JavaScript
ROOTS: Mapping[Sort, str] = {"room": "room", "desk": "console", "report": "report"}


class Web:
    """The web room as the outbox sees it (`show`, `pace`), and as the web server sees it (`routes`)."""

    platform = "web"
    asks = True

    def __init__(
        self,
        bot: Pages,
        links: Links,
        base_url: str,
        wire: Wire | None = None,
        *,
        left_after: float = 30.0,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._bot, self._links = bot, links
        self._read_link = {"room": links.read_room, "desk": links.read_desk, "report": links.read_report}
        self._files = Files(urlsplit(base_url).path.rstrip("/"))
        self._draw = Draw(links, self._files.addresses)
        self._door = Door(bot, links, self._draw)
        self._others = Others(wire)
        joined, left = partial(self._moved, Joined), partial(self._moved, Left)
        self._hub = Hub(joined, left, left_after, sleep, self._others.leaving)
        self._truth = truth = Truth(bot, self._draw, self._hub)
        self._others.serve(self._hub, truth.shown, truth.desk, truth.spread, truth.again)
        self._slips: OrderedDict[tuple[str, str], Slip] = OrderedDict()

    # -- the outbox's side ---------------------------------------------------------------------------------------------

    async def show(self, message: Message) -> str:
        """Bring every open page that has this message up to date. Pages that open later ask for all of it anyway."""
        session = message.place.removeprefix("web:") if message.place else message.session or ""
        person = None if message.place else message.person or ""
        await self._others.shown(session, person, message.dialog, message.slot)
        await self._truth.shown(session, person, message.dialog, message.slot, message.names)
        return "web:"

    def pace(self, message: Bound) -> Sequence[Turn]:
        """A room is drawn at most every 1.5 s, however many vote; what is for one person goes at once."""
        return [Turn(message.place, PACE)] if message.place and message.ref else ()

    # -- the web server's side -----------------------------------------------------------------------------------------

    def routes(self) -> list[web.RouteDef]:
        """All that is served, for an application that has other routes too."""
        guarded = partial(guard, self._draw)
        routes = [
            web.get("/room/static/{name}", guarded(self._files.serve)),
            web.get("/room/join/{token}", guarded(self._door.look)),
            web.post("/room/join/{token}", guarded(self._door.enter)),
            web.get("/room/{token}/people", guarded(self._people)),
        ]
        for sort, root in ROOTS.items():
            act = guarded(partial(self._act, sort))
            routes += [
                web.get(f"/{root}/{{token}}", guarded(partial(self._page, sort))),
                web.post(f"/{root}/{{token}}", act),
                web.post(f"/{root}/{{token}}/act", act),
                web.get(f"/{root}/{{token}}/live", guarded(partial(self._live, sort)), allow_head=False),
            ]
        return routes

    def add_to(self, app: web.Application) -> None:
        """Serve from this application, and end the live streams when it stops: they would keep it waiting."""
        app.add_routes(self.routes())
        app.on_startup.append(self._others.start)
        app.on_shutdown.append(lambda _: self.close())

    async def close(self) -> None:
        """End every live stream."""
        await self._others.stop()
        await self._hub.close()

    async def _page(self, sort: Sort, request: web.Request) -> web.StreamResponse:
        page = self._read(sort, request)
        view = await self._truth.view(page)
        slip = self._slips.get((page.person, request.query.get("told", "")))
        reader = self._truth.reader(page, {**view.names, **(slip.answer.names if slip else {})}, view)
        chat = [*self._hub.room(page.session).chat] if sort == "room" else []
        told, waiting = self._draw.told(slip, reader) if slip else Told(), True
        yours: list[tuple[datetime, Markup]] = []
        rooms = [(line.at, self._draw.line(line)) for line in chat if line.dialog is None]
        for seen in view.seen:
            here = waiting and slip is not None and (slip.dialog, slip.slot) == (seen.dialog, seen.slot)
            waiting = waiting and not here
            thread = [line for line in chat if line.dialog == seen.dialog]
            entry = self._draw.entry(seen, reader, thread, told if here else Told())
            (yours if seen.private else rooms).append((seen.at, entry))
        return html(
            self._draw.page(
                ROOTS[sort],
                view=view,
                reader=reader,
                path=self._path(sort, request),
                yours=[entry for _, entry in sorted(yours, key=itemgetter(0))],
                rooms=[entry for _, entry in sorted(rooms, key=itemgetter(0))],
                told=told if waiting else Told(),
                host=view.role is FACILITATOR,
                suggestions=_suggestions(),
            )
        )

    async def _people(self, request: web.Request) -> web.StreamResponse:
        view = await self._truth.view(self._read("room", request))
        if view.role is not FACILITATOR:
            raise Refuse(403, "Only facilitators of this session see its people.", "Go back to the room.")
        return html(self._draw.page("people", view=view, path=self._path("room", request), now=self._bot.now()))

    async def _live(self, sort: Sort, request: web.Request) -> web.StreamResponse:
        page = self._read(sort, request)
        if request.transport is None:
            raise ConnectionResetError  # hung up already
        viewer = Viewer(page, request.transport)
        try:
            await self._hub.enter(viewer)
            await self._others.here(page)
            # Only now the truth: what changes while it is gathered waits in the queue and comes after it.
            first = (b"retry: 1000\n\n", await self._truth.whole(viewer))
            response = web.StreamResponse(headers=HEADERS | {"X-Accel-Buffering": "no"})
            response.content_type = "text/event-stream"
            response.charset = "utf-8"
            await response.prepare(request)
            await pour(viewer, response, first)
        finally:
            self._hub.leave(viewer)
        return response

    async def _act(self, sort: Sort, request: web.Request) -> web.StreamResponse:
        page = self._read(sort, request)
        place = f"web:{page.session}" if sort == "room" else None
        heard = read(await form(request), Sender(page.tenant, page.person, self._bot.now(), place))
        speaker = await self._truth.view(page) if heard.aloud is not None else None
        answer = await self._bot.hear(heard.event)
        chat = await self._relay(page, speaker, heard) if speaker else None
        slip = Slip(answer, heard.event.dialog or "", heard.slot, quiet=heard.aloud is not None)
        if sort == "desk":
            await self._others.desk(page.person)
            await self._truth.desk(page.person)
        if wants_json(request):
            return await self._json_answer(page, slip, chat)
        self._slips[page.person, heard.id] = slip
        if len(self._slips) > SLIPS:
            self._slips.popitem(last=False)
        anchor = card_id(slip.dialog, slip.slot) if slip.dialog else "composer"
        return see_other(f"{self._path(sort, request)}?told={heard.id}#{quote(anchor)}")

    async def _json_answer(self, page: Page, slip: Slip, chat: dict[str, Any] | None) -> web.Response:
        # The one who pressed sees the card change at once; everybody else at the room's pace.
        looks = await self._bot.looks(slip.dialog, slip.slot, [page.person]) if slip.dialog and slip.slot else {}
        names = {**self._hub.room(page.session).names, **slip.answer.names}
        if not named(looks.values(), names):
            names |= (await self._truth.view(page)).names
        reader = Reader(page.tenant, page.person, names)
        told = self._draw.told(slip, reader)
        look = looks.get(page.person)
        if look and page.sort != "room" and not look.private:
            look = None  # it may be seen, but not on this page
        return web.json_response(
            {
                "receipt": told.line or None,
                "card": told.card or None,
                "look": self._truth.card(look, reader) if look else None,
                "chat": chat,
                "again": slip.answer.again,
            },
            headers=HEADERS,
        )

    async def _relay(self, page: Page, speaker: RoomView, heard: Heard) -> dict[str, Any]:
        # The sender's page made the id; hashed with the person, nobody can use up another's.
        line_id = hashlib.blake2s(f"{page.person}:{heard.id}".encode(), digest_size=8).hexdigest()
        host = speaker.role is FACILITATOR
        line = Line(line_id, heard.event.at, page.person, speaker.name, host, heard.aloud or "", heard.event.dialog)
        self._truth.spread(page.session, line)
        await self._others.said(page.session, line)
        return self._truth.said(line, page.person)

    async def _moved(self, how: type[Event], page: Page) -> None:
        place = f"web:{page.session}"
        await self._bot.hear(
            how(id=f"web:{uuid.uuid4()}", at=self._bot.now(), tenant=page.tenant, by=page.person, place=place)
        )

    def _read(self, sort: Sort, request: web.Request) -> Page:
        holder = self._read_link[sort](request.match_info["token"])
        if holder is None:
            raise Refuse(404, "This link does not open anything.", NO_DOOR)
        return Page(sort, holder.tenant, holder.session, holder.person)

    def _path(self, sort: Sort, request: web.Request) -> str:
        return f"{self._links.prefix}/{ROOTS[sort]}/{request.match_info['token']}"


def _suggestions() -> list[tuple[str, str]]:
    return [(verb.example, plain(verb.says, NOBODY)) for verb in VERBS.values()]
