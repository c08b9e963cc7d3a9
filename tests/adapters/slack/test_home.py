"""The Home tab."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import RoomView, Seen
from adapters.slack.draw import read_press
from adapters.slack.home import home
from adapters.slack.text import Reader
from dialogs.base import FACILITATOR, LEARNER, Brief, Listed, Role
from dialogs.card import Bar, Button, Card, Fact, Field, Item, Link, quote, t
from tests.adapters.slack import hostile
from tests.adapters.slack.hostile import NAMES, NOON, READER, check_dead, check_ids, inside, room
from tests.slack.limits import refused_view, sdk_says

LIVE = Brief(title="Feedback", phase="open", starts=NOON, opened=NOON, zone="Europe/Zurich")
LATER = Brief(title="Coaching", starts=NOON + timedelta(days=1))
SOON = Brief(title="Saying no", starts=NOON + timedelta(hours=1))
OVER = Brief(title="Listening", phase="archived", starts=NOON - timedelta(days=2), closed=NOON)
OFF = Brief(title="Hiring", phase="archived", starts=NOON - timedelta(days=3))

DESK = Card(t("Your session: Feedback"), buttons=(Button("next", t("Next step")),))
QUIET = Card(t("Quiet on: Why?"), buttons=(Button("call", t("Call on Ann")),), tone="flag")
READY = Card(t("Ready: 1 of 2"), text=(t("Everybody is ready."),))
POLL = Card(
    quote("Lunch?"),
    bars=(Bar(quote("Soup"), 1, 2, Button("vote", quote("Soup"), "c0")),),
    buttons=(Button("close", t("Close the poll"), lead=True),),
)
WORD = Card(quote("Welcome, everybody"))
CHECKS = Card(t("Get ready"), items=(Item(quote("Headset"), "open", (Button("tick", t("Tick"), "i"),)),))
SURVEY = Card(t("How was it?"), fields=(Field("a", t("?")),), submit=Button("send", t("Send")))
DONE = Card(t("That is done"), buttons=(Button("x", t("X")),), tone="done")
LIST = Card(t("Your sessions"), facts=(Fact(t("open now"), t("{l}", l=Link("room", "s", quote("Feedback")))),))

# A card of the worst is long, and a failure tells of it.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")


def seen(card: Card, dialog: str = "d", *, private: bool = True) -> Seen:
    return Seen(dialog, "s", card, private, NOON, 1)


def desk(*sessions: tuple[str, Role, Brief], cards: tuple[Seen, ...] = ()) -> RoomView:
    listed = tuple(Listed(name, role, brief) for name, role, brief in sessions)
    return RoomView("t", None, None, "fay", "Fay", None, cards, NAMES, sessions=listed)


def drawn(view: RoomView, *rooms: RoomView) -> dict[str, Any]:
    found: dict[str, Any] = home(view, rooms, lambda _: READER)
    check(found)
    return found


def check(view: dict[str, Any]) -> None:
    assert refused_view(view) is None
    assert sdk_says(view["blocks"]) == []
    assert len(view["blocks"]) <= 100
    check_dead(view)
    check_ids(view["blocks"])


def lines(view: dict[str, Any]) -> list[str]:
    """What one reads, in order; breaks and what is only bars left out."""
    found = [one.get("fallback") or one.get("text") for one in inside(view["blocks"])]
    return [one.strip() for one in found if isinstance(one, str) and one.strip(" \n:")]


def test_a_facilitator_sees_the_live_session_with_flags_first_then_the_others_by_date() -> None:
    now = room("s1", LIVE, FACILITATOR, (seen(POLL, "p", private=False), seen(WORD, "w", private=False), seen(DONE),
                                         seen(READY, "c"), seen(DESK, "s1"), seen(QUIET, "q")))  # fmt: skip
    view = desk(("s4", LEARNER, OVER), ("s3", LEARNER, LATER), ("s2", FACILITATOR, SOON), ("s1", FACILITATOR, LIVE),
                ("s5", FACILITATOR, OFF))  # fmt: skip
    assert lines(drawn(view, now)) == [
        "Today",
        *("Feedback", "🟢 open now · you lead it"),
        *("Quiet on: Why?", "🔔 Needs your attention", "Call on Ann"),
        *("Ready: 1 of 2", "Everybody is ready."),
        *("Your session: Feedback", "Next step"),
        *("Lunch?", "Soup", "— 1 of 2 · 50 %\n■■■■■□□□□□", "Soup", "Close the poll"),
        "Your sessions",
        *("Saying no", "Tue 24 Nov, 13:00 UTC", "· you lead it"),
        *("Coaching", "Wed 25 Nov, 12:00 UTC", "· you take part"),
        *("Listening", "over · you take part"),
        *("Hiring", "called off · you lead it"),
        "Type /ilt help in any channel to see what else you can do.",
    ]


def test_what_is_pressed_here_is_pressed_as_on_the_message() -> None:
    now = room("s1", LIVE, FACILITATOR, (seen(DESK, "s1"), seen(QUIET, "q")))
    view = drawn(desk(("s1", FACILITATOR, LIVE)), now)
    pressed = [read_press(one["value"]) for one in inside(view["blocks"]) if one.get("type") == "button"]
    assert [(one.dialog, one.action) for one in pressed if one] == [("q", "call"), ("s1", "next")]


def test_a_learner_sees_what_is_theirs_to_do() -> None:
    soon = room("s2", SOON, LEARNER, (seen(CHECKS, "c"), seen(POLL, "p", private=False), seen(CHECKS, "c"), seen(DONE)))
    past = room("s4", OVER, LEARNER, (seen(SURVEY, "v"),))
    view = drawn(desk(("s2", LEARNER, SOON), ("s4", LEARNER, OVER)), past, soon)
    assert lines(view) == [
        "Coming up",
        *("Saying no", "Tue 24 Nov, 13:00 UTC", "· you take part"),
        *("Get ready", "⬜ To do: Headset", "Tick"),
        *("Listening", "over · you take part"),
        *("How was it?", "Open the form"),
        "Type /ilt help in any channel to see what else you can do.",
    ]


def test_a_session_in_which_nothing_is_to_do_says_so() -> None:
    assert "Nothing needs you right now." in lines(drawn(desk(("s1", LEARNER, LIVE)), room("s1", LIVE, LEARNER, ())))


def test_what_the_desk_shows_is_there_but_not_its_own_list() -> None:
    view = drawn(desk(cards=(seen(LIST, "l"), seen(SURVEY, "v"))))
    assert lines(view)[:2] == ["For you", "How was it?"]


def test_whoever_has_nothing_yet_reads_how_to_begin() -> None:
    found = lines(drawn(desk(cards=(seen(LIST, "l"),))))
    assert found[0] == "Welcome!"
    assert "/ilt new giving-feedback" in " ".join(found)


def test_more_cards_than_fit_are_counted() -> None:
    many = tuple(seen(POLL, f"p{n}") for n in range(40))
    found = drawn(desk(("s1", FACILITATOR, LIVE)), room("s1", LIVE, FACILITATOR, many))
    assert "cards. The session's web page has them." in lines(found)[-2]
    assert lines(found)[-1].startswith("Type /ilt help")


@settings(deadline=None, max_examples=max(10, settings().max_examples // 5))
@given(hostile.desks(), st.lists(hostile.rooms, max_size=4))
def test_whatever_is_on_it_slack_takes_it_and_nothing_in_it_is_alive(view: RoomView, rooms: list[RoomView]) -> None:
    check(home(view, rooms, lambda _: READER))
    check(home(view, rooms, lambda _: Reader()))
