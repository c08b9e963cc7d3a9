"""Late: a first post that takes Teams longer than anybody waits.

It is given up and posted once more, because nothing in Teams could tell whether it arrived. But as long as the
connection holds, Teams says in the end under which id it stands: then it is taken away, and does not stay beside the
other one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from adapters.base import Later, Lost

log = logging.getLogger(__name__)

TRIES = 5  # to take one away
REST = 2.0  # seconds between two of them


class Late:
    """What was given up, until its answer comes."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    async def within(
        self, seconds: float, post: Coroutine[Any, Any, str], away: Callable[[str], Awaitable[None]]
    ) -> str:
        """The id of the message that `post` makes. Raises TimeoutError if it takes longer, and whatever `post` raises.

        Whoever is told of no id sends it again: so `away` is called with that of this one, if it comes later.
        """
        posting = asyncio.create_task(post)
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(posting)
        except (TimeoutError, asyncio.CancelledError):
            task = asyncio.create_task(_taken_away(posting, away))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            raise

    async def close(self) -> None:
        """Wait for no answer any more: what comes now stays."""
        for task in (tasks := [*self._tasks]):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _taken_away(posting: asyncio.Task[str], away: Callable[[str], Awaitable[None]]) -> None:
    try:
        id_ = await posting
    except Exception as no:  # noqa: BLE001 - it was not done, or whether it was will never be known
        log.info("a message that was given up was not answered later either: %r", no)
        return
    for _ in range(TRIES):
        try:
            await away(id_)
        except Lost:
            return
        except Later as later:
            await asyncio.sleep(later.seconds)
        except Exception as no:  # noqa: BLE001 - tried again, and in the end it stands twice
            log.warning("a message that came late cannot be taken away: %r", no)
            await asyncio.sleep(REST)
        else:
            log.info("a message that came late was taken away: it has been posted once more")
            return
