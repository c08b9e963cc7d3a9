"""What Teams makes of marks in texts: what comes alive, and the words that are left to read."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from re import Pattern
from zoneinfo import ZoneInfo

ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
AT = re.compile(r"<at(?:\s[^>]*)?>(.*?)</at>")
ADDRESS = re.compile(r"\b(?:https?://|mailto:|www\.)[^\s<>]+", re.IGNORECASE)
TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
BOLD = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
ITALIC = (
    re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]*)(?<=[^\s*])\*(?![*])|(?<=\w)\*(?=[^\s*])([^*\n]*)(?<=[^\s*])\*"),
    re.compile(r"(?<![\w_])_(?=[^\s_])([^_\n]*)(?<=[^\s_])_(?![\w_])"),
)
LINK = re.compile(r"!?\[([^\]\n]*)\]\(([^)\n]*)\)")
ANGLED = re.compile(r"<(?:https?|mailto):[^<>\s]+>")
ITEM = re.compile(r"^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\S.*$", re.MULTILINE)
# The subset of a card's text; a message's own text knows the rest of Markdown, too.
OF_A_CARD: tuple[Pattern[str], ...] = (BOLD, *ITALIC, LINK, ANGLED, ITEM)
OF_A_MESSAGE: tuple[Pattern[str], ...] = (
    *OF_A_CARD,
    re.compile(r"~~(?=\S).+?(?<=\S)~~"),
    re.compile(r"```.+?```", re.DOTALL),
    re.compile(r"`[^`\n]+`"),
    re.compile(r"^[ \t]{0,3}(?:#{1,6}[ \t]|>).*$", re.MULTILINE),
    TAG,
    ADDRESS,
)
MOMENT = re.compile(r"\{\{(DATE|TIME)\(\s*([^,)\s]+)\s*(?:,\s*(COMPACT|SHORT|LONG)\s*)?\)\}\}")
FORMS = {"COMPACT": "%-m/%-d/%Y", "SHORT": "%a, %b %-d, %Y", "LONG": "%A, %B %-d, %Y"}
HIDDEN = "\ue000"  # stands for an escaped character while marks are looked for


def live_in(raw: str, marks: Sequence[Pattern[str]]) -> list[str]:
    """The parts of a text that these marks bring to life."""
    bare = ESCAPED.sub(HIDDEN, AT.sub("x", raw))
    return [found.group().strip() for mark in marks for found in mark.finditer(bare)]


def unmarked(raw: str, marks: Sequence[Pattern[str]]) -> str:
    """The words that a reader sees of a marked text."""
    kept: list[str] = []

    def hides(found: re.Match[str]) -> str:
        kept.append(found[1])
        return f"{HIDDEN}{len(kept) - 1}{HIDDEN}"

    words = ESCAPED.sub(hides, raw)
    if marks:
        words = LINK.sub(lambda found: found[1], words)
        words = BOLD.sub(lambda found: found[2], words)
        for mark in ITALIC:
            words = mark.sub(lambda found: next(one for one in found.groups() if one is not None), words)
        words = html.unescape(words)
    return re.sub(f"{HIDDEN}(\\d+){HIDDEN}", lambda found: kept[int(found[1])], words)


def moments(raw: str, zone: str) -> str:
    """The text with its {{DATE(…)}} and {{TIME(…)}} as a device in this zone shows them."""

    def shown(found: re.Match[str]) -> str:
        try:
            moment = datetime.fromisoformat(found[2])
        except ValueError:
            return found.group()
        if moment.tzinfo is None:
            return found.group()
        there = moment.astimezone(ZoneInfo(zone))
        return there.strftime(FORMS[found[3] or "COMPACT"] if found[1] == "DATE" else "%-I:%M %p")

    return MOMENT.sub(shown, raw)


def mentioned(raw: str, tags: Iterable[str]) -> list[str]:
    """The tags of this text that an entity brings to life, as often as they stand there."""
    known = set(tags)
    return [found.group() for found in AT.finditer(raw) if found.group() in known]


def untagged(raw: str, tags: Iterable[str]) -> str:
    """The text with the names of those whom it mentions."""
    known = set(tags)
    return AT.sub(lambda found: found[1] if found.group() in known else found.group(), raw)
