"""What may go wrong with a call of the Web API, as a test has it happen."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One call goes wrong like this."""

    kind: str
    status: int = 200
    words: str = ""
    after: int = 0
    gate: asyncio.Event | None = None

    @classmethod
    def ratelimited(cls, after: int = 1) -> Fault:
        """Slack asks to come back after so many seconds."""
        return cls("error", 429, "ratelimited", after)

    @classmethod
    def error(cls, words: str) -> Fault:
        """Slack answers with this error, and does nothing."""
        return cls("error", 200, words)

    @classmethod
    def http(cls, status: int = 500) -> Fault:
        """Slack's server fails, and does nothing."""
        return cls("http", status)

    @classmethod
    def slow(cls, gate: asyncio.Event) -> Fault:
        """Slack does it at once, and answers when the gate is opened."""
        return cls("slow", gate=gate)

    @classmethod
    def refused(cls) -> Fault:
        """The connection is dropped before anything is done."""
        return cls("refused")

    @classmethod
    def performed_but_lost(cls) -> Fault:
        """Slack does it, and the connection is dropped before the answer."""
        return cls("lost")

    @classmethod
    def revoked(cls) -> Fault:
        """The token is revoked, from this call on."""
        return cls("revoked")
