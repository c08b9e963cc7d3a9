"""Two whole bots on one database and one Redis, each of which serves some pages of the same room.

People vote and talk at either, while Redis is well, killed, frozen, emptied or gone for good. What was acknowledged is
stored, and every page comes to show what is stored, whichever bot it hangs on.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

pytest.register_assert_rewrite("tests.adapters.contract")  # as test_contract.py wants it, whichever comes first

from adapters.base import Later  # noqa: E402
from adapters.slack.app import Slack  # noqa: E402
from adapters.slack.show import EDITS  # noqa: E402
from adapters.teams.app import Teams  # noqa: E402
from adapters.web.app import Web  # noqa: E402
from bot.app import LOCAL, App, build  # noqa: E402
from bot.settings import OFF, TEAMS_OFF, load  # noqa: E402
from bot.settings import Slack as SlackSettings  # noqa: E402
from bot.settings_teams import Teams as TeamsSettings  # noqa: E402
from dialogs import KINDS  # noqa: E402
from dialogs.base import Commanded, Left  # noqa: E402
from storage import hot_redis  # noqa: E402
from storage.facts import Rows  # noqa: E402
from tests.adapters.live_stream import events  # noqa: E402
from tests.adapters.web_stage import cards, take  # noqa: E402
from tests.bot.loops import until  # noqa: E402
from tests.postgres import Postgres  # noqa: E402
from tests.storage.databases import Sqlite  # noqa: E402
from tests.storage.redis_server import Server, serving  # noqa: E402

CHOICES = {"a": "Soup", "b": "Pizza"}
CROWD = 24


@pytest.fixture
def redis() -> Iterator[Server]:
    with serving() as server:
        yield server


class Page:
    """An open page: its cards as its script keeps them, and what was said."""

    def __init__(self) -> None:
        self.shown: dict[str, Any] = {}
        self.said: list[str] = []
        self.opened = asyncio.Event()

    def take(self, name: str, data: Any) -> None:
        take(self.shown, name, data)
        self.said += [line["html"] for line in data.get("chat", []) or ([data] if name == "chat" else [])]
        self.opened.set()


class Worker:
    """One bot, and a browser that knows only this one."""

    def __init__(self, app: App, client: aiohttp.ClientSession, url: str) -> None:
        self.app, self.client, self.url = app, client, url
        self.watching: list[asyncio.Task[None]] = []

    def room(self, session: str, person: str) -> str:
        return self.url + self.app.links.room(LOCAL, session, person).removeprefix(self.app.links.base_url)

    async def open(self, session: str, person: str) -> Page:
        page = Page()
        self.watching.append(asyncio.create_task(self._watch(self.room(session, person), page)))
        async with asyncio.timeout(10):
            await page.opened.wait()
        return page

    async def _watch(self, url: str, page: Page) -> None:
        async with self.client.get(f"{url}/live", timeout=aiohttp.ClientTimeout(total=None)) as stream:
            assert stream.status == 200
            async for name, data in events(stream):
                page.take(name, data)

    async def closes(self) -> None:
        """Every page of this browser is closed."""
        for task in self.watching:
            task.cancel()
        await asyncio.gather(*self.watching, return_exceptions=True)
        self.watching = []

    async def loaded(self, session: str, person: str) -> list[Any]:
        """The cards of a page that is loaded now: what is stored."""
        async with self.client.get(self.room(session, person)) as page:
            return [read for _, read in cards(await page.text())]

    async def act(self, session: str, person: str, **form: str) -> None:
        """Sent until it is acknowledged, as a page's script does."""
        form["id"] = str(uuid4())
        async with self.client.post(
            f"{self.room(session, person)}/act", data=form, headers={"Accept": "application/json"}
        ) as answer:
            assert answer.status == 200, await answer.text()


class House:
    """Two workers, and a session with an open poll."""

    def __init__(self, one: Worker, other: Worker) -> None:
        self.one, self.other = one, other
        self.session = self.poll = self.host = ""
        self.people: list[str] = []

    async def opens(self) -> None:
        app = self.one.app
        self.host = await app.store.admit(LOCAL, "web", "hana", "Hana", host=True)
        await self._types('start "Lunch"')
        desk = await app.engine.desk(self.host)
        self.session = desk.sessions[0].session if desk else ""
        await self._types(f'poll "What for lunch?" {" ".join(CHOICES.values())}', f"web:{self.session}")
        for number in range(CROWD):
            person = await app.engine.admit(self.session, f"Person {number}")
            assert person
            self.people.append(person)

        async def board() -> bool:
            room = await app.engine.room(self.session, self.host)
            self.poll = (
                next((seen.dialog for seen in room.seen if "lunch?" in str(seen.card.title)), "") if room else ""
            )
            return bool(self.poll)

        await until(board)

    async def _types(self, text: str, place: str | None = None) -> None:
        app = self.one.app
        await app.engine.hear(
            Commanded(id=text, at=app.clock.now(), tenant=LOCAL, by=self.host, place=place, text=text)
        )

    async def votes(self, worker: Worker, person: str, choice: str) -> None:
        await worker.act(
            self.session, person, kind="press", dialog=self.poll, slot="board", action="vote", value=choice
        )

    async def stored(self) -> dict[str, str]:
        tally = await self.one.app.store._reading(lambda db: Rows(db, KINDS).tally(self.poll, notes=True))
        return {note.person: note.value or "" for note in tally.latest("vote")}

    async def converges(self, worker: Worker, person: str, page: Page) -> None:
        """The page that was open all the time comes to show what one shows that is loaded now."""

        async def same() -> bool:
            now = await worker.loaded(self.session, person)
            return sorted(map(repr, now)) == sorted(repr(read) for _, read in page.shown.values())

        async with asyncio.timeout(20):
            await until(same)


@pytest.fixture
def database(server: Postgres) -> str:
    """Where several processes are at home."""
    return server.fresh().url


@pytest.fixture
async def house(redis: Server, database: str, alone: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(hot_redis, "PATROL", 0.5)
    async with AsyncExitStack() as stack:
        workers = []
        for _ in range(2):
            settings = load(database_url=database, redis_url=redis.url, secret="s" * 32, slack=OFF, teams=TEAMS_OFF)
            app = build(settings)
            app.start()
            stack.push_async_callback(app.stop)
            server = TestServer(app.http)
            await server.start_server()
            stack.push_async_callback(server.close)
            client = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
            workers.append(Worker(app, client, str(server.make_url("")).rstrip("/")))
            stack.push_async_callback(workers[-1].closes)
            await until(lambda app=app: app.hot.health == "ok")
        house = House(*workers)
        await house.opens()
        yield house


async def test_a_vote_at_one_worker_shows_on_the_pages_of_the_other(house: House) -> None:
    here, there = (
        await house.one.open(house.session, house.people[0]),
        await house.other.open(house.session, house.people[1]),
    )

    await house.votes(house.one, house.people[0], "a")

    await house.converges(house.one, house.people[0], here)
    await house.converges(house.other, house.people[1], there)
    board = there.shown[f"card-{house.poll}-board"][1]
    assert "1" in board.words
    assert await house.stored() == {house.people[0]: "a"}


async def test_what_is_said_at_one_worker_is_read_at_the_other_once(house: House) -> None:
    pages = [await worker.open(house.session, house.people[1]) for worker in (house.one, house.other)]

    await house.one.act(house.session, house.people[0], kind="say", text="Good morning")
    await until(lambda: all(page.said for page in pages))
    late = await house.other.open(house.session, house.people[2])

    assert [sum("Good morning" in line for line in page.said) for page in (*pages, late)] == [1, 1, 1]


TROUBLES: dict[str, tuple[Callable[[Server], None], Callable[[Server], None]]] = {
    "well": (lambda _: None, lambda _: None),
    "killed and started again": (Server.kill, Server.start),
    "frozen for a while": (Server.freeze, Server.thaw),
    "emptied": (Server.empty, lambda _: None),
    "gone for good": (Server.kill, lambda _: None),
}


@pytest.mark.parametrize("name", [*TROUBLES])
async def test_whatever_becomes_of_redis_nothing_is_lost_and_boards_converge(
    house: House, redis: Server, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    hurt, heal = TROUBLES[name]
    pages = [
        (worker, person, await worker.open(house.session, person))
        for worker, person in ((house.one, house.people[0]), (house.other, house.people[1]))
    ]
    dice, last = random.Random(7), dict[str, str]()
    presses = [(person, dice.choice([*CHOICES])) for person in [*house.people, *dice.sample(house.people, 8)]]

    for number, (person, choice) in enumerate(presses):
        if number == 8:
            hurt(redis)
        if number == 24:
            heal(redis)
        last[person] = choice
        await house.votes((house.one, house.other)[number % 2], person, choice)
        await asyncio.sleep(0.02)

    for worker, person, page in pages:
        await house.converges(worker, person, page)
    assert await house.stored() == last
    board = pages[1][2].shown[f"card-{house.poll}-board"][1]
    assert all(f"{count}" in board.words for count in Counter(last.values()).values())
    assert not [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    if name != "gone for good":
        for worker in (house.one, house.other):
            await until(lambda worker=worker: worker.app.hot.health == "ok")


async def test_readiness_says_where_redis_is_and_does_not_hang_on_it(house: House, redis: Server) -> None:
    async def told() -> tuple[int, str]:
        async with house.one.client.get(f"{house.one.url}/readyz") as answer:
            return answer.status, (await answer.json())["redis"]

    well = await told()
    redis.kill()
    await until(lambda: house.one.app.hot.health == "away")

    assert (well, await told()) == ((200, "ok"), (200, "away"))


async def test_whoever_closes_a_page_at_one_worker_and_has_another_open_elsewhere_has_not_left(house: House) -> None:
    heard: list[object] = []
    for worker in (house.one, house.other):
        web, hear = worker.app.adapters["web"], worker.app.engine.hear
        assert isinstance(web, Web)
        web._hub._after = 0.3

        async def listens(event: Any, hear: Any = hear) -> Any:
            heard.append(event)
            return await hear(event)

        worker.app.engine.hear = listens  # type: ignore[method-assign]
    await house.one.open(house.session, house.people[0])
    await house.other.open(house.session, house.people[0])

    await house.one.closes()
    await asyncio.sleep(2)
    stays = [event for event in heard if isinstance(event, Left)]
    await house.other.closes()
    await until(lambda: any(isinstance(event, Left) for event in heard))

    assert stays == []


async def test_what_a_platform_said_to_another_worker_is_obeyed_here(
    sqlite: Callable[[], Sqlite], alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAMS_AUTH_DISABLED", "true")
    monkeypatch.setenv("MicrosoftAppTenantId", "72f988bf-86f1-41af-91ab-2d7cd011db47")
    slack_ = SlackSettings(signing_secret=SecretStr("s"), bot_token=SecretStr("xoxb-1"))
    app = build(load(database_url=sqlite().url, secret="s" * 32, slack=slack_, teams=TeamsSettings()))
    slack, teams = app.adapters["slack"], app.adapters["teams"]
    assert isinstance(slack, Slack)
    assert isinstance(teams, Teams)
    await teams.start()
    assert teams._pool
    url, room = "http://127.0.0.1:1/", "19:room@thread.v2"  # nobody answers there, and nobody is to be asked
    until_then = (app.clock.now() + timedelta(seconds=500)).isoformat()
    waits = []
    try:
        for channel, whose in (("slack pauses", f"{LOCAL} chat.update"), ("teams pauses", f"write {room}")):
            await app.hot.publish(channel, json.dumps([whose, 500.0, until_then]))
        for call in (slack.call(LOCAL, "chat.update"), teams._pool.connector.send(url, room, {})):
            with pytest.raises(Later) as later:
                await call
            waits.append(later.value.seconds)
        await app.hot.spend(f"slack edits {LOCAL}", 60 / EDITS, app.clock.now(), EDITS)
        with pytest.raises(Later):
            await slack._show._edits.take(LOCAL)
    finally:
        await teams.stop()
        await app.store.close()
    assert waits == pytest.approx([500, 500], abs=60)


async def test_a_bot_that_stops_tells_the_other_that_something_may_be_left_to_show(app: App) -> None:
    await app.stop()

    async with asyncio.timeout(5):
        await app.hot.nudged("outbox")
