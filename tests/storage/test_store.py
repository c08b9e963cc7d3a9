"""The contract of Store: what is heard, and what people's values become, however often and in whatever order."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.base import Begin, Event, Left, Note, Pressed, Show, Wake
from tests.storage.contract import EXAMPLES, NOON, World, desk_of, said
from tests.storage.databases import Fresh


async def test_an_event_heard_twice_is_heard_once_and_answered_the_same_again(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    press = world.event(Pressed, host, dialog=session, action="remember", value="this")

    first, second = await world.hear(press), await world.hear(press)

    assert [(said(one), one.again) for one in (*first, *second)] == [("remembered", False), ("remembered", True)]
    assert (await world.ask(session, host))["heard"] == ["this"]


async def test_an_event_twice_in_one_batch_is_heard_once(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    press = world.event(Pressed, host, dialog=session, action="remember", value="this")

    outcomes = await world.hear(press, press)

    assert [(said(one), one.again) for one in outcomes] == [("remembered", False), ("remembered", True)]
    assert (await world.ask(session, host))["heard"] == ["this"]


async def test_the_same_id_in_another_tenant_is_another_event(world: World) -> None:
    ours, theirs = await world.host(), await world.host("Theo", "umbrella")
    here, there = await world.session(ours), await world.session(theirs, tenant="umbrella")
    press = world.event(Pressed, ours, dialog=here, action="remember", value="this")

    theirs_too = replace(press, tenant="umbrella", by=theirs, dialog=there)
    outcomes = [*await world.hear(press), *await world.hear(theirs_too), *await world.hear(press, theirs_too)]

    assert [one.again for one in outcomes] == [False, False, True, True]
    assert (await world.ask(there, theirs, tenant="umbrella"))["heard"] == ["this"]


async def test_what_changes_nothing_is_answered_anew_each_time(world: World) -> None:
    host = await world.host()
    press = world.event(Pressed, host, dialog=await world.session(host), action="say", value="hello")

    outcomes = [*await world.hear(press), *await world.hear(press)]

    assert [(said(one), one.again) for one in outcomes] == [("hello", False), ("hello", False)]


async def test_outcomes_stand_in_the_order_of_the_events(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    presses = [world.event(Pressed, host, dialog=session, action="say", value=str(n)) for n in range(30)]

    assert [said(one) for one in await world.hear(*reversed(presses))] == [str(n) for n in reversed(range(30))]


async def test_a_later_event_of_a_batch_sees_what_an_earlier_one_did(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    asked = world.event(Pressed, host, dialog=session, action="remember", value="two")

    await world.hear(world.event(Pressed, host, dialog=session, action="remember", value="one"), asked)

    assert (await world.ask(session, host))["heard"] == ["one", "two"]


async def test_what_one_store_has_heard_another_store_knows(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    press = world.event(Pressed, host, dialog=session, action="remember", value="this")
    other = world.another()

    outcomes = [*await world.hear(press), *await world.hear(press, store=other)]

    assert [(said(one), one.again) for one in outcomes] == [("remembered", False), ("remembered", True)]


# -- people's values ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one by one"])
@pytest.mark.parametrize(
    ("cast", "newest_and_first"),
    [
        ([(1, "a")], ["a", "a"]),
        ([(1, "a"), (2, "b")], ["b", "a"]),
        ([(1, "b"), (2, "a")], ["a", "b"]),
        ([(1, "a"), (2, "b"), (3, "c")], ["c", "a"]),
        ([(1, "a"), (2, None)], None),
        ([(1, "a"), (2, None), (3, "b")], ["b", "a"]),
        ([(1, None), (2, "a"), (3, "b")], ["b", "a"]),
        ([(1, "a"), (1, "b")], ["b", "a"]),
        ([(1, "b"), (1, "a")], ["a", "a"]),
        ([(1, "b"), (1, "a"), (1, None)], None),
    ],
)
async def test_the_newest_value_counts_and_the_first_is_kept_in_every_order_of_arrival(
    world: World, *, cast: list[tuple[int, str | None]], newest_and_first: list[str] | None, together: bool
) -> None:
    host = await world.host()
    session = await world.session(host)
    await world.joins(session, "ann")
    for order in permutations(enumerate(cast)):
        poll = await world.dialog(session, f"poll {order}", by=host)
        presses = [
            world.press("ann", poll, Note("vote", "ann", value), id=f"{poll} {n}", at=NOON + timedelta(seconds=second))
            for n, (second, value) in order
        ]
        for batch in [presses] if together else [[one] for one in presses]:
            await world.hear(*batch)

        assert (await world.ask(poll, host))["notes"].get("vote ann") == newest_and_first, order


async def test_of_two_notes_in_one_step_the_later_counts(world: World) -> None:
    host = await world.host()
    session = await world.session(host)

    await world.does(host, session, Note("vote", host, "a"), Note("vote", host, "b"))

    assert (await world.ask(session, host))["notes"][f"vote {host}"] == ["b", "a"]


async def test_a_vote_is_counted_under_its_key_and_shown_to_its_person(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    await world.joins(session, "ann", "ben")
    poll = await world.dialog(session, "poll", by=host)
    await world.does("ann", poll, Note("vote", "ann", "a"), Note("why", "ann", "because"))
    await world.does("ben", poll, Note("vote", "ben", "a"))

    told = await world.ask(poll, "ann")

    assert told["counts"] == {"vote": {"a": 2}, "why": {"because": 1}}
    assert told["mine"] == {"vote": "a", "why": "because"}


@dataclass(frozen=True)
class Vote:
    """One press, as hypothesis makes it up."""

    id: str
    person: str
    value: str | None
    second: int


@st.composite
def presses(draw: st.DrawFn) -> tuple[list[Vote], list[list[Vote]]]:
    """Votes of a few people, some changed and some taken back; and their delivery: each twice, shuffled, in batches."""
    one = st.tuples(st.sampled_from(["ann", "ben", "cem"]), st.sampled_from(["a", "b", None]), st.integers(0, 3))
    cast = [Vote(f"v{number}", *vote) for number, vote in enumerate(draw(st.lists(one, min_size=1, max_size=10)))]
    order = draw(st.permutations([*cast, *cast]))
    cuts = sorted(draw(st.sets(st.integers(1, len(order) - 1), max_size=4)))
    return cast, [order[start:end] for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True)]


def expected(cast: list[Vote]) -> dict[str, list[str]]:
    """Reckoned in another way than the store does: the newest of each and the first, ties broken alike."""
    found = {}
    for person in {vote.person for vote in cast}:
        own = [vote for vote in cast if vote.person == person]
        newest = max(own, key=lambda vote: (vote.second, vote.id))
        given_ = [vote for vote in own if vote.value is not None]
        if newest.value is not None:
            found[f"vote {person}"] = [newest.value, min((vote.second, vote.value or "") for vote in given_)[1]]
    return found


@given(presses())
@settings(EXAMPLES, max_examples=25)
async def test_two_stores_and_every_event_twice_in_any_order(
    fresh: Fresh, made: tuple[list[Vote], list[list[Vote]]]
) -> None:
    cast, batches = made
    async with World(fresh()) as world:
        host = await world.host()
        session = await world.session(host)
        await world.joins(session, "ann", "ben", "cem")
        poll = await world.dialog(session, "poll", by=host)
        world.another()

        def press(vote: Vote) -> Event:
            at = NOON + timedelta(seconds=vote.second)
            note = Note("vote", vote.person, vote.value)
            return world.press(vote.person, poll, note, Show("board"), id=vote.id, at=at)

        deliveries = (world.hear(*map(press, batch), store=world.stores[n % 2]) for n, batch in enumerate(batches))
        outcomes = [one for batch in await asyncio.gather(*deliveries) for one in batch]

        assert (await world.ask(poll, host))["notes"] == expected(cast)
        assert sorted(one.again for one in outcomes) == [False] * len(cast) + [True] * len(cast)
        assert {said(one) for one in outcomes} == {"done"}


# -- what goes wrong ---------------------------------------------------------------------------------------------------


async def test_an_event_that_cannot_be_decided_costs_only_itself(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    await world.joins(session, "ann", "ben")
    fails = world.event(Pressed, "ann", dialog=session, action="fail")

    outcomes = await world.hear(
        world.press("ann", session, Note("vote", "ann", "a")),
        fails,
        world.press("ben", session, Note("vote", "ben", "b")),
    )

    assert [(said(one), one.error) for one in outcomes] == [
        ("done", None),
        (None, f"ZeroDivisionError('{fails.id}')"),
        ("done", None),
    ]
    assert (await world.ask(session, host))["counts"]["vote"] == {"a": 1, "b": 1}


@pytest.mark.parametrize("value", ["\udcff", "a\ud800b"])
async def test_an_event_that_the_database_refuses_costs_only_itself(world: World, value: str) -> None:
    host = await world.host()
    session = await world.session(host)
    await world.joins(session, "ann", "ben")

    outcomes = await world.hear(
        world.press("ann", session, Note("vote", "ann", value)), world.press("ben", session, Note("vote", "ben", "b"))
    )

    assert [(said(one), one.error is None) for one in outcomes] == [(None, False), ("done", True)]
    assert (await world.ask(session, host))["counts"]["vote"] == {"b": 1}


async def test_an_event_that_failed_may_be_sent_again(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    fails = world.event(Pressed, host, dialog=session, action="fail")

    outcomes = [*await world.hear(fails), *await world.hear(replace(fails, action="remember", value="now"))]

    assert [(said(one), one.again) for one in outcomes] == [(None, False), ("remembered", False)]


async def test_nothing_of_a_step_that_fails_halfway_is_kept(world: World) -> None:
    host = await world.host()
    session = await world.session(host)

    outcome = await world.does(
        host, session, Note("vote", host, "a"), Show("board"), Wake("t", NOON), Begin("x", "no such kind")
    )

    assert outcome.error == "KeyError('no such kind')"
    assert (await world.ask(session, host))["counts"] == {"role": {"facilitator": 1}}
    assert (await world.due(), await world.rings()) == ([], [])


async def test_what_is_not_there_is_refused_with_a_sentence(world: World) -> None:
    host = await world.host()
    session = await world.session(host)

    outcomes = await world.hear(
        world.event(Pressed, host, dialog="nowhere", action="do"),
        world.press(host, session, Note("vote", host, "a")),
        world.event(Pressed, host, dialog=desk_of(host, "umbrella"), action="do"),
    )

    gone = "That is not here any more. Please load the page again."
    assert [(said(one), one.error) for one in outcomes] == [(gone, None), ("done", None), (gone, None)]


async def test_whoever_is_not_in_the_session_and_not_in_its_place_is_refused(world: World) -> None:
    host = await world.host()
    session = await world.session(host)

    outcome = await world.does("eve", session, Note("vote", "eve", "a"), place="web:elsewhere")

    assert said(outcome) == "You are not in this session."
    assert (await world.ask(session, host))["counts"] == {"role": {"facilitator": 1}}


async def test_whoever_acts_in_the_place_of_a_session_comes_in_by_that(world: World) -> None:
    host = await world.host()
    session = await world.session(host)

    await world.does("ann", session, Note("vote", "ann", "a"), place=f"web:{session}")

    told = await world.ask(session, "ann")
    assert (told["role"], told["counts"]["vote"]) == ("learner", {"a": 1})


async def test_leaving_brings_nobody_in(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    await world.joins(session, "ann")
    await world.does(host, session, Note("role", "ann", None))

    await world.hear(world.event(Left, "ann", place=f"web:{session}"))

    assert (await world.ask(session, host))["counts"]["role"] == {"facilitator": 1}
