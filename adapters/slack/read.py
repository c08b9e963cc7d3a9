"""Payload -> what it means. Pure: everything that Slack sends is checked here, and nothing else of it goes any further.

Why a field is read as it is stands beside the recorded payload that taught it, in this file's test.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypedDict

from adapters.slack.draw import read_press
from adapters.slack.forms import values
from adapters.slack.news import BotJoined, BotLeft, News, news
from adapters.slack.payload import (
    CONTROLS,
    Payload,
    Unreadable,
    User,
    first,
    ident,
    name,
    part,
    plain,
    stamp,
    text,
    when,
    words,
)
from dialogs.base import Commanded, Event, Joined, Left, Pressed, Reacted, Said, Submitted

__all__ = ["Heard", "Unreadable", "User", "command", "event", "interaction"]

LONGEST_KEY = 200  # of dialog, slot, action, value
LONGEST_METADATA = 3000  # Slack's own limit
LONGEST_FIELD = 8_000  # of one field of a form; the card's own limit is smaller, and the dialog checks it
WRITTEN = (None, "thread_broadcast", "file_share", "me_message")  # the only subtypes in which somebody writes
NOBODY = ("", "USLACKBOT")


@dataclass(frozen=True, slots=True)
class Heard:
    """What the bot is to hear; the app fills in tenant and person."""

    team: str  # the workspace whose installation this is for
    enterprise: str | None
    user: User | None
    event: Event
    channel: str | None
    thread: str | None = None  # the root message beneath which somebody wrote
    root_by: str | None = None  # whose message that root is
    trigger: str | None = None  # opens one form, within 3 seconds
    respond: str | None = None  # where the one who acted can be answered
    slot: str = ""  # of the message whose button was pressed
    home: bool = False  # pressed on the Home tab
    alone: bool = False  # pressed on what only this person sees
    opens: bool = False  # the press asks for a form: it is not an event for the bot
    mentions: tuple[str, ...] = ()  # of a command: who is mentioned, in the text `<@U…>`


class _Common(TypedDict):
    id: str
    at: datetime
    tenant: str
    place: str | None


def command(body: Payload, at: datetime) -> Heard:
    """What was typed behind the slash command. Slack does not say when: `at` is when it came. Raises Unreadable."""
    team, user, trigger = ident(body, "team_id"), ident(body, "user_id"), text(body, "trigger_id")
    if not team or not user or not trigger or len(trigger) > LONGEST_KEY:
        raise Unreadable
    channel = ident(body, "channel_id")
    typed, mentions = plain(text(body, "text"))
    return Heard(
        team,
        ident(body, "enterprise_id") or None,
        User(team, user, name({"name": body.get("user_name")})),
        Commanded(**_common(f"command:{trigger}", at, _place(channel, text(body, "channel_name"))), text=typed),
        channel or None,
        trigger=trigger,
        respond=text(body, "response_url") or None,
        mentions=mentions,
    )


def interaction(payload: Payload, at: datetime) -> Heard | None:
    """What was pressed or sent; `at` is when it came, for the forms of which Slack does not say it. Raises Unreadable.

    None: it needs no answer but the acknowledgement.
    """
    kind = payload.get("type")
    if kind not in ("block_actions", "view_submission"):
        return None
    view, who = part(payload, "view"), part(payload, "user")
    # An organisation's installation sends no team, and a view that was opened in another workspace names ours itself.
    team = ident(view, "app_installed_team_id") or ident(part(payload, "team"), "id") or ident(who, "team_id")
    user = User(ident(who, "team_id") or team, ident(who, "id"), name(who))
    if not team or not user.id:
        raise Unreadable
    return _sent(payload, team, user, at) if kind == "view_submission" else _pressed(payload, team, user)


def _pressed(payload: Payload, team: str, user: User) -> Heard | None:
    action, container, view = first(payload, "actions"), part(payload, "container"), part(payload, "view")
    if action.get("action_id") == "link":
        return None  # its address has been opened; Slack only wants to know that we know
    # A menu that was cleared has no option; a button has its value in itself.
    chosen = action if action.get("type") == "button" else part(action, "selected_option")
    carried = chosen.get("value")
    press = read_press(carried) if isinstance(carried, str) else None
    pressed = stamp(action, "action_ts")
    at, shown = when(action, "action_ts"), stamp(container, "message_ts") or ident(view, "id")
    if press is None or at is None or not pressed or not shown:
        raise Unreadable
    parts = (press.dialog, press.slot, press.action, press.value)
    if any(len(one) > LONGEST_KEY or CONTROLS.search(one) for one in parts):
        raise Unreadable
    channel = ident(part(payload, "channel"), "id") or ident(container, "channel_id")
    common = _common(
        f"{team}:{shown}:{pressed}:{user.id}",
        at,
        _place(channel, text(part(payload, "channel"), "name")),
    )
    return Heard(
        team,
        _enterprise(payload),
        user,
        Pressed(**common, dialog=press.dialog or None, action=press.action, value=press.value),
        channel or None,
        trigger=text(payload, "trigger_id") or None,
        respond=text(payload, "response_url") or None,
        slot=press.slot,
        home=view.get("type") == "home",
        alone=container.get("is_ephemeral") is True or (common["place"] is None and not view),
        opens=action.get("action_id") == "form",
    )


def _sent(payload: Payload, team: str, user: User, at: datetime) -> Heard:
    view = part(payload, "view")
    # Not by the view's hash: a form that came back with something to mend, and is sent again, has the same.
    shown, sending = ident(view, "id"), text(payload, "trigger_id")
    dialog, slot, action = _metadata(view.get("private_metadata"))
    if not shown or not sending or len(sending) > LONGEST_KEY:
        raise Unreadable
    state = part(view, "state").get("values")
    if not isinstance(state, dict) or not all(isinstance(block, dict) for block in state.values()):
        raise Unreadable
    sent = values(state)
    filled = {field: text(sent, field) for field in sent}
    if any(len(key) > LONGEST_KEY or CONTROLS.search(key) for key in filled):
        raise Unreadable
    if any(len(value) > LONGEST_FIELD for value in filled.values()):
        raise Unreadable("That is too long: please shorten your answer.")
    common = _common(f"{team}:view:{shown}:{sending}:{user.id}", at, None)
    return Heard(
        team,
        _enterprise(payload),
        user,
        Submitted(**common, dialog=dialog or None, action=action, values=filled),
        None,
        trigger=sending,
        slot=slot,
    )


def _metadata(raw: object) -> tuple[str, str, str]:
    """Which form this is, as we wrote it into it: dialog, slot, action. It comes from outside all the same."""
    if not isinstance(raw, str) or len(raw) > LONGEST_METADATA:
        raise Unreadable
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Unreadable from error
    if not isinstance(found, dict) or found.keys() != {"dialog", "slot", "action"}:
        raise Unreadable
    dialog, slot, action = (text(found, key) for key in ("dialog", "slot", "action"))
    # What is no text, or has something in it that `text` takes out, was not written by us.
    if found != {"dialog": dialog, "slot": slot, "action": action}:
        raise Unreadable
    if not action or max(len(dialog), len(slot), len(action)) > LONGEST_KEY:
        raise Unreadable
    return dialog, slot, action


# -- the Events API ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Envelope:
    """Whose installation an event is for, and who the bot is there."""

    outer: Payload
    inner: Payload
    team: str
    enterprise: str | None
    bot: str | None

    def heard(self, happened: Event, channel: str, thread: str = "", root_by: str = "") -> Heard:
        """This event, by its author."""
        author = User(self._home(), ident(self.inner, "user"), name({"profile": part(self.inner, "user_profile")}))
        return Heard(self.team, self.enterprise, author, happened, channel, thread or None, root_by or None)

    def _home(self) -> str:
        """The author's own workspace; empty if it may be any."""
        home = ident(self.inner, "user_team", "team")
        if home.startswith("E"):
            outer = self.outer
            for organisation, workspace in (("enterprise_id", "team_id"), ("context_enterprise_id", "context_team_id")):
                if home == outer.get(organisation):
                    return ident(outer, workspace) or home
        return home or ("" if self.outer.get("is_ext_shared_channel") is True else self.team)


def event(envelope: Payload, bot_user: str | None = None) -> Heard | News | None:
    """What happened. None: nothing that anybody here cares about. Raises Unreadable."""
    inner, install = part(envelope, "event"), first(envelope, "authorizations")
    # The envelope's own team may be a stranger's, in a channel that is shared with them.
    team = ident(install, "team_id") or ident(envelope, "context_team_id", "team_id")
    enterprise = ident(install or envelope, "enterprise_id") or None
    if not inner or (not team and inner.get("type") not in ("app_uninstalled", "tokens_revoked")):
        raise Unreadable
    if bot_user is None and install.get("is_bot") is True:
        bot_user = ident(install, "user_id") or None
    told = news(inner, team, enterprise)
    return told or _happened(_Envelope(envelope, inner, team, enterprise, bot_user))


def _happened(about: _Envelope) -> Heard | News | None:
    inner, kind = about.inner, about.inner.get("type")
    user = ident(inner, "user")
    if kind == "message":
        return _written(about, user)
    moved = kind in ("member_joined_channel", "member_left_channel")
    channel = ident(inner if moved else part(inner, "item"), "channel")
    if not (moved or kind == "reaction_added") or not channel or user in NOBODY:
        return None
    if user == about.bot:
        if not moved:
            return None
        return (BotJoined if kind == "member_joined_channel" else BotLeft)(about.team, channel)
    at, heard_as = when(inner, "event_ts") or when(about.outer, "event_time"), ident(about.outer, "event_id")
    if at is None or not heard_as:
        raise Unreadable
    common = _common(heard_as, at, _place(channel))
    if kind == "member_joined_channel":
        # Whoever belongs to a channel need not be looking at it.
        return about.heard(Joined(**common, there=False), channel)
    if kind == "member_left_channel":
        return about.heard(Left(**common), channel)
    return about.heard(Reacted(**common), channel) if common["place"] else None


def _written(about: _Envelope, user: str) -> Heard | None:
    inner, channel = about.inner, ident(about.inner, "channel")
    theirs = bool(inner.get("bot_id") or inner.get("app_id") or inner.get("hidden"))
    if theirs or inner.get("subtype") not in WRITTEN or user in (*NOBODY, about.bot) or not channel:
        return None
    ts = stamp(inner, "ts")
    at = when(inner, "ts")
    if at is None or not ts:
        raise Unreadable
    # Not by event_id: Slack has sent one message as eleven events, each with an id of its own.
    heard_as = f"{about.team}:{channel}:{ts}"
    root = stamp(inner, "thread_ts")
    thread = root if root != ts else ""
    root_by = (ident(inner, "parent_user_id") or ident(part(inner, "root"), "user")) if thread else ""
    written, mentions = plain(text(inner, "text"))
    if channel.startswith("D") or inner.get("channel_type") in ("im", "app_home"):
        if about.bot:
            written = re.sub(rf"^\s*<@{re.escape(about.bot)}>[\s:,]*", "", written)
        mentions = tuple(one for one in mentions if one != about.bot)
        typed = Commanded(**_common(heard_as, at, None), text=written.strip())
        return replace(about.heard(typed, channel, thread, root_by), mentions=mentions)
    return about.heard(Said(**_common(heard_as, at, _place(channel)), words=words(written)), channel, thread, root_by)


# -- what all have -----------------------------------------------------------------------------------------------------


def _common(heard_as: str, at: datetime, place: str | None) -> _Common:
    return _Common(id=f"slack:{heard_as}", at=at, tenant="", place=place)


def _place(channel: str, called: str = "") -> str | None:
    """Where this happened, unless between two people: a session is not held there."""
    return None if not channel or channel.startswith("D") or called == "directmessage" else f"slack:{channel}"


def _enterprise(payload: Payload) -> str | None:
    return ident(part(payload, "enterprise"), "id") or ident(part(payload, "team"), "enterprise_id") or None
