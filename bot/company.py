"""How long a batch waits for company: a transaction costs as much as many votes, and those who share it share that.

Whoever presses waits as long, so it is a blink (`MOST`) at most, and only while people come closer together than that.
Somebody who presses again as soon as an answer is there would wait for nobody but themselves: where waiting has brought
nobody, it is tried again ever more rarely.
"""

from __future__ import annotations

LEAST = 0.002  # seconds: who press at the same moment do not arrive at the same moment
MOST = 0.02  # seconds; an answer is on its way to Slack or Teams for longer than that
SMOOTH = 8  # so many of the last gaps count
RARELY = 64  # batches at most that go at once after one that waited in vain


class Company:
    """Pure: times are seconds of any one clock."""

    def __init__(self) -> None:
        self._last = -MOST  # when somebody came
        self._gap = 2 * MOST  # seconds between two who come, smoothed
        self._vain = 0  # batches that go at once after the next one that waits in vain
        self._skips = 0  # of these, those still to go

    def came(self, now: float) -> None:
        """Somebody has come."""
        self._gap += (min(now - self._last, 2 * MOST) - self._gap) / SMOOTH
        self._last = now

    def wait(self, *, here: bool) -> float:
        """Seconds within which more should come, or 0. `here`: the first of the batch is not alone any more."""
        if self._gap >= MOST:
            return LEAST if here else 0
        if not here and self._skips:
            self._skips -= 1
            return 0
        return max(LEAST, min(2 * self._gap, MOST))

    def waited(self, *, alone: bool) -> None:
        """The batch has waited. `alone`: nobody came."""
        self._vain = min(2 * self._vain or 1, RARELY) if alone else 0
        self._skips = self._vain
