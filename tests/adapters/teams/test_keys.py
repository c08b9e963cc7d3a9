"""The keys change under way, cannot be had, or come slowly; and strangers name some that never were."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from adapters.teams import keys as the_keys
from adapters.teams.keys import Keys
from tests.adapters.teams.signing import Clock, Listing, listed


class Stage:
    def __init__(self, listing: Listing, keys: Keys, clock: Clock) -> None:
        self.listing, self.keys, self.clock = listing, keys, clock

    def later(self, **time: float) -> None:
        self.clock.now += timedelta(**time)

    async def knows(self, kid: str) -> bool:
        return await self.keys.find(kid) is not None


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    listing, clock = Listing(), Clock()
    async with listing.serve(), aiohttp.ClientSession() as session:
        keys = Keys(listing.url, session, clock)
        yield Stage(listing, keys, clock)
        await keys.close()


async def test_found_with_its_endorsements(stage: Stage) -> None:
    stage.listing.keys["keys"].append(listed("two", "webchat"))
    assert not stage.keys.known
    one, two = await stage.keys.find("one"), await stage.keys.find("two")
    assert one
    assert two
    assert one.endorsements == frozenset({"msteams", "skype"})
    assert two.endorsements == frozenset({"webchat"})
    assert one.public.public_numbers() != two.public.public_numbers()
    assert stage.keys.known
    assert stage.listing.asked == 1


async def test_many_at_the_same_time_ask_once(stage: Stage) -> None:
    found = await asyncio.gather(*(stage.keys.find(kid) for kid in ["one", "other"] * 50))
    assert [key is not None for key in found] == [True, False] * 50
    assert stage.listing.asked == 1


async def test_asked_once_a_day(stage: Stage) -> None:
    assert await stage.knows("one")
    stage.later(hours=23, minutes=59)
    assert await stage.knows("one")
    assert stage.listing.asked == 1
    stage.later(minutes=1)
    assert await stage.knows("one")
    assert stage.listing.asked == 2


async def test_a_new_key_is_known_within_a_minute(stage: Stage) -> None:
    assert await stage.knows("one")
    stage.listing.keys = {"keys": [listed("two")]}
    stage.later(seconds=59)
    assert not await stage.knows("two")
    stage.later(seconds=1)
    assert await stage.knows("two")
    assert not await stage.knows("one")  # withdrawn
    assert stage.listing.asked == 2


async def test_a_withdrawn_key_ends_within_a_day(stage: Stage) -> None:
    assert await stage.knows("one")
    stage.listing.keys = {"keys": [listed("two")]}
    stage.later(hours=24)
    assert not await stage.knows("one")


async def test_a_flood_of_unknown_keys_asks_once_a_minute(stage: Stage) -> None:
    assert await stage.knows("one")
    for minute in range(1, 4):
        stage.later(minutes=1)
        found = await asyncio.gather(*(stage.keys.find(f"no{n}") for n in range(200)))
        assert set(found) == {None}
        assert stage.listing.asked == 1 + minute
        for _ in range(100):
            assert not await stage.knows("no")
        assert stage.listing.asked == 1 + minute
    assert await stage.knows("one")


async def test_nobody_gets_in_while_nothing_is_known(stage: Stage) -> None:
    stage.listing.status = 503
    for _ in range(20):
        assert not await stage.knows("one")
    assert stage.listing.asked == 1
    stage.listing.status = 200
    stage.later(seconds=5)  # sooner than after a minute: nobody can be let in so long
    assert await stage.knows("one")


async def test_what_was_known_stays_known(stage: Stage) -> None:
    assert await stage.knows("one")
    stage.listing.status = 500
    for day in range(1, 4):
        stage.later(days=1)
        assert await stage.knows("one")
        await asyncio.sleep(0.05)
        assert stage.listing.asked == 1 + day
    stage.listing.status, stage.listing.keys = 200, {"keys": [listed("one"), listed("two")]}
    stage.later(minutes=1)
    assert await stage.knows("two")


async def test_after_a_failure_whoever_has_a_known_key_does_not_wait(stage: Stage) -> None:
    assert await stage.knows("one")
    stage.listing.status = 500
    stage.later(days=1)
    assert await stage.knows("one")
    stage.listing.status = 200
    stage.listing.gate.clear()
    stage.later(minutes=1)
    async with asyncio.timeout(1):
        assert await stage.knows("one")
        stage.listing.gate.set()
        await stage.keys.warm()
    assert stage.listing.asked == 3


async def test_what_comes_too_slowly_is_not_waited_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(the_keys, "PATIENCE", 0.05)
    assert await stage.knows("one")
    stage.listing.gate.clear()
    stage.later(days=1)
    async with asyncio.timeout(1):
        assert await stage.knows("one")
        assert not await stage.knows("two")
    stage.listing.gate.set()
    stage.later(minutes=1)
    assert await stage.knows("one")


async def test_a_caller_who_gives_up_does_not_take_the_fetch_along(stage: Stage) -> None:
    stage.listing.gate.clear()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await stage.keys.find("one")
    stage.listing.gate.set()
    assert await stage.knows("one")
    assert stage.listing.asked == 1


async def test_a_clock_that_was_set_back_makes_nobody_wait(stage: Stage) -> None:
    assert await stage.knows("one")
    stage.later(days=-2)
    stage.listing.keys = {"keys": [listed("one"), listed("two")]}
    assert await stage.knows("two")


BAD_LISTINGS: list[tuple[str, dict[str, Any]]] = [
    ("a page", {"metadata": b"<html>"}),
    ("nothing", {"metadata": b""}),
    ("a list", {"metadata": b"[]"}),
    ("too deep", {"metadata": b"[" * 100_000}),
    ("too large", {"metadata": b'{"a": "' + b"x" * 1024 * 1024 + b'"}'}),
    ("keys nowhere", {"metadata": {"issuer": "x"}}),
    ("keys at no address", {"metadata": {"jwks_uri": 7}}),
    ("keys without encryption", {"metadata": {"jwks_uri": "http://login.botframework.com/keys"}}),
    ("keys in a file", {"metadata": {"jwks_uri": "file:///etc/passwd"}}),
    ("somewhere else", {"status": 302}),
    ("no keys", {"keys": {"keys": []}}),
    ("keys that are none", {"keys": {"keys": [None, 7, "x", [], {}, {"kid": "one"}]}}),
    ("keys in no list", {"keys": {"keys": {"one": 1}}}),
    ("an empty document", {"keys": b"{}"}),
]


@pytest.mark.parametrize("otherwise", [one for _, one in BAD_LISTINGS], ids=[why for why, _ in BAD_LISTINGS])
async def test_listing_that_cannot_be_meant(stage: Stage, otherwise: dict[str, Any]) -> None:
    assert await stage.knows("one")
    for name, value in otherwise.items():
        setattr(stage.listing, name, value)
    stage.later(days=1)
    assert await stage.knows("one")
    assert stage.listing.asked == 2


async def test_keys_at_an_address_that_could_be_read_in_two_ways(stage: Stage) -> None:
    where = stage.listing.url.replace("http://", "http://login.botframework.com@").replace("openid", "keys")
    stage.listing.metadata = {"jwks_uri": where}
    assert not await stage.knows("one")
    assert stage.listing.asked == 1


UNFIT: list[tuple[str, dict[str, Any]]] = [
    ("no id", {"kid": None}),
    ("id that is no text", {"kid": 7}),
    ("to encrypt with", {"use": "enc"}),
    ("of another sort", {"kty": "oct", "k": "c2VjcmV0"}),
    ("without its number", {"n": None}),
    ("with a number that is none", {"n": "*"}),
    ("with a number that is no text", {"n": ["x"]}),
    ("too short", listed("unfit", bits=1024) | {"kid": "unfit"}),
]


@pytest.mark.parametrize("otherwise", [one for _, one in UNFIT], ids=[why for why, _ in UNFIT])
async def test_a_key_that_cannot_be_used_takes_no_other_along(stage: Stage, otherwise: dict[str, Any]) -> None:
    stage.listing.keys = {"keys": [{**listed("unfit"), **otherwise}, listed("one")]}
    assert await stage.knows("one")
    assert not await stage.knows("unfit")


async def test_a_private_key_that_was_listed_by_mistake_is_used_as_a_public_one(stage: Stage) -> None:
    stage.listing.keys = {"keys": [{**listed("one"), "d": "AQAB"}]}
    assert await stage.knows("one")


@pytest.mark.parametrize("endorsed", [None, "msteams", {"msteams": 1}, [None, 7]])
async def test_endorsements_that_are_none(stage: Stage, endorsed: object) -> None:
    stage.listing.keys = json.loads(json.dumps({"keys": [{**listed("one"), "endorsements": endorsed}]}))
    found = await stage.keys.find("one")
    assert found
    assert not found.endorsements


async def test_closed_under_way(stage: Stage) -> None:
    stage.listing.gate.clear()
    waiting = asyncio.create_task(stage.keys.find("one"))
    await asyncio.sleep(0.05)
    await stage.keys.close()
    assert await waiting is None
    stage.listing.gate.set()


async def test_nowhere_to_fetch_from_any_more() -> None:
    listing, clock = Listing(), Clock()
    async with listing.serve(), aiohttp.ClientSession() as session:
        keys = Keys(listing.url, session, clock)
        await keys.warm()
        assert keys.known
    clock.now += timedelta(days=1)
    assert await keys.find("one")


@pytest.mark.parametrize("url", ["", "http://login.botframework.com/openid", "ftp://x/y", "login.botframework.com"])
async def test_address_without_encryption(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(ValueError, match="https"):
            Keys(url, session, Clock())
