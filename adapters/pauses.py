"""Pauses: where a platform has asked us to wait, and until when. Nobody calls there meanwhile, in no worker.

What the platform counts apart, a method in a workspace or a conversation, has pauses of its own: the others go on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from adapters.base import Later, Wire

SHORTEST, LONGEST = 2.0, 60.0  # seconds, where it is not said how long: twice as long each time
REMEMBERED = 1000


class Pauses:
    """One for all that call a platform. `channel`: by which the workers tell each other."""

    def __init__(
        self, now: Callable[[], datetime], wire: Wire, channel: str, asked: Callable[[], None] = lambda: None
    ) -> None:
        """`asked` is called whenever the platform wants one, to be counted."""
        self._now, self._wire, self._channel, self._count = now, wire, channel, asked
        self._asked: dict[str, tuple[datetime, float]] = {}  # until when, and how many seconds that was
        wire.subscribe(channel, self._heard)

    def keep(self, whose: str) -> None:
        """Raises Later while it lasts."""
        until, _ = self._asked.get(whose, (self._now(), 0.0))
        if (left := (until - self._now()).total_seconds()) > 0:
            raise Later(left)

    async def begin(self, whose: str, wait: float | None) -> None:
        """The platform said that there are too many calls. wait: for how many seconds, if it said so."""
        self._count()
        _, before = self._asked.get(whose, (None, 0.0))
        seconds = min(max(2 * before, SHORTEST), LONGEST) if wait is None else wait
        until = self._now() + timedelta(seconds=seconds)
        self._remember(whose, until, seconds)
        await self._wire.publish(self._channel, json.dumps([whose, seconds, until.isoformat()]))

    def end(self, whose: str) -> None:
        """The platform takes calls again."""
        self._asked.pop(whose, None)

    def _heard(self, payload: str | None) -> None:
        if payload is None:
            return  # what was missed, the platform says again
        whose, seconds, until = json.loads(payload)
        # It may have come late, and from a machine whose clock is not ours.
        until = min(datetime.fromisoformat(until), self._now() + timedelta(seconds=seconds))
        if until > max(self._now(), self._asked.get(whose, (self._now(), 0.0))[0]):
            self._remember(whose, until, seconds)

    def _remember(self, whose: str, until: datetime, seconds: float) -> None:
        self._asked.pop(whose, None)  # the newest last: the oldest is forgotten first
        self._asked[whose] = until, seconds
        if len(self._asked) > REMEMBERED:
            del self._asked[next(iter(self._asked))]
