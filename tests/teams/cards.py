"""Walking through an Adaptive Card: its elements, its actions, and what can be filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

Thing = dict[str, Any]

# Where other elements stand in an element.
INSIDE = ("body", "items", "columns", "rows", "cells", "images", "inlines", "card")
ACTIONS = ("actions", "selectAction", "inlineAction")
REQUIRED = "Please fill out this field."


class Found(NamedTuple):
    """An action, the element that it stands in, and under which name."""

    action: Thing
    holder: Thing
    slot: str


def elements(value: Any) -> Iterator[Thing]:
    """A card and all elements in it, from top to bottom."""
    if isinstance(value, dict):
        yield value
        for name in INSIDE:
            if name in value:
                yield from elements(value[name])
        for found in _actions(value):
            if found.action.get("type") == "Action.ShowCard":
                yield from elements(found.action.get("card"))
    elif isinstance(value, list):
        for inner in value:
            yield from elements(inner)


def actions(card: Thing) -> Iterator[Found]:
    """Everything that can be pressed in a card, those in opened cards included."""
    for element in elements(card):
        yield from _actions(element)


def _actions(element: Thing) -> Iterator[Found]:
    for slot in ACTIONS:
        held = element.get(slot)
        for action in held if isinstance(held, list) else [held]:
            if isinstance(action, dict):
                yield Found(action, element, slot)


def offered(card: Thing, *, old: bool = False) -> Iterator[Thing]:
    """The actions that this client shows: an old one does not know Action.Execute and takes its fallback."""
    for action, _, slot in actions(card):
        if old and action["type"] == "Action.Execute":
            fallback = action.get("fallback")
            if isinstance(fallback, dict):
                yield fallback
        elif slot != "selectAction" or action.get("title"):
            yield action


def pressable(cards: Sequence[Thing], label: str, *, old: bool = False) -> tuple[Thing, Thing]:
    """The card and the action that carries this label."""
    seen = []
    for card in cards:
        for action in offered(card, old=old):
            if action.get("title") == label:
                assert action.get("isEnabled", True), f"{label!r} cannot be pressed"
                return card, action
            seen.append(action.get("title"))
    raise AssertionError(f"there is no button {label!r}, but {seen}")


# ------------------------------------------------------------------------------------------------------------- inputs


def inputs(card: Thing) -> list[Thing]:
    return [one for one in elements(card) if str(one.get("type")).startswith("Input.")]


def label_of(element: Thing) -> str:
    """The words that people know an input by."""
    return str(element.get("label") or element.get("title") or element.get("placeholder") or element["id"])


def values(card: Thing, typed: dict[str, str]) -> dict[str, str]:
    """What is sent of the inputs, which are all texts; an empty one is not sent."""
    said = {one["id"]: typed.get(one["id"], _initial(one)) for one in inputs(card)}
    return {name: value for name, value in said.items() if value}


def _initial(element: Thing) -> str:
    given = element.get("value")
    if element["type"] == "Input.Toggle":
        return str(given if given is not None else element.get("valueOff", "false"))
    return "" if given is None else str(given)


def entered(element: Thing, given: Any) -> str:
    """The value of an input after somebody has chosen or typed this."""
    kind = element["type"]
    if kind == "Input.ChoiceSet":
        chosen = given if isinstance(given, list | tuple | set) else [given] if given else []
        assert len(chosen) < 2 or element.get("isMultiSelect"), "only one can be chosen here"
        known = {one["title"]: one["value"] for one in element["choices"]}
        assert not (strange := [one for one in chosen if one not in known]), f"{strange} not offered, but {list(known)}"
        return ",".join(known[one] for one in chosen)
    if kind == "Input.Toggle":
        return str(element.get("valueOn", "true") if given else element.get("valueOff", "false"))
    words = "" if given is None else str(given)
    most = element.get("maxLength")
    return words[:most] if most else words  # the client lets nobody type more


def shortcomings(card: Thing, typed: dict[str, str]) -> dict[str, str]:
    """What the client itself says of inputs before it sends anything, by their labels."""
    sent, said = values(card, typed), {}
    for one in inputs(card):
        value = sent.get(one["id"], "")
        missing = not value or (one["type"] == "Input.Toggle" and value == one.get("valueOff", "false"))
        if (missing and one.get("isRequired")) or (value and not _fits(one, value)):
            said[label_of(one)] = str(one.get("errorMessage") or REQUIRED)
    return said


def _fits(element: Thing, value: str) -> bool:
    if element["type"] == "Input.Text":
        return bool(re.search(element.get("regex", ""), value))
    if element["type"] == "Input.Number":
        if not re.fullmatch(r"-?\d+(\.\d+)?", value):
            return False
        return bool(element.get("min", float(value)) <= float(value) <= element.get("max", float(value)))
    return True
