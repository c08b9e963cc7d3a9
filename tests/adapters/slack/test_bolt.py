"""Bolt: who hears what, how it is answered, and that a press costs none of what only the others need."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from pydantic import SecretStr
from slack_bolt.app import async_app
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.bolt import Bolt
from adapters.slack.listen import Listen
from adapters.slack.payload import Unreadable
from adapters.slack.receipts import Receipts
from adapters.slack.tokens import Live, OneToken
from tests.adapters.slack.stand_ins import NOON

Json = Mapping[str, Any]

ADDRESS = "https://hooks.slack.example/1"
ABOUT: Json = {"team": {"id": "T1"}, "user": {"id": "U1"}, "trigger_id": "1.2", "response_url": ADDRESS}
PRESS: Json = {**ABOUT, "type": "block_actions", "actions": [{"type": "button", "action_id": "a", "value": "v"}]}
FORM: Json = {**ABOUT, "type": "view_submission", "view": {"type": "modal", "callback_id": "form"}}
COMMAND: Json = {"command": "/ilt", "team_id": "T1", "user_id": "U1", "text": "help"}
EVENT: Json = {"type": "event_callback", "team_id": "T1", "event": {"type": "reaction_added", "user": "U1"}}


class Heard:
    """What would be told to the bot. At `failing` it fails so."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Json]] = []
        self.failing: Exception | None = None

    async def _hear(self, family: str, body: Json) -> Json:
        if self.failing:
            raise self.failing
        self.heard.append((family, body))
        return {"text": "Done."} if family == "command" else {}

    async def action(self, body: Json) -> Json:
        return await self._hear("action", body)

    async def command(self, body: Json) -> Json:
        return await self._hear("command", body)

    async def submission(self, body: Json) -> Json:
        return await self._hear("submission", body)

    async def event(self, body: Json) -> None:
        await self._hear("event", body)


class Desk:
    """Bolt, with somebody who listens, and the receipts that were sent."""

    def __init__(self) -> None:
        self.listen, self.told = Heard(), list[tuple[str, Json]]()
        self.receipts = Receipts(self.send, lambda: NOON)
        tokens = OneToken(SecretStr("xoxb-1"), self.who, lambda: datetime.now(UTC))
        self.bolt = Bolt(AsyncWebClient(), tokens, cast("Listen", self.listen), self.receipts)

    async def who(self, token: SecretStr) -> Live:
        return Live("T1", "", "U0BOT", "B1", "", token.get_secret_value())

    async def send(self, url: str, body: Json) -> None:
        self.told.append((url, body))

    async def sends(self, body: Json) -> tuple[int, str]:
        answer = await self.bolt.dispatch(body)
        await self.receipts.settled()
        return answer.status, answer.text or ""


@pytest.fixture
async def desk() -> Desk:
    return Desk()


async def test_each_family_has_its_listener(desk: Desk) -> None:
    rows: dict[str, tuple[Json, tuple[int, str]]] = {
        "action": (PRESS, (200, "")),
        "submission": (FORM, (200, "")),
        "command": (COMMAND, (200, "Done.")),
        "event": (EVENT, (200, "")),
    }
    assert {family: await desk.sends(body) for family, (body, _) in rows.items()} == {
        family: answer for family, (_, answer) in rows.items()
    }
    assert desk.listen.heard == [(family, body) for family, (body, _) in rows.items()]


async def test_what_nobody_asked_for_is_taken_and_not_heard(desk: Desk) -> None:
    rows: list[Json] = [
        {**ABOUT, "type": "block_actions"},
        {**ABOUT, "type": "shortcut", "callback_id": "x"},
        {**ABOUT, "type": "block_suggestion", "action_id": "x", "block_id": "b", "value": "a"},
        {**ABOUT, "type": "interactive_message", "callback_id": "x", "actions": [{"name": "a", "type": "button"}]},
        {},
    ]
    assert [await desk.sends(row) for row in rows] == [(200, "")] * len(rows)
    assert desk.listen.heard == []


async def test_what_could_not_be_stored_is_sent_again_and_what_cannot_be_read_is_said(desk: Desk) -> None:
    desk.listen.failing = RuntimeError("the database is away")
    assert [await desk.sends(one) for one in (PRESS, FORM, COMMAND, EVENT)] == [(500, "")] * 4
    desk.listen.failing = Unreadable("This is strange.")
    assert [(await desk.sends(one))[0] for one in (PRESS, FORM, COMMAND, EVENT)] == [200] * 4
    assert desk.told == [
        (ADDRESS, {"response_type": "ephemeral", "replace_original": False, "text": "This is strange."})
    ]


async def test_of_whom_bolt_does_not_know_the_press_is_heard_all_the_same(desk: Desk) -> None:
    """`listen` tells them that the app is not installed there: Bolt would do it in its own words."""
    stranger = {**PRESS, "team": {"id": "T9"}}
    assert await desk.sends(stranger) == (200, "")
    assert desk.listen.heard == [("action", stranger)]


async def test_a_press_makes_no_client_of_bolts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """If Bolt changes how it makes them, the first line of numbers changes, and `bolt.App` has to be looked at."""
    made: list[str] = []

    class Counted(AsyncWebClient):
        def __init__(self, *arguments: Any, **more: Any) -> None:
            super().__init__(*arguments, **more)
            made.append("client")

    monkeypatch.setattr(async_app, "AsyncWebClient", Counted)
    counts = {}
    for name, body in (("form", FORM), ("command", COMMAND), ("event", EVENT), ("press", PRESS)):
        made.clear()
        assert (await desk.sends(body))[0] == 200
        counts[name] = len(made)
    assert counts == {"form": 1, "command": 1, "event": 1, "press": 0}


async def test_a_press_changes_nothing_in_what_came(desk: Desk) -> None:
    before = json.dumps(PRESS)
    await desk.sends(PRESS)
    assert json.dumps(PRESS) == before
