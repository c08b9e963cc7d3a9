"""The contract of Store: a message for a role or a room reaches those who are there, and those who come later."""

from dialogs.base import FACILITATOR, LEARNER, Note, Pressed, Show
from tests.storage.contract import OWNER, World, board, targets


async def test_a_message_for_a_role_reaches_those_who_are_there_and_those_who_come_later(world: World) -> None:
    host, session, poll = await board(world, Show("flag", FACILITATOR), Show("hello", LEARNER))
    await world.joins(session, "ann", "ben")
    now = targets(await world.deliver())
    await world.joins(session, "cem")
    await world.does(host, session, Note("role", "fay", FACILITATOR))
    later = targets(await world.deliver())
    await world.does(host, poll, Show("hello", LEARNER))
    again = targets(await world.deliver())

    assert sorted(now) == sorted([("flag", host), ("hello", "ann"), ("hello", "ben")])
    assert sorted(later) == sorted([("flag", "fay"), ("hello", "cem")])
    assert sorted(again) == sorted([("hello", "ann"), ("hello", "ben"), ("hello", "cem")])


async def test_whoever_has_a_message_sees_it_change_and_whoever_comes_afterwards_never_gets_it(world: World) -> None:
    host, session, poll = await board(world, Show("list", LEARNER))
    await world.joins(session, "ann")
    before = targets(await world.deliver())
    await world.does(host, poll, Show("list", LEARNER, latecomers=False))
    shut = targets(await world.deliver())
    await world.joins(session, "ben")
    late = targets(await world.deliver())
    await world.does(host, poll, Show("list", LEARNER, latecomers=False))
    ended = targets(await world.deliver())

    assert (before, shut, late, ended) == ([("list", "ann")], [("list", "ann")], [], [("list", "ann")])


async def test_a_message_for_a_role_reaches_nobody_of_another_session(world: World) -> None:
    host, _, _ = await board(world, Show("hello", LEARNER))
    elsewhere = await world.session(host, key="s2")
    await world.joins(elsewhere, "eve")

    assert await world.due() == []


async def test_whoever_comes_when_a_dialog_is_done_is_not_shown_it(world: World) -> None:
    host, session, poll = await board(world, Show("hello", LEARNER))
    await world.fold()
    await world.hear(world.event(Pressed, host, dialog=poll, action="finish"))
    await world.joins(session, "ann")

    assert await world.due() == []


async def test_two_hundred_and_fifty_people_of_a_role_are_reached_in_chunks(world: World) -> None:
    host, session, poll = await board(world, Show("hello", LEARNER))
    people = [f"p{n:03}" for n in range(250)]
    await world.does(host, session, *(Note("role", person, LEARNER) for person in people))
    await world.fold()
    await world.deliver()

    await world.does(host, poll, Show("hello", LEARNER))
    reached = []
    while (look := await world.store.look(world.now, 1000)).folded:
        taken = await world.store.take([post.id for post in look.due], {}, world.now, OWNER)
        reached.append((len(taken), look.next == world.now))  # there is more at once, or there is not

    assert reached == [(100, True), (100, True), (50, False)]


async def test_everybody_is_reached_though_they_come_while_the_role_is_being_served(world: World) -> None:
    host, session, poll = await board(world)
    await world.does(host, session, *(Note("role", f"m{n:03}", LEARNER) for n in range(150)))
    await world.does(host, poll, Show("hello", LEARNER))
    await world.store.look(world.now, 1)

    await world.joins(session, "a came late", "z came late")

    everybody = ["a came late", *(f"m{n:03}" for n in range(150)), "z came late"]
    assert sorted(post.person or "" for post in await world.due() if post.slot == "hello") == everybody


async def test_whoever_is_off_the_roster_is_not_reached_any_more(world: World) -> None:
    host, session, poll = await board(world, Show("hello", LEARNER))
    await world.joins(session, "ann", "ben")
    await world.deliver()

    await world.does(host, session, Note("role", "ann", None))
    await world.does(host, poll, Show("hello", LEARNER))

    assert targets(await world.due()) == [("hello", "ben")]


async def test_a_place_that_comes_later_is_shown_what_runs(world: World) -> None:
    host, session, _ = await board(world, Show("board"))
    done = await world.dialog(session, "done", Show("over"), by=host)
    await world.hear(world.event(Pressed, host, dialog=done, action="finish"))
    await world.deliver()

    change = f'{{"title": "s1", "places": ["web:{session}", "slack:C1"]}}'
    await world.hear(world.event(Pressed, host, dialog=session, action="change", value=change))
    posts = await world.deliver()

    assert ("board", "slack:C1") in targets(posts)
    assert [post.slot for post in posts if post.slot != "board"] == []
    await world.hear(world.event(Pressed, host, dialog=session, action="change", value='{"title": "s1", "minutes": 5}'))
    assert await world.due() == []  # nothing is drawn again because something else of the session has changed
