"""The timers: what is due rings once, the late ones after a downtime too, and poison is set aside in plain sight."""

import asyncio
from datetime import datetime, timedelta
from typing import cast

import pytest

from bot.engine import Engine, UnheardError
from bot.timers import Timers
from dialogs.base import Wake
from storage.hot import MemoryHot
from storage.sql import SqlStore
from tests.bot.loops import running, until
from tests.storage.contract import NOON, World

SECOND = timedelta(seconds=1)


class Watch:
    """A dialog with timers, and the loop that rings them."""

    def __init__(self, world: World, engine: Engine, host: str, dialog: str) -> None:
        self.world, self.host, self.dialog = world, host, dialog
        self.hot = cast("MemoryHot", engine.hot)
        self.timers = Timers(world.store, self.hot, world.clock, engine)

    async def wakes(self, *waking: Wake) -> None:
        """Set these."""
        await self.world.does(self.host, self.dialog, *waking)

    async def heard(self) -> list[str]:
        """What has rung."""
        found: list[str] = (await self.world.ask(self.dialog, self.host))["heard"]
        return found


@pytest.fixture
async def watch(world: World, engine: Engine) -> Watch:
    host = await world.host()
    return Watch(world, engine, host, await world.dialog(await world.session(host), "watch", by=host))


async def test_what_is_due_rings_and_nothing_else(watch: Watch) -> None:
    await watch.wakes(Wake("now", NOON), Wake("later", NOON + 5 * SECOND))

    rung = [await watch.timers.ring()]
    for _ in range(2):
        watch.world.move(5)
        rung.append(await watch.timers.ring())

    assert (rung, await watch.heard()) == ([1, 1, 0], ["Rang now", "Rang later"])


async def test_after_a_downtime_everything_that_was_due_meanwhile_rings_once(watch: Watch) -> None:
    await watch.wakes(*(Wake(f"t{n:03}", NOON + n * SECOND) for n in range(250)))
    watch.world.move(3600)

    rung = [await watch.timers.ring() for _ in range(4)]

    assert rung == [100, 100, 50, 0]
    assert sorted(await watch.heard()) == [f"Rang t{n:03}" for n in range(250)]


async def test_a_timer_that_fails_is_tried_five_times_and_then_set_aside(watch: Watch) -> None:
    await watch.wakes(Wake("fail", NOON), Wake("good", NOON))
    tries = []
    for second in range(120):
        tries += [second] * (await watch.timers.ring())
        watch.world.move(1)

    assert tries == [0, 0, 2, 6, 14, 30]  # both at first, then the bad one after 2, 4, 8 and 16 seconds
    assert (await watch.heard(), (await watch.world.store.counts()).aside) == (["Rang good"], 1)


async def test_a_timer_whose_begin_is_refused_does_not_ring_for_ever(watch: Watch) -> None:
    await watch.wakes(Wake("refuse", NOON))
    rung = 0
    for _ in range(120):
        rung += await watch.timers.ring()
        watch.world.move(1)

    assert (rung, await watch.heard(), (await watch.world.store.counts()).aside) == (5, [], 1)


async def test_when_the_database_is_away_a_timer_is_not_to_blame(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    await watch.wakes(Wake("close", NOON))
    turns = watch.world.store.turns

    async def away(*_: object) -> None:
        raise OSError("the database is away")

    for _ in range(7):
        monkeypatch.setattr(watch.world.store, "turns", away)
        with pytest.raises(UnheardError, match="the database is away"):
            await watch.timers.ring()
        monkeypatch.setattr(watch.world.store, "turns", turns)
        watch.world.move(31)  # its lease runs out

    assert (await watch.timers.ring(), await watch.heard()) == (1, ["Rang close"])


async def test_the_loop_wakes_when_the_next_one_is_due(watch: Watch) -> None:
    await watch.wakes(Wake("a", NOON + 5 * SECOND), Wake("b", NOON + 9 * SECOND))
    async with running(watch.timers.run()):
        for name, seconds in (("a", 5), ("b", 4)):
            await asyncio.sleep(0.01)
            watch.world.move(seconds)

            async def rang(name: str = name) -> bool:
                return f"Rang {name}" in await watch.heard()

            await until(rang)

    assert await watch.heard() == ["Rang a", "Rang b"]


async def test_the_loop_wakes_by_a_nudge(watch: Watch) -> None:
    async with running(watch.timers.run()):
        await asyncio.sleep(0.01)
        await watch.wakes(Wake("now", NOON))
        await watch.hot.nudge("timers")

        async def rang() -> bool:
            return await watch.heard() == ["Rang now"]

        await until(rang)


async def test_the_loop_stumbles_and_goes_on(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    await watch.wakes(Wake("now", NOON))
    due_timers, troubles = watch.world.store.due_timers, iter([OSError("away"), OSError("away")])

    async def stumbling(now: datetime, owner: str, limit: int) -> object:
        for trouble in troubles:
            raise trouble
        return await due_timers(now, owner, limit)

    monkeypatch.setattr(watch.world.store, "due_timers", stumbling)
    async with running(watch.timers.run()):

        async def later() -> bool:
            watch.world.move(1)
            return await watch.heard() == ["Rang now"]

        await until(later)


async def test_what_was_just_being_taken_when_the_loop_ended_has_rung(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    await watch.wakes(Wake("now", NOON))
    due_timers, taken = watch.world.store.due_timers, asyncio.Event()

    async def slowly(now: datetime, owner: str, limit: int) -> object:
        due = await due_timers(now, owner, limit)
        taken.set()
        await asyncio.sleep(0.01)  # the database has it leased, and nobody has been told yet
        return due

    monkeypatch.setattr(watch.world.store, "due_timers", slowly)
    async with running(watch.timers.run()):
        await taken.wait()

    assert await watch.heard() == ["Rang now"]


async def test_it_is_tidied_once_an_hour_and_after_an_hour_that_failed_too(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = cast("SqlStore", watch.world.store)
    tidied: list[datetime] = []

    async def tidy(now: datetime) -> None:
        tidied.append(now)
        if len(tidied) == 1:
            raise OSError("away")

    monkeypatch.setattr(store, "tidy", tidy)
    async with running(watch.timers.tidy()):
        for _ in range(7):
            for _ in range(5):
                await asyncio.sleep(0)
            watch.world.move(1800)

    assert tidied == [NOON + timedelta(hours=hour) for hour in (1, 2, 3)]
