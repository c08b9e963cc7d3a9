"""The words that people go by, where a page has nothing but words. Whoever changes such a word changes it here too."""

from __future__ import annotations

from bot.rehearsal.reading import Card

SOMEBODY = "somebody"  # how a page calls people whose name it does not know
CALLED = "what do you think"  # somebody's turn
ANYONE = "Anyone may answer"  # an open question
AGAIN = "Anyone may answer now"  # a question that is open to all after somebody was called in vain
ANSWERED = "answered"
VOTED = "Your vote"  # receipts from here on
LATE_VOTE = "closed"
CHECKED_IN = "checked in"
PASSED = "passed"
SENT = "Your answers are stored"
BEGUN = "It is in the room."
MEANT = "did you mean"
QUIET = "uiet on"  # Quiet on, Still quiet on
KEPT_BACK = "Fewer than 5 people"
TOOK_PART = "Took part"
ATTENDANCE = "Attendance"


def says(card: Card | None) -> str:
    """What a card says beneath its title."""
    return " ".join(card.texts) if card else ""


def called(card: Card | None) -> str:
    """Whose turn it is, as this card says."""
    name = card.who[0] if card and card.who and CALLED in says(card) else ""
    return name if name != SOMEBODY else ""
