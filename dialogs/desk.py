"""Desk: a person's own place outside any session: their sessions, and the commands that create one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

from pydantic import AwareDatetime, ValidationError

from dialogs.base import (
    Begin,
    Brief,
    Commanded,
    Event,
    Frozen,
    Kind,
    Listed,
    Look,
    Scene,
    Show,
    Started,
    Step,
    Submitted,
)
from dialogs.card import Card, Fact, Link, Text, Typed, When, quote, t
from dialogs.commands import help_card, moment, seconds
from dialogs.moments import zone_named
from dialogs.plan import poll_setup

SHOWN = 20  # sessions on one card
UNTITLED = "Untitled session"
GUEST = t("You are a guest here. Ask your administrator for a link with which you can create sessions.")


class State(Frozen):
    """Nothing to remember: the sessions are the person's notes in them."""


class Asked(Frozen):
    """A session as a program of ours describes it (`cohost session create`)."""

    plan: dict[str, Any] | None = None
    at: AwareDatetime | None = None
    zone: str = "UTC"
    title: str | None = None
    cohort: str = ""
    people: tuple[dict[str, Any], ...] = ()


def decide(desk: State, event: Event, scene: Scene) -> Step[State]:
    """Create a session, list them, help."""
    match event:
        case Started():
            return Step(desk, (Show("desk", event.by or ""),))
        case Commanded(command=command) if command.verb == "help":
            return Step(desk, reply=help_card(next(iter(command.words), None), None))
        case Commanded(command=command) if command.verb == "sessions":
            return Step(desk, reply=listed(scene.sessions))
        case Commanded(command=command) if command.verb in {"new", "start"} and not scene.host:
            return Step(desk, reply=GUEST)
        case Commanded(command=command) if command.verb == "new":
            return created(desk, event, scene)
        case Commanded(command=command) if command.verb == "start":
            title = command.words[0] if command.words else ""
            if not title:
                return Step(
                    desk,
                    reply=t(
                        "Give the session a title, for example: {start}", start=Typed('start "Team retrospective"')
                    ),
                )
            return begun(desk, event, {"brief": {"title": title, "places": room_of(event)}, "at_once": True})
        case Commanded(command=command) if command.verb == "here":
            return Step(
                desk, reply=t("You lead no session that could come here. Create one with {new}.", new=Typed("new"))
            )
        case Commanded(command=command) if command.verb == "poll":
            return polled(desk, event)
        case Commanded(command=command) if scene.host:
            begin = t(
                "No session is open here that “{verb}” could be for. Begin one: {start}",
                verb=command.verb,
                start=Typed('start "Title"'),
            )
            return Step(desk, reply=begin)
        case Commanded(command=command):
            return Step(
                desk, reply=t("“{verb}” belongs in a session: type it in that session's room.", verb=command.verb)
            )
        case Submitted(action="create") if not scene.host:
            return Step(desk, reply=GUEST)
        case Submitted(action="create", values=values):
            return submitted(desk, event, values)
    return Step(desk)


def created(desk: State, event: Commanded, scene: Scene) -> Step[State]:
    """`new [TEMPLATE] [on DATE TIME [ZONE]]`: the template has been looked up before this is decided."""
    words, plan = event.command.words, event.plan or {}
    on = words.index("on") if "on" in words else len(words)
    when, zone, at = words[on + 1 :], plan.get("zone") or "UTC", None
    if when:
        found = moment(when, zone, scene.now)
        if isinstance(found, Text):
            return Step(desk, reply=found)
        parts = (*when, *map(" ".join, pairwise(when)))  # America/New York is two words
        zone, at = next((name for part in parts if (name := zone_named(part))), zone), found
    brief = briefed(plan, at, zone, title=None if plan else UNTITLED) | {"places": room_of(event)}
    return begun(desk, event, {"brief": brief, "plan": event.plan})


def room_of(event: Event) -> tuple[str, ...]:
    """The channel in which this is said is where it will happen. A web room belongs to its own session."""
    return (event.place,) if event.place and not event.place.startswith("web:") else ()


def polled(desk: State, event: Commanded) -> Step[State]:
    """A poll for whoever is in the channel: no session, no roster, nothing to set up."""
    words, flag = event.command.words, event.command.flag("for")
    if not room_of(event):
        return Step(desk, reply=t("A poll needs people: type it in a channel, or in the room of a session."))
    setup = poll_setup(words[0], words[1:], seconds(flag or ""))
    return Step(desk, (Begin(f"poll:{event.id}", "poll", setup, of="person"),))  # it stands where it was typed


def begun(desk: State, event: Event, setup: Mapping[str, Any]) -> Step[State]:
    """A session begins: what it says of itself is the answer."""
    begin = Begin(f"session:{event.id}", "session", setup, of="person")
    return Step(desk, (begin, Show("desk", event.by or "")))


def submitted(desk: State, event: Event, values: Mapping[str, str]) -> Step[State]:
    """A session described as JSON: plan, moment, people."""
    try:
        asked = Asked.model_validate_json(values.get("session", ""))
        brief = briefed(asked.plan, asked.at, asked.zone, title=asked.title, cohort=asked.cohort)
    except (ValidationError, LookupError, TypeError):
        return Step(desk, reply=t("No session was created: its plan, time or people could not be read."))
    return begun(desk, event, {"brief": brief, "plan": asked.plan, "people": asked.people})


def briefed(
    plan: Mapping[str, Any] | None, at: datetime | None, zone: str, *, title: str | None, cohort: str | None = None
) -> dict[str, Any]:
    """What the session will say of itself, from its plan."""
    plan = plan or {}
    objectives = [{"id": one["id"], "text": one["text"]} for one in plan.get("objectives", ())]
    minutes = plan.get("minutes") or 60
    named = title or plan.get("title") or ""
    return Brief.model_validate(
        {
            "title": named,
            "starts": at,
            "zone": zone,
            "minutes": minutes,
            "objectives": objectives,
            "cohort": cohort or "",
        }
    ).model_dump(mode="json")


def listed(sessions: tuple[Listed, ...], *, page: bool = False) -> Card:
    """A person's sessions, the newest first."""
    rows = tuple(Fact(state(one.brief), room(one)) for one in sessions[:SHOWN])
    new = Typed("new giving-feedback on tomorrow 14:00 Europe/Zurich")
    nothing = (t("You have no sessions yet. Create one: {new}", new=new),)
    return Card(title=t("Your sessions"), text=() if rows else nothing, facts=rows, page=page)


def room(one: Listed) -> Text:
    """The way into a session."""
    return t("{room}", room=Link("room", one.session, quote(one.brief.title)))


def state(brief: Brief) -> Text:
    """When a session is, or how far it is."""
    if brief.phase == "open":
        return t("open now")
    if brief.phase == "archived" and brief.closed is None:
        return t("called off")
    if brief.phase in {"closed", "archived"}:
        return t("over")
    return t("{when}", when=When(brief.starts, "both", brief.zone)) if brief.starts else t("not planned yet")


def view(desk: State, look: Look) -> Card:
    """The person's sessions, and how to make one."""
    return listed(look.sessions, page=True)


KIND = Kind("desk", State, decide, view, needs={Commanded: frozenset({"sessions"}), Look: frozenset({"sessions"})})
