"""A company that uses Slack and Teams at once: one bot, both fakes, one clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yaml
from pydantic import SecretStr

from adapters.slack.app import Slack as SlackAdapter
from adapters.teams.app import Teams as TeamsAdapter
from bot.app import build, running
from bot.clock import HandClock
from bot.settings import Slack as SlackSettings
from bot.settings import load
from bot.settings_teams import Teams as TeamsSettings
from tests.slack.app import App as SlackApp
from tests.slack.workspace import Slack, Team
from tests.stories.clocked import Clocked
from tests.stories.organisation import APP_ID, PASSWORD, TENANT
from tests.stories.workspace import MANIFEST, SIGNING, free_port
from tests.teams.service import Teams
from tests.teams.tenants import Tenant


@dataclass
class Company(Clocked):
    """One company on two platforms."""

    slack: Slack
    team: Team
    teams: Teams
    acme: Tenant

    @property
    def busy(self) -> bool:
        teams = self.app.adapters["teams"]
        assert isinstance(teams, TeamsAdapter)
        return teams.busy

    async def arrives(self) -> None:
        await self.slack.settles()

    async def settles(self) -> None:
        """Everything that can be delivered now has been, and Slack's receipts are there, too."""
        await super().settles()
        slack = self.app.adapters["slack"]
        assert isinstance(slack, SlackAdapter)
        await slack.settled()


@asynccontextmanager
async def telling(folder: Path, start: datetime) -> AsyncIterator[Company]:
    """The company, with the bot running while the context lasts."""
    clock, port = HandClock(start), free_port()
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    async with Slack(clock.now, SlackApp.of(manifest)) as slack, Teams(now=clock.now) as teams:
        team, acme = slack.team("T1", name="Acme"), teams.tenant(TENANT, name="Acme")
        slack.connect(f"http://127.0.0.1:{port}/slack/events", SIGNING)
        url = f"http://127.0.0.1:{port}/api/messages"
        teams.connect(url, app_id=APP_ID, app_password=PASSWORD, tenant=TENANT)
        settings = load(
            database_url=f"sqlite:///{folder}/story.db",
            secret="not a secret, a story",
            port=port,
            slack=SlackSettings(
                bot_token=SecretStr(team.token), signing_secret=SecretStr(SIGNING), api_url=slack.api_url
            ),
            teams=TeamsSettings(
                app_id=APP_ID,
                app_password=SecretStr(PASSWORD),
                tenant=TENANT,
                openid_metadata_url=teams.openid_url,
                login_url=teams.login_url,
            ),
        )
        app = build(settings, clock)
        async with running(app):
            yield Company(app, clock, slack, team, teams, acme)
