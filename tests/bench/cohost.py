"""Cohost as it is served, on a copy of a database, with the sink for a Slack."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.bench import presses, sink, state
from tests.bench.load import Answers, Job, run
from tests.bench.process import Process, Together, free_port

SIGNING = "8f742231b10e8888abcd99yyyzzz85a5"
VOTES = """select n.dialog, i."user", n.value from note n join identity i using (person) where n.key = 'vote'"""
EDITED = 2.3  # seconds after the last vote in which its edit must have begun
B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Ways:
    """How presses come in. heard: by what ids of events they are found in the database."""

    path: str
    headers: Mapping[str, str]
    secret: str | None
    heard: str


SLACK = Ways("/slack/events", presses.FORM, SIGNING, f"slack:{sink.TEAM}:%")


class Server:
    """A server that takes presses: what one of them costs it is CPU until it is calm again."""

    def __init__(self, process: Process, folder: Path, ways: Ways) -> None:
        self.process, self.folder, self.ways = process, folder, ways

    def press(
        self,
        bodies: Sequence[str],
        connections: int = 32,
        pace: float | None = None,
        window: float | None = None,
        ports: Sequence[int] = (),
    ) -> tuple[float, Answers]:
        """CPU in µs for each of these presses, and how they were answered.

        window: so many seconds after the last answer count, where it would take minutes until all has followed.
        ports: where, if not at all of its processes.
        """
        if window is None:
            self.process.calm()
        before = self.process.cpu()
        at = ports or self.process.ports
        job = Job(at, self.ways.path, self.ways.headers, connections, pace, self.ways.secret)
        answers = run(job, bodies, self.folder)
        if window is None:
            self.settle()
        else:
            time.sleep(window)
        return (self.process.cpu() - before) / len(bodies) * 1e6, answers

    def settle(self) -> None:
        """Until all that follows from what it was told is done."""
        self.process.calm()

    def stop(self) -> None:
        """End it."""
        self.process.stop()


class Cohost(Server):
    """`cohost serve`, and the votes that it must have in the end."""

    def __init__(
        self,
        folder: Path,
        database: Path,
        sink_port: int,
        ways: Ways = SLACK,
        env: Mapping[str, str] | None = None,
        processes: int = 1,
        program: str = "bot",
    ) -> None:
        self.database, self.sink = database, sink_port
        own = {
            "COHOST_DATABASE_URL": f"sqlite:///{database}",
            "COHOST_SECRET": state.SECRET,
            **(slack(sink_port) if env is None else env),
        }
        ports = [free_port() for _ in range(processes)]
        started = [Process(["-m", program, "serve"], port, folder, own | {"COHOST_PORT": str(port)}) for port in ports]
        super().__init__(Together(started) if processes > 1 else started[0], folder, ways)
        self.due: dict[tuple[str, str], str] = {}  # (dialog, the platform's user) -> what they pressed last
        self.pressed = 0

    def boards(self, polls: int) -> list[presses.Board]:
        """The polls, when all are posted."""
        return self.posted(polls, presses.boards)

    def posted(self, polls: int, read: Callable[[Sequence[dict[str, Any]]], list[B]]) -> list[B]:
        """What `read` makes of the messages, when it finds so many polls in them."""
        until = time.monotonic() + 120
        while time.monotonic() < until:
            found = read(sink.ask(self.sink)["posted"])
            if len(found) >= polls:
                self.process.calm()
                return found
            time.sleep(0.2)
        raise RuntimeError(f"the polls were not posted: {self.process.log.read_text()[-2000:]}")

    def votes(
        self, board: presses.Board, users: Sequence[str], *, shift: int = 0, receipts: bool = False
    ) -> list[str]:  # fmt: skip
        """One press for each of these people, who are remembered as having voted so."""
        bodies = []
        for number, user in enumerate(users):
            button = (number + shift) % len(board.buttons)
            respond = f"http://127.0.0.1:{self.sink}/respond/{number}" if receipts else None
            bodies.append(presses.press(board, user, button, respond))
            self.due[board.dialog, f"{sink.TEAM}/{user}"] = board.value(button)
        self.pressed += len(bodies)
        return bodies

    def edits(self) -> int:
        """How many edits of messages it has sent so far."""
        called = sink.ask(self.sink)["called"]
        return int(called.get("chat.update", 0) + called.get("update", 0))

    def settle(self) -> None:
        """The last edit of a board is held back for as long as the platform's pace wants it."""
        time.sleep(EDITED)
        self.process.calm()

    def wrong(self) -> list[str]:
        """What the database has other than every vote, once."""
        return differences(self.database, self.ways.heard, self.pressed, self.due)


def differences(database: Path, heard_as: str, pressed: int, due: Mapping[tuple[str, str], str]) -> list[str]:
    """What the database has other than so many presses under such ids, and these votes: (dialog, user) -> value."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as db:
        heard = db.execute("select count(*) from heard where id like ?", [heard_as]).fetchone()[0]
        votes = f"{VOTES} and n.person not like ?"
        stored = {(dialog, user): value for dialog, user, value in db.execute(votes, [f"{state.STUFFED}%"])}
    db.close()
    return not_as_pressed(heard, stored, pressed, due)


def not_as_pressed(
    heard: int, stored: Mapping[tuple[str, str], str], pressed: int, due: Mapping[tuple[str, str], str]
) -> list[str]:
    """What of a database is other than so many presses and these votes."""
    wrong = [] if heard == pressed else [f"{heard} of {pressed} presses were heard"]
    off = sum(stored.get(key) != value for key, value in due.items()) + len(stored.keys() - due.keys())
    return wrong + ([f"{off} votes are not what was pressed last, of {len(due)}"] if off else [])


def slack(sink_port: int) -> dict[str, str]:
    """The settings for Slack."""
    api = f"http://127.0.0.1:{sink_port}/api/"
    return {"SLACK_SIGNING_SECRET": SIGNING, "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_API_URL": api}


def start_sink(folder: Path) -> Process:
    """The sink, ready."""
    port = free_port()
    process = Process(["-m", "tests.bench.sink", str(port)], port, folder)
    process.ready()
    return process


def start(folder: Path, module: str, *arguments: Any, ways: Ways = SLACK) -> Server:
    """One of the bench's own servers, ready."""
    port = free_port()
    process = Process(["-m", f"tests.bench.{module}", str(port), *map(str, arguments)], port, folder)
    process.ready()
    return Server(process, folder, ways)
