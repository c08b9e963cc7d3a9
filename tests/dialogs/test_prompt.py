"""Prompt: tables of state + event -> exactly this step, and what holds however a question goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.base import (
    FACILITATOR,
    LEARNER,
    MANAGER,
    PARENT,
    Event,
    Note,
    Pressed,
    Result,
    Role,
    Said,
    Scene,
    Show,
    Step,
    Tell,
    Turn,
    Wake,
)
from dialogs.card import Button, Card, Text, Who, quote, t, tn
from dialogs.plan import prompt_setup
from dialogs.prompt import MORE, PATIENCE, THINK, State, decide, sum_up, view
from dialogs.rotation import Turned
from dialogs.silence import APART
from tests.dialogs.paper import look, member, noted, people, press, rang, say, scene, started, tally, told
from tests.dialogs.stage import NOON, Stage, classroom

NEW = State.model_validate(prompt_setup("What now?", "call"))
OPEN = State.model_validate(prompt_setup("What else?", "open") | {"phase": "open"})
ANN = NEW.model_copy(update={"phase": "called", "called": "ann", "asked": ("ann",)})  # Ann is called on
ANSWERED = ANN.model_copy(update={"phase": "answered", "called": None, "answered": "ann"})
OVER = ANN.model_copy(update={"phase": "over", "called": None})

ROOM = people("Ann", "Bob")
CALLED = (  # the rows of a rotation in which Ann has been called on
    Turned("ann", "joined", NOON, 0, "d"),
    Turned("bob", "joined", NOON, 0, "d"),
    Turned("ann", "called", NOON, 0, "d"),
)
BOB_HAD_ONE = (*CALLED[:2], Turned("bob", "answered", NOON, 1, "d0"))  # so that it would be Ann's turn
BOARD = Show("board")
PATIENT = Wake("timeout", NOON + PATIENCE)
LISTEN = Wake("quiet", NOON + timedelta(seconds=60))
OFF = (Wake("timeout", None), Wake("quiet", None))
QUIET = Tell("silence", "quiet", {"dialog": "d", "question": "What else?", "asked": []})

THANKS, ALOUD = t("Thank you."), t("Noted: it was answered aloud.")
HER = t("Noted: {who} answered aloud.", who=Who("ann"))
NOBODY_LEFT = t("There is nobody left to call on: anyone may answer now.")
NOBODY = t("Nobody is called on now. Anyone can answer beneath the question.")
ANNS_TURN = t("It is {who}'s turn. You can answer beneath the question.", who=Who("ann"))
LEADERS = t("Only a facilitator can do that.")


def turn(who: str) -> Text:
    return t("It is {who}'s turn now.", who=Who(who))


def having(state: State, **changes: Any) -> State:
    return state.model_copy(update=changes)


def settled(why: str) -> Tell:
    return Tell("silence", "settled", {"dialog": "d", "why": why})


def at(role: Role | None = LEARNER, **more: Any) -> Scene:
    """A scene with Ann and Bob in the room, where Ann has been called on."""
    return scene(role, **{"roster": ROOM, "turns": CALLED, **more})


TURN_OF_BOB = (Turn("bob", "called", 0), Turn("bob", "answered", 1))
BOBS = having(ANN, called="bob", asked=("ann", "bob"))
ANN_ANSWERED = (Turn("ann", "answered", 1), Note("answer", "ann", "thread"), BOARD, *OFF)
FOR_ALL = having(ANN, phase="open", called=None)

Row = tuple[State, Event, Scene, Step[State]]

LONG = timedelta(minutes=6)  # too late for a timer

CALLS: dict[str, Row] = {
    "calls on nobody when it comes back much later": (
        NEW,
        rang("call"),
        scene(None, now=NOON + LONG, roster=people("Ann")),
        Step(
            having(NEW, phase="open"),
            (BOARD, Wake("timeout", None), Wake("quiet", NOON + LONG + timedelta(seconds=60))),
        ),
    ),
    "takes nobody's turn for the time in which it was away": (
        ANN,
        rang("timeout"),
        at(None, now=NOON + LONG),
        Step(FOR_ALL, (BOARD, Wake("timeout", None), Wake("quiet", NOON + LONG + timedelta(seconds=60)))),
    ),
    "waits anew for answers when it comes back much later": (
        OPEN,
        rang("quiet"),
        scene(None, now=NOON + LONG),
        Step(OPEN, (Wake("quiet", NOON + LONG + timedelta(seconds=60)),)),
    ),
    "lets everybody think first": (NEW, started(), scene(), Step(NEW, (BOARD, Wake("call", NOON + THINK)))),
    "calls on the one whose turn it is": (
        NEW,
        rang("call"),
        scene(None, roster=people("Ann")),
        Step(
            ANN,
            (
                Turn("ann", "joined", 0),
                Turn("ann", "called", 0),
                BOARD,
                Wake("call", None),
                Wake("quiet", None),
                PATIENT,
            ),
            reply=turn("ann"),
        ),
    ),
    "does not call on whoever has answered already": (
        having(NEW, answered="ann"),
        rang("call"),
        at(
            None,
            turns=(*CALLED[:2], Turned("bob", "answered", NOON, 1, "d0")),
            tally=tally(noted("answer", "ann", "x")),
        ),
        Step(
            having(NEW, answered="ann", phase="called", called="bob", asked=("bob",)),
            (Turn("bob", "called", 1), BOARD, Wake("call", None), Wake("quiet", None), PATIENT),
            reply=turn("bob"),
        ),
    ),
    "is open to all in an empty room": (
        NEW,
        rang("call"),
        scene(None),
        Step(having(NEW, phase="open"), (BOARD, Wake("timeout", None), LISTEN), reply=NOBODY_LEFT),
    ),
    "is open to all where nobody may be called": (
        NEW,
        rang("call"),
        at(None, turns=CALLED[:1], roster=(member("Ann", calls=False), member("Fay", FACILITATOR))),
        Step(having(NEW, phase="open"), (BOARD, Wake("timeout", None), LISTEN), reply=NOBODY_LEFT),
    ),
    "hears her answer": (ANN, say(), at(), Step(having(ANSWERED), ANN_ANSWERED, reply=THANKS)),
    "hears that she answered": (
        ANN,
        press("answered"),
        at(),
        Step(ANSWERED, (Turn("ann", "answered", 1), Note("answer", "ann", "self"), BOARD, *OFF), reply=THANKS),
    ),
    "hears from the facilitator that she answered": (
        ANN,
        press("answered", by="fay"),
        at(FACILITATOR),
        Step(ANSWERED, (Turn("ann", "answered", 1), Note("answer", "ann", "aloud"), BOARD, *OFF), reply=HER),
    ),
    "hears by the button for leaders that she answered": (
        ANN,
        press("aloud", by="fay"),
        at(FACILITATOR),
        Step(ANSWERED, (Turn("ann", "answered", 1), Note("answer", "ann", "aloud"), BOARD, *OFF), reply=HER),
    ),
    "does not hear it from Ann, who has a button of her own": (ANN, press("aloud"), at(), Step(ANN, reply=LEADERS)),
    "does not hear it from Bob": (ANN, press("aloud", by="bob"), at(), Step(ANN, reply=LEADERS)),
    "hears by command that she answered": (
        ANN,
        told("heard", person="ann"),
        at(None),
        Step(ANSWERED, (Turn("ann", "answered", 1), Note("answer", "ann", "aloud"), BOARD, *OFF), reply=HER),
    ),
    "takes for granted that it was she": (
        ANN,
        told("heard", person=None),
        at(None),
        Step(ANSWERED, (Turn("ann", "answered", 1), Note("answer", "ann", "aloud"), BOARD, *OFF), reply=HER),
    ),
    "hears that another one answered": (
        ANN,
        told("heard", person="bob"),
        at(None),
        Step(
            having(ANSWERED, answered="bob"),
            (*TURN_OF_BOB, Note("answer", "bob", "aloud"), BOARD, *OFF, Wake("call", None)),
        ),
    ),
    "goes on when she passes": (
        ANN,
        press("pass"),
        at(),
        Step(
            BOBS,
            (
                Turn("ann", "passed", 1),
                *(Turn("bob", "called", 0), BOARD, Wake("call", None), Wake("quiet", None), PATIENT),
            ),
            reply=t("You passed. Thank you for saying so."),
        ),
    ),
    "goes on when the facilitator lets her pass": (
        ANN,
        press("pass", by="fay"),
        at(FACILITATOR),
        Step(
            BOBS,
            (
                Turn("ann", "passed", 1),
                *(Turn("bob", "called", 0), BOARD, Wake("call", None), Wake("quiet", None), PATIENT),
            ),
            reply=turn("bob"),
        ),
    ),
    "goes on when she is not here, which costs her nothing": (
        ANN,
        press("absent", by="fay"),
        at(FACILITATOR),
        Step(
            BOBS,
            (
                Turn("ann", "absent", 0),
                *(Turn("bob", "called", 0), BOARD, Wake("call", None), Wake("quiet", None), PATIENT),
                Tell(PARENT, "absent", {"person": "ann"}),
            ),
            reply=turn("bob"),
        ),
    ),
    "calls on the next one": (
        ANN,
        press("next", by="fay"),
        at(FACILITATOR),
        Step(
            BOBS,
            (Turn("bob", "called", 0), BOARD, Wake("call", None), Wake("quiet", None), PATIENT),
            reply=turn("bob"),
        ),
    ),
    "goes to all when nobody is left": (
        BOBS,
        press("pass", by="bob"),
        at(turns=(*CALLED, Turned("bob", "called", NOON, 0, "d"))),
        Step(
            having(BOBS, phase="open", called=None),
            (Turn("bob", "passed", 1), BOARD, Wake("timeout", None), LISTEN),
            reply=t("You passed. Thank you for saying so."),
        ),
    ),
    "goes to all when her time is up": (
        ANN,
        rang("timeout"),
        at(None),
        Step(FOR_ALL, (Turn("ann", "timeout", 1), BOARD, Wake("timeout", None), LISTEN)),
    ),
    "takes her answer after her time": (
        FOR_ALL,
        say(),
        at(turns=(*CALLED, Turned("ann", "timeout", NOON, 1, "d"))),
        Step(ANSWERED, ANN_ANSWERED, reply=THANKS),
    ),
    "takes her late press as an answer": (
        FOR_ALL,
        press("answered"),
        at(turns=(*CALLED, Turned("ann", "timeout", NOON, 1, "d"))),
        Step(ANSWERED, (Turn("ann", "answered", 1), Note("answer", "ann", "self"), BOARD, *OFF), reply=THANKS),
    ),
    "counts what another one writes meanwhile, and waits for her": (
        ANN,
        say("bob"),
        at(),
        Step(having(ANN, answered="bob"), (Note("answer", "bob", "thread"), BOARD)),
    ),
    "waits for nobody when her time is up and another one has answered": (
        having(ANN, answered="bob"),
        rang("timeout"),
        at(None),
        Step(having(ANSWERED, answered="bob"), (Turn("ann", "timeout", 1), BOARD, Wake("timeout", None))),
    ),
    "does not let Bob answer for her": (ANN, press("answered", by="bob"), at(), Step(ANN, reply=ANNS_TURN)),
    "does not let Bob pass for her": (ANN, press("pass", by="bob"), at(), Step(ANN, reply=ANNS_TURN)),
    "does not let Bob say that she is not here": (ANN, press("absent", by="bob"), at(), Step(ANN, reply=LEADERS)),
    "is not moved on by Bob": (ANN, press("next", by="bob"), at(), Step(ANN, reply=LEADERS)),
    "is not closed by Bob": (ANN, press("close", by="bob"), at(), Step(ANN, reply=LEADERS)),
    "is not closed by Ann": (ANN, press("close"), at(), Step(ANN, reply=LEADERS)),
    "is not moved on by a manager": (ANN, press("next", by="mia"), at(MANAGER), Step(ANN, reply=LEADERS)),
    "does not hear the facilitator as an answer": (ANN, say("fay"), at(FACILITATOR), Step(ANN)),
}

OPENS: dict[str, Row] = {
    "is open at once": (having(OPEN, phase="thinking"), started(), scene(), Step(OPEN, (BOARD, LISTEN))),
    "waits as long as it was told to": (
        having(OPEN, phase="thinking", quiet_after=90),
        started(),
        scene(),
        Step(having(OPEN, quiet_after=90), (BOARD, Wake("quiet", NOON + timedelta(seconds=90)))),
    ),
    "says that it is quiet, and listens on": (
        OPEN,
        rang("quiet"),
        scene(None),
        Step(having(OPEN, flagged=True), (QUIET, LISTEN)),
    ),
    "says so twice and then no more": (
        having(OPEN, flagged=True),
        rang("quiet"),
        scene(None),
        Step(having(OPEN, flagged=True), (QUIET,)),
    ),
    "is given more time": (OPEN, told("more time"), scene(None), Step(OPEN, (Wake("quiet", NOON + MORE),))),
    "has an answer": (
        OPEN,
        say(),
        scene(),
        Step(having(OPEN, phase="answered", answered="ann"), (Note("answer", "ann", "thread"), BOARD, *OFF)),
    ),
    "has an answer from somebody who came by link": (
        OPEN,
        say("zed"),
        scene(None),
        Step(having(OPEN, phase="answered", answered="zed"), (Note("answer", "zed", "thread"), BOARD, *OFF)),
    ),
    "has an answer after it was quiet": (
        having(OPEN, flagged=True),
        say(),
        scene(),
        Step(
            having(OPEN, flagged=True, phase="answered", answered="ann"),
            (Note("answer", "ann", "thread"), BOARD, *OFF, settled("answered")),
        ),
    ),
    "has one more answer": (
        having(OPEN, phase="answered", answered="ann"),
        say("bob"),
        scene(),
        Step(having(OPEN, phase="answered", answered="ann"), (Note("answer", "bob", "thread"), BOARD)),
    ),
    "was answered aloud": (
        OPEN,
        press("answered", by="fay"),
        scene(FACILITATOR),
        Step(having(OPEN, phase="answered", answered="aloud"), (BOARD, *OFF), reply=ALOUD),
    ),
    "was answered aloud, as the button for leaders says": (
        OPEN,
        press("aloud", by="fay"),
        scene(FACILITATOR),
        Step(having(OPEN, phase="answered", answered="aloud"), (BOARD, *OFF), reply=ALOUD),
    ),
    "was not answered aloud because a learner says so": (OPEN, press("aloud"), scene(), Step(OPEN, reply=LEADERS)),
    "was answered before the button was pressed": (
        having(OPEN, phase="answered", answered="bob"),
        press("aloud", by="fay"),
        scene(FACILITATOR),
        Step(having(OPEN, phase="answered", answered="bob"), reply=t("It has been answered already.")),
    ),
    "calls on nobody while they think": (
        NEW,
        press("next", by="fay"),
        scene(FACILITATOR),
        Step(NEW, reply=t("People are still thinking: somebody is called on in a moment.")),
    ),
    "was answered aloud by Bob": (
        OPEN,
        told("heard", person="bob"),
        scene(None),
        Step(
            having(OPEN, phase="answered", answered="bob"),
            (Note("answer", "bob", "aloud"), BOARD, *OFF, Wake("call", None)),
        ),
    ),
    "calls on the one whom the flag named": (
        having(OPEN, flagged=True),
        told("call", person="bob"),
        at(None, turns=CALLED[:2]),
        Step(
            having(OPEN, flagged=True, phase="called", called="bob", asked=("bob",)),
            (
                Turn("bob", "called", 0),
                *(BOARD, Wake("call", None), Wake("quiet", None), PATIENT, settled("called")),
            ),
            reply=turn("bob"),
        ),
    ),
    "calls on another one if that one has left": (
        having(OPEN, flagged=True),
        told("call", person="bob"),
        scene(None, roster=people("Ann"), turns=CALLED[:2]),
        Step(
            having(OPEN, flagged=True, phase="called", called="ann", asked=("ann",)),
            (
                Turn("ann", "called", 0),
                *(BOARD, Wake("call", None), Wake("quiet", None), PATIENT, settled("called")),
            ),
            reply=turn("ann"),
        ),
    ),
    "is handed over to a poll": (
        having(OPEN, flagged=True),
        told("handed over"),
        scene(None),
        Step(
            having(OPEN, flagged=True, phase="over"),
            (BOARD, Wake("call", None), *OFF, settled("over")),
            done=True,
        ),
    ),
    "does not listen for silence when it has been answered": (ANSWERED, rang("quiet"), scene(None), Step(ANSWERED)),
    "says to whom who passes that nobody need": (OPEN, press("pass"), scene(), Step(OPEN, reply=NOBODY)),
    "says to whom who answers by a button where to": (OPEN, press("answered"), scene(), Step(OPEN, reply=NOBODY)),
    "does not hear the facilitator as an answer": (OPEN, say("fay"), scene(FACILITATOR), Step(OPEN)),
}

ENDS: dict[str, Row] = {
    "is closed by the facilitator": (
        ANN,
        press("close", by="fay"),
        at(FACILITATOR),
        Step(
            OVER,
            (BOARD, Wake("call", None), *OFF, Tell(PARENT, "question closed")),
            reply=t("The question is closed."),
            done=True,
        ),
    ),
    **{
        f"is over when told “{what}”": (
            ANN,
            told(what),
            at(None),
            Step(OVER, (BOARD, Wake("call", None), *OFF), done=True),
        )
        for what in ("end", "cancel")
    },
    **{
        f"is over, and {action} changes nothing": (
            OVER,
            press(action, by=by),
            at(role),
            Step(OVER, reply=t("This question is closed.")),
        )
        for action in ("answered", "aloud", "pass", "absent", "next", "close")
        for by, role in (("ann", LEARNER), ("fay", FACILITATOR))
    },
    **{
        f"is over and ignores {name}": (OVER, event, at(), Step(OVER))
        for name, event in {
            "an answer": say(),
            "its timers": rang("timeout"),
            "the end": told("end"),
            "a call": told("call", person="bob"),
            "what was heard": told("heard", person="bob"),
        }.items()
    },
    **{
        f"ignores {name}": (ANN, event, at(), Step(ANN))
        for name, event in {
            "another button": press("dance"),
            "another timer": rang("dance"),
            "thinking, which is over": rang("call"),
            "quiet, while she thinks": rang("quiet"),
            "more time, while she has hers": told("more time"),
            "another word": told("start"),
        }.items()
    },
}


@pytest.mark.parametrize(
    ("state", "event", "at", "step"), [*CALLS.values(), *OPENS.values(), *ENDS.values()], ids=[*CALLS, *OPENS, *ENDS]
)
def test_a_question(state: State, event: Event, at: Scene, step: Step[State]) -> None:
    assert decide(state, event, at) == step


def test_the_patience_is_that_of_the_research() -> None:
    """science.md 2a and 2b: at least 5 s before a name, 90 s to answer in chat; flags after 1 and 2 minutes."""
    assert (timedelta(seconds=5) <= THINK, PATIENCE, MORE) == (True, timedelta(seconds=90), timedelta(seconds=60))
    assert NEW.quiet_after == 60


# -- what is seen ------------------------------------------------------------------------------------------------------

DONE, PASS = Button("answered", t("Answered"), style="primary"), Button("pass", t("Pass"))
HEARD = Button("aloud", t("Answered aloud"), style="primary", lead=True)
SHARED_HEARD, ABSENT = replace(HEARD, style="plain"), Button("absent", t("Not here"), lead=True)
NEXT = Button("next", t("Call on the next person"), lead=True)
CLOSE = Button("close", t("Close the question"), lead=True)


@pytest.mark.parametrize(
    ("state", "viewer", "role", "buttons"),
    [
        (NEW, "fay", FACILITATOR, (CLOSE,)),
        (NEW, "ann", LEARNER, ()),
        (NEW, None, None, (CLOSE,)),
        (ANN, "ann", LEARNER, (DONE, PASS)),
        (ANN, "bob", LEARNER, ()),
        (ANN, "fay", FACILITATOR, (HEARD, ABSENT, NEXT, CLOSE)),
        (ANN, "ann", FACILITATOR, (DONE, PASS, ABSENT, NEXT, CLOSE)),
        (ANN, None, None, (DONE, PASS, SHARED_HEARD, ABSENT, NEXT, CLOSE)),
        (OPEN, "ann", LEARNER, ()),
        (OPEN, "fay", FACILITATOR, (HEARD, NEXT, CLOSE)),
        (OPEN, None, None, (SHARED_HEARD, NEXT, CLOSE)),
        (ANSWERED, "ann", LEARNER, ()),
        (ANSWERED, "fay", FACILITATOR, (NEXT, CLOSE)),
        (ANSWERED, None, None, (NEXT, CLOSE)),
        (OVER, "fay", FACILITATOR, ()),
        (OVER, "ann", LEARNER, ()),
        (OVER, None, None, ()),
    ],
)
def test_everybody_has_the_buttons_that_are_theirs(
    state: State, viewer: str | None, role: Role | None, buttons: tuple[Button, ...]
) -> None:
    assert view(state, look("board", viewer, role)).buttons == buttons


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (NEW, t("Take a moment to think. Then I will ask one of you by name.")),
        (ANN, t("{who}, what do you think? Answer here or aloud, or pass, just as you like.", who=Who("ann"))),
        (OPEN, t("Anyone may answer, here or aloud.")),
        (FOR_ALL, t("Anyone may answer now, here or aloud.")),
        (ANSWERED, t("{who} answered. You can still add something.", who=Who("ann"))),
        (having(ANSWERED, answered="aloud"), t("Answered aloud. You can still add something.")),
        (OVER, t("This question is closed.")),
    ],
)
def test_the_card_says_what_is_asked_of_whom(state: State, says: Text) -> None:
    assert view(state, look("board", tally=tally(noted("answer", "ann", "thread")))) == Card(
        title=quote(state.question),
        text=(says,),
        buttons=view(state, look("board")).buttons,
        footer=tn("{n} person has answered.", "{n} people have answered.", n=1),
        tone="closed" if state is OVER else "plain",
        answers=state is not OVER,
    )
    assert view(state, look("board")).footer is None


def test_the_report_has_how_many_answered_and_not_what() -> None:
    notes = tally(noted("answer", "ann", "thread"), noted("answer", "bob", "aloud"))
    assert sum_up(having(ANSWERED, objective="saw"), notes) == Result("prompt", "What now?", (), 2, "saw")


# -- however it goes ---------------------------------------------------------------------------------------------------

LEARNERS = ("ann", "bob", "cem", "dia")
turns_of_events = st.lists(
    st.tuples(
        st.sampled_from(
            ["answered", "aloud", "pass", "absent", "next", "close", "say", "wait", "call", "heard", "more time"]
        ),
        st.sampled_from([*LEARNERS, *["fay"] * 3]),
    ),
    max_size=14,
)


class Watched(Stage):
    """A question on a stage, and what can never be of it."""

    question = ""

    def step(self, dialog: Any, event: Event) -> Step[Any]:
        step = super().step(dialog, event)
        if dialog.id == self.question:
            old, new = dialog.state, step.state
            quiet = [one for one in step.effects if isinstance(one, Tell) and one.what == "quiet"]
            assert not (quiet and self.tally(self.question, notes=True).latest("answer")), "a flag for an answer"
            assert not (quiet and new.answered)
            assert not (new.phase == "open" and new.answered), "waits for an answer that is there"
            assert (new.phase == "called") == (new.called is not None)
            if new.called not in {None, old.called}:
                assert "answer" not in self.mine(self.question, new.called), "called on after an answer"
            ends = [
                one.what
                for one in step.effects
                if isinstance(one, Turn) and one.what in {"answered", "passed", "absent"}
            ]
            if ends and isinstance(event, Pressed | Said):
                allowed = {*old.asked} if ends == ["answered"] else {old.called}
                assert event.by in allowed or self.role("session", event.by or "") is FACILITATOR, (
                    "not theirs to settle"
                )
        return step

    def do(self, what: str, who: str) -> None:
        if what == "say":
            self.say(who, self.question)
        elif what == "wait":
            self.wait(45)
        elif what in {"call", "heard"}:
            self.tell(self.question, what, person=who)
        elif what == "more time":
            self.tell(self.question, what)
        else:
            self.tap(who, self.question, what)


@settings(deadline=None)
@given(st.sampled_from(["call", "open"]), turns_of_events)
def test_nobody_is_called_twice_and_nobody_settles_for_others(mode: str, story: list[tuple[str, str]]) -> None:
    stage = Watched({"fay": FACILITATOR, **dict.fromkeys(LEARNERS, LEARNER)})
    stage.question = stage.begin("prompt", {"question": "What now?", "mode": mode})
    for what, who in story:
        stage.do(what, who)

    called = [row.person for row in stage.rows if row.what == "called"]
    asked = stage.dialogs[stage.question].state.asked  # type: ignore[attr-defined]
    aloud = {who for what, who in story if what == "heard"}
    assert len(called) == len(set(called))
    assert tuple(one for one in called if one in asked) == asked
    assert set(called) - set(asked) <= aloud, "nobody else has had a turn"
    used = [row.person for row in stage.rows if row.used > 0]
    assert set(used) <= set(called)
    assert all(row.used <= 1 for row in stage.rows), "one question costs one turn at most"


@settings(deadline=None)
@given(st.lists(st.sampled_from(["pass", "absent", "next"]), max_size=6))
def test_whoever_passes_or_is_not_here_makes_room_for_the_next(endings: list[str]) -> None:
    stage = classroom(*LEARNERS)
    question = stage.begin("prompt", prompt_setup("What now?", "call"))
    stage.wait(THINK.total_seconds())
    for nth, ending in enumerate(endings):
        state: Any = stage.dialogs[question].state
        if nth >= len(LEARNERS):
            assert (state.phase, state.called) == ("open", None)
            break
        assert (state.phase, len(state.asked)) == ("called", nth + 1)
        stage.tap(state.called if ending == "pass" else "fay", question, ending)


@pytest.mark.parametrize("by", LEARNERS)
@pytest.mark.parametrize("mode", ["call", "open"])
def test_every_answer_beneath_the_question_counts_once(mode: str, by: str) -> None:
    stage = classroom(*LEARNERS)
    question = stage.begin("prompt", {"question": "What now?", "mode": mode})
    for seconds in (0, 10, 20, 120):
        stage.wait(seconds)
        stage.say(by, question)
        footer = stage.sees("fay", question).footer
        assert footer is not None
        assert dict(footer.args) == {"n": 1}


# -- told from the room ------------------------------------------------------------------------------------------------


def test_ann_passes_bob_takes_his_time_and_cem_answers() -> None:
    stage = classroom()
    assert stage.type("fay", 'ask "What now?"') == "It is in the room."
    question = "prompt:1"
    stage.wait(8)
    order = [stage.dialogs[question].state.called]  # type: ignore[attr-defined]
    assert stage.press(order[0], "Pass") == "You passed. Thank you for saying so."
    order.append(stage.dialogs[question].state.called)  # type: ignore[attr-defined]
    assert order[0] != order[1]
    stage.wait(90)
    assert stage.tap(order[1], question, "pass") == "Nobody is called on now. Anyone can answer beneath the question."
    (last,) = {"ann", "bob", "cem"} - {*order}
    assert stage.press("fay", "Call on the next person") == f"It is {last.capitalize()}'s turn now."
    assert stage.tap(order[0], question, "answered") == (
        f"It is {last.capitalize()}'s turn. You can answer beneath the question."
    )
    stage.say(last, question)
    assert [row.what for row in stage.rows if row.what != "joined"] == [
        *("called", "passed"),
        *("called", "timeout"),
        *("called", "answered"),
    ]
    assert stage.press("fay", "Close the question") == "The question is closed."
    assert stage.type("fay", "heard") == "There is no question in the room that could have been answered."
    assert stage.timers == {}


def test_nobody_answers_the_facilitator_is_told_and_one_press_calls_on_somebody() -> None:
    stage = classroom(setup={"brief": {"title": "Feedback"}})
    stage.type("fay", "start")
    stage.type("fay", 'open "What else?"')
    stage.wait(60)
    assert "Quiet on: What else?" in stage.read("fay")
    assert "Quiet on: What else?" not in stage.read("ann")
    stage.wait(60)
    assert "Still quiet on: What else?" in stage.read("fay")
    state: Any = stage.dialogs["silence"].state
    name = state.flags[0].person.capitalize()
    assert stage.press("fay", f"Call on {name}") == f"It is {name}'s turn now."
    assert stage.sees("fay", "silence").buttons == ()
    stage.wait(APART.total_seconds() * 3)
    assert stage.read("fay").count("Quiet on: What else?") == 2, "the call ran out, and it is quiet again"
