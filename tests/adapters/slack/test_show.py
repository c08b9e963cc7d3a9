"""Show: a message brought to Slack, edited at Slack's pace, and found again after its answer was lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from adapters.base import Bound, Gone, Later, Lost, Message, Seen
from adapters.slack import draw
from adapters.slack.calling import Refused
from adapters.slack.show import EDITS, EVENT, PRIVATE_EDITS, Show
from adapters.slack.text import Reader
from dialogs.card import Link, Who, quote, t
from storage.hot import MemoryHot
from tests.adapters.slack.stand_ins import NOON, Calls, Noting, card, quiet

POSTED = {"channel": "D9", "ts": "1.5"}
ROOM = Message("p1", "t1", "d1", "board", "s1", "slack:C1", None, card("Lunch?"), ref="slack:C1:1.2")
HINT = replace(ROOM, post="p2", slot="hint", place=None, person="ann", user="T1/UANN", ref="slack:D1:1.3")


class Scene:
    def __init__(self) -> None:
        self.bot, self.call = Noting(), Calls(chat_postMessage=POSTED, conversations_open={"channel": {"id": "D9"}})
        self.hot = MemoryHot()
        self.show = Show(self.bot, self.call, lambda *_: "", self.hot)

    @property
    def called(self) -> list[str]:
        return [method for method, _ in self.call.heard]

    async def may_go(self, *messages: Message) -> list[bool]:
        """Whether the outbox may take each of them now. Those that it may have gone."""
        bound = [Bound(one.tenant, one.dialog, one.slot, one.place, one.person, one.ref) for one in messages]
        return [not wait for wait in await self.hot.waits([*map(self.show.pace, bound)], self.bot.clock.now())]

    async def edits(self, message: Message, words: str) -> str:
        return await self.show.show(replace(message, card=card(words)))

    async def presses(self, words: str, person: str = "ann") -> None:
        """A press redraws this person's own card by the press's address."""
        seen = Seen("d1", "hint", card(words), True, NOON, 2)
        self.show.replaced(seen, person, await self.show.card("t1", seen, person))


@pytest.fixture
async def scene() -> Scene:
    return Scene()


async def test_a_new_message_is_posted_where_it_belongs_with_our_own_id_on_it(scene: Scene) -> None:
    assert await scene.show.show(replace(ROOM, ref=None)) == "slack:D9:1.5"
    assert await scene.show.show(replace(HINT, ref=None)) == "slack:D9:1.5"
    room, hint = scene.call.arguments("chat.postMessage")
    assert (room["channel"], hint["channel"]) == ("C1", "UANN")
    mark = room["metadata"]["event_payload"]
    assert (room["metadata"]["event_type"], mark["post"], mark.keys()) == (EVENT, "p1", {"post", "looks"})
    assert (room["unfurl_links"], room["unfurl_media"]) == (False, False)


async def test_an_edit_goes_to_the_message_that_stands(scene: Scene) -> None:
    assert await scene.edits(ROOM, "Dinner?") == ROOM.ref
    ((method, given),) = scene.call.heard
    assert (method, given["channel"], given["ts"], given["text"]) == ("chat.update", "C1", "1.2", "Dinner?")


async def test_whoever_slack_does_not_know_is_gone_in_a_sentence(scene: Scene) -> None:
    with pytest.raises(Gone, match=r"^Slack does not know this person\.$"):
        await scene.show.show(replace(HINT, ref=None, user=None))
    assert scene.called == []


@pytest.mark.parametrize("ref", [None, "slack:D1:1.3"])
@pytest.mark.parametrize(
    ("no", "wanted"),
    [(Refused("user_disabled"), Gone), (Refused("message_not_found"), Lost), (Refused("other"), Refused)],
)
async def test_a_refusal_is_told_as_what_it_means(
    scene: Scene, ref: str | None, no: Refused, wanted: type[Exception]
) -> None:
    for method in ("chat.postMessage", "chat.update"):
        scene.call.next(method, no)
    with pytest.raises(wanted):
        await scene.show.show(replace(HINT, ref=ref))


def said(post: str, event: str = EVENT) -> dict[str, Any]:
    return {"ts": "1.4", "metadata": {"event_type": event, "event_payload": {"post": post}}}


HISTORY = [
    ("it stands", {"messages": [{"ts": "1.6"}, said("p0"), said("p1")]}, "slack:C1:1.4"),
    ("it does not", {"messages": [{"ts": "1.6"}, said("p0")]}, "slack:D9:1.5"),
    ("somebody else's", {"messages": [said("p1", "their_message")]}, "slack:D9:1.5"),
    ("nothing", {}, "slack:D9:1.5"),
    ("cannot be seen", Refused("missing_scope", "channels:history"), "slack:D9:1.5"),
]


@pytest.mark.parametrize(("history", "wanted"), [row[1:] for row in HISTORY], ids=[row[0] for row in HISTORY])
async def test_what_may_have_been_posted_is_looked_for(scene: Scene, history: Any, wanted: str) -> None:
    scene.call.next("conversations.history", history)
    assert await scene.show.show(replace(ROOM, ref=None, attempted=True)) == wanted
    assert ("chat.postMessage" in scene.called) == (wanted == "slack:D9:1.5")


@pytest.mark.parametrize(("words", "edited"), [("Lunch?", False), ("Dinner?", True)])
async def test_what_was_posted_is_edited_only_if_it_looks_otherwise_by_now(
    scene: Scene, words: str, *, edited: bool
) -> None:
    """After a broadcast was cut off hundreds are found: an edit for each would keep the boards waiting for minutes."""
    await scene.show.show(replace(ROOM, ref=None))
    (posted,) = scene.call.arguments("chat.postMessage")
    scene.call.next("conversations.history", {"messages": [{"ts": "1.5", "metadata": posted["metadata"]}]})
    assert await scene.show.show(replace(ROOM, ref=None, attempted=True, card=card(words))) == "slack:C1:1.5"
    assert scene.called == ["chat.postMessage", "conversations.history", *(["chat.update"] if edited else [])]


async def test_what_is_for_one_person_is_looked_for_in_their_direct_messages(scene: Scene) -> None:
    scene.call.next("conversations.history", {"messages": [said("p2")]})
    assert await scene.show.show(replace(HINT, ref=None, attempted=True)) == "slack:D9:1.4"
    assert scene.call.arguments("conversations.open") == [{"users": "UANN"}]


async def test_slack_that_is_busy_is_not_posted_to_in_the_dark(scene: Scene) -> None:
    scene.call.next("conversations.history", Later(7))
    with pytest.raises(Later):
        await scene.show.show(replace(ROOM, ref=None, attempted=True))
    assert "chat.postMessage" not in scene.called


async def test_an_edit_that_a_press_has_made_is_spared_once(scene: Scene) -> None:
    await scene.presses("ticked")
    assert await scene.edits(HINT, "ticked") == HINT.ref
    assert scene.called == []
    await scene.edits(HINT, "ticked")
    assert scene.called == ["chat.update"]


async def test_an_edit_that_says_something_else_is_made_and_so_is_anybody_elses(scene: Scene) -> None:
    await scene.presses("ticked")
    await scene.edits(replace(HINT, person="ben"), "ticked")
    await scene.edits(replace(ROOM, slot="hint"), "ticked")
    await scene.edits(HINT, "something else")
    await scene.edits(HINT, "ticked")  # what the press has made was written over
    assert scene.called == ["chat.update"] * 4


async def test_an_edit_that_crosses_a_press_comes_after_it(scene: Scene) -> None:
    scene.call.gate.clear()
    crossing = asyncio.create_task(scene.edits(HINT, "before"))
    await quiet()
    await scene.presses("ticked")
    scene.call.gate.set()
    await crossing
    await scene.edits(HINT, "ticked")  # nobody knows which of the two stands now
    assert scene.called == ["chat.update"] * 2


async def test_edits_stay_below_slacks_pace_and_private_ones_leave_room(scene: Scene) -> None:
    people = [replace(HINT, person=f"p{n}") for n in range(PRIVATE_EDITS + 1)]
    rooms = [replace(ROOM, place=f"slack:C{n}") for n in range(EDITS - PRIVATE_EDITS + 1)]

    private, shared = await scene.may_go(*people), await scene.may_go(*rooms)

    assert private == [True] * PRIVATE_EDITS + [False]
    assert shared == [True] * (EDITS - PRIVATE_EDITS) + [False]
    assert await scene.may_go(replace(ROOM, tenant="t2"), replace(ROOM, ref=None)) == [True, True]


async def test_two_thousand_new_messages_take_their_time(scene: Scene) -> None:
    everybody, a_second = [replace(HINT, person=f"p{n}", ref=None) for n in range(2000)], list[int]()
    while everybody:
        a_second.append((await scene.may_go(*everybody[:60])).count(True))
        everybody = everybody[a_second[-1] :]
        scene.bot.clock.move(1)

    minutes = [sum(a_second[start : start + 60]) for start in range(len(a_second))]
    assert 200 <= max(minutes) <= 300  # "several hundred": what Slack takes in one minute
    assert len(a_second) < 600
    assert await scene.may_go(*[replace(ROOM, ref=None)] * 6) == [True] * 5 + [False]
    scene.bot.clock.move(1)
    assert await scene.may_go(*[replace(ROOM, ref=None)] * 2) == [True, False]


async def test_a_card_that_a_press_has_changed_already_takes_nobodys_turn(scene: Scene) -> None:
    await scene.may_go(*(replace(HINT, person=f"p{n}") for n in range(PRIVATE_EDITS)))
    await scene.presses("ticked")

    assert await scene.may_go(HINT) == [True]
    with pytest.raises(Later):
        await scene.edits(HINT, "something else")  # than what the press has made: that is an edit like any other
    assert scene.called == []
    assert await scene.may_go(HINT) == [False]


@pytest.mark.parametrize("ref", [None, ROOM.ref])
async def test_when_slack_says_that_it_is_enough_nobody_goes_before_it_said(scene: Scene, ref: str | None) -> None:
    one, another = replace(ROOM, ref=ref), replace(ROOM, place="slack:C2", ref=ref)
    for method in ("chat.update", "chat.postMessage"):
        scene.call.next(method, Later(9), {})
    with pytest.raises(Later) as later:
        await scene.show.show(one)
    assert later.value.seconds == 9
    assert await scene.may_go(another) == [False]
    scene.bot.clock.move(8.9)
    assert await scene.may_go(another) == [False]
    scene.bot.clock.move(0.1)
    assert await scene.may_go(another, replace(one, tenant="t2")) == [True, True]


async def test_what_names_somebody_or_leads_somewhere_is_drawn_for_whoever_reads_it(scene: Scene) -> None:
    show = Show(scene.bot, scene.call, lambda _, __, person: f"https://cohost.example/{person}", MemoryHot())
    vote, room = t("Your vote: {choice}", choice=quote("Soup")), t("Go to {it}", it=Link("room", "s1", t("the room")))
    told = {who: [await show.said("t1", one, {}, who) for one in (vote, room)] for who in ("ann", "ben")}
    assert told["ann"][0] == told["ben"][0] == draw.said(vote, "", "", Reader())
    assert ["https://cohost.example/ben" in str(one) for one in told["ben"]] == [False, True]
    assert ["https://cohost.example/ann" in str(one) for one in told["ben"]] == [False, False]
    named = t("{who} is next", who=Who("eve"))
    said = [(await show.said("t1", named, {"eve": name}, "ann"))["text"] for name in ("Eve", "Eva")]
    assert said[0] != said[1]
