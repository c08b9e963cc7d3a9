"""What can be filled in: the inputs of a view or a message by their labels, as people know them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tests.slack.checks import Thing
from tests.slack.messages import View, elements

ONE = {
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
}
MANY = {
    "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "checkboxes": "selected_options",
}
INITIAL = {
    "selected_user": "initial_user",
    "selected_conversation": "initial_conversation",
    "selected_channel": "initial_channel",
    "selected_date": "initial_date",
    "selected_time": "initial_time",
    "selected_date_time": "initial_date_time",
    "selected_option": "initial_option",
}
REQUIRED = "Please complete this required field."


class Field(NamedTuple):
    """One thing to fill in, and the words that people know it by."""

    label: str
    block: Thing
    element: Thing


def fields(blocks: Sequence[Thing]) -> Iterator[Field]:
    """Everything with a value: inputs by their label, the others by their placeholder or the text beside them."""
    for block in blocks:
        for element in elements(block):
            if slot(element) is None:
                continue
            if block["type"] == "input":
                yield Field(block["label"]["text"], block, element)
            elif "placeholder" in element:
                yield Field(element["placeholder"]["text"], block, element)
            else:
                yield Field(block.get("text", {}).get("text", element["action_id"]), block, element)


def slot(element: Thing) -> str | None:
    """The name that this element's value has in a state."""
    kind = element["type"]
    if kind in ONE or kind in MANY:
        return ONE.get(kind) or MANY[kind]
    if kind == "rich_text_input":
        return "rich_text_value"
    if kind == "file_input":
        return "files"
    return "value" if kind.endswith("_input") else None


def initial(blocks: Sequence[Thing], before: dict[str, dict[str, Thing]] | None = None) -> dict[str, dict[str, Thing]]:
    """The state of these blocks; what was there before survives under the same block_id and action_id."""
    state: dict[str, dict[str, Thing]] = {}
    for _, block, element in fields(blocks):
        kind, name, where = element["type"], slot(element), state.setdefault(block["block_id"], {})
        assert name
        if name in INITIAL:
            value = element.get(INITIAL[name])
        else:
            value = element.get(name.replace("selected", "initial"), element.get("initial_value"))
            value = value if value is not None or kind not in MANY else []
        kept = (before or {}).get(block["block_id"], {}).get(element["action_id"])
        same = kept is not None and kept["type"] == kind
        where[element["action_id"]] = kept if kept and same else {"type": kind, name: _short(value)}
    return state


def entered(element: Thing, given: Any) -> Thing:
    """The state of an element after somebody has chosen or typed this."""
    kind, name = element["type"], slot(element)
    assert name
    if kind in MANY:
        found: Any = [_chosen(element, one) for one in given]
        assert len(found) <= element.get("max_selected_items", len(found)), "Slack lets nobody choose so many"
    elif kind in ONE:
        found = None if given is None else _chosen(element, given)
    else:
        found = str(given) if given not in {None, ""} else None
    return {"type": kind, name: found}


def shortcomings(view: View) -> dict[str, str]:
    """What Slack itself tells the person before it submits anything."""
    said = {}
    for label, block, element in fields(view.blocks):
        if block["type"] != "input":
            continue
        name = slot(element)
        value = view.values[block["block_id"]][element["action_id"]][name or ""]
        if value in {None, ""} if not isinstance(value, list | dict) else not value:
            if not block.get("optional"):
                said[label] = REQUIRED
        elif wrong := _wrong(element, value):
            said[label] = wrong
    return said


def _wrong(element: Thing, value: Any) -> str | None:
    match element["type"]:
        case "plain_text_input":
            low, high = element.get("min_length", 0), element.get("max_length", 3000)
            if len(value) < low:
                return f"Please enter at least {low} characters."
            return f"Please enter no more than {high} characters." if len(value) > high else None
        case "number_input":
            form = r"-?\d+(\.\d+)?" if element["is_decimal_allowed"] else r"-?\d+"
            if not re.fullmatch(form, value):
                return "Please enter a number."
            low, high = (float(element.get(name, value)) for name in ("min_value", "max_value"))
            return None if low <= float(value) <= high else "Please enter a number in the range."
        case "email_text_input":
            return None if re.fullmatch(r"\S+@\S+\.\S+", value) else "Please enter a valid email address."
        case "url_text_input":
            return None if re.match(r"https?://\S+", value) else "Please enter a valid URL."
    return None


def _chosen(element: Thing, given: Any) -> Any:
    """What a person has pointed at: an option by its label, a person, a channel, or plain words as of a date."""
    kind = element["type"]
    if kind.endswith(("static_select", "external_select")) or kind in {"checkboxes", "radio_buttons"}:
        groups = element.get("option_groups", ())
        offered = [*element.get("options", ()), *(one for group in groups for one in group["options"])]
        for option in offered:
            if option["text"]["text"] == given:
                return _short(option)
        raise AssertionError(f"{given!r} is not offered, but {[option['text']['text'] for option in offered]}")
    return getattr(given, "id", given)


def _short(value: Any) -> Any:
    """An option as it stands in a state."""
    if isinstance(value, list):
        return [_short(one) for one in value]
    return {name: value[name] for name in ("text", "value") if name in value} if isinstance(value, dict) else value


def pressable(blocks: Sequence[Thing], label: str) -> tuple[Thing, Thing, Thing | None]:
    """The block, the element, and for a menu the option that carries this label."""
    seen = []
    for block in blocks:
        for element in elements(block):
            for name, option in labels(element):
                if name == label:
                    return block, element, option
                seen.append(name)
    raise AssertionError(f"there is no button {label!r}, but {seen}")


def labels(element: Thing) -> Iterator[tuple[str, Thing | None]]:
    match element["type"]:
        case "button" | "icon_button" | "workflow_button":
            yield element["text"]["text"], None
        case "feedback_buttons":
            for name in ("positive_button", "negative_button"):
                yield element[name]["text"]["text"], element[name]
        case "overflow":
            for option in element["options"]:
                yield option["text"]["text"], option
