"""The engine: once `hear` returns it is stored, company is committed together, and no trouble of one is another's."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import cast

import pytest

from adapters.base import Answer
from bot.app import LOCAL, App
from bot.engine import Engine, UnheardError
from dialogs.base import FACILITATOR, Commanded, Event, Note, Pressed, Show, Wake
from dialogs.card import Card, Text, Who, t
from storage.base import Outcome
from storage.hot import MemoryHot
from storage.sql import SqlStore
from tests.bot.loops import until
from tests.storage.contract import World, lines, plain, take_due


class Watched:
    """How large the batches were that a store was given."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.batches: list[int] = []
        turns = world.store.turns

        async def counted(events: Sequence[Event], now: datetime) -> list[Outcome]:
            self.batches.append(len(events))
            return await turns(events, now)

        monkeypatch.setattr(world.store, "turns", counted)


@pytest.fixture
async def session(world: World) -> str:
    return await world.session(await world.host(), key="s1")


@contextmanager
def locked(world: World) -> Iterator[None]:
    """Another process writes, so that no commit can go on."""
    with cast("SqlStore", world.another())._write.begin() as other:  # which is all that SQLite's lock needs
        if other.dialect.name == "postgresql":
            other.exec_driver_sql("LOCK TABLE heard")
        yield


def says(answer: Answer) -> str | None:
    return plain(answer.reply) if isinstance(answer.reply, Text) else None


async def test_hear_returns_only_when_it_is_stored(world: World, engine: Engine, session: str) -> None:
    press = world.press("ann", session, Note("vote", "ann", "a"), place=f"web:{session}")
    with locked(world):
        hearing = asyncio.create_task(engine.hear(press))
        for _ in range(20):
            await asyncio.sleep(0.001)
        early = hearing.done()

    answer = await hearing
    again = (await world.hear(press, store=world.another()))[0]

    assert (early, says(answer), again.again) == (False, "done", True)


async def test_what_arrives_during_a_commit_goes_together(
    world: World, engine: Engine, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(world, monkeypatch)
    presses = [world.press(f"p{n}", session, Note("vote", f"p{n}", "a"), place=f"web:{session}") for n in range(50)]
    with locked(world):
        first = asyncio.create_task(engine.hear(presses[0]))
        await until(lambda: watched.batches == [1])
        others = [asyncio.create_task(engine.hear(press)) for press in presses[1:]]
        await asyncio.sleep(0)

    answers = await asyncio.gather(first, *others)

    assert watched.batches == [1, 49]
    assert [says(answer) for answer in answers] == ["done"] * 50


async def test_a_batch_is_at_most_two_hundred_events(
    world: World, engine: Engine, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(world, monkeypatch)
    presses = [world.event(Pressed, "ann", dialog=session, action="say", place=f"web:{session}") for _ in range(450)]

    await asyncio.gather(*map(engine.hear, presses))

    assert watched.batches == [200, 200, 50]


async def test_a_lone_event_does_not_wait_for_company(
    world: World, engine: Engine, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.company.LEAST", 2)
    said = world.event(Pressed, "ann", dialog=session, action="say", value="hi", place=f"web:{session}")

    async with asyncio.timeout(1.5):
        answer = await engine.hear(said)

    assert says(answer) == "hi"


async def test_those_who_come_one_soon_after_another_share_a_batch(
    world: World, engine: Engine, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(world, monkeypatch)
    monkeypatch.setattr(engine._company, "wait", lambda **_: 0.05)
    presses = [world.event(Pressed, "ann", dialog=session, action="say", place=f"web:{session}") for _ in range(3)]

    hearing = []
    for press in presses:
        hearing.append(asyncio.create_task(engine.hear(press)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # each comes when the one before it waits already
    await asyncio.gather(*hearing)

    assert watched.batches == [3]


async def test_an_event_that_fails_is_its_senders_trouble_alone(world: World, engine: Engine, session: str) -> None:
    place = f"web:{session}"
    good = [world.press(name, session, Note("vote", name, "a"), place=place) for name in ("ann", "ben")]
    fails = world.event(Pressed, "eve", dialog=session, action="fail", place=place)

    answers = await asyncio.gather(*map(engine.hear, [good[0], fails, good[1]]))

    assert [says(answer) for answer in answers] == [
        "done",
        "That did not work, and nothing was changed. Please try again.",
        "done",
    ]


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)  # on PostgreSQL it is tried again for 13 seconds
async def test_what_cannot_be_stored_is_said_so_and_can_be_sent_again(
    world: World, engine: Engine, session: str
) -> None:
    press = world.press("ann", session, Note("vote", "ann", "a"), place=f"web:{session}")
    store = cast("SqlStore", world.store)
    with store._write.connect() as db:
        db.exec_driver_sql("PRAGMA busy_timeout=1")
    with locked(world), pytest.raises(UnheardError, match="database is locked"):
        await engine.hear(press)

    answer = await engine.hear(press)

    assert (says(answer), answer.again) == ("done", False)


async def test_a_caller_who_gave_up_takes_nobody_along(world: World, engine: Engine, session: str) -> None:
    place = f"web:{session}"
    presses = [world.press(name, session, Note("vote", name, "a"), place=place) for name in ("ann", "ben")]
    with locked(world):
        gone, stays = [asyncio.create_task(engine.hear(press)) for press in presses]
        await asyncio.sleep(0.01)
        gone.cancel()

    assert says(await stays) == "done"
    assert (await engine.hear(presses[0])).again is True  # though nobody waited for it any more, it had been heard


async def test_stopping_commits_all_that_has_been_heard(world: World, session: str) -> None:
    engine = Engine(world.store, MemoryHot(), world.clock)
    engine.start()
    presses = [world.press(f"p{n}", session, Note("vote", f"p{n}", "a"), place=f"web:{session}") for n in range(300)]
    hearing = [asyncio.create_task(engine.hear(press)) for press in presses]
    await asyncio.sleep(0)

    await engine.stop()

    assert [says(await one) for one in hearing] == ["done"] * 300


async def test_losing_the_nudges_loses_nothing_else(world: World, session: str) -> None:
    class Broken(MemoryHot):
        async def nudge(self, what: str, *, here: bool = False) -> None:
            raise ConnectionError(what)

    engine = Engine(world.store, Broken(), world.clock)
    engine.start()
    said = [world.event(Pressed, "ann", dialog=session, action="say", value=v, place=f"web:{session}") for v in "12"]

    assert [says(await engine.hear(one)) for one in said] == ["1", "2"]
    await engine.stop()


async def test_outbox_and_timers_are_nudged_by_what_was_stored(world: World, session: str) -> None:
    hot = MemoryHot()
    engine = Engine(world.store, hot, world.clock)
    engine.start()
    outbox, timers = (asyncio.create_task(hot.nudged(what)) for what in ("outbox", "timers"))

    await engine.hear(world.press("ann", session, Show("board"), place=f"web:{session}"))
    await outbox
    early = timers.done()
    await engine.hear(world.press("ann", session, Wake("close", world.now), place=f"web:{session}"))
    await timers
    await engine.stop()

    assert not early  # a vote sets no timer, and there are many of those


async def test_only_what_is_more_than_new_numbers_hurries_the_outbox_and_every_worker(
    world: World, session: str
) -> None:
    nudged: list[tuple[str, bool]] = []

    class Told(MemoryHot):
        async def nudge(self, what: str, *, here: bool = False) -> None:
            nudged.append((what, here))

    engine = Engine(world.store, Told(), world.clock)
    engine.start()
    place = f"web:{session}"
    await engine.hear(world.press("ann", session, Show("board"), place=place))  # they come in, too
    await engine.hear(world.press("ann", session, Note("vote", "ann", "a"), Show("board"), place=place))
    await engine.hear(world.press("ann", session, Show("board", "ann"), place=place))
    await engine.hear(world.press("ann", session, Show("another"), place=place))
    await engine.stop()

    assert nudged == [("outbox", False), ("numbers", True), ("outbox", False), ("outbox", False)]


async def test_an_answer_brings_the_names_that_it_needs(world: World, engine: Engine, session: str) -> None:
    ann = await world.store.admit("acme", "web", "ann", "Ann")

    answer = await engine.hear(
        world.event(Pressed, ann, dialog=session, action="name", value=ann, place=f"web:{session}")
    )

    assert answer == Answer(t("It is {who}.", who=Who(ann)), {ann: "Ann"})


# -- commands and pages, with the real dialogs -------------------------------------------------------------------------


@pytest.fixture
async def host(app: App) -> str:
    return await app.store.admit(LOCAL, "web", "hana", "Hana", host=True)


async def types(app: App, by: str, text: str, place: str | None = None) -> Answer:
    """A command, as somebody types it."""
    number = app.clock.now().isoformat() + text
    return await app.engine.hear(Commanded(id=number, at=app.clock.now(), tenant=LOCAL, by=by, place=place, text=text))


async def opened(app: App, host: str, title: str = "Feedback") -> str:
    """A session of this host, open."""
    await types(app, host, f'start "{title}"')
    desk = await app.engine.desk(host)
    assert desk is not None
    return desk.sessions[0].session


async def test_a_misspelt_command_is_answered_with_a_suggestion_and_changes_nothing(app: App, host: str) -> None:
    answer = await types(app, host, "strat")

    assert "start" in (says(answer) or "")
    assert await app.engine.desk(host) is not None
    assert (await app.store.counts()).waiting == 0


async def test_a_template_that_is_not_there_is_answered_with_those_that_are(app: App, host: str) -> None:
    known = ", ".join(app.engine.plans)

    assert says(await types(app, host, "new feedbakc")) == f"There is no template “feedbakc”. There are: {known}."


async def test_new_takes_the_plan_of_its_template(app: App, host: str) -> None:
    await types(app, host, f"new {next(iter(app.engine.plans))} on 2026-12-01 14:00 UTC")

    desk = await app.engine.desk(host)

    assert desk is not None
    assert [(one.role, one.brief.title, one.brief.phase) for one in desk.sessions] == [
        (FACILITATOR, next(iter(app.engine.plans.values()))["title"], "planned")
    ]


async def test_whoever_comes_by_the_open_link_is_a_learner_until_the_session_is_over(app: App, host: str) -> None:
    session = await opened(app, host)
    ann = await app.engine.admit(session, "Ann")
    room = await app.engine.room(session, host)
    await types(app, host, "end", f"web:{session}")
    late = await app.engine.admit(session, "Ben")

    assert room is not None
    assert [(one.name, str(one.role), one.here) for one in room.roster] == [
        ("Ann", "learner", True),
        ("Hana", "facilitator", False),
    ]
    assert (late, await app.engine.admit("nowhere", "Eve")) == (None, None)
    told = await app.engine.session(session)
    assert told is not None
    assert (told.title, told.phase, await app.engine.session("nowhere")) == ("Feedback", "closed", None)
    assert ann in {one.person for one in room.roster}


async def test_a_poll_in_a_channel_needs_no_session_and_is_closed_by_whoever_asked(app: App, host: str) -> None:
    ann, ben, eve = [
        await app.engine.person(tenant, "small", user, user)
        for tenant, user in ((LOCAL, "Ann"), (LOCAL, "Ben"), ("umbrella", "Eve"))
    ]
    here = "small:C1"
    asked = await types(app, ann, 'poll "Lunch?" Soup Pizza', here)
    posts = [post for post in await take_due(app.store, app.clock.now()) if post.place]

    async def presses(by: str, action: str, value: str = "", tenant: str = LOCAL) -> str:
        event = Pressed(
            id=f"{by} {action}", at=app.clock.now(), tenant=tenant, by=by, place=here,
            dialog=posts[0].dialog, action=action, value=value,
        )  # fmt: skip
        answer = await app.engine.hear(event)
        assert isinstance(answer.reply, Text)
        return "".join(
            piece if isinstance(piece, str) else answer.names[getattr(piece, "person", "")]
            for piece in answer.reply.pieces()
        )

    assert asked.reply is None  # it stands where it was asked for
    assert [(post.place, post.session) for post in posts] == [(here, None)]
    assert await presses(ben, "vote", "b") == "Your vote: Pizza"
    assert await presses(eve, "vote", "a", "umbrella") == "That is not here any more. Please load the page again."
    assert await presses(ben, "close") == "Only Ann can close this poll."
    assert await presses(ann, "close") == "The poll is closed."
    assert await app.engine.at(LOCAL, here) is None


async def test_a_room_is_what_its_looks_are(app: App, host: str) -> None:
    session = await opened(app, host)
    ann = await app.engine.admit(session, "Ann")
    await types(app, host, 'poll "Lunch?" Soup Pizza', f"web:{session}")
    await app.outbox.deliver()
    assert ann is not None

    rooms = [await app.engine.room(session, person) for person in (host, ann)]
    for room, person in zip(rooms, (host, ann), strict=True):
        assert room is not None
        looks = [await app.engine.looks(one.dialog, one.slot, [person]) for one in room.seen]
        assert looks == [{person: one} for one in room.seen]
    assert [[lines(one.card)[0] for one in room.seen if not one.private] for room in rooms if room] == [
        ["Feedback", "Lunch?"]
    ] * 2
    assert await app.engine.room(session, "nobody") is None
    assert await app.engine.desk("nobody") is None
    assert isinstance((await types(app, host, "help")).reply, Card)
