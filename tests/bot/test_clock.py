"""The clocks: the machine's own, one that runs fast and survives a restart, and one that a test moves by hand."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import FastClock, HandClock, SharedClock, WallClock

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


async def settle(*tasks: asyncio.Task[None]) -> list[bool]:
    """Which of these are done, once everything that can go on has gone on."""
    for _ in range(10):
        await asyncio.sleep(0)
    return [task.done() for task in tasks]


async def test_the_wall_clock_tells_the_machines_time_in_utc() -> None:
    before = datetime.now(UTC)
    clock = WallClock()
    await clock.sleep(0.001)

    assert before < clock.now() <= datetime.now(UTC)
    assert clock.now().utcoffset() == timedelta()


async def test_a_hand_clock_stands_until_it_is_moved() -> None:
    clock = HandClock(NOON)
    sleepers = [asyncio.create_task(clock.sleep(seconds)) for seconds in (0, 5, 5.5)]
    done = [await settle(*sleepers)]
    for seconds in (4.9, 0.1, 0.5):
        clock.move(seconds)
        done.append(await settle(*sleepers))

    assert done == [[True, False, False], [True, False, False], [True, True, False], [True, True, True]]
    assert clock.now() == NOON + timedelta(seconds=5.5)


async def test_a_fast_clock_runs_as_fast_as_it_is_told(tmp_path: Path) -> None:
    began, clock = time.time(), FastClock(tmp_path / "clock.json", NOON, 10_000)
    await clock.sleep(100)
    told, passed = clock.now() - NOON, time.time() - began

    assert 100 <= told.total_seconds() <= passed * 10_000 + 1
    assert passed < 5


async def test_a_fast_clock_leaps_ahead_and_wakes_whom_the_leap_has_passed(tmp_path: Path) -> None:
    clock = FastClock(tmp_path / "clock.json", NOON, 1)
    hour, day = (asyncio.create_task(clock.sleep(seconds)) for seconds in (3600, 86_400))
    before = await settle(hour, day)

    clock.leap(NOON + timedelta(hours=2))
    after = await settle(hour, day)
    clock.leap(NOON)  # it does not go back

    assert (before, after) == ([False, False], [True, False])
    assert timedelta(hours=2) <= clock.now() - NOON < timedelta(hours=2, minutes=1)
    day.cancel()


async def test_a_fast_clock_is_not_set_back_by_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    clock = FastClock(file, NOON, 60)
    clock.leap(NOON + timedelta(days=1))
    before = clock.now()

    again = FastClock(file, NOON, 1)

    assert again.speed == 60
    assert timedelta() <= again.now() - before < timedelta(minutes=5)


@pytest.mark.parametrize("seconds", [0, -5])
async def test_nobody_waits_for_what_is_over(tmp_path: Path, seconds: float) -> None:
    file = tmp_path / "clock.json"
    for clock in (WallClock(), FastClock(file, NOON, 1), HandClock(NOON)):
        async with asyncio.timeout(1):
            await clock.sleep(seconds)
    assert json.loads(file.read_text())["start"] == NOON.isoformat()


async def test_a_shared_clock_is_the_machines_until_it_was_asked_and_then_goes_on_from_what_it_was_told() -> None:
    clock = SharedClock(lambda: asyncio.sleep(0, NOON))
    before = datetime.now(UTC)
    at_first = clock.now()
    await clock.look()
    then = clock.now()
    while clock.now() == then:
        await clock.sleep(0.001)

    assert abs(at_first - before) < timedelta(hours=1)
    assert NOON <= then < clock.now() < NOON + timedelta(hours=1)


async def test_a_shared_clock_is_not_moved_for_less_than_the_answer_may_be_off() -> None:
    told = NOON

    async def ask() -> datetime:
        await asyncio.sleep(0.2)  # the answer is of some moment in these
        return told

    clock = SharedClock(ask)
    await clock.look()
    set_to = clock._at
    told = clock.now() + timedelta(seconds=0.05)
    await clock.look()
    kept = clock._at
    told = clock.now() - timedelta(minutes=1)
    await clock.look()

    assert (kept, clock._at < set_to) == (set_to, True)
