"""Two processes that share PostgreSQL and Redis, against one that has them for itself: votes per CPU second.

The two and the one work on copies of one database, on the same server, each with a Redis and a Slack of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from statistics import median

import psycopg

from tests.bench import cohost, state
from tests.bench.cohost import SLACK, VOTES, Cohost
from tests.bench.line import Line, compared
from tests.bench.size import Size
from tests.bench.slack_votes import in_turn
from tests.postgres import Postgres
from tests.postgres import serving as postgres_serving
from tests.storage.redis_server import serving as redis_serving

CONNECTIONS = 32  # in all, however many processes there are; in the second line so many for each


class Shared(Cohost):
    """So many processes on one database."""

    def __init__(self, folder: Path, database: str, redis: str, sink_port: int, processes: int) -> None:
        self.url = database
        env = {"COHOST_DATABASE_URL": database, "COHOST_REDIS_URL": redis, **cohost.slack(sink_port)}
        super().__init__(folder, Path(), sink_port, SLACK, env, processes)

    def wrong(self) -> list[str]:
        """What the database has other than every vote, once."""
        with psycopg.connect(self.url) as db:
            found = db.execute("select count(*) from heard where id like %s", [self.ways.heard]).fetchone()
            stored = {(dialog, user): value for dialog, user, value in db.execute(VOTES)}
        return cohost.not_as_pressed(found[0] if found else 0, stored, self.pressed, self.due)


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
            place = folder / f"{processes}"
            place.mkdir()
            fake = cohost.start_sink(place)
            stack.callback(fake.stop)
            redis = stack.enter_context(redis_serving())
            shared = Shared(place, server.fresh().url, redis.url, fake.port, processes)
            stack.callback(shared.stop)
            shared.process.ready()
            return shared

        two, one = serve(2), serve(1)
        boards = {each: iter(each.boards(2 * size.repeats + 1)) for each in (two, one)}
        for each in (two, one):
            board = next(boards[each])
            for port in each.process.ports:  # everybody is made known to each process
                each.press(each.votes(board, people), ports=[port])

        def vote(each: Shared, connections: int, databases: list[float]) -> float:
            before = used(server)
            cpu, answers = each.press(each.votes(next(boards[each]), people), connections)
            databases.append((used(server) - before) / size.votes * 1e6)
            if answers.refused:
                wrong.append(f"answers: {answers.counted()}")
            return 1e6 / cpu

        theirs: list[list[float]] = [[], [], []]  # CPU µs of PostgreSQL for each vote
        spread, full, alone = in_turn(
            size.repeats,
            lambda: vote(two, CONNECTIONS, theirs[0]),
            lambda: vote(two, 2 * CONNECTIONS, theirs[1]),
            lambda: vote(one, CONNECTIONS, theirs[2]),
        )
        wrong += two.wrong() + one.wrong()
        for name, both, database in ("two_processes", spread, theirs[0]), ("two_processes_full", full, theirs[1]):
            more = {"postgres": median(database), "postgres_baseline": median(theirs[2])}
            yield compared(name, "votes/CPU s", both, alone, wrong, votes=size.votes, **more)
