"""What only PostgreSQL has to promise: several processes write at once, and it may be restarted under them."""

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel

from dialogs.base import Event, Note, Pressed, Reacted, Said, Scene, Show, Step, Submitted, Wake
from storage import connecting
from storage.base import Outcome, Store
from storage.connecting import NotAloneError, OnlyOne, address, migrate
from storage.unusable import UnusableError
from tests.postgres import Postgres, PostgresDatabase
from tests.storage.contract import NOON, World, said, take_due
from tests.storage.four_polls import POLLS, Poll, Tried, counting, decide

ROOT = Path(__file__).parent.parent.parent
Fresh = Callable[[], PostgresDatabase]


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> Tried:
    return counting(monkeypatch.setattr)


async def test_what_a_room_does_told_in_any_order_to_two_workers_makes_neither_wait_for_the_other_in_a_ring(
    postgres: Fresh, tried: Tried
) -> None:
    async with World(postgres()) as world:
        session = await world.session(await world.host())
        people = [f"p{n:02}" for n in range(60)]
        await world.joins(session, *people)
        place, stores = f"web:{session}", (world.store, world.another())

        for _ in range(8):
            forth, back = [[world.event(Reacted, one, place=place) for one in people] for _ in stores]
            batches = zip((forth, back[::-1]), stores, strict=True)
            outcomes = await asyncio.gather(*(world.hear(*batch, store=store) for batch, store in batches))
            assert [one.error for each in outcomes for one in each] == [None] * 120

        assert tried == Tried()


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
        await asyncio.gather(*(store.look(world.now, 1) for store in stores))
        posts = await asyncio.gather(*(take_due(store, world.now, str(id(store))) for store in stores))

        assert sorted(rung) == sorted(dialogs)
        assert sorted(post.dialog for each in posts for post in each) == sorted(dialogs)


async def test_a_message_that_another_worker_is_putting_off_is_taken_as_soon_as_it_has(postgres: Fresh) -> None:
    database = postgres()
    async with World(database) as world:
        host = await world.host()
        await world.dialog(await world.session(host), "poll", Show("board"), by=host)
        (due,) = (await world.store.look(world.now, 10)).due
        other = create_engine(address(database.url))
        with other.begin() as db:
            db.execute(text("UPDATE post SET due = due + interval '1 minute' WHERE id = :id"), {"id": due.id})
            at_once = await world.store.take([due.id], {}, world.now, "w1")
            taking = asyncio.create_task(world.store.take([due.id], {}, world.now, "w1", patient=True))
            await asyncio.sleep(0.1)
            early = taking.done()
        taken = await taking
        other.dispose()

    assert (at_once, early, [post.id for post in taken]) == ([], False, [due.id])


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


async def test_a_process_that_was_frozen_in_a_transaction_does_not_keep_the_others_waiting_and_decides_anew(
    postgres: Fresh, tried: Tried
) -> None:
    froze, thaw, woken = threading.Event(), threading.Event(), []

    def freezes(poll: Poll, event: Event, scene: Scene) -> Step[Poll]:
        if isinstance(event, Pressed) and event.value == "freeze" and not froze.is_set():
            froze.set()
            woken.append(thaw.wait(30))
        return decide(poll, event, scene)

    database = postgres()
    database.url += "?options=-c%20idle_in_transaction_session_timeout%3D200ms"
    async with World(database, {**POLLS, "poll": replace(POLLS["poll"], decide=freezes)}) as world:
        host = await world.host()
        session = await world.session(host)
        await world.joins(session, "ann")
        poll = await world.dialog(session, "poll", by=host, kind="poll")
        vote = world.event(Pressed, "ann", dialog=poll, action="vote", value="freeze")

        frozen = asyncio.create_task(world.hear(vote))
        await asyncio.to_thread(froze.wait)
        await world.hear(world.event(Submitted, host, dialog=poll, action="close"), store=world.another())
        thaw.set()
        (outcome,) = await frozen

    assert (woken, said(outcome), len(tried.chance)) == ([True], "closed", 1)


async def test_one_address_that_comes_by_two_platforms_at_once_is_one_person(postgres: Fresh) -> None:
    async with World(postgres()) as world:
        stores = [world.store, world.another()] * 10
        ways = [*zip(stores, ("slack", "teams", "web", "other") * 5, strict=True)]

        async def comes(store: Store, platform: str, number: int) -> str:
            return await store.admit("acme", platform, f"U{number}", "Ann", email=f"{number}@b.c")

        for number in range(10):
            people = await asyncio.gather(*(comes(store, platform, number) for store, platform in ways))
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


def test_whoever_is_silent_in_a_transaction_after_many_rows_loses_its_locks(postgres: Fresh) -> None:
    url = postgres().url
    engine = connecting.connect(f"{url}?options=-c%20idle_in_transaction_session_timeout%3D200ms", write=True)
    other = connecting.connect(f"{url}?options=-c%20lock_timeout%3D4s", write=True)
    silent = engine.connect()
    silent.execute(text("SELECT pg_advisory_xact_lock(1)"))
    rows = [{"id": f"{n}", "tenant": "t", "at": NOON} for n in range(3)]
    silent.execute(text("INSERT INTO heard (tenant, id, at) VALUES (:tenant, :id, :at)"), rows)
    with other.begin() as db:
        db.execute(text("SELECT pg_advisory_xact_lock(1)"))  # else it would wait, and fail
        longest = db.execute(text("SELECT setting FROM pg_settings WHERE name = 'transaction_timeout'")).scalar()
    silent.invalidate()
    silent.close()
    engine.dispose()
    other.dispose()

    assert longest == "10000"  # ms, for a process that is frozen between two of its rows


async def test_who_presses_while_it_is_away_for_long_is_told_so_by_an_error_and_may_press_again(
    server: Postgres, postgres: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "TRIES", 4)  # it is away for longer than they last
    async with World(postgres()) as world:
        host = await world.host()
        session = await world.session(host)
        await world.joins(session, "ann", "ben")
        presses = [world.press(one, session, Note("vote", one, "a")) for one in ("ann", "ben")]
        server.stop()
        with pytest.raises(OperationalError):  # and not two outcomes, which would be taken for heard
            await world.hear(*presses)
        server.start()
        outcomes = await world.hear(*presses)

        assert [(said(one), one.again) for one in outcomes] == [("done", False)] * 2
        assert (await world.ask(session, host))["counts"]["vote"] == {"a": 2}


# -- alone on it -------------------------------------------------------------------------------------------------------


def test_one_process_holds_it_and_a_second_is_refused_until_the_first_lets_go(postgres: Fresh) -> None:
    database, elsewhere = postgres(), postgres()
    first, second, other = OnlyOne(database.url), OnlyOne(database.url), OnlyOne(elsewhere.url)
    first.take()
    other.take()

    with pytest.raises(NotAloneError, match="another Cohost is running on this database"):
        second.take()
    first.release()
    again = OnlyOne(database.url)
    again.take()

    again.release()
    other.release()


def test_who_was_alone_before_postgresql_was_started_anew_is_so_again_unless_another_was_quicker(
    server: Postgres, postgres: Fresh
) -> None:
    database = postgres()
    first, second = OnlyOne(database.url), OnlyOne(database.url)
    first.take()
    server.stop()
    server.start()
    first.retake()
    with pytest.raises(NotAloneError):
        second.take()
    server.stop()
    server.start()
    second.take()
    with pytest.raises(NotAloneError):
        first.retake()
    second.release()
    first.retake()

    with pytest.raises(NotAloneError):
        second.take()
    first.release()


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


def test_a_migration_does_not_wait_for_a_table_that_a_backup_holds_and_says_so(server: Postgres) -> None:
    url = server.fresh().url
    engine = create_engine(address(url))
    with engine.begin() as db:  # as the release before 0004 left it
        for statement in (
            "DROP TABLE address",
            "DROP INDEX person_email",
            "ALTER TABLE post DROP COLUMN via",
            "ALTER TABLE post DROP COLUMN lost",
            "DROP INDEX note_of_person",
            "CREATE INDEX note_by_person ON note (person, key)",
            "UPDATE alembic_version SET version_num = '0003'",
        ):
            db.execute(text(statement))
    with engine.begin() as backup:
        backup.execute(text("LOCK TABLE post IN ACCESS SHARE MODE"))
        with pytest.raises(UnusableError, match=r"a table of test\d+ is in use, by a backup perhaps; try again when"):
            migrate(url)
    migrate(url)
    with engine.begin() as db:
        version = db.execute(text("SELECT version_num FROM alembic_version")).scalar()
    engine.dispose()

    assert version == "0007"
