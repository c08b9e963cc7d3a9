"""Words: what people type, cut into words. The quotation marks of every keyboard hold words together.

Phones turn "straight" marks into curly ones, and German, French or Swedish keyboards have their own, so a command that
only knew one sort would fail in the middle of a class. An apostrophe inside a word is a letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from unicodedata import category, combining, normalize

from dialogs.card import Text, t

QUESTION, CHOICE, TITLE, NAME = 300, 75, 150, 80  # characters that fit on every platform's card
CHOICES = range(2, 11)

DOUBLE = '"\u201c\u201d\u201e\u201f\uff02'  # any of these can end what any other began, if nothing better does
SINGLE = "'\u2018\u2019\u201a\u201b"
CLOSERS = {
    '"': '"',
    "\u201c": "\u201d",  # English
    "\u201d": "\u201d",  # Swedish, Finnish
    "\u201e": "\u201c\u201d",  # German, Polish
    "\u201f": "\u201d",
    "\uff02": "\uff02",
    "\u00ab": "\u00bb",  # French, Russian
    "\u00bb": "\u00ab\u00bb",  # German in books, Swedish
    "\u300c": "\u300d",  # Japanese
    "\u300e": "\u300f",
    "'": "'",
    "\u2018": "\u2019",
    "\u2019": "\u2019",
    "\u201a": "\u2018\u2019",
    "\u201b": "\u2019",
}


@dataclass(frozen=True, slots=True)
class Word:
    """One word, or several in quotation marks."""

    text: str
    quoted: bool


PERSON = re.compile(r"<@(p[0-9a-f]{20})>")  # somebody who was mentioned: a platform's mention, as our own id


def tidy(text: str) -> str:
    """The text on one line, without what cannot be shown or stored (control characters, halves of a character)."""
    if not text.isprintable():  # else there is none of either
        text = "".join(" " if category(char) in {"Cc", "Cs"} else char for char in text)
    return " ".join(text.split())


def blank(text: str) -> bool:
    """Whether there is nothing to see in it, as in a text of zero-width spaces."""
    return not any(char.isprintable() and not char.isspace() for char in text)


def plain(text: str) -> str:
    """The text for comparing: without capitals and accents, since people type Zoe for Zoë."""
    return "".join(char for char in normalize("NFKD", text).casefold() if not combining(char))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """What was probably meant."""
    names = {name.casefold(): name for name in known}
    found = get_close_matches(word.casefold(), names, n=1, cutoff=0.65)
    return names[found[0]] if found else None


def short(text: str, most: int = 30) -> str:
    """The beginning of a text, enough to recognise it in a sentence about it."""
    text = tidy(text)
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def too_long(text: str, most: int) -> Text:
    """The sentence for a text that would not fit on a card."""
    return t(
        "“{text}” has {n} characters, and {most} is the most: shorten it.", text=short(text), n=len(text), most=most
    )


def quoted(word: str) -> str:
    """The word as `split` reads it back: in quotation marks, those inside it doubled."""
    return '"' + word.replace('"', '""') + '"'


def split(text: str) -> tuple[Word, ...] | Text:
    """The words of a text, or the sentence that says which quotation mark is never closed."""
    words: list[Word] = []
    letters: set[str] = set()  # apostrophes that nothing closes, so that a text full of them is read in one go
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        if text[at] in CLOSERS and text[at] not in letters:
            end = _end(text, at)
            if end is not None:
                inside = text[at + 1 : end]
                words.append(Word(tidy(inside.replace('""', '"') if text[at] == '"' else inside), quoted=True))
                at = end + 1
                while text[at : at + 1] in {",", ";"}:  # "A","B"
                    at += 1
                continue
            if text[at] not in SINGLE:  # 'tis and '90s begin with an apostrophe, and nobody expects it to be closed
                return t(
                    "The quotation mark before “{words}” is never closed: add one at the end.",
                    words=short(text[at + 1 :]),
                )
            letters.add(text[at])
        start = at
        while at < len(text) and not text[at].isspace():
            at += 1
        if text[start:at].strip(",;"):  # a comma between two quoted choices says nothing
            words.append(Word(tidy(text[start:at]), quoted=False))
    return tuple(word for word in words if word.text or word.quoted)


def _end(text: str, start: int) -> int | None:
    """Where the quotation that begins at `start` ends: at its own mark, else at one of the same family."""
    own = _own_end(text, start)
    family = next((marks for marks in (DOUBLE, SINGLE) if text[start] in marks), "")
    # "Q?” "A": the first straight mark after the question opens the next word, so the curly one before it was the end.
    if own is None or (own > start + 1 and text[own - 1].isspace() and text[own + 1 : own + 2].strip()):
        for at in range(start + 1, len(text) if own is None else own):
            if text[at] in family and _ends_word(text, at):
                return at
    return own


def _own_end(text: str, start: int) -> int | None:
    mark, closers = text[start], CLOSERS[text[start]]
    depth, at = 0, start + 1
    while at < len(text):
        char = text[at]
        if char == mark == '"' and text[at + 1 : at + 2] == '"':  # doubled: a mark that belongs to the text
            at += 1
        elif char in closers and (mark not in SINGLE or _ends_word(text, at)):
            if depth == 0:
                return at
            depth -= 1
        elif char == mark and mark not in SINGLE:
            depth += 1
        at += 1
    return None


def _ends_word(text: str, at: int) -> bool:
    following = text[at + 1 : at + 2]
    return not following or following.isspace() or following in CLOSERS or following in ",;"
