"""Two companies that know nothing of each other, with one bot between them, each by its own installation."""

from __future__ import annotations

import html
import re
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import yaml
from pydantic import SecretStr

from bot.app import build, running
from bot.clock import HandClock
from bot.settings import Slack as SlackSettings
from bot.settings import load
from tests.slack import payloads
from tests.slack.app import App as SlackApp
from tests.slack.delivery import INTERACTIVE, encoded, signed
from tests.slack.messages import Message
from tests.slack.people import User
from tests.slack.rooms import Room
from tests.slack.workspace import Slack, Team
from tests.stories.workspace import MANIFEST, SIGNING, Story, free_port

BASE = "https://cohost.example.com"
Thing = dict[str, Any]


@dataclass
class Side:
    """One company. Its secret word is in whatever its people write and in their names."""

    story: Story
    team: Team
    secret: str
    port: int
    database: Path
    people: list[User] = field(default_factory=list)
    told: list[str] = field(default_factory=list)  # whatever its people were answered, and pages that they opened

    @property
    def tenant(self) -> str:
        return f"slack:{self.team.id}"

    @property
    def host(self) -> User:
        return self.people[0]

    async def settle(self) -> None:
        """People, a channel with the bot in it, and another in which there is never a session."""
        self.people = [self.team.user(f"{name} {self.secret}") for name in ("Hanna", "Ida", "Ben")]
        self.room: Room = self.team.channel("class", members=self.people)
        self.lobby: Room = self.team.channel("lobby", members=self.people)
        await self.room.invite_bot()
        await self.lobby.invite_bot()

    async def installs(self) -> None:
        """Somebody walks through the app's page, Slack's consent, and back."""
        here, slack = f"http://127.0.0.1:{self.port}", self.story.slack
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser:
            async with browser.get(f"{here}/slack/install") as got:
                kept = "; ".join(f"{name}={cookie.value}" for name, cookie in got.cookies.items())
                [link] = re.findall(r"https?://[^\"'\s]*authorize\?[^\"'\s]*", html.unescape(await got.text()))
            asked = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
            code, expires = slack.made_id("code"), slack.now() + timedelta(minutes=10)
            admin = self.people[0] if self.people else self.team.user(f"Admin {self.secret}")
            granted = {"user": admin, "scopes": asked["scope"].split(","), "expires": expires}
            slack.codes[code] = granted | {"redirect_uri": asked["redirect_uri"]}
            back, query = urlsplit(asked["redirect_uri"]).path, {"code": code, "state": asked["state"]}
            async with browser.get(f"{here}{back}", params=query, headers={"Cookie": kept}) as got:
                assert got.status == 200, await got.text()

    async def types(self, who: User, text: str, room: Room | None = None) -> str:
        """What somebody is told about a command."""
        self.told.append((await who.types(room or self.room, text)).words)
        await self.story.adapter.settled()
        return self.told[-1]

    async def presses(self, who: User, value: str, *, action_id: str = "a", **changes: Any) -> int:
        """Press a button with this value, in a message of one's own channel."""
        source = Message(self.room, self.story.slack.ts(), self.team.bot.id, self.team.id, "")
        element = {"type": "button", "action_id": action_id, "value": value}
        action = payloads.action(who, {"block_id": "b"}, element, None)
        return await self.sends(payloads.block_actions(who, source, self.team.installed(), [action]) | changes)

    async def submits(self, who: User, metadata: str, values: Thing | None = None) -> int:
        """Send a form that says this of itself."""
        view: Thing = {"id": self.story.slack.new_id("V"), "type": "modal", "callback_id": "form", "blocks": []}
        view |= {"private_metadata": metadata, "state": {"values": values or {}}}
        install = self.team.installed()
        made = payloads.block_actions(who, self.room.messages[0], install, [])
        made = {name: made[name] for name in ("team", "user", "trigger_id")} | {"type": "view_submission"}
        return await self.sends(made | {"view": view | {"app_installed_team_id": self.team.id}})

    async def sends(self, payload: Thing) -> int:
        """Signed, as Slack sends it; what is answered is kept."""
        body, content = encoded(INTERACTIVE, payload)
        headers = signed(body, SIGNING, int(time.time())) | {"Content-Type": content}
        url = f"http://127.0.0.1:{self.port}/slack/events"
        async with aiohttp.ClientSession() as slack, slack.post(url, data=body, headers=headers) as got:
            self.told.append(await got.text())
            status = got.status
        await self.story.adapter.settled()
        return status

    async def opens(self, address: str) -> int:
        """Open a page of the bot's; what it says is kept."""
        url = f"http://127.0.0.1:{self.port}{urlsplit(address).path}"
        async with aiohttp.ClientSession() as browser, browser.get(url) as got:
            self.told.append(await got.text())
            return got.status

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that is stored of this company."""
        with closing(sqlite3.connect(self.database)) as db:
            tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            found = {}
            for table in tables:
                columns = [row[1] for row in db.execute(f'PRAGMA table_info("{table}")')]
                if "tenant" in columns:
                    where = {"installation": self.team.id}.get(table, self.tenant)
                    rows = db.execute(f'SELECT * FROM "{table}" WHERE tenant = ?', (where,))  # noqa: S608
                    found[table] = sorted(rows, key=repr)
            return found

    def all_read(self) -> str:
        """Whatever stands before this company's people, and whatever was said to Slack in its name."""
        slack = self.story.slack
        rooms = [room for room in slack.rooms.values() if room.team is self.team]
        pages = [repr(message.payload(metadata=True)) for room in rooms for message in room.messages]
        for person in self.team.people():
            pages += [repr(view.payload()) for view in (person.home, *person.stack) if view]
        calls = [repr((call.arguments, call.answer)) for call in slack.calls if call.team is self.team]
        return "\n".join([*pages, *calls, *self.told])


@asynccontextmanager
async def telling_two(folder: Path, start: datetime) -> AsyncIterator[tuple[Side, Side]]:
    """Two workspaces that have installed one bot, running while the context lasts."""
    clock, port = HandClock(start), free_port()
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    async with Slack(clock.now, SlackApp.of(manifest)) as slack:
        slack.connect(f"http://127.0.0.1:{port}/slack/events", SIGNING)
        told = SlackSettings(
            client_id=slack.app.client_id,
            client_secret=SecretStr(slack.app.client_secret),
            signing_secret=SecretStr(SIGNING),
            api_url=slack.api_url,
        )
        database = folder / "two.db"
        url, secret = f"sqlite:///{database}", "not a secret, a story"
        settings = load(database_url=url, secret=secret, port=port, base_url=BASE, slack=told)
        app = build(settings, clock)
        async with running(app):
            sides = []
            for team_id, word in (("T1", "Quokka"), ("T2", "Zyzzyva")):
                team = slack.team(team_id, name=f"{word} Inc", installed=False)
                side = Side(Story(app, clock, slack, team), team, word, port, database)
                await side.installs()
                await side.settle()
                sides.append(side)
            yield sides[0], sides[1]
