"""Two processes that share PostgreSQL and Redis, against one that has them for itself: votes per CPU second.

And against two that share nothing: that tells what sharing costs from what it costs to halve the batches, and to have
twice the processes on the same cores. All work on copies of one database, on the same server, each with a Redis and a
Slack of their own, but for the two that share them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from statistics import median
from tempfile import mkdtemp

import psycopg

from tests.bench import cohost, state
from tests.bench.cohost import SLACK, VOTES, Cohost
from tests.bench.line import Line, compared
from tests.bench.process import Together
from tests.bench.size import Size
from tests.bench.slack_votes import in_turn
from tests.postgres import Postgres
from tests.postgres import serving as postgres_serving
from tests.storage.redis_server import serving as redis_serving

CONNECTIONS = 32  # in all, however many processes there are; in the lines called `full` so many for each


class Shared(Cohost):
    """So many processes on one database."""

    def __init__(self, folder: Path, database: str, redis: str, sink_port: int, processes: int) -> None:
        self.urls = [database]
        env = {"COHOST_DATABASE_URL": database, "COHOST_REDIS_URL": redis, **cohost.slack(sink_port)}
        super().__init__(folder, Path(), sink_port, SLACK, env, processes)

    def wrong(self) -> list[str]:
        """What the databases have other than every vote, once."""
        heard, stored = 0, dict[tuple[str, str], str]()
        for url in self.urls:
            with psycopg.connect(url) as db:
                found = db.execute("select count(*) from heard where id like %s", [self.ways.heard]).fetchone()
                heard += found[0] if found else 0
                stored |= {(dialog, user): value for dialog, user, value in db.execute(VOTES)}
        return cohost.not_as_pressed(heard, stored, self.pressed, self.due)


class Apart(Shared):
    """Two that share nothing. Each vote goes to one of them, whose polls are called the same as the other's."""

    def __init__(self, one: Shared, other: Shared) -> None:
        vars(self).update(vars(one))
        self.urls, self.process = one.urls + other.urls, Together([one.process, other.process])


def used(server: Postgres) -> float:
    """CPU seconds so far of PostgreSQL's processes that live."""
    assert server.process
    taken = 0
    for child in Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split():
        with suppress(OSError):  # one that has just ended: those of the measure stay
            taken += int(Path(f"/proc/{child}/schedstat").read_text().split()[0])
    return taken / 1e9


def run(folder: Path, size: Size) -> Iterator[Line]:
    """The measure of this file."""
    if not size.everything:
        return
    with ExitStack() as stack:
        server = stack.enter_context(postgres_serving())
        state.build(folder / "made", state.Made(size.votes, 2 * size.repeats + 1), server.url("empty"))
        people, wrong = state.users(size.votes), list[str]()

        def serve(processes: int) -> Shared:
            place = Path(mkdtemp(dir=folder))
            fake = cohost.start_sink(place)
            stack.callback(fake.stop)
            redis = stack.enter_context(redis_serving())
            shared = Shared(place, server.fresh().url, redis.url, fake.port, processes)
            stack.callback(shared.stop)
            shared.process.ready()
            return shared

        polls = 2 * size.repeats + 1
        two, one, this, that = serve(2), serve(1), serve(1), serve(1)
        boards = {each: iter(each.boards(polls)) for each in (two, one, this)}
        that.boards(polls)
        apart = Apart(this, that)
        boards[apart] = boards.pop(this)
        for each, to_vote_on in boards.items():
            board = next(to_vote_on)
            for port in each.process.ports:  # everybody is made known to each process
                each.press(each.votes(board, people), ports=[port])

        def vote(each: Shared, connections: int, databases: list[float]) -> float:
            before = used(server)
            cpu, answers = each.press(each.votes(next(boards[each]), people), connections)
            databases.append((used(server) - before) / size.votes * 1e6)
            if answers.refused:
                wrong.append(f"answers: {answers.counted()}")
            return 1e6 / cpu

        theirs: list[list[float]] = [[] for _ in range(5)]  # CPU µs of PostgreSQL for each vote
        spread, full, alone, apart_spread, apart_full = in_turn(
            size.repeats,
            lambda: vote(two, CONNECTIONS, theirs[0]),
            lambda: vote(two, 2 * CONNECTIONS, theirs[1]),
            lambda: vote(one, CONNECTIONS, theirs[2]),
            lambda: vote(apart, CONNECTIONS, theirs[3]),
            lambda: vote(apart, 2 * CONNECTIONS, theirs[4]),
        )
        wrong += two.wrong() + one.wrong() + apart.wrong()

        def line(name: str, ours: int, baseline: int) -> Line:
            votes = [spread, full, alone, apart_spread, apart_full]
            more = {"postgres": median(theirs[ours]), "postgres_baseline": median(theirs[baseline])}
            return compared(name, "votes/CPU s", votes[ours], votes[baseline], wrong, votes=size.votes, **more)

        yield line("two_processes", 0, 2)
        yield line("two_processes_full", 1, 2)
        yield line("two_sharing", 0, 3)
        yield line("two_sharing_full", 1, 4)
