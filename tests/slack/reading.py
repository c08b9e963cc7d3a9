"""What a person reads of a message or a view: the words, the buttons, and whatever in it is live."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from re import Pattern
from typing import TYPE_CHECKING

from tests.slack.checks import Thing
from tests.slack.marks import BARE, ENTITY, MARKDOWN_MARKS, MARKS, unmarked, when

if TYPE_CHECKING:
    from tests.slack.messages import Message, View
    from tests.slack.people import User


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
    """What this person reads of a message: its blocks, and its text only if it has none."""
    page = _Page(reader)
    how = message.how
    if message.blocks:
        page.blocks(message.blocks)
        page.live += [f"<{found}>" for found in ENTITY.findall(message.text) if not found.startswith("!date")]
    elif how.get("mrkdwn", True):
        page.mrkdwn(message.text, bare=how.get("parse") != "none")
    else:
        page.line(html.unescape(message.text))
        page.bare(message.text)
    for attachment in message.attachments:
        page.blocks(attachment.get("blocks", ()))
        page.mrkdwn(attachment.get("text") or ("" if "blocks" in attachment else attachment.get("fallback", "")))
    return page.read(private=bool(message.only) or message.room.direct, message=message)


def read_view(view: View) -> Read:
    """What its owner reads of a view, from title to submit button."""
    page = _Page(view.owner)
    if title := view.given.get("title"):
        page.line(title["text"])
    page.blocks(view.blocks)
    page.buttons += [view.given[name]["text"] for name in ("submit", "close") if view.given.get(name)]
    return page.read(private=True, message=None)


class _Page:
    """Gathers what is read, from top to bottom."""

    def __init__(self, reader: User) -> None:
        self.reader, self.slack = reader, reader.team.slack
        self.lines: list[str] = []
        self.buttons: list[str] = []
        self.live: list[str] = []

    def read(self, *, private: bool, message: Message | None) -> Read:
        words = "\n".join(line for line in self.lines if line)
        return Read(words, tuple(self.buttons), private, tuple(dict.fromkeys(self.live)), message)

    def line(self, words: str) -> None:
        self.lines.append(words)

    def bare(self, words: str) -> None:
        self.live += [found.group() for found in BARE.finditer(html.unescape(words))]

    # ------------------------------------------------------------------------------------------------------ mrkdwn

    def mrkdwn(self, raw: str, *, bare: bool = True) -> None:
        self.line(self.inline(raw, MARKS, bare=bare))

    def inline(self, raw: str, marks: Sequence[Pattern[str]], *, bare: bool) -> str:
        """The words of a marked text, while what is live in it is noted."""
        for mark in marks:
            self.live += [html.unescape(found.group()) for found in mark.finditer(ENTITY.sub("x", raw))]
        if bare:
            self.bare(ENTITY.sub(" ", raw))
        parts = ENTITY.split(raw)
        for place, inner in enumerate(parts):
            parts[place] = self.entity(inner) if place % 2 else html.unescape(unmarked(inner))
        return "".join(parts)

    def entity(self, inner: str) -> str:
        """One <…> of a text."""
        if inner.startswith("!date^"):
            return self.date(inner)
        self.live.append(f"<{inner}>")
        target, _, label = inner.partition("|")
        if target.startswith("@"):
            return f"@{self.name(target[1:])}"
        if target.startswith("#"):
            room = self.slack.rooms.get(target[1:])
            return f"#{room.name if room else label or target[1:]}"
        if target.startswith("!subteam^"):
            return html.unescape(label or target)
        if target.startswith("!"):
            return f"@{target[1:].partition('^')[0]}"
        return html.unescape(label or target)

    def name(self, user_id: str) -> str:
        user = self.slack.users.get(user_id)
        return user.name if user else user_id

    def date(self, inner: str) -> str:
        told, _, fallback = inner.partition("|")
        _, stamp, form, *link = told.split("^")
        if link:
            self.live.append(f"<{inner}>")
        return when(int(stamp), form, self.reader.tz, html.unescape(fallback))

    # ------------------------------------------------------------------------------------------------------ blocks

    def blocks(self, blocks: Sequence[Thing]) -> None:
        for block in blocks:
            reads = getattr(self, f"_{block['type']}", None)
            if reads:
                reads(block)

    def text(self, given: Thing | None) -> None:
        if given:
            self.line(self.words(given))

    def words(self, given: Thing) -> str:
        """The words of a text object, plain or marked."""
        if given["type"] == "plain_text":
            return str(given["text"])
        return self.inline(given["text"], MARKS, bare=not given.get("verbatim", False))

    def element(self, element: Thing) -> None:
        """Something to press or choose from."""
        kind = element["type"]
        if kind in {"button", "icon_button", "workflow_button"}:
            self.buttons.append(element["text"]["text"])
        elif kind == "feedback_buttons":
            self.buttons += [element[name]["text"]["text"] for name in ("positive_button", "negative_button")]
        elif kind == "overflow":
            self.buttons += [option["text"]["text"] for option in element["options"]]
        elif kind == "image":
            self.line(element["alt_text"])
        else:
            groups = element.get("option_groups", ())
            for option in [*element.get("options", ()), *(one for group in groups for one in group["options"])]:
                self.text(option["text"])
                self.text(option.get("description"))

    def _section(self, block: Thing) -> None:
        self.text(block.get("text"))
        for given in block.get("fields", ()):
            self.text(given)
        if accessory := block.get("accessory"):
            self.element(accessory)

    def _header(self, block: Thing) -> None:
        self.text(block["text"])

    def _context(self, block: Thing) -> None:
        seen = [one["alt_text"] if one["type"] == "image" else self.words(one) for one in block["elements"]]
        self.line(" ".join(seen))

    def _actions(self, block: Thing) -> None:
        for element in block["elements"]:
            self.element(element)

    _context_actions = _actions

    def _image(self, block: Thing) -> None:
        self.text(block.get("title"))
        self.line(block["alt_text"])

    def _video(self, block: Thing) -> None:
        self.text(block["title"])
        self.live.append(block["video_url"])

    def _input(self, block: Thing) -> None:
        self.text(block["label"])
        self.element(block["element"])
        self.text(block.get("hint"))

    def _markdown(self, block: Thing) -> None:
        self.line(self.inline(block["text"], MARKDOWN_MARKS, bare=True))

    def _rich_text(self, block: Thing) -> None:
        for part in block["elements"]:
            self.line(self.rich(part))

    def rich(self, part: Thing) -> str:
        if part["type"] == "rich_text_list":
            return "\n".join(self.rich(item) for item in part["elements"])
        return "".join(self.span(one) for one in part["elements"])

    def span(self, one: Thing) -> str:
        """One element of a line of rich text. Its text is never live, whatever it says."""
        kind = one["type"]
        if kind in {"text", "emoji", "color"}:
            return {"text": one.get("text"), "emoji": f":{one.get('name')}:", "color": one.get("value")}[kind] or ""
        if kind == "date":
            if "url" in one:
                self.live.append(one["url"])
            return when(one["timestamp"], one["format"], self.reader.tz, one.get("fallback", ""))
        target = str(next(one[name] for name in _TARGETS if name in one))
        self.live.append(target)
        if kind == "user":
            return f"@{self.name(target)}"
        if kind == "channel":
            return f"#{self.slack.rooms[target].name}" if target in self.slack.rooms else f"#{target}"
        return str(one.get("text") or target) if kind == "link" else f"@{target}"

    def _table(self, block: Thing) -> None:
        if caption := block.get("caption"):
            self.line(caption)
        for row in block["rows"]:
            self.line(" | ".join(self.cell(cell) for cell in row))

    _data_table = _table

    def cell(self, cell: Thing) -> str:
        return " ".join(map(self.rich, cell["elements"])) if cell["type"] == "rich_text" else str(cell["text"])

    def _data_visualization(self, block: Thing) -> None:
        self.line(block["title"])
        chart = block["chart"]
        for point in chart.get("segments") or [point for one in chart["series"] for point in one["data"]]:
            self.line(f"{point['label']} {point['value']}")

    def _alert(self, block: Thing) -> None:
        self.text(block["text"])

    def _card(self, block: Thing) -> None:
        for name in ("title", "subtitle", "body"):
            self.text(block.get(name))
        for element in block.get("actions", ()):
            self.element(element)

    def _carousel(self, block: Thing) -> None:
        self.blocks(block["elements"])

    def _container(self, block: Thing) -> None:
        self.text(block.get("title"))
        self.text(block.get("subtitle"))
        self.blocks(block["child_blocks"])

    def _plan(self, block: Thing) -> None:
        self.line(block["title"])
        self.blocks(block.get("tasks", ()))

    def _task_card(self, block: Thing) -> None:
        self.line(block["title"])
        self.blocks([block[name] for name in ("details", "output") if name in block])


_TARGETS = ("user_id", "usergroup_id", "team_id", "channel_id", "range", "url")
