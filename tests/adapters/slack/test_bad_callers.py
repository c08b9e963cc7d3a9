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

from adapters.slack.door import LARGEST
from dialogs.verbs import VERBS
from tests.adapters.moments import all_moments
from tests.slack import payloads
from tests.slack.delivery import COMMANDS, EVENTS, INTERACTIVE, encoded, signed
from tests.slack.messages import Message, elements
from tests.slack.people import User
from tests.slack.reading import Read
from tests.stories.workspace import SIGNING, Room, Story, message, telling

Thing = dict[str, Any]

STARTS = datetime(2027, 3, 24, 14, tzinfo=UTC)
TITLE = "Giving feedback that lands"
UNREADABLE = "Slack sent something that is not known here. Open it again and repeat."
STRANGE = "Cohost is not installed in this workspace. Ask an administrator to install it."
GONE = "That is not here any more. Please load the page again."
NO_FORM = "This form is not here any more. Nothing was changed."
OUTSIDE = "You are not in this session."
FACILITATORS = "Only a facilitator can do that."
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


class World:
    """A class: Hanna leads, Ida and Ben learn, Zoe is a guest of another company, Max has no part in it."""

    def __init__(self, story: Story, database: Path) -> None:
        self.story, self.database = story, database
        self.hanna, self.ida, self.ben, self.max = (
            story.team.user(name) for name in ("Hanna Frei", "Ida Lund", "Ben Okafor", "Max Outside")
        )
        self.umbrella = story.slack.team("T2", name="Umbrella", installed=False)
        self.zoe = self.umbrella.user("Zoe Guest")
        self.others = [story.team.user(name) for name in ("Dora Lind", "Eli Marsh")]  # enough for a survey
        members = [self.hanna, self.ida, self.ben, *self.others]
        self.room: Room = story.team.channel("feedback", members=members)
        self.browser = aiohttp.ClientSession()

    async def begins(self) -> None:
        """A session is planned, and everybody but Max is in it."""
        await self.room.invite_bot()
        await self.room.share_with(self.umbrella)
        await self.zoe.joins(self.room)
        await self.hanna.types(self.room, "/ilt new giving-feedback on 24 Mar 14:00 UTC")
        await self.max.types(self.max.dm, "/ilt sessions")
        await self.story.passes(5)

    async def opens(self) -> None:
        """The session is open, with a poll in the room."""
        await self.story.reaches(STARTS)
        await self.hanna.types(self.room, "/ilt start")
        await self.hanna.types(self.room, '/ilt poll "Break now?" Yes "In ten minutes"')
        await self.story.passes(5)
        for person in (self.ida, self.ben, self.zoe, *self.others):
            await person.presses(self.board("Objective 1"), "I'm here")
        await self.story.passes(5)

    def board(self, words: str) -> Read:
        """The newest message in the channel that says this."""
        return message([one for one in self.ida.reads(self.room) if not one.private], words)

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        with closing(sqlite3.connect(self.database)) as db:
            tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {one: sorted(db.execute(f'SELECT * FROM "{one}"'), key=repr) for one in tables}  # noqa: S608

    @asynccontextmanager
    async def untouched(self) -> AsyncIterator[None]:
        """Whatever happens meanwhile changes no row."""
        await self.rests()
        before, calls = self.dump(), len(self.writes())
        yield
        await self.rests()
        after = self.dump()
        assert {name: rows for name, rows in after.items() if rows != before[name]} == {}
        assert self.writes()[calls:] == []

    def writes(self) -> list[str]:
        """What the bot has written in Slack, other than answers to whoever acted."""
        written = ("chat.postMessage", "chat.update", "views.open", "views.publish")
        return [call.method for call in self.story.slack.calls if call.method in written]

    async def rests(self) -> None:
        """Everything that follows has happened."""
        await self.story.adapter.settled()
        await self.story.settles()

    async def raw(self, body: bytes, headers: Mapping[str, str], method: str = "POST") -> tuple[int, str]:
        """What a call is answered."""
        url = self.story.slack.delivery.url
        assert url
        async with self.browser.request(method, url, data=io.BytesIO(body), headers=dict(headers)) as got:
            return got.status, await got.text()

    async def sends(self, kind: str, payload: Thing, later: int = 0) -> tuple[int, str]:
        """The same, properly signed."""
        body, content = encoded(kind, payload)
        return await self.raw(body, signed(body, SIGNING, int(time.time()) + later) | {"Content-Type": content})

    async def told(self, who: User, payload: Thing, room: Room | None = None) -> str:
        """What somebody is told of a press, if anything; the press itself is acknowledged with nothing."""
        room = room or self.room
        before = {one.ts for one in room.messages}
        assert await self.sends(INTERACTIVE, payload) == (200, "")
        await self.rests()
        return " / ".join(
            one.read_by(who).words for one in room.messages if one.only == who.id and one.ts not in before
        )

    def press(self, who: User, source: Message, value: str, action_id: str = "a", room: Room | None = None) -> Thing:
        """A press of a button with this value, on that message or on a copy of it in a room of one's own."""
        where = source if room is None else Message(room, source.ts, source.user, source.team, source.text)
        install = self.story.team.installed()
        element: Thing = {"type": "button", "action_id": action_id, "value": value}
        action = payloads.action(who, {"block_id": "b"}, element, None)
        return payloads.block_actions(who, where, install, [action])

    def sent(self, who: User, metadata: object, values: Thing | None = None) -> Thing:
        """A form that is sent, with this in it."""
        raw = metadata if isinstance(metadata, str) else json.dumps(metadata)
        view: Thing = {"id": self.story.slack.new_id("V"), "type": "modal", "callback_id": "form"}
        view |= {"private_metadata": raw, "state": {"values": values or {}}, "blocks": []}
        view |= {"app_installed_team_id": self.story.team.id}
        install = self.story.team.installed()
        made = payloads.block_actions(who, self.room.messages[0], install, [])
        made = {name: made[name] for name in ("team", "user", "api_app_id", "token", "trigger_id")}
        return made | {"type": "view_submission", "view": view}

    def event(self, happened: Thing) -> Thing:
        """An event on its way."""
        return self.story.slack.delivery._enveloped(self.story.team.installed(), happened, external=False)

    def said(self, who: User, **more: Any) -> Thing:
        """Somebody writes in the channel."""
        ts = self.story.slack.ts()
        about = {"type": "message", "channel": self.room.id, "channel_type": "channel", "user": who.id}
        return about | {"text": "one two three", "ts": ts, "event_ts": ts, "team": who.team.id} | more


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with telling(tmp_path, STARTS - timedelta(days=3)) as story:
        made = World(story, tmp_path / "story.db")
        await made.begins()
        yield made
        await made.browser.close()


def values(read: Read) -> dict[str, str]:
    """The buttons of a message, each with what it carries."""
    assert read.message
    found = {}
    for element in (one for block in read.message.blocks for one in elements(block)):
        for one in element.get("options", (element,)):
            if "value" in one:
                found[one["text"]["text"]] = one["value"]
    return found


def parts(read: Read, label: str) -> list[str]:
    """What a button carries, apart."""
    found: list[str] = json.loads(values(read)[label])
    return found


def carried(*pieces: Any) -> str:
    """As our own buttons carry it."""
    return json.dumps(list(pieces), ensure_ascii=False, separators=(",", ":"))


def words(body: str) -> str:
    """What an answer in the body says: plain, as a message, or as a page of a form."""
    try:
        said = json.loads(body)
    except ValueError:
        return body
    text = json.dumps(said.get("view") or said.get("text"), ensure_ascii=False)
    return next((one for one in (STRANGE, GONE, UNREADABLE, OUTSIDE, "That is not yours.") if one in text), text)


# -- at the door -------------------------------------------------------------------------------------------------------


def at_the_door(command: bytes, event: bytes) -> Iterator[tuple[str, bytes, Thing, str, int, str]]:
    """A name, the bytes, the headers, the method, and how it is answered."""
    now = int(time.time())
    good = signed(command, SIGNING, now) | {"Content-Type": FORM}
    stamp, signature = "X-Slack-Request-Timestamp", "X-Slack-Signature"
    missing, wrong = "The signature is missing.", "The signature does not fit."
    mac = good[signature]

    def at(moment: object) -> Thing:
        return good | {stamp: str(moment)}

    def without(name: str) -> Thing:
        return {key: value for key, value in good.items() if key != name}

    yield "no signature", command, without(signature), "POST", 401, missing
    yield "no headers", command, {"Content-Type": FORM}, "POST", 401, missing
    yield "no timestamp", command, without(stamp), "POST", 401, missing
    yield "an empty one", command, good | {signature: ""}, "POST", 401, missing
    for name, given in {
        "short": mac[:-1],
        "long": mac + "0",
        "wrong": mac[:-1] + ("1" if mac[-1] == "0" else "0"),
        "shouted": mac.upper(),
        "no version": mac[3:],
        "another version": "v1" + mac[2:],
        "no ascii": "v0=é",
    }.items():
        yield name, command, good | {signature: given}, "POST", 401, wrong
    other = signed(command, SIGNING[::-1], now) | {"Content-Type": FORM}
    yield "another secret", command, other, "POST", 401, wrong
    yield "another moment", command, at(now - 1), "POST", 401, wrong
    yield "body changed", command.replace(b"help", b"end+"), good, "POST", 401, wrong
    yield "body longer", command + b"&x=1", good, "POST", 401, wrong
    for name, moment in {"old": now - 310, "future": now + 310, "the beginning": 0}.items():
        late = signed(command, SIGNING, moment) | {"Content-Type": FORM}
        yield name, command, late, "POST", 401, "The timestamp is too far from now."
    for stamped in ("abc", "1e9", "-5", "0x10", "١٢٣", "1.5", "9" * 40):
        yield f"timestamp {stamped}", command, at(stamped), "POST", 401, "The timestamp is not a number."
    for method in ("GET", "PUT", "DELETE"):
        yield method, command, good, method, 405, "405: Method Not Allowed"
    for name, body in {
        "no JSON": b'{"type": ',
        "a list": b"[1, 2]",
        "a word": b'"event_callback"',
        "nothing": b"",
        "no text": b"\xff\xfe{}",
        "NaN": b'{"a": NaN}',
        "half a letter": b'{"a": "\\ud800"}',
        "very deep": b'{"a":' + b"[" * 100_000,
        "a form of nothing": b"a=1&b=2",
        "payload no JSON": b"payload=x",
        "payload a list": b"payload=%5B1%5D",
    }.items():
        yield name, body, signed(body, SIGNING, now) | {"Content-Type": JSON}, "POST", 400, "This cannot be read."
    huge = b"a" * (LARGEST + 1)
    yield "huge", huge, signed(huge, SIGNING, now), "POST", 413, ""
    yield "an empty object", b"{}", signed(b"{}", SIGNING, now) | {"Content-Type": JSON}, "POST", 200, ""
    yield "an event as a form", event, signed(event, SIGNING, now) | {"Content-Type": FORM}, "POST", 200, ""


async def test_nobody_comes_in_without_the_secret(world: World) -> None:
    body, _ = encoded(COMMANDS, payloads.command(world.ida, world.room, world.story.team.installed(), "/ilt", "help"))
    event, _ = encoded(EVENTS, world.event(world.said(world.ida, bot_id="B9")))
    rows = [*at_the_door(body, event)]
    async with world.untouched():
        found = {row[0]: await world.raw(row[1], row[2], row[3]) for row in rows}
    assert {name: (status, "" if status == 413 else said) for name, (status, said) in found.items()} == {
        row[0]: row[4:] for row in rows
    }


async def test_a_recording_is_let_in_once(world: World) -> None:
    await world.opens()
    install, board = world.story.team.installed(), world.board("Break now?")
    assert board.message
    typed = payloads.command(world.hanna, world.room, install, "/ilt", 'poll "Again?" Yes No')
    vote = world.press(world.ida, board.message, values(board)["Yes"])
    said = world.event(world.said(world.ida))
    recorded = []
    for kind, payload in ((COMMANDS, typed), (INTERACTIVE, vote), (EVENTS, said)):
        body, content = encoded(kind, payload)
        recorded.append((body, signed(body, SIGNING, int(time.time())) | {"Content-Type": content}))
        before = world.dump()
        assert (await world.raw(*recorded[-1]))[0] == 200
        await world.story.passes(5)
        assert world.dump() != before
    async with world.untouched():
        assert [await world.raw(*one) for one in recorded] == [
            (401, "This was sent before."),
            (401, "This was sent before."),
            (200, ""),
        ]
    async with world.untouched():  # and signed anew, as only Slack could
        anew = ((COMMANDS, typed), (INTERACTIVE, vote), (EVENTS, said))
        assert [(await world.sends(kind, one, later=30))[0] for kind, one in anew] == [200, 200, 200]


async def test_where_the_app_is_not_installed_nothing_is_heard(world: World) -> None:
    """Signed by Slack, all of it: somebody else's workspace, in which the same app could be."""
    await world.opens()
    board = world.board("Break now?")
    assert board.message
    install, theirs = world.story.team.installed(), {"id": "T9", "domain": "theirs"}
    typed = payloads.command(world.zoe, world.room, install, "/ilt", "end") | {"team_id": "T9"}
    pressed = world.press(world.zoe, board.message, values(board)["Yes"]) | {"team": theirs}
    pressed["user"] |= {"team_id": "T9"}
    form = world.sent(world.zoe, {"dialog": parts(board, "Yes")[0], "slot": "board", "action": "close"})
    form["view"]["app_installed_team_id"] = "T9"
    event = world.event(world.said(world.zoe)) | {"team_id": "T9", "context_team_id": "T9"}
    event["authorizations"] = [{"team_id": "T9", "enterprise_id": None, "user_id": "U9", "is_bot": True}]
    gone = event | {"event": {"type": "app_uninstalled"}, "event_id": "EvGone"}
    revoked = {"type": "tokens_revoked", "tokens": {"bot": [install.bot.id, "U9"]}}
    async with world.untouched():
        status, said = await world.sends(COMMANDS, typed)
        assert (status, words(said)) == (200, STRANGE)
        assert await world.told(world.zoe, pressed) == STRANGE
        status, said = await world.sends(INTERACTIVE, form)
        assert (status, words(said)) == (200, STRANGE)
        for one in (event, gone, event | {"event": revoked, "event_id": "EvToken"}):
            assert await world.sends(EVENTS, one) == (200, "")
        # Whoever ends the app in their workspace has not ended it in ours.
        status, said = await world.sends(COMMANDS, payloads.command(world.ida, world.room, install, "/ilt", "help"))
        assert (status, "Cohost's commands" in said) == (200, True)


# -- what our own buttons and forms never carry ------------------------------------------------------------------------


async def test_a_forged_press_changes_nothing(world: World) -> None:
    await world.opens()
    board, desk = world.board("Break now?"), message(world.hanna.direct, "Your session")
    assert board.message
    dialog, slot, action, yes = parts(board, "Yes")
    session, its = parts(desk, "Next step")[:2]
    rows = {
        "": UNREADABLE,
        "garbage": UNREADABLE,
        "{}": UNREADABLE,
        carried(dialog, slot, action): UNREADABLE,
        carried(dialog, slot, action, yes, yes): UNREADABLE,
        carried(dialog, slot, action, 1): UNREADABLE,
        carried(dialog, slot, action, [yes]): UNREADABLE,
        json.dumps([dialog, slot, action, yes]): UNREADABLE,  # ours has no spaces
        carried(dialog, slot, action, yes + "\x00"): UNREADABLE,
        carried(dialog, slot, action, yes + "\x1b[31m"): UNREADABLE,
        carried(dialog, slot, action, "y" * 201): UNREADABLE,
        carried(dialog, slot, action, "y" * 5000): UNREADABLE,
        carried("d" * 201, slot, action, yes): UNREADABLE,
        carried("d0123456789abcdef0123", slot, action, yes): GONE,
        carried(dialog.upper(), slot, action, yes): GONE,
        carried(dialog + "' OR 1=1 --", slot, action, yes): GONE,
        carried("", slot, action, yes): "",
        carried(session, slot, action, yes): "",
        carried(session, its, "next", ""): FACILITATORS,
        carried(session, its, "end", ""): FACILITATORS,
        carried(dialog, slot, "explode", yes): "",
        carried(dialog, slot, action, "a choice that does not exist"): "",
        carried(dialog, slot, action, yes + " "): "",
        carried(dialog, slot, "close", ""): "Only a facilitator can close this poll.",
        carried(dialog, "another slot", "close", ""): "Only a facilitator can close this poll.",
    }
    async with world.untouched():
        found = {value: await world.told(world.ida, world.press(world.ida, board.message, value)) for value in rows}
    assert found == rows
    opening = {carried(dialog, slot, "form", ""): NO_FORM, carried("dnone", "form", "form", ""): NO_FORM}
    async with world.untouched():
        made = {one: world.press(world.ida, board.message, one, "form") for one in opening}
        assert {one: await world.told(world.ida, payload) for one, payload in made.items()} == opening


async def test_forged_form_metadata_changes_nothing(world: World) -> None:
    """After the session, with the survey out: its form is everybody's who was there, and nobody else's."""
    await world.opens()
    dialog, slot, *_ = parts(world.board("Break now?"), "Yes")
    await world.hanna.types(world.room, "/ilt end")
    await world.story.passes(60)
    await world.hanna.types(world.room, "/ilt roster remove Ben")
    await world.story.passes(5)
    form = parts(message(world.ida.direct, "How was"), "Open the form")
    survey = {"dialog": form[0], "slot": form[1], "action": "send"}
    [hanna] = [row[3] for row in world.dump()["identity"] if row[2] == f"T1/{world.hanna.id}"]
    [desk] = [row[0] for row in world.dump()["dialog"] if row[2:4] == (f"person:{hanna}", "desk")]
    good = {name: {"value": {"type": "radio_buttons", "selected_option": {"value": "4"}}} for name in ("q1", "rating")}
    rows: list[tuple[User, object, str]] = [
        (world.ida, {"dialog": dialog, "slot": slot, "action": "close"}, ""),
        (world.ida, {"dialog": dialog, "slot": slot, "action": "vote"}, ""),
        (world.max, survey, OUTSIDE),
        (world.max, survey | {"dialog": desk, "action": "create"}, "That is not yours."),
        (world.ida, survey | {"dialog": "dnone"}, GONE),
        (world.ida, survey | {"dialog": ""}, ""),
        (world.ida, survey | {"action": "explode"}, ""),
        (world.ida, survey | {"action": ""}, UNREADABLE),
        (world.ida, survey | {"extra": "1"}, UNREADABLE),
        (world.ida, survey | {"slot": 1}, UNREADABLE),
        (world.ida, survey | {"slot": "\x00"}, UNREADABLE),
        (world.ida, survey | {"slot": "s" * 3000}, UNREADABLE),
        (world.ida, {"dialog": form[0]}, UNREADABLE),
        (world.ida, "no JSON", UNREADABLE),
        (world.ida, "[]", UNREADABLE),
        (world.ida, "", UNREADABLE),
    ]
    async with world.untouched():
        for who, metadata, expected in rows:
            status, said = await world.sends(INTERACTIVE, world.sent(who, metadata, good))
            assert (metadata, status, words(said)) == (metadata, 200, expected)
        for who in (world.max, world.ben):  # who was never in, and who is not in any more
            copied = world.press(who, world.room.messages[0], carried(*form), "form", who.dm)
            assert await world.told(who, copied, who.dm) == NO_FORM


# -- whose buttons and commands these are ------------------------------------------------------------------------------


DO, HELPED = FACILITATORS, "Only a facilitator can mark this as helped."
PRESSED = {
    "Your session: Open the session": f"{DO} It starts Mar 24, 2027, 2:00 PM.",
    "Your session: Next step": DO,
    "Your session: End the session": DO,
    "needs help to get ready: Helped": HELPED,
    "Break now?: Close the poll": "Only a facilitator can close this poll.",
    "What first?: Close the question": DO,
    "What first?: Not here": DO,
    "What surprised you?: Answered aloud": DO,
    "What surprised you?: Close the question": DO,
    "Quiet on: What surprised you?: Call on …": DO,
    "Quiet on: What surprised you?: Poll it": DO,
    "Quiet on: What surprised you?: More time": DO,
    "Quiet on: What surprised you?: Answered aloud": DO,
    "Survey: How was: Close the survey": "Only a facilitator can close this survey.",
}


async def test_facilitators_buttons_are_facilitators_alone(world: World) -> None:
    """Ida learns here, Zoe is a guest of another company, Max knows the ids and is not in the session."""
    pressed: dict[str, set[str]] = {}

    async def all_try(said: str, *labels: str, private: bool = True) -> None:
        await world.story.passes(1)
        read = message(world.hanna.direct, said) if private else world.board(said)
        assert read.message
        buttons = {re.sub("Call on .*", "Call on …", label): value for label, value in values(read).items()}
        assert buttons.keys() >= set(labels), buttons
        async with world.untouched():
            for who, room in ((world.ida, world.ida.dm), (world.ida, world.room), (world.zoe, world.room)):
                for label in labels or buttons:
                    told = await world.told(who, world.press(who, read.message, buttons[label], room=room), room)
                    pressed.setdefault(f"{said}: {label}", set()).add(told)
            for label in labels or buttons:  # he is in neither, and copies it into the one room that he has
                copied = world.press(world.max, read.message, buttons[label], room=world.max.dm)
                assert await world.told(world.max, copied, world.max.dm) == OUTSIDE

    await all_moments(world, STARTS, lambda command: world.hanna.types(world.room, f"/ilt {command}"), all_try)
    assert pressed == {name: {told} for name, told in PRESSED.items()}


async def test_facilitators_commands_are_facilitators_alone(world: World) -> None:
    own = {"help", "new", "sessions", "here"}  # what is not said in a session, but of one's own
    rows = {row.example: name for name, row in VERBS.items() if name not in own}
    assert len(rows) >= 12
    install = world.story.team.installed()
    await world.opens()
    await world.ida.types(world.ida.dm, "/ilt sessions")
    async with world.untouched():
        for typed, verb in rows.items():
            told = payloads.command(world.ida, world.room, install, "/ilt", typed)
            status, said = await world.sends(COMMANDS, told)
            expected = f"Only a facilitator of this session can use “{verb}”."
            assert (status, json.loads(said)["text"]) == (200, expected)
    async with world.untouched():  # and where she is alone with the bot, the session of others is not meant
        for typed, verb in rows.items():
            if verb not in {"start", "poll"}:
                told = payloads.command(world.ida, world.ida.dm, install, "/ilt", typed)
                status, said = await world.sends(COMMANDS, told)
                assert (status, json.loads(said)["text"].partition(" could")[0]) == (
                    200,
                    f"No session is open here that “{verb}”",
                )


# -- events ------------------------------------------------------------------------------------------------------------


async def test_what_nobody_writes_is_not_heard(world: World) -> None:
    await world.opens()
    install, ida = world.story.team.installed(), world.ida
    root = world.board("Objective 1").message
    assert root
    ours = {"bot_id": install.bot_id, "app_id": "A0COHOST", "user": install.bot.id}
    rows = {
        "ours": world.said(ida, **ours),
        "ours in a thread": world.said(ida, **ours, thread_ts=root.ts),
        "ours without its bot": world.said(install.bot),
        "another bot": world.said(ida, bot_id="B0OTHER"),
        "another app": world.said(ida, app_id="A0OTHER"),
        "a bot of old": world.said(ida, subtype="bot_message", bot_id="B0OLD", username="x"),
        "changed": world.said(ida, subtype="message_changed", hidden=True, message={"user": ida.id, "text": "a b c"}),
        "deleted": world.said(ida, subtype="message_deleted", hidden=True, previous_message={"user": ida.id}),
        "reply": world.said(ida, subtype="message_replied", message={}),
        "join": world.said(ida, subtype="channel_join"),
        "topic": world.said(ida, subtype="channel_topic", topic="x"),
        "Slackbot": world.said(ida, user="USLACKBOT"),
        "nobody": world.said(ida, user=""),
        "nowhere": world.said(ida, channel=""),
        "elsewhere": world.said(ida, channel="C0ELSEWHERE"),
    }
    async with world.untouched():
        assert {name: await world.sends(EVENTS, world.event(one)) for name, one in rows.items()} == dict.fromkeys(
            rows, (200, "")
        )
    before = world.dump()
    await world.sends(EVENTS, world.event(world.said(ida)))
    assert world.dump() != before


async def test_events_with_something_missing_and_events_unknown_are_taken(world: World) -> None:
    await world.opens()
    whole = world.event(world.said(world.ida))
    assert await world.sends(EVENTS, whole) == (200, "")
    await world.rests()
    kinds: list[str] = ["", "link_shared", "function_executed", "nonsense", "message", "reaction_added"]
    kinds += [
        "member_joined_channel",
        "member_left_channel",
        "app_home_opened",
        "user_change",
        "channel_id_changed",
        "tokens_revoked",
        "\u0000",
    ]
    rows = [{name: one for name, one in whole.items() if name != gone} for gone in whole]
    rows += [whole | {"event": {k: v for k, v in whole["event"].items() if k != gone}} for gone in whole["event"]]
    rows += [whole | {"event": {"type": kind}} for kind in kinds]
    rows += [whole | {name: None} for name in whole if name not in {"type", "event"}]
    rows += [{"type": "app_rate_limited", "team_id": world.story.team.id, "minute_rate_limited": 1, "token": "x"}]
    async with world.untouched():
        for row in rows:
            assert (row, await world.sends(EVENTS, row)) == (row, (200, ""))
    shapes: list[Any] = ["x", [], [1], 5, None, whole["event"] | {"user": 5}]
    bad: list[Thing] = [whole | {"event": one} for one in shapes]
    shapes = ["x", [1], {}, 5]
    bad += [whole | {"authorizations": one} for one in shapes] + [whole | {"type": 5}]
    async with world.untouched():
        for row in bad:
            assert (row, await world.sends(EVENTS, row)) == (row, (400, "This cannot be read."))


async def test_what_nobody_asked_for_is_taken_and_what_is_not_whole_is_refused(world: World) -> None:
    await world.opens()
    board = world.board("Break now?")
    assert board.message
    press = world.press(world.ida, board.message, values(board)["Yes"])
    about = {name: press[name] for name in ("team", "user", "api_app_id", "token", "trigger_id")}
    view = world.sent(world.ida, "")["view"]
    taken = [
        about | {"type": "shortcut", "callback_id": "x"},
        about | {"type": "message_action", "callback_id": "x", "message": board.message.payload()},
        about | {"type": "block_suggestion", "action_id": "x", "block_id": "b", "value": "a"},
        about | {"type": "view_closed", "view": view, "is_cleared": False},
        about | {"type": "view_submission"},
        about | {"type": "view_submission", "view": {}},
        about | {"type": "nonsense"},
        about | {"type": "block_actions"},
        {"type": "view_closed"},
        {},
    ]
    async with world.untouched():
        for row in taken:
            assert (row, await world.sends(INTERACTIVE, row)) == (row, (200, ""))
    async with world.untouched():
        for gone in ("user", "container", "response_url"):
            row = {name: one for name, one in press.items() if name != gone}
            assert await world.sends(INTERACTIVE, row | {"user": {}} if gone == "response_url" else row) == (200, "")
        for name in ("user", "team", "channel", "container", "message", "state", "actions", "type"):
            for wrong in ("x", 5, [], [1]):
                if (name, wrong) != ("type", "x"):
                    row = press | {name: wrong}
                    assert (name, wrong, await world.sends(INTERACTIVE, row)) == (
                        name,
                        wrong,
                        (400, "This cannot be read."),
                    )
    async with world.untouched():
        typed = payloads.command(world.ida, world.room, world.story.team.installed(), "/ilt", "help")
        for gone in ("team_id", "user_id", "trigger_id"):
            row = {name: one for name, one in typed.items() if name != gone}
            assert (gone, await world.sends(COMMANDS, row)) == (gone, (200, UNREADABLE))
