"""Pauses: in which conversation Teams has asked us to wait, and until when. Nobody calls there meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from adapters.base import Later

SHORTEST, LONGEST = 2.0, 60.0  # seconds, where Teams does not say how long: twice as long each time
REMEMBERED = 1000


class Pauses:
    """One for all that call Teams."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._asked: dict[str, tuple[datetime, float]] = {}  # until when, and how long that was

    def keep(self, whose: str) -> None:
        """Raises Later while it lasts."""
        until, _ = self._asked.get(whose, (self._now(), 0.0))
        if (left := (until - self._now()).total_seconds()) > 0:
            raise Later(left)

    def begin(self, whose: str, wait: float | None) -> None:
        """Teams said that there are too many calls. wait: how long, if it said so."""
        _, before = self._asked.pop(whose, (None, 0.0))
        seconds = min(max(2 * before, SHORTEST), LONGEST) if wait is None else wait
        self._asked[whose] = (self._now() + timedelta(seconds=seconds), seconds)
        if len(self._asked) > REMEMBERED:
            del self._asked[next(iter(self._asked))]

    def end(self, whose: str) -> None:
        """Teams takes calls again."""
        self._asked.pop(whose, None)
