"""Privacy: what may be said of people: how many, but never so few that one could be meant; and not who said what.

What people answered in confidence is published once, when no more answers can come (science.md 2f). It is a table of
one level, each question its own, and how many answered is always said. So of the rules there, these apply:

* Under K answers, nothing else is said.
* An answer that fewer than K people gave is not shown. Nor are others, the smallest first, until those hidden are at
  least two, have K people together, and cannot all be of K - 1: else subtraction would show what was hidden.
* Under 2 K answers, every number would tell either what each person said or what a few did: all are hidden.
* Of a hidden answer that more than two in three gave, that much may be said, as a range. Whether it was all of them, or
  how many said something else, stays open.

`tests/dialogs/test_privacy.py` plays somebody who knows these rules and tries to work out a small number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2s
from unicodedata import combining, normalize

from dialogs.base import LEARNER, Brief, Member
from dialogs.card import Text, t

K = 5  # people who make a group
COMMENTS = 2 * K  # people who must have written before anything that was written is shown
MANY = 40  # names on one card
OMITTED = "[…]"

Cell = tuple[int, int] | None  # an answer was given by so many people, from … to … (equal: exactly); None: not shown


def published(counts: Sequence[int], n: int) -> tuple[Cell, ...]:
    """What may be said of each answer where each of n people gave one."""
    if n < K:
        return tuple(None for _ in counts)
    most = 2 * n // 3 + 1
    rest = n - sum(counts)  # whoever gave none of these answers can be worked out too
    hidden = _hidden((*counts, rest) if rest > 0 else counts) if n >= 2 * K else range(len(counts))
    ranges = ((most, n) if count >= most else None for count in counts)
    return tuple(some if at in hidden else (counts[at], counts[at]) for at, some in enumerate(ranges))


def chosen(counts: Sequence[int], n: int) -> tuple[Cell, ...]:
    """The same where each of n people gave any number of answers: some gave this one, and the others did not."""
    return tuple(published((count, n - count), n)[0] for count in counts)


def _hidden(counts: Sequence[int]) -> frozenset[int]:
    """Where the answers stand whose number is not shown."""
    hidden = {at for at, count in enumerate(counts) if count < K}
    if not any(counts[at] for at in hidden):
        return frozenset()  # that nobody gave an answer may be said
    for size in sorted({count for count in counts if count >= K}):
        sizes = [counts[at] for at in hidden]
        if len(sizes) >= 2 and sum(sizes) >= K and set(sizes) != {K - 1}:
            break
        # All of that size: to hide one of two equals would tell how large it is.
        hidden |= {at for at, count in enumerate(counts) if count == size}
    return frozenset(hidden)


# -- who ---------------------------------------------------------------------------------------------------------------


def learners(roster: Sequence[Member]) -> tuple[Member, ...]:
    """Those who came to learn."""
    return tuple(one for one in roster if one.role is LEARNER)


def came(one: Member, session: Brief | None) -> bool:
    """Whether it is known that this person was in the session: connected, checked in, or active after it opened."""
    return one.minutes > 0 or acted(one, session) or (one.here and one.since is not None and not one.presumed)


def acted(one: Member, session: Brief | None) -> bool:
    """Whether this person did anything after the session opened: voted, answered, wrote or reacted."""
    opened = session.opened if session else None
    return one.acts > 0 and (opened is None or (one.last_active is not None and one.last_active >= opened))


def listed(things: Sequence[Text], most: int = MANY) -> Text:
    """Names or other things in a row, at most so many of them, and how many more."""
    shown, more = things[:most], len(things) - most
    if not shown:
        return t("{n} in all", n=len(things))
    text = shown[0]
    for one in shown[1:]:
        text = t("{before}, {one}", before=text, one=one)
    return t("{before} and {n} more", before=text, n=more) if more > 0 else text


# -- what they wrote ---------------------------------------------------------------------------------------------------


def shuffled(texts: Sequence[str], salt: str) -> tuple[str, ...]:
    """In an order that depends on nothing but the texts: not on who wrote them, nor when."""
    return tuple(sorted(texts, key=lambda text: (blake2s(f"{salt}\n{text}".encode()).digest(), text)))


def masked(text: str, names: Sequence[str]) -> str:
    """The text without names of these people (nor parts of them), addresses and numbers."""
    text = normalize("NFC", text)
    for word in sorted({part for name in names for part in _parts(name)}, key=lambda part: (-len(part), part)):
        cased = word[0].lower() != word[0].upper()  # scripts without capitals, such as Chinese, have no spaces either
        pattern = rf"(?<!\w){re.escape(word)}(?!\w)" if cased else re.escape(word)
        text = re.sub(pattern, OMITTED, text, flags=re.IGNORECASE)
    text = re.sub(r"\S+@\S+", OMITTED, text)
    return re.sub(r"\d(?:[\d.,:/-]*\d)?", OMITTED, text)


def _parts(name: str) -> set[str]:
    """A name as people write it: whole, in parts, without accents. Not the small words in it, such as "de" or "van"."""
    whole = normalize("NFC", " ".join(name.split()))
    parts = {whole, *(part for part in re.split(r"[\s,.]+", whole) if len(part) > 1 and not part[0].islower())}
    bare = {"".join(char for char in normalize("NFKD", part) if not combining(char)) for part in parts}
    return {part for part in parts | bare if part}
