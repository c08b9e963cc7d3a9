"""The people of a workspace: what they do, and what they then see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tests.slack import modals, payloads
from tests.slack.checks import Thing
from tests.slack.delivery import COMMANDS, INTERACTIVE
from tests.slack.forms import entered, fields, pressable
from tests.slack.installing import Visit, installs
from tests.slack.limits import refused_message
from tests.slack.messages import Message, View
from tests.slack.reading import Read
from tests.slack.rooms import Room
from tests.slack.typed import as_command, as_message

if TYPE_CHECKING:
    from tests.slack.workspace import Install, Slack, Team


@dataclass(eq=False)
class User:
    """Somebody with a Slack account, or a bot."""

    team: Team
    id: str
    name: str
    email: str | None = None
    tz: str = "Etc/UTC"
    locale: str = "en-US"
    guest: bool = False
    admin: bool = False
    is_bot: bool = False
    deleted: bool = False
    away: bool = False  # then ephemeral messages of the API do not reach them
    home: View | None = None
    stack: list[View] = field(default_factory=list, repr=False)
    opened: list[str] = field(default_factory=list, repr=False)  # addresses that pressed buttons have led to
    troubles: list[str] = field(default_factory=list, repr=False)  # whatever Slack has told them went wrong

    @property
    def slack(self) -> Slack:
        return self.team.slack

    @property
    def handle(self) -> str:
        return self.name.lower().replace(" ", ".")

    @property
    def dm(self) -> Room:
        """The direct message with the bot."""
        return self.team.dm(self)

    @property
    def view(self) -> View | None:
        """The modal before them."""
        return self.stack[-1] if self.stack else None

    def payload(self, install: Install) -> Thing:
        """The person as Slack shows them to this bot."""
        offset = self.slack.now().astimezone(ZoneInfo(self.tz)).utcoffset() or timedelta()
        profile = {"real_name": self.name, "display_name": self.handle, "team": self.team.id}
        profile |= {"real_name_normalized": self.name, "display_name_normalized": self.handle}
        if self.email and "users:read.email" in install.scopes and self.team is install.team:
            profile["email"] = self.email
        said: Thing = {"id": self.id, "team_id": self.team.id, "name": self.handle, "deleted": self.deleted}
        said |= {"profile": profile, "is_bot": self.is_bot, "is_app_user": False, "updated": 0}
        if self.deleted:
            return said
        if self.team is not install.team:
            said["is_stranger"] = True
        return said | {
            "real_name": self.name,
            "tz": self.tz,
            "tz_label": self.tz,
            "tz_offset": int(offset.total_seconds()),
            "locale": self.locale,
            "is_admin": self.admin,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": self.guest,
            "is_ultra_restricted": False,
        }

    # -------------------------------------------------------------------------------------------------- in a channel

    async def types(self, room: Room, text: str) -> Read:
        """Type a slash command; what Slack shows for it, if only to this person."""
        self._sees(room)
        name, _, rest = text.partition(" ")
        install = self.team.install
        if name not in self.slack.app.commands or not install or not install.active:
            return self.troubled(f"{name} is not a valid command.")
        words = as_command(rest.strip(), self) if self.slack.app.commands[name] else rest.strip()
        before = self._shown()
        answer = await self.slack.delivery.send(COMMANDS, name, payloads.command(self, room, install, name, words))
        if not answer.ok:
            error = "operation_timeout" if answer.reason == "http_timeout" else "dispatch_failed"
            return self.troubled(f'{name} failed with the error "{error}"')
        given = answer.thing if answer.thing is not None else {"text": answer.body}
        public: list[Message] = []
        if given.get("text") or given.get("blocks"):
            if refusal := refused_message(given):
                return self.troubled(f'{name} failed with the error "{refusal.error}"')
            public.append(self.slack.delivery.responses.shown(room, self, install, given))
        return self._new(before, [one for one in public if not one.only])

    async def writes(self, room: Room, text: str, *, thread: Message | Read | None = None) -> Message:
        """Write something that everybody in the room reads."""
        self._sees(room)
        assert self.id in room.members, f"{self.name} is not in #{room.name}"
        assert not room.archived, "nobody writes in an archived channel"
        above = _message(thread) if thread else None
        words, blocks = as_message(text, self)
        message = self.slack.add(room, self, words, blocks=blocks, thread_ts=above.ts if above else None)
        await self.slack.tell(message)
        for install in room.seen_by(member=True)[:1]:
            if f"<@{install.bot.id}>" in words and not room.direct:
                told = message.payload() | {"type": "app_mention", "channel": room.id, "event_ts": message.ts}
                await self.slack.delivery.event(install, "app_mention", told, room)
        return message

    async def writes_to_bot(self, text: str) -> Message:
        """Write to the bot directly."""
        assert self.slack.app.messages_tab, "the app has no messages"
        assert not self.slack.app.read_only, "the app takes no messages"
        return await self.writes(self.dm, text)

    async def edits(self, message: Message, text: str) -> None:
        assert message.user == self.id, "people edit only their own messages"
        before = message.payload()
        message.text, blocks = as_message(text, self)
        message.blocks = [blocks[0] | {"block_id": self.slack.made_id("b")}]
        message.edited = {"user": self.id, "ts": self.slack.ts()}
        await self.slack.changes(message, before)

    async def deletes(self, message: Message) -> None:
        assert message.user == self.id or self.admin, "only administrators delete what others wrote"
        await self.slack.deletes(message)

    async def reacts(self, message: Message | Read, name: str) -> None:
        _message(message).reactions.setdefault(name, []).append(self.id)
        await self._reaction("reaction_added", _message(message), name)

    async def takes_back(self, message: Message | Read, name: str) -> None:
        """Remove a reaction."""
        users = _message(message).reactions[name]
        users.remove(self.id)
        if not users:
            del _message(message).reactions[name]
        await self._reaction("reaction_removed", _message(message), name)

    async def joins(self, room: Room) -> None:
        await room.joins(self)

    async def leaves(self, room: Room) -> None:
        await room.leaves(self)

    def reads(self, room: Room, *, thread: Message | Read | None = None) -> list[Read]:
        """What others wrote into a room, or into one thread of it, from the oldest to the newest."""
        self._sees(room)
        above = _message(thread).ts if thread else None
        return [
            message.read_by(self)
            for message in room.messages
            if not (message.deleted or message.subtype)
            and message.only in {None, self.id}
            and (not above or above == message.thread_ts)
        ]

    def last(self, room: Room) -> Message:
        """The newest message that this person finds in a room."""
        message = self.reads(room)[-1].message
        assert message
        return message

    @property
    def direct(self) -> list[Read]:
        """What stands in the direct message with the bot."""
        return self.reads(self.dm)

    def reloads(self) -> None:
        """Start the client anew: ephemeral messages are gone."""
        for room in self.slack.rooms.values():
            room.messages[:] = [message for message in room.messages if message.only != self.id]

    # -------------------------------------------------------------------------------------------- in cards and views

    async def presses(
        self, where: Message | Read | View | None, label: str, *, confirms: bool = True, late: bool = False
    ) -> Read:
        """Press a button or a menu's option by its label; what is shown to this person alone because of it.

        Late is to press what was there before the message's last change, as happens when the two cross.
        """
        found = self._before(where)
        old = found.earlier[-1] if late and isinstance(found, Message) else found.blocks
        block, element, option = pressable(old, label)
        if "confirm" in element and not confirms:
            return Read()
        if address := (option or element).get("url"):
            self.opened.append(address)
        return await self._acts(found, payloads.action(self, block, element, option))

    async def fills(self, values: Mapping[str, Any], where: Message | Read | View | None = None) -> Read:
        """Fill in what is known by these labels; what tells the app at once tells it now."""
        found, shown = self._before(where or self.view), Read()
        for label, value in values.items():
            known = {name: (block, element) for name, block, element in fields(found.blocks)}
            assert label in known, f"there is no field {label!r}, but {list(known)}"
            block, element = known[label]
            state = entered(element, value)
            found.state(self).setdefault(block["block_id"], {})[element["action_id"]] = state
            if block["type"] != "input" or block.get("dispatch_action"):
                content = {name: kept for name, kept in state.items() if name != "type"}
                shown = await self._acts(found, payloads.action(self, block, element, None, content))
        return shown

    async def submits(self) -> dict[str, str]:
        """Submit the modal: nothing if it was taken, else what is wrong at which label."""
        return await modals.submits(self)

    async def closes(self, *, everything: bool = False) -> None:
        """Close the modal, or all that are stacked."""
        await modals.closes(self, everything=everything)

    async def opens_home(self, tab: str = "home") -> None:
        """Open the app's Home tab, or another of its tabs."""
        assert self.slack.app.home_tab or tab != "home", "the app has no Home tab"
        install = self.team.installed()
        event: Thing = {"type": "app_home_opened", "user": self.id, "channel": self.dm.id, "tab": tab}
        event["event_ts"] = self.slack.ts()
        if self.home:
            event["view"] = self.home.payload()
        await self.slack.delivery.event(install, "app_home_opened", event)

    # --------------------------------------------------------------------------------------------- in the workspace

    async def changes(self, **what: Any) -> None:
        """Change something about the person: name, email, tz, deleted."""
        for name, value in what.items():
            assert hasattr(self, name), f"people have no {name}"
            setattr(self, name, value)
        for install in [one.install for one in self.slack.teams.values() if one.install]:
            if install.team is self.team:
                event = {"type": "user_change", "user": self.payload(install), "event_ts": self.slack.ts()}
                await self.slack.delivery.event(install, "user_change", event)

    async def installs(self, url: str, *, scopes: str | None = None) -> Visit:
        """Follow the app's install page through Slack and back to the app."""
        return await installs(self, url, scopes)

    # -------------------------------------------------------------------------------------------------------- within

    def _sees(self, room: Room) -> None:
        open_to_all = not room.private and not room.direct and self.team in room.teams and not self.guest
        assert self.id in room.members or open_to_all, f"{self.name} cannot see {room.name or room.id}"

    def _before(self, where: Message | Read | View | None) -> Message | View:
        """What this person really has before them."""
        assert where is not None, f"{self.name} has nothing before them"
        if isinstance(where, View):
            assert where is self.home or where is self.view, "that view is not open"
            return where
        message = _message(where)
        assert not message.deleted, "that message is gone"
        assert message.only in {None, self.id}, "that message is for somebody else"
        self._sees(message.room)
        return message

    async def _acts(self, where: Message | View, action: Thing) -> Read:
        install = where.install
        assert install, "people's own messages have no buttons"
        before = self._shown()
        payload = payloads.block_actions(self, where, install, [action])
        answer = await self.slack.delivery.send(INTERACTIVE, "block_actions", payload)
        return self._new(before, []) if answer.ok else self.troubled("⚠ " + (answer.reason or str(answer.status)))

    async def _reaction(self, kind: str, message: Message, name: str) -> None:
        item = {"type": "message", "channel": message.room.id, "ts": message.ts}
        event = {"type": kind, "user": self.id, "reaction": name, "item": item, "item_user": message.user}
        for install in message.room.seen_by(member=True)[:1]:
            await self.slack.delivery.event(install, kind, event | {"event_ts": self.slack.ts()}, message.room)

    def _shown(self) -> set[str]:
        return {message.ts for message in self._private()}

    def _private(self) -> list[Message]:
        return [
            message
            for room in self.slack.rooms.values()
            for message in room.messages
            if message.only == self.id and not message.deleted
        ]

    def _new(self, before: set[str], public: list[Message]) -> Read:
        """What has been shown since, in one."""
        found = [one for one in self._private() if one.ts not in before] + public
        reads = [message.read_by(self) for message in found]
        if len(reads) == 1:
            return reads[0]
        words = "\n".join(read.words for read in reads)
        buttons = tuple(button for read in reads for button in read.buttons)
        live = tuple(one for read in reads for one in read.live)
        return Read(words, buttons, all(read.private for read in reads), live, found[-1] if found else None)

    def troubled(self, words: str) -> Read:
        """Slack tells this person that something went wrong."""
        self.troubles.append(words)
        return Read(words, private=True)


def _message(where: Message | Read) -> Message:
    message = where.message if isinstance(where, Read) else where
    assert message, "nothing is shown there"
    return message
