"""A server in a process of its own, and what it uses: CPU of all its threads, and memory."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
QUIET = 0.002  # CPU seconds in `LOOK` that still count as doing nothing
LOOK = 0.2


class Process:
    """Started at once; `ready` waits until it listens."""

    def __init__(self, arguments: Sequence[str], port: int, folder: Path, env: Mapping[str, str] | None = None) -> None:
        self.port, self.log = port, folder / f"{port}.log"
        self.ready_after = 0.0  # seconds
        mine = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.began = time.monotonic()
        with self.log.open("wb") as log:
            self.child = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=folder,  # there is no `.env` here
                env=mine | {"PYTHONPATH": str(ROOT)} | dict(env or {}),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def ready(self, patience: float = 30.0) -> float:
        """Seconds from its start until it listens."""
        while time.monotonic() - self.began < patience and self.child.poll() is None:
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", self.port)) == 0:
                    self.ready_after = time.monotonic() - self.began
                    return self.ready_after
            time.sleep(0.005)
        raise RuntimeError(f"a server of the bench did not come up: {self.log.read_text()[-2000:]}")

    def cpu(self) -> float:
        """CPU seconds so far, of all threads that live."""
        return sum(int((task / "schedstat").read_text().split()[0]) for task in self._tasks()) / 1e9

    def _tasks(self) -> list[Path]:
        return list(Path(f"/proc/{self.child.pid}/task").iterdir())

    def memory(self) -> float:
        """Resident MB (1e6 bytes) now."""
        line = next(x for x in Path(f"/proc/{self.child.pid}/status").read_text().splitlines() if x.startswith("VmRSS"))
        return int(line.split()[1]) * 1024 / 1e6

    def calm(self, patience: float = 60.0) -> None:
        """Until it does nothing any more."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            before = self.cpu()
            time.sleep(LOOK)
            if self.cpu() - before < QUIET:
                return

    @property
    def ports(self) -> list[int]:
        """Where it listens."""
        return [self.port]

    def stop(self) -> None:
        """Ask it to end, and see to it."""
        self.child.terminate()
        try:
            self.child.wait(10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


class Together(Process):
    """Several that do the same work, which are one to whoever measures them. The first one's log and memory."""

    def __init__(self, several: Sequence[Process]) -> None:
        self.several, first = several, several[0]
        self.port, self.log, self.child, self.began = first.port, first.log, first.child, first.began

    def ready(self, patience: float = 30.0) -> float:
        """Seconds until all listen."""
        self.ready_after = max(one.ready(patience) for one in self.several)
        return self.ready_after

    def _tasks(self) -> list[Path]:
        return [task for one in self.several for task in one._tasks()]

    @property
    def ports(self) -> list[int]:
        """Where they listen."""
        return [one.port for one in self.several]

    def stop(self) -> None:
        """End all."""
        for one in self.several:
            one.stop()


def free_port() -> int:
    """A port that nobody has at the moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port
