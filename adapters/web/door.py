"""The open door of a session: by the join link somebody gives a name and is in, with no account."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict

from aiohttp import web

from adapters.base import Pages
from adapters.web.draw import Draw
from adapters.web.links import Links, Pass, local
from adapters.web.read import BadForm, Form, read_name
from adapters.web.serving import Refuse, form, page, see_other

REMEMBERED = 30 * 24 * 3600  # seconds that a device knows who came through this door
ADMISSIONS = 1_000
OVER = "This session is over, or is not there any more."


class Door:
    """The page behind a join link."""

    def __init__(self, bot: Pages, links: Links, draw: Draw) -> None:
        self._bot, self._links, self._draw = bot, links, draw
        self._admitted: OrderedDict[tuple[str, str], asyncio.Task[str | None]] = OrderedDict()

    async def look(self, request: web.Request) -> web.StreamResponse:
        """Ask for a name. Whoever comes back on the same device can go on as the same person, not as a second one."""
        return await self._ask(request, self._read(request))

    async def enter(self, request: web.Request) -> web.StreamResponse:
        """Somebody gave a name."""
        door = self._read(request)
        fields = await form(request)
        try:
            person = await self._admit(door.session, read_name(fields), fields)
        except BadForm as bad:
            return await self._ask(request, door, error=str(bad), name=(fields.get("name") or [""])[0])
        if person is None:
            raise Refuse(404, OVER, "Ask your facilitator for a new link.")
        address = local(self._links.room(door.tenant, door.session, person))
        response = see_other(address)
        response.set_cookie(
            _cookie(door.session),
            address.rpartition("/")[2],
            max_age=REMEMBERED,
            path=f"{self._links.prefix}/room/join",
            secure=self._links.base_url.startswith("https:"),
            httponly=True,
            samesite="Lax",
        )
        return response

    async def _admit(self, session: str, name: str, fields: Form) -> str | None:
        # A double click sends the form twice, perhaps at the same time: one id, one person.
        key = (session, (fields.get("id") or [""])[0])
        admission = self._admitted.get(key) if key[1] else None
        if admission is None:
            admission = asyncio.ensure_future(self._bot.admit(session, name))
            self._admitted[key] = admission
            if len(self._admitted) > ADMISSIONS:
                self._admitted.popitem(last=False)
        try:
            return await asyncio.shield(admission)
        except Exception:
            self._admitted.pop(key, None)  # it did not happen: the next try is a new one
            raise

    async def _ask(self, request: web.Request, door: Pass, error: str = "", name: str = "") -> web.Response:
        known = self._links.read_room(request.cookies.get(_cookie(door.session), ""))
        brief = await self._bot.session(door.session)
        view = None
        if known and (known.tenant, known.session) == (door.tenant, door.session):
            view = await self._bot.room(known.session, known.person)
        if brief is None or (brief.phase in {"closed", "archived"} and view is None):
            raise Refuse(404, OVER, "Ask your facilitator for a new link.")
        return page(
            self._draw.page(
                "join",
                title=brief.title,
                brief=brief,
                known=view.name if view else "",
                known_path=local(self._links.room(door.tenant, door.session, view.person)) if view else "",
                error=error,
                name=name,
            ),
            status=400 if error else 200,
        )

    def _read(self, request: web.Request) -> Pass:
        if door := self._links.read_join(request.match_info["token"]):
            return door
        raise Refuse(
            404,
            "This link does not open a session.",
            "It may be cut off or too old. Ask whoever sent it to you for a new one.",
        )


def _cookie(session: str) -> str:
    return f"cohost-{hashlib.blake2s(session.encode(), digest_size=6).hexdigest()}"
