"""What all simulated people have in common: a page, a clock on the wall, a hand, and a diary of what they did."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import aiohttp

from bot.rehearsal.browser import Browser, Told
from bot.rehearsal.reading import Card, Form
from bot.rehearsal.story import Story
from bot.rehearsal.wall import Wall

REAL = 15.0  # real seconds that people wait for what has been promised
NEVER_PRESS_TWICE_WITHIN = 0.02  # seconds: nobody's finger is quicker


class StuckError(Exception):
    """Somebody waited for something that did not come."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One of the class, as the list has them. `habits` are words; what they mean stands in learner.py."""

    name: str
    link: str
    part: str  # learner, facilitator or manager
    habits: frozenset[str] = frozenset()
    manager: str = ""


@dataclass(slots=True)
class Air:
    """What is said aloud in the call, and what everybody sees there. The bot hears and sees nothing of it."""

    aloud: set[str] = field(default_factory=set)  # the questions that somebody has answered aloud
    empty: set[str] = field(default_factory=set)  # whose chair is empty
    hard: set[str] = field(default_factory=set)  # the questions that leave everybody speechless


@dataclass(slots=True)
class World:
    """What the people share."""

    wall: Wall
    http: aiohttp.ClientSession
    story: Story
    seed: int
    starts: datetime
    air: Air = field(default_factory=Air)


@dataclass(frozen=True, slots=True)
class Act:
    """Something that somebody did, and what they were told. It has happened: the page said so."""

    began: datetime
    at: datetime  # when the page said so
    what: str  # press, submit, answer, say
    dialog: str
    action: str
    value: str
    label: str
    title: str  # of the card it was done on
    told: Told


class Person:
    """Somebody with a page. What they do beside reading is `notice`, for every card, whenever something has changed."""

    def __init__(self, listed: Listed, world: World) -> None:
        self.listed, self.world, self.name = listed, world, listed.name
        self.dice = random.Random(f"{world.seed}:{listed.name}")
        self.page = Browser(world.http, listed.link, random.Random(f"{world.seed}:{listed.name}:network"))
        self.page.saw = self._saw
        self.acts: list[Act] = []
        self.came: datetime | None = None  # when they opened their page
        self._hand = asyncio.Lock()
        self._met: set[Hashable] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def has(self, habit: str) -> bool:
        """Whether this is one of their habits."""
        return habit in self.listed.habits

    async def live(self) -> None:
        """Open the page and go on reading it."""
        await self.arrive()
        while True:
            changed = asyncio.ensure_future(self.page.changed())
            for card in list(self.page.cards.values()):
                self.notice(card)
            await changed

    async def arrive(self) -> None:
        """Open the page, in one's own time."""
        await self.world.wall.take(self.dice.uniform(1, 20))
        await self.open()

    async def open(self) -> None:
        """Open the page."""
        self.came = self.world.wall.now()
        await self.page.open()

    async def leave(self) -> None:
        """Stop whatever is under way, and close the page."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.page.close()

    def notice(self, card: Card) -> None:
        """Look at a card, and perhaps decide to do something."""

    # -- doing ---------------------------------------------------------------------------------------------------------

    def once(self, about: Hashable, seconds: tuple[float, float], deed: Callable[[], Awaitable[None]]) -> None:
        """Do this once, after thinking for so long (from, to: seconds of the session)."""
        if about not in self._met:
            self._met.add(about)
            task = asyncio.create_task(self._do(self.dice.uniform(*seconds), deed))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _do(self, seconds: float, deed: Callable[[], Awaitable[None]]) -> None:
        try:
            await self.world.wall.take(seconds)
            await deed()
        except Exception as error:  # noqa: BLE001 - whatever kept somebody from acting belongs in the story's end
            self.world.story.missing(f"{self.name} could not go on: {error!r}")

    async def press(self, form: Form, card: Card) -> Told:
        """Press a button."""
        return await self._done("press", form, card, lambda: self.page.press(form))

    async def fill(self, form: Form, card: Card, values: list[tuple[str, str]]) -> Told:
        """Fill in a form and send it."""
        return await self._done("submit", form, card, lambda: self.page.fill(form, values))

    async def answer(self, card: Card, words: str) -> Told | None:
        """Write an answer beneath a card."""
        if card.answer is None:
            return None
        form = card.answer
        return await self._done("answer", form, card, lambda: self.page.answer(form, words), words)

    async def say(self, words: str) -> Told:
        """Write to the room, or type a command."""
        form = Form(words, (("kind", "say"),))
        return await self._done("say", form, None, lambda: self.page.say(words), words)

    async def _done(
        self, what: str, form: Form, card: Card | None, send: Callable[[], Awaitable[Told]], words: str = ""
    ) -> Told:
        async with self._hand:
            began = self.world.wall.now()
            told = await send()
            await asyncio.sleep(NEVER_PRESS_TWICE_WITHIN)
        now, title = self.world.wall.now(), card.title if card else ""
        get = form.get
        act = Act(began, now, what, get("dialog"), get("action"), get("value"), words or form.label, title, told)
        self.acts.append(act)
        self.world.story.did(self.listed, act)
        return told

    # -- waiting -------------------------------------------------------------------------------------------------------

    async def see(self, sight: Callable[[], object], seconds: float | None = None, *, sure: bool = False) -> bool:
        """Wait until this is so, at most so many seconds of the session. Whether it is so in the end.

        sure: it has been promised. Then a server that is gone for a moment, on a clock that runs fast, is waited for.
        """
        wall, clock = self.world.wall, asyncio.get_running_loop()
        until = wall.now() + timedelta(seconds=seconds) if seconds is not None else None
        at_least = clock.time() + (REAL if sure else 0)
        while not sight():
            if until and wall.now() >= until and clock.time() >= at_least:
                return False
            try:
                async with asyncio.timeout(0.1):  # the clock may leap while nothing changes
                    await self.page.changed()
            except TimeoutError:
                continue
        return True

    async def must_see(self, sight: Callable[[], object], what: str, seconds: float = 300) -> None:
        """The same, for what has to come."""
        if not await self.see(sight, seconds, sure=True):
            raise StuckError(f"{what} did not come within {seconds:g} seconds")

    def _saw(self, what: str, card: Card) -> None:
        self.world.story.saw(self.listed, what, card)
