"""The implementations of Store. A new one is one class with `open`, and its fixture's name below."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest

from dialogs.base import AnyKind
from storage.base import Decide, Store, View
from storage.sql import SqlStore, migrate
from tests.storage.contract import Database, World

Fresh: TypeAlias = Callable[[], Database]  # makes one more empty database


class Sqlite:
    """A database in a file."""

    def __init__(self, file: Path) -> None:
        self.url = f"sqlite:///{file}"

    def open(self, kinds: Mapping[str, AnyKind], decide: Decide, view: View) -> Store:
        """One more store on it."""
        return SqlStore(self.url, kinds, decide, view)


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    folder = tmp_path_factory.mktemp("sqlite")
    migrate(f"sqlite:///{folder}/empty.db")
    numbers = iter(range(1_000_000))

    def fresh() -> Database:
        return Sqlite(shutil.copy(folder / "empty.db", folder / f"{next(numbers)}.db"))

    return fresh


@pytest.fixture(scope="session", params=["sqlite"])
def fresh(request: pytest.FixtureRequest) -> Iterator[Fresh]:
    yield request.getfixturevalue(request.param)


@pytest.fixture
async def world(fresh: Fresh) -> AsyncIterator[World]:
    world = World(fresh())
    yield world
    await world.close()
