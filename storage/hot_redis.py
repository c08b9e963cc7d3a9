"""Hot on Redis, for several processes on one database. Redis may be slow, empty or away: then each worker is alone.

Whatever is asked goes to the worker's own memory first, and to Redis as well while Redis answers within `SLOW`. One
task speaks (all that waits joins one pipeline), one hears, and neither ever lets an error out. What could not be said
is kept and said later; who may have missed something looks anew. So losing Redis costs promptness, and nothing else.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import secrets
import time
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from storage.base import Heard
from storage.hot import MemoryHot

log = logging.getLogger(__name__)

SLOW = 0.1  # seconds after which an answer is not waited for any longer, by anybody
CONNECT = 1.0  # seconds that a new connection may take: nobody waits for it
RETRY = 0.5  # seconds between two attempts while it is away
PULSE = 1.0  # seconds between two signs of life
DEAF = 3.5  # seconds without a sign of life, ours or another's, after which we listen on a new connection
PATROL = 5.0  # seconds after which everybody looks anew while nothing can be heard
KEPT = 1_000  # things that could not be said, and are when Redis is back
AT_ONCE = 500  # things said in one pipeline

# The turn is taken by Redis' own clock. The key holds its length: had that clock been set back, it would never end.
TURN = """
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[1]) then return 0 end
local left, length = redis.call('PTTL', KEYS[1]), tonumber(redis.call('GET', KEYS[1])) or 1
if left < 0 or left > length then
    redis.call('PEXPIRE', KEYS[1], length)
    left = length
end
return math.max(left, 1)
"""


@dataclass(slots=True)
class Ask:
    """A turn that somebody waits for."""

    key: str
    length: int  # milliseconds
    answer: asyncio.Future[float]

    def end(self, seconds: float) -> None:
        """Answer, unless whoever asked has given up."""
        if not self.answer.done():
            self.answer.set_result(seconds)


class RedisHot:
    """See `storage.base.Hot`. Installations that share one Redis take a database number each."""

    def __init__(self, url: str) -> None:
        self._memory = MemoryHot()
        # Its own retries would make others wait; a time-out of its own would end the patient listening.
        self._redis: Redis = Redis.from_url(
            url, decode_responses=True, retry=Retry(NoBackoff(), 0), socket_timeout=None, socket_connect_timeout=CONNECT
        )
        number = self._redis.connection_pool.connection_kwargs.get("db") or 0
        self._prefix = f"cohost:{number}"  # channels do not belong to a database number, as keys do
        self._worker = secrets.token_hex(8)
        self._asks: list[Ask] = []
        self._unsaid: dict[tuple[str, str | None], None] = {}  # in order, each once: ten nudges are one
        self._work = asyncio.Event()
        self._speaks = self._hears = False
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def health(self) -> str:
        """Whether what is shared is shared at this moment."""
        return "ok" if self._speaks and self._hears else "away"

    def start(self) -> None:
        """Begin to speak and to hear."""
        loops: dict[str, Coroutine[Any, Any, None]] = {
            "speak": self._speak(),
            "hear": self._hear(),
            "patrol": self._patrol(),
        }
        self._tasks = [asyncio.create_task(loop, name=f"redis {name}") for name, loop in loops.items()]

    async def close(self) -> None:
        """Share no more. Whoever still asks is answered from memory."""
        self._speaks = self._hears = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._give_up(self._asks)
        with suppress(Exception):
            async with asyncio.timeout(CONNECT):
                await self._redis.aclose()

    # -- what is asked of it -------------------------------------------------------------------------------------------

    async def wait(self, key: str, seconds: float, now: datetime) -> float:
        """Take the next turn under this key: first of this worker's own, then of all."""
        left = await self._memory.wait(key, seconds, now)
        if left or not self._speaks:
            return left
        # Redis counts whole milliseconds: one more, or two turns could be nearer to each other by part of one.
        ask = Ask(key, math.ceil(seconds * 1000) + 1, asyncio.get_running_loop().create_future())
        self._asks.append(ask)
        self._work.set()
        left = await ask.answer
        if left:
            self._memory.hold(key, now + timedelta(seconds=left), now)
        return left

    async def nudge(self, what: str) -> None:
        """Wake whoever waits for `what`: here at once, elsewhere as soon as Redis can be told."""
        await self._memory.nudge(what)
        self._say(f"nudge:{what}", "")

    async def nudged(self, what: str) -> None:
        """Return when somebody nudges in any worker."""
        await self._memory.nudged(what)

    async def publish(self, channel: str, payload: str) -> None:
        """Let every subscriber hear this: here at once, elsewhere as soon as Redis can be told."""
        self._memory.tell(channel, payload)
        self._say(channel, payload)

    def subscribe(self, channel: str, heard: Heard) -> None:
        """Call `heard` with whatever is published in any worker."""
        self._memory.subscribe(channel, heard)

    # -- speaking ------------------------------------------------------------------------------------------------------

    def _say(self, channel: str, payload: str | None) -> None:
        if (channel, None) in self._unsaid:
            return  # they will look anew, and see this too
        self._unsaid[channel, payload] = None
        if len(self._unsaid) > KEPT:
            self._unsaid = dict.fromkeys((told, None) for told, _ in self._unsaid)
        self._work.set()

    async def _speak(self) -> None:
        """Say what there is to say, for ever. While Redis is away, somebody of ours knocks, and nobody waits."""
        beat = mute = 0.0
        while True:
            if self._speaks:
                with suppress(TimeoutError):
                    async with asyncio.timeout(PULSE):
                        await self._work.wait()
            self._work.clear()
            asks, self._asks = self._asks, []
            now = time.monotonic()
            said = [*self._unsaid][:AT_ONCE] if self._speaks and now >= mute else []
            for one in said:
                del self._unsaid[one]  # before it is sent: who says it again meanwhile has something newer to tell
            pulse = now - beat >= PULSE or not self._speaks
            if not (asks or said or pulse):
                continue
            try:
                async with asyncio.timeout(SLOW if self._speaks else CONNECT):
                    await self._send(asks, [*said, *([("", None)] if pulse else [])])
            except Exception as error:  # noqa: BLE001 - whatever is wrong with Redis, the bot goes on without it
                self._unsaid = dict.fromkeys([*said, *self._unsaid])
                await self._lost(error)
                mute = time.monotonic() + 2 * RETRY  # the others have to come back, too, before they can hear
                continue
            self._speaks, beat = True, now if pulse else beat
            if self._unsaid and now >= mute:
                self._work.set()

    async def _send(self, asks: list[Ask], said: list[tuple[str, str | None]]) -> None:
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for ask in asks:
                    pipe.eval(TURN, 1, f"{self._prefix}:turn:{ask.key}", str(ask.length))
                for channel, payload in said:
                    pipe.publish(self._prefix, json.dumps([self._worker, channel, payload]))
                answers = await pipe.execute()
            for ask, left in zip(asks, answers, strict=False):
                ask.end(int(left) / 1000)
        finally:
            self._give_up(asks)

    async def _lost(self, error: Exception) -> None:
        if self._speaks:
            log.warning("Redis does not answer; this worker goes on alone until it does: %r", error)
        self._speaks = False
        self._give_up(self._asks)
        # An answer that comes too late must not be taken for the next one's.
        with suppress(Exception):
            async with asyncio.timeout(CONNECT):
                await self._redis.connection_pool.disconnect(inuse_connections=False)
        await asyncio.sleep(RETRY)

    def _give_up(self, asks: list[Ask]) -> None:
        while asks:
            asks.pop().end(0.0)  # the turn was free in this worker's memory, and that is all that is known

    # -- hearing -------------------------------------------------------------------------------------------------------

    async def _hear(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as ears:
                    await self._listen(ears)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with Redis, the bot goes on without it
                if self._hears:
                    log.warning("Redis cannot be heard; pages of other workers are looked after by turns: %r", error)
            self._hears = False
            await asyncio.sleep(RETRY)

    async def _listen(self, ears: PubSub) -> None:
        async with asyncio.timeout(CONNECT):
            await ears.subscribe(self._prefix)
        messages = ears.listen()
        while True:
            async with asyncio.timeout(DEAF):
                message = await anext(messages)
            if message["type"] == "subscribe":
                self._hears = True
                self._memory.missed()  # whatever was called out before this moment
            elif message["type"] == "message":
                await self._heard(message["data"])

    async def _heard(self, data: str) -> None:
        try:
            worker, channel, payload = json.loads(data)
        except (TypeError, ValueError):
            return  # whoever else publishes there, it is not one of us
        if worker == self._worker or not isinstance(channel, str) or not isinstance(payload, str | None):
            return  # heard here already
        what = channel.removeprefix("nudge:")
        if what != channel:
            await self._memory.nudge(what)
        else:
            self._memory.tell(channel, payload)

    async def _patrol(self) -> None:
        """While nothing can be heard, what others do is found by looking."""
        while True:
            await asyncio.sleep(PATROL)
            if not self._hears:
                self._memory.missed()
