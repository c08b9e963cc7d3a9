"""What a card or an answer says without its looks: in a notification, in plain text. Pure."""

from __future__ import annotations

from adapters.teams.text import MOST, NOTHING, Mentions, Reader, bare, line, plain, short, words_of
from dialogs.card import Card, Link, Text, Who, Wrong, t

SENTENCES = 15  # of what is wrong with a form
SUMMARY = 500
NOTHING_SAID = t("Something was not right.")


def summary(card: Card, reader: Reader) -> str:
    """The title and what matters most."""
    if card.text:
        first = line(card.text[0], reader, SUMMARY)
        if first.endswith(":") and card.facts:  # what follows it is what it says
            first = f"{first} {line(card.facts[0].value, reader, SUMMARY)}"
    elif card.bars:
        first = ", ".join(line(bar.label, reader) for bar in card.bars)
    elif card.facts:
        first = f"{line(card.facts[0].label, reader)}: {line(card.facts[0].value, reader)}"
    else:
        first = ""
    title = line(card.title, reader, SUMMARY)
    return short(f"{title} – {first}" if first else title, SUMMARY)


def told(reply: Text | Wrong, reader: Reader) -> str:
    return "\n".join(plain(one, reader) for one in sentences(reply))


def worded(text: Text, reader: Reader, mentions: Mentions) -> str:
    """A sentence of plain text: whom it names is mentioned, and an address stands behind its name."""
    said = words = ""
    for piece in text.pieces():
        if isinstance(piece, Who) and (user := reader.user(piece.person)):
            said, words = said + bare(words) + mentions.tag(user, reader.name(piece.person)), ""
            continue
        words += words_of(piece, reader)  # in one go: an address may begin in one piece and end in the next
        if isinstance(piece, Link) and (address := reader.address(piece)):
            said, words = f"{said}{bare(words)} ({address})", ""
    return short((said + bare(words)).strip(), MOST) or NOTHING


def sentences(reply: Text | Wrong) -> list[Text]:
    """What is said, line by line."""
    found = [text for _, text in reply.fields] if isinstance(reply, Wrong) else [reply]
    return found[:SENTENCES] or [NOTHING_SAID]
