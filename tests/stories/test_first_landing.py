"""The first landing: one poll and one checklist by web link, in a real server that is killed in the middle of presses.

Everything goes the way people go: sessions are created on the command line, pages are read and buttons pressed over
HTTP. What was answered is remembered here; after `kill -9` and a restart all of that must be there, and nothing twice.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import socket
import sys
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.rehearsal.reading import Card, cards, parse

ROOT = Path(__file__).parent.parent.parent
PEOPLE = ("Ann Ode", "Ben Lima", "Cem Kaya", "Dan Wu", "Eve Stone", "Fay Ito")
ITEMS = ("Try your headset", "Find a quiet place", "Read page one")
CHOICES = ("Soup", "Pizza", "Salad")
PLAN = f"""\
schema: cohost-plan/1
id: landing
title: Landing
minutes: 30
objectives:
  - id: land
    text: Land.
checklists:
  participants:
    - {{id: sound, text: {ITEMS[0]}}}
    - {{id: place, text: {ITEMS[1]}}}
    - {{id: page, text: {ITEMS[2]}}}
run_of_show:
  - at: 0
    title: Lunch
    type: poll
    question: What for lunch?
    choices: [{", ".join(CHOICES)}]
"""


@dataclass
class Server:
    """`cohost serve` as a process of its own, on one database and one port for all its lives."""

    folder: Path
    port: int
    process: asyncio.subprocess.Process | None = None

    async def cohost(self, *arguments: str) -> asyncio.subprocess.Process:
        """One command of it."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("COHOST_")} | {
            "COHOST_DATABASE_URL": f"sqlite:///{self.folder}/cohost.db",
            "COHOST_SECRET": "nobody will guess this",
            "COHOST_PORT": str(self.port),
            "PYTHONPATH": str(ROOT),
        }
        command = (sys.executable, "-m", "bot", *arguments)
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(*command, cwd=self.folder, env=environment, stdout=pipe)

    async def create(self, at: datetime) -> dict[tuple[str, str], str]:
        """A session, and everybody's link by name and by what they are."""
        words = ("landing.yaml", "--at", f"{at:%Y-%m-%d %H:%M} UTC", "--facilitator", "Hana", "--roster", "people.csv")
        process = await self.cohost("session", "create", *words)
        out, _ = await process.communicate()
        assert process.returncode == 0
        found = re.findall(r"^  (.+?)\s{2,}(\S.*?)\s{2,}(http\S+)$", out.decode(), re.MULTILINE)
        return {(name, what): link for name, what, link in found}

    async def start(self) -> None:
        """Come to life, and be ready."""
        self.process = await self.cohost("serve")
        assert self.process.stdout is not None
        assert b"Cohost is ready at" in await self.process.stdout.readline()

    async def kill(self, how: int = signal.SIGKILL) -> None:
        """Be gone at once, whatever is under way."""
        if self.process and self.process.returncode is None:
            self.process.send_signal(how)
            await self.process.communicate()


@dataclass
class Press:
    """A button that somebody pressed, and whether they know that it was heard."""

    link: str
    form: tuple[tuple[str, str], ...]
    about: str  # the text of the choice or the item
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    heard: bool = False


class Person:
    """Somebody with a browser and two links: one press after the other, each repeated until it is answered."""

    def __init__(self, client: aiohttp.ClientSession, checklist: str, poll: str) -> None:
        self.client, self.checklist, self.poll = client, checklist, poll
        self.presses: list[Press] = []

    async def reads(self, link: str, slot: str) -> Card:
        """The card of this slot on the page behind this link, once it is there."""
        async with asyncio.timeout(20):
            while True:
                async with self.client.get(link) as page:
                    found = [card for card in cards(parse(await page.text())) if card.slot == slot]
                if found:
                    return found[0]
                await asyncio.sleep(0.05)

    async def will_press(self, dice: random.Random) -> None:
        """Three items to tick, and four times a vote, in any order."""
        todo, board = await self.reads(self.checklist, "list"), await self.reads(self.poll, "board")
        ticks = [(item.text, form) for item in todo.items for form in item.forms if form.get("action") == "tick"]
        votes = [(bar.label, bar.vote) for bar in dice.choices(board.bars, k=4) if bar.vote]
        self.presses = [Press(self.checklist, form.sends, about) for about, form in ticks]
        self.presses += [Press(self.poll, form.sends, about) for about, form in votes]
        dice.shuffle(self.presses)

    async def send(self, press: Press) -> None:
        """Press, and wait for the answer."""
        form = {**dict(press.form), "id": press.id}
        async with self.client.post(f"{press.link}/act", data=form, headers={"Accept": "application/json"}) as answer:
            assert answer.status == 200, await answer.text()
            told = await answer.json()
            assert told["receipt"] or told["card"]
            press.heard = True

    async def press_all(self) -> None:
        """Go on until all is answered or the server is gone."""
        for press in self.presses:
            if not press.heard:
                await self.send(press)

    async def stands(self) -> tuple[set[str], str | None]:
        """What the pages say: the items that are ticked, and the vote that is mine."""
        todo, board = await self.reads(self.checklist, "list"), await self.reads(self.poll, "board")
        mine = [bar.label for bar in board.bars if bar.vote and bar.vote.pressed]
        return {item.text for item in todo.items if item.mark == "done"}, mine[0] if mine else None

    def may_stand(self) -> tuple[set[str], set[str], set[str | None]]:
        """What must be ticked, what may be, and the vote: of one press at most nobody knows whether it was heard."""
        votes: list[str | None] = [press.about for press in self.presses if press.link == self.poll and press.heard]
        sent = next((press for press in self.presses if not press.heard), None)
        ticked = {press.about for press in self.presses if press.link == self.checklist and press.heard}
        may = ticked | ({sent.about} if sent and sent.link == self.checklist else set())
        return ticked, may, {(votes or [None])[-1]} | ({sent.about} if sent and sent.link == self.poll else set())


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    (tmp_path / "landing.yaml").write_text(PLAN)
    (tmp_path / "people.csv").write_text("\n".join(["name", *PEOPLE]))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(tmp_path, port)
    yield server
    await server.kill()


async def command(client: aiohttp.ClientSession, link: str, text: str) -> None:
    """The facilitator types."""
    form = {"kind": "command", "id": str(uuid.uuid4()), "text": text}
    async with client.post(f"{link}/act", data=form, headers={"Accept": "application/json"}) as answer:
        assert answer.status == 200, await answer.text()


async def enough_heard(people: Sequence[Person], enough: int) -> None:
    """Until so many presses are answered, and others are under way."""
    while sum(press.heard for one in people for press in one.presses) < enough:  # noqa: ASYNC110 - at the very moment
        await asyncio.sleep(0)


async def test_whatever_was_acknowledged_before_a_kill_is_there_after_it(server: Server) -> None:
    dice = random.Random(2)
    now = datetime.now(UTC)
    planned = await server.create(now + timedelta(hours=2))
    live = await server.create(now + timedelta(hours=3))
    host = live["Hana", "facilitator"]
    await server.start()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
        await command(client, host, "start")
        await command(client, host, "next")
        people = [Person(client, planned[name, "learner"], live[name, "learner"]) for name in PEOPLE]
        await asyncio.gather(*(one.will_press(dice) for one in people))
        total = sum(len(one.presses) for one in people)
        assert total == len(PEOPLE) * 7

        for enough in (total // 3, 2 * total // 3):
            pressing = [asyncio.create_task(one.press_all()) for one in people]
            await enough_heard(people, enough)
            await server.kill()
            results = await asyncio.gather(*pressing, return_exceptions=True)
            assert {type(one) for one in results if one} <= {
                aiohttp.ClientOSError,
                aiohttp.ServerDisconnectedError,
                aiohttp.ClientConnectorError,
            }
            assert any(not press.heard for one in people for press in one.presses)  # it was in the middle
            await server.start()

            for one in people:
                (ticked, vote), (must, may, votes) = await one.stands(), one.may_stand()
                assert must <= ticked <= may
                assert vote in votes

        await asyncio.gather(*(one.press_all() for one in people))
        last = [[press.about for press in one.presses if press.link == one.poll][-1] for one in people]
        boards = [await one.reads(one.poll, "board") for one in people]
        assert [await one.stands() for one in people] == [({*ITEMS}, vote) for vote in last]
        assert [{bar.label: bar.count for bar in board.bars if bar.count} for board in boards] == [Counter(last)] * 6
        ready = await Person(client, "", "").reads(planned["Hana", "facilitator"], "ready")
        assert ready.title == "Ready: 6 of 6"
    await server.kill(signal.SIGTERM)
    assert server.process is not None
    assert server.process.returncode == 0
