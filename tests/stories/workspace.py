"""A workspace that stories are told in: the real bot, real Bolt, a fake Slack, and a clock that the story moves."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeVar

import yaml
from pydantic import SecretStr

from adapters.slack.app import Slack as Adapter
from bot.app import App, build, running
from bot.clock import HandClock
from bot.settings import Slack as SlackSettings
from bot.settings import load
from tests.slack.app import App as SlackApp
from tests.slack.people import User
from tests.slack.rooms import Room
from tests.slack.workspace import Slack, Team

SIGNING = "8f742231b10e8888abcd99yyyzzz85a5"
MANIFEST = Path(__file__).parent.parent.parent / "manifest" / "slack.yaml"
PACE = timedelta(seconds=4)


@dataclass
class Story:
    """One workspace with the bot in it."""

    app: App
    clock: HandClock
    slack: Slack
    team: Team

    @property
    def adapter(self) -> Adapter:
        found = self.app.adapters["slack"]
        assert isinstance(found, Adapter)
        return found

    async def passes(self, seconds: float) -> None:
        """Time passes, and everything that it brings has happened and been shown, at Slack's pace."""
        await self.settles()
        self.clock.move(seconds)
        await self.settles()
        while (post := await self.app.store.next_post()) and post <= self.clock.now() + PACE:
            self.clock.move(max(0.0, (post - self.clock.now()).total_seconds()))
            await self.settles()

    async def reaches(self, moment: datetime) -> None:
        """Time passes until then."""
        await self.passes((moment - self.clock.now()).total_seconds())

    async def settles(self) -> None:
        """Everything that can be delivered now has been."""
        quiet = 0
        for _ in range(4000):
            await asyncio.sleep(0.005)
            await self.slack.settles()
            timer, post = await self.app.store.next_timer(), await self.app.store.next_post()
            waits = [moment for moment in (timer, post) if moment and moment <= self.clock.now()]
            busy = waits or self.app.outbox.busy or self.app.engine.busy or await self.app.store.marks()
            quiet = 0 if busy else quiet + 1
            if quiet >= 3:
                return
        raise AssertionError("the bot does not come to rest")


class Reading(Protocol):
    """Something that somebody reads, on whatever platform."""

    @property
    def words(self) -> str: ...


R = TypeVar("R", bound=Reading)


def message(reads: Sequence[R], words: str) -> R:
    """The newest message that says this."""
    found = [read for read in reads if words in read.words]
    assert found, f"nothing says “{words}” in:\n" + "\n---\n".join(read.words for read in reads)
    return found[-1]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@asynccontextmanager
async def telling(
    folder: Path, start: datetime, *, socket_mode: bool = False, change: Callable[[Slack], None] | None = None
) -> AsyncIterator[Story]:
    """A workspace in which the bot is installed, running while the context lasts."""
    clock, port = HandClock(start), free_port()
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    async with Slack(clock.now, SlackApp.of(manifest)) as slack:
        team = slack.team("T1", name="Acme")
        if change:
            change(slack)
        if not socket_mode:
            slack.connect(f"http://127.0.0.1:{port}/slack/events", SIGNING)
        told = SlackSettings(
            bot_token=SecretStr(team.token),
            signing_secret=SecretStr("" if socket_mode else SIGNING),
            app_token=SecretStr(slack.app.app_token if socket_mode else ""),
            api_url=slack.api_url,
        )
        settings = load(
            database_url=f"sqlite:///{folder}/story.db", secret="not a secret, a story", port=port, slack=told
        )
        app = build(settings, clock)
        async with running(app):
            yield Story(app, clock, slack, team)


__all__ = ["Room", "Story", "User", "message", "telling"]
