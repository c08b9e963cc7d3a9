"""What every reader of an activity needs: the typed way into it, times, text, and who acted.

An activity is signed by Microsoft, and still holds what people wrote and what our own cards carried: types are checked.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from dialogs.words import short

Payload = Mapping[str, Any]

# Of conversations, people and messages: printable, and without what would end a placeholder or a text in quotes.
ID = re.compile(r"[!#-;=?-\[\]-~]{1,300}")
PERSON = re.compile(r"[A-Za-z0-9:._@+=/~-]{1,200}")  # may stand in a text as `<@…>`
GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
EMAIL = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]{1,190}")
PLAIN_URL = re.compile(r"[!-~]{1,2000}")
SHOWN = re.compile(r"<at[^<>]*>[^<>]*</at>")
LABEL = re.compile(r"<[^<>]*>")
# Only those that end as they should: "?a=1&copy=2" is an address, and not a sign of copyright.
ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Never typed on purpose. PostgreSQL refuses the first, and nothing takes the last: halves of characters, as JSON can
# name them.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
# In a name they would reorder what stands beside it.
REORDERING = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LONGEST_NAME = 80
LONGEST_WAIT, SHORTEST_WAIT = 3600.0, 0.05  # seconds
IN_THREAD = ";messageid="
NOBODY = ("28:", "19:", "48:")  # an app; a conversation, as when a channel is mentioned; Teams itself


class Unreadable(Exception):
    """What was sent cannot be meant. The message is for the reader; Teams is to be answered as if all were well."""

    def __init__(self, words: str = "Teams sent something that is not known here. Open it again and repeat.") -> None:
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody, as Teams names them.

    id: theirs for this bot ("29:…"), by which they are written to. aad: theirs in Entra, which every bot sees alike;
    empty for people without an account. email: only where members are listed, and not for everybody.
    """

    id: str
    aad: str = ""
    name: str = ""
    email: str = ""
    tenant: str = ""  # only where members are listed: whose account this is


def part(payload: object, key: str) -> Payload:
    """The object under this key, else an empty one."""
    # What was read from JSON is a dict, and to ask whether something is a Mapping takes long.
    found = payload.get(key) if type(payload) is dict or isinstance(payload, Mapping) else None
    return found if type(found) is dict or isinstance(found, Mapping) else {}


def parts(payload: Payload, key: str) -> Iterator[Payload]:
    """The objects in the list under this key."""
    found = payload.get(key)
    return (one for one in found if isinstance(one, Mapping)) if isinstance(found, list) else iter(())


def text(payload: Payload, *keys: str) -> str:
    """The first text under these keys, else an empty one."""
    for key in keys:
        if isinstance(found := payload.get(key), str):
            return clean(found)
    return ""


def clean(written: str) -> str:
    """Without what nobody types and no database takes."""
    return CONTROLS.sub("", written.replace("\r\n", "\n"))


def ident(payload: Payload, *keys: str) -> str:
    """The first of these that is an id, else an empty text."""
    for key in keys:
        if isinstance(found := payload.get(key), str) and ID.fullmatch(found):
            return found
    return ""


def when(payload: Payload, key: str) -> datetime | None:
    """The moment under this key, if it says of which time zone."""
    found = payload.get(key)
    try:
        moment = datetime.fromisoformat(found) if isinstance(found, str) and len(found) < 50 else None
        # Close to the years 1 and 9999 a moment has no name in another zone.
        return moment.astimezone(UTC) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def user(account: Payload) -> User | None:
    """Whose account this is. None: nobody's."""
    found, aad = ident(account, "id"), text(account, "aadObjectId", "objectId")
    if not PERSON.fullmatch(found):
        return None
    name = short(REORDERING.sub("", text(account, "name")), LONGEST_NAME)
    email = text(account, "email", "userPrincipalName")
    return User(
        found,
        aad.lower() if GUID.fullmatch(aad) else "",
        name,
        email if EMAIL.fullmatch(email) else "",
        ident(account, "tenantId").lower(),
    )


def tenant(activity: Payload) -> str | None:
    """Whose Teams this happened in; empty if it does not say. None: it says two things."""
    first = ident(part(activity, "conversation"), "tenantId").lower()
    second = ident(part(part(activity, "channelData"), "tenant"), "id").lower()
    return None if first and second and first != second else first or second


def spot(conversation: str) -> tuple[str, str]:
    """The conversation itself, and the root message beneath which this is; empty where there is none."""
    whole, _, root = conversation.partition(IN_THREAD)
    return whole, root


def plain(activity: Payload, bot: str) -> tuple[str, tuple[str, ...], bool]:
    """What was written, who is mentioned, and whether the bot is: its own mentions are taken out.

    Others stay in it as `<@id>`, by their id in Entra if that is said. Resolve those ids only: somebody may type `<@…>`
    letter by letter, which is no mention and looks the same here. The same goes for `<at>`: what counts is not the name
    between the signs but what stands beside the text.
    """
    written = _spaces(text(activity, "text"))
    people: list[str] = []
    ours = False
    for entity in parts(activity, "entities"):
        shown, whose = _spaces(text(entity, "text")), part(entity, "mentioned")
        if entity.get("type") != "mention" or not SHOWN.fullmatch(shown):
            continue
        who = ident(whose, "id")
        if bot and who == bot:
            ours = True
            written = written.replace(shown, " ", 1)
            continue
        somebody = None if who.startswith(NOBODY) else user(whose)
        if somebody is None:  # another bot, a channel, a team, a tag
            written = written.replace(shown, f"@{LABEL.sub('', shown)}", 1)
            continue
        person = somebody.aad or somebody.id
        people.append(person)
        written = written.replace(shown, f"<@{person}>", 1)
    # Once only: "&amp;lt;" is how Teams sends the four letters "&lt;".
    written = clean(_spaces(ENTITY.sub(lambda found: html.unescape(found[0]), written)))
    return re.sub(r" {2,}", " ", written).strip(), tuple(dict.fromkeys(people)), ours


def _spaces(written: str) -> str:
    return written.replace("&nbsp;", " ").replace("\xa0", " ")


def words(written: str) -> int:
    """How many words these are: what counts as a contribution depends on it."""
    return sum(1 for word in written.split() if any(letter.isalnum() for letter in word))


# -- addresses ---------------------------------------------------------------------------------------------------------


def trusted(url: str) -> bool:
    """Whether our token may be sent there at all: encrypted, or not leaving this machine."""
    scheme, host = _where(url)
    return bool(host) and (scheme == "https" or (scheme == "http" and _is_here(host)))


def loopback(url: str) -> bool:
    """Whether this address does not leave this machine."""
    scheme, host = _where(url)
    return scheme in {"http", "https"} and _is_here(host)


def _where(url: str) -> tuple[str, str]:
    """Scheme and host of an address to which a path can be added; empty if it is none, or could be read in two ways."""
    if not PLAIN_URL.fullmatch(url) or any(sign in url for sign in "\\?#@"):
        return "", ""
    return _split(url)


@lru_cache(100)  # Microsoft has a handful, and each comes with every activity
def _split(url: str) -> tuple[str, str]:
    try:
        found = urlsplit(url)
        return (found.scheme, found.hostname or "") if found.port != 0 else ("", "")
    except ValueError:
        return "", ""


@lru_cache(100)
def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


# -- answers -----------------------------------------------------------------------------------------------------------


def refusal(said: Payload) -> str:
    """Teams' own word for why not. Some of its servers write an object in JSON into the text of another one."""
    error = part(said, "error") or said
    if found := text(error, "subCode", "code"):
        return found
    try:
        inside = json.loads(text(error, "message"))
    except (ValueError, RecursionError):
        return ""
    return text(inside, "subCode", "code") if isinstance(inside, dict) else ""


def asked_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """How many seconds we are asked to wait, if it is said: as a number or as a moment."""
    asked = headers.get("Retry-After", "")
    try:
        seconds = float(asked)
    except ValueError:
        try:
            moment = parsedate_to_datetime(asked)
        except ValueError:
            return None
        seconds = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()
    return min(max(seconds, SHORTEST_WAIT), LONGEST_WAIT) if math.isfinite(seconds) else None
