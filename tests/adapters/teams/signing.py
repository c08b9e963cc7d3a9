"""Microsoft, as far as it signs: keys that change, where they are listed, and tokens of every sort."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jwt
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
APP, URL = "0b7d6a44-8c1f-4a55-9f0e-5f6f3d2c1a00", "https://smba.trafficmanager.net/emea/"


@cache
def private(kid: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key, the same for the same name: making one takes its time."""
    return rsa.generate_private_key(65537, bits)


def listed(kid: str, *endorsements: str, bits: int = 2048) -> dict[str, Any]:
    """A key as Microsoft lists it."""
    public = RSAAlgorithm.to_jwk(private(kid, bits).public_key(), as_dict=True)
    return {**public, "kid": kid, "use": "sig", "x5t": kid, "endorsements": list(endorsements or ("msteams", "skype"))}


def claims(**other: Any) -> dict[str, Any]:
    """What a token says. None: it does not say that."""
    now = int(NOW.timestamp())
    said = {"iss": "https://api.botframework.com", "aud": APP, "serviceurl": URL, "nbf": now - 60, "exp": now + 3600}
    return {key: value for key, value in {**said, **other}.items() if value is not None}


def minted(kid: str = "one", header: dict[str, Any] | None = None, **other: Any) -> str:
    """A token."""
    return jwt.encode(claims(**other), private(kid), "RS256", headers={"kid": kid} if header is None else header)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Listing:
    """Where the keys are listed. Anything about it can be otherwise."""

    def __init__(self) -> None:
        self.keys: Any = {"keys": [listed("one")]}
        self.metadata: Any = None
        self.status = 200
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.url = ""

    async def _metadata(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        await self.gate.wait()
        if self.status in {301, 302}:
            raise web.HTTPFound(self.url.replace("openid", "elsewhere"))
        if isinstance(self.metadata, bytes):
            return web.Response(body=self.metadata, status=self.status)
        said = self.metadata or {
            "issuer": "https://api.botframework.com",
            "jwks_uri": self.url.replace("openid", "keys"),
        }
        return web.json_response(said, status=self.status)

    async def _keys(self, request: web.Request) -> web.StreamResponse:
        if isinstance(self.keys, bytes):
            return web.Response(body=self.keys)
        return web.json_response(self.keys)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        """Listen, on this machine."""
        app = web.Application()
        app.router.add_get("/openid", self._metadata)
        app.router.add_get("/elsewhere", self._metadata)
        app.router.add_get("/keys", self._keys)
        async with TestServer(app) as server:
            self.url = str(server.make_url("/openid"))
            yield
