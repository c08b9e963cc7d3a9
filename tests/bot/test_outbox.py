"""The outbox: whatever a platform does, what people see becomes what is stored, in order, at the platform's pace."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from sqlalchemy import insert

from adapters.base import Answer, Bound, Later, Message, Turn
from bot.app import LOCAL, App
from bot.clock import HandClock
from bot.outbox import Outbox
from dialogs.base import FACILITATOR, LEARNER, Begin, Commanded, Joined, Note, Show, Told
from dialogs.card import Text
from storage.base import LEASE
from storage.hot import MemoryHot
from storage.records import Look, Post
from storage.sql import SqlStore
from storage.tables import IDENTITY
from tests.adapters.small_platform import SmallPlatform
from tests.bot.loops import running, until
from tests.storage.contract import World, desk_of, lines, plain, written


class Room:
    """A session with one dialog in two places, and the outbox that serves it."""

    def __init__(self, world: World, host: str, session: str, poll: str) -> None:
        self.world, self.host, self.session, self.poll = world, host, session, poll
        self.web, self.other = SmallPlatform("web", 1.5), SmallPlatform("small", 1.5)
        self.hot = MemoryHot()
        self.outbox = self.another()
        self.here, self.there = f"web:{session}", "small:C1"

    def another(self) -> Outbox:
        """One more worker."""
        adapters = {"web": self.web, "small": self.other}
        return Outbox(self.world.store, self.hot, self.world.clock, adapters)

    async def vote(self, person: str, value: str, slot: str = "board") -> None:
        """Somebody votes, and a card changes by it."""
        await self.world.does(person, self.poll, Note("vote", person, value), Show(slot), place=self.here)

    async def delivered(self, outbox: Outbox | None = None) -> None:
        """Rounds until there is nothing to do at this moment."""
        while await (outbox or self.outbox).deliver():
            pass

    def reads(self, platform: SmallPlatform | None = None, where: str = "") -> list[str]:
        """The votes on each of the cards that stand in the web room, or there."""
        return [lines(card)[2] for card in (platform or self.web).stands(where or self.here)]


@pytest.fixture
async def room(world: World) -> Room:
    host = await world.host()
    session = await world.session(host, places=("small:C1",))
    return Room(world, host, session, await world.dialog(session, "poll", Show("board"), by=host))


async def test_a_message_is_posted_once_and_then_edited(room: Room) -> None:
    await room.delivered()
    first = room.reads()
    await room.vote("ann", "a")
    room.world.move(2)
    await room.delivered()

    assert (first, room.reads(), room.reads(room.other, room.there)) == (["{}"], ['{"a": 1}'], ['{"a": 1}'])


async def test_no_card_is_made_for_a_platform_that_asks_what_its_readers_see(room: Room) -> None:
    room.web.asks = True
    await room.delivered()

    titles = [["".join(map(str, one.card.title.pieces())) for one in each.called] for each in (room.web, room.other)]
    assert titles == [[""], ["board"]]


async def test_many_votes_are_one_edit(room: Room) -> None:
    await room.delivered()
    room.world.move(2)
    before = len(room.web.called)
    for n in range(40):
        await room.vote(f"p{n}", "a")
    await room.delivered()

    assert (len(room.web.called) - before, room.reads()) == (1, ['{"a": 40}'])


async def test_edits_keep_the_platforms_pace_and_the_last_one_shows_all(room: Room) -> None:
    await room.delivered()
    before = len(room.web.called)
    for n in range(50):
        await room.vote(f"p{n}", "a")
        await room.delivered()
        room.world.move(0.2)
    within = len(room.web.called) - before
    room.world.move(1.5)
    await room.delivered()

    assert (within, room.reads()) == (7, ['{"a": 50}'])  # every second and a half, or soon after


async def test_first_posts_and_what_is_for_one_person_are_not_held_back(room: Room) -> None:
    for slot in ("a", "b", "c"):
        await room.world.does(room.host, room.poll, Show(slot), Show(f"hint {slot}", "ann"))
    await room.delivered()
    for slot in ("a", "b", "c"):
        await room.world.does(room.host, room.poll, Show(f"hint {slot}", "ann"))
    await room.delivered()

    assert [len(room.reads()), len(room.web.stands("ann"))] == [4, 3]
    edits = [message.slot for message in room.web.called if message.person and message.ref]
    assert sorted(edits) == ["hint a", "hint b", "hint c"]


async def test_two_boards_of_one_room_are_drawn_in_turn_however_busy_one_is(room: Room) -> None:
    await room.world.does(room.host, room.poll, Show("a"), Show("b"), Show("c"))
    await room.delivered()
    before = len(room.web.called)
    for n in range(40):  # ten seconds in which "a", "b" and the board are voted on all the time, and "c" once
        slots = ("a", "b", "board", *(["c"] if n == 1 else []))
        await room.world.does(room.host, room.poll, Note("vote", room.host, str(n)), *map(Show, slots))
        await room.outbox.deliver()
        room.world.move(0.25)

    edits = [message.slot for message in room.web.called[before:]]
    counts = {slot: edits.count(slot) for slot in ("a", "b", "board", "c")}
    assert (len(edits), sorted(counts.values()), counts["c"]) == (7, [1, 2, 2, 2], 1)


async def test_whoever_asks_for_time_gets_it(room: Room) -> None:
    room.web.trouble[room.here].append(Later(5))
    await room.delivered()
    early = room.reads()
    room.world.move(4.9)
    await room.delivered()
    still = len(room.web.called)
    room.world.move(0.1)
    await room.delivered()

    assert (early, still, room.reads()) == ([], 1, ["{}"])
    assert room.reads(room.other, room.there) == ["{}"]


async def test_a_deleted_message_is_posted_once_again_and_edits_go_to_the_new_one(room: Room) -> None:
    await room.delivered()
    room.web.delete_all(room.here)
    for value in ("a", "b"):
        room.world.move(2)
        await room.vote("ann", value)
        await room.delivered()

    assert room.reads() == ['{"b": 1}']


async def test_a_place_that_is_gone_is_left_alone(room: Room) -> None:
    room.web.closed.add(room.here)
    await room.delivered()
    await room.vote("ann", "a")
    await room.delivered()

    assert (len(room.web.called), room.reads(room.other, room.there)) == (1, ['{"a": 1}'])
    assert (await room.world.store.counts()).waiting == 0


async def test_a_message_for_a_platform_that_is_off_ends(room: Room) -> None:
    outbox = Outbox(room.world.store, room.hot, room.world.clock, {"web": room.web})
    await room.delivered(outbox)

    assert ((await room.world.store.counts()).waiting, room.reads()) == (0, ["{}"])


async def test_whatever_goes_wrong_is_tried_again_later_each_time_and_keeps_nobody_else_waiting(room: Room) -> None:
    room.web.trouble[room.here].extend([OSError("reset")] * 11)
    waits = []
    while not room.reads():
        await room.delivered()
        due = await room.world.store.next_post() or room.world.now
        waits.append(round((due - room.world.now).total_seconds()))
        room.world.move(waits[-1])

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 0]
    assert (len(room.web.called), room.reads(room.other, room.there)) == (12, ["{}"])


async def test_a_call_that_never_ends_is_given_up_and_tried_again(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.outbox.SLOW", 0.01)
    room.web.trouble[room.here].append(asyncio.Event())
    await room.delivered()
    before = room.reads()
    room.world.move(1)
    await room.delivered()

    assert (before, room.reads()) == ([], ["{}"])


async def test_a_slow_conversation_keeps_no_other_waiting(room: Room) -> None:
    room.web.trouble[room.here].append(slow := asyncio.Event())
    async with running(room.outbox.run()):
        await until(lambda: room.reads(room.other, room.there) == ["{}"])
        room.world.move(2)
        await room.vote("ann", "a")
        await room.hot.nudge("outbox")
        await until(lambda: room.reads(room.other, room.there) == ['{"a": 1}'])
        waiting = (room.reads(), len(room.web.called))
        slow.set()
        await until(lambda: room.reads() != [])
        room.world.move(60)  # the room's pace, and the lease of a card that was taken again meanwhile
        await room.hot.nudge("outbox")
        await until(lambda: room.reads() == ['{"a": 1}'])

    assert waiting == ([], 1)


async def test_a_conversation_is_served_in_order(room: Room) -> None:
    await room.delivered()
    await room.world.does(room.host, room.poll, Show("first"))
    room.web.trouble[room.here].append(slow := asyncio.Event())
    async with running(room.outbox.run()):
        await until(lambda: [message.slot for message in room.web.called] == ["board", "first"])
        await room.world.does(room.host, room.poll, Show("second"))
        await room.hot.nudge("outbox")
        await until(lambda: [message.slot for message in room.other.called] == ["board", "first", "second"])
        meanwhile = [message.slot for message in room.web.called]
        slow.set()
        await until(lambda: len(room.web.stands(room.here)) == 3)

    assert meanwhile == ["board", "first"]
    assert [lines(card)[0] for card in room.web.stands(room.here)] == ["board", "first", "second"]


async def test_what_has_waited_too_long_behind_a_slow_one_is_let_go_and_taken_anew(room: Room) -> None:
    await room.world.does(room.host, room.poll, Show("second"))
    room.web.trouble[room.here].append(slow := asyncio.Event())
    round_ = asyncio.create_task(room.outbox.deliver())
    await until(lambda: room.web.called)
    room.world.move(15)  # so that its lease might end while it is being shown
    await room.world.does("ann", room.poll, Note("vote", "ann", "a"), place=room.here)
    slow.set()
    await round_
    first_round = len(room.web.stands(room.here))
    await room.delivered()

    assert (first_round, sorted(room.reads())) == (1, ['{"a": 1}', "{}"])


async def test_a_worker_that_was_frozen_leaves_no_old_card_standing(room: Room) -> None:
    await room.delivered()
    await room.vote("ann", "old")
    room.world.move(2)
    room.web.trouble[room.here].append(frozen := asyncio.Event())
    stuck = asyncio.create_task(room.outbox.deliver())
    await until(lambda: len(room.web.called) == 2)

    room.world.move(31)
    await room.vote("ann", "new")
    another = room.another()
    await room.delivered(another)
    newer = room.reads()
    frozen.set()  # and the old card lands on the newer one
    await stuck
    older = room.reads()
    room.world.move(2)
    await room.delivered(another)

    assert (newer, older, room.reads()) == (['{"new": 1}'], ['{"old": 1}'], ['{"new": 1}'])


async def test_two_workers_post_each_message_once(room: Room) -> None:
    await room.world.does(room.host, room.poll, *(Show(f"s{n}") for n in range(30)))
    another = room.another()

    await asyncio.gather(*(worker.deliver() for worker in (room.outbox, another) for _ in "123"))

    assert sorted(message.slot for message in room.web.called) == sorted(["board", *(f"s{n}" for n in range(30))])


async def test_the_loop_wakes_by_a_nudge_and_when_something_is_due(room: Room) -> None:
    async with running(room.outbox.run()):
        await until(lambda: room.reads() == ["{}"])
        await room.vote("ann", "a")
        await room.hot.nudge("outbox")
        await until(lambda: room.reads() == ['{"a": 1}'])
        await room.vote("ann", "b")
        await room.hot.nudge("outbox")
        await until(room.world.store.next_post)  # its turn comes in a second and a half
        calm = room.reads()
        room.world.move(1.5)
        await until(lambda: room.reads() == ['{"b": 1}'])

    assert calm == ['{"a": 1}']


async def test_new_numbers_wake_the_loop_too(room: Room) -> None:
    async with running(room.outbox.run()):
        await until(lambda: room.reads() == ["{}"])
        room.world.move(2)
        await room.vote("ann", "a")
        await room.hot.nudge("numbers", here=True)
        await until(lambda: room.reads() == ['{"a": 1}'])


async def test_the_loop_looks_by_itself_when_nobody_nudges(room: Room) -> None:
    async with running(room.outbox.run()):
        await until(lambda: room.reads() == ["{}"])
        await room.vote("ann", "a")  # by another process, say

        async def later() -> bool:
            room.world.move(10)
            return room.reads() == ['{"a": 1}']

        await until(later)


async def test_the_loop_stumbles_and_goes_on(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    look = room.world.store.look
    troubles = iter([OSError("the disk"), OSError("the disk")])

    async def stumbling(now: object, limit: int) -> Look:
        for trouble in troubles:
            raise trouble
        return await look(room.world.now, limit)

    monkeypatch.setattr(room.world.store, "look", stumbling)
    async with running(room.outbox.run()):

        async def later() -> bool:
            room.world.move(1)
            return room.reads() == ["{}"]

        await until(later)


async def test_whatever_was_under_way_when_the_loop_ended_is_due_again(room: Room) -> None:
    room.web.trouble[room.here].append(asyncio.Event())
    async with running(room.outbox.run()):
        await until(lambda: room.web.called)
    left = room.reads()
    room.world.move(31)
    await room.delivered(room.another())

    assert (left, room.reads()) == ([], ["{}"])


async def test_what_was_just_being_taken_when_the_loop_ended_is_due_at_once(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, taken = room.world.store.take, asyncio.Event()

    async def slowly(*arguments: Any, **more: Any) -> Any:
        posts = await take(*arguments, **more)
        taken.set()
        await asyncio.sleep(0.01)  # the database has them leased, and nobody has been told yet
        return posts

    monkeypatch.setattr(room.world.store, "take", slowly)
    async with running(room.outbox.run()):
        await taken.wait()
    await room.delivered(room.another())

    assert room.reads() == ["{}"]


async def test_a_first_post_says_that_an_earlier_attempt_may_have_been_performed(room: Room) -> None:
    room.web.trouble[room.here].extend([Later(5), OSError("reset"), Later(5)])
    for _ in "1234":
        await room.delivered()
        room.world.move(5)
    await room.vote("ann", "a")
    await room.delivered()

    assert [(message.attempted, message.ref is None) for message in room.web.called] == [
        (False, True),
        (False, True),
        (True, True),
        (True, True),
        (False, False),
    ]


# -- what may not go out yet -------------------------------------------------------------------------------------------


class Watched:
    """What an outbox asks of its store, counted."""

    def __init__(self, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked, self.drawn, self.held, self.store = Counter[str](), 0, 0, room.world.store
        for name in ("look", "take", "shown", "postpone"):
            monkeypatch.setattr(self.store, name, self._counting(name, getattr(self.store, name)))

    def _counting(self, name: str, ask: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def asked(*args: Any, **more: Any) -> Any:
            self.asked[name] += 1
            answer = await ask(*args, **more)
            if name == "take":
                self.drawn, self.held = self.drawn + len(answer), self.held + len(args[1])
            return answer

        return asked


async def test_a_board_is_drawn_when_it_goes_and_waiting_costs_nothing(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    boards = [f"b{n}" for n in range(20)]
    await room.world.does(room.host, room.poll, *map(Show, boards))
    await room.delivered()
    await room.world.does(room.host, room.poll, Note("vote", room.host, "a"), *map(Show, boards))
    watched, before = Watched(room, monkeypatch), len(room.web.called) + len(room.other.called)
    rounds = 0
    for _ in range(20 * 15 + 1):
        rounds += await room.outbox.deliver() > 0
        room.world.move(0.1)

    edits = [message.slot for message in room.web.called + room.other.called][before:]
    assert sorted(edits) == sorted(2 * boards)
    assert (watched.drawn, watched.asked["postpone"]) == (40, 0)
    assert watched.held <= 40  # each is put off once, until its own moment
    assert rounds <= 21  # one for each moment at which one of them goes
    assert watched.asked["take"] + watched.asked["shown"] <= 3 * rounds


async def test_what_all_rooms_share_is_used_up_and_no_more(room: Room) -> None:
    """A workspace has so many edits a minute: here one a second, in ten rooms that bear one in five."""
    room.web.everywhere = Turn("edits", 1.0, 2)
    room.web.seconds = 5.0
    boards = [f"b{n}" for n in range(3)]
    sessions = [await room.world.session(room.host, key=f"s{n}") for n in range(10)]
    polls = [await room.world.dialog(session, "poll", *map(Show, boards), by=room.host) for session in sessions]
    await room.delivered()
    for poll in polls:
        await room.world.does(room.host, poll, *map(Show, boards))
    before, moments = len(room.web.called), list[int]()
    for tenth in range(400):
        await room.outbox.deliver()
        moments += [tenth] * (len(room.web.called) - before - len(moments))
        room.world.move(0.1)

    assert len(moments) == 30
    assert max(len([m for m in moments if at <= m < at + 100]) for at in range(300)) <= 12
    assert moments[-1] <= 330  # and hardly a turn was wasted


async def test_two_workers_share_one_pace_and_leave_no_board_behind(room: Room) -> None:
    boards = [f"b{n}" for n in range(6)]
    await room.world.does(room.host, room.poll, *map(Show, boards))
    await room.delivered()
    workers, before = (room.outbox, room.another()), len(room.web.called)
    for n in range(120):
        if n < 40:
            await room.world.does(room.host, room.poll, Note("vote", room.host, str(n)), *map(Show, boards))
        await asyncio.gather(*(worker.deliver() for worker in workers))
        room.world.move(0.25)

    assert room.reads()[1:] == ['{"39": 1}'] * 6
    assert 12 <= len(room.web.called) - before <= 20  # one in a second and a half, in thirty seconds


async def test_a_turn_is_not_lost_because_another_worker_puts_the_message_off_in_that_moment(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = room.world.store.take

    async def locked(*asked: Any, **more: Any) -> list[Post]:
        return await take(*asked, **more) if "patient" in more else []

    monkeypatch.setattr(room.world.store, "take", locked)

    await room.outbox.deliver()

    assert room.reads() == ["{}"]


async def test_a_turn_that_a_worker_took_and_died_with_costs_a_moment_and_no_more(room: Room) -> None:
    await room.delivered()
    await room.vote("ann", "a")
    room.world.move(2)
    look = await room.world.store.look(room.world.now, 10)
    await room.hot.waits([room.web.pace(Bound("acme", room.poll, "board", room.here, None, "web:m1"))], room.world.now)
    await room.delivered(room.another())
    early = room.reads()
    room.world.move(1.5)
    await room.delivered(room.another())

    assert len(look.due) == 2
    assert (early, room.reads()) == (["{}"], ['{"a": 1}'])


async def test_urgent_messages_take_the_next_turn_before_a_broadcast(room: Room) -> None:
    room.web.everywhere = Turn("posts", 1.0)
    people = [f"p{n:02}" for n in range(20)]
    await room.world.joins(room.session, *people)
    await room.delivered()
    room.world.move(10)
    await room.world.does(room.host, room.poll, Show("checklist", LEARNER))
    before = len(room.web.called)
    for n in range(250):
        if n == 50:
            await room.world.does(room.host, room.poll, Show("flag", FACILITATOR))
        await room.outbox.deliver()
        room.world.move(0.1)

    sent = [message.slot for message in room.web.called[before:]]
    assert (len(sent), sent.count("checklist")) == (21, 20)
    assert sent.index("flag") in (5, 6)


async def test_everybody_of_a_large_role_is_reached_without_a_pause(room: Room) -> None:
    people = [f"p{n:03}" for n in range(250)]
    await room.world.does(room.host, room.session, *(Note("role", person, LEARNER) for person in people))
    await room.world.does(room.host, room.poll, Show("hello", LEARNER))
    async with running(room.outbox.run()):
        await until(lambda: len([one for one in room.web.called if one.slot == "hello"]) == 250)


# -- where one person is written to ------------------------------------------------------------------------------------


class Pages(SmallPlatform):
    """Pages bring themselves up to date, whatever a message is called elsewhere."""

    async def show(self, message: Message) -> str:
        """Only note what was asked for."""
        self.called.append(message)
        return "web"

    def hints(self) -> list[tuple[str | None, str | None]]:
        """For whom the hints were, and what this platform calls them."""
        return [(one.person, one.user) for one in self.called if one.slot == "hint"]


def hints(platform: SmallPlatform) -> list[tuple[str | None, str | None, str | None]]:
    """For whom the hints were, what this platform calls them, and the reference."""
    return [(one.person, one.user, one.ref) for one in platform.called if one.slot == "hint"]


async def test_a_person_is_written_to_where_they_are_and_in_their_page_only_for_want_of_that(room: Room) -> None:
    pages = Pages("web")
    outbox = Outbox(room.world.store, room.hot, room.world.clock, {"web": pages, "small": room.other})
    ann = await room.world.store.admit("acme", "small", "U1", "Ann")
    cem = await room.world.store.admit("acme", "web", "W1", "Cem")
    dia = await room.world.store.admit("acme", "elsewhere", "E1", "Dia")
    for _ in "12":
        await room.world.does(room.host, room.poll, *(Show("hint", person) for person in (ann, cem, dia, "ben")))
        await room.delivered(outbox)

    (ref,) = room.other.rooms[ann]
    assert hints(room.other) == [(ann, "U1", None), (ann, "U1", ref)]
    by_page = {person: [one[1:] for one in hints(pages) if one[0] == person] for person in (ann, cem, dia, "ben")}
    assert by_page == {
        ann: [("U1", None), ("U1", ref)],  # it may be open, too
        cem: [("W1", None), ("W1", "web")],
        dia: [(None, None), (None, "web")],
        "ben": [(None, None), (None, "web")],
    }


async def test_whoever_has_a_link_and_an_account_is_written_to_there(room: Room) -> None:
    cem = await room.world.store.admit("acme", "web", "W1", "Cem")
    with cast("SqlStore", room.world.store)._write.begin() as db:
        db.execute(insert(IDENTITY).values(tenant="acme", platform="small", user="U1", person=cem))
    await room.world.does(room.host, room.poll, Show("hint", cem))
    await room.delivered()

    assert hints(room.other) == [(cem, "U1", None)]


async def test_what_is_for_a_room_is_in_no_other_rooms_pages(room: Room) -> None:
    await room.delivered()

    assert [(message.place, message.person) for message in room.web.called] == [(room.here, None)]


async def test_a_message_stays_where_it_was_first_and_when_it_is_lost_goes_where_the_person_is(room: Room) -> None:
    ann = await room.world.store.admit("acme", "small", "U1", "Ann")
    shows = Show("hint", ann)
    await room.world.does(room.host, room.poll, shows)
    await room.delivered(Outbox(room.world.store, room.hot, room.world.clock, {"web": room.web}))
    await room.world.does(room.host, room.poll, shows)
    await room.delivered()
    stayed = (len(hints(room.web)), len(hints(room.other)))
    room.web.delete_all(ann)
    await room.world.does(room.host, room.poll, shows)
    await room.delivered()

    assert stayed == (2, 0)
    assert hints(room.other) == [(ann, "U1", None)]


# -- nobody is left out silently ---------------------------------------------------------------------------------------


class Reports:
    """What a session is told of messages that did not arrive. The first reports may fail."""

    def __init__(self, fails: int = 0) -> None:
        self.fails, self.told = fails, list[Told]()

    async def __call__(self, told: Told) -> Answer:
        if self.fails:
            self.fails -= 1
            raise OSError("the disk is full")
        self.told.append(told)
        return Answer()

    def data(self) -> list[tuple[str | None, str | None, str]]:
        """The place, the person, and why."""
        return sorted((one.data["place"], one.data["person"], one.data["why"]) for one in self.told)


def reporting(room: Room, reports: Reports, *platforms: SmallPlatform) -> Outbox:
    """An outbox that tells the session."""
    adapters = {one.platform: one for one in platforms or (room.web, room.other)}
    return Outbox(room.world.store, room.hot, room.world.clock, adapters, reports)


async def test_the_session_hears_which_place_and_whom_a_message_did_not_reach(room: Room) -> None:
    reports = Reports()
    outbox = reporting(room, reports)
    room.other.closed.add(room.there)
    room.web.closed.add("ann")
    await room.delivered(outbox)
    await room.world.does(room.host, room.poll, Show("hint", "ann"), Show("board"))
    await room.delivered(outbox)

    place, person = reports.told
    assert (place.data, person.data) == (
        {"place": room.there, "person": None, "why": "small:C1 is closed", "via": "small", "waits": False},
        {"place": None, "person": "ann", "why": "ann is closed", "via": "web", "waits": False},
    )
    assert {(one.dialog, one.tenant, one.by, one.what, one.at) for one in reports.told} == {
        (room.session, "acme", None, "unreached", room.world.now)
    }
    assert place.id != person.id


async def test_the_session_hears_of_a_platform_that_is_off(room: Room) -> None:
    reports = Reports()
    await room.delivered(reporting(room, reports, room.web))

    assert reports.data() == [(room.there, None, "small is not set up")]


async def test_what_cannot_be_reported_is_not_at_its_end(room: Room) -> None:
    reports = Reports(fails=1)
    outbox = reporting(room, reports)
    room.other.closed.add(room.there)
    await room.delivered(outbox)
    before = (reports.data(), (await room.world.store.counts()).waiting)
    room.world.move(LEASE.total_seconds() + 1)
    await room.delivered(outbox)

    assert before == ([], 1)
    assert (reports.data(), (await room.world.store.counts()).waiting) == (
        [(room.there, None, "small:C1 is closed")],
        0,
    )


async def test_no_session_hears_of_what_belongs_to_none(room: Room) -> None:
    reports = Reports()
    room.other.closed.add("small:C2")
    begin = Begin("poll", "puppet", {"at_start": written(Show("board"))}, of="person")
    await room.world.does(room.host, desk_of(room.host), begin, place="small:C2")
    await room.delivered(reporting(room, reports))

    assert [message.place for message in room.other.called if message.session is None] == ["small:C2"]
    assert reports.told == []


async def test_the_facilitators_read_whom_messages_did_not_reach_and_what_is_reachable_again_goes_out(
    app: App, hands: HandClock
) -> None:
    small = SmallPlatform("small")
    outbox = Outbox(app.store, app.hot, hands, {"web": app.adapters["web"], "small": small}, app.engine.hear)
    fay = await app.engine.person(LOCAL, "web", "fay", "Fay", host=True)
    ann = await app.engine.person(LOCAL, "small", "U1", "Ann")

    async def typed(text: str) -> None:
        hands.move(60)
        await app.engine.hear(Commanded(id=text, at=hands.now(), tenant=LOCAL, by=fay, place="small:C1", text=text))
        while await outbox.deliver():
            pass

    async def missed() -> list[tuple[str, str]]:
        room = await app.engine.room(session, fay)
        assert room is not None
        (card,) = (one.card for one in room.seen if one.slot == "desk")
        return [(plain(fact.label), lines_of(fact.value)) for fact in card.facts if "ot " in plain(fact.label)]

    def lines_of(text: Text) -> str:
        return "".join(piece if isinstance(piece, str) else getattr(piece, "person", "") for piece in text.pieces())

    small.closed |= {"small:C1", ann}
    await typed('start "Feedback"')
    session = cast("tuple[str, object]", await app.engine.at(LOCAL, "small:C1"))[0]
    first = await missed()
    others = [await app.engine.person(LOCAL, "small", f"U{n}", f"Other {n}") for n in range(2, 6)]  # for a survey
    for n, person in enumerate((ann, *others)):
        await app.engine.hear(Joined(id=f"j{n}", at=hands.now(), tenant=LOCAL, by=person, place="small:C1"))
    await typed("end")
    small.closed.clear()
    await app.engine.reachable(LOCAL, "small:C1")
    while await outbox.deliver():
        pass

    assert first == [("Not shown in the room", "small:C1 is closed")]
    assert await missed() == [("Not reached", f"{ann}: {ann} is closed")]
    assert [lines(card)[0] for card in small.stands("small:C1")] == [
        "Feedback",
        "Cohost: something is waiting for you in “Feedback”",
        "That was “Feedback”",
    ]
