from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack import door as the_door
from adapters.slack.door import LARGEST, Delivery, Door, Refused

PAYLOADS = Path(__file__).parent / "payloads"
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
TS, SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def signed(raw: bytes, stamp: str = STAMP, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + raw, hashlib.sha256).hexdigest()
    return {"User-Agent": "Slackbot 1.0", TS: stamp, SIGNATURE: f"v0={digest}"}


def opened(raw: bytes) -> Delivery | Refused:
    return Door(SECRET, Clock()).open(signed(raw), raw)


def refused(answer: Delivery | Refused) -> int:
    assert isinstance(answer, Refused)
    assert answer.words.endswith(".")
    return answer.status


COMMAND = urlencode(recorded("command")).encode()
PRESS = urlencode({"payload": json.dumps(recorded("press_in_channel"))}).encode()
EVENT = json.dumps(recorded("message")).encode()
CHALLENGE = json.dumps(recorded("url_verification")).encode()


# -- what comes in -----------------------------------------------------------------------------------------------------

GOOD: list[tuple[str, bytes, Delivery]] = [
    ("command", COMMAND, Delivery("command", recorded("command"))),
    ("press", PRESS, Delivery("interaction", recorded("press_in_channel"))),
    (
        "form",
        urlencode({"payload": json.dumps(recorded("view_submission"))}).encode(),
        Delivery("interaction", recorded("view_submission")),
    ),
    ("event", EVENT, Delivery("event", recorded("message"))),
    (
        "rate limited",
        json.dumps(recorded("app_rate_limited")).encode(),
        Delivery("event", recorded("app_rate_limited")),
    ),
    ("challenge", CHALLENGE, Delivery("url_verification", recorded("url_verification"))),
    ("signed ssl check", b"ssl_check=1&token=abc", Delivery("ssl_check", {})),
    ("leading space", b" \n" + EVENT, Delivery("event", recorded("message"))),
    # In a form a plus is a space, and a plus itself is %2B.
    ("plus", b"command=%2Filt&text=1+%2B+1", Delivery("command", {"command": "/ilt", "text": "1 + 1"})),
    ("percent", b"command=%2Filt&text=100%25+%zz", Delivery("command", {"command": "/ilt", "text": "100% %zz"})),
    ("empty value", b"command=%2Filt&text=&x", Delivery("command", {"command": "/ilt", "text": "", "x": ""})),
    ("twice", b"command=%2Filt&text=first&text=second", Delivery("command", {"command": "/ilt", "text": "first"})),
    ("payload twice", b"payload=%7B%22a%22:1%7D&payload=%7B%22a%22:2%7D", Delivery("interaction", {"a": 1})),
    # Behind the door it is a press and nothing else, whatever stands beside it.
    ("payload and command", b"command=%2Filt&payload=%7B%22a%22:1%7D", Delivery("interaction", {"a": 1})),
    ("fragment", b"command=%2Filt&text=%23general#1", Delivery("command", {"command": "/ilt", "text": "#general#1"})),
    (
        "beyond ASCII",
        "command=%2Filt&text=%F0%9F%98%80+é".encode(),
        Delivery("command", {"command": "/ilt", "text": "😀 é"}),
    ),
    (
        "the replacement character itself",
        b"command=%2Filt&text=%EF%BF%BD",
        Delivery("command", {"command": "/ilt", "text": "\ufffd"}),
    ),
    ("escaped emoji", b'{"text": "\\ud83d\\ude00"}', Delivery("event", {"text": "😀"})),
]


@pytest.mark.parametrize(("raw", "expected"), [case[1:] for case in GOOD], ids=[case[0] for case in GOOD])
def test_delivery(raw: bytes, expected: Delivery) -> None:
    assert opened(raw) == expected


def test_names_of_headers_in_any_case() -> None:
    headers = {name.lower(): value for name, value in signed(COMMAND).items()}
    assert isinstance(Door(SECRET, Clock()).open(headers, COMMAND), Delivery)


# -- who is turned away ------------------------------------------------------------------------------------------------

FIT = signed(COMMAND)
BAD_CALLERS: list[tuple[str, dict[str, str], bytes]] = [
    ("no headers", {}, COMMAND),
    ("no signature", {TS: STAMP}, COMMAND),
    ("empty signature", {**FIT, SIGNATURE: ""}, COMMAND),
    ("no timestamp", {SIGNATURE: FIT[SIGNATURE]}, COMMAND),
    ("empty timestamp", {**FIT, TS: ""}, COMMAND),
    ("timestamp of words", signed(COMMAND, "yesterday"), COMMAND),
    ("negative timestamp", signed(COMMAND, f"-{STAMP}"), COMMAND),
    ("timestamp with a point", signed(COMMAND, f"{STAMP}.0"), COMMAND),
    ("timestamp with spaces", signed(COMMAND, f" {STAMP}"), COMMAND),
    ("timestamp in other digits", signed(COMMAND, "١٧٩٥٥٢٥٢٠٠"), COMMAND),
    ("endless timestamp", signed(COMMAND, "1" * 10_000), COMMAND),
    ("too old", signed(COMMAND, str(int(STAMP) - 301)), COMMAND),
    ("too new", signed(COMMAND, str(int(STAMP) + 301)), COMMAND),
    ("other timestamp", {**FIT, TS: str(int(STAMP) - 1)}, COMMAND),
    ("other body", FIT, COMMAND + b"&text=end"),
    ("empty body", FIT, b""),
    ("other secret", signed(COMMAND, secret="guess"), COMMAND),
    ("other version", {**FIT, SIGNATURE: FIT[SIGNATURE].replace("v0=", "v1=")}, COMMAND),
    ("no version", {**FIT, SIGNATURE: FIT[SIGNATURE].removeprefix("v0=")}, COMMAND),
    ("cut signature", {**FIT, SIGNATURE: FIT[SIGNATURE][:-1]}, COMMAND),
    ("capital signature", {**FIT, SIGNATURE: FIT[SIGNATURE].upper()}, COMMAND),
    ("signature beyond ASCII", {**FIT, SIGNATURE: "v0=ü\udcff"}, COMMAND),
    # Known from the wire, never in the body: the old token proves nothing.
    ("token only", {}, b"token=XXYYZZverification0token&command=%2Filt"),
    ("unsigned press that calls itself a check", {}, PRESS + b"&ssl_check=1"),
    ("unsigned challenge", {}, CHALLENGE),
]


@pytest.mark.parametrize(("headers", "raw"), [case[1:] for case in BAD_CALLERS], ids=[case[0] for case in BAD_CALLERS])
def test_bad_caller(headers: dict[str, str], raw: bytes) -> None:
    assert refused(Door(SECRET, Clock()).open(headers, raw)) == 401


@pytest.mark.parametrize("away", [-300, 300])
def test_five_minutes_apart_are_near_enough(away: int) -> None:
    assert isinstance(Door(SECRET, Clock()).open(signed(COMMAND, str(int(STAMP) + away)), COMMAND), Delivery)


UNREADABLE: list[tuple[str, bytes]] = [
    ("nothing", b""),
    ("no UTF-8", b"command=\xff"),
    ("no UTF-8 behind percent signs", b"command=%2Filt&text=%FF"),
    ("half a character behind percent signs", b"command=%2Filt&text=%ED%A0%80"),
    ("no JSON", b"{"),
    ("JSON with more behind it", b"{} {}"),
    ("a list", b"[]"),
    ("a number", b"7"),
    ("NaN", b'{"a": NaN}'),
    ("a number without an end", b'{"a": ' + b"1" * 10_000 + b"}"),
    ("too deep", b'{"a":' * 50_000),
    ("too deep for a payload", b"payload=" + quote("[" * 50_000).encode()),
    ("half a character", b'{"text": "\\ud83d"}'),
    ("the other half", b'{"text": "\\uDE00"}'),
    ("halves in the wrong order", b'{"text": "\\ude00\\ud83d"}'),
    ("half a character in a name", b'{"\\ud83d": 1}'),
    ("infinity", b'{"a": -Infinity}'),
    ("a number without an end", b'{"a": ' + b"9" * 5000 + b"}"),
    ("a control character", b'{"a": "\x01"}'),
    ("two objects", b'{"a": 1}{"a": 1}'),
    ("half a character as a name", b'{"\\uDE00": 1}'),
    ("half a character in a payload", b"payload=" + quote_plus('{"a": "\\ud800"}').encode()),
    ("payload that is no object", b"payload=%5B%5D"),
    ("payload that is nothing", b"payload="),
    ("form of another kind", b"hello=world"),
    ("challenge without a challenge", b'{"type": "url_verification"}'),
    ("challenge that is no text", b'{"type": "url_verification", "challenge": {"a": 1}}'),
]


@pytest.mark.parametrize("raw", [raw for _, raw in UNREADABLE], ids=[why for why, _ in UNREADABLE])
def test_signed_but_unreadable(raw: bytes) -> None:
    assert refused(opened(raw)) == 400


def test_too_large_whoever_signed_it() -> None:
    fits = b"command=%2Filt&text=".ljust(LARGEST, b"x")
    assert isinstance(opened(fits), Delivery)
    assert refused(opened(fits + b"x")) == 413
    assert refused(Door(SECRET, Clock()).open({}, fits + b"x")) == 413


def test_certificate_is_tried_without_a_signature() -> None:
    door = Door(SECRET, Clock())
    # Nothing of it goes further, whatever else it says.
    assert door.open({}, b"ssl_check=1&token=abc&command=%2Filt&text=end") == Delivery("ssl_check", {})
    assert refused(door.open({}, b"xssl_check=1")) == 401
    assert refused(door.open({}, b"ssl_check=1" + b"&x=" * 1000)) == 401


@pytest.mark.parametrize("secret", ["", " ", "\n"])
def test_door_without_a_lock(secret: str) -> None:
    with pytest.raises(ValueError, match="empty"):
        Door(secret, Clock())


# -- what comes twice --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", [COMMAND, PRESS], ids=["command", "press"])
def test_recording_of_somebody_else(raw: bytes) -> None:
    clock = Clock()
    door = Door(SECRET, clock)
    headers = signed(raw, str(int(STAMP) + 300))  # as early as it can be: it would be accepted for ten minutes
    assert isinstance(door.open(headers, raw), Delivery)
    for minutes in (0, 5, 10):
        clock.now = NOW + timedelta(minutes=minutes)
        assert refused(door.open(headers, raw)) == 401
    clock.now = NOW
    assert isinstance(door.open(signed(raw, str(int(STAMP) + 1)), raw), Delivery)  # the same again, signed anew


@pytest.mark.parametrize("raw", [EVENT, CHALLENGE], ids=["event", "challenge"])
def test_slack_may_repeat_an_event(raw: bytes) -> None:
    door = Door(SECRET, Clock())
    assert (
        door.open(signed(raw), raw) == door.open(signed(raw), raw) == door.open(signed(raw, str(int(STAMP) + 61)), raw)
    )


def test_what_was_refused_is_not_remembered() -> None:
    door = Door(SECRET, Clock())
    assert refused(door.open({**FIT, SIGNATURE: "v0=0"}, COMMAND)) == 401
    assert isinstance(door.open(FIT, COMMAND), Delivery)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(the_door, "REMEMBERED", 10)
    clock = Clock()
    door = Door(SECRET, clock)
    calls = [b"command=%2Filt&trigger_id=" + str(n).encode() for n in range(25)]
    for raw in calls:
        assert isinstance(door.open(signed(raw), raw), Delivery)
        assert len(door._seen) <= 10
    assert refused(door.open(signed(calls[-1]), calls[-1])) == 401
    clock.now = NOW + timedelta(minutes=11)
    raw = b"command=%2Filt"
    assert isinstance(door.open(signed(raw, str(int(clock.now.timestamp()))), raw), Delivery)
    assert len(door._seen) == 1


# -- whatever is sent --------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=()), max_size=40)  # surrogates too: servers make them of odd bytes
BODIES = st.one_of(
    st.binary(max_size=300),
    st.binary(max_size=100).map(lambda tail: b"payload=" + tail),
    st.binary(max_size=100).map(lambda tail: b"command=%2Filt&text=" + tail),
    st.binary(max_size=100).map(lambda tail: b"{" + tail),
    st.text('%&=+;#{}[]"\\ud8c0123af:,', max_size=80).map(str.encode),
)


@given(st.dictionaries(st.sampled_from([TS, SIGNATURE, "Content-Type"]), TEXT), BODIES)
def test_any_caller_gets_an_answer(headers: dict[str, str], raw: bytes) -> None:
    answer = Door(SECRET, Clock()).open(headers, raw)
    assert answer == Delivery("ssl_check", {}) or refused(answer) in {400, 401}


@given(BODIES)
def test_any_signed_bytes_are_decoded_or_refused(raw: bytes) -> None:
    answer = opened(raw)
    if isinstance(answer, Refused):
        assert answer.status == 400
    else:
        json.dumps(answer.body, ensure_ascii=False).encode()  # nothing in it that could not be stored or sent on
