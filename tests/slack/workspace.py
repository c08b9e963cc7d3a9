"""Slack made small and strict: several workspaces behind one Web API, and one app that they have installed.

    async with Slack(clock.now) as slack:
        team = slack.team("T1", name="Acme")
        slack.connect(f"{bot}/slack/events", secret)
        ann = team.user("Ann Ode")
        room = team.channel("class", members=[ann])
        await room.invite_bot()
        assert "Poll" in await ann.types(room, '/ilt poll "Ready?" "Yes" "No"')

What people do is awaited until the app has answered the delivery that it causes; what the app does causes deliveries
of its own, and `settles` waits for those.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from tests.slack.app import App
from tests.slack.checks import Thing
from tests.slack.delivery import Answer, Delivery, Envelope
from tests.slack.faults import Fault
from tests.slack.messages import Message, View, filled
from tests.slack.people import User
from tests.slack.rooms import Room
from tests.slack.web_api import Call, WebApi

TRIGGER_LIVES = timedelta(seconds=3)
CODE_LIVES = timedelta(minutes=10)
TOKEN_LIVES = timedelta(hours=12)


@dataclass(eq=False)
class Token:
    """What opens the Web API, for one installation or for the app itself."""

    value: str
    install: Install | None
    scopes: frozenset[str]
    expires: datetime | None = None
    refresh: str | None = None
    revoked: bool = False


@dataclass(eq=False)
class Trigger:
    """The few seconds in which an app may open a view before somebody."""

    user: User
    install: Install
    made: datetime
    used: bool = False


class Install:
    """The app in one workspace: its bot and its tokens."""

    def __init__(self, team: Team) -> None:
        self.team, self.slack = team, team.slack
        self.bot_id = self.slack.new_id("B")
        self.bot = User(team, self.slack.new_id("U"), self.slack.app.name, is_bot=True)
        self.slack.users[self.bot.id] = self.bot
        self.scopes: frozenset[str] = frozenset()
        self.active = True
        self.tokens: list[Token] = []

    def profile(self) -> Thing:
        return {
            "id": self.bot_id,
            "app_id": self.slack.app.id,
            "name": self.slack.app.name,
            "deleted": False,
            "updated": 0,
            "team_id": self.team.id,
        }

    def new_token(self, *, rotates: bool = False) -> Token:
        """A token; of those that rotate at most two live at once."""
        value = self.slack.made_id(f"{'xoxe.' if rotates else ''}xoxb-{self.team.id}-")
        token = Token(value, self, self.scopes)
        if rotates:
            token.expires = self.slack.now() + TOKEN_LIVES
            token.refresh = self.slack.made_id("xoxe-1-")
            living = [one for one in self.tokens if not one.revoked]
            for old in living[:-1]:
                old.revoked = True
        self.tokens.append(token)
        self.slack.tokens[value] = token
        return token


class Team:
    """One workspace."""

    def __init__(self, slack: Slack, team_id: str, name: str) -> None:
        self.slack, self.id, self.name = slack, team_id, name
        self.domain = name.lower().replace(" ", "-")
        self.install: Install | None = None

    @property
    def token(self) -> str:
        """The newest token of the bot here."""
        return self.installed().tokens[-1].value

    @property
    def bot(self) -> User:
        return self.installed().bot

    def installed(self) -> Install:
        assert self.install, f"the app is not installed in {self.name}"
        return self.install

    def installs(self, *, scopes: Iterable[str] | None = None, rotates: bool = False) -> Install:
        """Put the app in, with a new token."""
        granted = frozenset(scopes if scopes is not None else self.slack.app.scopes)
        self.install = self.install or Install(self)  # the bot that comes back is the one that was here before
        self.install.active, self.install.scopes = True, granted
        self.install.new_token(rotates=rotates)
        return self.install

    def user(self, name: str, **about: Any) -> User:
        """Somebody who works here: email, tz, guest, and whatever else User takes."""
        user = User(self, self.slack.new_id("U"), name, **about)
        self.slack.users[user.id] = user
        return user

    def channel(self, name: str, *, members: Sequence[User] = (), private: bool = False, bot: bool = False) -> Room:
        """A channel with these people in it, and with the bot if it is said to be in from the beginning."""
        inside = [user.id for user in members] + ([self.bot.id] if bot else [])
        room = Room(self, self.slack.new_id("C"), name, inside, private=private)
        self.slack.rooms[room.id] = room
        return room

    def group(self, *people: User) -> Room:
        """A direct message of several people with the bot."""
        members = [self.bot.id, *(user.id for user in people)]
        name = f"mpdm-{'--'.join(user.handle for user in people)}-1"
        room = Room(self, self.slack.new_id("G"), name, members, direct=True)
        self.slack.rooms[room.id] = room
        return room

    def dm(self, user: User) -> Room:
        """The direct message of the bot with this person."""
        bot = self.bot
        for room in self.slack.rooms.values():
            if room.type == "im" and set(room.members) == {bot.id, user.id}:
                return room
        room = Room(self, self.slack.new_id("D"), "", [bot.id, user.id], direct=True)
        self.slack.rooms[room.id] = room
        return room

    def people(self) -> list[User]:
        return [user for user in self.slack.users.values() if user.team is self]

    async def uninstalls(self) -> None:
        """Take the app out: its tokens are dead before it hears of it."""
        install = self.installed()
        for token in install.tokens:
            token.revoked = True
        await self._token_gone(install)
        await self.slack.delivery.event(install, "app_uninstalled", {"type": "app_uninstalled"})
        install.active = False

    async def revokes_token(self) -> None:
        """Revoke the bot's tokens, though the app stays."""
        install = self.installed()
        for token in install.tokens:
            token.revoked = True
        await self._token_gone(install)

    async def _token_gone(self, install: Install) -> None:
        event = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [install.bot.id]}}
        await self.slack.delivery.event(install, "tokens_revoked", event | {"event_ts": self.slack.ts()})


@dataclass
class Slack:
    """The service: everything the workspaces have in common, and the server that the app talks to."""

    clock: Callable[[], datetime] | None = None
    app: App = field(default_factory=App)
    limits: bool = True  # rate limits
    burst: int = 10  # how many posts at once a channel bears
    patience: float = 3.0  # real seconds that Slack waits for an answer

    def __post_init__(self) -> None:
        self.teams: dict[str, Team] = {}
        self.users: dict[str, User] = {}
        self.rooms: dict[str, Room] = {}
        self.tokens: dict[str, Token] = {self.app.app_token: Token(self.app.app_token, None, self.app.app_scopes)}
        self.triggers: dict[str, Trigger] = {}
        self.views: dict[str, View] = {}
        self.codes: dict[str, Thing] = {}
        self.calls: list[Call] = []  # every call of the Web API
        self._ids, self._last = itertools.count(1), 0
        self.delivery = Delivery(self)
        self.web = WebApi(self)

    async def __aenter__(self) -> Self:
        await self.web.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.delivery.stop()
        await self.web.stop()

    # ------------------------------------------------------------------------------------------------ what a test sets

    def team(self, team_id: str, *, name: str, installed: bool = True) -> Team:
        """A workspace, which has the app unless it is said not to."""
        team = self.teams[team_id] = Team(self, team_id, name)
        if installed:
            team.installs()
        return team

    def connect(self, events_url: str, signing_secret: str) -> None:
        """Deliver by signed HTTP from now on; without this, by Socket Mode."""
        self.delivery.connect(events_url, signing_secret)

    def next(self, method: str, *faults: Fault) -> None:
        """Let the next calls of this method go wrong, each in its way."""
        self.web.faults[method] += faults

    def hold(self) -> None:
        """Keep events back until they are released."""
        self.delivery.held = []

    async def release(
        self, order: Callable[[list[Envelope]], Iterable[Envelope]] = list, *, twice: bool = False
    ) -> list[Answer]:
        """Deliver what was held, in this order, and if wanted each of them twice."""
        return await self.delivery.release(order, twice=twice)

    async def redeliver(self) -> list[Answer]:
        """Try once more each event whose delivery has failed, as Slack does three times."""
        return await self.delivery.redeliver()

    async def settles(self) -> None:
        """Wait until everything that the app caused has been delivered."""
        await self.delivery.settles()

    async def verifies_url(self) -> bool:
        """Ask the app whether the address is its own."""
        return await self.delivery.verifies_url()

    # -------------------------------------------------------------------------------------------- what a test looks at

    @property
    def api_url(self) -> str:
        return f"{self.web.url}/api/"

    @property
    def answers(self) -> list[Answer]:
        """Every answer of the app to a delivery."""
        return self.delivery.answers

    def called(self, method: str, team: Team | None = None) -> list[Call]:
        """The calls of one method."""
        return [call for call in self.calls if call.method == method and team in {None, call.team}]

    # ------------------------------------------------------------------------------------------------- time and names

    def now(self) -> datetime:
        return self.clock() if self.clock else datetime.now(UTC)

    def ts(self) -> str:
        """A stamp later than every one before it."""
        self._last = max(self._last + 1, int(self.now().timestamp() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def new_id(self, letter: str) -> str:
        return f"{letter}{next(self._ids):09d}"

    def made_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._ids):06x}"

    def trigger(self, user: User, install: Install) -> str:
        made = f"{next(self._ids)}.{self._last}.{next(self._ids):032x}"
        self.triggers[made] = Trigger(user, install, self.now())
        return made

    # ------------------------------------------------------------------------------------------------------ messages

    def add(self, room: Room, user: User, text: str, **more: Any) -> Message:
        """Put a message into a room."""
        blocks = filled(more.pop("blocks", None) or [], self)
        message = Message(room, self.ts(), user.id, user.team.id, text, blocks, **more)
        room.messages.append(message)
        return message

    async def tell(self, message: Message) -> None:
        """Tell the app of a new message."""
        if not message.only:
            content = message.payload()
            if message.team != message.room.team.id:
                content |= {"user_team": message.team, "source_team": message.team, "user_profile": {}}
            await self.tell_of(message.room, content | {"event_ts": message.ts})

    async def deletes(self, message: Message) -> None:
        message.deleted = True
        if message.only:
            return
        ts = self.ts()
        event = {"type": "message", "subtype": "message_deleted", "hidden": True, "deleted_ts": message.ts, "ts": ts}
        await self.tell_of(message.room, event | {"previous_message": message.payload(), "event_ts": ts})

    async def changes(self, message: Message, before: Thing) -> None:
        ts = self.ts()
        event = {"type": "message", "subtype": "message_changed", "hidden": True, "ts": ts, "event_ts": ts}
        await self.tell_of(message.room, event | {"message": message.payload(), "previous_message": before})

    async def tell_of(self, room: Room, event: Thing) -> None:
        """Tell whichever installation is in the room of something about a message."""
        kind = f"message.{room.type}" + ("" if room.direct else "s")
        for install in room.seen_by(member=True)[:1]:
            told = event | {"channel": room.id, "channel_type": room.type}
            await self.delivery.event(install, kind, told, room)

    def later(self, work: Awaitable[Any]) -> None:
        """Let this happen after the answer to whoever has caused it."""
        self.delivery.later(work)
