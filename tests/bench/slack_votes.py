"""Votes in Slack: against Bolt that only acknowledges, against the ordinary bot, at a calm pace, and all at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.bench import cohost, presses, state
from tests.bench.cohost import SIGNING, Cohost, Server
from tests.bench.line import Line, compared
from tests.bench.load import Answers
from tests.bench.size import Size

CALM = 100.0  # votes a second
CROWD = 500  # people who press at once


@dataclass
class Bench:
    """Cohost and what it is compared with, each in a process of its own."""

    cohost: Cohost
    boards: list[presses.Board]
    bolt: Server
    bare: Server
    ordinary: Server
    users: list[str]
    votes: Path  # the ordinary bot's database
    size: Size
    used: int = 0  # boards
    asked: int = 0  # presses of the ordinary bot
    wrong: list[str] = field(default_factory=list)

    def bodies(self, *, receipts: bool = False, most: int | None = None) -> list[str]:
        """Everybody's first press on a poll that nobody has voted in."""
        board = self.boards[self.used]
        self.used += 1
        return self.cohost.votes(board, self.users[:most], receipts=receipts)

    def took(self, measured: tuple[float, Answers]) -> float:
        """The CPU of what has been answered well."""
        cpu, answers = measured
        if answers.refused:
            self.wrong.append(f"answers: {answers.counted()}")
        return cpu

    def seen(self) -> list[str]:
        """What did not add up, in the answers and in both databases."""
        with sqlite3.connect(self.votes) as db:
            stored = db.execute("select count(*) from vote").fetchone()[0]
        db.close()
        lost = [f"the ordinary bot stored {stored} of {self.asked} votes"] if stored != self.asked else []
        return [*self.wrong, *self.cohost.wrong(), *lost]


@contextmanager
def bench(folder: Path, size: Size) -> Iterator[Bench]:
    """All of them running, and warm."""
    polls = 1 + 2 * size.repeats + size.calm_repeats + size.bursts
    state.build(folder / "made.db", state.Made(max(size.votes, CROWD), polls))
    with ExitStack() as stack:
        sink = cohost.start_sink(folder)
        stack.callback(sink.stop)
        ours = Cohost(folder, folder / "made.db", sink.port)
        stack.callback(ours.stop)
        ours.process.ready()
        votes = folder / "ordinary.db"
        api = f"http://127.0.0.1:{sink.port}/api/"
        bolt = cohost.start(folder, "bolt_only", SIGNING)
        stack.callback(bolt.stop)
        bare = cohost.start(folder, "bare")
        stack.callback(bare.stop)
        ordinary = cohost.start(folder, "ordinary", SIGNING, api, f"sqlite:///{votes}")
        stack.callback(ordinary.stop)
        people = state.users(max(size.votes, CROWD))
        found = Bench(ours, ours.boards(polls), bolt, bare, ordinary, people, votes, size)
        warm = found.bodies()  # in this round everybody is made known, too
        for server in (ours, bolt, bare):
            found.took(server.press(warm))
        yield found


def in_turn(repeats: int, *measures: Callable[[], float]) -> list[list[float]]:
    """Each measure so often, the order reversed every other time: one list of values a measure."""
    taken: list[list[float]] = [[] for _ in measures]
    for repeat in range(repeats):
        numbered = list(enumerate(measures))
        for number, measure in reversed(numbered) if repeat % 2 else numbered:
            taken[number].append(measure())
    return taken


def full(bench: Bench) -> Iterator[Line]:
    """32 connections that press as fast as they are answered."""
    votes = bench.size.votes
    one = bench.boards[0]
    same = [presses.press(one, user, 0) for user in bench.users[:votes]]  # for those who only acknowledge

    def ordinary() -> float:
        bench.asked += bench.size.ordinary
        poll = presses.renamed(one, f"1764000001.{bench.asked:06}")
        return bench.took(bench.ordinary.press([presses.press(poll, x, 1) for x in bench.users[: bench.size.ordinary]]))

    plain, told, bolt, bare, theirs = in_turn(
        bench.size.repeats,
        lambda: bench.took(bench.cohost.press(bench.bodies(most=votes))),
        lambda: bench.took(bench.cohost.press(bench.bodies(most=votes, receipts=True))),
        lambda: bench.took(bench.bolt.press(same)),
        lambda: bench.took(bench.bare.press(same)),
        ordinary,
    )
    wrong = bench.seen()
    yield compared("bolt_ack_only", "CPU µs/press", bolt, bare, wrong)
    yield compared("slack_vote", "CPU µs/vote", plain, bolt, wrong, votes=votes)
    yield compared("slack_vote_with_receipts", "CPU µs/vote", told, bolt, wrong, votes=votes)
    yield compared("vs_ordinary", "CPU µs/vote", plain, theirs, wrong, votes=votes)


def calm(bench: Bench) -> Iterator[Line]:
    """A hundred votes a second. `ack_p99`: the price of waiting for company, in ms."""
    most = bench.size.calm
    same = [presses.press(bench.boards[0], user, 0) for user in bench.users[:most]]
    acks: list[Answers] = []

    def ours() -> float:
        measured = bench.cohost.press(bench.bodies(most=most), pace=CALM)
        acks.append(measured[1])
        return bench.took(measured)

    votes, bolt = in_turn(bench.size.calm_repeats, ours, lambda: bench.took(bench.bolt.press(same, pace=CALM)))
    late = {f"ack_p{share}": median(one.p(share / 100) for one in acks) for share in (50, 99)}
    yield compared("calm_vote", "CPU µs/vote", votes, bolt, bench.seen(), votes=most, **late)


def burst(bench: Bench) -> Iterator[Line]:
    """Five hundred people press at once, each on a connection of their own."""
    same = [presses.press(bench.boards[0], user, 0) for user in bench.users[:CROWD]]
    refused: dict[str, int] = {"ours": 0, "bolt": 0}

    def late(whose: str, measured: tuple[float, Answers]) -> float:
        refused[whose] += measured[1].refused
        return measured[1].p(0.99)

    ours, bolt = in_turn(
        bench.size.bursts,
        lambda: late("ours", bench.cohost.press(bench.bodies(most=CROWD), CROWD)),
        lambda: late("bolt", bench.bolt.press(same, CROWD)),
    )
    wrong = [] if refused["ours"] else bench.seen()  # what was refused need not be stored
    yield Line(
        "burst_refused", refused["ours"], "presses", refused["bolt"], None, bench.size.bursts, wrong=tuple(wrong)
    )
    yield compared("burst_p99", "ms", ours, bolt, wrong, people=CROWD)


def run(folder: Path, size: Size) -> Iterator[Line]:
    """All measures of this file."""
    with bench(folder, size) as one:
        yield from full(one)
        yield from calm(one)
        yield from burst(one)
