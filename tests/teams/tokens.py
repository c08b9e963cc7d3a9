"""What proves who is calling: keys and their tokens towards the bot, and those that the bot is given."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

Thing = dict[str, Any]

ISSUER = "https://api.botframework.com"
EMULATOR = "https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/"
SCOPE = "https://api.botframework.com/.default"
HOUR = 3600
FORGED = 99  # the number of a key that is never served


@cache
def made_key(number: int) -> rsa.RSAPrivateKey:
    """The key of this number: making one is slow, so a process makes each once."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Keys:
    """The keys of the service: one signs, and it is served together with what it may vouch for."""

    def __init__(self) -> None:
        self.number = 0
        self.serves = True
        self.endorsements = ["msteams"]
        self.stamps: Callable[[], float] = time.time  # bots check tokens by the machine's clock

    @property
    def kid(self) -> str:
        return f"key-{self.number}"

    def rotate(self) -> None:
        self.number += 1

    def served(self) -> Thing:
        """The document at jwks_uri."""
        if not self.serves:
            return {"keys": []}
        key: Thing = RSAAlgorithm.to_jwk(made_key(self.number).public_key(), as_dict=True)
        named = {"use": "sig", "kid": self.kid, "x5t": self.kid}
        return {"keys": [{"kty": "RSA", **named, "n": key["n"], "e": key["e"], "endorsements": self.endorsements}]}

    def claims(self, app_id: str, service_url: str, **other: Any) -> Thing:
        """What a good token says; a claim that is given as None is left out."""
        now = int(self.stamps())
        said = {"serviceurl": service_url, "nbf": now - 60, "exp": now + HOUR, "iss": ISSUER, "aud": app_id} | other
        return {name: value for name, value in said.items() if value is not None}

    def bearer(self, claims: Thing, *, kid: str | None = None, number: int | None = None) -> str:
        """The header with these claims, signed by the key of this number, under this name."""
        key = made_key(self.number if number is None else number)
        named = {"kid": kid or self.kid, "x5t": kid or self.kid}
        return "Bearer " + jwt.encode(claims, key, "RS256", headers=named)

    def bad(self, app_id: str, service_url: str) -> dict[str, str | None]:
        """Headers that a bot must turn away, each by what is wrong with it."""

        def with_(**other: Any) -> str:
            return self.bearer(self.claims(app_id, service_url, **other))

        now, claims = int(self.stamps()), self.claims(app_id, service_url)
        good = self.bearer(claims)
        head, body, signature = good.removeprefix("Bearer ").split(".")
        other = _part(claims | {"aud": app_id, "admin": True})
        none, mac = _part({"alg": "none", "typ": "JWT", "kid": self.kid}), {"alg": "HS256", "typ": "JWT"}
        return {
            "no header": None,
            "empty header": "",
            "another scheme": "Basic " + good.removeprefix("Bearer "),
            "no token": "Bearer ",
            "garbage": "Bearer garbage",
            "garbage in parts": "Bearer a.b.c",
            "expired": with_(nbf=now - 3 * HOUR, exp=now - HOUR),
            "no expiry": with_(exp=None),
            "nbf ahead": with_(nbf=now + HOUR, exp=now + 2 * HOUR),
            "wrong audience": with_(aud="00000000-0000-0000-0000-00000000beef"),
            "no audience": with_(aud=None),
            "wrong issuer": with_(iss="https://login.example"),
            "no issuer": with_(iss=None),
            "emulator's issuer": with_(iss=EMULATOR),
            "wrong serviceurl": with_(serviceurl="https://elsewhere.example/amer/"),
            "no serviceurl": with_(serviceurl=None),
            "unknown kid": self.bearer(claims, kid="key-unknown", number=FORGED),
            "another key": self.bearer(claims, number=FORGED),
            "no kid": "Bearer " + jwt.encode(claims, made_key(self.number), "RS256"),
            "changed body": f"Bearer {head}.{other}.{signature}",
            "no signature": f"Bearer {head}.{body}.",
            "alg none": f"Bearer {none}.{body}.",
            "alg HS256": f"Bearer {self._mac(_part(mac | {'kid': self.kid}), body)}",
        }

    def _mac(self, head: str, body: str) -> str:
        """A token signed with the public key as if that were a secret."""
        public = made_key(self.number).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return f"{head}.{body}.{_coded(hmac.new(public, f'{head}.{body}'.encode(), hashlib.sha256).digest())}"


def _part(said: Thing) -> str:
    return _coded(json.dumps(said).encode())


def _coded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
