"""The contract of Hot: pace, wake-ups, and what is called out. A new implementation is one more stage.

On Redis a moment of the contract passes by Redis' own clock, so these wait for it, and as briefly as they can.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from storage import hot as in_memory
from storage import hot_redis
from storage.base import Hot
from storage.hot import MemoryHot
from storage.hot_redis import RedisHot
from tests.storage.redis_server import Server, health

PACE = 0.3
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Stage:
    """Two workers: what one does, the other sees. In one process the two are one."""

    def __init__(self, one: Hot, other: Hot) -> None:
        self.one, self.other = one, other
        self.now = NOON

    async def passes(self, seconds: float) -> None:
        """So much time goes by, for the bot as for whoever keeps the turns."""
        self.now += timedelta(seconds=seconds)

    async def settle(self, *tasks: asyncio.Task[None]) -> list[bool]:
        """Which of these are done, once everything that can go on has gone on."""
        for _ in range(10):
            await asyncio.sleep(0)
        return [task.done() for task in tasks]


class OnRedis(Stage):
    async def passes(self, seconds: float) -> None:
        await super().passes(seconds)
        await asyncio.sleep(seconds + 0.002)  # Redis counts by milliseconds, and begins late rather than early

    async def settle(self, *tasks: asyncio.Task[None]) -> list[bool]:
        await asyncio.sleep(0.1)
        return await super().settle(*tasks)


@pytest.fixture(params=["memory", "redis"])
async def stage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    if request.param == "memory":
        hot = MemoryHot()
        yield Stage(hot, hot)
        return
    monkeypatch.setattr(hot_redis, "SLOW", 10)  # nobody is given up because the machine has other things to do
    server: Server = request.getfixturevalue("redis")
    server.empty()
    workers = RedisHot(server.url), RedisHot(server.url)
    for worker in workers:
        worker.start()
        await health(worker, "ok")
    yield OnRedis(*workers)
    for worker in workers:
        await worker.close()


async def test_the_first_turn_is_free_and_the_next_must_wait(stage: Stage) -> None:
    waits = [await hot.wait("room", PACE, stage.now) for hot in (stage.one, stage.one, stage.other)]
    await stage.passes(PACE / 3)
    waits.append(await stage.other.wait("room", PACE, stage.now))
    await stage.passes(waits[-1] + PACE / 20)
    waits += [await hot.wait("room", PACE, stage.now) for hot in (stage.other, stage.one)]

    assert waits == pytest.approx([0, PACE, PACE, PACE * 2 / 3, 0, PACE], abs=PACE / 4)
    assert waits[0] == waits[4] == 0


async def test_whoever_is_told_to_wait_has_not_taken_a_turn(stage: Stage) -> None:
    for hot in (stage.one, *[stage.other] * 5, stage.one):
        await hot.wait("room", PACE, stage.now)
    await stage.passes(PACE + 0.01)

    assert await stage.other.wait("room", PACE, stage.now) == 0


async def test_each_key_has_a_pace_of_its_own(stage: Stage) -> None:
    waits = [await stage.one.wait(key, PACE, stage.now) > 0 for key in ("room", "another", "room")]

    assert waits == [False, False, True]


async def test_turns_that_nobody_took_are_saved_up_and_are_no_more_than_so_many(stage: Stage) -> None:
    async def asked(count: int) -> list[float]:
        return [await hot.wait("edits", PACE, stage.now, 3) for _ in range(count) for hot in (stage.one, stage.other)]

    first = await asked(2)
    await stage.passes(PACE + PACE / 20)
    one_more = await asked(1)
    await stage.passes(3 * PACE + PACE / 5)
    rested = await asked(2)

    assert first == pytest.approx([0, 0, 0, PACE], abs=PACE / 4)
    assert one_more == pytest.approx([0, PACE], abs=PACE / 4)
    assert rested == pytest.approx([0, 0, 0, PACE], abs=PACE / 4)


async def test_whoever_is_told_to_wait_for_one_of_many_is_served_then(stage: Stage) -> None:
    for _ in range(5):
        await stage.one.wait("edits", PACE, stage.now, 5)
    wait = await stage.other.wait("edits", PACE, stage.now, 5)
    await stage.passes(wait)

    assert await stage.other.wait("edits", PACE, stage.now, 5) == 0


async def test_when_all_is_spent_the_next_turn_is_a_whole_one_away_for_everybody(stage: Stage) -> None:
    await stage.one.wait("edits", PACE, stage.now, 5)
    await stage.one.spend("edits", PACE, stage.now, 5)
    elsewhere = await stage.one.wait("posts", PACE, stage.now, 5)
    spent = [await hot.wait("edits", PACE, stage.now, 5) for hot in (stage.one, stage.other)]
    await stage.passes(PACE + PACE / 20)

    assert spent == pytest.approx([PACE, PACE], abs=PACE / 4)
    assert elsewhere == 0
    assert [await hot.wait("edits", PACE, stage.now, 5) > 0 for hot in (stage.other, stage.one)] == [False, True]


async def test_turns_are_spent_for_as_long_as_is_said(stage: Stage) -> None:
    await stage.one.spend("edits", PACE, stage.now, 5, after=3 * PACE)
    spent = [await hot.wait("edits", PACE, stage.now, 5) for hot in (stage.one, stage.other)]
    await stage.passes(3 * PACE + PACE / 20)

    assert spent == pytest.approx([3 * PACE] * 2, abs=PACE / 4)
    assert [await hot.wait("edits", PACE, stage.now, 5) > 0 for hot in (stage.other, stage.one)] == [False, True]


async def test_many_are_asked_for_in_order_and_each_gets_all_of_its_turns_or_none(stage: Stage) -> None:
    room, another, minute = ("room", PACE, 1), ("another", PACE, 1), ("minute", PACE, 2)
    first = await stage.one.waits([(room, minute), (room, minute), (another, minute), (), (minute,)], stage.now)
    second = await stage.other.waits([(another,), (room,), (("free", PACE, 1),)], stage.now)
    await stage.passes(PACE + PACE / 20)
    third = await stage.other.waits([(minute, room), (minute, another)], stage.now)
    fourth = await stage.other.waits([(another,)], stage.now)

    assert first == pytest.approx([0, PACE, 0, 0, PACE], abs=PACE / 4)
    assert second == pytest.approx([PACE, PACE, 0], abs=PACE / 4)
    assert third == pytest.approx([0, PACE], abs=PACE / 4)
    assert fourth == [0]  # of what was refused for want of the one turn, the other was not taken


async def test_of_two_workers_that_ask_for_the_same_many_each_turn_goes_to_one(stage: Stage) -> None:
    asked = [((f"room {n}", PACE, 1), ("minute", PACE, 7)) for n in range(10)]

    one, other = await asyncio.gather(*(hot.waits(asked, stage.now) for hot in (stage.one, stage.other)))

    given = [[n for n, wait in enumerate(waits) if not wait] for waits in (one, other)]
    assert len(given[0]) + len(given[1]) == 7
    assert {*given[0]}.isdisjoint(given[1])


async def test_a_nudge_wakes_whoever_waits_for_it_in_any_worker(stage: Stage) -> None:
    await stage.settle()
    workers = (stage.one, stage.other) if stage.one is not stage.other else (stage.one,)
    for hot in workers:  # a worker that has just come is nudged by that, because it may have missed something
        await drained(stage, hot, "outbox")
        await drained(stage, hot, "timers")
    waiting = [asyncio.create_task(hot.nudged(what)) for what in ("outbox", "timers") for hot in workers]
    before = await stage.settle(*waiting)

    await stage.one.nudge("outbox")

    half = len(workers)
    assert (before, await stage.settle(*waiting)) == ([False] * 2 * half, [True] * half + [False] * half)
    await ended(*waiting)


async def test_a_nudge_for_here_wakes_nobody_elsewhere(stage: Stage) -> None:
    await stage.settle()
    await drained(stage, stage.other, "numbers")
    own, others = (asyncio.create_task(hot.nudged("numbers")) for hot in (stage.one, stage.other))
    await stage.settle(own, others)

    await stage.one.nudge("numbers", here=True)

    assert await stage.settle(own) == [True]
    assert stage.one is stage.other or not others.done()
    await ended(own, others)


async def test_nudges_while_nobody_waited_count_once(stage: Stage) -> None:
    for _ in range(3):
        await stage.one.nudge("outbox")
    await stage.settle()

    for hot in {stage.one, stage.other}:
        first = asyncio.create_task(hot.nudged("outbox"))
        assert await stage.settle(first) == [True]
        second = asyncio.create_task(hot.nudged("outbox"))
        assert await stage.settle(second) == [False]
        await ended(second)


async def test_a_nudge_is_not_lost_when_the_one_who_waited_has_given_up(stage: Stage) -> None:
    gone = asyncio.create_task(stage.other.nudged("outbox"))
    await stage.settle(gone)
    gone.cancel()
    await stage.settle(gone)

    await stage.one.nudge("outbox")

    back = asyncio.create_task(stage.other.nudged("outbox"))
    assert await stage.settle(back) == [True]


async def test_what_is_published_is_heard_by_every_subscriber_and_on_no_other_channel(stage: Stage) -> None:
    heard: list[tuple[str, str | None]] = []
    stage.one.subscribe("web", lambda payload: heard.append(("one", payload)))
    stage.other.subscribe("web", lambda payload: heard.append(("other", payload)))
    stage.other.subscribe("elsewhere", lambda payload: heard.append(("elsewhere", payload)))

    for word in ("Grüße", "bye"):
        await stage.one.publish("web", word)
    await stage.settle()

    assert sorted(heard) == sorted([(who, word) for who in ("one", "other") for word in ("Grüße", "bye")])
    assert [word for who, word in heard if who == "other"] == ["Grüße", "bye"]


async def test_a_subscriber_that_fails_keeps_nobody_from_hearing(stage: Stage) -> None:
    heard: list[str | None] = []
    stage.other.subscribe("web", heard.remove)
    stage.other.subscribe("web", heard.append)

    await stage.one.publish("web", "hello")
    await stage.settle()

    assert heard == ["hello"]


async def test_turns_of_many_at_once_are_one(stage: Stage) -> None:
    waits = await asyncio.gather(
        *(hot.wait("room", PACE, stage.now) for hot in (stage.one, stage.other) for _ in range(50))
    )

    assert waits.count(0) == 1


async def test_keys_whose_turns_are_free_again_are_forgotten_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_memory, "KEPT", 3)
    memory = MemoryHot()
    for number in range(10):
        await memory.wait(f"{number}", 1, NOON + timedelta(seconds=number / 2))
    later = NOON + timedelta(seconds=4.75)

    assert len(memory._free) <= 4
    assert [await memory.wait(f"{number}", 1, later) > 0 for number in (8, 9)] == [True, True]


async def drained(stage: Stage, hot: Hot, what: str) -> None:
    """What was nudged before is used up."""
    task = asyncio.create_task(hot.nudged(what))
    await stage.settle(task)
    await ended(task)


async def ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
