"""The Home tab: what needs this person now, then all their sessions. Pure.

It shows cards as messages show them to one person, so every button on it does what it does there. Cards that only tell
the room something, and those that are done, are left to the channel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count

from adapters.base import RoomView, Seen
from adapters.slack.blocks import (
    LETTERS,
    NOBODY,
    VIEW_LETTERS,
    context,
    length,
    letters,
    packed,
    section,
    spoken,
    words,
)
from adapters.slack.draw import Drawing
from adapters.slack.text import Json, Reader, rich
from dialogs.base import FACILITATOR, Brief, Listed, Role
from dialogs.card import Card, Link, Text, When, quote, t, tn

BLOCKS = 100
CARD = 40  # blocks of one card
ROOM = 6  # blocks that a card needs at least: fewer would show its title alone
SESSIONS = 30  # in the list
FAR = datetime.max.replace(tzinfo=UTC)
PHASES = ("open", "planned", "closed", "archived")
TODAY, COMING, FOR_YOU = t("Today"), t("Coming up"), t("For you")
YOURS, WELCOME = t("Your sessions"), t("Welcome!")
CALM = t("Nothing needs you right now.")
HINT = t("Type /ilt help in any channel to see what else you can do.")
BEGIN = (
    t("You have no sessions yet. As soon as somebody puts you on the list of one, you find it here."),
    t("To run one yourself, type this in a channel, with your own day and time zone:"),
)
COMMAND = t("/ilt new giving-feedback on tomorrow 14:00 Europe/Zurich")
HELP = t("To see everything you can do, type /ilt help.")


def home(view: RoomView, rooms: Sequence[RoomView], reader_for: Callable[[RoomView], Reader]) -> Json:
    """The view to publish."""
    listed = {one.session: one for one in view.sessions}
    shown = sorted(rooms, key=lambda room: _order(room.brief))
    others = [one for one in view.sessions if one.session not in {room.session for room in rooms}]
    foot = [*_list(sorted(others, key=lambda one: _order(one.brief)), reader_for(view), more=bool(rooms))]
    page = Page(BLOCKS - len(foot) - 2)
    for room in shown:
        page.room(room, listed.get(room.session or ""), reader_for(room))
    page.cards([one for one in view.seen if not _lists(one.card)], reader_for(view))
    blocks = page.blocks
    if blocks:
        phases = {room.brief.phase for room in rooms if room.brief}
        heading = TODAY if "open" in phases else COMING if "planned" in phases else FOR_YOU
        blocks.insert(0, {"type": "header", "text": words(spoken(heading))})
    if page.left_out:
        blocks.append(context([spoken(_more(page.left_out))]))
    return {"type": "home", "callback_id": "home", "blocks": [*blocks, *foot] or _welcome()}


class Page:
    """The cards, as far as there is room for them."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.blocks: list[Json] = []
        self.left_out = 0
        self._numbers = count()

    def room(self, room: RoomView, listed: Listed | None, reader: Reader) -> None:
        """A session that is on, or soon: what it is, and what this person can do in it."""
        if room.session is None or room.brief is None or len(self.blocks) + ROOM > self.most:
            self.left_out += 1
            return
        if self.blocks:
            self.blocks.append({"type": "divider"})
        role = room.role or (listed.role if listed else None)
        self.blocks.append(section(_line(room.session, room.brief, role, reader)))
        seen = _wanted(room.seen, leads=role is FACILITATOR)
        if not seen:
            self.blocks.append(context([spoken(CALM)]))
        self.cards(seen, reader)

    def cards(self, seen: Sequence[Seen], reader: Reader) -> None:
        for one in seen:
            if one.card.over:
                continue
            room = min(CARD, self.most - len(self.blocks) - 1)
            if room < ROOM or length(self.blocks) + LETTERS > VIEW_LETTERS:
                self.left_out += 1
                continue
            if self.blocks and self.blocks[-1]["type"] != "rich_text":  # a session's name stands over its first card
                self.blocks.append({"type": "divider"})
            drawing = Drawing(one.dialog, one.slot, reader, private=True, small=True, numbers=self._numbers)
            self.blocks += drawing.blocks(one.card, room)


def _wanted(seen: Sequence[Seen], *, leads: bool) -> list[Seen]:
    """The cards that somebody can do something about, the most urgent first."""
    alive = [one for one in seen if not one.card.over]
    if leads:
        useful = [one for one in alive if one.private or one.card.all_buttons()]
        return sorted(useful, key=lambda one: (one.card.tone != "flag", not one.private))
    # Of a checklist and its reminders, which show the same items, the newest.
    return list({one.dialog: one for one in alive if one.private}.values())


def _order(brief: Brief | None) -> tuple[int, float]:
    """Open ones first, then what comes next, then what was last."""
    if brief is None:
        return len(PHASES), 0
    at = (brief.starts or brief.opened or FAR).timestamp()
    past = brief.phase in {"closed", "archived"}
    return PHASES.index("closed" if past else brief.phase), -at if past else at


def _list(sessions: Sequence[Listed], reader: Reader, *, more: bool) -> Iterator[Json]:
    """The other sessions, one below the other."""
    if not sessions and not more:
        return
    if sessions:
        yield {"type": "header", "text": words(spoken(YOURS))}
        lines = [_line(one.session, one.brief, one.role, reader) for one in sessions[:SESSIONS]]
        yield from (block for _, blocks in packed(lines) for block in blocks)
    left = len(sessions) - SESSIONS
    yield context(
        [*([spoken(tn("{n} older session.", "{n} older sessions.", n=left))] if left > 0 else []), spoken(HINT)]
    )


def _line(session: str, brief: Brief, role: Role | None, reader: Reader) -> list[Json]:
    """A session: its name, which leads to its page, and when it is."""
    title = t("{room}", room=Link("room", session, quote(brief.title)))
    roles = {FACILITATOR: t("you lead it"), Role.LEARNER: t("you take part"), Role.MANAGER: t("your people take part")}
    about = t("{state} · {role}", state=_state(brief), role=roles[role]) if role else _state(brief)
    return [*rich(title, reader, 300, bold=True), letters("\n"), *rich(about, reader)]


def _state(brief: Brief) -> Text:
    match brief.phase:
        case "open":
            return t("🟢 open now")
        case "archived" if brief.closed is None:
            return t("called off")
        case "closed" | "archived":
            return t("over")
    return t("{when}", when=When(brief.starts, "both", brief.zone)) if brief.starts else t("no date yet")


def _lists(card: Card) -> bool:
    """Whether the card is the desk's own list of sessions, which the tab has already."""
    links = [piece for fact in card.facts for piece in fact.value.pieces() if isinstance(piece, Link)]
    return not card.all_buttons() and (bool(links) or not card.facts)


def _more(n: int) -> Text:
    return tn("{n} more card. The session's web page has it.", "{n} more cards. The session's web page has them.", n=n)


def _welcome() -> list[Json]:
    command = {"type": "text", "text": spoken(COMMAND), "style": {"code": True}}
    said = [*(rich(one, NOBODY) for one in BEGIN), [command], rich(HELP, NOBODY)]
    return [{"type": "header", "text": words(spoken(WELCOME))}, *(block for _, bs in packed(said) for block in bs)]
