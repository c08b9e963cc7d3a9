"""The implementations of Store: each is a fixture that makes empty databases, and a name in the list of `fresh`."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from tests.postgres import Postgres, PostgresDatabase
from tests.storage.contract import World
from tests.storage.databases import Fresh, Sqlite, copies
from tests.storage.redis_server import Server, serving


@pytest.fixture(scope="session")
def sqlite() -> Iterator[Callable[[], Sqlite]]:
    with copies() as fresh:
        yield fresh


@pytest.fixture(scope="session")
def postgres(server: Postgres) -> Callable[[], PostgresDatabase]:
    return server.fresh


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def fresh(request: pytest.FixtureRequest) -> Fresh:
    found: Fresh = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def world(fresh: Fresh) -> AsyncIterator[World]:
    async with World(fresh()) as world:
        yield world


@pytest.fixture(scope="session")
def redis() -> Iterator[Server]:
    with serving() as server:
        yield server
