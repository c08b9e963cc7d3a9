"""Homes: who looks at their Home tab sees it change, and nobody else costs a call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ServerDisconnectedError

from adapters.base import Gone, Later, RoomView
from adapters.slack.calling import Refused
from adapters.slack.homes import LOOKING, REMEMBERED, Homes
from dialogs.base import LEARNER, Brief, Listed
from tests.adapters.slack.stand_ins import NOON, Calls, Noting, quiet

LINE = {"type": "section", "text": {"type": "plain_text", "text": "Your vote: Soup"}}


class Desks(Noting):
    """A bot with a desk for everybody but a stranger; sessions begin so many days from now."""

    def __init__(self) -> None:
        super().__init__()
        self.days: dict[str, float] = {}
        self.looked: list[str] = []

    async def desk(self, person: str) -> RoomView | None:
        briefs = {one: Brief(title=one, starts=NOON + timedelta(days=days)) for one, days in self.days.items()}
        listed = tuple(Listed(one, LEARNER, brief) for one, brief in briefs.items())
        name = person.title()
        view = RoomView("t1", None, None, person, name, None, (), {person: name}, sessions=listed)
        return None if person == "stranger" else view

    async def room(self, session: str, person: str) -> RoomView | None:
        self.looked.append(session)
        return None


class Tabs:
    def __init__(self) -> None:
        self.bot, self.call = Desks(), Calls()
        self.homes = Homes(self.bot, self.call, lambda *_: "", self.bot.clock.sleep)

    @property
    def drawn(self) -> list[object]:
        """Whose tab was drawn, in order."""
        return [given["user_id"] for given in self.call.arguments("views.publish")]

    @property
    def tops(self) -> list[bool]:
        """Whether the line stood above each."""
        return [given["view"]["blocks"][0] == LINE for given in self.call.arguments("views.publish")]

    async def opens(self, user: str = "U1", person: str = "ann") -> None:
        self.homes.opened("t1", user, person)
        await quiet()

    async def changes(self, user: str = "U1", person: str = "ann") -> None:
        self.homes.changed("t1", user, person)
        await quiet()

    async def passes(self, seconds: float) -> None:
        self.bot.clock.move(seconds)
        await quiet()


@pytest.fixture
async def tabs() -> AsyncIterator[Tabs]:
    tabs = Tabs()
    yield tabs
    await tabs.homes.stop()


async def test_whoever_opens_it_sees_it_at_once(tabs: Tabs) -> None:
    await tabs.opens()
    assert tabs.drawn == ["U1"]
    assert tabs.call.arguments("views.publish")[0]["view"]["type"] == "home"


async def test_nobody_is_drawn_a_tab_who_is_not_known_here(tabs: Tabs) -> None:
    await tabs.opens("U9", "stranger")
    assert tabs.drawn == []


async def test_only_whoever_looks_is_drawn_a_change_and_only_for_a_while(tabs: Tabs) -> None:
    await tabs.changes()
    await tabs.passes(5)
    assert tabs.drawn == []

    await tabs.opens()
    await tabs.passes(LOOKING.total_seconds() - 1)
    await tabs.changes()
    await tabs.passes(1)
    await tabs.changes()
    await tabs.changes("U2", "ben")
    await tabs.passes(5)
    assert tabs.drawn == ["U1", "U1"]


async def test_what_changes_within_a_second_is_drawn_once_and_for_each(tabs: Tabs) -> None:
    await tabs.opens()
    await tabs.opens("U2", "ben")
    for _ in range(5):
        await tabs.changes()
        await tabs.changes("U2", "ben")
        await tabs.passes(0.1)
    assert tabs.drawn == ["U1", "U2"]
    await tabs.passes(0.5)
    assert tabs.drawn == ["U1", "U2", "U1", "U2"]
    await tabs.changes()
    await tabs.passes(1)
    assert tabs.drawn[4:] == ["U1"]


async def test_what_changes_while_it_is_drawn_is_drawn_afterwards(tabs: Tabs) -> None:
    tabs.call.gate.clear()
    await tabs.opens()
    await tabs.changes()
    tabs.call.gate.set()
    await quiet()
    await tabs.passes(1)
    assert tabs.drawn == ["U1", "U1"]


async def test_slack_is_not_asked_again_before_it_wants_to_be(tabs: Tabs) -> None:
    tabs.call.next("views.publish", Later(30), {})
    await tabs.opens()
    await tabs.passes(29)
    assert tabs.drawn == ["U1"]
    await tabs.passes(1)
    await tabs.passes(1)
    assert tabs.drawn == ["U1", "U1"]
    await tabs.passes(100)
    assert tabs.drawn == ["U1", "U1"]


NO = [Refused("not_enabled"), Gone("off"), ServerDisconnectedError(), ValueError("ours")]


@pytest.mark.parametrize("no", NO, ids=lambda no: type(no).__name__)
async def test_a_tab_that_cannot_be_shown_is_drawn_when_something_happens_next(tabs: Tabs, no: Exception) -> None:
    tabs.call.next("views.publish", no, {})
    await tabs.opens()
    await tabs.passes(60)
    assert tabs.drawn == ["U1"]
    await tabs.changes()
    await tabs.passes(1)
    assert tabs.drawn == ["U1", "U1"]


async def test_what_somebody_is_told_stands_above_it_once(tabs: Tabs) -> None:
    tabs.homes.tell("t1", "U1", [LINE, LINE, LINE])
    await tabs.opens("U2", "ben")
    await tabs.opens()
    await tabs.opens()
    assert (tabs.drawn, tabs.tops) == (["U2", "U1", "U1"], [False, True, False])
    blocks: list[Any] = tabs.call.arguments("views.publish")[1]["view"]["blocks"]
    assert blocks.count(LINE) == 2


@pytest.mark.parametrize("no", [Later(30), ServerDisconnectedError()])
async def test_what_could_not_be_told_is_told_the_next_time(tabs: Tabs, no: Exception) -> None:
    tabs.call.next("views.publish", no, {})
    tabs.homes.tell("t1", "U1", [LINE])
    await tabs.opens()
    await tabs.passes(31)
    await tabs.passes(1)
    await tabs.opens()
    await tabs.opens()
    assert tabs.tops.count(True) == 2  # tried in vain, and then seen
    assert tabs.tops[-1] is False


async def test_what_is_told_while_it_is_drawn_waits_for_the_next(tabs: Tabs) -> None:
    tabs.call.gate.clear()
    await tabs.opens()
    tabs.homes.tell("t1", "U1", [LINE])
    tabs.call.gate.set()
    await quiet()
    await tabs.opens()
    assert tabs.tops == [False, True]


async def test_only_what_is_near_is_looked_into(tabs: Tabs) -> None:
    tabs.bot.days = {"soon": 1.9, "later": 2.1, **{f"today {n}": 0 for n in range(9)}}
    await tabs.opens()
    assert tabs.bot.looked == ["soon", "today 0", "today 1", "today 2"]


async def test_of_all_who_look_the_newest_are_remembered(tabs: Tabs) -> None:
    for n in range(REMEMBERED + 1):
        tabs.homes.opened("t1", f"U{n}", "stranger")
    await quiet()
    await tabs.changes("U0", "ann")
    await tabs.changes("U1", "ann")
    await tabs.passes(1)
    assert tabs.drawn == ["U1"]
