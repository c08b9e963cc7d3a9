"""Show: a message brought to Teams, new or edited, with mentions where Teams takes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.base import Bound, Gone, Message, Seen
from adapters.teams.addresses import STRANGER, UNKNOWN, Address
from adapters.teams.app import PAGE, Teams, Ways
from adapters.teams.connector import Malformed
from adapters.teams.draw import CARD
from adapters.teams.show import OWN_VIEWS
from dialogs.card import Card, Link, Text, Who, Wrong, quote, t
from storage.hot import MemoryHot
from tests.adapters.teams.looking import titles, words
from tests.adapters.teams.stand_ins import (
    ANN,
    BEN,
    BOT,
    CHANNEL,
    CHAT,
    HINT,
    LEAD,
    NOON,
    OTHER_URL,
    ROOM,
    TENANT,
    URL,
    VOTE,
    Scene,
    card,
)
from tests.teams.rates import OF_A_TENANT, WRITING, Rates

ODD = "19:a|b@thread.v2"  # as ids may be
NAMED = Card(t("{who} asked {other}", who=Who("ann"), other=Who("ben")))
NAMES = {"ann": "Ann Ode", "ben": "Ben Lima"}


@pytest.fixture
async def scene() -> Scene:
    """Both chats are known; Ann and Ben have been met, and Ann has a chat of her own."""
    scene = Scene()
    here = Address(URL, TENANT, BOT)
    for conversation in (CHAT, CHANNEL, ODD):
        await scene.addresses.place("t1", conversation, here)
    await scene.addresses.met("t1", ANN, replace(here, chat="a:ann"))
    await scene.addresses.met("t1", BEN, replace(here, service_url=OTHER_URL))
    return scene


def card_of(body: bytes) -> Any:
    """The card in an answer."""
    answer = json.loads(body)
    assert (answer["statusCode"], answer["type"], len(answer)) == (200, CARD, 3)
    return answer["value"]


def content(activity: Any) -> Any:
    (attachment,) = activity["attachments"]
    return attachment["content"]


def mentioned(activity: Any) -> list[str]:
    return [one["mentioned"]["id"] for one in content(activity).get("msteams", {}).get("entities", ())]


# -- where it goes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("conversation", [CHAT, CHANNEL, ODD])
async def test_a_message_for_a_place_is_posted_there_and_edited_where_it_stands(
    scene: Scene, conversation: str
) -> None:
    new = replace(ROOM, place=f"teams:{conversation}")
    ref = await scene.show.show(new)
    again = await scene.show.show(replace(new, card=card("Dinner?"), ref=ref))

    assert again == ref == f"teams:{conversation}|1"
    ((url, where, posted),) = scene.calls.called("send")
    assert (url, where, words(content(posted)), posted["summary"]) == (URL, conversation, "Lunch?", "Lunch?")
    ((url, where, id_, edited),) = scene.calls.called("update")
    assert (url, where, id_, edited["id"], words(content(edited))) == (URL, conversation, "1", "1", "Dinner?")


async def test_a_message_for_one_person_goes_to_their_own_chat_which_is_begun_if_there_is_none(scene: Scene) -> None:
    assert await scene.show.show(HINT) == "teams:a:ann|1"
    assert await scene.show.show(replace(HINT, person="ben", user="aad-ben")) == "teams:a:2|3"
    assert [given[:2] for given in scene.calls.called("send")] == [(URL, "a:ann"), (OTHER_URL, "a:2")]


async def test_an_edit_goes_where_the_message_stands_though_the_chat_is_another_by_now(scene: Scene) -> None:
    old = replace(HINT, ref="teams:a:old|17")
    assert await scene.show.show(old) == "teams:a:old|17"
    ((_, where, id_, _),) = scene.calls.called("update")
    assert (where, id_) == ("a:old", "17")
    assert scene.calls.called("send") == []


NOWHERE = [
    ("a place that is not known", replace(ROOM, place="teams:19:nowhere"), UNKNOWN),
    ("an edit there", replace(ROOM, ref="teams:19:nowhere|1"), UNKNOWN),
    ("somebody without Teams", replace(HINT, user=None), "Teams does not know this person."),
    ("somebody who was never met", replace(HINT, user="aad-eve"), STRANGER),
    ("an edit for them", replace(HINT, user="aad-eve", ref="teams:a:eve|1"), STRANGER),
]


@pytest.mark.parametrize(("message", "why"), [row[1:] for row in NOWHERE], ids=[row[0] for row in NOWHERE])
async def test_whatever_cannot_be_reached_is_gone_in_a_sentence(scene: Scene, message: Message, why: str) -> None:
    with pytest.raises(Gone) as gone:
        await scene.show.show(message)
    assert gone.value.why == why
    assert scene.calls.heard == []


# -- mentions ----------------------------------------------------------------------------------------------------------


async def test_people_are_mentioned_in_a_place_and_called_by_name_in_their_own_chats(scene: Scene) -> None:
    await scene.show.show(replace(ROOM, card=NAMED, names=NAMES))
    await scene.show.show(replace(HINT, card=NAMED, names=NAMES))
    room, hint = (given[-1] for given in scene.calls.called("send"))
    assert (mentioned(room), mentioned(hint)) == ([ANN.id, BEN.id], [])
    assert words(content(room)) == "<at>Ann Ode</at> asked <at>Ben Lima</at>"
    assert words(content(hint)) == "Ann Ode asked Ben Lima"


@pytest.mark.parametrize("ref", [None, f"teams:{CHAT}|17"])
async def test_what_teams_refuses_with_mentions_goes_out_with_names(scene: Scene, ref: str | None) -> None:
    call = "update" if ref else "send"
    scene.calls.errors[call] = [Malformed("BadSyntax")]
    assert await scene.show.show(replace(ROOM, card=NAMED, names=NAMES, ref=ref)) == (ref or f"teams:{CHAT}|2")
    refused, taken = (given[-1] for given in scene.calls.called(call))
    assert (mentioned(refused), mentioned(taken)) == ([ANN.id, BEN.id], [])
    assert words(content(taken)) == "Ann Ode asked Ben Lima"


async def test_what_teams_refuses_all_the_same_is_tried_no_third_time(scene: Scene) -> None:
    scene.calls.errors["send"] = [Malformed("BadSyntax"), Malformed("still")]
    with pytest.raises(Gone, match=r"^still$"):
        await scene.show.show(replace(ROOM, card=NAMED, names=NAMES))
    assert len(scene.calls.called("send")) == 2


async def test_nothing_else_that_is_refused_is_sent_twice(scene: Scene) -> None:
    scene.calls.errors["send"] = [Gone("closed")]
    with pytest.raises(Gone, match=r"^closed$"):
        await scene.show.show(replace(ROOM, card=NAMED, names=NAMES))
    assert len(scene.calls.called("send")) == 1


# -- own views ---------------------------------------------------------------------------------------------------------

LED = Card(quote("Lunch?"), buttons=(VOTE, LEAD))


async def shown_to(scene: Scene, message: Message) -> Sequence[str]:
    """Whose own view of it Teams fetches."""
    await scene.show.show(message)
    found: Sequence[str] = content(scene.calls.called("send")[-1][-1]).get("refresh", {}).get("userIds", ())
    return found


async def test_facilitators_get_a_view_of_their_own_where_there_is_something_for_them(scene: Scene) -> None:
    scene.bot.lead = ["ann", "ben", "eve"]  # Eve was never met
    led = replace(ROOM, card=LED)
    assert await shown_to(scene, led) == [ANN.id, BEN.id]
    refresh = content(scene.calls.called("send")[-1][-1])["refresh"]["action"]
    assert (refresh["verb"], refresh["data"]) == ("refresh", {"d": "d1", "s": "board"})

    assert await shown_to(scene, replace(ROOM, card=Card(quote("Lunch?"), buttons=(VOTE,)))) == ()
    assert await shown_to(scene, replace(led, session=None)) == ()
    assert await shown_to(scene, replace(HINT, card=LED)) == ()


async def test_no_more_own_views_are_fetched_than_teams_takes(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async def many(*_: object) -> dict[str, str]:
        return {f"p{n}": f"29:{n}" for n in range(OWN_VIEWS + 5)}

    monkeypatch.setattr(scene.addresses, "mentions", many)
    assert len(await shown_to(scene, replace(ROOM, card=LED))) == OWN_VIEWS


# -- what somebody is answered -----------------------------------------------------------------------------------------

NOTES: list[tuple[str, Text | Wrong | Card | None, str]] = [
    ("nothing", None, ""),
    ("a sentence", t("Taken."), "Taken.\n"),
    ("what is wrong", Wrong((("a", t("Too long.")), ("b", t("Too short.")))), "Too long.\nToo short.\n"),
    ("a card stands for itself", card("Another"), ""),
]


@pytest.mark.parametrize(("note", "told"), [row[1:] for row in NOTES], ids=[row[0] for row in NOTES])
async def test_an_answer_is_the_card_with_what_its_reader_is_told_first(
    scene: Scene, note: Text | Wrong | Card | None, told: str
) -> None:
    standing = Card(quote("Lunch?"), text=(t("Take one."),), buttons=(VOTE,))
    shown = card_of(await scene.show.seen("t1", Seen("d1", "board", standing, False, NOON, 1), "ann", note))
    assert words(shown) == f"Lunch?\n{told}Take one."
    assert titles(shown) == ["Vote"]


async def test_links_lead_their_reader_to_their_own_page_and_a_room_nowhere(scene: Scene) -> None:
    linked = Card(t("Look: {link}", link=Link("room", "s1", t("your page"))))
    shown = card_of(await scene.show.seen("t1", Seen("d1", "hint", linked, True, NOON, 1), "ann"))
    assert "https://page.example/ann" in words(shown)
    await scene.show.show(replace(ROOM, card=linked))
    assert words(content(scene.calls.called("send")[-1][-1])) == "Look: your page"


async def test_people_in_an_answer_are_called_by_the_names_that_the_bot_knows(scene: Scene) -> None:
    shown = card_of(await scene.show.seen("t1", Seen("d1", "board", NAMED, False, NOON, 1), "ann"))
    assert words(shown) == "Ann Ode asked Ben Lima"


# -- pages -------------------------------------------------------------------------------------------------------------


async def test_what_stands_on_a_page_only_is_not_brought_to_teams(scene: Scene) -> None:
    ways = Ways("app", None, "https://login.example", TENANT, "https://keys.example", frozenset({TENANT}))
    adapter = Teams(scene.bot, ways, lambda _: "t1", lambda *_: "", lambda: NOON, MemoryHot())
    # It has not been started: there is nothing by which it could have been brought.
    for message in (HINT, replace(HINT, ref=PAGE), replace(HINT, user=None)):
        assert await adapter.show(replace(message, card=card("Your desk", page=True))) == PAGE
    assert adapter.pace(Bound("t1", "d1", "desk", None, "ann", PAGE)) == ()


# -- the pace ----------------------------------------------------------------------------------------------------------


async def test_a_conversation_in_which_much_happens_stays_below_what_teams_takes(scene: Scene) -> None:
    """New messages and edits of six boards, ten times a second for three minutes, and every one goes through."""
    adapter, hot, rates, sent = teams(scene), MemoryHot(), Rates(), list[int]()
    place = "teams:19:room@thread.v2"
    boards = [Bound("t1", f"d{n}", "board", place, None, ref) for ref in (None, "teams:19:room|1") for n in range(6)]
    for tenth in range(1800):
        now = NOON + timedelta(seconds=tenth / 10)
        waits = await hot.waits([adapter.pace(board) for board in boards], now)
        for _ in range(waits.count(0)):
            assert rates.wait(now, [(place, WRITING)]) == 0
            sent.append(tenth)

    assert len(sent) >= 80


async def test_two_thousand_new_messages_go_out_as_fast_as_an_organisation_takes_them(scene: Scene) -> None:
    adapter, hot, rates, now = teams(scene), MemoryHot(), Rates(), NOON
    waiting = [Bound("t1", "d1", "checklist", None, f"p{n}", None) for n in range(2000)]
    while waiting:
        waits = await hot.waits([adapter.pace(one) for one in waiting[:100]], now)
        for _ in range(waits.count(0)):
            assert rates.wait(now, [("tenant t1", OF_A_TENANT)]) == 0
        waiting = waiting[waits.count(0) :]
        now += timedelta(seconds=0.1)

    assert (now - NOON).total_seconds() < 90
    assert await hot.waits([adapter.pace(Bound("t2", "d1", "checklist", None, "p", None))], NOON) == [0]


def teams(scene: Scene) -> Teams:
    ways = Ways("app", None, "https://login.example", TENANT, "https://keys.example", frozenset({TENANT}))
    return Teams(scene.bot, ways, lambda _: "t1", lambda *_: "", lambda: NOON, MemoryHot())
