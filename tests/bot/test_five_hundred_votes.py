"""Five hundred people vote, every press is delivered twice in any order, and a third of them change their minds.

The real poll, store, outbox and web room, on a clock that stands until the test moves it. The test reckons for itself
what everybody's vote must be, and looks only at what was answered, what is stored, and what was shown.
"""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import timedelta
from queue import Queue
from typing import TypeAlias

import pytest
from sqlalchemy.exc import OperationalError

from bot.app import LOCAL, App
from bot.clock import HandClock
from bot.engine import UnheardError
from bot.outbox import Outbox
from dialogs import KINDS
from dialogs.base import Commanded, Joined, Noted, Pressed
from dialogs.card import Card, Text
from storage.facts import Rows
from tests.adapters.small_platform import Recording
from tests.postgres import SERVERS
from tests.storage.contract import NOON, plain

PEOPLE = [f"p{n:03}" for n in range(500)]
CHOICES = {"a": "Soup", "b": "Pizza", "c": "Salad"}
TICKS = 50  # in ten seconds
Trouble: TypeAlias = Callable[[App], AbstractContextManager[None]]


class Room:
    """A session with an open poll, five hundred people in it, and a record of what was shown."""

    def __init__(self, app: App, hands: HandClock) -> None:
        self.app, self.hands = app, hands
        self.screen = Recording(app.adapters["web"])
        self.outbox = Outbox(app.store, app.hot, hands, {"web": self.screen})
        self.poll = self.place = ""

    async def open(self) -> None:
        """The poll is in the room, and everybody too."""
        host = await self.app.store.admit(LOCAL, "web", "hana", "Hana", host=True)
        await self._types(host, 'start "Lunch"')
        desk = await self.app.engine.desk(host)
        self.place = f"web:{desk.sessions[0].session if desk else ''}"
        await self._types(host, f'poll "What for lunch?" {" ".join(CHOICES.values())}', self.place)
        joined = [Joined(id=f"j{p}", at=NOON, tenant=LOCAL, by=p, place=self.place) for p in PEOPLE]
        await asyncio.gather(*map(self.app.engine.hear, joined))
        while await self.outbox.deliver():
            self.hands.move(2)
        self.poll = next(call.dialog for call in self.screen.called if plain(call.card.title) == "What for lunch?")
        self.screen.called.clear()

    async def _types(self, by: str, text: str, place: str | None = None) -> None:
        await self.app.engine.hear(Commanded(id=text, at=NOON, tenant=LOCAL, by=by, place=place, text=text))

    def boards(self) -> list[Card]:
        """The poll's card, each time that it was shown."""
        return [call.card for call in self.screen.called if call.dialog == self.poll]

    async def stored(self) -> dict[str, Noted]:
        """Every vote in the database."""
        tally = await self.app.store._reading(lambda db: Rows(db, KINDS).tally(self.poll, notes=True))
        return {note.person: note for note in tally.latest("vote")}


def votes(room: Room, dice: random.Random) -> list[Pressed]:
    """One press of each, a third of them change once and a few twice, each at a moment of its own."""
    start = room.hands.now()
    words = {"tenant": LOCAL, "place": room.place, "dialog": room.poll, "action": "vote"}
    moments = {person: dice.sample(range(10_000), dice.choices([1, 2, 3], [6, 3, 1])[0]) for person in PEOPLE}
    return [
        Pressed(
            id=f"{person} {moment}",
            at=start + timedelta(milliseconds=moment),
            by=person,
            value=dice.choice([*CHOICES]),
            **words,
        )
        for person in PEOPLE
        for moment in moments[person]
    ]


@contextmanager
def some_refused(app: App) -> Iterator[None]:
    """The database refuses what some people write, in the middle of a batch: their rows, not the others'."""
    if app.store._write.dialect.name == "postgresql":
        with app.store._write.begin() as db:
            db.exec_driver_sql(
                "CREATE FUNCTION no() RETURNS trigger AS $$ BEGIN RAISE 'not this one'; END $$ LANGUAGE plpgsql"
            )
            db.exec_driver_sql(
                "CREATE TRIGGER no BEFORE INSERT OR UPDATE ON note FOR EACH ROW"
                " WHEN (NEW.key = 'vote' AND NEW.person LIKE '%%7') EXECUTE FUNCTION no()"
            )
        yield
        with app.store._write.begin() as db:
            db.exec_driver_sql("DROP TRIGGER no ON note")
        return
    with app.store._write.begin() as db:
        refuse = "SELECT RAISE(ABORT, 'not this one')"
        some = "WHEN NEW.key = 'vote' AND NEW.person LIKE '%7'"
        for what in ("INSERT", "UPDATE"):
            db.exec_driver_sql(f"CREATE TRIGGER no_{what} BEFORE {what} ON note {some} BEGIN {refuse}; END")
    yield
    with app.store._write.begin() as db:
        for what in ("INSERT", "UPDATE"):
            db.exec_driver_sql(f"DROP TRIGGER no_{what}")


@contextmanager
def disk_full(app: App) -> Iterator[None]:
    """The disk is full: whole batches fail at whatever row needs the next page."""
    pages = at_most(app, 1)  # SQLite does not go below what it has
    at_most(app, pages + 2)
    yield
    at_most(app, pages + 100_000)


def at_most(app: App, pages: int) -> int:
    """How large the file may grow, told to the connection that writes, by its own thread. Returns how large it is."""

    def limit() -> int:
        with app.store._writes.begin() as db:
            db.exec_driver_sql(f"PRAGMA max_page_count={pages}")
            return int(db.exec_driver_sql("PRAGMA page_count").scalar() or 0)

    told: Queue[int] = Queue()
    app.store._writer.do(lambda: told.put(limit()))
    return told.get()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """The one that the case is about."""
    url: str = request.getfixturevalue(request.param)().url
    return url


@contextmanager
def restarted(app: App) -> Iterator[None]:
    """The power of the database's machine fails, and comes back."""
    server = SERVERS[int(app.store._write.url.port or 0)]
    server.stop(signal.SIGQUIT)
    server.start()
    yield


@pytest.mark.parametrize(
    ("database", "trouble", "fails"),
    [
        pytest.param("sqlite", nullcontext, False, id="SQLite, calm"),
        pytest.param("sqlite", some_refused, True, id="SQLite, some rows are refused"),
        pytest.param("sqlite", disk_full, True, id="SQLite, the disk is full for a while"),
        pytest.param("postgres", nullcontext, False, id="PostgreSQL, calm"),
        pytest.param("postgres", some_refused, True, id="PostgreSQL, some rows are refused"),
        pytest.param("postgres", restarted, False, id="PostgreSQL, the power fails"),
    ],
    indirect=["database"],
)
async def test_five_hundred_votes_each_delivered_twice_are_five_hundred_answers_the_newest_of_each_and_ten_edits(
    app: App, hands: HandClock, trouble: Trouble, *, fails: bool
) -> None:
    dice = random.Random(20261124)
    room = Room(app, hands)
    await room.open()
    presses = votes(room, dice)
    deliveries = [*presses, *presses]
    dice.shuffle(deliveries)
    acknowledged: dict[str, Pressed] = {}

    async def press(delivery: Pressed) -> None:
        answer = await app.engine.hear(delivery)
        assert isinstance(answer.reply, Text)
        if plain(answer.reply) == f"Your vote: {CHOICES[delivery.value]}":
            acknowledged[delivery.id] = delivery

    async def tick(number: int) -> None:
        some = deliveries[number::TICKS]
        results = await asyncio.gather(*map(press, some), return_exceptions=True)
        assert [one for one in results if one is not None and not (fails and isinstance(one, UnheardError))] == []
        with suppress(*([OperationalError] if fails else [])):  # the loop would stumble and go on
            await room.outbox.deliver()

    for number in range(20):
        await tick(number)
        hands.move(10 / TICKS)
    with trouble(app) if trouble is not nullcontext else nullcontext():
        for number in range(20, 30):
            await tick(number)
            # Nothing is acknowledged that is not stored, in the middle of the trouble.
            stored = await room.stored()
            behind = [one for one in acknowledged.values() if stored[one.by or ""].at < one.at]
            assert behind == []
            hands.move(10 / TICKS)
    for number in range(30, TICKS):
        await tick(number)
        hands.move(10 / TICKS)
    edits = len(room.boards())
    missed = [one for one in presses if one.id not in acknowledged]
    await asyncio.gather(*map(press, missed))
    while await room.outbox.deliver():
        hands.move(2)

    newest = {one.by: one for one in sorted(presses, key=lambda one: one.at)}
    first = {one.by: one for one in sorted(presses, key=lambda one: one.at, reverse=True)}
    stored = await room.stored()
    counted = Counter(one.value for one in newest.values())
    last = room.boards()[-1]
    assert bool(missed) is fails
    assert len(acknowledged) == len(presses)
    assert {person: (note.value, note.first, note.at) for person, note in stored.items()} == {
        person: (newest[person].value, first[person].value, newest[person].at) for person in PEOPLE
    }
    assert {plain(bar.label): bar.count for bar in last.bars} == {CHOICES[one]: counted[one] for one in CHOICES}
    assert sum(bar.count for bar in last.bars) == 500
    assert 1 <= edits <= 10
