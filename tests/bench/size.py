"""How much is measured: enough to trust the third digit, or (`--quick`) enough to see that nothing broke."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Repeats and votes of each measure."""

    repeats: int
    votes: int  # a repeat
    ordinary: int  # votes of the ordinary bot a repeat: it is slow
    calm_repeats: int
    calm: int  # votes at a calm pace a repeat
    bursts: int
    polls: int = 1000  # open at the same time
    rings: int = 2  # repeats of the timers
    starts: int = 5
    everything: bool = True  # else what takes minutes is left out


FULL = Size(repeats=5, votes=1200, ordinary=300, calm_repeats=3, calm=300, bursts=3)
QUICK = Size(repeats=1, votes=250, ordinary=60, calm_repeats=1, calm=80, bursts=1, everything=False)
