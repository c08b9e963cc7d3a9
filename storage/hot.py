"""Hot in memory, for one process: pace, wake-ups and what is called out, gone with it."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from storage.base import Heard, Turn

log = logging.getLogger(__name__)

KEPT = 10_000  # keys after which those whose turns are all free again are forgotten
ROUNDED = 0.001  # of a turn: whoever comes at the moment they were given is not refused for a rounded microsecond


class MemoryHot:
    """See `storage.base.Hot`."""

    health = "off: no settings"

    def __init__(self) -> None:
        self._free: dict[str, datetime] = {}  # when all turns of a key are free again: each one taken moves it on
        self._calls: dict[str, asyncio.Event] = {}
        self._heard: dict[str, list[Heard]] = defaultdict(list)

    def start(self) -> None:
        """There are no other workers."""

    async def wait(self, key: str, seconds: float, now: datetime, burst: int = 1) -> float:
        """Take the next turn under this key: 0 = now, else the seconds until it may be tried again."""
        return self._wait([(key, seconds, burst)], now)

    async def waits(self, asked: Sequence[Sequence[Turn]], now: datetime) -> list[float]:
        """The same for many at once, each of which takes all of its turns or none."""
        return [self._wait(turns, now) for turns in asked]

    def _wait(self, turns: Sequence[Turn], now: datetime) -> float:
        longest, owed = 0.0, dict[str, float]()
        for key, seconds, burst in turns:
            free = self._free.get(key)
            owed[key] = max((free - now).total_seconds(), 0.0) if free else 0.0
            left = owed[key] - seconds * (burst - 1)
            if left > seconds * ROUNDED:
                longest = max(longest, left)
        if not longest:
            for key, seconds, _ in turns:
                self._keep(key, owed[key] + seconds, now)
        return longest

    async def spend(self, key: str, seconds: float, now: datetime, burst: int = 1, after: float | None = None) -> None:
        """There is no turn left under this key."""
        self.hold(key, seconds if after is None else after, seconds, now, burst)

    def hold(self, key: str, left: float, seconds: float, now: datetime, burst: int = 1) -> None:
        """The next turn under this key is in `left` seconds, and those saved up are gone."""
        self._keep(key, left + seconds * (burst - 1), now)

    def back(self, key: str, seconds: float) -> None:
        """The turn that was taken last under this key was not used."""
        if key in self._free:
            self._free[key] -= timedelta(seconds=seconds)

    def _keep(self, key: str, owed: float, now: datetime) -> None:
        if len(self._free) >= KEPT:
            self._free = {known: free for known, free in self._free.items() if free > now}
        self._free[key] = now + timedelta(seconds=owed)

    async def nudge(self, what: str, *, here: bool = False) -> None:
        """Wake whoever waits for `what`."""
        self._calls.setdefault(what, asyncio.Event()).set()

    async def nudged(self, what: str) -> None:
        """Return when somebody nudges; nudges while nobody waited count once."""
        call = self._calls.setdefault(what, asyncio.Event())
        await call.wait()
        call.clear()

    async def publish(self, channel: str, payload: str) -> None:
        """Let every subscriber hear this."""
        self.tell(channel, payload)

    def subscribe(self, channel: str, heard: Heard) -> None:
        """Call `heard` with whatever is published."""
        self._heard[channel].append(heard)

    def tell(self, channel: str, payload: str | None) -> None:
        """Let every subscriber hear this. One that fails keeps it from nobody else."""
        for heard in self._heard.get(channel, ()):
            try:
                heard(payload)
            except Exception:
                log.exception("somebody could not hear what was published on %s", channel)

    def missed(self) -> None:
        """Something may have been missed: whoever waits or has subscribed looks anew."""
        for call in self._calls.values():
            call.set()
        for channel in [*self._heard]:
            self.tell(channel, None)

    async def close(self) -> None:
        """There is nothing to let go of."""
