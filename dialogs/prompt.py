"""Prompt: a question to the room. Either the next person is called on by name, or it is open to all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Literal

from dialogs.base import (
    FACILITATOR,
    PARENT,
    Event,
    Frozen,
    Kind,
    Look,
    Need,
    Needs,
    Note,
    Pressed,
    Rang,
    Result,
    Said,
    Scene,
    Show,
    Started,
    Step,
    Tally,
    Tell,
    Told,
    Turn,
    Wake,
)
from dialogs.card import Button, Card, Text, Who, quote, t, tn
from dialogs.rotation import aloud, call, settle

THINK = timedelta(seconds=8)  # between the question and the name: first think, then be called (science: at least 5 s)
PATIENCE = timedelta(seconds=90)  # in which the one who was called may answer in chat
MORE = timedelta(seconds=60)  # what "more time" gives
STALE = timedelta(minutes=5)  # a timer later than this rings in another room than it was meant for


class State(Frozen):
    """A question as it stands."""

    question: str
    mode: Literal["call", "open"] = "call"
    objective: str | None = None
    quiet_after: int = 60  # seconds without an answer, after which the facilitator is told privately
    phase: Literal["thinking", "called", "open", "answered", "over"] = "thinking"
    called: str | None = None  # whose turn it is
    asked: tuple[str, ...] = ()  # everybody called for this question: nobody is called twice
    answered: str | None = None  # who answered first; "aloud" where nobody was named
    flagged: bool = False  # the facilitator has been told that it is quiet


def decide(prompt: State, event: Event, scene: Scene) -> Step[State]:
    """Think, then a name; or open to all, and somebody notices when nobody answers."""
    leads = scene.role is FACILITATOR
    waiting = prompt.phase == "called"
    mine = waiting and event.by is not None and event.by == prompt.called
    # Called on before, and the time ran out while they were typing or speaking: it is still their answer.
    late = prompt.phase in {"open", "answered"} and event.by in prompt.asked and "answer" not in scene.mine
    match event:
        case Started() if prompt.mode == "call":
            return Step(prompt, (Show("board"), Wake("call", scene.now + THINK)))
        case Started():
            return Step(prompt.model_copy(update={"phase": "open"}), (Show("board"), listen(prompt, scene)))
        case _ if prompt.phase == "over":
            return Step(prompt, reply=t("This question is closed.") if isinstance(event, Pressed) else None)
        case Rang("call" | "timeout", due=due) if scene.now - due > STALE and prompt.phase in {"thinking", "called"}:
            return open_to_all(prompt, scene)  # nothing ran: nobody is put on the spot, nor loses their turn, by that
        case Rang("quiet", due=due) if scene.now - due > STALE and prompt.phase == "open":
            return Step(prompt, (listen(prompt, scene),))  # what was answered meanwhile is still to come in
        case Rang("call") if prompt.phase == "thinking":
            return call_on(prompt, scene)
        case Told("call", data={"person": str(person)}):
            return call_on(prompt, scene, first=person)
        case Rang("timeout") if waiting:
            return settled(prompt, scene, "timeout", prompt.called or "")
        case Said(by=str(person)) if mine or late:
            return settled(prompt, scene, "answered", person, "thread")
        case Said(by=str(person)) if not leads:
            return answered(prompt, scene, person, "thread")
        case Pressed(action="answered", by=str(person)) if mine or late:
            return settled(prompt, scene, "answered", person, "self")
        case Pressed(action="answered" | "aloud") if leads and waiting:
            return settled(prompt, scene, "answered", prompt.called or "", "aloud")
        case Pressed(action="answered" | "aloud") if leads and prompt.phase == "open":
            return replace(answered(prompt, scene, None, "aloud"), reply=t("Noted: it was answered aloud."))
        case Pressed(action="pass") if mine:
            step = settled(prompt, scene, "passed", prompt.called or "")
            return replace(step, reply=t("You passed. Thank you for saying so."))
        case Pressed(action="pass") if leads and waiting:
            return settled(prompt, scene, "passed", prompt.called or "")
        case Pressed(action="absent") if leads and waiting:
            step = settled(prompt, scene, "absent", prompt.called or "")
            return replace(step, effects=(*step.effects, Tell(PARENT, "absent", {"person": prompt.called})))
        case Pressed(action="next") if leads and prompt.phase != "thinking":
            return call_on(prompt, scene)
        case Pressed(action="answered" | "pass") if waiting:
            turn = t("It is {who}'s turn. You can answer beneath the question.", who=Who(prompt.called or ""))
            return Step(prompt, reply=turn)
        case Pressed(action="aloud" | "absent" | "next" | "close") if not leads:
            return Step(prompt, reply=t("Only a facilitator can do that."))
        case Pressed(action="aloud"):
            return Step(prompt, reply=t("It has been answered already."))
        case Pressed(action="next"):
            return Step(prompt, reply=t("People are still thinking: somebody is called on in a moment."))
        case Pressed(action="answered" | "pass" | "absent"):
            return Step(prompt, reply=t("Nobody is called on now. Anyone can answer beneath the question."))
        case Told("heard", data={"person": person}):
            return heard(prompt, scene, person)
        case Rang("quiet") if prompt.phase == "open":
            return quiet(prompt, scene)
        case Told("more time") if prompt.phase == "open":
            return Step(prompt, (Wake("quiet", scene.now + MORE),))
        case Pressed(action="close"):
            step = over(prompt, scene)
            return replace(step, effects=(*step.effects, Tell(PARENT, "question closed")))
        case Told("end") | Told("cancel") | Told("handed over"):
            return replace(over(prompt, scene), reply=None)  # it would answer for the one who told it
    return Step(prompt)


def call_on(prompt: State, scene: Scene, first: str | None = None) -> Step[State]:
    """Call on the next person of the fair rotation, or on the one whom the facilitator chose, if they still can be."""
    room = scene.candidates()
    done = frozenset(prompt.asked) | {note.person for note in scene.tally.latest("answer")}
    others = frozenset(one.person for one in room if first and one.person != first)
    choice = call(scene.turns, room, scene.now, scene.seed, scene.dialog, exclude=done | others)
    if choice.person is None and others:
        choice = call(scene.turns, room, scene.now, scene.seed, scene.dialog, exclude=done)
    turns = tuple(Turn(row.person, row.what, row.used) for row in choice.turns)
    if choice.person is None:
        rest = open_to_all(prompt, scene)
        reply = t("There is nobody left to call on: anyone may answer now.")
        return replace(rest, effects=(*turns, *rest.effects), reply=reply)
    called = {"phase": "called", "called": choice.person, "asked": (*prompt.asked, choice.person)}
    timers = (Wake("call", None), Wake("quiet", None), Wake("timeout", scene.now + PATIENCE))
    return Step(
        prompt.model_copy(update=called),
        (*turns, Show("board"), *timers, *unflag(prompt, scene, "called")),
        reply=t("It is {who}'s turn now.", who=Who(choice.person)),
    )


def settled(prompt: State, scene: Scene, what: str, person: str, how: str = "self") -> Step[State]:
    """Whoever was called has answered, passed, let the time run out, or is not here. All but the last use the turn."""
    row = settle(scene.turns, person, what, scene.now, scene.dialog)
    match what:
        case "answered":
            reply = t("Noted: {who} answered aloud.", who=Who(person)) if how == "aloud" else t("Thank you.")
            step = replace(answered(prompt, scene, person, how, own=True), reply=reply)
        case "timeout":  # nobody is put on the spot for longer
            step = open_to_all(prompt, scene)
        case _:
            step = call_on(prompt, replace(scene, turns=(*scene.turns, row)))  # the pick sees the turn just used
    return replace(step, effects=(Turn(row.person, row.what, row.used), *step.effects))


def answered(prompt: State, scene: Scene, person: str | None, how: str, *, own: bool = False) -> Step[State]:
    """An answer: nobody needs to be told of silence any more. Whoever is being called keeps their turn meanwhile."""
    note = (Note("answer", person, how), Show("board")) if person else ()
    changes: dict[str, object] = {"answered": prompt.answered or person or "aloud"}
    if prompt.phase == "answered":
        return Step(prompt, note)
    if prompt.phase in {"thinking", "called"} and not own:
        return Step(prompt.model_copy(update=changes), note)
    changes |= {"phase": "answered", "called": None}
    effects = (*(note or (Show("board"),)), Wake("timeout", None), Wake("quiet", None))
    return Step(prompt.model_copy(update=changes), (*effects, *unflag(prompt, scene, "answered")))


def heard(prompt: State, scene: Scene, person: str | None) -> Step[State]:
    """Answered aloud, as the facilitator says: by the one who was called, by somebody named, or by someone."""
    if prompt.phase == "called" and person in (None, prompt.called):
        return settled(prompt, scene, "answered", prompt.called or "", "aloud")
    step = answered(prompt, scene, person, "aloud", own=True)
    had = {*prompt.asked, *(note.person for note in scene.tally.latest("answer"))}
    new = person is not None and person not in had
    rows = aloud(scene.turns, scene.candidates(), person or "", scene.now, scene.dialog) if new else ()
    turns = (Turn(row.person, row.what, row.used) for row in rows)
    return replace(step, effects=(*turns, *step.effects, Wake("call", None)))


def open_to_all(prompt: State, scene: Scene) -> Step[State]:
    """The question goes to everybody. If it has been answered already, nobody waits for more."""
    if prompt.answered:
        rest = prompt.model_copy(update={"phase": "answered", "called": None})
        return Step(rest, (Show("board"), Wake("timeout", None)))
    opened = prompt.model_copy(update={"phase": "open", "called": None})
    return Step(opened, (Show("board"), Wake("timeout", None), listen(prompt, scene)))


def listen(prompt: State, scene: Scene) -> Wake:
    """From now on it is noticed if nobody answers."""
    return Wake("quiet", scene.now + timedelta(seconds=prompt.quiet_after))


def quiet(prompt: State, scene: Scene) -> Step[State]:
    """Nobody has answered in time: the facilitator hears of it, privately, with a move to make."""
    data = {"dialog": scene.dialog, "question": prompt.question, "asked": list(prompt.asked)}
    again = () if prompt.flagged else (listen(prompt, scene),)
    return Step(prompt.model_copy(update={"flagged": True}), (Tell("silence", "quiet", data), *again))


def unflag(prompt: State, scene: Scene, why: str) -> tuple[Tell, ...]:
    """What the facilitator was told has been seen to."""
    return (Tell("silence", "settled", {"dialog": scene.dialog, "why": why}),) if prompt.flagged else ()


def over(prompt: State, scene: Scene) -> Step[State]:
    """The question is closed, whoever was called keeps their place."""
    closed = prompt.model_copy(update={"phase": "over", "called": None})
    timers = (Wake("call", None), Wake("timeout", None), Wake("quiet", None))
    told = unflag(prompt, scene, "over")
    return Step(closed, (Show("board"), *timers, *told), reply=t("The question is closed."), done=True)


def view(prompt: State, look: Look) -> Card:
    """The one message of the question; answers stand beneath it."""
    return Card(
        title=quote(prompt.question),
        text=(_says(prompt),),
        buttons=_buttons(prompt, look),
        footer=_footer(look.tally.total("answer")),
        tone="closed" if prompt.phase == "over" else "plain",
        answers=prompt.phase != "over",
    )


def _says(prompt: State) -> Text:
    who = Who(prompt.called or "")
    match prompt.phase:
        case "thinking":
            return t("Take a moment to think. Then I will ask one of you by name.")
        case "called":
            return t("{who}, what do you think? Answer here or aloud, or pass, just as you like.", who=who)
        case "open" if prompt.asked:
            return t("Anyone may answer now, here or aloud.")
        case "open":
            return t("Anyone may answer, here or aloud.")
        case "answered" if prompt.answered in (None, "aloud"):
            return t("Answered aloud. You can still add something.")
        case "answered":
            return t("{who} answered. You can still add something.", who=Who(prompt.answered or ""))
    return t("This question is closed.")


def _footer(answers: int) -> Text | None:
    return tn("{n} person has answered.", "{n} people have answered.", n=answers) if answers else None


def _buttons(prompt: State, look: Look) -> tuple[Button, ...]:
    """Each viewer gets their own. One message for everybody has them all, and refuses whoever may not press one."""
    if prompt.phase == "over":
        return ()
    shared, leads = look.viewer is None, look.viewer is None or look.role is FACILITATOR
    mine = look.viewer is not None and look.viewer == prompt.called
    buttons: list[Button] = []
    if prompt.phase == "called" and (shared or mine):
        buttons += [Button("answered", t("Answered"), style="primary"), Button("pass", t("Pass"))]
    if leads and not mine and prompt.phase in {"called", "open"}:
        style: Literal["plain", "primary"] = "plain" if shared else "primary"
        buttons.append(Button("aloud", t("Answered aloud"), style=style, lead=True))
    if leads and prompt.phase == "called":
        buttons.append(Button("absent", t("Not here"), lead=True))
    if leads and prompt.phase in {"open", "answered", "called"}:
        buttons.append(Button("next", t("Call on the next person"), lead=True))
    if leads:
        buttons.append(Button("close", t("Close the question"), lead=True))
    return tuple(buttons)


def sum_up(prompt: State, tally: Tally) -> Result:
    """How many answered. What they said is theirs."""
    return Result("prompt", prompt.question, (), tally.total("answer"), prompt.objective)


KNOWS: frozenset[Need] = frozenset({"roster", "turns", "notes"})
NEEDS: Needs = {Rang: KNOWS, Pressed: KNOWS, Told: KNOWS, Said: frozenset({"turns"})}
KIND = Kind("prompt", State, decide, view, hears=frozenset({Said}), needs=NEEDS, sum_up=sum_up)
