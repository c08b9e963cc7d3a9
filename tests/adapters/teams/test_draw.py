"""Cards as Adaptive Cards."""

from __future__ import annotations

from typing import Any

from adapters.teams.blocks import counted, length
from adapters.teams.draw import CARD, TOAST, message, said, text_message
from adapters.teams.text import Reader
from dialogs.card import Bar, Button, Card, Fact, Item, Link, When, Who, Wrong, quote, t
from tests.adapters.slack.hostile import NOON, PAGE, inside
from tests.adapters.teams.looking import MANY, READER, ROOM, WHOLE, drawn, pressing, titles, words
from tests.teams.cards import elements

CLOSE = Button("close", t("Close the poll"), lead=True)
END = Button("end", t("End the session"), confirm=t("End the session for everybody?"))


def poll(*labels: str, count: int = 3, total: int = 8, **more: Any) -> Card:
    found = tuple(Bar(quote(one), count, total, Button("vote", quote(one), f"c{n}")) for n, one in enumerate(labels))
    return Card(quote("Lunch?"), bars=found, footer=t("8 votes so far."), **more)


# -- what it looks like ------------------------------------------------------------------------------------------------


def test_a_poll_is_a_question_and_each_choice_a_button_beside_its_number() -> None:
    body = drawn(poll("Soup", "Pizza"))["body"]
    assert [one["type"] for one in body] == ["TextBlock", "ColumnSet", "ColumnSet", "RichTextBlock"]
    assert (body[0]["text"], body[0]["style"]) == ("Lunch?", "heading")
    button, numbers = body[1]["columns"]
    assert button["items"][0]["type"] == "ActionSet"
    assert words(numbers) == "3 of 8 · 38 %\n■■■■□□□□□□"
    assert titles(drawn(poll("Soup", "Pizza"))) == ["Soup", "Pizza"]


def test_a_press_carries_what_it_is_and_an_old_client_sends_the_same() -> None:
    pressed = pressing(drawn(poll("Soup")))["Soup"]
    data = {"d": "d", "s": "board", "a": "vote", "v": "c0"}
    assert pressed == {
        "type": "Action.Execute",
        "verb": "press",
        "title": "Soup",
        "data": data,
        "associatedInputs": "none",
        "fallback": {"type": "Action.Submit", "title": "Soup", "data": data, "associatedInputs": "none"},
    }


def test_a_choice_longer_than_its_button_stands_above_it_in_full() -> None:
    long = "The one with the mushrooms, which Ben says he does not like"
    shown = drawn(poll(long, "Soup"))
    assert words(shown["body"][1]).splitlines()[0] == long
    assert words(shown["body"][2]).splitlines()[0] == "3 of 8 · 38 %", "a short one is on its button alone"


def test_a_closed_poll_names_its_choices() -> None:
    closed = Card(quote("Lunch?"), bars=(Bar(quote("Soup"), 1, 1),), footer=t("Closed. 1 vote."), tone="closed")
    assert words(drawn(closed)) == "Lunch?\nSoup\n1 of 1 · 100 %\n■■■■■■■■■■\nClosed. 1 vote."
    assert words(drawn(Card(t("Ready"), tone="done"))) == "Ready\n✅ Done"


def test_a_vote_moves_no_button() -> None:
    assert counted(Bar(t("x"), 0, 0)) == ("No votes", "□" * 10)
    assert counted(Bar(t("x"), 1, 40)) == ("1 of 40 · 2 %", "■" + "□" * 9)
    assert [len(counted(Bar(t("x"), n, 5))[1]) for n in (-1, 0, 3, 5, 9)] == [10] * 5


def test_what_is_for_facilitators_is_behind_one_button_where_all_read_it() -> None:
    shown = drawn(poll("Soup", buttons=(CLOSE, Button("here", t("I'm here")))))
    opened = next(one for one in inside(shown) if one.get("type") == "Action.ShowCard")
    assert opened["title"] == "For facilitators"
    assert titles(opened["card"]) == ["Close the poll"]
    assert titles(shown)[:3] == ["Soup", "I'm here", "For facilitators"]
    private = drawn(poll("Soup", buttons=(CLOSE,)), private=True)
    assert titles(private) == ["Soup", "Close the poll"]


def test_a_button_that_asks_first_opens_its_question() -> None:
    shown = drawn(Card(t("Session"), buttons=(END,)), private=True)
    opened = next(one for one in inside(shown) if one.get("type") == "Action.ShowCard")
    assert opened["title"] == "End the session …"
    assert words(opened["card"]) == "End the session for everybody?"
    assert titles(opened["card"]) == ["End the session"]
    assert list(pressing(shown)) == ["End the session"]


def test_for_facilitators_the_question_stands_above_its_button_at_once() -> None:
    end = Button("end", t("End"), confirm=t("End it?"), lead=True)
    opened = [one for one in inside(drawn(Card(t("S"), buttons=(end,)))) if one.get("type") == "Action.ShowCard"]
    assert [one["title"] for one in opened] == ["For facilitators"]
    assert words(opened[0]["card"]) == "End it?"


def test_ones_own_choice_is_marked_for_oneself_only() -> None:
    mine = Card(t("Hi"), buttons=(Button("here", t("I'm here"), pressed=True),))
    assert titles(drawn(mine, private=True)) == ["✓ I'm here"]
    assert titles(drawn(mine)) == ["I'm here"]


def test_rows_of_buttons_are_short() -> None:
    many = tuple(Button("go", quote(f"Go {n}"), f"{n}") for n in range(20))
    rows = [one["actions"] for one in inside(drawn(Card(t("x"), buttons=many))) if one.get("type") == "ActionSet"]
    assert [len(row) for row in rows] == [3, 3, 3, 3, 3, 3, 2]
    long = tuple(Button("go", quote("A button with many words"), f"{n}") for n in range(2))
    rows = [one["actions"] for one in inside(drawn(Card(t("x"), buttons=long))) if one.get("type") == "ActionSet"]
    assert [len(row) for row in rows] == [1, 1]


def test_styles_are_those_of_teams() -> None:
    buttons = tuple(Button(one, quote(one), style=one) for one in ("plain", "primary", "danger"))
    found = pressing(drawn(Card(t("x"), buttons=buttons)))
    assert [one.get("style") for one in found.values()] == [None, "positive", "destructive"]


def test_a_title_that_markdown_would_change_is_shown_letter_by_letter() -> None:
    title = drawn(Card(quote("What does *args do?")))["body"][0]
    assert title["inlines"][0] == {
        "type": "TextRun", "text": "What does *args do?", "size": "Large", "weight": "Bolder",
    }  # fmt: skip


def test_a_mention_has_its_entity_and_no_other() -> None:
    shown = drawn(Card(t("{who} needs help", who=Who("ann")), text=(t("{who}", who=Who("bob")),)))
    assert shown["body"][0]["text"] == "<at>Ann</at> needs help"
    assert shown["msteams"]["entities"] == [
        {"type": "mention", "text": "<at>Ann</at>", "mentioned": {"id": "29:ann", "name": "Ann"}}
    ]
    assert "entities" not in drawn(Card(t("{who}", who=Who("eve")))).get("msteams", {})


def test_only_its_reader_gets_a_link() -> None:
    desk = Card(t("Desk"), text=(t("{l}", l=Link("people", "s", t("people and links"))),))
    assert words(drawn(desk)) == f"Desk\n\u2060[people and links]({PAGE})"
    assert words(drawn(desk, reader=ROOM)) == "Desk\npeople and links"


def test_a_state_is_said_in_words() -> None:
    ready = Item(quote("Headset"), "done", (Button("untick", t("Undo"), "i"),))
    asked = Item(quote("Account"), "help", (Button("tick", t("Tick"), "j"), Button("untick", t("No help"), "j")))
    shown = drawn(Card(t("List"), items=(ready, asked), tone="flag"))
    assert words(shown) == "List\n🔔 Needs your attention\n✅ Done: Headset\n🙋 Help asked: Account"
    assert titles(shown) == ["Undo", "Tick", "No help"]


def test_facts_are_lines_and_long_labels_have_their_value_below() -> None:
    facts = (
        Fact(t("When"), t("now")),
        Fact(quote("Why did you come to this session today?"), t("Cake")),
        Fact(t("People"), t("{l}", l=Link("people", "s", t("links")))),
    )
    shown = drawn(Card(t("Desk"), facts=facts))
    assert words(shown).splitlines()[1:] == [
        *("When: now", "Why did you come to this session today?", "Cake", f"People: \u2060[links]({PAGE})"),
    ]


def test_what_begins_at_the_right_is_drawn_from_there() -> None:
    shown = drawn(Card(quote("שלום"), text=(quote("Hello"),), bars=(Bar(quote("نعم"), 1, 2),)))
    turned = [words(one) for one in elements(shown) if one.get("rtl")]
    assert turned == ["שלום", "نعم\n1 of 2 · 50 %\n■■■■■□□□□□"]


def test_answers_are_asked_for_beneath() -> None:
    assert "To answer here, reply to this message." in words(drawn(Card(t("Why?"), answers=True)))


def test_boards_have_the_whole_width() -> None:
    assert drawn(poll("Soup"))["msteams"] == {"width": "Full"}
    assert "msteams" not in drawn(Card(t("Hi")))


def test_a_notification_says_what_matters() -> None:
    assert message(poll("Soup", "<at>x</at>"), "d", "s", READER)["summary"] == "Lunch? – Soup, <\u2060at>x<\u2060/at>"
    opening = Card(t("Class"), text=(t("By the end you can do this:"),), facts=(Fact(t("One"), t("Count")),))
    assert message(opening, "d", "s", READER)["summary"] == "Class – By the end you can do this: Count"
    desk = Card(quote("*D*"), facts=(Fact(t("When"), t("{at}", at=When(NOON))),))
    sent = message(desk, "d", "s", READER)
    assert sent["summary"] == "*D* – When: Tue 24 Nov, 12:00 UTC"
    assert sent["attachments"][0]["content"]["fallbackText"] == "∗D∗ – When: Tue 24 Nov, 12:00 UTC"


def test_own_views_are_fetched_by_those_who_have_one() -> None:
    shown = drawn(poll("Soup"), refresh=[*MANY, MANY[0], "aad"])
    action = {"type": "Action.Execute", "verb": "refresh", "data": {"d": "d", "s": "board"}}
    assert shown["refresh"] == {"action": action, "userIds": MANY[:60]}
    assert "refresh" not in drawn(poll("Soup"))


# -- what the one who acted is told ------------------------------------------------------------------------------------


def test_a_sentence_is_told_as_it_is() -> None:
    told = said(t("Your vote: {choice}", choice="*Soup*"), "d", "s", READER)
    assert told == {"statusCode": 200, "type": TOAST, "value": "Your vote: *Soup*"}
    assert said(Wrong((("a", t("One.")), ("b", t("Two.")))), "d", "s", READER)["value"] == "One.\nTwo."
    assert said(Wrong(()), "d", "s", READER)["value"] == "Something was not right."


def test_a_card_is_told_as_to_one_person() -> None:
    told = said(Card(t("Hi"), buttons=(CLOSE,)), "d", "s", READER)
    assert (told["statusCode"], told["type"]) == (200, CARD)
    assert titles(told["value"]) == ["Close the poll"]


def test_a_command_is_answered_in_plain_text_or_by_a_card() -> None:
    told = text_message(t("{who} has *{n}* votes", who=Who("ann"), n=3), READER)
    assert (told["text"], told["textFormat"]) == ("<at>Ann</at> has *3* votes", "plain")
    assert [one["mentioned"]["id"] for one in told["entities"]] == ["29:ann"]
    assert "entities" not in text_message(t("Yes"), READER)
    sent = text_message(Card(t("Hi"), buttons=(CLOSE,)), READER, dialog="d", slot="s")
    assert pressing(sent["attachments"][0]["content"])["Close the poll"]["data"]["d"] == "d"


# -- what is too much --------------------------------------------------------------------------------------------------


def test_long_texts_are_shortened_before_anything_is_left_out() -> None:
    items = tuple(Item(quote("x" * 2500), "open", (Button("tick", t("Tick"), f"{n}"),)) for n in range(20))
    shown = message(Card(t("List"), items=items), "d", "s", READER)
    assert titles(shown["attachments"][0]["content"]) == ["Tick"] * 20
    assert "more." not in words(shown["attachments"][0]["content"])
    assert 2 * length(shown) <= WHOLE


def test_too_many_things_are_cut_with_a_word_on_the_rest() -> None:
    buttons = (Button("tick", t("Tick"), "v"), Button("help", t("Help"), "v"))
    items = tuple(Item(quote(f"Item {n}"), "open", buttons) for n in range(120))
    shown = drawn(Card(t("List"), items=items, footer=t("120 items are open.")), refresh=MANY)
    left = 120 - titles(shown).count("Tick")
    assert 0 < left < 100
    assert words(shown).splitlines()[-2:] == [
        f"{left} more. The session's web page has all of them.",
        "120 items are open.",
    ]
    assert 2 * length(shown) <= WHOLE


def test_a_board_of_sixty_people_fits_in_full() -> None:
    people = {f"p{n}": "29:" + f"{n:03}" * 30 for n in range(60)}
    reader = Reader(people, {one: f"Anneliese Longname {one}" for one in people})
    facts = tuple(Fact(t("Person"), t("{who}: open items {n}", who=Who(one), n=3)) for one in people)
    shown = message(Card(t("Ready"), facts=facts), "d", "s", reader, refresh=list(people.values()))
    assert len(shown["attachments"][0]["content"]["msteams"]["entities"]) == 60
    assert 2 * length(shown) <= WHOLE
