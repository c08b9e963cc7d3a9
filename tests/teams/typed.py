"""What a person types, as Teams passes it on: names after an @ become tags, and entities say whom they mean."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.teams.people import User
    from tests.teams.rooms import Room

Thing = dict[str, Any]


def as_message(text: str, room: Room, by: User) -> Thing:
    """The text of a message and its entities; clients differ in the spaces that they leave around a mention."""
    bot = room.teams.bot_account()
    known = {f"@{one.name}": one.account() for one in room.people} | {f"@{bot['name']}": bot}
    if room.kind == "personal":
        return {"text": text}
    names = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))
    pieces = re.split(rf"((?<!\w)(?:{names})(?!\w))", text)
    named = [piece for piece in pieces if piece in known]
    words = "".join(f"<at>{piece[1:]}</at>" if piece in known else piece for piece in pieces)
    if not named:
        return {"text": words}
    words = words.replace("</at> ", "</at>&nbsp;") if by.platform == "Web" else f"{words}\n"
    entities = [
        {
            "type": "mention",
            "text": f"<at>{name[1:]}</at>",
            "mentioned": {"id": known[name]["id"], "name": name[1:]},
        }
        for name in dict.fromkeys(named)
    ]
    return {"text": words, "entities": entities}
