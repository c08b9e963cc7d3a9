"""Metrics for Prometheus: how much, how late, how often. Never who, where or what: labels name platforms only."""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable
from time import perf_counter

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from adapters.base import traced
from bot.clock import Clock
from bot.health import KNOWN
from bot.stopping import Stopping
from storage.base import Store
from storage.records import Post

ANSWERS = ("ok", "refused", "failed")  # HTTP below 400, below 500, the rest
QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0)  # seconds; Slack gives up after 3
LATE = (0.1, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 3600.0)  # seconds
DOORS = {
    "/slack/events": "slack",
    "/api/messages": "teams",
    **{f"/{page}/{{token}}{act}": "web" for page in ("room", "console", "report") for act in ("", "/act")},
}


class Metrics:
    """What one process counts. Every label that there can be is there from the start: nobody outside can add one."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        acks = Histogram(
            "cohost_ack_seconds",
            "From a whole request with something that somebody did, until it is stored and answered",
            ["platform", "answer"],
            buckets=QUICK,
            registry=registry,
        )
        self._acks = {(on, answer): acks.labels(on, answer) for on in KNOWN for answer in ANSWERS}
        asked = Counter(
            "cohost_asked_to_wait", "Calls that a platform refused with 429", ["platform"], registry=registry
        )
        self._asked = {on: asked.labels(on) for on in KNOWN if on != "web"}
        self._rings = Histogram(
            "cohost_timer_lateness_seconds", "How long after its moment a timer rang", buckets=LATE, registry=registry
        )
        self._flags = Counter("cohost_flags", "Unanswered questions that a facilitator was told of", registry=registry)
        self._waiting = Gauge(
            "cohost_outbox_waiting", "Messages that do not look yet as they should", registry=registry
        )
        self._oldest = Gauge(
            "cohost_outbox_oldest_seconds", "How long the oldest message has waited that nobody saw", registry=registry
        )
        self._due = Gauge("cohost_timer_overdue_seconds", "How long the oldest due timer has waited", registry=registry)
        self._aside = Gauge("cohost_timers_set_aside", "Timers that failed five times", registry=registry)
        self._failing = Gauge(
            "cohost_outbox_failing", "Messages that failed five times or more, and are tried on", registry=registry
        )
        self._database = Gauge("cohost_database_up", "Whether the database answers", registry=registry)

    def acked(self, platform: str, answer: str, seconds: float) -> None:
        """Something that somebody did was answered."""
        self._acks[platform, answer].observe(seconds)

    def asked_to_wait(self, platform: str) -> Callable[[], None]:
        """To be called whenever this platform says that there were too many calls."""
        return self._asked[platform].inc

    def rang(self, late: float) -> None:
        """A timer rang so many seconds after its moment."""
        self._rings.observe(max(0.0, late))

    def shown(self, post: Post) -> None:
        """A message was shown. A flag counts when it is shown for the first time, once for each facilitator."""
        if not post.ref and post.slot.startswith("flag:"):
            self._flags.inc()

    async def text(self, store: Store, clock: Clock) -> bytes:
        """All of it, as Prometheus reads it. What the database does not tell is NaN."""
        try:
            counts, timer = await store.counts(), await store.next_timer()
        except Exception:  # noqa: BLE001 - whatever keeps the database from answering is the answer
            self._database.set(0)
            for unknown in (self._waiting, self._oldest, self._due, self._aside, self._failing):
                unknown.set(math.nan)
        else:
            now = clock.now()
            self._database.set(1)
            self._waiting.set(counts.waiting)
            self._oldest.set((now - counts.oldest).total_seconds() if counts.oldest else 0)
            self._due.set(max(0.0, (now - timer).total_seconds()) if timer else 0)
            self._aside.set(counts.aside)
            self._failing.set(counts.failing)
        return generate_latest(self._registry)

    def add_to(self, http: web.Application, store: Store, clock: Clock, token: str, stopping: Stopping) -> None:
        """`/metrics`, for whoever brings the token. Without one nothing is measured at the door, and there is no page.

        Not "for this machine only": behind a proxy everybody comes from this machine.
        """
        if not token:
            return
        wanted = f"Bearer {token}".encode()

        async def metrics(request: web.Request) -> web.Response:
            brought = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
            if not hmac.compare_digest(brought, wanted):
                return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
            told = await self.text(store, clock)
            return web.Response(body=told, headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})

        http.router.add_get("/metrics", metrics)
        http.middlewares[:] = [one for one in http.middlewares if one != stopping.layer] + [self._timed(stopping)]

    def _timed(self, stopping: Stopping) -> Middleware:
        @web.middleware
        async def timed(request: web.Request, handler: Handler) -> web.StreamResponse:
            traced()  # in place of `Stopping.layer`: each middleware costs every request something, however little
            resource = request.match_info.route.resource
            platform = DOORS.get(resource.canonical) if resource and request.method == "POST" else None
            if platform is None:
                return await stopping.answer(request, handler)
            began, status = perf_counter(), 500
            try:
                answer = await stopping.answer(request, handler)
                status = answer.status
                return answer
            except web.HTTPException as no:
                status = no.status
                raise
            finally:
                word = ANSWERS[(status >= 400) + (status >= 500)]
                self.acked(platform, word, perf_counter() - began)

        return timed
