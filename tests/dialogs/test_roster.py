"""Roster: who takes part. Tables of words + roster -> exactly these effects and this answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.base import FACILITATOR, LEARNER, MANAGER, Effect, Meet, Member, Note
from dialogs.card import Card, Fact, Link, Text, Typed, quote, t, tn
from dialogs.commands import find
from dialogs.roster import SHOWN, changed, person_named
from tests.dialogs.paper import member
from tests.dialogs.stage import classroom, spoken

FAY, GUS = member("Fay", FACILITATOR), member("Gus", FACILITATOR)
ANN, BOB, JO = member("Ann"), member("Bob"), member("Jo Smith")
MIA = member("Mia Roth", MANAGER)
ROSTER = (FAY, ANN, BOB, JO, MIA)
PEOPLE = Link("people", "s", t("the people page"))


def id_of(name: str) -> str:
    return person_named("s", name)


def added(n: int) -> Text:
    says = tn("{n} person added.", "{n} people added.", n=n)
    return t("{added} Links for everybody are on {people}.", added=says, people=PEOPLE)


def removed(n: int) -> Text:
    return tn("{n} person is no longer on the roster.", "{n} people are no longer on the roster.", n=n)


def hears(manager: str, learner: str) -> Text:
    return t("{manager} will get the digest about {learner}.", manager=manager, learner=learner)


BY_LINK = t(
    "{manager} reads the digest about {learner} by a link, which stands on the page of people and links. In Slack "
    "and Teams, name them with @ to have it sent to them.",
    manager="Dana Roth",
    learner="Ann",
)


def new(name: str, role: str = LEARNER) -> tuple[Effect, ...]:
    return Meet(id_of(name), name), Note("role", id_of(name), role)


THERE = t("Everybody you named is on the roster already.")
STAYS = t("{name} stays: a session needs a facilitator.", name="Fay")
NOBODY = t("Nobody here is called “{name}”: write the name as it stands in the roster.", name="Xaver")

CHANGES: dict[str, tuple[tuple[str, ...], tuple[Member, ...], tuple[Effect, ...], Text]] = {
    "adds somebody": (("add", "Zoe"), ROSTER, new("Zoe"), added(1)),
    "adds two": (("add", "Zoe", "Yan Li"), ROSTER, (*new("Zoe"), *new("Yan Li")), added(2)),
    "adds nobody twice": (("add", "Zoe", "Zoe"), ROSTER, new("Zoe"), added(1)),
    "adds only who is missing": (("add", "ann", "Zoe", "FAY"), ROSTER, new("Zoe"), added(1)),
    "adds nobody": (("add", "Ann", "jo smith"), ROSTER, (), THERE),
    "removes somebody": (("remove", "Ann"), ROSTER, (Note("role", "ann", None),), removed(1)),
    "removes two": (
        ("remove", "ann", "jo"),
        ROSTER,
        (Note("role", "ann", None), Note("role", "jo smith", None)),
        removed(2),
    ),
    "removes nobody twice": (("remove", "Jo", "smith"), ROSTER, (Note("role", "jo smith", None),), removed(1)),
    "removes nobody if one is unknown": (("remove", "Ann", "Xaver"), ROSTER, (), NOBODY),
    "keeps the only facilitator": (("remove", "Fay"), ROSTER, (), STAYS),
    "removes one of two facilitators": (("remove", "Gus"), (*ROSTER, GUS), (Note("role", "gus", None),), removed(1)),
    "keeps the last of two facilitators": (("remove", "Gus", "Fay"), (*ROSTER, GUS), (), STAYS),
    "makes somebody a manager whom nobody knew": (
        ("manager", "Dana Roth", "Ann"),
        ROSTER,
        (*new("Dana Roth", MANAGER), Note("manager", "ann", id_of("Dana Roth"))),
        BY_LINK,
    ),
    "makes somebody a manager who is one": (
        ("manager", "mia", "jo"),
        ROSTER,
        (Note("manager", "jo smith", "mia roth"),),
        hears("Mia Roth", "Jo Smith"),
    ),
    "makes a learner the manager of another": (
        ("manager", "bob", "ann"),
        ROSTER,
        (Note("manager", "ann", "bob"),),
        hears("Bob", "Ann"),
    ),
    "makes nobody their own manager": (
        ("manager", "ANN", "Ann"),
        ROSTER,
        (),
        t("{name} cannot get the digest about themselves: write another name.", name="Ann"),
    ),
    "asks which manager is meant": (
        ("manager", "Mia", "Ann"),
        (*ROSTER, member("Mia Lang", MANAGER)),
        (),
        t("“{name}” could be {names}: write more of the name.", name="Mia", names="Mia Roth, Mia Lang"),
    ),
    "does not know the learner": (("manager", "Mia", "Xaver"), ROSTER, (), NOBODY),
    "knows no manager as a learner": (
        ("manager", "Dana", "Mia"),
        ROSTER,
        (),
        t("Nobody here is called “{name}”: write the name as it stands in the roster.", name="Mia"),
    ),
}


@pytest.mark.parametrize(("words", "roster", "effects", "answer"), CHANGES.values(), ids=CHANGES)
def test_a_roster(
    words: tuple[str, ...], roster: tuple[Member, ...], effects: tuple[Effect, ...], answer: Text
) -> None:
    assert changed(words, roster, "s") == (effects, answer)


BOBS, JO_OF_BOB = Note("manager", "ann", "bob"), replace(JO, manager="bob")
SITS_IN = t(
    "{manager} will get the digest about {learner}, and is no learner here any more. If they learn, too, type {add}.",
    manager="Bob",
    learner="Ann",
    add=Typed("roster add Bob"),
)


@pytest.mark.parametrize(
    ("words", "phase", "roster", "effects", "answer"),
    [
        # Whoever is in the chat counts as a learner, until somebody says that they are there for their people.
        (("manager", "bob", "ann"), "planned", ROSTER, (Note("role", "bob", MANAGER), BOBS), SITS_IN),
        # Learners who are managers, too: the roster has been mended, or the session is under way.
        (("manager", "bob", "ann"), "open", ROSTER, (BOBS,), hears("Bob", "Ann")),
        (("manager", "bob", "ann"), "planned", (FAY, ANN, BOB, JO_OF_BOB), (BOBS,), hears("Bob", "Ann")),
        (("manager", "fay", "ann"), "planned", ROSTER, (Note("manager", "ann", "fay"),), hears("Fay", "Ann")),
        # The way back.
        (("add", "Mia Roth"), "planned", ROSTER, (Note("role", "mia roth", LEARNER),), added(1)),
    ],
)  # fmt: skip
def test_a_manager_who_sits_in_the_chat_is_no_learner(
    words: tuple[str, ...], phase: str, roster: tuple[Member, ...], effects: tuple[Effect, ...], answer: Text
) -> None:
    assert changed(words, roster, "s", phase) == (effects, answer)


def test_a_mentioned_manager_who_sits_in_the_chat_is_no_learner() -> None:
    kim = replace(member("Kim"), person=KIM_ID)
    effects, _ = changed(("manager", f"<@{KIM_ID}>", "Ann"), (FAY, ANN, kim), "s", "planned")
    assert effects == (Note("role", KIM_ID, MANAGER), Note("manager", "ann", KIM_ID))


def test_the_roster_has_who_leads_who_is_here_and_whose_manager_is_known() -> None:
    roster = (FAY, member("Ann", manager="mia roth"), member("Bob", here=False), member("Cem", manager="gone"), MIA)
    here, away = t("here"), t("not here yet")
    assert changed(("list",), roster, "s", "open") == (
        (),
        Card(
            title=tn("{n} learner on the roster", "{n} learners on the roster", n=3),
            facts=(
                Fact(quote("Fay"), t("facilitator")),
                Fact(quote("Ann"), t("{state}, manager: {manager}", state=here, manager="Mia Roth")),
                Fact(quote("Bob"), away),
                Fact(quote("Cem"), here),
            ),
            footer=t("Everybody and their links are on {people}.", people=PEOPLE),
        ),
    )


@pytest.mark.parametrize("phase", ["planned", "closed", "archived"])
def test_nobody_is_called_here_while_no_session_is_open(phase: str) -> None:
    roster = (FAY, member("Ann", manager="mia roth"), member("Bob", here=False), MIA)
    _, shown = changed(("list",), roster, "s", phase)
    assert isinstance(shown, Card)
    assert shown.facts == (
        Fact(quote("Fay"), t("facilitator")),
        Fact(quote("Ann"), t("{state}, manager: {manager}", state=t("learner"), manager="Mia Roth")),
        Fact(quote("Bob"), t("learner")),
    )


def test_who_leads_with_you_is_named() -> None:
    _, one = changed(("facilitator", "Ann"), ROSTER, "s")
    _, two = changed(("facilitator", "Ann", f"<@{KIM_ID}>"), ROSTER, "s")
    assert (spoken(one, {}), spoken(two, {KIM_ID: "Kim"})) == (
        "Ann leads with you now.",
        "Ann, Kim lead with you now.",
    )


def test_a_long_roster_says_that_it_goes_on() -> None:
    _, card = changed(("list",), [member(f"L{n:03}") for n in range(SHOWN + 1)], "s")
    assert isinstance(card, Card)
    assert len(card.facts) == SHOWN
    assert card.text == (t("The first {n} are listed here.", n=SHOWN),)


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_name_is_the_same_person_in_the_same_session_only(name: str, other: str) -> None:
    assert person_named("s", name) != person_named("s2", name)
    assert (person_named("s", name) == person_named("s", other)) == (name.casefold() == other.casefold())
    assert person_named("s", name) == person_named("s", name.casefold())


def test_whoever_is_removed_and_added_again_is_the_same_person() -> None:
    stage = classroom()
    stage.type("fay", "roster add Zoe")
    zoe = person_named("session", "Zoe")
    assert stage.role("session", zoe) == LEARNER
    stage.type("fay", "roster remove Zoe")
    assert stage.role("session", zoe) is None
    stage.type("fay", "roster add zoe")
    assert stage.role("session", zoe) == LEARNER


ANN_ID, KIM_ID = "p" + "a" * 20, "p" + "b" * 20


def test_whoever_is_mentioned_is_meant_and_nobody_of_that_name() -> None:
    """A platform's mention comes as our own id, so that two people of one name are told apart."""
    here = [replace(member("Ann"), person=ANN_ID), member("Ann")]
    assert changed(("add", f"<@{KIM_ID}>", f"<@{ANN_ID}>"), here, "s")[0] == (Note("role", KIM_ID, LEARNER),)
    assert changed(("facilitator", f"<@{KIM_ID}>"), here, "s")[0] == (Note("role", KIM_ID, FACILITATOR),)
    effects, _ = changed(("manager", f"<@{KIM_ID}>", f"<@{ANN_ID}>"), here, "s")
    assert effects == (Note("role", KIM_ID, MANAGER), Note("manager", ANN_ID, KIM_ID))
    assert changed(("remove", f"<@{ANN_ID}>"), [*here, replace(member("Fay"), role=FACILITATOR)], "s")[0] == (
        Note("role", ANN_ID, None),
    )
    assert isinstance(find(f"<@{KIM_ID}>", here), Text)
