"""Text -> what Slack shows. Pure.

What people wrote is never live: no mention, link, formatting or emoji code of theirs does anything. Where Slack takes
words literally (`plain_text`, the elements of `rich_text`) they stay as typed; `mrkdwn` has no escape for `*` and its
like, so there they are written with signs that look the same. Cards use mrkdwn only where Slack takes nothing better.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from unicodedata import combining
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dialogs.card import Link, Piece, Text, Typed, When, Who
from dialogs.words import blank

Json = dict[str, Any]

SOMEBODY = "somebody"
NOTHING = "–"  # Slack refuses a text without a letter
MOST = 3000  # characters of one text
LONGEST_URL = 3000
USER = re.compile(r"[UW][A-Z0-9]+")
ADDRESS = re.compile(r"https?://[^\s<>|\x00-\x20]+")
UNSEEN = re.compile(
    # Control characters and halves of characters cannot be sent; the others turn round the words that follow them.
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
LIVE = re.compile(
    r"[&<>*_~`]"
    r"|[@#](?=[\w`])"  # where `verbatim` cannot be said, bare names come alive; the twin of ` is a letter, too
    r"|:(?=//|[\w+'`-]+:)"  # an address; a code like :tada:
    r"|^(?= *(?:[-+•·–]|\d+[.)])\s)",  # a list
    re.MULTILINE,
)
JOINER = "\u2060"  # invisible, and no word, name or code goes on across it
ESCAPED = {"&": "&amp;", "<": "&lt;", ">": f"{JOINER}&gt;"}  # at the start of a line, > would make a quotation
TWINS = {"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"}
FORMATS = {"time": "%H:%M %Z", "date": "%a %-d %b", "both": "%a %-d %b, %H:%M %Z"}
# Slack fills these in by each reader's own clock; "pretty" says today or tomorrow.
TOKENS = {"time": "{time}", "date": "{date_long}", "both": "{date_short_pretty}, {time}"}


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom it is drawn: one person, or everybody in a channel."""

    users: Mapping[str, str] = field(default_factory=dict)  # person -> Slack's id of them, in this workspace
    names: Mapping[str, str] = field(default_factory=dict)  # person -> name, where there is no id
    link: Callable[[Link], str] | None = None  # this reader's own address of a page; None: others read it too

    def user(self, person: str) -> str | None:
        """The id with which to mention somebody."""
        user = self.users.get(person)
        return user if user and USER.fullmatch(user) else None

    def name(self, person: str) -> str:
        """The name of somebody who cannot be mentioned."""
        return clean(self.names.get(person, "")).strip() or SOMEBODY

    def address(self, link: Link) -> str | None:
        """Where a link leads. An address that Slack would refuse is none."""
        address = self.link(link) if self.link else ""
        return address if len(address) <= LONGEST_URL and ADDRESS.fullmatch(address) else None


def clean(words: str) -> str:
    """Words as typed, without what cannot be sent or would reorder its neighbours."""
    return UNSEEN.sub("", BREAKS.sub("\n", words).replace("\t", " "))


def size(words: str) -> int:
    """How many characters Slack may count: those beyond 16 bits, as most emoji are, count twice in some places."""
    return len(words) if words.isascii() else len(words.encode("utf-16-le", "surrogatepass")) // 2


def short(words: str, most: int) -> str:
    """The words, or their beginning and `…`; a letter keeps its accents and an emoji its parts."""
    if len(words) <= most and size(words) <= most:
        return words
    end = held = 0
    while held + (wide := 1 + (words[end] > "\uffff")) < most:
        held += wide
        end += 1
    whole = end
    while whole and whole > end - 20 and (_joins(words[whole]) or words[whole - 1] == "\u200d"):
        whole -= 1
    return f"{words[:whole].rstrip()}…"


def _joins(char: str) -> bool:
    return bool(combining(char)) or char in "\u200d\ufe0f" or "\U0001f3fb" <= char <= "\U0001f3ff"


# -- plain -------------------------------------------------------------------------------------------------------------


def plain(text: Text, reader: Reader, most: int = MOST) -> str:
    """The words alone, for `plain_text` without emoji codes, where nothing is live."""
    words = "".join(_plain(piece, reader) for piece in text.pieces())
    return NOTHING if blank(words) else short(words, most)


def line(text: Text, reader: Reader, most: int = MOST) -> str:
    """The words alone on one line: labels and titles."""
    return short(" ".join(plain(text, reader, MOST).split()), most)


def _plain(piece: Piece, reader: Reader) -> str:
    match piece:
        case Who(person):
            return reader.name(person)
        case When():
            return moment(piece)
        case Link():
            return plain(piece.label, reader)
        case Typed(words):
            return clean(f"/ilt {words}".strip())
    return clean(piece)


def moment(when: When) -> str:
    """A moment in its own zone, which is named."""
    try:
        there = when.at.astimezone(ZoneInfo(when.zone))
    except (ZoneInfoNotFoundError, ValueError, OverflowError):
        there = _in_utc(when.at)
    return there.strftime(FORMATS[when.style])


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:  # the first or last day there is
        return at.replace(tzinfo=UTC)


# -- mrkdwn ------------------------------------------------------------------------------------------------------------


def guard(words: str) -> str:
    """What people wrote, dead: for mrkdwn and for the text of notifications."""
    return LIVE.sub(_guarded, words)


def _guarded(found: re.Match[str]) -> str:
    sign, words = found[0], found.string
    if sign in ESCAPED:
        return ESCAPED[sign]
    if sign not in TWINS:
        return f"{sign}{JOINER}"
    before, after = words[max(0, found.start() - 1) : found.start()], words[found.end() : found.end() + 1]
    inside = sign != "`" and before.isalnum() and after.isalnum()  # snake_case and 2*3 format nothing
    return sign if inside else TWINS[sign]


def harmless(text: Text) -> bool:
    """Whether mrkdwn shows these words just as they were typed."""
    strings = [clean(piece) for piece in text.pieces() if isinstance(piece, str)]
    return all(guard(one) == one.replace("&", "&amp;") and "\n" not in one for one in strings)


def mrkdwn(text: Text, reader: Reader, most: int = MOST) -> str:
    """For a mrkdwn text object with `verbatim: true`: mentions, dates and links are ours, all else is dead."""
    said, left = [], most
    for piece in text.pieces():
        live = _live(piece, reader)
        if live is None:
            words = _plain(piece, reader)
            live = guarded(words, left)
        if size(live) > left:
            break
        said.append(live)
        left -= size(live)
    found = "".join(said)
    return NOTHING if blank(found) else found


def guarded(words: str, most: int) -> str:
    """Dead words which are short enough when they are dead: escapes count."""
    if size(found := guard(words)) <= most:
        return found
    low, high = 0, min(size(words), most)  # so many letters fit, and so many do not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if size(guard(short(words, middle))) <= most else (low, middle)
    return guard(short(words, low)) if low else ""


def _live(piece: Piece, reader: Reader) -> str | None:
    match piece:
        case Who(person) if user := reader.user(person):
            return f"<@{user}>"
        case When():
            return f"<!date^{round(piece.at.timestamp())}^{TOKENS[piece.style]}|{moment(piece)}>"
        case Link() if address := reader.address(piece):
            label = guarded(line(piece.label, reader, 200), 300).replace("|", "¦")
            return f"<{address.replace('&', '&amp;')}|{label}>"
    return None


# -- rich text ---------------------------------------------------------------------------------------------------------


def rich(text: Text, reader: Reader, most: int = MOST, *, bold: bool = False) -> list[Json]:
    """The elements of a rich text: what is a `text` element is shown letter by letter."""
    parts: list[Json] = []
    left = most
    for piece in text.pieces():
        if left < 2:
            break
        part = _element(piece, reader, left)
        words = part.get("text") or part.get("fallback") or ""
        left -= size(words) or 1
        if part["type"] == "text" and not words:
            continue
        if part["type"] == "text" and parts and parts[-1]["type"] == "text":
            parts[-1]["text"] += words
        else:
            parts.append(part)
    if not any(part["type"] != "text" or not blank(part["text"]) for part in parts):
        parts = [{"type": "text", "text": NOTHING}]
    return [part | {"style": {"bold": True}} if part["type"] != "date" else part for part in parts] if bold else parts


def _element(piece: Piece, reader: Reader, most: int) -> Json:
    match piece:
        case Who(person) if user := reader.user(person):
            return {"type": "user", "user_id": user}
        case When():
            stamp, shape = round(piece.at.timestamp()), TOKENS[piece.style]
            return {"type": "date", "timestamp": stamp, "format": shape, "fallback": moment(piece)}
        case Link() if address := reader.address(piece):
            return {"type": "link", "url": address, "text": line(piece.label, reader, most)}
    return {"type": "text", "text": short(_plain(piece, reader), most)}
