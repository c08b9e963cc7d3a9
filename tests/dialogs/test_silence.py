"""Silence: tables of state + event -> exactly this step, and the budget of flags, held for any hour of a session."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.base import FACILITATOR, LEARNER, MANAGER, PARENT, Event, Scene, Show, Step, Tell, Wake
from dialogs.card import Button, Card, Text, Who, t
from dialogs.rotation import Turned
from dialogs.silence import AN_HOUR, APART, FRESH, Flag, State, decide, view
from tests.dialogs.paper import after, look, people, press, rang, say, scene, started, told
from tests.dialogs.stage import NOON, Stage, classroom

ON = State()
OFF = State(on=False)
FLAG = Flag(id="1", dialog="q1", question="What else?", at=NOON, person="ann", first=True, phase="raised")
LONELY = FLAG.model_copy(update={"person": None})  # nobody could be suggested
SECOND = FLAG.model_copy(update={"id": "2", "dialog": "q2", "first": False, "phase": "queued"})
RAISED = State(flags=(FLAG,), raised=(NOON,))
ROOM = scene(None, roster=people("Ann"))

SHOWN, SHOWN_2 = Show("flag:1", FACILITATOR), Show("flag:2", FACILITATOR)
NO_QUEUE = Wake("queue", None)
SETTLED = t("That has been settled already.")
LEADERS = t("Only a facilitator can do that.")
BOBS_TURN = scene(None, roster=people("Ann", "Bob"), turns=(Turned("ann", "answered", NOON, 1, "q0"),))


def flags(*flags: Flag, raised: tuple[datetime, ...] = (NOON,), on: bool = True) -> State:
    return State(on=on, flags=flags, raised=raised)


def having(flag: Flag, **changes: Any) -> Flag:
    return flag.model_copy(update=changes)


def quiet(dialog: str = "q1", *asked: str) -> Event:
    return told("quiet", dialog=dialog, question="What else?", asked=list(asked))


def done(move: str, flag: Flag = FLAG) -> State:
    return flags(having(flag, phase="settled", move=move))


STEPS: dict[str, tuple[State, Event, Scene, Step[State]]] = {
    "begins": (ON, started(), scene(), Step(ON)),
    "raises a flag and says who is next": (ON, quiet(), ROOM, Step(RAISED, (SHOWN,))),
    "names nobody who was asked already": (ON, quiet("q1", "ann"), ROOM, Step(flags(LONELY), (SHOWN,))),
    "names nobody in an empty room": (ON, quiet(), scene(None), Step(flags(LONELY), (SHOWN,))),
    "names whose turn it is": (ON, quiet(), BOBS_TURN, Step(flags(having(FLAG, person="bob")), (SHOWN,))),
    "says once more on the flag that stands": (
        RAISED,
        quiet(),
        ROOM,
        Step(flags(having(FLAG, again=True)), (SHOWN,)),
    ),
    "says nothing when it is off": (OFF, quiet(), ROOM, Step(OFF)),
    "waits three minutes between two flags": (
        RAISED,
        quiet("q2"),
        ROOM,
        Step(flags(FLAG, SECOND), (Wake("queue", NOON + APART),)),
    ),
    "raises the one that waited": (
        flags(FLAG, SECOND),
        rang("queue"),
        scene(None, now=NOON + APART),
        Step(flags(FLAG, having(SECOND, phase="raised"), raised=(NOON, NOON + APART)), (SHOWN_2,)),
    ),
    "is not hurried by a timer": (
        flags(FLAG, SECOND),
        rang("queue"),
        scene(None, now=after(1)),
        Step(flags(FLAG, SECOND), (Wake("queue", NOON + APART),)),
    ),
    "raises the newest of those that wait, and looks at the others later": (
        flags(SECOND, having(SECOND, id="3", dialog="q3", at=after(60)), raised=()),
        rang("queue"),
        scene(None, now=after(100)),
        Step(
            flags(
                SECOND,
                having(SECOND, id="3", dialog="q3", at=after(60), first=True, phase="raised"),
                raised=(after(100),),
            ),
            (Show("flag:3", FACILITATOR), Wake("queue", after(100) + APART)),
        ),
    ),
    "forgets what waited for too long": (
        flags(FLAG, SECOND),
        rang("queue"),
        scene(None, now=NOON + FRESH + timedelta(seconds=1)),
        Step(flags(FLAG, having(SECOND, phase="dropped"))),
    ),
    "has said enough in this hour": (
        flags(
            *(having(FLAG, id=f"{n}", dialog=f"q{n}") for n in range(6)), raised=tuple(after(240 * n) for n in range(6))
        ),
        quiet("q9"),
        scene(None, now=after(1500)),
        Step(
            flags(
                *(having(FLAG, id=f"{n}", dialog=f"q{n}") for n in range(6)),
                having(SECOND, id="7", dialog="q9", at=after(1500), person=None),
                raised=tuple(after(240 * n) for n in range(6)),
            ),
            (Wake("queue", after(3600)),),
        ),
    ),
    "is settled by an answer": (
        RAISED,
        told("settled", dialog="q1", why="answered"),
        scene(None),
        Step(done("answered"), (SHOWN,)),
    ),
    "forgets what was answered before it was said": (
        flags(FLAG, SECOND),
        told("settled", dialog="q2", why="answered"),
        scene(None),
        Step(flags(FLAG, having(SECOND, phase="dropped"))),
    ),
    "hears of an answer to something else": (
        RAISED,
        told("settled", dialog="q7", why="answered"),
        scene(None),
        Step(RAISED),
    ),
    "is switched off, and forgets what waits": (
        flags(FLAG, SECOND),
        told("set", on=False),
        scene(None),
        Step(flags(FLAG, having(SECOND, phase="dropped"), on=False), (NO_QUEUE,)),
    ),
    "is switched on": (OFF, told("set", on=True), scene(None), Step(ON)),
    "calls on the one it named": (
        RAISED,
        press("call", "1", by="fay"),
        scene(FACILITATOR),
        Step(done("called"), (SHOWN, Tell("q1", "call", {"person": "ann"}))),
    ),
    "makes it a poll": (
        RAISED,
        press("poll", "1", by="fay"),
        scene(FACILITATOR),
        Step(
            done("poll"),
            (SHOWN, Tell("q1", "handed over"), Tell(PARENT, "poll it", {"question": "What else?"})),
            reply=t("It is a poll now."),
        ),
    ),
    "gives more time": (
        RAISED,
        press("more", "1", by="fay"),
        scene(FACILITATOR),
        Step(done("more"), (SHOWN, Tell("q1", "more time")), reply=t("It has more time.")),
    ),
    "hears that it was answered aloud": (
        RAISED,
        press("aloud", "1", by="fay"),
        scene(FACILITATOR),
        Step(
            done("aloud"),
            (SHOWN, Tell("q1", "heard", {"person": None})),
            reply=t("Noted: it was answered aloud."),
        ),
    ),
    "ends with the session": (
        flags(FLAG, SECOND),
        told("end"),
        scene(None),
        Step(
            flags(having(FLAG, phase="settled", move="over"), having(SECOND, phase="dropped")),
            (NO_QUEUE, SHOWN),
            done=True,
        ),
    ),
    "ends with nothing to say": (ON, told("cancel"), scene(None), Step(ON, (NO_QUEUE,), done=True)),
    **{
        f"is settled once, and {action} comes too late": (
            done("more"),
            press(action, "1", by="fay"),
            scene(FACILITATOR),
            Step(done("more"), reply=SETTLED),
        )
        for action in ("call", "poll", "more", "aloud")
    },
    **{
        f"is not for {role} to {action}": (RAISED, press(action, "1"), scene(role), Step(RAISED, reply=LEADERS))
        for action in ("call", "poll", "more", "aloud")
        for role in (LEARNER, MANAGER, None)
    },
    **{
        f"ignores {name}": (RAISED, event, scene(FACILITATOR), Step(RAISED))
        for name, event in {
            "another flag": press("more", "7", by="fay"),
            "no flag": press("more", by="fay"),
            "another button": press("dance", "1", by="fay"),
            "another timer": rang("dance"),
            "another word": told("start"),
            "a message": say(),
        }.items()
    },
    "ignores a call where nobody was named": (
        flags(LONELY),
        press("call", "1", by="fay"),
        scene(FACILITATOR),
        Step(flags(LONELY)),
    ),
}


@pytest.mark.parametrize(("state", "event", "at", "step"), STEPS.values(), ids=STEPS)
def test_the_watch(state: State, event: Event, at: Scene, step: Step[State]) -> None:
    assert decide(state, event, at) == step


def test_the_budget_is_that_of_the_research() -> None:
    """science.md 2b: at least 180 s between any two messages, at most 6 an hour."""
    assert (timedelta(seconds=180), 6) == (APART, AN_HOUR)


# -- what is seen ------------------------------------------------------------------------------------------------------

POLL, CALL = Button("poll", t("Poll it"), "1"), Button("call", t("Call on {who}", who=Who("ann")), "1")
OTHERS = (Button("more", t("More time"), "1"), Button("aloud", t("Answered aloud"), "1"))
MAKE_IT_A_POLL = t("Suggestion: make it a poll, so that one tap is enough.")
NEXT_IS_ANN = t("Suggestion: call on {who}, whose turn is next.", who=Who("ann"))


QUIET = t("I have seen no answer yet. Only facilitators see this.")
DEAF = t(  # said once a session
    "I have seen no answer yet. I do not hear voices, and where a question has a thread, I count what stands there: "
    "if somebody has answered, press “Answered aloud”. Only facilitators see this."
)


def first(button: Button) -> Button:
    return Button(button.action, button.label, button.value, style="primary")


@pytest.mark.parametrize(
    ("flag", "title", "suggestion", "buttons"),
    [
        (FLAG, "Quiet on: {question}", NEXT_IS_ANN, (first(CALL), POLL, *OTHERS)),
        (LONELY, "Quiet on: {question}", MAKE_IT_A_POLL, (first(POLL), *OTHERS)),
        (having(FLAG, again=True), "Still quiet on: {question}", MAKE_IT_A_POLL, (first(POLL), CALL, *OTHERS)),
        (having(FLAG, first=False), "Quiet on: {question}", NEXT_IS_ANN, (first(CALL), POLL, *OTHERS)),
    ],
)
def test_a_flag_has_one_move_to_make_and_the_others_at_hand(
    flag: Flag, title: str, suggestion: Text, buttons: tuple[Button, ...]
) -> None:
    assert view(flags(flag), look("flag:1", "fay", FACILITATOR)) == Card(
        title=t(title, question="What else?"),
        text=(DEAF if flag.first else QUIET, suggestion),
        buttons=buttons,
        tone="flag",
    )


@pytest.mark.parametrize(
    ("move", "says"),
    [
        ("called", t("Somebody was called on by name.")),
        ("poll", t("It was made a poll.")),
        ("more", t("It was given more time.")),
        ("aloud", t("It was answered aloud.")),
        ("answered", t("It has been answered.")),
        ("over", t("It is over.")),
    ],
)
def test_a_flag_that_is_settled_says_how_and_has_no_buttons(move: str, says: Text) -> None:
    card = view(done(move), look("flag:1", "fay", FACILITATOR))
    tone: Literal["done", "closed"] = "closed" if move == "over" else "done"
    assert card == Card(t("Quiet on: {question}", question="What else?"), (says,), tone=tone)


def test_a_flag_that_never_was_can_be_drawn() -> None:
    assert view(ON, look("flag:7", "fay", FACILITATOR)) == Card(title=t("Nothing to tell"), tone="done")


# -- for any hour ------------------------------------------------------------------------------------------------------

QUESTIONS = ("q1", "q2", "q3")
happenings = st.lists(
    st.tuples(
        st.sampled_from(["quiet"] * 6 + ["settled", "off", "on", "more", "poll", "aloud", "call"]),
        st.sampled_from(QUESTIONS),
        st.sampled_from([0, 1, 20, 59, 60, 179, 180, 181, 299, 301, 600]),
    ),
    max_size=60,
)


class Hours(Stage):
    """A watch on a stage: when it raised which flag, and what it must never do."""

    def __init__(self) -> None:
        super().__init__({"fay": FACILITATOR, "ann": LEARNER, "bob": LEARNER})
        self.raised: list[tuple[datetime, str]] = []
        self.answered: set[str] = set()
        self.watch = self.begin("silence", {})

    def step(self, dialog: Any, event: Event) -> Step[Any]:
        step = super().step(dialog, event)
        if dialog.kind == "silence":
            before = {flag.id for flag in dialog.state.flags if flag.phase in {"raised", "settled"}}
            new = [flag for flag in step.state.flags if flag.phase == "raised" and flag.id not in before]
            assert len(new) <= 1
            assert not new or dialog.state.on
            self.raised += [(self.now, flag.dialog) for flag in new]
            standing = [flag.dialog for flag in step.state.flags if flag.phase in {"queued", "raised"}]
            assert len(standing) == len(set(standing)), "two flags for one question"
            assert not {flag.dialog for flag in new} & self.answered, "a flag for what has been answered"
            shown = {(effect.slot, effect.to) for effect in step.effects if isinstance(effect, Show)}
            assert {(f"flag:{flag.id}", FACILITATOR) for flag in new} <= shown
            assert {to for _, to in shown} <= {FACILITATOR}, "a flag is private"
        return step

    def play(self, story: list[tuple[str, str, int]]) -> Iterator[str]:
        for what, question, seconds in story:
            yield self.play_one(what, question, seconds)
        self.wait(3600)

    def play_one(self, what: str, question: str, seconds: int) -> str:
        self.wait(seconds)
        flag = next((one for one in self.state.flags if one.dialog == question and one.phase == "raised"), None)
        if what == "quiet":
            self.answered.discard(question)  # it is asked once more
            return self.tell(self.watch, "quiet", dialog=question, question=question, asked=[])
        if what == "settled":
            self.answered.add(question)
            return self.tell(self.watch, "settled", dialog=question, why="answered")
        if what in {"on", "off"}:
            return self.tell(self.watch, "set", on=what == "on")
        return self.tap("fay", self.watch, what, flag.id) if flag else ""

    @property
    def state(self) -> State:
        state = self.dialogs[self.watch].state
        assert isinstance(state, State)
        return state


@settings(deadline=None)
@given(happenings)
def test_at_most_six_flags_in_any_hour_and_three_minutes_apart(story: list[tuple[str, str, int]]) -> None:
    hours = Hours()
    list(hours.play(story))
    moments = [at for at, _ in hours.raised]
    assert all(later - earlier >= APART for earlier, later in pairwise(moments))
    for at in moments:
        assert sum(at <= other < at + timedelta(hours=1) for other in moments) <= AN_HOUR


@settings(deadline=None)
@given(happenings)
def test_the_same_hours_give_the_same_flags(story: list[tuple[str, str, int]]) -> None:
    one, other = Hours(), Hours()
    assert list(one.play(story)) == list(other.play(story))
    assert (one.state, one.raised) == (other.state, other.raised)


@settings(deadline=None)
@given(happenings)
def test_nothing_is_said_while_it_is_off(story: list[tuple[str, str, int]]) -> None:
    hours = Hours()
    hours.tell(hours.watch, "set", on=False)
    list(hours.play([one for one in story if one[0] != "on"]))
    assert hours.raised == []
    assert not any(slot.startswith("flag") for _, slot, _ in hours.shown)


def test_in_a_busy_hour_six_flags_are_raised_and_the_seventh_has_to_wait() -> None:
    hours = Hours()
    for n in range(20):  # every five minutes another question stays quiet
        hours.play_one("quiet", f"q{n}", 300)
    assert [(at - NOON).total_seconds() / 60 for at, _ in hours.raised] == [
        5,
        10,
        15,
        20,
        25,
        30,
        65,
        70,
        75,
        80,
        85,
        90,
    ]


# -- told from the room ------------------------------------------------------------------------------------------------


def test_off_means_off_also_before_the_session_begins() -> None:
    stage = classroom(setup={"brief": {"title": "Feedback"}})
    assert stage.type("fay", "silence off") == "You will not be told when a question stays unanswered."
    stage.type("fay", "start")
    stage.type("fay", 'open "What else?"')
    stage.wait(600)
    assert not any(title.startswith(("Quiet", "Still")) for title in stage.read("fay"))

    assert (
        stage.type("fay", "silence 30s")
        == "From the next question on, you are told after 30 seconds without an answer."
    )
    stage.type("fay", 'open "And now?"')
    stage.wait(30)
    assert "Quiet on: And now?" in stage.read("fay")
    assert not any(title.startswith("Quiet") for who in ("ann", "bob", "cem") for title in stage.read(who))


def test_one_press_makes_a_quiet_question_a_poll() -> None:
    stage = classroom(setup={"brief": {"title": "Feedback"}})
    stage.type("fay", "start")
    stage.type("fay", 'open "What else?"')
    stage.wait(60)
    assert stage.press("fay", "Poll it") == "It is a poll now."
    assert stage.tap("ann", "prompt:1", "pass") == "This question is closed."
    assert stage.press("ann", "I am not sure yet") == "Your vote: I am not sure yet"
    assert stage.press("fay", "Close the poll") == "The poll is closed."
