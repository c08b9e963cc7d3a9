"""What must hold of several entries of one thing at once."""

from collections.abc import Iterator

from tests.slack.checks import MRKDWN, Check, Problem, Thing


def _section(value: Thing, at: str) -> Iterator[Problem]:
    if "text" not in value and "fields" not in value:
        yield Problem("missing required field: text or fields", at)


def _picture(value: Thing, at: str) -> Iterator[Problem]:
    if ("image_url" in value) == ("slack_file" in value):
        yield Problem("exactly one of image_url and slack_file is required", at)


def _file(value: Thing, at: str) -> Iterator[Problem]:
    if ("id" in value) == ("url" in value):
        yield Problem("exactly one of id and url is required", at)


def _options(value: Thing, at: str) -> Iterator[Problem]:
    if value["type"].endswith("static_select") and ("options" in value) == ("option_groups" in value):
        yield Problem("exactly one of options and option_groups is required", at)
        return
    groups = value.get("option_groups", ())
    offered = value.get("options") or [option for group in groups for option in group.get("options", ())]
    values = [option.get("value") for option in offered if isinstance(option, dict)]
    if len(values) != len(set(values)):
        yield Problem("option values must be unique", f"{at}/options")
    chosen = value.get("initial_options", [value["initial_option"]] if "initial_option" in value else [])
    if any(option not in offered for option in chosen):
        yield Problem("initial option must be one of the options", at)
    if value["type"].endswith("select"):
        for place, option in enumerate(offered):
            if isinstance(option, dict) and option.get("text", {}).get("type") == MRKDWN:
                yield Problem("unsupported type: mrkdwn", f"{at}/options/{place}/text/type")


def _lengths(value: Thing, at: str) -> Iterator[Problem]:
    if value.get("min_length", 0) > value.get("max_length", 3000):
        yield Problem("min_length must not be more than max_length", at)


def _choosing(value: Thing, at: str) -> Iterator[Problem]:
    if (
        len([name for name in ("include", "exclude_external_shared_channels", "exclude_bot_users") if name in value])
        < 1
    ):
        yield Problem("a filter must filter something", at)


def _rows(value: Thing, at: str) -> Iterator[Problem]:
    rows = value.get("rows") or [[]]
    if value["type"] == "data_table":
        if len({len(row) for row in rows if isinstance(row, list)}) != 1:
            yield Problem("every row must have as many cells as the first", f"{at}/rows")
        if any(isinstance(cell, dict) and cell.get("type") == "rich_text" for cell in rows[0]):
            yield Problem("unsupported type: rich_text", f"{at}/rows/0")


def _segments(value: Thing, at: str) -> Iterator[Problem]:
    for place, segment in enumerate(value.get("segments") or ()):
        if isinstance(segment.get("value"), int | float) and segment["value"] <= 0:
            yield Problem("must be greater than 0", f"{at}/segments/{place}/value")


def _series(value: Thing, at: str) -> Iterator[Problem]:
    series, axis = value.get("series") or (), value.get("axis_config") or {}
    if len({one.get("name") for one in series}) != len(series):
        yield Problem("series names must be unique", f"{at}/series")
    for place, one in enumerate(series):
        if [point.get("label") for point in one.get("data") or ()] != axis.get("categories"):
            yield Problem("one point per category is required", f"{at}/series/{place}/data")


RULES: dict[str, Check] = {
    "section": _section,
    "image": _picture,
    "slack_file": _file,
    "checkboxes": _options,
    "radio_buttons": _options,
    "static_select": _options,
    "multi_static_select": _options,
    "plain_text_input": _lengths,
    "filter": _choosing,
    "table": _rows,
    "data_table": _rows,
    "pie": _segments,
    "bar": _series,
    "line": _series,
    "area": _series,
}
