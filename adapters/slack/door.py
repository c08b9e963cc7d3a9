"""The front door: raw bytes -> what Slack sent, or why it is not let in. Pure, but for remembering what came in lately.

Everything is checked on the bytes as they arrived and decoded once, here: nobody behind the door parses them again, so
nobody can read in them what was not checked.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import parse_qsl

from pydantic_core import from_json
from yarl import URL

LARGEST = 1024 * 1024  # bytes of a body: Slack's largest, a whole view with its state, has a quarter of it
WINDOW = timedelta(minutes=5)  # how far Slack's clock and ours may be apart: its own documented tolerance
REMEMBERED = 100_000  # signatures

# What Bolt reaches into without looking. An interaction has objects there; in an event some are ids.
OBJECTS = ("user", "team", "enterprise", "channel", "container", "view", "message", "state")
REACHED = ("user", "channel", "team", "enterprise")
OBJECT, OBJECT_OR_ID = (dict, type(None)), (dict, str, type(None))  # each may be missing

SECONDS = re.compile(r"[0-9]{1,11}")
SSL_CHECK = re.compile(rb"(?:^|&)ssl_check=1(?:&|$)")

CallKind = Literal["command", "interaction", "event", "url_verification", "ssl_check"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What Slack sent, decoded. An `event` is the whole envelope."""

    kind: CallKind
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a call is not let in. The words are for whoever called, and tell them nothing that they do not know."""

    status: int
    words: str


class Door:
    """Lets in what was signed with our secret, lately, and once.

    Once: a command or an interaction whose signature was seen before is somebody's recording, since Slack sends these
    only once. Events are different. Slack repeats an event until it is answered, and nothing promises that each attempt
    is signed anew: a door that refused repetitions could lose an event for good. So events always pass, and the engine
    hears each of their ids once. It does the same for commands and presses, so that this memory is the first of two
    fences and may forget its oldest when there are too many, or when the process ends.
    """

    def __init__(self, signing_secret: str, now: Callable[[], datetime]) -> None:
        secret, self._now = signing_secret.strip().encode(), now
        if not secret:
            raise ValueError("the signing secret is empty: anybody could sign with it")
        self._keyed = hmac.new(secret, digestmod=hashlib.sha256)  # made ready once, copied for each call
        self._seen: dict[bytes, datetime] = {}  # signature -> from when on its timestamp alone refuses it

    def open(self, headers: Mapping[str, str], raw: bytes) -> Delivery | Refused:
        """What was sent, or why it is refused. Never an exception, whatever the bytes."""
        if len(raw) > LARGEST:
            return Refused(413, "This is too large.")
        stamp, given = _header(headers, "x-slack-request-timestamp"), _header(headers, "x-slack-signature")
        if not stamp and not given and len(raw) < 1000 and SSL_CHECK.search(raw):
            # Slack tries the certificate without a signature. Nothing of it is read, and nothing follows from it.
            return Delivery("ssl_check", {})
        if not stamp or not given:
            return Refused(401, "The signature is missing.")
        if not SECONDS.fullmatch(stamp):
            return Refused(401, "The timestamp is not a number.")
        now = self._now()
        if abs(now.timestamp() - int(stamp)) > WINDOW.total_seconds():
            return Refused(401, "The timestamp is too far from now.")
        digest = self._keyed.copy()
        digest.update(f"v0:{stamp}:".encode())
        digest.update(raw)
        # As bytes: comparing strings raises where the caller's has letters beyond ASCII.
        if not hmac.compare_digest(b"v0=" + digest.hexdigest().encode(), given.encode(errors="replace")):
            return Refused(401, "The signature does not fit.")
        try:
            delivery = _decoded(raw)
        except (ValueError, RecursionError):  # ValueError is also what bad UTF-8 and bad JSON raise
            return Refused(400, "This cannot be read.")
        if delivery.kind in {"command", "interaction"} and self._again(digest.digest(), now):
            return Refused(401, "This was sent before.")
        return delivery

    def _again(self, signature: bytes, now: datetime) -> bool:
        """Whether this signature, which covers the timestamp and the body, was seen while it was still valid."""
        while self._seen and (len(self._seen) >= REMEMBERED or next(iter(self._seen.values())) < now):
            del self._seen[next(iter(self._seen))]
        if signature in self._seen:
            return True
        # A timestamp may lie one window ahead of us, and is accepted until one window behind.
        self._seen[signature] = now + 2 * WINDOW
        return False


def _header(headers: Mapping[str, str], name: str) -> str:
    found = headers.get(name)
    return found if found is not None else next((headers[key] for key in headers if key.lower() == name), "")


def _decoded(raw: bytes) -> Delivery:
    """Raises ValueError or RecursionError."""
    text = raw.decode()
    if text.lstrip()[:1] == "{":
        body = _object(text)
        if body.get("type") != "url_verification":
            return Delivery("event", _event(body))
        if not isinstance(body.get("challenge"), str):
            raise ValueError("there is nothing to answer")
        return Delivery("url_verification", body)
    form = _form(text)
    if form.get("ssl_check") == "1":
        return Delivery("ssl_check", {})
    if "payload" in form:
        return Delivery("interaction", _interaction(_object(form["payload"])))
    if "command" in form:
        return Delivery("command", form)
    raise ValueError("this is no kind of call that is known here")


def _event(body: dict[str, Any]) -> dict[str, Any]:
    happened, installs = body.get("event", {}), body.get("authorizations")
    _check(all(isinstance(part, dict) and isinstance(part.get("type", ""), str) for part in (body, happened)))
    _check(installs is None or (isinstance(installs, list) and all(isinstance(one, dict) for one in installs)))
    _check(all(isinstance(part.get(name), OBJECT_OR_ID) for part in (body, happened) for name in REACHED))
    return body


def _interaction(body: dict[str, Any]) -> dict[str, Any]:
    actions = body.get("actions", [{}])
    _check(isinstance(body.get("type", ""), str) and all(isinstance(body.get(name), OBJECT) for name in OBJECTS))
    _check(isinstance(actions, list) and bool(actions) and all(isinstance(one, dict) for one in actions))
    return body


def _check(fine: bool) -> None:  # noqa: FBT001 - one truth, said by its caller
    if not fine:
        raise ValueError("this is not in Slack's shape")


def _form(text: str) -> dict[str, str]:
    """The fields of an urlencoded body. Of a field that comes twice the first counts, here and so everywhere."""
    # Decoded in C: in Python this is half the cost of a press, whose payload is mostly %XX.
    query = URL.build(query_string=text, encoded=True).query
    form = {name: query[name] for name in query}
    if any("\ufffd" in value for value in form.values()):
        # Either somebody wrote this character, or bytes that are no UTF-8 were replaced by it: that would be a guess.
        parse_qsl(text, keep_blank_values=True, errors="strict")
    return form


def _object(text: str) -> dict[str, Any]:
    # Half the time of the standard library's, and stricter: no NaN, and no half of a character, which JSON can name,
    # and which no database or socket can take.
    found = from_json(text, allow_inf_nan=False)
    if not isinstance(found, dict):
        raise ValueError("this is not an object")  # noqa: TRY004 - whoever calls catches all that is malformed as one
    return found
