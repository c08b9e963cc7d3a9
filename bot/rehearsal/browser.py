"""One person's open page: read once, then kept true by server-sent events; forms are sent as the page's script does.

Whatever happens to the server, the page stays open: the stream connects again and is sent the whole truth, and a form
whose answer was lost is sent again under the same id.
"""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.rehearsal import reading
from bot.rehearsal.reading import Card, Form

TWICE = 0.2  # share of forms that the network delivers twice
AGAIN = 0.25  # seconds until a broken stream is tried again
PAUSES = (0.2, 0.3, 0.5, 0.8, 1.2, *(1.5,) * 40)  # between two tries to send a form: over a minute together
PATIENCE = aiohttp.ClientTimeout(total=10)
FOREVER = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=40)  # the server speaks every 15 s at least


class UnreachableError(Exception):
    """The page cannot be loaded, or a form cannot be sent, for longer than anybody would try."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the page said about something its reader did: a line, perhaps a card; `refused`: it was not accepted."""

    line: str = ""
    card: Card | None = None
    refused: bool = False
    tries: int = 1


Watcher = Callable[[str, Card], None]  # "new", "changed", "own" (by what its reader just did) or "gone", and the card


class Browser:
    """A page of somebody's own."""

    def __init__(self, http: aiohttp.ClientSession, link: str, dice: random.Random) -> None:
        self.http, self.link, self.dice = http, link, dice
        self.cards: dict[str, Card] = {}
        self.chat: dict[str, str] = {}  # what was said, by the id of the line
        self.twice = 0  # forms that the network delivered twice
        self.saw: Watcher = lambda _what, _card: None
        self.heard: Callable[[str, str], None] = lambda _id, _words: None
        self._changed = asyncio.Event()
        self._stream: asyncio.Task[None] | None = None
        self._echoes: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Load the page, then listen."""
        self._put(await self.load(), whole=True)
        self._stream = asyncio.create_task(self._listen())

    async def close(self) -> None:
        """Leave the page."""
        tasks = [*self._echoes, *([self._stream] if self._stream else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._stream = None

    async def load(self) -> list[Card]:
        """The cards of the page as it is now."""
        return reading.cards(reading.parse(await self._get(self.link)))

    async def changed(self) -> None:
        """Return when something on the page changes from now on."""
        await self._changed.wait()

    def card(self, title: str) -> Card | None:
        """The newest card with this title."""
        found = [card for card in self.cards.values() if card.title == title]
        return max(found, key=lambda card: card.order, default=None)

    # -- reading -------------------------------------------------------------------------------------------------------

    async def _get(self, address: str) -> str:
        why = "nothing answers"
        for pause in PAUSES:
            try:
                async with self.http.get(address, timeout=PATIENCE) as answer:
                    if answer.status == 200:
                        return await answer.text()
                    why = f"HTTP {answer.status}"
                    if answer.status < 500:
                        break
            except (aiohttp.ClientError, TimeoutError) as error:
                why = type(error).__name__
            await asyncio.sleep(pause)
        raise UnreachableError(f"a page cannot be loaded: {why}")

    async def _listen(self) -> None:
        while True:
            try:
                headers = {"Accept": "text/event-stream"}
                async with self.http.get(f"{self.link}/live", timeout=FOREVER, headers=headers) as stream:
                    if stream.status == 200:
                        await self._follow(stream)
            except (aiohttp.ClientError, TimeoutError):
                pass  # as a browser does: try again
            await asyncio.sleep(AGAIN)

    async def _follow(self, stream: aiohttp.ClientResponse) -> None:
        name, data, rest = "", list[str](), b""
        # Not line by line through aiohttp's own reader: its limit on a line is smaller than a whole room.
        async for chunk in stream.content.iter_any():
            *lines, rest = (rest + chunk).split(b"\n")
            for raw in lines:
                line = raw.decode()
                if line.startswith("event:"):
                    name = line[6:].strip()
                elif line.startswith("data:"):
                    data.append(line[5:].strip())
                elif not line and data:
                    self._event(name, json.loads("\n".join(data)))
                    name, data = "", []

    def _event(self, name: str, data: Mapping[str, Any]) -> None:
        match name:
            case "sync":
                self._put([card for one in data["cards"] if (card := _pushed(one))], whole=True)
                for line in data["chat"]:
                    self._said(line)
            case "card":
                self._put([card for card in [_pushed(data)] if card])
            case "chat":
                self._said(data)
            case "gone":
                if card := self.cards.pop(data["id"], None):
                    self.saw("gone", card)
        self._stir()

    def _stir(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()  # each change wakes everybody who waits now, and nobody who comes later

    def _said(self, line: Mapping[str, Any]) -> None:
        if line["id"] not in self.chat:
            node = reading.parse(line["html"])
            by, words = node.one("b", "who"), node.one("p", "words")
            self.chat[line["id"]] = f"{by.text() if by else ''}: {words.text() if words else ''}"
            self.heard(line["id"], self.chat[line["id"]])

    def _put(self, cards: list[Card], *, whole: bool = False, own: bool = False) -> None:
        if whole:
            for id_ in set(self.cards) - {card.id for card in cards}:
                self.saw("gone", self.cards.pop(id_))
        for card in cards:
            old = self.cards.get(card.id)
            if old and card.revision < old.revision:
                continue  # overtaken on its way
            self.cards[card.id] = card
            if old is None:
                self.saw("new", card)
            elif card != old:
                self.saw("own" if own else "changed", card)
        self._stir()

    # -- sending -------------------------------------------------------------------------------------------------------

    async def press(self, form: Form) -> Told:
        """Press a button."""
        return await self.send(list(form.sends))

    async def fill(self, form: Form, values: list[tuple[str, str]]) -> Told:
        """Fill a form in and send it."""
        return await self.send([*form.sends, *values])

    async def answer(self, form: Form, words: str) -> Told:
        """Write an answer beneath a card."""
        return await self.send([*form.sends, ("text", words)])

    async def say(self, words: str) -> Told:
        """Write to the room; with /ilt it is a command."""
        return await self.send([("kind", "say"), ("text", words)])

    async def send(self, pairs: list[tuple[str, str]]) -> Told:
        """Send a form until it is answered: always under the id that it was first sent with."""
        body = urlencode([*pairs, ("id", str(uuid.uuid4()))])
        for tries, pause in enumerate(PAUSES, 1):
            try:
                status, answer = await self._post(body)
                if status < 500:
                    if self.dice.random() < TWICE:
                        self._echo(body)
                    return self._answered(answer, tries)
            except (aiohttp.ClientError, TimeoutError, json.JSONDecodeError):
                pass  # the same id makes it safe to send again
            await asyncio.sleep(pause)
        raise UnreachableError("a form cannot be sent: nothing answers")

    async def _post(self, body: str) -> tuple[int, Any]:
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        async with self.http.post(f"{self.link}/act", data=body, headers=headers, timeout=PATIENCE) as answer:
            return answer.status, await answer.json() if answer.status < 500 else None

    def _echo(self, body: str) -> None:
        """Deliver a form once more, a little later, as networks sometimes do: it must not be heard twice."""

        async def later() -> None:
            await asyncio.sleep(self.dice.uniform(0, 0.5))
            with suppress(aiohttp.ClientError, TimeoutError, json.JSONDecodeError):
                await self._post(body)
                self.twice += 1

        echo = asyncio.create_task(later())
        self._echoes.add(echo)
        echo.add_done_callback(self._echoes.discard)

    def _answered(self, answer: Mapping[str, Any], tries: int) -> Told:
        if error := answer.get("error"):
            return Told(f"{error} {answer.get('hint') or ''}".strip(), refused=True, tries=tries)
        if look := answer.get("look"):
            self._put([card for card in [_pushed(look)] if card], own=True)
        if chat := answer.get("chat"):
            self._said(chat)
        line = reading.parse(answer.get("receipt") or "").text()
        return Told(line, reading.reply(answer.get("card") or ""), tries=tries)


def _pushed(data: Mapping[str, Any]) -> Card | None:
    entry = reading.parse(data["html"]).one("div", "entry")
    return reading.of_entry(entry, private=data["region"] == "you") if entry else None
