"""A class on either platform, for stories that go the same way on both: told once, and what differs is said here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.stories import slack_class, teams_class


class InSlack:
    """The class in a channel."""

    def __init__(self, told: slack_class.Course) -> None:
        self.told, self.story = told, told.story

    async def bot_comes(self) -> None:
        """The bot is in the room, and nothing else has happened."""
        await self.told.room.invite_bot()
        await self.story.settles()

    async def types(self, command: str) -> str:
        """What Hanna alone is told about a command."""
        return await self.told.types(f"/ilt {command}")

    async def is_told(self, who: Any, vote: str) -> None:
        """Somebody votes, and is told what their vote is."""
        await self.told.votes(who, vote)
        assert [read.words for read in who.reads(self.told.room) if read.private][-1] == f"Your vote: {vote}"

    async def comes(self, name: str) -> None:
        """One more person comes into the room."""
        await self.told.team.user(name).joins(self.told.room)

    async def roster(self) -> list[str]:
        """Everybody in the session, by name."""
        return [line.partition(":")[0] for line in (await self.types("roster")).splitlines()]

    def holds(self) -> None:
        """Slack keeps back what happens from here on."""
        self.told.slack.hold()

    async def releases(self, order: Callable[[list[Any]], Iterable[Any]]) -> list[int]:
        """Slack delivers all of it twice, in this order. Returns how it was answered: HTTP."""
        answers = await self.told.slack.release(order, twice=True)
        await self.story.adapter.settled()
        return [answer.status for answer in answers]


class InTeams:
    """The class in a chat; in a channel, where it is to answer in threads."""

    def __init__(self, told: teams_class.Course) -> None:
        self.told, self.story = told, told.story

    async def bot_comes(self) -> None:
        """The bot is in the room, and nothing else has happened."""
        await self.told.room.adds_bot()
        await self.story.settles()

    async def types(self, command: str) -> str:
        """What Hanna alone is told about a command. It comes into her own chat with the bot, lists as cards."""
        before = len(self.told.hanna.direct)
        await self.told.types(command)
        return "\n".join(one.words for one in self.told.hanna.direct[before:])

    async def is_told(self, who: Any, vote: str) -> None:
        """Somebody votes, and is told what their vote is."""
        assert f"✓ {vote}" in (await self.told.votes(who, vote)).buttons

    async def comes(self, name: str) -> None:
        """One more person comes into the room."""
        await self.told.room.adds(self.told.acme.user(name))

    async def roster(self) -> list[str]:
        """Everybody in the session, by name."""
        return [one.name for one in await self.told.people()]

    def holds(self) -> None:
        """Teams keeps back what happens from here on."""
        self.told.teams.hold()

    async def releases(self, order: Callable[[list[Any]], Iterable[Any]]) -> list[int]:
        """Teams delivers all of it twice, in this order. Returns how it was answered: HTTP."""
        return [answer.status for answer in await self.told.teams.release(order, twice=True)]


Class = InSlack | InTeams


@asynccontextmanager
async def in_slack(folder: Path, *, begins: bool = True, threads: bool = False) -> AsyncIterator[InSlack]:
    """In Slack there are threads everywhere."""
    async with slack_class.course(folder, begins=begins) as told:
        yield InSlack(told)


@asynccontextmanager
async def in_teams(folder: Path, *, begins: bool = True, threads: bool = False) -> AsyncIterator[InTeams]:
    """In Teams there are threads in channels only."""
    async with teams_class.course(folder, "channel" if threads else "chat", begins=begins) as told:
        told.room.rsc = threads
        yield InTeams(told)


Meets = Callable[..., AbstractAsyncContextManager[Class]]
everywhere = pytest.mark.parametrize("meets", [in_slack, in_teams], ids=["slack", "teams"])
