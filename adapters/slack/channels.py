"""Channels: whether the bot may write where somebody wants it to, who is there, and what becomes of a channel."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from adapters.base import Bot
from adapters.slack.calling import UNANSWERED, Call, Refused, patiently
from adapters.slack.news import (
    Archived,
    BotJoined,
    BotLeft,
    ChannelMoved,
    HomeOpened,
    News,
    TokensRevoked,
    Unarchived,
    Uninstalled,
    UserChanged,
)
from adapters.slack.payload import User
from dialogs.card import Text, t

log = logging.getLogger(__name__)

KEPT = timedelta(minutes=1)  # after which it is asked again whether the bot is in a channel
REMEMBERED = 2000
MOST = 500  # members of a channel that are taken for a class
PATIENCE = 1.0  # seconds for the question, of the three that a command has

NOT_IN = t("I am not in this channel yet: type /invite @Cohost, then send the command again.")
ARCHIVED = t("This channel is archived, so nothing can be posted in it. Nothing was changed.")
NOT_SEEN = t("I cannot post in this channel: type /invite @Cohost, then send the command again.")
NO_SCOPE = t("I lack the permission to look at this channel: an administrator can add it in the app's settings.")


class Ends(Protocol):
    """Where installations end."""

    async def of(self, team: str, enterprise: str) -> str | None: ...
    async def ended(self, team: str, enterprise: str, at: datetime, *, uninstalled: bool) -> None: ...
    async def bot_user(self, team: str, enterprise: str) -> str | None: ...


class Channels:
    """What is known of channels, for a minute each."""

    def __init__(
        self,
        bot: Bot,
        call: Call,
        tenants: Ends,
        opened: Callable[[str, User], Awaitable[None]],
        learn: Callable[[str, User, bool], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._bot, self._call, self._tenants = bot, call, tenants
        self._opened, self._learn, self._sleep = opened, learn, sleep
        self._open: OrderedDict[tuple[str, str], datetime] = OrderedDict()  # where the bot may write, as of when

    async def missing(self, tenant: str, channel: str) -> Text | None:
        """What keeps the bot from posting here, as a sentence; None: nothing, as far as anybody knows."""
        seen = self._open.get((tenant, channel))
        if seen and self._bot.now() - seen < KEPT:
            return None
        try:
            async with asyncio.timeout(PATIENCE):
                told = await self._call(tenant, "conversations.info", channel=channel)
        except Refused as no:
            return {"channel_not_found": NOT_SEEN, "missing_scope": NO_SCOPE}.get(no.error)
        except UNANSWERED:
            return None  # it is tried all the same, and said later if it fails
        found: dict[str, Any] = dict(told.get("channel") or {})
        if found.get("is_archived"):
            return ARCHIVED
        if not found.get("is_member") and not found.get("is_im"):
            return NOT_IN
        self._open[tenant, channel] = self._bot.now()
        if len(self._open) > REMEMBERED:
            self._open.popitem(last=False)
        return None

    async def members(self, tenant: str, channel: str) -> list[str]:
        """The users in a channel; none where there are so many that it is no class."""
        found: list[str] = []
        cursor = ""
        while True:
            more = {"cursor": cursor} if cursor else {}
            ask = partial(self._call, tenant, "conversations.members", channel=channel, limit=200, **more)
            try:
                told = await patiently(ask, self._sleep)
            except (Refused, *UNANSWERED) as no:
                log.warning("the members of a channel could not be read: %s", no)
                return []
            found += [str(one) for one in told.get("members", ())]
            cursor = str((told.get("response_metadata") or {}).get("next_cursor") or "")
            if len(found) > MOST:
                log.warning("a channel has more than %d members: nobody is put on the roster for being there", MOST)
                return []
            if not cursor:
                return found

    async def news(self, news: News, at: datetime) -> None:
        """What happened at that moment to channels, people and the installation itself."""
        if isinstance(news, Uninstalled):
            await self._tenants.ended(news.team, news.enterprise or "", at, uninstalled=True)
            return
        tenant = await self._tenants.of(news.team, "")
        if tenant is None:
            return
        match news:
            case TokensRevoked(team, bots) if await self._tenants.bot_user(team, "") in bots:
                await self._tenants.ended(team, "", at, uninstalled=False)
            case BotJoined(_, channel) | Unarchived(_, channel):
                self._open.pop((tenant, channel), None)
                await self._bot.reachable(tenant, f"slack:{channel}")
            case BotLeft(_, channel) | Archived(_, channel):
                self._open.pop((tenant, channel), None)
            case ChannelMoved(_, old, new):
                await self._bot.moved(tenant, f"slack:{old}", f"slack:{new}")
                await self._bot.reachable(tenant, f"slack:{new}")  # the old id led nowhere before we heard of the new
            case HomeOpened(_, user):
                await self._opened(tenant, user)
            case UserChanged(_, user, guest, deleted, stranger):
                await self._learn(tenant, user, not (guest or deleted or stranger))
