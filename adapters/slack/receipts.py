"""Receipts: what somebody is told about their press, by the press's own response_url.

Slack's answer to a press carries no message. This lane may lose one: what was pressed is stored, and the card shows it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

log = logging.getLogger(__name__)

WAITING = 1000  # people whose newest receipt is kept
STALE = timedelta(seconds=5)
AT_ONCE = 8

Send = Callable[[str, Mapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Slip:
    url: str
    body: Mapping[str, Any]
    at: datetime
    sent: Callable[[], None] | None = None


class Receipts:
    """A bounded lane that keeps each person's newest receipt."""

    def __init__(self, send: Send, now: Callable[[], datetime]) -> None:
        self._send, self._now = send, now
        self._slips: OrderedDict[tuple[str, str], _Slip] = OrderedDict()  # (person, sort) -> the newest
        self._lanes: set[asyncio.Task[None]] = set()

    def put(
        self, person: str, url: str | None, body: Mapping[str, Any], sort: str = "told",
        sent: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        """Tell somebody something, soon, and say when it is `sent`. A newer one of the same sort takes its place."""
        if not url:
            return
        self._slips.pop((person, sort), None)
        self._slips[person, sort] = _Slip(url, body, self._now(), sent)
        if len(self._slips) > WAITING:
            self._slips.popitem(last=False)
        if sum(not lane.done() for lane in self._lanes) < AT_ONCE:  # one that has just ended takes nothing any more
            lane = asyncio.create_task(self._run(), name="slack receipts")
            self._lanes.add(lane)
            lane.add_done_callback(self._lanes.discard)

    async def settled(self) -> None:
        """Until all are sent or dropped."""
        while self._lanes:
            await asyncio.gather(*self._lanes, return_exceptions=True)

    async def _run(self) -> None:
        while self._slips:
            _, slip = self._slips.popitem(last=False)
            if self._now() - slip.at > STALE:
                continue
            try:
                await self._send(slip.url, slip.body)
                if slip.sent:
                    slip.sent()
            except Exception as error:  # noqa: BLE001 - whatever it was: it is stored, and only unsaid
                log.warning("a receipt could not be sent: %r", error)
