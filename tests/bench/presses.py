"""Presses as Slack sends them: a signed form, and in it the whole message once more, about 4.6 KB for four choices."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.bench.sink import BOT, TEAM

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Board:
    """A posted poll: what Slack has of it, and its buttons for voting."""

    message: dict[str, Any]
    buttons: list[dict[str, Any]]  # each with its block_id

    @property
    def dialog(self) -> str:
        """The dialog that it belongs to."""
        return str(json.loads(self.buttons[0]["value"])[0])

    def value(self, button: int) -> str:
        """What a press on this button votes for."""
        return str(json.loads(self.buttons[button]["value"])[3])


def boards(posted: Sequence[dict[str, Any]]) -> list[Board]:
    """The polls among what was posted, in that order."""
    found = []
    for message in posted:
        buttons = [one for one in _buttons(message["blocks"]) if '"board","vote"' in one.get("value", "")]
        if buttons:
            found.append(Board(message, buttons))
    return found


def _buttons(blocks: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        for element in [*block.get("elements", ()), *([block["accessory"]] if "accessory" in block else ())]:
            if element.get("type") == "button":
                yield {**element, "block_id": block.get("block_id", "b1")}


def renamed(board: Board, ts: str) -> Board:
    """The same board as the ordinary bot would have posted it, as another message."""
    return Board({**board.message, "ts": ts}, [{**one, "action_id": f"vote{n}"} for n, one in enumerate(board.buttons)])


_moments = itertools.count(int(time.time()) * 1000)


def press(board: Board, user: str, button: int, respond: str | None = None) -> str:
    """The body of one press, later than all before."""
    moment = next(_moments)
    stamp = f"{moment // 1000}.{moment % 1000:03}000"
    pressed = board.buttons[button]
    channel, ts = board.message["channel"], board.message["ts"]
    profile = {"id": "B0001", "deleted": False, "name": "cohost", "updated": 1764000000, "app_id": "A0001"}
    profile |= {"user_id": BOT, "icons": {"image_36": "https://a.slack-edge.com/80588/img/plugins/app/bot_36.png"}}
    message = {"user": BOT, "type": "message", "ts": ts, "bot_id": "B0001", "app_id": "A0001", "team": TEAM}
    message |= {"text": board.message["text"], "bot_profile": {**profile, "team_id": TEAM}}
    payload: dict[str, Any] = {
        "type": "block_actions",
        "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": TEAM},
        "api_app_id": "A0001",
        "token": "a-verification-token-of-24",
        "container": {"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": False},
        "trigger_id": f"10000000000.{moment}.0123456789abcdef0123456789abcdef",
        "team": {"id": TEAM, "domain": "acme"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": channel, "name": "class"},
        "message": {**message, "blocks": board.message["blocks"]},
        "state": {"values": {}},
        **({"response_url": respond} if respond else {}),
        "actions": [{**pressed, "action_ts": stamp}],
    }
    return urlencode({"payload": json.dumps(payload, separators=(",", ":"))})
