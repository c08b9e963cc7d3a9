"""What Teams tells that is no event of a dialog: about places, meetings, and whether we are installed at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from adapters.teams.payload import NOBODY, Payload, User, ident, part, parts, text, user


@dataclass(frozen=True, slots=True)
class Spot:
    """Where this was told. To be kept: it is the only way to write there later.

    conversation: without what names a thread. personal: it is a chat with one person. user: who did it, if that was a
    person; in a personal chat it is the one with whom it is.
    """

    tenant: str
    conversation: str
    service_url: str
    bot: str
    personal: bool = False
    user: User | None = None


@dataclass(frozen=True, slots=True)
class BotAdded:
    """We belong to this chat or team now. Comes beside `Installed`, before or after it."""

    spot: Spot
    team: str


@dataclass(frozen=True, slots=True)
class BotRemoved:
    spot: Spot
    team: str


@dataclass(frozen=True, slots=True)
class Installed:
    """upgrade: a newer version has replaced the one that was here, and may have other permissions."""

    spot: Spot
    team: str
    upgrade: bool


@dataclass(frozen=True, slots=True)
class Uninstalled:
    """upgrade: only so that a newer version can take its place."""

    spot: Spot
    team: str
    upgrade: bool


@dataclass(frozen=True, slots=True)
class ChannelRenamed:
    spot: Spot
    channel: str
    name: str


@dataclass(frozen=True, slots=True)
class ChannelDeleted:
    spot: Spot
    channel: str


@dataclass(frozen=True, slots=True)
class ChannelRestored:
    spot: Spot
    channel: str


@dataclass(frozen=True, slots=True)
class TeamRenamed:
    spot: Spot
    team: str
    name: str


@dataclass(frozen=True, slots=True)
class TeamArchived:
    """Nobody can write in any of its channels any more. deleted: and nobody can read there."""

    spot: Spot
    team: str
    deleted: bool


@dataclass(frozen=True, slots=True)
class TeamRestored:
    """It is in use again: neither archived nor deleted."""

    spot: Spot
    team: str


@dataclass(frozen=True, slots=True)
class MeetingStarted:
    spot: Spot
    meeting: str
    title: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MeetingEnded:
    spot: Spot
    meeting: str
    title: str
    at: datetime


News = (
    BotAdded
    | BotRemoved
    | Installed
    | Uninstalled
    | ChannelRenamed
    | ChannelDeleted
    | ChannelRestored
    | TeamRenamed
    | TeamArchived
    | TeamRestored
    | MeetingStarted
    | MeetingEnded
)


def news(activity: Payload, spot: Spot, at: datetime) -> News | None:
    """The news in an activity, if it is one. Of people who come and go `read` speaks."""
    team = _team(activity)
    match activity.get("type"):
        case "installationUpdate":
            return _installation(text(activity, "action"), spot, team)
        case "conversationUpdate":
            return _membership(activity, spot, team) or _changed(activity, spot, team)
        case "event":
            return _meeting(activity, spot, at)
    return None


def _installation(action: str, spot: Spot, team: str) -> News | None:
    match action:
        case "add" | "add-upgrade":
            return Installed(spot, team, action != "add")
        case "remove" | "remove-upgrade":
            return Uninstalled(spot, team, action != "remove")
    return None


def _membership(activity: Payload, spot: Spot, team: str) -> News | None:
    if any(ident(one, "id") == spot.bot for one in parts(activity, "membersAdded")):
        return BotAdded(spot, team)
    if any(ident(one, "id") == spot.bot for one in parts(activity, "membersRemoved")):
        return BotRemoved(spot, team)
    return None


def _changed(activity: Payload, spot: Spot, team: str) -> News | None:
    data = part(activity, "channelData")
    channel = ident(part(data, "channel"), "id")
    match data.get("eventType"):
        case "channelRenamed" if channel:
            return ChannelRenamed(spot, channel, text(part(data, "channel"), "name"))
        case "channelDeleted" if channel:
            return ChannelDeleted(spot, channel)
        case "channelRestored" if channel:
            return ChannelRestored(spot, channel)
        case "teamRenamed" if team:
            return TeamRenamed(spot, team, text(part(data, "team"), "name"))
        case "teamArchived" if team:
            return TeamArchived(spot, team, deleted=False)
        case "teamDeleted" | "teamHardDeleted" if team:
            return TeamArchived(spot, team, deleted=True)
        case "teamUnarchived" | "teamRestored" if team:
            return TeamRestored(spot, team)
    return None


def _meeting(activity: Payload, spot: Spot, at: datetime) -> News | None:
    # Not by the value's own Id: it is another one, which no call takes.
    meeting = ident(part(part(activity, "channelData"), "meeting"), "id")
    title = text(part(activity, "value"), "Title", "title")
    match text(activity, "name").lower():
        case "application/vnd.microsoft.meetingstart":
            return MeetingStarted(spot, meeting, title, at)
        case "application/vnd.microsoft.meetingend":
            return MeetingEnded(spot, meeting, title, at)
    return None


def _team(activity: Payload) -> str:
    return ident(part(part(activity, "channelData"), "team"), "id")


def spot(activity: Payload, tenant: str, conversation: str, *, personal: bool) -> Spot:
    """Where an activity comes from."""
    bot, url = ident(part(activity, "recipient"), "id"), text(activity, "serviceUrl")
    who = user(part(activity, "from"))
    return Spot(tenant, conversation, url, bot, personal, None if who and who.id.startswith(NOBODY) else who)
