"""A platform that is small and real: rooms with messages in them, which can be deleted, closed, slow and in trouble.

It keeps the contract of an adapter (`test_contract.py` runs for it), and does nothing that a real one would not.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Sequence
from itertools import count

from adapters.base import Adapter, Bound, Gone, Lost, Message, Turn
from dialogs.card import Card


class SmallPlatform:
    """Rooms and people, each with the messages that stand there now, oldest first."""

    asks = False

    def __init__(self, platform: str = "web", seconds: float = 0.0) -> None:
        self.platform, self.seconds = platform, seconds
        self.everywhere: Turn | None = None  # what every call takes, wherever it goes
        self.rooms: dict[str, dict[str, Card]] = defaultdict(dict)
        self.closed: set[str] = set()
        self.trouble: dict[str, deque[Exception | asyncio.Event]] = defaultdict(deque)  # what the next calls meet
        self.called: list[Message] = []
        self._numbers = count(1)

    async def show(self, message: Message) -> str:
        """Post without a reference, edit with one."""
        where = message.place or message.person or ""
        self.called.append(message)
        if self.trouble[where]:
            trouble = self.trouble[where].popleft()
            if isinstance(trouble, Exception):
                raise trouble
            await trouble.wait()
        if where in self.closed:
            raise Gone(f"{where} is closed")
        if message.ref is not None and message.ref not in self.rooms[where]:
            raise Lost
        ref = message.ref or f"{self.platform}:m{next(self._numbers)}"
        self.rooms[where][ref] = message.card
        return ref

    def pace(self, message: Bound) -> Sequence[Turn]:
        """One edit in so many seconds for each room; what is new or for one person goes at once."""
        shared = [self.everywhere] if self.everywhere else []
        return [Turn(message.place, self.seconds), *shared] if message.place and message.ref else shared

    def stands(self, where: str) -> list[Card]:
        """What can be read there."""
        return [*self.rooms[where].values()]

    def delete_all(self, where: str) -> None:
        """Somebody tidies up."""
        self.rooms[where].clear()


class Recording:
    """Another adapter, and everything that it was asked to show, each with its card."""

    asks = False

    def __init__(self, inner: Adapter) -> None:
        self.inner, self.platform = inner, inner.platform
        self.called: list[Message] = []

    async def show(self, message: Message) -> str:
        """As the other does."""
        self.called.append(message)
        return await self.inner.show(message)

    def pace(self, message: Bound) -> Sequence[Turn]:
        """As the other does."""
        return self.inner.pace(message)
