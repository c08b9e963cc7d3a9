"""Card -> Adaptive Card 1.5. Pure.

Why it looks as it does, on a phone first. In a poll each choice is one line: its own button, and beside it how many
chose it, so that ten of them are seen and pressed without much scrolling and a vote can be read where it was given.
Where a choice is longer than such a button shows, it stands above it in full. The line is as high without votes as with
them: a button that moves while somebody aims at it is the wrong vote. Rows of buttons are short, since phones cut what
does not fit and hide what is more than six. A tap on words (`selectAction`) is used nowhere: nobody sees that it is
one. Adaptive Cards cannot ask "are you sure?": such a button opens the question, and beneath it is the real one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from adapters.teams.blocks import (
    block,
    column,
    counted,
    execute,
    length,
    opening,
    paragraph,
    rest,
    rich,
    run,
    small,
    spoken,
    texts,
    turned,
)
from adapters.teams.inputs import inputs, several
from adapters.teams.inputs import wrong as amiss
from adapters.teams.saying import NOTHING_SAID, SUMMARY, sentences, summary, told, worded
from adapters.teams.text import MOST, Json, Mentions, Reader, guarded, harmless, line, lives, marked, plain, size
from dialogs.card import Bar, Button, Card, Fact, Item, Reply, Text, Wrong, t

__all__ = ["CARD", "TOAST", "Reader", "answer", "card", "message", "said", "text_message", "wrong"]

CARD, TOAST = "application/vnd.microsoft.card.adaptive", "application/vnd.microsoft.activity.message"
LETTERS = 38_000  # of a card: 80 KB of UTF-16 are 40,960, and the message around it is counted too
FORM, PRESSED = 16_000, 12_000  # of these, what inputs and the buttons beneath a card may have
REFRESHED = 60
FEW = 5  # of what is wrong with fields that a form does not have
ROW, IN_ROW = 34, 3  # letters and buttons that a phone shows beside each other
TITLE, LABEL, CONFIRM = 1000, 75, 600
BESIDE = 14  # letters of a button that has half a phone
NARROW = 22  # letters of a label with its value beside it
CAPS = (MOST, 600, 250, 120)  # how long one text may be: the first that lets all of the card fit
STYLES = {"primary": {"style": "positive"}, "danger": {"style": "destructive"}, "plain": {}}
MARKS = {"open": ("⬜", t("To do")), "done": ("✅", t("Done")), "help": ("🙋", t("Help asked"))}
ATTENTION, DONE = t("Needs your attention"), t("Done")
ANSWERS = t("To answer here, reply to this message.")
LEADING = t("For facilitators")
MEND = t("Nothing was sent yet: please look at what is marked.")

Row = tuple[int, list[Json]]  # how many things of a card these blocks show


@dataclass
class Drawing:
    """One card, being drawn."""

    dialog: str
    slot: str
    reader: Reader
    private: bool = False  # for one person: their own choice shows, and what is for facilitators stands with the rest
    refresh: Sequence[str] = ()
    errors: Mapping[str, Sequence[Text]] | None = None
    most: int = MOST
    mentions: Mentions = field(default_factory=Mentions)

    def card(self, card: Card) -> Json:
        """As much of it as Teams takes: long texts are shortened first, and then what stands last is left out."""
        for cap in CAPS:
            self.most = cap
            head, rows, tail = self.parts(card)
            drawn = self.whole(card, [*head, *(one for _, blocks in rows for one in blocks), *tail])
            if length(drawn) <= LETTERS:
                return drawn
        return self.cut(card, *self.parts(card))

    def parts(self, card: Card) -> tuple[list[Json], list[Row], list[Json]]:
        """What stays, what may be cut, and what stays again."""
        self.mentions = Mentions()
        return self.head(card), list(self.rows(card)), self.tail(card)

    def cut(self, card: Card, head: list[Json], rows: list[Row], tail: list[Json]) -> Json:
        """As many rows as fit, and a word on the others. What can be pressed beneath them stays."""
        shown = list(head)
        more = [small(spoken(rest(10_000)))]
        spare = LETTERS - length(self.whole(card, [*head, *more, *tail])) - 100
        for n, (_, blocks) in enumerate(rows):
            spare -= length(blocks) + length(self.mentioned(blocks))
            if spare < 0:
                more = [small(spoken(rest(sum(things for things, _ in rows[n:]))))]
                break
            shown += blocks
        return self.whole(card, [*shown, *more, *tail])

    def whole(self, card: Card, body: list[Json]) -> Json:
        """The card around its blocks."""
        drawn: Json = {"type": "AdaptiveCard", "version": "1.5", "body": body}
        drawn["fallbackText"] = guarded(summary(card, self.reader), SUMMARY)
        users = list(dict.fromkeys(one for one in self.refresh if one.startswith("29:")))
        if users:
            action = {"type": "Action.Execute", "verb": "refresh", "data": {"d": self.dialog, "s": self.slot}}
            drawn["refresh"] = {"action": action, "userIds": users[:REFRESHED]}
        entities = self.mentioned(body)
        wide = {"width": "Full"} if card.bars or card.items or card.fields or card.facts else {}
        teams = wide | ({"entities": entities} if entities else {})
        return drawn | ({"msteams": teams} if teams else {})

    def mentioned(self, blocks: list[Json]) -> list[Json]:
        """What must stand beside these blocks."""
        return self.mentions.within("\n".join(texts(blocks))) if self.mentions.of else []

    # -- its parts -----------------------------------------------------------------------------------------------------

    def head(self, card: Card) -> list[Json]:
        """The title. A heading for those who listen, wherever that shows its words as they were typed."""
        style: Json = {"size": "Large", "weight": "Bolder"}
        if lives(card.title, self.reader) or harmless(card.title, self.reader):
            words = marked(card.title, self.reader, self.mentions, TITLE)
            title = turned([block(words, style="heading", **style)], line(card.title, self.reader))
        else:
            title = paragraph(card.title, self.reader, self.mentions, TITLE, **style)
        flag = [rich([run(f"🔔 {spoken(ATTENTION)}", color="Attention", weight="Bolder")], spacing="Small")]
        mend = [rich([run(f"⚠️ {spoken(MEND)}", color="Attention", weight="Bolder")])] if self.errors else []
        names = {one.name for one in card.fields}
        lost = [one for name, found in (self.errors or {}).items() if name not in names for one in found]
        return [title, *(flag if card.tone == "flag" else ()), *mend, *(amiss(one, self.reader) for one in lost[:FEW])]

    def rows(self, card: Card) -> Iterator[Row]:
        """What may be cut when there is too much of it."""
        yield from ((1, [paragraph(one, self.reader, self.mentions, self.most)]) for one in card.text)
        yield from ((1, [self.fact(one)]) for one in card.facts)
        long = [self.is_long(bar) for bar in card.bars]
        apart = "Medium" if any(long) else "Small"  # else it seems to belong above
        yield from ((1, [self.bar(one, apart, long=each)]) for one, each in zip(card.bars, long, strict=True))
        yield from ((1, [self.item(one)]) for one in card.items)

    def fact(self, fact: Fact) -> Json:
        """A name and what is known of it, beside each other where the name is short."""
        label = line(fact.label, self.reader, self.most)
        narrow = size(label) <= NARROW
        ended = label if label[-1] in "?!.:…" else f"{label}:"
        if not lives(fact.label, self.reader) and not lives(fact.value, self.reader):
            bold = run(f"{ended} " if narrow else f"{label}\n", weight="Bolder")
            words = run(plain(fact.value, self.reader, self.most))
            return turned([rich([bold, words])], label, spacing="Small")
        if narrow:
            said = [marked(one, self.reader, self.mentions, self.most) for one in (fact.label, fact.value)]
            title = said[0] if ended == label else f"{said[0]}:"
            return {"type": "FactSet", "facts": [{"title": title, "value": said[1]}], "spacing": "Small"}
        name = paragraph(fact.label, self.reader, self.mentions, self.most, weight="Bolder", spacing="None")
        value = paragraph(fact.value, self.reader, self.mentions, self.most, spacing="None")
        return {"type": "Container", "items": [name, value], "spacing": "Small"}

    def is_long(self, bar: Bar) -> bool:
        """Whether a choice cannot be read on its button alone."""
        button = bar.button
        said = line(bar.label, self.reader)
        return button is None or size(said) > BESIDE or line(button.label, self.reader) != said

    def bar(self, bar: Bar, apart: str, *, long: bool) -> Json:
        """A choice, how many chose it in words and as a bar, and its button."""
        words, cells = counted(bar)
        label = run(plain(bar.label, self.reader, self.most), weight="Bolder")
        numbers = [rich([run(words)]), rich([run(cells, color="Accent")], spacing="None")]
        said = plain(bar.label, self.reader)
        if bar.button is None:
            return turned([rich([label]), *({**one, "spacing": "None"} for one in numbers)], said, spacing=apart)
        pressed = self.sets([self.button(bar.button)])
        columns = [column(pressed, 1), column(numbers, 1, verticalContentAlignment="Center")]
        line_: Json = {"type": "ColumnSet", "columns": columns, "spacing": "Small"}
        return turned([rich([label]), line_] if long else [line_], said, spacing=apart)

    def item(self, item: Item) -> Json:
        """A line with its state in words, and its buttons beneath."""
        emoji, mark = MARKS[item.mark]
        text = t("{mark}: {item}", mark=f"{emoji} {spoken(mark)}", item=item.text)
        said = paragraph(text, self.reader, self.mentions, self.most)
        buttons = self.sets([self.button(one) for one in item.buttons])
        return turned([said, *buttons], plain(item.text, self.reader), spacing="Medium")

    def tail(self, card: Card) -> list[Json]:
        """What is filled in and pressed, and the small print."""
        form = list(inputs(card.fields, self.reader, self.most, self.errors))
        while form and length(form) > FORM:
            form.pop()
        leading = [] if self.private else [one for one in card.buttons if one.lead]
        buttons = [self.button(one) for one in card.buttons if one not in leading]
        behind = [one for each in leading for one in self.behind(each)]
        while buttons and length(buttons) > PRESSED:
            buttons.pop()
        while behind and length(behind) > PRESSED:
            behind.pop()
        sending = [self.submit(card, card.submit)] if card.submit else []
        menu = [opening(spoken(LEADING), behind)] if behind else []
        blocks = [*form, *self.sets(sending), *self.sets(buttons), *self.sets(menu)]
        blocks += [small(f"✅ {spoken(DONE)}")] if card.tone == "done" else []
        if card.footer:
            style: Json = {"isSubtle": True, "size": "Small"}
            blocks.append(paragraph(card.footer, self.reader, self.mentions, TITLE, **style))
        return [*blocks, *([small(f"💬 {spoken(ANSWERS)}")] if card.answers else [])]

    # -- buttons -------------------------------------------------------------------------------------------------------

    def sets(self, actions: Sequence[Json]) -> list[Json]:
        """Rows of buttons."""
        rows: list[list[Json]] = []
        for one in actions:
            letters = size(one["title"]) + sum(size(each["title"]) for each in rows[-1]) if rows else 0
            if not rows or letters > ROW or len(rows[-1]) >= IN_ROW:
                rows.append([])
            rows[-1].append(one)
        return [{"type": "ActionSet", "actions": row, "spacing": "Small"} for row in rows]

    def button(self, button: Button) -> Json:
        """A button; one that asks first opens its question."""
        if button.confirm is None:
            return self.press(button)
        question = paragraph(button.confirm, self.reader, self.mentions, CONFIRM)
        # The dots: there is more to come, and the two must not be taken for each other.
        shown = opening(f"{self.label(button)} …", [question, *self.sets([self.press(button)])])
        return shown | (STYLES["danger"] if button.style == "danger" else {})

    def behind(self, button: Button) -> list[Json]:
        """A button for facilitators: it has been opened on purpose, so its question stands above it at once."""
        asked = [paragraph(button.confirm, self.reader, self.mentions, CONFIRM)] if button.confirm else []
        return [*asked, *self.sets([self.press(button)])]

    def label(self, button: Button) -> str:
        before = "✓ " if button.pressed and self.private else ""
        return before + line(button.label, self.reader, LABEL - size(before))

    def press(self, button: Button) -> Json:
        """What is pressed."""
        data = {"d": self.dialog, "s": self.slot, "a": button.action, "v": button.value}
        return execute("press", self.label(button), data, "none") | STYLES[button.style]

    def submit(self, card: Card, button: Button) -> Json:
        """What sends the fields: Teams puts them beside this."""
        data: Json = {"d": self.dialog, "s": self.slot, "a": button.action, "v": button.value, "f": 1}
        many = several(card.fields)
        return (
            execute("submit", self.label(button), data | ({"m": many} if many else {}), "auto") | STYLES[button.style]
        )


# -- messages ----------------------------------------------------------------------------------------------------------


def card(
    card: Card, dialog: str, slot: str, reader: Reader, *, private: bool = False, refresh: Sequence[str] = ()
) -> Json:
    """The Adaptive Card. refresh: ids ("29:…") of those who get a view of their own when they see it."""
    return Drawing(dialog, slot, reader, private, refresh).card(card)


def message(
    card: Card, dialog: str, slot: str, reader: Reader, *, private: bool = False, refresh: Sequence[str] = ()
) -> Json:
    """A message: its card, and what the notification says."""
    content = Drawing(dialog, slot, reader, private, refresh).card(card)
    attachment = {"contentType": CARD, "content": content}
    return {"type": "message", "attachments": [attachment], "summary": summary(card, reader)}


def said(reply: Reply, dialog: str, slot: str, reader: Reader) -> Json:
    """The answer to a press: a sentence, or a card in place of the one that was pressed, for this person alone."""
    if isinstance(reply, Card):
        return answer(card(reply, dialog, slot, reader, private=True))
    return {"statusCode": 200, "type": TOAST, "value": told(reply, reader)}


def answer(content: Json) -> Json:
    """The answer to a press or a refresh: this card."""
    return {"statusCode": 200, "type": CARD, "value": content}


def wrong(
    card: Card, wrong: Wrong, values: Mapping[str, str], dialog: str, slot: str, reader: Reader, *, private: bool = True
) -> Json:
    """The form again with what was filled in, and beside each field what is wrong with it."""
    errors: dict[str, list[Text]] = {}
    for name, text in wrong.fields or (("", NOTHING_SAID),):
        errors.setdefault(name, []).append(text)
    fields = tuple(replace(one, value=values.get(one.name, one.value)) for one in card.fields)
    return Drawing(dialog, slot, reader, private, errors=errors).card(replace(card, fields=fields))


def text_message(reply: Reply, reader: Reader, *, dialog: str = "", slot: str = "") -> Json:
    """The answer to a typed command: plain text, or a card."""
    if isinstance(reply, Card):
        return message(reply, dialog, slot, reader, private=True)
    mentions = Mentions()
    lines = [worded(one, reader, mentions) for one in sentences(reply)]
    text = "\n".join(lines)
    entities = mentions.within(text)
    return {"type": "message", "text": text, "textFormat": "plain"} | ({"entities": entities} if entities else {})
