"""Whether a vote costs more in a poll with a hundred thousand answers, or with a thousand polls open; and its edits."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.bench import cohost, presses, state
from tests.bench.cohost import EDITED, Cohost
from tests.bench.line import Line, alone, compared
from tests.bench.load import Answers
from tests.bench.size import Size
from tests.bench.slack_votes import CALM, in_turn

FEW, MANY = 100, 100_000  # votes of others
ROOM = 12  # people of each session, where there are many
EACH = 10  # polls of each session
AGAIN = 4  # votes of each person a repeat


@contextmanager
def served(folder: Path, name: str, database: Path, program: str = "bot") -> Iterator[Cohost]:
    """Cohost on this database, in a folder and with a Slack of its own."""
    with ExitStack() as stack:
        own = folder / name
        own.mkdir()
        fake = cohost.start_sink(own)
        stack.callback(fake.stop)
        ours = Cohost(own, database, fake.port, program=program)
        stack.callback(ours.stop)
        ours.process.ready()
        yield ours


def took(measured: tuple[float, Answers], wrong: list[str]) -> float:
    """The CPU of what has been answered well."""
    if measured[1].refused:
        wrong.append(f"answers: {measured[1].counted()}")
    return measured[0]


def votes(folder: Path, size: Size) -> Iterator[Line]:
    """In a poll that is full, against one that is not; everybody changes their mind each time."""
    people = state.users(size.votes)
    state.build(folder / "few.db", state.Made(len(people), 1))
    with sqlite3.connect(folder / "few.db") as db:
        poll = db.execute("select id from dialog where kind = 'poll'").fetchone()[0]
    db.close()
    shutil.copy(folder / "few.db", folder / "many.db")
    for name, others in ("few", FEW), ("many", MANY):
        state.stuff(folder / f"{name}.db", poll, others)
    wrong = list[str]()
    with served(folder, "few", folder / "few.db") as few, served(folder, "many", folder / "many.db") as many:
        boards = {one: one.boards(1)[0] for one in (few, many)}
        shifts = {few: 0, many: 0}

        def vote(one: Cohost) -> float:
            shifts[one] += 1
            return took(one.press(one.votes(boards[one], people, shift=shifts[one])), wrong)

        vote(few), vote(many)
        full, empty = in_turn(size.repeats, lambda: vote(many), lambda: vote(few))
        wrong += few.wrong() + many.wrong()
        yield compared("growth_votes", "CPU µs/vote", full, empty, wrong, votes=size.votes)
        before = few.edits()
        thousand = (people * 5)[:1000]
        took(few.press(few.votes(boards[few], thousand, shift=1), pace=CALM), wrong)
        yield alone("edits_per_1000", "edits", [float(few.edits() - before)], wrong + few.wrong())


def polls(folder: Path, size: Size) -> Iterator[Line]:
    """With many polls open, each of which is voted in and edited, against one."""
    sessions = size.polls // EACH
    everybody = state.users(sessions * ROOM)
    state.build(folder / "one.db", state.Made(len(everybody), 1))
    state.build(folder / "all.db", state.Made(ROOM, EACH, sessions))
    wrong = list[str]()
    with ExitStack() as stack:
        one, many = (
            stack.enter_context(served(folder, name, folder / f"{name}.db", "tests.bench.posts_at_once"))
            for name in ("one", "all")
        )
        board, boards = one.boards(1)[0], many.boards(size.polls)
        rooms: dict[str, list[presses.Board]] = {}
        for each in boards:
            rooms.setdefault(each.message["channel"], []).append(each)
        shifts = {one: 0, many: 0}

        def one_poll() -> float:
            shifts[one] += 1
            bodies = [x for n in range(AGAIN) for x in one.votes(board, everybody, shift=n + shifts[one])]
            return took(one.press(bodies, window=EDITED), wrong)

        def all_polls() -> float:
            shifts[many] += 1
            bodies = list[str]()
            for again in range(AGAIN):
                for number, channel in enumerate(sorted(rooms)):
                    people = everybody[number * ROOM : (number + 1) * ROOM]
                    bodies += _room(many, rooms[channel], people, again * 3, shifts[many])
            return took(many.press(bodies, window=EDITED), wrong)

        one_poll(), all_polls()
        wide, narrow = in_turn(size.repeats, all_polls, one_poll)
        wrong += one.wrong() + many.wrong()
        pressed = len(everybody) * AGAIN
        yield compared("growth_polls", "CPU µs/vote", wide, narrow, wrong, polls=size.polls, votes=pressed)


def _room(
    server: Cohost, boards: Sequence[presses.Board], people: Sequence[str], first: int, shift: int
) -> list[str]:  # fmt: skip
    """Everybody of a room votes, each in another of its polls."""
    return [
        body
        for number, user in enumerate(people)
        for body in server.votes(boards[(number + first) % len(boards)], [user], shift=number + shift)
    ]


def run(folder: Path, size: Size) -> Iterator[Line]:
    """All measures of this file."""
    if not size.everything:
        return
    yield from votes(folder, size)
    yield from polls(folder, size)
