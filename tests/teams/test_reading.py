"""What people read, and what in it is live: markup, links and mentions, wherever they may slip in."""

from typing import Any

import pytest

from tests.teams.conftest import Class
from tests.teams.marks import moments
from tests.teams.reading import Read, read_card
from tests.teams.small_bot import attached, card, text

Thing = dict[str, Any]

DEAD = (
    "plain words",
    r"\*\*bold\*\* \_it\_ \[a\](https://x.example) 1\. one \- two",
    "2 * 3 * 4 and snake_case_name",
    "-1 and 3.5 and a-b",
    "<b>not HTML</b>",
    "<at>Eve</at>",
    "# no heading, > no quote, `no code`, ~~not struck~~",
    "https://x.example",
)
LIVE = (
    ("**bold**", "bold"),
    ("__bold__", "bold"),
    ("so *it* is", "so it is"),
    ("so _it_ is", "so it is"),
    ("[here](https://x.example)", "here"),
    ("- one", "- one"),
    ("* one", "* one"),
    ("1. one", "1. one"),
    ("x\n2) two", "x\n2) two"),
    ("<https://x.example>", "<https://x.example>"),
)
IN_A_MESSAGE = ("# heading", "> quote", "`code`", "~~struck~~", "<b>bold</b>", "https://x.example", "www.x.example")


def reads(room: Class, *body: Thing, **more: Any) -> Read:
    return read_card(card(*body, **more), room.ann)


def facts(words: str) -> Thing:
    return {"type": "FactSet", "facts": [{"title": words, "value": "x"}]}


def choice(words: str) -> Thing:
    return {"type": "Input.ChoiceSet", "id": "a", "label": "A", "choices": [{"title": words, "value": "1"}]}


@pytest.mark.parametrize("words", DEAD)
def test_these_words_stay_words(room: Class, words: str) -> None:
    read = reads(room, text(words))

    assert read.live == ()
    assert read.words == words.replace("\\", "")


@pytest.mark.parametrize(("words", "seen"), LIVE)
def test_these_come_alive(room: Class, words: str, seen: str) -> None:
    read = reads(room, text(words))

    assert read.live
    assert read.words == seen
    assert reads(room, facts(words)).live
    assert reads(room, choice(words)).live


@pytest.mark.parametrize("words", [words for words, _ in LIVE])
def test_runs_labels_and_buttons_know_no_marks(room: Class, words: str) -> None:
    runs = {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": words}]}
    field = {"type": "Input.Text", "id": "a", "label": words}
    read = reads(room, runs, field, actions=({"type": "Action.Submit", "title": words},))

    assert read.live == ()
    assert read.words == f"{words}\n{words}"
    assert read.buttons == (words,)


@pytest.mark.parametrize("words", IN_A_MESSAGE)
async def test_a_messages_own_text_knows_more_marks(room: Class, words: str) -> None:
    said = {"type": "message", "text": words}
    for how in ({}, {"textFormat": "plain"}):
        await room.bot.send(room.chat.id, said | how)
    marked, plain = room.ann.reads(room.chat)

    assert marked.live
    assert bool(plain.live) is ("example" in words)
    assert plain.words == words


async def test_a_mention_is_live_where_an_entity_says_so(room: Class) -> None:
    entity = {"type": "mention", "text": "<at>Bob</at>", "mentioned": {"id": room.bob.id, "name": "Bob"}}
    shown = card(text("<at>Bob</at> and <at>Ann Ode</at>"), msteams={"entities": [entity]})
    await room.bot.send(room.chat.id, attached(shown))
    said = {"type": "message", "text": "Hi <at>Bob</at>", "entities": [entity]}
    await room.bot.send(room.chat.id, said)
    inside, above = room.ann.reads(room.chat)

    assert (inside.words, inside.live) == ("Bob and <at>Ann Ode</at>", ("<at>Bob</at>",))
    assert (above.words, above.live) == ("Hi Bob", ("<at>Bob</at>",))


def test_what_is_hidden_is_not_read(room: Class) -> None:
    column = {"type": "Column", "items": [text("in a column")]}
    rows = {"type": "TableRow", "cells": [{"type": "TableCell", "items": [text("in a cell")]}]}
    read = reads(
        room,
        {"type": "Container", "items": [text("inside")]},
        {"type": "ColumnSet", "columns": [column]},
        {"type": "Table", "columns": [{"width": 1}], "rows": [rows]},
        {"type": "Image", "url": "https://x.example/a.png", "altText": "a picture"},
        {"type": "Chart.Donut", "title": "Votes", "fallback": text("Yes 1")},
        text("hidden") | {"isVisible": False},
    )

    assert read.words == "inside\nin a column\nin a cell\na picture\nVotes\nYes 1"


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("at {{TIME(2026-11-24T14:00:00Z)}}", "at 3:00 PM"),
        ("on {{DATE(2026-11-24T14:00:00Z, SHORT)}}", "on Tue, Nov 24, 2026"),
        ("on {{DATE(2026-11-24T23:30:00Z)}}", "on 11/25/2026"),
        ("{{TIME(2026-11-24T14:00:00)}} {{TIME(soon)}}", "{{TIME(2026-11-24T14:00:00)}} {{TIME(soon)}}"),
    ],
)
def test_moments_are_shown_in_the_readers_zone(raw: str, seen: str) -> None:
    assert moments(raw, "Europe/Berlin") == seen
