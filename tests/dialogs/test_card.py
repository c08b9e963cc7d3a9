"""Card: words are pieces in order, and what people wrote is never a template."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.card import (
    Bar,
    Button,
    Card,
    Fact,
    Field,
    Item,
    Link,
    Option,
    Piece,
    Text,
    When,
    Who,
    people_in,
    quote,
    t,
    tn,
)
from tests.dialogs.stage import NOON

ANN, NOW, ROOM = Who("ann"), When(NOON), Link("room", "s", t("the room"))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (t("Hello"), ["Hello"]),
        (t(""), []),
        (t("Your vote: {choice}", choice="Soup"), ["Your vote: ", "Soup"]),
        (t("{who} {time}: {n} in {room}", who=ANN, time=NOW, n=3, room=ROOM), [ANN, " ", NOW, ": ", "3", " in ", ROOM]),
        (t("{a}{b}{a}", a="x", b="y"), ["x", "y", "x"]),
        (t("{before}, {one}", before=t("{a} and {b}", a=ANN, b="Bob"), one="Cem"), [ANN, " and ", "Bob", ", ", "Cem"]),
        (t("{{not}} {a}", a="this"), ["{", "not}", " ", "this"]),
        (t("{n}", n=True), ["1"]),  # equal texts say the same: it is equal to 1
        (tn("{n} vote", "{n} votes", n=0), ["0", " votes"]),
        (tn("{n} vote", "{n} votes", n=1), ["1", " vote"]),
        (tn("{n} vote", "{n} votes", n=2), ["2", " votes"]),
        (tn("{who} and {n} other", "{who} and {n} others", n=1, who=ANN), [ANN, " and ", "1", " other"]),
        (quote("{n} of {all} {"), ["{n} of {all} {"]),
    ],
)  # fmt: skip
def test_a_text_is_its_pieces_in_order(text: Text, pieces: list[Piece]) -> None:
    assert list(text.pieces()) == pieces


@given(st.text())
def test_what_people_wrote_comes_out_word_for_word(words: str) -> None:
    assert list(quote(words).pieces()) == [words]
    assert list(t("Your vote: {choice}", choice=words).pieces()) == ["Your vote: ", words]
    nested = t("{a}: {b}", a=quote(words), b=t("{c}", c=words))
    assert list(nested.pieces()) == [words, ": ", words]


def test_a_template_that_is_not_given_what_it_names_fails_at_once() -> None:
    with pytest.raises(KeyError):
        list(t("Your vote: {choice}").pieces())


def test_texts_with_the_same_words_are_equal_and_stay_as_they_are() -> None:
    assert t("{a}", a="x") == t("{a}", a="x") != t("{a}", a="y")
    assert hash(t("{a}", a=ANN)) == hash(t("{a}", a=ANN))
    with pytest.raises(AttributeError):
        t("Hello").template = "Bye"  # type: ignore[misc]


def button(name: str) -> Button:
    return Button(name, quote(f"press {name}"), confirm=quote(f"sure {name}"))


FULL = Card(
    title=quote("title"),
    text=(quote("text 1"), quote("text 2")),
    facts=(Fact(quote("fact"), quote("value")),),
    bars=(Bar(quote("bar"), 1, 2, button("a")), Bar(quote("bare"), 1, 2)),
    items=(Item(quote("item"), "open", (button("b"), button("c"))),),
    fields=(Field("f", quote("field"), "choice", (Option("o", quote("option")),), hint=quote("hint")),),
    submit=button("d"),
    buttons=(button("e"),),
    footer=quote("footer"),
)


def test_every_button_of_a_card_is_found_wherever_it_stands() -> None:
    assert [one.action for one in FULL.all_buttons()] == ["a", "b", "c", "d", "e"]


def test_every_text_of_a_card_is_found_wherever_it_stands() -> None:
    found = ["".join(map(str, text.pieces())) for text in FULL.all_texts()]
    pressed = [f"{what} {name}" for name in "abcde" for what in ("press", "sure")]
    assert found == [
        *("title", "text 1", "text 2", "fact", "value", "bar", "bare", "item"),
        *("field", "option", "hint", *pressed, "footer"),
    ]


def test_a_bare_card_has_its_title_and_no_more() -> None:
    assert list(Card(title=t("Hello")).all_texts()) == [t("Hello")]
    assert Card(title=t("Hello")).all_buttons() == ()


def test_everybody_who_is_named_is_found_once() -> None:
    called = Button("call", t("Call on {who}", who=Who("bob")))
    card = Card(title=t("{who}", who=ANN), text=(t("{a}", a=t("{b}", b=Who("cem"))),), buttons=(called,))
    assert people_in([card, t("{who} and {other}", who=ANN, other="Dia"), None]) == ["ann", "bob", "cem"]
