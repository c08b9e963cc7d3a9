"""`cohost serve` as it must not be: presses are acknowledged at once, and decided a second later.

tests/stories/test_plugs.py runs it to see that its check notices.
"""

from __future__ import annotations

import asyncio
import sys

from adapters.base import Answer
from bot.__main__ import main
from bot.engine import Engine
from dialogs.base import Event, Pressed

LATE = 1.0  # seconds
_later: set[asyncio.Task[Answer]] = set()
_hear = Engine.hear


async def hasty(self: Engine, event: Event) -> Answer:
    """Say that it is stored before it is."""
    if not isinstance(event, Pressed):
        return await _hear(self, event)

    async def later() -> Answer:
        await asyncio.sleep(LATE)
        return await _hear(self, event)

    task = asyncio.create_task(later())
    _later.add(task)
    task.add_done_callback(_later.discard)
    return Answer()


if __name__ == "__main__":
    Engine.hear = hasty  # type: ignore[method-assign]
    sys.exit(main(["serve"]))
