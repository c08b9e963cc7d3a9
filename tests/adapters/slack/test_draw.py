"""Cards as Slack messages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.slack.blocks import LETTERS, length
from adapters.slack.draw import Press, message, press_value, read_press, said
from adapters.slack.text import Reader
from dialogs.card import Bar, Button, Card, Fact, Field, Item, Link, Reply, When, Who, Wrong, quote, t
from tests.adapters.slack import hostile
from tests.adapters.slack.hostile import NOON, READER, ROOM, check_dead, check_ids, inside
from tests.dialogs.examples import EXAMPLES, few
from tests.slack.limits import refused_message, sdk_says

Json = dict[str, Any]
CLOSE = Button("close", t("Close the poll"), lead=True)

# A card of the worst is long, and a failure tells of it.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")


def poll(*labels: str, count: int = 3, total: int = 8, **more: Any) -> Card:
    found = tuple(Bar(quote(one), count, total, Button("vote", quote(one), f"c{n}")) for n, one in enumerate(labels))
    return Card(quote("Lunch?"), bars=found, footer=t("8 votes so far."), **more)


def drawn(card: Card, **more: Any) -> list[Json]:
    blocks: list[Json] = message(card, "d", "board", more.pop("reader", READER), **more)["blocks"]
    return blocks


def buttons(blocks: list[Json]) -> list[str]:
    return [one["text"]["text"] for one in inside(blocks) if one.get("type") == "button"]


def read_out(blocks: list[Json]) -> str:
    """All words, as somebody would read them out."""
    found = [one["text"] for one in inside(blocks) if isinstance(one.get("text"), str)]
    return "\n".join(found)


# -- what it looks like ------------------------------------------------------------------------------------------------


def test_a_poll_is_a_question_its_choices_with_numbers_and_a_row_of_buttons() -> None:
    blocks = drawn(poll("Soup", "Pizza", buttons=(CLOSE,)))
    assert [one["type"] for one in blocks] == ["section", "rich_text", "actions", "context"]
    assert blocks[0]["text"] == {"type": "mrkdwn", "text": "*Lunch?*", "verbatim": True}
    assert read_out(blocks[1:2]) == "Soup\n — 3 of 8 · 38 %\n■■■■□□□□□□\n\n\nPizza\n — 3 of 8 · 38 %\n■■■■□□□□□□"
    assert buttons(blocks) == ["Soup", "Pizza"]
    assert [one["action_id"] for one in blocks[2]["elements"]] == ["press:0", "press:1"]
    assert read_press(blocks[2]["elements"][1]["value"]) == Press("d", "board", "vote", "c1")
    assert blocks[3]["elements"][0]["text"] == "8 votes so far."


def test_what_is_for_facilitators_is_one_menu_in_a_channel_and_a_button_for_themselves() -> None:
    menu = drawn(poll("Soup", buttons=(CLOSE,)))[0]["accessory"]
    assert (menu["type"], menu["action_id"], len(menu["options"])) == ("overflow", "menu", 1)
    assert menu["options"][0]["text"]["text"] == "Close the poll"
    assert read_press(menu["options"][0]["value"]) == Press("d", "board", "close", "")
    private = drawn(poll("Soup", buttons=(CLOSE,)), private=True)
    assert "accessory" not in private[0]
    assert buttons(private) == ["Soup", "Close the poll"]


def test_a_menu_asks_first_if_anything_in_it_does() -> None:
    end = Button("end", t("End"), confirm=t("End it for everybody?"), lead=True)
    alone = drawn(Card(t("Session"), buttons=(end,)))[0]["accessory"]
    assert alone["confirm"]["text"]["text"] == "End it for everybody?"
    several = drawn(Card(t("Session"), buttons=(end, CLOSE)))[0]["accessory"]
    assert several["confirm"]["text"]["text"] == "This is done for everybody here."
    assert "confirm" not in drawn(Card(t("Session"), buttons=(CLOSE,)))[0]["accessory"]


def test_what_does_not_fit_into_the_menu_stands_with_the_other_buttons() -> None:
    leads = tuple(Button("go", quote(f"Go {n}"), "v" * (n // 6 * 150), lead=True) for n in range(7))
    blocks = drawn(Card(t("Session"), buttons=leads))
    assert len(blocks[0]["accessory"]["options"]) == 5
    assert buttons(blocks) == ["Go 5", "Go 6"]


def test_long_choices_are_numbered_and_stand_there_in_full() -> None:
    long = "The one with the mushrooms, which Ben says he does not like, and with cheese on top of it"
    blocks = drawn(poll(long, "Soup"))
    assert long in read_out(blocks)
    assert buttons(blocks) == [f"1. {long}"[:74].rstrip() + "…", "2. Soup"]
    assert "1. \n" in read_out(blocks)


def test_nobody_has_voted_yet() -> None:
    assert "Soup\n\n□□□□□□□□□□" in read_out(drawn(poll("Soup", count=0, total=0)))
    assert "1 of 40 · 2 %\n■□□□□□□□□□" in read_out(drawn(poll("Soup", count=1, total=40)))


def test_ones_own_choice_is_marked_for_oneself_only() -> None:
    mine = Card(t("Hi"), buttons=(Button("here", t("I'm here"), pressed=True),))
    assert buttons(drawn(mine, private=True)) == ["✓ I'm here"]
    assert buttons(drawn(mine)) == ["I'm here"]


def test_a_question_with_signs_in_it_stays_as_typed_where_a_menu_stands() -> None:
    card = Card(quote("What does *args do?"), buttons=(CLOSE,))
    assert drawn(card)[0]["text"] == {"type": "plain_text", "text": "What does *args do?", "emoji": False}


def test_a_title_is_a_header_or_bold_text_where_it_is_long_or_names_somebody() -> None:
    assert drawn(Card(quote("*Hi*")))[0] == {
        "type": "header",
        "text": {"type": "plain_text", "text": "*Hi*", "emoji": False},
    }
    assert drawn(Card(quote("x" * 151)))[0]["type"] == "rich_text"
    named = drawn(Card(t("{who} needs help", who=Who("ann"))))[0]
    assert named["elements"][0]["elements"][0] == {"type": "user", "user_id": "U0ANN", "style": {"bold": True}}
    assert drawn(Card(t("{who} needs help", who=Who("zoe"))))[0]["text"]["text"] == "somebody needs help"


def test_a_state_is_said_in_words() -> None:
    ready = Item(quote("Headset"), "done", (Button("untick", t("Undo"), "i"),))
    asked = Item(quote("Account"), "help", (Button("tick", t("Tick"), "j"), Button("untick", t("No help"), "j")))
    blocks = drawn(Card(t("List"), items=(ready, asked), tone="flag"))
    assert [one["type"] for one in blocks] == ["header", "context", "section", "rich_text", "actions"]
    assert (
        read_out(blocks)
        == "List\n🔔 Needs your attention\n✅ Done: Headset\nUndo\n🙋 Help asked: \nAccount\nTick\nNo help"
    )
    assert "✅ Done" in read_out(drawn(Card(t("Ready"), tone="done")))
    assert read_out(drawn(Card(t("Lunch?"), footer=t("Closed. 1 vote."), tone="closed"))) == "Lunch?\nClosed. 1 vote."


def test_facts_are_lines_and_long_labels_have_their_value_below() -> None:
    facts = (Fact(t("When"), t("now")), Fact(quote("Why did you come to this session today?"), t("Cake")))
    assert read_out(drawn(Card(t("Desk"), facts=facts))[1:]) == (
        "When\n: \nnow\n\n\nWhy did you come to this session today?\n\n\nCake"
    )


def test_fields_are_a_button_that_opens_the_form() -> None:
    sending = Button("send", t("Send"), style="primary")
    card = Card(t("Survey"), fields=(Field("a", t("How?")),), submit=sending)
    form = drawn(card)[-1]["elements"][0]
    assert (form["action_id"], form["text"]["text"], form["style"]) == ("form", "Open the form", "primary")
    assert read_press(form["value"]) == Press("d", "board", "form", "")


def test_answers_are_asked_for_in_the_thread() -> None:
    assert "To answer here, write in the thread of this message." in read_out(drawn(Card(t("Why?"), answers=True)))


def test_the_text_of_a_notification_says_what_matters() -> None:
    assert message(poll("Soup", "<!here>"), "d", "s", READER)["text"] == "Lunch? – Soup, &lt;!here\u2060&gt;"
    asked = Card(quote("*Why*?"), text=(t("{who}, what do you think?", who=Who("ann")),))
    assert message(asked, "d", "s", READER)["text"] == "∗Why∗? – Ann, what do you think?"
    opening = Card(t("Class"), text=(t("By the end you can do this:"),), facts=(Fact(t("One"), t("Count")),))
    assert message(opening, "d", "s", READER)["text"] == "Class – By the end you can do this: Count"
    desk = Card(t("Desk"), facts=(Fact(t("When"), t("{at}", at=When(NOON))),))
    assert message(desk, "d", "s", READER)["text"] == "Desk – When: Tue 24 Nov, 12:00 UTC"


def test_only_its_reader_gets_a_link() -> None:
    card = Card(t("Desk"), text=(t("{l}", l=Link("people", "s", t("people and links"))),))
    assert [one["type"] for one in drawn(card)[1]["elements"][0]["elements"]] == ["link"]
    assert [one["type"] for one in drawn(card, reader=ROOM)[1]["elements"][0]["elements"]] == ["text"]


def test_too_many_items_are_cut_with_a_word_on_the_rest() -> None:
    items = tuple(
        Item(quote(f"Item {n}"), "open", (Button("tick", t("Tick"), f"{n}"), Button("help", t("Help"), f"{n}")))
        for n in range(40)
    )
    blocks = drawn(Card(t("List"), items=items, footer=t("40 items are open.")), private=True)
    assert len(blocks) <= 50
    assert "17 more. The session's web page has all of them." in read_out(blocks)
    assert read_out(blocks).endswith("40 items are open.")


def test_long_texts_are_shortened_before_anything_is_left_out() -> None:
    items = tuple(Item(quote("x" * 2500), "open", (Button("tick", t("Tick"), f"{n}"),)) for n in range(20))
    blocks = drawn(Card(t("List"), items=items))
    assert len(buttons(blocks)) == 20
    assert "more." not in read_out(blocks)


# -- what the one who acted is told ------------------------------------------------------------------------------------


def test_a_sentence_is_told_as_it_is() -> None:
    told = said(t("Your vote: {choice}", choice="*Soup* :tada:"), "d", "s", READER)
    assert told["blocks"][0]["elements"][0]["elements"] == [{"type": "text", "text": "Your vote: *Soup* :tada:"}]
    assert told["text"] == "Your vote: ∗Soup∗ :\u2060tada:"


def test_what_is_wrong_is_told_line_by_line() -> None:
    told = said(Wrong((("a", t("Choose one.")), ("b", t("Too long.")))), "d", "s", READER)
    assert read_out(told["blocks"]) == "Choose one.\n\n\nToo long."
    assert said(Wrong(()), "d", "s", READER)["text"] == "Something was not right."


def test_a_card_is_told_as_to_one_person() -> None:
    assert buttons(said(Card(t("Hi"), buttons=(CLOSE,)), "d", "s", READER)["blocks"]) == ["Close the poll"]


# -- what a button carries ---------------------------------------------------------------------------------------------


parts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)


@given(st.builds(Press, parts, parts, parts, parts))
def test_a_press_comes_back_as_it_was(press: Press) -> None:
    assert read_press(press_value(press)) == press


@pytest.mark.parametrize(
    "value",
    [
        *("", "null", "[]", "{}", '["a","b","c"]', '["a","b","c","d","e"]', '["a","b","c",1]', '["a","b","c",null]'),
        *('["a", "b","c","d"]', '["\\u0061","b","c","d"]', '["\\ud800","b","c","d"]', '["\\u0000","b","c","d"]'),
        *("[" * 2000, "[" * 90_000, '["a","b","c","' + "d" * 2000 + '"]', "\ud800", '["\ud800","b","c","d"]', "NaN"),
        '{"dialog":"a","slot":"b","action":"c","value":"d"}',
    ],
)
def test_what_we_never_wrote_is_no_press(value: str) -> None:
    assert read_press(value) is None


@given(st.text() | st.text('[]",\\u00ad{}: ', max_size=30))
@example('["a","b","c","d"]')
def test_nothing_that_comes_in_breaks_the_reading(value: str) -> None:
    press = read_press(value)
    assert press is None or press_value(press) == value


# -- every card --------------------------------------------------------------------------------------------------------


def check(sent: Json) -> None:
    assert refused_message(sent, update=True) is None
    assert sdk_says(sent["blocks"]) == []
    assert length(sent["blocks"]) <= LETTERS
    check_dead(sent)
    check_ids(sent["blocks"])


@settings(deadline=None)
@given(hostile.cards, st.booleans(), st.sampled_from([READER, ROOM]))
def test_whatever_is_on_a_card_slack_takes_it_and_nothing_in_it_is_alive(
    card: Card, private: bool, reader: Reader
) -> None:
    check(message(card, "d" * 21, "board", reader, private=private))


wrongs = hostile.some(st.tuples(hostile.keys, hostile.texts), 20).map(Wrong)


@settings(deadline=None)
@given(st.one_of(hostile.texts, hostile.cards, wrongs))
def test_whatever_is_told_slack_takes_it_and_nothing_in_it_is_alive(reply: Reply) -> None:
    check(said(reply, "d" * 21, "board", READER))


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_every_example_of_every_kind_fits_in_full(kind: str) -> None:
    for example_ in EXAMPLES[kind]:
        stage = example_()
        reader = Reader({one: f"U{one.upper()}" for one in stage.names}, stage.names, lambda _: hostile.PAGE)
        for viewer in (None, *few(stage)):
            for dialog, slot, card in stage.cards(viewer):
                sent = message(card, dialog, slot, reader, private=viewer is not None)
                assert refused_message(sent, update=True) is None
                assert sdk_says(sent["blocks"]) == []
                pressed = [one for one in inside(sent["blocks"]) if "value" in one]
                submit = 1 if card.fields else 0
                wanted = [one for one in card.all_buttons() if one is not card.submit]
                assert len(pressed) == len(wanted) + submit, "a button is missing"
