"""The methods of the Web API by name, and those about people, workspaces, tokens and connections."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from tests.slack.checks import Thing
from tests.slack.methods_chat import delete, ephemeral, post, update
from tests.slack.methods_conversations import history, info, listed, members, opened, replies
from tests.slack.methods_views import open_view, publish_view, push_view, update_view
from tests.slack.people import User
from tests.slack.web_api import Call, Method, refuse


def auth_test(call: Call) -> Thing:
    if not call.token or not call.token.install:
        return {"app_name": call.slack.app.name, "app_id": call.slack.app.id}
    install = call.install
    return {
        "url": f"https://{install.team.domain}.slack.example/",
        "team": install.team.name,
        "user": install.bot.handle,
        "team_id": install.team.id,
        "user_id": install.bot.id,
        "bot_id": install.bot_id,
        "is_enterprise_install": False,
    }


def auth_revoke(call: Call) -> Thing:
    if call.flag("test"):
        return {"revoked": False}
    assert call.token
    call.token.revoked = True
    return {"revoked": True}


def visible(call: Call) -> Iterable[User]:
    """The people whom this bot can know: its own workspace's, and whoever shares a channel with that."""
    team = call.install.team
    shared = {member for room in call.slack.rooms.values() if team in room.teams for member in room.members}
    return [user for user in call.slack.users.values() if user.team is team or user.id in shared]


def _shown(call: Call, user: User) -> Thing:
    said = user.payload(call.install)
    if not call.flag("include_locale"):
        said.pop("locale", None)
    return said


def users_info(call: Call) -> Thing:
    user = next((one for one in visible(call) if one.id == call.arguments["user"]), None)
    return {"user": _shown(call, user)} if user else refuse("user_not_found")


def users_list(call: Call) -> Thing:
    page, cursor = call.page([_shown(call, user) for user in call.install.team.people()])
    return {"members": page, "cache_ts": int(call.slack.now().timestamp())} | {
        "response_metadata": {"next_cursor": cursor}
    }


def users_lookup(call: Call) -> Thing:
    people = [user for user in call.install.team.people() if user.email and not user.deleted]
    user = next((one for one in people if str(one.email).lower() == call.text("email").lower()), None)
    return {"user": user.payload(call.install)} if user else refuse("users_not_found")


def team_info(call: Call) -> Thing:
    team = call.install.team
    return {"team": {"id": team.id, "name": team.name, "domain": team.domain, "email_domain": "", "icon": {}}}


def connections_open(call: Call) -> Thing:
    return {"url": call.slack.delivery.sockets.ticket()}


def oauth_access(call: Call) -> Thing:
    """Exchange a code or a refresh token, each of which is good once."""
    app = call.slack.app
    client, secret = call.text("client_id"), call.text("client_secret")
    if basic := call.arguments.get("_basic"):
        client, _, secret = base64.b64decode(basic).decode().partition(":")
    if client != app.client_id:
        refuse("invalid_client_id")
    if secret != app.client_secret:
        refuse("bad_client_secret")
    if call.text("grant_type") == "refresh_token":
        return _refreshed(call)
    code = call.slack.codes.pop(call.text("code"), None)
    if not code or code["expires"] <= call.slack.now():
        refuse("invalid_code")
    if code["redirect_uri"] != (call.text("redirect_uri") or code["redirect_uri"]):
        refuse("bad_redirect_uri")
    install = code["user"].team.installs(scopes=code["scopes"], rotates=app.rotates)
    return _granted(call, install.tokens[-1].value) | {"authed_user": {"id": code["user"].id}}


def _refreshed(call: Call) -> Thing:
    given = call.text("refresh_token")
    token = next((one for one in call.slack.tokens.values() if given and one.refresh == given), None)
    if not token or not token.install or not token.install.active:
        refuse("invalid_refresh_token")
    token.refresh = None
    return _granted(call, token.install.new_token(rotates=True).value)


def _granted(call: Call, value: str) -> Thing:
    token = call.slack.tokens[value]
    assert token.install
    install = token.install
    rotating = {"refresh_token": token.refresh, "expires_in": 43_200} if token.refresh else {}
    return {
        "access_token": value,
        "token_type": "bot",
        "scope": ",".join(sorted(token.scopes)),
        "bot_user_id": install.bot.id,
        "app_id": call.slack.app.id,
        "team": {"id": install.team.id, "name": install.team.name},
        "enterprise": None,
        "is_enterprise_install": False,
    } | rotating


METHODS: dict[str, Method] = {
    # Tier 1 means "one a minute or more"; a bot that connects anew in time is not stopped by it.
    "apps.connections.open": Method(connections_open, 2, "connections:write"),
    "auth.revoke": Method(auth_revoke, 3, json=False),
    "auth.test": Method(auth_test, 5),
    "chat.delete": Method(delete, 3, "chat:write", ("channel", "ts")),
    "chat.postEphemeral": Method(ephemeral, 4, "chat:write", ("channel", "user")),
    "chat.postMessage": Method(post, 5, "chat:write", ("channel",)),
    "chat.update": Method(update, 3, "chat:write", ("channel", "ts")),
    "conversations.history": Method(history, 3, None, ("channel",), json=False),
    "conversations.info": Method(info, 3, None, ("channel",), json=False),
    "conversations.list": Method(listed, 2, None, json=False),
    "conversations.members": Method(members, 4, None, ("channel",), json=False),
    "conversations.open": Method(opened, 3),
    "conversations.replies": Method(replies, 3, None, ("channel", "ts"), json=False),
    "oauth.v2.access": Method(oauth_access, 4, json=False, free=True),
    "team.info": Method(team_info, 3, "team:read", json=False),
    "users.info": Method(users_info, 4, "users:read", ("user",), json=False),
    "users.list": Method(users_list, 2, "users:read", json=False),
    "users.lookupByEmail": Method(users_lookup, 3, "users:read.email", ("email",), json=False),
    "views.open": Method(open_view, 4, None, ("view",)),
    "views.publish": Method(publish_view, 4, None, ("user_id", "view")),
    "views.push": Method(push_view, 4, None, ("view",)),
    "views.update": Method(update_view, 4, None, ("view",)),
}
