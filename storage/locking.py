"""Locks on PostgreSQL: what a transaction holds while it decides, so that closing a poll excludes a late vote exactly.

Whoever only adds rows of their own (a vote) shares the lock of the session with everybody who does the same. Whoever
changes what others decide by (a state, a timer, a dialog that begins) has it alone. Locks are taken all at once, in the
order of their numbers, before anything is read: taken as they are needed, two batches would wait for each other.
SQLite has one writer at a time and needs none of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from dialogs.base import Begin, Effect, Event, Rang, Tell, Turn, Wake
from storage.live import Live
from storage.prepared import said

ALONE = Begin | Tell | Wake | Turn  # beside a changed state and the end of a dialog


class NotHeldError(Exception):
    """This event needs a lock that its transaction does not hold: it must be decided in another one."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class OthersFirstError(Exception):
    """This event counts what was decided before it: that must be committed first."""


def key_of(dialog: Live) -> str:
    """What a dialog is locked by: its session, or itself where it has none. It never changes."""
    return dialog.session or dialog.id


@dataclass(frozen=True, slots=True)
class Locks:
    """What a transaction holds."""

    keys: frozenset[str]
    alone: bool

    def need(self, key: str, *, alone: bool) -> None:
        """Raise NotHeldError unless it is held, and alone if that is asked for."""
        if key not in self.keys or (alone and not self.alone):
            raise NotHeldError(key)


def alone_for(event: Event, effects: Iterable[Effect], *, changed: bool) -> bool:
    """Whether what follows from an event is nobody else's to decide beside it."""
    return changed or isinstance(event, Rang) or any(isinstance(effect, ALONE) for effect in effects)


def lock(db: Connection, keys: Iterable[str], *, alone: bool) -> Locks:
    """Take these locks for as long as the transaction lasts. SQLite has none, and needs none."""
    held = frozenset(keys)
    if held and db.dialect.name != "sqlite":
        # Two keys with one number share a lock: that is slower, not wrong.
        numbers = sorted({number(key) for key in held})
        how = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        said(db, f"SELECT {how}(number) FROM unnest(%s::bigint[]) AS number", numbers)  # noqa: S608
    return Locks(held, alone)


def number(key: str) -> int:
    """The number by which PostgreSQL knows the lock."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)
