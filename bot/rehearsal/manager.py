"""Managers: they have a report page, and wait for what it will say."""

from __future__ import annotations

from bot.rehearsal.people import Person


class Manager(Person):
    """Somebody whose people take part."""

    def has_digest(self) -> bool:
        """Whether the report has come."""
        return any(card.private and card.slot == "digest" for card in self.page.cards.values())
