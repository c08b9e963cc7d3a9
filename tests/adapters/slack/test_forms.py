"""Forms in Slack: a modal, and what comes back of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.slack.forms import errors, values, view
from dialogs.card import Button, Card, Field, Option, Wrong, quote, t
from tests.adapters.slack import hostile
from tests.adapters.slack.hostile import READER, check_dead, inside
from tests.dialogs.examples import EXAMPLES, few
from tests.slack.limits import refused_view, sdk_says

COFFEE = (Option("a", quote("Coffee")), Option("b", quote("Tea :tea:")))
SEND = Button("send", t("Send my answers"))

# A card of the worst is long, and a failure tells of it.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")


def form(*fields: Field, title: str = "How was it?") -> dict[str, Any]:
    card = Card(quote(title), text=(t("Confidential."),), fields=fields, submit=SEND, footer=t("It closes at noon."))
    drawn: dict[str, Any] = view(card, "d", "form", READER)
    return drawn


def inputs(drawn: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in drawn["blocks"] if one["type"] == "input"]


def test_a_form_knows_where_it_belongs() -> None:
    drawn = form(Field("q1", t("How?")))
    assert (drawn["type"], drawn["callback_id"]) == ("modal", "form")
    assert json.loads(drawn["private_metadata"]) == {"dialog": "d", "slot": "form", "action": "send"}
    assert drawn["title"]["text"] == "How was it?"
    assert drawn["submit"]["text"] == "Send my answers"
    assert drawn["close"]["text"] == "Cancel"
    assert [one["type"] for one in drawn["blocks"]] == ["rich_text", "input", "rich_text"]


def test_a_long_title_is_shortened_above_and_stands_in_full_below() -> None:
    drawn = form(Field("q1", t("How?")), title="How was “Giving feedback that lands”?")
    assert drawn["title"]["text"] == "How was “Giving feedbac…"
    assert drawn["blocks"][0]["elements"][0]["elements"][0]["text"] == "How was “Giving feedback that lands”?"


def test_a_text_has_its_limit_and_what_was_written_before() -> None:
    block = inputs(form(Field("q1", t("How?"), limit=400, value="Well :)", required=True, hint=t("Be kind."))))[0]
    assert (block["block_id"], block["optional"], block["hint"]["text"]) == ("q1", False, "Be kind.")
    assert block["element"] == {
        "type": "plain_text_input",
        "action_id": "value",
        "max_length": 400,
        "multiline": True,
        "initial_value": "Well :)",
    }
    assert "multiline" not in inputs(form(Field("q1", t("Name"), limit=80)))[0]["element"]


def test_choices_are_radio_buttons_and_many_are_check_boxes() -> None:
    one, many = inputs(
        form(Field("q1", t("?"), "choice", COFFEE, value="b"), Field("q2", t("?"), "many", COFFEE, value="a\nb"))
    )
    assert one["element"]["type"] == "radio_buttons"
    assert one["element"]["initial_option"] == one["element"]["options"][1]
    assert one["element"]["options"][1] == {
        "text": {"type": "plain_text", "text": "Tea :tea:", "emoji": False},
        "value": "b",
    }
    assert many["element"]["type"] == "checkboxes"
    assert many["element"]["initial_options"] == many["element"]["options"]


@pytest.mark.parametrize(("kind", "element"), [("choice", "static_select"), ("many", "multi_static_select")])
def test_more_than_ten_choices_are_a_list(kind: Any, element: str) -> None:
    options = tuple(Option(str(n), quote(f"Choice {n}")) for n in range(101))
    drawn = inputs(form(Field("q1", t("?"), kind, options, value="no such")))[0]["element"]
    assert (drawn["type"], len(drawn["options"])) == (element, 100)
    assert "initial_option" not in drawn


def test_long_choices_stand_in_full_above_and_are_numbered() -> None:
    long = "x" * 80
    drawn = form(Field("q1", quote("Which?"), "choice", (Option("a", quote(long)), *COFFEE[1:])))
    assert [one["text"]["text"] for one in inputs(drawn)[0]["element"]["options"]] == [
        f"1. {'x' * 71}…",
        "2. Tea :tea:",
    ]
    assert any(one.get("text") == long for one in inside(drawn["blocks"]))


# -- what comes back ---------------------------------------------------------------------------------------------------


def test_values_are_read_by_field() -> None:
    state = {
        "q1": {"value": {"type": "plain_text_input", "value": "Well"}},
        "q2": {"value": {"type": "plain_text_input", "value": None}},
        "q3": {"value": {"type": "radio_buttons", "selected_option": {"text": {}, "value": "a"}}},
        "q4": {"value": {"type": "radio_buttons", "selected_option": None}},
        "q5": {"value": {"type": "checkboxes", "selected_options": [{"value": "a"}, {"value": "b"}]}},
        "q6": {"value": {"type": "checkboxes", "selected_options": []}},
    }
    assert values(state) == {"q1": "Well", "q2": "", "q3": "a", "q4": "", "q5": "a\nb", "q6": ""}


json_like = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["value", "selected_option", "selected_options", "x"]), inner, max_size=3)
    ),
)


@given(st.dictionaries(st.text(max_size=5), json_like))
def test_whatever_comes_in_values_are_strings(state: dict[str, object]) -> None:
    assert all(isinstance(one, str) for one in values(state).values())


def test_each_wrong_field_has_its_sentence() -> None:
    wrong = Wrong((("a", t("Choose one.")), ("b", t("Too long.")), ("a", t("Please."))))
    assert errors(wrong, READER) == {"a": "Choose one. Please.", "b": "Too long."}


# -- every form --------------------------------------------------------------------------------------------------------


def check(drawn: dict[str, Any]) -> None:
    assert refused_view(drawn) is None
    assert sdk_says(drawn["blocks"]) == []
    check_dead(drawn)
    check_dead({"blocks": [drawn["title"], drawn["submit"], drawn["close"]]})


@settings(deadline=None)
@given(hostile.cards)
def test_whatever_is_in_a_form_slack_takes_it_and_nothing_in_it_is_alive(card: Card) -> None:
    check(view(card, "d" * 21, "form", READER))


@given(hostile.texts.map(lambda text: Wrong((("a", text), ("a", text)))))
def test_whatever_is_wrong_is_said_in_a_line(wrong: Wrong) -> None:
    assert all(0 < len(one) <= 2000 and "\n" not in one for one in errors(wrong, READER).values())


@pytest.mark.parametrize("kind", ["survey", "session"])
def test_every_form_of_the_examples_has_all_its_fields(kind: str) -> None:
    for example in EXAMPLES[kind]:
        stage = example()
        for viewer in few(stage):
            for dialog, slot, card in stage.cards(viewer):
                if card.fields:
                    drawn = view(card, dialog, slot, READER)
                    check(drawn)
                    assert [one["block_id"] for one in inputs(drawn)] == [one.name for one in card.fields]
