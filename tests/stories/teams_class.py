"""A small class in a Teams chat, for stories in which something fails; and what must hold after each of them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from aiohttp.web import TCPSite
from sqlalchemy import select, update
from yarl import URL

from adapters.base import Message as Shown
from adapters.base import RoomView
from bot.app import App, build, running
from dialogs.base import Member
from storage.tables import POST
from tests.storage.contract import take_due
from tests.stories.following import follows
from tests.stories.organisation import APP_ID, TENANT, Room, Story, User, message, telling
from tests.stories.slack_class import happens
from tests.stories.workspace import free_port
from tests.teams.delivery import Answer
from tests.teams.faults import Fault
from tests.teams.reading import Read
from tests.teams.service import Teams

Thing = dict[str, Any]

NOW = datetime(2027, 3, 24, 14, tzinfo=UTC)
TAKES = 0.002  # real seconds of each write, in which another one in the same conversation would be refused
SIGNED = re.compile(r"https?://127\.0\.0\.1:\d+/[^\"]*")  # the address of a page: the port of a process stands in it


class Kept(Exception):
    """What was about to be asked."""


class There(list[Fault]):
    """What goes wrong in one conversation only."""

    def __init__(self, teams: Teams, room: Room, faults: Iterable[Fault]) -> None:
        super().__init__(faults)
        self.teams, self.room = teams, room

    def __bool__(self) -> bool:
        return len(self) > 0 and self.teams.calls[-1].conversation.partition(";")[0] == self.room.id


class Course:
    """Hanna leads, three learn, all in one chat (channel, meeting) in which a session is open and a poll stands."""

    def __init__(self, story: Story, kind: str) -> None:
        self.story, self.teams, self.acme = story, story.teams, story.acme
        self.hanna = self.acme.user("Hanna Frei", installed=True)
        self.learners = [self.acme.user(name, installed=True) for name in ("Ida Lund", "Ben Okafor", "Cem Unal")]
        self.ida, self.ben, self.cem = self.learners
        everybody = [self.hanna, *self.learners]
        self.room: Room = self.acme.group_chat("class", members=everybody)
        if kind == "channel":
            self.room = self.acme.team("Training", members=everybody).channel("Feedback")
        elif kind == "meeting":
            self.room = self.acme.meeting("Feedback", members=everybody)
        self.at_once = 0  # refusals because of two writes at once that a story has ordered

    async def grows(self) -> list[User]:
        """Two more come in, so that there are enough for a survey."""
        two = [self.acme.user(name, installed=True) for name in ("Dora Lind", "Eli Marsh")]
        await self.room.adds(*two)
        await self.story.settles()
        return two

    async def begins(self) -> None:
        """The bot comes in, the session opens, and a poll is put."""
        await self.room.adds_bot()
        await self.story.settles()
        assert "is open here" in await self.types('start "Feedback"')
        await self.story.passes(4)
        await self.polls("Ready?")

    def another(self) -> Room:
        """One more chat with everybody and the bot in it."""
        return self.acme.group_chat("second", members=[self.hanna, *self.learners], bot=True)

    async def types(self, text: str, room: Room | None = None, who: User | None = None) -> str:
        """What Hanna is told about a command, in her own chat with the bot or where she typed it."""
        who, room = who or self.hanna, room or self.room
        before = {id(one.message) for one in (*who.direct, *who.reads(room))}
        await who.mentions_bot(room, text)
        await self.story.settles()
        new = [one for one in (*who.direct, *who.reads(room)) if id(one.message) not in before]
        return "\n".join(one.words for one in new if one.message and not one.message.cards)

    async def polls(self, question: str, room: Room | None = None, *, passes: float = 4.0) -> None:
        """Hanna puts a poll."""
        said = await self.types(f'poll "{question}" Yes No', room)
        assert said == ""
        if passes:
            await self.story.passes(passes)

    def boards(self, words: str, room: Room | None = None) -> list[Read]:
        """Every card that stands in the room and says this, as everybody sees it."""
        found = [one for one in (room or self.room).messages if one.author is None and one.cards and not one.deleted]
        return [read for one in found if words in (read := one.read_by(self.hanna)).words]

    def board(self, words: str, room: Room | None = None) -> Read:
        """The one of them."""
        (found,) = self.boards(words, room)
        return found

    async def votes(self, who: User, label: str, words: str = "Ready?", room: Room | None = None) -> Read:
        """Somebody presses a button on the newest board, and is answered."""
        return await who.presses(self.boards(words, room)[-1], label)

    async def press(self, who: User, read: Read, label: str) -> Thing:
        """A press that Teams delivers when the story wants it."""
        kept, delivery = list[Thing](), self.teams.delivery

        async def keep(activity: Thing) -> NoReturn:
            kept.append(activity)
            raise Kept

        usual, delivery.invoke = delivery.invoke, keep  # type: ignore[method-assign]
        try:
            await who.presses(read, label)
        except Kept:
            return kept[0]
        finally:
            delivery.invoke = usual  # type: ignore[method-assign]
        raise AssertionError(label)

    async def arrives(self, activity: Thing) -> Answer:
        """Teams delivers it, for the first time or once more."""
        answer = await self.teams.sends(activity, self.teams.delivery.header(activity))
        assert answer.ok, answer
        return answer

    async def people(self) -> Sequence[Member]:
        """Everybody in the session, as Hanna's page shows them."""
        page = await self.page()
        return page.roster

    async def page(self) -> RoomView:
        """Hanna's page of the session."""
        known = await self.story.app.store.at("local", f"teams:{self.room.id}")
        assert known
        leader = (await self.story.app.store.leading(known[0]))[0]
        page = await self.story.app.engine.room(known[0], leader)
        assert page
        return page

    def private(self, who: User, words: str) -> Read:
        """The newest direct message from the bot that says this."""
        return message(who.direct, words)

    def has(self, who: User, words: str) -> bool:
        """Whether a direct message says this."""
        return any(words in read.words for read in who.direct)

    def fails(self, name: str, *faults: Fault, room: Room | None = None) -> None:
        """The next calls of this name go wrong, if wanted of this room alone."""
        self.at_once += sum(fault.code == "PreconditionFailed" for fault in faults)
        if room:
            self.teams.faults[name] = There(self.teams, room, faults)
        else:
            self.teams.next(name, *faults)

    def called(self, name: str, room: Room | None = None) -> int:
        """How many calls have come to Teams."""
        return len(self.teams.called(name, room))

    def token_time(self) -> None:
        """From here on the bot's own tokens live by the clock of the story, too."""
        pool = self.story.adapter._pool
        assert pool
        tokens = pool.connector._tokens
        tokens._now = self.story.clock.now
        tokens._token, tokens._until, tokens._renew, tokens._again = "", *[self.story.clock.now()] * 3

    def moves(self, seconds: float) -> None:
        """Time passes, and nobody waits for what it brings."""
        self.story.clock.move(seconds)

    # -- what must hold ------------------------------------------------------------------------------------------------

    async def is_right(
        self, *, orphans: tuple[str, ...] = (), ended: tuple[str, ...] = (), troubles: tuple[str, ...] = ()
    ) -> None:
        """Every card looks as what is stored would be drawn now, none is due, none stands twice, none was overtaken.

        orphans: the first lines of cards that nothing stored points to. ended: the slots of messages that came to
        their end. troubles: what of it Teams has said to people.
        """
        await follows(self.story.app, self.story.passes)
        refs, gone = await self.story.app.store._reading(lambda db: (
            set(db.execute(select(POST.c.ref).where(POST.c.ref.is_not(None))).scalars()),
            sorted(db.execute(select(POST.c.slot).where(POST.c.state == "gone")).scalars()),
        ))  # fmt: skip
        unused = {name: len(faults) for name, faults in self.teams.faults.items() if len(faults)}
        assert unused == {}
        found = (await self.stale(), self.orphans(refs), gone)
        assert found == ([], sorted(orphans), sorted(ended)), found
        overtaken = [call.name for call in self.teams.calls if call.code == "PreconditionFailed"]
        assert len(overtaken) == self.at_once, overtaken
        told = [*self.teams.troubles, *(said for user in self.acme.users for said in user.troubles)]
        assert told == list(troubles), told

    def orphans(self, refs: set[str]) -> list[str]:
        """Cards of ours that nothing stored points to."""
        cards = [one for room in self.teams.rooms.values() for one in room.messages if one.author is None and one.cards]
        lost = [one for one in cards if not one.deleted and f"teams:{one.room.id}|{one.id}" not in refs]
        return sorted(one.read_by(self.hanna).words.partition("\n")[0] for one in lost)

    async def stale(self) -> list[str]:
        """What stands otherwise than it would be drawn now. A story asks this last: it takes every message."""
        app, show = self.story.app, self.story.adapter._show
        assert show
        live = POST.c.state != "gone"
        waiting = await app.store.next_post()
        assert waiting is None or waiting > self.story.clock.now(), waiting
        await app.store._writing(lambda db: db.execute(update(POST).where(live).values(due=NOW)))
        found = []
        for post in await take_due(app.store, self.story.clock.now(), "witness"):
            if not (post.place or "teams:").startswith("teams:") or post.card.page:
                continue
            given = Shown(
                post=post.id, tenant=post.tenant, dialog=post.dialog, slot=post.slot, session=post.session,
                place=post.place, person=post.person, card=post.card, names=post.names,
            )  # fmt: skip
            wanted = await show._activity(given)
            conversation, _, id_ = (post.ref or "teams:|").removeprefix("teams:").rpartition("|")
            room = self.teams.rooms.get(conversation)
            stands = room.find(id_) if room else None
            if stands is None:
                found.append(f"missing: {post.slot} {wanted['summary']}")
            elif drawn(stands.said) != drawn(wanted):
                found.append(f"old: {post.slot} {stands.read_by(self.hanna).words}")
        return found

    # -- the process dies ----------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def killed(self, **teams: Any) -> AsyncIterator[None]:
        """The process dies this moment; another one runs on the same database, with these settings of Teams changed."""
        old = self.story.app
        for loop in (loops := [*old.loops, *([old.engine._loop] if old.engine._loop else [])]):
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        async with self.successor(**teams) as app:
            self.story.app = app
            yield
        self.story.app = old

    @asynccontextmanager
    async def successor(self, **teams: Any) -> AsyncIterator[App]:
        """One more process on the same database. What comes by HTTP goes to it from here on."""
        port, old = free_port(), self.story.app.settings
        app = build(
            old.model_copy(update={"port": port, "teams": old.teams.model_copy(update=teams)}), self.story.clock
        )
        async with running(app):
            url = f"http://127.0.0.1:{port}/api/messages"
            self.teams.connect(url, app_id=APP_ID, app_password=self.teams.app_password, tenant=TENANT)
            yield app


def drawn(said: dict[str, Any]) -> str:
    """A message without its id, and without addresses of pages."""
    return SIGNED.sub("", json.dumps({name: value for name, value in said.items() if name != "id"}, sort_keys=True))


@asynccontextmanager
async def course(
    folder: Path, kind: str = "chat", *, begins: bool = True, limits: bool = True
) -> AsyncIterator[Course]:
    """An organisation with the class in it, running while the context lasts."""
    async with telling(folder, NOW) as story:
        story.teams.takes, story.teams.limits = TAKES, limits
        told = Course(story, kind)
        if begins:
            await told.begins()
        yield told


@asynccontextmanager
async def unreachable(told: Course) -> AsyncIterator[None]:
    """Nobody listens at Teams' address meanwhile, as when a firewall or a route is broken."""
    runner, port = told.teams.web.runner, URL(told.teams.web.url).port
    for site in [*runner.sites]:
        await site.stop()
    pool = told.story.adapter._pool
    assert pool
    assert pool.session.connector
    for kept in [*pool.session.connector._conns.values()]:
        for protocol, _ in kept:
            protocol.close()
    try:
        yield
    finally:
        await TCPSite(runner, "127.0.0.1", port).start()


__all__ = ["Course", "Fault", "Thing", "course", "happens", "unreachable"]
