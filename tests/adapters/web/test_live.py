"""The live stream: what is pushed to whom, and what becomes of those who do not listen."""

from __future__ import annotations

import asyncio
import json
import socket
from uuid import uuid4

import pytest

from adapters.base import Bound, Message, Turn
from adapters.web.live import QUEUE, pack
from dialogs.base import Event, Joined, Left
from dialogs.card import Card, t
from tests.adapters.web.conftest import House, until
from tests.adapters.web.small_bot import DESK


def vote(value: str = "soup") -> dict[str, str]:
    form = {"kind": "press", "dialog": "p1", "slot": "board", "action": "vote", "id": str(uuid4())}
    return {**form, "value": value}


def moves(house: House) -> list[tuple[type[Event], str | None]]:
    return [(type(event), event.by) for event in house.bot.heard if isinstance(event, Joined | Left)]


# -- what is pushed ----------------------------------------------------------------------------------------------------


async def test_a_page_is_made_equal_to_the_truth_when_it_connects(house: House) -> None:
    await house.act(house.room("fay"), kind="say", text="Good morning", id=str(uuid4()))
    stream = await house.live(house.room("ana"))
    truth = await stream.next("sync")
    assert [(card["id"], card["region"]) for card in truth["cards"]] == [
        ("card-c1-list", "you"),
        ("card-o1-open", "room"),
        ("card-q1-question", "room"),
        ("card-p1-board", "room"),
        ("card-v1-form", "you"),
    ]
    assert [card["order"] for card in truth["cards"]] == sorted(card["order"] for card in truth["cards"])
    assert [(line["dialog"], "Good morning" in line["html"]) for line in truth["chat"]] == [(None, True)]
    assert truth["sessions"] is None


async def test_a_vote_reaches_every_page_as_each_viewer_sees_it(house: House) -> None:
    streams = {who: await house.live(house.room(who)) for who in ("ana", "ben", "fay")}
    await house.act(house.room("ana"), **vote())
    assert await house.show("p1", "board") == "web:"
    cards = {who: await stream.next("card") for who, stream in streams.items()}
    assert {card["id"] for card in cards.values()} == {"card-p1-board"}
    assert all("1 of 1" in card["html"] for card in cards.values())
    pressed = {who: 'aria-pressed="true"' in card["html"] for who, card in cards.items()}
    assert pressed == {"ana": True, "ben": False, "fay": False}
    assert {who: "Close the poll" in card["html"] for who, card in cards.items()} == {
        "ana": False,
        "ben": False,
        "fay": True,
    }


async def test_the_bot_is_asked_once_for_all_and_a_card_is_drawn_once_for_all_who_see_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for who in ("ana", "ben", "tal", "tal"):
        await (await house.live(house.room(who))).next("sync")
    asked: list[list[str]] = []
    looks = house.bot.looks

    async def counting(dialog: str, slot: str, viewers: list[str]) -> object:
        asked.append(viewers)
        return await looks(dialog, slot, viewers)

    drawn = 0
    entry = house.web._draw.entry

    def drawing(*args: object) -> object:
        nonlocal drawn
        drawn += 1
        return entry(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(house.bot, "looks", counting)
    monkeypatch.setattr(house.web._draw, "entry", drawing)
    await house.show("p1", "board")
    assert (asked, drawn) == ([["ana", "ben", "tal"]], 1)


async def test_what_is_for_one_person_reaches_that_person_alone(house: House) -> None:
    ana, fay = await house.live(house.room("ana")), await house.live(house.room("fay"))
    await house.show("f1", "flag:1", place=None, person="fay")
    assert (await fay.next("card"))["region"] == "you"
    assert await ana.nothing("card", "gone")


async def test_links_on_a_card_are_each_viewers_own(house: House) -> None:
    house.bot.shown["b1", "board"] = (frozenset({"fay", "ana"}), True)
    streams = {who: await house.live(house.room(who)) for who in ("ana", "fay")}
    await house.show("b1", "board")
    for who, stream in streams.items():
        path = house.links.people("t1", "s1", who).removeprefix(house.links.base_url)
        assert f'href="{path}"' in (await stream.next("card"))["html"]


async def test_a_message_that_somebody_may_not_see_any_more_goes_away(house: House) -> None:
    ana = await house.live(house.room("ana"))
    house.bot.shown["p1", "board"] = (frozenset({"fay"}), False)
    await house.show("p1", "board")
    assert await ana.next("gone") == {"id": "card-p1-board"}


async def test_nobody_is_asked_about_where_nobody_is(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(house.bot, "looks", never)
    assert await house.show("p1", "board") == "web:"
    assert await house.show("m1", "digest", place=None, person="mia") == "web:"


async def test_a_report_is_live_and_has_nothing_of_the_room(house: House) -> None:
    mia = await house.live(house.links.report("t1", "s1", "mia"))
    assert [card["id"] for card in (await mia.next("sync"))["cards"]] == ["card-m1-digest"]
    await house.show("m1", "digest", place=None, person="mia")
    assert (await mia.next("card"))["id"] == "card-m1-digest"
    await house.show("p1", "board")
    await house.act(house.room("ana"), kind="say", text="Is she there?", id=str(uuid4()))
    assert await mia.nothing("card", "chat")


async def test_a_desk_is_sent_whole_after_each_command_and_message(house: House) -> None:
    desk = await house.live(house.links.desk("t1", "fay"))
    assert "Difficult talks" in (await desk.next("sync"))["sessions"]
    await house.act(house.links.desk("t1", "fay"), kind="command", text="new", id=str(uuid4()))
    assert "Difficult talks" in (await desk.next("sync"))["sessions"]
    await house.web.show(Message("x", "t1", "d1", "hello", None, None, "fay", DESK))
    assert [card["id"] for card in (await desk.next("sync"))["cards"]] == ["card-d1-hello"]


async def test_chat_and_answers_are_relayed_to_the_room_and_stored_by_nobody(house: House) -> None:
    ben, ana = await house.live(house.room("ben")), await house.live(house.room("ana"))
    await house.act(house.room("ana"), kind="say", text="Hello <b>", id=str(uuid4()))
    line = await ben.next("chat")
    assert (line["dialog"], line["mine"], "Hello &lt;b&gt;" in line["html"]) == (None, False, True)
    assert (await ana.next("chat"))["mine"] is True
    form = {"kind": "answer", "dialog": "q1", "slot": "question", "text": "Ask why", "id": str(uuid4())}
    await house.act(house.room("ana"), **form)
    assert (await ben.next("chat"))["dialog"] == "q1"
    await house.act(house.room("ana"), **form)  # sent again by a page that was not sure
    assert await ben.nothing("chat")
    assert not any("Hello" in repr(event) or "Ask why" in repr(event) for event in house.bot.heard)


async def test_of_a_rooms_chat_the_last_two_hundred_are_remembered(house: House) -> None:
    for n in range(205):
        await house.act(house.room("ana"), kind="say", text=f"number {n}", id=str(uuid4()))
    chat = (await (await house.live(house.room("ben"))).next("sync"))["chat"]
    assert (len(chat), "number 5<" in chat[0]["html"]) == (200, True)


async def test_names_that_only_the_message_knows_are_drawn(house: House) -> None:
    ana = await house.live(house.room("ana"))
    await ana.next("sync")
    house.bot.people["ana"], known = house.bot.people["ana"], dict(house.web._hub.room("s1").names)
    house.web._hub.room("s1").names.clear()
    await house.web.show(Message("x", "t1", "q1", "question", "s1", "web:s1", None, Card(t("Q")), known))
    assert '<b class="who" dir="auto">Ana Lima</b>' in (await ana.next("card"))["html"]


def test_rooms_are_paced_and_people_are_not(house: House) -> None:
    assert house.web.pace(Bound("t1", "p1", "board", "web:s1", None, "web:")) == [Turn("web:s1", 1.5)]
    assert house.web.pace(Bound("t1", "p1", "board", None, "ana", "web:")) == ()


def test_an_event_is_one_block_whatever_is_in_it() -> None:
    hostile = {"html": ["a\n\nevent: gone\r\ndata: \u2028", "b"]}
    assert pack("card", hostile).count(b"\n") == 3
    *lines, end, last = pack("sync", hostile, lines=True).split(b"\n")
    assert (lines[0], end, last) == (b"event: sync", b"", b"")
    assert json.loads(b"".join(line.removeprefix(b"data: ") for line in lines[1:])) == hostile


# -- who is there ------------------------------------------------------------------------------------------------------


async def test_somebody_is_there_once_however_many_pages_they_open(house: House) -> None:
    first, second = await house.live(house.room("ana")), await house.live(house.room("ana"))
    await first.next("sync")
    await second.next("sync")
    assert moves(house) == [(Joined, "ana")]
    assert house.bot.heard[0].place == "web:s1"


async def until_asked(house: House, seconds: float) -> None:
    """Until the web room waits for so long."""
    await until(lambda: seconds in house.patience.asked)


async def test_somebody_has_left_when_their_last_page_has_been_gone_for_a_while(house: House) -> None:
    first, second = await house.live(house.room("ana")), await house.live(house.room("ana"))
    first.response.close()
    await asyncio.sleep(0.05)
    assert house.patience.asked == []
    second.response.close()
    await until_asked(house, 30.0)
    assert moves(house) == [(Joined, "ana")]
    await house.patience.pass_by()
    assert moves(house) == [(Joined, "ana"), (Left, "ana")]


async def test_whoever_comes_back_in_time_has_not_left(house: House) -> None:
    (await house.live(house.room("ana"))).response.close()
    await until_asked(house, 30.0)
    await (await house.live(house.room("ana"))).next("sync")
    await house.patience.pass_by()
    assert moves(house) == [(Joined, "ana")]


async def test_a_leaving_that_the_bot_could_not_hear_is_told_again(house: House) -> None:
    (await house.live(house.room("ana"))).response.close()
    await until_asked(house, 30.0)
    house.bot.failing = 1
    await house.patience.pass_by()
    await until_asked(house, 1.0)
    await house.patience.pass_by()
    assert moves(house) == [(Joined, "ana"), (Left, "ana")]


async def test_a_coming_that_the_bot_could_not_hear_is_told_with_the_next_connection(house: House) -> None:
    house.bot.failing = 1
    assert (await house.get(house.room("ana") + "/live"))[0] == 503
    await (await house.live(house.room("ana"))).next("sync")
    assert moves(house) == [(Joined, "ana")]


async def test_reading_a_report_or_a_desk_is_not_being_in_the_room(house: House) -> None:
    for url in (house.links.report("t1", "s1", "mia"), house.links.desk("t1", "fay")):
        await (await house.live(url)).next("sync")
    assert moves(house) == []


async def test_the_end_of_the_server_ends_the_streams_and_nobody_has_left_by_it(house: House) -> None:
    ana = await house.live(house.room("ana"))
    await ana.next("sync")
    (await house.live(house.room("ben"))).response.close()
    await until_asked(house, 30.0)
    await house.web.close()
    with pytest.raises(ConnectionResetError):
        await ana.next("card")
    await house.patience.pass_by()
    assert moves(house) == [(Joined, "ana"), (Joined, "ben")]


# -- those who do not listen -------------------------------------------------------------------------------------------


async def test_a_page_that_does_not_read_is_dropped_and_holds_up_nobody(house: House) -> None:
    path = (house.room("tal") + "/live").removeprefix(house.links.base_url)
    address = house.links.base_url.removeprefix("http://")
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port))) as deaf:
        deaf.sendall(f"GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n".encode())  # and from here on it reads nothing
        ana = await house.live(house.room("ana"))
        await ana.next("sync")
        await until(lambda: len(house.web._hub.viewers("s1", "room")) == 2)
        viewers = house.web._hub.viewers("s1", "room")
        noise = pack("noise", {"x": "x" * 60_000})
        for _ in range(2 * QUEUE):  # 30 MB: more than any socket buffers
            for viewer in viewers:
                viewer.send(noise)
            await ana.next("noise")
        await until(lambda: len(house.web._hub.viewers("s1", "room")) == 1)
        await house.show("p1", "board")
        assert (await ana.next("card"))["id"] == "card-p1-board"
