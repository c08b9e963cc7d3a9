"""`cohost serve` is told to stop (SIGTERM) in the midst of a storm of votes: no request fails, and nothing is lost."""

import asyncio
import json
import random
import signal
import sqlite3
import time
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.slack.forms import pressable
from tests.stories.plugs import CHOICES, Board, Town, Worker, happens
from tests.stories.plugs_checks import Checks, counted
from tests.stories.plugs_votes import Press, Votes
from tests.stories.served import served
from tests.stories.storm import Gate, Storm, Voter, in_slack

PATIENCE = 10.0  # seconds in which it has ended: the promise
LETS_GO = 20.0  # seconds in which a lease has gone that somebody who lives has: it lasts 30
AT_ONCE = 48  # presses under way
HELD = "SELECT id, owner, due FROM post WHERE owner IS NOT NULL"


@dataclass
class Rolling:
    """Two processes that are stopped and started in turn, and everybody who votes meanwhile."""

    town: Town
    votes: Votes
    storm: Storm
    before: int = 0  # events heard before the storm

    async def heard(self) -> int:
        """How many events have been heard."""
        async with await psycopg.AsyncConnection.connect(self.town.database) as db:
            found = await (await db.execute("SELECT count(*) FROM heard")).fetchone()
        return int(found[0]) if found else 0

    async def stops(self, worker: Worker) -> None:
        """Told to stop, ended well and in time, and started again when its leases have gone."""
        gate = self.storm.gates[worker.number - 1]
        gate.seen[:] = gate.seen[-1:]
        began, child = time.monotonic(), worker.process.child
        child.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(child.wait, PATIENCE)
        ended = time.monotonic() - began
        kept = await self.held()
        await happens(lambda: gate.seen[-1] == 0)
        assert (code, self.storm.failures, 503 in gate.seen) == (0, [], True)
        began = time.monotonic()
        await asyncio.to_thread(worker.start)
        await happens(lambda: gate.up)
        ready = time.monotonic() - began
        print(f"process {worker.number}: ended after {ended:.1f} s, listened {worker.process.ready_after:.1f} s after "
              f"its start, and was sent to after {ready:.1f} s")  # fmt: skip
        began = time.monotonic()
        while kept := kept & await self.held():
            assert time.monotonic() < began + LETS_GO, f"posts are still leased: {kept}"
            await asyncio.sleep(0.1)

    async def held(self) -> set[tuple[Any, ...]]:
        """The leases on posts at this moment: which post, whose, until when."""
        async with await psycopg.AsyncConnection.connect(self.town.database) as db:
            return {*await (await db.execute(HELD)).fetchall()}

    async def ends(self) -> None:
        """Everybody has voted: what must hold, with both at work and when both have been stopped."""
        assert self.storm.failures == []
        await Checks(self.votes).hold()
        assert await self.heard() == self.before + len(self.storm.presses)  # each once
        children = [worker.process.child for worker in self.town.workers]
        for child in children:
            child.send_signal(signal.SIGTERM)
        codes = [await asyncio.to_thread(child.wait, PATIENCE) for child in children]
        assert (codes, await self.held()) == ([0, 0], set())


def everybody(votes: Votes, count: int) -> list[Voter]:
    """So many people, half of them in Slack, half in Teams, each at one of the boards."""
    town, voters = votes.town, list[Voter]()
    for number in range(count):
        board, name = town.boards[number % len(town.boards)], f"Person {number}"
        if number // 2 % 2 == 0:
            who: Any = town.team.user(name)
            town.channel.members.append(who.id)
            voters.append(in_slack(who, board.slack, CHOICES, town.dice))
        else:
            who = town.acme.user(name, installed=True)
            town.chat.people.append(who)
            voters.append(partial(in_teams, votes, who, board))
    return voters


def in_teams(votes: Votes, who: Any, board: Board, at: datetime) -> Press:
    """One more press of this person."""
    return votes._in_teams(who, board, votes.dice.choice(CHOICES), at)


async def rolling(folder: Path, voters: int, rounds: int, between: int) -> None:
    """Each process is stopped and started so often, with so many votes before, in between and after."""
    town = Town(seed=5)
    async with town.opened(folder, timed=[]), Votes(town) as votes:
        storm = Storm([Gate(worker.port) for worker in town.workers], everybody(votes, voters), votes.bearer)
        votes.presses = storm.presses
        story, began = Rolling(town, votes, storm), time.monotonic()
        story.before = await story.heard()
        async with storm.raging(AT_ONCE):
            await storm.goes_on(between)
            for _ in range(rounds):
                for worker in town.workers:
                    await story.stops(worker)
                    await storm.goes_on(between)
        print(storm.told(), f"in {time.monotonic() - began:.0f} s")
        await story.ends()
        assert not any("Traceback" in worker.logs() for worker in town.workers)


@pytest.mark.timeout(120)
async def test_processes_behind_a_load_balancer_are_replaced_in_a_storm_and_no_request_fails(tmp_path: Path) -> None:
    await rolling(tmp_path, voters=300, rounds=1, between=300)


@pytest.mark.hard
@pytest.mark.timeout(300)
async def test_a_thousand_vote_while_each_process_is_replaced_three_times(tmp_path: Path) -> None:
    await rolling(tmp_path, voters=1000, rounds=3, between=1000)


async def test_one_process_is_stopped_in_a_storm_and_what_it_takes_it_answers(tmp_path: Path) -> None:
    """Whoever votes is told so or refused; behind one process nobody else can take it."""
    dice = random.Random(6)
    async with served(tmp_path) as course:
        process = course.process
        await course.ann.types(course.room, '/ilt poll "Ready?" Yes No')
        board = (await course.board()).message
        assert board
        people = [course.ann.team.user(f"Person {number}") for number in range(200)]
        course.room.members += [one.id for one in people]
        voters = [in_slack(one, board, ("Yes", "No"), dice) for one in people]
        storm = Storm([Gate(process.port)], voters, again=False)
        async with storm.raging(AT_ONCE):
            await storm.goes_on(400)
            began, before = time.monotonic(), storm.counts["acknowledged"]
            code = await process.told_to_stop()
            ended, after = time.monotonic() - began, storm.counts["acknowledged"]
            await happens(lambda: storm.counts["refused"] > AT_ONCE)
            await process.start()
            await storm.goes_on(400)
        print(storm.told(), f"; ended after {ended:.1f} s, {after - before} acknowledged meanwhile")
        stored = votes(tmp_path)
        choices = [json.loads(pressable(board.blocks, label)[1]["value"])[3] for label in ("Yes", "No")]
        shown = [sum(value == one for value in stored.values()) for one in choices]
        async with asyncio.timeout(20):
            while counted((await course.board()).words) != shown:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.1)

        assert (code, storm.failures, wrong(storm, stored)) == (0, [], [])
        # Each connection is told that it was its last answer: who has one that is idle just then is the exception.
        assert storm.counts["unanswered"] < AT_ONCE / 4
        assert (await process.told_to_stop(), course.posts(), rows(tmp_path, HELD)) == (0, 1, [])
        assert "Traceback" not in process.log


def wrong(storm: Storm, stored: dict[str, str]) -> list[str]:
    """Who is stored with something else than what they were told last. Unanswered, it may have been stored or not."""
    told: dict[str, Press] = {}
    for press in sorted(storm.presses, key=lambda press: press.at):
        if press.answered:
            told[press.user] = press
    may = {(press.user, press.value) for press in storm.unanswered if press.at > told[press.user].at}
    off = [user for user, value in stored.items() if value != told[user].value and (user, value) not in may]
    return off + [user for user in told if user not in stored]


def votes(folder: Path) -> dict[str, str]:
    """Slack's user -> what is stored of them."""
    found = rows(folder, """SELECT i."user", n.value FROM note n JOIN identity i USING (person) WHERE n.key = 'vote'""")
    assert len({user for user, _ in found}) == len(found)
    return dict(found)


def rows(folder: Path, statement: str) -> list[Any]:
    with sqlite3.connect(folder / "cohost.db") as db:
        found = db.execute(statement).fetchall()
    db.close()
    return found
