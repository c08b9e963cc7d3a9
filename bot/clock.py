"""The one clock. Everything that waits, waits on it, so that a rehearsal can run a day in a minute."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

log = logging.getLogger(__name__)
LOOKS = 10.0  # seconds between two looks at a clock that is shared


class Clock(Protocol):
    """What time it is, and how long to wait."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that many of this clock's seconds."""
        ...

    async def until(self, moment: datetime) -> None:
        """Wait until that moment. Loops wait for moments: a clock that leaps must not make them wait anew."""
        ...


class WallClock:
    """The machine's time."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def until(self, moment: datetime) -> None:
        """Wait until that moment."""
        await asyncio.sleep((moment - self.now()).total_seconds())


class SharedClock:
    """The database's time, so that workers on several machines agree on what is due and whose lease has ended.

    Between two looks at it, it goes on by a clock of the machine that nobody sets; before the first, by its wall clock.
    """

    def __init__(self, ask: Callable[[], Awaitable[datetime]]) -> None:
        self._ask = ask
        self._at, self._since = datetime.now(UTC), time.monotonic()

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        return self._at + timedelta(seconds=time.monotonic() - self._since)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def until(self, moment: datetime) -> None:
        """Wait until that moment."""
        await asyncio.sleep((moment - self.now()).total_seconds())

    async def look(self) -> None:
        """Ask for the time."""
        asked = time.monotonic()
        told = await self._ask()
        unsure = timedelta(seconds=(time.monotonic() - asked) / 2)
        # Not moved for less than it may be wrong by: a time that jumps to and fro would be worse than one slightly off.
        if abs(told + unsure - self.now()) > unsure:
            self._at, self._since = told + unsure, time.monotonic()

    async def keep(self) -> None:
        """Look again and again."""
        while True:
            await asyncio.sleep(LOOKS)
            try:
                await self.look()
            except Exception:
                log.exception("the database does not say what time it is; it goes on by this machine's")


class FastClock:
    """A clock that runs `speed` times as fast and can leap ahead. A file keeps it over restarts."""

    def __init__(self, file: Path, start: datetime, speed: float) -> None:
        self._file = file
        if file.exists():
            kept = json.loads(file.read_text())
            self._start, self._wall = datetime.fromisoformat(kept["start"]), float(kept["wall"])
            self.speed = float(kept["speed"])
        else:
            self._start, self._wall, self.speed = start, time.time(), speed
            self._keep()
        self._leaped = asyncio.Event()

    def _keep(self) -> None:
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps({"start": self._start.isoformat(), "wall": self._wall, "speed": self.speed}))
        os.replace(draft, self._file)  # noqa: PTH105 - Path.replace is the same, this says that it is atomic

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        return self._start + timedelta(seconds=(time.time() - self._wall) * self.speed)

    async def sleep(self, seconds: float) -> None:
        """Wait, and go on at once where a leap has passed the time waited for."""
        await self.until(self.now() + timedelta(seconds=seconds))

    async def until(self, moment: datetime) -> None:
        """Wait until that moment, or a leap past it."""
        while (left := (moment - self.now()).total_seconds()) > 0:
            try:
                async with asyncio.timeout(left / self.speed):
                    await self._leaped.wait()
            except TimeoutError:
                return

    def leap(self, to: datetime) -> None:
        """Go to that moment, if it lies ahead."""
        if to > self.now():
            self._start, self._wall = to, time.time()
            self._keep()
            self._leaped.set()
            self._leaped = asyncio.Event()


class HandClock:
    """A clock that stands until a test moves it."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        """The time as set."""
        return self.at

    async def sleep(self, seconds: float) -> None:
        """Wait until the hands have been moved that far."""
        await self.until(self.at + timedelta(seconds=seconds))

    async def until(self, moment: datetime) -> None:
        """Wait until the hands stand there or later."""
        while self.at < moment:
            await self._moved.wait()

    def move(self, seconds: float) -> None:
        """Move the hands."""
        self.at += timedelta(seconds=seconds)
        self._moved.set()
        self._moved = asyncio.Event()
