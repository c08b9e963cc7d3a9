"""The contract of Hot: pace and wake-ups. A new implementation is one more fixture's name."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from storage.base import Hot
from storage.hot import MemoryHot

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(params=[MemoryHot])
def hot(request: pytest.FixtureRequest) -> Hot:
    make: Callable[[], Hot] = request.param
    return make()


async def settle(*tasks: asyncio.Task[None]) -> list[bool]:
    """Which of these are done, once everything that can go on has gone on."""
    for _ in range(10):
        await asyncio.sleep(0)
    return [task.done() for task in tasks]


async def test_the_first_turn_is_free_and_the_next_must_wait(hot: Hot) -> None:
    waits = [await hot.wait("room", 1.5, NOON + timedelta(seconds=second)) for second in (0, 0, 1, 1.5, 1.5)]

    assert waits == [0, 1.5, 0.5, 0, 1.5]


async def test_whoever_is_told_to_wait_has_not_taken_a_turn(hot: Hot) -> None:
    await hot.wait("room", 1.5, NOON)
    for _ in range(5):
        await hot.wait("room", 1.5, NOON)

    assert await hot.wait("room", 1.5, NOON + timedelta(seconds=1.5)) == 0


async def test_each_key_has_a_pace_of_its_own(hot: Hot) -> None:
    assert [await hot.wait(key, 1.5, NOON) for key in ("room", "another", "room")] == [0, 0, 1.5]


async def test_a_nudge_wakes_whoever_waits_for_it(hot: Hot) -> None:
    outbox, timers = (asyncio.create_task(hot.nudged(what)) for what in ("outbox", "timers"))
    before = await settle(outbox, timers)

    await hot.nudge("outbox")

    assert (before, await settle(outbox, timers)) == ([False, False], [True, False])
    timers.cancel()


async def test_nudges_while_nobody_waited_count_once(hot: Hot) -> None:
    for _ in range(3):
        await hot.nudge("outbox")

    first = asyncio.create_task(hot.nudged("outbox"))
    assert await settle(first) == [True]
    second = asyncio.create_task(hot.nudged("outbox"))
    assert await settle(second) == [False]
    second.cancel()


async def test_a_nudge_is_not_lost_when_the_one_who_waited_has_given_up(hot: Hot) -> None:
    gone = asyncio.create_task(hot.nudged("outbox"))
    await settle(gone)
    gone.cancel()
    await settle(gone)

    await hot.nudge("outbox")

    back = asyncio.create_task(hot.nudged("outbox"))
    assert await settle(back) == [True]
