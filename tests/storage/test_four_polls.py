"""Two processes vote on four polls that close and open: they never wait for each other in a ring, no vote is lost."""

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from dialogs.base import Begin
from storage.effects import identify
from tests.counted import Tells
from tests.postgres import PostgresDatabase
from tests.storage.contract import World
from tests.storage.four_polls import POLLS, Done, Task, deadlocks, now, wrong

ROOT = Path(__file__).parent.parent.parent
Fresh = Callable[[], PostgresDatabase]


async def opened(url: str, world: World, seconds: float, **more: bool) -> Task:
    """Everybody is in both sessions, and their polls are open."""
    world.clock.move((now() - world.now).total_seconds())
    host = await world.host()
    people = [f"p{n:02}" for n in range(12)]  # few: both processes change the same rows in the same moment
    sessions, polls = list[str](), list[str]()
    for key in ("s1", "s2"):
        session = await world.session(host, key=key)
        await world.joins(session, *people)
        sessions.append(session)
        for name in ("poll 1", "poll 2"):
            await world.does(host, session, Begin(name, "poll", {}))
            polls.append(identify("acme", f"session:{session}", name))
    return Task(url=url, number=0, seconds=seconds, host=host, people=people, sessions=sessions, polls=polls, **more)


async def worked(task: Task) -> Done:
    """One process, from its start to its end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.storage.four_polls", cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        said, _ = await process.communicate(task.model_dump_json().encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0
    return Done.model_validate_json(said)


async def played(url: str, seconds: float, **more: bool) -> tuple[Task, list[Done]]:
    """Two processes at the same time."""
    async with World(PostgresDatabase(url), POLLS) as world:
        task = await opened(url, world, seconds, **more)
    done = await asyncio.gather(*(worked(task.model_copy(update={"number": number})) for number in (1, 2)))
    return task, done


def told(done: list[Done], seconds: float, rings: int) -> str:
    """All that was counted."""
    each = " + ".join(str(len(one.voted)) for one in done)
    closings, shown, refused = (sum(x) for x in zip(*((x.closings, x.delivered, x.refused) for x in done), strict=True))
    chance = dict(Counter(why for one in done for why in one.tried.chance))
    heard = sum(one.tried.heard for one in done)
    return (
        f"{each} votes, {refused} refused as too late, {closings} closings, {shown} boards shown in {seconds} s\n"
        f"done again: {sum(chance.values())} by chance {chance}, {heard} for events heard by both; deadlocks: {rings}"
    )


@pytest.mark.parametrize("seconds", [3, pytest.param(120, marks=[pytest.mark.hard, pytest.mark.timeout(300)])])
async def test_two_processes_vote_on_four_polls_that_close_and_open_and_never_wait_for_each_other_in_a_ring(
    postgres: Fresh, tells: Tells, *, seconds: float
) -> None:
    url = postgres().url
    task, done = await played(url, seconds)
    rings = deadlocks(url)
    tells(told(done, seconds, rings))

    assert wrong(url, task.polls, done) == []
    # Two workers that fold the first mark of a message in the same moment both insert it: one of them does so again.
    again = {why for one in done for why in one.tried.chance}
    assert (rings, sum(one.tried.heard for one in done), again - {"23505"}) == (0, 0, set())
    assert all(one.refused for one in done), "no vote came to a poll that was closed"

    # And all of that would be found, if it were otherwise.
    lost, late = done[0].voted[-1], done[1].voted[-1]
    with psycopg.connect(url) as db:
        db.execute("DELETE FROM note WHERE dialog = %s AND key = %s", [lost.dialog, lost.value])
        mine = "UPDATE note SET value = 'other' WHERE dialog = %s AND key = 'vote' AND person = %s"
        db.execute(mine, [late.dialog, late.by])
        slips = "UPDATE dialog SET state = jsonb_set(state::jsonb, '{slipped}', '1') WHERE id = %s"
        db.execute(slips, [late.dialog])
    said = [one.partition(":")[0] for one in wrong(url, task.polls, done)]
    assert {"acknowledged and not there", "not the newest", "counted after closing"} <= {*said}, said


@pytest.mark.hard
@pytest.mark.timeout(120)
async def test_two_processes_that_lock_polls_in_any_order_are_found_out(postgres: Fresh, tells: Tells) -> None:
    url = postgres().url
    task, done = await played(url, 10, careless=True)
    rings = deadlocks(url)
    tells(told(done, 10, rings))

    assert rings > 0
    assert wrong(url, task.polls, done) == []
