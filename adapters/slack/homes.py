"""Homes: the Home tab of everybody who has looked at theirs lately, kept as true as Slack's pace allows."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from adapters.base import Bot, Gone, Later, RoomView
from adapters.slack import home
from adapters.slack.calling import Call, Refused
from adapters.slack.show import Address, user_id
from adapters.slack.text import Reader
from dialogs.base import Brief
from dialogs.card import Link, people_in

log = logging.getLogger(__name__)

LOOKING = timedelta(hours=2)  # somebody who opened it longer ago gets a new one when they open it again
SOON = timedelta(days=2)  # a session that begins within this is shown with its cards
ROOMS = 4  # sessions whose cards are shown
BLOCKS = 100  # of a view
GATHER = 1.0  # seconds in which several changes become one
REMEMBERED = 5000

Sleep = Callable[[float], Awaitable[None]]


class Homes:
    """Who looks, and what they see."""

    def __init__(self, bot: Bot, call: Call, address: Address, sleep: Sleep) -> None:
        self._bot, self._call, self._address, self._sleep = bot, call, address, sleep
        self._looking: OrderedDict[tuple[str, str], datetime] = OrderedDict()  # (tenant, user) -> opened
        self._due: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._told: dict[tuple[str, str], list[dict[str, Any]]] = {}  # what stands above the next one, and only there

    def opened(self, tenant: str, user: str, person: str) -> None:
        """Somebody looks at their Home tab."""
        self._looking[tenant, user] = self._bot.now()
        self._looking.move_to_end((tenant, user))
        if len(self._looking) > REMEMBERED:
            self._looking.popitem(last=False)
        self.refresh(tenant, user, person, at_once=True)

    def changed(self, tenant: str, user: str, person: str) -> None:
        """Something of theirs has changed. Whoever is not looking is not told."""
        seen = self._looking.get((tenant, user))
        if seen and self._bot.now() - seen < LOOKING:
            self.refresh(tenant, user, person)

    def tell(self, tenant: str, user: str, blocks: list[dict[str, Any]]) -> None:
        """A press on the Home tab has no address for an answer: it stands above the tab the next time it is drawn."""
        self._told[tenant, user] = blocks[:2]

    def refresh(self, tenant: str, user: str, person: str, *, at_once: bool = False) -> None:
        """Draw it anew, once for all that happens meanwhile."""
        if (tenant, user) not in self._due:
            task = asyncio.create_task(self._draw(tenant, user, person, 0.0 if at_once else GATHER), name="slack home")
            self._due[tenant, user] = task

    async def stop(self) -> None:
        """Leave the rest: it is drawn when it is opened again."""
        for task in (tasks := [*self._due.values()]):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _draw(self, tenant: str, user: str, person: str, wait: float) -> None:
        try:
            await self._sleep(wait)
            self._due.pop((tenant, user), None)  # from now on a change is a new one
            view = await self.view(tenant, person)
            if view:
                told = self._told.get((tenant, user), [])
                view["blocks"] = [*told, *view["blocks"]][:BLOCKS]
                await self._call(tenant, "views.publish", user_id=user, view=view)
                if self._told.get((tenant, user)) is told:  # else there is more to tell by now
                    del self._told[tenant, user]
        except Later as later:
            await self._sleep(later.seconds)
            self.refresh(tenant, user, person)
        except (Refused, Gone) as no:
            log.warning("a Home tab could not be shown: %s", no)
        except Exception:
            log.exception("a Home tab could not be shown")
        finally:
            if self._due.get((tenant, user)) is asyncio.current_task():
                del self._due[tenant, user]

    async def view(self, tenant: str, person: str) -> dict[str, Any] | None:
        """What this person sees there."""
        desk = await self._bot.desk(person)
        if desk is None:
            return None
        now = self._bot.now()
        wanted = [one.session for one in desk.sessions if _near(one.brief, now)][:ROOMS]
        rooms = [room for one in wanted if (room := await self._bot.room(one, person))]
        views = [desk, *rooms]
        users = await self._bot.users("slack", people_in(seen.card for view in views for seen in view.seen))
        ids = {one: user_id(user) for one, user in users.items()}

        def reader(view: RoomView) -> Reader:
            return Reader(ids, view.names, link)

        def link(to: Link) -> str:
            return self._address(tenant, to, person)

        return home.home(desk, rooms, reader)


def _near(brief: Brief, now: datetime) -> bool:
    if brief.phase == "planned":
        return brief.starts is None or brief.starts - now < SOON
    return brief.phase in {"open", "closed"} and (brief.closed is None or now - brief.closed < SOON)
