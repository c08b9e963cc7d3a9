from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.web.read import BadForm, Heard, Sender, parse, read, read_name, words
from dialogs.base import Commanded, Pressed, Said, Submitted

AT = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
ID = "5f0c2b0e-7d0a-4a43-9f5c-0a6a3f6f2b11"
ROOM = Sender("t1", "ana", AT, "web:s1")
DESK = Sender("t1", "ana", AT, None)


def heard(sender: Sender, **fields: str | list[str]) -> Heard:
    return read(parse(urlencode({"id": ID, **fields}, doseq=True).encode()), sender)


def pressed(dialog: str | None, action: str, value: str = "") -> Pressed:
    return Pressed(
        id=f"web:ana:{ID}", at=AT, tenant="t1", by="ana", place="web:s1", dialog=dialog, action=action, value=value
    )


def commanded(text: str, place: str | None = "web:s1") -> Commanded:
    return Commanded(id=f"web:ana:{ID}", at=AT, tenant="t1", by="ana", place=place, text=text)


def said(n: int, dialog: str | None = None) -> Said:
    return Said(id=f"web:ana:{ID}", at=AT, tenant="t1", by="ana", place="web:s1", dialog=dialog, words=n)


def submitted(**values: str) -> Submitted:
    return Submitted(
        id=f"web:ana:{ID}", at=AT, tenant="t1", by="ana", place="web:s1", dialog="v1", action="send", values=values
    )


GOOD: list[tuple[dict[str, str | list[str]], Heard]] = [
    (
        {"kind": "press", "dialog": "p1", "slot": "board", "action": "vote", "value": "soup"},
        Heard(pressed("p1", "vote", "soup"), ID, slot="board"),
    ),
    ({"kind": "press", "dialog": "", "slot": "", "action": "here"}, Heard(pressed(None, "here"), ID)),
    (
        {
            "kind": "submit",
            "dialog": "v1",
            "slot": "form",
            "action": "send",
            "field.use": "4",
            "field.more": ["a", "c"],
        },
        Heard(submitted(use="4", more="a\nc"), ID, slot="form"),
    ),
    (
        {"kind": "submit", "dialog": "v1", "action": "send", "field.words": "one\r\ntwo\x00", "other": "left out"},
        Heard(submitted(words="one\ntwo"), ID),
    ),
    ({"kind": "say", "text": "  Good morning, all! "}, Heard(said(3), ID, aloud="Good morning, all!")),
    ({"kind": "say", "text": "👋 !"}, Heard(said(0), ID, aloud="👋 !")),
    ({"kind": "say", "text": "/etc/hosts is a file"}, Heard(said(4), ID, aloud="/etc/hosts is a file")),
    ({"kind": "say", "text": '/ilt poll "A?" "B" "C"'}, Heard(commanded('poll "A?" "B" "C"'), ID)),
    ({"kind": "say", "text": " /ILT  help"}, Heard(commanded("help"), ID)),
    ({"kind": "say", "text": "/ilt"}, Heard(commanded(""), ID)),
    ({"kind": "say", "text": "/iltis is an animal"}, Heard(said(4), ID, aloud="/iltis is an animal")),
    ({"kind": "command", "text": "help"}, Heard(commanded("help"), ID)),
    ({"kind": "command", "text": "/ilt help"}, Heard(commanded("help"), ID)),
    (
        {"kind": "answer", "dialog": "q1", "slot": "question", "text": "poll them, /poll"},
        Heard(said(3, "q1"), ID, aloud="poll them, /poll", slot="question"),
    ),
]


@pytest.mark.parametrize(("fields", "expected"), GOOD)
def test_a_form_is_exactly_this_event(fields: dict[str, str | list[str]], expected: Heard) -> None:
    assert heard(ROOM, **fields) == expected


def test_a_command_at_the_desk_has_no_place() -> None:
    assert heard(DESK, kind="command", text='start "Retro"') == Heard(commanded('start "Retro"', place=None), ID)


@pytest.mark.parametrize(
    ("sender", "fields"),
    [
        (ROOM, {}),
        (ROOM, {"kind": "dance"}),
        (ROOM, {"kind": "press"}),
        (ROOM, {"kind": "press", "dialog": "p1", "action": "x" * 201}),
        (ROOM, {"kind": "press", "dialog": "p1", "action": "vote", "id": "short"}),
        (ROOM, {"kind": "press", "dialog": "p1", "action": "vote", "id": "x" * 65}),
        (ROOM, {"kind": "press", "dialog": "p1", "action": "vote", "id": "web:ben:1234"}),
        (ROOM, {"kind": "submit", "dialog": "v1"}),
        (ROOM, {"kind": "submit", "dialog": "v1", "action": "send", "field.words": "x" * 8_001}),
        (ROOM, {"kind": "say", "text": ""}),
        (ROOM, {"kind": "say", "text": " \u200b\n"}),
        (ROOM, {"kind": "say", "text": "x" * 2_001}),
        (ROOM, {"kind": "say", "text": '/poll "A?" "B" "C"'}),
        (ROOM, {"kind": "command", "text": "x" * 4_001}),
        (ROOM, {"kind": "answer", "text": "to what?"}),
        (DESK, {"kind": "say", "text": "hello?"}),
        (DESK, {"kind": "answer", "dialog": "q1", "text": "hello?"}),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_sentence(sender: Sender, fields: dict[str, str]) -> None:
    with pytest.raises(BadForm, match=r"^[A-Z].+[.?]$"):
        heard(sender, **fields)


def test_a_command_without_its_ilt_is_not_shown_to_the_room() -> None:
    with pytest.raises(BadForm, match="did you mean “/ilt ask”"):
        heard(ROOM, kind="say", text='/ask "Why?"')


@pytest.mark.parametrize("body", [b"\xff", b"a=%ff", b"a=%ed%a0%80", b"&".join([b"a=1"] * 201)])
def test_an_unreadable_body_is_refused(body: bytes) -> None:
    with pytest.raises(BadForm):
        parse(body)


@settings(deadline=None)
@given(st.binary())
def test_no_bytes_at_all_do_more_than_be_refused(body: bytes) -> None:
    try:
        read(parse(body), ROOM)
    except BadForm:
        return
    raise AssertionError(body)


@settings(deadline=None)
@given(st.dictionaries(st.text(), st.text()), st.sampled_from(["press", "submit", "say", "answer", "command"]))
def test_whatever_is_sent_the_sender_stays_the_sender(fields: dict[str, str], kind: str) -> None:
    try:
        event = heard(ROOM, **{**fields, "kind": kind, "by": "ben", "place": "web:s2", "tenant": "t2"}).event
    except BadForm:
        return
    assert (event.by, event.place, event.tenant, event.at) == ("ana", "web:s1", "t1", AT)
    assert event.id.startswith("web:ana:")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("  Ana \n Lima ", "Ana Lima"),
        ("טל לוי", "טל לוי"),
        ("\u202eAna", "Ana"),
        ("<b>Ana</b>", "<b>Ana</b>"),
        ("👩‍🚒", "👩‍🚒"),
        ("x" * 80, "x" * 80),
    ],
)
def test_a_name_is_taken_as_typed(typed: str, name: str) -> None:
    assert read_name({"name": [typed]}) == name


@pytest.mark.parametrize("typed", ["", "   ", "\u200b\u2060", "\u202e", "x" * 81])
def test_a_name_that_nobody_could_see_is_refused(typed: str) -> None:
    with pytest.raises(BadForm):
        read_name({"name": [typed]})


@pytest.mark.parametrize(("text", "n"), [("", 0), ("one", 1), ("two words", 2), ("— ... !", 0), ("it's 5 o'clock", 3)])
def test_words_are_what_has_a_letter_or_a_number(text: str, n: int) -> None:
    assert words(text) == n
