"""Looking: who asks for one message at the same moment is told by one reading, and never by one that began before."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from adapters.base import Seen
from adapters.teams.looking import MOST, Looking
from dialogs.card import Card, quote
from tests.adapters.teams.stand_ins import NOON, quiet


class Board:
    """A message that shows its version and its reader; a reading ends when the test lets it."""

    def __init__(self) -> None:
        self.version, self.read = 1, list[tuple[str, str, list[str]]]()
        self.gate = asyncio.Event()
        self.error: Exception | None = None

    async def looks(self, dialog: str, slot: str, viewers: Sequence[str]) -> Mapping[str, Seen]:
        self.read.append((dialog, slot, [*viewers]))
        found = {who: self.shows(who, dialog, slot) for who in viewers if who != "eve"}
        await self.gate.wait()
        if self.error:
            raise self.error
        return found

    def shows(self, who: str, dialog: str = "d1", slot: str = "board") -> Seen:
        return Seen(dialog, slot, Card(quote(f"{who} sees version {self.version}")), False, NOON, self.version)


@pytest.fixture
async def board() -> Board:
    return Board()


async def test_those_who_ask_together_are_told_by_one_reading_each_their_own(board: Board) -> None:
    looking = Looking(board.looks)
    board.gate.set()
    people = ["ann", "ben", "eve", "ann"]
    seen = await asyncio.gather(*(looking.look("d1", "board", who) for who in people))
    assert board.read == [("d1", "board", ["ann", "ben", "eve"])]
    assert seen == [None if who == "eve" else board.shows(who) for who in people]


async def test_nobody_is_told_what_was_read_before_they_asked(board: Board) -> None:
    looking = Looking(board.looks)
    first = asyncio.create_task(looking.look("d1", "board", "ann"))
    await quiet()
    board.version = 2  # somebody's vote was stored while the first reading was under way
    later = [asyncio.create_task(looking.look("d1", "board", who)) for who in ("ben", "kim")]
    await quiet()
    assert len(board.read) == 1
    board.gate.set()
    assert [one.card for one in await asyncio.gather(*later) if one] == [board.shows(x).card for x in ("ben", "kim")]
    assert await first == Seen("d1", "board", Card(quote("ann sees version 1")), False, NOON, 1)
    assert board.read == [("d1", "board", ["ann"]), ("d1", "board", ["ben", "kim"])]


async def test_other_messages_are_read_by_themselves_and_wait_for_nobody(board: Board) -> None:
    looking = Looking(board.looks)
    asked = [("d1", "board"), ("d1", "hint"), ("d2", "board")]
    tasks = [asyncio.create_task(looking.look(*one, "ann")) for one in asked]
    await quiet()
    assert board.read == [(*one, ["ann"]) for one in asked]
    board.gate.set()
    assert [(one.dialog, one.slot) for one in await asyncio.gather(*tasks) if one] == asked


async def test_a_crowd_is_read_in_parts(board: Board) -> None:
    looking = Looking(board.looks)
    board.gate.set()
    people = [f"p{n}" for n in range(MOST + 1)]
    assert await asyncio.gather(*(looking.look("d1", "board", who) for who in people)) == [*map(board.shows, people)]
    assert [len(read) for _, _, read in board.read] == [MOST, 1]


async def test_what_fails_fails_for_those_who_were_read_for_and_for_nobody_after_them(board: Board) -> None:
    looking = Looking(board.looks)
    board.error = OSError("the database is away")
    tasks = [asyncio.create_task(looking.look("d1", "board", who)) for who in ("ann", "ben")]
    await quiet()
    later = asyncio.create_task(looking.look("d1", "board", "kim"))
    await quiet()
    board.gate.set()
    assert [*await asyncio.gather(*tasks, return_exceptions=True)] == [board.error] * 2
    assert [*await asyncio.gather(later, return_exceptions=True)] == [board.error]  # by a reading of its own
    board.error = None
    assert await looking.look("d1", "board", "ann") == board.shows("ann")
    assert [read for _, _, read in board.read] == [["ann", "ben"], ["kim"], ["ann"]]


async def test_who_gives_up_takes_nobody_along(board: Board) -> None:
    looking = Looking(board.looks)
    tasks = [asyncio.create_task(looking.look("d1", "board", who)) for who in ("ann", "ben")]
    await quiet()
    tasks[0].cancel()
    await quiet()
    board.gate.set()
    assert await tasks[1] == board.shows("ben")
    assert tasks[0].cancelled()
