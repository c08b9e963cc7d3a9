"""The web room: pages by signed link, what is pressed and typed there, and the live stream that keeps them true.

A page is complete without JavaScript: each button is a form of its own, answered by a redirect to the page it was on.
With JavaScript the same forms are sent in the background, and server-sent events replace one card at a time.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from aiohttp import web
from markupsafe import Markup

from adapters.base import Bound, Message, Pages, RoomView, Seen, Turn, Wire
from adapters.web.door import Door
from adapters.web.draw import NOBODY, Draw, Reader, Slip, Told, card_id, has_link, millis, plain
from adapters.web.links import Links
from adapters.web.live import Hub, Line, Page, Sleep, Viewer, pack, pour
from adapters.web.others import Others
from adapters.web.read import Heard, Sender, read
from adapters.web.serving import HEADERS, Files, Refuse, form, guard, see_other, wants_json
from adapters.web.serving import page as html
from dialogs.base import FACILITATOR, Event, Joined, Left
from dialogs.card import people_in
from dialogs.verbs import VERBS

Sort = Literal["room", "desk", "report"]

NO_DOOR = "The link may be cut off or too old. Ask whoever sent it to you for a new one."
PACE = 1.5  # seconds between two looks of a room at what has changed
SLIPS = 2_000  # receipts kept for pages without JavaScript
ROOTS: Mapping[Sort, str] = {"room": "room", "desk": "console", "report": "report"}


class Web:
    """The web room as the outbox sees it (`show`, `pace`), and as the web server sees it (`routes`)."""

    platform = "web"

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
        self._others.serve(self._hub, self._shown, self._refresh_desk, self._spread, self._again)
        self._slips: OrderedDict[tuple[str, str], Slip] = OrderedDict()

    # -- the outbox's side ---------------------------------------------------------------------------------------------

    async def show(self, message: Message) -> str:
        """Bring every open page that has this message up to date. Pages that open later ask for all of it anyway."""
        session = message.place.removeprefix("web:") if message.place else message.session or ""
        person = None if message.place else message.person or ""
        await self._others.shown(session, person, message.dialog, message.slot)
        await self._shown(session, person, message.dialog, message.slot, message.names)
        return "web:"

    async def _shown(
        self, session: str, person: str | None, dialog: str, slot: str, told: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        if person is None:
            viewers = self._hub.viewers(session, "room")
        else:
            viewers = self._hub.viewers(session, "room", "report", person=person)
            # A desk may list this message, the session, or both: it is small, so it is sent whole.
            await self._refresh_desk(person)
        if viewers:
            names = self._hub.room(session).names
            names.update(told)
            await self._push(dialog, slot, viewers, names)

    def pace(self, message: Bound) -> Sequence[Turn]:
        """A room is drawn at most every 1.5 s, however many vote; what is for one person goes at once."""
        return [Turn(message.place, PACE)] if message.place and message.ref else ()

    async def _push(self, dialog: str, slot: str, viewers: list[Viewer], names: Mapping[str, str]) -> None:
        seen = await self._bot.looks(dialog, slot, sorted({viewer.page.person for viewer in viewers}))
        if not _named(seen.values(), names):  # it has changed since the message was made, and names somebody else
            names = {**names, **(await self._view(viewers[0].page)).names}
        gone = pack("gone", {"id": card_id(dialog, slot)})
        drawn: dict[Seen, bytes] = {}  # most people see the same card: it is drawn once for all of them
        for viewer in viewers:
            page = viewer.page
            look = seen.get(page.person)
            if look is None or (page.sort == "report" and not look.private):
                viewer.send(gone)
                viewer.known.pop(card_id(dialog, slot), None)
                continue
            if (data := drawn.get(look)) is None:
                data = pack("card", self._card(look, Reader(page.tenant, page.person, names)))
                if not has_link(look.card):
                    drawn[look] = data
            viewer.send(data)
            viewer.known[card_id(dialog, slot)] = hash(look)

    def _card(self, seen: Seen, reader: Reader) -> dict[str, Any]:
        return {
            "id": card_id(seen.dialog, seen.slot),
            "region": "you" if seen.private else "room",
            "order": millis(seen.at),
            "html": self._draw.entry(seen, reader),
        }

    async def _refresh_desk(self, person: str) -> None:
        for viewer in self._hub.viewers(person, "desk"):
            try:
                viewer.send(await self._truth(viewer))
            except Refuse:  # the person is gone; so is their page
                viewer.send(None)

    async def _again(self, viewer: Viewer) -> None:
        """Whatever was missed. As cards one by one: they have revisions, so that none overtakes a newer one."""
        page = viewer.page
        if page.sort == "desk":
            return await self._refresh_desk(page.person)
        before = set(viewer.known)  # what is sent while we look is newer than what we see
        try:
            view = await self._view(page)
        except Refuse:  # the person is gone; so is their page
            return viewer.send(None)
        reader, seen = self._reader(page, view.names, view), _on(page, view)
        for id_, look in seen.items():
            if viewer.known.get(id_) != hash(look):
                viewer.known[id_] = hash(look)
                viewer.send(pack("card", self._card(look, reader)))
        for id_ in before - seen.keys():
            viewer.known.pop(id_, None)
            viewer.send(pack("gone", {"id": id_}))
        return None

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
        view = await self._view(page)
        slip = self._slips.get((page.person, request.query.get("told", "")))
        reader = self._reader(page, {**view.names, **(slip.answer.names if slip else {})}, view)
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
        view = await self._view(self._read("room", request))
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
            first = (b"retry: 1000\n\n", await self._truth(viewer))
            response = web.StreamResponse(headers=HEADERS | {"X-Accel-Buffering": "no"})
            response.content_type = "text/event-stream"
            response.charset = "utf-8"
            await response.prepare(request)
            await pour(viewer, response, first)
        finally:
            self._hub.leave(viewer)
        return response

    async def _truth(self, viewer: Viewer) -> bytes:
        page = viewer.page
        view = await self._view(page)
        chat = self._hub.room(page.session).chat if page.sort == "room" else ()
        reader = self._reader(page, view.names, view)
        desk = self._draw.page("sessions", view=view, reader=reader) if page.sort == "desk" else None
        seen = _on(page, view)
        for id_, look in seen.items():
            viewer.known.setdefault(id_, hash(look))  # what was sent meanwhile comes after it
        return pack(
            "sync",
            {
                "cards": [self._card(look, reader) for look in seen.values()],
                "chat": [self._said(line, page.person) for line in chat],
                "sessions": desk,
            },
            lines=True,
        )

    async def _act(self, sort: Sort, request: web.Request) -> web.StreamResponse:
        page = self._read(sort, request)
        place = f"web:{page.session}" if sort == "room" else None
        heard = read(await form(request), Sender(page.tenant, page.person, self._bot.now(), place))
        speaker = await self._view(page) if heard.aloud is not None else None
        answer = await self._bot.hear(heard.event)
        chat = await self._relay(page, speaker, heard) if speaker else None
        slip = Slip(answer, heard.event.dialog or "", heard.slot, quiet=heard.aloud is not None)
        if sort == "desk":
            await self._others.desk(page.person)
            await self._refresh_desk(page.person)
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
        if not _named(looks.values(), names):
            names |= (await self._view(page)).names
        reader = Reader(page.tenant, page.person, names)
        told = self._draw.told(slip, reader)
        look = looks.get(page.person)
        if look and page.sort != "room" and not look.private:
            look = None  # it may be seen, but not on this page
        return web.json_response(
            {
                "receipt": told.line or None,
                "card": told.card or None,
                "look": self._card(look, reader) if look else None,
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
        self._spread(page.session, line)
        await self._others.said(page.session, line)
        return self._said(line, page.person)

    def _spread(self, session: str, line: Line) -> None:
        if self._hub.room(session).say(line):
            theirs, own = pack("chat", self._said(line, "")), pack("chat", self._said(line, line.person))
            for viewer in self._hub.viewers(session, "room"):
                viewer.send(own if viewer.page.person == line.person else theirs)

    def _said(self, line: Line, reader: str) -> dict[str, Any]:
        return {
            "id": f"said-{line.id}",
            "dialog": line.dialog,
            "order": millis(line.at),
            "mine": line.person == reader,
            "html": self._draw.line(line),
        }

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

    async def _view(self, page: Page) -> RoomView:
        view = await (self._bot.desk(page.person) if page.sort == "desk" else self._bot.room(page.session, page.person))
        if view is None or view.tenant != page.tenant or (page.sort != "desk" and view.brief is None):
            raise Refuse(404, "You are not in this session any more, or it is gone.", NO_DOOR)
        if page.sort != "desk":
            self._hub.room(page.session).names.update(view.names)
        return view

    def _reader(self, page: Page, names: Mapping[str, str], view: RoomView) -> Reader:
        zone = view.brief.zone if view.brief else next((one.brief.zone for one in view.sessions), "UTC")
        return Reader(page.tenant, page.person, names, zone)

    def _path(self, sort: Sort, request: web.Request) -> str:
        return f"{self._links.prefix}/{ROOTS[sort]}/{request.match_info['token']}"


def _on(page: Page, view: RoomView) -> Mapping[str, Seen]:
    """What this page shows: outside of the room only what is for this person alone."""
    return {card_id(seen.dialog, seen.slot): seen for seen in view.seen if page.sort == "room" or seen.private}


def _named(seen: Iterable[Seen], names: Mapping[str, str]) -> bool:
    """Whether everybody on these cards is known by name."""
    return names.keys() >= set(people_in(one.card for one in seen))


def _suggestions() -> list[tuple[str, str]]:
    return [(verb.example, plain(verb.says, NOBODY)) for verb in VERBS.values()]
