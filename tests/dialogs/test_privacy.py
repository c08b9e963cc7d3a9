"""What is published of answers, played against somebody who knows the rules and can subtract."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.base import FACILITATOR, LEARNER, Brief, Member
from dialogs.card import Text, quote
from dialogs.privacy import Cell, K, came, chosen, learners, listed, masked, published, shuffled

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
COUNTS = st.lists(st.integers(0, 60), min_size=1, max_size=8)


def exactly(*counts: int | None) -> tuple[Cell, ...]:
    return tuple(None if count is None else (count, count) for count in counts)


def plain(text: Text) -> str:
    return "".join(str(piece) for piece in text.pieces())


# ------------------------------------------------------------------------------------------------------------- examples


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ((), ()),
        ((0, 0), exactly(None, None)),
        ((4, 0), exactly(None, None)),  # four answers
        ((5, 0), ((4, 5), None)),  # all of five look like four of them
        ((4, 1), ((4, 5), None)),
        ((3, 2), exactly(None, None)),
        ((6, 3), exactly(None, None)),
        ((7, 2), ((7, 9), None)),
        ((10, 0), exactly(10, 0)),
        ((9, 1), ((7, 10), None)),  # the one is the rest, so neither number is shown
        ((6, 4), exactly(None, None)),
        ((5, 5), exactly(5, 5)),
        ((7, 4, 1), exactly(7, None, None)),  # the two hidden are five people together
        ((6, 3, 1), exactly(None, None, None)),  # they would be four
        ((6, 5, 1), exactly(6, None, None)),  # the next smallest goes with the one
        ((8, 6, 6, 3), exactly(8, None, None, None)),  # of two equals both
        ((9, 4, 4), exactly(None, None, None)),  # eight in two that are under five can only be four and four
        ((9, 4, 4, 3), exactly(9, None, None, None)),
        ((7, 5, 4, 4), exactly(7, None, None, None)),
        ((9, 6, 4, 1, 0), exactly(9, 6, None, None, None)),  # nobody is said only where nothing is hidden
        ((250, 150, 100), exactly(250, 150, 100)),
        ((490, 10, 0), exactly(490, 10, 0)),
        ((496, 4), ((334, 500), None)),
    ],
)
def test_of_one_answer_each(counts: tuple[int, ...], shown: tuple[Cell, ...]) -> None:
    assert published(counts, sum(counts)) == shown


@pytest.mark.parametrize(
    ("counts", "n", "shown"),
    [
        ((4, 4), 4, exactly(None, None)),
        ((7, 5, 0), 7, ((5, 7), (5, 7), None)),
        ((6, 5, 4, 0, 12), 12, exactly(6, 5, None, 0, 12)),
        ((7, 8, 9), 12, (*exactly(7, None), (9, 12))),  # four and three did not
    ],
)
def test_of_any_number_of_answers_each(counts: tuple[int, ...], n: int, shown: tuple[Cell, ...]) -> None:
    assert chosen(counts, n) == shown


def test_people_who_gave_none_of_the_answers_cannot_be_worked_out_either() -> None:
    assert published((8, 6), 14) == exactly(8, 6)
    assert published((8, 6), 17) == exactly(8, None)
    assert published((8, 6), 20) == exactly(8, 6)


# -------------------------------------------------------------------------------------------------------------- attacks


def ways(n: int, answers: int) -> Iterator[tuple[int, ...]]:
    """Every way in which n people can answer."""
    if answers == 1:
        yield (n,)
        return
    for first in range(n + 1):
        yield from ((first, *others) for others in ways(n - first, answers - 1))


@pytest.mark.parametrize(("answers", "most"), [(2, 40), (3, 26), (4, 20), (5, 15)])
def test_nobody_who_knows_the_rules_can_work_out_a_small_group(answers: int, most: int) -> None:
    for n in range(K, most + 1):
        seen: dict[tuple[Cell, ...], list[tuple[int, ...]]] = defaultdict(list)
        for counts in ways(n, answers):
            seen[published(counts, n)].append(counts)
        for shown, possible in seen.items():
            for size in range(1, answers):
                for some in combinations(range(answers), size):
                    sizes = {sum(counts[at] for at in some) for counts in possible}
                    assert len(sizes) > 1 or not 0 < min(sizes) < K, (shown, possible, some)


@pytest.mark.parametrize("n", range(K, 60))
def test_nor_of_those_who_gave_any_number_of_answers(n: int) -> None:
    seen: dict[Cell, set[int]] = defaultdict(set)
    for count in range(n + 1):
        seen[chosen((count,), n)[0]].add(count)
    for shown, possible in seen.items():
        assert len(possible) > 1 or (possible <= {0, n}) or K <= min(possible) <= n - K, (shown, possible)


@given(COUNTS)
def test_no_number_and_no_difference_of_numbers_is_of_one_to_four_people(counts: list[int]) -> None:
    n = sum(counts)
    shown = [cell[0] for cell in published(counts, n) if cell and cell[0] == cell[1]]
    for size in range(len(shown) + 1):
        for some in combinations(shown, size):
            rest = n - sum(some)
            assert not 0 < sum(some) < K
            assert n < K or not 0 < rest < K


@given(COUNTS, st.integers(0, 200))
def test_what_is_said_is_true(counts: list[int], others: int) -> None:
    n = sum(counts) + others
    for count, cell in zip(counts, published(counts, n), strict=True):
        assert cell is None or cell[0] <= count <= cell[1]


@given(COUNTS, st.integers(0, 7))
def test_one_more_answer_never_shows_a_small_group(counts: list[int], where: int) -> None:
    more = [count + (at == where % len(counts)) for at, count in enumerate(counts)]
    for count, cell in zip(more, published(more, sum(more)), strict=True):
        assert cell is None or cell[0] < cell[1] or not 0 < count < K


@given(COUNTS, st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter(counts: list[int], random: Random) -> None:
    order = list(range(len(counts)))
    random.shuffle(order)
    shown = published(counts, sum(counts))
    assert published([counts[at] for at in order], sum(counts)) == tuple(shown[at] for at in order)


@given(COUNTS, st.integers(0, K - 1))
def test_under_five_answers_nothing_is_said(counts: list[int], n: int) -> None:
    for of in (published, chosen):
        assert set(of(counts, n)) <= {None}


# ------------------------------------------------------------------------------------------------------ what they wrote


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ann helped a lot", "[…] helped a lot"),
        ("ann's example", "[…]'s example"),
        ("Thanks to ANN LEE and mr. lee!", "Thanks to […] and mr. […]!"),
        ("An annual plan", "An annual plan"),
        ("José or Jose, both", "[…] or […], both"),
        ("de acuerdo con Cruz", "de acuerdo con […]"),
        ("王小明说得很好", "[…]说得很好"),
        ("write to bo.ek@example.org", "write to […]"),
        ("Call 079 123 45-67 or room 4.", "Call […] […] […] or room […]."),
        ("no names here", "no names here"),
        ("", ""),
    ],
)
def test_names_addresses_and_numbers_are_left_out(text: str, said: str) -> None:
    assert masked(text, ("Ann Lee", "José de la Cruz", "王小明", "Bo", "  ")) == said


@given(st.lists(st.text(min_size=1, max_size=12), max_size=4), st.text(max_size=60))
def test_any_name_may_stand_in_any_text(names: list[str], text: str) -> None:
    said = masked(text, names)
    assert not any(char.isdigit() and char.isascii() for char in said)
    assert masked(said, []) == said


@given(st.lists(st.text(max_size=8), max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_comments_tells_nothing(texts: list[str], random: Random) -> None:
    other = list(texts)
    random.shuffle(other)
    assert shuffled(other, "q") == shuffled(texts, "q")
    assert sorted(shuffled(texts, "q")) == sorted(texts)


def test_comments_stand_in_another_order_under_another_question() -> None:
    texts = [str(number) for number in range(30)]
    assert len({shuffled(texts, salt) for salt in ("a", "b")} | {tuple(texts)}) == 3


# ------------------------------------------------------------------------------------------------------------------ who


@pytest.mark.parametrize(
    ("n", "most", "said"),
    [(0, 40, "0 in all"), (1, 40, "N1"), (3, 40, "N1, N2, N3"), (3, 2, "N1, N2 and 1 more"), (3, 0, "3 in all")],
)
def test_names_stand_in_a_row(n: int, most: int, said: str) -> None:
    assert plain(listed([quote(f"N{number}") for number in range(1, n + 1)], most)) == said


def test_five_hundred_names_are_forty_and_a_number() -> None:
    said = plain(listed([quote(f"N{number}") for number in range(500)]))
    assert said.count(",") == 39
    assert said.endswith("N39 and 460 more")


OPEN = Brief(title="T", phase="open", opened=NOW)
EARLIER, LATER = NOW - timedelta(hours=1), NOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("member", "known"),
    [
        (Member("a", "Ann", LEARNER), False),
        (Member("a", "Ann", LEARNER, here=True), False),  # as everybody is before anyone has acted
        (Member("a", "Ann", LEARNER, here=True, presumed=True, since=NOW), False),  # the same, once the session is open
        (Member("a", "Ann", LEARNER, here=True, since=NOW), True),
        (Member("a", "Ann", LEARNER, here=True, since=LATER), True),
        (Member("a", "Ann", LEARNER, since=NOW), False),
        (Member("a", "Ann", LEARNER, minutes=1), True),
        (Member("a", "Ann", LEARNER, acts=1, last_active=LATER), True),
        (Member("a", "Ann", LEARNER, acts=5, last_active=EARLIER), False),  # ticked the checklist, and did not come
        (Member("a", "Ann", LEARNER, acts=1), False),
    ],
)
def test_who_is_known_to_have_come(member: Member, known: bool) -> None:
    assert came(member, OPEN) is known


def test_any_act_counts_where_no_opening_is_known() -> None:
    assert came(Member("a", "Ann", LEARNER, acts=1), None)


def test_facilitators_are_no_learners() -> None:
    ann, flo = Member("a", "Ann", LEARNER), Member("f", "Flo", FACILITATOR)
    assert learners((flo, ann)) == (ann,)
