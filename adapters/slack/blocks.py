"""What messages, forms and the Home tab are made of: texts, blocks, and what a button carries. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from adapters.slack.text import MOST, Json, Reader, line, size
from dialogs.card import Text

VALUE = 2000  # of a button
# Slack refuses a message that is too long as a whole (msg_blocks_too_long) and tells nobody what it counts. Of what
# people have measured, 9,597 letters in 50 blocks were taken, 11,341 in 45 were not (slackapi/bolt-js#2867).
LETTERS = 9_500
VIEW_LETTERS = 40_000  # of a view: 250 KB with all around them, and a letter may be 6 bytes on its way
NOBODY = Reader()
PLAIN = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # `json.dumps` would make one for each button

Row = tuple[int, list[Json]]  # how many things of a card these blocks show


# -- what a button carries ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Press:
    """What a button, a menu's option or the opening of a form says when it is pressed."""

    dialog: str
    slot: str
    action: str
    value: str


def press_value(press: Press) -> str:
    """The press as a button carries it."""
    parts = [press.dialog, press.slot, press.action, press.value]
    return PLAIN.encode(parts)


def read_press(value: str) -> Press | None:
    """The press in a value from outside. None: we never made such a value."""
    if len(value) > VALUE:
        return None
    try:
        parts = json.loads(value)
        value.encode()
    except (ValueError, RecursionError):
        return None
    if not isinstance(parts, list) or len(parts) != 4 or not all(isinstance(part, str) for part in parts):
        return None
    press = Press(*parts)
    # One way to write it: whatever else means the same (spaces, \u escapes, halves of a character) is not ours.
    return press if press_value(press) == value and "\x00" not in "".join(parts) else None


# -- objects and blocks ------------------------------------------------------------------------------------------------


def words(text: str) -> Json:
    """Plain text in which nothing is live, not even :emoji:."""
    return {"type": "plain_text", "text": text, "emoji": False}


def marked(text: str) -> Json:
    """Guarded mrkdwn."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def section(elements: Sequence[Json]) -> Json:
    """One rich text."""
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


def context(lines: Sequence[str]) -> Json:
    """Small print, as mrkdwn that has been guarded."""
    return {"type": "context", "elements": [marked(one) for one in lines]}


def spoken(text: Text) -> str:
    """Words of our own as plain text."""
    return line(text, NOBODY)


def letters(text: str, *, bold: bool = False) -> Json:
    """An element of a rich text."""
    return {"type": "text", "text": text} | ({"style": {"bold": True}} if bold else {})


def packed(lines: Iterable[list[Json]]) -> Iterator[Row]:
    """Lines in as few blocks as hold them."""
    block: list[Json] = []
    held = 0
    for one in lines:
        if block and length([*block, *one]) + held > MOST:
            yield held, [section(block)]
            block, held = [], 0
        block += [letters("\n"), *one] if block else one
        held += 1
    if block:
        yield held, [section(block)]


def length(value: object) -> int:
    """All letters in it."""
    match value:
        case dict():
            return sum(length(one) for key, one in value.items() if key not in {"type", "action_id", "style"})
        case list():
            return sum(map(length, value))
        case str():
            return size(value)
    return 0
