"""Looking at a database without changing it: whether it can be used, how new its schema is, what time it is there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from storage.connecting import connect
from storage.unusable import UnusableError, why


@dataclass(frozen=True, slots=True)
class Found:
    """How a database is. `at`: its time, aware; None where it is the machine's own (SQLite)."""

    schema: str  # "newest", "older", "later" (of a later release), or "none": nothing has been stored yet
    at: datetime | None = None


def look(url: str) -> Found:
    """Look at it. Raises UnusableError with a sentence where it cannot be used."""
    if url.startswith("sqlite") and (missing := _file(Path(make_url(url).database or ""))):
        return missing
    engine = connect(url, write=False)
    try:
        with engine.connect() as db:
            at = None if url.startswith("sqlite") else db.execute(select(func.clock_timestamp())).scalar_one()
            return Found(_schema(db), at.astimezone(UTC) if at else None)
    except DBAPIError as error:
        known = None if url.startswith("sqlite") else why(url, error)
        says = " ".join(str(error.orig).split())
        raise UnusableError(known or f"COHOST_DATABASE_URL: the database cannot be read ({says})") from error
    finally:
        engine.dispose()


def _file(file: Path) -> Found | None:
    """What there is to say of a file before it is opened."""
    folder = file.absolute().parent
    if not os.access(folder, os.W_OK | os.X_OK):
        wrong = "may not write there" if folder.is_dir() else "finds no such folder"
        raise UnusableError(f"COHOST_DATABASE_URL: this user {wrong}: {folder}; name a file in a folder of its own")
    if not file.exists():
        return Found("none")
    if not os.access(file, os.R_OK | os.W_OK):
        raise UnusableError(f"COHOST_DATABASE_URL: this user may not write {file}; let them own it")
    return None


def _schema(db: Connection) -> str:
    if not inspect(db).has_table("alembic_version"):
        return "none"
    here = db.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    known = ScriptDirectory(str(Path(__file__).parent / "migrations"))
    if not {one.revision for one in known.walk_revisions()}.issuperset(here):
        return "later"
    return "newest" if here == [known.get_current_head()] else "older"
