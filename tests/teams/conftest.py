"""An organisation with a class in it, and the small bot."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from bot.clock import HandClock
from tests.teams.people import User
from tests.teams.rooms import Meeting, Room
from tests.teams.service import Teams
from tests.teams.small_bot import SmallBot, served
from tests.teams.tenants import Team, Tenant

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ACME = "5f9a1c00-0000-4000-8000-0000000000aa"


@dataclass
class Class:
    """Two people, one room of each kind with the bot, and what drives them."""

    teams: Teams
    clock: HandClock
    acme: Tenant
    ann: User
    bob: User
    chat: Room
    team: Team
    channel: Room
    meeting: Meeting
    bot: SmallBot


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOON)


@pytest.fixture
async def room(clock: HandClock) -> AsyncIterator[Class]:
    async with Teams(now=clock.now) as teams, served(teams, ACME) as bot:
        acme = teams.tenant(ACME, name="Acme")
        ann = acme.user("Ann Ode", email="ann@acme.example", tz="Europe/Berlin", locale="de-DE", installed=True)
        bob = acme.user("Bob", guest=True, platform="Web")
        people = [ann, bob]
        chat = acme.group_chat("class", members=people, bot=True)
        team = acme.team("Training", members=people, bot=True)
        meeting = acme.meeting("Class", members=people, bot=True)
        yield Class(teams, clock, acme, ann, bob, chat, team, team.channel("Week 1"), meeting, bot)
