"""A live bot token for every workspace, and nobody asked for it more often than needed.

With many workspaces tokens live for 12 hours, and the refresh token that renews them works once. So one caller of a
process asks for all, one process has the row's claim, and what the row says by then goes before what anybody holds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypedDict

from pydantic import SecretStr

from adapters.base import Gone, Later

log = logging.getLogger(__name__)

EARLY = timedelta(hours=2)  # before a token expires; Slack may be away for that long before anybody notices
REMEMBERED = timedelta(minutes=1)  # by then what another process did to the row is seen here
SOON = 5.0  # seconds

NOT_INSTALLED = "the app is not installed in this workspace"
UNINSTALLED = "the app was uninstalled from this workspace"
REVOKED = "the app's token was revoked in this workspace; install the app again"
NOT_RENEWED = "the app's token cannot be renewed; install the app again"
REFUSED = "Slack does not accept SLACK_BOT_TOKEN; install the app in the workspace again and copy its token"


class Refused(Exception):
    """Slack says no, and would say it again. The message is Slack's own short word for why."""


class Unanswered(Exception):
    """Slack could not be asked, or not now."""


class Installation(TypedDict):
    """The app in one workspace, or in one organisation (then `team` is empty). The storage has the same."""

    team: str
    enterprise: str
    name: str
    app: str
    bot_user: str
    bot: str
    scopes: str
    token: SecretStr | None
    refresh: SecretStr | None
    expires_at: datetime | None
    installed_by: str
    installed_at: datetime
    revoked_at: datetime | None
    why: str | None
    version: int


class Kept(Protocol):
    """Where installations are kept: `storage.installations.Installations`."""

    async def save(self, one: Installation, /) -> None: ...
    async def find(self, team: str, enterprise: str, /) -> Installation | None: ...
    async def revoke(self, tenant: str, why: str, at: datetime, /) -> None: ...
    async def claim(self, one: Installation, now: datetime, /) -> bool: ...
    async def renew(self, one: Installation, token: SecretStr, refresh: SecretStr, expires_at: datetime, /) -> bool: ...


@dataclass(frozen=True, slots=True)
class Fresh:
    """What a refresh token was exchanged for."""

    token: SecretStr
    refresh: SecretStr
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class Live:
    """An installation that works now."""

    team: str
    enterprise: str
    bot_user: str
    bot: str
    scopes: str
    token: str = field(repr=False)


class AnyTokens(Protocol):
    """Tokens of one workspace or of many. `team` is empty for what came from an organisation as a whole."""

    async def live(self, team: str, enterprise: str = "") -> Live:
        """Who we are there. Raises Gone (not installed, or not any more) or Later."""
        ...

    async def token(self, team: str, enterprise: str = "") -> str:
        """A token that works there, with the same exceptions."""
        ...

    def refused(self, team: str, enterprise: str, token: str) -> None:
        """Slack did not take this token: it is renewed or given up before the next call."""
        ...

    async def revoked(self, team: str, enterprise: str = "", at: datetime | None = None) -> None:
        """Slack says that the token was revoked at that moment. What was installed later stays."""
        ...

    async def uninstalled(self, team: str, enterprise: str = "", at: datetime | None = None) -> None:
        """Slack says that the app was uninstalled at that moment. What was installed later stays."""
        ...

    async def close(self) -> None:
        """Finish what is under way: a new token that nobody keeps is lost."""
        ...


def clock() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


class Tokens:
    """Of many workspaces, from where they are kept, renewed in time."""

    def __init__(
        self,
        kept: Kept,
        refresh: Callable[[SecretStr], Awaitable[Fresh]],
        now: Callable[[], datetime] = clock,
    ) -> None:
        self._kept, self._refresh, self._now = kept, refresh, now
        self._known: dict[tuple[str, str], tuple[Live, datetime]] = {}
        self._looking: dict[tuple[str, str], asyncio.Task[Live]] = {}
        self._tasks: set[asyncio.Task[Live]] = set()
        self._refused: set[str] = set()

    async def live(self, team: str, enterprise: str = "") -> Live:
        """Who we are there: from memory, or from the row when that is a minute old."""
        key = (team, enterprise)
        known = self._known.get(key)
        if known and known[1] > self._now():
            return known[0]
        task = self._looking.get(key)
        if task is None:
            task = self._looking[key] = asyncio.create_task(self._look(key), name=f"token of {team or enterprise}")
            self._tasks.add(task)
            task.add_done_callback(lambda done: self._looked(key, done))
        # A caller who gives up must not take the exchange along: its answer comes only once.
        return await asyncio.shield(task)

    async def token(self, team: str, enterprise: str = "") -> str:
        """A token that works there."""
        return (await self.live(team, enterprise)).token

    def refused(self, team: str, enterprise: str, token: str) -> None:
        """Slack did not take this token."""
        self._refused.add(token)
        self.forget(team, enterprise)

    async def revoked(self, team: str, enterprise: str = "", at: datetime | None = None) -> None:
        """The token was revoked."""
        await self._end(team, enterprise, REVOKED, at)

    async def uninstalled(self, team: str, enterprise: str = "", at: datetime | None = None) -> None:
        """The app was uninstalled."""
        await self._end(team, enterprise, UNINSTALLED, at)

    async def close(self) -> None:
        """Finish what is under way."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def forget(self, team: str, enterprise: str = "") -> None:
        """Look again, before the next call, at the row of this workspace and of all that have it from the same."""
        tenant = team or enterprise
        for key in [key for key in (*self._known, *self._looking) if tenant in key]:
            self._known.pop(key, None)
            self._looking.pop(key, None)  # it goes on, but what it brings is of before

    async def _end(self, team: str, enterprise: str, why: str, at: datetime | None) -> None:
        await self._kept.revoke(team or enterprise, why, at or self._now())
        self.forget(team, enterprise)

    def _looked(self, key: tuple[str, str], task: asyncio.Task[Live]) -> None:
        self._tasks.discard(task)
        if self._looking.get(key) is task:
            del self._looking[key]
        if not task.cancelled():
            task.exception()  # seen, also when every caller has given up

    async def _look(self, key: tuple[str, str]) -> Live:
        for early in (EARLY, timedelta(), timedelta()):  # what was renewed just now is good, however short it lasts
            one = await self._kept.find(*key)
            if one is None:
                raise Gone(NOT_INSTALLED)
            if one["token"] is None:
                raise Gone(one["why"] or REVOKED)
            now, expires = self._now(), one["expires_at"]
            token = one["token"].get_secret_value()
            works = token not in self._refused and (expires is None or expires > now)
            fine = works and (expires is None or expires - now > early)
            if fine or await self._cannot_renew(one, now, works=works):
                live = Live(one["team"], one["enterprise"], one["bot_user"], one["bot"], one["scopes"], token)
                if self._looking.get(key) is asyncio.current_task():
                    until = now + REMEMBERED
                    self._known[key] = live, min(until, expires) if expires else until
                return live
        raise Later(SOON)

    async def _cannot_renew(self, one: Installation, now: datetime, *, works: bool) -> bool:
        """Renew, and answer False: look again. True: the old token has to do. Raises where there is none to do."""
        if one["refresh"] is None:
            if works:
                return True
            return await self._give_up(one, now, REVOKED)
        if not await self._kept.claim(one, now):
            if works:
                return True
            raise Later(SOON)  # who has the claim is about to save a new one, or died, and then the claim ends
        try:
            fresh = await self._refresh(one["refresh"])
        except Refused as no:
            log.warning("The token of %s is not renewed: %s", one["team"] or one["enterprise"], no)
            return works or await self._give_up(one, now, NOT_RENEWED)
        except Unanswered as no:
            log.warning("The token of %s cannot be renewed now: %s", one["team"] or one["enterprise"], no)
            if works:
                return True
            raise Later(SOON) from no
        await self._kept.renew(one, fresh.token, fresh.refresh, self._now() + fresh.lasts)
        if one["token"]:
            self._refused.discard(one["token"].get_secret_value())
        return False

    async def _give_up(self, one: Installation, now: datetime, why: str) -> bool:
        newest = await self._kept.find(one["team"], one["enterprise"])
        if newest and newest["version"] == one["version"]:  # else somebody was quicker, with success
            await self._kept.revoke(one["team"] or one["enterprise"], why, max(now, one["installed_at"]))
        return False


class OneToken:
    """Of the one workspace whose token is in the settings. Slack is asked once who that is, when first needed."""

    def __init__(
        self, token: SecretStr, who: Callable[[SecretStr], Awaitable[Live]], now: Callable[[], datetime] = clock
    ) -> None:
        self._token, self._who, self._now = token, who, now
        self._live: Live | None = None
        self._was: Live | None = None  # who we are, also while the token is not to be used
        self._why, self._again = "", now()
        self._asking = asyncio.Lock()

    async def live(self, team: str = "", enterprise: str = "") -> Live:
        """Who we are. There is one installation, so whatever workspace is asked for, it can only be this one."""
        async with self._asking:
            if self._live:
                return self._live
            if self._why and self._now() < self._again:
                raise Gone(self._why)
            try:
                self._live = self._was = await self._who(self._token)
            except Refused as no:
                log.warning("%s (%s)", REFUSED, no)
                self._end(REFUSED)
                raise Gone(REFUSED) from no
            except Unanswered as no:
                raise Later(SOON) from no
            return self._live

    async def token(self, team: str = "", enterprise: str = "") -> str:
        """The token."""
        return (await self.live(team, enterprise)).token

    def refused(self, team: str, enterprise: str, token: str) -> None:
        """Slack did not take the token: it is asked once more, in a minute."""
        self._end(REFUSED)

    async def revoked(self, team: str = "", enterprise: str = "", at: datetime | None = None) -> None:
        """The token was revoked."""
        if self._ours(team, enterprise):
            self._end(REVOKED)

    async def uninstalled(self, team: str = "", enterprise: str = "", at: datetime | None = None) -> None:
        """The app was uninstalled."""
        if self._ours(team, enterprise):
            self._end(UNINSTALLED)

    async def close(self) -> None:
        """Nothing is ever under way."""

    def _ours(self, team: str, enterprise: str) -> bool:
        """The same app may be in other workspaces, too: what ends there is not our end."""
        was = self._was
        return not was or (team == was.team if team and was.team else enterprise in {"", was.enterprise})

    def _end(self, why: str) -> None:
        self._live, self._why, self._again = None, why, self._now() + REMEMBERED
