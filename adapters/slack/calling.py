"""Calling Slack: what a refusal means, in a sentence for whoever can mend it, and how many calls a workspace allows."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Protocol, TypeVar

from aiohttp import ClientError

from adapters.base import Gone, Later, Lost, Pace, Turn
from dialogs.card import Text, t


class Refused(Exception):
    """Slack said no. `error` is its own word for why, `needed` the scope that was missing."""

    def __init__(self, error: str, needed: str = "") -> None:
        super().__init__(error)
        self.error, self.needed = error, needed


ASKED = 8  # times that something is asked for which nobody waits
R = TypeVar("R")
UNANSWERED = (Later, Gone, ClientError, OSError)  # not now: a broken connection is aiohttp's own and no OSError


class NoAnswer(OSError):
    """Slack is out of order, or says what nobody understands. It may have done what it was asked."""


class Call(Protocol):
    """One call of the Web API for a tenant. Raises Refused, Later (429), Gone (not installed), or any network error."""

    async def __call__(self, tenant: str, method: str, /, **arguments: object) -> Mapping[str, Any]: ...


# These take no JSON.
READS = {"conversations.info", "conversations.members", "conversations.history", "users.info", "auth.test"}


def flat(arguments: Mapping[str, object]) -> dict[str, str]:
    """Arguments as such a method takes them."""
    return {
        name: json.dumps(value) if isinstance(value, bool | dict | list) else str(value)
        for name, value in arguments.items()
    }


# What an administrator, a facilitator or the person in question can do about it.
INVITE = "Cohost is not in this channel: type /invite @Cohost there, and it goes on."
PLACES = {
    "not_in_channel": INVITE,
    "channel_not_found": INVITE,
    "is_archived": "The channel is archived: unarchive it, and Cohost goes on once it is invited again.",
    "restricted_action": "Posting is restricted in this channel: its managers can let Cohost post.",
    "restricted_action_read_only_channel": "The channel is read-only: its managers can let Cohost post.",
    "restricted_action_thread_only_channel": "Only replies are allowed in this channel: use another one.",
    "restricted_action_non_threadable_channel": "Posting is restricted in this channel: use another one.",
    "team_access_not_granted": "The organisation has not let Cohost into this workspace: an administrator can.",
    "ekm_access_denied": "The organisation's encryption keys keep Cohost out: an administrator can let it in.",
    "posting_to_channel_denied": "Posting is restricted in this channel: its managers can let Cohost post.",
}
PEOPLE = {
    "channel_not_found": "Slack does not let Cohost write to this person.",
    "user_not_found": "This person is not in the workspace any more.",
    "user_disabled": "This person's account is switched off.",
    "account_inactive": "This person's account is switched off.",
    "user_not_visible": "Cohost may not see this person.",
    "cannot_dm_bot": "This is an app, and nobody who could answer.",
    "messages_tab_disabled": "Direct messages to Cohost are switched off in its settings at Slack (App Home).",
    "restricted_action": "The workspace does not let Cohost write to this person.",
}
OUT = {
    "token_revoked": "Cohost was taken off this workspace: install it again.",
    "token_expired": "Cohost's token has run out: install it again.",
    "invalid_auth": "Slack does not know Cohost's token any more: install it again.",
    "not_authed": "Slack does not know Cohost's token any more: install it again.",
    "org_login_required": "The workspace is being moved to an organisation: try again when that is done.",
    "access_denied": "Cohost may not do this here: an administrator can allow it.",
    "not_allowed_token_type": "The token is of the wrong sort: use the “Bot User OAuth Token”.",
    "edit_window_closed": "The workspace allows edits for a while only, and this message is older than that.",
}
HISTORY = frozenset({"channels:history", "groups:history"})
AWAY = {"fatal_error", "internal_error", "service_unavailable", "request_timeout"}
LOST = {"message_not_found", "cant_update_message", "no_item_specified"}


def unheard(lacking: Iterable[str]) -> Text:
    """What a session misses where the bot may not read along."""
    return t(
        "Polls and buttons work, but answers in threads and silence can go unnoticed: Cohost lacks the permission "
        "{scopes}. An administrator can add it in the app's settings and install it again.",
        scopes=", ".join(sorted(lacking)),
    )


def meant(no: Refused, *, private: bool) -> Exception:
    """What the outbox has to know about a refusal. What is not in the tables is tried again, later and later."""
    if no.error in LOST:
        return Lost()
    if no.error == "missing_scope":
        return Gone(f"Cohost lacks the permission “{no.needed}”: add it in the app's settings and install it again.")
    why = (PEOPLE if private else PLACES).get(no.error) or OUT.get(no.error)
    return Gone(why) if why else no


async def patiently(ask: Callable[[], Awaitable[R]], sleep: Callable[[float], Awaitable[None]]) -> R:
    """What Slack says, asked again when it wants, and some times more where it does not answer."""
    for failed in count():
        try:
            return await ask()
        except Later as later:
            await sleep(later.seconds)
        except (ClientError, OSError):
            if failed >= ASKED:
                raise
            await sleep(2.0**failed)
    raise AssertionError


SHORTEST = 0.05  # seconds: a wait that rounding takes away would be none


class Budget:
    """So many calls a minute of one method in one workspace, as Slack counts them; the first ones may come together."""

    def __init__(
        self, name: str, a_minute: int, pace: Pace, now: Callable[[], datetime], at_once: int | None = None
    ) -> None:
        """at_once: how many may come together, if not a minute's."""
        self._name, self._most, self._each = name, at_once or a_minute, 60 / a_minute
        self._pace, self._now = pace, now
        self._promised: dict[str, datetime] = {}

    async def take(self, tenant: str) -> None:
        """One call now. Raises Later where the minute is used up: asking all the same would cost everybody a wait.

        Each who has to wait is given a moment of their own: a hundred who come back together would all wait again.
        """
        now = self._now()
        left = await self._pace.wait(self._key(tenant), self._each, now, self._most)
        if left:
            free = max(now + timedelta(seconds=left), self._promised.get(tenant, now))
            self._promised[tenant] = free + timedelta(seconds=self._each)
            raise Later(max(SHORTEST, (free - now).total_seconds()))

    def turn(self, tenant: str) -> Turn:
        """What one call takes, for whoever asks for it beforehand."""
        return Turn(self._key(tenant), self._each, self._most)

    async def empty(self, tenant: str, after: float | None = None) -> None:
        """Slack counts otherwise, and says that there is none left, for so many seconds."""
        await self._pace.spend(self._key(tenant), self._each, self._now(), self._most, after)

    def _key(self, tenant: str) -> str:
        return f"slack {self._name} {tenant}"
