"""Whom messages did not reach: the facilitators are told, and the room calls them to what waits for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialogs.base import FACILITATOR, Show, Step
from dialogs.session_state import State, Unreached

MISSED = 60  # of whom it is remembered that they were not reached; with more, something else is wrong


def unreached(session: State, data: Mapping[str, Any]) -> Step[State]:
    """The facilitators see whom a message did not reach, and the room calls them to what waits for them."""
    waits = session.brief.phase if data.get("waits") else ""
    given = {key: value for key, value in data.items() if key != "waits"}
    new = Unreached.model_validate({**given, "phase": waits})
    called = calls_out(session, new)
    others = tuple(one for one in session.unreached if (one.place, one.person) != (new.place, new.person))
    if len(others) >= MISSED or new in session.unreached:
        return Step(session, called)
    told = session.model_copy(update={"unreached": (*others, new)})
    return Step(told, (*called, Show("desk", FACILITATOR)))


def calls_out(session: State, missed: Unreached) -> tuple[Show, ...]:
    """A message in their room that mentions them, one for each phase: an edit would call nobody."""
    rooms = (place for place in session.brief.places if missed.via and place.startswith(f"{missed.via}:"))
    room = next(rooms, None) if missed.person and missed.phase == session.brief.phase else None
    return (Show(f"callout:{missed.via}:{missed.phase}", room),) if room else ()


def called_back(session: State) -> tuple[Show, ...]:
    """What people were called to in this phase does not wait for them any more."""
    return tuple(dict.fromkeys(show for missed in session.unreached for show in calls_out(session, missed)))


def called(session: State, via: str, phase: str) -> tuple[str, ...] | None:
    """Who is called out in a message of this phase. None: it is over."""
    if phase != session.brief.phase or session.answered:
        return None
    missed = (one for one in session.unreached if one.via == via and one.phase == phase)
    return tuple(one.person for one in missed if one.person)


def reached(session: State, place: str) -> Step[State]:
    """What could not be shown there goes out now."""
    rest = tuple(one for one in session.unreached if one.place != place)
    if rest == session.unreached:
        return Step(session)
    return Step(session.model_copy(update={"unreached": rest}), (Show("desk", FACILITATOR),))
