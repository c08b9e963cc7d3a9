"""Poll: tables of state + event -> exactly this step, and what holds for any votes in any order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dialogs.base import FACILITATOR, LEARNER, MANAGER, Event, Note, Pressed, Result, Role, Scene, Show, Step, Wake
from dialogs.card import Bar, Button, Card, Text, When, Who, quote, t, tn
from dialogs.plan import poll_setup
from dialogs.poll import State, decide, sum_up, view
from tests.dialogs.paper import COMMON, after, look, press, rang, say, scene, started, told, votes
from tests.dialogs.stage import NOON, classroom, spoken

LUNCH = State.model_validate(poll_setup("Lunch?", ["Soup", "Pizza"]))
BRIEF = LUNCH.model_copy(update={"open_for": 60})
TIMED = BRIEF.model_copy(update={"closes_at": after(60)})
CLOSED = LUNCH.model_copy(update={"closed": True})
ANNS = LUNCH.model_copy(update={"asker": "ann"})
ANNS_CLOSED = ANNS.model_copy(update={"closed": True})
AD_HOC = scene(None, session=None, session_id=None)  # in a channel without a session

CLOSING = Step(CLOSED, (Show("board"), Wake("close", None)), reply=t("The poll is closed."), done=True)
CLOSES = replace(CLOSING, reply=None)
REFUSED = Step(LUNCH, reply=t("Only a facilitator can close this poll."))
TOO_LATE = t("This poll has closed, so votes are not counted any more.")

STEPS: dict[str, tuple[State, Event, Scene, Step[State]]] = {
    "begins": (LUNCH, started(), scene(), Step(LUNCH, (Show("board"),))),
    "begins for a minute": (BRIEF, started(), scene(), Step(TIMED, (Show("board"), Wake("close", after(60))))),
    "takes a vote": (
        LUNCH,
        press("vote", "b"),
        scene(),
        Step(LUNCH, (Note("vote", "ann", "b"), Show("board")), reply=t("Your vote: {choice}", choice="Pizza")),
    ),
    "takes another vote": (
        LUNCH,
        press("vote", "a"),
        scene(mine={"vote": "b"}),
        Step(LUNCH, (Note("vote", "ann", "a"), Show("board")), reply=t("Your vote: {choice}", choice="Soup")),
    ),
    "takes a late vote": (CLOSED, press("vote", "a"), scene(), Step(CLOSED, reply=TOO_LATE)),
    "keeps the vote that was there": (
        CLOSED,
        press("vote", "a"),
        scene(mine={"vote": "b"}),
        Step(CLOSED, reply=t("This poll has closed. Your vote stays: {choice}", choice="Pizza")),
    ),
    "forgets a vote for what is no choice": (
        CLOSED,
        press("vote", "a"),
        scene(mine={"vote": "z"}),
        Step(CLOSED, reply=TOO_LATE),
    ),
    "is closed by the facilitator": (LUNCH, press("close", by="fay"), scene(FACILITATOR), CLOSING),
    "is closed by the clock": (LUNCH, rang("close"), scene(None), CLOSES),
    "is closed with the session": (LUNCH, told("end"), scene(None), CLOSES),
    "is called off with the session": (LUNCH, told("cancel"), scene(None), CLOSES),
    "is not closed by a learner": (LUNCH, press("close"), scene(), REFUSED),
    "is not closed by a manager": (LUNCH, press("close"), scene(MANAGER), REFUSED),
    "is not closed from outside": (LUNCH, press("close"), scene(None), REFUSED),
    "is closed by anybody where nobody leads": (LUNCH, press("close"), AD_HOC, CLOSING),
    "knows who asked where nobody leads": (LUNCH, started("ann"), AD_HOC, Step(ANNS, (Show("board"),))),
    "needs not know who asked where somebody leads": (LUNCH, started("fay"), scene(), Step(LUNCH, (Show("board"),))),
    "has its time where nobody leads, too": (
        BRIEF,
        started("ann"),
        AD_HOC,
        Step(TIMED.model_copy(update={"asker": "ann"}), (Show("board"), Wake("close", after(60)))),
    ),
    "is closed by whoever asked": (ANNS, press("close"), AD_HOC, replace(CLOSING, state=ANNS_CLOSED)),
    "is not closed by anybody else": (
        ANNS,
        press("close", by="bob"),
        AD_HOC,
        Step(ANNS, reply=t("Only {who} can close this poll.", who=Who("ann"))),
    ),
    "is closed by the clock where nobody leads": (ANNS, rang("close"), AD_HOC, replace(CLOSES, state=ANNS_CLOSED)),
    "takes a vote where nobody leads": (
        ANNS,
        press("vote", "b", by="bob"),
        AD_HOC,
        Step(ANNS, (Note("vote", "bob", "b"), Show("board")), reply=t("Your vote: {choice}", choice="Pizza")),
    ),
    "is closed once": (
        CLOSED,
        press("close", by="fay"),
        scene(FACILITATOR),
        Step(CLOSED, reply=t("This poll has closed already.")),
    ),
    "ends once": (CLOSED, told("end"), scene(None), Step(CLOSED)),
    "rings once": (CLOSED, rang("close"), scene(None), Step(CLOSED)),
    **{
        f"ignores {name}": (LUNCH, event, scene(), Step(LUNCH))
        for name, event in {
            "a choice that is none": press("vote", "c"),
            "an empty choice": press("vote"),
            "the text of a choice": press("vote", "Soup"),
            "nobody's vote": press("vote", "a", by=None),
            "another button": press("dance"),
            "another timer": rang("open"),
            "another word": told("start"),
            "a message": say(),
        }.items()
    },
}


@pytest.mark.parametrize(("state", "event", "at", "step"), STEPS.values(), ids=STEPS)
def test_a_poll(state: State, event: Event, at: Scene, step: Step[State]) -> None:
    assert decide(state, event, at) == step


@pytest.mark.parametrize("choices", [["Soup"], [str(n) for n in range(11)]], ids=["one", "eleven"])
def test_a_poll_has_two_to_ten_choices(choices: list[str]) -> None:
    with pytest.raises(ValidationError):
        State.model_validate(poll_setup("Lunch?", choices) | {"choices": [{"id": one, "text": one} for one in choices]})


# -- what is seen ------------------------------------------------------------------------------------------------------

VOTE_A, VOTE_B = Button("vote", quote("Soup"), "a"), Button("vote", quote("Pizza"), "b")
CLOSE = Button("close", t("Close the poll"), lead=True)


def footer(n: int, until: When | None = None) -> Text:
    so_far = tn("{n} vote so far.", "{n} votes so far.", n=n) if n else t("No votes yet.")
    if until:
        length = t("{n} seconds", n=60)
        return t(
            "{votes} Open for {length}, until {time}. A vote can be changed.", votes=so_far, length=length, time=until
        )
    return t("{votes} A vote can be changed until the poll closes.", votes=so_far)


def test_each_answer_has_its_number_its_bar_and_its_button() -> None:
    assert view(LUNCH, look("board", mine={"vote": "b"}, tally=votes(a=2, b=1))) == Card(
        title=quote("Lunch?"),
        bars=(Bar(quote("Soup"), 2, 3, VOTE_A), Bar(quote("Pizza"), 1, 3, replace(VOTE_B, pressed=True))),
        footer=footer(3),
    )


def test_a_poll_with_a_time_says_until_when_in_the_zone_of_the_session() -> None:
    card = view(TIMED, look("board"))
    assert card.footer == footer(0, When(after(60), "time", "Europe/Zurich"))


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (5, "No votes yet. Open for 5 seconds, until 12:00. A vote can be changed."),
        (90, "No votes yet. Open for 90 seconds, until 12:01. A vote can be changed."),
        (120, "No votes yet. Open for 2 minutes, until 12:02. A vote can be changed."),
        (600, "No votes yet. Open for 10 minutes, until 12:10. A vote can be changed."),
        (601, "No votes yet. A vote can be changed until 12:10."),
    ],
)
def test_a_short_time_is_told_in_full_because_a_clock_has_no_seconds(seconds: int, says: str) -> None:
    poll = TIMED.model_copy(update={"open_for": seconds, "closes_at": after(seconds)})
    footer = view(poll, look("board")).footer
    assert footer is not None
    assert spoken(footer, {}) == says


def test_a_closed_poll_has_its_numbers_and_no_buttons() -> None:
    assert view(CLOSED, look("board", "fay", FACILITATOR, tally=votes(a=1))) == Card(
        title=quote("Lunch?"),
        bars=(Bar(quote("Soup"), 1, 1), Bar(quote("Pizza"), 0, 1)),
        footer=tn("Closed. {n} vote.", "Closed. {n} votes.", n=1),
        tone="closed",
    )


@pytest.mark.parametrize(
    ("viewer", "role", "closes"),
    [
        ("fay", FACILITATOR, True),
        ("ann", LEARNER, False),
        ("mia", MANAGER, False),
        ("zed", None, False),
        (None, None, True),
    ],
)
def test_who_leads_can_close_it_and_so_can_one_card_for_all(
    viewer: str | None, role: Role | None, *, closes: bool
) -> None:
    assert view(LUNCH, look("board", viewer, role)).buttons == ((CLOSE,) if closes else ())


@pytest.mark.parametrize(
    ("poll", "viewer", "closes"),
    [(ANNS, "ann", True), (ANNS, "bob", False), (ANNS, None, True), (LUNCH, "ann", False), (ANNS_CLOSED, "ann", False)],
    ids=["hers", "another's", "one card for all", "nobody's", "closed"],
)
def test_without_a_session_whoever_asked_can_close_it(poll: State, viewer: str | None, *, closes: bool) -> None:
    card = view(poll, look("board", viewer, None, session=None, session_id=None))
    assert card.buttons == ((CLOSE,) if closes else ())


def test_without_a_session_its_time_is_in_no_zone_but_that_of_the_reader() -> None:
    card = view(TIMED, look("board", None, None, session=None, session_id=None))
    assert card.footer == footer(0, When(after(60), "time", "UTC"))


def test_the_report_has_every_choice_in_its_order() -> None:
    state = LUNCH.model_copy(update={"objective": "saw"})
    assert sum_up(state, votes(b=4)) == Result("poll", "Lunch?", (("Soup", 0), ("Pizza", 4)), 4, "saw")


# -- whatever happens --------------------------------------------------------------------------------------------------

presses = st.lists(st.tuples(st.sampled_from(["ann", "bob", "cem"]), st.sampled_from(["a", "b", "c", "", "A", "a\n"])))


@settings(deadline=None)
@given(presses, st.randoms(use_true_random=False))
def test_in_whatever_order_votes_arrive_each_voters_newest_counts(pressed: list[tuple[str, str]], dice: Random) -> None:
    stage = classroom()
    poll = stage.begin("poll", poll_setup("Lunch?", ["Soup", "Pizza"]))
    events = [
        Pressed(
            **COMMON | {"id": f"v{n}", "at": NOON + timedelta(seconds=n)},
            by=by,
            dialog=poll,
            action="vote",
            value=value,
        )
        for n, (by, value) in enumerate(pressed)
    ]
    for event in dice.sample(events, len(events)):
        stage.hear(event)

    newest = {by: value for by, value in pressed if value in {"a", "b"}}
    card = stage.sees("ann", poll)
    assert [bar.count for bar in card.bars] == [list(newest.values()).count(one) for one in "ab"]
    assert [bar.total for bar in card.bars] == [len(newest)] * 2
    assert [bar.button and bar.button.pressed for bar in card.bars] == [newest.get("ann") == one for one in "ab"]


@settings(deadline=None)
@given(presses, st.integers(0, 20))
def test_nothing_counts_after_it_has_closed(pressed: list[tuple[str, str]], when: int) -> None:
    stage = classroom()
    poll = stage.begin("poll", poll_setup("Lunch?", ["Soup", "Pizza"]))
    for by, value in pressed[:when]:
        stage.tap(by, poll, "vote", value)
    stage.press("fay", "Close the poll")
    counted = stage.tally(poll, notes=True)
    for by, value in pressed[when:]:
        assert stage.tap(by, poll, "vote", value).startswith("This poll has closed")
    assert stage.tally(poll, notes=True) == counted


# -- told from the room ------------------------------------------------------------------------------------------------


def test_ann_changes_her_mind_and_the_time_runs_out() -> None:
    stage = classroom()
    poll = stage.begin("poll", poll_setup("Lunch?", ["Soup", "Pizza"], open_for=60))

    assert stage.press("ann", "Soup") == "Your vote: Soup"
    assert stage.press("ann", "Pizza") == "Your vote: Pizza"
    assert stage.tap("bob", poll, "close") == "Only a facilitator can close this poll."
    assert [bar.count for bar in stage.sees(None, poll).bars] == [0, 1]

    stage.wait(60)
    assert stage.tap("bob", poll, "vote", "a") == "This poll has closed, so votes are not counted any more."
    assert stage.tap("ann", poll, "vote", "a") == "This poll has closed. Your vote stays: Pizza"
    assert stage.tap("fay", poll, "close") == "This poll has closed already."
    assert [bar.count for bar in stage.sees(None, poll).bars] == [0, 1]
    assert stage.timers == {}
