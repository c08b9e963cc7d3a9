"""Turns as Redis counts them for all workers: one pipeline holds whatever is asked and told of them at one moment."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio.client import Pipeline

# The key lives as long as it takes, by Redis' own clock, until all turns are free again; each one taken lengthens that.
# It holds how long that was: had the clock been set back, it would never end.
TURN = """
local each, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local owed, whole = redis.call('PTTL', KEYS[1]), tonumber(redis.call('GET', KEYS[1])) or 0
if owed == -2 then
    owed = 0
elseif owed < 0 or owed > whole then
    owed = whole
    redis.call('PEXPIRE', KEYS[1], owed)
end
local left = owed - each * (burst - 1)
if left > 0 then return left end
redis.call('SET', KEYS[1], owed + each, 'PX', owed + each)
return 0
"""


@dataclass(slots=True)
class Ask:
    """A turn that somebody waits for."""

    key: str
    each: int  # milliseconds
    burst: int
    answer: asyncio.Future[float]

    def end(self, seconds: float) -> None:
        """Answer, unless whoever asked has given up."""
        if not self.answer.done():
            self.answer.set_result(seconds)


@dataclass(slots=True)
class Turns:
    """What is to be asked and told of turns."""

    asks: list[Ask] = field(default_factory=list)
    spent: dict[str, int] = field(default_factory=dict)  # milliseconds until all turns of a key are free again

    def __len__(self) -> int:
        return len(self.asks) + len(self.spent)

    def put(self, pipe: Pipeline, prefix: str) -> None:
        """Into this pipeline, in which nothing else is yet."""
        for key, owed in self.spent.items():
            pipe.set(f"{prefix}:turn:{key}", owed, px=owed)
        for ask in self.asks:
            pipe.eval(TURN, 1, f"{prefix}:turn:{ask.key}", str(ask.each), str(ask.burst))

    def end(self, answers: Sequence[Any]) -> Exception | None:
        """Answer everybody, as far as Redis did. Returns its refusal, if there is one: it may be full, or a replica."""
        for ask, left in zip(self.asks, answers[len(self.spent) :], strict=True):
            if not isinstance(left, Exception):
                ask.end(int(left) / 1000)
        return next((answer for answer in answers if isinstance(answer, Exception)), None)

    def give_up(self) -> None:
        """The turn was free in each one's own worker, and that is all that is known."""
        for ask in self.asks:
            ask.end(0.0)


def milliseconds(seconds: float) -> int:
    """Redis counts whole ones: one more, or two turns could be nearer to each other by part of one."""
    return math.ceil(seconds * 1000) + 1
