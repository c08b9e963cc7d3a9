"""The contract of Store: timers are rows. They ring once, when they stand, whoever takes them and however often."""

import asyncio
from datetime import timedelta

from dialogs.base import Rang, Show, Wake
from tests.storage.contract import NOON, OWNER, World

SECOND = timedelta(seconds=1)


async def watch(world: World) -> tuple[str, str]:
    """The host, and a dialog of a session of theirs."""
    host = await world.host()
    return host, await world.dialog(await world.session(host), "watch", by=host)


async def test_timers_ring_when_they_are_due_in_the_order_of_their_times(world: World) -> None:
    host, dialog = await watch(world)
    await world.does(host, dialog, Wake("later", NOON + 9 * SECOND), Wake("b", NOON + SECOND), Wake("a", NOON))

    rung = [await world.rings()]
    for _ in range(3):
        world.move(3)
        rung.append(await world.rings())

    assert rung == [["a"], ["b"], [], ["later"]]
    assert (await world.ask(dialog, host))["heard"] == ["Rang a", "Rang b", "Rang later"]


async def test_a_ring_says_whose_it_is_and_when_it_was_due(world: World) -> None:
    host, dialog = await watch(world)
    await world.does(host, dialog, Wake("close", NOON + SECOND))
    world.move(60)

    due = await world.store.due_timers(world.now, OWNER, 100)

    assert [(one.dialog, one.tenant, one.timer, one.due, one.at, one.by) for one in due] == [
        (dialog, "acme", "close", NOON + SECOND, NOON + SECOND, None)
    ]


async def test_a_moved_timer_rings_at_its_new_time_only(world: World) -> None:
    host, dialog = await watch(world)
    await world.does(host, dialog, Wake("close", NOON + 5 * SECOND))
    await world.does(host, dialog, Wake("close", NOON + 30 * SECOND))

    rung = []
    for _ in range(4):
        world.move(10)
        rung.append(await world.rings())

    assert rung == [[], [], ["close"], []]


async def test_a_timer_that_is_moved_or_switched_off_while_it_is_taken_does_not_ring(world: World) -> None:
    host, dialog = await watch(world)
    await world.does(host, dialog, Wake("moved", NOON), Wake("off", NOON), Wake("stays", NOON))
    taken = await world.store.due_timers(world.now, OWNER, 100)

    await world.does(host, dialog, Wake("moved", NOON + 60 * SECOND), Wake("off", None))
    outcomes = await world.hear(*taken)

    assert [(rang.timer, outcome.again) for rang, outcome in zip(taken, outcomes, strict=True)] == [
        ("moved", True),
        ("off", True),
        ("stays", False),
    ]
    assert (await world.ask(dialog, host))["heard"] == ["Rang stays"]


async def test_a_timer_moved_or_switched_off_in_the_same_batch_does_not_ring(world: World) -> None:
    host, dialog = await watch(world)
    await world.does(host, dialog, Wake("moved", NOON), Wake("off", NOON), Wake("stays", NOON))
    taken = await world.store.due_timers(world.now, OWNER, 100)

    await world.hear(world.press(host, dialog, Wake("moved", NOON + 60 * SECOND), Wake("off", None)), *taken)

    assert (await world.ask(dialog, host))["heard"] == ["Rang stays"]


async def test_a_timer_that_sets_itself_rings_again_even_at_the_same_moment(world: World) -> None:
    host, dialog = await watch(world)
    await world.does(host, dialog, Wake("again", NOON))

    assert [await world.rings() for _ in range(3)] == [["again"]] * 3
    assert (await world.ask(dialog, host))["heard"] == ["Rang again"] * 3


async def test_of_two_workers_one_takes_a_timer(world: World) -> None:
    host, dialog = await watch(world)
    await world.does(host, dialog, *(Wake(f"t{n}", NOON) for n in range(20)))
    other = world.another()

    taken = await asyncio.gather(
        *(store.due_timers(world.now, "a", 7) for store in (world.store, other) for _ in "123")
    )

    assert sorted(rang.timer for batch in taken for rang in batch) == sorted(f"t{n}" for n in range(20))


async def test_a_timer_rings_once_though_two_workers_hold_it(world: World) -> None:
    host, dialog = await watch(world)
    await world.does(host, dialog, *(Wake(f"t{n}", NOON) for n in range(5)))
    frozen = await world.store.due_timers(world.now, "frozen", 100)
    world.move(31)
    awake = await world.store.due_timers(world.now, "awake", 100)

    outcomes = await asyncio.gather(world.hear(*awake), world.hear(*frozen, store=world.another()))

    assert [rang.timer for rang in awake] == [rang.timer for rang in frozen]
    assert sorted(one.again for batch in outcomes for one in batch) == [False] * 5 + [True] * 5
    assert sorted((await world.ask(dialog, host))["heard"]) == [f"Rang t{n}" for n in range(5)]


async def test_a_timer_is_due_again_when_the_lease_of_a_worker_that_died_has_run_out(world: World) -> None:
    host, dialog = await watch(world)
    await world.does(host, dialog, Wake("close", NOON))

    taken = []
    for seconds in (0, 29, 1, 1):
        world.move(seconds)
        taken.append(len(await world.store.due_timers(world.now, OWNER, 100)))

    assert taken == [1, 0, 1, 0]


async def test_the_next_timer_is_the_soonest_that_nobody_holds(world: World) -> None:
    host, dialog = await watch(world)
    before = await world.store.next_timer()
    await world.does(host, dialog, Wake("b", NOON + 9 * SECOND), Wake("a", NOON))
    soonest = await world.store.next_timer()
    await world.rings()

    assert (before, soonest, await world.store.next_timer()) == (None, NOON, NOON + 9 * SECOND)


async def test_a_timer_whose_event_fails_is_set_aside_after_five_times_and_others_ring_on(world: World) -> None:
    host, dialog = await watch(world)
    await world.does(host, dialog, Wake("fail", NOON), Wake("good", NOON + 500 * SECOND))

    tries = 0
    for _ in range(600):
        for rang in await world.store.due_timers(world.now, OWNER, 100):
            outcome = (await world.hear(rang))[0]
            if outcome.error:
                tries += 1
                await world.store.poisoned(rang, outcome.error, world.now)
        world.move(1)

    assert tries == 5
    assert (await world.store.counts()).aside == 1
    assert (await world.ask(dialog, host))["heard"] == ["Rang good"]
    assert await world.store.next_timer() is None


async def test_a_timer_that_is_refused_is_poison_too(world: World) -> None:
    host, dialog = await watch(world)
    await world.does(host, dialog, Wake("refuse", NOON))

    outcome = (await world.hear(*await world.store.due_timers(world.now, OWNER, 100)))[0]

    assert outcome.error == "This puppet cannot begin: nonsense: Extra inputs are not permitted."


async def test_a_failed_timer_is_tried_again_later_each_time(world: World) -> None:
    host, dialog = await watch(world)
    await world.does(host, dialog, Wake("fail", NOON))

    waits = []
    for _ in range(4):
        rang = (await world.store.due_timers(world.now, OWNER, 1))[0]
        await world.store.poisoned(rang, "it failed", world.now)
        due = await world.store.next_timer()
        assert due is not None
        waits.append((due - world.now) / SECOND)
        world.move((due - world.now) / SECOND)

    assert waits == [2, 4, 8, 16]


async def test_the_failure_of_a_timer_that_was_moved_meanwhile_is_forgotten(world: World) -> None:
    host, dialog = await watch(world)
    await world.does(host, dialog, Wake("close", NOON))
    old = (await world.store.due_timers(world.now, OWNER, 1))[0]
    await world.does(host, dialog, Wake("close", NOON + SECOND))

    for _ in range(5):
        await world.store.poisoned(old, "it failed", world.now)
    world.move(1)

    assert (await world.rings(), (await world.store.counts()).aside) == (["close"], 0)


async def test_a_timer_that_was_set_aside_rings_again_when_it_is_set_anew(world: World) -> None:
    host, dialog = await watch(world)
    await world.does(host, dialog, Wake("close", NOON))
    rang = (await world.store.due_timers(world.now, OWNER, 1))[0]
    for _ in range(5):
        await world.store.poisoned(rang, "it failed", world.now)
    aside = [await world.rings(), (await world.store.counts()).aside]

    world.move(60)
    await world.does(host, dialog, Wake("close", world.now))

    assert aside == [[], 1]
    assert (await world.rings(), (await world.store.counts()).aside) == (["close"], 0)


async def test_a_timer_and_what_it_changes_are_one_transaction(world: World) -> None:
    host, dialog = await watch(world)
    await world.does(host, dialog, Wake("fail", NOON), Show("board"))
    await world.deliver()

    await world.rings()

    world.move(30)
    assert await world.rings() == ["fail"]  # it failed, so it still stands


async def test_no_more_timers_are_taken_than_asked_for(world: World) -> None:
    host, dialog = await watch(world)
    await world.does(host, dialog, *(Wake(f"t{n}", NOON + n * SECOND) for n in range(5)))
    world.move(9)

    taken = [await world.store.due_timers(world.now, OWNER, 2) for _ in range(3)]

    assert [[rang.timer for rang in batch] for batch in taken] == [["t0", "t1"], ["t2", "t3"], ["t4"]]


async def test_a_ring_for_a_timer_that_never_was_is_nothing(world: World) -> None:
    host, dialog = await watch(world)
    rang = Rang(id="x", at=NOON, tenant="acme", dialog=dialog, timer="close", due=NOON)

    outcomes = await world.hear(rang)

    assert [one.again for one in outcomes] == [True]
    assert (await world.ask(dialog, host))["heard"] == []
