"""A storm of votes, on connections that are kept open: by a load balancer before several processes, or by the voters.

The balancer is what every proxy is. It asks each process for `/readyz` now and then, and sends nothing to one that does
not say 200. It keeps connections open and uses them again. A server may close an idle one at any moment, so what was
written to a *used* connection that then ends before one byte of the answer is sent again, on another: HTTP knows no
better, and a press that is delivered twice is heard once. Everything else is a failure that somebody would see: another
answer than 200, an answer that is cut off, a new connection that is not answered, and one that is refused by a process
that said 200 when it was asked last.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from tests.slack import payloads
from tests.slack.delivery import INTERACTIVE, encoded, signed
from tests.slack.forms import pressable
from tests.stories.plugs_votes import Press
from tests.stories.workspace import SIGNING

LOOKS = 0.1  # seconds between two looks at `/readyz`
LOOK = aiohttp.ClientTimeout(total=1)  # whoever does not answer so soon is not ready
TICK = timedelta(milliseconds=1)
LENGTH, LAST = (
    re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE),
    re.compile(rb"\r\nconnection: *close", re.IGNORECASE),
)
Voter = Callable[[datetime], Press]  # presses something at this moment


class BrokenError(Exception):
    """The connection has ended; with its words, in the midst of an answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """last: no other will follow on this connection."""

    status: int
    body: bytes
    last: bool


class Line(asyncio.Protocol):
    """A connection, with one request at a time on it."""

    def __init__(self) -> None:
        self.got, self.answered, self.closed = b"", 0, False
        self.answer: asyncio.Future[Answer] | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.got += data
        head, end, rest = self.got.partition(b"\r\n\r\n")
        size = LENGTH.search(head)
        if end and len(rest) >= (length := int(size[1]) if size else 0) and self.answer and not self.answer.done():
            self.answer.set_result(Answer(int(head[9:12]), rest[:length], bool(LAST.search(head))))

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if self.answer and not self.answer.done():
            self.answer.set_exception(BrokenError("in the midst of an answer" if self.got else ""))

    async def ask(self, request: bytes) -> Answer:
        """What is answered. Raises BrokenError."""
        if self.closed or self.transport.is_closing():
            raise BrokenError
        self.got, self.answer = b"", asyncio.get_running_loop().create_future()
        self.transport.write(request)
        answer = await self.answer
        self.answered += 1
        return answer


@dataclass
class Gate:
    """One process, as whoever sends to it sees it."""

    port: int
    up: bool = True
    seen: list[int] = field(default_factory=list)  # what `/readyz` said, each as long as it did not change; 0: nothing
    idle: list[Line] = field(default_factory=list)

    async def line(self) -> Line:
        """A connection to it; of those that wait the one used last. Raises OSError."""
        while self.idle:
            if not (line := self.idle.pop()).closed:
                return line
        _, line = await asyncio.get_running_loop().create_connection(Line, "127.0.0.1", self.port)
        return line

    async def watch(self, http: aiohttp.ClientSession) -> None:
        """Ask again and again."""
        url = f"http://127.0.0.1:{self.port}/readyz"
        while True:
            try:
                async with http.get(url, headers={"Connection": "close"}, timeout=LOOK) as answer:
                    status = answer.status
            except (aiohttp.ClientError, TimeoutError):
                status = 0
            self.up = status == 200
            if self.seen[-1:] != [status]:
                self.seen.append(status)
            await asyncio.sleep(LOOKS)


class Storm:
    """Everybody presses again and again, so many at once, without a pause."""

    def __init__(self, gates: Sequence[Gate], voters: Sequence[Voter], bearer: str = "", *, again: bool = True) -> None:
        """again: what was not answered is sent once more, as a load balancer does; else it stays unanswered."""
        self.gates, self.voters, self.bearer, self.again = gates, voters, bearer, again
        self.counts = Counter(presses=0, acknowledged=0, tried_again=0, moved_on=0, refused=0, unanswered=0)
        self.presses: list[Press] = []
        self.unanswered: list[Press] = []  # written to a connection that was closed before the answer
        self.failures: list[str] = []
        self.slowest = 0.0  # seconds
        self._over = False
        self._turns, self._last = itertools.cycle(range(len(gates))), datetime.now(UTC)

    @asynccontextmanager
    async def raging(self, at_once: int) -> AsyncIterator[None]:
        """While the context lasts. In the end whatever has been pressed is answered."""
        turns = itertools.cycle(self.voters)
        async with aiohttp.ClientSession() as http:
            looks = [asyncio.create_task(gate.watch(http)) for gate in self.gates] if self.again else []
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(at_once):
                        group.create_task(self._presses(turns))
                    try:
                        yield
                    finally:
                        self._over = True
            finally:
                for look in looks:
                    look.cancel()
                for line in (line for gate in self.gates for line in gate.idle):
                    line.transport.close()

    async def goes_on(self, presses: int) -> None:
        """Until so many more have been answered well."""
        enough = self.counts["acknowledged"] + presses
        while self.counts["acknowledged"] < enough and not self.failures:  # noqa: ASYNC110 - thousands tell
            await asyncio.sleep(0.02)

    async def _presses(self, turns: itertools.cycle[Voter]) -> None:
        while not self._over:
            self._last = max(datetime.now(UTC), self._last + TICK)
            self.presses.append(press := next(turns)(self._last))
            self.counts["presses"] += 1
            began = time.monotonic()
            press.answered = await self._answered(press)
            press.payload = {}  # there are thousands
            self.counts["acknowledged"] += press.answered
            self.slowest = max(self.slowest, time.monotonic() - began)

    async def _answered(self, press: Press) -> bool:
        """Whether it was, in the end."""
        while (answer := await self._sent(press)) is None:
            if not self.again:
                return False
        good = answer.status == 200
        if good and press.platform == "teams":
            good = json.loads(answer.body).get("statusCode") == 200
        if not good:
            self.failures.append(f"{answer.status} {answer.body[:80]!r}")
        return good

    async def _sent(self, press: Press) -> Answer | None:
        """The answer, or None where it may be sent once more."""
        gate = await self._gate()
        try:
            line = await gate.line()
        except OSError:
            self.counts["refused"] += 1
            if self.again and gate.up:
                self.failures.append("refused by a process that is ready")
            await asyncio.sleep(LOOKS)
            return None
        try:
            answer = await line.ask(request(press, self.bearer))
        except BrokenError as broken:
            if str(broken) or not line.answered:
                self.failures.append(f"closed {broken}" if str(broken) else "a new connection was not answered")
            self.counts["tried_again" if self.again else "unanswered"] += 1
            self.unanswered += [] if self.again else [press]
            return None
        if answer.last:
            self.counts["moved_on"] += 1
            line.transport.close()
        else:
            gate.idle.append(line)
        return answer

    async def _gate(self) -> Gate:
        while True:
            for _ in self.gates:
                if (gate := self.gates[next(self._turns)]).up:
                    return gate
            await asyncio.sleep(LOOKS)  # nobody is ready

    def told(self) -> str:
        """What happened, in one line."""
        words = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in self.counts.items())
        return f"{len(self.voters)} voters: {words}; the slowest answer after {self.slowest:.2f} s"


def request(press: Press, bearer: str) -> bytes:
    """The bytes, signed at this moment."""
    if press.platform == "slack":
        body, content = encoded(INTERACTIVE, press.payload)
        path, headers = "/slack/events", signed(body, SIGNING, int(time.time()))
    else:
        path, content, body = "/api/messages", "application/json", json.dumps(press.payload).encode()
        headers = {"Authorization": bearer}
    headers |= {"Host": "cohost.example.org", "Content-Type": content, "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


def in_slack(who: Any, message: Any, labels: Sequence[str], dice: random.Random) -> Voter:
    """Somebody who presses one of these buttons."""

    def presses(at: datetime) -> Press:
        block, element, option = pressable(message.blocks, dice.choice(labels))
        action = payloads.action(who, block, element, option) | {"action_ts": f"{at.timestamp():.6f}"}
        payload = payloads.block_actions(who, message, who.team.installed(), [action])
        told = json.loads(element["value"])
        return Press("slack", f"{who.team.id}/{who.id}", told[0], told[3], at, payload)

    return presses
