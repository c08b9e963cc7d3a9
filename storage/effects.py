"""Effects: what a step says must be true, made true in the batch's memory. Each has a key, so twice is once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, assert_never

from pydantic import ValidationError
from sqlalchemy import select

from dialogs.base import (
    CHILDREN,
    PARENT,
    ROOM,
    Begin,
    Effect,
    Event,
    Frozen,
    Meet,
    Note,
    Show,
    Started,
    Tell,
    Told,
    Turn,
    Wake,
)
from dialogs.card import Reply, Text, t
from storage.facts import brief_of
from storage.live import Kept, Live
from storage.tables import DIALOG, PERSON

if TYPE_CHECKING:
    from storage.batch import Batch

DEEP = 8  # how many dialogs may tell each other on for one event


class RefusedError(Exception):
    """This event cannot be: nothing of it is stored, and whoever acted is told why."""

    def __init__(self, reply: Text) -> None:
        super().__init__(reply.template)
        self.reply = reply


def apply(batch: Batch, dialog: Live, effect: Effect, event: Event, deep: int) -> Reply | None:
    """Make one effect true. Returns what a dialog that was begun or told answers."""
    match effect:
        case Show(slot, to, latecomers):
            batch.out.marks[dialog.id, slot, str(to), ""] = dialog.tenant
            batch.hurried |= str(to) != ROOM or (dialog.id, slot) not in batch.known.rooms
            batch.out.shows[dialog.id, slot, str(to)] = (dialog.tenant, dialog.session, latecomers)
        case Wake(timer, at):
            batch.out.wake(dialog.tenant, dialog.id, timer, at)
            batch.woke = True
        case Note(key, person, value):
            _note(batch, dialog, key, person, value, event)
        case Begin():
            return _begin(batch, dialog, effect, event, deep)
        case Tell(to, what, data):
            return _tell(batch, dialog, to, Told(**following(event, what), what=what, data=data), deep)
        case Turn(person, what, used):
            batch.need(f"cohort:{dialog.cohort}", alone=True)  # two sessions share one rotation
            batch.out.turns.append((dialog.cohort, dialog.id, person, what, dialog.tenant, event.at, used))
        case Meet(person, name):
            batch.out.people.append({"id": person, "tenant": dialog.tenant, "name": name})
        case _:
            assert_never(effect)
    return None


def _note(batch: Batch, dialog: Live, key: str, person: str, value: str | None, event: Event) -> None:
    root = batch.kinds[dialog.kind].root
    if root and value and key in {"role", "manager"}:
        ours(batch, dialog.tenant, value if key == "manager" else person)
    if (dialog.id, person) not in batch.whole:
        batch.fetch_notes({dialog.id}, {person})
    notes = batch.notes[dialog.id, person]
    old = notes.get(key)
    if old is None:
        notes[key] = Kept(value, event.at, event.id, value, event.at)
    else:
        if (event.at, event.id) >= (old.at, old.event):  # equal: one step that says it twice means the later
            old.value, old.at, old.event = value, event.at, event.id
        if value is not None and (old.first is None or (event.at, value) < (old.first_at, old.first)):
            old.first, old.first_at = value, event.at
    batch.out.notes[dialog.id, key, person] = dialog.tenant
    if root and key == "role" and value:
        batch.out.enrolled.append((dialog.id, person, value))
        batch.hurried = True


def ours(batch: Batch, tenant: str, person: str) -> None:
    """Nobody of another company comes into a session, or their name would be read here, by whoever guesses their id."""
    owner = batch.db.execute(select(PERSON.c.tenant).where(PERSON.c.id == person)).scalar()
    if owner not in {None, tenant}:
        raise RefusedError(t("There is nobody of that name here."))


def _begin(batch: Batch, parent: Live, begin: Begin, event: Event, deep: int) -> Reply | None:
    if deep >= DEEP:
        raise RecursionError(f"{parent.kind} begins dialogs more than {DEEP} deep")
    scope = _scope(parent, begin.of, event)
    id_ = identify(parent.tenant, scope, begin.key)
    if batch.live(id_) is not None:
        return None
    kind = batch.kinds[begin.kind]
    try:
        state = kind.State.model_validate(begin.setup)
    except ValidationError as error:
        raise RefusedError(_refusal(begin.kind, error)) from error
    child = new(batch, event, scope, begin.key, begin.kind, state, parent)
    return batch.decided(child, started(event, id_), deep + 1)


def _scope(parent: Live, of: str, event: Event) -> str:
    if of == "cohort":
        return f"cohort:{parent.cohort}"
    if of == "person" and event.by:
        return f"person:{event.by}"
    return f"session:{parent.session}" if parent.session else f"place:{event.place or parent.place or event.by}"


def new(batch: Batch, event: Event, scope: str, key: str, kind: str, state: Frozen, parent: Live | None) -> Live:
    """A dialog that begins now."""
    id_, root = identify(event.tenant, scope, key), batch.kinds[kind].root
    session = id_ if root else parent.session if parent else None
    cohort = parent.cohort if parent else id_
    if root:
        told: str = state.brief.cohort  # type: ignore[attr-defined]
        # Two companies may both call a cohort "spring": they share no rotation.
        cohort = identify(event.tenant, "cohort", told) if told else id_
    batch.need(session or id_, alone=True)
    begun = Live(
        id_, event.tenant, scope, key, kind, session, parent.id if parent else None,
        None if session else event.place, cohort, state, done=False, begun=batch.now, new=True,
    )  # fmt: skip
    batch.dialogs[id_] = begun
    batch.touched = True
    settle_places(batch, begun)
    return begun


def settle_places(batch: Batch, dialog: Live) -> None:
    """The places of a session lead to it, and know how far it is."""
    if batch.kinds[dialog.kind].root:
        brief = brief_of(dialog.frozen())
        for place in brief.places:
            batch.places.put(dialog.tenant, place, dialog.id, brief)


def _tell(batch: Batch, dialog: Live, to: str, told: Told, deep: int) -> Reply | None:
    if deep >= DEEP:
        raise RecursionError(f"{dialog.kind} tells on more than {DEEP} deep")
    if to == PARENT:
        heard = [one for one in [batch.live(dialog.parent)] if one]
    elif to == CHILDREN:
        heard = batch.running(DIALOG.c.parent == dialog.id)
    else:
        one = batch.live(identify(dialog.tenant, f"session:{dialog.session}", to)) or batch.live(to)
        heard = [one] if one and (one.tenant, one.session) == (dialog.tenant, dialog.session) else []
    replies = [batch.decided(child, told, deep + 1) for child in heard]
    return next((reply for reply in replies if reply), None)


def identify(tenant: str, scope: str, key: str) -> str:
    """The id of a dialog, the same for the same key: so that beginning it twice is beginning it once."""
    return "d" + hashlib.blake2s(f"{tenant}\n{scope}\n{key}".encode(), digest_size=10).hexdigest()


def started(event: Event, dialog: str) -> Started:
    """A dialog's first event, caused by this one."""
    return Started(**following(event, dialog), dialog=dialog)


def following(event: Event, what: str) -> dict[str, Any]:
    """The fields of an event that follows from another."""
    return {"id": f"{event.id}>{what}", "at": event.at, "tenant": event.tenant, "by": event.by, "place": event.place}


def _refusal(kind: str, error: ValidationError) -> Text:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or kind
    return t("This {kind} cannot begin: {where}: {why}.", kind=kind, where=where, why=first["msg"])
