"""What only SQLite has to promise: that a commit is on the disk, that writers queue, and how its schema comes to be."""

import asyncio
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, select
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel

import storage.tables
from dialogs.base import Brief, Commanded, Joined, Note, Said
from dialogs.commands import Command
from storage.batch import Batch
from storage.connecting import connect, migrate
from storage.live import Known, Places
from storage.sql import SqlStore
from storage.tables import AT
from tests.storage.contract import NOON, Puppet, World
from tests.storage.databases import Fresh, Sqlite

ROOT = Path(__file__).parent.parent.parent


def store_of(world: World) -> SqlStore:
    """The store, as what it is."""
    return cast("SqlStore", world.store)


@pytest.mark.parametrize("write", [True, False])
def test_every_connection_is_durable_and_patient(tmp_path: Path, *, write: bool) -> None:
    engine = connect(f"sqlite:///{tmp_path}/x.db", write=write)
    with engine.connect() as db:
        found = {
            pragma: db.exec_driver_sql(f"PRAGMA {pragma}").scalar()
            for pragma in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    engine.dispose()

    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000}


async def test_a_writer_holds_the_lock_from_its_first_statement_on(sqlite: Fresh) -> None:
    async with World(sqlite()) as world:
        store = store_of(world)
        with store._write.begin(), store._read.begin() as reader:
            other = sqlite3.connect(store._write.url.database or "", timeout=0, isolation_level=None)
            with pytest.raises(sqlite3.OperationalError, match="database is locked"):
                other.execute("BEGIN IMMEDIATE")
            # A reader is not kept waiting by it, nor it by the reader.
            assert reader.exec_driver_sql("SELECT count(*) FROM note").scalar() == 0
            other.close()


async def test_two_writers_that_have_both_read_lose_nothing(sqlite: Fresh) -> None:
    async with World(sqlite()) as world:
        host = await world.host()
        session = await world.session(host)
        people = [f"p{n}" for n in range(20)]
        await world.joins(session, *people)
        other = world.another()
        deliveries = [
            world.hear(world.press(person, session, Note("vote", person, "a")), store=(world.store, other)[n % 2])
            for n, person in enumerate(people)
        ]

        outcomes = [one for batch in await asyncio.gather(*deliveries) for one in batch]

        assert [one.error for one in outcomes] == [None] * 20
        assert (await world.ask(session, host))["counts"]["vote"] == {"a": 20}


async def test_a_full_disk_stores_nothing_and_says_so_and_later_all_can_be_sent_again(sqlite: Fresh) -> None:
    async with World(sqlite()) as world:
        host = await world.host()
        session = await world.session(host)
        presses = [world.press(host, session, Note(f"note {n}", host, "x" * 2000)) for n in range(50)]
        pages = await limit_pages(store_of(world), 1)  # SQLite does not go below what it has: not one page more

        with pytest.raises(OperationalError, match="database or disk is full"):
            await world.hear(*presses)
        nothing = await world.ask(session, host)
        await limit_pages(store_of(world), pages + 1000)
        outcomes = await world.hear(*presses)

        assert nothing["counts"] == {"role": {"facilitator": 1}}
        assert [one.again for one in outcomes] == [False] * 50
        assert len((await world.ask(session, host))["counts"]) == 51


@pytest.mark.parametrize("newest_first", [True, False])
async def test_a_note_is_merged_where_it_is_written_and_not_where_it_was_read(
    sqlite: Fresh, *, newest_first: bool
) -> None:
    """On SQLite no two writers read at once; on PostgreSQL they will, and these are its statements too."""
    async with World(sqlite()) as world:
        host = await world.host()
        session = await world.session(host)
        presses = [
            world.press(host, session, Note("vote", host, value), at=NOON + timedelta(seconds=second))
            for second, value in ((2, "b"), (1, "a"))
        ]
        store = store_of(world)
        with store._write.begin() as db:
            batches = [Batch(db, store.kinds, store.decide, NOON, Known()) for _ in presses]
            for batch in batches:  # both have read before either writes
                batch.load(presses)
            for batch, press in zip(batches, presses if newest_first else reversed(presses), strict=True):
                batch.turn(press)
                batch.flush()

        assert (await world.ask(session, host))["notes"][f"vote {host}"] == ["b", "a"]


async def limit_pages(store: SqlStore, pages: int) -> int:
    """How large the file may grow, for the connection that writes. Returns how large it is."""

    def limit(db: Connection) -> int:
        db.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        return int(db.exec_driver_sql("PRAGMA page_count").scalar() or 0)

    return await store._writing(limit)


# -- the schema --------------------------------------------------------------------------------------------------------


def tables(file: Path) -> list[str]:
    """The tables in this file."""
    db = sqlite3.connect(file)
    found = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    db.close()
    return found


def test_the_migrated_schema_is_that_of_the_models(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/x.db")
    engine = create_engine(f"sqlite:///{tmp_path}/x.db")

    with engine.connect() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    engine.dispose()
    assert tables(tmp_path / "x.db") == sorted(["alembic_version", *SQLModel.metadata.tables])
    assert storage.tables.NOTE.name in SQLModel.metadata.tables


WEEK = timedelta(days=7)
OPENED, CLOSED = NOON - 2 * WEEK, NOON - WEEK
OF_0001 = {  # session -> what it said of itself, and the places that led to it, of which one session had each
    "next": (Brief(title="next", starts=NOON + WEEK, places=("slack:C1", "web:next")), ["slack:C1", "web:next"]),
    "some day": (Brief(title="some day", places=("web:some day",)), ["web:some day"]),
    "live": (Brief(title="live", phase="open", starts=NOON, opened=OPENED), ["slack:C2", "web:live"]),
    "last": (Brief(title="last", phase="closed", opened=OPENED, closed=CLOSED), ["slack:C3", "web:last"]),
    "old": (Brief(title="old", phase="archived", opened=OPENED, closed=CLOSED), ["web:old"]),
    "called off": (Brief(title="called off", phase="archived", starts=NOON + WEEK), ["web:called off"]),
}
AT_0002 = [
    ("slack:C1", "next", "planned", NOON + WEEK),
    ("slack:C2", "live", "open", OPENED),
    ("slack:C3", "last", "closed", CLOSED),
    ("web:called off", "called off", "archived", None),
    ("web:last", "last", "closed", CLOSED),
    ("web:live", "live", "open", OPENED),
    ("web:next", "next", "planned", NOON + WEEK),
    ("web:old", "old", "archived", CLOSED),
    ("web:some day", "some day", "planned", None),
]


def as_of_0001(file: Path) -> None:
    """A database as release 0.1.0 left it, with sessions in every phase, and places that lead to none."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "storage" / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = f"sqlite:///{file}"
    command.upgrade(config, "0001")
    db = sqlite3.connect(file)
    db.execute("INSERT INTO tenant (id, name) VALUES ('acme', 'acme')")
    db.execute("INSERT INTO person (id, tenant, name, locale, host) VALUES ('hana', 'acme', 'Hana', 'en', 1)")
    for session, (brief, places) in OF_0001.items():
        state = Puppet(brief=brief).model_dump_json()
        db.execute(
            "INSERT INTO dialog (id, tenant, scope, key, kind, session, cohort, state, done, begun)"
            " VALUES (?, 'acme', 'person:hana', ?, 'hall', ?, '', ?, ?, ?)",
            (session, session, session, state, brief.phase == "archived", "2026-11-01 12:00:00.000000"),
        )
        db.execute(
            "INSERT INTO note (dialog, key, person, tenant, value, at, event, first, first_at)"
            " VALUES (?, 'role', 'hana', 'acme', 'facilitator', ?, 'e', 'facilitator', ?)",
            (session, *["2026-11-01 12:00:00.000000"] * 2),
        )
        for place in places:
            row = (place, place.partition(":")[0], session)
            db.execute("INSERT INTO place (tenant, id, platform, session) VALUES ('acme', ?, ?, ?)", row)
    for place, led_to in (("slack:C8", None), ("slack:C9", "no more")):
        db.execute("INSERT INTO place (tenant, id, platform, session) VALUES ('acme', ?, 'slack', ?)", (place, led_to))
    db.commit()
    db.close()


async def test_places_of_the_first_release_lead_to_their_sessions_still(tmp_path: Path) -> None:
    as_of_0001(tmp_path / "x.db")
    database = Sqlite(tmp_path / "x.db")
    migrate(database.url)

    async with World(database) as world:
        with store_of(world)._read.begin() as db:
            rows = db.execute(select(AT).order_by(AT.c.place)).all()
        await world.hear(
            *(world.event(Said, "ann", place=f"slack:C{n}", words=5) for n in (1, 2, 3, 8, 9)),
            world.event(Joined, "ben", place="slack:C1"),
            world.event(Commanded, "hana", place="slack:C3", text="survey", command=Command("survey")),
        )
        roles = {session: (await world.ask(session, "hana"))["roster"] for session in OF_0001}
        heard = {session: (await world.ask(session, "hana"))["heard"] for session in OF_0001}

    assert [tuple(row) for row in rows] == [("acme", *row) for row in AT_0002]
    assert {session: sorted(roster) for session, roster in roles.items()} == {
        "next": ["ben", "hana"],
        "some day": ["hana"],
        "live": ["ann", "hana"],
        "last": ["hana"],
        "old": ["hana"],
        "called off": ["hana"],
    }
    assert {session: what for session, what in heard.items() if what} == {"last": ["Commanded"]}


async def test_places_are_written_by_the_migration_as_they_are_when_sessions_go_on(tmp_path: Path) -> None:
    as_of_0001(tmp_path / "x.db")
    database = Sqlite(tmp_path / "x.db")
    migrate(database.url)

    async with World(database) as world:
        with store_of(world)._write.begin() as db:
            places = Places(db)
            for session, (brief, at) in OF_0001.items():
                for place in at:
                    places.put("acme", place, session, brief)

    assert (places.changed, places.got) == (set(), set())


def test_migrating_twice_is_migrating_once(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/x.db")
    migrate(f"sqlite:///{tmp_path}/x.db")

    assert "note" in tables(tmp_path / "x.db")


def test_a_migration_that_fails_leaves_nothing_and_can_be_repeated(tmp_path: Path) -> None:
    file = tmp_path / "x.db"
    db = sqlite3.connect(file)
    db.execute("CREATE TABLE turn (somebody INTEGER)")  # the last that the first migration makes
    with pytest.raises(OperationalError, match="table turn already exists"):
        migrate(f"sqlite:///{file}")
    left = tables(file)
    db.execute("DROP TABLE turn")
    db.close()

    migrate(f"sqlite:///{file}")

    assert left == ["turn"]
    assert "note" in tables(file)


def test_two_processes_that_migrate_at_once_do_not_fall_over_each_other(tmp_path: Path) -> None:
    code = f"from storage.connecting import migrate; migrate('sqlite:///{tmp_path}/x.db')"
    both = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in "12"]

    errors = [process.communicate(timeout=50)[1] for process in both]

    assert (errors, [process.returncode for process in both]) == (["", ""], [0, 0])
    assert "note" in tables(tmp_path / "x.db")
