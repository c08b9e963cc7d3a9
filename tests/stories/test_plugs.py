"""Two processes on one PostgreSQL and Redis, while plugs are pulled: nothing acknowledged is lost, boards converge."""

import asyncio
import signal
import time
from pathlib import Path

import psycopg
import pytest

from tests.counted import Tells
from tests.stories.plugs import Town
from tests.stories.plugs_checks import Checks
from tests.stories.plugs_faults import Faults, told
from tests.stories.plugs_posts import Posts
from tests.stories.plugs_votes import Votes

VOTERS = 2000
SECONDS = 110.0  # over which they vote
TIMED = [20, 30, 40, 50, 60, 70, 80, 90, 100, 115]  # seconds after which polls close
LATE = 24  # presses of each board kept for the end


@pytest.mark.hard
@pytest.mark.timeout(120)
async def test_five_hundred_vote_at_either_process_and_the_check_can_fail(tmp_path: Path, tells: Tells) -> None:
    town = Town(seed=1)
    async with town.opened(tmp_path, timed=[10, 15]), Votes(town) as votes:
        votes.everybody(500, late=0)
        await votes.sends(seconds=5)
        checks = Checks(votes)

        await checks.hold()

        tells(told(town.counts))
        spoil = (
            "DELETE FROM note WHERE ctid = (SELECT ctid FROM note WHERE key = 'vote' LIMIT 1)",
            "UPDATE note SET value = 'other' WHERE ctid = (SELECT ctid FROM note WHERE key = 'vote' LIMIT 1)",
        )
        for number, statement in enumerate(spoil, 1):
            with psycopg.connect(town.database) as db:
                db.execute(statement)
            assert len(checks.wrong()) == number, checks.wrong()


@pytest.mark.hard
@pytest.mark.timeout(240)
async def test_a_full_disk_refuses_presses_and_loses_none_that_it_took(tmp_path: Path, tells: Tells) -> None:
    town = Town(seed=4)
    async with town.opened(tmp_path, timed=[8, 12, 16], disk=256), Votes(town) as votes:
        if town.postgres.disk is None:
            pytest.skip("nobody may mount a small disk here, not even in a namespace of their own")
        votes.everybody(600, late=0)
        async with asyncio.TaskGroup() as group:
            group.create_task(votes.sends(seconds=20))
            await asyncio.sleep(4)
            await Faults(town).disk()
        await Checks(votes).hold()
        log = (town.postgres.folder / "log").read_text()

    tells(told(town.counts))
    for words in ("could not extend file", "PANIC:  could not write to file", "shutting down due to startup process"):
        assert words in log
    assert all("DiskFull" in worker.logs() for worker in town.workers)


@pytest.mark.hard
@pytest.mark.timeout(360)
async def test_plugs_are_pulled_while_two_thousand_vote(tmp_path: Path, tells: Tells) -> None:
    town, began = Town(seed=2), time.monotonic()
    async with town.opened(tmp_path, timed=TIMED), Votes(town) as votes:
        votes.everybody(VOTERS, late=LATE)
        faults, posts = Faults(town), Posts(town, votes)
        async with asyncio.TaskGroup() as group:
            group.create_task(votes.sends(seconds=SECONDS))
            await faults.kills(2)
            await faults.postgres(signal.SIGINT)
            async with faults.platforms():
                await faults.kills(3)
                await faults.redis()
            await faults.freezes_in_a_transaction()
            await posts.fail()
            await faults.postgres(signal.SIGKILL)
            async with faults.platforms():
                await faults.kills(4)
                await posts.are_slow()
        await faults.freezes_with_an_edit(votes, town.boards[0], "Slack")
        await faults.freezes_with_an_edit(votes, town.boards[1], "Teams")
        checks = Checks(votes)
        await checks.hold()
        await posts.stand_once()
        town.counts.update(faults.edits())
        tells(f"{told(town.counts)} {time.monotonic() - began:.0f} s")
        assert town.counts["kills"] == 10


@pytest.mark.hard
@pytest.mark.timeout(120)
async def test_processes_that_acknowledge_before_they_commit_are_found_out(tmp_path: Path, tells: Tells) -> None:
    town = Town(seed=3, program=("-m", "tests.stories.hasty"))
    async with town.opened(tmp_path, timed=[]), Votes(town) as votes:
        votes.everybody(300, late=0)
        async with asyncio.TaskGroup() as group:
            group.create_task(votes.sends(seconds=10))
            await Faults(town).kills(3)
        await asyncio.sleep(3)

        wrong = Checks(votes).wrong()

    tells(f"{told(town.counts)} {wrong[:2]}")
    assert [press for press in votes.presses if not press.answered] == []
    assert any(one.startswith("lost: ") for one in wrong), wrong
