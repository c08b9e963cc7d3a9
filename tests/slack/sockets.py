"""Socket Mode: the app opens web sockets, and everything may come through any of them."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web

from tests.slack.checks import Thing

if TYPE_CHECKING:
    from tests.slack.workspace import Slack

MOST = 10


class Sockets:
    """The open connections of the app."""

    def __init__(self, slack: Slack) -> None:
        self.slack = slack
        self.open: list[web.WebSocketResponse] = []
        self.used = False  # whether the app has ever asked for a connection
        self.opened_ever = 0
        self._tickets: set[str] = set()
        self._waiting: dict[str, asyncio.Future[Thing]] = {}
        self._turn = itertools.count()
        self._arrived = asyncio.Condition()

    def ticket(self) -> str:
        """An address that can be connected to once."""
        self.used = True
        made = self.slack.made_id("ticket")
        self._tickets.add(made)
        return f"{self.slack.web.url.replace('http', 'ws', 1)}/socket/{made}"

    async def opened(self, request: web.Request) -> web.WebSocketResponse:
        """The app connects; until it goes, its acknowledgements are read here."""
        if request.match_info["ticket"] not in self._tickets:
            raise web.HTTPForbidden
        self._tickets.remove(request.match_info["ticket"])
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        if len(self.open) >= MOST:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        about = {"host": "applink", "started": "", "build_number": 1, "approximate_connection_time": 18_060}
        hello = {"type": "hello", "num_connections": len(self.open) + 1, "debug_info": about}
        await socket.send_json(hello | {"connection_info": {"app_id": self.slack.app.id}})
        await self._arrives(socket)
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._acknowledged(message.data)
        finally:
            if socket in self.open:
                self.open.remove(socket)
        return socket

    async def arrived(self, count: int = 1) -> None:
        """Wait until so many connections are open."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.open) >= count)

    async def refresh(self) -> None:
        """Slack ends a connection, as it does every few hours, after a warning; the app opens another."""
        socket = self.open.pop(0)
        about = {"debug_info": {"host": "applink"}}
        await socket.send_json({"type": "disconnect", "reason": "warning"} | about)
        await socket.send_json({"type": "disconnect", "reason": "refresh_requested"} | about)
        await socket.close()

    async def send(self, kind: str, payload: Thing, retry: int, reason: str) -> tuple[int, str, str]:
        """Send one envelope through one connection; status, body, and why it has failed."""
        if not self.open:
            return 0, "", "connection_failed"
        envelope_id = self.slack.made_id("envelope-")
        envelope = {
            "envelope_id": envelope_id,
            "type": kind,
            "accepts_response_payload": kind != "events_api",
            "payload": payload,
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": reason}
        acknowledged: asyncio.Future[Thing] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = acknowledged
        try:
            await self.open[next(self._turn) % len(self.open)].send_str(json.dumps(envelope))
            said = await asyncio.wait_for(acknowledged, self.slack.patience)
        except TimeoutError:
            return 0, "", "http_timeout"
        except ConnectionError:
            return 0, "", "connection_failed"
        finally:
            del self._waiting[envelope_id]
        content = said.get("payload")
        return 200, json.dumps(content) if content else "", ""

    async def stop(self) -> None:
        for socket in list(self.open):
            await socket.close()

    async def _arrives(self, socket: web.WebSocketResponse) -> None:
        self.open.append(socket)
        self.opened_ever += 1
        async with self._arrived:
            self._arrived.notify_all()

    def _acknowledged(self, data: str) -> None:
        said = json.loads(data) if data.startswith("{") else {}
        waiting = self._waiting.get(said.get("envelope_id", ""))
        if waiting and not waiting.done():
            waiting.set_result(said)
