"""Silence: tells the facilitators, privately, when a question goes unanswered, with one move to make.

This is the mechanism for every flag: who hears it (facilitators only), how often (a budget), and what it suggests. The
bot does not hear voices: "Answered aloud" is the facilitator's word for what happened there.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from dialogs.base import (
    FACILITATOR,
    PARENT,
    Event,
    Frozen,
    Kind,
    Look,
    Needs,
    Pressed,
    Rang,
    Scene,
    Show,
    Step,
    Tell,
    Told,
    Wake,
)
from dialogs.card import Button, Card, Text, Who, t
from dialogs.rotation import call

APART = timedelta(seconds=180)  # between two flags, whatever they are about
AN_HOUR = 6  # flags in any hour at most
FRESH = timedelta(seconds=300)  # a flag that waited longer for its turn is of no use any more


class Flag(Frozen):
    """One thing the facilitators were told, or are about to be."""

    id: str
    dialog: str  # the question it is about
    question: str
    at: datetime  # when it was noticed
    person: str | None = None  # the one it suggests to call on
    again: bool = False  # it has stayed quiet since
    first: bool = False  # of the session: what cannot be heard is explained once
    phase: Literal["queued", "raised", "settled", "dropped"] = "queued"
    move: str | None = None  # what the facilitator did about it


class State(Frozen):
    """The flags of one session."""

    on: bool = True
    flags: tuple[Flag, ...] = ()
    raised: tuple[datetime, ...] = ()  # when flags went out, in the last hour

    def flag(self, id_: str) -> Flag | None:
        """A flag by id."""
        return next((one for one in self.flags if one.id == id_), None)

    def about(self, dialog: str) -> Flag | None:
        """The flag about this question that is not over yet."""
        return next((one for one in self.flags if one.dialog == dialog and one.phase in {"queued", "raised"}), None)

    def having(self, flag: Flag, **changes: object) -> State:
        """With this flag changed, or added."""
        new = flag.model_copy(update=changes)
        if self.flag(flag.id) is None:
            return self.model_copy(update={"flags": (*self.flags, new)})
        return self.model_copy(update={"flags": tuple(new if one.id == flag.id else one for one in self.flags)})


def decide(watch: State, event: Event, scene: Scene) -> Step[State]:
    """A question stays quiet, is answered, or the facilitator makes a move."""
    match event:
        case Told("quiet", data=data) if watch.on:
            return noticed(watch, scene, str(data["dialog"]), str(data["question"]), frozenset(data["asked"]))
        case Told("settled", data=data):
            flag = watch.about(str(data["dialog"]))
            return settle(watch, flag, str(data["why"])) if flag else Step(watch)
        case Rang("queue"):
            return from_queue(watch, scene)
        case Told("set", data={"on": bool(on)}):
            watch = watch.model_copy(update={"on": on})
            return Step(watch) if on else forget(watch)
        case Pressed() if scene.role is not FACILITATOR:
            return Step(watch, reply=t("Only a facilitator can do that."))
        case Pressed(value=value) if (flag := watch.flag(value)) and flag.phase != "raised":
            return Step(watch, reply=t("That has been settled already."))
        case Pressed(action="call", value=value) if (flag := watch.flag(value)) and flag.person:
            # Who was called on is said by the question: this person may have left meanwhile.
            return move(watch, flag, "called", Tell(flag.dialog, "call", {"person": flag.person}))
        case Pressed(action="poll", value=value) if flag := watch.flag(value):
            asked = Tell(PARENT, "poll it", {"question": flag.question})
            return move(watch, flag, "poll", Tell(flag.dialog, "handed over"), asked, reply=t("It is a poll now."))
        case Pressed(action="more", value=value) if flag := watch.flag(value):
            return move(watch, flag, "more", Tell(flag.dialog, "more time"), reply=t("It has more time."))
        case Pressed(action="aloud", value=value) if flag := watch.flag(value):
            told = Tell(flag.dialog, "heard", {"person": None})
            return move(watch, flag, "aloud", told, reply=t("Noted: it was answered aloud."))
        case Told("end") | Told("cancel"):
            step = forget(watch)
            for flag in [one for one in watch.flags if one.phase == "raised"]:
                ended = settle(step.state, flag, "over")
                step = Step(ended.state, (*step.effects, *ended.effects))
            return Step(step.state, step.effects, done=True)
    return Step(watch)


def slot(flag: Flag) -> str:
    """Each flag is a message of its own."""
    return f"flag:{flag.id}"


def noticed(watch: State, scene: Scene, dialog: str, question: str, asked: frozenset[str]) -> Step[State]:
    """A question is quiet: raise a flag now, or when the budget allows, or say it once more on the flag that stands."""
    standing = watch.about(dialog)
    if standing:
        if standing.phase != "raised":  # nobody has read of it yet: it is not quiet “still”
            return Step(watch)
        return Step(watch.having(standing, again=True), (Show(slot(standing), FACILITATOR),))
    suggested = call(scene.turns, scene.candidates(), scene.now, scene.seed, dialog, exclude=asked).person
    flag = Flag(id=f"{len(watch.flags) + 1}", dialog=dialog, question=question, at=scene.now, person=suggested)
    return from_queue(watch.having(flag), scene)


def from_queue(watch: State, scene: Scene) -> Step[State]:
    """Raise the newest flag that waits, if none went out within three minutes, nor six within the hour."""
    waiting = sorted((one for one in watch.flags if one.phase == "queued"), key=lambda one: one.at, reverse=True)
    for old in [one for one in waiting if scene.now - one.at > FRESH]:
        watch = watch.having(old, phase="dropped")
        waiting.remove(old)
    if not waiting:
        return Step(watch)
    free = next_free(watch, scene.now)
    if free > scene.now:
        return Step(watch, (Wake("queue", free),))
    recent = tuple(at for at in watch.raised if scene.now - at < timedelta(hours=1))
    first = not any(one.phase in {"raised", "settled"} for one in watch.flags)
    raised = watch.having(waiting[0], phase="raised", first=first).model_copy(update={"raised": (*recent, scene.now)})
    later = (Wake("queue", scene.now + APART),) if len(waiting) > 1 else ()
    return Step(raised, (Show(slot(waiting[0]), FACILITATOR), *later))


def next_free(watch: State, now: datetime) -> datetime:
    """The first moment at which the budget allows another flag."""
    recent = sorted(at for at in watch.raised if now - at < timedelta(hours=1))
    moments = [now]
    if recent:
        moments.append(recent[-1] + APART)
    if len(recent) >= AN_HOUR:
        moments.append(recent[-AN_HOUR] + timedelta(hours=1))
    return max(moments)


def forget(watch: State) -> Step[State]:
    """Nothing that waits to be told is told any more."""
    for flag in [one for one in watch.flags if one.phase == "queued"]:
        watch = watch.having(flag, phase="dropped")
    return Step(watch, (Wake("queue", None),))


def move(watch: State, flag: Flag, what: str, *tells: Tell, reply: Text | None = None) -> Step[State]:
    """The facilitator made a move: the flag is settled, and the question hears of it."""
    step = settle(watch, flag, what)
    return Step(step.state, (*step.effects, *tells), reply=reply)


def settle(watch: State, flag: Flag, what: str) -> Step[State]:
    """A flag is over; one that was never shown is just forgotten."""
    if flag.phase == "queued":
        return Step(watch.having(flag, phase="dropped"))
    return Step(watch.having(flag, phase="settled", move=what), (Show(slot(flag), FACILITATOR),))


def view(watch: State, look: Look) -> Card:
    """A flag: what is quiet, one suggested move, and the others at hand."""
    flag = watch.flag(look.slot.partition(":")[2])
    if flag is None:
        return Card(title=t("Nothing to tell"), tone="done")
    if flag.phase != "raised":
        seen_to = flag.move in {"called", "poll", "more", "aloud", "answered"}
        title = t("Quiet on: {question}", question=flag.question)
        return Card(title, (_ended(flag),), tone="done" if seen_to else "closed")
    title = t("Quiet on: {question}", question=flag.question)
    if flag.again:
        title = t("Still quiet on: {question}", question=flag.question)
    polling = flag.again or flag.person is None  # a name first; if it stays quiet, the lighter way to answer
    suggestion = t("Suggestion: make it a poll, so that one tap is enough.")
    if not polling:
        suggestion = t("Suggestion: call on {who}, whose turn is next.", who=Who(flag.person or ""))
    buttons = [Button("poll", t("Poll it"), flag.id, style="primary" if polling else "plain")]
    if flag.person:
        calling = Button(
            "call", t("Call on {who}", who=Who(flag.person)), flag.id, style="plain" if polling else "primary"
        )
        buttons.insert(1 if polling else 0, calling)
    buttons += [Button("more", t("More time"), flag.id), Button("aloud", t("Answered aloud"), flag.id)]
    quiet = t("I have seen no answer yet. Only facilitators see this.")
    if flag.first:
        quiet = t(
            "I have seen no answer yet. I do not hear voices, and where a question has a thread, I count what stands "
            "there: if somebody has answered, press “Answered aloud”. Only facilitators see this."
        )
    return Card(
        title=title,
        text=(quiet, suggestion),
        buttons=tuple(buttons),
        tone="flag",
    )


def _ended(flag: Flag) -> Text:
    match flag.move:
        case "called":
            return t("Somebody was called on by name.")
        case "poll":
            return t("It was made a poll.")
        case "more":
            return t("It was given more time.")
        case "aloud":
            return t("It was answered aloud.")
        case "answered":
            return t("It has been answered.")
    return t("It is over.")


NEEDS: Needs = {Told: frozenset({"roster", "turns"})}
KIND = Kind("silence", State, decide, view, needs=NEEDS)
