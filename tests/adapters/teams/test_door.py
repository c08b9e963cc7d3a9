from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from adapters.teams import door as the_door
from adapters.teams.door import LARGEST, Delivery, Door, Refused
from adapters.teams.keys import Key
from adapters.teams.payload import loopback, trusted
from tests.adapters.teams.signing import APP, NOW, URL, Clock, claims, minted, private

PAYLOADS = Path(__file__).parent / "payloads"
TENANT = "4f1c7a52-6a1e-4f7e-9d3b-2f5a0c9e7b11"
STAMP = int(NOW.timestamp())


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))
    return found


class Known:
    """Keys that are known, and how often one was looked for."""

    def __init__(self) -> None:
        self.looked = 0
        self.keys = {
            "one": Key(private("one").public_key(), frozenset({"msteams", "skype"})),
            "web": Key(private("web").public_key(), frozenset({"webchat"})),
            "none": Key(private("none").public_key(), frozenset()),
        }

    async def find(self, kid: str, /) -> Key | None:
        self.looked += 1
        return self.keys.get(kid)


class Failing:
    async def find(self, kid: str, /) -> Key | None:
        raise RuntimeError("the network is on fire")


def door(tenants: frozenset[str] = frozenset(), clock: Clock | None = None, **more: Any) -> Door:
    return Door(APP, tenants, more.pop("keys", None) or Known(), clock or Clock(), **more)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json; charset=utf-8"}


def body(activity: Mapping[str, Any]) -> bytes:
    return json.dumps(activity).encode()


def refused(answer: Delivery | Refused) -> int:
    assert isinstance(answer, Refused), answer
    assert answer.words.endswith(".")
    return answer.status


MESSAGE = recorded("message_group")
RAW = body(MESSAGE)
FIT = minted()


def but(**other: Any) -> bytes:
    """The message, in which something is otherwise; None: it is not there."""
    return body({key: value for key, value in {**MESSAGE, **other}.items() if value is not None})


# -- what comes in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(path.stem for path in PAYLOADS.glob("*.json") if path.stem != "emulator"))
async def test_delivery(name: str) -> None:
    activity = recorded(name)
    found = await door(frozenset({TENANT})).open(bearer(FIT), body(activity))
    assert found == Delivery(activity, claims())


GOOD: list[tuple[str, dict[str, str], bytes]] = [
    ("names of headers in any case", {"authorization": f"bearer  {FIT}"}, RAW),
    ("as long ago as the clocks may differ", bearer(minted(exp=STAMP - 299)), RAW),
    ("as far ahead as the clocks may differ", bearer(minted(nbf=STAMP + 300)), RAW),
    ("without a beginning", bearer(minted(nbf=None)), RAW),
    ("with an end between two seconds", bearer(minted(exp=STAMP + 0.5)), RAW),
    ("space around the body", bearer(FIT), b" \n" + RAW + b"\n"),
    ("the tenant in one place only", bearer(FIT), but(conversation={"id": "19:a"})),
    ("the tenant in the other place only", bearer(FIT), but(channelData=None)),
    ("the tenant in capitals", bearer(FIT), but(channelData={"tenant": {"id": TENANT.upper()}})),
    ("an escaped emoji", bearer(FIT), RAW.replace(b"Hello", b"\\ud83d\\ude00")),
    ("nobody has renamed a channel", bearer(FIT), but(type="conversationUpdate", **{"from": None})),
]


@pytest.mark.parametrize(("headers", "raw"), [case[1:] for case in GOOD], ids=[case[0] for case in GOOD])
async def test_let_in(headers: dict[str, str], raw: bytes) -> None:
    assert isinstance(await door(frozenset({TENANT.upper()})).open(headers, raw), Delivery)


# -- who is turned away ------------------------------------------------------------------------------------------------


def segment(said: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()


def by_hand(header: object, said: object, signature: bytes = b"x" * 256) -> str:
    return f"{segment(header)}.{segment(said)}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def with_public_key_as_secret(kid: str = "one") -> str:
    """The trick with which a public key signs: what is checked with it is said to be a common secret."""
    signed = f"{segment({'alg': 'HS256', 'typ': 'JWT', 'kid': kid})}.{segment(claims())}"
    secret = private(kid).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    digest = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


HEAD, SAID, SIGNATURE = FIT.split(".")
ENCODED_NONE = by_hand({"alg": "none", "typ": "JWT", "kid": "one"}, claims(), b"")
BAD_TOKENS: list[tuple[str, str]] = [
    ("nothing", ""),
    ("garbage", "garbage"),
    ("garbage in three parts", "a.b.c"),
    ("no JSON in three parts", "e30.e30.e30"),
    ("four parts", f"{FIT}.x"),
    ("expired", minted(exp=STAMP - 300)),
    ("expired long ago", minted(exp=1)),
    ("of tomorrow", minted(nbf=STAMP + 301)),
    ("without an end", minted(exp=None)),
    ("with an end that is no time", minted(exp="tomorrow", nbf=None)),
    ("with an end that is no number", by_hand({"alg": "RS256", "kid": "one"}, {**claims(), "exp": float("nan")})),
    ("for another bot", minted(aud="ffffffff-0000-4000-8000-00000000000f")),
    ("for nobody", minted(aud=None)),
    ("for several", minted(aud=[APP, "another"])),
    ("of another issuer", minted(iss="https://api.botframework.us")),
    ("of the emulator", minted(iss="https://login.microsoftonline.com/d6d49420-f39b-4df7-a1dc-d59a935871db/v2.0")),
    ("of no issuer", minted(iss=None)),
    ("for another service", minted(serviceurl="https://elsewhere.example/emea/")),
    ("for another service, by a slash", minted(serviceurl=URL.rstrip("/"))),
    ("for another service, by a capital", minted(serviceurl=URL.replace("smba", "SMBA"))),
    ("for no service", minted(serviceurl=None)),
    ("for several services", minted(serviceurl=[URL])),
    ("signed by somebody else", jwt.encode(claims(), private("stranger"), "RS256", headers={"kid": "one"})),
    ("signed by an unknown key", minted("stranger")),
    ("signed by no key in particular", minted(header={})),
    ("signed by a key for other channels", minted("web")),
    ("signed by a key for no channel", minted("none")),
    ("signed in another way", jwt.encode(claims(), private("one"), "RS512", headers={"kid": "one"})),
    ("not signed", ENCODED_NONE),
    ("not signed, with something where the signature should be", ENCODED_NONE + SIGNATURE),
    ("signed with the public key as if it were a secret", with_public_key_as_secret()),
    ("with another's signature", f"{HEAD}.{segment(claims(aud='x'))}.{SIGNATURE}"),
    ("with a cut signature", FIT[:-8]),
    ("with an unknown demand", jwt.encode(claims(), private("one"), "RS256", headers={"kid": "one", "crit": ["x"]})),
    ("with an id that is no text", by_hand({"alg": "RS256", "kid": ["one"]}, claims())),
    ("with a key of its own", by_hand({"alg": "RS256", "kid": "x", "jwk": {"kty": "RSA"}}, claims())),
    ("too deep", f"{base64.urlsafe_b64encode(b'[' * 3000).decode()}.{SAID}.{SIGNATURE}"),
    ("endless", "x" * 100_000),
]
BAD_HEADERS: list[tuple[str, dict[str, str]]] = [
    ("no headers", {}),
    ("no token", {"Content-Type": "application/json"}),
    ("an empty header", {"Authorization": ""}),
    ("only the word", {"Authorization": "Bearer"}),
    ("no word", {"Authorization": FIT}),
    ("another word", {"Authorization": f"Basic {FIT}"}),
    ("two tokens", {"Authorization": f"Bearer {FIT}, Bearer {FIT}"}),
    ("something behind it", {"Authorization": f"Bearer {FIT}\n"}),
    ("beyond ASCII", {"Authorization": "Bearer ü\udcff.x.x"}),
    *((why, {"Authorization": f"Bearer {token}"}) for why, token in BAD_TOKENS),
]


@pytest.mark.parametrize("headers", [one for _, one in BAD_HEADERS], ids=[why for why, _ in BAD_HEADERS])
async def test_bad_caller(headers: dict[str, str]) -> None:
    # Also when the door has just let in the right one.
    one = door()
    assert isinstance(await one.open(bearer(FIT), RAW), Delivery)
    for _ in range(2):
        assert refused(await one.open(headers, RAW)) == 401


OTHERS: list[tuple[str, bytes]] = [
    ("another tenant", but(conversation={"id": "19:a", "tenantId": "another"}, channelData=None)),
    ("two tenants, the first of them ours", but(channelData={"tenant": {"id": "another"}})),
    ("two tenants, the second of them ours", but(conversation={"id": "19:a", "tenantId": "another"})),
    ("another channel", but(channelId="webchat")),
    ("another channel, which the key may sign for", but(channelId="skype")),
    ("the emulator", but(channelId="emulator")),
    ("another service", but(serviceUrl="https://elsewhere.example/emea/")),
    ("the same service, spelled otherwise", but(serviceUrl=URL.rstrip("/"))),
]


@pytest.mark.parametrize("raw", [raw for _, raw in OTHERS], ids=[why for why, _ in OTHERS])
async def test_good_token_with_something_that_it_is_not_for(raw: bytes) -> None:
    one = door(frozenset({TENANT}))
    for _ in range(2):  # the second time the token is known
        assert refused(await one.open(bearer(FIT), raw)) == 401
    assert isinstance(await one.open(bearer(FIT), RAW), Delivery)


async def test_two_tenants_are_none_of_any_either() -> None:
    assert refused(await door().open(bearer(FIT), but(channelData={"tenant": {"id": "another"}}))) == 401


@pytest.mark.parametrize("url", ["http://smba.example/", "https://me@smba.example/", "https://smba.example/?a=", "x"])
async def test_service_to_which_no_token_may_be_sent_though_it_is_signed(url: str) -> None:
    assert refused(await door().open(bearer(minted(serviceurl=url)), but(serviceUrl=url))) == 401


async def test_service_on_this_machine() -> None:
    url = "http://127.0.0.1:8080/amer/"
    assert isinstance(await door().open(bearer(minted(serviceurl=url)), but(serviceUrl=url)), Delivery)


async def test_without_keys_nobody_is_let_in() -> None:
    assert refused(await door(keys=Failing()).open(bearer(FIT), RAW)) == 401


async def test_issuer_of_another_cloud() -> None:
    gov = "https://api.botframework.us"
    one = door(issuer=gov)
    assert isinstance(await one.open(bearer(minted(iss=gov)), RAW), Delivery)
    assert refused(await one.open(bearer(FIT), RAW)) == 401


NEEDED = ["type", "channelId", "serviceUrl", "conversation"]
NOT_SAID: list[Any] = [None, "", 7, [], {}, {"id": ""}, {"id": 7}]
UNREADABLE: list[tuple[str, bytes]] = [
    ("nothing", b""),
    ("no UTF-8", b'{"type": "\xff"}'),
    ("no JSON", b"{"),
    ("JSON with more behind it", RAW + b"{}"),
    ("a form", b"type=message&channelId=msteams"),
    ("a list", b"[" + RAW + b"]"),
    ("a number", b"7"),
    ("NaN", RAW[:-1] + b', "a": NaN}'),
    ("a number without an end", RAW[:-1] + b', "a": ' + b"1" * 10_000 + b"}"),
    ("too deep", b'{"a":' * 50_000),
    ("half a character", RAW.replace(b"Hello", b"\\ud83d")),
    ("half a character as a name", RAW[:-1] + b', "\\uDE00": 1}'),
    *((f"{key}: {instead!r}", but(**{key: instead})) for key in NEEDED for instead in (" ", *NOT_SAID)),
    *((f"from: {instead!r}", but(**{"from": instead})) for instead in NOT_SAID),
    ("no sender of a press", but(type="invoke", **{"from": None})),
    ("a sender that is none, where none is needed", but(type="conversationUpdate", **{"from": "29:x"})),
    ("a recipient that is none", but(recipient="28:x")),
    ("no tenant", but(conversation={"id": "19:a"}, channelData=None)),
    ("a tenant that is none", but(conversation={"id": "19:a", "tenantId": 7}, channelData={"tenant": "x"})),
]


@pytest.mark.parametrize("raw", [raw for _, raw in UNREADABLE], ids=[why for why, _ in UNREADABLE])
async def test_signed_but_unreadable(raw: bytes) -> None:
    assert refused(await door().open(bearer(FIT), raw)) == 400


async def test_nothing_is_read_of_whoever_is_not_proved() -> None:
    for _, raw in UNREADABLE:
        assert refused(await door().open({}, raw)) == 401


async def test_too_large_whoever_sent_it() -> None:
    fits = RAW.ljust(LARGEST)
    assert isinstance(await door().open(bearer(FIT), fits), Delivery)
    assert refused(await door().open(bearer(FIT), fits + b" ")) == 413
    assert refused(await door().open({}, fits + b" ")) == 413


@pytest.mark.parametrize("app", ["", " ", "\n"])
def test_door_without_a_lock(app: str) -> None:
    with pytest.raises(ValueError, match="empty"):
        Door(app, frozenset(), Known(), Clock())
    Door(app, frozenset(), Known(), Clock(), open_to_emulator=True)


# -- what comes twice --------------------------------------------------------------------------------------------------


async def test_a_token_is_checked_once_while_it_lasts() -> None:
    keys, clock = Known(), Clock()
    one = door(keys=keys, clock=clock)
    for _ in range(10):
        assert isinstance(await one.open(bearer(FIT), RAW), Delivery)
    assert keys.looked == 1
    clock.now += timedelta(minutes=59, seconds=59)
    assert isinstance(await one.open(bearer(FIT), RAW), Delivery)
    assert keys.looked == 1
    clock.now += timedelta(seconds=1)  # from here on only because the clocks may differ
    assert isinstance(await one.open(bearer(FIT), RAW), Delivery)
    assert keys.looked == 2
    clock.now += timedelta(minutes=5)
    assert refused(await one.open(bearer(FIT), RAW)) == 401


async def test_microsoft_may_repeat_an_activity_which_the_engine_hears_once() -> None:
    one = door()
    assert await one.open(bearer(FIT), RAW) == await one.open(bearer(FIT), RAW)


async def test_what_one_caller_changes_in_a_delivery_no_other_sees() -> None:
    one = door()
    first = await one.open(bearer(FIT), RAW)
    assert isinstance(first, Delivery)
    first.claims.clear()
    first.activity.clear()
    assert await one.open(bearer(FIT), RAW) == Delivery(MESSAGE, claims())


async def test_memory_is_bounded_and_holds_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(the_door, "REMEMBERED", 3)
    keys = Known()
    one = door(keys=keys)
    tokens = [minted(nbf=STAMP - n) for n in range(6)]
    for token in tokens:
        assert isinstance(await one.open(bearer(token), RAW), Delivery)
        assert len(one._proved) <= 3
        assert token not in repr(one._proved)
    assert keys.looked == 6
    await one.open(bearer(tokens[-1]), RAW)
    assert keys.looked == 6


# -- the emulator ------------------------------------------------------------------------------------------------------


async def test_emulator_only_where_the_door_is_open_to_it() -> None:
    raw = body(recorded("emulator"))
    assert await door(open_to_emulator=True).open({}, raw) == Delivery(recorded("emulator"), {})
    assert refused(await door().open({}, raw)) == 401
    assert refused(await door().open(bearer(minted(serviceurl="http://localhost:51234")), raw)) == 401


LOCAL: dict[str, Any] = {"serviceUrl": "http://127.0.0.1:1234/"}
TO_EMULATOR: list[tuple[str, bytes, int]] = [
    ("as Teams", but(**LOCAL), 200),
    (
        "as Teams, of an unknown tenant",
        but(**LOCAL, conversation={"id": "19:a", "tenantId": "x"}, channelData=None),
        401,
    ),
    ("as another channel", but(**LOCAL, channelId="webchat"), 401),
    # Nobody has signed this address, and the bot's own token would be sent to it.
    ("to answer elsewhere", RAW, 401),
    ("to answer elsewhere, unencrypted", but(serviceUrl="http://10.0.0.1/"), 401),
    ("unreadable", b"{", 400),
    ("too large", b" " * (LARGEST + 1), 413),
]


@pytest.mark.parametrize(("raw", "status"), [case[1:] for case in TO_EMULATOR], ids=[case[0] for case in TO_EMULATOR])
async def test_door_that_is_open_to_the_emulator(raw: bytes, status: int) -> None:
    answer = await door(frozenset({TENANT}), open_to_emulator=True).open(bearer("garbage"), raw)
    assert (answer.status if isinstance(answer, Refused) else 200) == status


# -- addresses ---------------------------------------------------------------------------------------------------------

ADDRESSES: list[tuple[str, bool, bool]] = [  # where our token may go, and what does not leave this machine
    ("https://smba.trafficmanager.net/emea/", True, False),
    ("https://smba.infra.gcc.teams.microsoft.com", True, False),
    ("https://smba.example:444/a/b", True, False),
    ("HTTPS://smba.example/", True, False),
    ("http://smba.trafficmanager.net/emea/", False, False),
    ("http://localhost:3000", True, True),
    ("https://localhost", True, True),
    ("http://127.0.0.1:3000/x/", True, True),
    ("http://127.8.9.1/", True, True),
    ("http://[::1]:3000/", True, True),
    ("http://localhost.example/", False, False),
    ("http://127.0.0.1.example/", False, False),
    ("http://2130706433/", False, False),
    ("http://0.0.0.0/", False, False),
    ("http://10.0.0.1/", False, False),
    ("http://127.0.0.1@evil.example/", False, False),
    ("https://smba.trafficmanager.net@evil.example/", False, False),
    ("https://evil.example\\@smba.trafficmanager.net/", False, False),
    ("https://smba.example/?x=", False, False),
    ("https://smba.example/#", False, False),
    ("https://smba.example/ x", False, False),
    ("https://smba.example/\n", False, False),
    ("https://smba.ex\u00e4mple/", False, False),
    ("https://smba.example:99999/", False, False),
    ("https://smba.example:x/", False, False),
    ("https://[::1/", False, False),
    ("https:///emea/", False, False),
    ("https:smba.example", False, False),
    ("//smba.example/", False, False),
    ("ftp://localhost/", False, False),
    ("file:///etc/passwd", False, False),
    ("javascript:alert(1)", False, False),
    ("", False, False),
    ("https://" + "x" * 3000, False, False),
]


@pytest.mark.parametrize(("url", "may", "here"), ADDRESSES)
def test_address(url: str, may: bool, here: bool) -> None:
    assert (trusted(url), loopback(url)) == (may, here)


@given(st.text(st.characters(exclude_categories=())))
def test_any_address_is_answered(url: str) -> None:
    assert trusted(url) in {True, False}
    assert loopback(url) in {True, False}


# -- whatever is sent --------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=()), max_size=40)  # surrogates too: servers make them of odd bytes
SEGMENTS = st.one_of(
    st.sampled_from([HEAD, SAID, SIGNATURE, "", "e30"]),
    st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=").decode()),
    st.dictionaries(st.sampled_from(["alg", "kid", "typ", "b64", "crit", "exp"]), st.none() | st.integers() | TEXT).map(
        segment
    ),
)
HEADERS = st.dictionaries(
    st.sampled_from(["Authorization", "authorization", "Content-Type"]),
    st.one_of(
        TEXT,
        TEXT.map(lambda rest: f"Bearer {rest}"),
        st.lists(SEGMENTS, max_size=4).map(lambda x: "Bearer " + ".".join(x)),
    ),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(TENANT),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "tenant", "tenantId"]), inner),
)
KEYS = ["type", "channelId", "serviceUrl", "conversation", "from", "recipient", "channelData", "text"]
BODIES = st.one_of(
    st.binary(max_size=200),
    st.binary(max_size=60).map(lambda tail: RAW[:-1] + tail),
    st.binary(max_size=60).map(lambda tail: b"{" + tail),
    st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=3).map(lambda other: body({**MESSAGE, **other})),
)


@given(HEADERS, BODIES)
def test_any_caller_gets_an_answer(headers: dict[str, str], raw: bytes) -> None:
    answer = asyncio.run(door().open(headers, raw))
    assert FIT in str(headers) or refused(answer) == 401


@given(BODIES, st.booleans())
def test_any_signed_bytes_are_decoded_or_refused(raw: bytes, emulator: bool) -> None:
    answer = asyncio.run(door(frozenset({TENANT}), open_to_emulator=emulator).open(bearer(FIT), raw))
    if isinstance(answer, Refused):
        assert answer.status in {400, 401}
    else:
        json.dumps(answer.activity, ensure_ascii=False).encode()  # nothing in it that could not be stored or sent on
        assert answer.activity["serviceUrl"] == URL
