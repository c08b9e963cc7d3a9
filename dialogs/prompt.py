"""Prompt: a question to the room. Either the next person is called on by name, or it is open to all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Literal

from dialogs.base import FACILITATOR, Effect, Event, Frozen, Kind, Look, Need, Needs, Note, Pressed, Rang, Result, Said, Scene, Show
from dialogs.base import Started, Step, Tally, Tell, Told, Turn, Wake
from dialogs.card import Button, Card, Text, Who, quote, t, tn
from dialogs.rotation import call, settle

THINK = timedelta(seconds=8)  # between the question and the name: first think, then be called (science: at least 5 s)
PATIENCE = timedelta(seconds=90)  # in which the one who was called may answer in chat
MORE = timedelta(seconds=60)  # what "more time" gives


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
    mine = prompt.phase == "called" and event.by is not None and event.by == prompt.called
    leads = scene.role is FACILITATOR
    match event:
        case Started() if prompt.mode == "call":
            return Step(prompt, (Show("board"), Wake("call", scene.now + THINK)))
        case Started():
            opened = prompt.model_copy(update={"phase": "open"})
            return Step(opened, (Show("board"), Wake("quiet", scene.now + timedelta(seconds=prompt.quiet_after))))
        case _ if prompt.phase == "over":
            return Step(prompt, reply=t("This question is closed.") if isinstance(event, Pressed) else None)
        case Rang("call") if prompt.phase == "thinking":
            return call_on(prompt, scene)
        case Told("call", data={"person": str(person)}):
            return call_on(prompt, scene, only=person)
        case Rang("timeout") if prompt.phase == "called":
            return back_to_all(prompt, scene)
        case Said(by=str(person)) if mine:
            return settled(prompt, scene, "answered", person, "thread")
        case Said(by=str(person)) if not leads and prompt.phase in {"open", "answered"}:
            return first_answer(prompt, scene, person, "thread")
        case Said(by=str(person)) if not leads:
            return Step(prompt, (Note("answer", person, "thread"),))
        case Pressed(action="answered") if prompt.phase == "called" and (mine or leads):
            return settled(prompt, scene, "answered", prompt.called or "", "self" if mine else "aloud")
        case Pressed(action="answered") if leads and prompt.phase == "open":
            return first_answer(prompt, scene, None, "aloud")
        case Pressed(action="pass") if prompt.phase == "called" and (mine or leads):
            return settled(prompt, scene, "passed", prompt.called or "", None)
        case Pressed(action="absent") if prompt.phase == "called" and leads:
            return settled(prompt, scene, "absent", prompt.called or "", None)
        case Pressed(action="next") if leads and prompt.phase in {"called", "open", "answered"}:
            return call_on(prompt, scene)
        case Pressed(action="answered" | "pass" | "absent") if prompt.phase == "called":
            return Step(
                prompt,
                reply=t("It is {who}'s turn. You can answer beneath the question.", who=Who(prompt.called or "")),
            )
        case Pressed(action="answered" | "absent" | "next" | "close") if not leads:
            return Step(prompt, reply=t("Only a facilitator can do that."))
        case Told("heard", data={"person": person}):
            return heard(prompt, scene, person)
        case Rang("quiet") if prompt.phase == "open":
            return quiet(prompt, scene)
        case Told("more time") if prompt.phase == "open":
            return Step(prompt, (Wake("quiet", scene.now + MORE),))
        case Pressed(action="close") | Told("end") | Told("cancel") | Told("handed over"):
            return over(prompt)
    return Step(prompt)


def call_on(prompt: State, scene: Scene, only: str | None = None) -> Step[State]:
    """Call on the next person of the fair rotation, or on one whom the facilitator was offered by name."""
    room = scene.candidates()
    others = frozenset(one.person for one in room if only and one.person != only)
    choice = call(scene.turns, room, scene.now, scene.seed, scene.dialog, exclude=others | frozenset(prompt.asked))
    turns = tuple(Turn(row.person, row.what, row.used) for row in choice.turns)
    if choice.person is None:
        everybody = prompt.model_copy(update={"phase": "open", "called": None})
        waking = Wake("quiet", scene.now + timedelta(seconds=prompt.quiet_after))
        reply = t("There is nobody left to call on for this question, so it is open to all now.")
        return Step(everybody, (*turns, Show("board"), Wake("timeout", None), waking), reply=reply)
    called = {"phase": "called", "called": choice.person, "asked": (*prompt.asked, choice.person)}
    timers = (Wake("call", None), Wake("quiet", None), Wake("timeout", scene.now + PATIENCE))
    effects: tuple[Effect, ...] = (*turns, Show("board"), *timers)
    return Step(
        prompt.model_copy(update=called),
        (*effects, *unflag(prompt, scene)),
        reply=t("You called on {who}.", who=Who(choice.person)),
    )


def settled(prompt: State, scene: Scene, what: str, person: str, how: str | None) -> Step[State]:
    """The one who was called has answered, passed, or is not here. Passing costs the turn as an answer does."""
    row = settle(scene.turns, person, what, scene.now, scene.dialog)
    turn = Turn(row.person, row.what, row.used)
    if what == "answered":
        done = prompt.model_copy(update={"phase": "answered", "answered": person})
        effects = (turn, Note("answer", person, how), Show("board"), Wake("timeout", None), *unflag(prompt, scene))
        return Step(done, effects, reply=t("Thank you."))
    following = call_on(prompt, replace(scene, turns=(*scene.turns, row)))  # the pick sees the turn that was just used
    reply = t("You passed. Thank you for saying so.") if what == "passed" else t("Noted.")
    return Step(following.state, (turn, *following.effects), reply=reply)


def back_to_all(prompt: State, scene: Scene) -> Step[State]:
    """Nobody is put on the spot for longer: the question goes to everybody."""
    row = settle(scene.turns, prompt.called or "", "timeout", scene.now, scene.dialog)
    opened = prompt.model_copy(update={"phase": "open", "called": None})
    waking = Wake("quiet", scene.now + timedelta(seconds=prompt.quiet_after))
    return Step(opened, (Turn(row.person, row.what, row.used), Show("board"), waking))


def first_answer(prompt: State, scene: Scene, person: str | None, how: str) -> Step[State]:
    """An answer to an open question: nobody needs to be told of silence any more."""
    note: tuple[Effect, ...] = (Note("answer", person, how),) if person else ()
    if prompt.phase == "answered":
        return Step(prompt, note)
    done = prompt.model_copy(update={"phase": "answered", "answered": person or "aloud"})
    return Step(done, (*note, Show("board"), Wake("quiet", None), *unflag(prompt, scene)))


def heard(prompt: State, scene: Scene, person: str | None) -> Step[State]:
    """Answered aloud, as the facilitator says: by the one who was called, by somebody named, or by someone."""
    if prompt.phase == "called" and person in (None, prompt.called):
        return settled(prompt, scene, "answered", prompt.called or "", "aloud")
    step = first_answer(prompt, scene, person, "aloud")
    return Step(
        step.state.model_copy(update={"called": None}), (*step.effects, Wake("timeout", None), Wake("call", None))
    )


def quiet(prompt: State, scene: Scene) -> Step[State]:
    """Nobody has answered in time: the facilitator hears of it, privately, with a move to make."""
    data = {"dialog": scene.dialog, "question": prompt.question, "asked": list(prompt.asked), "again": prompt.flagged}
    again: tuple[Effect, ...] = () if prompt.flagged else (Wake("quiet", scene.now + timedelta(seconds=prompt.quiet_after)),)
    return Step(prompt.model_copy(update={"flagged": True}), (Tell("silence", "quiet", data), *again))


def unflag(prompt: State, scene: Scene) -> tuple[Tell, ...]:
    """A flag that has been acted on is settled."""
    return (Tell("silence", "answered", {"dialog": scene.dialog}),) if prompt.flagged else ()


def over(prompt: State) -> Step[State]:
    """The question is closed, whoever was called keeps their place."""
    closed = prompt.model_copy(update={"phase": "over", "called": None})
    return Step(closed, (Show("board"), Wake("call", None), Wake("timeout", None), Wake("quiet", None)), done=True)


def view(prompt: State, look: Look) -> Card:
    """The one message of the question; answers stand beneath it."""
    return Card(
        title=quote(prompt.question),
        text=(_says(prompt),),
        buttons=_buttons(prompt, look),
        footer=_footer(look.tally.total("answer")),
        tone="done" if prompt.phase == "over" else "plain",
        answers=prompt.phase != "over",
    )


def _says(prompt: State) -> Text:
    who = Who(prompt.called or "")
    match prompt.phase:
        case "thinking":
            return t("Take a moment to think. Then I will ask one of you by name.")
        case "called":
            return t("{who}, what do you think? Answer here or aloud, or pass: both are fine.", who=who)
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
    """Each viewer gets their own; where one message serves everybody, all of them, and a press by the wrong one is refused."""
    if prompt.phase == "over":
        return ()
    shared, leads = look.viewer is None, look.role is FACILITATOR
    mine = look.viewer is not None and look.viewer == prompt.called
    buttons: list[Button] = []
    if prompt.phase == "called" and (shared or mine):
        buttons += [Button("answered", t("Answered"), style="primary"), Button("pass", t("Pass"))]
    elif leads and prompt.phase in {"called", "open"}:
        buttons.append(Button("answered", t("Answered aloud"), style="primary"))
    if prompt.phase == "called" and (shared or leads):
        buttons.append(Button("absent", t("Not here")))
    if leads and prompt.phase in {"open", "answered", "called"}:
        buttons.append(Button("next", t("Call on the next person")))
    if leads:
        buttons.append(Button("close", t("Close the question")))
    return tuple(buttons)


def sum_up(prompt: State, tally: Tally) -> Result:
    """How many answered. What they said is theirs."""
    return Result("prompt", prompt.question, (), tally.total("answer"), prompt.objective)


ROOM_AND_ROTATION: frozenset[Need] = frozenset({"roster", "turns"})
NEEDS: Needs = {event: ROOM_AND_ROTATION for event in (Rang, Pressed, Told, Said)}
KIND = Kind("prompt", State, decide, view, needs=NEEDS, sum_up=sum_up)
