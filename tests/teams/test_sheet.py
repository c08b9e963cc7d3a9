"""Cards in Microsoft's own renderer: it has nothing against them, and nothing that people wrote is alive in it.

And pictures of them, on a sheet to be looked at before a release: no test can say whether a poll is easy to read on a
phone. The sheets are written to `.pictures/`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from playwright.async_api import Browser, Page

from adapters.teams.draw import card as drawn
from adapters.teams.draw import wrong
from adapters.teams.text import Reader
from dialogs.card import Bar, Button, Card, Fact, Field, Item, Option, Text, Who, Wrong, quote, t
from dialogs.plan import poll_setup
from tests.adapters.slack import hostile
from tests.dialogs.examples import EXAMPLES, few, play, with_
from tests.dialogs.stage import Stage
from tests.teams import sheet
from tests.teams.sheet import Figure

SHEETS = Path(__file__).parent.parent.parent / ".pictures"
DRAWN = 60  # different pictures at least
LONG = [
    "Ask the person what they saw, before I say what I saw",
    "Say it at once, while everybody still remembers how it was",
    "Wait a day",
]
WRITTEN = ["نعم، هذا جيد جداً", "https://example.org/*x*", "> 100 % 👩‍👩‍👧‍👦 🇨🇭", "@channel #general", "1. - • ~no~"]
USERS = {"ann": "29:ann", "fay": "29:fay"}
PAGE = "https://cohost.example/room/abc?a=1&b=2"
# What Markdown makes of words; the heading of a card is a <div> with a role.
MADE = "a, strong, em, b, i, s, del, code, pre, h1, h2, h3, h4, h5, h6, li, blockquote, table:not(.ac-factset), hr, img"

pytestmark = [pytest.mark.hard, pytest.mark.timeout(180)]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_every_card_is_pictured_and_the_renderer_has_nothing_against_it(browser: Browser, dark: bool) -> None:
    figures = list(figures_of_all())
    SHEETS.mkdir(exist_ok=True)
    page = await browser.new_page(viewport={"width": 1780, "height": 1000})
    assert await sheet.show(page, figures, dark=dark) == []
    await page.screenshot(path=SHEETS / f"teams-{'dark' if dark else 'light'}.png", full_page=True)
    assert len(figures) >= DRAWN


@pytest.mark.parametrize("private", [False, True], ids=["for all", "for one"])
async def test_nothing_that_people_wrote_is_alive_in_the_renderer(page: Page, private: bool) -> None:
    for words in (*hostile.NASTY, *WRITTEN, *MARKS):
        figure = Figure(words[:20], drawn(nasty(quote(words)), "d", "s", READER, private=private))
        assert await sheet.show(page, [figure]) == []
        assert await page.eval_on_selector_all(MADE, "all => all.map(one => one.outerHTML)") == [], words
        mentions = await page.eval_on_selector_all(".mention", "all => all.map(one => one.textContent)")
        assert set(mentions) == {"Ann"}
        seen = await page.inner_text("body")
        assert "{{" not in words or "{\u2060{" in seen


async def test_the_renderer_would_bring_marks_to_life(page: Page) -> None:
    said = [{"type": "TextBlock", "text": words} for words in ("**x**", "see www.example.com", "- x", "<at>Ann</at>")]
    raw = {"type": "AdaptiveCard", "version": "1.5", "body": [*said, {"type": "Unheard"}]}
    assert await sheet.show(page, [Figure("raw", raw)])
    assert await page.eval_on_selector_all(MADE, "all => all.map(one => one.localName)") == ["strong", "a", "li"]


READER = Reader(USERS, {"ann": "Ann"}, lambda _: PAGE)
MARKS = (
    *("**b** __b__ *i*", "a*b*c", "# h", "a\n===", "a\n---", "***", "    code", "```\ncode\n```", "~~~\ncode\n~~~"),
    *("| a | b |\n|---|---|\n| 1 | 2 |", "[x]: https://a.example\n\n[x]", "![x](https://a.example/x.png)", "<b>x</b>"),
    *("<https://a.example>", "www.example.com", "example.com", "a@b.example.com", "ftp://x.y", "//localhost/x"),
    *("{{DATE(2026-11-24T12:00:00Z, SHORT)}}", "{{TIME(2026-11-24T12:00:00Z)}}", "<at>Ann</at>", "mailto:a@b.com"),
    *("\\*x\\*", "&#42;&lt;b&gt;", "+ x\n+ y", "1) x\n2) y", "a  \nb", '<at id="0">x</at>', "tel:+41"),
)  # fmt: skip


def nasty(words: Text) -> Card:
    """These words wherever words can stand, in every block alone and beside a mention."""
    beside = t("{who} {words}", who=Who("ann"), words=words)
    button = Button("a", words, confirm=words)
    return Card(
        beside,
        text=(words, beside, t("{words} {who}", words=words, who=Who("ann"))),
        facts=(Fact(words, words), Fact(t("Who"), beside), Fact(beside, words)),
        bars=(Bar(words, 1, 2, button), Bar(words, 1, 2)),
        items=(Item(words, "open", (button,)), Item(beside, "done")),
        fields=(Field("t", words, hint=words), Field("c", words, "choice", (Option("o", words), Option("p", words)))),
        submit=button,
        buttons=(button, Button("l", words, lead=True)),
        footer=beside,
    )


# -- pictures ----------------------------------------------------------------------------------------------------------


def figures_of_all() -> Iterator[Figure]:
    """Each look once."""
    seen: dict[str, None] = {}
    for figure in every():
        key = json.dumps(figure.card, sort_keys=True)
        if key not in seen:
            seen[key] = None
            yield figure


def every() -> Iterator[Figure]:
    for name, stage in stages():
        reader = Reader(USERS, stage.names, lambda _: PAGE)
        for viewer in (None, *few(stage)):
            for dialog, slot, card in stage.cards(viewer):
                caption = f"{name} · {slot} · {viewer or 'the channel'}"
                if stage.dialogs[dialog].kind == name.split()[0]:
                    yield Figure(caption, drawn(card, dialog, slot, reader, private=viewer is not None))
                    if card.fields and card.submit and viewer == "ann" and "played" not in name:
                        amiss = Wrong(tuple((one.name, t("Please look at this again.")) for one in card.fields[:2]))
                        yield Figure(f"{caption} · wrong", wrong(card, amiss, {}, dialog, slot, reader))
    yield Figure("a whole desk", figure_of("poll", with_("poll", poll_setup("Lunch?", LONG))()), wide=True)


def figure_of(kind: str, stage: Stage) -> dict[str, object]:
    dialog, slot, card = next(one for one in stage.cards("ann") if stage.dialogs[one[0]].kind == kind)
    return drawn(card, dialog, slot, Reader(USERS, stage.names), private=True)


def stages() -> Iterator[tuple[str, Stage]]:
    """Every example as it begins, and some after a while."""
    for kind, examples in EXAMPLES.items():
        for number, example in enumerate(examples):
            yield f"{kind} {number}", example()
            if number == 0:
                for seed in range(3):
                    yield f"{kind} {number}, played", play(example(), Random(seed), 8)
    voted = with_("poll", poll_setup("When do you give feedback?", LONG))()
    for person, choice in (("ann", LONG[1]), ("bob", LONG[1]), ("cem", LONG[2])):
        voted.press(person, choice)
    yield "poll with long choices", voted
    ten = [f"{n} minutes" for n in range(5, 55, 5)]
    yield "poll of ten", with_("poll", poll_setup("How long should a break be?", ten))()
    yield "poll as people write", with_("poll", poll_setup("*Was* _that_ :tada: for <!here>, or `not`?", WRITTEN))()
