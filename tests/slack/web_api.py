"""The door of the Web API: who calls, how often, with which arguments, and what may go wrong by order of a test."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from aiohttp import web

from tests.slack.checks import Thing
from tests.slack.faults import Fault
from tests.slack.limits import Refusal

if TYPE_CHECKING:
    from tests.slack.workspace import Install, Slack, Team, Token

MINUTE = timedelta(minutes=1)
JSON_ARGUMENTS = ("blocks", "attachments", "metadata", "view")
TIERS = {1: 1, 2: 20, 3: 50, 4: 100, 5: 600}
POSTS = 300  # "several hundred per minute" of chat.postMessage in one workspace


class Refused(Exception):
    """A method does not do what it was asked for."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.answer: Thing = {"ok": False, "error": error} | more

    @classmethod
    def because(cls, refusal: Refusal) -> Refused:
        refused = cls(refusal.error)
        refused.answer = refusal.answer
        return refused


@dataclass
class Call:
    """One call of a method, and in the end its answer; a test counts these."""

    slack: Slack = field(repr=False)
    method: str
    arguments: Thing
    token: Token | None = None
    answer: Thing = field(default_factory=dict)
    status: int = 200

    @property
    def team(self) -> Team | None:
        return self.token.install.team if self.token and self.token.install else None

    @property
    def install(self) -> Install:
        if not self.token or not self.token.install:
            raise Refused("not_allowed_token_type")
        return self.token.install

    @property
    def ok(self) -> bool:
        return bool(self.answer.get("ok"))

    def needs(self, scope: str) -> None:
        """Refuse the call if the token may not do this."""
        assert self.token
        if scope not in self.token.scopes:
            raise Refused("missing_scope", needed=scope, provided=",".join(sorted(self.token.scopes)))

    def text(self, name: str) -> str:
        return str(self.arguments.get(name) or "")

    def flag(self, name: str, *, otherwise: bool = False) -> bool:
        given = self.arguments.get(name)
        return otherwise if given is None else str(given).lower() in {"true", "1"}

    def page(self, found: list[Any], usual: int = 100, most: int = 1000) -> tuple[list[Any], str]:
        """The part of a list that the cursor points at, and the cursor of the next part."""
        try:
            limit = int(self.arguments.get("limit") or usual)
            start = int(self.text("cursor").removeprefix("next:") or 0)
        except ValueError:
            raise Refused("invalid_cursor" if self.text("cursor") else "invalid_limit") from None
        if not 0 < limit <= most or start > len(found):
            raise Refused("invalid_limit" if start <= len(found) else "invalid_cursor")
        after = start + limit
        return found[start:after], f"next:{after}" if after < len(found) else ""


@dataclass(frozen=True)
class Method:
    """How one method is called."""

    does: Callable[[Call], Thing]
    tier: int
    scope: str | None = None
    required: tuple[str, ...] = ()
    json: bool = True  # whether it reads a JSON body
    free: bool = False  # whether it can be called without a token


class WebApi:
    """The server, with the methods of methods.py and the addresses that an app may answer to."""

    def __init__(self, slack: Slack) -> None:
        self.slack, self.url = slack, ""
        self.faults: defaultdict[str, list[Fault]] = defaultdict(list)
        self.used: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
        self.blocked: dict[tuple[str, str], datetime] = {}
        self.budgets: dict[str, tuple[datetime, float]] = {}  # of posts to one channel
        app = web.Application(client_max_size=2**23)
        app.router.add_route("*", "/api/{method}", self._called)
        app.router.add_post("/actions/{key}", self._responded)
        app.router.add_get("/socket/{ticket}", slack.delivery.sockets.opened)
        self.runner = web.AppRunner(app, shutdown_timeout=0.1)

    async def start(self) -> None:
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        host, port = self.runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        await self.runner.cleanup()

    # ---------------------------------------------------------------------------------------------------- one call

    async def _called(self, request: web.Request) -> web.Response:
        from tests.slack.methods import METHODS  # noqa: PLC0415 - the methods are written with the classes of this file

        name = request.match_info["method"]
        method, faults = METHODS.get(name), self.faults[name]
        call = Call(self.slack, name, await self._arguments(request, method))
        fault = faults.pop(0) if faults else Fault("none")
        headers = {}
        if fault.kind == "refused":
            return self._drop(request, call)
        try:
            call.token = self._token(request, call, method)
            if wait := self._revoked(call, fault) or self._busy(call, method) or fault.after:
                call.status, headers = 429, {"Retry-After": str(wait)}
                refuse("ratelimited")
            if fault.kind in {"error", "http"}:
                call.status = fault.status
                refuse(fault.words or "internal_error")
            if not method:
                refuse("unknown_method", req_method=name)
            self._check(call, method)
            call.answer = {"ok": True} | method.does(call)
        except Refused as refused:
            call.answer = refused.answer
        self.slack.calls.append(call)
        if fault.gate:
            await fault.gate.wait()
        if fault.kind == "lost":
            return self._drop(request)
        if call.token:
            headers["X-OAuth-Scopes"] = ",".join(sorted(call.token.scopes))
        return web.json_response(call.answer, status=call.status, headers=headers)

    def _revoked(self, call: Call, fault: Fault) -> int:
        """By order of a test the token is dead from here on."""
        if fault.kind == "revoked" and call.token:
            call.token.revoked = True
            self._refuse_dead(call.token)
        return 0

    def _drop(self, request: web.Request, call: Call | None = None) -> web.Response:
        """End the connection without an answer."""
        if call:
            call.status = 0
            self.slack.calls.append(call)
        assert request.transport
        request.transport.abort()
        return web.Response()

    async def _arguments(self, request: web.Request, method: Method | None) -> Thing:
        """The arguments of the query, the form, or of a JSON body if the method reads one."""
        found: Thing = dict(request.query)
        if request.content_type == "application/json":
            body = await request.text()
            try:
                sent = json.loads(body or "{}")
            except ValueError:
                sent = None
            if not isinstance(sent, dict):
                return found | {"_error": "json_not_object" if sent is not None else "invalid_json"}
            return found | (sent if not method or method.json else {})
        form = await request.post()
        found |= {name: value for name, value in form.items() if isinstance(value, str)}
        for name in JSON_ARGUMENTS:
            if isinstance(found.get(name), str):
                try:
                    found[name] = json.loads(found[name])
                except ValueError:
                    found["_error"] = "invalid_blocks_format" if name == "blocks" else "invalid_arguments"
        return found

    def _token(self, request: web.Request, call: Call, method: Method | None) -> Token | None:
        kind, _, value = request.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            call.arguments["_basic"] = value
            value = ""
        value = str(call.arguments.pop("token", "") or value).strip()
        if not value:
            if method and method.free:
                return None
            raise Refused("not_authed")
        token = self.slack.tokens.get(value)
        if not token:
            raise Refused("invalid_auth")
        call.token = token
        self._refuse_dead(token)
        return token

    def _refuse_dead(self, token: Token) -> None:
        if token.install and not token.install.active:
            raise Refused("account_inactive")
        if token.revoked:
            raise Refused("token_revoked")
        if token.expires and token.expires <= self.slack.now():
            raise Refused("token_expired")

    def _check(self, call: Call, method: Method) -> None:
        if "_error" in call.arguments:
            raise Refused(call.arguments["_error"])
        app_only = call.method.startswith("apps.")
        if call.token and app_only == bool(call.token.install):
            raise Refused("not_allowed_token_type")
        if method.scope:
            call.needs(method.scope)
        missing = [name for name in method.required if call.arguments.get(name) is None or call.arguments[name] == ""]
        if missing:
            said = [f"[ERROR] missing required field: {name}" for name in missing]
            refuse("invalid_arguments", response_metadata={"messages": said})

    # ------------------------------------------------------------------------------------------------------ how often

    def _busy(self, call: Call, method: Method | None) -> int:
        """How many seconds the caller must wait, if any: per workspace and method, and for posts per channel."""
        if not self.slack.limits or not method or not call.token:
            return 0
        now, team = self.slack.now(), call.team.id if call.team else ""
        key = (team, call.method)
        if now < self.blocked.get(key, now):
            return _seconds(self.blocked[key] - now)
        recent = self.used[key] = [moment for moment in self.used[key] if now - moment < MINUTE]
        posts = call.method == "chat.postMessage"
        if len(recent) >= (POSTS if posts else TIERS[method.tier]):
            self.blocked[key] = recent[0] + MINUTE
            return _seconds(self.blocked[key] - now)
        if posts and (wait := self._channel_busy(f"{team} {call.text('channel')}", now)):
            return wait
        recent.append(now)
        return 0

    def _channel_busy(self, channel: str, now: datetime) -> int:
        """One post a second, and at first a burst of them."""
        before, left = self.budgets.get(channel, (now, float(self.slack.burst)))
        left = min(float(self.slack.burst), left + (now - before).total_seconds())
        if left < 1:
            self.budgets[channel] = now, left
            return math.ceil(1 - left)
        self.budgets[channel] = now, left - 1
        return 0

    async def _responded(self, request: web.Request) -> web.Response:
        """The app answers at a response_url."""
        try:
            given = json.loads(await request.text())
        except ValueError:
            return web.Response(status=400, text="invalid_payload")
        status, said = self.slack.delivery.responses.used(request.match_info["key"], given)
        if status == 200:
            return web.Response(text="ok")
        return web.json_response({"ok": False, "error": said}, status=status)


def _seconds(wait: timedelta) -> int:
    return max(1, math.ceil(wait.total_seconds()))


def refuse(error: str, **more: Any) -> NoReturn:
    raise Refused(error, **more)
