"""Connecting: how each database is opened, brought to the newest schema, and asked again after a stumble.

SQLite is opened in WAL mode with synchronous=FULL: what was acknowledged survives the power cord. Writers begin with
BEGIN IMMEDIATE. Python's sqlite3 would open a transaction at the first write only, and of two writers that have both
read by then one silently loses votes: do not take the IMMEDIATE away.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from storage.prepared import in_a_pipeline, said
from storage.unusable import UnusableError, why

log = logging.getLogger(__name__)
R = TypeVar("R")

TRIES = 18  # of one transaction, with pauses that grow from 20 ms to 1 s: time for PostgreSQL to recover, 13 s in all
# A host that vanished, or a process that was frozen, must not hold its locks for ever: PostgreSQL lets go of them, and
# before those who wait give up. No transaction here waits for anything but the database.
PATIENCE = {
    "timezone": "UTC",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "2s",
    "tcp_keepalives_idle": "20",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
LOOKING_OUT = {  # so that a server which vanished is noticed, though it says nothing
    "application_name": "cohost",
    "connect_timeout": 5,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # ms
}
AGAIN = (  # serialization, deadlock, lock timeout, connection, shutdown, two who inserted the same row
    *("40001", "40P01", "55P03", "08000", "08001", "08003", "08004", "08006", "57P01", "57P02", "57P03", "25P03"),
    *("23505", "53300", "25P04"),
)
LONGEST = b"SET transaction_timeout = '10s'"  # whatever its client does, or does not; PostgreSQL has it since 17
ONLY_ONE = 0x_C0_40_57  # the number of the lock that a process holds which shares its hot state with nobody


class OnceMoreError(Exception):
    """Others have committed what this transaction did not see: nothing of it may be kept, and it is done again."""


class NotAloneError(Exception):
    """Another process has this database, and shares its hot state with nobody."""


def migrate(url: str) -> None:
    """Bring the database to the newest schema. Safe to run again and by several processes at once.

    Raises UnusableError with a sentence where it is known why PostgreSQL cannot be used.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = address(url)
    config.attributes["connect_args"] = {} if url.startswith("sqlite") else _told(url)
    try:
        command.upgrade(config, "head")
    except DBAPIError as error:
        sentence = None if url.startswith("sqlite") else why(url, error)
        if sentence is None:
            raise
        raise UnusableError(sentence) from error


def address(url: str) -> str:
    """The URL with the driver that we bring along."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def readable(url: str) -> str:
    """The URL as it may be printed."""
    return make_url(url).render_as_string(hide_password=True)


def connect(url: str, *, write: bool) -> Engine:
    """An engine whose transactions begin as the database needs it."""
    if url.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": 30}, hide_parameters=True)
        event.listen(engine, "connect", _open)
        event.listen(engine, "begin", _begin_immediate if write else _begin)
        return engine
    # Whoever writes sees what others have committed by each of its statements, because its locks are what keeps them
    # out; whoever reads sees one moment, or a page would mix two.
    level = "READ COMMITTED" if write else "REPEATABLE READ"
    quiet = {"hide_parameters": True}  # in an error there would stand what people are called
    engine = create_engine(
        address(url), isolation_level=level, pool_size=4, max_overflow=0, connect_args=_told(url), **quiet
    )
    event.listen(engine, "connect", _bounded)
    event.listen(engine, "do_executemany", _many)
    return engine


def _bounded(connection: Any, _: object) -> None:  # noqa: ANN401 - psycopg's, which SQLAlchemy has no type for
    if connection.info.server_version >= 170000:
        connection.rollback()  # what is set inside a transaction ends with it
        connection.pgconn.exec_(LONGEST)


def _many(cursor: Any, statement: str, parameters: Any, _: object) -> bool:  # noqa: ANN401
    in_a_pipeline(cursor, statement, parameters)
    return True  # done: SQLAlchemy need not


def _told(url: str) -> dict[str, object]:
    """What PostgreSQL and its client are told, unless the URL says otherwise."""
    asked = make_url(url).query
    own = asked.get("options", "")
    options = (*(f"-c {name}={value}" for name, value in PATIENCE.items()), *((own,) if isinstance(own, str) else own))
    ours = {name: value for name, value in LOOKING_OUT.items() if name not in asked}
    return {**ours, "options": " ".join(options).strip()}


def _open(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in ("busy_timeout=30000", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    _write_ahead(connection)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Asked for while another connection has just opened or closed the file, SQLite refuses it and does not wait."""
    for tried in range(TRIES):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if tried == TRIES - 1:
                raise
            time.sleep(min(1.0, 0.02 * 2**tried))
        else:
            return


def _begin_immediate(connection: Connection) -> None:
    said(connection, "BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    said(connection, "BEGIN")


class Kept:
    """Connections of one engine, one for each thread that asks, kept from one transaction to the next.

    Fetching one from the pool and handing it back takes longer than a vote needs on it.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._mine = threading.local()
        self._all: list[Connection] = []

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction. A connection on which anything went wrong is not kept."""
        db: Connection | None = getattr(self._mine, "db", None)
        if db is None:
            db = self._mine.db = self.engine.connect()
            self._all.append(db)
        try:
            with db.begin():
                yield db
        except BaseException:
            self._mine.db = None
            self._all.remove(db)
            db.close()
            raise

    def close(self) -> None:
        """Close all of them, once nobody begins anything any more."""
        while self._all:
            self._all.pop().close()
        self.engine.dispose()


def transact(kept: Kept, work: Callable[[Connection], R]) -> R:
    """Do this in one transaction, and on PostgreSQL once more where it was a matter of chance that it failed.

    It may have been committed although the connection was lost: so `work` must be something that, done twice, is done
    once, or harms nobody (a message may be drawn once more, a refresh token renewed half a minute later).
    """
    for tried in range(TRIES):
        try:
            with kept.begin() as db:
                return work(db)
        except OnceMoreError:
            if tried == TRIES - 1:
                raise
        except DBAPIError as error:
            if tried == TRIES - 1 or not by_chance(kept.engine, error):
                raise
            log.info("once more, after %s", error.orig)
            time.sleep(min(1.0, 0.02 * 2**tried))
    raise AssertionError


def by_chance(engine: Engine, error: DBAPIError) -> bool:
    """Whether the same transaction may succeed when it is tried again."""
    if engine.dialect.name == "sqlite":  # waits by itself, and has one writer
        return False
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state in AGAIN or (state is None and isinstance(error, OperationalError))


class OnlyOne:
    """Held by a process that shares its hot state with nobody: two of them would each write at the full pace."""

    def __init__(self, url: str) -> None:
        self._engine = None if url.startswith("sqlite") else connect(url, write=True)
        self._held: Connection | None = None

    def take(self) -> None:
        """Hold it from now on. PostgreSQL lets go of it by itself when this process dies, or is not to be reached."""
        if self._engine is None:
            return
        held = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if not held.execute(select(func.pg_try_advisory_lock(ONLY_ONE))).scalar():
            held.close()
            self._engine.dispose()
            raise NotAloneError(
                "COHOST_DATABASE_URL: another Cohost is running on this database; stop it, or set COHOST_REDIS_URL for "
                "both, so that they share what they know of each other"
            )
        self._held = held

    def retake(self) -> None:
        """Take it again if it was lost. PostgreSQL may have been started anew, and somebody else been quicker."""
        if self._held is not None:
            try:
                self._held.execute(select(1))
            except DBAPIError:
                self._let_go()
        if self._held is None:
            self.take()

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.invalidate()  # closed for real: a connection that went back to the pool would hold it still
            self._held.close()
            self._held = None

    def release(self) -> None:
        """Let go of it."""
        self._let_go()
        if self._engine is not None:
            self._engine.dispose()
