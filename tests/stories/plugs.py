"""Two `cohost serve` on one PostgreSQL and one Redis, the fakes of both platforms, and people who vote at either.

The platforms' way of sending is imitated to its end: a delivery that was not answered well is sent again, at either
process. What the bot must have in the end is worked out from what was sent and answered here, and from nothing else.
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import yaml
from aiohttp import web

from tests.bench.process import Process, free_port
from tests.postgres import serving as postgres_serving
from tests.slack.app import App as SlackApp
from tests.slack.forms import pressable as slack_button
from tests.slack.workspace import Slack
from tests.storage.redis_server import Server as Redis
from tests.storage.redis_server import serving as redis_serving
from tests.stories.organisation import APP_ID, PASSWORD, TENANT
from tests.stories.workspace import MANIFEST, SIGNING
from tests.teams.service import Teams

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
CHOICES = ("Soup", "Pizza", "Salad", "Nothing")

# Outside witnesses of what happens once: a timer that is taken away, a dialog that ends.
WITNESS = """
CREATE TABLE witness (what text, dialog text, name text, due timestamp, at timestamp);
CREATE FUNCTION rung() RETURNS trigger AS $$ BEGIN
  INSERT INTO witness VALUES ('timer', OLD.dialog, OLD.name, OLD.at, clock_timestamp() AT TIME ZONE 'UTC');
  RETURN NULL; END $$ LANGUAGE plpgsql;
CREATE TRIGGER rung AFTER DELETE ON timer FOR EACH ROW EXECUTE FUNCTION rung();
CREATE FUNCTION ended() RETURNS trigger AS $$ BEGIN
  INSERT INTO witness VALUES ('ended', NEW.id, '', NULL, clock_timestamp() AT TIME ZONE 'UTC');
  RETURN NULL; END $$ LANGUAGE plpgsql;
CREATE TRIGGER ended AFTER UPDATE ON dialog FOR EACH ROW WHEN (NEW.done AND NOT OLD.done) EXECUTE FUNCTION ended();
"""


class Worker:
    """One `cohost serve`, which may be killed and started again on the same port."""

    def __init__(self, number: int, folder: Path, env: dict[str, str], program: tuple[str, ...]) -> None:
        self.program = program
        self.number, self.folder, self.env, self.port = number, folder, env, free_port()
        self.url, self.starts = f"http://127.0.0.1:{self.port}", 0

    def start(self) -> None:
        """Run, and listen."""
        self.starts += 1
        folder = self.folder / f"worker-{self.number}-{self.starts}"
        folder.mkdir()
        self.process = Process(self.program, self.port, folder, self.env | {"COHOST_PORT": str(self.port)})
        self.process.ready()

    def kill(self) -> None:
        """Gone at once."""
        self.process.child.kill()
        self.process.child.wait()

    def freeze(self) -> None:
        """Alive, and doing nothing."""
        self.process.child.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on where it stopped."""
        self.process.child.send_signal(signal.SIGCONT)

    def calls_from(self, port: int) -> bool:
        """Whether the connection from this port is its own."""
        end = f":{port:04X}"
        rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines())
        sockets = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(end)}
        mine = set[str]()
        for file in Path(f"/proc/{self.process.child.pid}/fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                mine.add(str(file.readlink()))
        return not mine.isdisjoint(sockets)

    def logs(self) -> str:
        """All that it has said, over all starts."""
        return "\n".join(log.read_text() for log in sorted(self.folder.glob(f"worker-{self.number}-*/*.log")))


@dataclass
class Board:
    """A poll on both platforms: what stands there, and who reads it."""

    question: str
    slack: Any
    teams: Any
    dialog: str
    choices: tuple[str, ...] = CHOICES


class Town:
    """Everything that runs, and everybody who votes."""

    def __init__(self, seed: int, program: tuple[str, ...] = ("-m", "bot", "serve")) -> None:
        self.program = program
        self.dice = random.Random(seed)
        self.counts: Counter[str] = Counter({"5xx": 0, "given up": 0, "retries": 0})
        self.boards: list[Board] = []
        self.timed: list[Board] = []
        self.asked: list[str] = []  # the questions of polls that were put while something was wrong
        self.workers: list[Worker] = []
        self.doors: dict[int, int] = {}  # port -> number of the process in `workers`
        self.trap: Callable[[web.Request, Worker], Awaitable[None]] | None = None

    # -- before ------------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def opened(self, folder: Path, timed: list[int], disk: int | None = None) -> AsyncIterator[None]:
        """All running, a session open in a channel and a chat, two polls for the votes, and one for each timer (s).

        disk: PostgreSQL has one of so many MB to itself.
        """
        manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
        async with AsyncExitStack() as stack:
            self.postgres = stack.enter_context(postgres_serving(disk))
            self.redis: Redis = stack.enter_context(redis_serving())
            self.database = self.postgres.fresh().url
            self.slack = Slack(None, SlackApp.of(manifest), patience=20)
            self.teams = Teams()
            self.slack.web.runner.app.middlewares.append(self._to_slack)
            self.teams.web.runner.app.middlewares.append(self._to_teams)
            await stack.enter_async_context(self.slack)
            await stack.enter_async_context(self.teams)
            self.team, self.acme = self.slack.team("T1", name="Acme"), self.teams.tenant(TENANT, name="Acme")
            with psycopg.connect(self.database, autocommit=True) as db:
                db.execute(WITNESS)
            self.workers = [Worker(number, folder, await self.env(number), self.program) for number in (1, 2)]
            stack.push_async_callback(asyncio.sleep, 0.5)  # until the fakes notice that nobody is connected any more
            for worker in self.workers:
                await asyncio.to_thread(worker.start)
                stack.callback(worker.kill)
            await self.begins(timed)
            yield

    @web.middleware
    async def _to_slack(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Every call of Slack's Web API, and which process makes it."""
        assert request.transport
        port = request.transport.get_extra_info("sockname")[1]
        await request.read()
        if self.trap and port in self.doors:
            await self.trap(request, self.workers[self.doors[port]])
        return await handler(request)

    @web.middleware
    async def _to_teams(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Every call of the Connector: it has one address, which is the same for all processes."""
        assert request.transport
        await request.read()
        if self.trap and request.method == "PUT":
            port = request.transport.get_extra_info("peername")[1]
            await self.trap(request, next(worker for worker in self.workers if worker.calls_from(port)))
        return await handler(request)

    async def env(self, number: int) -> dict[str, str]:
        """The settings of one process, which has a door to Slack of its own."""
        port = free_port()
        self.doors[port] = number - 1
        await web.TCPSite(self.slack.web.runner, "127.0.0.1", port).start()
        return {
            "COHOST_DATABASE_URL": self.database,
            "COHOST_REDIS_URL": self.redis.url,
            "COHOST_SECRET": "s" * 32,
            "COHOST_BASE_URL": "http://127.0.0.1:3978",
            "SLACK_SIGNING_SECRET": SIGNING,
            "SLACK_BOT_TOKEN": self.team.token,
            "SLACK_API_URL": f"http://127.0.0.1:{port}/api/",
            "MicrosoftAppId": APP_ID,
            "MicrosoftAppPassword": PASSWORD,
            "MicrosoftAppTenantId": TENANT,
            "TEAMS_OPENID_METADATA_URL": self.teams.openid_url,
            "TEAMS_LOGIN_URL": self.teams.login_url,
        }

    async def begins(self, timed: list[int]) -> None:
        """Hanna is on both platforms, and opens the session from one at one process, and the other at the other."""
        one, other = self.workers
        self.slack.connect(f"{one.url}/slack/events", SIGNING)
        self.teams.connect(f"{other.url}/api/messages", app_id=APP_ID, app_password=PASSWORD, tenant=TENANT)
        self.hanna = self.team.user("Hanna Frei", email="hanna@acme.example")
        self.channel = self.team.channel("class", members=[self.hanna])
        self.hanna_t = self.acme.user("Hanna Frei", installed=True, email="hanna@acme.example")
        self.chat = self.acme.group_chat("class", members=[self.hanna_t])
        await self.channel.invite_bot()
        await self.chat.adds_bot()
        self.chat.rsc = True
        assert "is open here" in (await self.types('start "Lunch"')).words
        await self.hanna_t.mentions_bot(self.chat, "here")
        for day in ("Monday", "Tuesday"):
            await self.types(f'poll "Lunch on {day}?" {" ".join(CHOICES)}')
        for number, seconds in enumerate(timed):
            await self.types(f'poll "Timed {number}?" Yes No --for {seconds}s')
        self.boards = [await self.board(f"Lunch on {day}?") for day in ("Monday", "Tuesday")]
        self.timed = [await self.board(f"Timed {number}?", ("Yes", "No")) for number in range(len(timed))]

    async def board(self, question: str, choices: tuple[str, ...] = CHOICES) -> Board:
        """The poll, when it stands on both platforms."""
        await happens(lambda: all(self.found(question)))
        slack, teams = self.found(question)
        _, button, _ = slack_button(slack.blocks, choices[0])
        return Board(question, slack, teams, json.loads(button["value"])[0], choices)

    async def types(self, text: str) -> Any:
        """What Hanna is told at once about a command."""
        return await self.hanna.types(self.channel, f"/ilt {text}")

    def reads_in_teams(self) -> Any:
        """What Hanna reads in the chat."""
        return self.hanna_t.reads(self.chat)

    def found(self, question: str) -> tuple[Any, Any]:
        """The poll in the channel and in the chat; None where it is not."""
        slack = [read.message for read in self.hanna.reads(self.channel) if question in read.words and not read.private]
        teams = [read.message for read in self.reads_in_teams() if question in read.words and not read.private]
        assert len(slack) < 2, f"{question} stands {len(slack)} times in Slack"
        return (slack or [None])[-1], (teams or [None])[-1]


async def happens(what: Callable[[], Any], patience: float = 60.0, why: Callable[[], Any] | None = None) -> None:
    """Wait until this is so, or say why it is not."""
    end = time.monotonic() + patience
    while not what():
        assert time.monotonic() < end, why() if why else "it does not happen"
        await asyncio.sleep(0.1)
