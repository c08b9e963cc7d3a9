"""What is there while nobody presses: timers that ring, flags for the facilitator, the start, and the memory."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.bench import sink, state
from tests.bench.growth import served
from tests.bench.line import Line, alone, compared
from tests.bench.size import Size
from tests.bench.slack_votes import in_turn

PENDING = 500_000
RINGING = 200  # timers that ring together
SOON = timedelta(seconds=15)  # after the start, when all boards are posted
RUNG = 4.0  # seconds in which all have rung
SESSIONS, ROOM = 100, 30  # of the memory
QUESTIONS = 50  # sessions whose question goes unanswered


def timers(folder: Path, size: Size) -> Iterator[Line]:
    """Timers that ring while very many others wait, against the same without the others."""
    state.build(folder / "none.db", state.Made(5, 1, closing=RINGING))
    shutil.copy(folder / "none.db", folder / "many.db")
    state.pending(folder / "many.db", PENDING)
    wrong, run = list[str](), iter(range(1000))

    def ring(name: str) -> float:
        database = folder / f"{name}{next(run)}.db"
        shutil.copy(folder / f"{name}.db", database)
        moment = datetime.now(UTC) + SOON
        count = state.ring_at(database, moment)
        with served(folder, database.stem, database, "tests.bench.posts_at_once") as one:
            one.boards(RINGING + 1)
            left = (moment - datetime.now(UTC)).total_seconds() - 0.5
            if left < 0:
                wrong.append("the timers rang before all polls were posted")
            time.sleep(max(0.0, left))
            before = one.process.cpu()
            time.sleep(RUNG)
            used = one.process.cpu() - before
        with sqlite3.connect(database) as db:
            closed = db.execute("select count(*) from dialog where kind = 'poll' and done").fetchone()[0]
        db.close()
        if closed != count:
            wrong.append(f"{closed} of {count} timers rang")
        return used / count * 1e6

    many, none = in_turn(size.rings, lambda: ring("many"), lambda: ring("none"))
    yield compared("timers", "CPU µs/ring", many, none, wrong, rings=RINGING, pending=PENDING)


def flags(folder: Path) -> Iterator[Line]:
    """From the moment at which a question has been quiet for too long until its flag is at the platform."""
    database = folder / "flags.db"
    state.build(database, state.Made(5, 0, QUESTIONS, question=True))
    with sqlite3.connect(database) as db:
        asked = db.execute(
            "select s.place, t.at from timer t join dialog d on d.id = t.dialog "
            "join session_place s on s.session = d.session where t.name = 'quiet' and s.place like 'slack:%'"
        ).fetchall()
    db.close()
    due = {place: datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() for place, at in asked}
    late: dict[str, float] = {}
    with served(folder, "flags", database) as one:
        until = max(due.values()) + 20
        while time.time() < until and len(late) < len(due):
            time.sleep(1)
            for message in sink.ask(one.sink)["posted"]:
                number = message["channel"].removeprefix("D0HOST")
                place = (
                    f"slack:{sink.CHANNEL if number == '' else f'C1{int(number):05}'}"
                    if message["channel"][0] == "D"
                    else ""
                )
                if place in due and message["at"] >= due[place]:
                    late.setdefault(place, message["at"] - due[place])
    wrong = (
        []
        if len(late) == len(due) == QUESTIONS
        else [f"{len(late)} of {len(due)} flags came for {QUESTIONS} questions"]
    )
    ordered = sorted(late.values()) or [0.0]
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    yield Line("flag_lateness_p99", p99, "s", repeats=1, min=ordered[0], max=ordered[-1], wrong=tuple(wrong),
               more={"flags": len(late)})  # fmt: skip


def start(folder: Path, size: Size) -> Iterator[Line]:
    """From the command to the first connection, on a database that is there already."""
    state.build(folder / "start.db", state.Made(30, 2))
    seconds = list[float]()
    for number in range(size.starts):
        with served(folder, f"start{number}", folder / "start.db") as one:
            seconds.append(one.process.ready_after)
    yield alone("ready_seconds", "s", seconds)


def memory(folder: Path) -> Iterator[Line]:
    """A hundred sessions of thirty people, in each of which everybody has voted once."""
    state.build(folder / "memory.db", state.Made(ROOM, 1, SESSIONS))
    users = state.users(SESSIONS * ROOM)
    with served(folder, "memory", folder / "memory.db") as one:
        boards = sorted(one.boards(SESSIONS), key=lambda board: str(board.message["channel"]))
        bodies = [
            body
            for number, board in enumerate(boards)
            for body in one.votes(board, users[number * ROOM : (number + 1) * ROOM])
        ]
        _, answers = one.press(bodies)
        wrong = [f"answers: {answers.counted()}"] if answers.refused else []
        yield alone("memory_mb", "MB", [one.process.memory()], wrong + one.wrong())


def run(folder: Path, size: Size) -> Iterator[Line]:
    """All measures of this file."""
    if not size.everything:
        return
    yield from start(folder, size)
    yield from memory(folder)
    yield from flags(folder)
    yield from timers(folder, size)
