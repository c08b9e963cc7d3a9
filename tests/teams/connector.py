"""The door of the Connector: who calls, how often, and what may go wrong by order of a test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.teams.faults import SAYS, Fault
from tests.teams.rates import LOOKING, OF_A_TENANT, OLD_MEMBERS, WRITING, Rates, Window
from tests.teams.tokens import ISSUER, SCOPE

if TYPE_CHECKING:
    from tests.teams.service import Teams

Thing = dict[str, Any]

WRITES = {"create", "send", "reply", "update", "delete"}
UNTHROTTLED = {"token", "metadata", "keys"}
KEYS, OPENID = "/v1/.well-known/keys", "/v1/.well-known/openidconfiguration"
# Where each call lives; tests name calls by the first word.
ROUTES = (
    ("create", "POST", "/amer/v3/conversations"),
    ("send", "POST", "/amer/v3/conversations/{conversation}/activities"),
    ("reply", "POST", "/amer/v3/conversations/{conversation}/activities/{activity}"),
    ("update", "PUT", "/amer/v3/conversations/{conversation}/activities/{activity}"),
    ("delete", "DELETE", "/amer/v3/conversations/{conversation}/activities/{activity}"),
    ("members", "GET", "/amer/v3/conversations/{conversation}/members"),
    ("member", "GET", "/amer/v3/conversations/{conversation}/members/{member}"),
    ("paged_members", "GET", "/amer/v3/conversations/{conversation}/pagedmembers"),
    ("team", "GET", "/amer/v3/teams/{team}"),
    ("channels", "GET", "/amer/v3/teams/{team}/conversations"),
    ("token", "POST", "/login/{tenant}/oauth2/v2.0/token"),
    ("metadata", "GET", OPENID),
    ("keys", "GET", KEYS),
)


class Refused(Exception):
    """A call is not done."""

    def __init__(self, code: str, says: str = "", *, status: int = 0, after: int | None = None) -> None:
        usual, words = SAYS.get(code, (status, code))
        super().__init__(code)
        self.status, self.after = status or usual, after
        self.answer: Thing = {"error": {"code": code, "message": says or words}}


@dataclass
class Call:
    """One call, and in the end its answer; a test counts these."""

    teams: Teams = field(repr=False)
    name: str
    path: dict[str, str]
    query: dict[str, str]
    at: datetime
    body: Any = None
    status: int = 0
    answer: Any = None

    @property
    def conversation(self) -> str:
        return self.path.get("conversation", "")

    @property
    def code(self) -> str:
        """The code of the error, if it is one."""
        error = self.answer.get("error") if isinstance(self.answer, dict) else None
        return str(error["code"] if isinstance(error, dict) else error or "")

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


@dataclass
class Connector:
    """The server, with the methods of methods.py."""

    teams: Teams = field(repr=False)

    def __post_init__(self) -> None:
        self.url = ""
        self.names = {name for name, _, _ in ROUTES}
        self.tokens: dict[str, datetime] = {}  # and when they end
        self.rates, self.under_way = Rates(), set[str]()
        app = web.Application(client_max_size=2**23)
        for name, verb, path in ROUTES:
            app.router.add_route(verb, path, self._route(name))
        app.router.add_route("*", "/{path:.*}", self._nowhere)
        self.runner = web.AppRunner(app, shutdown_timeout=0.1)

    async def start(self) -> None:
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        host, port = self.runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        await self.runner.cleanup()

    def _route(self, name: str) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def called(request: web.Request) -> web.Response:
            return await self._called(name, request)

        return called

    async def _nowhere(self, request: web.Request) -> web.Response:
        self.teams.troubles.append(f"{request.method} {request.path} is no address of the Connector")
        return web.Response(status=404)

    # ---------------------------------------------------------------------------------------------------- one call

    async def _called(self, name: str, request: web.Request) -> web.Response:
        call = Call(self.teams, name, dict(request.match_info), dict(request.query), self.teams.now())
        self.teams.calls.append(call)
        faults = self.teams.faults[name]
        fault = faults.pop(0) if faults else Fault("none")
        if fault.kind == "refused":
            return _drop(request)
        place = call.conversation if name in WRITES else ""
        overlaps = place in self.under_way
        if place and not overlaps:
            self.under_way.add(place)
        try:
            answer = await self._answered(call, request, fault, overlaps=overlaps)
            if fault.begun:
                fault.begun.set()
            if fault.gate:
                await fault.gate.wait()
            if self.teams.takes and place:
                await asyncio.sleep(self.teams.takes)
        finally:
            if not overlaps:
                self.under_way.discard(place)
        if fault.kind == "lost":
            return _drop(request)
        if fault.kind == "failed":
            return _gateway(fault.status)
        return answer

    async def _answered(self, call: Call, request: web.Request, fault: Fault, *, overlaps: bool) -> web.Response:
        """The answer, after which everything is done or nothing is."""
        from tests.teams.methods import METHODS  # noqa: PLC0415 - they are written with the classes of this file

        headers = {}
        try:
            raw = await request.text()
            if call.name == "token":
                call.body = dict(await request.post())
            elif call.name in {"metadata", "keys"}:
                call.body = None
            else:
                self._knows(request)
                call.body = _object(raw, request) if call.name in WRITES - {"delete"} else None
            if fault.kind == "http":
                call.status = fault.status
                return _gateway(fault.status)
            self._allows(call, fault, overlaps=overlaps)
            call.status, call.answer = self._own(call) or METHODS[call.name](call)
        except Refused as refused:
            call.status, call.answer = refused.status, refused.answer
            if refused.after is not None:
                headers["Retry-After"] = str(refused.after)
            if refused.status == 400:
                self.teams.troubles.append(f"{call.name}: {refused.answer['error']['message']}")
        if call.answer is None:
            return web.Response(status=call.status, headers=headers)
        return web.json_response(call.answer, status=call.status, headers=headers)

    def _knows(self, request: web.Request) -> None:
        """Refuse whoever has no token, or one that is over."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        ends = self.tokens.get(token)
        if scheme != "Bearer" or ends is None or ends <= self.teams.now():
            raise Refused("Unauthorized", "Authorization has been denied for this request.", status=401)

    def _allows(self, call: Call, fault: Fault, *, overlaps: bool) -> None:
        if fault.kind == "error":
            raise Refused(fault.code, status=fault.status, after=fault.after)
        if wait := self._busy(call):
            raise Refused("Throttled", after=wait)
        if overlaps:
            raise Refused("PreconditionFailed")

    def _busy(self, call: Call) -> int:
        """How many seconds the bot must wait, if any."""
        if not self.teams.limits or call.name in UNTHROTTLED:
            return 0
        members = call.body.get("members") if isinstance(call.body, dict) else None
        thread = call.conversation or call.path.get("team") or json.dumps(members)
        room = self.teams.rooms.get(call.conversation.partition(";")[0])
        asked: list[tuple[str, tuple[Window, ...]]] = [(f"tenant {room.tenant.id if room else ''}", OF_A_TENANT)]
        if call.name in WRITES:
            asked.append((f"{'create' if call.name == 'create' else 'send'} {thread}", WRITING))
        else:
            asked.append((f"look {thread}", LOOKING))
        if call.name == "members":
            asked.append((f"members {thread}", OLD_MEMBERS))
        return self.rates.wait(self.teams.now(), asked)

    # ------------------------------------------------------------------------------------------- what proves identity

    def _own(self, call: Call) -> tuple[int, Any] | None:
        """The answers which are not about conversations."""
        if call.name == "metadata":
            document: Thing = {"issuer": ISSUER, "authorization_endpoint": "https://invalid.botframework.com"}
            document |= {"jwks_uri": f"{self.url}{KEYS}", "id_token_signing_alg_values_supported": ["RS256"]}
            return 200, document | {"token_endpoint_auth_methods_supported": ["private_key_jwt"]}
        if call.name == "keys":
            return 200, self.teams.delivery.keys.served()
        return self._token(call) if call.name == "token" else None

    def _token(self, call: Call) -> tuple[int, Thing]:
        asked, teams = call.body, self.teams
        if call.path["tenant"] not in teams.login_tenants:
            return _denied(400, "invalid_request", f"AADSTS90002: Tenant '{call.path['tenant']}' not found.")
        if asked.get("grant_type") != "client_credentials":
            return _denied(400, "unsupported_grant_type", "AADSTS70003: The grant type is not supported.")
        if asked.get("client_id") != teams.app_id:
            return _denied(400, "unauthorized_client", "AADSTS700016: Application was not found in the directory.")
        if asked.get("client_secret") != teams.app_password:
            return _denied(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
        if asked.get("scope") != SCOPE:
            return _denied(400, "invalid_scope", f"AADSTS70011: The scope '{asked.get('scope')}' is not valid.")
        token = teams.made_id("token-")
        self.tokens[token] = teams.now() + timedelta(seconds=teams.token_lives)
        lives = {"expires_in": teams.token_lives, "ext_expires_in": teams.token_lives}
        return 200, {"token_type": "Bearer", "access_token": token, **lives}


def _denied(status: int, error: str, says: str) -> tuple[int, Thing]:
    return status, {"error": error, "error_description": says}


def _object(raw: str, request: web.Request) -> Thing:
    """The JSON object of a body."""
    if request.content_type != "application/json":
        raise Refused("BadSyntax", f"the body is {request.content_type}, not JSON", status=415)
    try:
        said = json.loads(raw)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise Refused("BadSyntax", "the body is no JSON object")
    return said


def _drop(request: web.Request) -> web.Response:
    """End the connection without an answer."""
    assert request.transport
    request.transport.abort()
    return web.Response()


def _gateway(status: int) -> web.Response:
    return web.Response(status=status, text=f"<html><h1>{status}</h1></html>", content_type="text/html")
