"""Slack on a stage of its own, for the contract: a fake workspace, and the real adapter behind its HTTP door."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from adapters.base import Bot, Later
from adapters.slack.app import Pool, Ways
from adapters.slack.app import Slack as Adapter
from adapters.slack.door import Door
from adapters.slack.install import Calls
from adapters.slack.tenants import Tenants
from adapters.slack.tokens import OneToken
from bot.clock import HandClock, WallClock
from dialogs.card import Card, people_in
from storage.hot import MemoryHot
from tests.adapters.contract import HERE, NAMES, NOON, Read, handed, plain
from tests.adapters.web_stage import Board
from tests.slack.app import App
from tests.slack.faults import Fault
from tests.slack.people import User
from tests.slack.reading import Read as Shown
from tests.slack.rooms import Room
from tests.slack.workspace import Slack

MANIFEST = Path(__file__).parent.parent.parent / "manifest" / "slack.yaml"
SIGNING = "8f742231b10e8888abcd99yyyzzz85a5"
FORM = "Open the form"
# In Slack's marked text there is no escape for these: the adapter writes signs that look the same, or cannot be seen.
LOOKS = str.maketrans({"∗": "*", "ˍ": "_", "∼": "~", "ˋ": "`", "\u2060": None})


class SlackBoard(Board):
    """The same session, whose people Slack knows."""

    def __init__(self, clock: HandClock, people: Mapping[str, User]) -> None:
        super().__init__()
        self.clock, self.ids = clock, {person: f"{user.team.id}/{user.id}" for person, user in people.items()}

    def now(self) -> datetime:
        return self.clock.now()

    async def person(
        self, tenant: str, platform: str, user: str, name: str, *, host: bool = False, email: str | None = None
    ) -> str:
        return next((person for person, known in self.ids.items() if known == user), user)

    async def users(self, platform: str, people: Sequence[str]) -> Mapping[str, str]:
        return {person: self.ids[person] for person in people if person in self.ids}


class SlackStage:
    """A private channel with Ann and Ben and the bot in it; Eve works in the same company."""

    finds_what_was_lost = True  # by our own id of it

    def __init__(
        self, slack: Slack, clock: HandClock, room: Room, people: Mapping[str, User], bot: SlackBoard, adapter: Adapter
    ) -> None:
        self.slack, self.clock, self.room, self.people = slack, clock, room, people
        self.bot, self.adapter = bot, adapter
        self.place = f"slack:{room.id}"
        self.cards: dict[str, Card] = {}  # what is meant by each message, by our own id of it

    async def show(
        self, slot: str, card: Card, *, to: str | None = None, ref: str | None = None, attempted: bool = False
    ) -> str:
        self.bot.put(slot, card, to)
        user = self.bot.ids[to] if to else None
        message = handed(self.place, slot, card, to, ref=ref, attempted=attempted, user=user)
        self.cards[message.post] = card
        while True:
            try:
                return await self.adapter.show(message)
            except Later as later:  # the outbox comes back when it was asked to
                self.clock.move(later.seconds)

    async def reads(self, person: str) -> list[Read]:
        await self.slack.settles()
        user = self.people[person]
        rooms = [room for room in (self.room, user.dm) if user.id in room.members]
        shown = {one.message.ts: one for room in rooms for one in user.reads(room) if one.message}
        return [await self._read(user, shown[ts]) for ts in sorted(shown)]

    async def _read(self, user: User, shown: Shown) -> Read:
        assert shown.message
        assert shown.message.metadata
        words, buttons, live = [shown.words, *shown.buttons], [*shown.buttons], [*shown.live]
        if FORM in buttons:  # the fields of a card are read where its own button opens them
            await user.presses(shown, FORM)
            assert user.view, f"the form did not open: {user.troubles}"
            words += [user.view.read.words, submit := user.view.given["submit"]["text"]]
            buttons[buttons.index(FORM)] = submit
            live += user.view.read.live
            await user.closes()
        card = self.cards[shown.message.metadata["event_payload"]["post"]]
        said = " ".join(" ".join(words).translate(LOOKS).split())
        ours = {f"*{plain(card.title)}*"}  # the title in bold letters
        for one in people_in([card]):  # whom the card itself names is mentioned, and called by name
            said = said.replace(f"@{NAMES[one]}", NAMES[one])
            ours.add(self.people[one].id)
        buttons = [" ".join(one.split()) for one in buttons]
        return Read(said, tuple(buttons), shown.private, tuple(one for one in live if one not in ours))

    async def loses_answer_of_next(self) -> bool:
        self.slack.next("chat.postMessage", Fault.performed_but_lost())
        return True

    async def delete(self, ref: str) -> None:
        _, channel, ts = ref.split(":")
        room = self.slack.rooms[channel]
        message = room.find(ts)
        assert message
        await room.admin_deletes(message)

    async def close(self) -> None:
        await self.room.archive()


@asynccontextmanager
async def slack_workspace() -> AsyncIterator[SlackStage]:
    """The stage, with the adapter running."""
    clock = HandClock(NOON)
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    async with Slack(clock.now, App.of(manifest)) as slack:
        team = slack.team("T1", name="Acme")
        people = {person: team.user(name) for person, name in NAMES.items()}
        room = team.channel("class", members=[people[one] for one in HERE], private=True, bot=True)
        board = SlackBoard(clock, people)
        bot: Bot = board  # the type checker's proof that it is one
        pool = Pool()
        tokens = OneToken(SecretStr(team.token), Calls(slack.api_url, pool).who, clock.now)
        ways = Ways(slack.api_url, pool, Door(SIGNING, WallClock().now))  # signed by the world's time
        adapter = Adapter(bot, Tenants(tokens, "t1"), lambda *_: "", ways, MemoryHot(), clock.sleep)
        app = web.Application()
        adapter.add_to(app)
        server = TestServer(app)
        await server.start_server()
        try:
            slack.connect(str(server.make_url("/slack/events")), SIGNING)
            yield SlackStage(slack, clock, room, people, board, adapter)
            await slack.settles()
            assert [answer for answer in slack.answers if not answer.ok] == []
        finally:
            await server.close()
