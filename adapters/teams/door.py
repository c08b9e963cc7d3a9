"""The front door: headers and raw bytes -> what Microsoft sent, or why it is not let in.

Who calls is proved before anything is read, and the body is decoded once, here: nobody behind the door parses it again,
so nobody can read in it what was not checked.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import jwt

from adapters.teams.keys import Key
from adapters.teams.payload import loopback, tenant, trusted

log = logging.getLogger(__name__)

ISSUER = "https://api.botframework.com"
CHANNEL, EMULATOR = "msteams", "emulator"

LARGEST = 1024 * 1024  # bytes of a body: an invoke holds what was filled in, at most some kilobytes
LEEWAY = 300  # seconds by which Microsoft's clock and ours may differ: its own documented tolerance
REMEMBERED = 1000  # tokens

BEARER = re.compile(r"bearer +([A-Za-z0-9_-]{1,4096}\.[A-Za-z0-9_-]{1,8192}\.[A-Za-z0-9_-]{1,2048})", re.IGNORECASE)
BY_SOMEBODY = {"message", "invoke", "messageReaction"}  # these mean nothing without who did it

NOT_PROVED = "The token does not fit."


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was sent, decoded, and what its token says of the sender; nothing if there was none to ask for."""

    activity: dict[str, Any]
    claims: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a call is not let in. The words are for whoever called, and tell them nothing that they do not know."""

    status: int
    words: str


class Finding(Protocol):
    """Where keys are found: `adapters.teams.keys.Keys`."""

    async def find(self, kid: str, /) -> Key | None: ...


@dataclass(frozen=True, slots=True)
class _Proof:
    claims: Mapping[str, Any]
    endorsements: frozenset[str]
    until: float


class Door:
    """Lets in what Microsoft signed for this bot, from the tenants that it serves.

    A token says who calls and for how long, and nothing of what is sent with it: Microsoft uses one for an hour. So a
    recording can be played again within that hour, by whoever could read what is encrypted on its way. And Microsoft
    itself repeats what was not answered in time, with the same token and the same activity. Therefore repetitions are
    let in here, and it is the engine that hears each id of an activity once and answers a second time what it answered
    the first time.
    """

    def __init__(
        self,
        app_id: str,
        tenants: frozenset[str],
        keys: Finding,
        now: Callable[[], datetime],
        *,
        open_to_emulator: bool = False,
        issuer: str = ISSUER,
    ) -> None:
        self._app, self._issuer, self._keys, self._now = app_id.strip(), issuer, keys, now
        self._tenants = frozenset(one.strip().lower() for one in tenants)
        self._to_emulator = open_to_emulator
        if not self._app and not open_to_emulator:
            raise ValueError("the app's id is empty: anybody's token would fit")
        self._proved: dict[bytes, _Proof] = {}  # by the header's digest: a token itself is nowhere kept

    async def open(self, headers: Mapping[str, str], raw: bytes) -> Delivery | Refused:
        """What was sent, or why it is refused. Never an exception, whatever the bytes."""
        if len(raw) > LARGEST:
            return Refused(413, "This is too large.")
        proof = None if self._to_emulator else await self._proof(_header(headers, "authorization"))
        if isinstance(proof, Refused):
            return proof
        try:
            activity = _activity(raw)
        except (ValueError, RecursionError):  # ValueError is also what bad UTF-8 and bad JSON raise
            return Refused(400, "This cannot be read.")
        whose = tenant(activity)
        refused = self._from_emulator(activity) if proof is None else self._proved_for(activity, proof, whose)
        return refused or self._of_tenant(whose) or Delivery(activity, dict(proof.claims) if proof else {})

    # -- who calls -----------------------------------------------------------------------------------------------------

    async def _proof(self, header: str) -> _Proof | Refused:
        now = self._now().timestamp()
        digest = hashlib.sha256(header.encode("utf-8", "surrogatepass")).digest()
        known = self._proved.get(digest)
        if known and now < known.until:
            return known
        bearer = BEARER.fullmatch(header)
        if bearer is None:
            return Refused(401, "The token is missing.")
        token = bearer[1]
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            key = await self._keys.find(kid) if isinstance(kid, str) else None
            if key is None:
                return Refused(401, NOT_PROVED)
            claims = self._claims(token, key, now)
        except Exception as error:  # noqa: BLE001 - whatever it is that cannot be checked, its bearer stays outside
            log.info("A token was refused: %s", type(error).__name__)
            return Refused(401, NOT_PROVED)
        proof = _Proof(claims, key.endorsements, claims["exp"])
        if now < proof.until:
            self._remember(digest, proof)
        return proof

    def _claims(self, token: str, key: Key, now: float) -> Mapping[str, Any]:
        """What the token says, if Microsoft said it, to this bot, for now. Raises anything."""
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key.public,
            algorithms=["RS256"],
            audience=self._app,
            issuer=self._issuer,
            options={
                "require": ["exp", "iss", "aud"],
                "strict_aud": True,
                # By our own clock, below.
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
        begins, ends = claims.get("nbf", 0), claims["exp"]
        # As one condition which has to be true, since nothing is true of a number that is none.
        if not begins - LEEWAY <= now < ends + LEEWAY:
            raise ValueError("the token is not of this hour")
        return claims

    def _remember(self, digest: bytes, proof: _Proof) -> None:
        self._proved.pop(digest, None)
        while len(self._proved) >= REMEMBERED:
            del self._proved[next(iter(self._proved))]
        self._proved[digest] = proof

    # -- and whether what they sent is theirs to send: for each request anew, however well the token is known ----------

    def _proved_for(self, activity: Mapping[str, Any], proof: _Proof, whose: str | None) -> Refused | None:
        channel, url = activity["channelId"], activity["serviceUrl"]
        if channel != CHANNEL or channel not in proof.endorsements:
            return Refused(401, "This channel is not served here.")
        # Our own token will be sent to this address: only the one that Microsoft signed may be it.
        if not trusted(url) or proof.claims.get("serviceurl") != url:
            return Refused(401, NOT_PROVED)
        return None if whose != "" else Refused(400, "This does not say whose it is.")

    def _from_emulator(self, activity: Mapping[str, Any]) -> Refused | None:
        if activity["channelId"] not in {CHANNEL, EMULATOR}:
            return Refused(401, "This channel is not served here.")
        # Nobody has signed it, and our own token would be sent there.
        return None if loopback(activity["serviceUrl"]) else Refused(401, "The emulator runs on this machine.")

    def _of_tenant(self, whose: str | None) -> Refused | None:
        if whose is None or (self._tenants and whose not in self._tenants):
            return Refused(401, "This organisation is not served here.")
        return None


def _header(headers: Mapping[str, str], name: str) -> str:
    found = headers.get(name)
    return found if found is not None else next((headers[key] for key in headers if key.lower() == name), "")


def _activity(raw: bytes) -> dict[str, Any]:
    """Raises ValueError or RecursionError."""
    written = raw.decode()
    found = json.loads(written, parse_constant=_refuse)
    if not isinstance(found, dict):
        raise ValueError("this is not an object")  # noqa: TRY004 - whoever calls catches all that is malformed as one
    if "\\ud" in written or "\\uD" in written:
        # JSON can name one half of a character, and no database or socket can take it: it would fail further in.
        json.dumps(found, ensure_ascii=False).encode()
    conversation, sender, recipient = (found.get(key) for key in ("conversation", "from", "recipient"))
    _check(all(_said(found, key) for key in ("type", "channelId", "serviceUrl")))
    _check(_said(conversation, "id"))
    _check(all(isinstance(account, dict | None) for account in (sender, recipient)))
    _check(found["type"] not in BY_SOMEBODY or _said(sender, "id"))
    return found


def _said(holder: object, key: str) -> bool:
    found = holder.get(key) if isinstance(holder, dict) else None
    return isinstance(found, str) and bool(found.strip())


def _check(fine: bool) -> None:  # noqa: FBT001 - one truth, said by its caller
    if not fine:
        raise ValueError("this is no activity")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
