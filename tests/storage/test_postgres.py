"""What only PostgreSQL has to promise: several processes write at once, and it may be restarted under them."""

import asyncio
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlmodel import SQLModel

from dialogs.base import AnyKind, Begin, Event, Kind, Note, Pressed, Said, Scene, Show, Step, Submitted, Wake
from dialogs.card import t
from storage import connecting
from storage.base import Outcome, Store
from storage.connecting import NotAloneError, OnceMoreError, OnlyOne, address, migrate
from storage.effects import identify
from tests.postgres import Postgres, PostgresDatabase
from tests.storage.contract import KINDS, NOON, Puppet, World, said, view

ROOT = Path(__file__).parent.parent.parent
Fresh = Callable[[], PostgresDatabase]


# -- a poll that knows whether a vote slipped in after it was closed ---------------------------------------------------


class Poll(Puppet):
    """Open or closed, what was counted at closing, and how often something else was counted when it opened again."""

    closed: bool = False
    counted: int = 0
    rounds: int = 0
    slipped: int = 0


def decide(poll: Poll, event: Event, scene: Scene) -> Step[Poll]:
    """A vote is a row; opening and closing change the state."""
    counted = sum(sum(values.values()) for values in scene.tally.by_key.values())
    match event:
        case Pressed(action="vote") if poll.closed:
            return Step(poll, reply=t("closed"))
        case Pressed(action="vote", by=str(by), value=value):
            return Step(poll, (Note(value, by, "yes"), Show("board")), reply=t("voted"))
        case Submitted(action="close") if not poll.closed:
            closed = poll.model_copy(update={"closed": True, "counted": counted})
            return Step(closed, (Show("board"), Wake("open", scene.now)))
        case Submitted(action="open") if poll.closed:
            again = {"closed": False, "slipped": poll.slipped + (counted != poll.counted), "rounds": poll.rounds + 1}
            return Step(poll.model_copy(update=again), (Show("board"), Wake("open", None)))
    return Step(poll)


KIND: AnyKind = Kind("poll", Poll, decide, view, needs={Submitted: frozenset({"tally"})})


@dataclass
class Tried:
    """How often a transaction was done again, and why."""

    chance: int = 0
    heard: int = 0


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> Tried:
    found = Tried()
    by_chance = connecting.by_chance

    def counted(*args: object) -> bool:
        found.chance += 1
        return by_chance(*args)  # type: ignore[arg-type]

    def heard(self: OnceMoreError, *args: object) -> None:
        found.heard += 1

    monkeypatch.setattr(connecting, "by_chance", counted)
    monkeypatch.setattr(OnceMoreError, "__init__", heard)
    return found


@pytest.mark.parametrize("seconds", [2, pytest.param(20, marks=[pytest.mark.hard, pytest.mark.timeout(120)])])
async def test_no_vote_slips_in_after_closing_whoever_writes_and_nobody_waits_for_each_other_in_a_ring(
    postgres: Fresh, tried: Tried, *, seconds: float
) -> None:
    async with World(postgres(), {**KINDS, "poll": KIND}) as world:
        host = await world.host()
        session = await world.session(host)
        people = [f"p{n}" for n in range(100)]
        await world.joins(session, *people)
        keys = [f"poll {n}" for n in range(4)]
        for key in keys:
            await world.does(host, session, Begin(key, "poll", {}))
        polls = [identify("acme", f"session:{session}", key) for key in keys]
        stores, until, voted = [world.store, world.another()], time.monotonic() + seconds, dict.fromkeys(polls, 0)

        async def votes(store: Store, dice: random.Random) -> None:
            number = 0
            while time.monotonic() < until:
                batch = []
                for _ in range(20):
                    number += 1
                    value = f"{number} by {id(dice)}"
                    vote = {"dialog": dice.choice(polls), "action": "vote", "value": value}
                    batch.append(world.event(Pressed, dice.choice(people), **vote))
                for press, outcome in zip(batch, await store.turns(batch, world.now), strict=True):
                    assert outcome.error is None
                    voted[press.dialog or ""] += said(outcome) == "voted"

        async def closes(store: Store, dice: random.Random) -> None:
            while time.monotonic() < until:
                dialog = dice.choice(polls)
                for action in ("close", "open"):
                    await store.turns([world.event(Submitted, host, dialog=dialog, action=action)], world.now)
                    await asyncio.sleep(0.01)

        work = [does(store, random.Random(n)) for n in range(2) for store in stores for does in (votes, closes)]
        await asyncio.gather(*work)

        found = []
        for poll in polls:
            with world.store._read.connect() as db:  # type: ignore[attr-defined]
                state = db.execute(text("SELECT state FROM dialog WHERE id = :id"), {"id": poll}).scalar() or ""
                counted = db.execute(text("SELECT count(*) FROM note WHERE dialog = :id"), {"id": poll}).scalar()
            assert counted == voted[poll]
            found.append(Poll.model_validate_json(state))
    print(f"{sum(voted.values())} votes, {sum(one.rounds for one in found)} closings, {tried}")
    assert sum(one.rounds for one in found) > 10
    assert [one.slipped for one in found] == [0] * 4
    assert (sum(voted.values()) > 100, tried) == (True, Tried())


async def test_an_event_that_two_stores_hear_in_the_same_moment_is_heard_once(postgres: Fresh) -> None:
    async with World(postgres()) as world:
        host = await world.host()
        session = await world.session(host)
        people = [f"p{n}" for n in range(20)]
        await world.joins(session, *people)
        place, other = f"web:{session}", world.another()
        said_ = [world.event(Said, one, place=place, words=5) for one in people for _ in range(5)]

        def deliver(store: Store) -> list[asyncio.Task[list[Outcome]]]:
            return [asyncio.create_task(world.hear(*said_[n : n + 10], store=store)) for n in range(0, len(said_), 10)]

        outcomes = [one for batch in await asyncio.gather(*deliver(world.store), *deliver(other)) for one in batch]
        roster = (await world.ask(session, host))["roster"]

        assert sorted(one.again for one in outcomes) == [False] * 100 + [True] * 100
        assert {roster[one][1] for one in people} == {5}


async def test_two_stores_ring_each_timer_once_and_take_each_message_once(postgres: Fresh) -> None:
    async with World(postgres()) as world:
        host = await world.host()
        session = await world.session(host)
        dialogs = [await world.dialog(session, f"d{n}", Wake("t", NOON), Show("board"), by=host) for n in range(10)]
        stores = [world.store, world.another()]

        async def rings(store: Store) -> list[str]:
            due = await store.due_timers(world.now, str(id(store)), 3)
            return [*(one.dialog or "" for one in due), *(await rings(store) if due else [])]

        rung = [one for each in await asyncio.gather(*map(rings, stores)) for one in each]
        await asyncio.gather(*(store.fold(world.now, 100) for store in stores))
        taken = await asyncio.gather(*(store.due_posts(world.now, str(id(store)), 100) for store in stores))

        assert sorted(rung) == sorted(dialogs)
        assert sorted(post.dialog for each in taken for post in each) == sorted(dialogs)


async def test_a_ring_that_two_stores_hear_in_the_same_moment_rings_once(postgres: Fresh) -> None:
    async with World(postgres()) as world:
        host = await world.host()
        dialog = await world.dialog(await world.session(host), "d", Wake("t", NOON), by=host)
        due, other = await world.store.due_timers(world.now, "one", 1), world.another()

        outcomes = await asyncio.gather(*(world.hear(*due, store=store) for store in (world.store, other) * 5))

        assert sorted(one.again for (one,) in outcomes) == [False] + [True] * 9
        assert (await world.ask(dialog, host))["heard"] == ["Rang t"]


async def test_somebody_who_comes_to_two_stores_at_once_is_one_person(postgres: Fresh) -> None:
    async with World(postgres()) as world:
        stores = [world.store, world.another()] * 5

        people = await asyncio.gather(*(store.admit("new", "slack", "U1", "Ann", email="a@b.c") for store in stores))

        assert len(set(people)) == 1


async def test_what_postgresql_cannot_store_costs_only_its_own_event(postgres: Fresh) -> None:
    async with World(postgres()) as world:
        host = await world.host()
        session = await world.session(host)
        await world.joins(session, "ann", "ben")

        outcomes = await world.hear(
            world.press("ann", session, Note("vote", "ann", "a\0b")),
            world.press("ben", session, Note("vote", "ben", "b")),
        )

        assert [(said(one), one.error is None) for one in outcomes] == [(None, False), ("done", True)]
        assert (await world.ask(session, host))["counts"]["vote"] == {"b": 1}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "without power"])
async def test_nothing_acknowledged_is_lost_when_it_is_restarted_and_nothing_is_counted_twice(
    server: Postgres, postgres: Fresh, how: signal.Signals
) -> None:
    async with World(postgres()) as world:
        host = await world.host()
        session = await world.session(host)
        people = [f"p{n}" for n in range(300)]
        await world.joins(session, *people)
        stored: set[str] = set()

        async def vote(store: Store, some: list[str]) -> None:
            for one in some:
                (outcome,) = await world.hear(world.press(one, session, Note("vote", one, "a")), store=store)
                assert outcome.error is None
                stored.add(one)

        voting = [
            asyncio.create_task(vote(store, people[n::2])) for n, store in enumerate((world.store, world.another()))
        ]
        while len(stored) < 30:  # noqa: ASYNC110 - there is nothing else to wait for
            await asyncio.sleep(0.001)
        await asyncio.to_thread(server.stop, how)
        seen = len(stored)
        await asyncio.to_thread(server.start)
        await asyncio.gather(*voting)

        assert seen < 300
        assert (await world.ask(session, host))["counts"]["vote"] == {"a": 300}


# -- alone on it -------------------------------------------------------------------------------------------------------


def test_one_process_holds_it_and_a_second_is_refused_until_the_first_lets_go(postgres: Fresh) -> None:
    database, elsewhere = postgres(), postgres()
    first, second, other = OnlyOne(database.url), OnlyOne(database.url), OnlyOne(elsewhere.url)
    first.take()
    other.take()

    with pytest.raises(NotAloneError, match="Another Cohost is running on this database"):
        second.take()
    first.release()
    again = OnlyOne(database.url)
    again.take()

    again.release()
    other.release()


# -- the schema --------------------------------------------------------------------------------------------------------


def test_the_migrated_schema_is_that_of_the_models_and_compares_strings_byte_by_byte(postgres: Fresh) -> None:
    engine = create_engine(address(postgres().url))
    with engine.connect() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []
        columns = db.execute(
            text(
                "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
                " AND table_name <> 'alembic_version' AND data_type IN ('character varying', 'text')"
                " AND collation_name IS DISTINCT FROM 'C'"
            )
        )
        assert columns.all() == []
    engine.dispose()


def test_a_migration_that_fails_leaves_nothing_and_two_at_once_do_not_fall_over_each_other(server: Postgres) -> None:
    server.execute("CREATE DATABASE nothing")
    engine = create_engine(address(server.url("nothing")))
    with engine.begin() as db:
        db.execute(text("CREATE TABLE turn (somebody INTEGER)"))
    with pytest.raises(Exception, match='"turn" already exists'):
        migrate(server.url("nothing"))
    with engine.begin() as db:
        left = db.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
        db.execute(text("DROP TABLE turn"))
    code = f"from storage.connecting import migrate; migrate({server.url('nothing')!r})"
    both = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in "12"]
    errors = [process.communicate(timeout=50)[1] for process in both]
    with engine.connect() as db:
        after = db.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
    engine.dispose()

    assert (left, errors) == (["turn"], ["", ""])
    assert sorted(after) == sorted(["alembic_version", *SQLModel.metadata.tables])
