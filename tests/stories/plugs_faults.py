"""What goes wrong in `plugs` while people vote: processes, servers and platforms in turn, by seeded dice."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import psycopg
from aiohttp import web

from storage.base import LEASE
from tests.postgres import Postgres
from tests.slack.faults import Fault as SlackFault
from tests.stories.plugs import Board, Town, Worker, happens
from tests.stories.plugs_votes import Votes
from tests.stories.workspace import SIGNING
from tests.teams.faults import Fault as TeamsFault

SLOW = 2.0  # seconds that a slow platform takes
LOOKS = 400  # times that a process is stopped for a moment, until it is inside a transaction
REFUSED = 20  # presses, until it is seen that the disk is full
HELD = 17.0  # seconds for which it then stays stopped: longer than PostgreSQL bears an idle transaction
# Seconds in which the other process must answer a command meanwhile: mostly 2; 10 if the one that is stopped was in the
# midst of several rows, which PostgreSQL does not take for idle (storage/connecting.py).
ANSWERED = 16.0


class Faults:
    """Each of these has healed when it returns, except for what must still be made up for."""

    def __init__(self, town: Town) -> None:
        self.town, self.dice, self.counts = town, town.dice, town.counts

    async def kills(self, times: int) -> None:
        """One of the processes is killed, and started again soon."""
        for _ in range(times):
            await asyncio.sleep(self.dice.uniform(0.5, 2.0))
            await self.kill(self.dice.choice(self.town.workers))

    async def kill(self, worker: Worker) -> None:
        """This one."""
        worker.kill()
        self.counts["kills"] += 1
        await asyncio.sleep(self.dice.uniform(0.0, 1.0))
        await asyncio.to_thread(worker.start)

    async def postgres(self, how: signal.Signals) -> None:
        """PostgreSQL is stopped, and started again soon."""
        server = self.town.postgres
        await asyncio.to_thread(server.stop, how)
        self.counts[f"PostgreSQL {how.name}"] += 1
        await asyncio.sleep(self.dice.uniform(0.5, 2.0))
        await asyncio.to_thread(revive, server)
        await asyncio.sleep(2)

    async def disk(self) -> None:
        """PostgreSQL's disk is full: first its tables cannot grow, then its log ahead of writing, and it gives up.

        Somebody makes room and starts it again. Nobody helps Cohost.
        """
        server, refused = self.town.postgres, self.counts["5xx"]
        assert server.disk
        await asyncio.to_thread(server.disk.fill)
        await happens(lambda: self.counts["5xx"] >= refused + REFUSED, 30)
        self.counts["refused while its tables could not grow"] = self.counts["5xx"] - refused
        with psycopg.connect(self.town.database, autocommit=True) as db, suppress(psycopg.OperationalError):
            while True:
                db.execute("SELECT pg_switch_wal()")
                db.execute("SELECT txid_current()")
        await happens(lambda: server.process is None or server.process.poll() is not None, 30)
        await asyncio.sleep(2)
        self.counts["refused, in all, while it was full"] = self.counts["5xx"] - refused
        await asyncio.to_thread(server.disk.empty)
        server.stop()
        await asyncio.to_thread(revive, server)

    async def redis(self) -> None:
        """Redis forgets everything; then it is gone for a while, in which a process dies; then it is back, empty."""
        server = self.town.redis
        server.empty()
        await asyncio.sleep(2)
        server.kill()
        await asyncio.sleep(2)
        await self.kill(self.dice.choice(self.town.workers))
        await asyncio.sleep(2)
        await asyncio.to_thread(server.start)
        self.counts["Redis flushed"] += 1
        self.counts["Redis stopped"] += 1
        await asyncio.sleep(2)

    async def freezes_in_a_transaction(self) -> None:
        """A process is stopped while it holds a transaction open; a command at the other is answered nevertheless."""
        frozen, other = self.town.workers
        for _ in range(LOOKS):
            frozen.freeze()
            before = await asyncio.to_thread(idle, self.town.database)
            await asyncio.sleep(0.1)
            if before & await asyncio.to_thread(idle, self.town.database):
                break
            frozen.thaw()
            await asyncio.sleep(self.dice.uniform(0.0, 0.05))
        else:
            raise AssertionError("it was never found inside a transaction")
        began = time.monotonic()
        question = "Asked while one is frozen?"
        self.town.slack.connect(f"{other.url}/slack/events", SIGNING)
        await self.town.types(f'poll "{question}" Yes No')
        took = time.monotonic() - began
        assert took < ANSWERED, took
        self.town.asked.append(question)
        await asyncio.sleep(HELD - took)
        frozen.thaw()
        self.counts["frozen in a transaction"] += 1
        self.counts["ms for a command meanwhile"] = int(took * 1000)

    async def freezes_with_an_edit(self, votes: Votes, board: Board, platform: str) -> None:
        """A process is stopped as its edit is on its way, past its lease; the edit arrives after newer ones.

        The board's votes of the end are used for this: nothing follows that would draw it again.
        """
        town, held, go = self.town, asyncio.Event(), asyncio.Event()
        seen: list[Worker] = []
        newer: list[Worker] = []

        async def trap(request: web.Request, worker: Worker) -> None:
            if platform == "Slack":
                ours = request.path.endswith("chat.update") and board.slack.ts in await request.text()
            else:
                ours = request.method == "PUT" and request.path.endswith(f"/{board.teams.id}")
            if not ours:
                return
            if seen:
                newer.append(worker)
                return
            worker.freeze()
            seen.append(worker)
            held.set()
            await go.wait()

        town.trap = trap
        late = len(votes.late[board.dialog])
        sending = asyncio.create_task(votes.sends_late(town.workers, board, late // 2))
        await asyncio.wait_for(held.wait(), 60)
        other = next(worker for worker in town.workers if worker is not seen[0])
        await votes.sends_late([other], board, late)
        await happens(lambda: other in newer, LEASE.total_seconds() + 60)
        await asyncio.sleep(3)
        go.set()
        await asyncio.sleep(0.5)
        seen[0].thaw()
        await sending
        town.trap = None
        self.counts[f"frozen with an edit on its way to {platform}"] += 1

    @asynccontextmanager
    async def platforms(self) -> AsyncIterator[None]:
        """Meanwhile edits go wrong, in each way that there is."""
        task = asyncio.create_task(self._platforms())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self.town.slack.web.faults.clear()
            self.town.teams.faults.clear()

    async def _platforms(self) -> None:
        town = self.town
        while True:
            for name in self.dice.sample(("429", "500", "slow", "lost"), 4):
                gate = asyncio.Event()
                slack = {
                    "429": SlackFault.ratelimited(2),
                    "500": SlackFault.http(500),
                    "slow": SlackFault.slow(gate),
                    "lost": SlackFault.performed_but_lost(),
                }
                teams = {
                    "429": TeamsFault.throttled(2),
                    "500": TeamsFault.error("ServiceError"),
                    "slow": TeamsFault.slow(gate),
                    "lost": TeamsFault.performed_but_lost(),
                }
                town.slack.next("chat.update", slack[name])
                town.teams.next("update", teams[name])
                try:
                    while town.slack.web.faults["chat.update"] or town.teams.faults["update"]:  # noqa: ASYNC110 - nobody tells
                        await asyncio.sleep(0.1)
                    self.counts[f"platforms: {name}"] += 1
                    await asyncio.sleep(SLOW)
                finally:
                    gate.set()
                await asyncio.sleep(self.dice.uniform(0.0, 1.0))

    def edits(self) -> Counter[str]:
        """How many edits were asked of each platform."""
        return Counter(
            {
                "edits in Slack": len(self.town.slack.called("chat.update")),
                "edits in Teams": len(self.town.teams.called("update")),
            }
        )


def revive(server: Postgres) -> None:
    """Start it; after a kill, what is left of the old one may need a moment to be gone."""
    end = time.monotonic() + 30
    while True:
        try:
            server.start()
        except AssertionError:
            if time.monotonic() > end:
                raise
            server.stop()
            time.sleep(0.2)
        else:
            return


def idle(database: str) -> set[tuple[int, str]]:
    """The open transactions in which nothing happens at the moment."""
    with psycopg.connect(database, autocommit=True) as db:
        rows = db.execute(
            "SELECT pid, xact_start::text FROM pg_stat_activity WHERE state = 'idle in transaction' "
            "AND application_name = 'cohost'"
        )
        return {(pid, since) for pid, since in rows}


def told(counts: Counter[str]) -> str:
    """All that was counted, in one line."""
    return json.dumps(dict(sorted(counts.items())))
