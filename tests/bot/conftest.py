"""A bot of real parts on a clock that stands: the store, the engine, and a platform that is small."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from bot.app import App, build
from bot.clock import HandClock
from bot.engine import Engine
from bot.settings import load
from storage.hot import MemoryHot
from tests.postgres import Postgres, PostgresDatabase
from tests.storage.contract import NOON, World
from tests.storage.databases import Sqlite, copies

NAMES = (
    "DATABASE_URL",
    "HOST",
    "PORT",
    "BASE_URL",
    "SECRET",
    "PRIVACY_URL",
    "TERMS_URL",
    "REDIS_URL",
    "METRICS_TOKEN",
    "LOG_LEVEL",
)


@pytest.fixture(scope="session")
def sqlite() -> Iterator[Callable[[], Sqlite]]:
    """Makes databases with the newest schema and nothing in them."""
    with copies() as fresh:
        yield fresh


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a `.env`, and an environment that says nothing of Cohost."""
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.delenv(f"COHOST_{name}", raising=False)
    return tmp_path


@pytest.fixture(scope="session")
def postgres(server: Postgres) -> Callable[[], PostgresDatabase]:
    """Makes databases with the newest schema and nothing in them."""
    return server.fresh


@pytest.fixture(params=["sqlite", "postgres"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Dialogs that do as they are told."""
    async with World(request.getfixturevalue(request.param)()) as world:
        yield world


@pytest.fixture
async def engine(world: World) -> AsyncIterator[Engine]:
    """An engine that commits to this world."""
    engine = Engine(world.store, MemoryHot(), world.clock)
    engine.start()
    yield engine
    await engine.stop()


@pytest.fixture
def database(sqlite: Callable[[], Sqlite]) -> str:
    """Where the whole bot keeps everything."""
    return sqlite().url


@pytest.fixture
async def app(database: str, alone: Path) -> AsyncIterator[App]:
    """The whole bot with the real dialogs. Its engine commits; its other loops are the test's to run."""
    app = build(load(database_url=database, secret="s" * 32), HandClock(NOON))
    app.engine.start()
    yield app
    await app.stop()


@pytest.fixture
def hands(app: App) -> HandClock:
    """The clock of the whole bot."""
    assert isinstance(app.clock, HandClock)
    return app.clock
