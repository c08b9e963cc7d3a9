"""What every reader of a payload of Slack needs: the typed way into it, times, text, and who acted.

A payload is signed by Slack, and still holds what people wrote and what our own messages carried: types are checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dialogs.words import short

Payload = Mapping[str, Any]

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
STAMP = re.compile(r"([0-9]{1,11})(?:\.([0-9]{1,6}))?")
TAG = re.compile(r"<([^<>]*)>")
# Never typed on purpose. PostgreSQL refuses the first, and nothing takes the last: halves of characters, as JSON can
# name them.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
LONGEST_NAME = 80
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Unreadable(Exception):
    """What was sent cannot be meant. The message is for the reader; Slack is to be answered as if all were well."""

    def __init__(self, words: str = "Slack sent something that is not known here. Open it again and repeat.") -> None:
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody, as Slack names them.

    team: their own workspace, which for people who come by Slack Connect is another one than the installation's, and
    of which Slack sometimes names the organisation only ("E…"). Empty: Slack did not say, in a channel that is shared
    with others, so they may be anybody's.
    """

    team: str
    id: str
    name: str = ""


def part(payload: object, key: str) -> Payload:
    """The object under this key, else an empty one."""
    # What comes is dicts all through; to ask whether one is a Mapping takes ten times as long, twenty times a press.
    found = payload.get(key) if isinstance(payload, dict) else None
    return found if isinstance(found, dict) else {}


def first(payload: Payload, key: str) -> Payload:
    """The first object of the list under this key, else an empty one."""
    found = payload.get(key)
    return found[0] if isinstance(found, list) and found and isinstance(found[0], dict) else {}


def text(payload: Payload, key: str) -> str:
    """The text under this key, else an empty one."""
    found = payload.get(key)
    return CONTROLS.sub("", found.replace("\r\n", "\n")) if isinstance(found, str) else ""


def ident(payload: Payload, *keys: str) -> str:
    """The first of these that is an id of Slack, else an empty text."""
    for key in keys:
        found = payload.get(key)
        if isinstance(found, str) and ID.fullmatch(found):
            return found
    return ""


def ids(found: object) -> Iterator[str]:
    """Those in this list that are ids of Slack."""
    return (one for one in found if isinstance(one, str) and ID.fullmatch(one)) if isinstance(found, list) else iter(())


def when(payload: Payload, *keys: str) -> datetime | None:
    """The first of these that is a time of Slack: seconds, and behind the point millionths which are part of ids."""
    for key in keys:
        found = payload.get(key)
        if isinstance(found, int) and not isinstance(found, bool):
            found = str(found)
        if isinstance(found, str) and (parts := STAMP.fullmatch(found)):
            # Never by way of a float, which rounds the millionths.
            return EPOCH + timedelta(seconds=int(parts[1]), microseconds=int((parts[2] or "").ljust(6, "0")))
    return None


def stamp(payload: Payload, *keys: str) -> str:
    """The first of these that is a time of Slack, as Slack writes it: that is the id of a message in its channel."""
    for key in keys:
        found = payload.get(key)
        if isinstance(found, str) and STAMP.fullmatch(found):
            return found
    return ""


def name(user: Payload) -> str:
    """The name by which this person is known."""
    profile = part(user, "profile")
    for holder, key in (
        (profile, "display_name"),
        (profile, "real_name"),
        (user, "real_name"),
        (user, "name"),
        (user, "username"),
    ):
        if found := " ".join(text(holder, key).split()):
            return short(found, LONGEST_NAME)
    return ""


def plain(written: str) -> tuple[str, tuple[str, ...]]:
    """What was written, without Slack's escaping, and the ids of the people mentioned: they stay in it as `<@U…>`.

    Resolve those ids only. Somebody may type `<@U…>` letter by letter, which is no mention and looks the same here.
    """
    people: list[str] = []

    def read(found: re.Match[str]) -> str:
        target, _, label = found[1].partition("|")
        rest = target[1:]
        match target[:1]:
            case "":
                return found[0]
            case "@" if ID.fullmatch(rest):
                people.append(rest)
                return f"<@{rest}>"
            case "#":
                return f"#{label or rest}"
            case "!" if rest.startswith("date^"):
                return label
            case "!":  # here, channel, everyone, subteam^S…
                return "@" + (label or rest.rpartition("^")[2]).removeprefix("@")
            case _:
                return target.removeprefix("mailto:").removeprefix("tel:")

    # The ampersand last: "&amp;lt;" is how Slack sends the four letters "&lt;".
    raw = TAG.sub(read, written).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return raw, tuple(dict.fromkeys(people))


def words(written: str) -> int:
    """How many words these are: what counts as a contribution depends on it."""
    return sum(1 for word in written.split() if any(letter.isalnum() for letter in word))
