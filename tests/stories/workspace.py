"""A workspace that stories are told in: the real bot, real Bolt, a fake Slack, and a clock that the story moves."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

import yaml
from pydantic import SecretStr

from adapters.slack.app import Slack as Adapter
from bot.app import build, running
from bot.clock import HandClock
from bot.settings import Slack as SlackSettings
from bot.settings import load
from tests.slack.app import App as SlackApp
from tests.slack.people import User
from tests.slack.rooms import Room
from tests.slack.workspace import Slack, Team
from tests.stories.clocked import Clocked

SIGNING = "8f742231b10e8888abcd99yyyzzz85a5"
MANIFEST = Path(__file__).parent.parent.parent / "manifest" / "slack.yaml"


@dataclass
class Story(Clocked):
    """One workspace with the bot in it."""

    slack: Slack
    team: Team

    @property
    def adapter(self) -> Adapter:
        found = self.app.adapters["slack"]
        assert isinstance(found, Adapter)
        return found

    async def arrives(self) -> None:
        await self.slack.settles()


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
