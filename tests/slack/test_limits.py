"""Each limit of Slack is drawn exactly where Slack draws it: a row has one example on either side of it."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from tests.slack.checks import TABLE, Thing
from tests.slack.limits import (
    check_blocks,
    check_view,
    refused_message,
    refused_metadata,
    refused_view,
    sdk_says,
)


class Row(NamedTuple):
    """One limit: what it is called, the last number that is taken, and how an example of any number is made."""

    name: str
    limit: int
    make: Callable[[int], Any]
    where: str = "message"
    step: int = 1  # -1 where the number is the least that is taken


class Rule(NamedTuple):
    """What is not a number: one example that is taken and one that is not."""

    name: str
    accepted: Any
    refused: Any
    where: str = "message"


def plain(words: str = "x") -> Thing:
    return {"type": "plain_text", "text": words}


def marked(words: str = "x") -> Thing:
    return {"type": "mrkdwn", "text": words}


def section(**more: Any) -> Thing:
    return {"type": "section", "text": plain()} | more


def beside(**element: Any) -> list[Thing]:
    return [section(accessory=element)]


def button(**more: Any) -> Thing:
    return {"type": "button", "text": plain()} | more


def actions(*elements: Thing) -> list[Thing]:
    return [{"type": "actions", "elements": list(elements)}]


def confirm(**more: Any) -> list[Thing]:
    asked = {"title": plain(), "text": plain(), "confirm": plain(), "deny": plain()} | more
    return actions(button(confirm=asked))


def options(count: int, **more: Any) -> list[Thing]:
    return [{"text": plain(), "value": str(place)} | more for place in range(count)]


def entry(**element: Any) -> list[Thing]:
    return [{"type": "input", "label": plain(), "element": element}]


def modal(*blocks: Thing, **more: Any) -> Thing:
    return {"type": "modal", "title": plain(), "submit": plain(), "blocks": list(blocks)} | more


def rich(*elements: Thing, kind: str = "rich_text_section") -> list[Thing]:
    return [{"type": "rich_text", "elements": [{"type": kind, "elements": list(elements)}]}]


def table(rows: int, cells: int, words: str = "x", **more: Any) -> Thing:
    row = [{"type": "raw_text", "text": words}] * cells
    return {"type": "table", "rows": [row] * rows} | more


def data_table(rows: int, cells: int = 1, **more: Any) -> Thing:
    return table(rows, cells, type="data_table", caption="x") | more


def pie(segments: int = 1, label: str = "x", value: float = 1, **more: Any) -> Thing:
    chart = {"type": "pie", "segments": [{"label": label, "value": value}] * segments}
    return {"type": "data_visualization", "title": "x", "chart": chart} | more


def bars(series: int = 1, name: str = "", points: int = 1, label: str = "", **axis: Any) -> Thing:
    categories = [label or str(place) for place in range(points)]
    data = [{"label": category, "value": 0} for category in categories]
    rows = [{"name": name or str(place), "data": data} for place in range(series)]
    chart = {"type": "bar", "series": rows, "axis_config": {"categories": categories} | axis}
    return {"type": "data_visualization", "title": "x", "chart": chart}


def card(**more: Any) -> Thing:
    return {"type": "card", "title": plain()} | more


def image(**more: Any) -> Thing:
    return {"type": "image", "alt_text": "x", "image_url": "https://x"} | more


def video(**more: Any) -> Thing:
    needed = {"alt_text": "x", "title": plain(), "thumbnail_url": "https://x", "video_url": "https://x"}
    return {"type": "video"} | needed | more


def container(**more: Any) -> list[Thing]:
    return [{"type": "container", "title": plain(), "child_blocks": [section()]} | more]


ROWS = (
    Row("blocks of a message", 50, lambda n: [section()] * n),
    Row("blocks of a modal", 100, lambda n: modal(*[section()] * n), "view"),
    Row("blocks of a Home tab", 100, lambda n: {"type": "home", "blocks": [section()] * n}, "view"),
    Row("block_id", 255, lambda n: [section(block_id="x" * n)]),
    Row("section text", 3000, lambda n: [section(text=marked("x" * n))]),
    Row("section text, least", 1, lambda n: [section(text=marked("x" * n))], step=-1),
    Row("section fields", 10, lambda n: [section(fields=[plain()] * n)]),
    Row("section fields, least", 1, lambda n: [section(fields=[plain()] * n)], step=-1),
    Row("section field", 2000, lambda n: [section(fields=[marked("x" * n)])]),
    Row("header", 150, lambda n: [{"type": "header", "text": plain("x" * n)}]),
    Row("context elements", 10, lambda n: [{"type": "context", "elements": [marked()] * n}]),
    Row("context text", 3000, lambda n: [{"type": "context", "elements": [plain("x" * n)]}]),
    Row("actions", 25, lambda n: actions(*[button()] * n)),
    Row("actions, least", 1, lambda n: actions(*[button()] * n), step=-1),
    Row("action_id", 255, lambda n: actions(button(action_id="x" * n))),
    Row("button text", 75, lambda n: actions(button(text=plain("x" * n)))),
    Row("button value", 2000, lambda n: actions(button(value="x" * n))),
    Row("button url", 3000, lambda n: actions(button(url="x" * n))),
    Row("button accessibility_label", 75, lambda n: actions(button(accessibility_label="x" * n))),
    Row("confirm title", 100, lambda n: confirm(title=plain("x" * n))),
    Row("confirm text", 300, lambda n: confirm(text=marked("x" * n))),
    Row("confirm button", 30, lambda n: confirm(confirm=plain("x" * n))),
    Row("deny button", 30, lambda n: confirm(deny=plain("x" * n))),
    Row("overflow options", 5, lambda n: beside(type="overflow", options=options(n))),
    Row("overflow options, least", 1, lambda n: beside(type="overflow", options=options(n)), step=-1),
    Row("option text", 75, lambda n: beside(type="overflow", options=options(1, text=plain("x" * n)))),
    Row("option value", 150, lambda n: beside(type="overflow", options=options(1, value="x" * n))),
    Row("option description", 75, lambda n: beside(type="checkboxes", options=options(1, description=plain("x" * n)))),
    Row("checkboxes", 10, lambda n: beside(type="checkboxes", options=options(n))),
    Row("radio buttons", 10, lambda n: beside(type="radio_buttons", options=options(n))),
    Row("select options", 100, lambda n: beside(type="static_select", options=options(n))),
    Row("multi-select options", 100, lambda n: beside(type="multi_static_select", options=options(n))),
    Row(
        "option groups",
        100,
        lambda n: beside(
            type="static_select",
            option_groups=[{"label": plain(), "options": options(1, value=str(place))} for place in range(n)],
        ),
    ),
    Row(
        "options of a group",
        100,
        lambda n: beside(type="static_select", option_groups=[{"label": plain(), "options": options(n)}]),
    ),
    Row(
        "label of a group",
        75,
        lambda n: beside(type="static_select", option_groups=[{"label": plain("x" * n), "options": options(1)}]),
    ),
    Row("placeholder", 150, lambda n: beside(type="users_select", placeholder=plain("x" * n))),
    Row("input label", 2000, lambda n: [entry(type="datepicker")[0] | {"label": plain("x" * n)}]),
    Row("input hint", 2000, lambda n: [entry(type="datepicker")[0] | {"hint": plain("x" * n)}]),
    Row("max_length of an input", 3000, lambda n: entry(type="plain_text_input", max_length=n)),
    Row("initial_value of an input", 3000, lambda n: entry(type="plain_text_input", initial_value="x" * n)),
    Row("image url", 3000, lambda n: [image(image_url="x" * n)]),
    Row("image alt_text", 2000, lambda n: [image(alt_text="x" * n)]),
    Row("image title", 2000, lambda n: [image(title=plain("x" * n))]),
    Row("video title", 199, lambda n: [video(title=plain("x" * n))]),
    Row("video author", 49, lambda n: [video(author_name="x" * n)]),
    Row("markdown text", 12_000, lambda n: [{"type": "markdown", "text": "x" * n}]),
    Row("markdown in all", 6_000, lambda n: [{"type": "markdown", "text": "x" * size} for size in (n, 6_000)]),
    Row("table rows", 100, lambda n: [table(n, 1)]),
    Row("table cells", 20, lambda n: [table(1, n)]),
    Row("characters of a table", 1_000, lambda n: [table(10, 1, "x" * n)]),
    Row("tables of a message", 1, lambda n: [table(1, 1)] * n),
    Row("data table rows", 101, lambda n: [data_table(n)]),
    Row("data table rows, least", 2, lambda n: [data_table(n)], step=-1),
    Row("data table columns", 20, lambda n: [data_table(2, n)]),
    Row("data table page", 100, lambda n: [data_table(2, page_size=n)]),
    Row("charts of a message", 2, lambda n: [pie()] * n),
    Row("chart title", 50, lambda n: [pie(title="x" * n)]),
    Row("pie segments", 6, lambda n: [pie(n)]),
    Row("pie label", 20, lambda n: [pie(label="x" * n)]),
    Row("chart series", 6, lambda n: [bars(n)]),
    Row("chart categories", 20, lambda n: [bars(points=n)]),
    Row("chart series name", 20, lambda n: [bars(name="x" * n)]),
    Row("chart category", 20, lambda n: [bars(label="x" * n)]),
    Row("chart axis label", 50, lambda n: [bars(x_label="x" * n)]),
    Row(
        "context_actions",
        5,
        lambda n: [{"type": "context_actions", "elements": [button(type="icon_button", icon="trash")] * n}],
    ),
    Row("card title", 150, lambda n: [card(title=plain("x" * n))]),
    Row("card subtitle", 150, lambda n: [card(subtitle=plain("x" * n))]),
    Row("card body", 200, lambda n: [card(body=plain("x" * n))]),
    Row("carousel", 10, lambda n: [{"type": "carousel", "elements": [card()] * n}]),
    Row("container blocks", 10, lambda n: container(child_blocks=[section()] * n)),
    Row("container title", 150, lambda n: container(title=plain("x" * n))),
    Row("container subtitle", 150, lambda n: container(subtitle=plain("x" * n))),
    Row("alert text", 3000, lambda n: [{"type": "alert", "text": plain("x" * n)}]),
    Row("overflow url", 3000, lambda n: beside(type="overflow", options=options(1, url="x" * n))),
    Row("min_length of an input", 3000, lambda n: entry(type="plain_text_input", min_length=n)),
    Row("external_id", 255, lambda n: modal(external_id="x" * n), "view"),
    Row("view title", 24, lambda n: modal(title=plain("x" * n)), "view"),
    Row("view submit", 24, lambda n: modal(submit=plain("x" * n)), "view"),
    Row("view close", 24, lambda n: modal(close=plain("x" * n)), "view"),
    Row("private_metadata", 3000, lambda n: modal(private_metadata="x" * n), "view"),
    Row("callback_id", 255, lambda n: modal(callback_id="x" * n), "view"),
    Row("text of an update", 4000, lambda n: {"text": "x" * n}, "update"),
    Row(
        "words of all blocks",
        2_000,
        lambda n: {"blocks": [section(text=plain("x" * size)) for size in (3_000,) * 3 + (n,)]},
        "post",
    ),
    Row("attachments", 100, lambda n: {"attachments": [{"text": "x"}] * n}, "post"),
    Row(
        "metadata",
        8192,
        lambda n: {"event_type": "x", "event_payload": {"x": "x" * (n - 47)}},
        "metadata",
    ),
)

RULES = (
    Rule("a block is known", [section()], [{"type": "sections"}]),
    Rule("a field is known", [section()], [section(colour="red")]),
    Rule("a block is an object", [section()], [None]),
    Rule("nothing is null", [section()], [section(accessory=None)]),
    Rule("a section says something", [{"type": "section", "fields": [plain()]}], [{"type": "section"}]),
    Rule("a header is plain", [{"type": "header", "text": plain()}], [{"type": "header", "text": marked()}]),
    Rule("a button is plain", actions(button()), actions(button(text=marked()))),
    Rule("a text is an object", [section(text=plain())], [section(text="x")]),
    Rule(
        "verbatim is for mrkdwn",
        [section(text=marked() | {"verbatim": True})],
        [section(text=plain() | {"verbatim": True})],
    ),
    Rule(
        "emoji is for plain text", [section(text=plain() | {"emoji": True})], [section(text=marked() | {"emoji": True})]
    ),
    Rule("a style is known", actions(button(style="primary")), actions(button(style="blue"))),
    Rule("an input stands in an input block", entry(type="plain_text_input"), actions({"type": "plain_text_input"})),
    Rule("a button stands in no input block", entry(type="datepicker"), entry(**button())),
    Rule(
        "several are chosen beside a section",
        beside(type="multi_users_select"),
        actions({"type": "multi_users_select"}),
    ),
    Rule(
        "context holds no buttons",
        [{"type": "context", "elements": [image()]}],
        [{"type": "context", "elements": [button()]}],
    ),
    Rule("a block_id is there once", [section(block_id="a"), section(block_id="b")], [section(block_id="a")] * 2),
    Rule(
        "an action_id is there once",
        actions(button(action_id="a"), button(action_id="b")),
        actions(*[button(action_id="a")] * 2),
    ),
    Rule(
        "an action_id may be in two blocks", actions(button(action_id="a")) * 2, actions(*[button(action_id="a")] * 2)
    ),
    Rule("an image has one source", [image()], [image(slack_file={"id": "F1"})]),
    Rule("an image has a description", [image()], [{"type": "image", "image_url": "https://x"}]),
    Rule(
        "a menu's option is plain",
        beside(type="overflow", options=options(1)),
        beside(type="overflow", options=options(1, text=marked())),
    ),
    Rule(
        "a select's option is plain",
        beside(type="static_select", options=options(1)),
        beside(type="static_select", options=options(1, text=marked())),
    ),
    Rule(
        "an option of radio buttons may be marked",
        beside(type="radio_buttons", options=options(1, text=marked())),
        beside(type="radio_buttons", options=[]),
    ),
    Rule(
        "options differ",
        beside(type="radio_buttons", options=options(2)),
        beside(type="radio_buttons", options=options(2, value="x")),
    ),
    Rule(
        "a select has options or groups", beside(type="static_select", options=options(1)), beside(type="static_select")
    ),
    Rule(
        "what is chosen is offered",
        beside(type="radio_buttons", options=options(2), initial_option=options(1)[0]),
        beside(type="radio_buttons", options=options(1), initial_option=options(2)[1]),
    ),
    Rule(
        "a confirm has both buttons",
        confirm(),
        actions(button(confirm={"title": plain(), "text": plain(), "confirm": plain()})),
    ),
    Rule(
        "min_length is not over max_length",
        entry(type="plain_text_input", min_length=2, max_length=2),
        entry(type="plain_text_input", min_length=3, max_length=2),
    ),
    Rule(
        "rich text is made of parts",
        rich({"type": "text", "text": "x"}),
        [{"type": "rich_text", "elements": [{"type": "text", "text": "x"}]}],
    ),
    Rule("a text of rich text is not empty", rich({"type": "text", "text": "x"}), rich({"type": "text", "text": ""})),
    Rule(
        "a person in rich text is an id", rich({"type": "user", "user_id": "U1"}), rich({"type": "user", "name": "Ann"})
    ),
    Rule(
        "a style of rich text is known",
        rich({"type": "text", "text": "x", "style": {"bold": True}}),
        rich({"type": "text", "text": "x", "style": {"big": True}}),
    ),
    Rule(
        "a list holds sections",
        [
            {
                "type": "rich_text",
                "elements": [
                    {
                        "type": "rich_text_list",
                        "style": "bullet",
                        "elements": [{"type": "rich_text_section", "elements": []}],
                    }
                ],
            }
        ],
        rich({"type": "text", "text": "x"}, kind="rich_text_list"),
    ),
    Rule(
        "preformatted holds no people",
        rich({"type": "text", "text": "x"}, kind="rich_text_preformatted"),
        rich({"type": "user", "user_id": "U1"}, kind="rich_text_preformatted"),
    ),
    Rule("a data table has a caption", [data_table(2)], [table(2, 1, type="data_table")]),
    Rule(
        "a data table is even",
        [data_table(2)],
        [data_table(2) | {"rows": [*table(1, 1)["rows"], *table(1, 2)["rows"]]}],
    ),
    Rule("a pie has something of each", [pie(value=0.5)], [pie(value=0)]),
    Rule("series differ in name", [bars(2)], [bars(2, name="x")]),
    Rule(
        "a level is known",
        [{"type": "alert", "text": plain(), "level": "info"}],
        [{"type": "alert", "text": plain(), "level": "loud"}],
    ),
    Rule("a container holds no inputs", container(), container(child_blocks=entry(type="datepicker"))),
    Rule("a modal has a title", modal(), {"type": "modal", "blocks": []}, "view"),
    Rule(
        "a Home tab has none", {"type": "home", "blocks": []}, {"type": "home", "blocks": [], "title": plain()}, "view"
    ),
    Rule(
        "a modal with inputs has a submit",
        modal(*entry(type="datepicker")),
        {"type": "modal", "title": plain(), "blocks": entry(type="datepicker")},
        "view",
    ),
    Rule(
        "a modal without inputs needs none",
        {"type": "modal", "title": plain(), "blocks": [section()]},
        {"type": "modal", "title": plain(), "blocks": entry(type="datepicker")},
        "view",
    ),
    Rule("a view has blocks", modal(), {"type": "modal", "title": plain()}, "view"),
    Rule("markdown is for messages", modal(section()), modal({"type": "markdown", "text": "x"}), "view"),
    Rule("charts are for messages", modal(section()), modal(pie()), "view"),
    Rule("tables are for messages", modal(section()), modal(table(1, 1)), "view"),
    Rule(
        "numbers are asked for in modals",
        modal(*entry(type="number_input", is_decimal_allowed=False)),
        {"type": "home", "blocks": entry(type="number_input", is_decimal_allowed=False)},
        "view",
    ),
    Rule("a message says something", {"text": "x"}, {"text": " "}, "post"),
    Rule("blocks need no text", {"blocks": [section()]}, {"blocks": []}, "post"),
    Rule("blocks are a list", {"blocks": [section()]}, {"blocks": section()}, "post"),
    Rule(
        "blocks of an attachment are checked",
        {"attachments": [{"blocks": [section()]}]},
        {"attachments": [{"blocks": [section(x=1)]}]},
        "post",
    ),
    Rule("metadata has a payload", {"event_type": "x", "event_payload": {}}, {"event_type": "x"}, "metadata"),
)

KNOWS = {
    "message": lambda value: check_blocks(value, "message"),
    "view": check_view,
    "update": lambda value: refused_message(value, update=True),
    "post": refused_message,
    "metadata": refused_metadata,
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_limit_is_where_it_is_said_to_be(row: Row) -> None:
    says = KNOWS[row.where]

    assert not says(row.make(row.limit))
    assert says(row.make(row.limit + row.step))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_has_an_example_on_either_side(rule: Rule) -> None:
    says = KNOWS[rule.where]

    assert not says(rule.accepted)
    assert says(rule.refused)


def test_a_problem_names_its_place() -> None:
    assert check_blocks([section(), *actions(button(text=plain("x" * 76)))], "message") == (
        "[ERROR] must be less than 76 characters [json-pointer:/blocks/1/elements/0/text/text]",
    )


def test_a_view_is_weighed_in_bytes() -> None:
    heavy = modal(*[section(text=plain("é" * 3000))] * 50)

    assert [refused_view(modal()), getattr(refused_view(heavy), "error", None)] == [None, "view_too_large"]


def kinds(value: Any) -> Iterator[str]:
    """Every type named in an example."""
    if isinstance(value, dict):
        if isinstance(value.get("type"), str):
            yield value["type"]
        for inner in value.values():
            yield from kinds(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from kinds(inner)


# Rows about what slack_sdk does not look at, or does not know.
UNKNOWN_TO_THE_SDK = {"data_table", "data_visualization"}


@pytest.mark.parametrize("row", [row for row in ROWS if row.where == "message"], ids=lambda row: row.name)
def test_the_sdk_accepts_what_is_accepted_here(row: Row) -> None:
    blocks = row.make(row.limit)
    if UNKNOWN_TO_THE_SDK.isdisjoint(kinds(blocks)):
        assert sdk_says(blocks) == []


def test_the_sdk_looks_at_less_than_this_does() -> None:
    deep = actions(button(text=plain("x" * 76)))

    assert sdk_says(deep) != [] or check_blocks(deep, "message")
    assert sdk_says([{"type": "header", "text": plain("x" * 151)}]) != []


def test_every_shape_is_known_by_a_name() -> None:
    assert {"section", "button", "rich_text", "modal", "home"} <= TABLE.keys()
