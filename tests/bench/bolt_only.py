"""Bolt as quick as it gets by itself: it verifies a press, finds its listener and acknowledges. Nothing is stored."""

from __future__ import annotations

import re
import sys

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck

from tests.bench.sink import BOT, TEAM


async def authorize() -> AuthorizeResult:
    """Who we are is known."""
    return AuthorizeResult(enterprise_id=None, team_id=TEAM, bot_user_id=BOT, bot_token="xoxb-1")


def main() -> None:
    """Listen on the port that is given, with the secret that is given."""
    bolt = AsyncApp(signing_secret=sys.argv[2], authorize=authorize, process_before_response=True)

    @bolt.action(re.compile(""))
    async def pressed(ack: AsyncAck) -> None:
        await ack()

    async def events(request: web.Request) -> web.Response:
        answer: web.Response = await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))
        return answer

    app = web.Application()
    app.router.add_post("/slack/events", events)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
