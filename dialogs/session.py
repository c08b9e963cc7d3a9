"""Session: one live class. It begins the other dialogs, everybody's role is a note of it, and commands come here."""

from __future__ import annotations

from dataclasses import replace

from dialogs import roster
from dialogs import session_cards as cards
from dialogs.base import (
    FACILITATOR,
    LEARNER,
    ROOM,
    Begin,
    Brief,
    Commanded,
    Event,
    Joined,
    Kind,
    Look,
    Needs,
    Note,
    Pressed,
    Rang,
    Scene,
    Show,
    Started,
    Step,
    Tell,
    Told,
    Wake,
)
from dialogs.card import Card, Text, Typed, t, tn
from dialogs.commands import find, help_card, seconds
from dialogs.plan import poll_setup, prompt_setup
from dialogs.session_life import (
    LEARNERS_LIST,
    begin,
    came,
    cancel,
    checklists,
    digest_setup,
    end,
    following,
    launch,
    move,
    no_longer,
    not_yet,
    opening,
    prepared,
    start,
)
from dialogs.session_reach import called, called_back, reached, unreached
from dialogs.session_state import State, having


def decide(session: State, event: Event, scene: Scene) -> Step[State]:
    """Planned, open, closed, archived; in between, what the facilitator asks for."""
    match event:
        case Started():
            return begin(session, event, scene)
        case Joined(there=False) if session.brief.phase not in {"planned", "open"}:
            return Step(session)  # whoever comes to the channel now has missed it
        case Joined(by=str(person)) if scene.role is None and session.brief.phase != "archived":
            return Step(session, (Note("role", person, LEARNER), *came(session)))
        case Pressed(action="mine"):  # the platform answers it with what waits for whoever pressed, if anything does
            return Step(session, reply=t("Nothing is waiting for you here."))
        case Pressed(action="here") if session.brief.phase == "planned":
            waits = opening(session.brief, scene.now, t("This session has not begun yet."))
            return Step(session, reply=t("{waits} You can check in once it has begun.", waits=waits))
        case Pressed(action="here") if session.brief.phase != "open":
            return Step(session, reply=t("This session is over."))
        case Pressed(action="here", by=str(person)):
            return Step(
                session, (Note("here", person, "yes"), Show("opening")), reply=t("You are checked in. Welcome!")
            )
        case Commanded(command=command) if command.verb == "help":
            return Step(session, reply=help_card(next(iter(command.words), None), scene.role))
        case Commanded(command=command) if scene.role is not FACILITATOR:
            refused = t("Only a facilitator of this session can use “{verb}”.", verb=command.verb)
            return Step(session, reply=opening(session.brief, scene.now, refused))
        case Commanded(place=place):
            step = commanded(session, event, scene)
            # What stands where it was typed needs no words beside it: on some platforms they are one more message.
            return replace(step, reply=None) if place in rooms(session.brief) and in_the_room(step) else step
        case Pressed(action="start" | "next" | "end" as verb):
            if scene.role is not FACILITATOR:
                refused = t("Only a facilitator can do that.")
                return Step(session, reply=opening(session.brief, scene.now, refused))
            return {"start": start, "next": following, "end": end}[verb](session, scene)
        case Rang("checklists") if session.brief.phase == "planned":
            return prepared(session, scene)
        case Told("poll it", data={"question": str(question)}) if session.brief.phase == "open":
            choices = ("I have an answer", "I am not sure yet", "Please ask it another way")
            return launch(session, "poll", poll_setup(question, choices))
        case Told("question closed"):
            return Step(session.model_copy(update={"prompt": None}))
        case Told("absent", data={"person": str(person)}):
            return Step(session, (Note("here", person, "no"), Show("opening")))  # which counts who has checked in
        case Told("unreached", data=data) if event.by is None:
            return unreached(session, data)
        case Told("reached", data={"place": str(place)}) if event.by is None:
            return reached(session, place)
        case Told("survey not sent"):
            return Step(session.model_copy(update={"surveyed": False}), (Show("recap"), Show("desk", FACILITATOR)))
        case Told("survey closed"):
            closed = session.model_copy(update={"answered": True})
            return Step(closed, (Begin("digest", "digest", digest_setup(session)), *called_back(session)))
        case Rang("archive") if session.brief.phase == "closed":
            return Step(having(session, phase="archived"), (Show("desk", FACILITATOR),), done=True)
    return Step(session)


def in_the_room(step: Step[State]) -> bool:
    """Whether what comes of it is a message to everybody."""
    return any(
        one.to == ROOM if isinstance(one, Show) else isinstance(one, Begin) and one.kind in {"poll", "prompt"}
        for one in step.effects
    )


def rooms(brief: Brief) -> list[str]:
    """Where this happens, without the web room: there every answer has its place beside what was typed."""
    return [place for place in brief.places if not place.startswith("web:")]


def commanded(session: State, event: Commanded, scene: Scene) -> Step[State]:
    """What a facilitator typed."""
    command, words, brief = event.command, event.command.words, session.brief
    if command.verb in {"poll", "ask", "open", "heard"} and brief.phase != "open":
        return Step(session, reply=not_yet(brief))
    if brief.phase == "archived" and words[:1] != ("list",):  # the roster can still be read
        return Step(session, reply=no_longer(brief))
    match command.verb:
        case "here":
            return here(session, event)
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
            effects, reply = roster.changed(words, scene.roster, scene.dialog, brief.phase)
            return Step(session, (*effects, *came(session)) if effects else (), reply=reply)
        case "checklist":
            return checklist(session, words[0], scene)
        case "move":
            return move(session, words, scene)
        case "cancel":
            return cancel(session, words)
        case "survey" if not brief.closed:
            ends = t("The survey goes out when you end the session, with {end}.", end=Typed("end"))
            return Step(session, reply=ends)
        case "survey" if not session.surveyed:
            return Step(session, reply=t("No survey was sent: too few people were there for any answer to be shown."))
        case "survey" if words[0] == "close":
            return Step(session, (Tell("survey", "close"),), reply=t("The survey is closed, and the digest goes out."))
        case "survey":
            return Step(session, (Tell("survey", "show"),), reply=t("The results are in your private messages."))
        case "digest" if not brief.closed:
            return Step(session, reply=t("The digest goes out after the session and its survey."))
        case "digest":
            digest = Begin("digest", "digest", digest_setup(session))
            reply = t("Every manager on the roster has the digest now, up to date.")
            return Step(session, (digest, Tell("digest", "again")), reply=reply)
    return Step(session, reply=t("“{verb}” does nothing here.", verb=command.verb))


def here(session: State, event: Commanded) -> Step[State]:
    """One more place: what stands in the others stands here from now on."""
    title, place = session.brief.title, event.place
    if session.brief.phase not in {"planned", "open"}:
        return Step(session, reply=no_longer(session.brief))
    if place is None:
        return Step(session, reply=t("Type this in the channel into which “{title}” is to come.", title=title))
    if place in session.brief.places:
        return Step(session, reply=t("“{title}” is here already.", title=title))
    places = (*session.brief.places, place)
    return Step(
        having(session, places=places),
        (Show("desk", FACILITATOR),),
        reply=t("“{title}” is here now, too.", title=title),
    )


def heard(session: State, words: tuple[str, ...], scene: Scene) -> Step[State]:
    """Answered aloud."""
    if session.prompt is None:
        return Step(session, reply=t("There is no question in the room that could have been answered."))
    member = find(words[0], scene.roster) if words else None
    if isinstance(member, Text):
        return Step(session, reply=member)
    told = Tell(session.prompt, "heard", {"person": member.person if member else None})
    noted = t("Noted: {name} answered aloud.", name=member.name) if member else t("Noted: it was answered aloud.")
    return Step(session, (told,), reply=noted)


def silence(session: State, word: str) -> Step[State]:
    """The watch for unanswered questions: on, off, or how long it waits."""
    if session.brief.phase in {"closed", "archived"}:
        return Step(session, reply=no_longer(session.brief))
    limit = seconds(word)
    on = word != "off"
    told = (Tell("silence", "set", {"on": on}),) if session.brief.phase == "open" else ()
    session = session.model_copy(update={"watched": on, "quiet_after": limit or session.quiet_after})
    if limit:
        waits = tn(
            "From the next question on, you are told after {n} second without an answer.",
            "From the next question on, you are told after {n} seconds without an answer.",
            n=limit,
        )
        return Step(session, told, reply=waits)
    if on:
        return Step(session, told, reply=t("You will be told when a question stays unanswered."))
    return Step(session, told, reply=t("You will not be told when a question stays unanswered."))


def checklist(session: State, word: str, scene: Scene) -> Step[State]:
    """Who is ready; or send it now, and to those who have it, a reminder."""
    effects = checklists(session, scene.now)
    if not any(isinstance(one, Begin) and one.key == LEARNERS_LIST for one in effects):
        return Step(session, reply=t("There is no checklist for participants: the plan has none."))
    if word == "send":
        if session.brief.phase != "planned":
            return Step(session, reply=t("The session has begun, so no checklist goes out any more."))
        reply = t("The checklist is on its way. Whoever had it already and has open items is reminded.")
        sent = session.model_copy(update={"prepared": True, "unsent": False})
        return Step(sent, (*effects, Tell(LEARNERS_LIST, "remind"), Wake("checklists", None)), reply=reply)
    if not session.prepared:
        waits = t("The checklist goes out the day before. Send it now with {send}.", send=Typed("checklist send"))
        late = t("The checklist never went out: the session was opened before.")
        if session.unsent and session.brief.phase == "planned":
            waits = t("{why} Send it now with {send}.", why=cards.UNSENT, send=Typed("checklist send"))
        return Step(session, reply=waits if session.brief.phase == "planned" else late)
    return Step(session, (Tell(LEARNERS_LIST, "show"),), reply=t("The readiness board is in your private messages."))


def view(session: State, look: Look) -> Card:
    """The opening card, the recap, and the facilitators' own card."""
    brief, (slot, _, number) = session.brief, look.slot.partition(":")
    match slot:
        case "opening":
            return cards.opening(brief, look)
        case "recap":
            return cards.recap(brief, look, surveyed=session.surveyed)
        case "say":
            return cards.said(session.plan.run_of_show[int(number)] if session.plan else None)
        case "cancelled":
            return cards.cancelled(brief)
        case "callout":
            via, _, phase = number.partition(":")
            return cards.callout(brief.title, called(session, via, phase))
    missed = tuple((one.person, one.place, one.why) for one in session.unreached)
    unsent = session.unsent and brief.phase == "planned"
    return cards.desk(brief, session.coming, look, missed, surveyed=session.surveyed, unsent=unsent)


NEEDS: Needs = {Commanded: frozenset({"roster"}), Look: frozenset({"report", "aside"})}
KIND = Kind("session", State, decide, view, hears=frozenset({Joined}), needs=NEEDS, root=True)
