"""Teams on a stage of its own, for the contract: a fake organisation, and the real adapter behind its HTTP door."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from adapters.base import Bot, Later
from adapters.teams.app import Teams as Adapter
from adapters.teams.app import Ways
from bot.clock import HandClock, WallClock
from dialogs.card import Card, people_in
from storage.hot import MemoryHot
from tests.adapters.contract import HERE, NAMES, NOON, Read, handed
from tests.adapters.web_stage import Board
from tests.teams.cards import actions
from tests.teams.faults import Fault
from tests.teams.messages import Message
from tests.teams.people import User
from tests.teams.reading import Read as Shown
from tests.teams.rooms import Room
from tests.teams.service import Teams

APP_ID = "11111111-2222-4333-8444-555555555555"
TENANT = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
PASSWORD = "a client secret"
# Where a text of Teams is Markdown: the adapter writes signs that look the same, or cannot be seen.
LOOKS = str.maketrans({"∗": "*", "ˍ": "_", "∼": "~", "ˋ": "`", "\u2060": None})


class TeamsBoard(Board):
    """The same session, whose people Teams knows; what is to be remembered of them and of places is."""

    def __init__(self, clock: HandClock, people: Mapping[str, User]) -> None:
        super().__init__()
        self.clock, self.ids = clock, {person: user.aad_id for person, user in people.items()}
        self.known: dict[tuple[str, str, str], Mapping[str, str]] = {}

    def now(self) -> datetime:
        return self.clock.now()

    async def person(
        self, tenant: str, platform: str, user: str, name: str, *, host: bool = False, email: str | None = None
    ) -> str:
        return next((person for person, known in self.ids.items() if known == user), user)

    async def users(self, platform: str, people: Sequence[str]) -> Mapping[str, str]:
        return {person: self.ids[person] for person in people if person in self.ids}

    async def remember(self, tenant: str, platform: str, whose: str, known: Mapping[str, str]) -> None:
        self.known[tenant, platform, whose] = known

    async def recall(self, tenant: str, platform: str, whose: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        return {one: self.known[tenant, platform, one] for one in whose if (tenant, platform, one) in self.known}


class TeamsStage:
    """A group chat with Ann and Ben and the bot in it; Eve works in the same organisation. All have the app."""

    finds_what_was_lost = False  # nothing can be looked up: what may not have arrived is posted once more

    def __init__(
        self, teams: Teams, clock: HandClock, room: Room, people: Mapping[str, User], bot: TeamsBoard, adapter: Adapter
    ) -> None:
        self.teams, self.clock, self.room, self.people = teams, clock, room, people
        self.bot, self.adapter = bot, adapter
        self.place = f"teams:{room.id}"
        self.before: set[Message] = set()  # how the bot greeted everybody
        self.cards: dict[tuple[str, str | None], list[Card]] = {}  # all that was meant by a slot: Teams keeps no id

    async def comes(self) -> None:
        """The app is put into the chat and everybody's own: only so does the bot learn where to write to."""
        await self.room.adds_bot(self.people["ann"])
        for user in self.people.values():
            await user.installs()
        while self.adapter.busy:  # noqa: ASYNC110 - it comes to rest by itself
            await asyncio.sleep(0.001)
        self.before = {message for room in self.teams.rooms.values() for message in room.messages}

    async def show(
        self, slot: str, card: Card, *, to: str | None = None, ref: str | None = None, attempted: bool = False
    ) -> str:
        self.bot.put(slot, card, to)
        user = self.bot.ids[to] if to else None
        message = handed(self.place, slot, card, to, ref=ref, attempted=attempted, user=user)
        self.cards.setdefault((slot, to), []).append(card)
        while True:
            try:
                return await self.adapter.show(message)
            except Later as later:  # the outbox comes back when it was asked to
                self.clock.move(later.seconds)

    async def reads(self, person: str) -> list[Read]:
        user = self.people[person]
        rooms = [room for room in (self.room, user.personal) if user in room.people]
        shown = {one.message: one for room in rooms for one in user.reads(room) if one.message}
        order = sorted(shown.keys() - self.before, key=lambda message: int(message.id))
        return [self._read(shown[message]) for message in order]

    def _read(self, shown: Shown) -> Read:
        assert shown.message
        (card,) = shown.message.cards
        # What only opens something in the card itself is no button of ours: what is behind it can be pressed.
        opening = {action["title"] for action, _, _ in actions(card) if action["type"] == "Action.ShowCard"}
        buttons = tuple(_looks(one) for one in shown.buttons if one not in opening)
        said = " ".join([_looks(shown.words), *buttons])
        ours = {f"<at>{NAMES[one]}</at>" for cards in self.cards.values() for one in people_in(cards)}
        return Read(said, buttons, shown.private, tuple(one for one in shown.live if one not in ours))

    async def loses_answer_of_next(self) -> bool:
        self.teams.next("send", Fault.performed_but_lost())
        return True

    async def delete(self, ref: str) -> None:
        conversation, id_ = ref.removeprefix("teams:").split("|")
        message = self.teams.rooms[conversation].find(id_)
        assert message
        message.deleted = True  # by somebody who may: the fake's people delete only what they wrote

    async def close(self) -> None:
        await self.room.removes_bot()


def _looks(words: str) -> str:
    return " ".join(words.translate(LOOKS).split())


@asynccontextmanager
async def teams_chat() -> AsyncIterator[TeamsStage]:
    """The stage, with the adapter running."""
    clock = HandClock(NOON)
    async with Teams(now=clock.now) as teams:
        acme = teams.tenant(TENANT, name="Acme")
        people = {person: acme.user(name) for person, name in NAMES.items()}
        room = acme.group_chat("class", members=[people[one] for one in HERE])
        board = TeamsBoard(clock, people)
        bot: Bot = board  # the type checker's proof that it is one
        secret = SecretStr(PASSWORD)
        ways = Ways(APP_ID, secret, teams.login_url, TENANT, teams.openid_url, frozenset({TENANT}))
        now = WallClock().now  # signed by the world's time
        adapter = Adapter(bot, ways, lambda _: "t1", lambda *_: "", now, MemoryHot())
        app = web.Application()
        adapter.add_to(app)
        server = TestServer(app)
        await server.start_server()
        try:
            url = str(server.make_url("/api/messages"))
            teams.connect(url, app_id=APP_ID, app_password=PASSWORD, tenant=TENANT)
            stage = TeamsStage(teams, clock, room, people, board, adapter)
            await stage.comes()
            yield stage
            assert [answer for answer in teams.answers if not answer.ok] == []
            assert teams.troubles == []
        finally:
            await server.close()
