"""Desk: what somebody can do outside any session. Tables of state + event -> exactly this step."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.base import FACILITATOR, LEARNER, Begin, Brief, Commanded, Event, Listed, Scene, Show, Step
from dialogs.card import Card, Fact, Link, Text, Typed, When, quote, t
from dialogs.desk import GUEST, SHOWN, UNTITLED, State, decide, view
from dialogs.plan import poll_setup
from dialogs.verbs import VERBS, help_card
from tests.dialogs.examples import GIVING
from tests.dialogs.paper import look, press, rang, say, scene, sent, started, told, typed
from tests.dialogs.stage import NOON, Stage, spoken

DESK = State()
HOST = scene(None, session=None, session_id=None, host=True)
VISITOR = scene(None, session=None, session_id=None)
PLAN = GIVING.model_dump(mode="json")
SHOW = Show("desk", "fay")
NOWHERE, CHANNEL = {"places": ()}, {"places": ("slack:C1",)}  # where the session will be, beside its web room
GIVE_TITLE = t("Give the session a title, for example: {start}", start=Typed('start "Team retrospective"'))
NEEDS_PEOPLE = t("A poll needs people: type it in a channel, or in the room of a session.")
UNREAD = t("No session was created: its plan, time or people could not be read.")


def begin_one(verb: str) -> Text:
    start = Typed('start "Title"')
    return t("No session is open here that “{verb}” could be for. Begin one: {start}", verb=verb, start=start)


def belongs(verb: str) -> Text:
    return t("“{verb}” belongs in a session: type it in that session's room.", verb=verb)


def begun(setup: dict[str, Any]) -> tuple[Begin, Show]:
    return Begin("session:e", "session", setup, of="person"), SHOW


def brief(**more: Any) -> dict[str, Any]:
    """What a session says of itself at first, as plain data."""
    return Brief.model_validate({"title": UNTITLED, **more}).model_dump(mode="json")


def typed_in(room: str, text: str) -> Commanded:
    return replace(typed(text), place=room)


def planned(**more: Any) -> dict[str, Any]:
    aims = [{"id": one.id, "text": one.text} for one in GIVING.objectives]
    given_ = {"title": GIVING.title, "minutes": GIVING.minutes, "zone": GIVING.zone, "objectives": aims}
    return brief(**given_ | more)


OPEN = Listed("s1", FACILITATOR, Brief(title="Feedback", phase="open"))

STEPS: dict[str, tuple[State, Event, Scene, Step[State]]] = {
    "is there": (DESK, started("fay"), HOST, Step(DESK, (SHOW,))),
    "helps": (DESK, typed("help"), HOST, Step(DESK, reply=help_card(None, None))),
    "explains": (DESK, typed("help poll"), VISITOR, Step(DESK, reply=help_card("poll", None))),
    "lists": (
        DESK,
        typed("sessions"),
        scene(None, session=None, sessions=(OPEN,)),
        Step(
            DESK,
            reply=Card(
                title=t("Your sessions"),
                facts=(Fact(t("open now"), t("{room}", room=Link("room", "s1", quote("Feedback")))),),
            ),
        ),
    ),
    "creates an empty session": (
        DESK,
        typed("new"),
        HOST,
        Step(DESK, begun({"brief": brief() | NOWHERE, "plan": None})),
    ),
    "creates an empty session for a time": (
        DESK,
        typed("new on tomorrow 14:00"),
        HOST,
        Step(DESK, begun({"brief": brief(starts="2026-11-25T14:00:00Z") | NOWHERE, "plan": None})),
    ),
    "creates one from a template, in the zone of its plan": (
        DESK,
        typed("new giving-feedback on tomorrow 14:00", plan=PLAN | {"zone": "Europe/Zurich"}),
        HOST,
        Step(
            DESK,
            begun(
                {
                    "brief": planned(starts="2026-11-25T13:00:00Z", zone="Europe/Zurich") | NOWHERE,
                    "plan": PLAN | {"zone": "Europe/Zurich"},
                }
            ),
        ),
    ),
    "creates one in the zone that was named": (
        DESK,
        typed("new giving-feedback on 24 Nov 14:00 america/new_york", plan=PLAN),
        HOST,
        Step(
            DESK,
            begun({"brief": planned(starts="2026-11-24T19:00:00Z", zone="America/New_York") | NOWHERE, "plan": PLAN}),
        ),
    ),
    "creates one in a zone of two words": (
        DESK,
        typed("new giving-feedback on 24 Nov 14:00 America/New York", plan=PLAN),
        HOST,
        Step(
            DESK,
            begun({"brief": planned(starts="2026-11-24T19:00:00Z", zone="America/New_York") | NOWHERE, "plan": PLAN}),
        ),
    ),
    "creates none for a time that is none": (
        DESK,
        typed("new on tomorrow"),
        HOST,
        Step(DESK, reply=t("I cannot find the time in “{words}”: write it as 14:00 or 2pm.", words="tomorrow")),
    ),
    "opens one at once": (
        DESK,
        typed('start "Team retrospective"'),
        HOST,
        Step(DESK, begun({"brief": {"title": "Team retrospective"} | NOWHERE, "at_once": True})),
    ),
    "creates one in the channel where it is typed": (
        DESK,
        typed_in("slack:C1", "new"),
        HOST,
        Step(DESK, begun({"brief": brief() | CHANNEL, "plan": None})),
    ),
    "opens one in the channel where it is typed": (
        DESK,
        typed_in("slack:C1", 'start "Mine"'),
        HOST,
        Step(DESK, begun({"brief": {"title": "Mine"} | CHANNEL, "at_once": True})),
    ),
    "opens none in the web room of another session": (
        DESK,
        typed_in("web:s1", 'start "Mine"'),
        HOST,
        Step(DESK, begun({"brief": {"title": "Mine"} | NOWHERE, "at_once": True})),
    ),
    **{
        f"asks a channel for {name}": (
            DESK,
            typed_in("slack:C1", 'poll "Lunch?" "Soup" "Pizza" --for 60s'),
            at,
            Step(
                DESK,
                (Begin("poll:e", "poll", poll_setup("Lunch?", ["Soup", "Pizza"], 60), of="person"),),
            ),
        )
        for name, at in {"a host": HOST, "a guest": VISITOR}.items()
    },
    "asks nobody where nobody is": (DESK, typed("poll Lunch? Soup Pizza"), HOST, Step(DESK, reply=NEEDS_PEOPLE)),
    "asks nobody in a room that is over": (
        DESK,
        typed_in("web:s1", "poll Lunch? Soup Pizza"),
        HOST,
        Step(DESK, reply=NEEDS_PEOPLE),
    ),
    "opens none without a title": (
        DESK,
        typed("start"),
        HOST,
        Step(DESK, reply=GIVE_TITLE),
    ),
    "creates none for a guest": (DESK, typed("new"), VISITOR, Step(DESK, reply=GUEST)),
    "opens none for a guest": (DESK, typed('start "Mine"'), VISITOR, Step(DESK, reply=GUEST)),
    "takes none from a guest": (DESK, sent("create", session="{}"), VISITOR, Step(DESK, reply=GUEST)),
    "takes one that is described": (
        DESK,
        sent(
            "create",
            session=json.dumps(
                {
                    "plan": PLAN,
                    "at": "2026-11-25T14:00:00+01:00",
                    "zone": "Europe/Zurich",
                    "cohort": "spring",
                    "people": [{"person": "ann", "name": "Ann"}],
                }
            ),
        ),
        HOST,
        Step(
            DESK,
            begun(
                {
                    "brief": planned(starts="2026-11-25T14:00:00+01:00", zone="Europe/Zurich", cohort="spring"),
                    "plan": PLAN,
                    "people": ({"person": "ann", "name": "Ann"},),
                }
            ),
        ),
    ),
    "brings nothing here where there is nothing": (
        DESK,
        typed("here"),
        HOST,
        Step(DESK, reply=t("You lead no session that could come here. Create one with {new}.", new=Typed("new"))),
    ),
    **{
        f"takes none from {name}": (DESK, sent("create", **values), HOST, Step(DESK, reply=UNREAD))
        for name, values in {
            "an empty form": {},
            "what is no JSON": {"session": "{"},
            "a list": {"session": "[]"},
            "a time without a zone": {"session": '{"at": "2026-11-25T14:00:00"}'},
            "something it does not know": {"session": '{"role": "facilitator"}'},
            "a plan without texts": {"session": '{"plan": {"objectives": [{"id": "a"}]}}'},
            "a plan of another shape": {"session": '{"plan": {"objectives": ["a"]}}'},
            "a length that is none": {"session": '{"plan": {"minutes": "long"}}'},
        }.items()
    },
    **{
        f"sends {name} with “{verb}” to a session": (DESK, typed(row.example), at, Step(DESK, reply=says(verb)))
        for verb, row in VERBS.items()
        if verb not in {"help", "here", "new", "sessions", "start", "poll"}
        for name, at, says in (("a host", HOST, begin_one), ("a guest", VISITOR, belongs))
    },
    **{
        f"ignores {name}": (DESK, event, HOST, Step(DESK))
        for name, event in {
            "a button": press("create", by="fay"),
            "another form": sent("dance"),
            "a timer": rang("dance"),
            "a word": told("dance"),
            "a message": say(),
        }.items()
    },
}  # fmt: skip


@pytest.mark.parametrize(("state", "event", "at", "step"), STEPS.values(), ids=STEPS)
def test_a_desk(state: State, event: Event, at: Scene, step: Step[State]) -> None:
    assert decide(state, event, at) == step


@given(st.text())
def test_whatever_is_sent_as_a_session_is_none_or_says_so(text: str) -> None:
    assert decide(DESK, sent("create", session=text), HOST) == Step(DESK, reply=UNREAD)


# -- what is seen ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("brief", "says"),
    [
        (Brief(title="A", starts=NOON, zone="Europe/Zurich"), t("{when}", when=When(NOON, "both", "Europe/Zurich"))),
        (Brief(title="A"), t("not planned yet")),
        (Brief(title="A", phase="open"), t("open now")),
        (Brief(title="A", phase="closed", closed=NOON), t("over")),
        (Brief(title="A", phase="archived", closed=NOON), t("over")),
        (Brief(title="A", phase="archived"), t("called off")),
    ],
    ids=["planned", "no time", "open", "closed", "archived", "called off"],
)
def test_a_session_on_the_list_says_how_far_it_is_and_leads_into_its_room(brief: Brief, says: Text) -> None:
    (fact,) = view(DESK, look("desk", sessions=(Listed("s1", LEARNER, brief),))).facts
    assert fact == Fact(says, t("{room}", room=Link("room", "s1", quote("A"))))


def test_without_sessions_it_says_how_to_make_one() -> None:
    card = view(DESK, look("desk"))
    example = "You have no sessions yet. Create one: /ilt new giving-feedback on tomorrow 14:00 Europe/Zurich"
    assert [spoken(text, {}) for text in card.text] == [example]
    assert not card.facts


def test_a_long_list_ends_with_the_newest_twenty() -> None:
    sessions = tuple(Listed(f"s{n}", LEARNER, Brief(title=f"{n}")) for n in range(SHOWN + 5))
    facts = view(DESK, look("desk", sessions=sessions)).facts
    assert [spoken(fact.value, {}) for fact in facts] == [f"{n}" for n in range(SHOWN)]


# -- told from the room ------------------------------------------------------------------------------------------------


def test_one_command_opens_a_session_and_its_room() -> None:
    stage = Stage({})
    stage.names["fay"] = "Fay"
    stage.hosts = frozenset({"fay"})
    nothing = 'No session is open here that “next” could be for. Begin one: /ilt start "Title"'
    assert stage.type("fay", "next") == nothing
    assert stage.type("fay", 'start "Retrospective"') == "“Retrospective” is open in the room."
    assert stage.read("fay") == ["Your sessions", "Your session: Retrospective", "Retrospective"]
    assert stage.press("fay", "I'm here") == "You are checked in. Welcome!"
    assert stage.type("fay", "end") == "The session is over."
