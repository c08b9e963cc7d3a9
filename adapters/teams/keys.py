"""The keys with which Microsoft signs what it sends: fetched once a day, and when one appears that is not known yet."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from adapters.teams.payload import trusted

log = logging.getLogger(__name__)

METADATA = "https://login.botframework.com/v1/.well-known/openidconfiguration"

FRESH = timedelta(hours=24)
# A stranger can name unknown keys as fast as they like: they cost Microsoft one look a minute, and nobody a wait.
BETWEEN = timedelta(minutes=1)
AT_FIRST = timedelta(seconds=5)  # the same while there are no keys at all and so nobody is let in
PATIENCE = 5.0  # seconds for both documents together
LARGEST = 1024 * 1024  # bytes of one of them
SHORTEST = 2048  # bits of a key


@dataclass(frozen=True, slots=True)
class Key:
    """One key, and the channels for which it may sign."""

    public: RSAPublicKey
    endorsements: frozenset[str]


class Keys:
    """Finds keys by their id. Nothing here raises: where nothing can be fetched, what was known stays known."""

    def __init__(self, url: str, session: aiohttp.ClientSession, now: Callable[[], datetime]) -> None:
        if not trusted(url):
            raise ValueError("the address of the keys must begin with https:// (http:// on this machine only)")
        self._url, self._session, self._now = url, session, now
        self._keys: Mapping[str, Key] = {}
        self._loaded: datetime | None = None
        self._tried: datetime | None = None
        self._failed = False
        self._loading: asyncio.Task[None] | None = None

    @property
    def known(self) -> bool:
        """Whether there are any keys: without them nobody can be let in."""
        return bool(self._keys)

    async def warm(self) -> None:
        """Fetch them now, so that nobody has to wait for them later."""
        await self._look()

    async def find(self, kid: str) -> Key | None:
        """The key of this id."""
        found = self._keys.get(kid)
        if found and self._within(self._loaded, FRESH):
            return found
        if found and self._failed:
            # They cannot be fetched just now. Whoever has a known key does not wait for the next attempt.
            self._begin()
            return found
        await self._look()
        return self._keys.get(kid)

    async def close(self) -> None:
        """Stop fetching."""
        if self._loading and not self._loading.done():
            self._loading.cancel()
            await asyncio.wait({self._loading})

    def _within(self, since: datetime | None, length: timedelta) -> bool:
        # A clock that was set back must not make anybody wait until it has caught up.
        return since is not None and timedelta() <= self._now() - since < length

    async def _look(self) -> None:
        if task := self._begin():
            await asyncio.wait({task})  # a caller who gives up does not take the fetch along

    def _begin(self) -> asyncio.Task[None] | None:
        """The fetch that is under way, else a new one. None: the last one was only just now."""
        if self._loading and not self._loading.done():
            return self._loading
        if self._within(self._tried, BETWEEN if self._keys else AT_FIRST):
            return None
        self._tried = self._now()
        self._loading = asyncio.create_task(self._load(), name="signing keys of Teams")
        return self._loading

    async def _load(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                found = await self._fetch()
        except (aiohttp.ClientError, OSError, ValueError, RuntimeError) as error:  # also no JSON, and a time-out
            self._failed = True
            log.warning("The signing keys of Teams cannot be fetched: %s", str(error) or type(error).__name__)
        else:
            self._keys, self._loaded, self._failed = found, self._now(), False

    async def _fetch(self) -> Mapping[str, Key]:
        where = (await self._document(self._url)).get("jwks_uri")
        if not isinstance(where, str) or not trusted(where):
            raise ValueError("the metadata do not say where the keys are")
        listed = (await self._document(where)).get("keys")
        found = dict(pair for one in (listed if isinstance(listed, list) else ()) if (pair := _key(one)))
        if not found:
            raise ValueError("there is no key that could be used")
        return found

    async def _document(self, url: str) -> Mapping[str, Any]:
        # A redirection could lead away from encryption, and there is none where Microsoft keeps these.
        async with self._session.get(url, allow_redirects=False) as response:
            if response.status != 200:
                raise ValueError(f"status {response.status}")
            return document(await body(response, LARGEST))


async def body(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The whole body. Raises ValueError if it is larger than that."""
    raw = bytearray()
    async for chunk in response.content.iter_any():
        raw += chunk
        if len(raw) > most:
            raise ValueError("this is too large")
    return bytes(raw)


def document(raw: bytes) -> Mapping[str, Any]:
    """An object in JSON. Raises ValueError or RecursionError."""
    found = json.loads(raw)
    if not isinstance(found, dict):
        raise ValueError("this is not an object")  # noqa: TRY004 - whoever calls catches all that is malformed as one
    return found


def _key(listed: object) -> tuple[str, Key] | None:
    """A key as it is listed, with its id. One that cannot be used must not take the others along."""
    if not isinstance(listed, dict) or listed.get("kty") != "RSA" or listed.get("use", "sig") != "sig":
        return None
    kid, endorsed = listed.get("kid"), listed.get("endorsements")
    try:
        public = RSAAlgorithm.from_jwk({"kty": "RSA", "n": listed.get("n"), "e": listed.get("e")})
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
        return None
    if not isinstance(kid, str) or not kid or not isinstance(public, RSAPublicKey) or public.key_size < SHORTEST:
        return None
    channels = endorsed if isinstance(endorsed, list) else ()
    return kid, Key(public, frozenset(one for one in channels if isinstance(one, str)))
