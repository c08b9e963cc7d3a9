"""Show: a message as the outbox wants it, brought to Teams: new, or edited.

Teams keeps nothing in which a message could be found again. If the answer to a first post was lost, it is posted once
more and may stand there twice; docs/administrators/teams.md says so. If the answer only came too late, see `late.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from adapters.base import Bot, Gone, Message, Seen
from adapters.teams import draw
from adapters.teams.addresses import Addresses
from adapters.teams.bodies import Bodies
from adapters.teams.connector import REGISTER, UNKNOWN, Connector, Malformed
from adapters.teams.draw import Reader
from dialogs.card import Card, Link, Reply, Text, people_in

Address = Callable[[str, Link, str], str]  # tenant, link, person -> the signed address of a page
OURS = {UNKNOWN, REGISTER}  # what is wrong with the app itself: nobody in the organisation can be written to
OURSELVES = "-"  # of whom this is kept, between people and places
OWN_VIEWS = 60  # people for whom Teams fetches their own view of a message
Json = dict[str, Any]


class Show:
    """The outbox's side of the adapter."""

    def __init__(self, bot: Bot, connector: Connector, addresses: Addresses, address: Address) -> None:
        self._bot, self._connector, self._addresses, self._address = bot, connector, addresses, address
        self._bodies = Bodies()
        self._well: set[str] = set()  # tenants in which Microsoft takes us for this app

    async def show(self, message: Message) -> str:
        """See `adapters.base.Adapter.show`."""
        try:
            ref = await self._shown(message)
        except Gone as gone:
            if gone.why in OURS:
                self._well.discard(message.tenant)
                await self._bot.remember(message.tenant, "teams", OURSELVES, {"why": gone.why})
            raise
        if message.tenant not in self._well:
            await self.well(message.tenant)
        return ref

    async def well(self, tenant: str) -> None:
        """Microsoft takes us for this app again, or may: what had ended because it did not goes out."""
        self._well.add(tenant)
        if (await self._bot.recall(tenant, "teams", [OURSELVES])).get(OURSELVES, {}).get("why"):
            await self._bot.remember(tenant, "teams", OURSELVES, {})
            await self._bot.reachable(tenant, "")

    async def _shown(self, message: Message) -> str:
        try:
            return await self._bring(message, await self._activity(message))
        except Malformed:
            # Whoever is mentioned need not be in this conversation: somebody of the class may be in another room of it.
            return await self._bring(message, await self._activity(message, mentions=False))

    async def _bring(self, message: Message, activity: Json) -> str:
        if message.ref:
            conversation, id_ = message.ref.removeprefix("teams:").rsplit("|", 1)
            url = await self._url(message, conversation)
            await self._connector.update(url, conversation, id_, {**activity, "id": id_})
            return message.ref
        if message.place:
            conversation = message.place.removeprefix("teams:")
            url = await self._addresses.url(message.tenant, conversation)
        else:
            if not message.user:
                raise Gone("Teams does not know this person.")
            url, conversation = await self._addresses.chat(message.tenant, message.user)
        return f"teams:{conversation}|{await self._connector.post(url, conversation, activity)}"

    async def _url(self, message: Message, conversation: str) -> str:
        if message.user and not message.place:
            return (await self._addresses.chat(message.tenant, message.user))[0]
        return await self._addresses.url(message.tenant, conversation)

    async def _activity(self, message: Message, *, mentions: bool = True) -> Json:
        private = message.place is None
        reader = await self.reader(message.tenant, message.card, message.names, message.person if private else None)
        if not mentions:
            reader = replace(reader, users={})
        refresh = await self._own_views(message) if not private else ()
        return draw.message(message.card, message.dialog, message.slot, reader, private=private, refresh=refresh)

    async def _own_views(self, message: Message) -> Sequence[str]:
        """Facilitators see their own controls on the card; each of them costs a call whenever it changes."""
        if message.session is None or not any(button.lead for button in message.card.all_buttons()):
            return ()
        leading = await self._bot.leading(message.session)
        return [*(await self._addresses.mentions(message.tenant, leading)).values()][:OWN_VIEWS]

    async def reader(
        self, tenant: str, said: Reply | None, names: Mapping[str, str], person: str | None = None
    ) -> Reader:
        """For whom something is drawn. Without a person it is for a whole conversation, and links lead nowhere."""
        # In a chat of one person with us nobody else can be mentioned: Teams refuses the whole message.
        users = {} if person else await self._addresses.mentions(tenant, people_in([said]))
        link = (lambda link: self._address(tenant, link, person)) if person else None
        return Reader(users, names, link)

    async def seen(self, tenant: str, seen: Seen, person: str, note: Reply | None = None) -> bytes:
        """One message as one person sees it: the body of an answer. note: what they are told, above it."""
        card = noted(seen.card, note)
        if (known := self._bodies.known(card, seen.dialog, seen.slot)) is not None:
            return known
        names = dict(await self._bot.named(people_in([card])))
        reader = await self.reader(tenant, card, names, person)
        return self._bodies.drawn(card, seen.dialog, seen.slot, reader)


def noted(card: Card, note: Reply | None) -> Card:
    """The card with what its reader is told about their press, first."""
    if note is None or isinstance(note, Card):
        return card
    told = (note,) if isinstance(note, Text) else tuple(note.all_texts())
    return replace(card, text=(*told, *card.text))
