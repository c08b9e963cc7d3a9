"""The contract of Store: what is to be shown becomes messages, each taken by one worker, until it looks as it must."""

import asyncio
from datetime import timedelta

import pytest

from dialogs.base import FACILITATOR, LEARNER, Note, Show
from storage.records import Post
from tests.storage.contract import NOON, OWNER, World, board, lines, take_due, targets

SECOND = timedelta(seconds=1)


async def taken(world: World, owner: str = OWNER) -> Post:
    """The one message that is due."""
    posts = await world.due(owner)
    assert len(posts) == 1
    return posts[0]


async def overtaken(world: World) -> tuple[Post, Post]:
    """An old card of "frozen", who has lost the lease meanwhile, and the newer one, which "awake" has shown."""
    host, _, poll = await board(world)
    await world.deliver()
    await world.does(host, poll, Note("vote", host, "old"), Show("board"))
    frozen = await taken(world, "frozen")
    world.move(31)
    await world.does(host, poll, Note("vote", host, "new"), Show("board"))
    newer = await taken(world, "awake")
    assert await world.shown(newer, "awake", newer.ref or "")
    return frozen, newer


async def test_a_message_for_the_room_is_one_in_every_place_with_its_card(world: World) -> None:
    host = await world.host()
    session = await world.session(host, places=("slack:C1",))
    poll = await world.dialog(session, "poll", Show("board"), Note("vote", host, "a"), by=host)

    posts = sorted(await world.due(), key=lambda post: post.place or "")

    assert [(one.slot, one.dialog, one.session, one.tenant, one.place, one.person) for one in posts] == [
        ("board", poll, session, "acme", place, None) for place in ("slack:C1", f"web:{session}")
    ]
    assert [lines(one.card) for one in posts] == [["board", "everybody as nobody", '{"a": 1}']] * 2
    assert [(one.revision, one.ref, one.tries) for one in posts] == [(1, None, 0)] * 2


async def test_a_message_for_one_person_is_drawn_for_them(world: World) -> None:
    await board(world, Show("hint", "ann"))

    post = await taken(world)

    assert (post.person, post.place, lines(post.card)[1]) == ("ann", None, "ann as nobody")


async def test_a_message_brings_the_names_that_its_card_needs(world: World) -> None:
    host, _, _ = await board(world)
    session = await world.session(host, Show(f"who:{host}", host), key="s2")
    assert session

    assert [post.names for post in await world.due() if post.slot == f"who:{host}"] == [{host: "Hana"}]


async def test_many_marks_are_one_revision_and_one_card_of_the_moment_it_is_taken(world: World) -> None:
    _, session, poll = await board(world)
    people = [f"p{n}" for n in range(30)]
    await world.joins(session, *people)
    await world.deliver()
    for person in people:
        await world.does(person, poll, Note("vote", person, "a"), Show("board"))

    post = await taken(world)

    assert (post.revision, lines(post.card)[2]) == (2, '{"a": 30}')


async def test_what_is_shown_is_not_due_until_it_changes(world: World) -> None:
    host, _, poll = await board(world)
    first = await world.deliver()
    nothing = await world.due()
    await world.does(host, poll, Show("board"))
    second = await world.deliver()

    assert nothing == []
    assert [(post.revision, post.ref, post.rank) for post in (*first, *second)] == [
        (1, None, 2),
        (2, f"ref of {first[0].id}", 3),
    ]
    assert first[0].id == second[0].id


async def test_flags_go_before_what_is_private_before_first_posts_before_edits(world: World) -> None:
    host, session, poll = await board(world, Show("edited"))
    await world.joins(session, "ann")
    await world.deliver()
    world.move(1)

    shows = [Show("to all", LEARNER), Show("edited"), Show("first"), Show("mine", "ann"), Show("flag", FACILITATOR)]
    await world.does(host, poll, *shows)

    assert [(post.slot, post.rank) for post in await world.due()] == [
        ("flag", 0),
        ("mine", 1),
        ("first", 2),
        ("edited", 3),
        ("to all", 4),
    ]


async def test_what_has_waited_longest_goes_first_among_equals(world: World) -> None:
    host, _, poll = await board(world)
    await world.deliver()
    for slot in ("c", "a", "b"):
        world.move(1)
        await world.does(host, poll, Show(slot))
        await world.fold()

    assert [post.slot for post in await world.due(limit=2)] == ["c", "a"]
    assert [post.slot for post in await world.due()] == ["b"]


async def test_messages_of_one_moment_go_in_the_order_in_which_they_were_said(world: World) -> None:
    slots = [f"s{n}" for n in (4, 1, 7, 3, 0, 6, 2, 5)]
    _, session, _ = await board(world, *map(Show, slots))
    posts = await world.due()
    for post in posts:
        await world.store.gone(post, OWNER, "nobody there")
    await world.store.revive("acme", f"web:{session}", world.now)

    assert [post.slot for post in posts] == slots
    assert [post.slot for post in await world.due()] == slots


async def test_a_card_that_cannot_be_made_keeps_no_other_waiting_and_is_tried_again(world: World) -> None:
    _, session, _ = await board(world, Show("broken"), Show("board"))

    assert targets(await world.deliver()) == [("board", f"web:{session}")]
    assert await world.due() == []
    assert await world.store.next_post() == NOON + 1 * SECOND
    assert (await world.store.counts()).waiting == 1


# -- leases ------------------------------------------------------------------------------------------------------------


async def test_of_two_workers_one_takes_a_message(world: World) -> None:
    await board(world, *(Show(f"s{n}") for n in range(20)))
    await world.fold()
    other = world.another()

    batches = await asyncio.gather(
        *(take_due(store, world.now, owner) for store, owner in ((world.store, "a"), (other, "b")) for _ in "123")
    )

    assert sorted(post.slot for batch in batches for post in batch) == sorted(f"s{n}" for n in range(20))


async def test_a_message_is_due_again_when_the_lease_of_a_worker_that_died_has_run_out(world: World) -> None:
    await board(world)

    counts = []
    for seconds in (0, 29, 1, 1):
        world.move(seconds)
        counts.append(len(await world.due()))

    assert counts == [1, 0, 1, 0]


async def test_what_changes_while_it_is_being_shown_is_due_at_once_afterwards(world: World) -> None:
    host, _, poll = await board(world)
    post = await taken(world)
    await world.does(host, poll, Note("vote", host, "a"), Show("board"))
    meanwhile = await world.due()

    settled = await world.shown(post, OWNER, "ref")

    assert (meanwhile, settled) == ([], True)
    again = await taken(world)
    assert (again.revision, again.ref, lines(again.card)[2]) == (2, "ref", '{"a": 1}')


async def test_whoever_lost_the_lease_makes_it_be_drawn_once_more_so_that_no_old_card_stays(world: World) -> None:
    frozen, newer = await overtaken(world)
    nothing = await world.due("awake")

    # Only now the old card arrives at the platform, over the newer one.
    settled = await world.shown(frozen, "frozen", frozen.ref or "")
    last = await taken(world, "awake")

    assert (nothing, settled) == ([], False)
    assert (lines(frozen.card)[2], lines(last.card)[2], last.ref) == ('{"old": 1}', '{"new": 1}', newer.ref)
    assert await world.shown(last, "awake", last.ref or "")
    assert await world.due() == []


async def test_whoever_lost_the_lease_and_was_not_answered_makes_it_be_drawn_once_more_too(world: World) -> None:
    frozen, newer = await overtaken(world)

    # The old card has arrived at the platform, over the newer one, while nobody was awake to hear the answer.
    await world.store.postpone(frozen, "frozen", world.now + SECOND, failed="TimeoutError()")
    world.move(1)
    last = await taken(world, "awake")

    assert (lines(last.card)[2], last.ref, last.tries) == ('{"new": 1}', newer.ref, 0)
    assert await world.shown(last, "awake", last.ref or "")
    assert await world.due() == []


async def test_two_slow_workers_do_not_take_a_message_from_each_other_for_ever(world: World) -> None:
    await board(world)
    frozen = await taken(world, "frozen")
    world.move(31)
    awake = await taken(world, "awake")

    late = await world.shown(frozen, "frozen", "one")
    meanwhile = await world.due("frozen")
    settled = await world.shown(awake, "awake", "two")

    assert (late, meanwhile, settled) == (False, [], True)
    last = await taken(world, "awake")  # once more, over both
    assert last.ref == "two"
    assert await world.shown(last, "awake", "two")
    assert await world.due() == []


@pytest.mark.parametrize("how", ["postpone", "lost", "failed", "gone"])
async def test_only_the_owner_of_the_lease_settles_a_message(world: World, how: str) -> None:
    await board(world)
    post = await taken(world, "frozen")
    world.move(31)
    await taken(world, "awake")

    if how == "gone":
        await world.store.gone(post, "frozen", "nobody there")
    else:
        until = world.now + 600 * SECOND
        failed = "it failed" if how == "failed" else None
        await world.store.postpone(post, "frozen", until, lost=how == "lost", failed=failed)
    world.move(31)

    assert [(one.tries, one.revision) for one in await world.due()] == [(0, 1)]


# -- what platforms answer ---------------------------------------------------------------------------------------------


async def test_a_message_that_must_wait_is_due_again_then_and_not_before(world: World) -> None:
    await board(world)
    post = await taken(world)

    await world.store.postpone(post, OWNER, world.now + 5 * SECOND)

    assert await world.store.next_post() == world.now + 5 * SECOND
    world.move(4.9)
    early = await world.due()
    world.move(0.1)
    assert (early, [one.tries for one in await world.due()]) == ([], [0])


async def test_marks_do_not_hurry_a_message_that_must_wait(world: World) -> None:
    host, _, poll = await board(world)
    post = await taken(world)
    await world.store.postpone(post, OWNER, world.now + 5 * SECOND)

    await world.does(host, poll, Show("board"))

    assert await world.due() == []
    world.move(5)
    assert [one.revision for one in await world.due()] == [2]


async def test_a_lost_message_is_posted_anew(world: World) -> None:
    host, _, poll = await board(world)
    await world.deliver()
    await world.does(host, poll, Show("board"))
    post = await taken(world)

    await world.store.postpone(post, OWNER, world.now, lost=True)

    again = await taken(world)
    assert (post.ref is not None, again.ref, again.rank) == (True, None, 2)
    assert await world.shown(again, OWNER, "another ref")
    await world.does(host, poll, Show("board"))
    assert (await taken(world)).ref == "another ref"


async def test_a_message_to_where_nobody_is_ends_and_stays_ended(world: World) -> None:
    host, _, poll = await board(world)
    await world.store.gone(await taken(world), OWNER, "the channel was deleted")

    await world.does(host, poll, Show("board"))

    assert await world.due() == []
    assert (await world.store.next_post(), (await world.store.counts()).waiting) == (None, 0)


async def test_a_message_that_failed_counts_its_tries_until_it_is_shown(world: World) -> None:
    host, _, poll = await board(world)
    tries = []
    for _ in range(3):
        post = await taken(world)
        tries.append(post.tries)
        await world.store.postpone(post, OWNER, world.now, failed="503")
    await world.deliver()
    await world.does(host, poll, Show("board"))

    assert (tries, (await taken(world)).tries) == ([0, 1, 2], 0)


async def test_what_waits_is_counted_with_since_when(world: World) -> None:
    nothing = await world.store.counts()
    host, _, poll = await board(world)
    await world.fold()
    world.move(60)
    await world.does(host, poll, Show("another"))
    waiting = await world.store.counts()
    await world.deliver()
    delivered = await world.store.counts()

    assert [(one.waiting, one.oldest) for one in (nothing, waiting, delivered)] == [(0, None), (2, NOON), (0, None)]


# -- before anything is taken ------------------------------------------------------------------------------------------


async def test_a_look_takes_nothing_and_says_when_there_will_be_more(world: World) -> None:
    host, session, _ = await board(world, Show("a"), Show("b"))
    first = await world.store.look(world.now, 10)
    again = await world.store.look(world.now, 10)
    one = await world.store.look(world.now, 1)
    waits, goes = [post.id for post in first.due]
    await world.store.take([goes], {waits: world.now + 5 * SECOND}, world.now, OWNER)
    rest = await world.store.look(world.now, 10)

    assert (first.folded, again.folded) == (2, 0)
    assert first.due == again.due
    assert [(post.slot, post.place, post.person, post.ref, post.rank, post.tenant) for post in first.due] == [
        (slot, f"web:{session}", None, None, 2, "acme") for slot in "ab"
    ]
    assert [look.next for look in (first, one, rest)] == [None, world.now, world.now + 5 * SECOND]
    assert (one.due, rest.due) == (first.due[:1], ())
    assert host


async def test_a_look_says_by_what_a_person_is_reached(world: World) -> None:
    ann = await world.store.admit("acme", "slack", "T1/UANN", "Ann")
    await board(world, Show("hint", ann))

    (post,) = (await world.store.look(world.now, 10)).due

    assert (post.person, post.place, post.reach) == (ann, None, {"slack": "T1/UANN"})


async def test_what_is_put_off_is_drawn_when_it_goes_and_not_before(world: World) -> None:
    host, _, poll = await board(world)
    (post,) = (await world.store.look(world.now, 10)).due
    nothing = await world.store.take([], {post.id: world.now + 5 * SECOND}, world.now, OWNER)
    await world.does(host, poll, Note("vote", host, "a"), Show("board"))
    world.move(4.9)
    early = await world.due()
    world.move(0.1)

    again = await taken(world)
    assert (nothing, early) == ([], [])
    assert (again.revision, again.attempted, lines(again.card)[2]) == (2, False, '{"a": 1}')


async def test_what_another_worker_has_taken_is_left_out_and_is_not_put_off(world: World) -> None:
    await board(world, *(Show(slot) for slot in "abc"))
    ids = [post.id for post in (await world.store.look(world.now, 10)).due]
    mine = await world.store.take(ids[:2], {}, world.now, "one")
    theirs = await world.store.take(ids[1:], {ids[0]: world.now + 500 * SECOND}, world.now, "other")

    settled = await world.shown(mine[1], "one", "ref")

    assert ([post.id for post in mine], [post.id for post in theirs]) == (ids[:2], ids[2:])
    assert settled
    world.move(30)
    assert [post.id for post in await world.due()] == [ids[0], ids[2]]


async def test_whoever_has_the_turn_takes_it_though_another_worker_has_put_it_off_meanwhile(world: World) -> None:
    await board(world)
    (post,) = (await world.store.look(world.now, 10)).due
    await world.store.take([], {post.id: world.now + 500 * SECOND}, world.now, "refused")

    assert [one.id for one in await world.store.take([post.id], {}, world.now, "given")] == [post.id]
    assert await world.store.take([post.id], {}, world.now, "too late") == []


async def test_what_somebody_frozen_had_taken_is_put_off_and_stays_theirs_until_another_takes_it(world: World) -> None:
    host, _, poll = await board(world)
    await world.deliver()
    await world.does(host, poll, Note("vote", host, "old"), Show("board"))
    frozen = await taken(world, "frozen")
    world.move(31)
    await world.does(host, poll, Note("vote", host, "new"), Show("board"))
    await world.fold()
    await world.store.take([], {frozen.id: world.now + 2 * SECOND}, world.now, "awake")

    assert await world.shown(frozen, "frozen", frozen.ref or "")  # the old card arrives, and is known to be old
    again = await taken(world, "awake")
    assert lines(again.card)[2] == '{"new": 1}'


async def test_many_are_settled_at_once_each_by_its_own_lease(world: World) -> None:
    await board(world, *(Show(slot) for slot in "dacb"))
    posts = sorted(await world.due("one"), key=lambda post: post.id, reverse=True)
    world.move(31)
    (lost,) = await world.store.take([posts[0].id], {}, world.now, "other")

    settled = await world.store.shown([(post, f"ref {post.slot}") for post in posts], "one", world.now)

    assert settled == [False, True, True, True]
    assert await world.shown(lost, "other", "ref")
    assert [(post.slot, post.ref) for post in await world.due()] == [(lost.slot, "ref")]
