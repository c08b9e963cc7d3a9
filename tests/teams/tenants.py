"""Organisations: their people, their teams and their chats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tests.teams import activities
from tests.teams.people import User
from tests.teams.rooms import Meeting, Room

if TYPE_CHECKING:
    from tests.teams.service import Teams

Thing = dict[str, Any]


class Team:
    """A team: its people are in all its channels, and so is the app once it is installed."""

    def __init__(self, tenant: Tenant, name: str, people: list[User], *, bot: bool) -> None:
        self.tenant, self.name, self.people, self.bot_in = tenant, name, people, bot
        self.rsc = False
        self.group_id = tenant.teams.made_guid()
        self.channels: list[Room] = []
        self.general = self.channel("General")

    @property
    def id(self) -> str:
        """A team is known by the id of its first channel."""
        return self.general.id

    def account(self) -> Thing:
        return {"id": self.id, "name": self.name, "aadGroupId": self.group_id}

    def channel(self, name: str) -> Room:
        """The channel of this name, made if it is new."""
        for room in self.channels:
            if room.name == name:
                return room
        teams = self.tenant.teams
        room = Room(self.tenant, "channel", teams.room_id("tacv2"), name, [], bot=False, team=self)
        self.channels.append(room)
        teams.rooms[room.id] = room
        return room

    async def adds_bot(self, by: User | None = None) -> None:
        await self.general.adds_bot(by)

    async def removes_bot(self, by: User | None = None) -> None:
        await self.general.removes_bot(by)

    async def adds(self, *people: User) -> None:
        await self.general.adds(*people)

    async def removes(self, *people: User) -> None:
        await self.general.removes(*people)

    async def new_channel(self, name: str) -> Room:
        """A channel that is made while the bot looks on."""
        room = self.channel(name)
        channel = {"id": room.id, "name": name}
        await self._event({"eventType": "channelCreated", "channel": channel}, room)
        return room

    async def renames(self, name: str) -> None:
        self.name = name
        await self._event({"eventType": "teamRenamed"}, self.general)

    async def is_archived(self) -> None:
        await self._event({"eventType": "teamArchived"}, self.general)

    async def _event(self, data: Thing, room: Room) -> None:
        if self.bot_in:
            told = data | {"team": self.account()}
            event = activities.activity(room, self.people[0], "conversationUpdate", channel_data=told)
            await self.tenant.teams.delivery.event(event)


class Tenant:
    """One organisation."""

    def __init__(self, teams: Teams, tenant_id: str, name: str) -> None:
        self.teams, self.id, self.name = teams, tenant_id, name
        self.users: list[User] = []
        self.disabled = False  # the app, by the organisation's administrators

    def user(self, name: str, **about: Any) -> User:
        """Somebody who works here: email, tz, locale, installed, and whatever else User takes."""
        user = User(self, self.teams.made_id("29:1"), self.teams.made_guid(), name, **about)
        self.users.append(user)
        return user

    def group_chat(self, name: str = "", *, members: Sequence[User] = (), bot: bool = False) -> Room:
        """A chat of several people, with the bot if it is said to be in from the beginning."""
        return self._chat("groupChat", self.teams.room_id("v2"), name, members, bot=bot)

    def team(self, name: str, *, members: Sequence[User] = (), bot: bool = False) -> Team:
        return Team(self, name, list(members), bot=bot)

    def meeting(self, name: str, *, members: Sequence[User] = (), bot: bool = False) -> Meeting:
        room_id = self.teams.room_id("v2", "meeting_")
        meeting = Meeting(self, "groupChat", room_id, name, list(members), bot=bot, team=None)
        self.teams.rooms[meeting.id] = meeting
        return meeting

    def personal(self, user: User) -> Room:
        """The chat of this person with the bot."""
        for room in self.teams.rooms.values():
            if room.kind == "personal" and room.people == [user]:
                return room
        return self._chat("personal", self.teams.made_id("a:1"), "", [user], bot=user.installed)

    def _chat(self, kind: str, room_id: str, name: str, members: Sequence[User], *, bot: bool) -> Room:
        room = Room(self, kind, room_id, name, list(members), bot=bot, team=None)
        self.teams.rooms[room.id] = room
        return room
