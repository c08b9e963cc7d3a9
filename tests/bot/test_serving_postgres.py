"""`cohost serve` on PostgreSQL: by the database's clock, by one process without Redis, or a sentence why it cannot."""

import socket
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import create_engine, text

from bot.__main__ import main
from bot.app import build, running
from bot.clock import SharedClock
from bot.settings import OFF, TEAMS_OFF, Settings, load
from storage.connecting import NotAloneError, address
from tests.postgres import Postgres

SECRET = "0123456789abcdef"


def on(url: str) -> Settings:
    """The settings of a bot on this database."""
    return load(secret=SECRET, database_url=url, port=0, slack=OFF, teams=TEAMS_OFF)


async def test_it_serves_by_the_databases_clock_and_no_second_one_does(alone: Path, server: Postgres) -> None:
    url = server.fresh().url
    engine = create_engine(address(url))
    with engine.begin() as db:  # what the server says of the time, whatever this machine says
        later = "SELECT pg_catalog.clock_timestamp() + interval '1000 days'"
        db.execute(text(f"CREATE FUNCTION clock_timestamp() RETURNS timestamptz AS $$ {later} $$ LANGUAGE sql"))
        here = db.execute(text("SELECT pg_catalog.clock_timestamp()")).scalar_one()
    engine.dispose()
    app = build(on(f"{url}?options=-c%20search_path%3Dpublic%2Cpg_catalog"))
    second = build(on(url))

    async with running(app) as runner:
        port = runner.addresses[0][1]
        async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{port}/readyz") as answer:
            ready = (await answer.json())["database"]
        with pytest.raises(NotAloneError):
            async with running(second):
                pass
        ahead = app.clock.now() - here

    await second.store.close()
    assert isinstance(app.clock, SharedClock)
    assert (ready, ahead.days) == ("ok", 1000)


def nobody_listens() -> int:
    """A port at which nothing answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.parametrize("command", ["serve", "migrate"])
@pytest.mark.parametrize(
    ("url", "line"),
    [
        (
            "cohost@127.0.0.1:{free}/x",
            "nothing answers at {free_at}; start PostgreSQL there, or correct the host and the port",
        ),
        ("cohost@nowhere.invalid/x", "there is no host nowhere.invalid; correct it"),
        (
            "guarded:wrong@127.0.0.1:{port}/empty",
            "{at} does not let in guarded with this password; correct them, with #, / and @ as %23, %2F and %40",
        ),
        (
            "guarded@127.0.0.1:{port}/empty",
            "PostgreSQL at {at} wants a password of guarded; write it as in USER:PASSWORD@HOST",
        ),
        ("nobody@127.0.0.1:{port}/empty", "PostgreSQL at {at} has no user nobody who may log in"),
        (
            "cohost@127.0.0.1:{port}/missing",
            "there is no database missing at {at}; create it, as in CREATE DATABASE missing OWNER cohost",
        ),
        (
            "guest@127.0.0.1:{port}/postgres",
            "guest may not create tables in postgres; let them own it, as in ALTER DATABASE postgres OWNER TO guest",
        ),
    ],
)
def test_why_it_cannot_is_one_sentence(
    alone: Path,
    server: Postgres,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    command: str,
    url: str,
    line: str,
) -> None:
    free = nobody_listens()
    names = {"free": free, "free_at": f"127.0.0.1:{free}", "port": server.port, "at": f"127.0.0.1:{server.port}"}
    monkeypatch.setenv("COHOST_SECRET", SECRET)
    monkeypatch.setenv("COHOST_DATABASE_URL", f"postgresql://{url.format(**names)}")

    code = main([command])

    assert (code, capsys.readouterr().err) == (2, f"COHOST_DATABASE_URL: {line.format(**names)}\n")


def test_a_password_with_signs_that_end_it_is_written_with_their_numbers_and_not_printed(
    alone: Path, server: Postgres, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.execute("CREATE DATABASE guarded OWNER guarded TEMPLATE template0")
    monkeypatch.setenv("COHOST_DATABASE_URL", f"postgresql://guarded:pass%23word@127.0.0.1:{server.port}/guarded")

    code = main(["migrate"])

    told = capsys.readouterr()
    server.execute("DROP DATABASE guarded")
    known = f"postgresql://guarded:***@127.0.0.1:{server.port}/guarded has the newest schema.\n"
    assert (code, told.out, told.err) == (0, known, "")
