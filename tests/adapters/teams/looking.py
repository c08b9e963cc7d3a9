"""Looking at Adaptive Cards: what is read, what is pressed, and that nothing is alive but what is ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adapters.teams.blocks import length
from adapters.teams.draw import card
from adapters.teams.text import Reader
from dialogs.card import Card
from tests.adapters.slack import hostile
from tests.adapters.slack.hostile import PAGE, inside
from tests.teams.cards import actions, elements
from tests.teams.limits import check_activity, check_card
from tests.teams.marks import ADDRESS, AT, MOMENT, OF_A_CARD, live_in

Json = dict[str, Any]

WHOLE = 80_000  # bytes of a message in UTF-16
USERS = {"ann": "29:ann", "fay": "29:fay", "eve": "29:eve|x <b>"}
READER = Reader(USERS, hostile.NAMES, lambda _: PAGE)
ROOM = Reader(USERS, hostile.NAMES)
MANY = [f"29:{n:03}" + "x" * 90 for n in range(70)]  # whose own views are fetched


def drawn(given_: Card, **more: Any) -> Json:
    return card(given_, "d", "board", more.pop("reader", READER), **more)


def titles(drawn_: Json) -> list[str]:
    return [found.action["title"] for found in actions(drawn_)]


def pressing(drawn_: Json) -> dict[str, Json]:
    """What is pressed, by its label."""
    return {found.action["title"]: found.action for found in actions(drawn_) if "verb" in found.action}


def words(value: Any) -> str:
    """All words, as somebody would read them out."""
    lines = []
    for one in elements(value):
        if one.get("type") == "RichTextBlock":
            lines.append("".join(run["text"] for run in one["inlines"]))
        elif one.get("type") == "TextBlock":
            lines.append(one["text"])
        lines += [f"{fact['title']} {fact['value']}" for fact in one.get("facts", ())]
    return "\n".join(lines)


def fields_of(drawn_: Json) -> list[Json]:
    return [one for one in elements(drawn_) if str(one.get("type")).startswith("Input.")]


def check(sent: Json) -> None:
    """Teams takes it, and nothing in it is alive but what is ours."""
    assert check_activity(sent, lambda _: True) == []
    assert 2 * length(sent) <= WHOLE
    for attachment in sent.get("attachments", ()):
        check_content(attachment["content"])


def check_content(content: Json) -> None:
    assert check_card(content, lambda _: True) == []
    tags = {one["text"] for one in content.get("msteams", {}).get("entities", ())}
    ids = {one["mentioned"]["id"] for one in content.get("msteams", {}).get("entities", ())}
    assert ids <= {"29:ann", "29:fay"}
    for said_ in markdown(content):
        ours = said_
        for tag in tags:
            ours = ours.replace(tag, "x")
        ours = MOMENT.sub("x", ours)
        assert [one for one in live_in(ours, (*OF_A_CARD, ADDRESS)) if PAGE not in one] == []
        assert AT.search(ours) is None
    for said_ in spelt(content):
        assert MOMENT.search(said_) is None
        assert AT.search(said_) is None


def markdown(content: Json) -> Iterator[str]:
    """Every text that is Markdown somewhere."""
    yield content["fallbackText"]
    for one in elements(content):
        if one.get("type") == "TextBlock":
            yield one["text"]
        yield from (text for fact in one.get("facts", ()) for text in fact.values())
        if str(one.get("type")).startswith("Input."):
            yield one["label"]
            yield from (choice["title"] for choice in one.get("choices", ()))


def spelt(content: Json) -> Iterator[str]:
    """Every text that is shown letter by letter."""
    for one in inside(content):
        if one.get("type") == "TextRun":
            yield one["text"]
        if str(one.get("type")).startswith("Action."):
            yield one.get("title", "")
