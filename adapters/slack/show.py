"""Show: a message as the outbox wants it, brought to Slack. New, edited, or found again after its answer was lost."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from adapters.base import Bot, Bound, Gone, Later, Message, Pace, Seen, Turn
from adapters.slack import draw
from adapters.slack.blocks import NOBODY
from adapters.slack.calling import Budget, Call, Refused, meant
from adapters.slack.text import Reader
from dialogs.card import Link, Reply, Text, Who, people_in

log = logging.getLogger(__name__)

EVENT = "cohost_message"  # the type of our messages' metadata, by which they are found again
LOOKED = 100  # newest messages among which one is looked for
PACE = 2.0  # seconds between two edits of what stands in one channel
POSTED = 1.0  # seconds between two new messages in one channel or chat, after the first ones
TOGETHER = 5  # which may come together: Slack tolerates bursts
POSTS, FIRST_POSTS = 240, 50  # a minute and workspace, and at once: Slack takes "several hundred"
EDITS = 45  # a minute and workspace: chat.update is of Slack's tier 3, "50 and more"
PRIVATE_EDITS = 25  # of these: putting sixty checklists away must not keep the poll in the room waiting
REMEMBERED = 5000

Address = Callable[[str, Link, str], str]  # tenant, link, person -> the signed address of a page


class Show:
    """The outbox's side of the adapter."""

    def __init__(self, bot: Bot, call: Call, address: Address, pace: Pace) -> None:
        self._bot, self._call, self._address = bot, call, address
        self._edits = Budget("edits", EDITS, pace, bot.now)
        self._private_edits = Budget("private edits", PRIVATE_EDITS, pace, bot.now)
        self._posts = Budget("posts", POSTS, pace, bot.now, FIRST_POSTS)
        self._replaced: OrderedDict[tuple[str, str, str], str] = OrderedDict()

    def pace(self, message: Bound) -> Sequence[Turn]:
        """See `adapters.base.Adapter.pace`."""
        if not message.ref:
            where = message.place or message.person
            return Turn(f"slack posts {message.tenant} {where}", POSTED, TOGETHER), self._posts.turn(message.tenant)
        if message.place:
            return Turn(f"{message.tenant} {message.place}", PACE), self._edits.turn(message.tenant)
        if (message.dialog, message.slot, message.person or "") in self._replaced:
            return ()  # it stands there already, as far as can be told before it is drawn
        return self._private_edits.turn(message.tenant), self._edits.turn(message.tenant)

    async def show(self, message: Message) -> str:
        """See `adapters.base.Adapter.show`."""
        private = message.place is None
        if private and not message.user and not message.ref:
            raise Gone("Slack does not know this person.")
        try:
            if message.ref:
                return await self._edit(message, private=private)
            return await self._post(message, private=private)
        except Refused as no:
            raise meant(no, private=private) from no

    async def _edit(self, message: Message, *, private: bool) -> str:
        ref = message.ref or ""
        _, channel, ts = ref.split(":")
        body = await self._body(message, private=private)
        card = (message.dialog, message.slot, message.person or "")
        if private and (replaced := self._replaced.pop(card, None)):
            if replaced == _looks(body):
                return ref
            await self._private_edits.take(message.tenant)
            await self._edits.take(message.tenant)
        try:
            await self._call(message.tenant, "chat.update", channel=channel, ts=ts, **body)
        except Later as later:
            await self._edits.empty(message.tenant, later.seconds)
            raise
        finally:
            self._replaced.pop(card, None)  # whatever replaced it meanwhile, this came after it
        return ref

    def replaced(self, seen: Seen, person: str, body: Mapping[str, Any]) -> None:
        """A press has changed this private card by its own address: the edit that says the same can be spared."""
        self._replaced[seen.dialog, seen.slot, person] = _looks(body)
        if len(self._replaced) > REMEMBERED:
            self._replaced.popitem(last=False)

    async def _post(self, message: Message, *, private: bool) -> str:
        where = user_id(message.user or "") if private else (message.place or "").removeprefix("slack:")
        body = await self._body(message, private=private)
        looks = hashlib.blake2b(_looks(body).encode(), digest_size=8).hexdigest()
        if message.attempted and (found := await self._find(message, where, private=private)):
            ref, looked = found
            if looked == looks:
                return ref
            # It looks as was meant then: since, somebody has voted on it, or closed it.
            await self._edits.take(message.tenant)
            return await self._edit(replace(message, ref=ref), private=private)
        body["metadata"] = _mark(message, looks=looks)
        quiet = {"unfurl_links": False, "unfurl_media": False}
        try:
            posted = await self._call(message.tenant, "chat.postMessage", channel=where, **quiet, **body)
        except Later as later:
            await self._posts.empty(message.tenant, later.seconds)
            raise
        return f"slack:{posted['channel']}:{posted['ts']}"

    async def _find(self, message: Message, where: str, *, private: bool) -> tuple[str, str] | None:
        """Whether an earlier attempt has posted it after all, and how it looked. If that cannot be seen: not."""
        try:
            channel = where
            if private:
                opened = await self._call(message.tenant, "conversations.open", users=where)
                channel = str(opened["channel"]["id"])
            recent = await self._call(
                message.tenant, "conversations.history", channel=channel, limit=LOOKED, include_all_metadata=True
            )
        except Refused as no:
            log.warning("whether message %s was posted cannot be seen: %s", message.post, no.error)
            return None
        for one in recent.get("messages", ()):
            told = one.get("metadata") or {}
            mark = told.get("event_payload", {})
            if told.get("event_type") == EVENT and mark.get("post") == message.post:
                log.info("message %s had been posted, though nobody said so", message.post)
                return f"slack:{channel}:{one['ts']}", str(mark.get("looks"))
        return None

    async def _body(self, message: Message, *, private: bool) -> dict[str, Any]:
        reader = await self.reader(message.tenant, message.card, message.names, message.person if private else None)
        body = draw.message(message.card, message.dialog, message.slot, reader, private=private)
        return {**body, "metadata": _mark(message)}

    async def reader(
        self, tenant: str, said: Reply | None, names: Mapping[str, str], person: str | None = None
    ) -> Reader:
        """For whom something is drawn. Without a person it is for a whole channel, and links lead nowhere."""
        found = await self._bot.users("slack", people_in([said]))
        link = (lambda link: self._address(tenant, link, person)) if person else None
        return Reader({one: user_id(user) for one, user in found.items()}, names, link)

    async def card(self, tenant: str, seen: Seen, person: str) -> dict[str, Any]:
        """A private message as it looks now."""
        names = await self._bot.named(people_in([seen.card]))
        reader = await self.reader(tenant, seen.card, names, person)
        return draw.message(seen.card, seen.dialog, seen.slot, reader, private=True)

    async def said(self, tenant: str, reply: Reply, names: Mapping[str, str], person: str) -> dict[str, Any]:
        """An answer to somebody, as Slack takes it."""
        if isinstance(reply, Text) and (body := alike(reply)):
            return dict(body)
        return draw.said(reply, "", "", await self.reader(tenant, reply, names, person))


@lru_cache(256)
def alike(text: Text) -> Mapping[str, Any] | None:
    """A sentence that looks the same to everybody, drawn once: a class is told four things in a thousand receipts.

    None: it names somebody or leads somewhere, which depends on who reads it.
    """
    if any(isinstance(piece, Who | Link) for piece in text.pieces()):
        return None
    return draw.said(text, "", "", NOBODY)


def _mark(message: Message, **more: str) -> dict[str, Any]:
    """By which it is found again. `looks`: what it said when it was new."""
    return {"event_type": EVENT, "event_payload": {"post": message.post, **more}}


def _looks(body: Mapping[str, Any]) -> str:
    return json.dumps(body["blocks"])


def user_id(user: str) -> str:
    """Slack's id of a user, of "team/user"."""
    return user.rpartition("/")[2]
