"""Card: a message as we mean it, before a platform draws it.

Every word that a person reads is a `Text`, made by `t("Your vote: {choice}", choice=...)`. What people typed goes in as
an argument and never as a template, so that no adapter can mistake it for markup and each reader's language can be
looked up by the template. Adapters walk `Text.pieces()` and escape, mention and format in their own way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from string import Formatter
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Who:
    """A person, by our id: drawn as a mention where the platform has them, else as the name."""

    person: str


@dataclass(frozen=True, slots=True)
class When:
    """A moment, drawn in the reader's own zone. style: `time` (14:00), `date` (Tue 24 Nov) or `both`."""

    at: datetime
    style: Literal["time", "date", "both"] = "both"
    zone: str = "UTC"  # the session's zone (IANA), for readers whose own is not known


@dataclass(frozen=True, slots=True)
class Link:
    """A page of a session, for its reader only: the adapter signs the address when it draws the card."""

    page: Literal["room", "people", "report"]
    session: str
    label: Text


@dataclass(frozen=True, slots=True)
class Typed:
    """A command to type. Each platform writes before it what is needed where this is read; empty: that alone."""

    words: str = ""


Piece = str | Who | When | Link | Typed


Arg: TypeAlias = "str | int | Who | When | Link | Typed | Text"


@dataclass(frozen=True, slots=True)
class Text:
    """Words for people: a template of ours, and what goes into it. `one` is the template for n == 1."""

    template: str
    args: tuple[tuple[str, Arg], ...] = ()
    one: str | None = None
    n: int | None = None

    def pieces(self) -> Iterator[Piece]:
        """The text in order, as plain strings and the things that each platform draws in its own way."""
        chosen = self.one if self.one is not None and self.n == 1 else self.template
        args = dict(self.args)
        for literal, name in parsed(chosen):
            if literal:
                yield literal
            if name is None:
                continue
            arg = args[name]
            if isinstance(arg, Text):
                yield from arg.pieces()
            elif isinstance(arg, int):
                yield f"{arg:d}"  # True is equal to 1: it is written so, too
            else:
                yield arg


@lru_cache(2048)
def parsed(template: str) -> tuple[tuple[str, str | None], ...]:
    """A template's parts: words, and the name of what stands behind them. Templates are ours, and few."""
    return tuple((literal, name) for literal, name, _, _ in Formatter().parse(template))


def t(template: str, /, **args: Arg) -> Text:
    """Words for people. The template is a literal (a test reads them all); what varies is an argument."""
    return Text(template, tuple(args.items()))


def tn(one: str, many: str, /, n: int, **args: Arg) -> Text:
    """Words that depend on a number: `tn("{n} vote", "{n} votes", n=3)`."""
    return Text(many, (("n", n), *args.items()), one=one, n=n)


def quote(words: str) -> Text:
    """What a person or a plan wrote, word for word."""
    return Text("{words}", (("words", words),))


@dataclass(frozen=True, slots=True)
class Button:
    """One tap. `action` and `value` come back in `Pressed`; neither is trusted when they do."""

    action: str
    label: Text
    value: str = ""
    style: Literal["plain", "primary", "danger"] = "plain"
    pressed: bool = False  # this viewer's own choice, told to screen readers too
    confirm: Text | None = None
    lead: bool = False  # for facilitators only: where one message serves a whole place, it stands apart


@dataclass(frozen=True, slots=True)
class Bar:
    """One answer and how many gave it, as number and bar; the button votes for it."""

    label: Text
    count: int
    total: int
    button: Button | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A line with a tick box. `mark` is said in words too, never by colour alone."""

    text: Text
    mark: Literal["open", "done", "help"]
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and what is known of it, as in a table of two columns."""

    label: Text
    value: Text


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose in a field; `id` is what comes back."""

    id: str
    text: Text


@dataclass(frozen=True, slots=True)
class Field:
    """Something to fill in. kind: one line or more of `text`, one `choice`, or `many` choices."""

    name: str
    label: Text
    kind: Literal["text", "choice", "many"] = "text"
    options: tuple[Option, ...] = ()
    required: bool = False
    hint: Text | None = None
    limit: int = 400  # characters of a text
    value: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A message. Drawn from top to bottom in the order of these fields."""

    title: Text
    text: tuple[Text, ...] = ()
    facts: tuple[Fact, ...] = ()
    bars: tuple[Bar, ...] = ()
    items: tuple[Item, ...] = ()
    fields: tuple[Field, ...] = ()
    submit: Button | None = None  # sends the fields as `Submitted`
    buttons: tuple[Button, ...] = ()
    footer: Text | None = None
    tone: Literal["plain", "flag", "done", "closed"] = "plain"  # done: all is well; closed: it says so in its words
    page: bool = False  # stands on its reader's own page (web desk, Slack's Home tab): nobody is written to for it
    answers: bool = False  # people answer beneath it (a thread): what they write there is `Said` to this dialog

    @property
    def over(self) -> bool:
        """Whether nothing is asked of anybody here any more."""
        return self.tone in {"done", "closed"}

    def all_buttons(self) -> tuple[Button, ...]:
        """Every button on the card, wherever it stands."""
        bars = tuple(bar.button for bar in self.bars if bar.button)
        items = tuple(button for item in self.items for button in item.buttons)
        return (*bars, *items, *((self.submit,) if self.submit else ()), *self.buttons)

    def all_texts(self) -> Iterator[Text]:
        """Every text on the card, for those who check, measure or translate."""
        yield self.title
        yield from self.text
        for fact in self.facts:
            yield from (fact.label, fact.value)
        yield from (bar.label for bar in self.bars)
        yield from (item.text for item in self.items)
        for field in self.fields:
            yield field.label
            yield from (option.text for option in field.options)
            if field.hint:
                yield field.hint
        for button in self.all_buttons():
            yield button.label
            if button.confirm:
                yield button.confirm
        if self.footer:
            yield self.footer


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a form was not taken: the name of each field that must be mended, and what is wrong with it."""

    fields: tuple[tuple[str, Text], ...]

    def all_texts(self) -> Iterator[Text]:
        """Every sentence."""
        yield from (text for _, text in self.fields)


Reply = Text | Card | Wrong  # what the one who acted is told


def people_in(said: Iterable[Reply | None]) -> list[str]:
    """Everybody who is named in these cards and texts."""
    texts = (text for one in said if one for text in ([one] if isinstance(one, Text) else one.all_texts()))
    return sorted({piece.person for text in texts for piece in text.pieces() if isinstance(piece, Who)})
