"""What the calls of the Connector do in a conversation, and when they refuse to."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.teams.connector import Call, Refused
from tests.teams.limits import ACTIVITY_SIZE, check_activity, size
from tests.teams.messages import Message

if TYPE_CHECKING:
    from tests.teams.people import User
    from tests.teams.rooms import Room
    from tests.teams.tenants import Team

Thing = dict[str, Any]
Done = tuple[int, Any]

TARGETED_LIVES = timedelta(hours=24)
PAGES = (50, 500)  # the least and the most members of one page
OLD_LIST = 10_000  # more members than this the old list does not name


def create(call: Call) -> Done:
    """Begin a personal chat, or a thread in a channel."""
    asked = call.body
    data = asked.get("channelData") or {}
    bot = (asked.get("bot") or {}).get("id")
    if bot is not None and bot != call.teams.bot_id:
        raise Refused("BadSyntax", f"bot.id {bot!r} is not the bot's own")
    if channel := (data.get("channel") or {}).get("id"):
        return _new_thread(call, channel)
    if asked.get("isGroup"):
        raise Refused("BadSyntax", "a bot cannot create a group chat")
    if asked.get("activity") is not None:
        raise Refused("BadSyntax", "a personal chat is created without an activity, which is sent afterwards")
    members = asked.get("members") or []
    tenant = call.teams.tenants.get(str(asked.get("tenantId") or (data.get("tenant") or {}).get("id")))
    if not tenant or len(members) != 1:
        raise Refused("BadSyntax", "a personal chat needs tenantId and exactly one member")
    user = call.teams.user(str(members[0].get("id")))
    if not user or user.tenant is not tenant:
        raise Refused("BadSyntax", f"{members[0].get('id')!r} is nobody of this tenant")
    if tenant.disabled:
        raise Refused("BotDisabledByAdmin")
    if not user.installed:
        raise Refused("ForbiddenOperationException")
    return 201, {"id": user.personal.id}


def _new_thread(call: Call, channel: str) -> Done:
    room = call.teams.rooms.get(channel)
    if not room or not room.team:
        raise Refused("ConversationNotFound")
    if not call.body.get("isGroup") or not isinstance(call.body.get("activity"), dict):
        raise Refused("BadSyntax", "a thread in a channel needs isGroup and its first activity")
    _enters(room)
    message = _written(call, room, call.body["activity"], None)
    return 201, {"id": f"{room.id};messageid={message.id}", "activityId": message.id}


def send(call: Call) -> Done:
    room, thread = _place(call)
    return 201, {"id": _written(call, room, call.body, thread, only=_target(call, room)).id}


def reply(call: Call) -> Done:
    """Send in answer to something: in a channel in its thread, elsewhere like any other.

    What is answered may also be an event, of which nothing is kept.
    """
    room, thread = _place(call)
    above = room.find(call.path["activity"])
    if _targeted(call) or (above and above.only):
        raise Refused("BadArgument", "targeted messages take and are no replies")
    if room.team and above:
        thread = above.thread or above.id
    return 201, {"id": _written(call, room, call.body, thread).id}


def update(call: Call) -> Done:
    """Change what the bot wrote, for everybody."""
    room, _ = _place(call)
    message = _own(call, room)
    if call.body.get("type") != "message":
        raise Refused("BadArgument", "only messages are updated")
    if call.body.get("id", message.id) != message.id:
        raise Refused("BadArgument", f"the id of the body, {call.body['id']!r}, is another than that of the address")
    _takes(call.body, room)
    message.rewrite(call.body)
    return 200, {"id": message.id}


def delete(call: Call) -> Done:
    room, _ = _place(call)
    _own(call, room).deleted = True
    return 200, None


def members(call: Call) -> Done:
    return 200, [user.profile("objectId") for user in _place(call)[0].people[:OLD_LIST]]


def paged_members(call: Call) -> Done:
    """One page; the last has no continuationToken."""
    people = _place(call)[0].people
    least, most = PAGES
    try:
        asked = int(call.query.get("pageSize") or call.query.get("page_size") or 0)
        start = int(call.query.get("continuationToken", "page:0").removeprefix("page:"))
    except ValueError:
        raise Refused("BadArgument", "pageSize or continuationToken is not understood") from None
    limit = min(max(asked, least), most) if asked else call.teams.page
    shown = [user.profile() for user in people[start : start + limit]]
    said: Thing = {"members": shown, "totalCount": len(people)}
    if start + limit < len(people):
        said["continuationToken"] = f"page:{start + limit}"
    return 200, said


def member(call: Call) -> Done:
    user = _place(call)[0].member(call.path["member"])
    if not user:
        raise Refused("MemberNotFoundInConversation")
    return 200, user.profile()


def team(call: Call) -> Done:
    found = _team(call)
    counts = {"memberCount": len(found.people), "channelCount": len(found.channels)}
    return 200, found.account() | counts | {"tenantId": found.tenant.id, "type": "standard"}


def channels(call: Call) -> Done:
    """The channels of a team, of which the first has no name."""
    found = _team(call)
    named = [
        {"id": room.id, "name": None if room is found.general else room.name, "type": "standard"}
        for room in found.channels
    ]
    return 200, {"conversations": named}


# ------------------------------------------------------------------------------------------------------------- within


def _place(call: Call) -> tuple[Room, str | None]:
    """The conversation and the thread that a call is about, if the bot may enter it."""
    base, _, thread = call.conversation.partition(";messageid=")
    room = call.teams.rooms.get(base)
    if not room or (thread and not room.team):
        raise Refused("ConversationNotFound")
    if thread and not any(one.id == thread for one in room.messages):
        raise Refused("ConversationNotFound")
    _enters(room)
    return room, thread or None


def _enters(room: Room) -> None:
    if room.tenant.disabled:
        raise Refused("BotDisabledByAdmin")
    if room.blocked:
        raise Refused("ConversationBlockedByUser")
    if not room.bot_in:
        raise Refused("BotNotInConversationRoster")


def _team(call: Call) -> Team:
    room = call.teams.rooms.get(call.path["team"])
    if not room or not room.team or room.team.id != room.id:
        raise Refused("ConversationNotFound")
    _enters(room)
    return room.team


def _targeted(call: Call) -> bool:
    return call.query.get("isTargetedActivity", "").lower() == "true"


def _target(call: Call, room: Room) -> User | None:
    """The one person whom a targeted message is for."""
    if not _targeted(call):
        return None
    if room.kind == "personal":
        raise Refused("BadArgument", "a personal chat has no targeted messages")
    recipient = str((call.body.get("recipient") or {}).get("id") or "")
    if not recipient:
        raise Refused("BadArgument", "a targeted message needs a recipient")
    user = room.member(recipient)
    if not user:
        raise Refused("BotNotInConversationRoster", "The recipient is not in the conversation.")
    return user


def _find(call: Call, room: Room) -> Message:
    message = room.find(call.path["activity"])
    now = call.teams.now()
    if not message or (message.only and now - message.at >= TARGETED_LIVES):
        raise Refused("ActivityNotFoundInConversation")
    return message


def _own(call: Call, room: Room) -> Message:
    """The message that is to be changed, if the bot wrote it and it is addressed in the right way."""
    message = _find(call, room)
    if message.author is not None:
        raise Refused("ForbiddenOperationException", "The bot did not write this message.")
    if bool(message.only) != _targeted(call):
        raise Refused("ActivityNotFoundInConversation")
    if message.only and isinstance(call.body, dict) and call.body.get("recipient"):
        raise Refused("BadArgument", "a targeted message is changed without a recipient")
    return message


def _takes(activity: Thing, room: Room) -> None:
    if size(activity) > ACTIVITY_SIZE:
        raise Refused("MessageSizeTooBig")
    if problems := check_activity(activity, room.has):
        raise Refused("BadSyntax", "; ".join(problems))


def _written(call: Call, room: Room, activity: Thing, thread: str | None, *, only: User | None = None) -> Message:
    """Put a message of the bot into a conversation; in a channel it begins a thread if it is in none."""
    _takes(activity, room)
    teams = call.teams
    message = Message(room, teams.new_id(), None, copy.deepcopy(activity), teams.now(), only=only)
    if activity["type"] == "message":
        message.thread = (thread or message.id) if room.team else None
        room.messages.append(message)
    return message


METHODS: dict[str, Callable[[Call], Done]] = {
    "create": create,
    "send": send,
    "reply": reply,
    "update": update,
    "delete": delete,
    "members": members,
    "paged_members": paged_members,
    "member": member,
    "team": team,
    "channels": channels,
}
