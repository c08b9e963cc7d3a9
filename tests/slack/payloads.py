"""What Slack writes to the app when somebody does something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.slack.checks import Thing
from tests.slack.forms import initial
from tests.slack.messages import Message, View
from tests.slack.rooms import Room

if TYPE_CHECKING:
    from tests.slack.people import User
    from tests.slack.workspace import Install


def command(user: User, room: Room, install: Install, name: str, text: str) -> Thing:
    """A slash command, each field a string of a form."""
    names = {"im": "directmessage", "group": "privategroup", "mpim": "mpdm"}
    slack = install.slack
    return {
        "token": slack.app.token,
        "team_id": install.team.id,
        "team_domain": install.team.domain,
        "channel_id": room.id,
        "channel_name": names.get(room.type, room.name),
        "user_id": user.id,
        "user_name": user.handle,
        "command": name,
        "text": text,
        "api_app_id": slack.app.id,
        "is_enterprise_install": "false",
        "response_url": slack.delivery.responses.url(room, user, install),
        "trigger_id": slack.trigger(user, install),
    }


def block_actions(user: User, where: Message | View, install: Install, actions: list[Thing]) -> Thing:
    """Buttons, menus and pickers, in a message or in a view."""
    said = _interaction("block_actions", user, install) | {"trigger_id": install.slack.trigger(user, install)}
    if isinstance(where, View):
        said["team"] = {"id": user.team.id, "domain": user.team.domain}
        return said | {"container": {"type": "view", "view_id": where.id}, "view": where.payload(), "actions": actions}
    room = where.room
    container: Thing = {"type": "message", "message_ts": where.ts, "channel_id": room.id}
    container["is_ephemeral"] = bool(where.only)
    if where.thread_ts:
        container["thread_ts"] = where.thread_ts
    names = {"im": "directmessage", "group": "privategroup"}
    said |= {
        "container": container,
        "channel": {"id": room.id, "name": names.get(room.type, room.name)},
        "state": {"values": initial(where.blocks, where.state(user))},
        "response_url": install.slack.delivery.responses.url(room, user, install, where),
        "actions": actions,
    }
    return said if where.only else said | {"message": where.payload()}


def submission(user: User, view: View) -> Thing:
    trigger = view.install.slack.trigger(user, view.install)
    return _about(view, "view_submission", user) | {"trigger_id": trigger, "response_urls": []}


def closing(user: User, view: View, *, cleared: bool) -> Thing:
    return _about(view, "view_closed", user) | {"is_cleared": cleared}


def action(user: User, block: Thing, element: Thing, option: Thing | None, state: Thing | None = None) -> Thing:
    """One entry of `actions`: what was pressed or chosen."""
    kind = element["type"]
    said = {
        "type": kind,
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": user.team.slack.ts(),
    }
    if state is not None:
        return said | state
    if kind == "overflow":
        assert option
        return said | {"selected_option": {name: option[name] for name in ("text", "value", "url") if name in option}}
    if kind == "feedback_buttons":
        assert option
        return said | {"text": option["text"], "value": option["value"]}
    return said | {name: element[name] for name in ("text", "value", "url", "style", "confirm") if name in element}


def _about(view: View, kind: str, user: User) -> Thing:
    """The team is that of the person, and only app_installed_team_id that of the app."""
    said = _interaction(kind, user, view.install) | {"team": {"id": user.team.id, "domain": user.team.domain}}
    return said | {"view": view.payload()}


def _interaction(kind: str, user: User, install: Install) -> Thing:
    return {
        "type": kind,
        "team": {"id": install.team.id, "domain": install.team.domain},
        "user": {"id": user.id, "username": user.handle, "name": user.handle, "team_id": user.team.id},
        "api_app_id": install.slack.app.id,
        "token": install.slack.app.token,
        "enterprise": None,
        "is_enterprise_install": False,
    }
