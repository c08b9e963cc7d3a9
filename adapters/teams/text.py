"""Text -> what Teams shows. Pure.

What people wrote is never live. Where Teams takes words literally (the runs of a `RichTextBlock`, titles of buttons)
they stay as typed. A `TextBlock` is Markdown, of which phones, desktops and browsers each understand another part and
do not agree on its escapes: what would mean something there is written with signs that look the same, or is broken by
an invisible joiner. Cards use a TextBlock only where somebody is mentioned, for moments and for links.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from unicodedata import bidirectional, combining
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.teams.payload import NOBODY, PERSON
from dialogs.card import Link, Piece, Text, Typed, When, Who
from dialogs.words import blank

Json = dict[str, Any]

SOMEBODY = "somebody"
NOTHING = "–"  # an empty block is left out, and then something is missing beside its label
MOST = 3000  # letters of one text
NAME = 80
ADDRESS = re.compile(r"https?://[!-~]{1,2000}")
# In an address they would end the link that it stands in.
ENCODED = {ord(sign): f"%{ord(sign):02X}" for sign in "()<>[]{}|\\^`*\"'"}
UNSEEN = re.compile(
    # Control characters and halves of characters cannot be sent; the others turn round the words that follow them.
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
JOINER = "\u2060"  # invisible, and no mark, word or address goes on across it
# Alive in every text of a card: moments, which each device fills in, and mentions.
EVERYWHERE = re.compile(r"\{(?=\{)|<(?=/?at\b)", re.IGNORECASE)
# Alive where an address or a mention is looked for in plain words.
FOUND = re.compile(
    r"<"
    r"|/(?=/)"
    r"|@(?=\w)"
    r"|(?<=[A-Za-z]):(?=\S)"  # mailto:, tel:
    r"|(?<=\w)\.(?=[^\W\d])"  # www.example.org, and example.org alone
)
LIVE = re.compile(
    rf"{FOUND.pattern}"
    r"|[*_~`\\\]]"
    r"|&(?=[#\w])"
    r"|\{(?=\{)"
    r"|^[^\S\n]*(?=[-+=#>|:]|\d{1,9}[.)])",  # lists, headings, quotations, tables, lines
    re.MULTILINE,
)
TWINS = {"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"}
FORMATS = {"time": "%H:%M %Z", "date": "%a %-d %b", "both": "%a %-d %b, %H:%M %Z"}
# Each device fills these in by its own clock and language.
FUNCTIONS = {
    "time": "{{TIME(MOMENT)}}",
    "date": "{{DATE(MOMENT, SHORT)}}",
    "both": "{{DATE(MOMENT, SHORT)}}, {{TIME(MOMENT)}}",
}


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom it is drawn: one person, or everybody in a channel or chat."""

    users: Mapping[str, str] = field(default_factory=dict)  # person -> Teams' id of them, in this organisation
    names: Mapping[str, str] = field(default_factory=dict)  # person -> name, for a mention too
    link: Callable[[Link], str] | None = None  # this reader's own address of a page; None: others read it too
    zone: str = "UTC"  # for moments where no device fills them in; UTC: that of the moment itself
    # What has been said to them: a card says most of its words several times.
    _said: dict[Text, tuple[str, str]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def user(self, person: str) -> str | None:
        """The id with which to mention somebody."""
        user = self.users.get(person)
        return user if user and PERSON.fullmatch(user) and not user.startswith(NOBODY) else None

    def name(self, person: str) -> str:
        """The name of somebody, whether or not they are mentioned."""
        return short(" ".join(clean(self.names.get(person, "")).split()), NAME) or SOMEBODY

    def address(self, link: Link) -> str | None:
        """Where a link leads. What is no address is none."""
        address = self.link(link) if self.link else ""
        return address.translate(ENCODED) if ADDRESS.fullmatch(address) else None

    def said(self, text: Text) -> tuple[str, str]:
        """The words alone, for where nothing is Markdown, and the same on one line; something in any case."""
        if (known := self._said.get(text)) is not None:
            return known
        words = literal("".join([words_of(piece, self) for piece in text.pieces()])).strip()
        words = NOTHING if blank(words) else words
        self._said[text] = known = (words, " ".join(short(words, MOST).split()))
        return known


class Mentions:
    """Who is mentioned in one message. Teams finds each by the tag in the text, so that no two may be alike."""

    def __init__(self) -> None:
        self.of: dict[str, str] = {}  # tag -> id

    def tag(self, user: str, name: str) -> str:
        """What stands in the text."""
        called = re.sub(r"[<>&]", "", name).strip()
        called = guard(called) if not blank(called) else SOMEBODY
        while self.of.get(tag := f"<at>{called}</at>", user) != user:
            called += JOINER
        self.of[tag] = user
        return tag

    def all(self) -> list[Json]:
        """What must stand beside the texts."""
        return [
            {"type": "mention", "text": tag, "mentioned": {"id": user, "name": tag[4:-5].replace(JOINER, "")}}
            for tag, user in self.of.items()
        ]

    def within(self, texts: str) -> list[Json]:
        """What must stand beside these texts, of which something was cut."""
        return [one for one in self.all() if one["text"] in texts]


# -- words -------------------------------------------------------------------------------------------------------------


def clean(words: str) -> str:
    """Words as typed, without what cannot be sent or would reorder its neighbours."""
    return UNSEEN.sub("", BREAKS.sub("\n", words).replace("\t", " "))


def size(words: str) -> int:
    """How many letters Teams counts: those beyond 16 bits, as most emoji are, are two."""
    return len(words) if words.isascii() else len(words.encode("utf-16-le", "surrogatepass")) // 2


def short(words: str, most: int) -> str:
    """The words, or their beginning and `…`; a letter keeps its accents and an emoji its parts."""
    if len(words) <= most and (words.isascii() or size(words) <= most):
        return words
    end, room = 0, most - 1
    while end < len(words) and (room := room - 1 - (words[end] > "\uffff")) >= 0:
        end += 1
    whole = end
    while whole and whole > end - 20 and (_joins(words[whole]) or words[whole - 1] == "\u200d"):
        whole -= 1
    return f"{words[:whole].rstrip()}…"


def _joins(char: str) -> bool:
    return bool(combining(char)) or char in "\u200d\ufe0f" or "\U0001f3fb" <= char <= "\U0001f3ff"


def from_right(words: str) -> bool:
    """Whether these words begin in a script that is read from right to left."""
    if words.isascii():
        return False
    found = (side for char in words if (side := bidirectional(char)) in {"L", "R", "AL"})
    return next(found, "L") != "L"


def literal(words: str) -> str:
    """Words for where Markdown means nothing."""
    return EVERYWHERE.sub(_broken, words)


def bare(words: str) -> str:
    """Words for a message of plain text, in which Teams still looks for addresses and mentions."""
    return FOUND.sub(_broken, words)


def guard(words: str) -> str:
    """Words for a TextBlock and whatever else is Markdown."""
    return LIVE.sub(_dead, words)


def _broken(found: re.Match[str]) -> str:
    # On both sides where some look for what stands before the sign (www, mailto), and others for what follows it.
    return f"{JOINER if found[0] in tuple('@:.') else ''}{found[0]}{JOINER}"


def _dead(found: re.Match[str]) -> str:
    return TWINS.get(found[0]) or _broken(found)


def guarded(words: str, most: int) -> str:
    """Dead words which are short enough when they are dead: joiners count."""
    if size(found := guard(words)) <= most:
        return found
    low, high = 0, min(size(words), most)  # so many letters fit, and so many do not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if size(guard(short(words, middle))) <= most else (low, middle)
    return guard(short(words, low)) if low else ""


# -- texts -------------------------------------------------------------------------------------------------------------


def plain(text: Text, reader: Reader, most: int = MOST) -> str:
    """The words alone, for where nothing is Markdown."""
    return short(reader.said(text)[0], most)


def line(text: Text, reader: Reader, most: int = MOST) -> str:
    """The words alone on one line: labels and titles."""
    return short(reader.said(text)[1], most)


def words_of(piece: Piece, reader: Reader) -> str:
    """The words alone of one piece."""
    match piece:
        case Who(person):
            return reader.name(person)
        case When():
            return moment(piece, reader)
        case Link():
            return plain(piece.label, reader)
        case Typed(words):
            return clean(command(words, alone=reader.link is not None))
    return clean(piece)


def command(words: str, *, alone: bool) -> str:
    """A command as it is typed: with others there the bot must be named, and a message to the bot alone is for it."""
    if not words:
        return "@Cohost (not needed in this chat)" if alone else "@Cohost"
    return f"“{words}”" if alone else f"“@Cohost {words}”"


def moment(when: When, reader: Reader) -> str:
    """A moment in a zone which is named, for where no device fills it in."""
    try:
        there = when.at.astimezone(ZoneInfo(when.zone if reader.zone == "UTC" else reader.zone))
    except (ZoneInfoNotFoundError, ValueError, OverflowError):
        there = when.at
    return there.strftime(FORMATS[when.style])


def function(when: When) -> str | None:
    """A moment for each device to fill in. None: not every device takes one so far away."""
    if abs(when.at - datetime(2026, 1, 1, tzinfo=UTC)) > timedelta(days=365 * 50):
        return None
    return FUNCTIONS[when.style].replace("MOMENT", f"{when.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")


def lives(text: Text, reader: Reader) -> bool:
    """Whether something in it is ours and alive, and so needs a TextBlock."""
    return any(_is_live(piece, reader) for piece in text.pieces())


def _is_live(piece: Piece, reader: Reader) -> bool:
    match piece:
        case Who(person):
            return reader.user(person) is not None
        case When():
            return function(piece) is not None
        case Link():
            return reader.address(piece) is not None
    return False


def harmless(text: Text, reader: Reader) -> bool:
    """Whether a TextBlock shows these words just as they were typed."""
    words = "".join(words_of(piece, reader) for piece in text.pieces() if not _is_live(piece, reader))
    return guard(words) == words and "\n" not in words


def marked(text: Text, reader: Reader, mentions: Mentions, most: int = MOST) -> str:
    """For a TextBlock: mentions, moments and links are ours, all else is dead."""
    said, left = [], most
    for piece in _merged(text, reader):
        part = guarded(piece, left) if isinstance(piece, str) else _live(piece, reader, mentions)
        if size(part) > left:
            break
        said.append(part)
        left -= size(part)
    # One line break is none in Markdown, and a line that begins with spaces would be code.
    found = re.sub(r"\s*\n\s*", "\n\n", "".join(said)).strip()
    return NOTHING if blank(found) else found


def _merged(text: Text, reader: Reader) -> Iterator[Piece]:
    """The pieces, with all that is only words in one: a mark may begin in one piece and end in the next."""
    words = ""
    for piece in text.pieces():
        if not _is_live(piece, reader):
            words += words_of(piece, reader)
            continue
        if words:
            yield words
        words = ""
        yield piece
    yield words


def _live(piece: Piece, reader: Reader, mentions: Mentions) -> str:
    match piece:
        case Who(person):
            return mentions.tag(reader.user(person) or "", reader.name(person))
        case When():
            return function(piece) or ""
        case Link():
            # The joiner: after a "!" it would be a picture.
            return f"{JOINER}[{guarded(line(piece.label, reader, 200), 300)}]({reader.address(piece)})"
    return ""
