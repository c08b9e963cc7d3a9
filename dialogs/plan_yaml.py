"""Plan YAML: a text as a tree in which everything knows its line.

Built from the parser's events and not by a YAML loader: so nothing is constructed, `Yes`, `1:30` and `2026-11-24` stay
the words that a trainer wrote, an alias cannot multiply anything, and a mistake can be shown where it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from unicodedata import category

import yaml

from dialogs.card import Text, t

LARGEST = 100_000  # characters; a rich plan for a day has 30,000
DEEPEST = 12  # levels; a plan has 6


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in the text, counted from 1 as editors do."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is, what is wrong and what to do."""

    line: int
    column: int
    text: Text


@dataclass(slots=True)
class Leaf:
    """A text. `bare` = without quotation marks."""

    mark: Mark
    text: str
    bare: bool


@dataclass(slots=True)
class Branch:
    """A list, or a group of keys (`keys` says where each stands; a list's keys are its positions)."""

    mark: Mark
    group: bool
    parts: dict[str | int, Node] = field(default_factory=dict)
    keys: dict[str | int, Mark] = field(default_factory=dict)
    key: Leaf | None = None  # the key whose value comes next


Node = Leaf | Branch


def read(text: str) -> tuple[Node | None, list[Problem]]:
    """The tree of a YAML text and every mistake on the way. No tree where it could not be read to its end."""
    if len(text) > LARGEST:
        too_long = t("The plan has {n} characters, and {most} is the most: shorten it.", n=len(text), most=LARGEST)
        return None, [Problem(1, 1, too_long)]
    builder = _Builder()
    problems = builder.problems
    try:
        if all(builder.hear(event) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            if builder.root is None:
                problems.append(Problem(1, 1, t("The plan is empty: begin with “schema: cohost-plan/1”.")))
            return builder.root, problems
    except yaml.reader.ReaderError as error:
        mark = _mark(text, error.position)
        problems.append(Problem(mark.line, mark.column, _unseen(text[error.position])))
    except yaml.MarkedYAMLError as error:
        problems.append(_syntax(error, text))
    except (ValueError, OverflowError):  # "\\UFFFFFFFF" is no character, which the parser itself does not expect
        mark = _mark(text, max(text.find("\\U"), 0))
        problems.append(Problem(mark.line, mark.column, t("This number stands for no character: remove it.")))
    return None, problems


def _mark(text: str, position: int) -> Mark:
    before = text[:position]
    return Mark(before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1)


class _Builder:
    """Puts the parser's events together. Flat, so that no depth of nesting can exhaust it."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.root: Node | None = None
        self.open: list[Branch] = []

    def hear(self, event: yaml.Event) -> bool:
        """Take the next event. False = stop reading here."""
        start = event.start_mark
        mark = Mark(start.line + 1, start.column + 1) if start else Mark(1, 1)
        if isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            return self.stop(mark, t("A second plan begins here: keep one plan in a file and remove the line “---”."))
        sign = _sign(event)
        if sign:
            self.problems.append(Problem(mark.line, mark.column, _needs_quotes(sign)))
        match event:
            case yaml.AliasEvent():
                self.add(Leaf(mark, f"*{event.anchor}", bare=False))
            case yaml.ScalarEvent():
                text = event.value.strip()
                strange = next((char for char in text if char not in "\n\t" and category(char) in {"Cc", "Cs"}), None)
                if strange:
                    self.problems.append(Problem(mark.line, mark.column, _unseen(strange)))
                self.add(Leaf(mark, text, bare=event.style is None))
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                if len(self.open) == DEEPEST:
                    return self.stop(mark, t("Here are more than {n} levels: a plan needs fewer.", n=DEEPEST))
                branch = Branch(mark, group=isinstance(event, yaml.MappingStartEvent))
                self.add(branch)
                self.open.append(branch)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.open.pop()
        return True

    def add(self, node: Node) -> None:
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        if not parent.group:
            parent.keys[len(parent.parts)] = node.mark
            parent.parts[len(parent.parts)] = node
        elif parent.key is None:
            if isinstance(node, Branch):
                self.problems.append(
                    Problem(node.mark.line, node.mark.column, _needs_quotes("{" if node.group else "["))
                )
            parent.key = node if isinstance(node, Leaf) else Leaf(node.mark, "", bare=False)
        else:
            key, parent.key = parent.key, None
            first = parent.keys.get(key.text)
            if first is None:
                parent.keys[key.text], parent.parts[key.text] = key.mark, node
            else:
                twice = t("“{key}” stands here twice, first in line {line}: keep one.", key=key.text, line=first.line)
                self.problems.append(Problem(key.mark.line, key.mark.column, twice))

    def stop(self, mark: Mark, text: Text) -> bool:
        self.problems.append(Problem(mark.line, mark.column, text))
        return False


def _sign(event: yaml.Event) -> str | None:
    """The sign of what YAML can do and a plan does not need; mostly a text was meant. Aliases could be a bomb."""
    if isinstance(event, yaml.AliasEvent):
        return "*"
    return "&" if getattr(event, "anchor", None) else "!" if getattr(event, "tag", None) else None


# -- the parser's complaints, in words that help -----------------------------------------------------------------------


def _unseen(char: str) -> Text:
    return t("Here is a character that cannot be shown (U+{code}): delete it.", code=f"{ord(char):04X}")


def _needs_quotes(sign: str) -> Text:
    return t("A text that begins with “{sign}” needs quotation marks around it.", sign=sign)


def _syntax(error: yaml.MarkedYAMLError, text: str) -> Problem:
    problem, context = error.problem or "", error.context or ""
    begun, found = error.context_mark or error.problem_mark, error.problem_mark or error.context_mark
    if begun is None or found is None:
        return Problem(1, 1, _said(problem, "", alone=False))
    sign = text[begun.index : begun.index + 1]
    if "quoted scalar" in context and "end of" in problem:
        found, sentence = begun, t("This quotation mark is never closed: add one at the end.")
    elif any(what in context for what in ("block scalar", "an alias", "an anchor", "a tag")):
        found, sentence = begun, _needs_quotes(sign)
    elif "flow" in context and "but got '?'" in problem:
        sentence = t("Between brackets, a text with “?” needs quotation marks around it.")
    elif "flow" in context:
        found, sentence = begun, t("This “{sign}” is not closed, or a comma is missing after it.", sign=sign)
    elif "expected ':'" in problem:
        found, sentence = begun, t("This line is no “key: value”: add the colon, or indent it under the line above.")
    else:
        alone = not text[: found.index].rpartition("\n")[2].strip()  # the first thing in its line
        sentence = _said(problem, text[found.index : found.index + 1], alone=alone)
    return Problem(found.line + 1, found.column + 1, sentence)


def _said(problem: str, sign: str, *, alone: bool) -> Text:
    if "mapping values" in problem:
        return t("This colon is one too many: put a text with “: ” in quotation marks, or check the indentation.")
    if sign == "\t":
        return t("This line is indented with a tab: use spaces.")
    if "cannot start any token" in problem:
        return _needs_quotes(sign)
    if "expected <block end>" in problem and not alone:
        return t(
            'Something follows a closing mark here: put quotation marks around the whole text, “"” inside as “\\"”.'
        )
    if "expected <block end>" in problem:
        return t("This line is indented otherwise than those it belongs with: align it with them.")
    if "sequence entries" in problem:
        return t("A list cannot begin in this line: put each “- ” on a line of its own.")
    if "escape" in problem:
        return t("A “\\” between double quotation marks has a meaning of its own: write two of them.")
    return t("This cannot be read as YAML ({problem}): check this line and the one above.", problem=problem)
