"""The survey: state + event -> exactly this step; nothing is told of fewer than five people, nor before it closes."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dialogs.base import (
    FACILITATOR,
    LEARNER,
    MANAGER,
    PARENT,
    Brief,
    Event,
    Look,
    Member,
    Note,
    Pressed,
    Rang,
    Result,
    Role,
    Scene,
    Show,
    Started,
    Step,
    Submitted,
    Tally,
    Tell,
    Told,
    Wake,
)
from dialogs.card import Card, Text, Wrong, t
from dialogs.ordinary import SURVEY
from dialogs.privacy import COMMENTS, K
from dialogs.sending import Sending
from dialogs.sent import Sent
from dialogs.survey import State, decide, sum_up, view
from dialogs.survey_questions import LONGEST, SHOWN

NOW = datetime(2026, 11, 24, 11, tzinfo=UTC)
CLOSES = NOW + timedelta(hours=72)
BRIEF = Brief(title="Feedback", phase="closed", opened=NOW - timedelta(hours=1), closed=NOW)
ASKS = State.model_validate(
    {
        "title": "Feedback",
        "closes_at": CLOSES,
        "questions": [
            {
                "id": "ready",
                "text": "Are you ready?",
                "kind": "choice",
                "options": [{"id": "a", "text": "Yes"}, {"id": "b", "text": "Nearly"}, {"id": "c", "text": "No"}],
                "standards": {"a": "strong"},
                "measures": "readiness",
            },
            {
                "id": "where",
                "text": "Where will you use it?",
                "kind": "many",
                "options": [{"id": "x", "text": "In the team"}, {"id": "y", "text": "With customers"}],
            },
            {"id": "barrier", "text": "What could stop you?", "kind": "text"},
        ],
    }
)
OPEN = ASKS.model_copy(update={"asked": ("ann", "bo")})
CLOSED = OPEN.model_copy(update={"closed": True})
RESULTS = Show("results", FACILITATOR)
LOOK = Wake("sending", NOW + timedelta(seconds=10))
TEN = timedelta(seconds=10)


def sent(by: str | None = "ann", at: datetime = NOW, **values: str) -> Submitted:
    return Submitted(id="e", at=at, tenant="t", by=by, action="send", values=values)


def press(action: str, by: str = "flo") -> Pressed:
    return Pressed(id="e", at=NOW, tenant="t", by=by, action=action)


def scene(role: Role | None = LEARNER, **more: Any) -> Scene:
    return Scene(now=NOW, dialog="d", seed=1, session=BRIEF, session_id="s", role=role, **more)


def look(slot: str, role: Role | None = LEARNER, **more: Any) -> Look:
    return Look(slot=slot, now=NOW, session=BRIEF, session_id="s", viewer="ann", role=role, **more)


def plain(text: Text) -> str:
    return "".join(piece if isinstance(piece, str) else "…" for piece in text.pieces())


def said(card: Card) -> list[str]:
    return [plain(text) for text in (card.title, *card.text)]


def tally(**counts: Mapping[str, int]) -> Tally:
    return Tally({"sent" if key == "sent" else f"q:{key}": values for key, values in counts.items()})


# ---------------------------------------------------------------------------------------------------------------- steps

THANKS = t("Your answers are stored.")
ALL = (
    Note("sent", "ann", "yes"),
    Note("q:ready", "ann", "b"),
    Note("q:where", "ann", "x\ny"),
    Note("q:barrier", "ann", "Time, mostly"),
    Show("form", "ann"),
    RESULTS,
)
NEEDED = (*ALL[:2], Note("q:where", "ann", None), Note("q:barrier", "ann", None), *ALL[4:])
CLOSING = Step(
    CLOSED,
    (RESULTS, Show("form", "ann"), Show("form", "bo"), Wake("close", None), Tell(PARENT, "survey closed")),
    reply=t("The survey is closed."),
    done=True,
)
STEPS: dict[str, tuple[State, Event, Scene, Step[State]]] = {
    "stores every answer": (
        OPEN,
        sent(ready="b", where="y\nx", barrier=" Time,\r\n mostly\x00 "),
        scene(),
        Step(OPEN, ALL, reply=THANKS),
    ),
    "takes back what is left empty": (
        OPEN,
        sent(ready="b", where="", barrier="\u200b\n "),
        scene(mine={"sent": "yes", "q:barrier": "Time"}),
        Step(OPEN, NEEDED, reply=THANKS),
    ),
    "stores no field that it does not have": (
        OPEN,
        sent(ready="b", color="red", sent="no"),
        scene(),
        Step(OPEN, NEEDED, reply=THANKS),
    ),
    "needs the choices": (
        OPEN,
        sent(barrier="Time"),
        scene(),
        Step(
            OPEN,
            reply=Wrong(
                (("ready", t("Please answer “{question}” too. Nothing was changed.", question="Are you ready?")),)
            ),
        ),
    ),
    "knows its choices": (
        OPEN,
        sent(ready="d"),
        scene(),
        Step(
            OPEN,
            reply=Wrong(
                (("ready", t("“{question}” has no such answer. Nothing was changed.", question="Are you ready?")),)
            ),
        ),
    ),
    "takes one choice where there is one": (
        OPEN,
        sent(ready="a\nb"),
        scene(),
        Step(
            OPEN,
            reply=Wrong(
                (("ready", t("“{question}” has no such answer. Nothing was changed.", question="Are you ready?")),)
            ),
        ),
    ),
    "knows its choices of many": (
        OPEN,
        sent(ready="a", where="x\nz"),
        scene(),
        Step(
            OPEN,
            reply=Wrong(
                (
                    (
                        "where",
                        t("“{question}” has no such answer. Nothing was changed.", question="Where will you use it?"),
                    ),
                )
            ),
        ),
    ),
    "says all that is wrong at once": (
        OPEN,
        sent(where="x\nz"),
        scene(),
        Step(
            OPEN,
            reply=Wrong(
                (
                    ("ready", t("Please answer “{question}” too. Nothing was changed.", question="Are you ready?")),
                    (
                        "where",
                        t("“{question}” has no such answer. Nothing was changed.", question="Where will you use it?"),
                    ),
                )
            ),
        ),
    ),
    "takes comments of 400 characters": (
        OPEN,
        sent(ready="a", barrier="x" * (LONGEST + 1)),
        scene(),
        Step(
            OPEN,
            reply=Wrong(
                (
                    (
                        "barrier",
                        t(
                            "“{question}” takes {most} characters, and you wrote {n}. Nothing was changed.",
                            question="What could stop you?",
                            most=400,
                            n=401,
                        ),
                    ),
                )
            ),
        ),
    ),
    "takes no answer after closing": (
        CLOSED,
        sent(ready="a"),
        scene(),
        Step(CLOSED, reply=t("This survey has closed. Nothing was changed.")),
    ),
    "is closed by a facilitator": (OPEN, press("close"), scene(FACILITATOR), CLOSING),
    "is closed by the clock": (
        OPEN,
        Rang(id="e", at=CLOSES, tenant="t", timer="close", due=CLOSES),
        scene(None),
        CLOSING,
    ),
    "is closed by the session": (OPEN, Told(id="e", at=NOW, tenant="t", what="close"), scene(None), CLOSING),
    "is closed once": (
        CLOSED,
        press("close"),
        scene(FACILITATOR),
        Step(CLOSED, reply=t("This survey has closed already.")),
    ),
    "shows its results again": (
        OPEN,
        Told(id="e", at=NOW, tenant="t", what="show"),
        scene(None),
        Step(OPEN, (RESULTS,)),
    ),
    "knows no other button": (OPEN, press("dance"), scene(FACILITATOR), Step(OPEN)),
    "knows no other form": (OPEN, replace(sent(ready="a"), action="dance"), scene(), Step(OPEN)),
    "knows no other timer": (
        OPEN,
        Rang(id="e", at=NOW, tenant="t", timer="remind", due=NOW),
        scene(None),
        Step(OPEN),
    ),
    "knows no other word": (OPEN, Told(id="e", at=NOW, tenant="t", what="end"), scene(None), Step(OPEN)),
}
for role in (LEARNER, MANAGER, None):
    STEPS[f"is not closed by {role}"] = (
        OPEN,
        press("close"),
        scene(role),
        Step(OPEN, reply=t("Only a facilitator can close this survey.")),
    )
for by in ("cy", "flo", None):
    STEPS[f"takes no answer from {by}, who was not asked"] = (
        OPEN,
        sent(by, ready="a"),
        scene(LEARNER),
        Step(OPEN, reply=t("This survey was sent to the learners who were there, and you are not among them.")),
    )


@pytest.mark.parametrize(("state", "event", "at", "step"), STEPS.values(), ids=STEPS)
def test_a_survey(state: State, event: Event, at: Scene, step: Step[State]) -> None:
    assert decide(state, event, at) == step


def member(name: str, role: Role = LEARNER, **known: Any) -> Member:
    return Member(name.lower(), name, role, **known)


FLO = member("Flo", FACILITATOR, minutes=60, acts=9, last_active=NOW)


FIVE = tuple(member(f"P{at}") for at in range(5))
NAMES = tuple(one.person for one in FIVE)


@pytest.mark.parametrize(
    ("roster", "n", "says"),
    [
        ((), 0, "Nobody was asked: there is no learner on the roster."),
        ((FLO,), 0, "Nobody was asked: there is no learner on the roster."),
        (
            (FLO, *(replace(one, minutes=at) for at, one in enumerate(FIVE))),
            4,
            "It was not sent: 4 people could be asked, and answers of fewer than 5 people are never shown.",
        ),
        (
            FIVE[:1],
            1,
            "It was not sent: 1 person could be asked, and answers of fewer than 5 people are never shown.",
        ),
    ],
)
def test_nobody_is_asked_in_vain(roster: tuple[Member, ...], n: int, says: str) -> None:
    step = decide(ASKS, Started(id="e", at=NOW, tenant="t"), scene(None, roster=roster))
    off = ASKS.model_copy(update={"few": n, "closed": True})
    assert step == Step(off, (RESULTS, Tell(PARENT, "survey not sent"), Tell(PARENT, "survey closed")), done=True)
    card = view(off, look("results", FACILITATOR))
    assert (said(card)[1:], card.all_buttons()) == ([says], ())
    assert sum_up(off, Tally()) == ()


@pytest.mark.parametrize(
    ("roster", "asked"),
    [
        ((FLO, *FIVE), NAMES),  # nobody is known to have come
        ((FLO, *(replace(one, here=True) for one in FIVE)), NAMES),
        ((FLO, *(replace(one, minutes=5) for one in FIVE), member("Bo")), NAMES),
        ((*(replace(one, acts=1, last_active=NOW) for one in FIVE), member("Bo")), NAMES),
        ((*(replace(one, here=True, since=NOW) for one in FIVE), member("Bo")), NAMES),
        (tuple(member(f"P{at}", minutes=at % 2) for at in range(500)), tuple(f"p{at}" for at in range(1, 500, 2))),
    ],
)
def test_those_who_came_are_asked(roster: tuple[Member, ...], asked: tuple[str, ...]) -> None:
    step = decide(ASKS, Started(id="e", at=NOW, tenant="t"), scene(None, roster=roster))

    forms = tuple(Show("form", person) for person in asked)
    asking = ASKS.model_copy(update={"asked": asked, "sending": Sending(at=NOW)})
    assert step == Step(asking, (*forms, RESULTS, Wake("close", CLOSES), LOOK))


def test_a_survey_may_stay_open_until_it_is_closed() -> None:
    endless = ASKS.model_copy(update={"closes_at": None})
    step = decide(endless, Started(id="e", at=NOW, tenant="t"), scene(None, roster=FIVE))
    asked = endless.model_copy(update={"asked": NAMES, "sending": Sending(at=NOW)})
    assert step == Step(asked, (*(Show("form", person) for person in NAMES), RESULTS, LOOK))


# ------------------------------------------------------------------------------------------------- how far it has come


GOING = ASKS.model_copy(update={"asked": NAMES, "sending": Sending(at=NOW)})


def far_out(shown: int, gone: int = 0, role: str = "learner", **more: Any) -> Sent:
    return Sent("d", "form", role, shown=shown, gone=gone, **more)


@pytest.mark.parametrize(
    ("sent", "after", "drawn", "again"),
    [
        ((far_out(3),), Sending(at=NOW + TEN, shown=3, rest_by=NOW + TEN * 5 / 3), True, NOW + 2 * TEN),
        ((far_out(0),), Sending(at=NOW + TEN, still=1), False, NOW + 3 * TEN),
        ((far_out(5),), None, True, None),
        ((far_out(4, 1),), None, True, None),
        ((far_out(4), far_out(1, role="facilitator")), None, True, None),  # whoever leads by now has it, too
    ],
    ids=["on its way", "nothing moves", "there", "there but for one", "there, and one leads by now"],
)
def test_how_far_the_form_is_is_drawn_until_everybody_has_it(
    sent: tuple[Sent, ...], after: Sending | None, drawn: bool, again: datetime | None
) -> None:
    rang = Rang(id="e", at=NOW, tenant="t", timer="sending", due=NOW)

    step = decide(GOING, rang, replace(scene(None, delivery=sent), now=NOW + TEN))

    assert step.state == GOING.model_copy(update={"sending": after})
    assert step.effects == (*([RESULTS] if drawn else []), Wake("sending", again))


def test_a_closed_survey_is_not_followed() -> None:
    rang = Rang(id="e", at=NOW, tenant="t", timer="sending", due=NOW)
    step = decide(GOING, Told(id="e", at=NOW, tenant="t", what="close"), scene(None))

    assert (step.state.sending, Wake("sending", None) in step.effects) == (None, True)
    assert decide(step.state, rang, scene(None)) == Step(step.state)


def test_while_it_is_open_the_results_say_how_far_it_has_come_and_whom_it_did_not_reach() -> None:
    card = view(GOING, look("results", FACILITATOR, delivery=(far_out(3, 1, missed=(("p4", "they have left"),)),)))

    assert said(card)[2] == "Sent to 3 of 5; the rest is on its way."
    assert [(plain(fact.label), plain(fact.value)) for fact in card.facts] == [("Not reached", "…: they have left")]
    later = view(GOING, look("results", FACILITATOR, delivery=(far_out(5),)))
    assert (said(later)[2], later.facts) == ("Sent to all 5.", ())


# ------------------------------------------------------------------------------------------------------------- the form


def test_the_form_says_first_who_sees_what() -> None:
    card = view(OPEN, look("form"))

    results = (
        "Once the survey has closed, others see results only if at least 5 people answered (of fewer than 10, only "
        "what more than two in three people said)"
    )
    assert said(card) == [
        "How was “Feedback”?",
        "Confidential: your answers are stored with your name, so that you are not asked twice.",
        f"{results}, and comments only if at least 10 people wrote one: shuffled, without names.",
    ]
    assert [(field.name, field.kind, field.required, field.value) for field in card.fields] == [
        ("ready", "choice", True, ""),
        ("where", "many", False, ""),
        ("barrier", "text", False, ""),
    ]
    assert card.submit is not None
    assert card.submit.action == "send"
    assert card.footer is not None
    assert plain(card.footer) == "It closes …."


def test_the_form_can_be_changed_until_it_closes() -> None:
    mine = {"sent": "yes", "q:ready": "b", "q:where": "x\ny", "q:barrier": "Time"}
    card = view(OPEN, look("form", mine=mine))

    assert said(card)[1] == "Thank you. You can change your answers until the survey closes."
    assert [field.value for field in card.fields] == ["b", "x\ny", "Time"]


@pytest.mark.parametrize(
    ("mine", "words"),
    [
        ({"sent": "yes"}, "Thank you for your answers. This survey has closed."),
        ({}, "This survey has closed."),
    ],
)
def test_a_closed_form_takes_nothing(mine: dict[str, str], words: str) -> None:
    card = view(CLOSED, look("form", mine=mine))
    assert (said(card), card.fields, card.submit) == (["How was “Feedback”?", words], (), None)


def test_a_form_without_a_title_or_an_end() -> None:
    card = view(OPEN.model_copy(update={"title": "", "closes_at": None}), look("form"))
    assert (plain(card.title), card.footer) == ("How was it?", None)


# ---------------------------------------------------------------------------------------------------------- the results


def results(counts: Tally, survey: State = CLOSED, all_: int = 14, **more: Any) -> list[str]:
    survey = survey.model_copy(update={"asked": tuple(f"p{at}" for at in range(all_))})
    return said(view(survey, look("results", FACILITATOR, tally=counts, **more)))[1:]


TWELVE = tally(sent={"yes": 12}, ready={"a": 7, "b": 4, "c": 1}, where={"x": 3, "x\ny": 3, "y": 2}, barrier={"Time": 3})


@pytest.mark.parametrize("role", [LEARNER, MANAGER, None])
def test_results_are_for_facilitators_only(role: Role | None) -> None:
    assert said(view(CLOSED, look("results", role, tally=TWELVE))) == ["Only facilitators see this."]


def test_while_it_is_open_only_how_many_answered_is_told() -> None:
    waits = (
        "The answers appear here when the survey closes, if at least 5 people have answered; of fewer than 10 "
        "answers, only what more than two in three people said."
    )
    assert results(TWELVE, OPEN) == ["12 of 14 answered.", "It closes ….", waits]
    assert results(TWELVE, OPEN, 12)[0] == "All 12 answered."
    assert results(TWELVE, OPEN.model_copy(update={"closes_at": None})) == ["12 of 14 answered.", waits]
    assert [button.action for button in view(OPEN, look("results", FACILITATOR)).buttons] == ["close"]


@pytest.mark.parametrize("n", [0, 1, 4])
def test_of_fewer_than_five_nothing_is_told(n: int) -> None:
    assert results(tally(sent={"yes": n}, ready={"a": n}, barrier={"Time": n})) == [
        f"{n} of 14 answered.",
        "Fewer than 5 people answered, so their answers are not shown.",
    ]


def test_of_five_a_clear_majority_is_told_and_not_whether_it_was_all() -> None:
    for ready in ({"a": 5}, {"a": 4, "c": 1}):
        assert results(tally(sent={"yes": 5}, ready=ready, where={"x\ny": 2})) == [
            "5 of 14 answered.",
            "1. Are you ready?",
            "Yes: 4 or more of 5",
            "With fewer than 10 answers, only what more than two in three people said can be shown.",
            "2. Where will you use it?",
            "With fewer than 10 answers, only what more than two in three people said can be shown.",
            "3. What could stop you?",
            "Fewer than 10 people wrote something, so it is not shown.",
        ]


def test_of_twelve_small_numbers_stay_hidden() -> None:
    assert results(TWELVE) == [
        "12 of 14 answered.",
        "1. Are you ready?",
        "Yes: 7 of 12 (58 %)",
        "The other answers are not shown: they would tell what fewer than 5 people said.",
        "2. Where will you use it?",
        "In the team: 6 of 12 (50 %)",
        "With customers: 5 of 12 (42 %)",
        "3. What could stop you?",
        "Fewer than 10 people wrote something, so it is not shown.",
    ]


def test_of_five_hundred_everything_is_told() -> None:
    crowd = tally(sent={"yes": 500}, ready={"a": 300, "b": 200}, where={"x": 500}, barrier={})
    assert results(crowd, all_=500)[:7] == [
        "All 500 answered.",
        "1. Are you ready?",
        "Yes: 300 of 500 (60 %)",
        "Nearly: 200 of 500 (40 %)",
        "No: 0 of 500 (0 %)",
        "2. Where will you use it?",
        "In the team: 500 of 500 (100 %)",
    ]


def test_answers_that_the_survey_does_not_have_are_not_counted() -> None:
    odd = tally(sent={"yes": 20}, ready={"a": 10, "b": 5, "z": 5}, where={"x\nz": 10})
    assert results(odd)[2:4] == ["Yes: 10 of 20 (50 %)", "Nearly: 5 of 20 (25 %)"]


def test_comments_are_shown_from_ten_on_without_names_and_numbers() -> None:
    roster = (member("Ann Lee"), member("Bo"), member("Flo", FACILITATOR))
    texts = {f"Ann said {number} things to Flo": 1 for number in range(8)} | {"No time": 2}

    lines = results(tally(sent={"yes": 10}, barrier=texts), roster=roster)

    start = lines.index("3. What could stop you?") + 1
    assert Counter(lines[start:]) == {"“[…] said […] things to […]”": 8, "“No time”": 2}


def test_of_five_hundred_comments_twenty_are_on_the_card() -> None:
    lines = results(tally(sent={"yes": 500}, barrier={f"word {'x' * at}": 1 for at in range(500)}))
    start = lines.index("3. What could stop you?") + 1
    assert len(lines[start:]) == SHOWN + 1
    assert lines[-1] == "and 480 more"


# ----------------------------------------------------------------------------------------------------------- properties

ANSWERS = st.tuples(
    st.sampled_from("abc"), st.sampled_from(["", "x", "y", "x\ny"]), st.sampled_from(["", "time", "Ann", "no", "yes"])
)
CROWDS = st.lists(ANSWERS, max_size=30)


def answered(events: Iterable[Submitted]) -> Tally:
    """What the database counts: the newest note of each person."""
    notes: dict[tuple[str, str], tuple[datetime, str | None]] = {}
    for event in events:
        for note in decide(EVERYBODY, event, scene()).effects:
            if isinstance(note, Note):
                old = notes.get((note.key, note.person))
                if old is None or event.at > old[0]:
                    notes[note.key, note.person] = (event.at, note.value)
    counts: dict[str, Counter[str]] = {}
    for (key, _), (_, value) in notes.items():
        if value is not None:
            counts.setdefault(key, Counter())[value] += 1
    return Tally(counts)


EVERYBODY = ASKS.model_copy(update={"asked": tuple(f"p{at}" for at in range(30))})
OVER = EVERYBODY.model_copy(update={"closed": True})


def submitted(crowd: list[tuple[str, str, str]]) -> list[Submitted]:
    return [
        sent(f"p{at}", NOW + timedelta(seconds=at), ready=ready, where=where, barrier=barrier)
        for at, (ready, where, barrier) in enumerate(crowd)
    ]


@given(CROWDS)
def test_no_number_and_no_difference_of_one_to_four_people_is_published(crowd: list[tuple[str, str, str]]) -> None:
    counts, n = answered(submitted(crowd)), len(crowd)
    shown = [dict(line.args) for line in view(OVER, look("results", FACILITATOR, tally=counts)).text]
    exact = [args["n"] for args in shown if "share" in args]

    assert all(isinstance(count, int) and not 0 < count < K and not 0 < n - count < K for count in exact)
    for result in sum_up(OVER, counts):
        given = [count for _, count in result.answers]
        assert n >= 2 * K or (result.hidden and not given)
        assert all(not 0 < count < K and not 0 < n - count < K for count in given)
    ready = sum_up(OVER, counts)[0]
    assert ready.hidden or not 0 < n - sum(count for _, count in ready.answers) < K
    if sum(bool(barrier) for _, _, barrier in crowd) < COMMENTS:
        assert not any("comment" in args for args in shown)


@given(CROWDS, CROWDS)
def test_before_it_closes_every_survey_with_so_many_answers_looks_the_same(
    one: list[tuple[str, str, str]], other: list[tuple[str, str, str]]
) -> None:
    n = min(len(one), len(other))
    cards = [
        view(EVERYBODY, look("results", FACILITATOR, tally=answered(submitted(crowd[:n])))) for crowd in (one, other)
    ]
    assert cards[0] == cards[1]
    assert {(result.answers, result.hidden) for result in sum_up(EVERYBODY, answered(submitted(one)))} == {((), True)}


@given(CROWDS, CROWDS, st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter(
    first: list[tuple[str, str, str]], changed: list[tuple[str, str, str]], random: Random
) -> None:
    events = [*submitted(first), *(replace(event, at=event.at + timedelta(hours=1)) for event in submitted(changed))]
    late = [*events, *events]
    random.shuffle(late)

    assert answered(events) == answered(late)
    cards = [view(OVER, look("results", FACILITATOR, tally=answered(some))) for some in (events, late)]
    assert cards[0] == cards[1]
    assert sum_up(OVER, answered(events)) == sum_up(OVER, answered(late))


@given(CROWDS, st.randoms(use_true_random=False))
def test_who_said_what_cannot_be_seen_in_the_results(crowd: list[tuple[str, str, str]], random: Random) -> None:
    other = list(crowd)
    random.shuffle(other)
    cards = [view(OVER, look("results", FACILITATOR, tally=answered(submitted(some)))) for some in (crowd, other)]
    assert cards[0] == cards[1]


@given(st.dictionaries(st.sampled_from(["ready", "where", "barrier", "sent", ""]), st.text(max_size=8)))
def test_whatever_is_sent_is_stored_as_the_survey_knows_it_or_not_at_all(values: dict[str, str]) -> None:
    step = decide(OPEN, replace(sent(), values=values), scene())

    notes = {note.key: note.value for note in step.effects if isinstance(note, Note)}
    assert step.state == OPEN
    assert notes.get("q:ready") in {None, "a", "b", "c"}
    assert notes.get("q:where") in {None, "x", "y", "x\ny"}
    assert set(notes) in (set(), {"sent", "q:ready", "q:where", "q:barrier"})
    assert not notes or notes["q:ready"]


# ---------------------------------------------------------------------------------------------------- report and set-up


def test_a_report_has_the_exact_numbers_of_what_was_chosen() -> None:
    assert sum_up(CLOSED, TWELVE) == (
        Result("survey", "Are you ready?", (("Yes", 7),), 12),
        Result("survey", "Where will you use it?", (("In the team", 6), ("With customers", 5)), 12),
    )


@pytest.mark.parametrize("n", [0, 1, 4, 5, 9])
def test_a_report_of_few_is_hidden(n: int) -> None:
    assert sum_up(CLOSED, tally(sent={"yes": n}, ready={"a": n}, where={"x": n})) == (
        Result("survey", "Are you ready?", (), n, hidden=True),
        Result("survey", "Where will you use it?", (), n, hidden=True),
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"questions": []},
        {"questions": [{"id": "a", "text": "A", "kind": "scale"}]},
        {"questions": [{"id": "a", "text": "", "kind": "text"}]},
        {"questions": [{"id": "a", "text": "A", "kind": "choice", "options": [{"id": "x\ny", "text": "X"}]}]},
        {"closes_at": "2026-11-24T09:00:00"},
        {"color": "red"},
    ],
)
def test_a_wrong_set_up_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        State.model_validate({**SURVEY, **wrong})


def test_a_state_survives_json() -> None:
    for survey in (OPEN, State.model_validate(SURVEY)):
        assert State.model_validate_json(survey.model_dump_json()) == survey
