"""Plan check: what no single part of a plan can know. References, order, and things that are there twice.

It works on the tree as written, so that a mistake elsewhere hides nothing and each is shown at its own line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dialogs.card import Text, t
from dialogs.plan_yaml import Branch, Leaf, Node, Problem
from dialogs.words import nearest, short, tidy


def check(tree: Node) -> Iterator[Problem]:
    """Every mistake that lies between the parts."""
    objectives, quiz = _entries(tree, "objectives"), _entries(tree, "quiz")
    steps, survey = _entries(tree, "run_of_show"), _entries(tree, "survey")
    tasks = [_entries(tree, "checklists", whose) for whose in ("participants", "instructors")]
    for entries in (objectives, *tasks, quiz, survey):
        yield from _twice(_leaves(entries, "id"))
    for asked in (*steps, *quiz):
        yield from _twice(_texts(asked, "choices"))
    for question in survey:
        options = _entries(question, "options")
        yield from _twice([option for option in options if isinstance(option, Leaf)] + _leaves(options, "text"))

    known = [leaf.text for leaf in _leaves(objectives, "id")]
    for leaf in _leaves((*steps, *quiz), "objective"):
        if leaf.text not in known:
            yield _unknown(leaf, known, t("“objectives”"))
    asked_again = [leaf.text for leaf in _leaves(quiz, "id")]
    for follow_up in _entries(tree, "follow_ups"):
        questions = _texts(follow_up, "questions")
        yield from _twice(questions)
        for leaf in questions:
            if leaf.text not in asked_again:
                yield _unknown(leaf, asked_again, t("“quiz”"))
    for question in quiz:
        yield from _answer(question)
    yield from _times(tree, steps)
    yield from _twice([leaf for manager in _entries(tree, "managers") for leaf in _texts(manager, "learners")])


def _answer(question: Node) -> Iterator[Problem]:
    choices = [tidy(leaf.text) for leaf in _texts(question, "choices")]
    for leaf in _leaves((question,), "answer"):
        if choices and tidy(leaf.text) not in choices:
            yield _unknown(leaf, choices, t("“choices”"))


def _times(tree: Node, steps: Sequence[Node]) -> Iterator[Problem]:
    minutes = next((int(leaf.text) for leaf in _leaves((tree,), "minutes") if _whole(leaf.text)), 60)
    before = 0
    for leaf in _leaves(steps, "at"):
        if not _whole(leaf.text):
            continue
        at = int(leaf.text)
        if at < before:
            yield _problem(
                leaf, t("Minute {at} comes after minute {before}: put the steps in order.", at=at, before=before)
            )
        elif at >= minutes:
            yield _problem(leaf, t("Minute {at} is after the end: “minutes” is {minutes}.", at=at, minutes=minutes))
        before = max(before, at)


def _twice(leaves: Sequence[Leaf]) -> Iterator[Problem]:
    first: dict[str, Leaf] = {}
    for leaf in leaves:
        text = tidy(leaf.text)
        known = first.setdefault(text.casefold(), leaf)
        if text and known is not leaf:
            line = known.mark.line
            yield _problem(
                leaf, t("“{text}” is there already in line {line}: change one.", text=short(text), line=line)
            )


def _unknown(leaf: Leaf, known: Sequence[str], where: Text) -> Problem:
    guess = nearest(leaf.text, known)
    if guess:
        told = t("{where} has no “{text}”: did you mean “{guess}”?", where=where, text=short(leaf.text), guess=guess)
    else:
        told = t("{where} has no “{text}”: add it there, or change it here.", where=where, text=short(leaf.text))
    return _problem(leaf, told)


def _problem(leaf: Leaf, text: Text) -> Problem:
    return Problem(leaf.mark.line, leaf.mark.column, text)


def _whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 6


# -- looking into the tree, whatever is there --------------------------------------------------------------------------


def _entries(node: Node, *keys: str) -> tuple[Node, ...]:
    found: Node | None = node
    for key in keys:
        found = found.parts.get(key) if isinstance(found, Branch) else None
    return tuple(found.parts.values()) if isinstance(found, Branch) and not found.group else ()


def _texts(node: Node, key: str) -> list[Leaf]:
    return [entry for entry in _entries(node, key) if isinstance(entry, Leaf)]


def _leaves(nodes: Sequence[Node], key: str) -> list[Leaf]:
    """What stands after this key in each of the nodes."""
    found = (node.parts.get(key) for node in nodes if isinstance(node, Branch))
    return [leaf for leaf in found if isinstance(leaf, Leaf) and leaf.text]
