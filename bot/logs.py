"""The log of `cohost serve`: a line each, one id from the edge to the delivery, and nothing of what people are or say.

Plain logging and not a library of its own: what Bolt, aiohttp and SQLAlchemy have to say comes by the same way, and the
id travels by a context variable in either case.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

from adapters.base import TRACE

OURS = ("bot", "adapters", "storage")
# What these say are names in the code, or what the operating system says. Of any other error the text may hold what
# somebody wrote: a value that could not be read, the parameters of a statement, the address of a link.
HARMLESS = (AttributeError, ImportError, NameError, NotImplementedError, OSError, RecursionError, sqlite3.Error)


def set_up(level: str, out: TextIO | None = None) -> None:
    """Log to this stream (else stderr) from now on: JSON lines, or words where it is a terminal.

    level: "warning" for what goes wrong, "info" for every event and every message, too.
    """
    stream = out or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Words() if stream.isatty() else Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())


class Words(logging.Formatter):
    """For whoever looks on."""

    def format(self, record: logging.LogRecord) -> str:
        trace = f" [{found}]" if (found := TRACE.get()) else ""
        line = f"{record.levelname} {record.name}{trace}: {message(record)}"
        return f"{line}\n{told}" if (told := where(record)) else line


class Lines(logging.Formatter):
    """For programs: one JSON object a line, with `at` (UTC), `level`, `from`, `trace`, `says`, and `error` if any."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"at": at, "level": record.levelname.lower(), "from": record.name}
        if trace := TRACE.get():
            line["trace"] = trace
        line["says"] = message(record)
        if told := where(record):
            line["error"] = told
        return json.dumps(line, ensure_ascii=False)


def where(record: logging.LogRecord) -> str:
    """Where an error came from: the lines of the code, and what sort it was; its own words only where they are ours."""
    error = record.exc_info[1] if record.exc_info else None
    parts, seen = list[str](), set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames = "".join(traceback.format_tb(error.__traceback__))
        parts.insert(0, f"Traceback (most recent call last):\n{frames}{sort(error)}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(parts)


def sort(error: BaseException) -> str:
    """What sort of error it is, and what it says where that is harmless."""
    state = getattr(error, "sqlstate", None)  # PostgreSQL's number of it: its words may quote what was to be stored
    ours = type(error).__module__.startswith(OURS)
    words = str(error) if ours or isinstance(error, HARMLESS) else state
    return f"{type(error).__qualname__}: {words}" if words else type(error).__qualname__


def message(record: logging.LogRecord) -> str:
    """What the record says; of errors among its arguments only what may be said."""
    if isinstance(record.args, tuple):
        args: tuple[Any, ...] = tuple(sort(one) if isinstance(one, BaseException) else one for one in record.args)
        return str(record.msg) % args if args else str(record.msg)
    return record.getMessage()
