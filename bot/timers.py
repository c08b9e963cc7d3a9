"""Timers: due timers become events. One that fails is tried again, and set aside in plain sight after five times."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from datetime import timedelta

from adapters.base import traced
from bot.clock import Clock
from bot.engine import Engine
from bot.stopping import to_the_end
from dialogs.base import Rang
from storage.base import Hot, Store

log = logging.getLogger(__name__)

AT_ONCE = 100  # timers taken under one lease
TOGETHER = 0.1  # seconds between two looks, while many votes set timers or might have
IDLE = 30.0  # seconds after which the loop looks again without having been nudged
HOUR = 3600.0


class Timers:
    """One loop a process; several processes share the work by leases."""

    def __init__(
        self, store: Store, hot: Hot, clock: Clock, engine: Engine, rang: Callable[[float], None] = lambda _: None
    ) -> None:
        """`rang` is told how many seconds late each of them is."""
        self.store, self.hot, self.clock, self.engine, self.rang = store, hot, clock, engine, rang
        self.owner = secrets.token_hex(8)

    async def run(self) -> None:
        """Ring for ever."""
        while True:
            try:
                looked = asyncio.get_running_loop().time()
                if not await to_the_end(self.ring()):
                    await self._rest()
                await asyncio.sleep(looked + TOGETHER - asyncio.get_running_loop().time())
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("the timers stumbled and go on")
                await self.clock.sleep(1)

    async def tidy(self) -> None:
        """Once an hour, forget what needs no keeping."""
        while True:
            await self.clock.sleep(HOUR)
            try:
                await self.store.tidy(self.clock.now())
            except Exception:
                log.exception("could not tidy up; the next hour will")

    async def ring(self) -> int:
        """Ring what is due. Returns how many."""
        due = await self.store.due_timers(self.clock.now(), self.owner, AT_ONCE)
        await asyncio.gather(*(self._ring(rang) for rang in due))
        return len(due)

    async def _ring(self, rang: Rang) -> None:
        traced()
        self.rang((self.clock.now() - rang.due).total_seconds())
        outcome = await self.engine.rung(rang)
        if outcome.error:
            await self.store.poisoned(rang, outcome.error, self.clock.now())
            await self.hot.nudge("outbox")  # its facilitators may have to be told

    async def _rest(self) -> None:
        idle = self.clock.now() + timedelta(seconds=IDLE)
        due = await self.store.next_timer() or idle
        waits = [
            asyncio.ensure_future(self.hot.nudged("timers")),
            asyncio.ensure_future(self.clock.until(min(due, idle))),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
