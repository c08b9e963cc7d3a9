"""The room that stories are told in: the real bot in the web room, on a clock that the story moves by hand."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, expect

from bot import creating, plans
from bot.app import LOCAL, App, build, running
from bot.clock import HandClock
from bot.settings import load

PACE = timedelta(seconds=2)  # a board is drawn at most so often
PATIENCE = 15_000  # milliseconds that a page may take to show what it must; nothing else here depends on real time
expect.set_options(timeout=PATIENCE)


class Story:
    """One session, and the people who open its pages."""

    def __init__(self, app: App, clock: HandClock, browser: Browser, made: creating.Created) -> None:
        self.app, self.clock, self.browser, self.made = app, clock, browser, made
        self.links = {name: link for name, what, link in made.links if what != "console"}
        self.console = next(link for _, what, link in made.links if what == "console")
        self.failed: list[str] = []  # what any page complained of

    async def opens(self, name: str, *, dark: bool = False, phone: bool = False, javascript: bool = True) -> Person:
        """Somebody opens their link in a browser of their own."""
        return await self.visits(name, self.links[name], dark=dark, phone=phone, javascript=javascript)

    async def visits(
        self, name: str, link: str, *, dark: bool = False, phone: bool = False, javascript: bool = True
    ) -> Person:
        """Somebody opens any link."""
        context = await self.browser.new_context(
            color_scheme="dark" if dark else "light",
            viewport={"width": 380, "height": 760} if phone else {"width": 1200, "height": 900},
            java_script_enabled=javascript,
        )
        page = await context.new_page()
        page.on("pageerror", lambda error: self.failed.append(f"{name}: {error}"))
        page.on("console", lambda line: self.failed.append(f"{name}: {line.text}") if line.type == "error" else None)
        page.set_default_timeout(PATIENCE)
        await page.goto(link)
        return Person(self, name, page)

    async def reaches(self, moment: datetime) -> None:
        """Time passes until then."""
        await self.passes((moment - self.clock.now()).total_seconds())

    async def passes(self, seconds: float) -> None:
        """Time passes, and everything that it brings has happened and been shown, at the room's pace."""
        await self.settles()
        self.clock.move(seconds)
        await self.settles()
        while (post := await self.app.store.next_post()) and post <= self.clock.now() + PACE:
            self.clock.move((post - self.clock.now()).total_seconds())
            await self.settles()

    async def settles(self) -> None:
        """Everything that can be delivered now has been."""
        for _ in range(2000):
            await asyncio.sleep(0.005)
            timer, post = await self.app.store.next_timer(), await self.app.store.next_post()
            now = self.clock.now()
            waits = [moment for moment in (timer, post) if moment and moment <= now]
            if not waits and not self.app.engine.busy and not self.app.outbox.busy and not await self.app.store.marks():
                return
        raise AssertionError("the bot does not come to rest")


class Person:
    """Somebody at a page."""

    def __init__(self, story: Story, name: str, page: Page) -> None:
        self.story, self.name, self.page = story, name, page

    def card(self, title: str) -> Locator:
        """The card with this title, or that has it in its title."""
        return self.page.locator("article.card", has=self.page.get_by_role("heading", name=title)).last

    async def sees(self, title: str, *words: str) -> Locator:
        """This card is there, and says all of this."""
        card = self.card(title)
        await expect(card).to_be_visible(timeout=PATIENCE)
        for said in words:
            await expect(card).to_contain_text(said)
        return card

    async def does_not_see(self, title: str) -> None:
        """No such card."""
        await expect(self.page.locator("article.card", has=self.page.get_by_role("heading", name=title))).to_have_count(
            0
        )

    async def is_told(self, words: str) -> None:
        """A receipt says so."""
        await expect(self.page.locator(".receipt, .replies").filter(has_text=words).first).to_be_visible(
            timeout=PATIENCE
        )

    async def clicks(self, title: str, label: str) -> None:
        """Press a button of a card with the mouse."""
        await self.card(title).get_by_role("button", name=label).first.click()
        await self.story.settles()

    async def presses_by_key(self, title: str, label: str) -> None:
        """Reach a button with the Tab key alone, and press Space."""
        wanted = self.card(title).get_by_role("button", name=label).first
        await self.tabs_to(wanted)
        await self.page.keyboard.press("Space")
        await self.story.settles()

    async def tabs_to(self, wanted: Locator) -> None:
        """Press Tab until this has the focus."""
        await wanted.wait_for()
        for _ in range(150):
            if await wanted.evaluate("node => node === document.activeElement"):
                return
            await self.page.keyboard.press("Tab")
        raise AssertionError(f"{self.name} cannot reach {wanted} with the Tab key")

    async def types(self, text: str) -> None:
        """Write into the box at the bottom, and send it with Enter."""
        box = self.page.locator("#words")
        await box.fill(text)
        await box.press("Enter")
        await expect(box).to_have_value("")
        await self.story.settles()


@asynccontextmanager
async def telling(
    folder: Path, browser: Browser, start: datetime, starts: datetime, people: Sequence[plans.Listed]
) -> AsyncIterator[Story]:
    """A bot with one planned session, led by Hanna Frei, running while the context lasts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = load(database_url=f"sqlite:///{folder}/story.db", secret="not a secret, a story", port=port)
    clock = HandClock(start)
    app = build(settings, clock)
    async with running(app):
        plan = plans.templates()["giving-feedback"]
        made = await creating.create_in(app, creating.Asked(plan, starts, "Hanna Frei", people))
        yield Story(app, clock, browser, made)


__all__ = ["LOCAL", "PATIENCE", "Person", "Story", "telling"]
