"""Why a database on PostgreSQL cannot be used: one sentence for whoever set it up, with what to do."""

from __future__ import annotations

import re

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError


class UnusableError(Exception):
    """The database cannot be used, and why."""


# What PostgreSQL or its client says, and what it means. They speak English unless somebody has told them otherwise.
REASONS = (
    ("lock timeout", "a table of {database} is in use, by a backup perhaps; try again when that has ended"),
    (
        "refused|timeout expired|timed out|No route to host|unreachable|No such file",
        "nothing answers at {at}; start PostgreSQL there, or correct the host and the port",
    ),
    ("resolve|translate host", "there is no host {host}; correct it"),
    (
        "password authentication failed",
        "{at} does not let in {user} with this password; correct them, with #, / and @ as %23, %2F and %40",
    ),
    ("no password|fe_sendauth", "PostgreSQL at {at} wants a password of {user}; write it as in USER:PASSWORD@HOST"),
    ('role ".*" does not exist|not permitted to log in', "PostgreSQL at {at} has no user {user} who may log in"),
    (
        'database ".*" does not exist',
        "there is no database {database} at {at}; create it, as in CREATE DATABASE {database} OWNER {user}",
    ),
    (
        "pg_hba.conf|permission denied for database",
        "PostgreSQL at {at} does not let {user} from this machine into {database}; allow it in its pg_hba.conf",
    ),
    (
        "permission denied for schema",
        "{user} may not create tables in {database}; let them own it, as in ALTER DATABASE {database} OWNER TO {user}",
    ),
    ("starting up|shutting down|recovery|too many clients|remaining connection", "{at} is busy ({says}); try again"),
)


def why(url: str, error: DBAPIError) -> str | None:
    """The sentence, if it is known why. It names no password."""
    says = " ".join(str(error.orig).split())
    parts = make_url(url)
    asked = str(parts.query.get("host", ""))
    names = {
        "at": f"{parts.host or asked}:{parts.port or 5432}",
        "host": parts.host or asked,
        "user": parts.username or "the user that runs Cohost",
        "database": parts.database,
        "says": says,
    }
    found = (sentence for pattern, sentence in REASONS if re.search(pattern, says))
    sentence = next(found, None)
    return f"COHOST_DATABASE_URL: {sentence.format(**names)}" if sentence else None
