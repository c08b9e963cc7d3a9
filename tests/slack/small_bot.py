"""A small bot on the real slack_bolt and slack_sdk, by which the fake service is proved over HTTP and Socket Mode."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack.checks import Thing
from tests.slack.workspace import Slack

SECRET = "signing-secret"
MODAL: Thing = {
    "type": "modal",
    "callback_id": "setup",
    "private_metadata": "kept",
    "title": {"type": "plain_text", "text": "A poll"},
    "submit": {"type": "plain_text", "text": "Start"},
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "question",
            "label": {"type": "plain_text", "text": "Question"},
            "element": {"type": "plain_text_input", "action_id": "words", "max_length": 20},
        },
        {
            "type": "input",
            "block_id": "kind",
            "optional": True,
            "label": {"type": "plain_text", "text": "Kind"},
            "element": {
                "type": "static_select",
                "action_id": "one",
                "options": [
                    {"text": {"type": "plain_text", "text": "One answer"}, "value": "1"},
                    {"text": {"type": "plain_text", "text": "Many"}, "value": "n"},
                ],
            },
        },
    ],
}


def button(label: str, **more: Any) -> Thing:
    return {"type": "button", "action_id": label.lower(), "text": {"type": "plain_text", "text": label}} | more


def section(words: str, kind: str = "mrkdwn", **more: Any) -> Thing:
    return {"type": "section", "text": {"type": kind, "text": words}} | more


def poll(votes: int) -> list[Thing]:
    buttons = [button("Yes", value="y"), button("No", value="n", action_id="no"), button("Edit", action_id="edit")]
    return [section(f"*Ready?* {votes} so far"), {"type": "actions", "block_id": "choices", "elements": buttons}]


def authorize_of(slack: Slack) -> Callable[..., Awaitable[AuthorizeResult]]:
    """Every workspace's own token; Bolt calls no methods here, only functions."""

    async def authorize(team_id: str | None) -> AuthorizeResult:
        install = slack.teams[team_id or ""].installed()
        token = install.tokens[-1].value
        return AuthorizeResult(
            enterprise_id=None, team_id=team_id, bot_token=token, bot_id=install.bot_id, bot_user_id=install.bot.id
        )

    return authorize


class SmallBot:
    """It polls at a command, counts presses, asks in a modal, shows a Home tab, and notes whatever it hears."""

    def __init__(self, slack: Slack) -> None:
        self.slack, self.votes = slack, 0
        self.heard: list[Thing] = []  # events, with their envelopes
        self.acted: list[Thing] = []  # interactions
        self.commands: list[Thing] = []
        app = self.app = AsyncApp(
            signing_secret=SECRET,
            client=AsyncWebClient(base_url=slack.api_url),
            authorize=authorize_of(slack),
            process_before_response=True,
            logger=logging.getLogger("quiet"),
        )
        logging.getLogger("quiet").setLevel(logging.CRITICAL)
        app.command("/ilt")(self.command)
        for name in ("yes", "no"):
            app.action(name)(self.vote)
        app.action("edit")(self.edit)
        app.action("menu")(self.vote)
        app.view("setup")(self.submitted)
        app.view_closed("setup")(self.closed)
        app.event({"type": "app_home_opened"})(self.home)
        app.event({"type": "message"})(self.hears)
        for name in set(slack.app.events) - {"app_home_opened"}:
            if not name.startswith("message."):
                app.event({"type": name})(self.hears)

    async def command(self, ack: AsyncAck, command: Thing, client: AsyncWebClient) -> None:
        self.commands.append(command)
        match command["text"].split():
            case ["poll", *_]:
                await client.chat_postMessage(channel=command["channel_id"], text="Ready?", blocks=poll(0))
                await ack("Asked.")
            case ["fail"]:
                raise RuntimeError("as the test wants it")
            case ["setup"]:
                await ack()
                await client.views_open(trigger_id=command["trigger_id"], view=MODAL)
            case _:
                await ack({"text": "help", "blocks": [section("Type *poll*.")]})

    async def vote(self, ack: AsyncAck, body: Thing, client: AsyncWebClient) -> None:
        self.acted.append(body)
        self.votes += 1
        if "channel" in body and not body["container"]["is_ephemeral"]:
            where = body["container"]
            await client.chat_update(
                channel=where["channel_id"], ts=where["message_ts"], text="Ready?", blocks=poll(self.votes)
            )
        await ack()

    async def edit(self, ack: AsyncAck, body: Thing, client: AsyncWebClient) -> None:
        self.acted.append(body)
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    async def submitted(self, ack: AsyncAck, body: Thing) -> None:
        self.acted.append(body)
        words = body["view"]["state"]["values"]["question"]["words"]["value"]
        if words.endswith("?"):
            await ack()
        else:
            await ack(response_action="errors", errors={"question": "Please end with a question mark."})

    async def closed(self, ack: AsyncAck, body: Thing) -> None:
        self.acted.append(body)
        await ack()

    async def home(self, event: Thing, client: AsyncWebClient, body: Thing) -> None:
        self.heard.append(body)
        blocks = [section("Hello", "plain_text"), {"type": "actions", "elements": [button("Yes")]}]
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    async def hears(self, body: Thing) -> None:
        self.heard.append(body)

    def events(self) -> list[str]:
        """What it has heard, by name and subtype."""
        found = [body["event"] for body in self.heard]
        return [one["type"] + (f".{one['subtype']}" if "subtype" in one else "") for one in found]


@asynccontextmanager
async def served(slack: Slack) -> AsyncIterator[SmallBot]:
    """The bot behind HTTP."""
    bot = SmallBot(slack)
    runner = web.AppRunner(bot.app.web_app("/slack/events"), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.connect(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events", SECRET)
    try:
        yield bot
    finally:
        await runner.cleanup()


@asynccontextmanager
async def socketed(slack: Slack) -> AsyncIterator[SmallBot]:
    """The bot behind Socket Mode."""
    bot = SmallBot(slack)
    client = AsyncWebClient(base_url=slack.api_url)
    handler = AsyncSocketModeHandler(bot.app, slack.app.app_token, web_client=client)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await slack.delivery.sockets.arrived()
    try:
        yield bot
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]
