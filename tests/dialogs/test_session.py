"""Session: what it begins and ends when, what each command says in each phase, and that no learner moves it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs import session_cards
from dialogs.base import (
    CHILDREN,
    FACILITATOR,
    LEARNER,
    MANAGER,
    Begin,
    Brief,
    Event,
    Joined,
    Meet,
    Note,
    Objective,
    Report,
    Result,
    Scene,
    Show,
    Step,
    Tally,
    Tell,
    Wake,
)
from dialogs.card import Button, Card, Fact, Link, Text, Typed, When, Who, quote, t, tn
from dialogs.ordinary import SURVEY
from dialogs.plan import checklist_setup, poll_setup, prompt_setup, survey_setup
from dialogs.sent import Stuck
from dialogs.session import KIND, decide, view
from dialogs.session_life import BEFORE, KEPT, REMIND, SURVEYED
from dialogs.session_reach import MISSED
from dialogs.session_state import State, Unreached
from dialogs.verbs import VERBS
from tests.dialogs.examples import GIVING, everyone, over, planned, planning, running
from tests.dialogs.paper import COMMON, look, member, press, rang, say, scene, started, told, typed
from tests.dialogs.stage import NOON, Stage, classroom, spoken

STARTS = NOON + timedelta(days=2)
PLANNED = State(brief=Brief(title="Feedback", starts=STARTS, places=("web:d",)))
OPEN = State(brief=Brief(title="Feedback", phase="open", opened=NOON, places=("web:d",)))
TWO = tn("{n} learner was here", "{n} learners were here", n=2)
CLOSED = OPEN.model_copy(update={"brief": OPEN.brief.model_copy(update={"phase": "closed", "closed": NOON})})
ARCHIVED = CLOSED.model_copy(update={"brief": CLOSED.brief.model_copy(update={"phase": "archived"})})
CALLED_OFF = PLANNED.model_copy(update={"brief": PLANNED.brief.model_copy(update={"phase": "archived"})})
RUNNING = OPEN.model_copy(update={"plan": GIVING})
READY = PLANNED.model_copy(update={"plan": GIVING})
FAY = scene(FACILITATOR)
MISSED_THEM = State(
    brief=Brief(title="Feedback", starts=NOON - timedelta(minutes=5), places=("web:d",)), plan=GIVING, unsent=True
)

DESK, OPENING = Show("desk", FACILITATOR), Show("opening")
ROOM = Link("room", "d", t("the room"))
IN_THE_ROOM = t("It is in the room.")
NOT_BEGUN, NOT_YOURS = t("This session has not begun yet."), t("Only a facilitator can do that.")
NOT_WATCHED = t("You will not be told when a question stays unanswered.")
OPEN_FIRST = t("Open the session first, with {start}.", start=Typed("start"))
IS_OVER = t("This session is over. Create another one with {new}.", new=Typed("new"))
WAS_CALLED_OFF = t("This session was called off. Create another one with {new}.", new=Typed("new"))
FIRST_POLL, FIRST_QUESTION = GIVING.run_of_show[0].begins()[1], GIVING.run_of_show[1].begins()[1]
LEARNERS_LIST = {**checklist_setup("learner", GIVING.checklists.participants), "remind_at": None}
LEADERS_LIST = {**checklist_setup("facilitator", GIVING.checklists.instructors), "remind_at": None}


def having(state: State, **changes: Any) -> State:
    return state.model_copy(update=changes)


def brief(state: State, **changes: Any) -> State:
    return having(state, brief=state.brief.model_copy(update=changes))


def starts_later(refused: Text) -> Text:
    return t("{refused} It starts {when}.", refused=refused, when=When(STARTS))


@pytest.mark.parametrize(
    ("changes", "hours", "says"),
    [
        ({}, 0, " It starts 26 Nov 12:00."),
        ({}, 72, " It was to start 26 Nov 12:00, and nobody has opened it yet."),
        ({"starts": None}, 0, ""),
        ({"phase": "open"}, 0, ""),
    ],
)
def test_whoever_may_not_open_it_hears_when_it_opens(changes: dict[str, Any], hours: int, says: str) -> None:
    step = decide(brief(PLANNED, **changes), typed("start", by="ann"), scene(now=NOON + timedelta(hours=hours)))
    assert spoken(step.reply, {}) == f"Only a facilitator of this session can use “start”.{says}"


def lists(remind_at: str | None) -> tuple[Begin, Begin]:
    return (
        Begin("checklist:learner", "checklist", {**LEARNERS_LIST, "remind_at": remind_at}),
        Begin("checklist:facilitator", "checklist", {**LEADERS_LIST, "remind_at": remind_at}),
    )


def surveyed(setup: dict[str, Any]) -> Begin:
    closes = (NOON + SURVEYED).isoformat()
    return Begin("survey", "survey", {**setup, "title": "Feedback", "closes_at": closes})


OPENS = (Wake("checklists", None), Begin("silence", "silence", {"on": True}), Tell(CHILDREN, "start"), OPENING, DESK)
ENDS = (Tell(CHILDREN, "end"), OPENING, Show("recap"), DESK)
EXPECTED = (
    {"person": "ann", "name": "Ann", "manager": "mia"},
    {"person": "mia", "name": "Mia", "role": "manager"},
    {"person": "fay", "name": "Fay"},
)
BEGUN = (
    Note("role", "fay", "facilitator"),
    *(Meet("ann", "Ann"), Note("role", "ann", "learner"), Note("manager", "ann", "mia")),
    *(Meet("mia", "Mia"), Note("role", "mia", "manager")),
    Meet("fay", "Fay"),
    DESK,
)

ANN_MISSED = Unreached(person="ann", why="She takes no messages.")
BOB_MISSED = Unreached(person="bob", why="He has left.")
CROWD_MISSED = tuple(Unreached(person=f"p{n}", why="They have left.") for n in range(MISSED))
NOT_ANN = told("unreached", person="ann", place=None, why="She takes no messages.")

STEPS: dict[str, tuple[State, Event, Scene, Step[State]]] = {
    "is planned": (
        brief(PLANNED, places=()),
        started("fay"),
        FAY,
        Step(
            PLANNED,
            (Note("role", "fay", "facilitator"), DESK, Wake("checklists", STARTS - BEFORE)),
            reply=t("“{title}” is planned for {when} in {room}.", title="Feedback", when=When(STARTS), room=ROOM),
        ),
    ),
    "is planned for today, so that its checklists go out at once": (
        brief(PLANNED, starts=NOON + timedelta(hours=3)),
        started("fay"),
        FAY,
        Step(
            brief(PLANNED, starts=NOON + timedelta(hours=3)),
            (Note("role", "fay", "facilitator"), DESK, Wake("checklists", NOON)),
            reply=t(
                "“{title}” is planned for {when} in {room}.",
                title="Feedback",
                when=When(NOON + timedelta(hours=3)),
                room=ROOM,
            ),
        ),
    ),
    "has no time yet, and knows who is expected": (
        State.model_validate({"brief": {"title": "Feedback"}, "people": EXPECTED}),
        started("fay"),
        FAY,
        Step(
            brief(PLANNED, starts=None),
            BEGUN,
            reply=t(
                "“{title}” is ready in {room}. Open it with {start}.", title="Feedback", room=ROOM, start=Typed("start")
            ),
        ),
    ),
    "is opened by the command that creates it": (
        State(brief=Brief(title="Feedback"), at_once=True),
        started("fay"),
        FAY,
        Step(
            having(OPEN, at_once=True),
            (Note("role", "fay", "facilitator"), DESK, *OPENS),
            reply=t("“{title}” is open in {room}.", title="Feedback", room=ROOM),
        ),
    ),
    "keeps the places it was given": (
        brief(PLANNED, places=("slack:C1", "web:d")),
        started(),
        FAY,
        Step(
            brief(PLANNED, places=("slack:C1", "web:d")),
            (DESK, Wake("checklists", STARTS - BEFORE)),
            reply=t("“{title}” is planned for {when}, here.", title="Feedback", when=When(STARTS)),
        ),
    ),
    # -- people
    "lets in whoever comes": (
        OPEN,
        Joined(**COMMON, by="zed"),
        scene(None),
        Step(OPEN, (Note("role", "zed", "learner"),)),
    ),
    "knows who comes back": (OPEN, Joined(**COMMON, by="ann"), scene(), Step(OPEN)),
    "lets nobody in when it is put away": (ARCHIVED, Joined(**COMMON, by="zed"), scene(None), Step(ARCHIVED)),
    **{
        f"lets in whoever is put into its channel {when}": (
            state,
            Joined(**COMMON, by="zed", there=False),
            scene(None),
            Step(state, (Note("role", "zed", "learner"),)),
        )
        for when, state in {"before": PLANNED, "meanwhile": OPEN}.items()
    },
    **{
        f"lets nobody in who is put into its channel {when}": (
            state,
            Joined(**COMMON, by="zed", there=False),
            scene(None),
            Step(state),
        )
        for when, state in {"after it": CLOSED, "when it is put away": ARCHIVED}.items()
    },
    "lets in whoever comes for its survey": (
        CLOSED,
        Joined(**COMMON, by="zed"),
        scene(None),
        Step(CLOSED, (Note("role", "zed", "learner"),)),
    ),
    "takes down whom the facilitator does not see": (
        OPEN,
        told("absent", person="ann"),
        scene(None),
        Step(OPEN, (Note("here", "ann", "no"), Show("opening"))),
    ),
    # -- whom it does not reach
    "tells the facilitators whom it does not reach": (
        OPEN,
        NOT_ANN,
        scene(None),
        Step(having(OPEN, unreached=(ANN_MISSED,)), (DESK,)),
    ),
    "tells them which room it does not reach": (
        having(OPEN, unreached=(ANN_MISSED,)),
        told("unreached", person=None, place="slack:C1", why="The channel is gone."),
        scene(None),
        Step(
            having(OPEN, unreached=(ANN_MISSED, Unreached(place="slack:C1", why="The channel is gone."))),
            (DESK,),
        ),
    ),
    "tells them once": (
        having(OPEN, unreached=(ANN_MISSED,)),
        NOT_ANN,
        scene(None),
        Step(having(OPEN, unreached=(ANN_MISSED,))),
    ),
    "tells them of another reason instead of the last": (
        having(OPEN, unreached=(Unreached(person="ann", why="She has left."), BOB_MISSED)),
        NOT_ANN,
        scene(None),
        Step(having(OPEN, unreached=(BOB_MISSED, ANN_MISSED)), (DESK,)),
    ),
    "tells them of the tenth": (
        having(OPEN, unreached=CROWD_MISSED[1:]),
        NOT_ANN,
        scene(None),
        Step(having(OPEN, unreached=(*CROWD_MISSED[1:], ANN_MISSED)), (DESK,)),
    ),
    "tells them of no more than ten": (
        having(OPEN, unreached=CROWD_MISSED),
        NOT_ANN,
        scene(None),
        Step(having(OPEN, unreached=CROWD_MISSED)),
    ),
    "is told by nobody whom it does not reach": (OPEN, replace(NOT_ANN, by="eve"), scene(None), Step(OPEN)),
    # -- who is here
    "knows who is here": (
        OPEN,
        press("here"),
        scene(),
        Step(OPEN, (Note("here", "ann", "yes"), OPENING), reply=t("You are checked in. Welcome!")),
    ),
    "does not know yet who will be here": (
        PLANNED,
        press("here"),
        scene(),
        Step(PLANNED, reply=t("{waits} You can check in once it has begun.", waits=starts_later(NOT_BEGUN))),
    ),
    "needs not know any more who is here": (
        CLOSED,
        press("here"),
        scene(),
        Step(CLOSED, reply=t("This session is over.")),
    ),
    # -- checklists
    "sends its checklists the day before": (
        READY,
        rang("checklists"),
        scene(None),
        Step(having(READY, prepared=True), lists((STARTS - REMIND).isoformat())),
    ),
    "sends its checklists late and then reminds nobody": (
        brief(READY, starts=NOON + REMIND),
        rang("checklists"),
        scene(None),
        Step(having(brief(READY, starts=NOON + REMIND), prepared=True), lists(None)),
    ),
    "has no checklists without a plan": (
        PLANNED,
        rang("checklists"),
        scene(None),
        Step(having(PLANNED, prepared=True)),
    ),
    "sends its checklists a minute before the start, if nothing ran before": (
        brief(READY, starts=NOON + timedelta(minutes=1)),
        rang("checklists"),
        scene(None),
        Step(having(brief(READY, starts=NOON + timedelta(minutes=1)), prepared=True), lists(None)),
    ),
    "sends no checklists when it was to have begun, and says so": (
        brief(READY, starts=NOON),
        rang("checklists"),
        scene(None),
        Step(having(brief(READY, starts=NOON), unsent=True), (DESK,)),
    ),
    "sends none two days late": (
        brief(READY, starts=NOON - timedelta(days=2)),
        rang("checklists"),
        scene(None),
        Step(having(brief(READY, starts=NOON - timedelta(days=2)), unsent=True), (DESK,)),
    ),
    "misses no checklists that it has not": (
        brief(PLANNED, starts=NOON),
        rang("checklists"),
        scene(None),
        Step(having(brief(PLANNED, starts=NOON), prepared=True)),
    ),
    "says why they were not sent": (
        MISSED_THEM,
        typed("checklist"),
        FAY,
        Step(
            MISSED_THEM,
            reply=t("{why} Send it now with {send}.", why=session_cards.UNSENT, send=Typed("checklist send")),
        ),
    ),
    "sends them when told, though it was to have begun": (
        MISSED_THEM,
        typed("checklist send"),
        FAY,
        Step(
            having(MISSED_THEM, prepared=True, unsent=False),
            (*lists(None), Tell("checklist:learner", "remind"), Wake("checklists", None)),
            reply=t("The checklist is on its way. Whoever had it already and has open items is reminded."),
        ),
    ),
    "sends them to whoever comes once they are out": (
        having(READY, prepared=True),
        Joined(**COMMON, by="new"),
        scene(None),
        Step(having(READY, prepared=True), (Note("role", "new", LEARNER), Tell("checklist:learner", "came"))),
    ),
    "sends no checklists once it is open": (RUNNING, rang("checklists"), scene(None), Step(RUNNING)),
    "sends its checklists when told, and reminds those who have them": (
        READY,
        typed("checklist send"),
        FAY,
        Step(
            having(READY, prepared=True),
            (
                *lists((STARTS - REMIND).isoformat()),
                *(Tell("checklist:learner", "remind"), Wake("checklists", None)),
            ),
            reply=t("The checklist is on its way. Whoever had it already and has open items is reminded."),
        ),
    ),
    "shows who is ready": (
        having(READY, prepared=True),
        typed("checklist"),
        FAY,
        Step(
            having(READY, prepared=True),
            (Tell("checklist:learner", "show"),),
            reply=t("The readiness board is in your private messages."),
        ),
    ),
    # -- from planned to archived
    "opens": (
        READY,
        typed("start"),
        FAY,
        Step(brief(READY, phase="open", opened=NOON), OPENS, reply=t("The session is open.")),
    ),
    "opens by its button": (
        READY,
        press("start", by="fay"),
        FAY,
        Step(brief(READY, phase="open", opened=NOON), OPENS, reply=t("The session is open.")),
    ),
    "opens under another name": (
        PLANNED,
        typed('start "Monday"'),
        FAY,
        Step(brief(PLANNED, phase="open", opened=NOON, title="Monday"), OPENS, reply=t("The session is open.")),
    ),
    "opens without a watch": (
        having(PLANNED, watched=False),
        typed("start"),
        FAY,
        Step(
            brief(having(PLANNED, watched=False), phase="open", opened=NOON),
            (OPENS[0], Begin("silence", "silence", {"on": False}), *OPENS[2:]),
            reply=t("The session is open."),
        ),
    ),
    "ends with the survey of its plan": (
        RUNNING,
        typed("end"),
        FAY,
        Step(
            brief(RUNNING, phase="closed", closed=NOON),
            (*ENDS, surveyed(survey_setup(GIVING.survey)), Wake("archive", NOON + KEPT)),
            reply=t("The session is over."),
        ),
    ),
    "ends with an ordinary survey where it has no plan": (
        OPEN,
        press("end", by="fay"),
        FAY,
        Step(
            CLOSED,
            (*ENDS, surveyed(SURVEY), Wake("archive", NOON + KEPT)),
            reply=t("The session is over."),
        ),
    ),
    "is put away a month later": (CLOSED, rang("archive"), scene(None), Step(ARCHIVED, (DESK,), done=True)),
    "is not put away while it is open": (OPEN, rang("archive"), scene(None), Step(OPEN)),
    "is moved, with its reminders": (
        READY,
        typed("move 26 Nov 09:00"),
        FAY,
        Step(
            brief(READY, starts=STARTS - timedelta(hours=3)),
            (
                Wake("checklists", STARTS - timedelta(hours=3) - BEFORE),
                Tell(CHILDREN, "moved", {"remind_at": (STARTS - timedelta(hours=3) - REMIND).isoformat()}),
                DESK,
            ),
            reply=t("The session is moved to {when}.", when=When(STARTS - timedelta(hours=3))),
        ),
    ),
    "is moved so near that nobody is reminded": (
        READY,
        typed("move today 12:30"),
        FAY,
        Step(
            brief(READY, starts=NOON + timedelta(minutes=30)),
            (Wake("checklists", NOON), Tell(CHILDREN, "moved", {"remind_at": None}), DESK),
            reply=t("The session is moved to {when}.", when=When(NOON + timedelta(minutes=30))),
        ),
    ),
    "is not moved to what is no time": (
        READY,
        typed("move tomorrow"),
        FAY,
        Step(READY, reply=t("I cannot find the time in “{words}”: write it as 14:00 or 2pm.", words="tomorrow")),
    ),
    "is called off before it begins": (
        PLANNED,
        typed("cancel now"),
        FAY,
        Step(
            CALLED_OFF,
            (Tell(CHILDREN, "cancel"), Wake("checklists", None), Show("cancelled"), DESK),
            reply=t("“{title}” is called off, and the room has been told.", title="Feedback"),
            done=True,
        ),
    ),
    "is called off in the middle": (
        OPEN,
        typed("cancel now"),
        FAY,
        Step(
            brief(OPEN, phase="archived"),
            (Tell(CHILDREN, "cancel"), Wake("checklists", None), OPENING, Show("cancelled"), DESK),
            reply=t("“{title}” is called off, and the room has been told.", title="Feedback"),
            done=True,
        ),
    ),
    # -- what happens in it
    "does the next step": (
        RUNNING,
        typed("next"),
        FAY,
        Step(having(RUNNING, step=1, number=1), (Begin("poll:1", "poll", FIRST_POLL), DESK), reply=IN_THE_ROOM),
    ),
    "takes one question at a time": (
        having(RUNNING, step=1, number=4, prompt="prompt:3"),
        press("next", by="fay"),
        FAY,
        Step(
            having(RUNNING, step=2, number=5, prompt="prompt:5"),
            (Tell("prompt:3", "end"), Begin("prompt:5", "prompt", {**FIRST_QUESTION, "quiet_after": 60}), DESK),
            reply=IN_THE_ROOM,
        ),
    ),
    "says what its plan says": (
        having(RUNNING, step=5),
        typed("next"),
        FAY,
        Step(
            having(RUNNING, step=6), (Show("say:5"), DESK), reply=t("Now: {title}", title=GIVING.run_of_show[5].title)
        ),
    ),
    "has done its last step": (
        having(RUNNING, step=len(GIVING.run_of_show)),
        typed("next"),
        FAY,
        Step(
            having(RUNNING, step=len(GIVING.run_of_show)),
            reply=t("That was the last step of the plan. End the session with {end}.", end=Typed("end")),
        ),
    ),
    "has no next step without a plan": (
        OPEN,
        typed("next"),
        FAY,
        Step(
            OPEN,
            reply=t(
                "This session has no plan. Ask something with {poll}, {ask} or {open}.",
                poll=Typed("poll"),
                ask=Typed("ask"),
                open=Typed("open"),
            ),
        ),
    ),
    "begins a poll": (
        OPEN,
        typed('poll "Lunch?" "Soup" "Pizza" --for 60s'),
        FAY,
        Step(
            having(OPEN, number=1),
            (Begin("poll:1", "poll", poll_setup("Lunch?", ["Soup", "Pizza"], 60)),),
            reply=IN_THE_ROOM,
        ),
    ),
    "asks": (
        having(OPEN, quiet_after=90),
        typed('ask "What now?"'),
        FAY,
        Step(
            having(OPEN, quiet_after=90, number=1, prompt="prompt:1"),
            (Begin("prompt:1", "prompt", {**prompt_setup("What now?", "call"), "quiet_after": 90}),),
            reply=IN_THE_ROOM,
        ),
    ),
    "makes a quiet question a poll": (
        having(OPEN, number=1),
        told("poll it", question="What now?"),
        scene(None),
        Step(
            having(OPEN, number=2),
            (
                Begin(
                    "poll:2",
                    "poll",
                    poll_setup("What now?", ["I have an answer", "I am not sure yet", "Please ask it another way"]),
                ),
            ),
            reply=IN_THE_ROOM,
        ),
    ),
    "makes nothing a poll when it is over": (CLOSED, told("poll it", question="What now?"), scene(None), Step(CLOSED)),
    "hears that somebody answered aloud": (
        having(OPEN, prompt="prompt:1"),
        typed("heard jo"),
        scene(FACILITATOR, roster=(member("Jo"),)),
        Step(
            having(OPEN, prompt="prompt:1"),
            (Tell("prompt:1", "heard", {"person": "jo"}),),
            reply=t("Noted: {name} answered aloud.", name="Jo"),
        ),
    ),
    "hears that it was answered aloud": (
        having(OPEN, prompt="prompt:1"),
        typed("heard"),
        FAY,
        Step(
            having(OPEN, prompt="prompt:1"),
            (Tell("prompt:1", "heard", {"person": None}),),
            reply=t("Noted: it was answered aloud."),
        ),
    ),
    "does not know who answered aloud": (
        having(OPEN, prompt="prompt:1"),
        typed("heard Zoe"),
        FAY,
        Step(
            having(OPEN, prompt="prompt:1"),
            reply=t("Nobody here is called “{name}”: write the name as it stands in the roster.", name="Zoe"),
        ),
    ),
    "forgets a question that is closed": (
        having(OPEN, prompt="prompt:1"),
        told("question closed"),
        scene(None),
        Step(OPEN),
    ),
    "switches the watch off": (
        OPEN,
        typed("silence off"),
        FAY,
        Step(
            having(OPEN, watched=False),
            (Tell("silence", "set", {"on": False}),),
            reply=t("You will not be told when a question stays unanswered."),
        ),
    ),
    "tells nobody of a watch that has not begun": (
        having(PLANNED, watched=False),
        typed("silence on"),
        FAY,
        Step(PLANNED, reply=t("You will be told when a question stays unanswered.")),
    ),
    "lets the watch wait for longer": (
        OPEN,
        typed("silence 90s"),
        FAY,
        Step(
            having(OPEN, quiet_after=90),
            (Tell("silence", "set", {"on": True}),),
            reply=tn(
                "From the next question on, you are told after {n} second without an answer.",
                "From the next question on, you are told after {n} seconds without an answer.",
                n=90,
            ),
        ),
    ),
    # -- afterwards
    "sends the digest when the survey has closed": (
        CLOSED,
        told("survey closed"),
        scene(None),
        Step(having(CLOSED, answered=True), (Begin("digest", "digest", {"title": "Feedback", "names": False}),)),
    ),
    "names people in the digest where the plan says so": (
        having(CLOSED, plan=GIVING.model_copy(update={"names_in_digest": True})),
        told("survey closed"),
        scene(None),
        Step(
            having(CLOSED, answered=True, plan=GIVING.model_copy(update={"names_in_digest": True})),
            (Begin("digest", "digest", {"title": "Feedback", "names": True}),),
        ),
    ),
    "sends the digest once more": (
        CLOSED,
        typed("digest"),
        FAY,
        Step(
            CLOSED,
            (Begin("digest", "digest", {"title": "Feedback", "names": False}), Tell("digest", "again")),
            reply=t("Every manager on the roster has the digest now, up to date."),
        ),
    ),
    "shows the survey": (
        CLOSED,
        typed("survey"),
        FAY,
        Step(CLOSED, (Tell("survey", "show"),), reply=t("The results are in your private messages.")),
    ),
    "closes the survey": (
        CLOSED,
        typed("survey close"),
        FAY,
        Step(CLOSED, (Tell("survey", "close"),), reply=t("The survey is closed, and the digest goes out.")),
    ),
    **{
        f"does not let {role} {action}": (
            state,
            press(action),
            scene(role),
            Step(state, reply=starts_later(NOT_YOURS) if state is PLANNED else NOT_YOURS),
        )
        for role in (LEARNER, MANAGER, None)
        for action, state in (("start", PLANNED), ("next", RUNNING), ("end", OPEN))
    },
    **{
        f"ignores {name}": (OPEN, event, FAY, Step(OPEN))
        for name, event in {
            "another button": press("dance", by="fay"),
            "another timer": rang("dance"),
            "another word": told("dance"),
            "a message": say(),
        }.items()
    },
}


@pytest.mark.parametrize(("state", "event", "at", "step"), STEPS.values(), ids=STEPS)
def test_a_session(state: State, event: Event, at: Scene, step: Step[State]) -> None:
    assert decide(state, event, at) == step


# -- what each command says when ---------------------------------------------------------------------------------------


def archived() -> Stage:
    stage = over()
    stage.wait(KEPT.total_seconds())
    return stage


def called_off() -> Stage:
    stage = planned()
    stage.type("fay", "cancel now")
    return stage


PHASES: dict[str, Callable[[], Stage]] = {
    "planned": planned,
    "open": running,
    "closed": over,
    "archived": archived,
    "called off": called_off,
}
FIRST, ENDED = "Open the session first, with /ilt start.", "This session is over. Create another one with /ilt new."
OFF = "This session was called off. Create another one with /ilt new."
HELP, NOBODY = "Cohost's commands", "There is no question in the room that could have been answered."
ADDED, REMOVED = "1 person added. Links for everybody are on the people page.", "1 person is no longer on the roster."
UNSENT, SENT = (
    "The checklist never went out: the session was opened before.",
    "The session has begun, so no checklist goes out any more.",
)
YES, NO = "You will be told when a question stays unanswered.", "You will not be told when a question stays unanswered."
WAITS = "From the next question on, you are told after 90 seconds without an answer."
LATER, AFTER = (
    "The survey goes out when you end the session, with /ilt end.",
    "The digest goes out after the session and its survey.",
)
SURE = (
    "This calls off “Giving feedback that lands”, planned for 26 Nov 14:00, and tells everybody. "
    "If you mean that, write /ilt cancel now."
)
CALLED, GUEST = (
    "“Giving feedback that lands” is called off, and the room has been told.",
    "You are a guest here. Ask your administrator for a link with which you can create sessions.",
)
TWICE = (
    "The session is open. End it with /ilt end: then come recap, survey and digest. "
    "To call it off without any of these, write /ilt cancel now."
)
THREE, FIVE, IN = "3 learners on the roster", "5 learners on the roster", "It is in the room."
THERE = "“Giving feedback that lands” is here already."
LEADS = "Ann leads with you now."
DANA = (
    "Dana Roth reads the digest about Ann by a link, which stands on the page of people and links. In Slack "
    "and Teams, name them with @ to have it sent to them."
)

SAYS: dict[str, tuple[str, str, str, str, str]] = {  # command: planned, open, closed, archived, called off
    "help": (HELP, HELP, HELP, HELP, HELP),
    "help end": ("end", "end", "end", "end", "end"),
    "new": (GUEST, GUEST, GUEST, GUEST, GUEST),
    "sessions": ("Your sessions", "Your sessions", "Your sessions", "Your sessions", "Your sessions"),
    "roster": (THREE, THREE, FIVE, FIVE, THREE),
    "roster add Zoe": (ADDED, ADDED, ADDED, ENDED, OFF),
    "roster remove cem": (REMOVED, REMOVED, REMOVED, ENDED, OFF),
    'roster manager "Dana Roth" for ann': (DANA, DANA, DANA, ENDED, OFF),
    "roster facilitator ann": (LEADS, LEADS, LEADS, ENDED, OFF),
    "here": (THERE, THERE, ENDED, ENDED, OFF),
    "checklist": (
        "The checklist goes out the day before. Send it now with /ilt checklist send.",
        UNSENT,
        UNSENT,
        ENDED,
        OFF,
    ),
    "checklist send": (
        "The checklist is on its way. Whoever had it already and has open items is reminded.",
        *(SENT, SENT, ENDED, OFF),
    ),
    "move tomorrow 15:00": (
        *("The session is moved to 25 Nov 15:00.", "This session has begun and cannot be moved any more."),
        *(ENDED, ENDED, OFF),
    ),
    "cancel": (SURE, TWICE, ENDED, ENDED, OFF),
    "cancel now": (CALLED, CALLED, ENDED, ENDED, OFF),
    "start": ("The session is open.", "This session is open already.", ENDED, ENDED, OFF),
    'start "Monday"': ("The session is open.", "This session is open already.", ENDED, ENDED, OFF),
    "next": (FIRST, IN, ENDED, ENDED, OFF),
    'poll "Lunch?" "Soup" "Pizza"': (FIRST, IN, ENDED, ENDED, OFF),
    'ask "What now?"': (FIRST, IN, ENDED, ENDED, OFF),
    'open "What else?"': (FIRST, IN, ENDED, ENDED, OFF),
    "heard": (FIRST, NOBODY, ENDED, ENDED, OFF),
    "heard bob": (FIRST, NOBODY, ENDED, ENDED, OFF),
    "silence on": (YES, YES, ENDED, ENDED, OFF),
    "silence off": (NO, NO, ENDED, ENDED, OFF),
    "silence 90s": (WAITS, WAITS, ENDED, ENDED, OFF),
    "end": (
        *("“Giving feedback that lands” has not begun. To call it off, write /ilt cancel.", "The session is over."),
        *(ENDED, ENDED, OFF),
    ),
    "survey": (LATER, LATER, "The results are in your private messages.", ENDED, OFF),
    "survey close": (LATER, LATER, "The survey is closed, and the digest goes out.", ENDED, OFF),
    "digest": (AFTER, AFTER, "Every manager on the roster has the digest now, up to date.", ENDED, OFF),
}
CASES = [(text, phase, says) for text, row in SAYS.items() for phase, says in zip(PHASES, row, strict=True)]


def test_the_table_has_every_command() -> None:
    said = {
        text.partition(" ")[0]: {one.split()[1] for one in SAYS if " " in one and one.split()[0] == text.split()[0]}
        for text in SAYS
    }
    assert set(said) == set(VERBS)
    for verb, row in VERBS.items():
        assert set(row.parts[1:]) <= said[verb], f"a row for every part of {verb}"


@pytest.mark.parametrize(("text", "phase", "says"), CASES)
def test_every_command_says_something_sensible_in_every_phase(text: str, phase: str, says: str) -> None:
    assert PHASES[phase]().type("fay", text) == says


@pytest.mark.parametrize("phase", PHASES)
def test_a_learner_changes_nothing_by_any_command(phase: str) -> None:
    stage = PHASES[phase]()
    for person in ("ann", "mia", "bob"):
        for text in SAYS:
            before = (
                dict(stage.dialogs),
                len(stage.notes),
                dict(stage.timers),
                len(stage.rows),
                sum(stage.shown.values()),
            )
            says = stage.type(person, text)
            verb = text.partition(" ")[0]
            if verb in {"help", "new", "sessions"}:
                assert says in {HELP, "end", GUEST, "Your sessions"}
                stage.dialogs.pop(f"desk:{person}", None)
                stage.shown.pop((f"desk:{person}", "desk", person), None)
            else:
                starts = " It starts 26 Nov 14:00." if phase == "planned" else ""
                assert says == f"Only a facilitator of this session can use “{verb}”.{starts}"
            assert before == (
                dict(stage.dialogs),
                len(stage.notes),
                dict(stage.timers),
                len(stage.rows),
                sum(stage.shown.values()),
            )


# -- whatever happens --------------------------------------------------------------------------------------------------

ORDER = ["planned", "open", "closed", "archived"]
deeds = st.lists(
    st.one_of(
        st.tuples(st.just("type"), st.sampled_from(["fay", "gus", "ann", "mia"]), st.sampled_from([*SAYS])),
        st.tuples(
            st.just("tap"), st.sampled_from(["fay", "ann", "zed"]), st.sampled_from(["start", "next", "end", "here"])
        ),
        st.tuples(st.just("wait"), st.sampled_from([60, 3600, 86_400, 40 * 86_400]), st.none()),
    ),
    max_size=12,
)


def role(stage: Stage, who: Any) -> str | None:
    """What somebody is in the session now."""
    note = stage.notes.get(("session", "role", who))
    return note.value if note else None


@settings(deadline=None, max_examples=settings().max_examples // 2)
@given(deeds)
def test_a_session_never_goes_back(story: list[tuple[str, Any, Any]]) -> None:
    stage = planned()
    phases, facilitators = ["planned"], [0]
    for what, who, text in story:
        before, leads = stage.dialogs["session"], role(stage, who) == FACILITATOR
        if what == "wait":
            stage.wait(who)
        elif what == "type":
            stage.type(who, text)
        else:
            stage.tap(who, "session", text)
        state: Any = stage.dialogs["session"].state
        phases.append(state.brief.phase)
        facilitators.append(sum(one.value == FACILITATOR for key, one in stage.notes.items() if key[1] == "role"))
        if what != "wait" and not leads:
            assert stage.dialogs["session"] == before, f"{who} changed the session by {text}"
    assert phases == sorted(phases, key=ORDER.index)
    assert all(count > 0 for count in facilitators[1:]), "somebody leads, always"


# -- what is seen ------------------------------------------------------------------------------------------------------

AIMS = (Objective(id="saw", text="Say what somebody did"), Objective(id="next", text="End with a question"))
HERE = Button("here", t("I'm here"), style="primary")
PEOPLE = Fact(t("People"), t("{people}", people=Link("people", "s", t("people and links"))))


def card(state: State, slot: str, **more: Any) -> Card:
    return view(state, look(slot, **more))


def test_the_opening_says_what_it_is_for_and_asks_who_is_here() -> None:
    tally = Tally({"here": {"yes": 2}})
    assert card(brief(OPEN, objectives=AIMS), "opening", mine={"here": "yes"}, tally=tally) == Card(
        title=quote("Feedback"),
        text=(t("By the end you can do this:"),),
        facts=tuple(Fact(t("Objective {n}", n=n), quote(one.text)) for n, one in enumerate(AIMS, 1)),
        buttons=(Button("here", t("I'm here"), style="primary", pressed=True),),
        footer=tn("{n} person has checked in.", "{n} people have checked in.", n=2),
    )


@pytest.mark.parametrize(
    ("state", "text", "buttons", "footer"),
    [
        (
            OPEN,
            (t("Welcome! Press “I'm here”, so that nobody misses you."),),
            (HERE,),
            t("Nobody has checked in yet."),
        ),
        (CLOSED, (), (), t("This session is over.")),
        (brief(OPEN, phase="archived"), (), (), t("This session was called off.")),
    ],
    ids=["open", "closed", "called off"],
)
def test_the_opening_of_a_session_without_objectives(
    state: State, text: tuple[Text, ...], buttons: tuple[Button, ...], footer: Text
) -> None:
    found = card(state, "opening")
    assert (found.text, found.buttons, found.footer) == (text, buttons, footer)


@pytest.mark.parametrize(
    ("state", "when", "following", "actions"),
    [
        (PLANNED, t("{when}", when=When(STARTS)), None, ["start"]),
        (brief(PLANNED, starts=None), t("whenever you open it"), None, ["start"]),
        (RUNNING, t("open now"), quote(GIVING.run_of_show[0].title), ["next", "end"]),
        (OPEN, t("open now"), t("nothing more is planned"), ["end"]),
        (CLOSED, t("over"), t("See how the survey is going with {results}.", results=Typed("survey results")), []),
        (ARCHIVED, t("over"), None, []),
        (CALLED_OFF, t("called off"), None, []),
    ],
    ids=["planned", "no time", "running", "no plan", "closed", "archived", "called off"],
)
def test_the_desk_says_what_comes_next_with_one_button_for_it(
    state: State, when: Text, following: Text | None, actions: list[str]
) -> None:
    found = card(state, "desk", viewer="fay", role=FACILITATOR)
    assert found.facts == (Fact(t("When"), when), *((Fact(t("Next"), following),) if following else ()), PEOPLE)
    assert [one.action for one in found.buttons] == actions
    assert [one.confirm is not None for one in found.buttons] == [one == "end" for one in actions]


def test_the_desk_says_whom_messages_did_not_reach_and_why() -> None:
    missed = having(OPEN, unreached=(ANN_MISSED, Unreached(place="slack:C1", why="The channel is gone.")))
    found = card(missed, "desk", viewer="fay", role=FACILITATOR)
    assert found.facts[-3:] == (
        PEOPLE,
        Fact(t("Not reached"), t("{who}: {why}", who=Who("ann"), why="She takes no messages.")),
        Fact(t("Not shown in the room"), quote("The channel is gone.")),
    )


def test_the_desk_says_that_checklists_were_not_sent_until_it_is_open() -> None:
    found = card(MISSED_THEM, "desk", viewer="fay", role=FACILITATOR)
    said = t("{why} Send them now with {send}.", why=session_cards.UNSENT, send=Typed("checklist send"))
    assert Fact(t("Checklists"), said) in found.facts
    opened = card(brief(MISSED_THEM, phase="open"), "desk", viewer="fay", role=FACILITATOR)
    assert [fact.label for fact in opened.facts if fact.label == t("Checklists")] == []


OFTEN = "(24 Nov 12:00) failed again and again. Whoever runs Cohost here can see why, and have it tried again."


def failed(*timers: tuple[str, str]) -> tuple[Stuck, ...]:
    return tuple(Stuck("timer", kind, name, "d1", "d", NOON, 5, "ZeroDivisionError()") for kind, name in timers)


@pytest.mark.parametrize(
    ("aside", "lines"),
    [
        ((), []),
        (
            failed(("checklist", "remind")),
            [
                (
                    "Reminding people of the checklist (24 Nov 12:00) failed again and again. Do it yourself with /ilt "
                    "checklist send. Whoever runs Cohost here can see why, and have it tried again."
                )
            ],
        ),
        (
            failed(("poll", "close"), ("unheard of", "x")),
            [
                f"Closing a poll {OFTEN}",
                f"Something that was due {OFTEN}",
            ],
        ),
    ],
)
def test_the_desk_says_what_failed_for_good_and_what_to_do(aside: tuple[Stuck, ...], lines: list[str]) -> None:
    found = card(PLANNED, "desk", viewer="fay", role=FACILITATOR, aside=aside)
    assert [read(fact.value) for fact in found.facts if fact.label == t("Did not happen")] == lines


def test_of_many_things_that_failed_the_desk_names_three() -> None:
    found = card(PLANNED, "desk", viewer="fay", role=FACILITATOR, aside=failed(*[("poll", "close")] * 9))
    facts = [fact.value for fact in found.facts if fact.label == t("Did not happen")]
    assert (len(facts), read(facts[-1])) == (4, "6 more things")


def test_every_timer_of_every_kind_can_be_named() -> None:
    found = {
        (path.stem.partition("_")[0], name)
        for path in Path(session_cards.__file__).parent.glob("*.py")
        for name in re.findall(r'Wake\("(\w+)"', path.read_text(encoding="utf-8"))
    }
    named = {("survey" if kind == "sending" else kind, name) for kind, name in found}
    assert named <= {*session_cards.FAILURES}


def read(text: Text) -> str:
    """As it may be read."""
    return spoken(text, {})


def test_a_step_that_only_says_something() -> None:
    found = card(RUNNING, "say:5")
    assert found == Card(
        title=quote("Your own situation, on paper"),
        text=tuple(quote(line) for line in GIVING.run_of_show[5].text.splitlines()),  # type: ignore[union-attr]
    )


def test_the_recap_has_what_the_room_did_and_no_names() -> None:
    roster = (member("Ann", acts=2, last_active=NOON), member("Bob", minutes=30), member("Fay", FACILITATOR, acts=9))
    results = (
        Result("poll", "Lunch?", (("Soup", 1), ("Pizza", 2)), 3),
        Result("poll", "Coffee?", (("Yes", 0), ("No", 0)), 0),
        Result("prompt", "What now?", (), 1),
        Result("survey", "How was it?", (("Well", 5),), 5),
    )
    assert card(CLOSED, "recap", report=Report(roster, results)) == Card(
        title=t("That was “{title}”", title="Feedback"),
        text=(t("Thank you for taking part. A short survey is waiting for you. It takes a minute."),),
        facts=(
            Fact(t("Took part"), t("{here}, and {n} of them voted, answered or wrote.", here=TWO, n=1)),
            Fact(quote("Lunch?"), t("{answer} ({count} of {total})", answer="Pizza", count=2, total=3)),
            Fact(quote("What now?"), tn("{n} answer", "{n} answers", n=1)),
        ),
        tone="closed",
    )


@pytest.mark.parametrize(
    ("minutes", "acts", "says"),
    [
        ((), (), []),
        ((0, 0), (0, 0), []),  # nobody is known to have been there
        ((9,), (0,), ["1 learner was here."]),
        ((9,), (1,), ["1 learner was here and voted, answered or wrote."]),
        ((9, 9), (3, 1), ["2 learners were here and voted, answered or wrote."]),
        ((9, 9, 0, 9), (3, 0, 0, 0), ["3 learners were here, and 1 of them voted, answered or wrote."]),
    ],
)
def test_the_recap_tells_who_was_here_from_who_did_something(
    minutes: tuple[int, ...], acts: tuple[int, ...], says: list[str]
) -> None:
    roster = [
        member(f"L{n}", minutes=minutes[n], acts=acts[n], last_active=NOON, here=False) for n in range(len(minutes))
    ]
    facts = card(CLOSED, "recap", report=Report(tuple(roster), ())).facts
    assert [spoken(fact.value, {}) for fact in facts] == says


def test_a_class_too_small_for_a_survey_gets_none_and_the_facilitators_hear_why() -> None:
    """Three people: no answer of theirs could ever be shown, so nobody is asked in vain."""
    stage = running()
    assert stage.type("fay", "end") == "The session is over."
    assert not any("How was" in title for title in stage.read("ann"))
    assert "Survey: How was “Giving feedback that lands”?" in stage.read("fay")
    recap = stage.card("session", "recap", None)
    assert recap.text == (t("Thank you for taking part."),)
    desk = stage.card("session", "desk", "fay")
    assert [spoken(fact.label, {}) for fact in desk.facts] == ["When", "People"]
    for text in ("survey", "survey close"):
        assert stage.type("fay", text) == "No survey was sent: too few people were there for any answer to be shown."
    assert "How “Giving feedback that lands” went" in stage.read("mia"), "there is nothing to wait for"


def test_everybody_hears_that_it_is_called_off() -> None:
    assert card(CALLED_OFF, "cancelled") == Card(
        title=t("“{title}” is called off", title="Feedback"),
        text=(t("You do not have to do anything."),),
        tone="closed",
    )


# -- told from the room ------------------------------------------------------------------------------------------------


def test_a_session_from_planned_to_archived() -> None:
    stage = everyone(planning(GIVING))
    stage.start("session")
    stage.wait(timedelta(days=1, hours=2, minutes=1).total_seconds())
    assert "Get ready for “Giving feedback that lands”" in stage.read("ann")
    assert "Ready: 0 of 3" in stage.read("fay")

    assert stage.type("fay", "checklist") == "The readiness board is in your private messages."
    assert stage.press("fay", "Open the session") == "The session is open."
    for person in ("dan", "eve"):
        stage.names[person] = person.title()
        stage.join(person)
    for person in ("ann", "bob", "cem", "dan", "eve"):
        assert stage.press(person, "I'm here") == "You are checked in. Welcome!"
    assert stage.press("fay", "Next step") == "It is in the room."
    assert stage.press("ann", "This week") == "Your vote: This week"
    assert stage.press("fay", "Next step") == "It is in the room."
    stage.wait(60)
    assert any(title.startswith("Quiet on:") for title in stage.read("gus"))
    assert not any(title.startswith("Quiet on:") for who in ("ann", "mia") for title in stage.read(who))

    assert stage.press("fay", "End the session") == "The session is over."
    assert "How was “Giving feedback that lands”?" in stage.read("ann")
    assert "That was “Giving feedback that lands”" in stage.read(None)
    stage.wait(SURVEYED.total_seconds())
    assert "How “Giving feedback that lands” went" in stage.read("mia")
    stage.wait(KEPT.total_seconds())
    assert stage.timers == {}
    assert stage.dialogs["session"].done


def test_whoever_comes_by_link_is_a_learner_and_leads_nothing() -> None:
    stage = classroom()
    stage.join("zed")
    assert stage.role("session", "zed") == LEARNER
    assert stage.tap("zed", "session", "end") == "Only a facilitator can do that."


def test_whom_the_facilitator_does_not_see_is_not_called_again_and_everybody_else_may_be() -> None:
    stage = classroom("ann", "bob")
    stage.type("fay", 'ask "What now?"')
    stage.wait(8)
    first = stage.dialogs["prompt:1"].state.called  # type: ignore[attr-defined]
    (other,) = {"ann", "bob"} - {first}
    assert stage.press("fay", "Not here") == f"It is {other.capitalize()}'s turn now."
    stage.type("fay", 'ask "And now?"')
    stage.wait(8)
    assert stage.dialogs["prompt:2"].state.called == other  # type: ignore[attr-defined]
    stage.press("fay", "Call on the next person")
    assert stage.dialogs["prompt:2"].state.phase == "open"  # type: ignore[attr-defined]
    stage.say(first)
    stage.type("fay", 'ask "At last?"')
    stage.wait(8)
    assert stage.dialogs["prompt:3"].state.called == first, "who writes is here"  # type: ignore[attr-defined]


def test_it_hears_who_comes_and_needs_the_roster_for_commands_alone() -> None:
    assert KIND.hears == {Joined}
    assert KIND.root


def test_a_session_comes_into_one_more_place_once() -> None:
    """One class in several channels: what stands in one stands in the others."""
    there = decide(OPEN, typed("here", place="slack:C2"), scene(FACILITATOR))
    assert there.state.brief.places == (*OPEN.brief.places, "slack:C2")
    assert there.reply == t("“{title}” is here now, too.", title="Feedback")
    again = decide(there.state, typed("here", place="slack:C2"), scene(FACILITATOR))
    assert (again.state, again.reply) == (there.state, t("“{title}” is here already.", title="Feedback"))
    nowhere = decide(OPEN, typed("here"), scene(FACILITATOR))
    assert nowhere.state == OPEN
    learner = decide(OPEN, typed("here", place="slack:C2"), scene(LEARNER))
    assert (learner.state, learner.effects) == (OPEN, ())


@pytest.mark.parametrize(
    ("text", "there", "elsewhere"),
    [
        ('poll "Lunch?" Soup Pizza', None, IN_THE_ROOM),
        ('open "What now?"', None, IN_THE_ROOM),
        ("silence off", NOT_WATCHED, NOT_WATCHED),  # nothing of this is seen in the room
    ],
)
@pytest.mark.parametrize("place", ["slack:C1", "slack:C2", "web:d", None])
def test_what_stands_where_it_was_typed_needs_no_words(
    text: str, there: Text | None, elsewhere: Text, place: str | None
) -> None:
    session = brief(OPEN, places=("slack:C1", "web:d"))
    said = decide(session, typed(text, place=place), scene(FACILITATOR)).reply
    assert said == (there if place == "slack:C1" else elsewhere)


def test_a_room_that_can_be_reached_again_is_not_called_unreached_any_more() -> None:
    missed = decide(OPEN, told("unreached", place="slack:C1", person=None, why="Not there."), scene(None)).state
    assert missed.unreached
    assert decide(missed, told("reached", place="slack:C1"), scene(None)) == Step(OPEN, (Show("desk", FACILITATOR),))
    assert decide(missed, told("reached", place="slack:C2"), scene(None)) == Step(missed)


def test_what_is_created_in_a_channel_is_ready_there() -> None:
    state = State.model_validate({"brief": {"title": "Feedback", "places": ["slack:C1"]}})
    reply = decide(state, started("fay"), FAY).reply
    assert reply == t("“{title}” is ready here. Open it with {start}.", title="Feedback", start=Typed("start"))


def test_whoever_cannot_be_written_to_is_called_out_in_their_own_room() -> None:
    """Once in each phase, in the first room of the platform that failed; facilitators are told once."""
    session = brief(OPEN, places=("web:d", "teams:19:class", "slack:C1"))
    missed = told("unreached", person="ann", place=None, why="Not installed.", via="teams", waits=True)
    first = decide(session, missed, scene(None))
    assert first.effects == (Show("callout:teams:open", "teams:19:class"), DESK)
    assert decide(first.state, missed, scene(None)).effects == (Show("callout:teams:open", "teams:19:class"),)
    elsewhere = told("unreached", person="ann", place=None, why="x", via="zoom", waits=True)
    assert decide(session, elsewhere, scene(None)).effects == (DESK,)
    shown = card(first.state, "callout:teams:open")
    assert spoken(shown.title, {}) == "Cohost: something is waiting for you in “Feedback”"
    assert [piece for piece in shown.text[0].pieces() if isinstance(piece, Who)] == [Who("ann")]
    assert [button.action for button in shown.buttons] == ["mine"]
    assert card(first.state, "callout:slack:open").text[0] == t("Something waits for some.")


def test_nobody_is_called_out_for_what_they_need_not_do() -> None:
    """A list that is closed, for whoever could not be written to: the facilitators see it, the room does not."""
    session = brief(OPEN, places=("web:d", "teams:19:class"))
    missed = told("unreached", person="ann", place=None, why="Not installed.", via="teams", waits=False)
    step = decide(session, missed, scene(None))
    assert step.effects == (DESK,)
    assert [(one.person, one.phase) for one in step.state.unreached] == [("ann", "")]


def test_a_call_is_taken_back_when_nothing_waits_any_more() -> None:
    """The list of the planned session when it opens, the survey when it closes."""
    planned = brief(PLANNED, places=("web:d", "teams:19:class"))
    missed = told("unreached", person="ann", place=None, why="Not installed.", via="teams", waits=True)
    called = decide(planned, missed, scene(None)).state
    opened = decide(called, press("start"), FAY)
    back = Show("callout:teams:planned", "teams:19:class")
    assert back in opened.effects
    assert card(opened.state, "callout:teams:planned").over
    taken = card(opened.state, "callout:teams:planned").title
    assert spoken(taken, {}) == "Cohost: something was waiting for you in “Feedback”"
    assert not card(opened.state, "callout:teams:planned").buttons
    over = decide(decide(opened.state, press("end"), FAY).state, missed, scene(None)).state
    assert card(over, "callout:teams:closed").buttons
    surveyed = decide(over, told("survey closed"), scene(None))
    assert Show("callout:teams:closed", "teams:19:class") in surveyed.effects
    assert not card(surveyed.state, "callout:teams:closed").buttons


@pytest.mark.parametrize("words", ["cancel", "cancel now"])
def test_an_open_session_is_called_off_only_if_it_is_said_twice(words: str) -> None:
    step = decide(OPEN, typed(words), FAY)
    assert (step.state == OPEN, step.done) == ((True, False) if words == "cancel" else (False, True))
