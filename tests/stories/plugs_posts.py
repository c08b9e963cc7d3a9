"""What goes wrong in `plugs` as polls are put: a platform refuses, performs it and loses the answer, or is slow."""

from __future__ import annotations

import asyncio
import time

from bot.outbox import SLOW
from tests.slack.faults import Fault as SlackFault
from tests.stories.plugs import Town, happens
from tests.stories.plugs_votes import Votes
from tests.teams.faults import Fault as TeamsFault

LATE = SLOW + 5  # seconds until a slow platform answers: longer than the outbox waits, and so does each adapter
GIVEN_UP = {"Slack": "could not be shown: 'TimeoutError'", "Teams": "could not be shown: 'Unsure: TimeoutError'"}
TWICE, SLOWLY = "Asked while posting fails?", "Asked while posting is slow?"


class Posts:
    """The votes' people press on what stands, whatever Cohost knows of it."""

    def __init__(self, town: Town, votes: Votes) -> None:
        self.town, self.votes, self.counts = town, votes, town.counts

    async def fail(self) -> None:
        """A poll is put while posting is refused, and performed with its answer lost: it stands nevertheless."""
        posting = (SlackFault.ratelimited(1), SlackFault.http(500), SlackFault.performed_but_lost())
        in_teams = (TeamsFault.throttled(1), TeamsFault.error("ServiceError"), TeamsFault.performed_but_lost())
        self.town.slack.next("chat.postMessage", *posting)
        self.town.teams.next("send", *in_teams)
        await self.town.types(f'poll "{TWICE}" Yes No')
        self.town.asked.append(TWICE)
        await happens(lambda: not self.town.slack.web.faults["chat.postMessage"], 60)
        await happens(lambda: not self.town.teams.faults["send"], 60)

    async def are_slow(self) -> None:
        """A poll is put, and both platforms perform it at once, but answer when nobody waits for that any more.

        Cohost knows of neither message by then. But people see them, and press.
        """
        town, gate, began, before = self.town, asyncio.Event(), time.monotonic(), self._given_up()
        town.slack.next("chat.postMessage", SlackFault.slow(gate))
        town.teams.next("send", TeamsFault.slow(gate))
        try:
            await town.types(f'poll "{SLOWLY}" Yes No')
            town.asked.append(SLOWLY)
            board = await town.board(SLOWLY, ("Yes", "No"))
            await self.votes.at_once(board, "Yes", 3)
            await happens(lambda: all(now > then for now, then in zip(self._given_up(), before, strict=True)), 60)
            await asyncio.sleep(max(0.0, began + LATE - time.monotonic()))
        finally:
            gate.set()
        for platform, now, then in zip(GIVEN_UP, self._given_up(), before, strict=True):
            self.counts[f"slow posts given up in {platform}"] += now - then
        town.boards.append(board)

    def _given_up(self) -> list[int]:
        """How many messages each adapter has stopped waiting for."""
        logs = "".join(worker.logs() for worker in self.town.workers)
        return [logs.count(words) for words in GIVEN_UP.values()]

    async def stand_once(self) -> None:
        """What was asked meanwhile stands in the channel once, and in the chat.

        There it may stand twice if its first answer was lost, or the process that waited for it was stopped: see
        docs/administrators/teams.md.
        """
        for question in self.town.asked:
            await self.town.board(question, ("Yes", "No"))
            copies = sum(question in read.words and not read.private for read in self.town.reads_in_teams())
            assert copies <= (1 if question == SLOWLY else 2), f"{question} stands {copies} times in Teams"
            self.counts["stands twice in Teams"] += copies - 1
