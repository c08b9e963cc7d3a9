"""Two organisations on one bot: whatever either does, nothing of the other is read, and nothing of it is changed."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.app import build, running
from bot.clock import HandClock
from bot.settings import OFF, load
from bot.settings_teams import Teams as TeamsSettings
from tests.stories.organisation import APP_ID, PASSWORD, Room, Story, User
from tests.stories.workspace import free_port
from tests.teams import activities
from tests.teams.cards import offered
from tests.teams.reading import Read
from tests.teams.service import Teams
from tests.teams.tenants import Tenant

START = datetime(2027, 3, 24, 14, tzinfo=UTC)
TITLE = "The same title"
ACME, UMBRELLA, STRANGERS = (f"{letter * 8}-bbbb-4ccc-8ddd-eeeeeeeeeeee" for letter in "abc")

Thing = dict[str, Any]


@dataclass
class Side:
    """One organisation. Its secret word is in whatever its people write and in their names."""

    story: Story
    tenant: Tenant
    secret: str
    port: int
    database: Path
    told: list[str] = field(default_factory=list)  # whatever its people were answered, and pages that they opened

    async def settle(self) -> None:
        """People, a chat with the bot in it, and another in which there is never a session."""
        self.people = [self.tenant.user(f"{name} {self.secret}", installed=True) for name in ("Hanna", "Ida", "Ben")]
        self.room: Room = self.tenant.group_chat("class", members=self.people)
        self.lobby: Room = self.tenant.group_chat("lobby", members=self.people)
        for person in self.people:
            await person.installs()
        for room in (self.room, self.lobby):
            await room.adds_bot()
            room.rsc = True

    @property
    def ours(self) -> str:
        return f"teams:{self.tenant.id}"

    @property
    def host(self) -> User:
        return self.people[0]

    async def types(self, text: str, room: Room | None = None, *mentioned: Thing) -> None:
        """Somebody who leads tells the bot something, perhaps with mentions that nobody could choose in Teams."""
        bot = self.story.teams.bot_account()
        tags = [(f"<at>{bot['name']}</at>", bot), *((f"<at>{n}</at>", one) for n, one in enumerate(mentioned))]
        entities = [{"type": "mention", "text": tag, "mentioned": one} for tag, one in tags]
        said = f"{tags[0][0]} {text} {' '.join(tag for tag, _ in tags[1:])}".rstrip()
        await self.sends(activities.activity(room or self.room, self.host, "message", text=said, entities=entities))

    async def presses(
        self, who: User, data: object, *, trigger: str = "manual", by: Thing | None = None, **other: Any
    ) -> Thing:
        """Press what carries this, in one's own chat."""
        verb = "refresh" if trigger == "automatic" else "press"
        value = {"action": {"type": "Action.Execute", "verb": verb, "data": data}, "trigger": trigger}
        activity = activities.activity(self.room, who, "invoke", name="adaptiveCard/action", value=value)
        return await self.sends(
            activity | {"from": by or who.account(), "replyToId": self.story.teams.new_id()} | other
        )

    async def sends(self, activity: Thing) -> Thing:
        """Signed by Microsoft; what is answered is kept."""
        answer = await self.story.teams.sends(activity, self.story.teams.good_header())
        assert answer.status == 200, answer
        self.told.append(answer.body)
        return answer.thing or {}

    async def opens(self, address: str) -> int:
        """Open a page of the bot's; what it says is kept."""
        url = f"http://127.0.0.1:{self.port}{urlsplit(address).path}"
        async with aiohttp.ClientSession() as browser, browser.get(url) as got:
            self.told.append(await got.text())
            return got.status

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that is stored of this organisation."""
        with closing(sqlite3.connect(self.database)) as db:
            tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            found = {}
            for table in tables:
                columns = {row[1] for row in db.execute(f'PRAGMA table_info("{table}")')}
                where = next((by for column, by in BELONGS.items() if column in columns), None)
                if where:
                    rows = db.execute(f'SELECT * FROM "{table}" WHERE {where}', (self.ours,))  # noqa: S608
                    found[table] = sorted(rows, key=repr)
            return found

    def messages(self) -> Iterator[Any]:
        """Whatever stands in its chats."""
        for room in self.story.teams.rooms.values():
            if room.tenant is self.tenant:
                yield from room.messages

    def buttons(self) -> list[Thing]:
        """What can be pressed in this organisation, each by what it carries."""
        cards = [card for one in self.messages() for card in (*one.cards, *one.views.values())]
        found = [action.get("data") for card in cards for action in offered(card) if action["type"] == "Action.Execute"]
        return list({json.dumps(one, sort_keys=True): dict(one) for one in found if one}.values())

    def board(self, words: str) -> Read | None:
        """The newest message in the chat that says this."""
        return next((one for one in reversed(self.host.reads(self.room)) if words in one.words), None)

    def persons(self) -> list[str]:
        """Its people, as the bot knows them."""
        return [str(row[3]) for row in self.rows()["identity"]]

    def dialogs(self, kind: str = "") -> list[str]:
        return [str(row[0]) for row in self.rows()["dialog"] if kind in {"", row[4]}]

    def all_read(self) -> str:
        """Whatever stands or stood before this organisation's people, and whatever they were answered."""
        stood = [repr((one.said, one.earlier, one.views)) for one in self.messages()]
        return "\n".join([*stood, *self.told])


BELONGS = {
    "tenant": "tenant = ?",
    "dialog": "dialog IN (SELECT id FROM dialog WHERE tenant = ?)",
    "session": "session IN (SELECT id FROM dialog WHERE tenant = ?)",
}
Act = Callable[[Side, Side], Awaitable[None]]


@asynccontextmanager
async def telling_two(folder: Path) -> AsyncIterator[tuple[Side, Side]]:
    """Two organisations that are served by one bot, running while the context lasts."""
    clock, port = HandClock(START), free_port()
    async with Teams(now=clock.now, limits=False) as teams:
        teams.connect(f"http://127.0.0.1:{port}/api/messages", app_id=APP_ID, app_password=PASSWORD)
        told = TeamsSettings(
            app_id=APP_ID,
            app_password=SecretStr(PASSWORD),
            app_type="MultiTenant",
            listed=f"{ACME}, {UMBRELLA.upper()}",
            openid_metadata_url=teams.openid_url,
            login_url=teams.login_url,
        )
        database = folder / "two.db"
        url, secret = f"sqlite:///{database}", "not a secret, a story"
        app = build(load(database_url=url, secret=secret, port=port, slack=OFF, teams=told), clock)
        async with running(app):
            sides = []
            for tenant_id, word in ((ACME, "Quokka"), (UMBRELLA, "Zyzzyva")):
                tenant = teams.tenant(tenant_id, name=f"{word} Inc")
                sides.append(Side(Story(app, clock, teams, tenant), tenant, word, port, database))
                await sides[-1].settle()
            yield sides[0], sides[1]


# -- what people do ----------------------------------------------------------------------------------------------------


async def starts(us: Side, _: Side) -> None:
    await us.types(f'start "{TITLE}"')
    await us.story.passes(3)


async def polls(us: Side, _: Side) -> None:
    await us.types(f'poll "The same question?" "Yes {us.secret}" No')
    await us.story.passes(3)


async def polls_alone(us: Side, _: Side) -> None:
    """Where no session is."""
    await us.types(f'poll "Lunch?" "Pizza {us.secret}" Soup', us.lobby)
    await us.story.passes(3)


async def votes(us: Side, _: Side) -> None:
    board = us.board("The same question?")
    for who in us.people[1:]:
        label = f"Yes {us.secret}"
        if board and label in board.buttons:
            us.told.append((await who.presses(board, label)).words)
    await us.story.passes(3)


async def asks(us: Side, _: Side) -> None:
    await us.types(f'ask "What about {us.secret}?"')
    await us.story.passes(15)


async def asks_all(us: Side, _: Side) -> None:
    await us.types(f'open "Anything on {us.secret}?"')
    await us.story.passes(65)


async def hears(us: Side, _: Side) -> None:
    await us.types("heard")
    await us.types("heard", None, us.people[1].account())
    await us.story.passes(3)


async def lists(us: Side, _: Side) -> None:
    for typed in ("roster", "sessions", "survey results", "checklist", "digest"):
        await us.types(typed)
        await us.types(typed, us.host.personal)
    await us.story.passes(3)


async def ends(us: Side, _: Side) -> None:
    await us.types("end")
    await us.story.passes(10)


async def writes(us: Side, _: Side) -> None:
    await us.people[2].writes(us.room, f"We talk about {us.secret} here")
    await us.story.passes(3)


async def looks(us: Side, _: Side) -> None:
    """Whatever refreshes by itself, what waits for somebody, and every page of one's own."""
    for person in us.people:
        await person.looks(us.room)
        for session in us.dialogs("session"):
            await us.presses(person, {"d": session, "s": "", "a": "mine", "v": ""})
    links = us.story.app.links
    for person_id in us.persons():
        assert await us.opens(links.desk(us.ours, person_id)) in {200, 404}
        for session in us.dialogs("session"):
            await us.opens(links.room(us.ours, session, person_id))
            await us.opens(links.report(us.ours, session, person_id))
    await us.story.passes(3)


# -- and what nobody could do in Teams, with all that they could ever learn of the others ------------------------------


async def presses_theirs(us: Side, them: Side) -> None:
    for data in them.buttons():
        await us.presses(us.host, data)
        await us.presses(us.people[1], data, conversation=activities.conversation(us.people[1].personal))


async def acts_as_they(us: Side, them: Side) -> None:
    """The same ids of people and of their chat, though in our own organisation."""
    there = activities.conversation(us.room) | {"id": them.room.id}
    for person in them.people:
        for data in them.buttons():
            await us.presses(person, data, by=person.account() | {"name": "x"}, conversation=there)
    for typed in ("end", "roster", "heard"):
        said = activities.activity(us.room, us.host, "message", text=f"/ilt {typed}")
        await us.sends(said | {"conversation": there})
    # One of theirs is in a chat of ours: what is answered is not said in the chat that they have with the bot.
    await us.sends(
        activities.activity(us.room, them.host, "message", text="/ilt roster")
        | {"from": them.host.account() | {"name": "x"}}
    )


async def refreshes_theirs(us: Side, them: Side) -> None:
    for dialog, slot in {(str(row[2]), str(row[3])) for row in them.rows()["post"]}:
        for person in us.people[:2]:
            answer = await us.presses(person, {"d": dialog, "s": slot}, trigger="automatic")
            assert answer["value"] == "Received."
    for session in them.dialogs("session"):
        await us.presses(us.host, {"d": session, "s": "", "a": "mine", "v": ""})


async def submits_theirs(us: Side, them: Side) -> None:
    for dialog in them.dialogs():
        for action in ("send", "create", "close"):
            await us.presses(us.host, {"d": dialog, "s": "form", "a": action, "v": "", "f": 1, "q1": "1"})


async def names_theirs(us: Side, them: Side) -> None:
    for person in them.persons()[:2]:
        for typed in ("roster add {}", "roster remove {}", "roster facilitator {}", "heard {}"):
            await us.types(typed.format(f"<@{person}>"))
    theirs = them.host.account() | {"name": "x"}
    for typed in ("roster add", "roster facilitator", "heard"):
        await us.types(typed, None, theirs)
        await us.types(typed, None, {"id": them.host.aad_id, "name": "x"})
    await us.types("roster manager", None, theirs, us.people[1].account())


async def browses_theirs(us: Side, them: Side) -> None:
    links = us.story.app.links
    for ours in us.persons():
        assert await us.opens(links.desk(them.ours, ours)) == 404
    for theirs in them.persons():
        assert await us.opens(links.desk(us.ours, theirs)) == 404
    for session in them.dialogs("session"):
        for ours in us.persons():
            for tenant in (us.ours, them.ours):
                for link in (links.room, links.people, links.report):
                    assert await us.opens(link(tenant, session, ours)) == 404
        for theirs in them.persons():
            assert await us.opens(links.room(us.ours, session, theirs)) == 404


OWN: list[Act] = [starts, polls, polls_alone, votes, asks, asks_all, hears, lists, ends, writes, looks]
CROSS: list[Act] = [presses_theirs, acts_as_they, refreshes_theirs, submits_theirs, names_theirs, browses_theirs]
Steps = list[tuple[int, Act]]


async def told(steps: Steps) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with telling_two(Path(folder)) as sides:
            for which, act in steps:
                us, them = sides[which], sides[1 - which]
                await us.story.settles()
                before, written = them.rows(), [repr(one.said) for one in them.messages()]
                await act(us, them)
                await us.story.settles()
                if act in CROSS:
                    assert them.rows() == before, f"{act.__name__} of {us.secret}"
                    assert [repr(one.said) for one in them.messages()] == written, f"{act.__name__} of {us.secret}"
            for us, them in (sides, sides[::-1]):
                read = us.all_read()
                assert us.secret in read
                assert them.secret not in read, excerpt(read, them.secret)
                for id_ in (*them.persons(), *them.dialogs("session")):
                    assert id_ not in read.replace(f"<@{id_}>", ""), excerpt(read, id_)
            # Who is of another organisation has no chat with the bot in ours, and is no member of the chat where they
            # wrote: that it asks for the one, and calls on them by name in the other, is all.
            forged = ("nobody of this tenant", *(f"mentions {side.host.id}, who is not in the" for side in sides))
            troubles = sides[0].story.teams.troubles
            assert [one for one in troubles if not any(words in one for words in forged)] == []


def excerpt(read: str, words: str) -> str:
    at = read.index(words)
    return read[max(0, at - 300) : at + 100]


EVERYTHING = [
    *((n, act) for act in (*OWN[:6], looks) for n in (0, 1)),
    *((n, act) for act in (writes, looks, *CROSS, hears, lists, ends, looks, *CROSS) for n in (0, 1)),
]


@pytest.mark.timeout(240)  # a bot and two organisations for every example
@settings(max_examples=5, deadline=None, suppress_health_check=[*HealthCheck])
@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(OWN + CROSS)), min_size=6, max_size=12))
@example(EVERYTHING)
@example([(0, acts_as_they), (0, asks)])  # whoever wrote in the chat is called on
def test_nothing_of_one_organisation_is_read_or_changed_by_the_other(steps: Steps) -> None:
    asyncio.run(told([(n, act) for act in (starts, polls, polls_alone) for n in (0, 1)] + steps))


async def test_each_has_all_of_its_own(tmp_path: Path) -> None:
    """What the property says is worth something only if both really have a session, a poll and votes."""
    async with telling_two(tmp_path) as sides:
        for us, them in (sides, sides[::-1]):
            for act in (starts, polls, votes):
                await act(us, them)
        for us in sides:
            board = us.board("The same question?")
            assert board
            assert ("2 of 2" in board, f"Yes {us.secret}" in board.buttons) == (True, True)
            assert len(us.buttons()) >= 5
            assert len(us.dialogs("session")) == 1
            assert {"note", "post", "address", "identity", "person", "dialog"} <= {
                name for name, rows in us.rows().items() if rows
            }


async def test_an_organisation_that_is_not_on_the_list_is_not_heard(tmp_path: Path) -> None:
    async with telling_two(tmp_path) as sides:
        us, them = sides
        await starts(us, them)
        await polls(us, them)
        teams = us.story.teams
        strangers = teams.tenant(STRANGERS, name="Strangers")
        eve = strangers.user("Eve", installed=True)
        chat = strangers.group_chat("theirs", members=[eve], bot=True)
        await us.story.settles()
        before, calls = [side.rows() for side in sides], len(teams.calls)
        vote = {"action": {"type": "Action.Execute", "verb": "press", "data": us.buttons()[0]}, "trigger": "manual"}
        sent = [
            activities.activity(chat, eve, "message", text='/ilt start "Mine"'),
            activities.activity(eve.personal, eve, "message", text="sessions"),
            activities.activity(chat, eve, "invoke", name="adaptiveCard/action", value=vote),
            activities.membership(chat, eve, [{"id": teams.bot_id}], added=True),
            activities.installation(eve.personal, eve, "add"),
            activities.installation(eve.personal, eve, "remove"),
        ]
        # Nor by a conversation of ours, while either place says that it is theirs.
        there = activities.conversation(us.room)
        sent += [one | {"conversation": there} for one in sent] + [
            one | {"channelData": activities.channel_data(us.room)} for one in sent
        ]
        for one in sent:
            answer = await teams.sends(one, teams.good_header())
            assert (answer.status, answer.body) == (401, "This organisation is not served here.")
        await us.story.settles()
        assert [side.rows() for side in sides] == before
        assert [one.name for one in teams.calls[calls:]] == []
