"""The load generator, in a process of its own: `run` describes a job, and the program at the end does it.

It speaks HTTP by itself, since a client library would use more of the machine than most servers that it asks.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import hmac
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

PATIENCE = 240.0  # seconds for one job
LONGEST = 30.0  # seconds for one answer
LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be sent. secret: sign as Slack does. pace: so many a second, else as fast as it is answered.

    ports: of one server, or of several that take turns.
    """

    ports: Sequence[int]
    path: str
    headers: Mapping[str, str]
    connections: int = 32
    pace: float | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """What came back. latencies: milliseconds, in the order of the requests; status 0: the connection broke."""

    statuses: list[int]
    latencies: list[float]
    seconds: float
    bodies: list[str] = field(default_factory=list)  # of the first and the last

    @property
    def refused(self) -> int:
        """How many were not answered with 200."""
        return sum(status != 200 for status in self.statuses)

    def counted(self) -> dict[int, int]:
        """How often each status came."""
        return dict(Counter(self.statuses))

    def p(self, share: float) -> float:
        """The latency that this share stays below."""
        return sorted(self.latencies)[min(len(self.latencies) - 1, int(len(self.latencies) * share))]


def run(job: Job, bodies: Sequence[str], folder: Path) -> Answers:
    """Send these bodies from another process."""
    given = folder / "bodies"
    given.write_text("\n".join(bodies), encoding="utf-8")
    told = json.dumps(asdict(job) | {"bodies": str(given)})
    done = subprocess.run(
        [sys.executable, __file__], input=told, capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    return Answers(**json.loads(done.stdout))


# -- the program -------------------------------------------------------------------------------------------------------


class Connection(asyncio.Protocol):
    """One connection, with one request at a time on it."""

    def __init__(self, port: int) -> None:
        self.port, self.got, self.body = port, b"", b""
        self.answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.got += data
        head, end, rest = self.got.partition(b"\r\n\r\n")
        if not end:
            return
        found = LENGTH.search(head)
        size = int(found[1]) if found else 0
        if len(rest) >= size:
            self.got, self.body = rest[size:], rest[:size]
            self._answered(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        self._answered(0)

    def _answered(self, status: int) -> None:
        if self.answer and not self.answer.done():
            self.answer.set_result(status)

    async def ask(self, request: bytes) -> int:
        """Send it and wait for the status."""
        if self.transport.is_closing():
            return 0
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)  # type: ignore[attr-defined] # a TCP transport
        try:
            return await asyncio.wait_for(self.answer, LONGEST)
        except TimeoutError:
            self.transport.close()
            return 0


def requests(job: Job, bodies: Sequence[bytes]) -> list[bytes]:
    """The bytes of each request."""
    stamp = str(int(time.time()))
    made = []
    for body in bodies:
        headers = {"Host": "bench", "Content-Length": str(len(body)), **job.headers}
        if job.secret:
            mac = hmac.new(job.secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
            headers |= {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={mac}"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        made.append(f"POST {job.path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
    return made


async def send(job: Job, bodies: Sequence[bytes]) -> Answers:
    """All of them, over so many connections that are open before the first is sent."""
    loop, ready = asyncio.get_running_loop(), requests(job, bodies)
    free: asyncio.Queue[Connection] = asyncio.Queue()

    async def connected(port: int) -> Connection:
        _, connection = await loop.create_connection(lambda: Connection(port), "127.0.0.1", port)
        return connection

    for number in range(job.connections):
        free.put_nowait(await connected(job.ports[number % len(job.ports)]))
    statuses, latencies, answered = [0] * len(ready), [0.0] * len(ready), dict[int, str]()

    async def one(number: int, connection: Connection) -> None:
        began = time.perf_counter()
        statuses[number] = await connection.ask(ready[number])
        latencies[number] = (time.perf_counter() - began) * 1000
        if number in (0, len(ready) - 1):
            answered[number] = connection.body.decode()
        if connection.transport.is_closing():
            connection = await connected(connection.port)
        free.put_nowait(connection)

    gc.disable()
    began, under_way = time.perf_counter(), set[asyncio.Task[None]]()
    for number in range(len(ready)):
        if job.pace and (left := began + number / job.pace - time.perf_counter()) > 0:
            await asyncio.sleep(left)
        task = asyncio.create_task(one(number, await free.get()))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    return Answers(statuses, latencies, time.perf_counter() - began, [answered[n] for n in sorted(answered)])


def main() -> None:
    """Read a job, do it, tell."""
    told = json.loads(sys.stdin.read())
    bodies = Path(told.pop("bodies")).read_bytes().split(b"\n")
    print(json.dumps(asdict(asyncio.run(send(Job(**told), bodies)))))


if __name__ == "__main__":
    main()
