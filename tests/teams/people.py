"""The people of an organisation: what they do in Teams, and what they then see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.teams import activities, invokes
from tests.teams.cards import entered, inputs, label_of, pressable, shortcomings
from tests.teams.messages import Dialog, Message
from tests.teams.reading import Read
from tests.teams.rooms import Meeting, Room
from tests.teams.typed import as_message

if TYPE_CHECKING:
    from tests.teams.service import Teams
    from tests.teams.tenants import Tenant

Thing = dict[str, Any]


@dataclass(eq=False)
class User:
    """Somebody with a Teams account."""

    tenant: Tenant
    id: str  # 29:…, of this person for this bot
    aad_id: str
    name: str
    email: str | None = None
    tz: str = "Etc/UTC"
    locale: str = "en-US"
    installed: bool = False  # the app, for this person
    guest: bool = False
    anonymous: bool = False  # who has come into a meeting without an account
    old_client: bool = False  # one that does not know Action.Execute
    platform: str = "Windows"
    dialog: Dialog | None = None
    opened: list[str] = field(default_factory=list, repr=False)  # addresses that pressed buttons have led to
    troubles: list[str] = field(default_factory=list, repr=False)  # whatever Teams has told them went wrong

    @property
    def teams(self) -> Teams:
        return self.tenant.teams

    @property
    def personal(self) -> Room:
        """The chat with the bot alone."""
        return self.tenant.personal(self)

    def account(self) -> Thing:
        said = {"id": self.id, "name": self.name}
        return said if self.anonymous else said | {"aadObjectId": self.aad_id}

    def profile(self, entra: str = "aadObjectId") -> Thing:
        """The person as one of the members; the old list of them calls the Entra id otherwise than the rest."""
        given, _, family = self.name.rpartition(" ")
        said = {"id": self.id, "name": self.name, "givenName": given or family, "surname": family if given else ""}
        said["userRole"] = "anonymous" if self.anonymous else "guest" if self.guest else "user"
        if not self.anonymous:
            said |= {entra: self.aad_id, "tenantId": self.tenant.id}
        return said | ({"email": self.email, "userPrincipalName": self.email} if self.email else {})

    # ------------------------------------------------------------------------------------------------------ the app

    async def installs(self) -> None:
        await self.personal.adds_bot(self)

    async def uninstalls(self) -> None:
        await self.personal.removes_bot(self)

    def blocks_bot(self) -> None:
        """The bot hears nothing of this, but can no longer write."""
        self.personal.blocked = True

    # --------------------------------------------------------------------------------------------- in a conversation

    async def writes(self, room: Room, text: str, *, thread: Message | Read | None = None) -> Message:
        """Write something. In a group the bot is sent it if it says @ and its name, or if it may read everything."""
        assert self in room.people, f"{self.name} is not in {room.name or room.id}"
        above = _message(thread) if thread else None
        assert not (above and above.only), "a targeted message has no replies"
        written = Message(room, self.teams.new_id(), self, as_message(text, room, self), self.teams.now())
        if room.team:
            written.thread = (above.thread or above.id) if above else written.id
        room.messages.append(written)
        room.blocked = room.blocked and room.kind != "personal"
        await self._told(written, reply_to=above)
        return written

    async def mentions_bot(self, room: Room, text: str, *, thread: Message | Read | None = None) -> Message:
        """Write to the bot where others are."""
        return await self.writes(room, f"@{self.teams.bot_name} {text}", thread=thread)

    async def edits(self, message: Message, text: str) -> None:
        assert message.author is self, "people edit only their own messages"
        message.rewrite(as_message(text, message.room, self))
        await self._told(message, "messageUpdate", eventType="editMessage")

    async def deletes(self, message: Message) -> None:
        assert message.author is self, "people delete only their own messages"
        message.deleted = True
        await self._told(message, "messageDelete", eventType="softDeleteMessage")

    async def undeletes(self, message: Message) -> None:
        message.deleted = False
        await self._told(message, "messageUpdate", eventType="undeleteMessage")

    async def reacts(self, message: Message | Read, kind: str = "like") -> None:
        """React; the bot is told only of reactions to what it wrote itself."""
        assert not _message(message).only, "a targeted message takes no reactions"
        _message(message).reactions.setdefault(kind, []).append(self.id)
        await self._reaction(_message(message), reactionsAdded=[{"type": kind}])

    async def takes_back(self, message: Message | Read, kind: str = "like") -> None:
        """Remove a reaction."""
        _message(message).reactions[kind].remove(self.id)
        await self._reaction(_message(message), reactionsRemoved=[{"type": kind}])

    async def joins(self, meeting: Meeting, *, role: str = "Attendee") -> None:
        await meeting.joined(self, role=role)

    async def leaves(self, meeting: Meeting, *, role: str = "Attendee") -> None:
        await meeting.left(self, role=role)

    def reads(self, room: Room, *, thread: Message | Read | None = None, everything: bool = False) -> list[Read]:
        """What the bot wrote here or in one thread, or what anybody did, from the oldest to the newest."""
        return [one.read_by(self) for one in self._visible(room, thread) if everything or one.author is None]

    async def looks(self, room: Room, *, thread: Message | Read | None = None) -> list[Read]:
        """Open the conversation: cards that refresh by themselves for this person do so now."""
        for message in self._visible(room, thread):
            if not self.old_client:
                await invokes.refreshes(self, message)
        return self.reads(room, thread=thread)

    def last(self, room: Room) -> Message:
        """The newest message of the bot that this person finds in a conversation."""
        message = self.reads(room)[-1].message
        assert message
        return message

    @property
    def direct(self) -> list[Read]:
        """What the bot has written to this person alone."""
        return self.reads(self.personal)

    # ------------------------------------------------------------------------------------------- in cards and dialogs

    async def fills(self, where: Message | Read | Dialog | None, values: Mapping[str, Any]) -> None:
        """Fill in what is known by these labels; nothing is sent before a button is pressed."""
        found = self._before(where)
        known = {label_of(one): one for card in found.shown(self) for one in inputs(card)}
        for label, value in values.items():
            assert label in known, f"there is no field {label!r}, but {list(known)}"
            found.typed(self)[known[label]["id"]] = entered(known[label], value)

    async def presses(self, where: Message | Read | Dialog | None, label: str, *, late: bool = False) -> Read:
        """Press a button by its label; what is shown to this person alone because of it.

        Late is to press what was there before the message's last change, as happens when the two cross.
        """
        found = self._before(where)
        card, action = pressable(found.shown(self, late=late), label, old=self.old_client)
        kind = action["type"]
        if kind == "Action.OpenUrl":
            self.opened.append(action["url"])
        if kind not in {"Action.Execute", "Action.Submit"}:
            return Read()  # the client does it by itself
        asked = str(action.get("associatedInputs", "auto")).lower() != "none"
        if asked and (wrong := shortcomings(card, found.typed(self))):
            return Read("\n".join(f"{name}: {said}" for name, said in wrong.items()), private=True)
        return await invokes.pressed(self, found, card, action, inputs=asked)

    def closes(self) -> None:
        """Close the dialog, of which the bot hears nothing."""
        self.dialog = None

    # -------------------------------------------------------------------------------------------------------- within

    def _visible(self, room: Room, thread: Message | Read | None) -> list[Message]:
        assert self in room.people, f"{self.name} cannot see {room.name or room.id}"
        above = _message(thread).id if thread else None
        return [
            one
            for one in room.messages
            if not one.deleted and one.only in {None, self} and (not above or above == one.thread)
        ]

    def _before(self, where: Message | Read | Dialog | None) -> Message | Dialog:
        """What this person really has before them."""
        if isinstance(where, Dialog):
            assert where is self.dialog, "that dialog is not open"
            return where
        assert where is not None, f"{self.name} has nothing before them"
        message = _message(where)
        assert not message.deleted, "that message is gone"
        assert message.only in {None, self}, "that message is for somebody else"
        assert self in message.room.people, f"{self.name} cannot see {message.room.name or message.room.id}"
        return message

    async def _told(
        self, message: Message, kind: str = "message", *, reply_to: Message | None = None, **data: Any
    ) -> None:
        if message.room.hears(message):
            more: Thing = {"channel_data": data} if data else {}
            if reply_to:
                more["replyToId"] = reply_to.id
            await self.teams.delivery.event(activities.message(message, kind, **more))

    async def _reaction(self, message: Message, **what: Any) -> None:
        if message.author is None and message.room.bot_in:
            room, thread = message.room, message.thread
            event = activities.activity(room, self, "messageReaction", thread=thread, replyToId=message.id, **what)
            await self.teams.delivery.event(event)

    def troubled(self, words: str) -> Read:
        """Teams tells this person that something went wrong."""
        self.troubles.append(words)
        return Read(words, private=True)


def _message(where: Message | Read) -> Message:
    message = where.message if isinstance(where, Read) else where
    assert message, "nothing is shown there"
    return message
