"""Receipts: what somebody is told about their press, soon or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from adapters.slack.receipts import AT_ONCE, WAITING, Receipts
from bot.clock import HandClock
from tests.adapters.slack.stand_ins import NOON, quiet


class Lane:
    """Where receipts go. Shut, it takes them and does not answer; at `failing` it fails."""

    def __init__(self) -> None:
        self.clock = HandClock(NOON)
        self.receipts = Receipts(self.send, self.clock.now)
        self.begun: list[str] = []
        self.sent: list[tuple[str, str]] = []
        self.failing: set[str] = set()
        self.open = asyncio.Event()
        self.open.set()

    async def send(self, url: str, body: Mapping[str, Any]) -> None:
        self.begun.append(url)
        await self.open.wait()
        if url in self.failing:
            raise ConnectionError(url)
        self.sent.append((url, body["text"]))

    def put(self, person: str, words: str, sort: str = "told") -> None:
        self.receipts.put(person, f"https://slack.example/{person}", {"text": words}, sort)


@pytest.fixture
async def lane() -> Lane:
    return Lane()


def said(lane: Lane) -> list[str]:
    return [words for _, words in lane.sent]


async def test_a_receipt_is_sent_to_the_address_of_the_press(lane: Lane) -> None:
    lane.put("ann", "Your vote: Soup")
    lane.receipts.put("ben", None, {"text": "nowhere to"})
    await lane.receipts.settled()
    assert lane.sent == [("https://slack.example/ann", "Your vote: Soup")]


async def test_of_somebody_who_presses_fast_only_the_newest_is_said_and_of_each_sort(lane: Lane) -> None:
    for words in ("Soup", "Bread", "Salad"):
        lane.put("ann", words)
        lane.put("ann", f"card {words}", "card d1 board")
    lane.put("ben", "Soup")
    await lane.receipts.settled()
    assert said(lane) == ["Salad", "card Salad", "Soup"]


async def test_so_many_wait_and_the_oldest_are_dropped(lane: Lane) -> None:
    for n in range(WAITING + 5):
        if n == WAITING:
            lane.put("person 0", "0")  # who goes on pressing is no old one
        lane.put(f"person {n}", str(n))
    await lane.receipts.settled()
    assert sorted(map(int, said(lane))) == [0, *range(6, WAITING + 5)]


async def test_at_most_so_many_are_under_way(lane: Lane) -> None:
    lane.open.clear()
    for n in range(30):
        lane.put(f"person {n}", str(n))
    await quiet()
    assert len(lane.begun) == AT_ONCE
    lane.open.set()
    await lane.receipts.settled()
    assert len(lane.sent) == 30


async def test_what_could_not_be_said_in_five_seconds_is_not_said(lane: Lane) -> None:
    lane.open.clear()
    for n in range(AT_ONCE):
        lane.put(f"person {n}", "in time")
    await quiet()
    lane.put("ann", "too late")
    lane.clock.move(3)
    lane.put("ben", "still good")
    lane.clock.move(2.1)
    lane.open.set()
    await lane.receipts.settled()
    assert sorted(said(lane)) == ["in time"] * AT_ONCE + ["still good"]


async def test_a_failure_is_one_receipt_and_not_the_lane(lane: Lane, caplog: pytest.LogCaptureFixture) -> None:
    lane.failing = {f"https://slack.example/person {n}" for n in range(AT_ONCE * 2)}
    for n in range(AT_ONCE * 2):
        lane.put(f"person {n}", "lost")
    lane.put("ann", "Soup")
    await lane.receipts.settled()
    assert said(lane) == ["Soup"]
    assert caplog.text.count("a receipt could not be sent: ConnectionError") == AT_ONCE * 2


async def test_who_wants_to_know_hears_when_it_is_sent_and_only_then(lane: Lane) -> None:
    heard: list[str] = []
    lane.failing = {"ben"}
    lane.open.clear()
    for person in ("ann", "ben"):
        lane.receipts.put(person, person, {"text": ""}, "card", partial(heard.append, person))
    await quiet()
    assert heard == []
    lane.open.set()
    await lane.receipts.settled()
    assert heard == ["ann"]


async def test_what_comes_just_as_the_last_ones_are_done_is_said_too(lane: Lane) -> None:
    lane.open.clear()
    for n in range(AT_ONCE):
        lane.put(f"person {n}", "before")
    await quiet()

    async def presses() -> None:
        await lane.open.wait()
        lane.put("ann", "just then")

    pressing = asyncio.create_task(presses())
    await quiet()
    lane.open.set()
    await pressing
    await lane.receipts.settled()
    assert sorted(said(lane)) == ["before"] * AT_ONCE + ["just then"]
