"""The life of a session: planned, open, closed, archived. Each step says what it begins and what it ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from dialogs import ordinary
from dialogs import session_cards as cards
from dialogs.base import (
    CHILDREN,
    FACILITATOR,
    Begin,
    Brief,
    Effect,
    Event,
    Meet,
    Note,
    Scene,
    Show,
    Step,
    Tell,
    Wake,
)
from dialogs.card import Link, Text, Typed, When, t
from dialogs.commands import moment
from dialogs.session_reach import called_back
from dialogs.session_state import State, having

BEFORE = timedelta(hours=24)  # the checklist goes out
REMIND = timedelta(hours=1)  # those with open items are reminded
SURVEYED = timedelta(hours=72)  # the survey stays open
KEPT = timedelta(days=30)  # then the session is archived
LEARNERS_LIST = "checklist:learner"


def begin(session: State, event: Event, scene: Scene) -> Step[State]:
    """Everybody gets their role; the web room exists; what is planned gets its timers."""
    brief = session.brief
    home = f"web:{scene.dialog}"
    elsewhere = [place for place in brief.places if place != home]
    session = having(session, places=(*(place for place in brief.places if place != home), home))
    effects: list[Effect] = [Note("role", event.by, FACILITATOR)] if event.by else []
    for one in session.people:
        effects += [Meet(one.person, one.name)]
        effects += [Note("role", one.person, one.role)] if one.person != event.by else []
        effects += [Note("manager", one.person, one.manager)] if one.manager else []
    session = session.model_copy(update={"people": ()})
    effects.append(Show("desk", FACILITATOR))
    session = having(session, places=tuple(dict.fromkeys(session.brief.places)))
    room = Link("room", scene.dialog, t("the room"))
    if session.at_once:
        opened = start(session, scene)
        reply = t("“{title}” is open here.", title=brief.title)
        if not elsewhere:
            reply = t("“{title}” is open in {room}.", title=brief.title, room=room)
        return Step(opened.state, (*effects, *opened.effects), reply=reply)
    if brief.starts is None:
        return Step(
            session,
            tuple(effects),
            reply=t(
                "“{title}” is ready here. Open it with {start}.",
                title=brief.title,
                start=Typed("start"),
            )
            if elsewhere
            else t(
                "“{title}” is ready in {room}. Open it with {start}.",
                title=brief.title,
                room=room,
                start=Typed("start"),
            ),
        )
    effects.append(Wake("checklists", max(scene.now, brief.starts - BEFORE)))
    when = When(brief.starts, "both", brief.zone)
    return Step(
        session,
        tuple(effects),
        reply=t("“{title}” is planned for {when}, here.", title=brief.title, when=when)
        if elsewhere
        else t("“{title}” is planned for {when} in {room}.", title=brief.title, when=when, room=room),
    )


def checklists(session: State, now: datetime) -> tuple[Effect, ...]:
    """The checklists of the plan, to learners and to facilitators."""
    if session.plan is None:
        return ()
    starts = session.brief.starts
    remind = starts - REMIND if starts and starts - REMIND > now else None
    setups = [setup for _, kind, setup in session.plan.dialogs() if kind == "checklist" and setup["items"]]
    at = remind.isoformat() if remind else None
    return tuple(Begin(f"checklist:{setup['audience']}", "checklist", {**setup, "remind_at": at}) for setup in setups)


def prepared(session: State, scene: Scene) -> Step[State]:
    """The checklists go out, late if need be; but nobody is to get ready for what was to have begun by now."""
    lists = checklists(session, scene.now)
    if lists and session.brief.starts and session.brief.starts <= scene.now:
        return Step(session.model_copy(update={"unsent": True}), (Show("desk", FACILITATOR),))
    return Step(session.model_copy(update={"prepared": True}), lists)


def came(session: State) -> tuple[Tell, ...]:
    """Whoever comes once the checklist is out gets it too: it is followed until they have it."""
    return (Tell(LEARNERS_LIST, "came"),) if session.prepared and session.brief.phase == "planned" else ()


def not_yet(brief: Brief) -> Text:
    """Why something must wait for the session to be open, or comes too late."""
    if brief.phase == "planned":
        return t("Open the session first, with {start}.", start=Typed("start"))
    return no_longer(brief)


def opening(brief: Brief, now: datetime, refused: Text) -> Text:
    """A refusal, and when the session opens, if that still lies ahead."""
    if brief.phase != "planned" or brief.starts is None:
        return refused
    when = When(brief.starts, "both", brief.zone)
    if brief.starts > now:
        return t("{refused} It starts {when}.", refused=refused, when=when)
    return t("{refused} It was to start {when}, and nobody has opened it yet.", refused=refused, when=when)


def no_longer(brief: Brief) -> Text:
    """Why it is too late for something, and what to do instead."""
    if brief.phase == "open":
        return t("This session is open already.")
    if cards.called_off(brief):
        return t("This session was called off. Create another one with {new}.", new=Typed("new"))
    return t("This session is over. Create another one with {new}.", new=Typed("new"))


def start(session: State, scene: Scene) -> Step[State]:
    """Open the session in its places."""
    if session.brief.phase != "planned":
        return Step(session, reply=no_longer(session.brief))
    opened = having(session, phase="open", opened=scene.now)
    watch = Begin("silence", "silence", {"on": session.watched})
    effects: tuple[Effect, ...] = (Wake("checklists", None), watch, Tell(CHILDREN, "start"), *called_back(session))
    return Step(opened, (*effects, Show("opening"), Show("desk", FACILITATOR)), reply=t("The session is open."))


def end(session: State, scene: Scene) -> Step[State]:
    """Close what is open, say what was, and ask how it was."""
    if session.brief.phase == "planned":
        begin = t("“{title}” has not begun.", title=session.brief.title)
        return Step(session, reply=t("{begin} To call it off, write {cancel}.", begin=begin, cancel=Typed("cancel")))
    if session.brief.phase != "open":
        return Step(session, reply=no_longer(session.brief))
    closed = having(session, phase="closed", closed=scene.now)
    questions = (
        next((setup for _, kind, setup in session.plan.dialogs() if kind == "survey"), None) if session.plan else None
    )
    closes = (scene.now + SURVEYED).isoformat()
    survey = Begin(
        "survey", "survey", {**(questions or ordinary.SURVEY), "title": session.brief.title, "closes_at": closes}
    )
    effects: tuple[Effect, ...] = (
        Tell(CHILDREN, "end"),
        *called_back(session),
        Show("opening"),
        Show("recap"),
        Show("desk", FACILITATOR),
        survey,
        Wake("archive", scene.now + KEPT),
    )
    return Step(closed, effects, reply=t("The session is over."))


def following(session: State, scene: Scene) -> Step[State]:
    """The next step of the run of show."""
    if session.brief.phase != "open":
        return Step(session, reply=not_yet(session.brief))
    if session.plan is None:
        poll, ask, open_ = Typed("poll"), Typed("ask"), Typed("open")
        none = t(
            "This session has no plan. Ask something with {poll}, {ask} or {open}.", poll=poll, ask=ask, open=open_
        )
        return Step(session, reply=none)
    number, now = session.step, session.coming
    if now is None:
        last = t("That was the last step of the plan. End the session with {end}.", end=Typed("end"))
        return Step(session, reply=last)
    kind, setup = now.begins()
    session = session.model_copy(update={"step": number + 1})
    if kind is None:
        return Step(
            session, (Show(f"say:{number}"), Show("desk", FACILITATOR)), reply=t("Now: {title}", title=now.title)
        )
    step = launch(session, kind, setup)
    return Step(step.state, (*step.effects, Show("desk", FACILITATOR)), reply=step.reply)


def launch(session: State, kind: str, setup: dict[str, Any]) -> Step[State]:
    """Begin a dialog in the room, under a key of its own."""
    number = session.number + 1
    key = f"{kind}:{number}"
    changes: dict[str, Any] = {"number": number}
    effects: tuple[Effect, ...] = (Begin(key, kind, setup),)
    if kind == "prompt":
        # One question at a time: a newer one takes the place of the last.
        effects = (
            *([Tell(session.prompt, "end")] if session.prompt else []),
            Begin(key, kind, {**setup, "quiet_after": session.quiet_after}),
        )
        changes["prompt"] = key
    return Step(session.model_copy(update=changes), effects, reply=t("It is in the room."))


def move(session: State, words: tuple[str, ...], scene: Scene) -> Step[State]:
    """Another time; reminders move with it."""
    if session.brief.phase == "open":
        return Step(session, reply=t("This session has begun and cannot be moved any more."))
    if session.brief.phase != "planned":
        return Step(session, reply=no_longer(session.brief))
    at = moment(words, session.brief.zone, scene.now)
    if isinstance(at, Text):
        return Step(session, reply=at)
    remind = at - REMIND
    told = {"remind_at": remind.isoformat() if remind > scene.now else None}
    effects = (
        Wake("checklists", max(scene.now, at - BEFORE)),
        Tell(CHILDREN, "moved", told),
        Show("desk", FACILITATOR),
    )
    when = When(at, "both", session.brief.zone)
    moved = having(session, starts=at).model_copy(update={"unsent": False})
    return Step(moved, effects, reply=t("The session is moved to {when}.", when=when))


def cancel(session: State, words: tuple[str, ...]) -> Step[State]:
    """Called off, if it is said twice: everybody is told, and a room may have other sessions than the one meant."""
    brief, phase = session.brief, session.brief.phase
    if phase not in {"planned", "open"}:
        return Step(session, reply=no_longer(brief))
    if phase == "planned" and words[:1] != ("now",):
        when = t(", planned for {when}", when=When(brief.starts, "both", brief.zone)) if brief.starts else ""
        asked = t("This calls off “{title}”{when}, and tells everybody.", title=brief.title, when=when)
        return Step(session, reply=t("{asked} If you mean that, write {now}.", asked=asked, now=Typed("cancel now")))
    if phase == "open" and words[:1] != ("now",):
        why = t(
            "The session is open. End it with {end}: then come recap, survey and digest. "
            "To call it off without any of these, write {cancel}.",
            end=Typed("end"),
            cancel=Typed("cancel now"),
        )
        return Step(session, reply=why)
    off = having(session, phase="archived")
    again = (Show("opening"),) if phase == "open" else ()
    shows = (*called_back(session), *again, Show("cancelled"), Show("desk", FACILITATOR))
    reply = t("“{title}” is called off, and the room has been told.", title=brief.title)
    return Step(off, (Tell(CHILDREN, "cancel"), Wake("checklists", None), *shows), reply=reply, done=True)


def digest_setup(session: State) -> dict[str, Any]:
    """What the digest is begun with."""
    return {"title": session.brief.title, "names": bool(session.plan and session.plan.names_in_digest)}
