"""Session: one live class, from planned to archived. It begins the other dialogs, and everybody's role is a note of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from dialogs import ordinary, roster
from dialogs.base import CHILDREN, FACILITATOR, LEARNER, Begin, Brief, Commanded, Effect, Event, Frozen
from dialogs.base import Joined, Kind, Look, Meet, Needs, Note, Pressed, Rang, Scene, Show, Started, Step, Tell, Told, Wake
from dialogs.card import Button, Card, Fact, Link, Text, When, quote, t, tn
from dialogs.commands import find, for_everybody, help_card, moment, seconds
from dialogs.plan import Plan, SayStep, poll_setup, prompt_setup

BEFORE = timedelta(hours=24)  # the checklist goes out
REMIND = timedelta(hours=1)  # those with open items are reminded
SURVEYED = timedelta(hours=72)  # the survey stays open
KEPT = timedelta(days=30)  # then the session is archived


class Expected(Frozen):
    """Somebody whom the plan or a roster file names."""

    person: str
    name: str
    role: str = "learner"
    manager: str | None = None  # a person's id


class State(Frozen):
    """A session as it stands."""

    brief: Brief
    plan: Plan | None = None
    people: tuple[Expected, ...] = ()  # who is expected; they are notes once it has started
    at_once: bool = False  # opened by the command that created it
    quiet_after: int = 60  # seconds without an answer to an open question
    step: int = 0  # of the run of show
    prompt: str | None = None  # the key of the latest question
    number: int = 0  # of dialogs begun by command, for their keys
    surveyed: bool = False


def decide(session: State, event: Event, scene: Scene) -> Step[State]:
    """Planned, open, closed, archived; in between, what the facilitator asks for."""
    match event:
        case Started():
            return begin(session, event, scene)
        case Joined(by=str(person)) if scene.role is None and session.brief.phase != "archived":
            return Step(session, (Note("role", person, LEARNER),))
        case Pressed(action="here") if session.brief.phase != "open":
            return Step(session, reply=t("This session is not open now."))
        case Pressed(action="here", by=str(person)):
            return Step(
                session, (Note("here", person, "yes"), Show("opening")), reply=t("You are checked in. Welcome!")
            )
        case Commanded(command=command) if command.verb == "help":
            return Step(session, reply=help_card(next(iter(command.words), None), scene.role))
        case Commanded(command=command) if scene.role is not FACILITATOR:
            return Step(session, reply=t("Only a facilitator of this session can use “{verb}”.", verb=command.verb))
        case Commanded():
            return commanded(session, event, scene)
        case Pressed(action="start" | "next" | "end" as verb):
            if scene.role is not FACILITATOR:
                return Step(session, reply=t("Only a facilitator can do that."))
            return {"start": start, "next": following, "end": end}[verb](session, scene)
        case Rang("checklists") if session.brief.phase == "planned":
            return Step(session, checklists(session, scene.now))
        case Told("poll it", data={"question": str(question)}) if session.brief.phase == "open":
            choices = ("I have an answer", "I am not sure yet", "Please ask it another way")
            return launch(session, "poll", poll_setup(question, choices))
        case Told("survey closed"):
            return Step(session, (Begin("digest", "digest", digest_setup(session)),))
        case Rang("archive") if session.brief.phase == "closed":
            return Step(having(session, phase="archived"), done=True)
    return Step(session)


def having(session: State, **changes: Any) -> State:
    """The session with its brief changed."""
    return session.model_copy(update={"brief": session.brief.model_copy(update=changes)})


def begin(session: State, event: Event, scene: Scene) -> Step[State]:
    """Everybody gets their role; the web room exists; what is planned gets its timers."""
    brief = session.brief
    home = f"web:{scene.dialog}"
    session = having(session, places=(*(place for place in brief.places if place != home), home))
    effects: list[Effect] = [Note("role", event.by, FACILITATOR)] if event.by else []
    for one in session.people:
        effects += [Meet(one.person, one.name)]
        effects += [Note("role", one.person, one.role)] if one.person != event.by else []
        effects += [Note("manager", one.person, one.manager)] if one.manager else []
    session = session.model_copy(update={"people": ()})
    effects.append(Show("desk", FACILITATOR))
    room = Link("room", scene.dialog, t("the room"))
    if session.at_once:
        opened = start(session, scene)
        reply = t("“{title}” is open in {room}.", title=brief.title, room=room)
        return Step(opened.state, (*effects, *opened.effects), reply=reply)
    if brief.starts is None:
        return Step(
            session,
            tuple(effects),
            reply=t("“{title}” is ready in {room}. Open it with /ilt start.", title=brief.title, room=room),
        )
    effects.append(Wake("checklists", max(scene.now, brief.starts - BEFORE)))
    when = When(brief.starts, "both", brief.zone)
    return Step(
        session,
        tuple(effects),
        reply=t("“{title}” is planned for {when} in {room}.", title=brief.title, when=when, room=room),
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


def start(session: State, scene: Scene) -> Step[State]:
    """Open the session in its places."""
    if session.brief.phase != "planned":
        return Step(session, reply=t("This session is {phase} already.", phase=session.brief.phase))
    opened = having(session, phase="open", opened=scene.now)
    effects: tuple[Effect, ...] = (Wake("checklists", None), Begin("silence", "silence"), Tell(CHILDREN, "start"))
    return Step(opened, (*effects, Show("opening"), Show("desk", FACILITATOR)), reply=t("The session is open."))


def end(session: State, scene: Scene) -> Step[State]:
    """Close what is open, say what was, and ask how it was."""
    if session.brief.phase != "open":
        return Step(session, reply=t("This session is not open, so there is nothing to end."))
    closed = having(session, phase="closed", closed=scene.now)
    questions = (
        next((setup for _, kind, setup in session.plan.dialogs() if kind == "survey"), None) if session.plan else None
    )
    closes = (scene.now + SURVEYED).isoformat()
    survey = Begin(
        "survey", "survey", {**(questions or ordinary.SURVEY), "title": session.brief.title, "closes_at": closes}
    )
    effects = (
        Tell(CHILDREN, "end"),
        Show("opening"),
        Show("recap"),
        Show("desk", FACILITATOR),
        survey,
        Wake("archive", scene.now + KEPT),
    )
    return Step(closed, effects, reply=t("The session is over. The survey has gone out."))


def following(session: State, scene: Scene) -> Step[State]:
    """The next step of the run of show."""
    steps = session.plan.run_of_show if session.plan else ()
    if session.brief.phase != "open":
        return Step(session, reply=t("Open the session first, with /ilt start."))
    if session.step >= len(steps):
        return Step(session, reply=t("That was the last step of the plan. Close with /ilt end."))
    number, now = session.step, steps[session.step]
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


def commanded(session: State, event: Commanded, scene: Scene) -> Step[State]:
    """What a facilitator typed."""
    command, words, brief = event.command, event.command.words, session.brief
    if command.verb in {"poll", "ask", "open", "heard"} and brief.phase != "open":
        return Step(session, reply=t("Open the session first, with /ilt start."))
    match command.verb:
        case "start":
            return start(having(session, title=words[0]) if words and brief.phase == "planned" else session, scene)
        case "end":
            return end(session, scene)
        case "next":
            return following(session, scene)
        case "poll":
            open_for = seconds(command.flag("for") or "")
            return launch(session, "poll", poll_setup(words[0], words[1:], open_for))
        case "ask" | "open":
            return launch(session, "prompt", prompt_setup(words[0], "call" if command.verb == "ask" else "open"))
        case "heard":
            return heard(session, words, scene)
        case "silence":
            return silence(session, words[0])
        case "roster":
            effects, reply = roster.changed(words, scene.roster, scene.dialog)
            return Step(session, effects, reply=reply)
        case "checklist":
            return checklist(session, words[0], scene)
        case "move":
            return move(session, words, scene)
        case "cancel":
            return cancel(session)
        case "survey" if not brief.closed:
            return Step(session, reply=t("The survey goes out when the session ends, with /ilt end."))
        case "survey" if words[0] == "close":
            return Step(session, (Tell("survey", "close"),), reply=t("The survey is closed, and the digest goes out."))
        case "survey":
            return Step(session, (Tell("survey", "show"),), reply=t("The results are in your private messages."))
        case "digest" if not brief.closed:
            return Step(session, reply=t("The digest goes out after the session and its survey."))
        case "digest":
            digest = Begin("digest", "digest", digest_setup(session))
            return Step(
                session, (digest, Tell("digest", "again")), reply=t("Every manager who had none has the digest now.")
            )
    return Step(session, reply=t("“{verb}” does nothing here.", verb=command.verb))


def heard(session: State, words: tuple[str, ...], scene: Scene) -> Step[State]:
    """Answered aloud."""
    if session.prompt is None:
        return Step(session, reply=t("There is no question that could have been answered."))
    member = find(words[0], scene.roster) if words else None
    if isinstance(member, Text):
        return Step(session, reply=member)
    told = Tell(session.prompt, "heard", {"person": member.person if member else None})
    return Step(session, (told,), reply=t("Noted: it was answered aloud."))


def silence(session: State, word: str) -> Step[State]:
    """The watch for unanswered questions: on, off, or how long it waits."""
    limit = seconds(word)
    if limit is None:
        reply = (
            t("You will be told about quiet questions.")
            if word == "on"
            else t("You will not be told about quiet questions.")
        )
        return Step(session, (Tell("silence", "set", {"on": word == "on"}),), reply=reply)
    waits = tn(
        "From the next question on, you are told after {n} second.",
        "From the next question on, you are told after {n} seconds.",
        n=limit,
    )
    return Step(session.model_copy(update={"quiet_after": limit}), (Tell("silence", "set", {"on": True}),), reply=waits)


def checklist(session: State, word: str, scene: Scene) -> Step[State]:
    """Who is ready; or send it now, and to those who have it, a reminder."""
    effects = checklists(session, scene.now)
    if not effects:
        return Step(session, reply=t("This session has no checklist: its plan has none."))
    if word == "send" and session.brief.phase == "planned":
        reply = t("The checklist is out. Whoever still has open items is reminded.")
        return Step(session, (*effects, Tell("checklist:learner", "remind"), Wake("checklists", None)), reply=reply)
    return Step(
        session, (Tell("checklist:learner", "show"),), reply=t("The readiness board is in your private messages.")
    )


def move(session: State, words: tuple[str, ...], scene: Scene) -> Step[State]:
    """Another time; reminders move with it."""
    if session.brief.phase != "planned":
        return Step(session, reply=t("This session is {phase} already and cannot be moved.", phase=session.brief.phase))
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
    return Step(having(session, starts=at), effects, reply=t("The session is moved to {when}.", when=when))


def cancel(session: State) -> Step[State]:
    """Called off."""
    if session.brief.phase not in {"planned", "open"}:
        return Step(session, reply=t("This session is {phase} already.", phase=session.brief.phase))
    off = having(session, phase="archived")
    effects = (Tell(CHILDREN, "cancel"), Wake("checklists", None), Show("cancelled"), Show("desk", FACILITATOR))
    return Step(off, effects, reply=t("The session is called off."), done=True)


def digest_setup(session: State) -> dict[str, Any]:
    """What the digest is begun with."""
    return {"title": session.brief.title, "names": bool(session.plan and session.plan.names_in_digest)}


def view(session: State, look: Look) -> Card:
    """The opening card, the recap, and the facilitators' own card."""
    brief = session.brief
    match look.slot:
        case "opening":
            return opening(session, look)
        case "recap":
            return recap(session, look)
        case slot if slot.startswith("say:"):
            return said(session, int(slot.removeprefix("say:")))
        case "cancelled":
            return Card(title=t("“{title}” is called off", title=brief.title), tone="done")
    return desk(session, look)


def opening(session: State, look: Look) -> Card:
    """What this session is for, and "I'm here"."""
    brief = session.brief
    here = look.tally.counts("here").get("yes", 0)
    open_now = brief.phase == "open"
    button = Button("here", t("I'm here"), style="primary", pressed=look.mine.get("here") == "yes")
    aims = tuple(Fact(t("Objective {n}", n=n), quote(one.text)) for n, one in enumerate(brief.objectives, 1))
    return Card(
        title=quote(brief.title),
        text=(t("By the end you can do this:"),) if aims else (t("Welcome! Say that you are here."),),
        facts=aims,
        buttons=(button,) if open_now else (),
        footer=tn("{n} person is here.", "{n} people are here.", n=here) if open_now else t("This session is over."),
        tone="plain" if open_now else "done",
    )


def said(session: State, number: int) -> Card:
    """A step of the plan that only says something."""
    step = session.plan.run_of_show[number] if session.plan else None
    lines = step.text.splitlines() if isinstance(step, SayStep) else []
    return Card(title=quote(step.title if step else ""), text=tuple(quote(line) for line in lines if line))


def recap(session: State, look: Look) -> Card:
    """What the room did together: no names, no scores."""
    learners = [one for one in look.report.roster if one.role is LEARNER and (one.minutes or one.acts)]
    facts = [Fact(t("Took part"), tn("{n} person", "{n} people", n=len(learners)))]
    for result in look.report.results:
        if result.kind == "poll" and result.total:
            best = max(result.answers, key=lambda answer: answer[1])
            says = t("{answer} ({count} of {total})", answer=best[0], count=best[1], total=result.total)
            facts.append(Fact(quote(result.title), says))
        elif result.kind == "prompt" and result.total:
            facts.append(Fact(quote(result.title), tn("{n} answer", "{n} answers", n=result.total)))
    return Card(
        title=t("That was “{title}”", title=session.brief.title),
        text=(t("Thank you for taking part. A short survey is waiting for you, and takes a minute."),),
        facts=tuple(facts),
        tone="done",
    )


def desk(session: State, look: Look) -> Card:
    """The facilitators' own card: what comes next, and one button for it."""
    brief, steps = session.brief, session.plan.run_of_show if session.plan else ()
    facts = [Fact(t("When"), moment_of(brief))]
    buttons: tuple[Button, ...] = ()
    if brief.phase == "planned":
        buttons = (Button("start", t("Open the session"), style="primary"),)
    elif brief.phase == "open":
        coming = steps[session.step] if session.step < len(steps) else None
        ending = Button("end", t("End the session"), confirm=t("End the session for everybody?"))
        buttons = (Button("next", t("Next step"), style="primary"), ending) if coming else (ending,)
        facts.append(Fact(t("Next"), quote(coming.title) if coming else t("the plan is done")))
    people = Link("people", look.session_id or "", t("people and links"))
    return Card(
        title=t("Your session: {title}", title=brief.title),
        text=(t("Only facilitators see this. Type /ilt help for every command."),),
        facts=(*facts, Fact(t("People"), t("{people}", people=people))),
        buttons=buttons,
        tone="done" if brief.phase in {"closed", "archived"} else "plain",
    )


def moment_of(brief: Brief) -> Text:
    """When the session is, or how far it is."""
    if brief.phase == "open":
        return t("open now")
    if brief.phase in {"closed", "archived"}:
        return t("over")
    return t("{when}", when=When(brief.starts, "both", brief.zone)) if brief.starts else t("whenever you open it")


NEEDS: Needs = {Commanded: frozenset({"roster"}), Look: frozenset({"report"})}
KIND = Kind("session", State, decide, view, hears=frozenset({Joined}), needs=NEEDS, root=True)
