"""Bolt: what our door let in, or what came by Socket Mode, brought to the one method of its family.

`listen` answers when everything is stored, and only then is Slack answered. What Bolt does around that is kept small:
it verifies nothing (our door has), asks Slack for nothing, and a press, of which there are the most, comes first.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import perf_counter, time
from typing import Any

from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from adapters.base import traced
from adapters.slack.install import everybody
from adapters.slack.listen import Json, Listen
from adapters.slack.payload import Unreadable
from adapters.slack.receipts import Receipts
from adapters.slack.tokens import AnyTokens

log = logging.getLogger(__name__)

ALL = re.compile("")


class Bolt:
    """One Bolt app, and what it calls."""

    def __init__(self, client: AsyncWebClient, tokens: AnyTokens, listen: Listen, receipts: Receipts) -> None:
        self._listen, self._receipts = listen, receipts
        # process_before_response: the answer goes out when the listener has returned, which is when all is stored.
        # Bolt authorises by what the door knows already; who is not installed here is told so by `listen`.
        self.app = App(
            client=client,
            before_authorize=Presses(self._action),
            authorize=everybody(tokens),
            process_before_response=True,
            raise_error_for_unhandled_request=True,
            request_verification_enabled=False,
            ssl_check_enabled=False,
            url_verification_enabled=False,
            attaching_function_token_enabled=False,
            logger=logging.getLogger("adapters.slack.bolt"),
        )
        self.app.event(ALL)(self._event)
        self.app.command(ALL)(self._command)
        self.app.view(ALL)(self._view)
        self.app.error(_failed)

    async def dispatch(self, body: Json) -> web.Response:
        """Let Bolt find who is to hear it. `socket_mode` says that the body is verified and decoded."""
        answer = await self.app.async_dispatch(request(dict(body)))
        if not answer.body and not answer.headers:
            return web.Response(status=answer.status)
        headers = {name: values[0] for name, values in answer.headers.items() if name.lower() != "content-type"}
        content = answer.headers.get("content-type", ["text/plain"])[0].partition(";")[0]
        return web.Response(status=answer.status, text=answer.body, headers=headers, content_type=content)

    async def _action(self, body: dict[str, Any]) -> None:
        try:
            await self._listen.action(body)
        except Unreadable as no:
            log.warning("a press could not be read: %s", no)
            user = str((body.get("user") or {}).get("id"))
            told = {"response_type": "ephemeral", "replace_original": False, "text": str(no)}
            self._receipts.put(user, body.get("response_url"), told)

    async def _event(self, body: dict[str, Any]) -> None:
        try:
            await self._listen.event(body)
        except Unreadable as no:
            log.warning("an event of Slack's could not be read: %s", no)

    async def _command(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        try:
            answer = await self._listen.command(body)
        except Unreadable as no:
            answer = {"text": str(no)}
        await ack(**answer)

    async def _view(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        try:
            answer = await self._listen.submission(body)
        except Unreadable as no:
            blocks = [{"type": "section", "text": {"type": "plain_text", "text": str(no), "emoji": False}}]
            title, close = ({"type": "plain_text", "text": words} for words in ("Cohost", "Close"))
            view = {"type": "modal", "callback_id": "told", "title": title, "close": close, "blocks": blocks}
            answer = {"response_action": "update", "view": view}
        await ack(**answer)


class App(AsyncApp):
    """Bolt, without the client that it makes for every request: nothing that a press comes by asks for one.

    `_init_context` is Bolt's own business, so `tests/adapters/slack/test_bolt.py` watches that it is still there. If it
    goes, this class may go, too: a press then costs a client more, and that is all.
    """

    def _init_context(self, req: AsyncBoltRequest) -> None:
        if not is_press(req.body):
            super()._init_context(req)


def is_press(body: Json) -> bool:
    """Whether a button or a menu was used."""
    return body.get("type") == "block_actions" and "actions" in body


def request(body: dict[str, Any]) -> AsyncBoltRequest:
    """As Bolt takes it. Of a press it needs not look at all the places where teams, people and threads may be named."""
    if not is_press(body):
        return AsyncBoltRequest(body=body, mode="socket_mode")
    press = AsyncBoltRequest(body={}, mode="socket_mode")
    press.body = body
    return press


class Presses(AsyncMiddleware):
    """Takes the presses before Bolt looks for a listener, which costs it more than everything else about a vote.

    It may stand even before Bolt's authorisation, because `listen` asks the same of the same tokens.
    """

    def __init__(self, press: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        self._press = press

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - as Bolt calls it
    ) -> BoltResponse:
        """Acknowledge a press once it has been heard; leave everything else to the listeners."""
        if not is_press(req.body):
            return await next()
        await self._press(req.body)
        return BoltResponse(status=200)


class Socket(AsyncSocketModeHandler):
    """Socket Mode, whose answers are counted as those by HTTP are."""

    acked: Callable[[str, float], None]
    _leaving, _under_way = False, 0

    async def handle(self, client: Any, req: Any) -> None:  # noqa: ANN401 - the library's own types of three sorts
        """One delivery: what Bolt does, with its answer looked at."""
        if self._leaving:
            return  # Slack delivers it again, to whoever is there then
        traced()
        began = perf_counter()
        self._under_way += 1
        try:
            answer = await run_async_bolt_app(self.app, req)
            await send_async_response(client, req, answer, time())
        finally:
            self._under_way -= 1
        self.acked("ok" if answer.status < 400 else "failed", perf_counter() - began)

    async def finish(self, most: float) -> None:
        """Answer what is under way, within so many seconds, take nothing more, and hang up."""
        self._leaving = True
        with suppress(TimeoutError):
            async with asyncio.timeout(most):
                while self._under_way:  # noqa: ASYNC110 - counted for every delivery, waited for once
                    await asyncio.sleep(0.01)
        await self.close_async()  # type: ignore[no-untyped-call]


async def _failed(error: Exception) -> BoltResponse:
    """What nobody here asked for (shortcuts, closed forms, …) is taken, so that Slack does not send it again.

    Anything else is a failure of ours: Slack is to repeat it.
    """
    if isinstance(error, BoltUnhandledRequestError):
        return BoltResponse(status=200)
    log.error("what Slack sent could not be handled", exc_info=error)
    return BoltResponse(status=500)
