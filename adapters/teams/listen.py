"""Listen: what comes from Teams, told to the bot, and what Teams is answered, once everything is stored."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from adapters.base import Answer, Bot, Gone, Later, Seen
from adapters.teams import draw, read
from adapters.teams.addresses import Address, Addresses, key
from adapters.teams.bodies import written
from adapters.teams.connector import Connector, Refused, Unsure
from adapters.teams.looking import Looking
from adapters.teams.news import BotAdded, Installed, News, Uninstalled
from adapters.teams.people import People, Sleep, Work
from adapters.teams.read import Heard
from adapters.teams.show import Show
from dialogs.base import Commanded, Joined, Left, Pressed, Said, Submitted
from dialogs.card import Card, Reply, Text, Wrong, t
from dialogs.commands import parse

log = logging.getLogger(__name__)

Json = Mapping[str, Any]

TRIES = 4  # of an answer that is held back
COMES = {"here", "new", "start"}  # by these a session comes to the place where they were typed
PRESSED = "adaptiveCard/action"
DEAF = t(
    "So far I have seen only what mentions me here: if people answer in writing, I may not notice. An owner can let me "
    "read by adding the app anew. Until then, press “Answered aloud”."
)
RECEIVED = t("Received.")
WHO = t("Teams does not say at the moment who is mentioned: nothing was changed. Please send this once more.")
WELCOME = t("Hello. I help whoever leads a training session, and whoever takes part. Write “help” to see how.")
WELCOME_ALL = t("Hello. Mention me and write “help” to see what I can do, for example a poll for everybody here.")


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of the adapter that listening needs."""

    addresses: Addresses
    show: Show
    tenant: Callable[[str], str]  # ours, for a tenant of Teams that the door has let in
    later: Work
    sleep: Sleep
    elsewhere: bool = False  # the same people may be on another platform, too


class Listen:
    """One method for what waits for an answer in its own response, and one for everything else."""

    def __init__(self, bot: Bot, connector: Connector, parts: Parts) -> None:
        self._bot, self._connector = bot, connector
        self._addresses, self._show, self._tenant = parts.addresses, parts.show, parts.tenant
        self._later, self._sleep = parts.later, parts.sleep
        self._people = People(bot, connector, parts.addresses, parts.later, parts.sleep, elsewhere=parts.elsewhere)
        self._looking = Looking(bot.looks)
        self._warned: set[tuple[str, str]] = set()

    # -- presses and forms ---------------------------------------------------------------------------------------------

    async def invoke(self, raw: Json) -> bytes | None:
        """What somebody pressed or sent: the answer is a card or a line that only they see. None: not for us.

        Returns the answer in JSON, as it is to be sent.
        """
        if raw.get("name") != PRESSED:  # as of a window, which no card of ours opens, and which takes no such answer
            return None
        heard = next((one for one in read.activity(raw, self._bot.now()) if isinstance(one, Heard)), None)
        if heard is None:
            return None
        tenant = self._tenant(heard.tenant)
        person = await self._people.who(tenant, heard)
        dialog = heard.event.dialog or ""
        if heard.refresh:
            seen = await self._look(dialog, heard.slot, person)
            return await self._shown(tenant, seen, person) if seen else await self._said(tenant, RECEIVED, person)
        answer = await self._bot.hear(replace(heard.event, tenant=tenant, by=person))
        if (
            isinstance(heard.event, Pressed)
            and heard.event.action == "mine"
            and (own := await self._mine(dialog, person))
        ):
            return await self._shown(tenant, own, person)
        if isinstance(answer.reply, Card):
            return await self._said(tenant, answer.reply, person, dialog, heard.slot, answer.names)
        seen = await self._look(dialog, heard.slot, person)
        if isinstance(answer.reply, Wrong) and seen:
            reader = await self._show.reader(tenant, seen.card, answer.names, person)
            return written(draw.answer(draw.wrong(seen.card, answer.reply, heard.inputs, dialog, heard.slot, reader)))
        if seen:
            return await self._shown(tenant, seen, person, answer.reply)
        return await self._said(tenant, answer.reply or RECEIVED, person, names=answer.names)

    async def _look(self, dialog: str, slot: str, person: str) -> Seen | None:
        return await self._looking.look(dialog, slot, person) if dialog and slot else None

    async def _mine(self, session: str, person: str) -> Seen | None:
        """What waits for somebody whom the bot cannot write to."""
        room = await self._bot.room(session, person)
        waiting = [seen for seen in room.seen if seen.private and seen.card.all_buttons()] if room else []
        return waiting[-1] if waiting else None

    async def _shown(self, tenant: str, seen: Seen, person: str, note: Reply | None = None) -> bytes:
        return await self._show.seen(tenant, seen, person, note)

    async def _said(
        self, tenant: str, reply: Reply, person: str, dialog: str = "", slot: str = "", names: Mapping[str, str] = {}
    ) -> bytes:  # fmt: skip
        return written(draw.said(reply, dialog, slot, await self._show.reader(tenant, reply, names, person)))

    # -- everything else -----------------------------------------------------------------------------------------------

    async def activity(self, raw: Json) -> None:
        """Something happened. Several people may have come or gone together."""
        for one in read.activity(raw, self._bot.now()):
            if isinstance(one, Heard):
                await self._heard(one)
            else:
                await self._news(one)

    async def _heard(self, heard: Heard) -> None:
        if isinstance(heard.event, Commanded):
            await self._commanded(heard)
            return
        tenant = self._tenant(heard.tenant)
        event = heard.event
        if isinstance(event, Said | Joined | Left) or type(event).__name__ == "Reacted":
            if isinstance(event, Said) and event.place:
                here = Address(heard.service_url, heard.tenant, heard.bot, hears="yes")
                await self._addresses.place(tenant, event.place.removeprefix("teams:"), here)
            dialog = await self._beneath(tenant, heard) if isinstance(event, Said) else None
            if dialog is None and not await self._matters(tenant, heard):
                return  # nobody is made known by talking where no session is
            if isinstance(event, Said):
                # A chat has no threads: what is said there may answer what was asked there.
                event = replace(event, dialog=dialog, room=dialog is None and not _threads(heard.conversation))
        person = await self._people.who(tenant, heard)
        answer = await self._bot.hear(replace(event, tenant=tenant, by=person))
        # A client that knows no other way: its answer is a message.
        if isinstance(event, Pressed | Submitted) and not answer.again:
            await self._reply(tenant, heard, person, answer)

    async def _commanded(self, heard: Heard) -> None:
        tenant = self._tenant(heard.tenant)
        person = await self._people.who(tenant, heard)
        typed = await self._people.spelled(tenant, heard)
        if typed is None:
            await self._reply(tenant, heard, person, Answer(WHO))
            return
        parsed = parse(typed)
        aside = None
        if heard.personal:
            aside = f"teams:{heard.conversation}"
            here = Address(heard.service_url, heard.tenant, heard.bot)
            await self._addresses.place(tenant, heard.conversation, here)
        event = replace(heard.event, tenant=tenant, by=person, text=typed, aside=aside)  # type: ignore[call-arg]
        place = heard.event.place if not isinstance(parsed, Text) and parsed.verb in COMES else None
        before = await self._bot.planned(tenant, place) if place else ()
        answer = await self._bot.hear(event)
        if place:
            self._later(self._people.enrol(tenant, heard, before))
        if not answer.again:
            await self._reply(tenant, heard, person, answer)
        if heard.event.place and not isinstance(parsed, Text) and parsed.verb in {"ask", "open"}:
            await self._says_if_deaf(tenant, heard, person)

    async def _says_if_deaf(self, tenant: str, heard: Heard, person: str) -> None:
        """Whoever asks has to know if answers in the chat cannot be noticed. Said once a place and process."""
        place = heard.event.place or ""
        held = await self._bot.at(tenant, place)
        if held is None or person not in await self._bot.leading(held[0]):
            return  # a learner, whose question was refused
        whole = place.removeprefix("teams:")
        address = await self._addresses.find(tenant, whole)
        if address and not address.hears and (tenant, whole) not in self._warned:
            self._warned.add((tenant, whole))
            await self._reply(tenant, heard, person, Answer(DEAF))

    async def _beneath(self, tenant: str, heard: Heard) -> str | None:
        """The dialog of ours beneath whose message somebody wrote."""
        if not heard.thread or not heard.event.place:
            return None
        whole = heard.event.place.removeprefix("teams:")
        found = await self._bot.posted(tenant, f"teams:{whole}|{heard.thread}")
        return found[0] if found else None

    async def _matters(self, tenant: str, heard: Heard) -> bool:
        held = await self._bot.at(tenant, heard.event.place) if heard.event.place else None
        return held is not None and (
            held[1].phase == "open" or (held[1].phase == "planned" and isinstance(heard.event, Joined))
        )

    # -- answers that are messages -------------------------------------------------------------------------------------

    async def _reply(self, tenant: str, heard: Heard, person: str, answer: Answer) -> None:
        """Privately where we can, since a room need not read it; else beneath what was written."""
        if answer.reply is None:
            return
        reader = await self._show.reader(tenant, answer.reply, answer.names, person)
        activity = draw.text_message(answer.reply, reader)
        self._later(self._write(await self._ways(tenant, heard), activity))

    async def _write(self, ways: Sequence[tuple[str, str]], activity: Json) -> None:
        for where in ways:
            for _ in range(TRIES):
                try:
                    await self._connector.send(*where, activity)
                except Later as later:
                    await self._sleep(later.seconds)
                except (Gone, Refused) as no:
                    log.info("an answer goes another way: %s", no)
                    break
                except Unsure as no:  # it may have been given: better not twice
                    log.warning("whether an answer was given cannot be known: %s", no)
                    return
                else:
                    return

    async def _ways(self, tenant: str, heard: Heard) -> Sequence[tuple[str, str]]:
        here = (heard.service_url, heard.conversation)
        if heard.personal:
            return [here]
        try:
            return [await self._addresses.chat(tenant, key(heard.user)), here]
        except (Gone, Later, Refused, Unsure):
            return [here]

    # -- news ----------------------------------------------------------------------------------------------------------

    async def _news(self, news: News) -> None:
        spot = news.spot
        tenant = self._tenant(spot.tenant)
        address = Address(spot.service_url, spot.tenant, spot.bot)
        match news:
            case Installed() if spot.personal and spot.user:
                mine = replace(address, user=spot.user.id, chat=spot.conversation)
                await self._addresses.met(tenant, spot.user, mine)
                person = await self._addresses.person(tenant, spot.user)
                await self._bot.reachable(tenant, person)
                self._later(self._people.acquaint(tenant, spot.user, address, spot.conversation))
                if not news.upgrade:
                    self._later(self._greet(spot.service_url, spot.conversation, WELCOME))
            case BotAdded() if not spot.personal:
                await self._addresses.place(tenant, spot.conversation, address)
                await self._bot.reachable(tenant, f"teams:{spot.conversation}")
                self._later(self._greet(spot.service_url, spot.conversation, WELCOME_ALL))
            case Uninstalled(upgrade=False) if spot.personal and spot.user:
                await self._addresses.gone(tenant, spot.user)

    async def _greet(self, service_url: str, conversation: str, words: Text) -> None:
        await self._write([(service_url, conversation)], draw.text_message(words, draw.Reader()))


def _threads(conversation: str) -> bool:
    """Whether answers stand beneath what they answer: in a channel, not in a chat."""
    return "@thread.tacv2" in conversation or "@thread.skype" in conversation
