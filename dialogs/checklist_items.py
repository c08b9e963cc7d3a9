"""Items: what there is to have ready, how somebody stands with it, and how that is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import Field

from dialogs.base import Frozen, Tally
from dialogs.card import Button, Text, quote, t
from dialogs.card import Item as Line
from dialogs.privacy import listed
from dialogs.words import short


class Item(Frozen):
    """One thing to have ready, and how, for those who ask."""

    id: str = Field(min_length=1)
    text: str = Field(min_length=1)
    help: str = ""

    @property
    def key(self) -> str:
        """The note of it: done, help, or none yet."""
        return f"item:{self.id}"


def standing(tally: Tally) -> dict[str, dict[str, str]]:
    """How everybody stands with each item: done, help, or helped (a facilitator has seen to it since they asked)."""
    helped: dict[str, datetime] = {}
    for note in tally.notes:
        if note.key.startswith("helped:"):
            person = note.key.removeprefix("helped:")
            helped[person] = max(note.at, helped.get(person, note.at))
    found: dict[str, dict[str, str]] = {}
    for note in tally.notes:
        if note.key.startswith("item:"):
            seen = note.value == "help" and note.person in helped and helped[note.person] >= note.at
            found.setdefault(note.person, {})[note.key] = "helped" if seen else note.value
    return found


def line(item: Item, value: str | None, *, asks: bool) -> Line:
    """One item as its person sees it. How to do it is said to whoever asks for help; where nobody `asks`, at once."""
    tick = Button("tick", t("Tick"), item.id, style="primary")
    ask = (Button("help", t("I need help"), item.id),) if asks else ()
    text = quote(item.text)
    if item.help and (value == "help" or not ask):
        text = t("{item} Tip: {help}", item=text, help=item.help)
    match value:
        case "done":
            return Line(quote(item.text), "done", (Button("untick", t("Undo"), item.id),))
        case "help":
            return Line(text, "help", (tick, Button("untick", t("No help needed"), item.id)))
        case "helped":
            return Line(t("{item} A facilitator has seen to it.", item=text), "open", (tick, *ask))
    return Line(text, "open", (tick, *ask))


def opened(items: Sequence[Item], values: Mapping[str, str]) -> Text:
    """What somebody still has to do: where they wait for help, and the rest."""
    names = [(values.get(item.key), quote(short(item.text, 40))) for item in items]
    helps = [name for value, name in names if value == "help"]
    opens = [name for value, name in names if value not in {"help", "done"}]
    if not helps:
        return t("open: {opens}", opens=listed(opens))
    if not opens:
        return t("needs help: {helps}", helps=listed(helps))
    return t("needs help: {helps}; open: {opens}", helps=listed(helps), opens=listed(opens))
