"""Card -> HTML. Pure but for the fresh ids in the forms; `pages/card.html` tells what the HTML promises.

Nothing that people wrote is ever markup: templates escape everything by themselves, and the few tags made here wrap
text that was escaped first.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from adapters.base import Answer, Seen
from adapters.web.links import Links, local
from adapters.web.live import Line
from dialogs.card import Card, Link, Piece, Text, Typed, When, Who, Wrong

PAGES = Path(__file__).parent / "pages"
SOMEBODY = "somebody"
NOTHING = Markup()
FORMATS = {"time": "%H:%M %Z", "date": "%a %-d %b", "both": "%a %-d %b, %H:%M %Z"}


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom it is drawn."""

    tenant: str
    person: str
    names: Mapping[str, str]
    zone: str = "UTC"


NOBODY = Reader("", "", {})  # for words of ours that name nobody


@dataclass(frozen=True, slots=True)
class Slip:
    """What the reader was told about something they did, and beside which card that belongs, if any."""

    answer: Answer
    dialog: str = ""
    slot: str = ""
    quiet: bool = False  # what was done shows by itself, as a chat message does


@dataclass(frozen=True, slots=True)
class Told:
    """A slip as HTML: a line, or a card."""

    line: Markup = NOTHING
    card: Markup = NOTHING


def card_id(dialog: str, slot: str) -> str:
    """The id of a card in the page."""
    return f"card-{dialog}-{slot}"


def millis(at: datetime) -> int:
    """The order in which things stand on a page."""
    return round(at.timestamp() * 1000)


class Draw:
    """Everything that becomes HTML."""

    def __init__(self, links: Links, assets: Mapping[str, str]) -> None:
        self._address = {"room": links.room, "people": links.people, "report": links.report}
        self._jinja = Environment(
            loader=FileSystemLoader(PAGES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.filters.update(text=self.text, plain=plain, clock=clock, millis=millis)
        self._jinja.globals.update(
            assets=assets, links=links, local=local, card_id=card_id, fresh=lambda: str(uuid.uuid4())
        )

    def page(self, page: str, /, **words: object) -> str:
        """A whole page."""
        return self._jinja.get_template(f"{page}.html").render(words)

    def entry(self, seen: Seen, reader: Reader, thread: Iterable[Line] = (), told: Told | None = None) -> Markup:
        """One card with all that stands beside it: receipts, and the answers beneath."""
        answers = [self.line(line) for line in thread]
        return self._card(
            seen.card, reader, dialog=seen.dialog, slot=seen.slot, seen=seen, answers=answers, told=told or Told()
        )

    def told(self, slip: Slip, reader: Reader) -> Told:
        """What somebody was told."""
        match slip.answer.reply:
            case Card() as card:
                # "?" is the page itself without its query: where one gets by closing this card without JavaScript.
                return Told(card=self._card(card, reader, dialog=slip.dialog, slot=slip.slot, seen=None, close="?"))
            case Text() as words:
                return Told(line=self.text(words, reader))
            case Wrong(fields):
                return Told(line=Markup(" ").join(self.text(words, reader) for _, words in fields))
            case None if slip.quiet:
                return Told()
            case None:
                return Told(line=Markup("Already received.") if slip.answer.again else Markup("Received."))

    def line(self, line: Line) -> Markup:
        """Something that somebody said."""
        return Markup(self._jinja.get_template("line.html").render(line=line))  # noqa: S704  the template escapes

    def text(self, text: Text, reader: Reader) -> Markup:
        """Words with names, times and links in them."""
        return Markup().join(self._piece(piece, reader) for piece in text.pieces())

    def _piece(self, piece: Piece, reader: Reader) -> Markup:
        match piece:
            case Who(person):
                return Markup('<b class="who" dir="auto">{}</b>').format(reader.names.get(person, SOMEBODY))
            case When():
                return clock(piece.at, piece.style, piece.zone)
            case Link():
                address = local(self._address[piece.page](reader.tenant, piece.session, reader.person))
                return Markup('<a href="{}">{}</a>').format(address, self.text(piece.label, reader))
            case Typed(words):
                return escape(f"/ilt {words}".strip())
            case _:
                return escape(piece)

    def _card(self, card: Card, reader: Reader, **words: object) -> Markup:
        html = self._jinja.get_template("card.html").render(card=card, reader=reader, **words)
        return Markup(html)  # noqa: S704  the template escapes


def clock(at: datetime, style: str = "both", zone: str = "UTC") -> Markup:
    """A moment, readable as it is in `zone`; the page's script rewrites it in the reader's own."""
    try:
        there = at.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        there = at.astimezone(UTC)
    moment = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Markup('<time datetime="{}" data-style="{}">{}</time>').format(moment, style, there.strftime(FORMATS[style]))


def plain(text: Text, reader: Reader) -> str:
    """The words alone, for titles, names of controls, and machines."""
    return "".join(_plain(piece, reader) for piece in text.pieces())


def _plain(piece: Piece, reader: Reader) -> str:
    match piece:
        case Who(person):
            return reader.names.get(person, SOMEBODY)
        case When():
            return clock(piece.at, piece.style, piece.zone).striptags()
        case Link():
            return plain(piece.label, reader)
        case Typed(words):
            return f"/ilt {words}".strip()
        case _:
            return piece


def has_link(card: Card) -> bool:
    """Whether the card looks different for each reader, because their own links are on it."""
    return any(isinstance(piece, Link) for text in card.all_texts() for piece in text.pieces())
