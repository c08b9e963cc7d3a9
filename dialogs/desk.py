"""Desk: a person's own place outside any session: their sessions, and the commands that create one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

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
from dialogs.card import Card, Fact, Link, Text, When, quote, t
from dialogs.commands import help_card, moment
from dialogs.moments import zone_named

SHOWN = 20  # sessions on one card
UNTITLED = "Untitled session"


class State(Frozen):
    """Nothing to remember: the sessions are the person's notes in them."""


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
            return Step(
                desk,
                reply=t("You are a guest here. Ask your administrator for a link with which you can create sessions."),
            )
        case Commanded(command=command) if command.verb == "new":
            return created(desk, event, scene)
        case Commanded(command=command) if command.verb == "start":
            title = command.words[0] if command.words else ""
            if not title:
                return Step(desk, reply=t('Give the session a title, for example: start "Team retrospective"'))
            setup = {"brief": {"title": title}, "at_once": True}
            return Step(
                desk, (Begin(f"session:{event.id}", "session", setup, of="person"), Show("desk", event.by or ""))
            )
        case Commanded(command=command):
            return Step(
                desk, reply=t("“{verb}” belongs in a session: type it in the session's room.", verb=command.verb)
            )
        case Submitted(action="create", values=values) if scene.host:
            return submitted(desk, event, values)
    return Step(desk)


def created(desk: State, event: Commanded, scene: Scene) -> Step[State]:
    """`new [TEMPLATE] [on DATE TIME [ZONE]]`: the template has been looked up before this is decided."""
    words = event.command.words
    on = words.index("on") if "on" in words else len(words)
    when, zone, at = words[on + 1 :], "UTC", None
    if when:
        found = moment(when, zone, scene.now)
        if isinstance(found, Text):
            return Step(desk, reply=found)
        zone, at = next((name for n in (1, 2) if (name := zone_named(" ".join(when[-n:])))), zone), found
    brief = briefed(event.plan, at, zone, title=None if event.plan else UNTITLED)
    setup = {"brief": brief, "plan": event.plan}
    return Step(desk, (Begin(f"session:{event.id}", "session", setup, of="person"), Show("desk", event.by or "")))


def submitted(desk: State, event: Event, values: Mapping[str, str]) -> Step[State]:
    """A session described by a program of ours (`cohost session create`): plan, moment, people, as JSON."""
    asked = json.loads(values["session"])
    at = datetime.fromisoformat(asked["at"]) if asked.get("at") else None
    brief = briefed(
        asked.get("plan"), at, asked.get("zone") or "UTC", title=asked.get("title"), cohort=asked.get("cohort")
    )
    setup = {"brief": brief, "plan": asked.get("plan"), "people": asked.get("people", [])}
    return Step(desk, (Begin(f"session:{event.id}", "session", setup, of="person"), Show("desk", event.by or "")))


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


def listed(sessions: tuple[Listed, ...]) -> Card:
    """A person's sessions, the newest first."""
    rows = tuple(Fact(state(one.brief), room(one)) for one in sessions[:SHOWN])
    nothing = (t("You have no sessions yet. Create one: /ilt new giving-feedback on tomorrow 14:00 Europe/Zurich"),)
    return Card(title=t("Your sessions"), text=() if rows else nothing, facts=rows)


def room(one: Listed) -> Text:
    """The way into a session."""
    return t("{room}", room=Link("room", one.session, quote(one.brief.title)))


def state(brief: Brief) -> Text:
    """When a session is, or how far it is."""
    if brief.phase == "open":
        return t("open now")
    if brief.phase in {"closed", "archived"}:
        return t("over")
    return t("{when}", when=When(brief.starts, "both", brief.zone)) if brief.starts else t("not planned yet")


def view(desk: State, look: Look) -> Card:
    """The person's sessions, and how to make one."""
    return listed(look.sessions)


KIND = Kind("desk", State, decide, view, needs={Commanded: frozenset({"sessions"}), Look: frozenset({"sessions"})})
