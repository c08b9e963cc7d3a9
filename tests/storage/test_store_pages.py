"""The contract of Store: who sees what, and that nothing of one tenant is readable or changeable from another."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from dialogs.base import FACILITATOR, LEARNER, MANAGER, Begin, Effect, Event, Joined, Note, Said, Show, Tell, Turn
from dialogs.card import Card, quote
from storage.base import Facts
from storage.records import Page, Wanted
from tests.storage.contract import EXAMPLES, World, desk_of, lines, written
from tests.storage.databases import Fresh


def seen(page: Page | None) -> list[tuple[str, str, bool]] | None:
    """What stands on a page: the message, how it is drawn, and whether it is for this person alone."""
    return [(one.slot, lines(one.card)[1], one.private) for one in page.seen] if page else None


async def test_a_page_shows_what_is_for_the_room_and_what_is_for_this_person(world: World) -> None:
    host = await world.host()
    session = await world.session(host, Show("flag", FACILITATOR))
    ann, ben = [await world.store.admit("acme", "web", name, name.title()) for name in ("ann", "ben")]
    await world.joins(session, ann, ben)
    await world.fold()
    world.move(1)
    await world.dialog(session, "poll", Show("board"), Show("hint", ann), by=host)
    await world.fold()

    pages = [await world.store.page(person, session, world.now) for person in (host, ann, ben)]

    assert [seen(page) for page in pages] == [
        [("flag", f"{host} as facilitator", True), ("board", f"{host} as facilitator", False)],
        [("board", f"{ann} as learner", False), ("hint", f"{ann} as learner", True)],
        [("board", f"{ben} as learner", False)],
    ]
    assert [(page.name, page.role, page.tenant, page.session) for page in pages if page] == [
        ("Hana", FACILITATOR, "acme", session),
        ("Ann", LEARNER, "acme", session),
        ("Ben", LEARNER, "acme", session),
    ]


async def test_messages_stand_in_the_order_in_which_they_came(world: World) -> None:
    host = await world.host()
    session = await world.session(host, Show("z"))
    for slot in ("y", "x", "z"):
        await world.fold()
        world.move(1)
        await world.does(host, session, Show(slot))
    await world.fold()

    page = await world.store.page(host, session, world.now)

    assert page is not None
    assert [(one.slot, one.revision) for one in page.seen] == [("z", 2), ("y", 1), ("x", 1)]


async def test_only_facilitators_see_the_roster(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    ann = await world.store.admit("acme", "web", "ann", "Ann")
    await world.joins(session, ann)

    pages = [await world.store.page(person, session, world.now) for person in (host, ann)]

    assert [[(one.name, one.role) for one in page.roster] for page in pages if page] == [
        [("Ann", LEARNER), ("Hana", FACILITATOR)],
        [],
    ]


async def test_a_page_is_closed_to_whoever_is_not_in_the_session(world: World) -> None:
    host = await world.host()
    session = await world.session(host, Show("board"))
    ann, eve = [await world.store.admit("acme", "web", name, name.title()) for name in ("ann", "eve")]
    poll = await world.dialog(session, "poll", Show("hello", LEARNER), by=host)
    await world.joins(session, ann)
    await world.fold()
    before = seen(await world.store.page(ann, session, world.now))
    await world.does(host, session, Note("role", ann, None))

    asked = [(ann, session), (eve, session), ("nobody", session), (host, "nowhere"), (host, poll)]

    assert before == [("board", f"{ann} as learner", False), ("hello", f"{ann} as learner", True)]
    assert [await world.store.page(*one, world.now) for one in asked] == [None] * 5
    assert await world.store.looks(poll, "hello", [ann, eve, host], world.now) == {}
    assert list(await world.store.looks(session, "board", [ann, eve, host], world.now)) == [host]


async def test_a_desk_lists_the_sessions_of_a_person_the_newest_first(world: World) -> None:
    host = await world.host()
    first = await world.session(host, key="first")
    world.move(60)
    second = await world.session(host, key="second")
    eve = await world.store.admit("acme", "web", "eve", "Eve")
    await world.does(host, first, Note("role", eve, MANAGER), Show("hint", host))
    await world.does(host, desk_of(host), Show("hello", host))
    await world.fold()

    pages = [await world.store.page(person, None, world.now) for person in (host, eve, "nobody")]

    assert [[(one.session, one.role, one.brief.title) for one in page.sessions] for page in pages if page] == [
        [(second, FACILITATOR, "second"), (first, FACILITATOR, "first")],
        [(first, MANAGER, "first")],
    ]
    assert [seen(page) for page in pages] == [[("hello", f"{host} as nobody", True)], [], None]


async def test_looks_are_what_the_pages_show(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    ann = await world.store.admit("acme", "web", "ann", "Ann")
    poll = await world.dialog(
        session, "poll", Show("board"), Show("flag", FACILITATOR), Note("vote", ann, "a"), by=host
    )
    await world.joins(session, ann)
    await world.fold()

    for slot in ("board", "flag"):
        looks = await world.store.looks(poll, slot, [host, ann, "eve"], world.now)
        pages = {person: await world.store.page(person, session, world.now) for person in (host, ann)}
        on_page = {who: one for who, page in pages.items() for one in (page.seen if page else ()) if one.slot == slot}
        assert looks == on_page

    assert await world.store.looks(poll, "unheard of", [host], world.now) == {}


async def test_many_are_shown_what_each_would_be_shown_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their roles and their own notes are read together; one takes theirs back, one left, one was never there."""
    host = await world.host()
    session = await world.session(host)
    people = [await world.store.admit("acme", "web", name, name.title()) for name in ("ann", "ben", "cem", "eve")]
    ann, ben, cem, _ = people
    poll = await world.dialog(session, "poll", Show("board"), Show("hint", LEARNER), by=host)
    await world.joins(session, ann, ben, cem)
    await world.does(ann, poll, Note("vote", ann, "a"), Note("why", ann, "so"))
    await world.does(ben, poll, Note("vote", ben, "b"))
    world.move(1)
    await world.does(ben, poll, Note("vote", ben, None))
    await world.does(host, session, Note("role", cem, None), Note("role", ben, MANAGER))
    await world.fold()

    def view(_: object, wanted: Wanted, facts: Facts, __: object) -> Card:
        who = wanted.viewer or ""
        return Card(quote(json.dumps([who, facts.role(session, who), {**facts.mine(poll, who)}], sort_keys=True)))

    monkeypatch.setattr(world.store, "view", view)
    everybody = [*people, host, "nobody"]
    for slot in ("board", "hint"):
        together = await world.store.looks(poll, slot, everybody, world.now)
        alone = [await world.store.looks(poll, slot, [one], world.now) for one in everybody]
        assert together == {who: seen for one in alone for who, seen in one.items()}
    board = await world.store.looks(poll, "board", everybody, world.now)
    shown = {who: json.loads("".join(map(str, seen.card.title.pieces())))[1:] for who, seen in board.items()}
    assert shown == {
        ann: ["learner", {"vote": "a", "why": "so"}],
        ben: ["manager", {}],
        host: ["facilitator", {}],
    }


async def test_a_card_that_cannot_be_made_does_not_take_the_page_away(world: World) -> None:
    host = await world.host()
    session = await world.session(host, Show("broken"), Show("board"))
    await world.fold()

    assert seen(await world.store.page(host, session, world.now)) == [("board", f"{host} as facilitator", False)]
    assert await world.store.looks(session, "broken", [host], world.now) == {}


async def test_a_lost_connection_is_no_card_that_cannot_be_made(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was taken for one: the transaction went on without a connection, and a press in Teams was answered 500."""
    host = await world.host()
    session = await world.session(host, Show("board"))
    await world.fold()

    def view(*_: object) -> Card:
        raise OperationalError("SELECT 1", None, Exception("the server closed the connection"))

    monkeypatch.setattr(world.store, "view", view)

    with pytest.raises(OperationalError):
        await world.store.looks(session, "board", [host], world.now)
    with pytest.raises(OperationalError):
        await world.store.page(host, session, world.now)


# -- people, sessions --------------------------------------------------------------------------------------------------


async def test_a_user_of_a_platform_is_one_person_however_often_they_come(world: World) -> None:
    users = [("acme", "web", "u1"), ("acme", "slack", "u1"), ("umbrella", "web", "u1"), ("acme", "web", "u2")]

    first = [await world.store.admit(*user, "Ann") for user in users]
    again = [await world.another().admit(*user, "Another name") for user in users]

    assert first == again
    assert len(set(first)) == 4
    assert await world.store.named([*first, "nobody"]) == dict.fromkeys(first, "Ann")
    assert await world.store.named([]) == {}


async def test_a_session_says_what_it_is_and_nothing_else_is_one(world: World) -> None:
    host = await world.host()
    session = await world.session(host, key="Feedback", minutes=45)
    poll = await world.dialog(session, "poll", by=host)

    found = await world.store.session(session)

    assert found is not None
    assert (found[0], found[1].title, found[1].minutes) == ("acme", "Feedback", 45)
    assert [await world.store.session(other) for other in (poll, desk_of(host), "nowhere")] == [None] * 3


# -- tenants -----------------------------------------------------------------------------------------------------------


async def everything(world: World, host: str, ann: str, session: str, poll: str) -> list[Any]:
    """All that can be known of the session of `acme`."""
    store, now = world.store, world.now
    pages = [await store.page(person, which, now) for person in (host, ann) for which in (session, None)]
    looks = [await store.looks(poll, slot, [host, ann], now) for slot in ("board", "hello", "hint")]
    told = [await world.ask(dialog, host) for dialog in (session, poll, desk_of(host))]
    return [*pages, *looks, *told, await store.session(session), await store.named([host, ann])]


@given(st.data())
@settings(EXAMPLES, max_examples=15)
async def test_nothing_of_one_tenant_is_changed_or_seen_from_another(fresh: Fresh, data: st.DataObject) -> None:
    async with World(fresh()) as world:
        host, thief = await world.host(), await world.host("Theo", "umbrella")
        ann = await world.store.admit("acme", "web", "ann", "Ann")
        session = await world.session(host, cohort="spring", places=("slack:C1",))
        theirs = await world.session(thief, tenant="umbrella", cohort="spring", places=("slack:C1",))
        await world.joins(session, ann)
        shows = (
            Show("board"),
            Show("hello", LEARNER),
            Show("hint", ann),
            Note("vote", ann, "a"),
            Turn(ann, "called", 1),
        )
        poll = await world.dialog(session, "poll", *shows, by=host)
        await world.deliver()
        before = await everything(world, host, ann, session, poll)

        ours = st.sampled_from([session, poll, desk_of(host)])
        anything: st.SearchStrategy[Effect] = st.sampled_from([
            Note("vote", ann, "b"), Note("role", thief, FACILITATOR),
            Show("board"), Show("hello", LEARNER), Show("x", ann),
            Tell(session, "stolen"), Tell(poll, "stolen"), Tell("poll", "stolen"), Turn(ann, "called", 9),
            Begin("poll", "puppet", {"at_start": written(Note("vote", ann, "c"))}),
            Begin("all", "puppet", {"at_start": written(Tell(poll, "stolen"))}, of="cohort"),
        ])  # fmt: skip
        place = st.sampled_from([None, "slack:C1", f"web:{session}", f"web:{theirs}"])
        for _ in range(data.draw(st.integers(1, 5))):
            aimed = data.draw(st.one_of(ours, st.sampled_from([theirs, desk_of(thief, "umbrella")]), st.none()))
            by, at = data.draw(st.sampled_from([thief, ann, host])), data.draw(place)
            events: list[Event] = [
                replace(
                    world.press(by, "", *data.draw(st.lists(anything, max_size=3)), tenant="umbrella"),
                    dialog=aimed,
                    place=at,
                ),
                world.event(Joined, by, place=at, tenant="umbrella"),
                world.event(Said, by, place=at, tenant="umbrella", words=5),
            ]
            await world.hear(*events)

        # Theirs may show their own people what they like: a message is theirs, whomever it names.
        assert await everything(world, host, ann, session, poll) == before
        assert [post.tenant for post in await world.due() if post.tenant == "acme"] == []
        assert await world.store.page(thief, session, world.now) is None
        for slot in ("board", "hello", "hint"):
            assert await world.store.looks(poll, slot, [thief], world.now) == {}
        assert (await world.ask(theirs, thief, tenant="umbrella"))["turns"] in ([], [[ann, "called", 9]])


async def test_sessions_of_two_tenants_with_a_cohort_of_the_same_name_share_no_rotation(world: World) -> None:
    ours, theirs = await world.host(), await world.host("Theo", "umbrella")
    here = await world.session(ours, Turn("ann", "called", 1), cohort="spring")
    there = await world.session(theirs, tenant="umbrella", cohort="spring")

    assert (await world.ask(here, ours))["turns"] == [["ann", "called", 1]]
    assert (await world.ask(there, theirs, tenant="umbrella"))["turns"] == []


async def test_dialogs_without_a_session_tell_nothing_across_tenants(world: World) -> None:
    ours, theirs = await world.host(), await world.host("Theo", "umbrella")

    await world.does(theirs, desk_of(theirs, "umbrella"), Tell(desk_of(ours), "stolen"), tenant="umbrella")

    assert (await world.ask(desk_of(ours), ours))["heard"] == ["Commanded"]


async def test_the_same_place_of_two_tenants_is_two_places(world: World) -> None:
    ours, theirs = await world.host(), await world.host("Theo", "umbrella")
    here = await world.session(ours, places=("slack:C1",))
    there = await world.session(theirs, tenant="umbrella", places=("slack:C1",))

    for tenant, by in (("acme", "ann"), ("umbrella", "ulla")):
        await world.hear(world.event(Joined, by, place="slack:C1", tenant=tenant))

    assert sorted((await world.ask(here, ours))["roster"]) == sorted(["ann", ours])
    assert sorted((await world.ask(there, theirs, tenant="umbrella"))["roster"]) == sorted(["ulla", theirs])
