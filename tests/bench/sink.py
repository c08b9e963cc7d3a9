"""A small Slack and a small Teams that answer at once and keep what was posted. In a process of its own.

`tests/slack` and `tests/teams` hold those that behave like the real ones; this only must not be what is measured.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
import urllib.request
from collections import Counter
from typing import Any

from aiohttp import web

from tests.teams.tokens import ISSUER, Keys

TEAM, CHANNEL, BOT = "T0001", "C0001", "U0BOT"
TENANT, CHAT = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", "19:bench@thread.v2"

posted: list[dict[str, Any]] = []
called: Counter[str] = Counter()
numbers = itertools.count(1)
stamps = (f"1764000000.{number:06}" for number in numbers)
keys = Keys()


async def api(request: web.Request) -> web.Response:
    """Any method of the Web API."""
    method = request.match_info["method"]
    called[method] += 1
    if method == "chat.postMessage":
        body = await request.json()
        room = body["channel"] if body["channel"].startswith("C") else "D" + body["channel"][1:]
        ts = next(stamps)
        posted.append(
            {
                "channel": room,
                "ts": ts,
                "blocks": body.get("blocks", []),
                "text": body.get("text", ""),
                "at": time.time(),
            }
        )
        return web.json_response({"ok": True, "channel": room, "ts": ts, "message": {}})
    if method == "users.info":
        user = request.query.get("user", "")
        return web.json_response({"ok": True, "user": _user(user)})
    if method == "auth.test":
        who = {"team_id": TEAM, "user_id": BOT, "bot_id": "B0001", "url": "https://acme.slack.com/", "user": "cohost"}
        return web.json_response({"ok": True, **who})
    await request.read()
    return web.json_response({"ok": True, "channel": {"id": CHANNEL}, "members": [], "ts": "1.1"})


def _user(user: str) -> dict[str, Any]:
    return {"id": user, "team_id": TEAM, "name": user.lower(), "profile": {"real_name": f"Person {user}"}}


async def receipt(request: web.Request) -> web.Response:
    """What somebody is told about their press."""
    await request.read()
    called["receipt"] += 1
    return web.Response(text="ok")


async def metadata(request: web.Request) -> web.Response:
    """Where the keys are with which we sign."""
    return web.json_response({"issuer": ISSUER, "jwks_uri": str(request.url.with_path("/keys"))})


async def signing_keys(_: web.Request) -> web.Response:
    """The keys."""
    return web.json_response(keys.served())


async def bearer(request: web.Request) -> web.Response:
    """A header that is good for an hour, for this app and this address of ours."""
    return web.Response(text=keys.bearer(keys.claims(request.query["app"], request.query["url"])))


async def token(request: web.Request) -> web.Response:
    """The app's own token."""
    await request.read()
    return web.json_response({"token_type": "Bearer", "expires_in": 3599, "access_token": "a.b.c"})


async def activities(request: web.Request) -> web.Response:
    """A message in a conversation of Teams."""
    body, id_ = await request.json(), str(1764000000000 + next(numbers))
    called["send"] += 1
    posted.append({"conversation": request.match_info["conversation"], "id": id_, "activity": body})
    return web.json_response({"id": id_}, status=201)


async def connector(request: web.Request) -> web.Response:
    """Whatever else is asked of the Bot Connector: edits, members, new chats."""
    await request.read()
    called["update" if request.method == "PUT" else "connector"] += 1
    user = request.path.rpartition("/")[2]
    return web.json_response({"id": user, "name": f"Person {user}", "tenantId": TENANT})


async def seen(_: web.Request) -> web.Response:
    """What was posted, and how often each method was called."""
    return web.json_response({"posted": posted, "called": called})


def ask(port: int) -> dict[str, Any]:
    """What a sink at this port has seen."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/seen") as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def main() -> None:
    """Listen on the port that is given."""
    app = web.Application()
    app.router.add_route("*", "/api/{method}", api)
    app.router.add_post("/respond/{n}", receipt)
    app.router.add_get("/seen", seen)
    app.router.add_get("/v1/.well-known/openidconfiguration", metadata)
    app.router.add_get("/keys", signing_keys)
    app.router.add_get("/bearer", bearer)
    app.router.add_post("/login/{tenant}/oauth2/v2.0/token", token)
    app.router.add_post("/amer/v3/conversations/{conversation}/activities", activities)
    app.router.add_route("*", "/amer/v3/{rest:.*}", connector)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
