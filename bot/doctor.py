"""`cohost doctor`: everything that Cohost needs, looked at one by one: ok, or what is wrong and how it is mended.

It changes nothing (but with `--retry`), writes to nobody, and prints no secret. What needs no network is looked at
without one, too.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import aiohttp
from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.slack.install import SCOPES
from bot import starting, stuck
from bot.addresses import public
from bot.settings import Settings, Slack, WrongError, load
from bot.settings_teams import Teams
from storage.connecting import readable
from storage.looking import look
from storage.unusable import UnusableError

PATIENCE = aiohttp.ClientTimeout(total=10)
SKEW = timedelta(seconds=30)  # Slack's signatures are five minutes good, Microsoft's tokens as well
STATES = {"ok": "ok   ", "note": "note ", "wrong": "WRONG"}
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """What was found."""

    state: Literal["ok", "note", "wrong"]
    what: str
    says: str

    def __str__(self) -> str:
        line = f"{STATES[self.state]} {self.what}: {self.says}"
        return "".join(sign if sign.isprintable() else "?" for sign in line)  # some of it comes from outside


def ok(what: str, says: str) -> list[Line]:
    """One good line."""
    return [Line("ok", what, says)]


def note(what: str, says: str) -> list[Line]:
    """One line that somebody may want to know."""
    return [Line("note", what, says)]


def wrong(what: str, says: str) -> list[Line]:
    """One line that somebody has to do something about."""
    return [Line("wrong", what, says)]


@dataclass(slots=True)
class Visit:
    """One round. `offline`: nobody outside of this machine and its database is asked.

    `retry`: timers that were set aside, and messages that fail again and again, are due once more.
    """

    settings: Settings
    offline: bool = False
    retry: bool = False
    skews: list[timedelta] = field(default_factory=list)  # of this machine's clock, against others'

    async def lines(self) -> list[Line]:
        """All that was found, in the order in which it is set up."""
        outside = () if self.offline else (self.slack(), self.teams(), self.address())
        found: list[list[Line]] = await asyncio.gather(self.database(), self.redis(), *outside)
        if self.offline:
            found.append(note("Slack, Teams, public address", "not asked (--offline)"))
        return [line for lines in (*found, self.clock()) for line in lines]

    # -- what it stands on ---------------------------------------------------------------------------------------------

    async def database(self) -> list[Line]:
        """It can be used, and its schema is the one of this release."""
        name = readable(self.settings.database_url)
        try:
            found = await asyncio.to_thread(look, self.settings.database_url)
        except UnusableError as no:
            return wrong("Database", str(no))
        if found.at:
            self.skews.append(datetime.now(UTC) - found.at)
        match found.schema:
            case "newest":
                return [*ok("Database", f"{name} has the newest schema"), *await self.work()]
            case "none":
                return note(
                    "Database", f"nothing is stored in {name} yet; `cohost serve` or `cohost migrate` begins it"
                )
            case "older":
                return wrong("Database", f"{name} has an older schema; make a backup, then run `cohost migrate`")
        return wrong("Database", f"{name} has the schema of a later release; install that release again")

    async def work(self) -> list[Line]:
        """Nothing that was to be done has failed for good."""
        url, lines = self.settings.database_url, []
        if self.retry:
            again = await stuck.retry(url)
            when = "`cohost serve` does it within half a minute"
            lines = note("Tried again", f"what had failed ({again}); {when}" if again else "nothing had failed")
        failed = [line for what, says in await stuck.look(url) for line in wrong(what, says)]
        return [*lines, *(failed or ok("Timers and messages", "none has failed five times"))]

    async def redis(self) -> list[Line]:
        """It answers, if there is to be one."""
        url = self.settings.redis_url.get_secret_value()
        if not url:
            return note("Redis", "off (COHOST_REDIS_URL is not set): one process, which is enough for most")
        parts = urlsplit(url)
        name = f"{parts.hostname}:{parts.port or 6379}"
        client = Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)
        try:
            await client.execute_command("PING")  # type: ignore[no-untyped-call]
        except (RedisError, OSError) as no:
            return wrong(
                "Redis", f"{name} does not answer ({type(no).__name__}); start it, or correct COHOST_REDIS_URL"
            )
        finally:
            await client.aclose()
        return ok("Redis", f"{name} answers")

    # -- the platforms -------------------------------------------------------------------------------------------------

    async def slack(self) -> list[Line]:
        """Its tokens work, and may do what is needed."""
        told = self.settings.slack
        if not told.on:
            return note("Slack", "off (neither SLACK_BOT_TOKEN nor SLACK_CLIENT_ID is set)")
        lines = await self._slack_app(told) if told.many else await self._slack_bot(told)
        if token := told.app_token.get_secret_value():
            said, _ = await self._asked(f"{told.api_url}apps.connections.open", token=token)
            lines += _slack_said(
                said, "Slack, Socket Mode", "SLACK_APP_TOKEN is taken", "SLACK_APP_TOKEN", "connections:write"
            )
        return lines

    async def _slack_bot(self, told: Slack) -> list[Line]:
        said, headers = await self._asked(f"{told.api_url}auth.test", token=told.bot_token.get_secret_value())
        good = f"SLACK_BOT_TOKEN is taken, as {said.get('user')} in {said.get('team')}"
        lines = _slack_said(said, "Slack", good, "SLACK_BOT_TOKEN")
        if lines[0].state == "ok":
            lines += _scopes(headers.get("X-OAuth-Scopes"))
        return lines

    async def _slack_app(self, told: Slack) -> list[Line]:
        """Slack says whether it knows the app before it looks at the code, which is none."""
        both = f"{told.client_id}:{told.client_secret.get_secret_value()}"
        basic = f"Basic {base64.b64encode(both.encode()).decode()}"
        form = {"code": "cohost-doctor"}
        said, _ = await self._asked(f"{told.api_url}oauth.v2.access", form, {"Authorization": basic})
        match said.get("error"):
            case "invalid_code" | "code_already_used":
                where = f"{self.settings.address()}/slack/install"
                return ok("Slack", f"the app is known; workspaces install it at {where}")
            case "invalid_client_id" | "bad_client_secret" | "invalid_client":
                return wrong(
                    "Slack",
                    "SLACK_CLIENT_ID and SLACK_CLIENT_SECRET do not belong together; copy both anew from “Basic "
                    "Information” of the app",
                )
        return _unanswered("Slack", str(said.get("error")), "whether SLACK_CLIENT_SECRET is right is not known")

    async def teams(self) -> list[Line]:
        """Microsoft takes us for the app, and its keys can be fetched."""
        told = self.settings.teams
        if not told.on:
            return note("Teams", "off (MicrosoftAppId is not set)")
        if told.auth_disabled:
            return note("Teams", "on for an emulator on this machine; nobody proves who they are")
        return [*await self._teams_token(told), *await self._teams_keys(told)]

    async def _teams_token(self, told: Teams) -> list[Line]:
        form = {
            "grant_type": "client_credentials",
            "client_id": told.app_id,
            "client_secret": told.app_password.get_secret_value(),
            "scope": f"{told.issuer}/.default",
        }
        said, _ = await self._asked(f"{told.login_url.rstrip('/')}/{told.authority}/oauth2/v2.0/token", form)
        if said.get("access_token"):
            return ok("Teams", "Microsoft takes MicrosoftAppId with MicrosoftAppPassword")
        match error := str(said.get("error")):
            case "invalid_client":
                return wrong(
                    "Teams",
                    "Microsoft does not take MicrosoftAppPassword; make a new client secret of the app in Entra",
                )
            case "unauthorized_client" | "invalid_request":
                return wrong(
                    "Teams",
                    f"Microsoft does not know this app there ({error}); compare MicrosoftAppId, MicrosoftAppTenantId "
                    "and MicrosoftAppType with its “Overview” in Entra",
                )
        return _unanswered("Teams", error, "open the way to TEAMS_LOGIN_URL in the firewall")

    async def _teams_keys(self, told: Teams) -> list[Line]:
        said, _ = await self._asked(told.openid_metadata_url, method="GET")
        if said.get("jwks_uri"):
            return ok("Teams, keys", "what comes from Microsoft can be verified")
        return _unanswered("Teams, keys", str(said.get("error")), "open the way to TEAMS_OPENID_METADATA_URL")

    # -- the world -----------------------------------------------------------------------------------------------------

    async def address(self) -> list[Line]:
        """Cohost is what answers at the public address."""
        base, what = self.settings.base_url.rstrip("/"), "Public address"
        if not base:
            return note(what, "COHOST_BASE_URL is not set; links open on this machine only")
        if not public(base):
            return note(what, f"{base} is not for the world: links open where that address is known")
        said, _ = await self._asked(f"{base}/healthz", method="GET")
        if said.get("alive") is True:
            return ok(what, f"{base}/healthz answers, by TLS")
        why = str(said.get("error") or "somebody else answers")
        do = "start `cohost serve`, and let the proxy pass everything on to COHOST_HOST and COHOST_PORT"
        return wrong(what, f"Cohost is not found at {base} ({why}); {do}")

    def clock(self) -> list[Line]:
        """Others agree about the time."""
        if not self.skews:
            return note("Clock", "nobody was asked what time it is")
        most = max(self.skews, key=abs)
        seconds = round(most.total_seconds())
        if abs(most) <= SKEW:
            return ok("Clock", f"at most {abs(seconds)} s off")
        return wrong(
            "Clock",
            f"this machine is {abs(seconds)} s {'ahead' if seconds > 0 else 'behind'}; set it by NTP, or signatures of "
            "Slack and tokens of Microsoft are refused",
        )

    async def _asked(
        self, url: str, form: Json | None = None, headers: Json | None = None, *, token: str = "", method: str = "POST"
    ) -> tuple[Json, Mapping[str, str]]:
        """What somebody answers, as far as it is an object; else why not, as `error`, with a blank before it."""
        mine = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        try:
            async with (
                aiohttp.ClientSession(timeout=PATIENCE) as session,
                session.request(method, url, data=form, headers=mine, allow_redirects=False) as response,
            ):
                self._heard(response.headers.get("Date"))
                try:
                    said = await response.json(content_type=None)
                except ValueError:
                    said = None
                if isinstance(said, dict):
                    return said, response.headers
                return {"error": f" HTTP {response.status}"}, response.headers
        except aiohttp.ClientConnectorCertificateError:
            return {"error": " its certificate is not valid"}, {}
        except (aiohttp.ClientError, OSError) as no:
            return {"error": f" {type(no).__name__}"}, {}

    def _heard(self, date: str | None) -> None:
        try:
            self.skews.append(datetime.now(UTC) - parsedate_to_datetime(date or "").astimezone(UTC))
        except ValueError:
            return


def _slack_said(said: Json, what: str, good: str, name: str, scope: str = "") -> list[Line]:
    if said.get("ok") is True:
        return ok(what, good)
    error = str(said.get("error"))
    if error == "missing_scope":
        return wrong(what, f"{name} lacks {scope}; make one that has it, on “Basic Information” of the app")
    if error in {"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"}:
        return wrong(what, f"Slack does not take {name} ({error}); install the app again and copy its token anew")
    return _unanswered(what, error, f"open the way to SLACK_API_URL, or see what Slack says of {name}")


def _scopes(granted: str | None) -> list[Line]:
    """Against those of the manifest."""
    if granted is None:
        return note("Slack, scopes", "Slack does not say which it has given")
    missing = sorted(SCOPES.keys() - {one.strip() for one in granted.split(",")})
    if missing:
        add = "add them on “OAuth & Permissions” of the app, or its manifest anew, and install it again"
        return wrong("Slack, scopes", f"{', '.join(missing)} are missing; {add}")
    return ok("Slack, scopes", f"all {len(SCOPES)} of the manifest are given")


def _unanswered(what: str, error: str, do: str) -> list[Line]:
    return wrong(what, f"no good answer ({error.strip()}); {do}")


def examine(*, offline: bool, retry: bool = False) -> Sequence[Line]:
    """Everything, from the settings on. They are read first: without them nothing else can be looked at."""
    try:
        settings = load()
    except WrongError as no:
        return [line for each in str(no).splitlines() for line in wrong("Settings", each)]
    unread = starting.ignored(starting.given())
    first = note("Settings", unread) if unread else ok("Settings", "all can be read")
    return [*first, *asyncio.run(Visit(settings, offline, retry).lines())]
