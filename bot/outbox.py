"""Outbox: makes messages look as they must, at each platform's pace.

Dialogs only say what must be shown. This loop folds what they said into posts, takes the due ones under a lease, and
lets the adapters show them. Whatever fails stays due, so that what people see converges to what is stored.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from adapters.base import Adapter, Gone, Later, Lost, Message
from bot.clock import Clock
from storage.base import Hot, Post, Store

log = logging.getLogger(__name__)

AT_ONCE = 100  # posts taken under one lease
SLOW = 20.0  # seconds after which a platform's call is given up: less than the lease
IDLE = 30.0  # seconds after which the loop looks again without having been nudged


class Outbox:
    """One loop a process; several processes share the work by leases."""

    def __init__(self, store: Store, hot: Hot, clock: Clock, adapters: Mapping[str, Adapter]) -> None:
        self.store, self.hot, self.clock, self.adapters = store, hot, clock, adapters
        self.owner = secrets.token_hex(8)

    async def run(self) -> None:
        """Deliver for ever."""
        while True:
            try:
                busy = await self.deliver()
                if not busy:
                    await self._rest()
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("the outbox stumbled and goes on")
                await asyncio.sleep(1)

    async def _rest(self) -> None:
        """Until somebody nudges, or the next post is due."""
        due = await self.store.next_post()
        left = (due - self.clock.now()).total_seconds() if due else IDLE
        waits = [
            asyncio.ensure_future(self.hot.nudged("outbox")),
            asyncio.ensure_future(self.clock.sleep(min(max(left, 0.01), IDLE))),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def deliver(self) -> int:
        """One round: fold, take, show. Returns how much there was to do."""
        folded = await self.store.fold(self.clock.now(), 1000)
        posts = await self.store.due_posts(self.clock.now(), self.owner, AT_ONCE)
        lanes: dict[str, list[Post]] = defaultdict(list)
        for post in posts:
            lanes[post.place or post.person or ""].append(post)
        # One conversation is served in order; a slow one keeps nobody else waiting.
        await asyncio.gather(*(self._serve(lane) for lane in lanes.values()))
        return folded + len(posts)

    async def _serve(self, lane: list[Post]) -> None:
        for post in lane:
            await self._show(post)

    async def _show(self, post: Post) -> None:
        platform = post.place.partition(":")[0] if post.place else "web"
        adapter = self.adapters.get(platform)
        if adapter is None:
            await self.store.gone(post, self.owner, f"{platform} is not set up")
            return
        message = Message(
            post=post.id, tenant=post.tenant, dialog=post.dialog, slot=post.slot, session=post.session,
            place=post.place, person=post.person, card=post.card, names=post.names, ref=post.ref,
        )  # fmt: skip
        key, seconds = adapter.pace(message)
        wait = await self.hot.wait(key, seconds, self.clock.now()) if post.ref and seconds else 0.0
        if wait:
            await self.store.postpone(post, self.owner, self._after(wait))
            return
        try:
            async with asyncio.timeout(SLOW):
                ref = await adapter.show(message)
        except Later as later:
            await self.store.postpone(post, self.owner, self._after(later.seconds))
        except Lost:
            await self.store.postpone(post, self.owner, self.clock.now(), lost=True)
        except Gone as gone:
            await self.store.gone(post, self.owner, gone.why)
        except Exception as error:  # noqa: BLE001 - whatever a platform does, the message stays due
            log.warning("message %s could not be shown: %r", post.id, error)
            again = self._after(min(300.0, 2.0 ** min(post.tries, 10)))
            await self.store.postpone(post, self.owner, again, failed=repr(error))
        else:
            await self.store.shown(post, self.owner, ref, self.clock.now())

    def _after(self, seconds: float) -> datetime:
        return self.clock.now() + timedelta(seconds=seconds)
