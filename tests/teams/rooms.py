"""Where people talk: personal chats, group chats, channels of teams and the chats of meetings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.teams import activities
from tests.teams.messages import Message

if TYPE_CHECKING:
    from tests.teams.people import User
    from tests.teams.tenants import Team, Tenant

Thing = dict[str, Any]


class Room:
    """A conversation, and what happens to it as a whole."""

    def __init__(
        self, tenant: Tenant, kind: str, room_id: str, name: str, people: list[User], *, bot: bool, team: Team | None
    ) -> None:
        self.tenant, self.teams = tenant, tenant.teams
        self.kind, self.id, self.name, self.team = kind, room_id, name, team
        self._people = people
        self._bot_in, self._rsc = bot, False
        self.blocked = False  # a personal chat, by the person
        self.messages: list[Message] = []

    @property
    def meeting_id(self) -> str | None:
        return None

    @property
    def people(self) -> list[User]:
        return self.team.people if self.team else self._people

    @property
    def bot_in(self) -> bool:
        """Whether the app is installed here."""
        if self.kind == "personal":
            return self._people[0].installed
        return self.team.bot_in if self.team else self._bot_in

    @bot_in.setter
    def bot_in(self, inside: bool) -> None:
        if self.kind == "personal":
            self._people[0].installed = inside
        elif self.team:
            self.team.bot_in = inside
        else:
            self._bot_in = inside

    @property
    def rsc(self) -> bool:
        """Whether the bot is sent every message, and not only those that mention it."""
        return self.team.rsc if self.team else self._rsc

    @rsc.setter
    def rsc(self, granted: bool) -> None:
        if self.team:
            self.team.rsc = granted
        else:
            self._rsc = granted

    def find(self, message_id: str) -> Message | None:
        return next((one for one in self.messages if one.id == message_id and not one.deleted), None)

    def member(self, name: str) -> User | None:
        """Whom of those in here this id names: a 29: id, an Entra id or a user principal name."""
        return next((one for one in self.people if name in {one.id, one.aad_id, one.email}), None)

    def has(self, name: str) -> bool:
        return self.member(name) is not None or name == self.teams.bot_id

    def hears(self, message: Message) -> bool:
        """Whether the bot is sent what this person has written."""
        if not self.bot_in:
            return False
        return self.kind == "personal" or self.rsc or self.teams.is_mentioned(message.said)

    # ------------------------------------------------------------------------------- what people do to the room

    async def adds_bot(self, by: User | None = None, *, action: str = "add") -> None:
        """Install the app here."""
        self.bot_in = True
        who = by or self.people[0]
        await self._tells(activities.membership(self, who, [{"id": self.teams.bot_id}], added=True))
        await self._tells(activities.installation(self, who, action))

    async def removes_bot(self, by: User | None = None) -> None:
        """Take the app away: it hears of it when it can no longer speak here."""
        self.bot_in = False
        who = by or self.people[0]
        if self.kind != "personal":
            await self._tells(activities.membership(self, who, [{"id": self.teams.bot_id}], added=False))
        await self._tells(activities.installation(self, who, "remove"))

    async def adds(self, *people: User) -> None:
        """Bring people in; the event says their ids and not their names."""
        self.people.extend(one for one in people if one not in self.people)
        await self._moved(people, added=True)

    async def removes(self, *people: User) -> None:
        for one in people:
            self.people.remove(one)
        await self._moved(people, added=False)

    async def renames(self, name: str) -> None:
        self.name = name
        if not self.team:
            await self._changes(topicName=name)
            return
        channel = {"id": self.id, "name": name}
        data = {"eventType": "channelRenamed", "channel": channel, "team": self.team.account()}
        await self._changes(channel_data=data)

    async def is_deleted(self) -> None:
        """A channel is deleted."""
        assert self.team, "only channels are deleted"
        data = {"eventType": "channelDeleted", "channel": {"id": self.id, "name": self.name}}
        self.team.channels.remove(self)
        del self.teams.rooms[self.id]
        await self._changes(channel_data=data | {"team": self.team.account()})

    # ----------------------------------------------------------------------------------------------------- within

    async def _moved(self, people: tuple[User, ...], *, added: bool) -> None:
        if self.bot_in and people:
            who = [{"id": one.id, "aadObjectId": one.aad_id} for one in people]
            await self._tells(activities.membership(self, people[0], who, added=added))

    async def _changes(self, **what: Any) -> None:
        if self.bot_in:
            await self._tells(activities.activity(self, self.people[0], "conversationUpdate", **what))

    async def _tells(self, activity: Thing) -> None:
        await self.teams.delivery.event(activity)


class Meeting(Room):
    """The chat of a scheduled meeting, and the meeting itself."""

    reports = True  # the permission to hear of its start and end
    reports_attendance = True  # that to hear who comes and goes, and the tick in the Developer Portal

    @property
    def meeting_id(self) -> str | None:
        return f"MCM{self.id.removeprefix('19:').replace('@', '_')}=="

    async def starts(self) -> None:
        await self._event("Start", StartTime=self.teams.now().isoformat().replace("+00:00", "Z"))

    async def ends(self) -> None:
        await self._event("End", EndTime=self.teams.now().isoformat().replace("+00:00", "Z"))

    async def joined(self, *people: User, role: str = "Attendee") -> None:
        await self._attended(people, role, there=True)

    async def left(self, *people: User, role: str = "Attendee") -> None:
        await self._attended(people, role, there=False)

    async def _event(self, what: str, **when: str) -> None:
        if self.bot_in and self.reports:
            about = {"MeetingType": "Scheduled", "Title": self.name, "Id": self.meeting_id}
            value = about | {"JoinUrl": f"https://teams.microsoft.com/l/meetup-join/{self.id}/0"} | when
            await self._says(what, self.people[0], value)

    async def _attended(self, people: tuple[User, ...], role: str, *, there: bool) -> None:
        if self.bot_in and self.reports_attendance:
            moved = [
                {
                    "user": {"id": one.id, "aadObjectId": one.aad_id, "name": one.name},
                    "meeting": {"inMeeting": there, "role": role},
                }
                for one in people
            ]
            await self._says("ParticipantJoin" if there else "ParticipantLeave", people[0], {"members": moved})

    async def _says(self, what: str, by: User, value: Thing) -> None:
        name = f"application/vnd.microsoft.meeting{what}"
        await self._tells(activities.activity(self, by, "event", name=name, value=value))
