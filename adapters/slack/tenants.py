"""Tenants: whose workspace is whose. With one bot token all is the local company; with many each is its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from adapters.base import Gone, Later
from adapters.slack.tokens import AnyTokens, OneToken


class Tenants:
    """Workspaces and organisations as tenants of ours, by the installations that there are."""

    def __init__(self, tokens: AnyTokens, local: str) -> None:
        """`local`: the tenant of the one workspace whose token is in the settings."""
        self.tokens, self._local = tokens, local
        self._out: set[str] = set()  # tenants in which the app was installed until lately
        self.back: Callable[[str], Awaitable[None]] | None = None  # told of a tenant in which it is again

    async def of(self, team: str, enterprise: str) -> str | None:
        """The tenant; None where the app is not installed. A workspace that merely names itself is not enough."""
        try:
            live = await self.tokens.live(team, enterprise)
        except (Gone, Later):
            return None
        if live.team and team and live.team != team:
            return None
        if not live.team and live.enterprise != enterprise:
            return None
        tenant = self._named(live.team or live.enterprise)
        if tenant in self._out:
            self._out.discard(tenant)
            if self.back:
                await self.back(tenant)
        return tenant

    def install(self, tenant: str) -> tuple[str, str]:
        """The workspace and the organisation for which the app was installed."""
        whose = tenant.removeprefix("slack:")
        if tenant == self._local:
            return "", ""
        return ("", whose) if whose.startswith("E") else (whose, "")

    async def team(self, tenant: str) -> str:
        """The workspace that is at home in this tenant."""
        live = await self.tokens.live(*self.install(tenant))
        return live.team or live.enterprise

    async def bot_user(self, team: str, enterprise: str) -> str | None:
        """Who the bot is there."""
        try:
            return (await self.tokens.live(team, enterprise)).bot_user or None
        except (Gone, Later):
            return None

    async def ended(self, team: str, enterprise: str, at: datetime, *, uninstalled: bool) -> None:
        """Since that moment nothing can be said there. What was installed later is another installation."""
        await (self.tokens.uninstalled if uninstalled else self.tokens.revoked)(team, enterprise, at)
        try:
            await self.tokens.live(team, enterprise)  # the news may be of somebody else's, or older than what is there
        except Gone:
            self._out.add(self._named(team or enterprise))
        except Later:
            return

    def refused(self, tenant: str, token: str) -> None:
        """Slack does not take this token any more."""
        self._out.add(tenant)
        self.tokens.refused(*self.install(tenant), token)

    async def scopes(self, tenant: str) -> frozenset[str]:
        """What the bot may do there, as far as Slack has said."""
        try:
            said = (await self.tokens.live(*self.install(tenant))).scopes
        except (Gone, Later):
            return frozenset()
        return frozenset(one.strip() for one in said.split(",") if one.strip())

    def _named(self, whose: str) -> str:
        return self._local if isinstance(self.tokens, OneToken) else f"slack:{whose}"
