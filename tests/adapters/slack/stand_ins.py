"""Small stand-ins: a Web API that answers as a test says, and a bot that notes what it is told."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pytest

pytest.register_assert_rewrite("tests.adapters.contract")  # as test_contract.py wants it, whichever comes first

from bot.clock import HandClock  # noqa: E402
from tests.adapters.contract import NOON, card, plain  # noqa: E402
from tests.adapters.web_stage import Board  # noqa: E402

__all__ = ["NOON", "Board", "Calls", "Noting", "Say", "card", "plain", "quiet"]

Told = Mapping[str, Any]
Say = Told | Exception | Callable[[Told], Told]


class Calls:
    """Answers each method with what is next for it; the last answer stays."""

    def __init__(self, **answers: Say) -> None:
        """By the method's name with `_` for its point."""
        self.answers: defaultdict[str, list[Say]] = defaultdict(lambda: [{}])
        for name, answer in answers.items():
            self.next(name.replace("_", "."), answer)
        self.heard: list[tuple[str, Told]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    def next(self, method: str, *answers: Say) -> None:
        """From now on this method answers so."""
        self.answers[method] = [*answers]

    def arguments(self, method: str) -> list[Told]:
        """What this method was asked with."""
        return [given for name, given in self.heard if name == method]

    async def __call__(self, tenant: str, method: str, /, **arguments: object) -> Told:
        self.heard.append((method, arguments))
        await self.gate.wait()
        waiting = self.answers[method]
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(arguments) if callable(answer) else answer


class Noting(Board):
    """A bot that makes people known by Slack's name of them, and notes what it hears of them and of places."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = HandClock(NOON)
        self.hosts: dict[str, bool] = {}
        self.learned: list[tuple[str, str, bool]] = []
        self.told: list[tuple[str, ...]] = []

    def now(self) -> datetime:
        return self.clock.now()

    async def person(
        self, tenant: str, platform: str, user: str, name: str, *, host: bool = False, email: str | None = None
    ) -> str:
        self.hosts.setdefault(user, host)
        return f"{tenant}:{user}"

    async def learn(
        self, tenant: str, platform: str, user: str, name: str, *, host: bool, email: str | None = None
    ) -> str | None:
        self.learned.append((user, name, host))
        return None

    async def users(self, platform: str, people: Sequence[str]) -> Mapping[str, str]:
        return {one: f"T1/U{one.upper()}" for one in people}

    async def moved(self, tenant: str, old: str, new: str) -> None:
        self.told.append(("moved", tenant, old, new))

    async def reachable(self, tenant: str, place: str) -> None:
        self.told.append(("reachable", tenant, place))


async def quiet() -> None:
    """Everything has happened that needs no time."""
    for _ in range(50):
        await asyncio.sleep(0)
