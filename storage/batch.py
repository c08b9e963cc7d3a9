"""A batch: events decided in order over what one transaction sees, then written with one statement per table.

Nothing here is undone by hand: if any event fails, the store rolls the transaction back and takes the events one by one
(`turning`), so that an error costs its own event only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from dialogs.base import (
    AnyKind,
    Commanded,
    Event,
    Joined,
    Left,
    Pressed,
    Rang,
    Reacted,
    Role,
    Said,
    Step,
    Submitted,
    Tally,
)
from dialogs.card import Reply, Text, quote, t
from dialogs.rotation import Turned
from dialogs.sent import Sent, Stuck
from storage import effects, routing, writing
from storage.base import Decide, Outcome
from storage.effects import RefusedError
from storage.facts import Rows, brief_of
from storage.live import Kept, Known, Live, Places
from storage.locking import Locks, OthersFirstError, alone_for, key_of
from storage.prepared import Asked
from storage.records import Attended, Dialog, Listing
from storage.tables import DIALOG, HEARD, NOTE, TIMER

LIVE = [
    DIALOG.c[name]
    for name in (
        "id",
        "tenant",
        "scope",
        "key",
        "kind",
        "session",
        "parent",
        "place",
        "cohort",
        "state",
        "done",
        "begun",
    )
]
HEARD_OF_THESE = Asked(
    lambda of, ids: select(HEARD.c.id, HEARD.c.reply).where(HEARD.c.tenant == of, HEARD.c.id.in_(ids))
)
THESE_DIALOGS = Asked(lambda ids: select(*LIVE).where(DIALOG.c.id.in_(ids)))
NOTES_OF_THESE = Asked(
    lambda dialogs, people: select(NOTE).where(NOTE.c.dialog.in_(dialogs), NOTE.c.person.in_(people))
)


class Batch:
    """Call `load` once, `turn` for each event, `flush` at the end."""

    def __init__(
        self,
        db: Connection,
        kinds: Mapping[str, AnyKind],
        decide: Decide,
        now: datetime,
        known: Known,
        locks: Locks | None = None,
    ) -> None:
        self.db, self.kinds, self.decide, self.now, self.known, self.locks = db, kinds, decide, now, known, locks
        self.rows = Rows(db, kinds)
        self.heard: dict[tuple[str, str], str | None] = {}
        self.dialogs: dict[str, Live] = {}
        self.places = Places(db)
        self.notes: dict[tuple[str, str], dict[str, Kept]] = defaultdict(dict)  # (dialog, person) -> by key
        self.whole: set[tuple[str, str]] = set()  # (dialog, person) whose notes are all in memory
        self.out = writing.Pending()
        self.touched = False  # the event at hand changed something
        self.deciding: dict[str, None] = {}  # the dialogs that decided on it
        self.woke = False  # it set, moved or switched off a timer
        self.hurried = False  # it shows more than new numbers in what a room has already

    # -- reading -------------------------------------------------------------------------------------------------------

    def load(self, events: Sequence[Event]) -> None:
        """Read in a few statements what deciding these events will ask for one by one."""
        for tenant in {event.tenant for event in events}:
            ids = [event.id for event in events if event.tenant == tenant]
            found = HEARD_OF_THESE(self.db, tenant, ids)
            self.heard |= {(tenant, row.id): row.reply for row in found}
            # An event with a dialog needs its place only where somebody comes in by it: once, and then it is read.
            placed = {event.place for event in events if event.tenant == tenant and event.place and not event.dialog}
            self.places.load(tenant, placed)
        held = [self.places.now(event.tenant, event.place) for event in events if event.place and not event.dialog]
        named = {event.dialog for event in events if event.dialog}
        theirs = {self.known.keys[one] for one in named if one in self.known.keys}
        self._fetch(named | theirs | {one.session for one in held if one})
        self._fetch({one.session for one in self.dialogs.values() if one.session})
        self.fetch_notes(set(self.dialogs), {event.by for event in events if event.by})

    def _fetch(self, ids: Iterable[str]) -> None:
        missing = [id_ for id_ in ids if id_ not in self.dialogs]
        if missing:
            self._keep(THESE_DIALOGS(self.db, missing))

    def _keep(self, rows: Sequence[Any]) -> list[Live]:
        """Rows as dialogs in memory; one that is there already stays as this batch left it."""
        for row in rows:
            if row.id not in self.dialogs:
                self.dialogs[row.id] = Live(
                    row.id, row.tenant, row.scope, row.key, row.kind, row.session, row.parent, row.place, row.cohort,
                    self.rows.parse(row.kind, row.state), row.done, row.begun,
                )  # fmt: skip
        return [self.dialogs[row.id] for row in rows]

    def fetch_notes(self, dialogs: set[str], people: set[str]) -> None:
        """Read all notes of these people in these dialogs."""
        if dialogs and people:
            found = NOTES_OF_THESE(self.db, [*dialogs], [*people])
            for row in found:
                kept = Kept(row.value, row.at, row.event, row.first, row.first_at)
                self.notes[row.dialog, row.person].setdefault(row.key, kept)
            self.whole |= {(dialog, person) for dialog in dialogs for person in people}

    def live(self, id_: str | None) -> Live | None:
        """A dialog by id, as this batch left it."""
        if id_ is None:
            return None
        self._fetch([id_])
        return self.dialogs.get(id_)

    def of_session(self, session: str) -> list[Live]:
        """The dialogs of a session that are not done, oldest first."""
        return self.running(DIALOG.c.session == session)

    def running(self, which: ColumnElement[bool]) -> list[Live]:
        """Dialogs that are not done, oldest first."""
        if self._moved():
            self.flush()
        rows = select(DIALOG).where(which, DIALOG.c.done.is_(False)).order_by(DIALOG.c.begun, DIALOG.c.id)
        return self._keep(self.db.execute(rows).all())

    # -- one event -----------------------------------------------------------------------------------------------------

    def turn(self, event: Event) -> Outcome:
        """Decide one event and everything that follows from it."""
        # What fences a Rang is its row (`_stands`): a timer set again for the moment at which it rang rings once more.
        if (event.tenant, event.id) in self.heard and not isinstance(event, Rang):
            told = self.heard[event.tenant, event.id]
            return Outcome(quote(told) if told else None, again=True)
        self.touched = self.woke = self.hurried = False
        self.deciding.clear()
        try:
            session = routing.session_of(self, event)
            # Leaving brings nobody in: the page of somebody who was taken off the roster closes, too.
            if session and event.by and not isinstance(event, Joined | Left | Rang):
                self._arrive(event, session)
        except RefusedError as refused:
            if self.touched:
                raise
            return Outcome(refused.reply)  # before anything has changed, so that the batch goes on
        if isinstance(event, Commanded) and event.aside and session is None and event.command.verb == "poll":
            event = replace(event, place=event.aside)
        if isinstance(event, Rang) and not self._stands(event):
            return Outcome(again=True)
        reply = None
        for dialog in routing.heard_by(self, event, session):
            reply = self.decided(dialog, event, 0) or reply
        if session and event.by and isinstance(event, Said | Reacted | Joined | Left):
            self._act(event, session)
        if self.touched and not isinstance(event, Rang):
            told = spoken(reply)
            self.heard[event.tenant, event.id] = told
            self.out.heard.append({"tenant": event.tenant, "id": event.id, "at": self.now, "reply": told})
        return Outcome(reply, woke=self.woke, hurried=self.hurried, dialogs=tuple(self.deciding))

    def _stands(self, rang: Rang) -> bool:
        """A timer rings only while it stands at that time; ringing takes it away."""
        key = (rang.dialog or "", rang.timer)
        if key in self.out.timers:
            row = self.out.timers[key]
            at = row["at"] if row else None
        else:
            at = self.db.execute(select(TIMER.c.at).where(TIMER.c.dialog == key[0], TIMER.c.name == key[1])).scalar()
        if at != rang.due:
            return False
        self.out.timers[key] = None
        return True

    def _arrive(self, event: Event, session: Live) -> None:
        """Whoever acts in a place of a session for the first time comes in by that."""
        if self.role(session.id, event.by or "") is not None:
            return
        if event.place is None or not self.places.holds(event.tenant, event.place, session.id):
            raise RefusedError(t("You are not in this session."))
        joined = Joined(
            id=f"{event.id}:came", at=event.at, tenant=event.tenant, by=event.by, place=event.place, there=False
        )
        self.decided(session, joined, 0)

    def decided(self, dialog: Live, event: Event, deep: int) -> Reply | None:
        """What a dialog says of an event, and what follows from it. Returns the answer to the one who acted."""
        if dialog.done and not isinstance(event, Pressed | Submitted | Said | Commanded):
            return None
        if event.dialog != dialog.id:
            event = replace(event, dialog=dialog.id)
        self.need(key_of(dialog))
        self.deciding[dialog.id] = None
        step: Step[Any] = self.decide(dialog.frozen(), event, self, self.now)
        changed = step.state is not dialog.state and step.state != dialog.state  # a vote changes none: seen at a glance
        if alone_for(event, step.effects, changed=changed or (step.done and not dialog.done)):
            self.need(key_of(dialog), alone=True)
        if changed:
            dialog.state = step.state
            dialog.changed = self.touched = self.hurried = True
            effects.settle_places(self, dialog)
        if step.done and not dialog.done:
            dialog.done = dialog.changed = self.touched = self.hurried = True
            self.out.silenced.append(dialog.id)
        reply = step.reply
        for effect in step.effects:
            self.touched = True
            told = effects.apply(self, dialog, effect, event, deep)
            reply = reply or told  # whoever began or told another may leave the answer to it
        return reply

    def need(self, key: str, *, alone: bool = False) -> None:
        """Nothing is decided on what another process may be changing: raises NotHeldError."""
        if self.locks is not None:
            self.locks.need(key, alone=alone)

    def _act(self, event: Event, session: Live) -> None:
        """Count what somebody did. What happens in a place without a running session is nobody's business."""
        self.need(session.id)
        phase = brief_of(session.frozen()).phase
        coming = isinstance(event, Joined | Left)
        if isinstance(event, Joined) and not event.there:
            return
        if phase != "open" and not (coming and phase == "planned"):
            return
        posts = 1 if isinstance(event, Said) and (event.words >= 3 or event.dialog) else 0
        self.out.act(session.tenant, session.id, event.by or "", type(event).__name__.lower(), event.at, posts)
        self.touched = True

    # -- facts, as this batch left them --------------------------------------------------------------------------------

    def dialog(self, id: str) -> Dialog | None:  # noqa: A002 - it is the id; see storage.base.Facts
        found = self.live(id)
        return found.frozen() if found else None

    def role(self, session: str, person: str) -> Role | None:
        value = self.mine(session, person).get("role")
        return Role(value) if value else None

    def mine(self, dialog: str, person: str) -> Mapping[str, str]:
        if (dialog, person) not in self.whole:
            self.fetch_notes({dialog}, {person})
        own = self.notes.get((dialog, person), {})
        return {key: kept.value for key, kept in own.items() if kept.value is not None}

    def host(self, person: str) -> bool:
        return self.rows.host(person)

    def tally(self, dialog: str, *, notes: bool) -> Tally:
        return self._stored(self.out.notes).tally(dialog, notes=notes)

    def attendance(self, session: str) -> Sequence[Attended]:
        return self._stored(self.out.notes, self.out.activity, self.out.people, self._moved()).attendance(session)

    def turns(self, cohort: str) -> Sequence[Turned]:
        return self._stored(self.out.turns).turns(cohort)

    def delivery(self, dialog: str) -> Sequence[Sent]:
        return self._stored(self.out.notes).delivery(dialog)

    def aside(self, session: str) -> Sequence[Stuck]:
        return self._stored(self.out.timers).aside(session)

    def siblings(self, session: str) -> Sequence[Dialog]:
        return self._stored(self._moved()).siblings(session)

    def sessions(self, person: str) -> Sequence[Listing]:
        return self._stored(self.out.notes, self._moved()).sessions(person)

    def _moved(self) -> bool:
        return any(one.new or one.changed for one in self.dialogs.values())

    def _stored(self, *pending: object) -> Rows:
        """What the database can tell, once it has been told what of this is still pending."""
        if any(pending):
            # Written twice in one transaction, rows are not locked in the order of their keys any more: of two workers
            # that share a session each would wait for the other.
            if self.locks is not None and not self.locks.alone:
                raise OthersFirstError
            self.flush()
        return self.rows

    def flush(self) -> None:
        """Write what has gathered: one statement per table, rows in the order of their keys."""
        if self.out.write(self.db, self):
            self.rows = Rows(self.db, self.kinds)


def spoken(reply: Reply | None) -> str | None:
    """A reply in plain words, for whoever delivers the same event again. A card is not kept: one can ask for it."""
    if not isinstance(reply, Text):
        return None
    pieces = list(reply.pieces())
    return "".join(pieces) if all(isinstance(piece, str) for piece in pieces) else None  # type: ignore[arg-type]
