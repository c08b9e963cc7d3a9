"""What a person reads of a message or a dialog: the words, the buttons, and whatever in it is live."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from re import Pattern
from typing import TYPE_CHECKING, Any

from tests.teams.cards import offered
from tests.teams.marks import ADDRESS, OF_A_CARD, OF_A_MESSAGE, TAG, live_in, mentioned, moments, unmarked, untagged

if TYPE_CHECKING:
    from tests.teams.messages import Dialog, Message
    from tests.teams.people import User

Thing = dict[str, Any]


@dataclass(frozen=True)
class Read:
    """What somebody sees at one place, or that they see nothing: no words and no buttons."""

    words: str = ""
    buttons: tuple[str, ...] = ()
    private: bool = False
    live: tuple[str, ...] = ()
    message: Message | None = field(default=None, compare=False, repr=False)

    def __contains__(self, words: str) -> bool:
        return words in self.words

    def __bool__(self) -> bool:
        return bool(self.words or self.buttons)


def read_message(message: Message, reader: User) -> Read:
    """What this person reads of a message: its text, then its cards, of which one may be theirs alone."""
    page = _Page(reader)
    tags = _tags(message.said.get("entities"))
    how = message.said.get("textFormat", "markdown") if message.author is None else "plain"
    page.text(message.text, tags, {"markdown": OF_A_MESSAGE, "xml": (TAG, ADDRESS)}.get(how, (ADDRESS,)), how=how)
    for card in message.shown(reader):
        page.card(card)
    private = message.only is not None or message.room.kind == "personal" or reader.id in message.views
    return page.read(private=private, message=message)


def read_dialog(dialog: Dialog) -> Read:
    """What its owner reads of a dialog, its title first."""
    page = _Page(dialog.owner)
    page.line(dialog.title)
    page.card(dialog.card)
    return page.read(private=True, message=None)


def read_card(card: Thing, reader: User) -> Read:
    """What this person reads of a card that stands nowhere yet."""
    page = _Page(reader)
    page.card(card)
    return page.read(private=True, message=None)


def _tags(entities: Any) -> list[str]:
    """The texts that mention somebody."""
    return [str(one.get("text")) for one in entities or () if one.get("type") == "mention"]


class _Page:
    """Gathers what is read, from top to bottom."""

    def __init__(self, reader: User) -> None:
        self.reader = reader
        self.lines: list[str] = []
        self.buttons: list[str] = []
        self.live: list[str] = []
        self.tags: list[str] = []

    def read(self, *, private: bool, message: Message | None) -> Read:
        words = "\n".join(line for line in self.lines if line)
        return Read(words, tuple(self.buttons), private, tuple(dict.fromkeys(self.live)), message)

    def line(self, words: object) -> None:
        self.lines.append(str(words or ""))

    def text(self, raw: str, tags: Sequence[str], marks: Sequence[Pattern[str]], *, how: str = "markdown") -> None:
        """A text in which these marks mean something."""
        self.live += mentioned(raw, tags) + live_in(raw, marks)
        words = untagged(raw, tags)
        if how == "markdown":
            words = unmarked(words, marks)
        elif how == "xml":
            words = unmarked(re.sub(TAG, "", words), ())
        self.line(words)

    def marked(self, raw: object) -> None:
        """A text of a card, where a subset of Markdown, mentions and moments mean something."""
        self.text(moments(str(raw or ""), self.reader.tz), self.tags, OF_A_CARD)

    # ------------------------------------------------------------------------------------------------------- cards

    def card(self, card: Thing) -> None:
        self.tags = _tags(card.get("msteams", {}).get("entities"))
        self.element(card)
        for action in offered(card, old=self.reader.old_client):
            self.buttons.append(str(action.get("title")))

    def element(self, element: Thing) -> None:
        """An element and what stands in it; what a hidden one holds is not read."""
        if element.get("isVisible") is False:
            return
        kind = str(element.get("type"))
        reads = getattr(self, "_" + kind.lower().replace(".", "_"), None)
        if reads:
            reads(element)
        elif kind.startswith("Chart."):
            self.line(element.get("title"))
            self.element(element.get("fallback", {}))
        for name in ("body", "items", "columns", "rows", "cells", "images"):
            held = element.get(name)
            if isinstance(held, list):
                for inner in held:
                    self.element(inner)

    def _textblock(self, element: Thing) -> None:
        self.marked(element["text"])

    def _richtextblock(self, element: Thing) -> None:
        """Runs of text, in which no mark means anything."""
        spans = [one if isinstance(one, str) else one["text"] for one in element["inlines"]]
        for one in element["inlines"]:
            if isinstance(one, dict) and (action := one.get("selectAction")):
                self.live.append(str(action.get("url") or one["text"]))
        self.line(moments("".join(spans), self.reader.tz))

    def _factset(self, element: Thing) -> None:
        for fact in element["facts"]:
            self.marked(f"{fact['title']} {fact['value']}")

    def _image(self, element: Thing) -> None:
        self.line(element.get("altText"))

    def _media(self, element: Thing) -> None:
        self.line(element.get("altText"))

    def _input(self, element: Thing) -> None:
        self.line(element.get("label"))
        value = element.get("value")
        self.line(value if element["type"] != "Input.ChoiceSet" else "")

    _input_text = _input_number = _input_date = _input_time = _input

    def _input_choiceset(self, element: Thing) -> None:
        self._input(element)
        for choice in element["choices"]:
            self.marked(choice["title"])

    def _input_toggle(self, element: Thing) -> None:
        self.line(element.get("label"))
        self.marked(element["title"])
