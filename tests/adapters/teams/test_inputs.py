"""Forms as Adaptive Cards."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapters.teams.draw import wrong
from adapters.teams.inputs import TAKEN, field_name, input_id
from dialogs.card import Button, Card, Field, Option, Wrong, quote, t
from tests.adapters.teams.looking import READER, drawn, fields_of, pressing, words
from tests.teams.cards import elements

SEND = Button("send", t("Send"), style="primary")
OPTIONS = tuple(Option(f"o{n}", quote(f"*{n}*")) for n in range(3))
FORM = Card(
    t("Survey"),
    fields=(
        Field("why", quote("Why?"), limit=40, value="So"),
        Field("a", t("Which?"), "choice", OPTIONS, required=True, value="o1"),
        Field("m", t("Which ones?"), "many", OPTIONS * 3, hint=t("You can choose several."), value="o2\no0\nno"),
    ),
    submit=SEND,
)


def test_fields_stand_in_the_card_and_one_button_sends_them() -> None:
    shown = drawn(FORM)
    why, which, several = fields_of(shown)
    assert (why["type"], why["id"], why["label"], why["value"], why["maxLength"]) == (
        *("Input.Text", "why", "Why?", "So", 40),
    )
    assert which["style"] == "expanded"
    assert (which["isRequired"], which["errorMessage"], which["value"]) == (True, "Please choose one of these.", "o1")
    assert which["choices"][1] == {"title": "∗1∗", "value": "o1"}
    assert (several["isMultiSelect"], several["value"]) == (True, "o2,o0")
    assert "You can choose several." in words(shown)
    sent = pressing(shown)["Send"]
    assert (sent["verb"], sent["associatedInputs"], sent["fallback"]["associatedInputs"]) == ("submit", "auto", "auto")
    assert sent["data"] == {"d": "d", "s": "board", "a": "send", "v": "", "f": 1, "m": ["=m"]}


def test_more_choices_than_a_phone_shows_are_a_list_to_open() -> None:
    seven = tuple(Option(f"o{n}", t("x")) for n in range(7))
    assert fields_of(drawn(Card(t("x"), fields=(Field("f", t("f"), "choice", seven),))))[0]["style"] == "compact"


@given(st.sampled_from([*sorted(TAKEN), "=", "=a", "==", "x", "o=1"]) | st.text(min_size=1, max_size=10))
def test_no_field_overwrites_what_the_button_carries(name: str) -> None:
    assert input_id(name) not in TAKEN
    assert field_name(input_id(name)) == name


def test_what_is_wrong_stands_beside_its_field_and_what_was_filled_in_stays() -> None:
    amiss = Wrong((("a", t("Choose one.")), ("why", t("Too long.")), ("gone", t("It is over."))))
    shown = wrong(FORM, amiss, {"why": "Because", "a": "", "m": "o1"}, "d", "s", READER)
    why, which, several = fields_of(shown)
    assert (why["value"], which.get("value"), several["value"]) == ("Because", None, "o1")
    assert words(shown).splitlines() == [
        *("Survey", "⚠️ Nothing was sent yet: please look at what is marked.", "⚠️ It is over."),
        *("⚠️ Too long.", "⚠️ Choose one.", "You can choose several."),
    ]
    holders = [one for one in elements(shown) if one.get("type") == "Container"]
    assert [(one["items"][0]["id"], words(one["items"][1])) for one in holders[:2]] == [
        *(("why", "⚠️ Too long."), ("=a", "⚠️ Choose one.")),
    ]
    assert "Attention" in str(holders[0])
    assert "Something was not right." in words(wrong(FORM, Wrong(()), {}, "d", "s", READER))
