"""Cohost was down for two days: what was due meanwhile is done late, merged or left out, as it is still of use.

One session with its real dialogs, its learners in the web room. While it is down nothing rings and nothing is shown;
then another process begins on the same database. What each person got is what the outbox showed them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from bot.app import LOCAL, App, build
from bot.clock import HandClock
from bot.creating import Asked, Created, create_in
from bot.plans import Listed, templates
from bot.settings import OFF, TEAMS_OFF, load
from dialogs.base import Commanded
from storage.records import Post
from tests.storage.databases import Sqlite, copies

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
STARTS = NOON + timedelta(days=7)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LEARNERS = ["Ann", "Ben", "Cem"]


@pytest.fixture(scope="module")
def sqlite() -> Iterator[Callable[[], Sqlite]]:
    with copies() as fresh:
        yield fresh


class Life:
    """One database, the processes that ran on it one after the other, and what was shown for the first time."""

    def __init__(self, url: str) -> None:
        self.url, self.clock, self.number = url, HandClock(NOON), 0
        self.got: list[tuple[str, str]] = []  # the slot, and who got it

    @asynccontextmanager
    async def running(self) -> AsyncIterator[App]:
        """A process, while the context lasts: timers ring and messages are shown only when the test says so."""
        app = build(load(database_url=self.url, secret="s" * 32, slack=OFF, teams=TEAMS_OFF), self.clock)
        app.outbox.shown = self.shows
        app.engine.start()
        try:
            yield app
        finally:
            await app.stop()

    def shows(self, post: Post) -> None:
        """What is new to somebody."""
        if post.session and post.person and not post.ref:
            self.got.append((post.slot, post.person))

    async def until(self, app: App, moment: datetime) -> None:
        """It runs until then: timers ring when they are due, and what is due is shown."""
        while True:
            while await app.timers.ring() or await app.outbox.deliver():
                pass
            due = min((at for at in (await app.store.next_timer(), await app.store.next_post()) if at), default=moment)
            if due >= moment:
                break
            self.clock.move(max(0.0, (due - self.clock.now()).total_seconds()))
        self.clock.move(max(0.0, (moment - self.clock.now()).total_seconds()))
        while await app.timers.ring() or await app.outbox.deliver():
            pass

    async def plans(self, app: App) -> None:
        """A session with a checklist."""
        people = [Listed(name, "learner", "", "") for name in LEARNERS]
        asked = Asked(templates()["giving-feedback"], STARTS, "Hana", people, zone="UTC")
        self.created: Created = await create_in(app, asked)

    async def types(self, app: App, text: str) -> None:
        """Hana types this in the room."""
        self.number += 1
        typed = Commanded(
            id=f"t{self.number}", at=self.clock.now(), tenant=LOCAL, by=self.created.facilitator,
            place=f"web:{self.created.session}", text=text,
        )  # fmt: skip
        await app.engine.hear(typed)

    async def desk(self, app: App) -> list[str]:
        """What Hana's own card says."""
        room = await app.engine.room(self.created.session, self.created.facilitator)
        assert room
        (card,) = [one.card for one in room.seen if one.slot == "desk"]
        return ["".join(map(str, fact.label.pieces())) for fact in card.facts]

    def lists(self) -> dict[str, int]:
        """How many lists and reminders learners got."""
        return Counter(slot.partition(":")[0] for slot, who in self.got if who != self.created.facilitator)


@pytest.mark.parametrize(
    ("down", "up", "lists"),
    [
        # gone before the day on which the lists go out; back …
        (STARTS - 2 * DAY, STARTS - 20 * HOUR, {"list": 3, "reminder": 3}),  # … in time for the reminder
        (STARTS - 2 * DAY, STARTS - HOUR / 2, {"list": 3}),  # … after both were due: one message, not two
        (STARTS - 2 * DAY, STARTS, {}),  # … as it was to start
        (STARTS - 2 * DAY, STARTS + 2 * HOUR, {}),  # … after it was to start
        (STARTS - DAY - HOUR, STARTS + DAY, {}),  # … two days later
        # gone once the lists were out; back …
        (STARTS - 3 * HOUR, STARTS - HOUR / 2, {"list": 3, "reminder": 3}),  # … late, but of use
        (STARTS - 3 * HOUR, STARTS + 2 * DAY, {"list": 3}),  # … when nobody needs a reminder any more
    ],
)
async def test_what_was_due_meanwhile_is_late_merged_or_left_out(
    sqlite: Callable[[], Sqlite], down: datetime, up: datetime, lists: dict[str, int]
) -> None:
    life = Life(sqlite().url)
    async with life.running() as app:
        await life.plans(app)
        await life.until(app, down)
    life.clock.move((up - down).total_seconds())

    async with life.running() as app:
        before = len(life.got)
        await life.until(app, up + timedelta(minutes=10))
        at_once = Counter(who for slot, who in life.got[before:] if slot != "desk")
        await life.until(app, max(up, STARTS) + DAY)
        says = await life.desk(app)

    assert life.lists() == lists
    assert max(Counter(life.got).values()) == 1, "somebody got one thing twice"
    assert at_once[life.created.facilitator] <= 2, "those who lead get their own list and see who is ready"
    assert all(n == 1 for who, n in at_once.items() if who != life.created.facilitator), "several things at once"
    assert ("Checklists" in says) == (not lists)


async def test_who_moved_the_session_meanwhile_has_it_prepared_for_its_new_time(sqlite: Callable[[], Sqlite]) -> None:
    life = Life(sqlite().url)
    async with life.running() as app:
        await life.plans(app)
        await life.until(app, STARTS - 2 * DAY)
    life.clock.move(timedelta(days=4).total_seconds())  # over the lists, the reminder and the start

    async with life.running() as app:
        later = life.clock.now() + 3 * DAY
        await life.until(app, life.clock.now())
        missed = ("Checklists" in await life.desk(app), life.lists())
        await life.types(app, f"move {later:%Y-%m-%d %H:%M} UTC")
        await life.until(app, later - 2 * DAY)
        moved = ("Checklists" in await life.desk(app), life.lists())
        await life.until(app, later - HOUR / 2)

    assert (missed, moved) == ((True, {}), (False, {}))
    assert life.lists() == {"list": 3, "reminder": 3}


async def test_a_session_that_has_begun_or_ended_meanwhile_reminds_nobody(sqlite: Callable[[], Sqlite]) -> None:
    life = Life(sqlite().url)
    async with life.running() as app:
        await life.plans(app)
        await life.until(app, STARTS - 2 * DAY)
    life.clock.move((2 * DAY - HOUR).total_seconds())

    async with life.running() as app:
        await life.types(app, "start")  # Hana is quicker than the timers
        await life.until(app, STARTS + HOUR)
        await life.types(app, "end")
        await life.until(app, STARTS + 2 * DAY)

    assert {slot: n for slot, n in life.lists().items() if slot in {"list", "reminder"}} == {}
