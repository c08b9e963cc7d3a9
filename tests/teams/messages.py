"""What is written in rooms and opened in windows: messages and dialogs, as Teams keeps them."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.teams.people import User
    from tests.teams.reading import Read
    from tests.teams.rooms import Room

Thing = dict[str, Any]

CARD = "application/vnd.microsoft.card.adaptive"


@dataclass(eq=False)
class Message:
    """One message, as it stands now."""

    room: Room
    id: str
    author: User | None  # nobody is the bot
    said: Thing  # the activity that it was written with
    at: datetime
    thread: str | None = None  # the first message of its thread, in a channel
    only: User | None = None  # a targeted message is for this person
    edited: bool = False
    deleted: bool = False
    earlier: list[Thing] = field(default_factory=list)  # what it was before each change
    views: dict[str, Thing] = field(default_factory=dict)  # the card that one person has instead
    inputs: dict[str, dict[str, str]] = field(default_factory=dict)  # person, id of the input
    reactions: dict[str, list[str]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return str(self.said.get("text") or "")

    @property
    def cards(self) -> list[Thing]:
        """The cards that everybody has before them."""
        return cards_of(self.said)

    def shown(self, user: User, *, late: bool = False) -> list[Thing]:
        """The cards that this person has before them, or had before the last change."""
        if late:
            return cards_of(self.earlier[-1])
        return [self.views[user.id]] if user.id in self.views else self.cards

    def rewrite(self, said: Thing) -> None:
        """A change for everybody: what single people had instead is gone."""
        self.earlier.append(self.said)
        self.said, self.edited = copy.deepcopy(said), True
        self.views.clear()
        self.inputs.clear()

    def typed(self, user: User) -> dict[str, str]:
        """What this person has filled in and not yet sent."""
        return self.inputs.setdefault(user.id, {})

    def read_by(self, user: User) -> Read:
        from tests.teams.reading import read_message  # noqa: PLC0415 - reading reads messages, and messages are read

        return read_message(self, user)


@dataclass(eq=False)
class Dialog:
    """A dialog (a task module) that is open before somebody."""

    owner: User
    room: Room
    title: str
    card: Thing
    source: Message
    entered: dict[str, str] = field(default_factory=dict)

    def shown(self, user: User, *, late: bool = False) -> list[Thing]:
        return [self.card]

    def typed(self, user: User) -> dict[str, str]:
        return self.entered

    def read_by(self, user: User) -> Read:
        from tests.teams.reading import read_dialog  # noqa: PLC0415 - as above

        return read_dialog(self)


def cards_of(said: Thing) -> list[Thing]:
    return [one["content"] for one in said.get("attachments") or () if one.get("contentType") == CARD]
