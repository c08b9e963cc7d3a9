"""Installing the app in a workspace: the page that asks, the way back from Slack, and the exchange of tokens."""

from __future__ import annotations

import asyncio
import base64
import logging
import re
import secrets as dice
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode, urljoin

from aiohttp import ClientError, ClientSession, web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import SecretStr
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.base import Gone, Later
from adapters.slack.tokens import AnyTokens, Fresh, Installation, Live, Refused, Unanswered, clock

log = logging.getLogger(__name__)
quiet = logging.getLogger(f"{__name__}.calls")
quiet.setLevel(logging.INFO)  # the library writes tokens and secrets to its log at DEBUG: never let it, here

SCOPES: Mapping[str, str] = {  # what is asked for: the same as in manifest/slack.yaml
    "commands": "to be called by /ilt and by buttons",
    "chat:write": "to post its cards where it was invited, and to write to people directly",
    "im:write": "to find its direct message to a person again when the connection broke while it was writing",
    "channels:read": "to know the names and members of public channels that it was invited to",
    "groups:read": "to know the names and members of private channels that it was invited to",
    "mpim:read": "to know the members of group conversations that it is in",
    "users:read": "to call people by the names that they use in Slack",
    "users:read.email": "to recognise people who take part on another platform as well",
    "channels:history": "to notice when somebody writes in a public channel that it was invited to",
    "groups:history": "to notice when somebody writes in a private channel that it was invited to",
    "im:history": "to be answered in its own direct messages",
    "mpim:history": "to notice when somebody writes in a group conversation that it is in",
    "reactions:read": "to count a reaction as taking part",
}

COOKIE = "__Host-cohost-install"  # this prefix makes browsers refuse it unless it is Secure and of this very host
BROWSER = re.compile(r"[A-Za-z0-9_-]{43}")
LASTS = 600  # seconds, as long as a state
PATIENCE = 20  # seconds; shorter than the claim on a refresh token
AWAY = {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address carries Slack's code
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


class States(Protocol):
    """Installations under way, and done: `storage.installations.Installations`."""

    async def begin(self, browser: str, now: datetime, /) -> str | None: ...
    async def consume(self, state: str, browser: str, now: datetime, /) -> bool: ...
    async def save(self, one: Installation, /) -> None: ...


class Calls:
    """The calls to Slack that tokens come from. `session` is asked for when there is something to say."""

    def __init__(
        self, api_url: str, session: Callable[[], ClientSession], client_id: str = "", client_secret: str = ""
    ) -> None:
        self.api_url, self.client_id = api_url, client_id
        self._session = session
        # Not the library's own `auth`: it builds on what aiohttp is about to take away.
        self._app = {"Authorization": f"Basic {base64.b64encode(f'{client_id}:{client_secret}'.encode()).decode()}"}

    async def code(self, code: str, redirect_uri: str) -> Mapping[str, Any]:
        """What Slack gives for the code that a browser brought back."""
        return await self._call("oauth.v2.access", data={"code": code, "redirect_uri": redirect_uri}, headers=self._app)

    async def refresh(self, refresh: SecretStr) -> Fresh:
        """A new token for a refresh token, which is worth nothing afterwards."""
        data = {"grant_type": "refresh_token", "refresh_token": refresh.get_secret_value()}
        got = await self._call("oauth.v2.access", data=data, headers=self._app)
        match got:
            case {"access_token": str(token), "refresh_token": str(new), "expires_in": int(seconds)}:
                return Fresh(SecretStr(token), SecretStr(new), timedelta(seconds=seconds))
        raise Unanswered("Slack's answer holds no new token")

    async def who(self, token: SecretStr) -> Live:
        """Whose token this is."""
        got = await self._call("auth.test", token=token.get_secret_value())
        team = "" if got.get("is_enterprise_install") else str(got.get("team_id") or "")
        enterprise, user, bot = (str(got.get(one) or "") for one in ("enterprise_id", "user_id", "bot_id"))
        return Live(team, enterprise, user, bot, str(got.get("scope") or ""), token.get_secret_value())

    async def _call(self, method: str, **given: Any) -> Mapping[str, Any]:  # noqa: ANN401 - whatever the method takes
        # No retries by the library: it would use a code or a refresh token twice, and both work once.
        client = AsyncWebClient(base_url=self.api_url, session=self._session(), logger=quiet, retry_handlers=[])
        if token := given.pop("token", ""):
            client.token = token
        try:
            async with asyncio.timeout(PATIENCE):
                said = await client.api_call(method, **given)
                answer = said.data
        except SlackApiError as no:
            why = no.response.get("error") if isinstance(no.response.data, dict) else None
            if not isinstance(why, str) or why in AWAY:
                raise Unanswered(f"{method}: {why or no.response.status_code}") from None
            raise Refused(why) from None
        except (SlackClientError, ClientError, TimeoutError, OSError, AttributeError) as no:
            # AttributeError: the library trips over an answer in plain text, as a proxy on the way gives it.
            raise Unanswered(f"{method}: {type(no).__name__}") from None
        if not isinstance(answer, dict):
            raise Unanswered(f"{method}: no JSON")
        return {"scope": said.headers.get("x-oauth-scopes", ""), **answer}  # auth.test says it in a header only


def authorize(tokens: AnyTokens) -> Callable[..., Awaitable[AuthorizeResult | None]]:
    """What Bolt asks at each event: answered from memory, without a call to Slack."""

    async def asked(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult | None:
        try:
            live = await tokens.live(team_id or "", enterprise_id or "")
        except (Gone, Later):
            return None
        return AuthorizeResult(
            enterprise_id=live.enterprise or None,
            team_id=live.team or team_id,
            bot_user_id=live.bot_user,
            bot_id=live.bot,
            bot_token=live.token,
            bot_scopes=live.scopes or None,
        )

    return asked


def everybody(tokens: AnyTokens) -> Callable[..., Awaitable[AuthorizeResult]]:
    """As `authorize`, but nobody is turned away: Bolt would do it in words of its own, and wait for their delivery."""
    ask = authorize(tokens)

    async def asked(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        found = await ask(enterprise_id=enterprise_id, team_id=team_id)
        return found or AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)

    return asked


class Install:
    """The pages. What is kept of a browser that goes to Slack is one cookie, which must come back with it."""

    def __init__(
        self,
        kept: States,
        calls: Calls,
        base_url: str,
        installed: Callable[[str, str], Awaitable[None]],
        now: Callable[[], datetime] = clock,
    ) -> None:
        self._kept, self._calls, self._installed, self._now = kept, calls, installed, now
        self.redirect_uri = f"{base_url.rstrip('/')}/slack/oauth_redirect"
        self._pages = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "pages"), autoescape=True, undefined=StrictUndefined
        )

    def routes(self) -> list[web.RouteDef]:
        """Where the pages are."""
        return [
            web.get("/slack/install", self._guard(self.ask), allow_head=False),
            web.get("/slack/oauth_redirect", self._guard(self.back), allow_head=False),
        ]

    async def ask(self, request: web.Request) -> web.Response:
        """Say what the app asks for and why, with the way to Slack."""
        browser = self._browser(request) or dice.token_urlsafe(32)
        state = await self._kept.begin(browser, self._now())
        if state is None:
            return self._sorry(503, "Too many installations have been begun in the last minutes.")
        asked = {
            "client_id": self._calls.client_id,
            "scope": ",".join(SCOPES),
            "redirect_uri": self.redirect_uri,
            "state": state,
        }
        slack = urljoin(self._calls.api_url, "../oauth/v2/authorize")
        page = self._page("install", 200, slack=f"{slack}?{urlencode(asked)}", scopes=SCOPES)
        page.set_cookie(COOKIE, browser, max_age=LASTS, path="/", secure=True, httponly=True, samesite="Lax")
        return page

    async def back(self, request: web.Request) -> web.Response:
        """Somebody comes back from Slack, with a code or without."""
        state, browser, code = request.query.get("state", ""), self._browser(request), request.query.get("code", "")
        if not await self._kept.consume(state, browser or "", self._now()):
            return self._sorry(400, "This way back from Slack was used before, is too old, or began somewhere else.")
        if request.query.get("error") == "access_denied":
            return self._page("denied", 200)
        if not code:
            return self._sorry(400, "Slack did not say that the app may be installed.")
        try:
            got = await self._calls.code(code, self.redirect_uri)
            one = installation(got, self._now())
        except Refused as no:
            log.warning("Slack refused an installation: %s", no)
            return self._sorry(400, "Slack did not accept this installation.")
        except Unanswered as no:
            log.warning("An installation was not finished: %s", no)
            return self._sorry(502, "Slack cannot be reached at the moment.")
        one["bot"] = await self._bot(got)
        await self._kept.save(one)
        await self._installed(one["team"], one["enterprise"])
        log.info("Installed in %s by %s", one["team"] or one["enterprise"], one["installed_by"])
        page = self._page("installed", 200, where=one["name"], everywhere=not one["team"])
        page.del_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Lax")
        return page

    async def _bot(self, got: Mapping[str, Any]) -> str:
        try:
            return (await self._calls.who(SecretStr(got["access_token"]))).bot
        except (Refused, Unanswered) as no:
            log.warning("The bot of a new installation is known by its user only: %s", no)
            return ""  # the installation counts: its code cannot be used a second time

    def _browser(self, request: web.Request) -> str | None:
        cookie = request.cookies.get(COOKIE, "")
        return cookie if BROWSER.fullmatch(cookie) else None

    def _guard(
        self, handler: Callable[[web.Request], Awaitable[web.Response]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except Exception:
                log.exception("%s failed", request.path)  # never the query: it holds the code and the state
                return self._sorry(503, "That could not be done at the moment.")

        return guarded

    def _sorry(self, status: int, sentence: str) -> web.Response:
        return self._page("sorry", status, sentence=sentence)

    def _page(self, name: str, status: int, **given: object) -> web.Response:
        nonce = dice.token_urlsafe(16)
        policy = f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; "
        text = self._pages.get_template(f"{name}.html").render(nonce=nonce, **given)
        headers = HEADERS | {"Content-Security-Policy": policy + "frame-ancestors 'none'"}
        return web.Response(text=text, status=status, content_type="text/html", charset="utf-8", headers=headers)


def installation(got: Mapping[str, Any], now: datetime) -> Installation:
    """What oauth.v2.access answers, as it is kept."""
    team, enterprise = got.get("team") or {}, got.get("enterprise") or {}
    everywhere = bool(got.get("is_enterprise_install"))
    token, refresh, lasts = got.get("access_token"), got.get("refresh_token"), got.get("expires_in")
    team_id = "" if everywhere else str(team.get("id") or "")
    enterprise_id = str(enterprise.get("id") or "")
    if got.get("token_type") != "bot" or not isinstance(token, str) or not (team_id or enterprise_id):
        raise Refused("no bot token in the answer")
    if everywhere and not enterprise_id:
        raise Refused("no organisation in the answer")
    return {
        "team": team_id,
        "enterprise": enterprise_id,
        "name": str((enterprise if everywhere else team).get("name") or ""),
        "app": str(got.get("app_id") or ""),
        "bot_user": str(got.get("bot_user_id") or ""),
        "bot": "",
        "scopes": str(got.get("scope") or ""),
        "token": SecretStr(token),
        "refresh": SecretStr(refresh) if isinstance(refresh, str) else None,
        "expires_at": now + timedelta(seconds=lasts) if isinstance(lasts, int) else None,
        "installed_by": str((got.get("authed_user") or {}).get("id") or ""),
        "installed_at": now,
        "revoked_at": None,
        "why": None,
        "version": 1,
    }
