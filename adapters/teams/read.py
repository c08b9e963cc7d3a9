"""Activity -> what it means. Pure: all that Teams sends is checked here, and nothing else of it goes any further.

Why a field is read as it is stands beside the recorded payload that taught it, in this file's test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypedDict

from adapters.teams import news as the_news
from adapters.teams.inputs import TAKEN, field_name
from adapters.teams.news import News, Spot
from adapters.teams.payload import (
    CONTROLS,
    NOBODY,
    Payload,
    Unreadable,
    User,
    clean,
    ident,
    part,
    parts,
    plain,
    spot,
    tenant,
    text,
    user,
    when,
    words,
)
from dialogs.base import Commanded, Event, Joined, Left, Pressed, Reacted, Said, Submitted

__all__ = ["Heard", "Unreadable", "User", "activity"]

LONGEST_KEY = 200  # of dialog, slot, action, value, and of the name of a field
LONGEST_FIELD = 8_000  # of one field of a form; the card's own limit is smaller, and the dialog checks it
MOST_FIELDS = 100
COMMAND = re.compile(r"\s*/ilt(?!\w)\s*", re.IGNORECASE)
CAME_AND_WENT = {
    "application/vnd.microsoft.meetingparticipantjoin": Joined,
    "application/vnd.microsoft.meetingparticipantleave": Left,
}


@dataclass(frozen=True, slots=True)
class Heard:
    """What the bot is to hear; the app fills in tenant and person."""

    tenant: str  # of Teams: whose conversation it is
    user: User
    event: Event
    conversation: str  # as received, with the thread: an answer that goes there stands beneath what it answers
    service_url: str
    bot: str = ""  # who we are there
    personal: bool = False  # a chat of one person with us
    thread: str | None = None  # the root message beneath which this is
    message: str | None = None  # the message whose button was pressed, or to which somebody reacted
    slot: str = ""  # of the message whose button was pressed
    invoke: bool = False  # Teams waits for the answer in this very response
    refresh: bool = False  # asks how this message looks for this person: it is not an event for the bot
    opens: bool = False  # the press asks for a form in a window of its own: it is not an event for the bot
    inputs: Mapping[str, str] = field(default_factory=dict)  # what stood in the card's fields, whatever was pressed
    mentions: tuple[str, ...] = ()  # of a command: who is mentioned, in the text `<@…>`


class _Common(TypedDict):
    id: str
    at: datetime
    tenant: str
    place: str | None


class _Button(TypedDict):
    slot: str
    inputs: Mapping[str, str]
    refresh: bool
    opens: bool
    invoke: bool


NO_BUTTON = _Button(slot="", inputs={}, refresh=False, opens=False, invoke=False)


@dataclass(frozen=True, slots=True)
class _Sent:
    """An activity, and what every one has."""

    raw: Payload
    spot: Spot
    id: str
    at: datetime
    root: str

    def common(self, heard_as: str = "") -> _Common:
        place = None if self.spot.personal else f"teams:{self.spot.conversation}"
        return _Common(
            id=f"teams:{heard_as or f'{self.spot.conversation}:{self.id}'}", at=self.at, tenant="", place=place
        )

    def heard(self, who: User, event: Event, button: _Button = NO_BUTTON) -> Heard:
        return Heard(
            self.spot.tenant,
            who,
            event,
            ident(part(self.raw, "conversation"), "id"),
            self.spot.service_url,
            self.spot.bot,
            self.spot.personal,
            self.root if self.root != self.id else None,
            ident(self.raw, "replyToId") or None,
            **button,
        )

    def by_app(self) -> bool:
        """Whether it was no person."""
        return ident(part(self.raw, "from"), "id").startswith(NOBODY)

    def by(self) -> User:
        """Whoever did it. Raises Unreadable if it was nobody."""
        if self.spot.user is None:
            raise Unreadable
        return self.spot.user


def activity(raw: Payload, now: datetime) -> tuple[Heard | News, ...]:
    """What happened, in the order in which it did; `now` is for what does not say when. Raises Unreadable.

    Mostly one thing. Empty: nothing that anybody here cares about. Several: people who came or went together.
    """
    kind = text(raw, "type")
    if kind not in READERS:
        return ()
    sent = _sent(raw, now)
    told = the_news.news(raw, sent.spot, sent.at)
    return (*((told,) if told else ()), *READERS[kind](sent))


def _sent(raw: Payload, now: datetime) -> _Sent:
    conversation, whose = part(raw, "conversation"), tenant(raw)
    # The emulator belongs to nobody; everything else was let in because it says whose it is.
    whose = whose or ("emulator" if whose == "" and raw.get("channelId") == "emulator" else "")
    place, root = spot(ident(conversation, "id"))
    heard_as = ident(raw, "id")
    if not whose or not place or not heard_as or not text(raw, "serviceUrl"):
        raise Unreadable
    kind = conversation.get("conversationType")
    personal = kind == "personal" or (not kind and conversation.get("isGroup") is not True and place[:3] != "19:")
    where = the_news.spot(raw, whose, place, personal=personal)
    return _Sent(raw, where, heard_as, when(raw, "timestamp") or now, root or heard_as)


# -- what people write -------------------------------------------------------------------------------------------------


def _message(sent: _Sent) -> Iterator[Heard]:
    if sent.by_app():
        return
    who, value = sent.by(), sent.raw.get("value")
    if isinstance(value, Mapping) and not text(sent.raw, "text").strip():
        # A press of an old client, which knows no other way, or of a card whose buttons are of the old sort.
        yield _pressed(sent, value, sent.common())
        return
    written, mentions, ours = plain(sent.raw, sent.spot.bot)
    command = COMMAND.match(written)
    if sent.spot.personal or ours or command:
        typed = written[command.end() :] if command else written
        yield replace(sent.heard(who, Commanded(**sent.common(), text=typed)), mentions=mentions)
    else:
        yield sent.heard(who, Said(**sent.common(), words=words(written)))


def _reaction(sent: _Sent) -> Iterator[Heard]:
    if sent.by_app() or sent.spot.personal or not any(parts(sent.raw, "reactionsAdded")):
        return
    who = sent.by()
    # Not by the id alone: by Microsoft's own schema it may be the message's, which others react to as well, and which
    # somebody may react to again.
    heard_as = f"{sent.spot.conversation}:reaction:{sent.id}:{who.id}:{text(sent.raw, 'timestamp')[:40]}"
    yield sent.heard(who, Reacted(**sent.common(heard_as)))


# -- presses and forms -------------------------------------------------------------------------------------------------


def _invoked(sent: _Sent) -> Iterator[Heard]:
    value = part(sent.raw, "value")
    common = sent.common(f"{sent.id}:{sent.by().id}")
    match sent.raw.get("name"):
        case "adaptiveCard/action":
            action = part(value, "action")
            refresh = value.get("trigger") == "automatic" or action.get("verb") == "refresh"
            yield _pressed(sent, part(action, "data"), common, refresh=refresh, invoke=True)
        case "task/fetch":
            yield _pressed(sent, part(value, "data"), common, opens=True, invoke=True)
        case "task/submit":
            yield _pressed(sent, part(value, "data"), common, invoke=True)


def _pressed(
    sent: _Sent, data: Payload, common: _Common, *, refresh: bool = False, opens: bool = False, invoke: bool = False
) -> Heard:
    """A button of ours, with what `draw` wrote into it: d, s, a, v, f, m. It comes from outside all the same."""
    who = sent.by()
    dialog, slot, action, value = (_carried(data, key) for key in "dsav")
    inputs = _inputs(data)
    if refresh:
        action = action or "refresh"
    elif not action:
        raise Unreadable
    event: Event
    if data.get("f") in (1, "1") and not refresh:
        event = Submitted(**common, dialog=dialog or None, action=action, values=inputs)
    else:
        event = Pressed(**common, dialog=dialog or None, action=action, value=value)
    button = _Button(slot=slot, inputs=inputs, refresh=refresh, opens=opens, invoke=invoke)
    return sent.heard(who, event, button)


def _carried(data: Payload, key: str) -> str:
    found = data.get(key, "")
    if not isinstance(found, str) or len(found) > LONGEST_KEY or CONTROLS.search(found):
        raise Unreadable
    return found


def _inputs(data: Payload) -> dict[str, str]:
    """What was filled in, by the names of the fields. Teams joins several choices by commas."""
    several = data.get("m", [])
    names = [name for name in data if name not in TAKEN]
    if not isinstance(several, list) or len(names) > MOST_FIELDS:
        raise Unreadable
    if any(len(name) > LONGEST_KEY or CONTROLS.search(name) for name in names):
        raise Unreadable
    found = {name: _filled(data[name]) for name in names}
    return {
        field_name(name): "\n".join(one for one in given.split(",") if one) if name in several else given
        for name, given in found.items()
    }


def _filled(given: object) -> str:
    match given:
        case bool():
            given = "true" if given else "false"
        case int() | float() if abs(given) < 10**18:
            given = str(given)
        case None:  # left empty
            given = ""
    if not isinstance(given, str):
        raise Unreadable
    if len(given) > LONGEST_FIELD:
        raise Unreadable("That is too long: please shorten your answer.")
    return clean(given)


# -- who comes and goes ------------------------------------------------------------------------------------------------


def _members(sent: _Sent) -> Iterator[Heard]:
    """In a chat or a team. Whoever belongs to it need not be looking at it."""
    if sent.spot.personal:
        return
    for who in _people(parts(sent.raw, "membersAdded")):
        yield sent.heard(who, Joined(**_of(sent, who), there=False))
    for who in _people(parts(sent.raw, "membersRemoved")):
        yield sent.heard(who, Left(**_of(sent, who)))


def _met(sent: _Sent) -> Iterator[Heard]:
    """In a meeting, now."""
    kind = CAME_AND_WENT.get(text(sent.raw, "name").lower())
    if kind is None or sent.spot.personal:
        return
    for who in _people(part(one, "user") for one in parts(part(sent.raw, "value"), "members")):
        yield sent.heard(who, kind(**_of(sent, who)))


def _people(accounts: Iterator[Payload]) -> Iterator[User]:
    return (who for who in map(user, accounts) if who and not who.id.startswith(NOBODY))


def _of(sent: _Sent, who: User) -> _Common:
    return sent.common(f"{sent.spot.conversation}:{sent.id}:{who.id}")


def _nobody(_: _Sent) -> Iterator[Heard]:
    return iter(())


READERS = {
    "message": _message,
    "messageReaction": _reaction,
    "invoke": _invoked,
    "conversationUpdate": _members,
    "event": _met,
    "installationUpdate": _nobody,
}
