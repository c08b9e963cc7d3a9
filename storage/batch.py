"""A batch: events decided in order over what one transaction sees, then written with one statement per table.

Nothing here is undone by hand: if any event fails, the store rolls the transaction back and takes the events one by one
(`sql.turns`), so that an error costs its own event only.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, assert_never

from pydantic import ValidationError
from sqlalchemy import ColumnElement, Connection, Row, select

from dialogs.base import (
    CHILDREN,
    PARENT,
    AnyKind,
    Begin,
    Brief,
    Commanded,
    Effect,
    Event,
    Frozen,
    Joined,
    Left,
    Meet,
    Note,
    Pressed,
    Rang,
    Reacted,
    Role,
    Said,
    Show,
    Started,
    Step,
    Submitted,
    Tally,
    Tell,
    Told,
    Turn,
    Wake,
)
from dialogs.card import Card, Text, quote, t
from dialogs.rotation import Turned
from storage import writing
from storage.base import Attended, Decide, Dialog, Listing, Outcome
from storage.facts import Rows, brief_of
from storage.tables import DIALOG, HEARD, NOTE, PLACE, TIMER

DEEP = 8  # how many dialogs may tell each other on for one event


class RefusedError(Exception):
    """This event cannot be: nothing of it is stored, and whoever acted is told why."""

    def __init__(self, reply: Text) -> None:
        super().__init__(reply.template)
        self.reply = reply


@dataclass(slots=True)
class Live:
    """A dialog in memory, while the batch lasts."""

    id: str
    tenant: str
    scope: str
    key: str
    kind: str
    session: str | None
    parent: str | None
    place: str | None
    cohort: str
    state: Frozen
    done: bool
    begun: datetime
    new: bool = False
    changed: bool = False

    def frozen(self) -> Dialog:
        """As dialogs and facts know it."""
        return Dialog(self.id, self.tenant, self.kind, self.state, self.session, self.cohort, self.done)


@dataclass(slots=True)
class Kept:
    """A note in memory."""

    value: str | None
    at: datetime
    event: str
    first: str | None
    first_at: datetime


class Batch:
    """Call `load` once, `turn` for each event, `flush` at the end."""

    def __init__(self, db: Connection, kinds: Mapping[str, AnyKind], decide: Decide, now: datetime) -> None:
        self.db, self.kinds, self.decide, self.now = db, kinds, decide, now
        self.rows = Rows(db, kinds)
        self.heard: dict[tuple[str, str], str | None] = {}
        self.dialogs: dict[str, Live] = {}
        self.places: dict[tuple[str, str], str | None] = {}
        self.notes: dict[tuple[str, str], dict[str, Kept]] = defaultdict(dict)  # (dialog, person) -> by key
        self.whole: set[tuple[str, str]] = set()  # (dialog, person) whose notes are all in memory
        self.out = writing.Pending()
        self.touched = False  # the event at hand changed something

    # -- reading -------------------------------------------------------------------------------------------------------

    def load(self, events: Sequence[Event]) -> None:
        """Read in a few statements what deciding these events will ask for one by one."""
        for tenant in {event.tenant for event in events}:
            ids = [event.id for event in events if event.tenant == tenant]
            found = self.db.execute(
                select(HEARD.c.id, HEARD.c.reply).where(HEARD.c.tenant == tenant, HEARD.c.id.in_(ids))
            )
            self.heard |= {(tenant, row.id): row.reply for row in found}
            rooms = {event.place for event in events if event.tenant == tenant and event.place}
            if rooms:
                at = self.db.execute(
                    select(PLACE.c.id, PLACE.c.session).where(PLACE.c.tenant == tenant, PLACE.c.id.in_(rooms))
                )
                self.places |= {(tenant, row.id): row.session for row in at}
        self._fetch({event.dialog for event in events if event.dialog} | {x for x in self.places.values() if x})
        self._fetch({one.session for one in self.dialogs.values() if one.session})
        self._fetch_notes(set(self.dialogs), {event.by for event in events if event.by})

    def _fetch(self, ids: Iterable[str]) -> None:
        missing = [id_ for id_ in ids if id_ not in self.dialogs]
        if missing:
            self._keep(self.db.execute(select(DIALOG).where(DIALOG.c.id.in_(missing))).all())

    def _keep(self, rows: Sequence[Row[Any]]) -> list[Live]:
        """Rows as dialogs in memory; one that is there already stays as this batch left it."""
        for row in rows:
            if row.id not in self.dialogs:
                self.dialogs[row.id] = Live(
                    row.id, row.tenant, row.scope, row.key, row.kind, row.session, row.parent, row.place, row.cohort,
                    self.rows.parse(row.kind, row.state), row.done, row.begun,
                )  # fmt: skip
        return [self.dialogs[row.id] for row in rows]

    def _fetch_notes(self, dialogs: set[str], people: set[str]) -> None:
        if dialogs and people:
            found = self.db.execute(select(NOTE).where(NOTE.c.dialog.in_(dialogs), NOTE.c.person.in_(people)))
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
        return self._running(DIALOG.c.session == session)

    def _running(self, which: ColumnElement[bool]) -> list[Live]:
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
        self.touched = False
        try:
            session = self._session_of(event)
            # Leaving brings nobody in: the page of somebody who was taken off the roster closes, too.
            if session and event.by and not isinstance(event, Joined | Left | Rang):
                self._arrive(event, session)
        except RefusedError as refused:
            if self.touched:
                raise
            return Outcome(refused.reply)  # before anything has changed, so that the batch goes on
        if isinstance(event, Rang) and not self._stands(event):
            return Outcome(again=True)
        reply = None
        for dialog in self._route(event, session):
            reply = self._decide(dialog, event, 0) or reply
        if session and event.by and isinstance(event, Said | Reacted | Joined | Left):
            self._act(event, session)
        if self.touched and not isinstance(event, Rang):
            told = spoken(reply)
            self.heard[event.tenant, event.id] = told
            self.out.heard.append({"tenant": event.tenant, "id": event.id, "at": self.now, "reply": told})
        return Outcome(reply)

    def _session_of(self, event: Event) -> Live | None:
        dialog = self.live(event.dialog)
        if event.dialog and (dialog is None or dialog.tenant != event.tenant):
            raise RefusedError(t("That is not here any more. Please load the page again."))
        if dialog:
            return self.live(dialog.session)
        return self.live(self.places.get((event.tenant, event.place))) if event.place else None

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
        if self.places.get((event.tenant, event.place or "")) != session.id:
            raise RefusedError(t("You are not in this session."))
        joined = Joined(id=f"{event.id}:came", at=event.at, tenant=event.tenant, by=event.by, place=event.place)
        self._decide(session, joined, 0)

    def _route(self, event: Event, session: Live | None) -> list[Live]:
        if event.dialog:
            dialog = self.live(event.dialog)
            return [dialog] if dialog else []
        if isinstance(event, Commanded):
            if session and not event.command.desk:
                return [session]
            return [self._desk(event)] if event.by else []
        if session is None:
            return []
        if not any(type(event) in kind.hears for kind in self.kinds.values()):
            return []
        return [one for one in self.of_session(session.id) if type(event) in self.kinds[one.kind].hears]

    def _desk(self, event: Event) -> Live:
        """The desk of the person who acts, begun when it is first spoken to."""
        id_ = identify(event.tenant, f"person:{event.by}", "desk")
        desk = self.live(id_)
        if desk is None:
            desk = self._new(id_, event, f"person:{event.by}", "desk", "desk", self.kinds["desk"].State(), None)
            self._decide(desk, started(event, desk.id), 0)
        return desk

    def _decide(self, dialog: Live, event: Event, deep: int) -> Text | Card | None:
        if dialog.done and not isinstance(event, Pressed | Submitted | Said | Commanded):
            return None
        if event.dialog != dialog.id:
            event = replace(event, dialog=dialog.id)
        step: Step[Any] = self.decide(dialog.frozen(), event, self, self.now)
        if step.state != dialog.state:
            before, dialog.state = dialog.state, step.state
            dialog.changed = self.touched = True
            self._settle_places(dialog, before)
        if step.done and not dialog.done:
            dialog.done, dialog.changed, self.touched = True, True, True
            self.out.silenced.append(dialog.id)
        reply = step.reply
        for effect in step.effects:
            self.touched = True
            told = self._apply(dialog, effect, event, deep)
            reply = reply or told  # whoever began or told another may leave the answer to it
        return reply

    # -- effects -------------------------------------------------------------------------------------------------------

    def _apply(self, dialog: Live, effect: Effect, event: Event, deep: int) -> Text | Card | None:
        match effect:
            case Show(slot, to):
                self.out.marks[dialog.id, slot, str(to), ""] = dialog.tenant
                self.out.shows[dialog.id, slot, str(to)] = (dialog.tenant, dialog.session)
            case Wake(timer, at):
                self.out.wake(dialog.tenant, dialog.id, timer, at)
            case Note(key, person, value):
                self._note(dialog, key, person, value, event)
            case Begin():
                return self._begin(dialog, effect, event, deep)
            case Tell(to, what, data):
                return self._tell(dialog, to, Told(**said(event, what), what=what, data=data), deep)
            case Turn(person, what, used):
                self.out.turns.append((dialog.cohort, dialog.id, person, what, dialog.tenant, event.at, used))
            case Meet(person, name):
                self.out.people.append({"id": person, "tenant": dialog.tenant, "name": name})
            case _:
                assert_never(effect)
        return None

    def _note(self, dialog: Live, key: str, person: str, value: str | None, event: Event) -> None:
        if (dialog.id, person) not in self.whole:
            self._fetch_notes({dialog.id}, {person})
        notes = self.notes[dialog.id, person]
        old = notes.get(key)
        if old is None:
            notes[key] = Kept(value, event.at, event.id, value, event.at)
        else:
            if (event.at, event.id) >= (old.at, old.event):  # equal: one step that says it twice means the later
                old.value, old.at, old.event = value, event.at, event.id
            if value is not None and (old.first is None or (event.at, value) < (old.first_at, old.first)):
                old.first, old.first_at = value, event.at
        self.out.notes[dialog.id, key, person] = dialog.tenant
        if key == "role" and value and self.kinds[dialog.kind].root:
            self.out.enrolled.append((dialog.id, person, value))

    def _begin(self, parent: Live, begin: Begin, event: Event, deep: int) -> Text | Card | None:
        if deep >= DEEP:
            raise RecursionError(f"{parent.kind} begins dialogs more than {DEEP} deep")
        scope = self._scope(parent, begin.of, event)
        id_ = identify(parent.tenant, scope, begin.key)
        if self.live(id_) is not None:
            return None
        kind = self.kinds[begin.kind]
        try:
            state = kind.State.model_validate(begin.setup)
        except ValidationError as error:
            raise RefusedError(_refusal(begin.kind, error)) from error
        child = self._new(id_, event, scope, begin.key, begin.kind, state, parent)
        return self._decide(child, started(event, id_), deep + 1)

    def _scope(self, parent: Live, of: str, event: Event) -> str:
        if of == "cohort":
            return f"cohort:{parent.cohort}"
        if of == "person" and event.by:
            return f"person:{event.by}"
        return f"session:{parent.session}" if parent.session else f"place:{event.place or parent.place or event.by}"

    def _new(self, id_: str, event: Event, scope: str, key: str, kind: str, state: Frozen, parent: Live | None) -> Live:
        root = self.kinds[kind].root
        session = id_ if root else parent.session if parent else None
        cohort = parent.cohort if parent else id_
        if root:
            brief: Brief = state.brief  # type: ignore[attr-defined]
            # Two companies may both call a cohort "spring": they share no rotation.
            cohort = identify(event.tenant, "cohort", brief.cohort) if brief.cohort else id_
        place = None if session else event.place
        new = Live(
            id_, event.tenant, scope, key, kind, session, parent.id if parent else None, place, cohort, state,
            done=False, begun=self.now, new=True,
        )  # fmt: skip
        self.dialogs[id_] = new
        self.touched = True
        self._settle_places(new)
        return new

    def _tell(self, dialog: Live, to: str, told: Told, deep: int) -> Text | Card | None:
        if deep >= DEEP:
            raise RecursionError(f"{dialog.kind} tells on more than {DEEP} deep")
        if to == PARENT:
            heard = [one for one in [self.live(dialog.parent)] if one]
        elif to == CHILDREN:
            heard = self._running(DIALOG.c.parent == dialog.id)
        else:
            one = self.live(identify(dialog.tenant, f"session:{dialog.session}", to)) or self.live(to)
            heard = [one] if one and (one.tenant, one.session) == (dialog.tenant, dialog.session) else []
        replies = [self._decide(child, told, deep + 1) for child in heard]
        return next((reply for reply in replies if reply), None)

    def _settle_places(self, dialog: Live, before: Frozen | None = None) -> None:
        """The places that a session has got lead to it from now on."""
        if self.kinds[dialog.kind].root:
            known = before.brief.places if before else ()  # type: ignore[attr-defined]
            for place in brief_of(dialog.frozen()).places:
                if place not in known:
                    self.places[dialog.tenant, place] = dialog.id
                    self.out.places[dialog.tenant, place] = dialog.id

    def _act(self, event: Event, session: Live) -> None:
        """Count what somebody did. What happens in a place without a running session is nobody's business."""
        phase = brief_of(session.frozen()).phase
        coming = isinstance(event, Joined | Left)
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
            self._fetch_notes({dialog}, {person})
        own = self.notes.get((dialog, person), {})
        return {key: kept.value for key, kept in own.items() if kept.value is not None}

    def host(self, person: str) -> bool:
        return self._saved().host(person)

    def tally(self, dialog: str, *, notes: bool) -> Tally:
        return self._saved().tally(dialog, notes=notes)

    def attendance(self, session: str) -> Sequence[Attended]:
        return self._saved().attendance(session)

    def turns(self, cohort: str) -> Sequence[Turned]:
        return self._saved().turns(cohort)

    def siblings(self, session: str) -> Sequence[Dialog]:
        return self._saved().siblings(session)

    def sessions(self, person: str) -> Sequence[Listing]:
        return self._saved().sessions(person)

    def _saved(self) -> Rows:
        self.flush()
        return self.rows

    def flush(self) -> None:
        """Write what has gathered: one statement per table, rows in the order of their keys."""
        if self.out.write(self.db, self):
            self.rows = Rows(self.db, self.kinds)


def identify(tenant: str, scope: str, key: str) -> str:
    """The id of a dialog, the same for the same key: so that beginning it twice is beginning it once."""
    return "d" + hashlib.blake2s(f"{tenant}\n{scope}\n{key}".encode(), digest_size=10).hexdigest()


def started(event: Event, dialog: str) -> Started:
    """A dialog's first event, caused by this one."""
    return Started(**said(event, dialog), dialog=dialog)


def said(event: Event, what: str) -> dict[str, Any]:
    """The fields of an event that follows from another."""
    return {"id": f"{event.id}>{what}", "at": event.at, "tenant": event.tenant, "by": event.by, "place": event.place}


def spoken(reply: Text | Card | None) -> str | None:
    """A reply in plain words, for whoever delivers the same event again. A card is not kept: one can ask for it."""
    if not isinstance(reply, Text):
        return None
    pieces = list(reply.pieces())
    return "".join(pieces) if all(isinstance(piece, str) for piece in pieces) else None  # type: ignore[arg-type]


def _refusal(kind: str, error: ValidationError) -> Text:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or kind
    return t("This {kind} cannot begin: {where}: {why}.", kind=kind, where=where, why=first["msg"])
