"""The clock on everybody's wall. A rehearsal's runs fast and leaps; it hangs in a file that the demo keeps."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

LOOK = 0.05  # seconds between two looks at the clock while waiting for a moment: it may leap


class Wall:
    """What time it is in the session, and how long people take."""

    def __init__(self, file: Path | None, speed: float) -> None:
        self.file, self.speed = file, speed

    def now(self) -> datetime:
        """The session's time. Without a file it is everybody's."""
        if self.file is None:
            return datetime.now(UTC)
        kept = json.loads(self.file.read_text())
        elapsed = (time.time() - float(kept["wall"])) * float(kept["speed"])
        return datetime.fromisoformat(kept["start"]) + timedelta(seconds=elapsed)

    async def take(self, seconds: float) -> None:
        """Think or type for so many seconds. A leap does not make anybody quicker."""
        await asyncio.sleep(seconds / self.speed)

    async def until(self, moment: datetime) -> None:
        """Wait for a moment, however the clock gets there."""
        while self.now() < moment:  # noqa: ASYNC110 - whoever moves a clock on the wall tells nobody
            await asyncio.sleep(LOOK)
