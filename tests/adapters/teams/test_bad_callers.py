"""Who must not be let in, and what they send, against the whole running bot: one answer, and nothing changed."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.teams.door import LARGEST
from bot.clock import WallClock
from dialogs.verbs import VERBS
from tests.adapters.moments import all_moments
from tests.stories.organisation import Room, Story, User, message, telling
from tests.teams import activities
from tests.teams.cards import offered
from tests.teams.faults import Fault
from tests.teams.invokes import ERROR, TOAST
from tests.teams.messages import CARD
from tests.teams.reading import Read, read_card

Thing = dict[str, Any]

STARTS = datetime(2027, 3, 24, 14, tzinfo=UTC)
TITLE = "Giving feedback that lands"
UNREADABLE = "Teams sent something that is not known here. Open it again and repeat."
GONE = "That is not here any more. Please load the page again."
OUTSIDE = "You are not in this session."
NOT_YOURS = "That is not yours."
FACILITATORS = "Only a facilitator can do that."
CLOSES = "Only a facilitator can close this poll."
HELPED = "Only a facilitator can mark this as helped."
CLOSES_SURVEY = "Only a facilitator can close this survey."
TOO_LONG = "That is too long: please shorten your answer."
RECEIVED = "Received."
KNOWN = (UNREADABLE, GONE, OUTSIDE, NOT_YOURS, FACILITATORS, CLOSES, HELPED, CLOSES_SURVEY, TOO_LONG, RECEIVED)
THE_CARD = "the card as it was"
JSON = "application/json; charset=utf-8"
NO_TOKEN, NOT_PROVED, NO_CHANNEL, NO_TENANT, UNREAD = (
    "The token is missing.",
    "The token does not fit.",
    "This channel is not served here.",
    "This organisation is not served here.",
    "This cannot be read.",
)
STRANGERS = "bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee"


class World:
    """A meeting: Hanna leads, Ida and Ben learn, Gus has come without an account, and Max has no part in it."""

    def __init__(self, story: Story, database: Path) -> None:
        self.story, self.database, self.teams = story, database, story.teams
        self.hanna, self.ida, self.ben, self.max = (
            story.acme.user(name, installed=True) for name in ("Hanna Frei", "Ida Lund", "Ben Okafor", "Max Outside")
        )
        self.gus = story.acme.user("Gus Nobody", anonymous=True)
        self.others = [story.acme.user(name, installed=True) for name in ("Dora Lind", "Eli Marsh")]  # for a survey
        people = [self.hanna, self.ida, self.ben, self.gus, *self.others]
        self.room: Room = story.acme.meeting("Feedback", members=people)
        self.browser = aiohttp.ClientSession()
        self.ahead = 0.0  # seconds of the world's time, by which tokens and keys live

    def stamp(self) -> float:
        return time.time() + self.ahead

    async def begins(self) -> None:
        """A session is planned, and everybody but Max is in it."""
        self.teams.limits = False
        self.teams.delivery.keys.stamps = self.stamp
        await self.room.adds_bot()
        self.room.rsc = True  # the bot may read everything
        for person in (self.hanna, self.ida, self.ben, self.max):
            await person.installs()
        await self.hanna.mentions_bot(self.room, "new giving-feedback on 24 Mar 14:00 UTC")
        await self.max.writes(self.max.personal, "sessions")
        await self.story.passes(5)

    async def opens(self) -> None:
        """The session is open, with a poll in the room."""
        await self.story.reaches(STARTS)
        await self.hanna.mentions_bot(self.room, "start")
        await self.hanna.mentions_bot(self.room, 'poll "Break now?" Yes "In ten minutes"')
        await self.story.passes(5)
        for person in (self.ida, self.ben, self.gus, *self.others):
            assert "You are checked in" in (await person.presses(self.board("Objective 1", person), "I'm here")).words
        await self.ida.writes(self.room, "hello")  # so that the bot knows that it may read everything
        await self.story.passes(5)

    def board(self, words: str, who: User | None = None) -> Read:
        """The newest message in the room that says this."""
        return message((who or self.ida).reads(self.room), words)

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        with closing(sqlite3.connect(self.database)) as db:
            tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {one: sorted(db.execute(f'SELECT * FROM "{one}"'), key=repr) for one in tables}  # noqa: S608

    @asynccontextmanager
    async def untouched(self, *, answered: bool = False) -> AsyncIterator[None]:
        """Whatever happens meanwhile changes no row, and nothing is written in Teams but answers, where they may be."""
        await self.story.settles()
        before, calls = self.dump(), len(self.writes())
        yield
        await self.story.settles()
        after = self.dump()
        assert {name: rows for name, rows in after.items() if rows != before[name]} == {}
        assert self.writes()[calls:] == [] or answered

    def writes(self) -> list[str]:
        """What the bot has written in Teams."""
        return [one.name for one in self.teams.calls if one.name in {"create", "send", "reply", "update", "delete"}]

    async def raw(self, body: bytes, headers: Mapping[str, str | None], method: str = "POST") -> tuple[int, str]:
        """What a call is answered."""
        url = self.teams.delivery.url
        assert url
        given = {name: value for name, value in headers.items() if value is not None}
        async with self.browser.request(method, url, data=io.BytesIO(body), headers=given) as got:
            return got.status, await got.text()

    async def sends(self, activity: Thing) -> tuple[int, str]:
        """The same of an activity that is properly signed."""
        return await self.raw(json.dumps(activity).encode(), self.good())

    def good(self) -> Thing:
        return {"Authorization": self.teams.good_header(), "Content-Type": JSON}

    # -- what people do, and what they could not do with what stands before them ---------------------------------------

    def written(self, who: User, text: str, room: Room | None = None) -> Thing:
        """Somebody writes to the bot."""
        name = f"<at>{self.teams.bot_name}</at>"
        mentions = {"type": "mention", "text": name, "mentioned": self.teams.bot_account()}
        return activities.activity(room or self.room, who, "message", text=f"{name} {text}", entities=[mentions])

    def press(self, who: User, data: object, room: Room | None = None, **action: Any) -> Thing:
        """Somebody presses what carries this."""
        value = {"action": {"type": "Action.Execute", "verb": "press", "data": data} | action, "trigger": "manual"}
        return self.invoked(who, value, room)

    def refresh(self, who: User, dialog: str, slot: str, room: Room | None = None) -> Thing:
        """Somebody's client asks how this message looks for them."""
        asked = self.press(who, {"d": dialog, "s": slot}, room, verb="refresh")
        return asked | {"value": asked["value"] | {"trigger": "automatic"}}

    def invoked(self, who: User, value: object, room: Room | None = None, name: str = "adaptiveCard/action") -> Thing:
        here = room or self.room
        return activities.activity(here, who, "invoke", name=name, value=value, replyToId=self.teams.new_id())

    async def told(self, who: User, activity: Thing) -> str:
        """What somebody is told of a press: one of the sentences that are known here, else whatever it is."""
        status, body = await self.sends(activity)
        assert status == 200, (status, body)
        said = json.loads(body)
        assert said.keys() == {"statusCode", "type", "value"}
        if said["type"] == CARD:
            words = read_card(said["value"], who).words
            return next((one for one in KNOWN if one in words), THE_CARD)
        wrong = said["type"] == ERROR
        assert (said["type"], said["statusCode"]) in {(TOAST, 200), (ERROR, 400)}
        return str(said["value"]["message"] if wrong else said["value"])


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    ahead: list[World] = []

    def now(_: WallClock) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=ahead[0].ahead if ahead else 0)

    monkeypatch.setattr(WallClock, "now", now)
    async with telling(tmp_path, STARTS - timedelta(days=3)) as story:
        made = World(story, tmp_path / "story.db")
        ahead.append(made)
        await made.begins()
        yield made
        await made.browser.close()


def buttons(read: Read, who: User) -> dict[str, Thing]:
    """The buttons of a message as this person has it, each with what it carries."""
    assert read.message
    shown = [action for card in read.message.shown(who) for action in offered(card)]
    return {str(one["title"]): dict(one["data"]) for one in shown if one["type"] == "Action.Execute"}


# -- at the door -------------------------------------------------------------------------------------------------------


def at_the_door(world: World, activity: Thing) -> Iterator[tuple[str, bytes, Thing, str, int, str]]:
    """A name, the bytes, the headers, the method, and how it is answered."""
    raw, good = json.dumps(activity).encode(), world.good()
    unsigned = {"no header", "empty header", "another scheme", "no token", "garbage", "no signature", "alg none"}
    for name, header in world.teams.bad_headers().items():
        words = NO_TOKEN if name in unsigned else NOT_PROVED
        yield name, raw, {"Authorization": header, "Content-Type": JSON}, "POST", 401, words
    spoiled: dict[str, Thing] = {
        "another bot's token": {"aud": "22222222-2222-4333-8444-555555555555"},
        "audience of several": {"aud": [world.teams.app_id, "x"]},
        "serviceurl without its slash": {"serviceurl": world.teams.service_url.rstrip("/")},
        "serviceurl in capitals": {"serviceurl": world.teams.service_url.upper()},
        "government's issuer": {"iss": "https://api.botframework.us"},
        "expiry in words": {"exp": "tomorrow"},
        "a second too old": {"exp": int(world.stamp()) - 301},
        "too early": {"nbf": int(world.stamp()) + 310},
    }
    for name, claims in spoiled.items():
        header = world.teams.good_header(**claims)
        yield name, raw, {"Authorization": header, "Content-Type": JSON}, "POST", 401, NOT_PROVED
    header = str(good["Authorization"])
    odd = {"two": f"{header} {header}", "a comma": f"{header}, {header}", "huge": header + "a" * 3000}
    for name, value in odd.items():
        yield name, raw, good | {"Authorization": value}, "POST", 401, NO_TOKEN

    def but(**other: Any) -> bytes:
        return json.dumps({key: one for key, one in (activity | other).items() if one is not None}).encode()

    here = activity["conversation"]
    two = {"tenant": {"id": STRANGERS}}
    yield "another channel", but(channelId="webchat"), good, "POST", 401, NO_CHANNEL
    yield "the emulator", but(channelId="emulator"), good, "POST", 401, NO_CHANNEL
    yield "another serviceUrl", but(serviceUrl="https://evil.example/"), good, "POST", 401, NOT_PROVED
    strange = but(conversation=here | {"tenantId": STRANGERS}, channelData=two)
    yield "another organisation", strange, good, "POST", 401, NO_TENANT
    yield "of two organisations", but(channelData=two), good, "POST", 401, NO_TENANT
    nobodys = but(conversation={"id": here["id"]}, channelData=None)
    yield "of no organisation", nobodys, good, "POST", 400, "This does not say whose it is."
    for gone in ("type", "channelId", "serviceUrl", "conversation", "from"):
        yield f"no {gone}", but(**{gone: None}), good, "POST", 400, UNREAD
        yield f"a list as {gone}", but(**{gone: ["x"]}), good, "POST", 400, UNREAD
        yield f"an empty {gone}", but(**{gone: ""}), good, "POST", 400, UNREAD
    for name, body in {
        "no JSON": b'{"type": ',
        "a list": b"[" + raw + b"]",
        "a word": b'"message"',
        "nothing": b"",
        "no text": b"\xff\xfe{}",
        "NaN": raw[:-1] + b', "a": NaN}',
        "half a letter": raw[:-1] + b', "a": "\\ud800"}',
        "very deep": b'{"a":' + b"[" * 100_000,
        "an empty object": b"{}",
        "a form": b"type=message&channelId=msteams",
    }.items():
        kind = "application/x-www-form-urlencoded" if name == "a form" else JSON
        yield name, body, good | {"Content-Type": kind}, "POST", 400, UNREAD
    yield "huge", b" " * LARGEST + raw, good, "POST", 413, ""
    for method in ("GET", "PUT", "DELETE"):
        yield method, raw, good, method, 405, "405: Method Not Allowed"


@pytest.mark.parametrize("kind", ["command", "press", "arrival"])
async def test_nobody_comes_in_without_a_token_of_microsofts(world: World, kind: str) -> None:
    """Each of these would change something, and at the end does."""
    await world.opens()
    made = {
        "command": world.written(world.hanna, 'poll "Hacked?" Yes No'),
        "press": world.press(world.ida, buttons(world.board("Break now?"), world.ida)["Yes"]),
        "arrival": activities.membership(world.room, world.max, [world.max.account()], added=True),
    }[kind]
    no_sender = {"no from", "an empty from"} if kind == "arrival" else set[str]()  # nobody need have done it
    rows = [row for row in at_the_door(world, made) if row[0] not in no_sender]
    async with world.untouched():
        found = {row[0]: await world.raw(row[1], row[2], row[3]) for row in rows}
    assert {name: (status, "" if status == 413 else said) for name, (status, said) in found.items()} == {
        row[0]: row[4:] for row in rows
    }
    before = world.dump()
    assert (await world.sends(made))[0] == 200
    await world.story.passes(5)
    assert world.dump() != before


async def test_a_key_that_does_not_vouch_for_teams_opens_nothing(world: World) -> None:
    await world.opens()
    world.teams.endorses("webchat", "emulator")
    world.teams.rotates_keys()
    world.ahead += 61
    async with world.untouched():
        assert await world.sends(world.written(world.hanna, 'poll "Hacked?" Yes No')) == (401, NO_CHANNEL)


async def test_a_recording_changes_nothing(world: World) -> None:
    await world.opens()
    yes, no = (buttons(world.board("Break now?"), world.ida)[label] for label in ("Yes", "In ten minutes"))
    recorded = [
        json.dumps(one).encode()
        for one in (
            world.written(world.hanna, 'poll "Again?" Yes No'),
            world.press(world.ida, yes),
            world.press(world.ida, no),
            activities.activity(world.room, world.ida, "message", text="one two three"),
        )
    ]
    header = world.good()
    for one in recorded:
        before = world.dump()
        assert (await world.raw(one, header))[0] == 200
        await world.story.passes(5)
        assert world.dump() != before
    for again in (header, world.good()):  # once more, and signed anew, as only Microsoft could
        async with world.untouched():
            assert [(await world.raw(one, again))[0] for one in recorded] == [200] * 4
    world.ahead += 3600
    async with world.untouched():
        assert [await world.raw(one, header) for one in recorded[:3]] != [(401, NOT_PROVED)] * 3  # still in the leeway
    world.ahead += 301
    async with world.untouched():
        assert [await world.raw(one, header) for one in recorded] == [(401, NOT_PROVED)] * 4


# -- keys --------------------------------------------------------------------------------------------------------------


async def votes(world: World, label: str) -> int:
    """How a vote of Ida's is answered."""
    await world.story.settles()
    found = await world.sends(world.press(world.ida, buttons(world.board("Break now?"), world.ida)[label]))
    assert found[0] == 401 or f"Your vote: {label}" in read_card(json.loads(found[1])["value"], world.ida).words
    return found[0]


def asked(world: World) -> int:
    """How often the bot has asked for keys."""
    return len(world.teams.called("metadata"))


async def test_keys_that_change_are_fetched_at_the_first_vote(world: World) -> None:
    await world.opens()
    world.ahead += 61
    before = asked(world)
    assert (await votes(world, "Yes"), asked(world) - before) == (200, 0)
    world.teams.rotates_keys()
    assert (await votes(world, "In ten minutes"), asked(world) - before) == (200, 1)
    world.teams.rotates_keys()  # and once more, before anybody could look again
    assert (await votes(world, "Yes"), asked(world) - before) == (401, 1)
    world.ahead += 60
    assert (await votes(world, "Yes"), asked(world) - before) == (200, 2)


async def test_a_flood_of_unknown_keys_costs_one_look_a_minute_and_nobody_their_vote(world: World) -> None:
    await world.opens()
    keys = world.teams.delivery.keys
    body = json.dumps(world.written(world.hanna, 'poll "Hacked?" Yes No')).encode()

    async def flood(wave: int) -> None:
        for n in range(30):
            claims = keys.claims(world.teams.app_id, world.teams.service_url)
            header = keys.bearer(claims, kid=f"unknown-{wave}-{n}", number=99)
            assert await world.raw(body, {"Authorization": header, "Content-Type": JSON}) == (401, NOT_PROVED)

    for wave, label in enumerate(("Yes", "In ten minutes", "Yes")):
        world.ahead += 61
        before = asked(world)
        async with world.untouched():
            await flood(wave)
        assert asked(world) - before == 1
        assert (await votes(world, label), asked(world) - before) == (200, 1)


async def test_while_keys_cannot_be_fetched_only_those_whose_key_is_known_come_in(world: World) -> None:
    await world.opens()
    known = world.good()
    # A connection that is dropped is tried twice.
    for kinds in ((Fault.http(503),), (Fault.refused(), Fault.refused()), (Fault.error("ServiceError"),)):
        world.ahead += 61
        world.teams.rotates_keys()
        world.teams.next("metadata", *kinds)
        async with world.untouched():
            body = json.dumps(world.written(world.hanna, 'poll "Hacked?" Yes No')).encode()
            assert [(await world.raw(body, world.good()))[0] for _ in range(5)] == [401] * 5
            raw = json.dumps(world.written(world.ida, "help", world.ida.personal)).encode()
        assert (await world.raw(raw, known))[0] == 200  # it was proved before
        keys = world.teams.delivery.keys
        claims = keys.claims(world.teams.app_id, world.teams.service_url, jti=str(world.ahead))
        anew = keys.bearer(claims, kid="key-0", number=0)  # and this is signed with a key that was known before
        assert (await world.raw(raw, {"Authorization": anew, "Content-Type": JSON}))[0] == 200
    world.ahead += 61
    assert await votes(world, "Yes") == 200


async def test_an_empty_list_of_keys_lets_nobody_new_in_and_is_mended_by_the_next(world: World) -> None:
    await world.opens()
    world.ahead += 61
    world.teams.rotates_keys()
    world.teams.serves_no_keys()
    async with world.untouched():
        assert await votes(world, "Yes") == 401
    world.teams.serves_no_keys(nothing=False)
    world.ahead += 61
    assert await votes(world, "Yes") == 200


# -- what our own buttons and forms never carry ------------------------------------------------------------------------


async def test_a_forged_press_changes_nothing(world: World) -> None:
    await world.opens()
    yes = buttons(world.board("Break now?"), world.ida)["Yes"]
    session = buttons(message(world.hanna.direct, "Your session"), world.hanna)["Next step"]
    rows: list[tuple[object, str]] = [
        ("", UNREADABLE),
        ("garbage", UNREADABLE),
        (None, UNREADABLE),
        ([], UNREADABLE),
        ({}, UNREADABLE),
        (5, UNREADABLE),
        ({"d": yes["d"], "s": yes["s"]}, UNREADABLE),
        (yes | {"a": ""}, UNREADABLE),
        (yes | {"a": 1}, UNREADABLE),
        (yes | {"v": [yes["v"]]}, UNREADABLE),
        (yes | {"v": None}, UNREADABLE),
        (yes | {"d": {"$ne": ""}}, UNREADABLE),
        (yes | {"v": yes["v"] + "\x00"}, UNREADABLE),
        (yes | {"v": yes["v"] + "\x1b[31m"}, UNREADABLE),
        (yes | {"v": "y" * 201}, UNREADABLE),
        (yes | {"d": "d" * 201}, UNREADABLE),
        (yes | {"m": "q1"}, UNREADABLE),
        (yes | {"q1": ["x"]}, UNREADABLE),
        (yes | {"q1": "x" * 8001}, TOO_LONG),
        (yes | {f"q{n}": "" for n in range(101)}, UNREADABLE),
        (yes | {"d": "d0123456789abcdef0123"}, GONE),
        (yes | {"d": yes["d"].upper()}, GONE),
        (yes | {"d": yes["d"] + "' OR 1=1 --"}, GONE),
        (yes | {"d": ""}, RECEIVED),
        (yes | {"d": session["d"]}, RECEIVED),
        (session, FACILITATORS),
        (session | {"a": "end"}, FACILITATORS),
        (yes | {"a": "explode"}, THE_CARD),
        (yes | {"v": "a choice that does not exist"}, THE_CARD),
        (yes | {"v": yes["v"] + " "}, THE_CARD),
        (yes | {"a": "close", "v": ""}, CLOSES),
        (yes | {"a": "close", "v": "", "s": "another slot"}, CLOSES),
        (yes | {"f": 1}, THE_CARD),
        (yes | {"f": 1, "a": "close"}, THE_CARD),
    ]
    async with world.untouched():
        for data, expected in rows:
            assert (data, await world.told(world.ida, world.press(world.ida, data))) == (data, expected)
        for data in (yes, session, yes | {"a": "close"}):  # and of whoever has no part in it
            assert await world.told(world.max, world.press(world.max, data, world.max.personal)) == OUTSIDE


async def test_a_press_that_is_not_whole_is_answered_and_changes_nothing(world: World) -> None:
    await world.opens()
    yes = buttons(world.board("Break now?"), world.ida)["Yes"]
    values: list[Any] = [None, "x", [], {}, 5, {"action": None}, {"action": "x"}, {"action": []}, {"action": {}}]
    values += [{"action": {"type": "Action.Execute", "verb": "explode"}, "trigger": "manual"}, {"trigger": "automatic"}]
    values += [{"action": {"data": {}, "verb": ["x"]}}, {"trigger": ["automatic"], "action": {"data": {"d": "x"}}}]
    async with world.untouched():
        for value in values:
            row = world.invoked(world.ida, value)
            refreshes = isinstance(value, dict) and value.get("trigger") == "automatic"
            assert (value, await world.told(world.ida, row)) == (value, RECEIVED if refreshes else UNREADABLE)
        whole = world.press(world.ida, yes)
        for gone in ("value", "id"):
            row = {name: one for name, one in whole.items() if name != gone}
            assert (gone, await world.told(world.ida, row)) == (gone, UNREADABLE)
        for wrong in ("28:" + world.teams.app_id, "19:x", "<script>", "\x00"):
            row = whole | {"from": {"id": wrong, "name": "x"}}
            assert (wrong, await world.told(world.ida, row)) == (wrong, UNREADABLE)
    # What is pressed is in its data; under which verb it is sent changes nothing.
    assert await world.told(world.ida, world.press(world.ida, yes, verb="explode", id=5)) == THE_CARD
    await world.story.passes(5)
    assert "1 of 1" in world.board("Break now?", world.ben)


async def test_other_questions_of_teams_are_not_ours(world: World) -> None:
    await world.opens()
    yes = buttons(world.board("Break now?"), world.ida)["Yes"]
    asked = """
        task/fetch task/submit composeExtension/query composeExtension/submitAction composeExtension/fetchTask
        signin/verifyState signin/tokenExchange fileConsent/invoke actionableMessage/executeAction application/search
        message/submitAction config/fetch tab/fetch adaptiveCard/Action
    """
    async with world.untouched():
        for name in (*asked.split(), "", "\0"):
            for value in ({"data": yes}, {"data": "x"}, {"action": {"data": yes}}, "x", None):
                status, _ = await world.sends(world.invoked(world.ida, value, name=name))
                assert (name, value, status) == (name, value, 501)
        odds: list[Any] = [5, None, ["adaptiveCard/action"], {}]
        for odd in odds:
            row = world.invoked(world.ida, {"action": {"data": yes}}) | {"name": odd}
            assert (odd, (await world.sends(row))[0]) == (odd, 501)
        for kind in ("typing", "endOfConversation", "trace", "handoff", "nonsense", "Message", "event", "command"):
            row = world.written(world.hanna, 'poll "Hacked?" Yes No') | {"type": kind}
            assert (kind, (await world.sends(row))[0]) == (kind, 200)


async def test_forged_forms_change_nothing(world: World) -> None:
    """After the session, with the survey out: its form is everybody's who was there, and nobody else's."""
    await world.opens()
    poll = buttons(world.board("Break now?"), world.ida)["Yes"]
    await world.hanna.mentions_bot(world.room, "end")
    await world.story.passes(60)
    await world.hanna.mentions_bot(world.room, "roster remove @Ben Okafor")
    await world.story.passes(5)
    form = buttons(message(world.ida.direct, "How was"), world.ida)["Send my answers"]
    assert form["f"] == 1
    rows = world.dump()
    [hanna] = [row[3] for row in rows["identity"] if row[2] == world.hanna.aad_id]
    [desk] = [row[0] for row in rows["dialog"] if row[2:4] == (f"person:{hanna}", "desk")]
    good = form | {"q1": "4", "q2": "4", "rating": "4"}
    cases: list[tuple[User, object, str]] = [
        (world.ida, good | {"d": poll["d"], "s": poll["s"], "a": "close"}, THE_CARD),
        (world.ida, good | {"d": poll["d"], "s": poll["s"], "a": "vote"}, THE_CARD),
        (world.max, good, OUTSIDE),
        (world.ben, good, OUTSIDE),
        (world.max, good | {"d": desk, "a": "create"}, NOT_YOURS),
        (world.ida, good | {"d": desk, "a": "create", "session": "{}"}, NOT_YOURS),
        (world.ida, good | {"d": "dnone"}, GONE),
        (world.ida, good | {"d": ""}, RECEIVED),
        (world.ida, good | {"a": "explode"}, THE_CARD),
        (world.ida, good | {"a": ""}, UNREADABLE),
        (world.ida, good | {"s": 1}, UNREADABLE),
        (world.ida, good | {"s": "\x00"}, UNREADABLE),
        (world.ida, good | {"s": "s" * 3000}, UNREADABLE),
        (world.ida, good | {"q1\x00": "x"}, UNREADABLE),
        (world.ida, good | {"q1": {"a": 1}}, UNREADABLE),
        (world.ida, good | {"a": "close", "f": 0}, CLOSES_SURVEY),
        (world.ida, good | {"f": 2}, THE_CARD),
    ]
    async with world.untouched():
        for who, data, expected in cases:
            found = await world.told(who, world.press(who, data, who.personal))
            assert (who.name, data, found) == (who.name, data, expected)


async def test_what_is_for_one_person_is_shown_to_nobody_else(world: World) -> None:
    """By refresh, by “mine” or by a press that is refused: who asks sees their own, or nothing."""
    await world.story.reaches(STARTS - timedelta(hours=24))
    checklist = buttons(message(world.ben.direct, "Get ready"), world.ben)["I need help"]
    await world.ben.presses(message(world.ben.direct, "Get ready"), "Tick")
    await world.ben.presses(message(world.ben.direct, "Get ready"), "I need help")
    await world.story.passes(5)
    async with world.untouched():  # a list of one's own, though it is the same message
        for who, words in ((world.ida, "5 items are open"), (world.ben, "Help asked: Try your headset")):
            status, body = await world.sends(world.refresh(who, checklist["d"], checklist["s"], who.personal))
            assert (status, words in read_card(json.loads(body)["value"], who).words) == (200, True), body
    await world.opens()
    flag = buttons(message(world.hanna.direct, "needs help to get ready"), world.hanna)["Helped"]
    console = buttons(message(world.hanna.direct, "Your session"), world.hanna)["Next step"]
    board = buttons(world.board("Break now?"), world.ida)["Yes"]
    rows = world.dump()
    desks = [row[0] for row in rows["dialog"] if row[3] == "desk"]
    slots = sorted({str(row[2]) for row in rows["post"]} | {str(row[3]) for row in rows["post"]} | {"desk", "flag"})
    others = [(console["d"], console["s"]), (flag["d"], flag["s"])]
    [his] = [row[3] for row in rows["identity"] if row[2] == world.max.aad_id]
    theirs = [row[0] for row in rows["dialog"] if row[3] == "desk" and row[2] != f"person:{his}"]
    async with world.untouched():
        for dialog, slot in (*others, *((desk, "desk") for desk in desks)):
            for who in (world.ida, world.ben, world.gus):
                assert await world.told(who, world.refresh(who, dialog, slot)) == RECEIVED
        for dialog in (checklist["d"], board["d"], console["d"], flag["d"], *theirs):
            for slot in slots:
                answer = await world.told(world.max, world.refresh(world.max, dialog, slot, world.max.personal))
                assert (dialog, slot, answer) == (dialog, slot, RECEIVED)
        # “Mine” is for whoever is in the session.
        mine = {"d": console["d"], "s": "", "a": "mine", "v": ""}
        assert await world.told(world.max, world.press(world.max, mine, world.max.personal)) == OUTSIDE
        for who in (world.ida, world.gus):
            status, body = await world.sends(world.press(who, mine))
            assert (status, "needs help" in body, "Next step" in body) == (200, False, False)
        assert await world.told(world.ida, world.press(world.ida, mine | {"d": "dnone"})) == GONE


# -- whose buttons and commands these are ------------------------------------------------------------------------------


PRESSED = {
    "Your session: Open the session": f"{FACILITATORS} It starts Wed 24 Mar, 14:00 UTC.",
    "Your session: Next step": FACILITATORS,
    "Your session: End the session": FACILITATORS,
    "needs help to get ready: Helped": HELPED,
    "Break now?: Close the poll": CLOSES,
    "What first?: Close the question": FACILITATORS,
    "What first?: Not here": FACILITATORS,
    "What surprised you?: Answered aloud": FACILITATORS,
    "What surprised you?: Close the question": FACILITATORS,
    "Quiet on: What surprised you?: Call on …": FACILITATORS,
    "Quiet on: What surprised you?: Poll it": FACILITATORS,
    "Quiet on: What surprised you?: More time": FACILITATORS,
    "Quiet on: What surprised you?: Answered aloud": FACILITATORS,
    "Survey: How was: Close the survey": CLOSES_SURVEY,
}


async def test_facilitators_buttons_are_facilitators_alone(world: World) -> None:
    """Ida learns here, Gus has no account, Max knows the ids and is not in the session."""
    pressed: dict[str, set[str]] = {}

    async def all_try(said: str, *labels: str, private: bool = True) -> None:
        await world.story.passes(1)
        if not private:
            await world.hanna.looks(world.room)
        read = message(world.hanna.direct, said) if private else world.board(said, world.hanna)
        found = {re.sub("Call on .*", "Call on …", name): data for name, data in buttons(read, world.hanna).items()}
        assert found.keys() >= set(labels), found
        async with world.untouched():
            for label in labels or found:
                for who, room in ((world.ida, world.ida.personal), (world.ida, world.room), (world.gus, world.room)):
                    told = await world.told(who, world.press(who, found[label], room))
                    pressed.setdefault(f"{said}: {label}", set()).add(told)
                copied = world.press(world.max, found[label], world.max.personal)
                assert await world.told(world.max, copied) == OUTSIDE

    await all_moments(world, STARTS, lambda command: world.hanna.mentions_bot(world.room, command), all_try)
    assert pressed == {name: {told} for name, told in PRESSED.items()}


async def test_facilitators_commands_are_facilitators_alone(world: World) -> None:
    own = {"help", "new", "sessions", "here"}  # what is not said in a session, but of one's own
    rows = {row.example: name for name, row in VERBS.items() if name not in own}
    assert len(rows) >= 12
    await world.opens()
    await world.ida.writes(world.ida.personal, "sessions")
    async with world.untouched(answered=True):
        for typed, verb in rows.items():
            expected = f"Only a facilitator of this session can use “{verb}”."
            for who, sees in ((world.ida, world.ida.personal), (world.gus, world.room)):
                assert (await world.sends(world.written(who, typed)))[0] == 200
                await world.story.settles()
                assert (verb, who.reads(sees)[-1].words) == (verb, expected)
    async with world.untouched(answered=True):  # where she is alone with the bot, the session of others is not meant
        for typed, verb in rows.items():
            if verb not in {"start", "poll"}:
                await world.ida.writes(world.ida.personal, typed)
                await world.story.settles()
                said = world.ida.direct[-1].words.partition(" could")[0]
                assert said == f"No session is open here that “{verb}”"


# -- guests without an account -----------------------------------------------------------------------------------------


async def test_whoever_has_no_account_takes_part_and_creates_nothing(world: World) -> None:
    await world.opens()
    told = await world.gus.presses(world.board("Break now?", world.gus), "Yes")
    assert "Your vote: Yes" in told.words
    await world.story.passes(5)
    assert "1 of 1" in world.board("Break now?", world.ben)
    before = world.dump()
    for typed, expected in {
        "new giving-feedback on 25 Mar 14:00 UTC": "You are a guest here. Ask your administrator for a link with which"
        " you can create sessions.",
        'start "Mine"': "Only a facilitator of this session can use “start”.",
    }.items():
        assert (await world.sends(world.written(world.gus, typed)))[0] == 200
        await world.story.settles()
        assert world.gus.reads(world.room)[-1].words == expected
    after = world.dump()
    made = [row for row in after["dialog"] if row not in before["dialog"]]
    assert [row[3] for row in made] == ["desk"]  # an empty one of his own, on which he is told so
    assert after["note"] == before["note"]
    # Who claims to be somebody by an id that is none is nobody's account, and neither is the same id of another.
    yes = buttons(world.board("Break now?"), world.ida)["In ten minutes"]
    forged = world.press(world.gus, yes) | {"from": world.gus.account() | {"aadObjectId": "' OR 1=1 --"}}
    assert await world.told(world.gus, forged) == THE_CARD
    await world.story.passes(5)
    assert "0 of 1 · 0 %" in world.board("Break now?", world.ben)  # his own vote has changed
    assert len(world.dump()["person"]) == len(before["person"])
