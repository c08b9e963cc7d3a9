"""What may go wrong with a call of the Connector, as a test has it happen."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

SAYS = {
    "BotNotRegistered": (401, "The bot is not registered."),
    "BotNotInConversationRoster": (403, "The bot is not part of the conversation roster."),
    "ForbiddenOperationException": (403, "Bot is not installed in user's personal scope"),
    "ConversationBlockedByUser": (403, "User blocked the conversation with the bot."),
    "BotDisabledByAdmin": (403, "The tenant admin disabled this bot"),
    "MessageWritesBlocked": (403, "Message writes are blocked for the conversation."),
    "InvalidBotApiHost": (403, "The bot API host is not valid for this conversation."),
    "ConversationNotFound": (404, "Conversation not found."),
    "ActivityNotFoundInConversation": (404, "The activity is not found in the conversation."),
    "MemberNotFoundInConversation": (404, "The member is not found in the conversation."),
    "PreconditionFailed": (412, "The operation met another one on the same conversation."),
    "MessageSizeTooBig": (413, "Message size too large."),
    "Throttled": (429, "Too many requests."),
    "BadSyntax": (400, "Bad format of the request."),
    "BadArgument": (400, "An argument is wrong."),
    "ServiceError": (500, "The service has failed."),
}


@dataclass(frozen=True)
class Fault:
    """One call goes wrong like this."""

    kind: str
    status: int = 200
    code: str = ""
    after: int | None = None
    gate: asyncio.Event | None = None
    begun: asyncio.Event | None = None

    @classmethod
    def throttled(cls, after: int | None = 1) -> Fault:
        """Teams asks to come back after so many seconds, or does not say when."""
        return cls("error", 429, "Throttled", after)

    @classmethod
    def error(cls, code: str) -> Fault:
        """Teams answers with this code, and does nothing."""
        return cls("error", SAYS[code][0], code)

    @classmethod
    def http(cls, status: int = 503) -> Fault:
        """A gateway before Teams answers with a page of its own, and nothing is done."""
        return cls("http", status)

    @classmethod
    def slow(cls, gate: asyncio.Event, begun: asyncio.Event | None = None) -> Fault:
        """Teams does it at once and says that it has begun, but answers only when the gate is opened."""
        return cls("slow", gate=gate, begun=begun)

    @classmethod
    def refused(cls) -> Fault:
        """The connection is dropped before anything is done."""
        return cls("refused")

    @classmethod
    def performed_but_lost(cls) -> Fault:
        """Teams does it, and the connection is dropped before the answer."""
        return cls("lost")

    @classmethod
    def performed_but_failed(cls, status: int = 504) -> Fault:
        """Teams does it, and the gateway before it answers that it took too long."""
        return cls("failed", status)
