"""How often a bot may call: windows of seconds, each with the most that it may hold."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

Window = tuple[int, int]

WRITING: tuple[Window, ...] = ((1, 7), (2, 8), (30, 60), (3600, 1800))
LOOKING: tuple[Window, ...] = ((1, 14), (2, 16), (30, 120), (3600, 3600))
OLD_MEMBERS: tuple[Window, ...] = ((60, 5),)
OF_A_TENANT: tuple[Window, ...] = ((1, 50),)


class Rates:
    """Who has called when."""

    def __init__(self) -> None:
        self.calls: defaultdict[str, list[datetime]] = defaultdict(list)

    def wait(self, now: datetime, asked: Sequence[tuple[str, Sequence[Window]]]) -> int:
        """The seconds until all of these allow one more call; 0 is now, and then it is counted."""
        longest = max((self._left(now, key, windows) for key, windows in asked), default=0.0)
        if longest > 0:
            return max(1, math.ceil(longest))
        for key, _ in asked:
            self.calls[key].append(now)
        return 0

    def _left(self, now: datetime, key: str, windows: Sequence[Window]) -> float:
        oldest = now - timedelta(seconds=max(seconds for seconds, _ in windows))
        calls = self.calls[key] = [moment for moment in self.calls[key] if moment > oldest]
        longest = 0.0
        for seconds, most in windows:
            span = timedelta(seconds=seconds)
            within = [moment for moment in calls if moment > now - span]
            if len(within) >= most:
                longest = max(longest, (within[-most] + span - now).total_seconds())
        return longest
