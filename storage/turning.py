"""Turning: events in order, in as few transactions as may be, each event whole or not at all.

SQLite: one transaction, for it has one writer. PostgreSQL: as many events at a time as share their sessions with other
processes; one that must have its session alone ends that transaction and is decided in its own. The order of the events
stays what it was, so that both databases come to the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import takewhile
from typing import TypeVar

from sqlalchemy import Connection, select
from sqlalchemy.exc import InternalError, OperationalError

from dialogs.base import AnyKind, Commanded, Event, Rang
from storage import routing
from storage.base import Decide, Outcome
from storage.batch import Batch, spoken
from storage.connecting import Kept, transact
from storage.effects import RefusedError, identify
from storage.live import Known, Places
from storage.locking import Locks, NotHeldError, OthersFirstError, key_of, lock
from storage.tables import DIALOG

log = logging.getLogger(__name__)
R = TypeVar("R")


class Turns:
    """Decides events for one store, by one thread."""

    def __init__(self, kept: Kept, kinds: Mapping[str, AnyKind], decide: Decide) -> None:
        self.kept, self.kinds, self.decide = kept, kinds, decide
        self._shared = kept.engine.dialect.name != "sqlite"  # others write at the same time
        self._known = Known()

    def __call__(self, events: Sequence[Event], now: datetime) -> list[Outcome]:
        """Decide these events in order and save every consequence."""
        done: list[Outcome] = []
        while len(done) < len(events):
            rest = events[len(done) :]
            # What rings has its session alone anyway.
            some = [*takewhile(lambda one: not isinstance(one, Rang), rest)] if self._shared else rest
            try:
                decided = self._committed(partial(self._together, events=some, now=now)) if some else []
            except _ShorterError as shorter:
                decided = self(rest[: shorter.events], now)
            except (OperationalError, InternalError):
                raise  # the database itself: nobody is told that anything is stored, and what is will be heard again
            except Exception:  # noqa: BLE001 - whatever it was, it must cost its own event only
                decided = [self._alone(one, now) for one in some]
            done += decided or [self._alone(rest[0], now)]
        return done

    def _committed(self, work: Callable[[Connection], tuple[R, Batch]]) -> R:
        result, batch = transact(self.kept, work)
        self._known.learn({one.id: key_of(one) for one in batch.dialogs.values()}, batch.out.rooms)
        return result

    def _together(self, db: Connection, *, events: Sequence[Event], now: datetime) -> tuple[list[Outcome], Batch]:
        """Those events from the first on that need no session alone and count nothing of each other, if any do not."""
        locks = lock(db, self._needed(db, events), alone=False) if self._shared else None
        batch = Batch(db, self.kinds, self.decide, now, self._known, locks)
        batch.load(events)
        outcomes: list[Outcome] = []
        for one in events:
            try:
                outcomes.append(batch.turn(one))
            except (NotHeldError, OthersFirstError):
                if batch.touched:  # what the event has done already must go, and takes the others along
                    raise _ShorterError(len(outcomes)) from None
                break
        batch.flush()
        return outcomes, batch

    def _alone(self, one: Event, now: datetime) -> Outcome:
        keys: set[str] = set()
        try:
            while True:
                try:
                    return self._committed(lambda db: self._one(db, one, keys, now))
                except NotHeldError as missing:  # taken next time, before anything is read
                    keys.add(missing.key)
        except RefusedError as refused:
            # Nobody reads what a timer is told: without an error it would ring again for ever.
            return Outcome(refused.reply, error=spoken(refused.reply) if isinstance(one, Rang) else None)
        except (OperationalError, InternalError):
            raise
        except Exception as error:
            log.exception("event %s cannot be decided", one.id)
            return Outcome(error=repr(error))

    def _one(self, db: Connection, one: Event, keys: set[str], now: datetime) -> tuple[Outcome, Batch]:
        locks: Locks | None = None
        if self._shared:
            keys |= self._needed(db, [one])
            locks = lock(db, keys, alone=True)
        batch = Batch(db, self.kinds, self.decide, now, self._known, locks)
        batch.load([one])
        outcome = batch.turn(one)
        batch.flush()
        return outcome, batch

    def _needed(self, db: Connection, events: Sequence[Event]) -> set[str]:
        """The locks that these events will most likely ask for. What else they need they say when they come to it."""
        named = {one.dialog for one in events if one.dialog}
        missing = named - self._known.keys.keys()
        if missing:
            found = db.execute(select(DIALOG.c.id, DIALOG.c.session).where(DIALOG.c.id.in_(missing)))
            self._known.learn({row.id: row.session or row.id for row in found})
        needed = {self._known.keys[one] for one in named if one in self._known.keys}
        places, loose = Places(db), [one for one in events if not one.dialog]
        for tenant in {one.tenant for one in loose}:
            places.load(tenant, {one.place for one in loose if one.tenant == tenant and one.place})
        for one in loose:
            held = places.now(one.tenant, one.place) if one.place else None
            if held:
                needed.add(held.session)
            if isinstance(one, Commanded) and one.by:
                needed.add(identify(one.tenant, f"person:{one.by}", routing.DESK))
        return needed


class _ShorterError(Exception):
    """Only so many events from the first on can be decided together."""

    def __init__(self, events: int) -> None:
        super().__init__(events)
        self.events = events
