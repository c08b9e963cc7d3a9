"""How the app hears of things: signed HTTP or Socket Mode, once, again after a failure, or when a test lets it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp

from tests.slack.checks import Thing
from tests.slack.responses import Responses
from tests.slack.sockets import Sockets

if TYPE_CHECKING:
    from tests.slack.rooms import Room
    from tests.slack.workspace import Install, Slack

EVENTS, COMMANDS, INTERACTIVE = "events_api", "slash_commands", "interactive"
RETRIES = 3


@dataclass(frozen=True)
class Answer:
    """What the app answered to one delivery; status 0 is no answer at all."""

    kind: str
    name: str
    payload: Thing = field(repr=False)
    status: int
    body: str = ""
    reason: str = ""  # why Slack counts this as a failure
    retry: int = 0
    no_retry: bool = False

    @property
    def ok(self) -> bool:
        return not self.reason

    @property
    def thing(self) -> Thing | None:
        """The body, if it is a JSON object."""
        try:
            said = json.loads(self.body)
        except ValueError:
            return None
        return said if isinstance(said, dict) else None


@dataclass(eq=False)
class Envelope:
    """An event on its way, and how often it has been on it."""

    name: str
    payload: Thing
    retries: int = 0
    reason: str = ""


class Delivery:
    """Everything on its way to the app, and everything that it answered."""

    def __init__(self, slack: Slack) -> None:
        self.slack = slack
        self.url: str | None = None
        self.secret = ""
        self.stamps: Callable[[], float] = time.time  # the app checks signatures by the machine's clock
        self.sockets = Sockets(slack)
        self.responses = Responses(slack)
        self.answers: list[Answer] = []
        self.failed: list[Envelope] = []
        self.held: list[Envelope] | None = None
        self._tasks: set[asyncio.Future[Any]] = set()
        self._session: aiohttp.ClientSession | None = None

    def connect(self, url: str, secret: str) -> None:
        self.url, self.secret = url, secret

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.sockets.stop()
        if self._session:
            await self._session.close()

    def later(self, work: Awaitable[Any]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settles(self) -> None:
        while self._tasks:
            await asyncio.gather(*self._tasks)

    # ------------------------------------------------------------------------------------------------------ events

    async def event(self, install: Install, kind: str, event: Thing, room: Room | None = None) -> Answer | None:
        """Send an event, if the app has subscribed to it and its token may see such things."""
        app = self.slack.app
        needed = app.needs(kind, private=bool(room and room.private))
        if kind not in app.events or not install.active or (needed and needed not in install.scopes):
            return None
        if not self.url and not self.sockets.used:
            return None  # nobody has connected an app yet
        external = bool(room and room.shared_with)
        envelope = Envelope(str(event["type"]), self._enveloped(install, event, external=external))
        if self.held is not None:
            self.held.append(envelope)
            return None
        return await self._carry(envelope)

    async def release(self, order: Callable[[list[Envelope]], Iterable[Envelope]], *, twice: bool) -> list[Answer]:
        held, self.held = self.held or [], None
        return [await self._carry(envelope) for envelope in order(list(held)) for _ in range(2 if twice else 1)]

    async def redeliver(self) -> list[Answer]:
        waiting, self.failed = self.failed, []
        for envelope in waiting:
            envelope.retries += 1
        return [await self._carry(envelope) for envelope in waiting]

    async def _carry(self, envelope: Envelope) -> Answer:
        answer = await self.send(EVENTS, envelope.name, envelope.payload, envelope.retries, envelope.reason)
        envelope.reason = answer.reason
        if answer.reason and envelope.retries < RETRIES and not answer.no_retry and envelope not in self.failed:
            self.failed.append(envelope)
        return answer

    def _enveloped(self, install: Install, event: Thing, *, external: bool) -> Thing:
        app, team = self.slack.app, install.team
        mine = {"enterprise_id": None, "team_id": team.id, "user_id": install.bot.id}
        return {
            "token": app.token,
            "team_id": team.id,
            "context_team_id": team.id,
            "context_enterprise_id": None,
            "api_app_id": app.id,
            "event": event,
            "type": "event_callback",
            "event_id": self.slack.new_id("Ev"),
            "event_time": int(self.slack.now().timestamp()),
            "authorizations": [mine | {"is_bot": True, "is_enterprise_install": False}],
            "is_ext_shared_channel": external,
            "event_context": self.slack.made_id("4-"),
        }

    # ------------------------------------------------------------------------------------------------ one delivery

    async def send(self, kind: str, name: str, payload: Thing, retry: int = 0, reason: str = "") -> Answer:
        """Deliver once, and keep the answer."""
        if self.url:
            answer = await self._post(kind, name, payload, retry, reason)
        else:
            status, body, wrong = await self.sockets.send(kind, payload, retry, reason)
            answer = Answer(kind, name, payload, status, body, wrong, retry)
        self.answers.append(answer)
        return answer

    async def verifies_url(self) -> bool:
        challenge = self.slack.made_id("challenge")
        asked = {"type": "url_verification", "challenge": challenge, "token": self.slack.app.token}
        answer = await self.send(EVENTS, "url_verification", asked)
        return answer.ok and challenge in answer.body

    async def _post(self, kind: str, name: str, payload: Thing, retry: int, reason: str) -> Answer:
        body, content = encoded(kind, payload)
        headers = signed(body, self.secret, int(self.stamps())) | {"Content-Type": content}
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": reason}
        assert self.url
        self._session = self._session or aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        limit = aiohttp.ClientTimeout(total=self.slack.patience)
        try:
            async with self._session.post(self.url, data=body, headers=headers, timeout=limit, max_redirects=2) as got:
                said = await got.text()
                fine = 200 <= got.status < 300 if kind == EVENTS else got.status == 200
                stop = got.headers.get("x-slack-no-retry") == "1"
                return Answer(kind, name, payload, got.status, said, "" if fine else "http_error", retry, stop)
        except TimeoutError:
            wrong = "http_timeout"
        except aiohttp.TooManyRedirects:
            wrong = "too_many_redirects"
        except aiohttp.ClientError:
            wrong = "connection_failed"
        return Answer(kind, name, payload, 0, "", wrong, retry)


def encoded(kind: str, payload: Thing) -> tuple[bytes, str]:
    """The body as Slack writes it: events as JSON, commands as a form, interactivity as JSON in a form."""
    if kind == EVENTS:
        return json.dumps(payload).encode(), "application/json"
    form = payload if kind == COMMANDS else {"payload": json.dumps(payload)}
    return urlencode(form).encode(), "application/x-www-form-urlencoded"


def signed(body: bytes, secret: str, stamp: int) -> dict[str, str]:
    """The headers by which the app knows that this comes from Slack."""
    mac = hmac.new(secret.encode(), b"v0:%d:%b" % (stamp, body), hashlib.sha256)
    return {"X-Slack-Request-Timestamp": str(stamp), "X-Slack-Signature": f"v0={mac.hexdigest()}"}
