"""Hot in memory, for one process: pace and wake-ups, gone with it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta


class MemoryHot:
    """See `storage.base.Hot`."""

    def __init__(self) -> None:
        self._next: dict[str, datetime] = {}
        self._calls: dict[str, asyncio.Event] = {}

    async def wait(self, key: str, seconds: float, now: datetime) -> float:
        """Take the next turn under this key: 0 = now, else the seconds until it may be tried again."""
        free = self._next.get(key, now)
        if free > now:
            return (free - now).total_seconds()
        self._next[key] = now + timedelta(seconds=seconds)
        return 0.0

    async def nudge(self, what: str) -> None:
        """Wake whoever waits for `what`."""
        self._calls.setdefault(what, asyncio.Event()).set()

    async def nudged(self, what: str) -> None:
        """Return when somebody nudges; nudges while nobody waited count once."""
        call = self._calls.setdefault(what, asyncio.Event())
        await call.wait()
        call.clear()
