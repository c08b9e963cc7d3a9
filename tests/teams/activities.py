"""Activities in the shape in which Teams sends them to a bot."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from tests.teams.messages import Message
    from tests.teams.people import User
    from tests.teams.rooms import Room

Thing = dict[str, Any]

NAMELESS = {"conversationUpdate", "installationUpdate"}  # these say who did it by id alone


def activity(room: Room, by: User | None, kind: str, *, thread: str | None = None, **more: Any) -> Thing:
    """What all activities say: who, where, to whom, and when."""
    teams = room.teams
    now = teams.now()
    said: Thing = {
        "type": kind,
        "id": teams.made_id("f:"),
        "timestamp": _stamp(now),
        "channelId": "msteams",
        "serviceUrl": teams.service_url,
        "from": by.account() if by else {"id": room.id},
        "conversation": conversation(room, thread),
        "recipient": teams.bot_account(),
        "channelData": channel_data(room),
    }
    if kind in NAMELESS:
        said["from"].pop("name", None)
    if kind == "installationUpdate" and by:
        said |= {"locale": by.locale, "entities": [{"locale": by.locale, "type": "clientInfo"}]}
    elif kind != "conversationUpdate" and by:
        said["locale"] = by.locale
        said["localTimezone"] = by.tz
        said["localTimestamp"] = now.astimezone(ZoneInfo(by.tz)).isoformat(timespec="milliseconds")
        country = by.locale.partition("-")[2] or "US"
        client = {"locale": by.locale, "country": country, "platform": by.platform, "timezone": by.tz}
        said["entities"] = [*more.pop("entities", ()), client | {"type": "clientInfo"}]
    data = more.pop("channel_data", {})
    return said | more | {"channelData": said["channelData"] | data}


def conversation(room: Room, thread: str | None = None) -> Thing:
    """Where it happens; in a channel the thread is part of the id."""
    said: Thing = {"conversationType": room.kind, "tenantId": room.tenant.id}
    if room.kind != "personal":
        said["isGroup"] = True
        if room.name:
            said["name"] = room.name
    return said | {"id": f"{room.id};messageid={thread}" if thread else room.id}


def channel_data(room: Room) -> Thing:
    """What Teams alone knows of the place."""
    said: Thing = {"tenant": {"id": room.tenant.id}}
    if room.team:
        said |= {"teamsChannelId": room.id, "teamsTeamId": room.team.id}
        said |= {"channel": {"id": room.id}, "team": {"id": room.team.id}}
    if room.meeting_id:
        said["meeting"] = {"id": room.meeting_id}
    return said


def message(written: Message, kind: str = "message", **more: Any) -> Thing:
    """Something that a person has written, with the HTML of it in an attachment as clients send it."""
    by = written.author
    assert by
    said = dict(written.said)
    bodied = html.escape(said.pop("text"), quote=False)
    bodied = bodied.replace("&lt;at&gt;", '<span itemtype="http://schema.skype.com/Mention" itemscope="">')
    content = f"<p>{bodied.replace('&lt;/at&gt;', '</span>')}</p>"
    told = activity(written.room, by, kind, thread=written.thread, entities=said.pop("entities", []), **more)
    told |= {"id": written.id, "text": written.text, "textFormat": "plain"}
    told["attachments"] = [{"contentType": "text/html", "content": content}]
    return told | said


def invoke(name: str, room: Room, by: User, value: Thing, source: Message) -> Thing:
    """A question to the bot, asked by something on the card of this message."""
    return activity(room, by, "invoke", thread=source.thread, name=name, value=value, replyToId=source.id) | {
        "channelData": channel_data(room) | {"source": {"name": "message"}}
    }


def membership(room: Room, by: User, who: list[Thing], *, added: bool) -> Thing:
    """Somebody, or the bot, has come into a conversation or has left it."""
    data: Thing = {}
    if room.team:
        data = {"eventType": "teamMemberAdded" if added else "teamMemberRemoved", "team": room.team.account()}
    if added and who == [{"id": room.teams.bot_id}] and room.team:
        data["settings"] = {"selectedChannel": {"id": room.id}}
    names: Thing = {"membersAdded" if added else "membersRemoved": who}
    return activity(room, by, "conversationUpdate", channel_data=data, **names)


def installation(room: Room, by: User, action: str) -> Thing:
    """The app was installed where this room is, or taken away."""
    data: Thing = {"settings": {"selectedChannel": {"id": room.id}}, "source": {"name": "message"}}
    if room.team:
        data |= {"team": room.team.account()}
    return activity(room, by, "installationUpdate", action=action, channel_data=data)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
