"""The digest: state + event -> exactly this step; what a manager may read about their people, and what not."""

import re
from collections.abc import Iterable
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
    Brief,
    Event,
    Look,
    Member,
    Objective,
    Pressed,
    Rang,
    Report,
    Result,
    Role,
    Scene,
    Show,
    Started,
    Step,
    Told,
)
from dialogs.card import Card, Text, Typed, Who
from dialogs.digest import State, decide, view
from dialogs.privacy import K

NOW = datetime(2026, 11, 24, 11, tzinfo=UTC)
OPENED = NOW - timedelta(hours=1)
BRIEF = Brief(
    title="Feedback",
    phase="closed",
    opened=OPENED,
    closed=NOW,
    objectives=(Objective(id="saw", text="Say what you saw"), Objective(id="next", text="Agree on a next step")),
)
NEW = State(title="Feedback")
SENT = State(title="Feedback", sent=("dana", "raj"))
RECEIPT = Show("sent", FACILITATOR)


def member(name: str, manager: str | None = None, role: Role = LEARNER, **known: Any) -> Member:
    return Member(name.lower(), name, role, manager=manager, **known)


def group(n: int, manager: str | None, name: str = "P", minutes: int = 50, acts: int = 4) -> tuple[Member, ...]:
    active = NOW if acts else None
    names = (f"{name}{at}" for at in range(n))
    return tuple(member(one, manager, minutes=minutes, acts=acts, last_active=active) for one in names)


def started() -> Started:
    return Started(id="e", at=NOW, tenant="t")


def told(what: str) -> Told:
    return Told(id="e", at=NOW, tenant="t", what=what)


def scene(*roster: Member) -> Scene:
    return Scene(now=NOW, dialog="d", seed=1, session=BRIEF, session_id="s", roster=roster)


def look(roster: Iterable[Member], viewer: str = "dana", slot: str = "digest", **more: Any) -> Look:
    roster, results = tuple(roster), more.pop("results", ())
    at = Look(slot=slot, now=NOW, session=BRIEF, session_id="s", viewer=viewer, role=more.pop("role", MANAGER), **more)
    return replace(at, roster=roster, report=Report(roster, results))


def plain(text: Text) -> str:
    pieces = (f"@{piece.person}" if isinstance(piece, Who) else piece for piece in text.pieces())
    pieces = (f"/ilt {piece.words}" if isinstance(piece, Typed) else piece for piece in pieces)
    return "".join(piece if isinstance(piece, str) else "…" for piece in pieces)


def said(card: Card) -> list[str]:
    facts = (f"{plain(fact.label)}: {plain(fact.value)}" for fact in card.facts)
    return [plain(card.title), *map(plain, card.text), *facts]


def fact(digest: State, at: Look, label: str) -> list[str]:
    return [plain(one.value) for one in view(digest, at).facts if plain(one.label) == label]


# ---------------------------------------------------------------------------------------------------------------- steps

ANN, BO, CY = member("Ann", "dana"), member("Bo", "dana"), member("Cy", "raj")
FLO, DANA = member("Flo", "raj", FACILITATOR), member("Dana", role=MANAGER)
FIRST = Step(NEW.model_copy(update={"sent": ("dana",)}), (Show("digest", "dana"), RECEIPT))
STEPS: dict[str, tuple[State, Event, Scene, Step[State]]] = {
    "goes to nobody where no manager is known": (NEW, started(), scene(FLO, member("Ann")), Step(NEW, (RECEIPT,))),
    "goes to nobody where nobody came to learn": (NEW, started(), scene(FLO, DANA), Step(NEW, (RECEIPT,))),
    "goes to each manager once": (NEW, started(), scene(ANN, BO, DANA), FIRST),
    "goes to the managers of learners": (
        NEW,
        started(),
        scene(ANN, CY, BO, FLO, member("Di")),
        Step(SENT, (Show("digest", "dana"), Show("digest", "raj"), RECEIPT)),
    ),
    "goes to whoever has none yet, and is looked at again by the others": (
        FIRST.state,
        told("again"),
        scene(ANN, CY),
        Step(SENT, (Show("digest", "dana"), Show("digest", "raj"), RECEIPT)),
    ),
    "goes to nobody new": (
        SENT,
        told("again"),
        scene(ANN),
        Step(SENT, (*(Show("digest", x) for x in SENT.sent), RECEIPT)),
    ),
    "knows no other word": (SENT, told("end"), scene(ANN), Step(SENT)),
    "knows no button": (SENT, Pressed(id="e", at=NOW, tenant="t", by="ann", action="again"), scene(ANN), Step(SENT)),
    "knows no timer": (SENT, Rang(id="e", at=NOW, tenant="t", timer="again", due=NOW), scene(ANN), Step(SENT)),
}


@pytest.mark.parametrize(("state", "event", "at", "step"), STEPS.values(), ids=STEPS)
def test_a_digest(state: State, event: Event, at: Scene, step: Step[State]) -> None:
    assert decide(state, event, at) == step


# ---------------------------------------------------------------------------------------------------------- the message

HELP = "You can help it last: in the next two weeks, let your people use it at work, and ask how it went."
TOOK_PART = "were there for 50 of 60 minutes, and voted, answered or wrote 4 times."
POLL = Result("poll", "What could a camera record?", (("Wrong totals", 7), ("Careless", 5), ("Annoyed", 0)), 12, "saw")
SURVEY = Result("survey", "Are you ready?", (("Yes", 7),), 12)
ROOM = (*group(6, "dana"), member("P6", "dana"), member("P7", "dana"), *group(4, "raj", "R", acts=9))


def test_a_manager_reads_one_message() -> None:
    other = Result("poll", "When did you last do it?", (("Today", 12),), 12)
    asked = Result("prompt", "What did you see?", (), 3, "saw")
    card = view(SENT, look(ROOM, results=(other, POLL, asked, SURVEY)))

    assert said(card) == [
        "How “Feedback” went",
        "It was held on ….",
        f"{HELP} For example: “Say what you saw”",
        "Attendance: 6 of your 8 people attended.",
        "Taking part: On average, your people were there for 50 of 60 minutes, and voted, answered or wrote 4 times.",
        "Say what you saw: What could a camera record? — “Wrong totals” (7 of 12), “Careless” (5 of 12)",
        "Survey: Are you ready? — “Yes” (7 of 12)",
    ]
    assert card.footer is not None
    assert plain(card.footer) == (
        "How many attended is shown where at least 5 were expected, however many came. "
        "Averages and answers are shown only where they stand for at least 5 people. Nobody is scored or compared."
    )
    assert card.all_buttons() == ()


def test_a_session_of_which_little_is_known() -> None:
    bare = replace(look(group(5, "dana", minutes=0, acts=1)), session=None)
    assert said(view(SENT, bare)) == [
        "How “Feedback” went",
        HELP,
        "Attendance: 5 of your 5 people attended.",
        "Taking part: On average, your people voted, answered or wrote 1 time.",
    ]


@pytest.mark.parametrize("roster", [(), (FLO,), group(7, "raj")])
def test_whoever_has_no_people_there_reads_nothing(roster: tuple[Member, ...]) -> None:
    card = view(SENT, look(roster, results=(POLL, SURVEY)))
    assert said(card) == ["How “Feedback” went", "Nobody in this session reports to you any more."]
    assert said(view(SENT, replace(look(roster), viewer=None))) == said(card)


NAMED = SENT.model_copy(update={"names": True})


@pytest.mark.parametrize(
    ("digest", "roster", "words"),
    [
        (SENT, (ANN, BO, CY), "Who attended was not recorded."),
        (NAMED, (ANN, BO, CY), "Who attended was not recorded."),
        (
            SENT,
            group(1, "dana"),
            "Fewer than 5 people were expected, so how many attended and what they did is not shown.",
        ),
        (
            SENT,
            (*group(4, "dana"), *group(1, "raj", "R", 0, 0)),
            "4 of all 5 people attended. Yours are fewer than 5, too few to be counted apart.",
        ),
        (SENT, group(5, "dana"), "5 of your 5 people attended."),
        (SENT, (*group(496, "dana"), *group(4, "dana", "Q", 0, 0)), "496 of your 500 people attended."),
        (NAMED, group(1, "dana"), "All of your people attended: P0."),
        (NAMED, (ANN, *group(1, "raj")), "None of your people attended: Ann."),
        (
            NAMED,
            (ANN, *group(2, "dana"), *group(1, "raj", "R")),
            "2 of your 3 people attended. Attended: P0, P1. Did not: Ann.",
        ),
    ],
)
def test_attendance_is_by_name_only_where_the_plan_says_so(
    digest: State, roster: tuple[Member, ...], words: str
) -> None:
    assert fact(digest, look(roster), "Attendance") == [words]


def test_of_a_class_too_small_it_is_said_once_that_nothing_is_shown() -> None:
    card = view(SENT, look(group(4, "dana")))
    assert [text for text in said(card) if "Fewer" in text] == [
        "Attendance: Fewer than 5 people were expected, so how many attended and what they did is not shown."
    ]
    assert fact(SENT, look(group(4, "dana")), "Taking part") == []
    assert card.footer is not None
    assert plain(card.footer) == "Nobody is scored or compared."


@pytest.mark.parametrize(
    ("roster", "words"),
    [
        ((ANN, *group(4, "raj", "R", 0, 0)), "Fewer than 5 people attended, so no average is shown."),
        ((*group(4, "dana"), *group(1, "raj", "R", 0, 0)), "Fewer than 5 people attended, so no average is shown."),
        (
            (*group(4, "dana", acts=2), *group(1, "raj", "R", acts=12)),
            f"On average, people in the whole session {TOOK_PART}",
        ),
        (
            (*group(5, "dana", acts=2), *group(40, "raj", "R", acts=12)),
            "On average, your people were there for 50 of 60 minutes, and voted, answered or wrote 2 times.",
        ),
        (
            group(500, "dana", minutes=61),
            "On average, your people were there for 60 of 60 minutes, and voted, answered or wrote 4 times.",
        ),
    ],
)
def test_taking_part_is_told_of_groups(roster: tuple[Member, ...], words: str) -> None:
    assert fact(SENT, look(roster), "Taking part") == [words]


def poll(*counts: int, total: int | None = None, **more: Any) -> Result:
    answers = tuple((letter, count) for letter, count in zip("ABCDEFG", counts, strict=False))
    return Result("poll", "Which?", answers, sum(counts) if total is None else total, "saw", **more)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (poll(3, 1), "Which? — Not shown: fewer than 5 people answered."),
        (poll(total=3, hidden=True), "Which? — Not shown: fewer than 5 people answered."),
        (poll(5, 0), "Which? — “A” (4 or more of 5)"),
        (poll(3, 3), "Which? — Not shown: it would tell what a few said."),
        (poll(1, 9), "Which? — “B” (7 or more of 10)"),
        (poll(5, 6, 7, 8, 0), "Which? — “D” (8 of 26), “C” (7 of 26), “B” (6 of 26)"),
        (poll(300, 200), "Which? — “A” (300 of 500), “B” (200 of 500)"),
        (poll(6, 7, 12, total=12), "Which? — “C” (12 of 12), “B” (7 of 12), “A” (6 of 12)"),  # several answers each
    ],
)
def test_what_was_found_about_an_objective(result: Result, words: str) -> None:
    assert fact(SENT, look((ANN,), results=(result,)), "Say what you saw") == [words]


def test_a_poll_that_nobody_answered_is_not_told() -> None:
    assert fact(SENT, look((ANN,), results=(poll(0, 0),)), "Say what you saw") == []


def test_every_poll_of_an_objective_is_told_and_objectives_without_one_are_not() -> None:
    card = view(SENT, look((ANN,), results=(poll(5, 5), poll(6, 6), replace(poll(7, 7), objective="gone"))))
    assert [plain(one.label) for one in card.facts] == [
        "Attendance", "Say what you saw", "Say what you saw",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (SURVEY, "Are you ready? — “Yes” (7 of 12)"),
        (
            replace(SURVEY, answers=(), total=4, hidden=True),
            "Are you ready? — Not shown: fewer than 5 people answered.",
        ),
        (
            replace(SURVEY, answers=(), hidden=True),
            "Are you ready? — Not shown: it would tell what a few said.",
        ),
        (
            replace(SURVEY, answers=(), total=3, hidden=True, unfinished=True),
            "Are you ready? — Not shown yet: the survey is still open.",
        ),
    ],
)
def test_the_survey_is_told_as_it_was_published(result: Result, words: str) -> None:
    assert fact(SENT, look((ANN,), results=(result,)), "Survey") == [words]


# ---------------------------------------------------------------------------------------------------------- the receipt


def receipt(digest: State, *roster: Member, role: Role | None = FACILITATOR) -> list[str]:
    return said(view(digest, look(roster, "flo", "sent", role=role)))


def test_the_facilitator_is_told_that_no_manager_is_known() -> None:
    words = "Add one with /ilt roster manager NAME for NAME, then type /ilt digest."
    for roster in ((), (FLO, member("Ann"))):
        assert receipt(NEW, *roster) == ["No digest", f"No digest was sent, because no manager is known. {words}"]


def test_the_facilitator_is_told_who_got_one_about_whom() -> None:
    assert receipt(SENT, ANN, BO, CY) == [
        "The digest went to 2 managers",
        "@dana: about Ann, Bo",
        "@raj: about Cy",
    ]
    assert receipt(FIRST.state, ANN, CY, member("Di"), FLO) == [
        "The digest went to 1 manager",
        "For the others, add a manager with /ilt roster manager NAME for NAME, then type /ilt digest.",
        "@dana: about Ann",
        "Nobody yet: about Cy, Di",
    ]


def test_the_receipt_of_five_hundred_is_not_endless() -> None:
    crowd = [member(f"P{at}", f"m{at % 50}" if at < 450 else None) for at in range(500)]
    lines = receipt(decide(NEW, started(), scene(*crowd)).state, *crowd)
    assert len(lines) == 44
    assert lines[0] == "The digest went to 50 managers"
    assert lines[-2:] == [
        "More managers: 10",
        "Nobody yet: about " + ", ".join(f"P{at}" for at in range(450, 490)) + " and 10 more",
    ]


@pytest.mark.parametrize("role", [LEARNER, MANAGER, None])
def test_the_receipt_is_for_facilitators_only(role: Role | None) -> None:
    assert receipt(SENT, ANN, role=role) == ["Only facilitators see this."]


# ----------------------------------------------------------------------------------------------------------- properties


def somebody(manager: str | None, minutes: int, acts: int) -> Member:
    return member("X", manager, minutes=minutes, acts=acts, last_active=NOW if acts else None)


def numbered(members: Iterable[Member]) -> tuple[Member, ...]:
    return tuple(replace(one, person=f"x{at}", name=f"Nx{at}") for at, one in enumerate(members))


MEMBERS = st.builds(somebody, st.sampled_from(["dana", "raj", None]), st.integers(0, 60), st.integers(0, 20))
ROOMS = st.lists(MEMBERS, max_size=25).map(numbered)
POLLS = st.lists(
    st.builds(
        lambda counts, objective: replace(poll(*counts), objective=objective),
        st.lists(st.integers(0, 12), max_size=4),
        st.sampled_from(["saw", "next", None]),
    ),
    max_size=4,
)


@given(ROOMS, POLLS)
def test_no_learner_is_named_unless_the_plan_says_so(room: tuple[Member, ...], polls: list[Result]) -> None:
    at = look(room, results=tuple(polls))
    assert not any("Nx" in words for words in said(view(SENT, at)))
    own = {one.name for one in room if one.manager == "dana"}
    others = {one.name for one in room} - own
    words = set(" ".join(said(view(NAMED, at))).replace(".", " ").replace(",", " ").split())
    assert not words & others


@given(ROOMS, st.randoms(use_true_random=False))
def test_what_fewer_than_five_people_did_cannot_be_seen(room: tuple[Member, ...], random: Random) -> None:
    there = [at for at, one in enumerate(room) if one.minutes or one.acts]
    own = [at for at in there if room[at].manager == "dana"]
    mixed = list(there if len(own) < K else own)
    random.shuffle(mixed)
    other = list(room)
    for at, of in zip(there if len(own) < K else own, mixed, strict=True):
        did = room[of]
        other[at] = replace(room[at], minutes=did.minutes, acts=did.acts, last_active=did.last_active)

    assert said(view(SENT, look(other))) == said(view(SENT, look(room)))


@given(POLLS)
def test_no_number_and_no_difference_of_one_to_four_people_is_published(polls: list[Result]) -> None:
    totals = [one.total for one in polls if one.objective and one.answers and one.total]
    lines = [line for line in said(view(SENT, look((ANN,), results=tuple(polls)))) if "Which?" in line]
    shown = [(int(n), int(total)) for line in lines for n, total in re.findall(r"\((\d+) of (\d+)\)", line)]

    assert len(lines) == len(totals)
    assert all(total in totals and total >= 2 * K for _, total in shown)
    assert not any(0 < n < K or 0 < total - n < K for n, total in shown)


@given(ROOMS, POLLS, st.randoms(use_true_random=False))
def test_the_order_of_people_does_not_matter(room: tuple[Member, ...], polls: list[Result], random: Random) -> None:
    other = list(room)
    random.shuffle(other)
    assert view(SENT, look(other, results=tuple(polls))) == view(SENT, look(room, results=tuple(polls)))


# --------------------------------------------------------------------------------------------------------------- set-up


@pytest.mark.parametrize("setup", [{}, {"title": "T", "names": "sometimes"}, {"title": "T", "color": "red"}])
def test_a_wrong_set_up_is_refused(setup: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        State.model_validate(setup)


def test_a_state_survives_json() -> None:
    assert State.model_validate_json(SENT.model_dump_json()) == SENT
