"""Questions: how each is put, what may be answered, and what may be told of what was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field as Limit

from dialogs.base import Frozen, Tally
from dialogs.card import Field, Option, Text, quote, t, tn
from dialogs.privacy import COMMENTS, Cell, K, chosen, masked, published, shuffled
from dialogs.words import blank, tidy

LONGEST = 400  # characters of a comment
SHOWN = 20  # comments on one card


class Answer(Frozen):
    """One answer to choose. What people answered names its id."""

    id: str = Limit(pattern=r"^[^\r\n]+$")  # ids of several answers are joined by newlines
    text: str = Limit(min_length=1)


class Question(Frozen):
    """One question: one answer of several (which everybody has to give), any number of them, or a text."""

    id: str = Limit(min_length=1)
    text: str = Limit(min_length=1)
    kind: Literal["choice", "many", "text"]
    options: tuple[Answer, ...] = Limit((), max_length=10)
    standards: Mapping[str, str] = {}  # what an answer would say about the session, set beforehand
    measures: str | None = None

    @property
    def key(self) -> str:
        """The note of it."""
        return f"q:{self.id}"


def field(question: Question, value: str) -> Field:
    """One question as something to fill in, with what this person answered before."""
    options = tuple(Option(one.id, quote(one.text)) for one in question.options)
    hint = t("You can choose several.") if question.kind == "many" else None
    required = question.kind == "choice"
    return Field(question.id, quote(question.text), question.kind, options, required, hint, LONGEST, value)


def read(question: Question, raw: str) -> str | Text | None:
    """The answer as it is stored, None if there is none, or the sentence that says what is wrong with it."""
    known = [option.id for option in question.options]
    match question.kind:
        case "text":
            words = "" if blank(raw) else tidy(raw)
            if len(words) > LONGEST:
                return t(
                    "“{question}” takes {most} characters, and you wrote {n}. Nothing was changed.",
                    question=question.text,
                    most=LONGEST,
                    n=len(words),
                )
            return words or None
        case "choice" if not raw:
            return t("Please answer “{question}” too. Nothing was changed.", question=question.text)
    given = [raw] if question.kind == "choice" else [value for value in raw.split("\n") if value]
    if not set(given) <= set(known):
        return t("“{question}” has no such answer. Nothing was changed.", question=question.text)
    return "\n".join(id_ for id_ in known if id_ in given) or None


def found(question: Question, tally: Tally, sent: int, names: Sequence[str]) -> list[Text]:
    """What was answered to one question, line by line."""
    if question.kind == "text":
        return comments(question, tally, names)
    cells = counted(question, tally, sent)
    lines = [line(one.text, cell, sent) for one, cell in zip(question.options, cells, strict=True) if cell]
    if len(lines) < len(cells):
        lines.append(_not_shown(sent, some=bool(lines)))
    return lines


def _not_shown(sent: int, *, some: bool) -> Text:
    if sent < 2 * K:
        return t("With fewer than {n} answers, only what more than two in three people said can be shown.", n=2 * K)
    if some:
        return t("The other answers are not shown: they would tell what fewer than {k} people said.", k=K)
    return t("The answers are not shown: they would tell what fewer than {k} people said.", k=K)


def counted(question: Question, tally: Tally, sent: int) -> tuple[Cell, ...]:
    """What may be said of each answer to a question."""
    given = Counter[str]()
    for value, n in tally.counts(question.key).items():
        given.update(dict.fromkeys(value.split("\n"), n))
    counts = [given[option.id] for option in question.options]
    return chosen(counts, sent) if question.kind == "many" else published(counts, sent)


def line(text: str, cell: tuple[int, int], sent: int) -> Text:
    """One answer and how many gave it."""
    low, high = cell
    if low < high:
        return t("{answer}: {n} or more of {all}", answer=text, n=low, all=sent)
    return t("{answer}: {n} of {all} ({share} %)", answer=text, n=low, all=sent, share=round(100 * low / sent))


def comments(question: Question, tally: Tally, names: Sequence[str]) -> list[Text]:
    """What people wrote, if enough of them did."""
    written = [text for text, n in tally.counts(question.key).items() for _ in range(n)]
    if len(written) < COMMENTS:
        return [t("Fewer than {n} people wrote something, so it is not shown.", n=COMMENTS)]
    texts = [t("“{comment}”", comment=masked(text, names)) for text in shuffled(written, question.id)]
    more = len(texts) - SHOWN
    return [*texts[:SHOWN], *((tn("and {n} more", "and {n} more", n=more),) if more > 0 else ())]
