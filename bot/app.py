"""The one place where everything is put together. A new platform is one line in `platforms`."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from aiohttp import web
from sqlalchemy.exc import DBAPIError

from adapters.base import Adapter, Shared
from adapters.slack.app import Pool, Slack, Ways
from adapters.slack.door import Door
from adapters.slack.install import Calls, Install
from adapters.slack.tenants import Tenants
from adapters.slack.tokens import AnyTokens, OneToken, Tokens
from adapters.teams.app import Teams
from adapters.teams.app import Ways as TeamsWays
from adapters.web.about import About
from adapters.web.app import Web
from adapters.web.links import Links
from bot import health
from bot.clock import LOOKS, Clock, SharedClock, WallClock
from bot.engine import Engine
from bot.metrics import Metrics
from bot.outbox import Outbox
from bot.plans import templates
from bot.scene import Scenes
from bot.settings import Settings
from bot.starting import cannot_listen
from bot.stopping import Stopping
from bot.timers import Timers
from dialogs import KINDS
from dialogs.card import Link
from storage.base import Hot
from storage.connecting import NotAloneError, OnlyOne, migrate
from storage.hot import MemoryHot
from storage.hot_redis import RedisHot
from storage.installations import Installations
from storage.sql import SqlStore

log = logging.getLogger(__name__)
ENDS = 6.0  # seconds in which everything is let go of, whatever hangs
ANSWERS = 3.0  # of these, for requests that are under way
PAGES = 0.5  # and for pages that are being made
DRAINS = 2.0  # and for what is due in the outbox
LOCAL = "local"  # the tenant of the web room: one installation, one tenant, until a platform brings its own


@dataclass(slots=True)
class App:
    """Everything, wired: what `serve` runs, and what tests take apart."""

    settings: Settings
    clock: Clock
    store: SqlStore
    hot: Hot
    engine: Engine
    links: Links
    adapters: Mapping[str, Adapter]
    outbox: Outbox
    timers: Timers
    metrics: Metrics = field(default_factory=Metrics)
    stopping: Stopping = field(default_factory=Stopping)
    http: web.Application = field(default_factory=web.Application)
    loops: list[asyncio.Task[None]] = field(default_factory=list)
    serving: bool = False

    def start(self) -> None:
        """Begin to commit, deliver and ring."""
        self.hot.start()
        self.engine.start()
        work = {"outbox": self.outbox.run(), "timers": self.timers.run(), "tidy": self.timers.tidy()}
        if isinstance(self.clock, SharedClock):
            work["clock"] = self.clock.keep()
        self.loops = [asyncio.create_task(loop, name=name) for name, loop in work.items()]

    async def drain(self) -> None:
        """Show what is due, for a short while, as long as the platforms can still be called. Nothing new comes in."""
        if self.serving:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(DRAINS):
                    while await self._due():  # noqa: ASYNC110 - the database cannot call
                        await asyncio.sleep(0.05)
        await self._rest()

    async def _due(self) -> bool:
        if self.engine.busy or self.outbox.busy or await self.store.marks():
            return True
        post = await self.store.next_post()
        return post is not None and post <= self.clock.now()

    async def _rest(self) -> None:
        for loop in self.loops:
            loop.cancel()
        await asyncio.gather(*self.loops, return_exceptions=True)

    async def stop(self) -> None:
        """Finish what is under way, then let go. Whatever was not delivered yet is due again at the next start."""
        await self._rest()
        await self.engine.stop()
        await self.hot.nudge("outbox")  # what is left to show the other workers show
        await self.hot.close()
        await self.store.close()


def build(settings: Settings, clock: Clock | None = None) -> App:
    """Put everything together. The database must have been migrated."""
    scenes = Scenes(KINDS)
    store = SqlStore(settings.database_url, KINDS, scenes.decide, scenes.view)
    clock = clock or (WallClock() if settings.database_url.startswith("sqlite") else SharedClock(store.time))
    redis = settings.redis_url.get_secret_value()
    hot: Hot = RedisHot(redis) if redis else MemoryHot()
    engine = Engine(store, hot, clock, {name: plan.model_dump(mode="json") for name, plan in templates().items()})
    links = Links(settings.secret.get_secret_value(), settings.address())
    metrics = Metrics()
    adapters = platforms(engine, links, settings, clock, hot, metrics)
    outbox = Outbox(store, hot, clock, adapters, engine.hear, metrics.shown, engine.cause)
    timers = Timers(store, hot, clock, engine, metrics.rang)
    app = App(settings, clock, store, hot, engine, links, adapters, outbox, timers, metrics)
    app.http.middlewares.append(app.stopping.layer)
    app.http.on_cleanup.append(lambda _: app.drain())  # before the platforms', after which nobody can be called
    for adapter in adapters.values():
        if isinstance(adapter, Web | Slack | Teams):
            adapter.add_to(app.http)
    About(links, (settings.privacy_url, settings.terms_url)).add_to(app.http)
    health.add_to(app.http, store, hot, clock, list(adapters), app.stopping)
    metrics.add_to(app.http, store, clock, settings.metrics_token.get_secret_value(), app.stopping)
    return app


def platforms(
    engine: Engine, links: Links, settings: Settings, clock: Clock, shared: Shared, metrics: Metrics
) -> Mapping[str, Adapter]:
    """The platforms that are on."""
    found: dict[str, Adapter] = {"web": Web(engine, links, settings.address(), shared)}
    if settings.slack.on:
        found["slack"] = slack(engine, links, settings, clock, shared, metrics)
    if settings.teams.on:
        found["teams"] = teams(engine, links, settings, clock, shared, metrics)
    return found


def teams(engine: Engine, links: Links, settings: Settings, clock: Clock, shared: Shared, metrics: Metrics) -> Teams:
    """Teams, for the one organisation of the settings, or for several that are kept apart."""
    told = settings.teams
    one = len(told.tenants) == 1
    ways = TeamsWays(
        told.app_id,
        told.app_password,
        told.login_url,
        told.authority,
        told.openid_metadata_url,
        told.tenants,
        open_to_emulator=told.auth_disabled,
        elsewhere=settings.slack.on,
        issuer=told.issuer,
        asked_to_wait=metrics.asked_to_wait("teams"),
    )
    return Teams(
        engine,
        ways,
        lambda tenant: LOCAL if one or told.auth_disabled else f"teams:{tenant}",
        addresses(links),
        WallClock().now,  # tokens live by the world's time
        shared,
        clock.sleep,
    )


def addresses(links: Links) -> Callable[[str, Link, str], str]:
    """The signed address of a page, for one person of a tenant."""
    pages = {"room": links.room, "people": links.people, "report": links.report}
    return lambda tenant, link, person: pages[link.page](tenant, link.session, person)


def slack(engine: Engine, links: Links, settings: Settings, clock: Clock, shared: Shared, metrics: Metrics) -> Slack:
    """Slack, for the one workspace whose token is in the settings, or for many that install the app themselves."""
    told, pool = settings.slack, Pool()
    calls = Calls(told.api_url, pool, told.client_id, told.client_secret.get_secret_value())
    signing, secret = told.signing_secret.get_secret_value(), settings.secret.get_secret_value()
    tokens: AnyTokens = OneToken(told.bot_token, calls.who, clock.now)
    install, closing = None, list[Callable[[], Awaitable[None]]]()
    if told.many:
        kept = Installations(settings.database_url, secret)
        closing.append(kept.close)
        many = tokens = Tokens(kept, calls.refresh, clock.now)

        async def installed(team: str, enterprise: str) -> None:
            many.forget(team, enterprise)
            await engine.reachable(f"slack:{team or enterprise}", "")  # what ended while it was not installed

        install = Install(kept, calls, settings.address(), installed, clock.now)
    return Slack(
        engine,
        Tenants(tokens, LOCAL),
        addresses(links),
        Ways(
            told.api_url,
            pool,
            Door(signing, WallClock().now) if signing else None,  # Slack signs by the world's time
            told.app_token.get_secret_value(),
            install,
            elsewhere=settings.teams.on,
            closing=tuple(closing),
            asked_to_wait=metrics.asked_to_wait("slack"),
            acked=partial(metrics.acked, "slack"),
        ),
        shared,
        clock.sleep,
    )


@asynccontextmanager
async def running(app: App) -> AsyncIterator[web.AppRunner]:
    """Serve while the context lasts. The port is in `app.settings`, or any free one where that is 0."""
    migrate(app.settings.database_url)
    async with alone(app.settings):
        if isinstance(app.clock, SharedClock):
            await app.clock.look()
        app.start()
        runner = web.AppRunner(app.http, access_log=None, shutdown_timeout=PAGES)
        await runner.setup()
        site = web.TCPSite(runner, app.settings.host, app.settings.port)
        try:
            try:
                await site.start()
            except OSError as error:
                raise cannot_listen(app.settings, error) from error
            gc.freeze()  # what lives as long as the process needs no more looking at
            app.serving = True
            yield runner
        finally:
            try:
                async with asyncio.timeout(ENDS):
                    await app.stopping.close(runner)
                    await app.stopping.answered(ANSWERS)
                    await runner.cleanup()
            except TimeoutError:
                log.warning("not everything could be finished before the end; what is due is done at the next start")
            with contextlib.suppress(asyncio.CancelledError):
                await app.stop()


@asynccontextmanager
async def alone(settings: Settings) -> AsyncIterator[None]:
    """Without Redis, no other process may run on this database while the context lasts: raises NotAloneError."""
    if settings.redis_url.get_secret_value():
        yield
        return
    only = OnlyOne(settings.database_url)
    only.take()

    async def stay() -> None:
        while True:
            await asyncio.sleep(LOOKS)
            try:
                await asyncio.to_thread(only.retake)
            except (NotAloneError, DBAPIError) as error:
                log.error("%s", error)  # noqa: TRY400 - the sentence is all that there is to say

    staying = asyncio.create_task(stay(), name="alone")
    try:
        yield
    finally:
        staying.cancel()
        await asyncio.gather(staying, return_exceptions=True)
        only.release()
