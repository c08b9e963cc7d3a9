"""Cohost as it is served, on a copy of a database, with the sink for a Slack."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench import presses, sink, state
from tests.bench.load import Answers, Job, run
from tests.bench.process import Process, free_port

SIGNING = "8f742231b10e8888abcd99yyyzzz85a5"
PATH = "/slack/events"
EDITED = 2.3  # seconds after the last vote in which its edit must have begun


class Server:
    """A server that takes Slack's presses: what one of them costs it is CPU until it is calm again."""

    def __init__(self, process: Process, folder: Path) -> None:
        self.process, self.folder = process, folder

    def press(self, bodies: Sequence[str], connections: int = 32, pace: float | None = None) -> tuple[float, Answers]:
        """CPU in µs for each of these presses, and how they were answered."""
        self.process.calm()
        before = self.process.cpu()
        job = Job(self.process.port, PATH, presses.FORM, connections, pace, SIGNING)
        answers = run(job, bodies, self.folder)
        self.settle()
        return (self.process.cpu() - before) / len(bodies) * 1e6, answers

    def settle(self) -> None:
        """Until all that follows from what it was told is done."""
        self.process.calm()

    def stop(self) -> None:
        """End it."""
        self.process.stop()


class Cohost(Server):
    """`cohost serve`, with boards to press on and the votes that it must have in the end."""

    def __init__(self, folder: Path, database: Path, sink_port: int, profile: Sequence[str] = ()) -> None:
        self.database, self.sink = database, sink_port
        port = free_port()
        env = {
            "COHOST_DATABASE_URL": f"sqlite:///{database}",
            "COHOST_SECRET": state.SECRET,
            "COHOST_PORT": str(port),
            "SLACK_SIGNING_SECRET": SIGNING,
            "SLACK_BOT_TOKEN": "xoxb-1",
            "SLACK_API_URL": f"http://127.0.0.1:{sink_port}/api/",
        }
        super().__init__(Process([*profile, "-m", "bot", "serve"], port, folder, env), folder)
        self.due: dict[tuple[str, str], str] = {}  # (dialog, Slack's user) -> what they pressed last
        self.pressed = 0

    def boards(self, polls: int) -> list[presses.Board]:
        """The polls, when all are posted."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            found = presses.boards(sink.ask(self.sink)["posted"])
            if len(found) >= polls:
                self.settle()
                return found
            time.sleep(0.1)
        raise RuntimeError("the polls were not posted")

    def votes(
        self, board: presses.Board, users: Sequence[str], *, shift: int = 0, receipts: bool = False, first: int = 0
    ) -> list[str]:
        """One press for each of these people, who are remembered as having voted so."""
        bodies = []
        for number, user in enumerate(users):
            button = (number + shift) % len(board.buttons)
            respond = f"http://127.0.0.1:{self.sink}/respond/{first + number}" if receipts else None
            bodies.append(presses.press(board, user, button, respond))
            self.due[board.dialog, f"{sink.TEAM}/{user}"] = board.value(button)
        self.pressed += len(bodies)
        return bodies

    def settle(self) -> None:
        """The last edit of a board is held back for as long as Slack's pace wants it."""
        time.sleep(EDITED)
        self.process.calm()

    def wrong(self) -> list[str]:
        """What the database has other than every vote, once."""
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as db:
            heard = db.execute("select count(*) from heard where id like ?", [f"slack:{sink.TEAM}:%"]).fetchone()[0]
            votes = "select n.dialog, i.user, n.value from note n join identity i using (person) where n.key = 'vote'"
            stored = {(dialog, user): value for dialog, user, value in db.execute(votes)}
        db.close()
        wrong = [] if heard == self.pressed else [f"{heard} of {self.pressed} presses were heard"]
        off = sum(stored.get(key) != value for key, value in self.due.items()) + len(stored.keys() - self.due.keys())
        return wrong + ([f"{off} of {len(self.due)} votes are not what was pressed last"] if off else [])


def start_sink(folder: Path) -> Process:
    """The sink, ready."""
    port = free_port()
    process = Process(["-m", "tests.bench.sink", str(port)], port, folder)
    process.ready()
    return process


def start(folder: Path, module: str, *arguments: Any) -> Server:
    """One of the bench's own servers, ready."""
    port = free_port()
    process = Process(["-m", f"tests.bench.{module}", str(port), *map(str, arguments)], port, folder)
    process.ready()
    return Server(process, folder)
