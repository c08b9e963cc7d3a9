"""What becomes of a modal when somebody submits or closes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.slack import payloads
from tests.slack.checks import Thing
from tests.slack.delivery import INTERACTIVE, Answer
from tests.slack.forms import fields, initial, shortcomings
from tests.slack.limits import refused_view
from tests.slack.messages import View, filled

if TYPE_CHECKING:
    from tests.slack.people import User
    from tests.slack.workspace import Install, Slack

TROUBLE = "We had some trouble connecting. Try again?"
DEEPEST = 3


async def submits(user: User) -> dict[str, str]:
    """Submit what is before this person: nothing if it was taken, else what is wrong at which label."""
    view = user.view
    assert view, "there is nothing to submit"
    if wrong := shortcomings(view):
        return wrong
    answer = await user.slack.delivery.send(INTERACTIVE, "view_submission", payloads.submission(user, view))
    if not answer.ok or not _follows(view, answer):
        user.troubled(TROUBLE)
        return {"": TROUBLE}
    said = answer.thing or {}
    if said.get("response_action") == "errors":
        labels = {block["block_id"]: name for name, block, _ in fields(view.blocks)}
        return {labels[block_id]: words for block_id, words in said["errors"].items()}
    return {}


async def closes(user: User, *, everything: bool) -> None:
    view = user.view
    assert view, "there is nothing to close"
    del user.stack[0 if everything else -1 :]
    if view.given.get("notify_on_close"):
        closing = payloads.closing(user, view, cleared=everything)
        await user.slack.delivery.send(INTERACTIVE, "view_closed", closing)


def make(slack: Slack, install: Install, user: User, given: Thing) -> View:
    """A view, which nobody sees yet."""
    blocks = filled(given["blocks"], slack)
    view = View(slack.new_id("V"), user, install, given, blocks, slack.made_id("hash."))
    view.values = initial(blocks)
    slack.views[view.id] = view
    return view


def stack_on(user: User, view: View) -> None:
    if user.stack:
        view.root, view.previous = user.stack[0].id, user.stack[-1].id
    user.stack.append(view)


def change(view: View, given: Thing) -> None:
    """Put other content into a view; what was entered stays where the ids stay."""
    slack = view.owner.slack
    view.given, view.blocks, view.hash = given, filled(given["blocks"], slack), slack.made_id("hash.")
    view.values = initial(view.blocks, view.values)


def _follows(view: View, answer: Answer) -> bool:
    """Do with the modal what the app has answered; whether that can be done."""
    user, said = view.owner, answer.thing
    if not said:
        if view in user.stack:
            user.stack.remove(view)
        return said == {} or not answer.body.strip()
    match said.get("response_action"):
        case "clear":
            user.stack.clear()
        case "errors":
            inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
            return bool(said.get("errors")) and said["errors"].keys() <= inputs
        case "update" | "push" as how:
            given: Thing = said.get("view") or {}
            if refused_view(given) or given["type"] != "modal" or (how == "push" and len(user.stack) >= DEEPEST):
                return False
            if how == "update":
                change(view, given)
            else:
                stack_on(user, make(user.slack, view.install, user, given))
        case _:
            return False
    return True
