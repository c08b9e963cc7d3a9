"""A small Slack that answers everything at once and keeps what was posted. In a process of its own.

`tests/slack` holds the Slack that behaves like the real one; this one only must not be what is measured.
"""

from __future__ import annotations

import itertools
import json
import sys
import urllib.request
from collections import Counter
from typing import Any

from aiohttp import web

TEAM, CHANNEL, BOT = "T0001", "C0001", "U0BOT"

posted: list[dict[str, Any]] = []
called: Counter[str] = Counter()
stamps = (f"1764000000.{number:06}" for number in itertools.count(1))


async def api(request: web.Request) -> web.Response:
    """Any method of the Web API."""
    method = request.match_info["method"]
    called[method] += 1
    if method == "chat.postMessage":
        body = await request.json()
        room = body["channel"] if body["channel"].startswith("C") else "D" + body["channel"][1:]
        ts = next(stamps)
        posted.append({"channel": room, "ts": ts, "blocks": body.get("blocks", []), "text": body.get("text", "")})
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
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
