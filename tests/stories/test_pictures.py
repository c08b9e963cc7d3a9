"""Pictures: every card and page of a session, in light and dark, on sheets to be looked at; and axe on every page.

The sheets are written to `.pictures/`. No test can say whether a card is beautiful: look at them before a release.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser

from bot.app import LOCAL
from bot.plans import Listed
from tests.chromium import axe
from tests.stories.room import Person, Story, telling

SHEETS = Path(__file__).parent.parent.parent / ".pictures"
STARTS = datetime(2027, 3, 24, 14, tzinfo=UTC)
LONG = "Wolfeschlegelsteinhausenbergerdorff Maria Magdalena Ngozi van den Heuvel-Okonkwo"
LEARNERS = ("Ida Lund", "Ben Okafor", "Fay 🌻 Müller", "عبد الرحمن بن محمد الفارسي", LONG, "山田 花子")
CARDS = 20  # different cards that one session shows at least


@dataclass
class Album:
    """What has been pictured: (caption, picture), and what axe found."""

    dark: bool
    pages: list[tuple[str, bytes]] = field(default_factory=list)
    cards: dict[str, bytes] = field(default_factory=dict)
    barriers: list[str] = field(default_factory=list)

    async def takes(self, caption: str, person: Person) -> None:
        """Picture a page and each card on it that is new."""
        page = person.page
        # What floats would cover the cards on a picture of the whole page.
        await page.evaluate(
            "for (const node of document.querySelectorAll('body *'))"
            " if (getComputedStyle(node).position == 'sticky') node.style.position = 'static'"
        )
        await page.evaluate("document.getAnimations().forEach(one => one.finish())")
        self.pages.append((caption, await page.screenshot(full_page=True)))
        self.barriers += [f"{caption}: {found}" for found in await axe(page)]
        for card in await page.locator("article.card").all():
            words = f"{person.name if 'For you' in caption else ''}{await card.inner_text()}"
            if words not in self.cards:
                self.cards[words] = await card.screenshot()

    async def binds(self, browser: Browser) -> None:
        """Put everything on two sheets."""
        scheme = "dark" if self.dark else "light"
        SHEETS.mkdir(exist_ok=True)
        cards = [("", picture) for picture in self.cards.values()]
        for name, pictures, width in ((f"cards-{scheme}", cards, 380), (f"pages-{scheme}", self.pages, 460)):
            page = await browser.new_page(viewport={"width": 2000, "height": 1000})
            await page.set_content(sheet(pictures, width, dark=self.dark))
            await page.screenshot(path=SHEETS / f"{name}.png", full_page=True)
            await page.close()


def sheet(pictures: list[tuple[str, bytes]], width: int, *, dark: bool) -> str:
    """A page of pictures."""
    colours = f"background: {'#000' if dark else '#fff'}; color: gray; font: 14px sans-serif"
    image = (
        '<figure style="width: {}px; margin: 0"><figcaption>{}</figcaption>'
        '<img style="max-width: 100%" src="data:image/png;base64,{}"></figure>'
    )
    figures = "".join(image.format(width, said, b64encode(png).decode()) for said, png in pictures)
    return f'<body style="display: flex; flex-wrap: wrap; gap: 16px; align-items: start; {colours}">{figures}'


@pytest.mark.hard
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_every_card_and_page_is_pictured_and_accessible(tmp_path: Path, browser: Browser, dark: bool) -> None:
    album = Album(dark)
    roster = [Listed(name, "learner", "", "Dana Roth") for name in LEARNERS] + [
        Listed("Kofi Mensah", "facilitator", "", "")
    ]
    async with telling(tmp_path, browser, STARTS - timedelta(days=3), STARTS, roster) as story:
        await doors(story, album)
        hanna, ida = await story.opens("Hanna Frei", dark=dark), await story.opens("Ida Lund", dark=dark, phone=True)
        await album.takes("a learner with nothing to do yet", ida)
        await before(story, album, hanna, ida)
        await during(story, album, hanna, ida)
        await after(story, album, hanna, ida)
    await album.binds(browser)
    assert album.barriers == []
    assert len(album.cards) >= CARDS


async def doors(story: Story, album: Album) -> None:
    """Every page outside the room."""
    session, host = story.made.session, story.made.facilitator
    links = {
        "the desk": story.console,
        "people and links": story.app.links.people(LOCAL, session, host),
        "the open door": story.app.links.join(LOCAL, session),
        "a link that is no good": story.app.links.join(LOCAL, session) + "x",
        "a manager before the digest": story.links["Dana Roth"],
    }
    for caption, link in links.items():
        person = await story.visits(caption, link, dark=album.dark, phone="door" in caption)
        await album.takes(caption, person)


async def before(story: Story, album: Album, hanna: Person, ida: Person) -> None:
    """Checklists, help, readiness, reminder."""
    await story.reaches(STARTS - timedelta(hours=24))
    await ida.sees("Get ready for")
    await album.takes("the checklist", ida)
    await ida.clicks("Get ready for", "I need help")
    await ida.clicks("Get ready for", "Tick")
    await album.takes("help asked, one ticked", ida)
    await story.reaches(STARTS - timedelta(hours=1))
    await ida.sees("Reminder: Get ready for")
    await album.takes("the reminder", ida)
    await hanna.sees("Ready: 0 of 6")
    await album.takes("who is ready", hanna)


async def during(story: Story, album: Album, hanna: Person, ida: Person) -> None:
    """The opening, polls, questions, flags, replies."""
    await story.reaches(STARTS)
    await hanna.clicks("Your session", "Open the session")
    await ida.clicks("Giving feedback that lands", "I'm here")
    await story.passes(130)
    await hanna.types("/ilt next")
    await ida.sees("When did you last tell")
    await album.takes("an empty poll", ida)
    await ida.clicks("When did you last tell", "This month")
    await story.passes(2)
    await album.takes("a poll, voted", ida)
    await album.takes("a poll, as its facilitator sees it", hanna)
    await hanna.types('/ilt ask "What would you check first?"')
    await ida.sees("What would you check first?", "Take a moment")
    await album.takes("time to think", ida)
    await story.passes(9)
    await hanna.sees("What would you check first?", "what do you think?")
    await album.takes("called on, as the facilitator sees it", hanna)
    await album.takes("called on", ida)
    await hanna.types('/ilt open "What surprised you?"')
    await story.passes(62)
    await hanna.sees("Quiet on:")
    await album.takes("a private flag", hanna)
    await story.passes(62)
    await hanna.sees("Still quiet on:")
    await album.takes("still quiet", hanna)
    for command in ("/ilt help", "/ilt help poll", "/ilt roster", "/ilt pol"):
        await hanna.types(command)
        await album.takes(f"the answer to {command}", hanna)
    await ida.types("Thank you all! 🙏 شكرا")
    await album.takes("chat", ida)


async def after(story: Story, album: Album, hanna: Person, ida: Person) -> None:
    """Recap, survey, results, digest."""
    for name in LEARNERS[1:5]:  # so that there are enough for a survey
        one = await story.opens(name)
        await one.clicks("Giving feedback that lands", "I'm here")
    await hanna.types("/ilt end")
    await ida.sees("How was")
    await album.takes("the survey", ida)
    await hanna.sees("Survey: How was")
    await album.takes("the survey is out", hanna)
    await story.passes(timedelta(hours=72).total_seconds())
    await ida.sees("How was", "closed")
    await album.takes("all is over", ida)
    await album.takes("results", hanna)
    dana = await story.opens("Dana Roth", dark=album.dark)
    await dana.sees("How “Giving feedback that lands” went")
    await album.takes("the digest", dana)
    phone = await story.opens("Dana Roth", dark=album.dark, phone=True)
    await album.takes("the digest on a phone", phone)
