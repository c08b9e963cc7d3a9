"""The clock that a story moves by hand: whatever time brings has happened before the story goes on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.app import App
from bot.clock import HandClock

PACE = timedelta(seconds=4)  # what is put off for no longer than this is waited for


@dataclass
class Clocked:
    """A bot on such a clock."""

    app: App
    clock: HandClock

    @property
    def busy(self) -> bool:
        """Whether a platform's side of the bot is at work, besides engine and outbox."""
        return False

    async def arrives(self) -> None:
        """Whatever the platform has to deliver has been delivered."""

    async def passes(self, seconds: float) -> None:
        """Time passes, and everything that it brings has happened and been shown, at the platform's pace."""
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
            await self.arrives()
            timer, post = await self.app.store.next_timer(), await self.app.store.next_post()
            waits = [moment for moment in (timer, post) if moment and moment <= self.clock.now()]
            works = self.app.outbox.busy or self.app.engine.busy or self.busy
            quiet = 0 if waits or works or await self.app.store.marks() else quiet + 1
            if quiet >= 3:
                return
        raise AssertionError("the bot does not come to rest")
