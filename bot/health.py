"""Health: whether the process lives, and whether it can do its work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from aiohttp import web

from bot.clock import Clock
from bot.stopping import Stopping
from storage.base import Hot, Store

LATE = timedelta(minutes=5)  # an undelivered message older than this is a fault
KNOWN = ("web", "slack", "teams")


def add_to(http: web.Application, store: Store, hot: Hot, clock: Clock, on: Sequence[str], stopping: Stopping) -> None:
    """`/healthz` (the process answers), `/readyz` (database, Redis, platforms, oldest undelivered message)."""

    async def alive(_: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def ready(_: web.Request) -> web.Response:
        platforms = {name: "on" if name in on else "off: no settings" for name in KNOWN}
        if stopping.begun:  # first of all: a load balancer sends nothing more, while everything is answered still
            return web.json_response({"ready": False, "stopping": True, "platforms": platforms}, status=503)
        try:
            counts = await store.counts()
        except Exception as error:  # noqa: BLE001 - whatever keeps the database from answering is the answer
            told = {"ready": False, "database": repr(error), "redis": hot.health, "platforms": platforms}
            return web.json_response(told, status=503)
        age = clock.now() - counts.oldest if counts.oldest else timedelta()
        told = {
            "ready": age < LATE,
            "database": "ok",
            "redis": hot.health,  # without it everything works, only later: no reason to be taken out of service
            "platforms": platforms,
            "undelivered": counts.waiting,
            "oldest_undelivered_seconds": round(age.total_seconds(), 1),
            "timers_set_aside": counts.aside,
            "messages_failing": counts.failing,
        }
        return web.json_response(told, status=200 if age < LATE else 503)

    http.add_routes([web.get("/healthz", alive), web.get("/readyz", ready)])
