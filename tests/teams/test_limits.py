"""Each limit of Teams is drawn exactly where Teams draws it: a row has one example on either side of it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from tests.teams import schema
from tests.teams.limits import ACTIVITY_SIZE, CARD_SIZE, check_activity, check_card, size
from tests.teams.rates import LOOKING, OF_A_TENANT, OLD_MEMBERS, WRITING, Rates, Window
from tests.teams.small_bot import attached, card, execute, poll, text

Thing = dict[str, Any]

ANN = "29:ann"


class Row(NamedTuple):
    """One limit: what it is called, the last number that is taken, and how an example of any number is made."""

    name: str
    limit: int
    make: Callable[[int], Any]


class Rule(NamedTuple):
    """What is not a number: one example that is taken and one that is not."""

    name: str
    accepted: Any
    refused: Any


def refreshed(users: Any, **other: Any) -> Thing:
    action = {"type": "Action.Execute", "verb": "refresh"} | other
    return card(text("x"), refresh={"action": action} | ({} if users is None else {"userIds": users}))


def field(kind: str = "Text", **more: Any) -> Thing:
    return card({"type": f"Input.{kind}", "id": "a", "label": "A"} | more)


def choices(*values: str, many: bool = False) -> Thing:
    return field("ChoiceSet", choices=[{"title": one, "value": one} for one in values], isMultiSelect=many)


def button(**more: Any) -> Thing:
    """A card with one button; what is given as None is left out."""
    whole = execute("Go", "go") | more
    return card(actions=({name: value for name, value in whole.items() if value is not None},))


def mention(words: str, tag: str = "<at>Ann</at>", who: str = ANN, name: str = "Ann") -> Thing:
    entity = {"type": "mention", "text": tag, "mentioned": {"id": who, "name": name}}
    return card(text(words), msteams={"entities": [entity]})


def submit(title: str) -> Thing:
    return {"type": "Action.Submit", "title": title}


def many_buttons(count: int) -> Thing:
    return card(actions=tuple(submit(f"B{number}") for number in range(count)))


def of_size(make: Callable[[str], Thing]) -> Callable[[int], Thing]:
    """An example of just so many bytes; each character of this text is two."""
    empty = size(make(""))
    return lambda bytes_: make("x" * ((bytes_ - empty) // 2))


GREETING = {"type": "message", "text": "Hi"}
CHART = {"type": "Chart.Donut", "title": "Votes", "data": [{"legend": "Yes", "value": 1}]}
PICTURE = {"type": "Image", "url": "https://x.example/a.png", "altText": "A"}
TWO = [text("x") | {"id": "a"}, text("y") | {"id": "b"}]
LINK = {"type": "Action.OpenUrl", "title": "Open", "url": "https://x.example"}
SEVEN = card(actions=(*(submit(f"B{number}") for number in range(6)), submit("C") | {"mode": "secondary"}))

CARD_ROWS = (
    Row("bytes in UTF-16", CARD_SIZE, of_size(lambda words: card(text(words)))),
    Row("people who refresh", 60, lambda count: refreshed([f"29:{number}" for number in range(count)])),
    Row("buttons in a row", 6, many_buttons),
)
CARD_RULES = (
    Rule("type", card(), {"type": "ThumbnailCard"}),
    Rule("version", card(), card(version="1.6")),
    Rule("version is said", card(), {"type": "AdaptiveCard", "body": []}),
    Rule("refresh names nobody", refreshed([]), refreshed("29:a")),
    Rule("refresh names everybody", refreshed(None), refreshed(None, verb="")),
    Rule("refresh by 29: ids", refreshed(["29:a"]), refreshed(["ann@acme.example"])),
    Rule("refresh names nobody twice", refreshed(["29:a", "29:b"]), refreshed(["29:a", "29:a"])),
    Rule("refresh executes", refreshed([]), refreshed([], type="Action.Submit")),
    Rule("a verb", button(), button(verb=None)),
    Rule("a fallback", button(), button(fallback=None)),
    Rule("a fallback that submits", button(), button(fallback="drop")),
    Rule("a fallback of the same name", button(), button(fallback=submit("Other"))),
    Rule("a title", button(), button(title="", fallback=submit(""))),
    Rule("data", button(data={"a": 1}), button(data="a")),
    Rule("execute in an ActionSet", card(actions=(execute("Go", "go"),)), card() | {"actions": [execute("Go", "go")]}),
    Rule("submit outside of one", card() | {"actions": [submit("Go")]}, card() | {"actions": [submit("")]}),
    Rule("further buttons are secondary", SEVEN, many_buttons(7)),
    Rule("an address", card(actions=(LINK,)), card(actions=(LINK | {"url": "javascript:x"},))),
    Rule("a picture", card(PICTURE), card(PICTURE | {"url": "http://x.example/a.png"})),
    Rule("a picture in words", card(PICTURE), card(PICTURE | {"altText": ""})),
    Rule("ids", card(*TWO), card(*TWO, text("z") | {"id": "a"})),
    Rule("an input's id", field(), field(id="")),
    Rule("an input's label", field(), field(label="")),
    Rule("required", field(isRequired=True, errorMessage="Say it."), field(isRequired=True)),
    Rule("choices", choices("a", "b"), choices()),
    Rule("choices differ", choices("a", "b"), choices("a", "a")),
    Rule("a comma in one of many", choices("a,b"), choices("a,b", many=True)),
    Rule("a toggle's title is its label", field("Toggle", title="T", label=""), field("Toggle", title="", label="")),
    Rule("a mention", mention("Hi <at>Ann</at>"), mention("Hi Ann")),
    Rule("a mention's tag", mention("Hi <at>Ann</at>"), mention("Hi @Ann", "@Ann")),
    Rule("a mention's member", mention("<at>Ann</at>"), mention("<at>Ann</at>", who="29:eve")),
    Rule("a mention's name", mention("<at>Ann</at>"), mention("<at>Ann</at>", name="")),
    Rule("full width", card(msteams={"width": "Full"}), card(msteams={"width": "Wide"})),
    Rule("what msteams says", card(msteams={"entities": []}), card(msteams={"colour": "red"})),
    Rule("a chart", card(CHART | {"fallback": text("Yes 1")}), card(CHART)),
)
BY_SCHEMA = (
    Rule("an element", card(text("x")), card({"type": "TextBox", "text": "x"})),
    Rule("a property", card(text("x")), card(text("x") | {"colour": "red"})),
    Rule("a value", card(text("x") | {"weight": "bolder"}), card(text("x") | {"wrap": "yes"})),
    Rule("a style", button(style="positive"), button(style="loud")),
    Rule("what is required", card(text("x")), card({"type": "TextBlock"})),
    Rule("facts", card({"type": "FactSet", "facts": [{"title": "a", "value": "b"}]}), card({"type": "FactSet"})),
    Rule("a fallback of a chart", card(CHART | {"fallback": text("x")}), card(CHART | {"fallback": {"type": "Text"}})),
    Rule("of 1.6", card(text("x")), card(text("x") | {"targetWidth": "narrow"})),
)
ACTIVITY_RULES = (
    Rule("text", GREETING, GREETING | {"text": 5}),
    Rule("something", GREETING, {"type": "message"}),
    Rule("something visible", attached(card(text("x"))), GREETING | {"text": " "}),
    Rule("type", {"type": "typing"}, {"type": "event", "name": "x"}),
    Rule("names", GREETING | {"replyToId": "1"}, GREETING | {"replytoid": "1"}),
    Rule("format", GREETING | {"textFormat": "plain"}, GREETING | {"textFormat": "html"}),
    Rule("layout", GREETING | {"attachmentLayout": "carousel"}, GREETING | {"attachmentLayout": "grid"}),
    Rule("attachments", attached(card()), GREETING | {"attachments": [{"contentType": "image/png"}]}),
    Rule("many attachments", attached(card()), GREETING | {"attachments": card()}),
    Rule("a card inside", attached(poll("x")), attached(poll("x") | {"version": "1.4"})),
    Rule("summary", GREETING | {"summary": "x" * 2048}, GREETING | {"summary": "x" * 2049}),
    Rule(
        "a mention",
        {"type": "message", "text": "<at>Ann</at>", "entities": mention("")["msteams"]["entities"]},
        {"type": "message", "text": "Ann", "entities": mention("")["msteams"]["entities"]},
    ),
    Rule("an object", GREETING, [GREETING]),
)


def is_member(name: str) -> bool:
    return name == ANN


def by_name(case: Row | Rule) -> str:
    return case.name


@pytest.mark.parametrize("row", CARD_ROWS, ids=by_name)
def test_a_card_may_have_so_many_and_no_more(row: Row) -> None:
    assert check_card(row.make(row.limit)) == []
    assert len(check_card(row.make(row.limit + 2 if row.limit > 1000 else row.limit + 1))) == 1


@pytest.mark.parametrize("rule", CARD_RULES, ids=by_name)
def test_a_card_is_taken_or_refused(rule: Rule) -> None:
    assert check_card(rule.accepted, is_member) == []
    assert check_card(rule.refused, is_member)


@pytest.mark.skipif(not schema.AT_HAND, reason="the official schema is not at hand")
@pytest.mark.parametrize("rule", BY_SCHEMA, ids=by_name)
def test_the_official_schema_has_its_say(rule: Rule) -> None:
    assert check_card(rule.accepted, is_member) == []
    assert len(check_card(rule.refused, is_member)) == 1


@pytest.mark.parametrize("rule", ACTIVITY_RULES, ids=by_name)
def test_an_activity_is_taken_or_refused(rule: Rule) -> None:
    assert check_activity(rule.accepted, is_member) == []
    assert check_activity(rule.refused, is_member)


def test_sizes_are_told_in_utf_16() -> None:
    assert size("é") == size("x") == 6
    assert size("😀") == 8
    assert ACTIVITY_SIZE == 102_400


def test_checking_a_card_is_quick_enough_for_a_story() -> None:
    check_card(poll("x"))
    began = time.perf_counter()
    for _ in range(10):
        check_card(poll("x"))

    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("windows", [WRITING, LOOKING, OLD_MEMBERS, OF_A_TENANT])
def test_each_window_holds_so_many_calls(windows: tuple[Window, ...]) -> None:
    for window in windows:
        seconds, most = window
        rates, now = Rates(), datetime(2026, 11, 24, tzinfo=UTC)
        taken = [rates.wait(now + timedelta(milliseconds=turn), [("a", (window,))]) for turn in range(most)]
        full = rates.wait(now + timedelta(milliseconds=most), [("a", (window,))])
        other = rates.wait(now + timedelta(milliseconds=most), [("b", (window,))])
        free = rates.wait(now + timedelta(seconds=seconds), [("a", (window,))])

        assert taken == [0] * most
        assert 0 < full <= seconds
        assert (other, free) == (0, 0)


def test_the_numbers_are_those_of_the_documentation() -> None:
    assert WRITING == ((1, 7), (2, 8), (30, 60), (3600, 1800))
    assert LOOKING == ((1, 14), (2, 16), (30, 120), (3600, 3600))
