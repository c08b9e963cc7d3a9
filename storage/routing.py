"""Routing: which dialogs hear an event.

A dialog that is named hears it. Else the place decides: a command goes to the session that is meant there, or to the
desk of whoever typed it; what people say and do goes to a session that is running.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dialogs.base import FACILITATOR, Commanded, Event, Joined, Left, Reacted, Said
from dialogs.card import t
from dialogs.words import PERSON
from storage import effects
from storage.effects import RefusedError, identify
from storage.live import EPOCH, Live

if TYPE_CHECKING:
    from storage.batch import Batch

AFTERWARDS = {"survey", "digest"}  # about the session that was, though next week's may be planned in its place
DESK = "desk"  # the key and the kind of a person's desk


def session_of(batch: Batch, event: Event) -> Live | None:
    """The session that an event is about. Raises RefusedError where it names what is not there."""
    dialog = batch.live(event.dialog)
    if event.dialog:
        if dialog is None or dialog.tenant != event.tenant:
            raise RefusedError(t("That is not here any more. Please load the page again."))
        if dialog.key == DESK and event.by and dialog.scope != f"person:{event.by}":
            raise RefusedError(t("That is not yours."))  # a desk is one person's, whoever else knows its id
        return batch.live(dialog.session)
    if isinstance(event, Commanded):
        for named in PERSON.findall(" ".join(event.command.words)):
            effects.ours(batch, event.tenant, named)  # or the answer would say who that is
        return _meant(batch, event)
    return batch.live(_running(batch, event))


def _running(batch: Batch, event: Event) -> str | None:
    """Where people talk without a session that runs, it is nobody's business; whoever comes belongs to the next."""
    held = batch.places.now(event.tenant, event.place) if event.place else None
    if held is None or event.place == home(held.session):
        return held.session if held else None
    wanted = {"open", "planned"} if isinstance(event, Joined | Left) else {"open"}
    return held.session if held.phase in wanted or not isinstance(event, Said | Reacted | Joined | Left) else None


def _meant(batch: Batch, event: Commanded) -> Live | None:
    """The session that a command is meant for; None: the desk of whoever typed it."""
    if event.command.desk:
        return None
    if event.command.verb == "here":
        return _own(batch, event)
    if event.place is None:
        return None if event.command.verb == "help" else _own(batch, event)
    held = batch.places.all(event.tenant, event.place)
    if event.command.verb in AFTERWARDS:
        held.sort(key=lambda one: one.phase == "planned")
    meant = (one for one in held if event.place == home(one.session) or event.command.fits(one.phase))
    return next((batch.live(one.session) for one in meant), None)


def _own(batch: Batch, event: Commanded) -> Live | None:
    """Typed privately: the session that this person leads now, else their next."""
    if event.by is None:
        return None
    lead = [one for one in batch.sessions(event.by) if one.role is FACILITATOR and event.command.fits(one.brief.phase)]
    live = [one for one in lead if one.brief.phase == "open"]
    if len(live) > 1:
        raise RefusedError(t("You have several sessions open: type this in the room of the one you mean."))
    planned = sorted(
        (one for one in lead if one.brief.phase == "planned"),
        key=lambda one: (one.brief.starts is None, one.brief.starts or EPOCH, one.session),
    )
    closed = sorted(
        (one for one in lead if one.brief.phase == "closed"), key=lambda one: one.brief.closed or EPOCH, reverse=True
    )
    rest = (*closed, *planned) if event.command.verb in AFTERWARDS else (*planned, *closed)
    return next((batch.live(one.session) for one in (*live, *rest)), None)


def home(session: str) -> str:
    """The session's own web room: nothing else happens there."""
    return f"web:{session}"


def heard_by(batch: Batch, event: Event, session: Live | None) -> list[Live]:
    """The dialogs that decide on this event."""
    if event.dialog:
        dialog = batch.live(event.dialog)
        return [dialog] if dialog else []
    if isinstance(event, Commanded):
        if session:
            return [session]
        return [_desk(batch, event)] if event.by else []
    if isinstance(event, Said) and not event.room:
        return []
    if session is None or not any(type(event) in kind.hears for kind in batch.kinds.values()):
        return []
    return [one for one in batch.of_session(session.id) if type(event) in batch.kinds[one.kind].hears]


def _desk(batch: Batch, event: Event) -> Live:
    """The desk of the person who acts, begun when it is first spoken to."""
    scope = f"person:{event.by}"
    desk = batch.live(identify(event.tenant, scope, DESK))
    if desk is None:
        desk = effects.new(batch, event, scope, DESK, DESK, batch.kinds["desk"].State(), None)
        batch.decided(desk, effects.started(event, desk.id), 0)
    return desk
