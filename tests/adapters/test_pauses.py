"""Pauses: nobody calls where a platform wants to be left alone, in no worker, and everywhere else all goes on."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from adapters.base import Later
from adapters.pauses import LONGEST, REMEMBERED, SHORTEST, Pauses
from bot.clock import HandClock
from storage.hot import MemoryHot
from tests.storage.contract import NOON


class Stage:
    """Two workers, each with its own clock."""

    def __init__(self) -> None:
        self.hot, self.clock, self.theirs = MemoryHot(), HandClock(NOON), HandClock(NOON)
        self.one = Pauses(self.clock.now, self.hot, "pauses")
        self.other = Pauses(self.theirs.now, self.hot, "pauses")

    def move(self, seconds: float) -> None:
        self.clock.move(seconds)
        self.theirs.move(seconds)


def left(pauses: Pauses, whose: str = "room") -> float:
    try:
        pauses.keep(whose)
    except Later as later:
        return later.seconds
    return 0.0


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def test_what_one_worker_was_told_another_need_not_be_told_again(stage: Stage) -> None:
    await stage.one.begin("room", 30)
    told = [left(pauses, whose) for pauses in (stage.one, stage.other) for whose in ("room", "another")]
    stage.move(29)
    late = [left(pauses) for pauses in (stage.one, stage.other)]
    stage.move(1)

    assert (told, late) == ([30, 0, 30, 0], [1, 1])
    assert [left(pauses) for pauses in (stage.one, stage.other)] == [0, 0]


async def test_where_it_is_not_said_how_long_each_is_twice_as_long_up_to_a_minute(stage: Stage) -> None:
    waits = []
    for pauses in (stage.one, stage.other) * 4:
        await pauses.begin("room", None)
        waits.append(left(pauses))
        stage.move(LONGEST)

    assert waits == [SHORTEST, 4, 8, 16, 32, LONGEST, LONGEST, LONGEST]


async def test_once_calls_are_taken_again_it_is_over_and_begins_small(stage: Stage) -> None:
    await stage.one.begin("room", 50)
    stage.one.end("room")
    over = left(stage.one)
    await stage.one.begin("room", None)

    assert (over, left(stage.one)) == (0, SHORTEST)


@pytest.mark.parametrize(("ahead", "wanted"), [(0, 30.0), (-10, 20.0), (-31, 0.0), (3600, 30.0)])
def test_a_pause_that_comes_late_or_by_another_clock_is_never_longer_than_it_was(
    stage: Stage, ahead: float, wanted: float
) -> None:
    until = (NOON + timedelta(seconds=30 + ahead)).isoformat()
    stage.hot.tell("pauses", json.dumps(["room", 30.0, until]))
    assert left(stage.other) == wanted


async def test_an_older_pause_that_comes_later_does_not_end_a_newer_one(stage: Stage) -> None:
    await stage.one.begin("room", 30)
    stage.hot.tell("pauses", json.dumps(["room", 5.0, (NOON + timedelta(seconds=5)).isoformat()]))
    assert [left(pauses) for pauses in (stage.one, stage.other)] == [30, 30]


async def test_after_something_was_missed_what_is_known_still_holds(stage: Stage) -> None:
    await stage.one.begin("room", 30)
    stage.hot.missed()
    assert left(stage.other) == 30


async def test_the_oldest_are_forgotten_first(stage: Stage) -> None:
    for number in range(REMEMBERED):
        await stage.one.begin(f"{number}", 30)
    await stage.one.begin("0", 30)  # the newest again
    await stage.one.begin("one more", 30)
    assert [left(stage.one, whose) for whose in ("0", "1", "2", "one more")] == [30, 0, 30, 30]
