from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.teams import read
from adapters.teams.news import (
    BotAdded,
    BotRemoved,
    ChannelDeleted,
    ChannelRenamed,
    ChannelRestored,
    Installed,
    MeetingEnded,
    MeetingStarted,
    News,
    Spot,
    TeamArchived,
    TeamRenamed,
    TeamRestored,
    Uninstalled,
)
from adapters.teams.payload import plain
from adapters.teams.read import Heard, Unreadable, User
from dialogs.base import Commanded, Event, Joined, Left, Pressed, Reacted, Said, Submitted

PAYLOADS = Path(__file__).parent / "payloads"
NAMES = sorted(path.stem for path in PAYLOADS.glob("*.json"))

START = datetime(2026, 11, 24, 13, 0, 0, 123456, tzinfo=UTC)
CAME = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)
TENANT, URL = "4f1c7a52-6a1e-4f7e-9d3b-2f5a0c9e7b11", "https://smba.trafficmanager.net/emea/"
BOT = "28:0b7d6a44-8c1f-4a55-9f0e-5f6f3d2c1a00"
ROOM, TEAM = "19:c0ffee0123456789@thread.tacv2", "19:7ea4000000000001@thread.tacv2"
GROUP, MEETING = "19:9e00c4a7aa11bb22@thread.v2", "19:meeting_NDk4ZmQ1YjUt@thread.v2"
DM, ROOT, SHOWN = "a:1Kq7Lm9xPersonal-chat_Ana", "1795525190000", "1795525191000"
ANA = User("29:1AnaLima-xQ2c_8hT", "a1a1a1a1-0000-4000-8000-000000000001", "Ana Lima")
BEN = User("29:1BenOkafor-7Gd", "b2b2b2b2-0000-4000-8000-000000000002", "Ben Okafor")
KIM = User("29:1Guest-0000", "", "Kim (Guest)")
NAMELESS, NAMELESS_BEN = replace(ANA, name=""), replace(BEN, name="")  # in events only people who write have names
TITLE, MEETING_ID = "Negotiation basics", "MCMxOTptZWV0aW5nX05EazRabVExWWpVdCMw"


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def after(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


def basic(heard_as: str, second: int, room: str | None = ROOM) -> dict[str, Any]:
    return {
        "id": f"teams:{heard_as}",
        "at": after(second),
        "tenant": "",
        "place": f"teams:{room}" if room else None,
    }


def heard(event: Event, conversation: str = GROUP, user: User = ANA, **more: Any) -> Heard:
    usual = {"bot": BOT, "personal": conversation == DM}
    return Heard(TENANT, user, event, conversation, URL, **{**usual, **more})


def in_room(id_: str) -> str:
    return f"{ROOM};messageid={id_}"


def said(n: int, id_: str, second: int, room: str = GROUP, conversation: str = GROUP, **more: Any) -> Heard:
    return heard(Said(**basic(f"{room}:{id_}", second, room), words=n), conversation, **more)


def typed(text: str, id_: str, second: int, room: str, conversation: str = "", **more: Any) -> Heard:
    common = basic(f"{room}:{id_}", second, None if room == DM else room)
    return heard(Commanded(**common, text=text), conversation or room, **more)


def pressed(heard_as: str, second: int, room: str | None, conversation: str, **more: Any) -> Heard:
    event = Pressed(**basic(heard_as, second, room), dialog="d1", action="vote", value="soup")
    usual = {"slot": "board", "message": SHOWN, "invoke": True}
    return heard(event, conversation, **{**usual, **more})


def sent(heard_as: str, second: int, room: str | None, values: dict[str, str], conversation: str, **more: Any) -> Heard:
    event = Submitted(**basic(heard_as, second, room), dialog="d1", action="answer", values=values)
    usual = {"slot": "form", "message": SHOWN, "invoke": True, "inputs": values}
    return heard(event, conversation, **{**usual, **more})


def press(n: int) -> str:
    return f"f:{n}a2b3c4d-press:{ANA.id}"


IN_THREAD: dict[str, Any] = {"conversation": in_room(ROOT), "thread": ROOT, "message": ROOT}
FILLED = {
    "words": "Pause,\nthen ask",
    "use": "4",
    "more": "a\nc",
    "none": "",
    "agree": "true",
    "left": "",
    "d": "a field named d",
}


def spot(conversation: str, user: User | None = NAMELESS) -> Spot:
    return Spot(TENANT, conversation, URL, BOT, conversation == DM, user)


READ: list[tuple[str, list[Heard | News]]] = [
    # In a channel the conversation names the root message, here itself; the place does not. Spaces come as &nbsp;.
    ("message_channel", [said(5, "1795525201000", 1, ROOM, in_room("1795525201000"))]),
    ("message_in_thread", [said(4, "1795525202000", 2, ROOM, in_room(ROOT), thread=ROOT)]),
    ("message_group", [said(2, "1795525203000", 3)]),
    # A picture alone has no text at all.
    ("message_picture", [said(0, "1795525204000", 4)]),
    ("message_by_app", []),
    ("message_updated", []),
    ("message_deleted", []),
    ("read_receipt", []),
    ("typing", []),
    ("command_channel", [typed('poll "1 < 2?" Yes No', "1795525206000", 6, ROOM, in_room("1795525206000"))]),
    # Whoever is mentioned comes by the id in Entra where it is said; apps and channels are no people.
    (
        "command_naming",
        [
            typed(
                f"roster add <@{BEN.id}> and <@{ANA.aad}>, @Weather @General too",
                "1795525207000",
                7,
                GROUP,
                mentions=(BEN.id, ANA.aad),
            )
        ],
    ),
    ("command_slash", [typed("end", "1795525208000", 8, GROUP)]),
    # Typed letter by letter: it looks like a mention and is none, so nobody is found by it.
    ("command_personal", [typed(f"me <@{BEN.id}>", "1795525209000", 9, DM)]),
    # Another bot of the same name was called: to us it is what somebody said.
    ("command_of_other_cohost", [said(2, "1795525210000", 10)]),
    ("press_channel", [pressed(press(1), 20, ROOM, **IN_THREAD)]),
    ("press_personal", [pressed(press(2), 21, None, DM)]),
    # Teams sends all fields of a card with any of its buttons: only its own button sends the form.
    (
        "press_beside_fields",
        [
            heard(
                Pressed(**basic(press(3), 22, None), dialog="d1", action="skip"),
                DM,
                slot="form",
                message=SHOWN,
                invoke=True,
                inputs={"words": "half"},
            )
        ],
    ),
    # Several choices come with commas between them, and so may a text: `m` says which are choices. A field whose name
    # is that of something which the button carries has a sign before it.
    ("form", [sent(press(4), 23, None, FILLED, DM)]),
    (
        "refresh_automatic",
        [
            heard(
                Pressed(**basic(press(5), 24), dialog="d1", action="refresh"),
                slot="board",
                invoke=True,
                refresh=True,
                **IN_THREAD,
            )
        ],
    ),
    (
        "refresh_by_hand",
        [
            heard(
                Pressed(**basic(press(6), 25), dialog="d1", action="refresh"),
                slot="board",
                invoke=True,
                refresh=True,
                **IN_THREAD,
            )
        ],
    ),
    # An old client's press is a message without a text.
    ("submit_message", [pressed(f"{GROUP}:1795525226000", 26, GROUP, GROUP, invoke=False)]),
    ("submit_message_form", [sent(f"{DM}:1795525227000", 27, None, {"words": "Pause"}, DM, invoke=False)]),
    # On iOS the context is no object; nobody needs it.
    (
        "task_fetch",
        [
            heard(
                Pressed(**basic(press(7), 28), dialog="d1", action="open"),
                slot="form",
                invoke=True,
                opens=True,
                **IN_THREAD,
            )
        ],
    ),
    ("task_submit", [sent(press(8), 29, ROOM, {"words": "Pause"}, **IN_THREAD)]),
    ("signin", []),
    ("search", []),
    (
        "reaction_added",
        [
            heard(
                Reacted(**basic(f"{ROOM}:reaction:f:9f78d1f3:{ANA.id}:2026-11-24T13:00:31.1234567Z", 31)),
                user=NAMELESS,
                **IN_THREAD,
            )
        ],
    ),
    ("reaction_removed", []),
    ("reaction_personal", []),
    # Only channelData has the tenant here. An app that joins beside people is nobody.
    (
        "members_added",
        [
            heard(Joined(**basic(f"{TEAM}:f:dd6ec311:{who.id}", 40, TEAM), there=False), TEAM, who)
            for who in (NAMELESS, NAMELESS_BEN)
        ],
    ),
    ("members_removed", [heard(Left(**basic(f"{GROUP}:f:dd6ec312:{BEN.id}", 41, GROUP)), GROUP, NAMELESS_BEN)]),
    ("bot_added", [BotAdded(spot(ROOM), TEAM)]),
    (
        "bot_added_with_people",
        [
            BotAdded(spot(GROUP), ""),
            heard(Joined(**basic(f"{GROUP}:f:dd6ec314:{BEN.id}", 43, GROUP), there=False), GROUP, NAMELESS_BEN),
        ],
    ),
    ("bot_added_personal", [BotAdded(spot(DM), "")]),
    ("bot_removed", [BotRemoved(spot(GROUP), "")]),
    ("channel_created", []),
    # The conversation is the team's: which channel it is stands beside.
    ("channel_renamed", [ChannelRenamed(spot(TEAM), ROOM, TITLE)]),
    ("channel_deleted", [ChannelDeleted(spot(TEAM), ROOM)]),
    ("channel_restored", [ChannelRestored(spot(TEAM), ROOM)]),
    ("team_renamed", [TeamRenamed(spot(TEAM), TEAM, "Sales academy")]),
    ("team_archived", [TeamArchived(spot(TEAM), TEAM, deleted=False)]),
    ("team_deleted", [TeamArchived(spot(TEAM), TEAM, deleted=True)]),
    ("team_unarchived", [TeamRestored(spot(TEAM), TEAM)]),
    ("installed", [Installed(spot(DM), "", upgrade=False)]),
    ("installed_upgrade", [Installed(spot(GROUP), "", upgrade=True)]),
    ("uninstalled", [Uninstalled(spot(DM), "", upgrade=False)]),
    ("uninstalled_upgrade", [Uninstalled(spot(GROUP), "", upgrade=True)]),
    # There is no conversationType, and the Id in the value is not the one that a call would take.
    ("meeting_start", [MeetingStarted(spot(MEETING), MEETING_ID, TITLE, after(0))]),
    ("meeting_end", [MeetingEnded(spot(MEETING), MEETING_ID, TITLE, after(1))]),
    # Whoever comes without an account has no id in Entra.
    (
        "meeting_join",
        [heard(Joined(**basic(f"{MEETING}:1795525262000:{who.id}", 2, MEETING)), MEETING, who) for who in (ANA, KIM)],
    ),
    ("meeting_leave", [heard(Left(**basic(f"{MEETING}:1795525263000:{ANA.id}", 3, MEETING)), MEETING)]),
    # It belongs to no tenant, its ids have bars in them, and the chat is personal without saying so.
    (
        "emulator",
        [
            Heard(
                "emulator",
                User("9d5e6a70-user", "", "User"),
                Commanded(**basic("8a1b2c3d|livechat:c3f0e0d0-eml", 58, None), text="help"),
                "8a1b2c3d|livechat",
                "http://localhost:51234",
                "bot-1",
                personal=True,
            )
        ],
    ),
]


@pytest.mark.parametrize(("name", "expected"), READ, ids=[name for name, _ in READ])
def test_activity(name: str, expected: list[Heard | News]) -> None:
    assert list(read.activity(recorded(name), CAME)) == expected


def test_every_recorded_payload_is_in_the_table() -> None:
    assert {name for name, _ in READ} == set(NAMES)


# -- what people write -------------------------------------------------------------------------------------------------

COHOST = {"type": "mention", "text": "<at>Cohost</at>", "mentioned": {"id": BOT, "name": "Cohost"}}
MENTIONS_BEN = {"type": "mention", "text": "<at>Ben</at>", "mentioned": {"id": BEN.id, "name": "Ben"}}
TEXTS: list[tuple[str, list[Any], str, tuple[str, ...], bool]] = [
    ("<at>Cohost</at> end", [COHOST], "end", (), True),
    ("<at>Cohost</at>&nbsp;&nbsp;end\xa0", [COHOST], "end", (), True),
    ("hey <at>Cohost</at> end it", [COHOST], "hey end it", (), True),
    ("<at>Cohost</at> what is <at>Cohost</at>?", [COHOST, COHOST], "what is ?", (), True),
    # Typed letter by letter: there is nothing beside the text that says so.
    ("<at>Cohost</at> end", [], "<at>Cohost</at> end", (), False),
    ("&lt;at&gt;Cohost&lt;/at&gt; end", [COHOST], "<at>Cohost</at> end", (), True),
    ("<at>Cohost</at> me <at>Cohost</at>", [COHOST], "me <at>Cohost</at>", (), True),
    ("<at>Ben</at> <at>Ben</at>", [MENTIONS_BEN, MENTIONS_BEN], f"<@{BEN.id}> <@{BEN.id}>", (BEN.id,), False),
    ("a&nbsp;b", [{**COHOST, "text": ""}], "a b", (), False),
    ("abc", [{**COHOST, "text": "b"}], "abc", (), False),
    ("<at>x</at>", [{"type": "mention", "text": "<at>x</at>", "mentioned": {"id": "29:a>b"}}], "@x", (), False),
    ("<at>x</at>", [{"type": "mention", "text": "<at>x</at>"}], "@x", (), False),
    ("x", [None, 7, [], {}, {"type": "mention", "text": 7, "mentioned": []}], "x", (), False),
    # Unescaped once, not twice; and only what is escaped as it should be.
    ("&amp;lt; &lt;&gt;&amp;&quot;&#39;&#x1F600;", [], "&lt; <>&\"'😀", (), False),
    (
        "https://x.example/?a=1&copy=2&lt=3 AT&T &unknown;",
        [],
        "https://x.example/?a=1&copy=2&lt=3 AT&T &unknown;",
        (),
        False,
    ),
    ("a&#0;b&#7;c&#xD800;d", [], "a\ufffdbc\ufffdd", (), False),
    ("one\r\ntwo\nthree", [], "one\ntwo\nthree", (), False),
]


@pytest.mark.parametrize(("written", "entities", "expected", "people", "ours"), TEXTS)
def test_text(written: str, entities: list[Any], expected: str, people: tuple[str, ...], ours: bool) -> None:
    assert plain({"text": written, "entities": entities}, BOT) == (expected, people, ours)


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("/ilt", ""),
        ("/ilt end", "end"),
        ("  /ILT\nend", "end"),
        ("/ilt-end", "-end"),
        ("/ilting", None),
        ("x /ilt", None),
    ],
)
def test_slash_command_in_a_chat(text: str, typed: str | None) -> None:
    (found,) = read.activity({**recorded("message_group"), "text": text, "entities": []}, CAME)
    assert isinstance(found, Heard)
    assert (found.event.text if isinstance(found.event, Commanded) else None) == typed


def test_mention_and_slash_together() -> None:
    payload = {**recorded("message_group"), "text": "<at>Cohost</at> /ilt end", "entities": [COHOST]}
    (found,) = read.activity(payload, CAME)
    assert isinstance(found, Heard)
    assert isinstance(found.event, Commanded)
    assert found.event.text == "end"


@pytest.mark.parametrize(
    ("name", "shown"),
    [("  Ana \n Lima ", "Ana Lima"), ("Ana\u202eamiL", "AnaamiL"), (7, ""), (None, ""), ("x" * 999, "x" * 79 + "…")],
)
def test_name(name: object, shown: str) -> None:
    payload = recorded("message_group")
    payload["from"]["name"] = name
    (found,) = read.activity(payload, CAME)
    assert isinstance(found, Heard)
    assert found.user.name == shown


@pytest.mark.parametrize("stamp", [None, "", 7, "yesterday", "2026-11-24T13:00:01", "0001-01-01T00:00:00+14:00"])
def test_without_a_moment_it_is_when_it_came(stamp: object) -> None:
    (found,) = read.activity({**recorded("message_group"), "timestamp": stamp}, CAME)
    assert isinstance(found, Heard)
    assert found.event.at == CAME


def test_moment_of_another_zone() -> None:
    (found,) = read.activity({**recorded("message_group"), "timestamp": "2026-11-24T14:00:00+01:00"}, CAME)
    assert isinstance(found, Heard)
    assert found.event.at == datetime(2026, 11, 24, 13, tzinfo=UTC)
    assert found.event.at.tzinfo is UTC


# -- what is not to be read --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["id", "from", "conversation"])
@pytest.mark.parametrize("instead", [None, "", 7, [], {}, "x y", "x" * 999])
def test_message_of_nobody_or_nowhere(key: str, instead: object) -> None:
    with pytest.raises(Unreadable):
        read.activity({**recorded("message_group"), key: instead}, CAME)


def test_of_no_tenant_or_of_two() -> None:
    payload = recorded("message_group")
    payload["channelData"]["tenant"]["id"] = "another"
    with pytest.raises(Unreadable):
        read.activity(payload, CAME)
    del payload["channelData"], payload["conversation"]["tenantId"]
    with pytest.raises(Unreadable):
        read.activity(payload, CAME)


@pytest.mark.parametrize("kind", [None, 7, [], {}, "", "ping", "endOfConversation", "Message"])
def test_unknown_kind_is_nothing(kind: object) -> None:
    assert read.activity({**recorded("message_group"), "type": kind}, CAME) == ()


GOOD = {"d": "d1", "s": "board", "a": "vote", "v": "soup"}
BAD_DATA: list[object] = [
    None,
    "",
    [],
    {},
    {"action": "approve"},
    {**GOOD, "a": ""},
    {**GOOD, "a": None},
    {**GOOD, "v": 7},
    {**GOOD, "d": ["d1"]},
    {**GOOD, "v": "x" * 201},
    {**GOOD, "s": "bo\x00ard"},
    {**GOOD, "v": "\ud800"},
    {**GOOD, "m": "more"},
    {**GOOD, "words": {"a": 1}},
    {**GOOD, "words": ["a"]},
    {**GOOD, "words": 10**30},
    {**GOOD, "words": float("nan")},
    {**GOOD, "w" * 201: "x"},
    {**GOOD, "wo\x00rds": "x"},
    {**GOOD, **{f"f{n}": "x" for n in range(101)}},
]


WRONG = [(name, data) for name in ("press_channel", "task_fetch", "task_submit") for data in BAD_DATA]
# A message whose value is no object is a message like any other.
WRONG += [("submit_message", data) for data in BAD_DATA if isinstance(data, dict)]


@pytest.mark.parametrize(("name", "data"), WRONG, ids=range(len(WRONG)))
def test_button_that_is_none_of_ours(name: str, data: object) -> None:
    payload = recorded(name)
    if name == "submit_message":
        payload["value"] = data
    elif name == "press_channel":
        payload["value"]["action"]["data"] = data
    else:
        payload["value"]["data"] = data
    with pytest.raises(Unreadable, match="Open it again"):
        read.activity(payload, CAME)


def test_answer_that_is_too_long() -> None:
    payload = recorded("form")
    payload["value"]["action"]["data"]["words"] = "x" * 8001
    with pytest.raises(Unreadable, match="shorten"):
        read.activity(payload, CAME)


def test_two_people_press_in_one_invoke_each() -> None:
    ana, ben = recorded("press_channel"), recorded("press_channel")
    ben["from"] = {"id": BEN.id}
    ids = [found.event.id for one in (ana, ben) for found in read.activity(one, CAME) if isinstance(found, Heard)]
    assert len(set(ids)) == 2


def test_no_data_is_ever_a_refresh_unless_teams_says_so() -> None:
    payload = recorded("press_channel")
    payload["value"]["action"]["data"] |= {"verb": "refresh", "trigger": "automatic"}
    (found,) = read.activity(payload, CAME)
    assert isinstance(found, Heard)
    assert not found.refresh


# -- whatever is sent --------------------------------------------------------------------------------------------------

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(exclude_categories=()), max_size=20),
    st.sampled_from([BOT, ANA.id, ROOM, in_room("1"), "message", "invoke", "<at>Cohost</at>", "29:x", "task/fetch"]),
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


@st.composite
def broken(draw: st.DrawFn) -> dict[str, Any]:
    """A recorded payload, something in which is something else."""
    payload = recorded(draw(st.sampled_from(NAMES)))
    for _ in range(draw(st.integers(1, 3))):
        holder: Any = payload
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(holder[key], dict | list) and draw(st.booleans()):
                holder = holder[key]
                continue
            holder[key] = draw(ANYTHING)
            break
    return payload


@given(broken())
def test_whatever_is_sent_is_read_or_unreadable(payload: dict[str, Any]) -> None:
    with suppress(Unreadable):
        for found in read.activity(payload, CAME):
            if isinstance(found, Heard):
                assert found.event.id.startswith("teams:")
                assert found.event.tenant == ""
                assert found.event.by is None
                assert found.event.at.tzinfo
                assert found.event.place is None or (found.event.place.startswith("teams:") and not found.personal)
                repr(found).encode()
