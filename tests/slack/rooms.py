"""What there is in a workspace to talk in: channels and direct messages, and what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.slack.checks import Thing
from tests.slack.messages import Message

if TYPE_CHECKING:
    from tests.slack.people import User
    from tests.slack.workspace import Install, Team


# What has another name in a private channel.
PRIVATE = {"channel_archive", "channel_unarchive", "channel_rename", "channel_deleted"}


class Room:
    """A channel, a private channel or a direct message; what people and administrators do to it are its methods."""

    def __init__(
        self, team: Team, room_id: str, name: str, members: list[str], *, private: bool = False, direct: bool = False
    ) -> None:
        self.team, self.id, self.name, self.members = team, room_id, name, members
        self.private, self.direct = private, direct
        self.slack = team.slack
        self.shared_with: list[Team] = []
        self.messages: list[Message] = []
        self.archived = self.posting_restricted = False
        self.created = int(self.slack.now().timestamp())

    @property
    def teams(self) -> list[Team]:
        return [self.team, *self.shared_with]

    @property
    def type(self) -> str:
        """As events name it: channel, group, im or mpim."""
        if self.direct:
            return "im" if len(self.members) == 2 else "mpim"
        return "group" if self.private else "channel"

    def find(self, ts: str) -> Message | None:
        return next((one for one in self.messages if one.ts == ts and not one.only and not one.deleted), None)

    def replies(self, parent: Message) -> list[Message]:
        return [
            one
            for one in self.messages
            if one.thread_ts == parent.ts and one.ts != parent.ts and not one.only and not one.deleted
        ]

    def payload(self, user: str | None = None) -> Thing:
        """The channel as Slack shows it to programs."""
        if self.type == "im":
            other = next((member for member in self.members if member != user), self.members[0])
            return {"id": self.id, "created": self.created, "is_im": True, "is_archived": False, "user": other} | {
                "is_org_shared": False,
                "is_user_deleted": self.slack.users[other].deleted,
            }
        return {
            "id": self.id,
            "name": self.name,
            "name_normalized": self.name,
            "created": self.created,
            "creator": self.members[0] if self.members else "",
            "context_team_id": self.team.id,
            "is_channel": self.type == "channel",
            "is_group": self.type == "group",
            "is_im": False,
            "is_mpim": self.type == "mpim",
            "is_private": self.private or self.direct,
            "is_archived": self.archived,
            "is_general": False,
            "is_shared": bool(self.shared_with),
            "is_ext_shared": bool(self.shared_with),
            "is_org_shared": False,
            "is_member": user in self.members,
            "shared_team_ids": [team.id for team in self.teams],
            "num_members": len(self.members),
            "topic": {"value": "", "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
            "previous_names": [],
        }

    # ------------------------------------------------------------------------------- what people do to the room

    async def invite_bot(self, by: User | None = None, *, of: Team | None = None) -> None:
        """Bring the bot in, of the room's own workspace or of one that shares it; it hears of its own arrival."""
        bot = (of or self.team).installed().bot
        if bot.id not in self.members:
            await self._arrives(bot, {"inviter": by.id} if by else {})

    async def kick_bot(self, by: User | None = None) -> None:
        install = self.team.installed()
        self.members.remove(install.bot.id)
        kind = "group_left" if self.private else "channel_left"
        event = {"type": kind, "channel": self.id, "actor_id": by.id if by else "", "event_ts": self.slack.ts()}
        await self.slack.delivery.event(install, kind, event)

    async def archive(self) -> None:
        self.archived = True
        await self._says("channel_archive", {"channel": self.id, "user": self._somebody()})
        await self._notes("channel_archive", "archived the channel")

    async def unarchive(self) -> None:
        self.archived = False
        await self._says("channel_unarchive", {"channel": self.id, "user": self._somebody()})
        await self._notes("channel_unarchive", "un-archived the channel")

    async def rename(self, name: str) -> None:
        old, self.name = self.name, name
        channel = {"id": self.id, "name": name, "name_normalized": name, "created": self.created}
        await self._says("channel_rename", {"channel": channel | {"is_channel": not self.private}})
        await self._notes("channel_name", f"has renamed the channel to {name}", old_name=old, name=name)

    async def make_private(self) -> None:
        """Convert the channel; its id stays, so the C says nothing about who can read it."""
        self.private = True
        await self._notes("channel_convert_to_private", "made this channel private")

    async def change_id(self) -> str:
        """Give the channel another id, as may happen when it begins to be shared; the old one."""
        old, self.id = self.id, self.slack.new_id("C")
        self.slack.rooms[self.id] = self.slack.rooms.pop(old)
        await self._says("channel_id_changed", {"old_channel_id": old, "new_channel_id": self.id})
        return old

    async def share_with(self, team: Team) -> None:
        """Open the channel to another workspace by Slack Connect."""
        self.shared_with.append(team)
        await self._says("channel_shared", {"connected_team_id": team.id, "channel": self.id})

    async def delete(self) -> None:
        await self._says("channel_deleted", {"channel": self.id, "actor_id": self._somebody()})
        del self.slack.rooms[self.id]

    async def admin_deletes(self, message: Message) -> None:
        """Somebody who may delete what others wrote does so."""
        await self.slack.deletes(message)

    async def joins(self, user: User) -> None:
        assert user.team in self.teams, f"{user.name}'s workspace does not share #{self.name}"
        if user.id not in self.members:
            await self._arrives(user, {})

    async def leaves(self, user: User) -> None:
        self.members.remove(user.id)
        await self._says("member_left_channel", self._moved(user))
        await self._notes("channel_leave", "has left the channel", user)

    # ----------------------------------------------------------------------------------------------------- within

    async def _arrives(self, user: User, inviter: Thing) -> None:
        self.members.append(user.id)
        await self._says("member_joined_channel", self._moved(user) | inviter)
        await self._notes("channel_join", "has joined the channel", user, **inviter)

    def _moved(self, user: User) -> Thing:
        kind = "G" if self.private else "C"
        return {"user": user.id, "channel": self.id, "channel_type": kind, "team": user.team.id}

    def _somebody(self) -> str:
        return self.members[0] if self.members else ""

    async def _notes(self, subtype: str, words: str, user: User | None = None, **more: Any) -> None:
        """The grey line that Slack itself writes into the room, which the app hears as a message."""
        user = user or self.slack.users.get(self._somebody())
        if user:
            message = self.slack.add(self, user, f"<@{user.id}> {words}", subtype=subtype, more=more)
            await self.slack.tell(message)

    async def _says(self, kind: str, event: Thing) -> None:
        """Tell the app, if one of its installations can see this room."""
        if self.private and kind in PRIVATE:
            kind = kind.replace("channel_", "group_")
        for install in self.seen_by()[:1]:
            await self.slack.delivery.event(install, kind, {"type": kind, "event_ts": self.slack.ts()} | event, self)

    def seen_by(self, *, member: bool = False) -> list[Install]:
        """The installations whose bot is in here, or could look in; Slack sends an event to one of them only."""
        installs = [install for team in self.teams for install in [team.install] if install and install.active]
        inside = [install for install in installs if install.bot.id in self.members]
        return inside or ([] if member or self.private or self.direct else installs)
