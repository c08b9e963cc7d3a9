"""Two workers that serve pages of one room: what is done at one is seen at the other, and the missed is made up for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest

from adapters.web import others
from adapters.web.others import CHANNEL, WAITING
from dialogs.base import Joined, Left
from storage.hot import MemoryHot
from tests.adapters.web.conftest import House, serving, until
from tests.adapters.web.small_bot import SmallBot
from tests.adapters.web.test_live import vote


class Wire(MemoryHot):
    """Between the two; it may be cut."""

    def __init__(self) -> None:
        super().__init__()
        self.cut, self.carried = False, list[list[Any]]()

    async def publish(self, channel: str, payload: str) -> None:
        """Carry it, unless the wire is cut."""
        if not self.cut:
            self.carried.append(json.loads(payload)[1:])
            await super().publish(channel, payload)


class Two:
    """Two workers with one bot behind them."""

    def __init__(self, wire: Wire, one: House, other: House) -> None:
        self.wire, self.one, self.other = wire, one, other
        self.bot = one.bot

    def heals(self) -> None:
        """The wire is whole again, and says so."""
        self.wire.cut = False
        self.wire.missed()

    def left(self) -> list[str | None]:
        """Who has left, as far as the bot was told."""
        return [event.by for event in self.bot.heard if isinstance(event, Left)]


@pytest.fixture
async def two() -> AsyncIterator[Two]:
    bot, wire = SmallBot(), Wire()
    async with AsyncExitStack() as stack:
        yield Two(wire, *[await stack.enter_async_context(serving(bot, wire)) for _ in range(2)])


# -- what is told ------------------------------------------------------------------------------------------------------


async def test_what_is_shown_at_one_is_shown_at_the_other_as_each_viewer_sees_it(two: Two) -> None:
    fay = await two.other.live(two.other.room("fay"))
    await two.one.act(two.one.room("ana"), **vote())
    await two.one.show("p1", "board")
    card = await fay.next("card")
    assert (card["id"], "1 of 1" in card["html"], "Close the poll" in card["html"]) == ("card-p1-board", True, True)


async def test_what_is_for_one_person_reaches_that_person_alone(two: Two) -> None:
    ana, fay = await two.other.live(two.other.room("ana")), await two.other.live(two.other.room("fay"))
    mia = await two.other.live(two.other.links.report("t1", "s1", "mia"))
    await two.one.show("f1", "flag:1", place=None, person="fay")
    await two.one.show("m1", "digest", place=None, person="mia")
    assert (await fay.next("card"))["id"] == "card-f1-flag:1"
    assert (await mia.next("card"))["id"] == "card-m1-digest"
    assert await ana.nothing("card", "gone")


async def test_a_message_that_somebody_may_not_see_any_more_goes_away_at_both(two: Two) -> None:
    pages = [await house.live(house.room("ana")) for house in (two.one, two.other)]
    two.bot.shown["p1", "board"] = (frozenset({"fay"}), False)
    await two.one.show("p1", "board")
    assert [await page.next("gone") for page in pages] == [{"id": "card-p1-board"}] * 2
    two.heals()
    assert [await page.nothing("gone") for page in pages] == [True, True]


async def test_a_desk_is_drawn_anew_at_both(two: Two) -> None:
    desks = [await house.live(house.links.desk("t1", "fay")) for house in (two.one, two.other)]
    for desk in desks:
        await desk.next("sync")
    await two.one.act(two.one.links.desk("t1", "fay"), kind="command", text="new", id=str(uuid4()))
    assert ["Difficult talks" in (await desk.next("sync"))["sessions"] for desk in desks] == [True, True]


async def test_talk_is_read_at_both_once_by_whom_it_is_whose(two: Two) -> None:
    pages = {(n, who): await house.live(house.room(who)) for n, house in enumerate((two.one, two.other))
             for who in ("ana", "ben")}  # fmt: skip
    line = {"kind": "say", "text": "Good morning", "id": str(uuid4())}
    for _ in range(2):  # a page that is not sure sends it again
        await two.one.act(two.one.room("ana"), **line)
    lines = {who: await page.next("chat") for who, page in pages.items()}
    assert {who: line["mine"] for who, line in lines.items()} == {who: who[1] == "ana" for who in pages}
    assert len({(line["id"], line["order"], line["html"]) for line in lines.values()}) == 1
    assert all([await page.nothing("chat") for page in pages.values()])
    late = await two.other.live(two.other.room("tal"))
    assert ["Good morning" in line["html"] for line in (await late.next("sync"))["chat"]] == [True]


async def test_a_worker_alone_tells_nobody_and_does_what_it_does(house: House) -> None:
    ana = await house.live(house.room("ana"))
    await house.show("p1", "board")
    assert (await ana.next("card"))["id"] == "card-p1-board"


async def test_nobody_hears_their_own(two: Two) -> None:
    fay = await two.one.live(two.one.room("fay"))
    await two.one.show("p1", "board")
    assert (await fay.next("card"))["id"] == "card-p1-board"
    assert await fay.nothing("card")


# -- who is here -------------------------------------------------------------------------------------------------------


async def closes(house: House) -> None:
    for stream in house.streams:
        stream.response.close()
    house.streams.clear()
    await until(lambda: bool(house.patience.asked))


async def test_whoever_has_the_page_open_elsewhere_has_not_left(two: Two) -> None:
    await two.one.live(two.one.room("ana"))
    await two.other.live(two.other.room("ana"))
    await closes(two.one)
    await until(lambda: not two.one.web._hub._leaving)
    await two.one.patience.pass_by()
    assert two.left() == []
    await closes(two.other)
    await two.other.patience.pass_by()
    await until(lambda: two.left() == ["ana"])


async def test_whoever_changes_to_the_other_worker_has_not_left(two: Two) -> None:
    await two.one.live(two.one.room("ana"))
    await closes(two.one)
    await two.other.live(two.other.room("ana"))
    await until(lambda: not two.one.web._hub._leaving)
    await two.one.patience.pass_by()
    assert two.left() == []
    await closes(two.other)
    await two.other.patience.pass_by()
    await until(lambda: two.left() == ["ana"])
    await two.one.live(two.one.room("ana"))  # where they have been before, and come back to
    assert [type(event) for event in two.bot.heard] == [Joined, Joined, Left, Joined]


@pytest.mark.parametrize("page", ["ben's room", "ana's report", "nothing"])
async def test_another_page_keeps_nobody_in_the_room(two: Two, page: str) -> None:
    await two.one.live(two.one.room("ana"))
    if page == "ben's room":
        await two.other.live(two.other.room("ben"))
    elif page == "ana's report":
        await two.other.live(two.other.links.report("t1", "s1", "ana"))
    await closes(two.one)
    await asyncio.sleep(0.1)
    await two.one.patience.pass_by()
    await until(lambda: two.left() == ["ana"])


async def test_a_page_that_is_open_here_too_stays_counted_here(two: Two) -> None:
    await two.one.live(two.one.room("ana"))
    await two.other.live(two.other.room("ana"))  # "here", while nobody is leaving at the first
    await closes(two.other)
    await until(lambda: not two.other.web._hub._leaving)
    await closes(two.one)
    await two.one.patience.pass_by()
    await until(lambda: two.left() == ["ana"])


# -- what was missed ---------------------------------------------------------------------------------------------------


async def sync(house: House, url: str) -> Any:
    """A page that is open, and has what it shows."""
    page = await house.live(url)
    await page.next("sync")
    return page


async def test_after_a_cut_a_page_comes_to_show_what_is(two: Two) -> None:
    pages = [await sync(two.other, two.other.room(who)) for who in ("ana", "fay")]
    two.wire.cut = True
    await two.one.act(two.one.room("ben"), **vote())
    await two.one.show("p1", "board")
    before = [await page.nothing("card", "gone") for page in pages]
    two.heals()

    for page in pages:
        cards = {card["id"]: card["html"] for card in [await page.next("card") for _ in range(5)]}
        assert "1 of 1" in cards["card-p1-board"]
    assert before == [True, True]


async def test_after_a_cut_nothing_is_sent_that_has_not_changed(two: Two) -> None:
    ana = await sync(two.other, two.other.room("ana"))
    mia = await sync(two.other, two.other.links.report("t1", "s1", "mia"))
    await two.one.act(two.one.room("ben"), **vote())
    await two.one.show("p1", "board")
    assert (await ana.next("card"))["id"] == "card-p1-board"
    two.heals()  # by the vote all that the small bot shows has a new revision
    sent = {(await ana.next("card"))["id"] for _ in range(4)}
    report = await mia.next("card")
    two.heals()

    assert "card-p1-board" not in sent  # it had been sent already
    assert report["id"] == "card-m1-digest"
    assert await ana.nothing("card", "gone")
    assert await mia.nothing("card", "gone")


async def test_what_went_away_during_a_cut_goes_away_after_it_and_only_once(two: Two) -> None:
    ana = await sync(two.other, two.other.room("ana"))
    two.bot.shown["b1", "board"] = (frozenset({"ana"}), True)  # it came after the page was opened
    await two.one.show("b1", "board", place=None, person="ana")
    await ana.next("card")
    two.wire.cut = True
    del two.bot.shown["b1", "board"], two.bot.shown["q1", "question"]
    two.heals()

    gone = [(await ana.next("gone"))["id"] for _ in range(2)]
    two.heals()
    assert sorted(gone) == ["card-b1-board", "card-q1-question"]
    assert await ana.nothing("card", "gone")


async def test_what_comes_while_a_page_is_looked_after_stays(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = await sync(two.other, two.other.room("ana"))
    room, looked, go_on = two.bot.room, asyncio.Event(), asyncio.Event()

    async def slowly(session: str, person: str) -> Any:
        found = await room(session, person)
        looked.set()
        await go_on.wait()
        return found

    monkeypatch.setattr(two.bot, "room", slowly)
    two.heals()
    await looked.wait()
    two.bot.shown["b1", "board"] = (frozenset({"ana"}), True)
    await two.other.show("b1", "board", place=None, person="ana")
    assert (await ana.next("card"))["id"] == "card-b1-board"
    go_on.set()
    assert await ana.nothing("gone")


async def test_the_pages_of_somebody_who_is_gone_end(two: Two) -> None:
    pages = [
        await sync(two.other, url)
        for url in (two.other.room("fay"), two.other.links.desk("t1", "fay"), two.other.room("ana"))
    ]
    del two.bot.people["fay"]
    two.heals()
    for page in pages[:2]:
        with pytest.raises(ConnectionResetError):
            await page.next("sync", "card")
    assert await pages[2].nothing("sync", "gone")


async def test_a_page_that_cannot_be_looked_after_keeps_no_other_waiting(
    two: Two, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pages = {who: await sync(two.other, two.other.room(who)) for who in ("ana", "ben", "tal")}
    del two.bot.shown["q1", "question"]
    room = two.bot.room

    async def failing(session: str, person: str) -> Any:
        if person == "ana":
            raise OSError("the database is away")
        return await room(session, person)

    monkeypatch.setattr(two.bot, "room", failing)
    two.heals()
    assert [await pages[who].next("gone") for who in ("ben", "tal")] == [{"id": "card-q1-question"}] * 2
    monkeypatch.setattr(two.bot, "room", room)
    two.heals()
    assert await pages["ana"].next("gone") == {"id": "card-q1-question"}
    assert [record.getMessage() for record in caplog.records] == ["a page could not be brought up to date"]


async def test_looking_after_pages_leaves_the_worker_most_of_its_time(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    for who in ("ana", "ben", "tal"):
        await sync(two.other, two.other.room(who))
    moments: list[float] = []
    room, clock = two.bot.room, asyncio.get_running_loop().time

    async def slowly(session: str, person: str) -> Any:
        moments.append(clock())
        await asyncio.sleep(0.05)
        return await room(session, person)

    monkeypatch.setattr(two.bot, "room", slowly)
    two.heals()
    await until(lambda: len(moments) == 3)
    assert moments[2] - moments[0] >= 2 * 0.05 * (1 + others.GENTLE)


# -- what is told too much, or wrongly ---------------------------------------------------------------------------------


async def test_the_same_told_ten_times_is_done_once_and_once_more_if_it_is_told_while_it_is_done(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sync(two.other, two.other.room("ana"))
    looks, asked, go_on = two.bot.looks, list[str](), asyncio.Event()

    async def slowly(dialog: str, slot: str, viewers: list[str]) -> Any:
        asked.append(dialog)
        await go_on.wait()
        return await looks(dialog, slot, viewers)

    monkeypatch.setattr(two.bot, "looks", slowly)
    for _ in range(10):
        await two.one.show("p1", "board")
    await until(lambda: asked == ["p1"])
    await two.one.show("p1", "board")
    go_on.set()
    await until(lambda: asked == ["p1", "p1"])
    await asyncio.sleep(0.05)
    assert asked == ["p1", "p1"]


async def test_too_much_to_be_done_becomes_one_look_at_everything(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = await sync(two.other, two.other.room("ana"))
    looks, asked = two.bot.looks, list[str]()

    async def counting(dialog: str, slot: str, viewers: list[str]) -> Any:
        asked.append(dialog)
        return await looks(dialog, slot, viewers)

    monkeypatch.setattr(two.bot, "looks", counting)
    del two.bot.shown["q1", "question"]
    for number in range(WAITING + 1):
        two.wire.tell(CHANNEL, json.dumps(["somebody", "shown", "s1", None, f"d{number}", "board"]))
    assert await ana.next("gone") == {"id": "card-q1-question"}
    assert len(asked) < WAITING / 2


RUBBISH = [[], ["shown"], ["shown", "s1"], ["desk", 1, 2], ["said", "s1", {}], ["here", {"sort": "room"}], ["?", "s1"]]


@pytest.mark.parametrize("told", RUBBISH)
async def test_what_nobody_understands_keeps_nobody_from_hearing(two: Two, told: list[Any]) -> None:
    ana = await sync(two.other, two.other.room("ana"))
    two.wire.tell(CHANNEL, json.dumps(["somebody", *told]))
    two.wire.tell(CHANNEL, "no JSON")
    await two.one.show("p1", "board")
    assert (await ana.next("card"))["id"] == "card-p1-board"


async def test_what_could_not_be_done_is_made_up_for(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = await sync(two.other, two.other.room("ana"))

    async def failing(*_: object) -> Any:
        raise OSError("the database is away")

    monkeypatch.setattr(two.bot, "looks", failing)
    del two.bot.shown["q1", "question"]
    two.wire.tell(CHANNEL, json.dumps(["somebody", "shown", "s1", None, "q1", "question"]))
    assert await ana.next("gone") == {"id": "card-q1-question"}


async def test_a_worker_that_has_stopped_hears_no_more(two: Two) -> None:
    await two.other.web.close()
    two.wire.tell(CHANNEL, json.dumps(["somebody", "shown", "s1", None, "q1", "question"]))
    two.wire.missed()
    assert not two.other.web._others._told
    assert not two.other.web._others._missed.is_set()


async def test_only_where_to_look_is_told_and_never_what_a_card_says(two: Two) -> None:
    await sync(two.one, two.one.room("ana"))
    await sync(two.one, two.one.links.desk("t1", "fay"))
    await two.one.show("p1", "board")
    await two.one.show("f1", "flag:1", place=None, person="fay")
    await two.one.act(two.one.links.desk("t1", "fay"), kind="command", text="new", id=str(uuid4()))
    assert two.wire.carried == [
        ["here", {"sort": "room", "tenant": "t1", "session": "s1", "person": "ana"}],
        ["shown", "s1", None, "p1", "board"],
        ["shown", "s1", "fay", "f1", "flag:1"],
        ["desk", "fay"],
    ]
