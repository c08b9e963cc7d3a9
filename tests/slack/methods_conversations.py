"""The methods that look into channels and open direct messages."""

from __future__ import annotations

from tests.slack.checks import Thing
from tests.slack.messages import Message
from tests.slack.methods_chat import direct
from tests.slack.rooms import Room
from tests.slack.web_api import Call, refuse

SCOPED = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}
TYPES = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}


def info(call: Call) -> Thing:
    room = known(call, "read")
    extra = {"num_members": len(room.members)} if call.flag("include_num_members") else {}
    return {"channel": room.payload(call.install.bot.id) | extra}


def members(call: Call) -> Thing:
    page, cursor = call.page(list(known(call, "read").members))
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def listed(call: Call) -> Thing:
    types = (call.text("types") or "public_channel").split(",")
    if any(name.strip() not in TYPES for name in types):
        refuse("invalid_types")
    wanted = {TYPES[name.strip()] for name in types}
    for kind in wanted:
        call.needs(f"{SCOPED[kind]}:read")
    bot, team = call.install.bot.id, call.install.team
    seen = [
        room.payload(bot)
        for room in call.slack.rooms.values()
        if team in room.teams
        and room.type in wanted
        and (bot in room.members or room.type == "channel")
        and not (room.archived and call.flag("exclude_archived"))
    ]
    page, cursor = call.page(seen)
    return {"channels": page, "response_metadata": {"next_cursor": cursor}}


def history(call: Call) -> Thing:
    room = known(call, "history", inside=True)
    seen = [one for one in room.messages if not one.thread_ts or one.thread_ts == one.ts]
    return _messages(call, list(reversed(_between(call, seen))))


def replies(call: Call) -> Thing:
    room = known(call, "history", inside=True)
    parent = room.find(call.text("ts"))
    if not parent:
        refuse("thread_not_found")
    return _messages(call, [parent, *_between(call, room.replies(parent))])


def opened(call: Call) -> Thing:
    users = call.text("users")
    if room := call.slack.rooms.get(call.text("channel")):
        return {"channel": room.payload(call.install.bot.id) if call.flag("return_im") else {"id": room.id}}
    if not users:
        refuse("channel_not_found" if call.text("channel") else "users_list_not_supplied")
    names = [name.strip() for name in users.split(",")]
    call.needs("im:write" if len(names) == 1 else "mpim:write")
    if len(names) > 1:
        refuse("method_not_supported_for_channel_type")  # group conversations are not played here
    before = len(call.slack.rooms)
    room = direct(call, names[0])
    done = {} if len(call.slack.rooms) > before else {"no_op": True, "already_open": True}
    return done | {"channel": room.payload(call.install.bot.id) if call.flag("return_im") else {"id": room.id}}


def known(call: Call, what: str, *, inside: bool = False) -> Room:
    """The room of this id, if the bot may look at this of it."""
    room, install = call.slack.rooms.get(call.text("channel")), call.install
    if not room or install.team not in room.teams:
        refuse("channel_not_found")
    if install.bot.id not in room.members and (room.private or room.direct):
        refuse("channel_not_found")
    call.needs(f"{SCOPED[room.type]}:{what}")
    if inside and install.bot.id not in room.members:
        refuse("not_in_channel")
    return room


def _between(call: Call, found: list[Message]) -> list[Message]:
    oldest, latest = call.text("oldest") or "0", call.text("latest") or "9" * 11
    inclusive = call.flag("inclusive")
    low, high = float(oldest), float(latest)
    return [
        one
        for one in found
        if not one.only
        and not one.deleted
        and (low < float(one.ts) < high or (inclusive and one.ts in {oldest, latest}))
    ]


def _messages(call: Call, found: list[Message]) -> Thing:
    page, cursor = call.page(found, most=999)
    metadata = call.flag("include_all_metadata")
    said = {"messages": [one.payload(metadata=metadata) for one in page], "has_more": bool(cursor), "pin_count": 0}
    return said | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})
