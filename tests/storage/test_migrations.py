"""Migrations need no stop: they add first, remove a release later, and the release before runs on the newer schema."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from storage.connecting import address, migrate
from tests.storage.databases import Fresh

VERSIONS = sorted((Path(__file__).parent.parent.parent / "storage/migrations/versions").glob("*.py"))
# An index may go at once: a release that had it is slower without it, and as right.
ADDS = {"create_table", "create_index", "drop_index", "add_column", "get_bind", "execute", "batch_alter_table", "f"}


def upgrade(file: Path) -> list[ast.Call]:
    """Everything that a migration calls on its way up, but for what it says of columns."""
    (found,) = (
        one for one in ast.parse(file.read_text()).body if isinstance(one, ast.FunctionDef) and one.name == "upgrade"
    )
    calls = [one for one in ast.walk(found) if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute)]
    return [one for one in calls if ast.unparse(one.func).split(".")[0] in {"op", "batch_op"}]


@pytest.mark.parametrize("file", VERSIONS, ids=lambda file: file.stem)
def test_a_migration_only_adds(file: Path) -> None:
    calls = {ast.unparse(one.func).split(".")[1].partition("(")[0] for one in upgrade(file)}

    assert calls - ADDS == set()


@pytest.mark.parametrize("file", VERSIONS, ids=lambda file: file.stem)
def test_whoever_knows_nothing_of_a_new_column_may_leave_it_out(file: Path) -> None:
    columns = [one.args[-1] for one in upgrade(file) if ast.unparse(one.func) == "op.add_column"]
    needed = [
        ast.unparse(one)
        for one in columns
        if isinstance(one, ast.Call)
        and not {("nullable", "True"), ("server_default", "")}
        & {(word.arg, "" if word.arg == "server_default" else ast.unparse(word.value)) for word in one.keywords}
    ]

    assert needed == []


@pytest.fixture
def newer(fresh: Fresh) -> Callable[[], tuple[str, Engine]]:
    def make() -> tuple[str, Engine]:
        url = fresh().url  # type: ignore[attr-defined]
        engine = create_engine(address(url))
        with engine.begin() as db:
            db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
            db.execute(text("ALTER TABLE post ADD COLUMN from_tomorrow TEXT"))
        return url, engine

    return make


def test_the_release_before_starts_on_a_newer_schema_and_leaves_it(
    newer: Callable[[], tuple[str, Engine]], caplog: pytest.LogCaptureFixture
) -> None:
    url, engine = newer()

    migrate(url)

    with engine.begin() as db:
        version = db.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
        assert db.execute(text("SELECT from_tomorrow FROM post")).all() == []
    engine.dispose()
    assert version == ["9999"]
    assert [one.getMessage() for one in caplog.records] == [
        "the database has the schema of a later release, which is left as it is"
    ]
