"""Slack: the workspace as the outbox sees it (`show`, `pace`), and the one door through which Slack comes in.

Only this file, `bolt.py` and `install.py` know Slack's libraries. A request is verified and decoded once at our own
door and handed to Bolt as what it is; by Socket Mode Bolt gets it from Slack directly.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.base import Bot, Bound, Later, Message, Shared, Turn
from adapters.pauses import Pauses
from adapters.slack.bolt import Bolt, Socket
from adapters.slack.calling import AWAY, READS, NoAnswer, Refused, flat
from adapters.slack.channels import Channels
from adapters.slack.door import Delivery, Door
from adapters.slack.homes import Homes
from adapters.slack.install import Install
from adapters.slack.listen import Json, Listen, Parts
from adapters.slack.payload import User
from adapters.slack.people import People, Sleep
from adapters.slack.receipts import Receipts
from adapters.slack.show import Address, Show, user_id
from adapters.slack.tenants import Tenants

log = logging.getLogger(__name__)

PAGE = "slack:home:0"  # the reference of what stands on the Home tab only
ANSWERS = 2.0  # seconds for what is under way by Socket Mode, when the bot stops
REST = 1.5  # seconds for what was begun for somebody, when the bot stops
TIMEOUT = aiohttp.ClientTimeout(total=15)
DEAD = {"token_revoked", "invalid_auth", "token_expired", "account_inactive", "not_authed"}


class Pool:
    """The one pool of connections to Slack, opened when something is first said."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    def __call__(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=TIMEOUT)
        return self._session

    async def close(self) -> None:
        """Hang up."""
        if self._session:
            await self._session.close()


@dataclass(frozen=True, slots=True)
class Ways:
    """How Slack is reached, and how it comes in: by HTTP (door), by Socket Mode (app_token), or as its settings say."""

    api_url: str
    pool: Pool
    door: Door | None = None
    app_token: str = field(default="", repr=False)
    install: Install | None = None
    elsewhere: bool = False  # the same people may be on another platform, too
    closing: tuple[Callable[[], Awaitable[None]], ...] = ()  # what else is let go of in the end
    asked_to_wait: Callable[[], None] = lambda: None  # called at each 429
    acked: Callable[[str, float], None] = lambda *_: None  # told of each answer by Socket Mode, and how long it took


class Slack:
    """See `adapters.base.Adapter`."""

    platform = "slack"
    asks = False

    def __init__(
        self,
        bot: Bot,
        tenants: Tenants,
        address: Address,
        ways: Ways,
        shared: Shared,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._bot, self._tenants, self._ways = bot, tenants, ways
        self._client = AsyncWebClient(base_url=ways.api_url, retry_handlers=[])
        self._bolt: Bolt | None = None
        self._socket: Socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._pauses = Pauses(bot.now, shared, "slack pauses", ways.asked_to_wait)
        self._people = People(bot, self.call, tenants.team, sleep, elsewhere=ways.elsewhere)
        self._show = Show(bot, self.call, address, shared)
        self._receipts = Receipts(self._respond, bot.now)
        self._homes = Homes(bot, self.call, address, sleep)
        self._channels = Channels(bot, self.call, tenants, self._opened, self._learn, sleep)
        parts = Parts(self._people, self._show, self._receipts, self._channels, self._homes)
        tenants.back = self._back
        self._listen = Listen(bot, self.call, tenants, parts, self._later)

    # -- the outbox's side ---------------------------------------------------------------------------------------------

    async def show(self, message: Message) -> str:
        """Make the message look like its card."""
        ref = PAGE if message.card.page else await self._show.show(message)
        if message.person and message.user:
            self._homes.changed(message.tenant, user_id(message.user), message.person)
        return ref

    def pace(self, message: Bound) -> Sequence[Turn]:
        """A channel's messages share one edit in two seconds, and a workspace's all of a minute. So do new ones."""
        return () if message.ref == PAGE else self._show.pace(message)

    async def call(self, tenant: str, method: str, /, **arguments: object) -> Mapping[str, Any]:
        """One call of the Web API. See `calling.Call`."""
        whose = f"{tenant} {method}"
        self._pauses.keep(whose)
        team, enterprise = self._tenants.install(tenant)
        token = await self._tenants.tokens.token(team, enterprise)
        reads = method in READS
        try:
            given = {"params": flat(arguments)} if reads else {"json": arguments}
            answer = await self._client.api_call(
                method, http_verb="GET" if reads else "POST", headers={"Authorization": f"Bearer {token}"}, **given
            )
        except SlackApiError as no:
            if no.response.status_code == 429:
                wait = float(no.response.headers.get("Retry-After", 1))
                await self._pauses.begin(whose, wait)
                raise Later(wait) from no
            error = str(no.response.get("error") or no.response.status_code)
            if error in AWAY or no.response.status_code >= 500:
                raise NoAnswer(error) from no
            if error in DEAD:
                self._tenants.refused(tenant, token)
            raise Refused(error, str(no.response.get("needed") or "")) from no
        except (SlackClientError, aiohttp.ClientError, AttributeError) as no:
            # AttributeError: the library trips over plain text, as a proxy on the way gives it.
            raise NoAnswer(repr(no)) from no
        return answer.data if isinstance(answer.data, dict) else {}

    async def _respond(self, url: str, body: Json) -> None:
        async with self._ways.pool().post(url, json=body) as response:
            if response.status != 200:
                raise Refused(f"{response.status} {(await response.text())[:200]}")

    # -- the server's side ---------------------------------------------------------------------------------------------

    def add_to(self, app: web.Application) -> None:
        """Serve from this application, as long as it runs."""
        if self._ways.door:
            app.router.add_post("/slack/events", self._events)
        if self._ways.install:
            app.add_routes(self._ways.install.routes())
        app.on_startup.append(lambda _: self.start())
        app.on_shutdown.append(lambda _: self.hang_up())
        app.on_cleanup.append(lambda _: self.stop())

    async def start(self) -> None:
        """Open the one pool of connections, and the socket if there is one."""
        self._client.session = self._ways.pool()
        self._bolt = Bolt(self._client, self._tenants.tokens, self._listen, self._receipts)
        if self._ways.app_token:
            client = AsyncWebClient(base_url=self._ways.api_url, session=self._ways.pool())
            self._socket = Socket(self._bolt.app, self._ways.app_token, web_client=client)
            self._socket.acked = self._ways.acked
            self._later(self._connect())

    async def hang_up(self) -> None:
        """Take nothing more by Socket Mode. What was not answered, Slack delivers again, to whoever is there then."""
        if self._socket:
            socket, self._socket = self._socket, None
            await socket.finish(ANSWERS)

    async def stop(self) -> None:
        """Finish what was begun for somebody, then let go."""
        await self.hang_up()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REST):
                await self._receipts.settled()
                if self._tasks:
                    await asyncio.wait(self._tasks)
        for task in [*self._tasks]:
            task.cancel()
        await self._people.stop()
        await self._homes.stop()
        await self._tenants.tokens.close()
        await self._ways.pool.close()
        for close in self._ways.closing:
            await close()

    async def settled(self) -> None:
        """Until everything that was begun for somebody is done. For tests, and for those who wait to stop."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._receipts.settled()

    async def _connect(self) -> None:
        while self._socket:
            try:
                await self._socket.connect_async()  # type: ignore[no-untyped-call]
            except Exception as error:  # noqa: BLE001 - Slack away, no network, a wrong token: it is said, and tried on
                log.warning("Slack cannot be reached by Socket Mode, trying on: %r", error)
                await asyncio.sleep(5)
            else:
                return

    async def _events(self, request: web.Request) -> web.Response:
        assert self._ways.door  # noqa: S101 - the route exists with it only
        delivery = self._ways.door.open(request.headers, await request.read())
        if not isinstance(delivery, Delivery):
            return web.Response(status=delivery.status, text=delivery.words)
        if delivery.kind == "url_verification":
            return web.json_response({"challenge": delivery.body.get("challenge")})
        if delivery.kind == "ssl_check":
            return web.Response()
        return await self.dispatch(delivery.body)

    async def dispatch(self, body: Json) -> web.Response:
        """What Slack is answered to something that was let in."""
        assert self._bolt  # noqa: S101 - started before anybody can ask
        return await self._bolt.dispatch(body)

    # -- what the parts need -------------------------------------------------------------------------------------------

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._carefully(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carefully(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception:
            log.exception("something that was to follow an answer to Slack failed")

    async def _opened(self, tenant: str, user: User) -> None:
        self._homes.opened(tenant, user.id, await self._people.person(tenant, user, named=True))

    async def _back(self, tenant: str) -> None:
        await self._bot.reachable(tenant, "")

    async def _learn(self, tenant: str, user: User, host: bool) -> None:  # noqa: FBT001 - a callback with one caller
        await self._people.learn(tenant, user, host=host)
