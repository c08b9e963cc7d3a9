"""An organisation that stories are told in: the real bot, real botbuilder, a fake Teams, and a clock by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr

from adapters.teams.app import Teams as Adapter
from bot.app import build, running
from bot.clock import HandClock
from bot.settings import OFF, load
from bot.settings_teams import Teams as TeamsSettings
from tests.stories.clocked import Clocked
from tests.stories.workspace import free_port, message
from tests.teams.people import User
from tests.teams.rooms import Room
from tests.teams.service import Teams
from tests.teams.tenants import Tenant

APP_ID = "11111111-2222-4333-8444-555555555555"
TENANT = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
PASSWORD = "a client secret"


@dataclass
class Story(Clocked):
    """One organisation with the bot in it."""

    teams: Teams
    acme: Tenant

    @property
    def adapter(self) -> Adapter:
        found = self.app.adapters["teams"]
        assert isinstance(found, Adapter)
        return found

    @property
    def busy(self) -> bool:
        return self.adapter.busy


@asynccontextmanager
async def telling(folder: Path, start: datetime) -> AsyncIterator[Story]:
    """An organisation in which the bot is known, running while the context lasts."""
    clock, port = HandClock(start), free_port()
    async with Teams(now=clock.now) as teams:
        acme = teams.tenant(TENANT, name="Acme")
        url = f"http://127.0.0.1:{port}/api/messages"
        teams.connect(url, app_id=APP_ID, app_password=PASSWORD, tenant=TENANT)
        told = TeamsSettings(
            app_id=APP_ID,
            app_password=SecretStr(PASSWORD),
            tenant=TENANT,
            openid_metadata_url=teams.openid_url,
            login_url=teams.login_url,
        )
        settings = load(
            database_url=f"sqlite:///{folder}/story.db",
            secret="not a secret, a story",
            port=port,
            slack=OFF,
            teams=told,
        )
        app = build(settings, clock)
        async with running(app):
            yield Story(app, clock, teams, acme)


__all__ = ["Room", "Story", "User", "message", "telling"]
