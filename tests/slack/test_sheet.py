"""Pictures of Slack: the cards of every kind as it shows them, on a sheet to be looked at before a release.

The sheets are written to `.pictures/`. No test can say whether a poll is easy to read on a phone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from playwright.async_api import Browser

from adapters.base import RoomView, Seen
from adapters.slack.draw import message
from adapters.slack.forms import view
from adapters.slack.home import home
from adapters.slack.text import Reader
from dialogs.base import ROOM, Brief, Listed
from dialogs.plan import poll_setup
from tests.dialogs.examples import EXAMPLES, few, play, quiet, running, with_
from tests.dialogs.stage import NOON, Stage
from tests.slack import sheet

SHEETS = Path(__file__).parent.parent.parent / ".pictures"
DRAWN = 60  # different pictures at least
LONG = [
    "Ask the person what they saw, before I say what I saw",
    "Say it at once, while everybody still remembers how it was",
    "Wait a day",
]
WRITTEN = ["نعم، هذا جيد جداً", "https://example.org/*x*", "> 100 % 👩‍👩‍👧‍👦 🇨🇭", "@channel #general", "1. - • ~no~"]
Figure = tuple[str, str]


@pytest.mark.hard
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_every_card_form_and_home_is_pictured(browser: Browser, dark: bool) -> None:
    figures = list(figures_of_all())
    SHEETS.mkdir(exist_ok=True)
    page = await browser.new_page(viewport={"width": 1920, "height": 1000})
    await page.set_content(sheet.page(figures, dark=dark))
    await page.screenshot(path=SHEETS / f"slack-{'dark' if dark else 'light'}.png", full_page=True)
    assert len(figures) >= DRAWN


def figures_of_all() -> Iterator[Figure]:
    """Each look once."""
    seen: dict[str, None] = {}
    for caption, drawn in every():
        key = json.dumps(drawn, sort_keys=True)
        if key not in seen:
            seen[key] = None
            yield caption, sheet.view(drawn) if "type" in drawn else sheet.message(drawn)


def every() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, stage in stages():
        for viewer in (None, *few(stage)):
            for dialog, slot, card in stage.cards(viewer):
                caption = f"{name} · {slot} · {viewer or 'the channel'}"
                if stage.dialogs[dialog].kind == name.split()[0]:
                    yield caption, message(card, dialog, slot, reader(stage), private=viewer is not None)
                    if card.fields:
                        yield f"{caption} · form", view(card, dialog, slot, reader(stage))
    for name, stage in {"open": running(), "quiet": quiet(), "played": play(running(), Random(4), 12)}.items():
        for person in ("fay", "ann"):
            yield f"home · {name} · {person}", home(desk(stage, person), [room(stage, person)], lambda _: READER)
    yield "home · nothing yet", home(RoomView("t", None, None, "zed", "Zed", None, (), {}), [], lambda _: READER)


READER = Reader({"ann": "U0ANN", "fay": "U0FAY"}, {"bob": "Bob", "cem": "Cem"}, lambda _: "https://example.org/room")


def reader(stage: Stage) -> Reader:
    return Reader({"ann": "U0ANN", "fay": "U0FAY"}, stage.names, lambda _: "https://example.org/room")


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
    yield "poll as people write", with_("poll", poll_setup("*Was* _that_ :tada: for <!here>, or `not`?", WRITTEN))()


def room(stage: Stage, person: str) -> RoomView:
    """The room as the engine would show it to this person."""
    session = stage.session or ""
    own = {(dialog, slot): to != ROOM for dialog, slot, to in stage.shown if stage.may_see(person, to)}
    seen = tuple(
        Seen(d, slot, card, own[d, slot], NOON, 1) for d, slot, card in stage.cards(person) if stage.dialogs[d].session
    )
    return RoomView("t", session, brief(stage), person, person, stage.role(session, person), seen, stage.names)


def desk(stage: Stage, person: str) -> RoomView:
    listed = tuple(
        Listed(name, role, one)
        for name, one in {stage.session or "": brief(stage), "s2": OTHER}.items()
        if (role := stage.role(stage.session or "", person))
    )
    return RoomView("t", None, None, person, person, None, (), stage.names, sessions=listed)


OTHER = Brief(title="Coaching in ten minutes", starts=NOON.replace(day=30), zone="Europe/Zurich")


def brief(stage: Stage) -> Brief:
    found: Brief = getattr(stage.dialogs[stage.session or ""].state, "brief")  # noqa: B009 - every root has one
    return found


def test_the_sheet_draws_what_it_knows_and_refuses_the_rest() -> None:
    names: Mapping[str, str] = {"U0ANN": "Ann"}
    assert sheet.mrkdwn("*a* <@U0ANN> &lt;b&gt;", names) == "<b>a</b> <span class=user>@Ann</span> &lt;b&gt;"
    with pytest.raises(ValueError, match="video"):
        sheet.block({"type": "video"}, names)
