"""A small class in a Slack channel, for stories in which something fails; and what must hold after each of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import update

from adapters.base import Message as Shown
from bot.app import App, build, running
from storage.tables import POST
from tests.slack.delivery import INTERACTIVE
from tests.slack.messages import Message
from tests.slack.people import User
from tests.slack.reading import Read
from tests.slack.rooms import Room
from tests.slack.workspace import Slack
from tests.storage.contract import take_due
from tests.stories.following import follows
from tests.stories.workspace import SIGNING, Story, free_port, message, telling

NOW = datetime(2027, 3, 24, 14, tzinfo=UTC)
ADDED = {"block_id", "action_id", "url"}


class Kept(Exception):
    """What was about to be delivered."""

    def __init__(self, payload: dict[str, Any]) -> None:
        super().__init__()
        self.payload = payload


class Course:
    """Hanna leads, three learn, all in one channel in which a session is open and one poll stands."""

    def __init__(self, story: Story, *, private: bool = False) -> None:
        self.story, self.slack, self.team = story, story.slack, story.team
        self.deliveries = 0
        self.hanna = self.team.user("Hanna Frei")
        self.learners = [self.team.user(name) for name in ("Ida Lund", "Ben Okafor", "Cem Unal")]
        self.ida, self.ben, self.cem = self.learners
        self.room = self.channel("class", private=private)

    def channel(self, name: str, *, private: bool = False) -> Room:
        """One more channel with everybody in it."""
        return self.team.channel(name, members=[self.hanna, *self.learners], private=private)

    async def begins(self) -> None:
        """The bot comes in, the session opens, and a poll is put."""
        await self.room.invite_bot()
        await self.story.settles()
        assert "is open here" in await self.types('/ilt start "Feedback"')
        await self.story.passes(2)
        await self.polls("Ready?")

    async def types(self, text: str, room: Room | None = None, who: User | None = None) -> str:
        """What Hanna is told at once about a command."""
        return (await (who or self.hanna).types(room or self.room, text)).words

    async def polls(self, question: str, room: Room | None = None, *, passes: float = 2.0) -> None:
        """Hanna puts a poll."""
        said = await self.types(f'/ilt poll "{question}" Yes No', room)
        assert said == ""
        await self.story.passes(passes)

    def boards(self, words: str, room: Room | None = None) -> list[Read]:
        """Every message that stands in the channel and says this."""
        found = self.ida.reads(room or self.room)
        return [read for read in found if words in read.words and not read.private]

    def board(self, words: str, room: Room | None = None) -> Read:
        """The one of them."""
        (found,) = self.boards(words, room)
        return found

    async def votes(self, who: User, label: str, words: str = "Ready?", room: Room | None = None) -> None:
        """Somebody presses a button on a board, and whatever follows at once has happened."""
        await who.presses(self.board(words, room), label)
        await self.story.adapter.settled()

    async def all_check_in(self) -> None:
        """With two more, so that there are enough for a survey."""
        more = [self.team.user(name) for name in ("Dora Lind", "Eli Marsh")]
        for who in more:
            await who.joins(self.room)
        await self.story.passes(2)
        for who in (*self.learners, *more):
            await self.votes(who, "I'm here", "Feedback")

    async def press(self, who: User, read: Read, label: str) -> dict[str, Any]:
        """A press that Slack delivers when the story wants it."""
        delivery, usual = self.slack.delivery, self.slack.delivery.send

        async def keep(kind: str, name: str, payload: dict[str, Any], *_: object) -> NoReturn:
            raise Kept(payload)

        delivery.send = keep  # type: ignore[method-assign,assignment]
        try:
            await who.presses(read, label)
        except Kept as kept:
            return kept.payload
        finally:
            delivery.send = usual  # type: ignore[method-assign]
        raise AssertionError(label)

    async def arrives(self, press: dict[str, Any]) -> None:
        """Slack delivers it, for the first time or once more, each time with a signature of its own."""
        self.deliveries += 1
        self.slack.delivery.stamps = lambda: time.time() - 200 + self.deliveries % 400
        answer = await self.slack.delivery.send(INTERACTIVE, "block_actions", press)
        assert answer.ok, answer
        await self.story.adapter.settled()

    def private(self, who: User, words: str) -> Read:
        """The newest direct message from the bot that says this."""
        return message(who.direct, words)

    def stands(self, words: str) -> Message:
        """The board itself."""
        found = self.board(words).message
        assert found
        return found

    def called(self, method: str) -> int:
        """How many calls of a method have come to Slack."""
        return len(self.slack.called(method))

    def moves(self, seconds: float) -> None:
        """Time passes, and nobody waits for what it brings."""
        self.story.clock.move(seconds)

    # -- what must hold ------------------------------------------------------------------------------------------------

    def repeated(self) -> list[tuple[str, int]]:
        """Messages of ours that were posted more than once: their first line, and how often. Deleted ones count."""
        times: Counter[tuple[int, str]] = Counter()
        first: dict[tuple[int, str], str] = {}
        for room in {id(room): room for room in self.slack.rooms.values()}.values():
            for one in room.messages:
                if post := ((one.metadata or {}).get("event_payload") or {}).get("post"):
                    times[id(room), post] += 1
                    first[id(room), post] = one.read_by(self.hanna).words.partition("\n")[0]
        return sorted((first[key], count) for key, count in times.items() if count > 1)

    async def is_right(self, *, repeated: tuple[tuple[str, int], ...] = ()) -> None:
        """Every message looks as what is stored would be drawn now, none is still due, none was posted twice."""
        await follows(self.story.app, self.story.passes)
        stale, twice = await self.stale(), self.repeated()
        assert (stale, twice) == ([], list(repeated)), (stale, twice)
        troubles = [(user.name, user.troubles) for user in self.slack.users.values()]
        assert all(not said for _, said in troubles), troubles

    async def stale(self) -> list[str]:
        """What stands otherwise than it would be drawn now. A story asks this last: it takes every message."""
        app, adapter = self.story.app, self.story.adapter
        live = POST.c.state != "gone"
        waiting = await app.store.next_post()
        assert waiting is None or waiting > self.story.clock.now()
        await app.store._writing(lambda db: db.execute(update(POST).where(live).values(due=NOW)))
        found = []
        for post in await take_due(app.store, self.story.clock.now(), "witness"):
            if not (post.place or "slack:").startswith("slack:") or post.card.page:
                continue
            private = post.place is None
            given = Shown(
                post=post.id, tenant=post.tenant, dialog=post.dialog, slot=post.slot, session=post.session,
                place=post.place, person=post.person, card=post.card, names=post.names,
            )  # fmt: skip
            wanted = await adapter._show._body(given, private=private)
            _, channel, ts = (post.ref or "slack::").split(":")
            room = self.slack.rooms.get(channel)
            stands = room.find(ts) if room else None
            if stands is None:
                found.append(f"missing: {post.slot} {wanted['text']}")
            elif (stands.text, drawn(stands.blocks)) != (wanted["text"], drawn(wanted["blocks"])):
                found.append(f"old: {post.slot} {stands.read_by(self.hanna).words}")
        return found

    # -- the process dies ----------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def killed(self) -> AsyncIterator[None]:
        """The process dies this moment, whatever it is doing; another one runs on the same database from here on."""
        old = self.story.app
        loops = [*old.loops, *([old.engine._loop] if old.engine._loop else [])]
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        async with self.another() as app:
            self.story.app = app
            yield
        self.story.app = old

    @asynccontextmanager
    async def another(self) -> AsyncIterator[App]:
        """One more process on the same database. What comes by HTTP goes to it from here on."""
        port, old = free_port(), self.story.app
        app = build(old.settings.model_copy(update={"port": port}), self.story.clock)
        async with running(app):
            if self.slack.delivery.url:
                self.slack.connect(f"http://127.0.0.1:{port}/slack/events", SIGNING)
            yield app


def drawn(blocks: list[dict[str, Any]]) -> str:
    """Blocks without what Slack adds to them, and without addresses, in which the port of a process stands."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(inner) for name, inner in value.items() if name not in ADDED}
        return [plain(inner) for inner in value] if isinstance(value, list) else value

    return json.dumps(plain(blocks), sort_keys=True)


def without(*scopes: str) -> Callable[[Slack], None]:
    """The app was installed without these permissions."""

    def change(slack: Slack) -> None:
        slack.app.scopes -= set(scopes)
        install = slack.teams["T1"].installed()
        install.scopes -= set(scopes)
        for token in install.tokens:
            token.scopes -= set(scopes)

    return change


@asynccontextmanager
async def course(
    folder: Path,
    *,
    begins: bool = True,
    private: bool = False,
    socket_mode: bool = False,
    change: Callable[[Slack], None] | None = None,
) -> AsyncIterator[Course]:
    """A workspace with the class in it, running while the context lasts."""
    async with telling(folder, NOW, socket_mode=socket_mode, change=change) as story:
        if socket_mode:
            await story.slack.delivery.sockets.arrived()
        told = Course(story, private=private)
        if begins:
            await told.begins()
        yield told


async def happens(what: Callable[[], Any], patience: float = 10.0) -> None:
    """Wait until this is so."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(patience):
            while not what():  # noqa: ASYNC110 - what is waited for has no event to wait for
                await asyncio.sleep(0.005)
    assert what(), "it does not happen"
