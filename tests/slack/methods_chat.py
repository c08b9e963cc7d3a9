"""The methods that write messages, change them and take them away."""

from __future__ import annotations

from tests.slack.checks import Thing
from tests.slack.limits import TEXT, refused_message
from tests.slack.messages import Message, filled
from tests.slack.rooms import Room
from tests.slack.web_api import Call, Refused, refuse

HOW = ("mrkdwn", "parse", "link_names")


def post(call: Call) -> Thing:
    room = target(call)
    _writable(call, room)
    message = call.slack.add(room, call.install.bot, *_content(call, room))
    _dress(call, message)
    call.slack.later(call.slack.tell(message))
    return {"channel": room.id, "ts": message.ts, "message": message.payload(metadata=True)}


def ephemeral(call: Call) -> Thing:
    """Slack says ok whether or not the person is there to see it."""
    room = target(call)
    _writable(call, room)
    user = call.slack.users.get(call.text("user"))
    content = _content(call, room)
    if not user:
        refuse("user_not_found")
    if user.id not in room.members:
        refuse("user_not_in_channel")
    if user.away:
        return {"message_ts": call.slack.ts()}
    message = call.slack.add(room, call.install.bot, *content, only=user.id)
    _dress(call, message)
    return {"message_ts": message.ts}


def update(call: Call) -> Thing:
    message = _own(call)
    arguments = call.arguments
    if refusal := refused_message(arguments, update=True):
        raise Refused.because(refusal)
    before = message.payload()
    blocks, attachments = arguments.get("blocks"), arguments.get("attachments")
    text = arguments.get("text") or ("" if blocks else message.text)
    message.rewrite(text, filled(blocks or [], call.slack))
    message.attachments = _attachments(call)
    message.how = {name: call.flag(name) if name != "parse" else call.text(name) for name in HOW if name in arguments}
    if "metadata" in arguments:
        message.metadata = arguments["metadata"] or None
    if not blocks and not attachments:
        message.edited = {"user": message.user, "ts": call.slack.ts()}
    call.slack.later(call.slack.changes(message, before))
    return {"channel": message.room.id, "ts": message.ts, "text": message.text, "message": message.payload()}


def delete(call: Call) -> Thing:
    message = _own(call, "cant_delete_message")
    call.slack.later(call.slack.deletes(message))
    message.deleted = True
    return {"channel": message.room.id, "ts": message.ts}


# ------------------------------------------------------------------------------------------------- where it is written


def target(call: Call) -> Room:
    """The room of this id; the id of a person is their direct message with the bot."""
    given, install = call.text("channel"), call.install
    if user := call.slack.users.get(given):
        return direct(call, user.id, "channel_not_found")
    room = call.slack.rooms.get(given)
    if not room or install.team not in room.teams:
        refuse("channel_not_found")
    if install.bot.id not in room.members and (room.private or room.direct):
        refuse("channel_not_found")
    return room


def direct(call: Call, user_id: str, hidden: str = "user_not_visible") -> Room:
    """The direct message with somebody, if the bot may have one."""
    user, install = call.slack.users.get(user_id), call.install
    if not user:
        refuse("user_not_found")
    if user.is_bot:
        refuse("cannot_dm_bot")
    if user.team is not install.team and not call.slack.app.dms_strangers:
        refuse(hidden)
    if user.deleted:
        refuse("user_disabled" if call.method == "conversations.open" else "channel_not_found")
    return install.team.dm(user)


def _writable(call: Call, room: Room) -> None:
    if room.archived:
        refuse("is_archived")
    if room.type == "im" and not call.slack.app.messages_tab:
        refuse("messages_tab_disabled")
    if call.install.bot.id not in room.members:
        assert call.token
        if call.method == "chat.postEphemeral" or "chat:write.public" not in call.token.scopes:
            refuse("not_in_channel")
    if room.posting_restricted:
        refuse("restricted_action")


# ------------------------------------------------------------------------------------------------------ what is written


def _content(call: Call, room: Room) -> tuple[str]:
    """The text, once everything that comes with it has been found right."""
    if refusal := refused_message(call.arguments):
        raise Refused.because(refusal)
    thread = call.text("thread_ts")
    if thread and not room.find(thread):
        refuse("thread_not_found")
    return (call.text("text")[:TEXT],)


def _dress(call: Call, message: Message) -> None:
    arguments = call.arguments
    message.install, message.team = call.install, call.install.team.id
    message.subtype = None
    message.blocks = filled(arguments.get("blocks") or [], call.slack)
    message.attachments = _attachments(call)
    message.thread_ts = call.text("thread_ts") or None
    message.metadata = arguments.get("metadata") or None
    message.how = {name: call.flag(name) if name != "parse" else call.text(name) for name in HOW if name in arguments}


def _attachments(call: Call) -> list[Thing]:
    given = call.arguments.get("attachments") or []
    return [
        one | {"id": place, "blocks": filled(one.get("blocks", []), call.slack)} for place, one in enumerate(given, 1)
    ]


def _own(call: Call, foreign: str = "cant_update_message") -> Message:
    """The message with this ts, if this bot wrote it."""
    room = call.slack.rooms.get(call.text("channel"))
    if not room or call.install.team not in room.teams or (room.private and call.install.bot.id not in room.members):
        refuse("channel_not_found")
    message = room.find(call.text("ts"))
    if not message:
        refuse("message_not_found")
    if message.install is not call.install:
        refuse(foreign)
    if room.archived:
        refuse("is_archived")
    return message
