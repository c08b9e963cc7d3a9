"""Threads of the store: what is asked for is done in its order, and raises where it was asked for."""

import asyncio
import threading

import pytest

from storage.threads import Threads


async def test_work_is_done_in_its_order_away_from_the_loop() -> None:
    threads, done = Threads(1, "test"), list[int]()

    def work(number: int) -> str:
        done.append(number)
        return threading.current_thread().name

    names = await asyncio.gather(*(threads.do(work, number) for number in range(50)))
    threads.close()

    assert done == [*range(50)]
    assert {*names} == {"test_0"}


async def test_what_goes_wrong_is_raised_where_it_was_asked_for_and_the_thread_goes_on() -> None:
    threads = Threads(1, "test")

    with pytest.raises(ZeroDivisionError):
        await threads.do(lambda: 1 // 0)

    assert await threads.do(lambda: "next") == "next"
    threads.close()


async def test_whoever_asked_for_what_runs_out_of_things_is_told_so_and_does_not_wait_for_ever() -> None:
    """A future refuses StopIteration, because whoever awaits it would take it for their own end."""
    threads, nothing = Threads(1, "test"), iter(())

    async with asyncio.timeout(10):
        with pytest.raises(RuntimeError) as raised:
            await threads.do(next, nothing)

    assert isinstance(raised.value.__cause__, StopIteration)
    assert await threads.do(lambda: "next") == "next"
    threads.close()


async def test_whoever_stops_waiting_keeps_nobody_else_from_their_answer() -> None:
    threads, go, begun = Threads(1, "test"), threading.Event(), list[str]()
    first = threads.do(go.wait, 10)
    second = threads.do(begun.append, "second")
    third = threads.do(lambda: "third")
    await asyncio.sleep(0)

    second.cancel()
    first.cancel()  # under way already: it is done to its end, and nobody is told
    go.set()

    assert await third == "third"
    assert begun == []
    threads.close()


async def test_closing_waits_for_what_was_asked_for() -> None:
    threads, done = Threads(2, "test"), list[int]()
    asked = [threads.do(done.append, number) for number in range(20)]

    threads.close()
    threads.close()  # of those that one store has twice

    assert sorted(done) == [*range(20)]
    await asyncio.gather(*asked)
    with pytest.raises(RuntimeError):
        threads.do(done.append, 21)
