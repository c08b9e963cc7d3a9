"""The contract of Store: dialogs that begin, tell each other and end, and the rotation that they share."""

import asyncio

import pytest

from dialogs.base import CHILDREN, PARENT, Begin, Joined, Left, Meet, Note, Pressed, Reacted, Said, Tell, Turn, Wake
from storage.effects import identify
from tests.storage.contract import NOON, World, desk_of, said, written


async def test_begin_twice_is_begin_once(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    begin = Begin("poll", "puppet", {"heard": ("first",)})

    await world.does(host, session, begin, Begin("poll", "puppet", {"heard": ("second",)}))
    await world.does(host, session, Begin("poll", "listener", {"heard": ("third",)}))

    assert (await world.ask(identify("acme", f"session:{session}", "poll"), host))["heard"] == ["first"]


async def test_begin_from_two_stores_at_once_is_begin_once(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    started = Note("started", host, "yes")
    presses = [world.press(host, session, Begin("poll", "puppet", {"at_start": written(started)})) for _ in range(6)]
    other = world.another()

    await asyncio.gather(*(world.hear(one, store=(world.store, other)[n % 2]) for n, one in enumerate(presses)))

    assert (await world.ask(identify("acme", f"session:{session}", "poll"), host))["counts"] == {"started": {"yes": 1}}


async def test_a_dialog_starts_in_the_transaction_in_which_it_is_begun(world: World) -> None:
    host = await world.host()
    session = await world.session(host)

    poll = await world.dialog(session, "poll", Note("vote", host, "a"), Wake("close", NOON), by=host)

    assert (await world.ask(poll, host))["counts"] == {"vote": {"a": 1}}
    assert await world.rings() == ["close"]
    assert (await world.ask(poll, host))["heard"] == ["Rang close"]


@pytest.mark.parametrize(
    ("setup", "sentence"),
    [
        ({"nonsense": 1}, "This puppet cannot begin: nonsense: Extra inputs are not permitted."),
        ({"heard": 3}, "This puppet cannot begin: heard: Input should be a valid tuple."),
    ],
)
async def test_begin_with_a_bad_setup_is_refused_with_a_sentence_and_costs_only_its_own_event(
    world: World, setup: dict[str, object], sentence: str
) -> None:
    host = await world.host()
    session = await world.session(host)
    refused = world.press(host, session, Note("vote", host, "a"), Begin("poll", "puppet", setup))

    outcomes = await world.hear(refused, world.press(host, session, Note("other", host, "b")))

    assert [(said(one), one.error) for one in outcomes] == [(sentence, None), ("done", None)]
    assert (await world.ask(session, host))["counts"] == {"role": {"facilitator": 1}, "other": {"b": 1}}
    assert [(said(one), one.again) for one in await world.hear(refused)] == [(sentence, False)]


async def test_a_begin_is_unique_in_its_session_or_for_its_person_or_its_cohort(world: World) -> None:
    host = await world.host()
    spring = [await world.session(host, key=key, cohort="spring") for key in ("s1", "s2")]
    for session in spring:
        await world.joins(session, "ann")
        for by in (host, "ann"):
            for of in ("session", "person", "cohort"):
                begin = Begin(
                    f"of {of}", "puppet", {"at_start": written(Note("begun", f"{by} in {session}", "yes"))}, of
                )
                await world.does(by, session, begin)

    begun = {
        scope: (await world.ask(identify("acme", scope, f"of {scope.partition(':')[0]}"), host))["counts"]
        for scope in (f"session:{spring[0]}", f"session:{spring[1]}", f"person:{host}", "person:ann")
    }
    cohort = identify("acme", f"cohort:{identify('acme', 'cohort', 'spring')}", "of cohort")

    assert begun == {scope: {"begun": {"yes": 1}} for scope in begun}
    assert (await world.ask(cohort, host))["counts"] == {"begun": {"yes": 1}}


async def test_parent_children_and_key_hear_what_they_are_told(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    one = await world.dialog(session, "one", by=host)
    two = await world.dialog(session, "two", by=host)
    await world.does(host, one, Begin("grandchild", "puppet"))
    grandchild = identify("acme", f"session:{session}", "grandchild")

    await world.does(host, one, Tell(PARENT, "up"))
    await world.does(host, session, Tell(CHILDREN, "down"))
    await world.does(host, one, Tell("two", "by key"))
    await world.does(host, one, Tell(two, "by id"))
    await world.does(host, one, Tell("nobody", "lost"))

    heard = {key: (await world.ask(dialog, host))["heard"] for key, dialog in
             {"session": session, "one": one, "two": two, "grandchild": grandchild}.items()}  # fmt: skip
    assert heard == {
        "session": ["Told up"],
        "one": ["Told down"],
        "two": ["Told down", "Told by key", "Told by id"],
        "grandchild": [],
    }


async def test_children_begun_in_the_same_batch_hear_what_children_are_told(world: World) -> None:
    host = await world.host()
    session = await world.session(host)

    await world.does(host, session, Begin("poll", "puppet"), Tell(CHILDREN, "down"))

    assert (await world.ask(identify("acme", f"session:{session}", "poll"), host))["heard"] == ["Told down"]


async def test_what_one_is_told_to_do_is_done_in_the_same_transaction(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    poll = await world.dialog(session, "poll", by=host)
    told = Tell("poll", "do", {"effects": written(Note("vote", host, "a"))})

    outcome = await world.does(host, session, told)
    failed = await world.does(host, session, told, Note("mine", host, "b"), Begin("x", "no such kind"))

    assert (said(outcome), failed.error) == ("done", "KeyError('no such kind')")
    assert (await world.ask(poll, host))["heard"] == ["Told do"]
    assert (await world.ask(session, host))["mine"] == {"role": "facilitator"}


async def test_nobody_is_told_of_another_session(world: World) -> None:
    host = await world.host()
    here, there = await world.session(host), await world.session(host, key="s2")
    poll = await world.dialog(there, "poll", by=host)

    await world.does(host, here, Tell("poll", "by key"), Tell(poll, "by id"), Tell(there, "the session itself"))

    assert (await world.ask(poll, host))["heard"] == []
    assert (await world.ask(there, host))["heard"] == []


@pytest.mark.parametrize(("links", "error"), [(8, None), (9, "RecursionError('puppet tells on more than 8 deep')")])
async def test_dialogs_tell_on_at_most_eight_deep(world: World, links: int, error: str | None) -> None:
    host = await world.host()
    session = await world.session(host)
    last = session
    for number in range(links):
        await world.does(host, last, Begin(f"link {number}", "puppet"))
        last = identify("acme", f"session:{session}", f"link {number}")

    outcome = await world.does(host, session, Tell(CHILDREN, "pass on", {"left": links - 1}))

    assert outcome.error == error
    assert (await world.ask(last, host))["heard"] == ([] if error else ["Told pass on"])


async def test_whatever_is_done_hears_presses_only_and_rings_no_more(world: World) -> None:
    host = await world.host()
    session = await world.session(host)
    poll = await world.dialog(session, "poll", Wake("close", NOON), by=host)

    await world.hear(world.event(Pressed, host, dialog=poll, action="finish"))
    await world.does(host, session, Tell(CHILDREN, "down"), Tell("poll", "by key"))
    outcome = (await world.hear(world.event(Pressed, host, dialog=poll, action="say", value="too late")))[0]

    assert (said(outcome), await world.rings()) == ("too late", [])
    assert (await world.ask(poll, host))["heard"] == []


async def test_room_events_reach_those_that_listen_for_them(world: World) -> None:
    host = await world.host()
    session, elsewhere = await world.session(host), await world.session(host, key="s2")
    await world.joins(session, "ann")
    place = f"web:{session}"
    dialogs = [await world.dialog(session, key, by=host, kind=key) for key in ("listener", "puppet")]
    dialogs.append(await world.dialog(elsewhere, "listener", by=host, kind="listener"))
    done = await world.dialog(session, "done", by=host, kind="listener")
    await world.hear(world.event(Pressed, host, dialog=done, action="finish"))

    await world.hear(*(world.event(sort, "ann", place=place) for sort in (Said, Joined, Reacted, Left)))
    await world.hear(world.event(Said, "ann", place=place, words=3, room=True))

    heard = [(await world.ask(dialog, host))["heard"] for dialog in (*dialogs, done)]
    # What is said where there are threads answers nothing, unless it stands beneath what was asked.
    assert heard == [["Reacted", "Left", "Said 3"], [], [], []]


async def test_a_desk_is_there_when_it_is_first_spoken_to(world: World) -> None:
    host = await world.host()

    assert (await world.ask(desk_of(host), host))["heard"] == ["Commanded"]
    assert (await world.ask(desk_of(host), host))["host"] is True


async def test_turns_are_rows_that_sessions_of_one_cohort_share(world: World) -> None:
    host = await world.host()
    spring = [await world.session(host, key=key, cohort="spring") for key in ("s1", "s2")]
    alone = await world.session(host, key="s3")
    for n, session in enumerate((*spring, alone)):
        await world.does(host, session, Turn("ann", "called", n))
        await world.does(host, session, Turn("ann", "called", n))  # the key is (dialog, person, what): once

    told = [(await world.ask(session, host))["turns"] for session in (*spring, alone)]

    both = [["ann", "called", 0], ["ann", "called", 1]]
    assert told == [both, both, [["ann", "called", 2]]]


async def test_whom_a_command_names_exists_under_that_name(world: World) -> None:
    host = await world.host()
    session = await world.session(host)

    await world.does(host, session, Meet("ann", "Ann"), Meet(host, "Somebody else"))
    await world.does(host, session, Meet("ann", "Another Ann"))

    assert await world.store.named(["ann", host, "nobody"]) == {"ann": "Ann", host: "Hana"}
