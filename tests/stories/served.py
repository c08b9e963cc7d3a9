"""`cohost serve` as a process of its own, on SQLite, and a Slack that it serves: a poll in a channel, and who votes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import yaml

from tests.slack.app import App
from tests.slack.people import User
from tests.slack.reading import Read
from tests.slack.rooms import Room
from tests.slack.workspace import Slack
from tests.stories.workspace import MANIFEST, SIGNING, free_port

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 10.0  # seconds that whoever runs it gives it: the promise


@dataclass
class Process:
    """`cohost serve`."""

    folder: Path
    port: int
    env: Mapping[str, str]
    lives: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def start(self) -> None:
        """Be ready."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        own = {"PYTHONPATH": str(ROOT), "COHOST_PORT": str(self.port), **self.env}
        with (self.folder / "log").open("ab") as log:
            command, pipe = (sys.executable, "-m", "bot", "serve"), asyncio.subprocess.PIPE
            process = await asyncio.create_subprocess_exec(
                *command, cwd=self.folder, env=kept | own, stdout=pipe, stderr=log
            )
        self.lives.append(process)
        out = self.lives[-1].stdout
        assert out
        assert b"Cohost is ready" in await out.readline(), (self.folder / "log").read_text()

    def told_to_stop(self) -> asyncio.Task[int]:
        """SIGTERM. The task ends when the process has, with its exit code."""
        self.lives[-1].send_signal(signal.SIGTERM)
        return asyncio.create_task(asyncio.wait_for(self.lives[-1].wait(), PATIENCE))

    async def takes_no_more(self) -> bool:
        """Whether nobody gets in any more, before it has ended."""
        async with aiohttp.ClientSession() as client:
            while self.lives[-1].returncode is None:
                try:
                    async with client.get(f"http://127.0.0.1:{self.port}/healthz"):
                        await asyncio.sleep(0.01)
                except aiohttp.ClientConnectorError:
                    return True
        return False

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()


@dataclass
class Class:
    """A poll in a channel, and somebody who votes."""

    slack: Slack
    process: Process
    room: Room
    ann: User

    async def board(self, words: str = "") -> Read:
        """The poll, once it says this."""
        async with asyncio.timeout(20):
            while True:
                await self.slack.settles()
                found = [one for one in self.ann.reads(self.room) if "Ready?" in one.words and words in one.words]
                if found:
                    return found[-1]
                await asyncio.sleep(0.05)

    def posts(self) -> int:
        """How many polls stand in the channel."""
        return sum("Ready?" in one.words for one in self.ann.reads(self.room))


@asynccontextmanager
async def served(folder: Path, *, socket_mode: bool = False) -> AsyncIterator[Class]:
    """All of it, running while the context lasts."""
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    async with Slack(lambda: datetime.now(UTC), App.of(manifest)) as slack:
        team = slack.team("T1", name="Acme")
        env = {
            "COHOST_DATABASE_URL": f"sqlite:///{folder}/cohost.db",
            "COHOST_SECRET": "not a secret, a story",
            "SLACK_BOT_TOKEN": team.token,
            **({"SLACK_APP_TOKEN": slack.app.app_token} if socket_mode else {"SLACK_SIGNING_SECRET": SIGNING}),
            "SLACK_API_URL": slack.api_url,
        }
        process = Process(folder, free_port(), env)
        if not socket_mode:
            slack.connect(f"http://127.0.0.1:{process.port}/slack/events", SIGNING)
        ann = team.user("Ann Ode")
        room = team.channel("class", members=[ann], bot=True)
        await process.start()
        if socket_mode:
            await slack.delivery.sockets.arrived()
        yield Class(slack, process, room, ann)
        if process.lives[-1].returncode is None:
            process.lives[-1].kill()
            await process.lives[-1].wait()
