"""The methods that put a view before somebody."""

from __future__ import annotations

from tests.slack.checks import Thing
from tests.slack.limits import refused_view
from tests.slack.messages import View
from tests.slack.modals import DEEPEST, change, make, stack_on
from tests.slack.people import User
from tests.slack.web_api import Call, Refused, refuse
from tests.slack.workspace import TRIGGER_LIVES


def open_view(call: Call) -> Thing:
    user = _triggered(call)
    view = _new(call, user, "modal")
    user.stack[:] = [view]
    return {"view": view.payload()}


def push_view(call: Call) -> Thing:
    user = _triggered(call)
    if len(user.stack) >= DEEPEST:
        refuse("push_limit_reached")
    view = _new(call, user, "modal")
    stack_on(user, view)
    return {"view": view.payload()}


def update_view(call: Call) -> Thing:
    given = _checked(call)
    external = call.text("external_id")
    views = call.slack.views.values()
    view = call.slack.views.get(call.text("view_id")) or next(
        (one for one in views if external and one.given.get("external_id") == external), None
    )
    if not view or view.install is not call.install or (view not in view.owner.stack and view is not view.owner.home):
        refuse("not_found")
    _raced(call, view)
    if given["type"] != view.given["type"]:
        refuse("invalid_arguments", response_metadata={"messages": ["[ERROR] the type of a view does not change"]})
    change(view, given)
    return {"view": view.payload()}


def publish_view(call: Call) -> Thing:
    if not call.slack.app.home_tab:
        refuse("not_enabled")
    user = call.slack.users.get(call.text("user_id"))
    if not user or user.team is not call.install.team:
        refuse("invalid_arguments", response_metadata={"messages": ["[ERROR] user_id is not known"]})
    if user.home:
        given = _checked(call, "home")
        _raced(call, user.home)
        change(user.home, given)
    else:
        user.home = _new(call, user, "home")
    return {"view": user.home.payload()}


def _new(call: Call, user: User, kind: str) -> View:
    given = _checked(call, kind)
    external = given.get("external_id")
    if external and any(one.given.get("external_id") == external for one in call.slack.views.values()):
        refuse("duplicate_external_id")
    return make(call.slack, call.install, user, given)


def _checked(call: Call, kind: str | None = None) -> Thing:
    view: Thing = call.arguments["view"]
    if refusal := refused_view(view):
        raise Refused.because(refusal)
    if kind and view["type"] != kind:
        refuse("invalid_arguments", response_metadata={"messages": [f"[ERROR] the view must be a {kind}"]})
    return view


def _triggered(call: Call) -> User:
    """Whoever did something in the last three seconds that nothing was opened for yet."""
    trigger = call.slack.triggers.get(call.text("trigger_id"))
    if not trigger or trigger.install is not call.install:
        refuse("invalid_trigger_id" if call.text("trigger_id") else "invalid_arguments")
    if trigger.used:
        refuse("exchanged_trigger_id")
    if call.slack.now() - trigger.made > TRIGGER_LIVES:
        refuse("expired_trigger_id")
    _checked(call, "modal")
    trigger.used = True
    return trigger.user


def _raced(call: Call, view: View) -> None:
    if call.text("hash") and call.text("hash") != view.hash:
        refuse("hash_conflict")
