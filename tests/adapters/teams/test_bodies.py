"""Bodies: an answer that was drawn before is what would be drawn now, whoever asks, whatever the card."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import Seen
from adapters.teams import draw
from adapters.teams.bodies import Bodies, written
from adapters.teams.text import Reader
from dialogs.card import (
    Arg,
    Bar,
    Button,
    Card,
    Fact,
    Field,
    Item,
    Link,
    Option,
    Piece,
    Reply,
    Text,
    Typed,
    When,
    Who,
    Wrong,
    quote,
    t,
    tn,
)
from tests.adapters.teams.stand_ins import NOON, Scene

# Few of each, so that cards are often alike or differ in one thing only.
WORDS = st.sampled_from(["A", "B", "a *b*", "<at>Ann</at>", "שלום", "https://a.example", ""]) | st.text(max_size=5)
PEOPLE = st.sampled_from(["ann", "ben"])
MOMENTS = st.sampled_from([NOON, NOON + timedelta(days=1)])
ZONES = st.sampled_from(["UTC", "Europe/Zurich", "Nowhere/At all"])
NUMBERS = st.sampled_from([0, 1, 2])
PIECES: st.SearchStrategy[Arg] = st.one_of(
    WORDS,
    NUMBERS,
    st.builds(Who, PEOPLE),
    st.builds(When, MOMENTS, st.sampled_from(["time", "date", "both"]), ZONES),
    st.builds(Link, st.sampled_from(["room", "report"]), st.sampled_from(["s1", "s2"]), st.builds(quote, WORDS)),
    st.builds(Typed, st.sampled_from(["", "/ilt help"])),
)
TEXTS = st.recursive(
    st.builds(quote, WORDS),
    lambda inner: st.one_of(
        st.builds(lambda one, two: t("{one}, {two}", one=one, two=two), PIECES | inner, PIECES),
        st.builds(lambda n, who: tn("{n} vote of {who}", "{n} votes of {who}", n=n, who=who), NUMBERS, PIECES),
    ),
    max_leaves=3,
)
MAYBE = st.none() | TEXTS
KEYS = st.sampled_from(["a", "b"])
BUTTONS = st.builds(
    Button, KEYS, TEXTS, KEYS, st.sampled_from(["plain", "danger"]), st.booleans(), MAYBE, st.booleans()
)
FIELDS = st.builds(
    Field,
    KEYS,
    TEXTS,
    st.sampled_from(["text", "choice", "many"]),
    st.lists(st.builds(Option, KEYS, TEXTS), max_size=2).map(tuple),
    st.booleans(),
    MAYBE,
    st.just(400),
    WORDS,
)


def some(one: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(one, max_size=2).map(tuple)


CARDS = st.builds(
    Card,
    title=TEXTS,
    text=some(TEXTS),
    facts=some(st.builds(Fact, TEXTS, TEXTS)),
    bars=some(st.builds(Bar, TEXTS, NUMBERS, NUMBERS, st.none() | BUTTONS)),
    items=some(st.builds(Item, TEXTS, st.sampled_from(["open", "done", "help"]), some(BUTTONS))),
    fields=some(FIELDS),
    submit=st.none() | BUTTONS,
    buttons=some(BUTTONS),
    footer=MAYBE,
    tone=st.sampled_from(["plain", "flag", "done", "closed"]),
    answers=st.booleans(),
)
NOTES = st.one_of(st.none(), TEXTS, st.builds(Wrong, some(st.tuples(KEYS, TEXTS))))
ASKS = st.tuples(
    st.integers(0, 1),
    st.integers(0, 1),
    st.sampled_from(["d1", "d2"]),
    st.sampled_from(["board", "hint"]),
    st.sampled_from(["ann", "ben"]),
    st.sampled_from(["Ann", "Another"]),
)


@given(CARDS, CARDS, NOTES, st.lists(ASKS, min_size=5, max_size=10))
@settings(deadline=None)
async def test_what_is_kept_is_what_would_be_drawn_anew(
    one: Card, other: Card, note: Reply | None, asks: Sequence[tuple[int, int, str, str, str, str]]
) -> None:
    keeping = Scene()
    keeping.show._bodies = Bodies(3)
    for card, told, dialog, slot, person, name in asks:
        seen = Seen(dialog, slot, [one, other][card], False, NOON, 1)
        fresh = Scene()
        for scene in (keeping, fresh):
            scene.bot.people["t1", "aad-ann"] = (name, True, None)
        answers = [await scene.show.seen("t1", seen, person, [None, note][told]) for scene in (keeping, fresh)]
        assert answers[0] == answers[1]


def reader(person: str) -> Reader:
    return Reader({}, {"ann": f"Ann, as {person} knows her"}, lambda _: f"https://page.example/{person}")


OWN: list[tuple[str, Card]] = [
    ("a link", Card(t("Look: {link}", link=Link("room", "s1", t("your page"))))),
    ("a name", Card(quote("Lunch?"), text=(t("Only {who} can close it.", who=Who("ann")),))),
    ("a name on a button", Card(quote("Lunch?"), buttons=(Button("a", t("Thank {who}", who=Who("ann"))),))),
    ("a name in a question", Card(quote("Oh"), buttons=(Button("a", t("No"), confirm=t("{who}?", who=Who("ann"))),))),
    ("a name in a hint", Card(quote("Lunch?"), fields=(Field("a", t("Why"), hint=t("{who}?", who=Who("ann"))),))),
    ("a name in the small print", Card(quote("Lunch?"), footer=t("By {who}.", who=Who("ann")))),
]  # fmt: skip


@pytest.mark.parametrize("card", [row[1] for row in OWN], ids=[row[0] for row in OWN])
def test_what_is_drawn_for_one_reader_is_kept_for_nobody(card: Card) -> None:
    bodies = Bodies()
    drawn = {bodies.drawn(card, "d1", "board", reader(person)) for person in ("ann", "ben")}
    assert (len(drawn), bodies.known(card, "d1", "board")) == (2, None)


def test_a_card_for_everybody_is_drawn_once_for_one_message_and_one_choice() -> None:
    def board(mine: str, count: int) -> Card:
        bars = (Bar(quote(one), count, 2, Button("vote", quote(one), one, pressed=one == mine)) for one in "ab")
        return Card(quote("Lunch?"), bars=tuple(bars))

    bodies = Bodies()
    body = bodies.drawn(board("a", 1), "d1", "board", reader("ann"))
    assert body == written(draw.answer(draw.card(board("a", 1), "d1", "board", reader("ben"), private=True)))
    assert json.loads(body)["statusCode"] == 200
    assert bodies.known(board("a", 1), "d1", "board") is body
    others = [(board("b", 1), "d1", "board"), (board("a", 2), "d1", "board")]
    others += [(board("a", 1), "d2", "board"), (board("a", 1), "d1", "hint")]
    assert [bodies.known(*one) for one in others] == [None] * 4


def test_the_oldest_is_forgotten_first() -> None:
    bodies = Bodies(2)
    for title in "abc":
        bodies.drawn(Card(quote(title)), "d1", "board", reader("ann"))
    assert [bodies.known(Card(quote(title)), "d1", "board") is not None for title in "abc"] == [False, True, True]


def test_whatever_else_may_stand_in_a_text_one_day_is_thought_of() -> None:
    """Whoever adds one: does it look different for two readers? Then it belongs into `same_for_all`."""
    assert set(get_args(Piece)) == {str, Who, When, Link, Typed}
    assert {one for one in get_args(Arg) if one not in get_args(Piece)} <= {int, Text}
