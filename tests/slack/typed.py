"""What a person types, as Slack passes it on: names become ids, addresses become links, and the markup is escaped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.slack.checks import Thing

if TYPE_CHECKING:
    from tests.slack.people import User

WEB = r"https?://[^\s<>]+"
MAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
BARE = r"(?<![\w.@/-])[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|edu|gov|io|dev|app|example)\b(?![\w@])"
BROADCASTS = ("here", "channel", "everyone")


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def as_command(text: str, user: User) -> str:
    """The text of a command whose mentions come escaped, with their names."""
    return "".join(_tag(part, named=True) for part in _parts(text, user))


def as_message(text: str, user: User) -> tuple[str, list[Thing]]:
    """The text of a message, and the block in which clients send it."""
    parts = _parts(text, user)
    words = "".join(_tag(part, named=False) for part in parts)
    elements = [{name: value for name, value in part.items() if name != "name"} for part in parts]
    section = {"type": "rich_text_section", "elements": elements}
    return words, [{"type": "rich_text", "elements": [section]}]


def _parts(text: str, user: User) -> list[Thing]:
    """The text cut at everything that Slack recognises in what is typed."""
    known = _known(user)
    names = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))
    pieces = re.split(rf"((?<!\w)(?:{names})(?!\w)|{WEB}|{MAIL}|{BARE})", text)
    return [known[piece] if piece in known else _plain(piece) for piece in pieces if piece]


def _known(user: User) -> dict[str, Thing]:
    """Whom and what this person can name."""
    slack, known = user.slack, {}
    for other in slack.users.values():
        for name in (other.name, other.handle):
            known[f"@{name}"] = {"type": "user", "user_id": other.id, "name": other.handle}
    for room in slack.rooms.values():
        if room.name and not room.direct and user.team in room.teams and (not room.private or user.id in room.members):
            known[f"#{room.name}"] = {"type": "channel", "channel_id": room.id, "name": room.name}
    return known | {f"@{name}": {"type": "broadcast", "range": name} for name in BROADCASTS}


def _plain(piece: str) -> Thing:
    if re.fullmatch(WEB, piece):
        return {"type": "link", "url": piece}
    if re.fullmatch(MAIL, piece):
        return {"type": "link", "url": f"mailto:{piece}", "text": piece}
    return {"type": "link", "url": f"http://{piece}", "text": piece} if re.fullmatch(BARE, piece) else _text(piece)


def _text(piece: str) -> Thing:
    return {"type": "text", "text": piece}


def _tag(part: Thing, *, named: bool) -> str:
    """A part as the text of commands and messages holds it."""
    name = f"|{part['name']}" if named and "name" in part else ""
    match part["type"]:
        case "user":
            return f"<@{part['user_id']}{name}>"
        case "channel":
            return f"<#{part['channel_id']}{name or '|'}>"
        case "broadcast":
            return f"<!{part['range']}>"
        case "link":
            label = f"|{escaped(part['text'])}" if "text" in part else ""
            return f"<{escaped(part['url'])}{label}>"
    return escaped(part["text"])
