"""Card -> the blocks of a message. Pure.

Why it looks as it does. A poll names its choices once with their numbers and once more on the buttons: Slack cuts the
label of a button after some 30 characters, and a phone puts a button beside each line below that line, so that ten
choices would fill three screens. Where a label is longer than a button shows, a number ties the two together. What a
card says in colour elsewhere stands here in words, with an emoji for those who see it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from adapters.slack.blocks import (
    LETTERS,
    Press,
    Row,
    context,
    length,
    letters,
    marked,
    packed,
    press_value,
    read_press,
    section,
    spoken,
    words,
)
from adapters.slack.text import (
    Json,
    Reader,
    guarded,
    harmless,
    line,
    mrkdwn,
    plain,
    rich,
    short,
    size,
)
from dialogs.card import Bar, Button, Card, Fact, Item, Link, Reply, Text, When, Who, Wrong, t, tn

__all__ = ["Press", "Reader", "fallback", "message", "press_value", "read_press", "said"]

BLOCKS = 50  # of a message
BUTTONS = 25  # of one row
PRESSED, HEAD = 4500, 1000  # letters of all buttons beneath a card, with their values, and of its title
MENU = 5  # options of one menu
TEXT, TITLE, LABEL, CONTEXT = 3000, 150, 75, 2000
OPTION_VALUE = 150
SHOWN = 30  # letters that a button shows of its label
CELLS, FULL, EMPTY = 10, "■", "□"  # of a bar
SENTENCES = 15  # of what is wrong with a form
CAPS = (TEXT, 600, 250, 120)  # how long one text may be: the first that lets all of the card fit

MARKS = {
    "open": ("⬜", t("To do")),
    "done": ("✅", t("Done")),
    "help": ("🙋", t("Help asked")),
}
ATTENTION, DONE = t("Needs your attention"), t("Done")
ANSWERS = t("To answer here, write in the thread of this message.")
FORM = t("Open the form")
SURE, STAY, FOR_ALL = t("Are you sure?"), t("Not now"), t("This is done for everybody here.")
NOTHING_SAID = t("Something was not right.")


@dataclass
class Drawing:
    """One card, being drawn."""

    dialog: str
    slot: str
    reader: Reader
    private: bool = False  # for one person: their own choice shows, and what is for facilitators stands with the rest
    small: bool = False  # one card of many, on a page: its title is no header, and beneath it there is no thread
    numbers: Iterator[int] = field(default_factory=count)  # of the buttons
    most: int = TEXT

    def blocks(self, card: Card, most: int = BLOCKS) -> list[Json]:
        """The card in at most so many blocks."""
        for cap in CAPS:
            self.most = cap
            head, rows, tail = self.parts(card)
            found = [*head, *(block for _, blocks in rows for block in blocks), *tail]
            if len(found) <= most and length(found) <= LETTERS:
                return found
        return self.cut(*self.parts(card), most)

    def parts(self, card: Card) -> tuple[list[Json], list[Row], list[Json]]:
        """What stays, what may be cut, and what stays again."""
        return self.head(card), list(self.rows(card)), self.tail(card)

    def cut(self, head: list[Json], rows: list[Row], tail: list[Json], most: int) -> list[Json]:
        """As many rows as fit, and a word on the others. What can be pressed beneath them stays."""
        shown = list(head)
        more = [context([guarded(spoken(rest(10_000)), CONTEXT)])]
        spare = length([*tail, *more])
        for n, (_, blocks) in enumerate(rows):
            if len(shown) + len(blocks) + len(tail) + 1 > most or length([*shown, *blocks]) + spare > LETTERS:
                left = sum(things for things, _ in rows[n:])
                return [*shown, context([guarded(spoken(rest(left)), CONTEXT)]), *tail][:most]
            shown += blocks
        return [*shown, *tail][:most]

    # -- its parts -----------------------------------------------------------------------------------------------------

    def head(self, card: Card) -> list[Json]:
        """The title, and the facilitators' menu beside it where everybody reads the same message."""
        leading = [] if self.private else self.leading(card)
        blocks = [self.title(card.title, self.menu(leading) if leading else None)]
        if card.tone == "flag":
            blocks.append(context([f"🔔 {spoken(ATTENTION)}"]))
        return blocks

    def leading(self, card: Card) -> list[Button]:
        """What goes into the menu: as much of it as a menu takes."""
        fits = [one for one in card.buttons if one.lead and size(self.value(one)) <= OPTION_VALUE]
        return fits[:MENU]

    def title(self, title: Text, menu: Json | None) -> Json:
        named = [self.reader.user(piece.person) for piece in title.pieces() if isinstance(piece, Who)]
        live = any(named) or any(isinstance(piece, When | Link) for piece in title.pieces())
        said = line(title, self.reader, HEAD)
        if menu:  # only a section holds a menu, and only mrkdwn is bold in it: words that it would change stay plain
            bold = harmless(title)
            text = marked(f"*{mrkdwn(title, self.reader, HEAD).strip()}*") if bold else words(said)
            return {"type": "section", "text": text, "accessory": menu}
        if self.small or live or size(said) > TITLE:
            return section(rich(title, self.reader, HEAD, bold=True))
        return {"type": "header", "text": words(said)}

    def menu(self, buttons: list[Button]) -> Json:
        options = [{"text": words(self.label(one, LABEL)), "value": self.value(one)} for one in buttons]
        menu: Json = {"type": "overflow", "action_id": "menu", "options": options}
        asking = [one for one in buttons if one.confirm]
        if asking:  # a menu asks the same whatever is chosen in it
            question = asking[0].confirm if len(buttons) == 1 else FOR_ALL
            menu["confirm"] = self.confirm(asking[0], question or FOR_ALL)
        return menu

    def rows(self, card: Card) -> Iterator[Row]:
        """What may be cut when there is too much of it."""
        paragraphs = [rich(one, self.reader, self.most) for one in card.text]
        yield from packed(paragraphs)
        yield from packed([self.fact(one) for one in card.facts])
        if card.bars:
            yield from self.bars(card.bars)
        for item in card.items:
            yield 1, self.item(item)

    def fact(self, fact: Fact) -> list[Json]:
        said = line(fact.label, self.reader)
        label = rich(fact.label, self.reader, self.most, bold=True)
        # A question of a poll is a label too, and its answer reads better below it.
        between = "\n" if size(said) > SHOWN else " " if said[-1] in "?!.:" else ": "
        return [*label, letters(between), *rich(fact.value, self.reader, self.most)]

    def bars(self, bars: Sequence[Bar]) -> Iterator[Row]:
        """The choices with their numbers, and a button for each."""
        buttons = [bar.button for bar in bars if bar.button]
        numbered = any(size(line(one.label, self.reader)) > SHOWN for one in buttons)
        lines = []
        for n, bar in enumerate(bars, 1):
            before = [letters(f"{n}. ", bold=True)] if numbered else []
            label = rich(bar.label, self.reader, self.most, bold=True)
            lines.append([*before, *label, letters(counted(bar))])
        yield from packed(lines)
        places = [f"{n}. " if numbered else "" for n, bar in enumerate(bars, 1) if bar.button]
        yield 0, self.row([self.button(one, place) for one, place in zip(buttons, places, strict=True)])

    def item(self, item: Item) -> list[Json]:
        """A line with its state in words. A single button stands beside it, several below."""
        emoji, mark = MARKS[item.mark]
        before = f"{emoji} {spoken(mark)}: "
        if len(item.buttons) == 1 and all(isinstance(piece, str) for piece in item.text.pieces()):
            said = words(before + plain(item.text, self.reader, min(self.most, TEXT - 50)))
            return [{"type": "section", "text": said, "accessory": self.button(item.buttons[0])}]
        said = section([letters(before), *rich(item.text, self.reader, self.most)])
        return [said, *self.row([self.button(one) for one in item.buttons])]

    def tail(self, card: Card) -> list[Json]:
        """What is pressed, and the small print."""
        leading = [] if self.private else self.leading(card)
        buttons = [self.button(one) for one in card.buttons if one not in leading]
        while length(buttons) > PRESSED:
            buttons.pop()
        opening = [self.opening(card, card.submit)] if card.fields and card.submit else []
        small = [f"✅ {spoken(DONE)}"] if card.tone == "done" else []
        small += [mrkdwn(card.footer, self.reader, CONTEXT)] if card.footer else []
        small += [f"💬 {spoken(ANSWERS)}"] if card.answers and not self.small else []
        return [*self.row([*opening, *buttons]), *([context(small)] if small else [])]

    # -- buttons -------------------------------------------------------------------------------------------------------

    def row(self, buttons: Sequence[Json]) -> list[Json]:
        """Rows of buttons."""
        rows = [buttons[at : at + BUTTONS] for at in range(0, len(buttons), BUTTONS)]
        return [{"type": "actions", "elements": list(row)} for row in rows]

    def value(self, button: Button) -> str:
        return press_value(Press(self.dialog, self.slot, button.action, button.value))

    def label(self, button: Button, most: int, before: str = "") -> str:
        before = f"✓ {before}" if button.pressed and self.private else before
        return before + line(button.label, self.reader, most - size(before))

    def button(self, button: Button, before: str = "") -> Json:
        drawn = {
            "type": "button",
            "action_id": f"press:{next(self.numbers)}",
            "text": words(self.label(button, LABEL, before)),
            "value": self.value(button),
        }
        if button.style != "plain":
            drawn["style"] = button.style
        if button.confirm:
            drawn["confirm"] = self.confirm(button, button.confirm)
        return drawn

    def confirm(self, button: Button, question: Text) -> Json:
        return {
            "title": words(spoken(SURE)),
            "text": words(plain(question, self.reader, 300)),
            "confirm": words(line(button.label, self.reader, 30)),
            "deny": words(spoken(STAY)),
        }

    def opening(self, card: Card, submit: Button) -> Json:
        """A message holds no fields: this opens the form. Once it was sent, its own button says what can be done."""
        sent = card.tone == "done"
        return {
            "type": "button",
            "action_id": "form",
            "text": words(line(submit.label if sent else FORM, self.reader, LABEL)),
            "value": press_value(Press(self.dialog, self.slot, "form", "")),
        } | ({"style": submit.style} if submit.style != "plain" and not sent else {})


def counted(bar: Bar) -> str:
    """How many chose it, in words and then as a bar: whoever listens may skip the rest of the line.

    It is as high without votes as with them: a button that moves while somebody aims at it is the wrong vote.
    """
    if bar.total <= 0:
        return f"\n{EMPTY * CELLS}"
    share = min(max(bar.count / bar.total, 0), 1)
    said = t("{count} of {total} · {percent} %", count=bar.count, total=bar.total, percent=round(100 * share))
    full = max(round(CELLS * share), 1 if bar.count > 0 else 0)
    return f" — {spoken(said)}\n{FULL * full}{EMPTY * (CELLS - full)}"


def rest(n: int) -> Text:
    """That there is more than Slack takes."""
    return tn(
        "{n} more. The session's web page has all of it.", "{n} more. The session's web page has all of them.", n=n
    )


# -- messages ----------------------------------------------------------------------------------------------------------


def message(card: Card, dialog: str, slot: str, reader: Reader, *, private: bool = False) -> Json:
    """A message: its blocks, and the text for notifications and screen readers."""
    return {"text": fallback(card, reader), "blocks": Drawing(dialog, slot, reader, private).blocks(card)}


def said(reply: Reply, dialog: str, slot: str, reader: Reader) -> Json:
    """What only the one who acted is told."""
    if isinstance(reply, Card):
        return message(reply, dialog, slot, reader, private=True)
    lines = [text for _, text in reply.fields] if isinstance(reply, Wrong) else [reply]
    lines = lines[:SENTENCES] or [NOTHING_SAID]
    most = TEXT if len(lines) == 1 else 500
    told = "\n".join(plain(one, reader, most) for one in lines)
    blocks = [block for _, blocks in packed(rich(one, reader, most) for one in lines) for block in blocks]
    return {"text": guarded(told, TEXT), "blocks": blocks}


def fallback(card: Card, reader: Reader) -> str:
    """The title and what matters most. It is no block, so it is guarded as mrkdwn is."""
    if card.text:
        first = line(card.text[0], reader, 1000)
        if first.endswith(":") and card.facts:  # what follows it is what it says
            first = f"{first} {line(card.facts[0].value, reader, 500)}"
    elif card.bars:
        first = short(", ".join(line(bar.label, reader) for bar in card.bars), 1000)
    elif card.facts:
        first = f"{line(card.facts[0].label, reader, 500)}: {line(card.facts[0].value, reader, 500)}"
    else:
        first = ""
    title = line(card.title, reader, 500)
    return guarded(f"{title} – {first}" if first else title, TEXT)
