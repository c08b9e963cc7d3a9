"""Votes in Teams: the token verified, durable before the answer, against Microsoft's own adapter that only answers."""

from __future__ import annotations

import itertools
import json
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.bench import cohost, sink, state
from tests.bench.cohost import Cohost, Ways
from tests.bench.line import Line, compared
from tests.bench.size import Size
from tests.bench.slack_votes import in_turn

APP = "11111111-2222-4333-8444-555555555555"
ID = "f:bench"  # how the ids of our activities begin

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Board:
    """A posted poll, and its buttons for voting."""

    message: dict[str, Any]
    buttons: list[dict[str, Any]]


def boards(posted: Sequence[dict[str, Any]]) -> list[Board]:
    """The polls among what was posted, in that order."""
    found = []
    for message in posted:
        buttons = [one for one in _actions(message.get("activity")) if one["data"].get("a") == "vote"]
        if buttons:
            found.append(Board(message, buttons))
    return found


def _actions(card: object) -> Iterator[dict[str, Any]]:
    if isinstance(card, dict) and card.get("type") == "Action.Execute" and isinstance(card.get("data"), dict):
        yield card
    elif isinstance(card, dict | list):
        for part in card.values() if isinstance(card, dict) else card:
            yield from _actions(part)


def press(board: Board, user: str, button: int, service_url: str) -> str:
    """The activity of one press, as Teams sends it."""
    pressed = board.buttons[button]
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    action = {"type": "Action.Execute", "verb": pressed["verb"], "data": pressed["data"], "title": pressed["title"]}
    return json.dumps({
        "name": "adaptiveCard/action",
        "type": "invoke",
        "timestamp": now,
        "localTimestamp": now,
        "id": f"{ID}{next(_numbers):08}",
        "channelId": "msteams",
        "serviceUrl": service_url,
        "from": {"id": f"29:{user}", "name": f"Person {user}", "aadObjectId": user},
        "conversation": {
            "conversationType": "groupChat", "isGroup": True, "tenantId": sink.TENANT, "id": sink.CHAT, "name": "class"
        },
        "recipient": {"id": f"28:{APP}", "name": "Cohost"},
        "entities": [
            {"locale": "en-US", "country": "US", "platform": "Web", "timezone": "Europe/Zurich", "type": "clientInfo"}
        ],
        "channelData": {"tenant": {"id": sink.TENANT}, "source": {"name": "message"}, "legacy": {"replyToId": "1"}},
        "replyToId": board.message["id"],
        "value": {"action": action, "trigger": "manual"},
        "locale": "en-US",
        "localTimezone": "Europe/Zurich",
    })  # fmt: skip


def bearer(sink_port: int, service_url: str) -> str:
    """A header that is good for an hour."""
    query = urlencode({"app": APP, "url": service_url})
    with urllib.request.urlopen(f"http://127.0.0.1:{sink_port}/bearer?{query}") as answer:
        return str(answer.read().decode())


def run(folder: Path, size: Size) -> Iterator[Line]:
    """The measure of this file."""
    polls = size.repeats + 1
    with ExitStack() as stack:
        fake = cohost.start_sink(folder)
        stack.callback(fake.stop)
        here = f"http://127.0.0.1:{fake.port}"
        url, openid = f"{here}/amer/", f"{here}/v1/.well-known/openidconfiguration"
        state.build(folder / "made.db", state.Made(size.votes, polls, teams=url))
        headers = {"Content-Type": "application/json", "Authorization": bearer(fake.port, url)}
        ways = Ways("/api/messages", headers, None, f"teams:{ID}%")
        env = {
            "MicrosoftAppId": APP,
            "MicrosoftAppPassword": "let-me-in",
            "MicrosoftAppTenantId": sink.TENANT,
            "TEAMS_OPENID_METADATA_URL": openid,
            "TEAMS_LOGIN_URL": f"{here}/login",
        }
        ours = Cohost(folder, folder / "made.db", fake.port, ways, env)
        stack.callback(ours.stop)
        ours.process.ready()
        stock = cohost.start(folder, "stock_teams", APP, openid, ways=ways)
        stack.callback(stock.stop)
        found, users, wrong = ours.posted(polls, boards), state.accounts(size.votes), list[str]()
        fresh = iter(found)

        def vote() -> float:
            board, bodies = next(fresh), list[str]()
            for number, user in enumerate(users):
                button = number % len(board.buttons)
                bodies.append(press(board, user, button, url))
                data = board.buttons[button]["data"]
                ours.due[data["d"], user] = data["v"]
            ours.pressed += len(bodies)
            cpu, answers = ours.press(bodies)
            if answers.refused or '"statusCode": 200' not in answers.bodies[-1]:
                wrong.append(f"answers: {answers.counted()} {answers.bodies[-1][:200]}")
            return cpu

        def only_answer() -> float:
            cpu, answers = stock.press([press(found[0], one, 0, url) for one in users[: size.ordinary]])
            if answers.refused or "Your vote" not in answers.bodies[-1]:
                wrong.append(f"stock answers: {answers.counted()} {answers.bodies[-1][:200]}")
            return cpu

        vote()  # in this round everybody is made known, too
        plain, theirs = in_turn(size.repeats, vote, only_answer)
        yield compared("teams_vote", "CPU µs/vote", plain, theirs, [*wrong, *ours.wrong()], votes=size.votes)
