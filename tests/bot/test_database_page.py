"""The page about databases is followed as it stands: set-up, backup and restore, on a real PostgreSQL and on SQLite."""

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.postgres import Postgres

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs/administrators/database.md"
CREATE = "cohost session create giving-feedback --at 'tomorrow 14:00 UTC' --facilitator"


def typed(program: str) -> list[str]:
    """The commands of the page that this program does, in the order in which they stand there."""
    return [line.strip() for line in PAGE.read_text().splitlines() if re.match(rf" {{4,}}{program} ", line)]


class Reader:
    """Somebody who types into a shell in a folder of their own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        shim = folder / "bin/cohost"
        shim.parent.mkdir()
        shim.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m bot "$@"\n')
        shim.chmod(0o755)
        self.folder = folder
        path = f"{shim.parent}:{environment.pop('PATH', '')}:{os.environ['PATH']}"
        self.environment = {"HOME": str(folder), "COHOST_SECRET": "0123456789abcdef", "PATH": path, **environment}

    def types(self, *commands: str, **environment: str) -> str:
        """What is printed. Every command must end well."""
        told = subprocess.run(
            ["bash", "-euc", "\n".join(commands)],
            cwd=self.folder,
            env=self.environment | environment,
            check=False,
            capture_output=True,
            text=True,
        )
        assert told.returncode == 0, (commands, told.stderr)
        return told.stdout


def test_a_database_on_postgresql_is_set_up_backed_up_and_restored(alone: Path, server: Postgres) -> None:
    at = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": "cohost"}
    reader = Reader(alone, PATH=str(server.bin), **at)
    # The administrator of the tests' server has the name that the page gives to Cohost's own user.
    role, database, second = (re.sub(r"\bcohost(2?)\b", r"paged\1", one) for one in typed("psql"))
    (dump,), (restore,) = typed("pg_dump"), typed("pg_restore")
    dump = dump.removesuffix("cohost") + "paged"
    restore = restore.replace("role=cohost", "role=paged").replace("dbname=cohost2", "dbname=paged2")
    url = f"postgresql://paged:PASSWORD@127.0.0.1:{server.port}"

    reader.types(role, database)
    reader.types(f"{CREATE} Hana", COHOST_DATABASE_URL=f"{url}/paged")
    reader.types(dump)
    reader.types(f"{CREATE} Kofi", COHOST_DATABASE_URL=f"{url}/paged")
    reader.types(second, restore)
    listed = [reader.types("cohost session list", COHOST_DATABASE_URL=f"{url}/{one}") for one in ("paged", "paged2")]
    reader.types(f"{CREATE} Lena", COHOST_DATABASE_URL=f"{url}/paged2")
    owners = "SELECT string_agg(DISTINCT tableowner, ',') FROM pg_tables WHERE schemaname = 'public'"
    owner = reader.types(f'psql -d paged2 -Atc "{owners}"')
    for one in ("DATABASE paged", "DATABASE paged2", "ROLE paged"):
        server.execute(f"DROP {one}")

    assert ([len(one.splitlines()) for one in listed], owner) == ([2, 1], "paged\n")


def test_a_database_on_sqlite_is_backed_up_while_somebody_writes_and_restored(alone: Path) -> None:
    reader = Reader(alone)
    (vacuum,), gone, back = typed("sqlite3"), typed("rm"), typed("cp")
    # Where there is no sqlite3, Python's own does the same.
    name, _, statement = vacuum.removeprefix("sqlite3 ").partition(" ")
    does = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute(sys.argv[2])"

    reader.types(f"{CREATE} Hana")
    with closing(sqlite3.connect(alone / name)) as running:  # so that what comes now stays in the file beside it
        running.execute("SELECT count(*) FROM person").fetchall()
        reader.types(f"{CREATE} Kofi")
        beside = (alone / f"{name}-wal").stat().st_size
        reader.types(f"'{sys.executable}' -c '{does}' {name} {statement}")
        reader.types(f"{CREATE} Lena")
        before = reader.types("cohost session list")
    reader.types(*gone, *back)
    after = reader.types("cohost session list")

    assert beside > 0
    assert [len(one.splitlines()) for one in (before, after)] == [3, 2]


@pytest.mark.parametrize("program", ["psql", "pg_dump", "pg_restore", "sqlite3", "rm", "cp"])
def test_what_the_page_says_was_found(program: str) -> None:
    assert typed(program) != []
