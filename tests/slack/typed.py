"""What a person types, as Slack passes it on: names become ids, and the three letters of its markup are escaped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.slack.checks import Thing

if TYPE_CHECKING:
    from tests.slack.people import User

LINK = re.compile(r"(https?://[^\s<>]+)")
BROADCASTS = ("here", "channel", "everyone")


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def as_command(text: str, user: User) -> str:
    """The text of a command whose mentions come escaped."""
    return "".join(_command_part(part) for part in _parts(text, user))


def as_message(text: str, user: User) -> tuple[str, list[Thing]]:
    """The text of a message, and the block in which clients send it."""
    parts = _parts(text, user)
    section = {"type": "rich_text_section", "elements": [part for part in parts if part.get("text") != ""]}
    return "".join(map(_message_part, parts)), [{"type": "rich_text", "elements": [section]}]


def _parts(text: str, user: User) -> list[Thing]:
    """The text cut at everything that clients recognise while one types."""
    slack, known = user.team.slack, {}
    for other in slack.users.values():
        for name in (other.name, other.handle):
            known[f"@{name}"] = {"type": "user", "user_id": other.id}
    for room in slack.rooms.values():
        if room.name and user.team in room.teams and (not room.private or user.id in room.members):
            known[f"#{room.name}"] = {"type": "channel", "channel_id": room.id}
    known |= {f"@{name}": {"type": "broadcast", "range": name} for name in BROADCASTS}
    names = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))
    parts: list[Thing] = []
    for piece in re.split(rf"((?:{names})(?!\w)|https?://[^\s<>]+)", text):
        if piece in known:
            parts.append(known[piece])
        else:
            parts.append({"type": "link", "url": piece} if LINK.fullmatch(piece) else {"type": "text", "text": piece})
    _named.update({room.id: room.name for room in slack.rooms.values()})
    _named.update({other.id: other.handle for other in slack.users.values()})
    return parts


_named: dict[str, str] = {}


def _command_part(part: Thing) -> str:
    match part["type"]:
        case "user":
            return f"<@{part['user_id']}|{_named[part['user_id']]}>"
        case "channel":
            return f"<#{part['channel_id']}|{_named[part['channel_id']]}>"
    return _message_part(part)


def _message_part(part: Thing) -> str:
    match part["type"]:
        case "user":
            return f"<@{part['user_id']}>"
        case "channel":
            return f"<#{part['channel_id']}|>"
        case "broadcast":
            return f"<!{part['range']}>"
        case "link":
            return f"<{escaped(part['url'])}>"
    return escaped(part["text"])
