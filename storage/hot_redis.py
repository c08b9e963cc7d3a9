"""Hot on Redis, for several processes on one database. Redis may be slow, empty or away: then each worker is alone.

Whatever is asked goes to the worker's own memory first, and to Redis as well while Redis answers within `SLOW`. One
task speaks (all that waits joins one pipeline), one hears, and neither ever lets an error out. What could not be said
is kept and said later; who may have missed something looks anew. So losing Redis costs promptness, and nothing else.
Nobody waits for what is said, so a Redis that is only slow gets it; whoever asks for a turn is answered from memory.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from storage.base import Heard, Turn
from storage.hot import MemoryHot
from storage.redis_turns import Ask, Turns, milliseconds

log = logging.getLogger(__name__)

SLOW = 0.1  # seconds after which nobody waits for their turn any longer, nor asks again until it is quick
PATIENCE = 1.0  # seconds after which it is taken for away: a new connection, or an answer for which nobody waits
RETRY = 0.5  # seconds between two attempts while it is away
MUTE = 3 * RETRY
PULSE = 1.0  # seconds between two signs of life
DEAF = 3.5  # seconds without a sign of life, ours or another's, after which we listen on a new connection
PATROL = 5.0  # seconds after which everybody looks anew while nothing can be heard
KEPT = 1_000  # things that could not be said, and are when Redis is back
AT_ONCE = 500  # things said in one pipeline


class RedisHot:
    """See `storage.base.Hot`. Installations that share one Redis take a database number each."""

    def __init__(self, url: str) -> None:
        self._memory = MemoryHot()
        # Its own retries would make others wait; a time-out of its own would end the patient listening.
        self._redis: Redis = Redis.from_url(
            url,
            decode_responses=True,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=None,
            socket_connect_timeout=PATIENCE,
        )
        to = self._redis.connection_pool.connection_kwargs
        number = to.get("db") or 0
        self._name = f"{to.get('host')}:{to.get('port', 6379)}/{number}"  # without the password
        self._prefix = f"cohost:{number}"  # channels do not belong to a database number, as keys do
        self._worker = secrets.token_hex(8)
        self._turns = Turns()
        self._unsaid: dict[tuple[str, str | None], None] = {}  # in order, each once: ten nudges are one
        self._work = asyncio.Event()
        self._speaks = self._hears = False
        self._quick, self._counts = False, True  # whether its answers are waited for; whether it lets us count turns
        self._mute = 0.0  # until then nothing is said: the others have to come back first
        self._warned = False
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def health(self) -> str:
        """Whether what is shared is shared at this moment."""
        if not (self._speaks and self._hears):
            return "away"
        return "ok" if self._quick and self._counts else "ailing"

    def start(self) -> None:
        """Begin to speak and to hear."""
        loops: dict[str, Coroutine[Any, Any, None]] = {
            "speak": self._speak(),
            "hear": self._hear(),
            "patrol": self._patrol(),
        }
        self._tasks = [asyncio.create_task(loop, name=f"redis {name}") for name, loop in loops.items()]

    async def close(self) -> None:
        """Share no more. Whoever still asks is answered from memory; what was to be said is said once more."""
        spoke, self._speaks, self._hears, self._quick = self._speaks, False, False, False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._turns.give_up()
        if spoke and self._unsaid:
            with suppress(Exception):
                async with asyncio.timeout(PATIENCE):
                    await self._send(Turns(), [*self._unsaid])
        with suppress(Exception):
            async with asyncio.timeout(PATIENCE):
                await self._redis.aclose()

    # -- what is asked of it -------------------------------------------------------------------------------------------

    async def wait(self, key: str, seconds: float, now: datetime, burst: int = 1) -> float:
        """Take the next turn under this key: first of this worker's own, then of all."""
        return (await self.waits([[(key, seconds, burst)]], now))[0]

    async def waits(self, asked: Sequence[Sequence[Turn]], now: datetime) -> list[float]:
        """The same for many, in one pipeline. Those who are refused here already are not asked for elsewhere."""
        waits = await self._memory.waits(asked, now)
        if not self._quick:
            return waits
        loop = asyncio.get_running_loop()
        asks = {
            number: Ask([(key, milliseconds(seconds), burst) for key, seconds, burst in turns], loop.create_future())
            for number, turns in enumerate(asked)
            if turns and not waits[number]
        }
        self._turns.asks += asks.values()
        self._work.set()
        for number, ask in asks.items():
            lefts = await ask.answer
            waits[number] = max(lefts)
            if waits[number]:
                self._refused(asked[number], lefts, now)
        return waits

    def _refused(self, turns: Sequence[Turn], lefts: Sequence[float], now: datetime) -> None:
        for (key, seconds, burst), left in zip(turns, lefts, strict=True):
            if left:
                self._memory.hold(key, left, seconds, now, burst)
            else:
                self._memory.back(key, seconds)

    async def spend(self, key: str, seconds: float, now: datetime, burst: int = 1, after: float | None = None) -> None:
        """There is no turn left under this key, for this worker and for all."""
        await self._memory.spend(key, seconds, now, burst, after)
        if self._speaks:
            first = seconds if after is None else after
            self._turns.spent[key] = milliseconds(first) + milliseconds(seconds) * (burst - 1)
            self._work.set()

    async def nudge(self, what: str, *, here: bool = False) -> None:
        """Wake whoever waits for `what`: here at once, elsewhere as soon as Redis can be told."""
        await self._memory.nudge(what)
        if not here:
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
        beat = 0.0
        while True:
            if self._speaks:
                with suppress(TimeoutError):
                    async with asyncio.timeout(PULSE):
                        await self._work.wait()
            self._work.clear()
            turns, self._turns = self._turns, Turns()
            now = time.monotonic()
            said = [*self._unsaid][:AT_ONCE] if self._speaks and now >= self._mute else []
            for one in said:
                del self._unsaid[one]  # before it is sent: who says it again meanwhile has something newer to tell
            pulse = now - beat >= PULSE or not self._speaks
            if not (turns or said or pulse):
                continue
            late = asyncio.get_running_loop().call_later(SLOW, self._late, turns)
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._send(turns, [*said, *([("", None)] if pulse else [])])
            except BaseException as error:
                self._unsaid = dict.fromkeys([*said, *self._unsaid])
                if not isinstance(error, Exception):
                    raise  # `close` says it once more
                await self._lost(error)
                continue
            finally:
                late.cancel()
            self._speaks, self._quick, beat = True, time.monotonic() - now < SLOW, now if pulse else beat
            self._well()
            if self._unsaid and now >= self._mute:
                self._work.set()

    async def _send(self, turns: Turns, said: list[tuple[str, str | None]]) -> None:
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                turns.put(pipe, self._prefix)
                for channel, payload in said:
                    pipe.publish(self._prefix, json.dumps([self._worker, channel, payload]))
                answers = await pipe.execute(raise_on_error=False)
            refused = turns.end(answers[: len(turns)])
            if unsaid := next((answer for answer in answers[len(turns) :] if isinstance(answer, Exception)), None):
                raise unsaid
        finally:
            turns.give_up()
        # It may refuse to count, being full or somebody's replica, and still call out what is said.
        if refused:
            self._trouble(refused)
        if turns:
            self._counts = not refused

    def _late(self, turns: Turns) -> None:
        self._quick = False
        turns.give_up()
        self._turns.give_up()

    async def _lost(self, error: Exception) -> None:
        self._speaks = self._quick = False
        self._trouble(error)
        self._turns.give_up()
        self._turns = Turns()
        # An answer that comes too late must not be taken for the next one's.
        with suppress(Exception):
            async with asyncio.timeout(PATIENCE):
                await self._redis.connection_pool.disconnect(inuse_connections=False)
        await asyncio.sleep(RETRY)

    def _trouble(self, error: Exception) -> None:
        """Once for each trouble, whichever half of us meets it first."""
        if not self._warned:
            why = str(error) or "it does not answer"
            go_on = "Cohost goes on without it, only slower, and tries on"
            log.warning("Redis at %s cannot be used: %s. %s.", self._name, why.rstrip("."), go_on)
        self._warned = True

    def _well(self) -> None:
        if self._warned and self._speaks and self._hears and self._counts:
            log.warning("Redis at %s can be used again.", self._name)
            self._warned = False

    # -- hearing -------------------------------------------------------------------------------------------------------

    async def _hear(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as ears:
                    await self._listen(ears)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with Redis, the bot goes on without it
                self._hears = False
                self._trouble(error)
                self._mute = time.monotonic() + MUTE  # where we hear nothing, the others hear nothing either
            await asyncio.sleep(RETRY)

    async def _listen(self, ears: PubSub) -> None:
        async with asyncio.timeout(PATIENCE):
            await ears.subscribe(self._prefix)
        messages = ears.listen()
        while True:
            async with asyncio.timeout(DEAF):
                message = await anext(messages)
            if message["type"] == "subscribe":
                self._hears = True
                self._well()
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
