"""What goes to the driver as it is comes to the same as what SQLAlchemy executes, on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import datetimes as moments
from hypothesis.strategies import timezones
from sqlalchemy import Connection, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from storage.connecting import Kept, connect, transact
from storage.prepared import Asked, said
from storage.tables import HEARD, NOTE, Moment
from storage.writing import NEWER_NOTES, NEWLY_HEARD
from tests.storage.databases import Fresh

AT = datetime(2026, 11, 24, 15, 0, 0, 123456, tzinfo=UTC)
NOTES = Asked(lambda dialogs, people: select(NOTE).where(NOTE.c.dialog.in_(dialogs), NOTE.c.person.in_(people)))
OF_ONE = Asked(lambda of, ids: select(HEARD.c.id, HEARD.c.reply).where(HEARD.c.tenant == of, HEARD.c.id.in_(ids)))


@pytest.fixture
def kept(fresh: Fresh) -> Iterator[Kept]:
    yield from keeping(fresh)


@pytest.fixture
def over_a_wire(postgres: Fresh) -> Iterator[Kept]:
    yield from keeping(postgres)


def keeping(fresh: Fresh) -> Iterator[Kept]:
    kept = Kept(connect(fresh().url, write=True))  # type: ignore[attr-defined] # both have one
    yield kept
    kept.close()


def note(dialog: str, person: str, value: str | None, seconds: int = 0) -> dict[str, Any]:
    at = AT + timedelta(seconds=seconds)
    row = {"dialog": dialog, "key": "vote", "person": person, "tenant": "local", "value": value, "at": at}
    return row | {"event": f"e{seconds}", "first": value, "first_at": at}


def plain(rows: list[Any]) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in rows)


@pytest.mark.parametrize("people", [1, 2, 3, 5, 8, 9])
def test_rows_are_those_that_sqlalchemy_finds_however_many_are_asked_for(kept: Kept, people: int) -> None:
    everybody = [f"p{n}" for n in range(12)]

    def work(db: Connection) -> None:
        NEWER_NOTES(db, [note(dialog, one, "ja’%s") for dialog in ("d1", "d2", "d3") for one in everybody])
        some = everybody[:people]
        usual = db.execute(select(NOTE).where(NOTE.c.dialog.in_(["d1", "d3"]), NOTE.c.person.in_(some))).all()

        found = NOTES(db, ["d1", "d3"], some)

        assert plain(found) == plain([*usual])
        assert len(found) == 2 * people
        assert (found[0].at, found[0].value) == (AT, "ja’%s")

    transact(kept, work)


def test_a_note_that_is_older_and_one_that_was_taken_back(kept: Kept) -> None:
    def work(db: Connection) -> None:
        NEWER_NOTES(db, [note("d", "p", "b", 5)])
        NEWER_NOTES(db, [note("d", "p", "a", 1)])
        one = NOTES(db, ["d"], ["p"])[0]
        assert (one.value, one.first, one.at) == ("b", "a", AT + timedelta(seconds=5))
        NEWER_NOTES(db, [note("d", "p", None, 9)])
        assert NOTES(db, ["d"], ["p"])[0].value is None

    transact(kept, work)


def test_hostile_text_is_a_value_and_never_sql(kept: Kept) -> None:
    hostile = "'); DROP TABLE note; -- %(p0)s ? :p0"

    def work(db: Connection) -> None:
        NEWLY_HEARD(db, [{"tenant": hostile, "id": hostile, "at": AT, "reply": hostile}])
        assert [tuple(row) for row in OF_ONE(db, hostile, [hostile, "other"])] == [(hostile, hostile)]

    transact(kept, work)


def test_what_the_driver_refuses_is_raised_as_sqlalchemy_raises_it(kept: Kept) -> None:
    with pytest.raises(IntegrityError) as refused:
        transact(kept, lambda db: NEWER_NOTES(db, [note("d", "p", "a") | {"tenant": None}]))
    assert "ja" not in str(refused.value)
    with pytest.raises(DBAPIError):
        transact(kept, lambda db: said(db, "NO SUCH WORD"))

    assert transact(kept, lambda db: NOTES(db, ["d"], ["p"])) == []  # nothing of it is there, and it goes on


def test_how_many_were_new_is_known(over_a_wire: Kept) -> None:
    kept = over_a_wire
    rows = [{"tenant": "local", "id": f"e{n}", "at": AT, "reply": None} for n in range(3)]

    assert transact(kept, lambda db: NEWLY_HEARD(db, rows[:2])) == 2
    assert transact(kept, lambda db: NEWLY_HEARD(db, rows)) == 1


def test_a_connection_that_was_lost_is_not_used_again(over_a_wire: Kept) -> None:
    kept = over_a_wire
    number = transact(kept, lambda db: db.execute(text("SELECT pg_backend_pid()")).scalar())
    other = connect(kept.engine.url.render_as_string(hide_password=False), write=True)
    with other.begin() as db:
        db.execute(text("SELECT pg_terminate_backend(:it)"), {"it": number})
    other.dispose()

    with pytest.raises(OperationalError) as lost, kept.begin() as db:
        NOTES(db, ["d"], ["p"])

    assert lost.value.connection_invalidated
    assert transact(kept, lambda db: NOTES(db, ["d"], ["p"])) == []


def test_an_argument_that_stands_elsewhere_is_refused_where_the_driver_counts_them() -> None:
    swapped = Asked(lambda of, ids: select(HEARD.c.id).where(HEARD.c.id.in_(ids), HEARD.c.tenant == of))
    kept = Kept(connect("sqlite://", write=True))

    with pytest.raises(TypeError, match="in its order"), kept.begin() as db:
        swapped(db, "local", ["e1"])

    kept.close()


@given(moments(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=timezones()))  # noqa: DTZ001
def test_a_moment_is_written_as_sqlalchemy_writes_it(at: datetime) -> None:
    ours = Moment().bind_processor(sqlite.dialect())
    theirs = sqlite.DATETIME().bind_processor(sqlite.dialect())  # type: ignore[no-untyped-call]

    assert ours is not None
    assert theirs is not None
    assert ours(at) == theirs(at.astimezone(UTC).replace(tzinfo=None))
