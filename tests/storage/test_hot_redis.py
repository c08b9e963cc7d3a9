"""Hot on a Redis that is slow, empty, killed or was never there: nobody waits long, nothing fails, all comes back."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from storage import hot_redis
from storage.hot_redis import KEPT, RETRY, SLOW, RedisHot
from tests.storage.redis_server import Server, health, serving, slowed

PATIENT = 1.0  # seconds: on a busy machine, far more than two answers that are given up after a tenth


@pytest.fixture
def mortal() -> Iterator[Server]:
    """A Redis of this test alone, which it may kill."""
    with serving() as server:
        yield server


@asynccontextmanager
async def workers(url: str, count: int = 2) -> AsyncIterator[list[RedisHot]]:
    found = [RedisHot(url) for _ in range(count)]
    for worker in found:
        worker.start()
    try:
        yield found
    finally:
        for worker in found:
            await worker.close()


def now() -> datetime:
    return datetime.now(UTC)


async def turn(hot: RedisHot, key: str) -> float:
    """How long somebody waited to be told whether it is their turn."""
    began = time.monotonic()
    await hot.wait(key, 0.5, now())
    return time.monotonic() - began


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.01)


TROUBLES = {
    "killed": (Server.kill, Server.start),
    "frozen": (Server.freeze, Server.thaw),
}


@pytest.mark.parametrize("name", [*TROUBLES])
async def test_while_redis_is_away_nobody_waits_and_afterwards_all_is_as_before(mortal: Server, name: str) -> None:
    hurt, heal = TROUBLES[name]
    async with workers(mortal.url) as (one, other):
        heard: list[str | None] = []
        other.subscribe("web", heard.append)
        await health(one, "ok")
        await health(other, "ok")

        hurt(mortal)
        waited = [await turn(one, f"{n}") for n in range(20)]
        await one.publish("web", "said meanwhile")
        await one.nudge("outbox")
        await asyncio.wait_for(one.nudged("outbox"), PATIENT)  # its own loops go on
        await health(one, "away")
        later = [await turn(one, f"later {n}") for n in range(100)]
        heal(mortal)
        await health(one, "ok")
        await health(other, "ok")
        await until(lambda: "said meanwhile" in heard)
        shared = [await hot.wait("room", 5, now()) for hot in (one, other)]

    assert max(waited) < PATIENT
    assert sum(later) < PATIENT  # it is not even asked
    assert shared == [0, pytest.approx(5, abs=1)]


async def test_who_may_have_missed_something_is_told_when_redis_is_back(mortal: Server) -> None:
    async with workers(mortal.url, 1) as (one,):
        await health(one, "ok")
        heard: list[str | None] = []
        one.subscribe("web", heard.append)
        mortal.kill()
        await health(one, "away")
        mortal.start()
        await health(one, "ok")

    assert None in heard


async def test_while_nothing_is_heard_everybody_looks_from_time_to_time(
    monkeypatch: pytest.MonkeyPatch, mortal: Server
) -> None:
    monkeypatch.setattr(hot_redis, "PATROL", 0.05)
    mortal.kill()
    async with workers(mortal.url, 1) as (one,):
        heard: list[str | None] = []
        one.subscribe("web", heard.append)
        await until(lambda: len(heard) > 2)

    assert set(heard) == {None}


async def test_an_emptied_redis_costs_nobody_anything(redis: Server) -> None:
    async with workers(redis.url) as (one, other):
        await health(one, "ok")
        await health(other, "ok")
        first = await one.wait("emptied", 5, now())
        redis.empty()
        again = await one.wait("emptied", 5, now())
        strange = await other.wait("emptied", 5, now())

    assert (first, again > 0, strange) == (0, True, 0)  # the worker itself remembers; the other may be early, once
    assert one.health == "away"  # closed


async def test_a_worker_that_never_had_a_redis_works_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    async with workers("redis://:secret@127.0.0.1:1/0", 1) as (one,):
        waits = [await one.wait("room", 5, now()) for _ in range(2)]
        await one.nudge("outbox")
        await one.nudged("outbox")
        await asyncio.sleep(2 * RETRY)  # tried on meanwhile
        assert one.health == "away"

    (said,) = [record.getMessage() for record in caplog.records]
    assert waits == [0, pytest.approx(5, abs=1)]
    assert said.startswith("Redis at 127.0.0.1:1/0 cannot be used: Error")
    assert said.endswith(". Cohost goes on without it, only slower, and tries on.")
    assert "secret" not in said


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("redis://nobody:wrong@127.0.0.1:{port}/0", "invalid username-password pair"),
        ("redis://127.0.0.1:{port}/99", "DB index is out of range"),
    ],
)
async def test_a_redis_that_lets_nobody_in_is_told_by_its_own_words(
    redis: Server, caplog: pytest.LogCaptureFixture, url: str, why: str
) -> None:
    async with workers(url.format(port=redis.port), 1) as (one,):
        await until(lambda: bool(caplog.records))
        assert await one.wait("room", 5, now()) == 0

    (said,) = [record.getMessage() for record in caplog.records]
    assert why in said
    assert "wrong" not in said


async def test_an_outage_is_told_once_and_so_is_its_end(mortal: Server, caplog: pytest.LogCaptureFixture) -> None:
    async with workers(mortal.url, 1) as (one,):
        await health(one, "ok")
        mortal.kill()
        await health(one, "away")
        await asyncio.sleep(2 * RETRY)
        mortal.start()
        await health(one, "ok")
        await until(lambda: len(caplog.records) > 1)

    began, ended = (record.getMessage() for record in caplog.records)
    assert began.startswith(f"Redis at 127.0.0.1:{mortal.port}/0 cannot be used: ")
    assert ended == f"Redis at 127.0.0.1:{mortal.port}/0 can be used again."


async def test_a_slow_redis_keeps_nobody_waiting_and_carries_what_is_said_once(
    redis: Server, caplog: pytest.LogCaptureFixture
) -> None:
    async with slowed(redis, 2 * SLOW) as url, workers(url) as (one, other):
        heard: list[str | None] = []
        other.subscribe("web", heard.append)
        await health(one, "ailing")
        await health(other, "ailing")
        words = [f"{n}" for n in range(20)]
        waited = 0.0
        for word in words:
            waited += await turn(one, f"slow {word}")
            await one.publish("web", word)
            await asyncio.sleep(0.05)
        await until(lambda: words[-1] in heard)
        await asyncio.sleep(4 * SLOW)

        assert [word for word in heard if word] == words
        assert waited < SLOW  # it is not even asked
        assert (one.health, caplog.records) == ("ailing", [])


async def test_a_redis_that_becomes_slow_is_not_waited_for_and_asked_again_once_it_is_quick(redis: Server) -> None:
    lag = [0.0]
    async with slowed(redis, lambda: lag[0]) as url, workers(url) as (one, other):
        await health(one, "ok")
        await health(other, "ok")
        lag[0] = 3 * SLOW
        waited = [await turn(one, f"becomes slow {n}") for n in range(20)]
        assert one.health == "ailing"
        lag[0] = 0
        await health(one, "ok")
        await health(other, "ok")
        shared = [await hot.wait("quick again", 5, now()) for hot in (one, other)]

    assert SLOW / 2 < sum(waited) < PATIENT
    assert shared == [0, pytest.approx(5, abs=1)]


async def test_a_redis_that_takes_nothing_still_calls_out_what_is_said(
    mortal: Server, caplog: pytest.LogCaptureFixture
) -> None:
    async with workers(mortal.url) as (one, other):
        heard: list[str | None] = []
        other.subscribe("web", heard.append)
        await health(one, "ok")
        await health(other, "ok")
        await one._redis.config_set("min-replicas-to-write", 1)  # as when it is full, or somebody's replica
        alone = [await hot.wait(f"refused {n}", 5, now()) for n in range(3) for hot in (one, other)]
        await one.publish("web", "all the same")
        await until(lambda: "all the same" in heard)
        ailing = one.health
        await asyncio.sleep(1.2)  # a sign of life: it does not say that turns are counted again
        still = one.health
        await one._redis.config_set("min-replicas-to-write", 0)
        shared = [await hot.wait("taken again", 5, now()) for hot in (one, other)]
        healed = one.health

    assert alone == [0] * 6
    assert [word for word in heard if word] == ["all the same"]
    assert (ailing, still, healed) == ("ailing", "ailing", "ok")
    assert shared == [0, pytest.approx(5, abs=1)]
    assert [r.getMessage().partition(": ")[2][:10] for r in caplog.records if "cannot" in r.msg] == ["NOREPLICAS"] * 2


async def test_what_is_said_last_is_heard(redis: Server) -> None:
    async with workers(redis.url, 1) as (other,):
        heard: list[str | None] = []
        await health(other, "ok")
        other.subscribe("web", heard.append)
        async with workers(redis.url, 1) as (one,):
            await health(one, "ok")
            await one.publish("web", "goodbye")
        await until(lambda: "goodbye" in heard)


async def test_what_could_not_be_said_is_kept_within_bounds_and_becomes_a_call_to_look(mortal: Server) -> None:
    async with workers(mortal.url) as (one, other):
        heard: list[str | None] = []
        await health(other, "ok")
        other.subscribe("web", heard.append)
        mortal.kill()
        await health(one, "away")
        await health(other, "away")
        for number in range(KEPT + 10):
            await one.publish("web", f"{number}")
        kept = len(one._unsaid)
        mortal.start()
        await until(lambda: not one._unsaid)

    assert kept == 1


async def test_rubbish_on_the_channel_is_passed_over(redis: Server) -> None:
    async with workers(redis.url) as (one, other):
        heard: list[str | None] = []
        await health(one, "ok")
        await health(other, "ok")
        other.subscribe("web", heard.append)
        for rubbish in ("", "{", "1", "[]", '["a"]', "[1, 2, 3]", '["a", "web", 5, 6]', "null", '["a", null, "b"]'):
            await one._redis.publish(one._prefix, rubbish)
        await one.publish("web", "sense")
        await until(lambda: "sense" in heard)

        assert (heard, other.health) == (["sense"], "ok")


async def test_a_clock_that_was_set_back_does_not_keep_a_room_waiting(redis: Server) -> None:
    async with workers(redis.url) as (one, other):
        await health(one, "ok")
        await health(other, "ok")
        await one.wait("set back", 0.2, now())
        await one._redis.pexpire(f"{one._prefix}:turn:set back", 3_600_000)

        assert await other.wait("set back", 0.2, now()) == pytest.approx(0.2, abs=0.05)
        await asyncio.sleep(0.25)
        assert await other.wait("set back", 0.2, now()) == 0


async def test_numbers_of_databases_are_worlds_of_their_own(redis: Server) -> None:
    async with workers(redis.url) as (one, _), workers(redis.url[:-1] + "1", 1) as (strange,):
        heard: list[str | None] = []
        await health(one, "ok")
        await health(strange, "ok")
        strange.subscribe("web", heard.append)
        await one.publish("web", "ours")
        waits = [await hot.wait("worlds", 5, now()) for hot in (one, strange)]
        await asyncio.sleep(0.1)

    assert (waits, heard) == ([0, 0], [])


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pace=some.sampled_from([0.02, 0.05, 0.1]),
    rests=some.lists(some.lists(some.floats(0, 0.03), min_size=10, max_size=20), min_size=2, max_size=6),
)
async def test_two_turns_under_one_key_are_never_nearer_than_its_pace(
    redis: Server, pace: float, rests: list[list[float]]
) -> None:
    redis.empty()
    taken: list[tuple[float, float]] = []

    async def tries(hot: RedisHot, pauses: list[float]) -> None:
        for pause in pauses:
            asked = time.monotonic()
            if not await hot.wait("room", pace, now()):
                taken.append((asked, time.monotonic()))
            await asyncio.sleep(pause)

    async with workers(redis.url) as both:
        for hot in both:
            await health(hot, "ok")
        await asyncio.gather(*(tries(both[number % 2], pauses) for number, pauses in enumerate(rests)))
        unbroken = all(hot.health == "ok" for hot in both)

    if unbroken:  # a machine too busy to answer within a tenth of a second leaves each worker to itself
        taken.sort()
        gaps = [later[1] - earlier[0] for earlier, later in pairwise(taken)]
        assert all(gap >= pace for gap in gaps), (pace, gaps)


async def test_what_is_said_again_while_it_is_being_sent_is_sent_again(
    monkeypatch: pytest.MonkeyPatch, redis: Server
) -> None:
    async with workers(redis.url) as (one, other):
        heard: list[str | None] = []
        await health(one, "ok")
        await health(other, "ok")
        other.subscribe("web", heard.append)
        send, under_way = one._send, asyncio.Event()

        async def slowly(*what: Any) -> None:
            await send(*what)
            under_way.set()
            await asyncio.sleep(0.02)  # Redis has it, and its answer is on the way

        monkeypatch.setattr(one, "_send", slowly)
        await one.publish("web", "look")
        await under_way.wait()
        await one.publish("web", "look")
        await until(lambda: len(heard) > 1)

    assert (len(heard) > 1, set(heard)) == (True, {"look"})  # and once more by `close`, which cannot know


async def test_whoever_waits_for_a_turn_when_all_ends_is_answered(redis: Server) -> None:
    async with workers(redis.url, 1) as (one,):
        await health(one, "ok")
        redis.freeze()
        asked = asyncio.create_task(one.wait("last", 5, now()))
        await asyncio.sleep(0.01)
        redis.thaw()
    assert await asyncio.wait_for(asked, PATIENT) == 0
