"""`cohost serve` is told to stop (SIGTERM) in the middle of a class: nothing that was acknowledged is lost.

A real process, and Slack as a real server. What is due goes out before the end, or it stays due and goes out at the
next start; nothing new is taken; and it ends in time, whatever hangs.
"""

import asyncio
import signal
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.slack.faults import Fault
from tests.stories.served import Class, served


@pytest.fixture
async def course(tmp_path: Path) -> AsyncIterator[Class]:
    async with served(tmp_path) as course:
        yield course


async def test_what_was_acknowledged_is_shown_before_the_end(course: Class) -> None:
    gate = asyncio.Event()
    course.slack.next("chat.postMessage", Fault.slow(gate))
    said = [(await course.ann.types(course.room, f'/ilt poll "Ready? {n}" Yes No')).words for n in range(3)]
    await course.board()
    ended = course.process.told_to_stop()
    await course.process.takes_no_more()
    before = course.posts()
    gate.set()

    assert (said, before, await ended, course.posts()) == ([""] * 3, 1, 0, 3)
    assert "Traceback" not in course.process.log


async def test_nothing_new_is_taken_while_the_rest_is_finished_and_it_ends_in_time(course: Class) -> None:
    gate = asyncio.Event()
    course.slack.next("chat.postMessage", Fault.slow(gate))  # Slack has posted it, and does not say so
    await course.ann.types(course.room, '/ilt poll "Ready?" Yes No')
    await course.board()
    ended = course.process.told_to_stop()
    refused = await course.process.takes_no_more()

    assert (refused, await ended) == (True, 0)
    gate.set()
    await course.process.start()
    await course.ann.presses(await course.board(), "Yes")
    await course.board("1 of 1")
    assert course.posts() == 1  # it was looked for, and not posted twice
    assert await course.process.told_to_stop() == 0


async def test_what_slack_does_not_take_stays_due_until_the_next_start(course: Class) -> None:
    course.slack.next("chat.postMessage", Fault.ratelimited(3))
    await course.ann.types(course.room, '/ilt poll "Ready?" Yes No')
    code = await course.process.told_to_stop()

    assert (code, course.posts()) == (0, 0)
    await course.process.start()
    await course.board()
    assert (await course.process.told_to_stop(), course.posts()) == (0, 1)


async def test_a_press_whose_second_half_comes_after_the_end_has_begun_is_answered(course: Class) -> None:
    body = b"ssl_check=1&" + b"x" * 500
    reader, writer = await asyncio.open_connection("127.0.0.1", course.process.port)
    head = f"POST /slack/events HTTP/1.1\r\nHost: cohost\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body[:100])
    await asyncio.sleep(0.2)  # it has come in so far
    ended = course.process.told_to_stop()
    await course.process.takes_no_more()
    await asyncio.sleep(0.5)
    writer.write(body[100:])
    answer = await reader.read()
    writer.close()

    assert (answer.partition(b"\r\n")[0], await ended) == (b"HTTP/1.1 200 OK", 0)
    assert b"\r\nconnection: close\r\n" in answer.lower()


@pytest.mark.parametrize("socket_mode", [False, True], ids=["http", "socket"])
async def test_what_is_under_way_is_stored_and_answered(tmp_path: Path, socket_mode: bool) -> None:
    async with served(tmp_path, socket_mode=socket_mode) as course:
        course.slack.patience = 20
        db = sqlite3.connect(tmp_path / "cohost.db", isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        command = asyncio.create_task(course.ann.types(course.room, '/ilt poll "Ready?" Yes No'))
        await asyncio.sleep(0.5)  # it is on its way, and waits for the database
        ended = course.process.told_to_stop()
        await course.process.takes_no_more()
        await asyncio.sleep(1)
        db.execute("ROLLBACK")
        db.close()
        await command

        assert (course.slack.answers[-1].reason, await ended, course.posts()) == ("", 0, 1)


async def test_a_load_balancer_sees_it_first_and_who_is_in_a_hurry_says_so_twice(course: Class) -> None:
    course.process.env = {**course.process.env, "COHOST_STOP_DELAY": "60"}
    await course.process.told_to_stop()
    await course.process.start()
    ended = course.process.told_to_stop()
    url = f"http://127.0.0.1:{course.process.port}"
    async with aiohttp.ClientSession() as client:
        while (ready := await client.get(f"{url}/readyz")).status == 200:
            ready.release()
        told = await ready.json()
    press = (await course.ann.types(course.room, '/ilt poll "Ready?" Yes No')).words
    await course.board()  # it goes on as always

    assert (ready.status, told["stopping"], ready.headers["Connection"], press) == (503, True, "close", "")
    course.process.lives[-1].send_signal(signal.SIGTERM)
    assert await ended == 0


@pytest.mark.hard
async def test_whatever_hangs_it_ends_in_time(course: Class) -> None:
    """Somebody holds the database: a thread waits for it, and no thread can be told to stop."""
    db = sqlite3.connect(course.process.folder / "cohost.db", isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    press = asyncio.create_task(course.ann.types(course.room, '/ilt poll "Ready?" Yes No'))
    await asyncio.sleep(0.5)  # it is on its way, and cannot be stored
    code = await course.process.told_to_stop()
    db.execute("ROLLBACK")
    db.close()
    await press

    assert code == -signal.SIGALRM
    await course.process.start()
    await course.ann.types(course.room, '/ilt poll "Ready?" Yes No')
    await course.board()
    assert (await course.process.told_to_stop(), course.posts()) == (0, 1)  # what was not acknowledged did not happen
