"""A workspace with a class in it, and the small bot behind either door."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import HandClock
from tests.slack.people import User
from tests.slack.rooms import Room
from tests.slack.small_bot import SmallBot, served, socketed
from tests.slack.workspace import Slack, Team

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@dataclass
class Class:
    """Two people, a room with the bot, and what drives them."""

    slack: Slack
    clock: HandClock
    team: Team
    ann: User
    bob: User
    room: Room
    client: AsyncWebClient


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOON)


@pytest.fixture
async def acme(clock: HandClock) -> AsyncIterator[Class]:
    async with Slack(clock.now) as slack:
        team = slack.team("T1", name="Acme")
        ann = team.user("Ann Ode", email="ann@acme.example", tz="Europe/Berlin")
        bob = team.user("Bob", guest=True)
        room = team.channel("class", members=[ann, bob], bot=True)
        client = AsyncWebClient(team.token, base_url=slack.api_url)
        yield Class(slack, clock, team, ann, bob, room, client)


@pytest.fixture(params=["http", "socket"])
async def bot(request: pytest.FixtureRequest, acme: Class) -> AsyncIterator[SmallBot]:
    async with served(acme.slack) if request.param == "http" else socketed(acme.slack) as small:
        yield small


@pytest.fixture
async def http_bot(acme: Class) -> AsyncIterator[SmallBot]:
    async with served(acme.slack) as small:
        yield small


@pytest.fixture
async def socket_bot(acme: Class) -> AsyncIterator[SmallBot]:
    async with socketed(acme.slack) as small:
        yield small
