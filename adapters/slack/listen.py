"""Listen: what comes from Slack, told to the bot, and what Slack is answered, once everything is stored."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

from adapters.base import Answer, Bot
from adapters.slack import forms, read
from adapters.slack.calling import HISTORY, UNANSWERED, Call, Refused, unheard
from adapters.slack.channels import Channels
from adapters.slack.homes import Homes
from adapters.slack.payload import when
from adapters.slack.people import People
from adapters.slack.read import Heard, User
from adapters.slack.receipts import Receipts
from adapters.slack.show import Show, user_id
from dialogs.base import Commanded, Joined, Left, Pressed, Said
from dialogs.card import Card, Reply, Text, Wrong, t
from dialogs.commands import parse

log = logging.getLogger(__name__)

Json = Mapping[str, Any]
Work = Callable[[Coroutine[Any, Any, None]], None]  # does it later, and sees to it that it is done

COMES = {"here", "new", "start"}  # by these a session comes to the place where they were typed
IN_ROOM = COMES | {"poll", "ask", "open", "next"}  # after these something is shown there
NAMING = re.compile(r"\s*(?:/ilt\s+)?(?:roster|heard)\b", re.IGNORECASE)
MENTION = re.compile(r"<@([A-Z0-9]+)>")
STRANGE = t("Cohost is not installed in this workspace. Ask an administrator to install it.")
NO_FORM = t("This form is not here any more. Nothing was changed.")
TOO_LATE = t("Slack took too long to open the form. Please press the button again.")


class Tenants(Protocol):
    """Whose workspace is whose."""

    async def of(self, team: str, enterprise: str) -> str | None:
        """The tenant of a workspace in which the app is installed."""
        ...

    async def bot_user(self, team: str, enterprise: str) -> str | None:
        """Who the bot is there."""
        ...

    async def scopes(self, tenant: str) -> frozenset[str]:
        """What the bot may do there, as far as Slack has said."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of the adapter that listening needs."""

    people: People
    show: Show
    receipts: Receipts
    channels: Channels
    homes: Homes


class Listen:
    """One method a family of payloads. Each returns what Slack is answered at once."""

    def __init__(self, bot: Bot, call: Call, tenants: Tenants, parts: Parts, later: Work) -> None:
        self._bot, self._call, self._tenants, self._later = bot, call, tenants, later
        self._people, self._show, self._receipts = parts.people, parts.show, parts.receipts
        self._channels, self._homes = parts.channels, parts.homes

    # -- commands ------------------------------------------------------------------------------------------------------

    async def command(self, body: Json) -> Json:
        """A slash command: the answer is for the one who typed it."""
        heard = read.command(body, self._bot.now())
        tenant = await self._tenants.of(heard.team, heard.enterprise or "")
        if tenant is None or heard.user is None:
            return await self._told("", Answer(STRANGE), "")
        person = await self._people.person(tenant, heard.user, named=True)
        answer = await self._commanded(tenant, heard, person)
        if isinstance(answer.reply, Card) and answer.reply.fields and heard.trigger:
            await self._open(tenant, heard, answer.reply, person, answer.names)
            return {}
        return await self._told(tenant, answer, person)

    async def _commanded(self, tenant: str, heard: Heard, person: str) -> Answer:
        typed = await self._spelled(tenant, heard)
        parsed = parse(typed)
        if heard.channel and heard.event.place and not isinstance(parsed, Text) and parsed.verb in IN_ROOM:
            missing = await self._channels.missing(tenant, heard.channel)
            if missing:
                return Answer(missing)
        aside = f"slack:{heard.channel}" if heard.channel and not heard.event.place else None
        event = replace(heard.event, tenant=tenant, by=person, text=typed, aside=aside)  # type: ignore[call-arg]
        place = heard.event.place if not isinstance(parsed, Text) and parsed.verb in COMES else None
        before = await self._bot.planned(tenant, place) if place else ()
        answer = await self._bot.hear(event)
        if heard.channel and place:
            self._later(self._enrol(tenant, heard.channel, before))
        if not isinstance(parsed, Text) and parsed.verb == "start":
            await self._hint(tenant, heard, person)
        return answer

    async def _spelled(self, tenant: str, heard: Heard) -> str:
        """What was typed, with our own id for whoever is mentioned where a command is about people, else the name."""
        typed = heard.event.text if isinstance(heard.event, Commanded) else ""
        if not heard.mentions:
            return typed
        people = {one: await self._people.person(tenant, User("", one), named=True) for one in heard.mentions}
        names = await self._bot.named(list(people.values()))
        about = NAMING.match(typed) is not None
        written = {one: f"<@{person}>" if about else f"@{names.get(person, one)}" for one, person in people.items()}
        return MENTION.sub(lambda found: written.get(found[1], found[0]), typed)

    async def _enrol(self, tenant: str, channel: str, before: Sequence[str]) -> None:
        """Whoever is in the channel when a session comes to be planned there is expected: they get its checklist.

        before: planned there already. Whoever was taken off one of these since does not come back to it.
        """
        place = f"slack:{channel}"
        planned = [one for one in await self._bot.planned(tenant, place) if one not in before]
        for user in await self._channels.members(tenant, channel) if planned else ():
            person = await self._people.human(tenant, user)
            for one in planned if person else ():
                id_, at = f"slack:member:{one}:{person}", self._bot.now()
                await self._bot.hear(
                    Joined(id=id_, at=at, tenant=tenant, by=person, place=place, dialog=one, there=False)
                )

    # -- presses and forms ---------------------------------------------------------------------------------------------

    async def action(self, payload: Json) -> Json:
        """A button, or a choice in a menu. What there is to say goes to its response_url."""
        heard = read.interaction(payload, self._bot.now())
        if heard is None or heard.user is None:
            return {}
        tenant = await self._tenants.of(heard.team, heard.enterprise or "")
        if tenant is None:
            self._receipts.put(heard.user.id, heard.respond, _only(await self._told("", Answer(STRANGE), "")))
            return {}
        person = await self._people.person(tenant, heard.user)
        if heard.opens:
            await self._form(tenant, heard, person)
            return {}
        answer = await self._bot.hear(replace(heard.event, tenant=tenant, by=person))
        if (
            isinstance(heard.event, Pressed)
            and heard.event.action == "mine"
            and await self._mine(tenant, heard, person)
        ):
            return {}
        if isinstance(answer.reply, Card) and answer.reply.fields:
            await self._open(tenant, heard, answer.reply, person, answer.names)
        elif answer.reply:
            await self._receipt(tenant, heard, person, answer)
        if isinstance(heard.event, Pressed) and heard.event.action == "start":
            await self._hint(tenant, heard, person)
        if heard.home:
            self._homes.refresh(tenant, heard.user.id, person, at_once=True)
        elif heard.alone:
            await self._redraw(tenant, heard, person)
        return {}

    async def _receipt(self, tenant: str, heard: Heard, person: str, answer: Answer) -> None:
        if not (heard.respond or heard.home):
            return
        told = _only(await self._told(tenant, answer, person))
        if heard.respond:
            self._receipts.put(person, heard.respond, told)
        elif heard.user:  # a press on the Home tab has no response_url
            self._homes.tell(tenant, heard.user.id, list(told["blocks"]))

    async def _mine(self, tenant: str, heard: Heard, person: str) -> bool:
        """What waits for somebody whom the bot cannot write to, shown to them alone where they pressed."""
        room = await self._bot.room(heard.event.dialog or "", person)
        waiting = [seen for seen in room.seen if seen.private and seen.card.all_buttons()] if room else []
        if not waiting:
            return False
        body = await self._show.card(tenant, waiting[-1], person)
        self._receipts.put(person, heard.respond, _only({"response_type": "ephemeral", **body}))
        return True

    async def _hint(self, tenant: str, heard: Heard, person: str) -> None:
        """Whoever opens a session where we may not read is told what therefore goes unnoticed."""
        may = await self._tenants.scopes(tenant)
        if may and (lacking := HISTORY - may):  # nothing is known where Slack has not said
            told = await self._told(tenant, Answer(unheard(lacking)), person)
            self._receipts.put(person, heard.respond, _only(told), "hint")

    async def _redraw(self, tenant: str, heard: Heard, person: str) -> None:
        """A private card changes under the finger at once; the edit that follows it at Slack's pace says the same."""
        dialog = heard.event.dialog or ""
        seen = (await self._bot.looks(dialog, heard.slot, [person])).get(person)
        if seen and seen.private and heard.respond:
            body = await self._show.card(tenant, seen, person)
            sort, sent = f"card {dialog} {heard.slot}", partial(self._show.replaced, seen, person, body)
            self._receipts.put(person, heard.respond, {**body, "replace_original": True}, sort, sent)

    async def _form(self, tenant: str, heard: Heard, person: str) -> None:
        seen = (await self._bot.looks(heard.event.dialog or "", heard.slot, [person])).get(person)
        if seen is None or not seen.card.fields:
            await self._receipt(tenant, heard, person, Answer(NO_FORM))
            return
        await self._open(tenant, heard, seen.card, person, {})

    async def _open(self, tenant: str, heard: Heard, card: Card, person: str, names: Mapping[str, str]) -> None:
        reader = await self._show.reader(tenant, card, names, person)
        view = forms.view(card, heard.event.dialog or "", heard.slot, reader)
        try:
            await self._call(tenant, "views.open", trigger_id=heard.trigger or "", view=view)
        except (Refused, *UNANSWERED) as no:
            log.warning("a form could not be opened: %r", no)
            await self._receipt(tenant, heard, person, Answer(TOO_LATE))

    async def submission(self, payload: Json) -> Json:
        """A form that was sent: it closes with a word of thanks, or says beside each field what must be mended."""
        heard = read.interaction(payload, self._bot.now())
        if heard is None or heard.user is None:
            return {}
        tenant = await self._tenants.of(heard.team, heard.enterprise or "")
        if tenant is None:
            return _page(await self._told("", Answer(STRANGE), ""))
        person = await self._people.person(tenant, heard.user)
        answer = await self._bot.hear(replace(heard.event, tenant=tenant, by=person))
        if isinstance(answer.reply, Wrong):
            fields = {block.get("block_id") for block in (payload.get("view") or {}).get("blocks", ())}
            reader = await self._show.reader(tenant, answer.reply, answer.names, person)
            errors = {name: told for name, told in forms.errors(answer.reply, reader).items() if name in fields}
            if errors:
                return {"response_action": "errors", "errors": errors}
        return _page(await self._told(tenant, answer, person)) if answer.reply else {}

    # -- events --------------------------------------------------------------------------------------------------------

    async def event(self, envelope: Json) -> None:
        """Something happened in a workspace."""
        install: Json = next(iter(envelope.get("authorizations") or ()), {})
        team, enterprise = str(install.get("team_id") or ""), str(install.get("enterprise_id") or "")
        bot_user = await self._tenants.bot_user(team or str(envelope.get("team_id") or ""), enterprise)
        heard = read.event(envelope, bot_user)
        if heard is None:
            return
        if not isinstance(heard, Heard):
            await self._channels.news(heard, when(envelope, "event_time") or self._bot.now())
            return
        tenant = await self._tenants.of(heard.team, heard.enterprise or "")
        if tenant is None or heard.user is None:
            return
        if isinstance(heard.event, Commanded):
            await self._directly(tenant, heard)
            return
        event = heard.event
        dialog = await self._thread(tenant, heard) if isinstance(event, Said) and heard.thread else None
        if dialog is None and not await self._matters(tenant, heard):
            return  # nobody is made known by talking where no session is
        person = await self._people.person(tenant, heard.user)
        await self._bot.hear(replace(event, tenant=tenant, by=person, dialog=dialog))

    async def _directly(self, tenant: str, heard: Heard) -> None:
        if heard.user is None:
            return
        person = await self._people.person(tenant, heard.user, named=True)
        answer = await self._commanded(tenant, heard, person)
        if answer.reply and not answer.again:
            body = await self._told(tenant, answer, person)
            thread = {"thread_ts": heard.thread} if heard.thread else {}
            body = {key: value for key, value in body.items() if key in {"text", "blocks"}}
            self._later(self._write(tenant, heard.channel or user_id(heard.user.id), {**body, **thread}))

    async def _write(self, tenant: str, channel: str, body: Json) -> None:
        await self._call(tenant, "chat.postMessage", channel=channel, **body)

    async def _thread(self, tenant: str, heard: Heard) -> str | None:
        """The dialog of ours beneath whose message somebody wrote."""
        found = await self._bot.posted(tenant, f"slack:{heard.channel}:{heard.thread}")
        return found[0] if found else None

    async def _matters(self, tenant: str, heard: Heard) -> bool:
        held = await self._bot.at(tenant, heard.event.place) if heard.event.place else None
        if held is None:
            return False
        coming = isinstance(heard.event, Joined | Left)
        return held[1].phase == "open" or (coming and held[1].phase == "planned" and isinstance(heard.event, Joined))

    # -- answers -------------------------------------------------------------------------------------------------------

    async def _told(self, tenant: str, answer: Answer, person: str) -> Json:
        reply: Reply | None = answer.reply
        if reply is None:
            return {}
        return {"response_type": "ephemeral", **await self._show.said(tenant, reply, answer.names, person)}


def _only(body: Json) -> Json:
    """An answer that leaves the message it is about as it is."""
    return {**body, "replace_original": False}


def _page(body: Json) -> Json:
    """An answer in place of the form."""
    title, close = ({"type": "plain_text", "text": words} for words in ("Cohost", "Close"))
    view = {"type": "modal", "callback_id": "told", "title": title, "close": close, "blocks": body["blocks"]}
    return {"response_action": "update", "view": view}
