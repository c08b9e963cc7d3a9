"""How long a batch waits for company, on paper."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.company import LEAST, MOST, RARELY, Company


def after(*gaps: float) -> Company:
    """People have come, with so many seconds between them."""
    company, now = Company(), 100.0
    company.came(now)
    for gap in gaps:
        now += gap
        company.came(now)
    return company


@pytest.mark.parametrize(
    ("gaps", "alone", "in_company"),
    [
        ([], 0, LEAST),  # the first of all
        ([60.0] * 5, 0, LEAST),  # one a minute
        ([0.05] * 50, 0, LEAST),  # twenty a second
        ([0.01] * 50, MOST, MOST),  # a hundred a second: two more will come
        ([0.004] * 50, 0.008, 0.008),
        ([0.0001] * 50, LEAST, LEAST),  # all at once
        ([*[0.001] * 50, *[3.0] * 8], 0, LEAST),  # they were many, and are few
    ],
)
def test_it_waits_for_as_long_as_two_more_should_take(gaps: list[float], alone: float, in_company: float) -> None:
    company = after(*gaps)

    waits = [company.wait(here=False), company.wait(here=True)]
    assert waits == pytest.approx([alone, in_company], rel=0.02)


def test_who_comes_back_as_soon_as_they_are_answered_soon_waits_no_more() -> None:
    company = after(*[0.003] * 50)
    waits = 0
    for _ in range(1000):
        if company.wait(here=False):
            waits += 1
            company.waited(alone=True)

    assert waits == 21  # 1, 2, 4 .. 64 batches between them, and then always 64
    assert RARELY == 64


def test_whoever_found_company_waits_for_it_again() -> None:
    company = after(*[0.003] * 50)
    for _ in range(5):
        company.waited(alone=True)
    company.waited(alone=False)

    assert company.wait(here=False) > 0


@given(st.lists(st.floats(0, 1e6)), st.lists(st.booleans()), st.booleans())
def test_nobody_ever_waits_for_longer_than_a_blink(gaps: list[float], alone: list[bool], here: bool) -> None:
    company = after(*gaps)
    for one in alone:
        company.waited(alone=one)

    assert 0 <= company.wait(here=here) <= MOST
