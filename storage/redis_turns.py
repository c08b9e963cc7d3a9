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
# Who needs several turns gets all of them or none.
TURN = """
local lefts, owing, refused = {}, {}, false
for n, key in ipairs(KEYS) do
    local each, burst = tonumber(ARGV[2 * n - 1]), tonumber(ARGV[2 * n])
    local owed, whole = redis.call('PTTL', key), tonumber(redis.call('GET', key)) or 0
    if owed == -2 then
        owed = 0
    elseif owed < 0 or owed > whole then
        owed = whole
        redis.call('PEXPIRE', key, owed)
    end
    lefts[n], owing[n] = math.max(owed - each * (burst - 1), 0), owed + each
    refused = refused or lefts[n] > 0
end
if not refused then
    for n, key in ipairs(KEYS) do redis.call('SET', key, owing[n], 'PX', owing[n]) end
end
return lefts
"""


@dataclass(slots=True)
class Ask:
    """Turns that somebody waits for, all of them together: see `storage.base.Turn`, but in milliseconds."""

    turns: Sequence[tuple[str, int, int]]
    answer: asyncio.Future[list[float]]  # seconds that are left of each; if they are 0, all were taken

    def end(self, lefts: list[float]) -> None:
        """Answer, unless whoever asked has given up."""
        if not self.answer.done():
            self.answer.set_result(lefts)


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
            keys = [f"{prefix}:turn:{key}" for key, _, _ in ask.turns]
            numbers = [str(number) for _, *each_and_burst in ask.turns for number in each_and_burst]
            pipe.eval(TURN, len(keys), *keys, *numbers)

    def end(self, answers: Sequence[Any]) -> Exception | None:
        """Answer everybody, as far as Redis did. Returns its refusal, if there is one: it may be full, or a replica."""
        for ask, lefts in zip(self.asks, answers[len(self.spent) :], strict=True):
            if not isinstance(lefts, Exception):
                ask.end([int(left) / 1000 for left in lefts])
        return next((answer for answer in answers if isinstance(answer, Exception)), None)

    def give_up(self) -> None:
        """The turn was free in each one's own worker, and that is all that is known."""
        for ask in self.asks:
            ask.end([0.0] * len(ask.turns))


def milliseconds(seconds: float) -> int:
    """Redis counts whole ones: one more, or two turns could be nearer to each other by part of one."""
    return math.ceil(seconds * 1000) + 1
