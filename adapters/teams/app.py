"""Teams: conversations as the outbox sees them (`show`, `pace`), and the one door through which Teams comes in.

The only file that knows botbuilder. A request is verified at our own door. What waits for an answer in its own response
goes straight to `listen`; everything else goes, with the claims that were verified, through botbuilder's adapter to a
handler that hands it to `listen`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import aiohttp
from aiohttp import web
from botbuilder.core import TurnContext
from botbuilder.core.teams import TeamsActivityHandler
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication
from botbuilder.schema import Activity
from botframework.connector.auth import AuthenticateRequestResult, AuthenticationConstants, ClaimsIdentity
from msrest.universal_http.requests import ClientRetryPolicy

from adapters.base import Bot, Bound, Message, Turn, Wire
from adapters.teams.addresses import Addresses
from adapters.teams.connector import Connector, Tokens
from adapters.teams.door import Delivery, Door
from adapters.teams.keys import Keys
from adapters.teams.listen import Listen, Parts
from adapters.teams.payload import Unreadable
from adapters.teams.people import Sleep
from adapters.teams.show import Address, Show

log = logging.getLogger(__name__)

NEVER = "-"  # botbuilder calls nobody here: `connector` does
PACE = 2.0  # seconds between two edits in one conversation
CALLS = 3600 / 1790  # seconds between two calls in one conversation: Teams takes 1,800 an hour
WRITES = 30  # a second, in one organisation: Teams takes 50, and the answers to presses count as well
BURST = 5  # messages that may begin together in one conversation: Teams takes 7 calls a second there
PAGE = "teams:page|0"  # the reference of what stands on a person's own page only
TIMEOUT = aiohttp.ClientTimeout(total=15)
JSON = {"Content-Type": "application/json; charset=utf-8"}
REST = 1.5  # seconds for what was begun for somebody, when the bot stops

# msrest compares 999 x 500 numbers whenever a client is made, which is at every turn: this makes it a look-up.
ClientRetryPolicy.safe_codes = frozenset(ClientRetryPolicy.safe_codes)  # type: ignore[assignment]
logging.getLogger("msrest.serialization").setLevel(logging.ERROR)  # it warns of every field that it does not know

ACTIVITY: Callable[[Any], Activity] = Activity.deserialize


@dataclass(frozen=True, slots=True)
class Ways:
    """How Teams is reached, and who may come in."""

    app_id: str
    password: Any  # a SecretStr
    login_url: str
    login_tenant: str  # in which the app gets its own token
    metadata_url: str
    tenants: frozenset[str]  # that are let in; empty: every one that Microsoft vouches for
    open_to_emulator: bool = False
    elsewhere: bool = False  # the same people may be on another platform, too
    issuer: str = "https://api.botframework.com"  # of what comes in, and whom our own tokens are for
    asked_to_wait: Callable[[], None] = lambda: None  # called at each 429


class NoTokens(Tokens):
    """For an emulator: there is no app that could have a token."""

    def __init__(self) -> None:  # nothing to ask for, and nobody to ask
        pass

    async def token(self) -> str:
        """None."""
        return ""

    def refused(self, token: str) -> None:
        """As it should be."""


class Pool:
    """Everything that needs the running loop: made when the server starts."""

    def __init__(self, ways: Ways, bot: Bot, now: Callable[[], Any], wire: Wire) -> None:
        self.session = aiohttp.ClientSession(timeout=TIMEOUT)
        self.keys = Keys(ways.metadata_url, self.session, now)
        emulated = ways.open_to_emulator
        self.door = Door(ways.app_id, ways.tenants, self.keys, now, open_to_emulator=emulated, issuer=ways.issuer)
        who = (ways.app_id, ways.password, ways.login_tenant)
        asked = Tokens(ways.login_url, *who, self.session, now, f"{ways.issuer}/.default")
        # Without a client secret only an emulator on this machine is let in, and it asks for no token.
        self.connector = Connector(
            asked if ways.password else NoTokens(), self.session, bot.now, wire, ways.asked_to_wait
        )


class Teams:
    """See `adapters.base.Adapter`."""

    platform = "teams"
    asks = False

    def __init__(
        self,
        bot: Bot,
        ways: Ways,
        tenant: Callable[[str], str],
        address: Address,
        now: Callable[[], Any],
        wire: Wire,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """`tenant`: ours, for one of Teams. `now`: the world's time, by which tokens live."""
        self._bot, self._ways, self._tenant, self._address = bot, ways, tenant, address
        self._now, self._wire, self._sleep, self._resting = now, wire, sleep, 0
        self._pool: Pool | None = None
        self._show: Show | None = None
        self._listen: Listen | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._builder = CloudAdapter(
            ConfigurationBotFrameworkAuthentication(SimpleNamespace(APP_ID=ways.app_id, APP_PASSWORD=NEVER))
        )

    # -- the outbox's side ---------------------------------------------------------------------------------------------

    async def show(self, message: Message) -> str:
        """Make the message look like its card."""
        if message.card.page:
            return PAGE
        assert self._show  # noqa: S101 - the outbox begins when the server does
        return await self._show.show(message)

    def pace(self, message: Bound) -> Sequence[Turn]:
        """A conversation's messages share one edit in two seconds, and an organisation's all calls of a second."""
        if message.ref == PAGE:
            return ()
        conversation = Turn(f"teams calls {message.tenant} {message.place or message.person}", CALLS, BURST)
        calls = conversation, Turn(f"teams calls {message.tenant}", 1 / WRITES, WRITES // 2)
        edits = message.ref and message.place
        return (Turn(f"{message.tenant} {message.place}", PACE), *calls) if edits else calls

    # -- the server's side ---------------------------------------------------------------------------------------------

    def add_to(self, app: web.Application) -> None:
        """Serve from this application, as long as it runs."""
        app.router.add_post("/api/messages", self._messages)
        app.on_startup.append(lambda _: self.start())
        app.on_cleanup.append(lambda _: self.stop())

    async def start(self) -> None:
        """Open the one pool of connections."""
        self._pool = pool = Pool(self._ways, self._bot, self._now, self._wire)
        addresses = Addresses(self._bot, pool.connector)
        self._show = Show(self._bot, pool.connector, addresses, self._address)
        parts = Parts(addresses, self._show, self._tenant, self._later, self._rest, self._ways.elsewhere)
        self._listen = Listen(self._bot, pool.connector, parts)
        if not self._ways.open_to_emulator:
            self._later(pool.keys.warm())
        for tenant in self._ways.tenants:  # a client secret is mended by starting anew
            self._later(self._show.well(self._tenant(tenant)))

    async def stop(self) -> None:
        """Finish what was begun for somebody, then let go."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=REST)
        for task in [*self._tasks]:
            task.cancel()
        if self._pool:
            await self._pool.connector.close()
            await self._pool.keys.close()
            await self._pool.session.close()

    @property
    def busy(self) -> bool:
        """Whether something that was begun for somebody is under way, and does not only wait for its time."""
        return len(self._tasks) > self._resting

    async def _rest(self, seconds: float) -> None:
        self._resting += 1
        try:
            await self._sleep(seconds)
        finally:
            self._resting -= 1

    async def _messages(self, request: web.Request) -> web.Response:
        assert self._pool  # noqa: S101 - the route is served once this has started
        assert self._listen  # noqa: S101
        delivery = await self._pool.door.open(request.headers, await request.read())
        if not isinstance(delivery, Delivery):
            return web.Response(status=delivery.status, text=delivery.words)
        try:
            if delivery.activity.get("type") == "invoke":
                answer = await self._listen.invoke(delivery.activity)
                return web.Response(status=501) if answer is None else web.Response(body=answer, headers=JSON)
            await self._turn(delivery)
        except Unreadable as no:
            log.warning("an activity could not be read: %s", no)
            return web.json_response(_error(str(no)), status=200 if delivery.activity.get("type") == "invoke" else 400)
        return web.Response()

    async def _turn(self, delivery: Delivery) -> None:
        """Through botbuilder, as every bot of Microsoft's does it: claims verified at our door, its handler, ours."""
        assert self._listen  # noqa: S101
        claims = ClaimsIdentity(dict(delivery.claims), is_authenticated=True)
        proved = AuthenticateRequestResult()
        proved.claims_identity, proved.audience = claims, AuthenticationConstants.TO_CHANNEL_FROM_BOT_OAUTH_SCOPE
        proved.connector_factory = self._builder.bot_framework_authentication.create_connector_factory(claims)
        handler = Handler(self._listen, delivery.activity)
        await self._builder.process_activity(proved, ACTIVITY(delivery.activity), handler.on_turn)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._carefully(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carefully(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:
            log.exception("something that was to follow an answer to Teams failed")


class Handler(TeamsActivityHandler):
    """Hands each activity on as it came: botbuilder's own classes lose what they do not know."""

    def __init__(self, listen: Listen, raw: Mapping[str, Any]) -> None:
        super().__init__()
        self._listen, self._raw = listen, raw

    async def _hand(self, *_: object) -> None:
        await self._listen.activity(self._raw)

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        await self._hand()

    async def on_message_reaction_activity(self, turn_context: TurnContext) -> None:
        await self._hand()

    async def on_conversation_update_activity(self, turn_context: TurnContext) -> None:
        await self._hand()

    async def on_installation_update(self, turn_context: TurnContext) -> None:
        await self._hand()

    async def on_event_activity(self, turn_context: TurnContext) -> None:
        await self._hand()


def _error(words: str) -> dict[str, Any]:
    return {
        "statusCode": 400,
        "type": "application/vnd.microsoft.error",
        "value": {"code": "BadRequest", "message": words},
    }
