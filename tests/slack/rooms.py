"""What there is in a workspace to talk in: channels and direct messages, their messages, and views."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.slack.checks import Thing

if TYPE_CHECKING:
    from tests.slack.people import User
    from tests.slack.reading import Read
    from tests.slack.workspace import Install, Slack, Team

STATEFUL = ("select", "picker", "checkboxes", "radio_buttons", "_input")


def filled(blocks: list[Thing], slack: Slack) -> list[Thing]:
    """These blocks as Slack keeps them: each with a block_id, each element with an action_id."""
    kept = copy.deepcopy(blocks)
    for block in kept:
        if block["type"] == "markdown" or not block.get("block_id"):
            block["block_id"] = slack.made_id("b")
        for element in elements(block):
            if element["type"] not in {"image", "plain_text", "mrkdwn"}:
                element.setdefault("action_id", slack.made_id("a"))
    return kept


def elements(block: Thing) -> list[Thing]:
    """What can be worked in a block."""
    if block["type"] in {"actions", "context_actions"}:
        return list(block["elements"])
    if block["type"] == "input":
        return [block["element"]]
    if block["type"] == "carousel":
        return [element for card in block["elements"] for element in card.get("actions", ())]
    if block["type"] == "card":
        return list(block.get("actions", ()))
    if block["type"] == "container":
        return [element for child in block["child_blocks"] for element in elements(child)]
    return [block["accessory"]] if "accessory" in block else []


@dataclass(eq=False)
class Message:
    """One message, as it stands now."""

    room: Room
    ts: str
    user: str
    team: str
    text: str
    blocks: list[Thing] = field(default_factory=list)
    attachments: list[Thing] = field(default_factory=list)
    install: Install | None = None  # whose bot wrote it
    thread_ts: str | None = None
    metadata: Thing | None = None
    only: str | None = None  # an ephemeral message is for this user
    subtype: str | None = None
    how: Thing = field(default_factory=dict)  # mrkdwn, parse and link_names as they were sent
    edited: Thing | None = None
    deleted: bool = False
    reactions: dict[str, list[str]] = field(default_factory=dict)
    states: dict[str, dict[str, dict[str, Thing]]] = field(default_factory=dict)  # user, block_id, action_id

    def payload(self, *, metadata: bool = False) -> Thing:
        """The message as Slack shows it to programs."""
        said: Thing = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text, "team": self.team}
        if self.subtype:
            said["subtype"] = self.subtype
        if self.install:
            bot = self.install
            said |= {"bot_id": bot.bot_id, "app_id": bot.slack.app.id, "bot_profile": bot.profile()}
        for name in ("blocks", "attachments", "edited"):
            if value := getattr(self, name):
                said[name] = copy.deepcopy(value)
        if metadata and self.metadata:
            said["metadata"] = copy.deepcopy(self.metadata)
        if self.reactions:
            said["reactions"] = [
                {"name": name, "users": list(users), "count": len(users)} for name, users in self.reactions.items()
            ]
        if self.thread_ts:
            said |= {"thread_ts": self.thread_ts}
            if self.thread_ts != self.ts and (parent := self.room.find(self.thread_ts)):
                said["parent_user_id"] = parent.user
        if replies := self.room.replies(self):
            users = list(dict.fromkeys(reply.user for reply in replies))
            said |= {
                "thread_ts": self.ts,
                "reply_count": len(replies),
                "reply_users": users,
                "reply_users_count": len(users),
                "latest_reply": replies[-1].ts,
            }
        return said

    def state(self, user: User) -> dict[str, dict[str, Thing]]:
        return self.states.setdefault(user.id, {})

    def read_by(self, user: User) -> Read:
        from tests.slack.reading import read_message  # noqa: PLC0415 - reading reads messages, and messages are read

        return read_message(self, user)


@dataclass(eq=False)
class View:
    """A modal or a Home tab, as its owner has it before them."""

    id: str
    owner: User
    install: Install
    given: Thing
    blocks: list[Thing]
    hash: str
    root: str = ""
    previous: str | None = None
    values: dict[str, dict[str, Thing]] = field(default_factory=dict)

    def payload(self) -> Thing:
        """The view as Slack shows it to programs."""
        given = self.given
        return {
            "id": self.id,
            "team_id": self.owner.team.id,
            "type": given["type"],
            "blocks": copy.deepcopy(self.blocks),
            "private_metadata": given.get("private_metadata", ""),
            "callback_id": given.get("callback_id", ""),
            "external_id": given.get("external_id", ""),
            "state": {"values": copy.deepcopy(self.values)},
            "hash": self.hash,
            "title": given.get("title"),
            "clear_on_close": given.get("clear_on_close", False),
            "notify_on_close": given.get("notify_on_close", False),
            "close": given.get("close"),
            "submit": given.get("submit"),
            "previous_view_id": self.previous,
            "root_view_id": self.root or self.id,
            "app_id": self.install.slack.app.id,
            "app_installed_team_id": self.install.team.id,
            "bot_id": self.install.bot_id,
        }

    def state(self, user: User) -> dict[str, dict[str, Thing]]:
        return self.values

    @property
    def read(self) -> Read:
        """What its owner reads."""
        from tests.slack.reading import read_view  # noqa: PLC0415 - reading reads views, and views are read

        return read_view(self)


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

    async def invite_bot(self, by: User | None = None) -> None:
        """Bring the bot in; it hears of its own arrival."""
        install = self.team.installed()
        if install.bot.id not in self.members:
            self.members.append(install.bot.id)
            await self._says("member_joined_channel", self._moved(install.bot, inviter=by.id if by else None))

    async def kick_bot(self) -> None:
        install = self.team.installed()
        self.members.remove(install.bot.id)
        kind = "group_left" if self.private else "channel_left"
        event = {"type": kind, "channel": self.id, "actor_id": "", "event_ts": self.slack.ts()}
        await self.slack.delivery.event(install, kind, event)

    async def archive(self) -> None:
        self.archived = True
        await self._says("channel_archive")

    async def unarchive(self) -> None:
        self.archived = False
        await self._says("channel_unarchive")

    async def rename(self, name: str) -> None:
        self.name = name
        channel = {"id": self.id, "name": name, "name_normalized": name, "created": self.created}
        await self._says("channel_rename", {"channel": channel | {"is_channel": not self.private}})

    async def make_private(self) -> None:
        """Convert the channel; its id stays, so the C says nothing about who can read it."""
        self.private = True
        await self._says("channel_convert_to_private", {"user": self.members[0]}, message=True)

    async def change_id(self) -> str:
        """Give the channel another id, as may happen when it begins to be shared."""
        old, self.id = self.id, self.slack.new_id("C")
        self.slack.rooms[self.id] = self.slack.rooms.pop(old)
        await self._says("channel_id_changed", {"old_channel_id": old, "new_channel_id": self.id})
        return old

    async def share_with(self, team: Team) -> None:
        """Open the channel to another workspace by Slack Connect."""
        self.shared_with.append(team)
        await self._says("channel_shared", {"connected_team_id": team.id})

    async def delete(self) -> None:
        await self._says("channel_deleted")
        del self.slack.rooms[self.id]

    async def admin_deletes(self, message: Message) -> None:
        """Somebody who may delete what others wrote does so."""
        await self.slack.deletes(message)

    async def joins(self, user: User) -> None:
        assert user.team in self.teams, f"{user.name}'s workspace does not share #{self.name}"
        if user.id not in self.members:
            self.members.append(user.id)
            await self._says("member_joined_channel", self._moved(user))

    async def leaves(self, user: User) -> None:
        self.members.remove(user.id)
        await self._says("member_left_channel", self._moved(user))

    def _moved(self, user: User, **more: Any) -> Thing:
        kind = "G" if self.private else "C"
        known = {name: value for name, value in more.items() if value}
        return {"user": user.id, "channel": self.id, "channel_type": kind, "team": user.team.id} | known

    async def _says(self, kind: str, event: Thing | None = None, *, message: bool = False) -> None:
        """Tell the app, if one of its installations can see this room."""
        if self.private and kind.startswith("channel_") and kind not in {"channel_id_changed", "channel_shared"}:
            kind = kind if message else kind.replace("channel_", "group_")
        content = {"channel": self.id} | (event or {}) | {"event_ts": self.slack.ts()}
        if message:
            content |= {
                "type": "message",
                "subtype": kind,
                "ts": content["event_ts"],
                "text": "",
                "channel_type": "group",
            }
            kind = "message.groups"
        content.setdefault("type", kind)
        for install in self.seen_by():
            await self.slack.delivery.event(install, kind, content, self)
            return

    def seen_by(self, *, member: bool = False) -> list[Install]:
        """The installations whose bot is in here, or could look in; Slack sends an event to one of them only."""
        installs = [install for team in self.teams for install in [team.install] if install and install.active]
        inside = [install for install in installs if install.bot.id in self.members]
        return inside or ([] if member or self.private or self.direct else installs)
