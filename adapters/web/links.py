"""Signed links: whoever holds one is that person, in that session, with no account and no password.

The reading side answers None to whatever is forged, was made for another purpose, or is too old, and never says which.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeSerializer

DAYS = 400  # a year's course and its follow-ups; after that a lost link opens nothing
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Pass:
    """What a link says: where it leads, and who holds it. What does not apply is empty."""

    tenant: str
    session: str = ""
    person: str = ""


class Links:
    """Makes links, and reads the token in them."""

    def __init__(self, secret: str, base_url: str, now: Callable[[], float] = time.time) -> None:
        self.base_url = base_url.rstrip("/")
        self.prefix = urlsplit(self.base_url).path  # behind a proxy we may live under a folder
        self._now = now
        # The salt is the purpose: a token of one purpose has a wrong signature for every other.
        self._signers = {
            purpose: URLSafeSerializer(
                secret,
                salt=f"cohost.web.{purpose}",
                signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
            )
            for purpose in ("room", "join", "desk", "report")
        }

    def room(self, tenant: str, session: str, person: str) -> str:
        """The room of a session, as this person."""
        return f"{self.base_url}/room/{self._sign('room', tenant, session, person)}"

    def people(self, tenant: str, session: str, person: str) -> str:
        """Who is in the session, and their links: for its facilitators, by their room link."""
        return f"{self.room(tenant, session, person)}/people"

    def join(self, tenant: str, session: str) -> str:
        """The open door of a session: whoever has it gives a name and is a learner."""
        return f"{self.base_url}/room/join/{self._sign('join', tenant, session)}"

    def desk(self, tenant: str, person: str) -> str:
        """A person's own page, outside any session."""
        return f"{self.base_url}/console/{self._sign('desk', tenant, person)}"

    def report(self, tenant: str, session: str, person: str) -> str:
        """What a session has to say to this one manager."""
        return f"{self.base_url}/report/{self._sign('report', tenant, session, person)}"

    def read_room(self, token: str) -> Pass | None:
        """The holder of a room link."""
        return self._read("room", token, "tenant", "session", "person")

    def read_join(self, token: str) -> Pass | None:
        """The session of an open door."""
        return self._read("join", token, "tenant", "session")

    def read_desk(self, token: str) -> Pass | None:
        """The holder of a desk link."""
        return self._read("desk", token, "tenant", "person")

    def read_report(self, token: str) -> Pass | None:
        """The holder of a report link."""
        return self._read("report", token, "tenant", "session", "person")

    def _sign(self, purpose: str, *words: str) -> str:
        # Dated by the day, not the second: a link made twice in a day is the same link, and a card that is drawn
        # again is the same card.
        return str(self._signers[purpose].dumps([int(self._now() // DAY), *words]))

    def _read(self, purpose: str, token: str, *names: str) -> Pass | None:
        try:
            day, *words = self._signers[purpose].loads(token)
        except (BadData, UnicodeError):  # half a character of an address is no token either
            return None
        return Pass(**dict(zip(names, words, strict=True))) if self._now() / DAY - day <= DAYS else None


def local(url: str) -> str:
    """The same address without its host: pages work by whatever name the reader reached us."""
    return urlsplit(url).path
