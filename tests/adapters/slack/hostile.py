"""Cards with the worst in them that people and plans could write, and what no drawing of them may do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from adapters.base import RoomView, Seen
from adapters.slack.text import Reader
from dialogs.base import Brief, Listed, Role
from dialogs.card import Bar, Button, Card, Fact, Field, Item, Link, Option, Text, When, Who, quote, t

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
PAGE = "https://cohost.example/room/abc?a=1&b=2"
USERS = {"ann": "U0ANN", "fay": "W0FAY", "eve": "U1|x> <!here"}
NAMES = {"ann": "Ann", "bob": "<!channel> *Bob* :tada:", "cem": "", "eve": "Eve\u202e"}
READER = Reader(USERS, NAMES, lambda _: PAGE)
ROOM = Reader(USERS, NAMES)

NASTY = (
    *("", " ", "\u200b", "\u3000\u2028", "\x00\x07\x1b[31m", "\ud800", "a\r\nb\rc\u2029d", "\u202etxt.exe", "\ufeff"),
    *(
        "<!here>",
        "<!channel|x>",
        "<@U0ANN>",
        "<#C012|general>",
        "<!subteam^S1>",
        "<!date^1^{date}|x>",
        "<https://x.y|z>",
    ),
    *("@here @channel", "#general", "*bold*", "_i_", "~s~", "`code`", "```block```", "> quote", "&gt; quote", ">>> x"),
    *(
        ":tada:",
        ":+1::skin-tone-2:",
        "- one\n- two",
        "1. one\n2. two",
        "• dot",
        "snake_case and 2*3*4 ~/.x",
        "&lt;x&amp;",
    ),
    *(
        "https://evil.example/?a=b",
        "mailto:a@b.example",
        "[x](https://y.z)",
        "{date_short} {who}",
        "“”„’",
        "نعم، هذا جيد",
    ),
    *(
        "👩‍👩‍👧‍👦" * 40,
        "é" * 400,
        "\u0301" * 50,
        "𝕏" * 3001,
        "x" * 5000,
        "word " * 1000,
        "🇨🇭" * 90,
        "&<>" * 1200,
        "*" * 3000,
    ),
)
words = st.one_of(
    st.sampled_from(NASTY), st.text(max_size=40), st.lists(st.sampled_from(NASTY), max_size=4).map("".join)
)
people = st.sampled_from(["ann", "bob", "cem", "eve", "fay", "nobody", "<@U0ANN>"])
zones = st.sampled_from(["UTC", "Europe/Zurich", "Asia/Kathmandu", "", "No/Such", "../etc/passwd", "\x00"])
moments = st.builds(
    When,
    st.sampled_from([NOON, datetime.max.replace(tzinfo=UTC), NOON - timedelta(days=30_000), NOON.replace(year=2)]),
    st.sampled_from(["time", "date", "both"]),
    zones,
)
links = st.builds(Link, st.sampled_from(["room", "people", "report"]), words, words.map(quote))


@st.composite
def mixed(draw: st.DrawFn) -> Text:
    """A sentence of ours with something of theirs in it."""
    return t("{a} says {who}, {when}: {b} {link}!", a=draw(words), who=Who(draw(people)), when=draw(moments),
             b=draw(words), link=draw(links))  # fmt: skip


texts = st.one_of(words.map(quote), words.map(quote), mixed())
keys = st.text("abc-:09é🙂", min_size=1, max_size=12)
buttons = st.builds(
    Button,
    keys,
    texts,
    st.one_of(keys, st.just("v" * 150), st.just("\u202e<>&\"'\\")),
    st.sampled_from(["plain", "primary", "danger"]),
    st.booleans(),
    st.none() | texts,
    st.booleans(),
)
bars = st.builds(Bar, texts, st.integers(-1, 50), st.integers(-1, 50), st.none() | buttons)
items = st.builds(Item, texts, st.sampled_from(["open", "done", "help"]), st.lists(buttons, max_size=3).map(tuple))
options = st.lists(st.builds(Option, st.one_of(keys, st.just(""), st.just("i" * 151)), texts), max_size=12)
fields = st.builds(
    Field,
    st.one_of(keys, st.just(""), st.just("n" * 256)),
    texts,
    st.sampled_from(["text", "choice", "many"]),
    options.map(tuple),
    st.booleans(),
    st.none() | texts,
    st.integers(-1, 5000),
    st.one_of(words, keys, st.lists(keys, max_size=4).map("\n".join)),
)


def some(what: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[tuple[Any, ...]]:
    """Mostly few, sometimes far too many."""
    few = st.lists(what, max_size=3).map(tuple)
    return st.one_of(few, few, st.builds(lambda one, n: one * n, few, st.integers(1, most)))


cards = st.builds(
    Card,
    texts,
    some(texts, 40),
    some(st.builds(Fact, texts, texts), 40),
    some(bars, 8),
    some(items, 20),
    some(fields, 1).map(lambda found: tuple({one.name: one for one in found}.values())),
    st.none() | buttons,
    some(buttons, 20),
    st.none() | texts,
    st.sampled_from(["plain", "flag", "done"]),
    st.booleans(),
)
roles = st.sampled_from(list(Role))
briefs = st.builds(
    Brief,
    title=words,
    phase=st.sampled_from(["planned", "open", "closed", "archived"]),
    starts=st.sampled_from([None, NOON, NOON.replace(year=9999)]),
    zone=zones,
    closed=st.sampled_from([None, NOON]),
)
seen = st.builds(Seen, keys, keys, cards, st.booleans(), st.just(NOON), st.just(1))


def room(session: str | None, brief: Brief | None, role: Role | None, shown: tuple[Seen, ...]) -> RoomView:
    return RoomView("t", session, brief, "ann", "Ann", role, shown, NAMES)


rooms = st.builds(room, keys, briefs, roles, some(seen, 6))


@st.composite
def desks(draw: st.DrawFn) -> RoomView:
    view = room(None, None, None, draw(some(seen, 2)))
    listed = tuple(Listed(draw(keys), draw(roles), draw(briefs)) for _ in range(draw(st.integers(0, 3))))
    return RoomView(
        view.tenant, None, None, "ann", "Ann", None, view.seen, NAMES, sessions=listed * draw(st.integers(1, 20))
    )


# -- what may not be ---------------------------------------------------------------------------------------------------

OURS = re.compile(
    r"<@[UW][A-Z0-9]+>|<!date\^-?\d+\^\{[a-z_]+\}(?:, \{time\})?\|[^<>]*>|<"
    + re.escape(PAGE.replace("&", "&amp;"))
    + r"\|[^<>|]*>"
)
# What would do something in mrkdwn. A sign between two letters formats nothing.
DOES = re.compile(
    r"[<>`]|(?<![^\W_])[*_~]|[*_~](?![^\W_])|[@#]\w|:(?://|[\w+'-]+:)|^ *(?:&gt;|(?:[-+•·–]|\d+[.)])\s)", re.MULTILINE
)


def dead(text: str) -> bool:
    """Whether nothing in a mrkdwn text does anything but what we put there."""
    return not DOES.search(OURS.sub("", text)) and not re.search(r"&(?!amp;|lt;|gt;)", text)


def inside(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in it."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from inside(one)


def check_dead(drawn: dict[str, Any]) -> None:
    """No mention, link, formatting or emoji but ours."""
    json.dumps(drawn, ensure_ascii=False).encode()
    assert dead(drawn.get("text") or "") if isinstance(drawn.get("text"), str) else True
    for one in inside(drawn.get("blocks", [])):
        match one.get("type"):
            case "plain_text":
                assert one["emoji"] is False
            case "mrkdwn":
                assert one["verbatim"] is True
                bold = re.fullmatch(r"\*([^*\n]+)\*", one["text"])
                assert dead(bold[1] if bold else one["text"]), one["text"]
            case "user":
                assert one["user_id"] in {"U0ANN", "W0FAY"}
            case "link":
                assert one["url"] == PAGE
            case "emoji" | "broadcast" | "channel" | "usergroup" | "team" | "color":
                raise AssertionError(one)


def check_ids(blocks: list[dict[str, Any]]) -> None:
    """Every button has an id of its own; "form" may stand in several blocks."""
    ids = [one["action_id"] for one in inside(blocks) if str(one.get("action_id", "")).startswith("press:")]
    assert len(ids) == len(set(ids))
