from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack import read
from adapters.slack.news import (
    Archived,
    BotJoined,
    BotLeft,
    ChannelMoved,
    HomeOpened,
    MadePrivate,
    News,
    Renamed,
    TokensRevoked,
    Unarchived,
    Uninstalled,
    UserChanged,
)
from adapters.slack.payload import plain
from adapters.slack.read import Heard, Unreadable, User
from dialogs.base import Commanded, Event, Joined, Left, Pressed, Reacted, Said, Submitted

PAYLOADS = Path(__file__).parent / "payloads"
NAMES = sorted(path.stem for path in PAYLOADS.glob("*.json"))

AT = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)  # 1795525200
CAME = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)
TEAM, BOT, ROOM, DM = "T04COHOST1", "U04BOT0001", "C04ROOM001", "D04ANADM01"
ANA, BEN = User(TEAM, "U04ANA0001"), User(TEAM, "U04BEN0001")
KIM = User("T07OTHER01", "U07GUEST01")  # of another company, by Slack Connect
ROOT = "1795525190.000300"


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def after(seconds: int, millionths: int = 0) -> datetime:
    return AT + timedelta(seconds=seconds, microseconds=millionths)


# -- commands ----------------------------------------------------------------------------------------------------------


def test_command() -> None:
    assert read.command(recorded("command"), CAME) == Heard(
        team=TEAM,
        enterprise=None,
        user=User(TEAM, "U04ANA0001", "ana.lima"),
        event=Commanded(
            id="slack:command:7120000000001.4400000000001.0a1b2c3d4e5f60718293a4b5c6d7e8f9",
            at=CAME,
            tenant="",
            place=f"slack:{ROOM}",
            text="roster add <@U04BEN0001> <@U04CAT0001> in #negotiation-basics, see https://example.org/plan?a=1&b=2"
            " & ana@example.org @here @trainers",
        ),
        channel=ROOM,
        trigger="7120000000001.4400000000001.0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        respond="https://hooks.slack.com/commands/T04COHOST1/7120000000001/Abc123",
        mentions=("U04BEN0001", "U04CAT0001"),
    )


def test_command_between_two_people_has_no_place() -> None:
    found = read.command(recorded("command_in_dm"), CAME)
    assert (found.event.place, found.channel, found.enterprise) == (None, DM, "E04ORG0001")


@pytest.mark.parametrize("missing", ["team_id", "user_id", "trigger_id"])
@pytest.mark.parametrize("instead", [None, "", 7, ["T04COHOST1"], "x" * 999])
def test_command_of_nobody(missing: str, instead: object) -> None:
    with pytest.raises(Unreadable):
        read.command({**recorded("command"), missing: instead}, CAME)


TEXTS: list[tuple[str, str, tuple[str, ...]]] = [
    ("poll Lunch? yes no", "poll Lunch? yes no", ()),
    ("<@U1|ben.okafor>", "<@U1>", ("U1",)),
    ("<@W1> <@U2> <@W1>", "<@W1> <@U2> <@W1>", ("W1", "U2")),
    ("<#C1|general> <#C2> <#C3|>", "#general #C2 #C3", ()),
    ("<https://x.org|x> <https://x.org>", "https://x.org https://x.org", ()),
    ("<mailto:a@x.org|a@x.org> <tel:+4930|+49 30>", "a@x.org +4930", ()),
    ("<!here> <!channel|channel> <!everyone|@everyone>", "@here @channel @everyone", ()),
    ("<!subteam^S1|@x> <!subteam^S1>", "@x @S1", ()),
    ("<!date^1795525200^{time}|13:00 UTC>", "13:00 UTC", ()),
    ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2", ()),
    # The letters "&lt;" themselves: unescaped once, not twice.
    ("&amp;lt;", "&lt;", ()),
    # Typed letter by letter: it looks like a mention and is none, so nobody is found by it.
    ("&lt;@U1&gt;", "<@U1>", ()),
    ("<>", "<>", ()),
    ("<@>", "@", ()),
    ("tab\tline\nnext", "tab\tline\nnext", ()),
    ("“Soup” 😀 — ok", "“Soup” 😀 — ok", ()),
]


@pytest.mark.parametrize(("written", "expected", "people"), TEXTS)
def test_text_without_escaping(written: str, expected: str, people: tuple[str, ...]) -> None:
    assert plain(written) == (expected, people)


# -- presses and forms -------------------------------------------------------------------------------------------------


def press(user: User, channel: str | None = ROOM, shown: str = ROOT, **more: Any) -> Heard:
    place = None if channel in {None, DM} else f"slack:{channel}"
    by = User(user.team, user.id, "kim" if user == KIM else "ana.lima")
    usual: dict[str, Any] = {
        "enterprise": None,
        "trigger": "7120000000002.4400000000001.1a1b2c3d4e5f60718293a4b5c6d7e8f9",
        "respond": "https://hooks.slack.com/actions/T04COHOST1/7120000000002/Abc123",
        "slot": "board",
    }
    pressed = Pressed(
        id=f"slack:{TEAM}:{shown}:1795525200.123456:{user.id}",
        at=after(0, 123456),
        tenant="",
        place=place,
        dialog="d1",
        action="vote",
        value="soup",
    )
    return Heard(team=TEAM, user=by, event=pressed, channel=channel, **{**usual, **more})


def sent(user: User) -> Heard:
    trigger = "7120000000003.4400000000001.2a1b2c3d4e5f60718293a4b5c6d7e8f9"
    # A text that was left empty is null, not "" and not left out; a text box on Windows sends \r\n.
    values = {"words": "Pause,\nthen ask & listen", "use": "4", "more": "a\nc", "nothing": ""}
    filled = Submitted(
        id=f"slack:{TEAM}:view:V04FORM001:{trigger}:{user.id}",
        at=CAME,
        tenant="",
        dialog="d1",
        action="answer",
        values=values,
    )
    by = User(user.team, user.id, "kim" if user == KIM else "ana.lima")
    return Heard(TEAM, None, by, filled, None, trigger=trigger, slot="board")


INTERACTIONS: list[tuple[str, Heard | None]] = [
    ("press_in_channel", press(ANA)),
    # Whoever comes by Slack Connect has another workspace, and the press counts where we are installed.
    ("press_by_connect", press(KIM)),
    ("press_in_dm", replace(press(ANA, DM), alone=True)),
    # No channel, no response_url, no message: a view, whose id stands for the message's.
    (
        "press_on_home",
        press(ANA, None, "V04VIEW001", respond=None, home=True),
    ),
    # The value stands in the option, not in the action.
    ("press_overflow", press(ANA)),
    ("press_select", press(ANA)),
    ("press_radio", press(ANA)),
    ("press_form", press(ANA, opens=True)),
    # A button that only opens an address is sent to us all the same.
    ("press_link", None),
    # Installed for a whole organisation: the team is null, and the presser's own workspace is where it counts.
    ("press_org_install", press(ANA, enterprise="E04ORG0001")),
    ("view_submission", sent(ANA)),
    # Opened in another workspace: `team` is theirs, and only app_installed_team_id names ours.
    ("view_submission_by_connect", sent(KIM)),
    ("view_closed", None),
    ("shortcut", None),
]


@pytest.mark.parametrize(("name", "expected"), INTERACTIONS)
def test_interaction(name: str, expected: Heard | None) -> None:
    assert read.interaction(recorded(name), CAME) == expected


def test_press_in_a_form_is_not_on_the_home_tab() -> None:
    payload = recorded("press_on_home")
    payload["view"]["type"] = "modal"
    assert read.interaction(payload, CAME) == press(ANA, None, "V04VIEW001", respond=None)


BAD_PRESSES: list[tuple[str, dict[str, object]]] = [
    ("a value of another app", {"value": "approve"}),
    ("no value", {"value": None}),
    ("a value that is no text", {"value": ["d1", "board", "vote", "soup"]}),
    ("a value with too little in it", {"value": '["d1","board","vote"]'}),
    ("a value with a number in it", {"value": '["d1","board","vote",1]'}),
    ("a value that is too long", {"value": json.dumps(["d1", "board", "vote", "x" * 201], separators=(",", ":"))}),
    ("a value with an unseen character", {"value": '["d1","board","vote","a\x7f"]'}),
    ("no time", {"action_ts": None}),
    ("a time that is none", {"action_ts": "yesterday"}),
    ("a time as a number, which is no id", {"action_ts": 1795525200}),
    ("an element that we never draw", {"type": "datepicker", "selected_date": "2026-11-24"}),
]


@pytest.mark.parametrize("swapped", [swapped for _, swapped in BAD_PRESSES], ids=[why for why, _ in BAD_PRESSES])
def test_unreadable_press(swapped: dict[str, object]) -> None:
    payload = recorded("press_in_channel")
    payload["actions"][0].update(swapped)
    with pytest.raises(Unreadable):
        read.interaction(payload, CAME)


def test_cleared_menu_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="Open it again"):
        read.interaction(recorded("press_select_cleared"), CAME)


METADATA: list[object] = [
    None,
    "",
    "{",
    "[]",
    "7",
    "[" * 3000,
    {"dialog": "d1", "slot": "board", "action": "answer"},
    '{"dialog":"d1","slot":"board"}',
    '{"dialog":"d1","slot":"board","action":""}',
    '{"dialog":"d1","slot":"board","action":null}',
    '{"dialog":"d1","slot":"board","action":["answer"]}',
    '{"dialog":"d1","slot":"board","action":"answer","role":"facilitator"}',
    '{"dialog":"d1","slot":"board","action":"an\\u0000swer"}',
    '{"dialog":"d1","slot":"board","action":"an\\ud800swer"}',
    json.dumps({"dialog": "d1", "slot": "board", "action": "x" * 201}),
    json.dumps({"dialog": "d1", "slot": "board", "action": "answer"}) + " " * 3000,
]


@pytest.mark.parametrize("metadata", METADATA, ids=range(len(METADATA)))
def test_form_of_which_we_never_wrote_the_metadata(metadata: object) -> None:
    payload = recorded("view_submission")
    payload["view"]["private_metadata"] = metadata
    with pytest.raises(Unreadable):
        read.interaction(payload, CAME)


@pytest.mark.parametrize("state", [None, {}, {"values": None}, {"values": []}, {"values": {"words": None}}])
def test_form_without_a_state(state: object) -> None:
    payload = recorded("view_submission")
    payload["view"]["state"] = state
    with pytest.raises(Unreadable):
        read.interaction(payload, CAME)


@pytest.mark.parametrize("key", ["trigger_id", "user", "view"])
def test_form_of_nobody(key: str) -> None:
    payload = recorded("view_submission")
    del payload[key]
    with pytest.raises(Unreadable):
        read.interaction(payload, CAME)


def test_answer_that_is_too_long() -> None:
    payload = recorded("view_submission")
    payload["view"]["state"]["values"]["words"]["value"]["value"] = "x" * 8001
    with pytest.raises(Unreadable, match="shorten"):
        read.interaction(payload, CAME)


def test_form_mended_and_sent_again_is_another_event() -> None:
    # The view keeps its id and its hash while Slack shows what is wrong with it.
    payload, again = recorded("view_submission"), recorded("view_submission")
    again["trigger_id"] = "7120000000008.4400000000001.2a"
    once, twice = read.interaction(payload, CAME), read.interaction(again, CAME)
    assert once
    assert twice
    assert once.event.id != twice.event.id


# -- events ------------------------------------------------------------------------------------------------------------


def wrote(
    user: User, n: int, ts: str, at: datetime, channel: str = ROOM, thread: str | None = None, by: str | None = None
) -> Heard:
    said = Said(id=f"slack:{TEAM}:{channel}:{ts}", at=at, tenant="", place=f"slack:{channel}", words=n)
    return Heard(TEAM, None, user, said, channel, thread, by)


def typed(text: str, ts: str, at: datetime, mentions: tuple[str, ...] = ()) -> Heard:
    told = Commanded(id=f"slack:{TEAM}:{DM}:{ts}", at=at, tenant="", text=text)
    return Heard(TEAM, None, ANA, told, DM, mentions=mentions)


def happened(user: User, event: Event) -> Heard:
    return Heard(TEAM, None, user, event, ROOM)


def basic(event_id: str, at: datetime) -> dict[str, Any]:
    return {"id": f"slack:{event_id}", "at": at, "tenant": "", "place": f"slack:{ROOM}"}


EVENTS: list[tuple[str, Heard | News | None]] = [
    ("message", wrote(ANA, 4, "1795525201.000100", after(1, 100))),
    ("message_private", wrote(ANA, 1, "1795525202.000100", after(2, 100), "G04ROOM002")),
    ("message_mpim", wrote(ANA, 1, "1795525202.000200", after(2, 200), "C04MPIM001")),
    ("message_in_thread", wrote(ANA, 4, "1795525203.000100", after(3, 100), thread=ROOT, by=BOT)),
    # A reply that is shown in the channel too has no parent_user_id; the root itself comes with it.
    ("message_thread_broadcast", wrote(ANA, 3, "1795525204.000100", after(4, 100), thread=ROOT, by=BOT)),
    ("message_file_share", wrote(ANA, 2, "1795525205.000100", after(5, 100))),
    ("message_me", wrote(ANA, 2, "1795525206.000100", after(6, 100))),
    ("message_im", typed('poll "Lunch?" "Soup" "Pasta & salad"', "1795525207.000100", after(7, 100))),
    # With an agent each message begins a thread: its thread_ts is its own ts, and it is no reply.
    (
        "message_im_agent",
        typed("heard <@U04BEN0001>", "1795525207.000200", after(7, 200), ("U04BEN0001",)),
    ),
    ("message_changed", None),
    ("message_deleted", None),
    # Slack forgets the subtype of this one; what gives it away is that nobody wrote it.
    ("message_replied", None),
    ("message_own", None),
    # A file that the bot has shared comes without a bot_id.
    ("message_own_file", None),
    ("message_bot", None),
    # No bot_id and no subtype: a human to whoever does not know the name.
    ("message_slackbot", None),
    ("message_app", None),
    ("message_channel_join", None),
    # The envelope's team_id is the stranger's; ours stands in authorizations. Of the message's own two, `team` may be
    # either's, and `user_team` is the author's.
    (
        "message_by_connect",
        wrote(User("T07OTHER01", "U07GUEST01", "kim"), 3, "1795525214.000100", after(14, 100)),
    ),
    # Their organisation stands where their workspace should; the envelope knows which one it was.
    (
        "message_by_connect_grid",
        wrote(User("T08GRID001", "U08GRID001"), 5, "1795525215.000100", after(15, 100)),
    ),
    # There is no event of its own: it comes as a message, and only where the bot reads private channels.
    ("message_convert_to_private", MadePrivate(TEAM, ROOM)),
    ("reaction_added", happened(ANA, Reacted(**basic("Ev04REA00001", after(20, 100))))),
    # A reaction does not say whose workspace the reader is of, and in a shared channel it may be any.
    (
        "reaction_added_by_connect",
        happened(User("", "U07GUEST01"), Reacted(**basic("Ev04REA00002", after(20, 100)))),
    ),
    ("reaction_added_in_dm", None),
    ("reaction_added_to_file", None),
    ("reaction_added_by_bot", None),
    (
        "member_joined_channel",
        happened(BEN, Joined(**basic("Ev04MEM00001", after(21, 100)), there=False)),
    ),
    # As in Slack's own example: only the envelope has a time, in whole seconds.
    (
        "member_joined_channel_without_ts",
        happened(BEN, Joined(**basic("Ev04MEM00002", after(21)), there=False)),
    ),
    ("member_joined_channel_bot", BotJoined(TEAM, ROOM)),
    ("member_left_channel", happened(BEN, Left(**basic("Ev04MEM00004", after(22, 100))))),
    # The bot itself was removed: it is no member any more, so member_left_channel does not reach it. No `user` here.
    ("channel_left", BotLeft(TEAM, ROOM)),
    ("group_left", BotLeft(TEAM, "G04ROOM002")),
    ("channel_archive", Archived(TEAM, ROOM)),
    ("group_archive", Archived(TEAM, "G04ROOM002")),
    ("channel_deleted", Archived(TEAM, ROOM)),
    ("channel_unarchive", Unarchived(TEAM, ROOM)),
    ("group_unarchive", Unarchived(TEAM, "G04ROOM002")),
    # Here the channel is an object, everywhere else an id.
    ("channel_rename", Renamed(TEAM, ROOM, "negotiation-advanced")),
    ("group_rename", Renamed(TEAM, "G04ROOM002", "quiet-room")),
    ("channel_id_changed", ChannelMoved(TEAM, "G04ROOM002", "C04ROOM002")),
    ("user_change", UserChanged(TEAM, User(TEAM, "U04ANA0001", "Ana"), guest=False, deleted=False, stranger=False)),
    # Many people have an empty display name.
    (
        "user_change_guest",
        UserChanged(TEAM, User(TEAM, "U04CAT0001", "Cat Ng"), guest=True, deleted=False, stranger=False),
    ),
    (
        "user_change_deleted",
        UserChanged(TEAM, User(TEAM, "U04ANA0001", "Ana"), guest=False, deleted=True, stranger=False),
    ),
    (
        "user_change_stranger",
        UserChanged(TEAM, User("T07OTHER01", "U07GUEST01", "kim"), guest=False, deleted=False, stranger=True),
    ),
    # Another workspace of the same organisation: a colleague.
    (
        "user_change_colleague",
        UserChanged(TEAM, User("T04BRANCH1", "U04ANA0001", "Ana"), guest=False, deleted=False, stranger=False),
    ),
    ("user_change_bot", None),
    # Its event_ts has no point, so it is no time that could be read: nobody needs it.
    ("app_home_opened", HomeOpened(TEAM, ANA)),
    ("app_home_opened_messages", None),
    # Nobody has authorised anything any more: only team_id is left, or with an organisation not even that.
    ("app_uninstalled", Uninstalled(TEAM, None)),
    ("app_uninstalled_org", Uninstalled("", "E04ORG0001")),
    ("tokens_revoked", TokensRevoked(TEAM, (BOT,))),
]


@pytest.mark.parametrize(("name", "expected"), EVENTS)
def test_event(name: str, expected: Heard | News | None) -> None:
    assert read.event(recorded(name)) == expected


def test_every_recorded_payload_is_in_a_table() -> None:
    others = {"command", "command_in_dm", "press_select_cleared", "url_verification", "app_rate_limited"}
    assert {name for name, _ in (*INTERACTIONS, *EVENTS)} | others == set(NAMES)


def test_bot_known_by_argument() -> None:
    # Seen through a person's token: the authorization is theirs, and does not say who the bot is.
    envelope = recorded("member_joined_channel_bot")
    envelope["authorizations"][0].update(user_id="U04ANA0001", is_bot=False)
    assert read.event(envelope, bot_user=BOT) == BotJoined(TEAM, ROOM)
    assert isinstance(read.event(envelope), Heard)


def test_same_message_as_two_events_is_one() -> None:
    # slackapi/node-slack-sdk#2141: one message was sent up to eleven times, each time with another event_id.
    other = {**recorded("message"), "event_id": "Ev04MSG09999", "event_time": 1795525300}
    assert read.event(recorded("message")) == read.event(other)


@pytest.mark.parametrize("name", ["app_rate_limited", "url_verification"])
def test_envelope_without_an_event_is_unreadable(name: str) -> None:
    with pytest.raises(Unreadable):
        read.event(recorded(name))


@pytest.mark.parametrize(
    ("name", "swapped"),
    [
        ("message", {"ts": None}),
        ("message", {"ts": "now"}),
        ("message", {"ts": 1795525201.0001}),
        ("message", {"ts": 1795525201}),
    ],
)
def test_message_without_a_time_is_unreadable(name: str, swapped: dict[str, object]) -> None:
    envelope = recorded(name)
    envelope["event"].update(swapped)
    with pytest.raises(Unreadable):
        read.event(envelope)


# -- whatever is sent --------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)


def paths(found: object, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value in a payload."""
    items: Any = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    return [above, *(way for key, value in items for way in paths(value, (*above, key)))]


def read_as_anything(payload: dict[str, Any]) -> None:
    readers: tuple[Callable[[], object], ...] = (
        lambda: read.command(payload, CAME),
        lambda: read.interaction(payload, CAME),
        lambda: read.event(payload),
        lambda: read.event(payload, BOT),
    )
    for reader in readers:
        found: object = None
        with suppress(Unreadable):
            found = reader()
        if isinstance(found, Heard):
            assert found.event.at.tzinfo is UTC
            assert found.event.id.startswith("slack:")
            assert (found.event.tenant, found.event.by) == ("", None)
            hash((found.team, found.user, found.channel, found.thread, found.root_by, found.mentions))
            str(found).encode()  # nothing in it that could not be stored


@given(st.dictionaries(st.text(max_size=12), JSON, max_size=6))
def test_any_object_is_read_or_unreadable(payload: dict[str, Any]) -> None:
    read_as_anything(payload)


@given(st.data())
def test_any_damage_to_a_payload_is_read_or_unreadable(data: st.DataObject) -> None:
    payload = recorded(data.draw(st.sampled_from(NAMES)))
    for _ in range(data.draw(st.integers(1, 3))):
        way = data.draw(st.sampled_from(paths(payload)[1:] or [("type",)]))
        at: Any = payload
        for key in way[:-1]:
            at = at[key]
        at[way[-1]] = data.draw(JSON)
    read_as_anything(payload)


def test_halves_of_characters_and_unseen_ones_are_left_out() -> None:
    # The door refuses them; a socket does not come through the door.
    body = {**recorded("command"), "text": "a\ud83d\x00b", "user_name": "Ana\udc00"}
    found = read.command(body, CAME)
    assert (found.user, found.event) == (
        User(TEAM, "U04ANA0001", "Ana"),
        Commanded(id=found.event.id, at=CAME, tenant="", place=f"slack:{ROOM}", text="ab"),
    )


@given(st.text())
def test_any_text_is_made_plain(written: str) -> None:
    made, people = plain(written)
    assert all(f"<@{person}>" in made for person in people)
