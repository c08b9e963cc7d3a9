"""The few blocks that cards are made of: words, buttons, what opens. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache

from adapters.teams.text import Json, Mentions, Reader, from_right, line, literal, lives, marked, plain, size
from dialogs.card import Bar, Text, t, tn

CELLS, FULL, EMPTY = 10, "■", "□"  # of a bar
Style = str | bool
ENCODED = json.JSONEncoder(ensure_ascii=False).encode


@lru_cache(2048)
def spoken(text: Text) -> str:
    """Words of our own, which name nobody."""
    return line(text, Reader())


def run(words: str, **style: Style) -> Json:
    """Words in a rich text, shown as they are."""
    return {"type": "TextRun", "text": literal(words), **style}


def rich(runs: Sequence[Json], **more: Style) -> Json:
    """Runs of words in one block."""
    return {"type": "RichTextBlock", "inlines": list(runs), **more}


def block(words: str, **more: Style) -> Json:
    """Markdown in which only what is ours is alive."""
    return {"type": "TextBlock", "text": words, "wrap": True, **more}


def paragraph(text: Text, reader: Reader, mentions: Mentions, most: int, **style: Style) -> Json:
    """A text in its own block."""
    spacing = style.pop("spacing", "Small")
    if lives(text, reader):
        words = marked(text, reader, mentions, most)
        return turned([block(words, **style)], line(text, reader, most), spacing=spacing)
    words = plain(text, reader, most)
    return turned([rich([run(words, **style)])], words, spacing=spacing)


def turned(items: Sequence[Json], words: str, **more: Style) -> Json:
    """These blocks, from right to left if such words begin them.

    A column, and not a container: the published schema of version 1.5 has a misprint there.
    """
    if from_right(words):
        return {"type": "ColumnSet", "columns": [column(items, "stretch", rtl=True)], **more}
    return {**items[0], **more} if len(items) == 1 else {"type": "Container", "items": list(items), **more}


def column(items: Sequence[Json], width: int | str, **more: Style) -> Json:
    """One of several blocks beside each other."""
    return {"type": "Column", "width": width, "items": list(items), **more}


def execute(verb: str, title: str, data: Json, inputs_: str) -> Json:
    """An action, and the same for clients that do not know the first."""
    same = {"title": title, "data": data, "associatedInputs": inputs_}
    return {"type": "Action.Execute", "verb": verb, **same, "fallback": {"type": "Action.Submit", **same}}


def opening(title: str, body: Sequence[Json]) -> Json:
    """A button that opens something."""
    return {"type": "Action.ShowCard", "title": title, "card": {"type": "AdaptiveCard", "body": list(body)}}


def small(words: str) -> Json:
    """Small print."""
    return rich([run(words, isSubtle=True, size="Small")], spacing="Small")


def counted(bar: Bar) -> tuple[str, str]:
    """How many chose it, in words and as a bar: whoever listens hears the words first."""
    share = min(max(bar.count / bar.total, 0), 1) if bar.total > 0 else 0
    full = max(round(CELLS * share), 1 if share > 0 else 0)
    said = t("{count} of {total} · {percent} %", count=bar.count, total=bar.total, percent=round(100 * share))
    return spoken(said if bar.total > 0 else t("No votes")), FULL * full + EMPTY * (CELLS - full)


def rest(n: int) -> Text:
    """That there is more than Teams takes."""
    return tn(
        "{n} more. The session's web page has all of it.", "{n} more. The session's web page has all of them.", n=n
    )


def length(value: object) -> int:
    """All letters of it, as they are sent."""
    return size(ENCODED(value))


def texts(value: object) -> Iterator[str]:
    """Every text in which a mention can stand."""
    if isinstance(value, dict):
        if value.get("type") == "TextBlock":
            yield value["text"]
        for one in value.get("facts", ()):
            yield from (one["title"], one["value"])
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from texts(one)
