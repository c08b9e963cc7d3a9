"""Bodies: answers as bytes, each drawn once for all who are to see the same.

Of thirty people who press at the same moment each sees one of few cards: the same numbers, and their own choice marked.
A card is frozen data, and what it becomes depends on nothing else but the message that it is (its buttons carry that),
the names of those on it and the reader of its links. A card with a name or a link is therefore drawn anew every time,
and of all others no two differ for two people.
"""

from __future__ import annotations

import json

from adapters.teams import draw
from adapters.teams.text import Json, Reader
from dialogs.card import Card, Link, Who

KEPT = 128  # bodies, of some kilobytes each, and at most 80


class Bodies:
    """The answers with a card that were drawn last."""

    def __init__(self, most: int = KEPT) -> None:
        self._kept: dict[tuple[Card, str, str], bytes] = {}
        self._most = most

    def known(self, card: Card, dialog: str, slot: str) -> bytes | None:
        """The answer with this card to a person, if it is the same for everybody and was drawn before."""
        return self._kept.get((card, dialog, slot))

    def drawn(self, card: Card, dialog: str, slot: str, reader: Reader) -> bytes:
        """The answer with this card to a person."""
        body = written(draw.answer(draw.card(card, dialog, slot, reader, private=True)))
        if reader.link is not None and same_for_all(card):
            self._kept[card, dialog, slot] = body
            if len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]  # the oldest: numbers have gone on since
        return body


def same_for_all(card: Card) -> bool:
    """Whether it is drawn alike for everybody who gets it alone."""
    return not any(isinstance(piece, Who | Link) for text in card.all_texts() for piece in text.pieces())


def written(answer: Json) -> bytes:
    """As it is sent."""
    return json.dumps(answer).encode()
