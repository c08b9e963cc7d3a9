"""The contract of Store: how far every message has come can be asked, and what failed for good is seen and retried."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from dialogs.base import FACILITATOR, LEARNER, AnyKind, Look, Note, Pressed, Show, Wake
from dialogs.sent import Sent, Stuck
from storage.records import Post
from tests.storage.contract import KINDS, NOON, OWNER, World, board
from tests.storage.databases import Fresh

SECOND = timedelta(seconds=1)


async def sent(world: World, session: str, slot: str) -> list[Sent]:
    """How far this message has come, by role."""
    return [one for one in await world.store.delivery(session) if one.slot == slot]


async def lists(world: World) -> tuple[str, str, str, dict[str, Post]]:
    """The host, a session with four learners, a dialog that shows each a list, and the posts, by person."""
    host = await world.host()
    session = await world.session(host)
    await world.joins(session, "ann", "ben", "cem", "dan")
    dialog = await world.dialog(session, "list", Show("list", LEARNER), by=host)
    return host, session, dialog, {post.person or "": post for post in await world.due() if post.slot == "list"}


async def test_every_message_is_shown_or_waits_or_is_gone(world: World) -> None:
    host, session, dialog, posts = await lists(world)
    before = await sent(world, session, "list")

    await world.store.shown([(posts["ann"], "x:1")], OWNER, world.now)
    await world.store.shown([(posts["ben"], "x:2")], OWNER, world.now)
    await world.store.gone(posts["cem"], OWNER, "they have left")
    await world.store.postpone(posts["dan"], OWNER, NOON + 40 * SECOND, failed="503")
    await world.does(host, dialog, Show("list", "ben"))
    await world.fold()

    lease = NOON + 30 * SECOND
    assert before == [Sent(dialog, "list", "learner", waiting=4, until=lease)]
    assert await sent(world, session, "list") == [
        Sent(
            dialog, "list", "learner", shown=2, waiting=1, gone=1, behind=1, failing=1,
            until=NOON + 40 * SECOND, missed=(("cem", "they have left"),),
        )
    ]  # fmt: skip


async def test_what_was_deleted_there_waits_and_is_known_to_have_been_sent_again(world: World) -> None:
    _, session, dialog, posts = await lists(world)
    for number, post in enumerate(posts.values()):
        await world.store.shown([(post, f"x:{number}")], OWNER, world.now)

    lost = replace(posts["ann"], ref="x:0")
    await world.does("ann", dialog, Show("list", "ann"))
    await world.due()
    await world.store.postpone(lost, OWNER, world.now, lost=True)
    away = await sent(world, session, "list")
    await world.deliver()

    assert away == [Sent(dialog, "list", "learner", shown=3, waiting=1, lost=1, until=NOON)]
    assert await sent(world, session, "list") == [Sent(dialog, "list", "learner", shown=4, lost=1)]


async def test_what_stands_there_and_cannot_be_changed_any_more_has_still_been_shown(world: World) -> None:
    host, session, dialog, posts = await lists(world)
    for number, post in enumerate(posts.values()):
        await world.store.shown([(post, f"x:{number}")], OWNER, world.now)
    await world.does(host, dialog, Show("list", "ann"))
    (again,) = await world.due()

    await world.store.gone(again, OWNER, "they have left")

    assert await sent(world, session, "list") == [Sent(dialog, "list", "learner", shown=4)]


async def test_people_count_by_the_role_that_they_have_now_and_places_by_none(world: World) -> None:
    host, session, dialog, _ = await lists(world)
    await world.does(host, session, Note("role", "ann", None), Note("role", "ben", FACILITATOR))
    await world.does(host, dialog, Show("board"))
    await world.deliver()

    assert [(one.role, one.waiting + one.shown) for one in await sent(world, session, "list")] == [
        ("", 1),
        ("facilitator", 1),
        ("learner", 2),
    ]
    assert await sent(world, session, "board") == [Sent(dialog, "board", "", shown=1)]


async def test_of_many_who_were_not_reached_the_first_are_named_and_all_are_counted(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    await world.joins(session, *(f"p{n:02}" for n in range(50)))
    await world.dialog(session, "list", Show("list", LEARNER), by=host)
    for post in await world.due():
        await world.store.gone(post, OWNER, "they have left")

    (found,) = await sent(world, session, "list")

    assert (found.gone, found.missed) == (50, tuple((f"p{n:02}", "they have left") for n in range(40)))


async def test_nobody_is_told_of_another_sessions_messages(world: World) -> None:
    host, session, _, _ = await lists(world)
    other = await world.session(host, key="s2")

    assert (len(await sent(world, session, "list")), await world.store.delivery(other)) == (1, ())


# -- what does not go on by itself -------------------------------------------------------------------------------------


async def poisoned(world: World, dialog: str, timer: str = "close") -> None:
    """This timer fails until it is set aside."""
    for _ in range(5):
        (rang,) = [one for one in await world.store.due_timers(world.now, OWNER, 9) if one.timer == timer]
        await world.store.poisoned(rang, "ZeroDivisionError()", world.now)
        world.move(40)


async def test_a_timer_that_was_set_aside_says_which_it_is_and_why_until_it_is_tried_again(world: World) -> None:
    host, session, dialog = await board(world)
    await world.does(host, dialog, Wake("close", NOON), Wake("later", NOON + 900 * SECOND))
    await poisoned(world, dialog)
    aside = await world.store.stuck()

    again = await world.store.retry(world.now)
    after = (await world.store.stuck(), (await world.store.counts()).aside)

    assert aside == (Stuck("timer", "puppet", "close", dialog, session, NOON, 5, "ZeroDivisionError()"),)
    assert (again, after, await world.rings()) == (1, ((), 0), ["close"])
    assert (await world.ask(dialog, host))["heard"] == ["Rang close"]


async def test_what_fails_after_it_was_tried_again_has_five_tries_more(world: World) -> None:
    host, _, dialog = await board(world)
    await world.does(host, dialog, Wake("close", NOON))
    await poisoned(world, dialog)
    await world.store.retry(world.now)
    for _ in range(4):
        (rang,) = await world.store.due_timers(world.now, OWNER, 9)
        await world.store.poisoned(rang, "it failed", world.now)
        world.move(40)
    four = await world.store.stuck()
    (rang,) = await world.store.due_timers(world.now, OWNER, 9)
    await world.store.poisoned(rang, "it failed", world.now)

    assert (four, [one.why for one in await world.store.stuck()]) == ((), ["it failed"])


async def test_a_message_that_fails_is_never_given_up_and_told_of_after_five_times(world: World) -> None:
    host, _, dialog = await board(world, Show("broken"), Show("board"))
    known = []
    for _ in range(8):
        await world.deliver()
        known.append([(one.name, one.tries, one.why) for one in await world.store.stuck()])
        due = await world.store.next_post()
        assert due is not None
        world.move((due - world.now) / SECOND)
    counts = await world.store.counts()

    assert known == [*[[]] * 4, *[[("broken", n, "ZeroDivisionError()")] for n in range(5, 9)]]
    assert (counts.failing, counts.waiting) == (1, 1)
    await world.does(host, dialog, Note("mended", host, "yes"))
    assert [post.slot for post in await world.deliver()] == ["broken"]
    assert (await world.store.stuck(), (await world.store.counts()).failing) == ((), 0)


async def test_a_message_that_fails_goes_out_at_once_when_it_is_tried_again(world: World) -> None:
    host, _, dialog = await board(world, Show("broken"))
    for _ in range(9):
        await world.due()
        due = await world.store.next_post()
        assert due is not None
        world.move((due - world.now) / SECOND)
    await world.due()  # the next try is minutes away
    await world.does(host, dialog, Note("mended", host, "yes"))
    waits = await world.deliver()

    again = await world.store.retry(world.now)

    assert (waits, again, [post.slot for post in await world.deliver()]) == ([], 1, ["broken"])


async def test_what_fails_for_good_or_is_a_broadcast_makes_nobody_think_that_nothing_goes_out(world: World) -> None:
    host, session, dialog = await board(world, Show("broken"))
    ages = []
    for _ in range(6):
        await world.due()
        ages.append((await world.store.counts()).oldest)
        due = await world.store.next_post()
        assert due is not None
        world.move((due - world.now) / SECOND)
    await world.joins(session, "ann")
    await world.does(host, dialog, Show("list", LEARNER))
    await world.fold()

    assert ages == [NOON, NOON, NOON, NOON, None, None]
    assert (await world.store.counts()).oldest is None


async def test_two_who_try_it_again_at_once_disturb_each_other_not(world: World) -> None:
    host, _, dialog = await board(world)
    await world.does(host, dialog, Wake("close", NOON))
    await poisoned(world, dialog)
    other = world.another()

    found = await asyncio.gather(world.store.retry(world.now), other.retry(world.now))

    assert (sorted(found), await world.rings(), await world.rings()) == ([0, 1], ["close"], [])


KNOWING: Mapping[str, AnyKind] = {
    **KINDS,
    "hall": replace(KINDS["hall"], needs={**KINDS["hall"].needs, Look: frozenset({"aside"})}),
}


async def test_whoever_leads_sees_what_failed_in_their_session_and_when_it_does_no_more(fresh: Fresh) -> None:
    async with World(fresh(), KNOWING) as world:
        host = await world.host()
        session = await world.session(host, Show("desk", FACILITATOR), Show("hello"))
        dialog = await world.dialog(session, "watch", by=host)
        await world.session(host, Show("desk", FACILITATOR), key="s2")
        await world.does(host, dialog, Wake("close", NOON))
        await world.deliver()

        await poisoned(world, dialog)
        failed = [(post.session, post.slot) for post in await world.deliver()]
        await world.store.retry(world.now)
        retried = [(post.session, post.slot) for post in await world.deliver()]

    assert (failed, retried) == ([(session, "desk")], [(session, "desk")])


async def test_what_goes_to_many_by_name_is_a_broadcast_and_holds_up_nobody(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    await world.joins(session, *(f"p{n:02}" for n in range(21)))
    dialog = await world.dialog(session, "list", *(Show("few", f"p{n:02}") for n in range(20)), by=host)
    await world.does(host, dialog, *(Show("many", f"p{n:02}") for n in range(21)), Show("board"))

    assert [(post.slot, post.rank) for post in await world.due()] == [
        *[("few", 1)] * 20,
        ("board", 2),
        *[("many", 4)] * 21,
    ]


# -- those who tell of it look again -----------------------------------------------------------------------------------

FOLLOWING: Mapping[str, AnyKind] = {
    **KINDS,
    "puppet": replace(KINDS["puppet"], needs={**KINDS["puppet"].needs, Look: frozenset({"delivery"})}),
}


async def follows(world: World, dialog: str, host: str) -> list[str]:
    """What the dialog has heard ten seconds later."""
    world.move(9)
    assert await world.rings() == []
    world.move(1)
    await world.rings()
    heard: list[str] = (await world.ask(dialog, host))["heard"]
    return heard


async def test_whatever_becomes_of_a_message_later_is_looked_at_within_ten_seconds(fresh: Fresh) -> None:
    async with World(fresh(), FOLLOWING) as world:
        host, _, dialog, posts = await lists(world)
        for number, post in enumerate(posts.values()):
            await world.store.shown([(post, f"x:{number}")], OWNER, world.now)
        heard = [await follows(world, dialog, host)]
        await world.does(host, dialog, *(Show("list", person) for person in ("ann", "ben", "cem")))
        ann, ben, cem = await world.due()

        await world.store.gone(ann, OWNER, "they have left")
        heard.append(await follows(world, dialog, host))
        await world.store.postpone(ben, OWNER, world.now, lost=True)
        heard.append(await follows(world, dialog, host))
        await world.store.reroute(cem, OWNER, "teams", world.now)
        await world.store.revive("acme", "ann", world.now)  # one timer for both
        heard.append(await follows(world, dialog, host))
        await world.store.postpone(ben, OWNER, world.now, failed="503")
        heard.append(await follows(world, dialog, host))

    assert [len(one) for one in heard] == [0, 1, 2, 3, 3]
    assert {*heard[-1]} == {"Rang sending"}


async def test_who_tells_of_no_delivery_and_who_is_done_is_left_alone(world: World, fresh: Fresh) -> None:
    _, _, dialog, posts = await lists(world)
    await world.store.gone(posts["ann"], OWNER, "they have left")
    alone = await world.store.next_timer()
    async with World(fresh(), FOLLOWING) as other:
        host, _, dialog, posts = await lists(other)
        await other.hear(other.event(Pressed, host, dialog=dialog, action="finish"))
        await other.store.gone(posts["ann"], OWNER, "they have left")

        assert (alone, await other.store.next_timer()) == (None, None)
