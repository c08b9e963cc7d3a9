"""The contract of Store: which session a place leads to, whom a command is meant for, and what stands in no session."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from dialogs.base import (
    LEARNER,
    MANAGER,
    Begin,
    Commanded,
    Effect,
    Event,
    Joined,
    Left,
    Meet,
    Note,
    Pressed,
    Reacted,
    Said,
    Show,
)
from dialogs.commands import Command, parse
from storage.effects import identify
from storage.records import Attended
from tests.storage.contract import NOON, OWNER, World, board, desk_of, lines, said, targets, written

DAY = timedelta(days=1)
CHANNEL = "slack:C1"
BRIEFS: dict[str, dict[str, Any]] = {
    "next": {"phase": "planned", "starts": NOON + 7 * DAY, "opened": None},
    "after next": {"phase": "planned", "starts": NOON + 14 * DAY, "opened": None},
    "some day": {"phase": "planned", "opened": None},
    "live": {"phase": "open", "opened": NOON - DAY / 24},
    "newer": {"phase": "open", "opened": NOON},
    "last": {"phase": "closed", "opened": NOON - 7 * DAY, "closed": NOON - 6 * DAY},
    "before": {"phase": "closed", "opened": NOON - 8 * DAY, "closed": NOON - 7 * DAY},
    "old": {"phase": "archived", "opened": NOON - 60 * DAY, "closed": NOON - 59 * DAY},
    "called off": {"phase": "archived", "starts": NOON + DAY, "opened": None},
}


class Channel:
    """Hana's sessions, all in one channel, and Hana at the keyboard."""

    def __init__(self, world: World, host: str) -> None:
        self.world, self.host = world, host
        self.sessions: dict[str, str] = {}

    async def begin(self, *names: str, places: tuple[str, ...] = (CHANNEL,)) -> None:
        """These sessions are in the channel from now on."""
        for name in names:
            self.sessions[name] = await self.world.session(self.host, key=name, places=places, **BRIEFS[name])

    async def types(self, text: str, place: str | None = CHANNEL) -> str:
        """Hana types this. Returns the name of the session that heard it, "desk", or what she is told instead."""
        command = parse(text)
        assert isinstance(command, Command)
        before = await self.heard()
        outcome = (
            await self.world.hear(self.world.event(Commanded, self.host, place=place, text=text, command=command))
        )[0]
        assert outcome.error is None
        now = await self.heard()
        return said(outcome) or next(name for name in now if now[name] != before[name])

    async def heard(self) -> dict[str, int]:
        """How many commands each session has heard, and her desk."""
        dialogs = {"desk": desk_of(self.host), **self.sessions}
        told = {name: await self.world.ask(dialog, self.host) for name, dialog in dialogs.items()}
        return {name: one["heard"].count("Commanded") for name, one in told.items()}

    async def attended(self, name: str, person: str = "ann") -> Attended | None:
        """What this session knows of this person."""
        page = await self.world.store.page(self.host, self.sessions[name], self.world.now)
        assert page is not None
        return next((one for one in page.roster if one.person == person), None)

    async def knows(self, person: str = "ann") -> list[str]:
        """The sessions to which this person belongs."""
        return [name for name in self.sessions if await self.attended(name, person)]

    async def leads_to(self, place: str = CHANNEL, tenant: str = "acme") -> str | None:
        """The title of the session that a place leads to."""
        found = await self.world.store.at(tenant, place)
        assert found is None or found[0] == self.sessions[found[1].title]
        return found[1].title if found else None


@pytest.fixture
async def channel(world: World) -> Channel:
    return Channel(world, await world.host())


# -- one session after another -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "leads_to"),
    [
        (("next", "live", "last", "old"), "live"),
        (("live", "newer"), "newer"),
        (("after next", "next", "last"), "next"),
        (("some day", "after next"), "after next"),
        (("some day", "last"), "some day"),
        (("last", "before", "old"), "last"),
        (("called off", "last"), "last"),
        (("old",), "old"),
        (("old", "called off"), "old"),
        ((), None),
    ],
)
async def test_a_place_leads_to_the_live_session_else_the_next_else_the_last(
    channel: Channel, names: tuple[str, ...], leads_to: str | None
) -> None:
    for number, order in enumerate(permutations(names)):
        place = f"slack:C{number}"
        sessions = [await channel.world.session(
            channel.host, key=f"{name} {number}", places=(place,), **{"title": name, **BRIEFS[name]}
        ) for name in order]  # fmt: skip
        found = await channel.world.store.at("acme", place)
        assert (found[1].title if found else None) == leads_to, order
        assert found is None or found[0] == sessions[order.index(leads_to or "")]


async def test_a_place_of_that_name_at_another_company_leads_nowhere(channel: Channel) -> None:
    await channel.begin("live")

    assert [await channel.leads_to(CHANNEL, tenant) for tenant in ("acme", "umbrella")] == ["live", None]


async def test_every_session_that_is_still_to_come_at_a_place_is_known(channel: Channel) -> None:
    await channel.begin("next", "live", "last", "old")

    found = [await channel.world.store.planned(tenant, CHANNEL) for tenant in ("acme", "umbrella")]

    assert [list(one) for one in found] == [[channel.sessions["next"]], []]


ALL, NO_LIVE, OVER, OLD, EMPTY = ("next", "live", "last", "old"), ("next", "last", "old"), ("last", "old"), ("old",), ()


@pytest.mark.parametrize(
    ("typed", "heard_by"),
    [
        ('poll "Lunch?" "Soup" "Pizza"', {ALL: "live", NO_LIVE: "desk", OVER: "desk", OLD: "desk", EMPTY: "desk"}),
        ("roster", {ALL: "live", NO_LIVE: "next", OVER: "last", OLD: "desk", EMPTY: "desk"}),
        ("survey", {ALL: "live", NO_LIVE: "last", OVER: "last", OLD: "desk", EMPTY: "desk"}),
        ("digest", {ALL: "live", NO_LIVE: "last", OVER: "last", OLD: "desk", EMPTY: "desk"}),
        ("start", {ALL: "live", NO_LIVE: "next", OVER: "desk", OLD: "desk", EMPTY: "desk"}),
        ('start "Another"', {ALL: "live", NO_LIVE: "desk", OVER: "desk", OLD: "desk", EMPTY: "desk"}),
        ("end", {ALL: "live", NO_LIVE: "next", OVER: "desk", OLD: "desk", EMPTY: "desk"}),
        ("help", {ALL: "live", NO_LIVE: "next", OVER: "desk", OLD: "desk", EMPTY: "desk"}),
        ("new", dict.fromkeys([ALL, NO_LIVE, OVER, OLD, EMPTY], "desk")),
        ("sessions", dict.fromkeys([ALL, NO_LIVE, OVER, OLD, EMPTY], "desk")),
    ],
)
@pytest.mark.parametrize("names", [ALL, NO_LIVE, OVER, OLD, EMPTY], ids=["live", "planned", "over", "old", "empty"])
async def test_a_command_in_a_channel_goes_to_the_session_that_can_be_meant_else_to_the_desk(
    channel: Channel, names: tuple[str, ...], typed: str, heard_by: dict[tuple[str, ...], str]
) -> None:
    await channel.begin(*names)

    assert await channel.types(typed) == heard_by[names]


@pytest.mark.parametrize("name", ["next", "live", "last", "old"])
async def test_in_the_web_room_of_a_session_every_command_is_for_that_session(channel: Channel, name: str) -> None:
    await channel.begin("next", "live", "last", "old")
    room = f"web:{channel.sessions[name]}"

    typed = ["poll Lunch? Soup Pizza", "roster", 'start "Another"', "help", "sessions"]

    assert [await channel.types(text, room) for text in typed] == [name] * 4 + ["desk"]


@pytest.mark.parametrize(
    ("names", "talks", "comes"),
    [(ALL, ["live"], ["live"]), (NO_LIVE, [], ["next"]), (OVER, [], []), (OLD, [], []), (EMPTY, [], [])],
    ids=["live", "planned", "over", "old", "empty"],
)
async def test_what_people_say_goes_to_the_live_session_and_whoever_comes_belongs_to_the_next(
    channel: Channel, names: tuple[str, ...], talks: list[str], comes: list[str]
) -> None:
    await channel.begin(*names)
    world = channel.world

    await world.hear(world.event(Said, "ann", place=CHANNEL, words=5), world.event(Reacted, "ben", place=CHANNEL))
    talked = [await channel.knows(person) for person in ("ann", "ben")]
    acts = [one.acts for name in talks for person in ("ann", "ben") if (one := await channel.attended(name, person))]
    await world.hear(world.event(Joined, "cem", place=CHANNEL))
    await world.hear(world.event(Left, "cem", place=CHANNEL))
    came = await channel.knows("cem")
    moves = [(len(one.joined), len(one.left)) for name in came if (one := await channel.attended(name, "cem"))]

    assert (talked, acts) == ([talks, talks], [1, 1] if talks else [])
    assert (came, moves) == (comes, [(1, 1)] if comes else [])


@pytest.mark.parametrize("name", ["next", "live", "last", "old"])
async def test_whoever_comes_to_the_web_room_of_a_session_belongs_to_it_however_far_it_is(
    channel: Channel, name: str
) -> None:
    await channel.begin("next", "live", "last", "old")

    await channel.world.joins(channel.sessions[name], "ann")

    assert await channel.knows() == [name]


async def test_the_place_follows_its_sessions_as_they_open_and_close(channel: Channel) -> None:
    await channel.begin("next", "last")
    led = [await channel.leads_to()]
    for name, change in (
        ("next", '{"title": "next", "phase": "open", "opened": "2026-11-24T12:00:00Z"}'),
        ("next", '{"title": "next", "phase": "closed", "closed": "2026-11-24T13:00:00Z"}'),
        ("next", '{"title": "next", "phase": "archived"}'),
        ("last", '{"title": "last", "phase": "archived"}'),
    ):
        press = channel.world.event(Pressed, channel.host, dialog=channel.sessions[name], action="change", value=change)
        await channel.world.hear(press)
        led.append(await channel.leads_to())

    assert led == ["next", "next", "next", "last", "next"]


async def test_the_place_follows_a_session_that_is_moved(channel: Channel) -> None:
    await channel.begin("next", "after next")
    moved = '{"title": "after next", "starts": "2026-11-25T12:00:00Z"}'
    session = channel.sessions["after next"]
    await channel.world.hear(channel.world.event(Pressed, channel.host, dialog=session, action="change", value=moved))

    assert await channel.leads_to() == "after next"


async def test_a_session_that_opens_hears_what_is_said_later_in_the_same_batch(channel: Channel) -> None:
    await channel.begin("next", "last")
    world, session = channel.world, channel.sessions["next"]
    opens = '{"title": "next", "phase": "open", "opened": "2026-11-24T12:00:00Z"}'

    await world.hear(
        world.event(Said, "early", place=CHANNEL, words=5),
        world.event(Pressed, channel.host, dialog=session, action="change", value=opens),
        world.event(Said, "ann", place=CHANNEL, words=5),
    )

    assert [await channel.knows(person) for person in ("early", "ann")] == [[], ["next"]]


async def test_whoever_acts_on_a_card_of_a_session_that_is_over_comes_in_though_the_place_leads_elsewhere(
    channel: Channel,
) -> None:
    await channel.begin("live", "last")
    poll = await channel.world.dialog(channel.sessions["last"], "survey", by=channel.host)

    await channel.world.does("ann", poll, Note("vote", "ann", "a"), place=CHANNEL)

    assert await channel.knows() == ["last"]


# -- typed privately ---------------------------------------------------------------------------------------------------

SEVERAL = "You have several sessions open: type this in the room of the one you mean."


@pytest.mark.parametrize(
    ("names", "typed", "heard_by"),
    [
        (ALL, "poll Lunch? Soup Pizza", "live"),
        (ALL, "start", "live"),
        (ALL, "help", "desk"),
        (ALL, "sessions", "desk"),
        (("after next", "next", "some day", "last"), "start", "next"),
        (("after next", "some day"), "roster", "after next"),
        (("some day", "last"), "roster", "some day"),
        (NO_LIVE, "poll Lunch? Soup Pizza", "desk"),
        (NO_LIVE, 'start "Another"', "desk"),
        (("before", "last", "old"), "survey", "last"),
        (("last", "before", "old"), "survey", "last"),
        (OVER, "start", "desk"),
        (OLD, "roster", "desk"),
        (EMPTY, "roster", "desk"),
        (("live", "newer", "next"), "roster", SEVERAL),
    ],
)
async def test_a_command_typed_privately_is_for_the_session_that_one_leads(
    channel: Channel, names: tuple[str, ...], typed: str, heard_by: str
) -> None:
    await channel.begin(*names)

    assert await channel.types(typed, place=None) == heard_by


async def test_a_command_typed_privately_is_for_none_in_which_one_only_takes_part(channel: Channel) -> None:
    other = await channel.world.host("Olga")
    session = await channel.world.session(other, key="hers")
    await channel.world.joins(session, channel.host)

    assert await channel.types("roster", place=None) == "desk"


async def test_of_two_open_sessions_neither_hears_what_was_typed_privately(channel: Channel) -> None:
    await channel.begin("live", "newer")
    before = await channel.heard()

    await channel.types("end", place=None)

    assert await channel.heard() == before


# -- cards of a session and its places ---------------------------------------------------------------------------------


async def test_a_session_that_only_goes_on_draws_nothing_again_and_one_that_gets_a_place_does(
    channel: Channel,
) -> None:
    await channel.begin("next")
    world, session = channel.world, channel.sessions["next"]
    await world.dialog(session, "poll", Show("board"), by=channel.host)
    first = targets(await world.deliver())
    drawn = []
    for change in (
        '{"title": "next", "phase": "open", "opened": "2026-11-24T12:00:00Z"}',
        '{"title": "next", "phase": "closed", "closed": "2026-11-24T13:00:00Z"}',
        f'{{"title": "next", "places": ["{CHANNEL}", "web:{session}", "slack:C2"]}}',
        '{"title": "next", "phase": "archived"}',
    ):
        await world.hear(world.event(Pressed, channel.host, dialog=session, action="change", value=change))
        drawn.append(sorted(targets(await world.deliver())))

    places = [CHANNEL, "slack:C2", f"web:{session}"]
    assert sorted(first) == [("board", CHANNEL), ("board", f"web:{session}")]
    assert drawn == [[], [], [("board", place) for place in places], []]


async def test_the_sessions_of_one_channel_show_their_own_cards_in_it(channel: Channel) -> None:
    await channel.begin("last", "live")
    for name in ("last", "live"):
        await channel.world.dialog(channel.sessions[name], "poll", Show(f"board of {name}"), by=channel.host)

    here = [slot for slot, where in targets(await channel.world.due()) if where == CHANNEL]

    assert sorted(here) == ["board of last", "board of live"]


# -- people ------------------------------------------------------------------------------------------------------------


async def test_whoever_is_put_into_the_channel_belongs_to_the_session_and_is_not_there_by_that(
    channel: Channel,
) -> None:
    await channel.begin("live")
    await channel.world.dialog(channel.sessions["live"], "poll", Show("hello", LEARNER), by=channel.host)

    await channel.world.hear(channel.world.event(Joined, "ann", place=CHANNEL, there=False))
    put = await channel.attended("live")
    shown = targets(await channel.world.due())
    await channel.world.hear(channel.world.event(Joined, "ann", place=CHANNEL))
    come = await channel.attended("live")

    assert put is not None
    assert come is not None
    assert (put.role, put.joined, come.joined) == (LEARNER, (), (NOON,))
    assert shown == [("hello", "ann")]


@pytest.mark.parametrize("what", ["learner", "manager", "manager of ann", "met"])
async def test_nobody_of_another_company_can_be_brought_into_a_session(world: World, what: str) -> None:
    host = await world.host()
    session = await world.session(host)
    eve = await world.store.admit("umbrella", "slack", "U1", "Eve")
    brings: dict[str, list[Effect]] = {
        "learner": [Note("role", eve, LEARNER)],
        "manager": [Note("role", eve, MANAGER)],
        "manager of ann": [Note("manager", "ann", eve)],
        "met": [Meet(eve, "Eva"), Note("role", eve, LEARNER)],
    }
    before = await world.ask(session, host)

    outcomes = await world.hear(
        world.press(host, session, Note("vote", host, "a"), *brings[what]),
        world.press(host, session, Note("vote", host, "b")),
    )

    after = await world.ask(session, host)
    assert [said(one) for one in outcomes] == ["There is nobody of that name here.", "done"]
    assert after["counts"] == before["counts"] | {"vote": {"b": 1}}
    assert await world.store.page(eve, session, world.now) is None


async def test_nobody_of_another_company_comes_in_by_a_place(channel: Channel) -> None:
    await channel.begin("live")
    eve = await channel.world.store.admit("umbrella", "slack", "U1", "Eve")

    sorts: list[type[Event]] = [Joined, Said]
    outcomes = await channel.world.hear(*(channel.world.event(sort, eve, place=CHANNEL) for sort in sorts))

    assert [said(one) for one in outcomes] == ["There is nobody of that name here."] * 2
    assert await channel.knows(eve) == []


async def test_people_of_this_company_are_brought_in_by_others(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    ann = await world.store.admit("acme", "slack", "U1", "Ann")

    outcome = await world.does(host, session, Note("role", ann, LEARNER), Note("manager", ann, host))

    assert said(outcome) == "done"
    assert (await world.ask(session, ann))["mine"] == {"role": "learner", "manager": host}


async def test_the_platform_says_what_somebody_is_called_by_now_and_what_they_may(world: World) -> None:
    host = await world.host()
    namesakes = [await world.store.admit(tenant, "slack", "U1", "Ann") for tenant in ("acme", "umbrella")]
    await world.hear(
        world.event(Commanded, namesakes[0], text="sessions", command=Command("sessions"))  # so that she has a desk
    )
    may = [(await world.ask(desk_of(namesakes[0]), namesakes[0]))["host"]]

    for is_host in (True, False):
        await world.store.learn("acme", "slack", "U1", f"Ann Lee {is_host}", host=is_host)
        may.append((await world.ask(desk_of(namesakes[0]), namesakes[0]))["host"])
    await world.store.learn("umbrella", "slack", "U1", "Anna", host=False)
    await world.store.learn("acme", "slack", "U2", "Nobody", host=True)
    await world.store.learn("acme", "web", "U1", "Nobody", host=True)

    assert may == [False, True, False]
    assert await world.store.named([host, *namesakes]) == {
        host: "Hana",
        namesakes[0]: "Ann Lee False",
        namesakes[1]: "Anna",
    }


async def test_a_platform_is_told_its_own_ids_of_people(world: World) -> None:
    ann, ben = [await world.store.admit("acme", "slack", user, user) for user in ("U1", "U2")]
    cem = await world.store.admit("acme", "web", "W1", "Cem")

    assert await world.store.users("slack", [ann, cem, "nobody"]) == {ann: "U1"}
    assert await world.store.users("slack", [ben, ann]) == {ann: "U1", ben: "U2"}
    assert await world.store.users("web", [ann, cem]) == {cem: "W1"}


# -- a poll in a channel, and nothing else -----------------------------------------------------------------------------


async def alone(channel: Channel) -> str:
    """A dialog that Hana began in the channel, in no session. Returns its id."""
    begin = Begin("poll", "puppet", {"at_start": written(Show("board"))}, of="person")
    await channel.world.does(channel.host, desk_of(channel.host), begin, place=CHANNEL)
    return identify("acme", f"person:{channel.host}", "poll")


async def test_a_dialog_without_a_session_is_shown_in_its_channel_only_and_counts_whoever_votes(
    channel: Channel,
) -> None:
    await channel.begin("last", "next")
    poll = await alone(channel)
    first = await channel.world.deliver()
    outcome = await channel.world.does("ann", poll, Note("vote", "ann", "a"), Show("board"), place=CHANNEL)
    again = await channel.world.deliver()

    assert (targets(first), targets(again)) == ([("board", CHANNEL)], [("board", CHANNEL)])
    assert [(post.dialog, post.session) for post in first] == [(poll, None)]
    assert (said(outcome), lines(again[0].card)[2]) == ("done", '{"a": 1}')
    assert await channel.knows() == []


async def test_nobody_of_another_company_presses_a_dialog_without_a_session(channel: Channel) -> None:
    poll = await alone(channel)
    eve = await channel.world.store.admit("umbrella", "slack", "U1", "Eve")

    outcome = await channel.world.does(eve, poll, Note("vote", eve, "a"), tenant="umbrella", place=CHANNEL)

    assert said(outcome) == "That is not here any more. Please load the page again."
    assert (await channel.world.ask(poll, channel.host))["counts"] == {}


async def test_a_dialog_without_a_session_is_on_nobodys_page(channel: Channel) -> None:
    poll = await alone(channel)
    await channel.world.deliver()

    assert await channel.world.store.looks(poll, "board", [channel.host, "ann"], channel.world.now) == {}


# -- messages and where they are ---------------------------------------------------------------------------------------


async def test_a_message_is_found_by_the_reference_that_its_platform_gave_it(world: World) -> None:
    _, _, poll = await board(world)
    (post,) = await world.due()
    before = await world.store.posted("acme", "slack:C1:17.5")
    await world.shown(post, OWNER, "slack:C1:17.5")

    found = [await world.store.posted(*key) for key in (
        ("acme", "slack:C1:17.5"), ("umbrella", "slack:C1:17.5"), ("acme", "slack:C1:17.6")
    )]  # fmt: skip

    assert (before, found) == (None, [(poll, "board"), None, None])


async def test_a_message_for_one_person_says_how_each_platform_calls_them(world: World) -> None:
    ann = await world.store.admit("acme", "slack", "U1", "Ann")
    await board(world, Show("board"), Show("hint", ann), Show("hint", "ben"))

    assert {(post.person or "room"): dict(post.reach) for post in await world.due()} == {
        "room": {},
        ann: {"slack": "U1"},
        "ben": {},
    }


async def test_a_place_that_can_be_reached_again_is_shown_what_runs_as_it_is_by_then(channel: Channel) -> None:
    await channel.begin("live")
    await channel.begin("newer", places=("slack:C2",))
    world = channel.world
    polls = [
        await world.dialog(channel.sessions[name], f"poll {key}", Show("board"), by=channel.host)
        for name, key in (("live", 1), ("live", 2), ("newer", 3))
    ]
    for post in await world.due():
        await world.store.gone(post, OWNER, "the bot was put out of the channel")
    await world.does(channel.host, polls[0], Note("vote", channel.host, "a"), Show("board"))
    await world.hear(world.event(Pressed, channel.host, dialog=polls[1], action="finish"))
    ended = await world.due()

    revived = [await world.store.revive(*where, world.now) for where in (
        ("umbrella", CHANNEL), ("acme", "slack:C9"), ("acme", CHANNEL), ("acme", CHANNEL)
    )]  # fmt: skip
    posts = await world.due()

    assert (ended, revived) == ([], [0, 0, 1, 0])
    assert [(post.dialog, post.place, post.tries, lines(post.card)[2]) for post in posts] == [
        (polls[0], CHANNEL, 0, '{"a": 1}')
    ]


# -- a first post whose answer was lost --------------------------------------------------------------------------------


async def attempts(world: World, *ends: str) -> list[bool]:
    """Take a message again and again, each time after it has ended like this. Returns what each one says."""
    host, _, poll = await board(world)
    found = []
    for end in [*ends, "stop"]:
        (post,) = await world.due()
        found.append(post.attempted)
        if end == "shown":
            await world.shown(post, OWNER, "ref")
            await world.does(host, poll, Show("board"))
        elif end == "died":
            world.move(31)
        else:
            failed = "no answer came" if end == "failed" else None
            await world.store.postpone(post, OWNER, world.now, failed=failed, lost=end == "lost")
    return found


ATTEMPTED = {
    "": [False],
    "died": [False, True],
    "died died": [False, True, True],
    "failed": [False, True],
    "later": [False, False],
    "later failed died": [False, False, True, True],
    "failed later": [False, True, True],  # the second was not performed, but the first may have been
    "died later later": [False, True, True, True],
    "failed lost": [False, True, False],
    "failed shown": [False, True, False],
    "shown died": [False, False, False],
    "shown failed": [False, False, False],
    "shown lost failed": [False, False, False, True],
}


@pytest.mark.parametrize("ends", ATTEMPTED)
async def test_a_first_post_says_whether_it_may_have_been_performed_before(world: World, ends: str) -> None:
    assert await attempts(world, *ends.split()) == ATTEMPTED[ends]


async def test_a_card_that_could_not_be_made_has_not_been_attempted(world: World) -> None:
    host, _, poll = await board(world, Show("broken"))
    nothing = await world.due()
    await world.does(host, poll, Note("mended", host, "yes"))
    world.move(1)

    assert (nothing, [(post.slot, post.attempted) for post in await world.due()]) == ([], [("broken", False)])
