"""What a press, a refresh or a dialog asks of the bot, and whether its answer is one that Teams understands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tests.teams import activities
from tests.teams.cards import values
from tests.teams.limits import DIALOG_TITLE, check_card
from tests.teams.messages import CARD, Dialog, Message
from tests.teams.reading import Read, read_card

if TYPE_CHECKING:
    from tests.teams.delivery import Answer
    from tests.teams.people import User
    from tests.teams.rooms import Room

Thing = dict[str, Any]

TOAST, ERROR = "application/vnd.microsoft.activity.message", "application/vnd.microsoft.error"
UNREACHABLE = "Unable to reach app. Please try again."
SOMETHING_WRONG = "Something went wrong. Please try again."
REFRESHES_ALL = 60  # a card that names nobody refreshes for everybody, in chats of so many people at most
SIZES = ("small", "medium", "large")


async def pressed(user: User, found: Message | Dialog, card: Thing, action: Thing, *, inputs: bool) -> Read:
    """A button that the bot must know of was pressed."""
    room = found.room
    if not room.bot_in:
        return user.troubled(UNREACHABLE)
    source = found.source if isinstance(found, Dialog) else found
    data = dict(action.get("data") or {}) | (values(card, found.typed(user)) if inputs else {})
    if action["type"] == "Action.Execute":
        return await _executes(user, source, action, data, "manual")
    of_teams = data.pop("msteams", {}) if isinstance(data.get("msteams"), dict) else {}
    if isinstance(found, Dialog):
        return await _dialog(user, source, "task/submit", data)
    if of_teams.get("type") == "task/fetch":
        return await _dialog(user, source, "task/fetch", data | {"type": "task/fetch"})
    said: Thing = {"value": data, "replyToId": source.id}
    if of_teams.get("type") == "messageBack":
        said |= {"text": of_teams.get("text", ""), "value": of_teams.get("value", data)}
    if of_teams.get("type") == "imBack":
        said = {"text": of_teams.get("value", ""), "replyToId": source.id}
    data_of_teams = {"source": {"name": "message"}}
    event = activities.activity(room, user, "message", thread=source.thread, channel_data=data_of_teams, **said)
    answer = await user.teams.delivery.event(event)
    return Read() if answer is None or answer.ok else user.troubled(SOMETHING_WRONG)


async def refreshes(user: User, message: Message) -> None:
    """Refresh each card of a message that is to refresh by itself for this person."""
    for card in message.shown(user):
        refresh = card.get("refresh")
        if not refresh or not message.room.bot_in:
            continue
        whom = refresh.get("userIds")
        everybody = whom is None and len(message.room.people) <= REFRESHES_ALL
        if everybody or user.id in (whom or ()):
            action = refresh["action"]
            await _executes(user, message, action, dict(action.get("data") or {}), "automatic")


async def _executes(user: User, message: Message, action: Thing, data: Thing, trigger: str) -> Read:
    sent = {"type": "Action.Execute", "verb": action["verb"], "data": data}
    if "id" in action:
        sent["id"] = action["id"]
    value = {"action": sent, "trigger": trigger}
    asked = activities.invoke("adaptiveCard/action", message.room, user, value, message)
    answer = await user.teams.delivery.invoke(asked)
    if wrong := answer.reason or "; ".join(_action_problems(answer, message.room)):
        return _refused(user, f"{asked['name']}: {wrong}")
    said = answer.thing or {}
    if said["type"] == CARD:
        message.views[user.id] = said["value"]
        message.inputs.pop(user.id, None)
        return read_card(said["value"], user)
    if said["type"] == TOAST:
        return Read(said["value"], private=True)
    return user.troubled(said["value"]["message"])


async def _dialog(user: User, source: Message, name: str, data: Thing) -> Read:
    """Open a dialog, or send what was entered in one; the answer opens the next, says something, or closes it."""
    value = {"data": data, "context": {"theme": "default"}}
    answer = await user.teams.delivery.invoke(activities.invoke(name, source.room, user, value, source))
    wrong = answer.reason or "; ".join(_task_problems(answer, source.room, may_close=name == "task/submit"))
    if wrong:
        return _refused(user, f"{name}: {wrong}")
    task = (answer.thing or {}).get("task")
    user.dialog = None
    if not task:
        return Read()
    if task["type"] == "message":
        return Read(task["value"], private=True)
    shown = task["value"]
    user.dialog = Dialog(user, source.room, shown.get("title", ""), shown["card"]["content"], source)
    return user.dialog.read_by(user)


def _refused(user: User, wrong: str) -> Read:
    user.teams.troubles.append(wrong)
    return user.troubled(UNREACHABLE if "timeout" in wrong else SOMETHING_WRONG)


def _action_problems(answer: Answer, room: Room) -> Iterator[str]:
    """What is wrong with the answer to a pressed Action.Execute."""
    said = answer.thing
    if said is None or said.keys() != {"statusCode", "type", "value"}:
        yield f"the body is not {{statusCode, type, value}}: {answer.body[:200]!r}"
        return
    status, kind, value = said["statusCode"], said["type"], said["value"]
    if not isinstance(status, int) or isinstance(status, bool):
        yield f"statusCode {status!r} is no number"
    elif (status == 200) != (kind in {CARD, TOAST}) or not (status == 200 or 400 <= status < 600):
        yield f"statusCode {status} does not go with {kind!r}"
    if kind == CARD:
        yield from check_card(value, room.has)
    elif kind == TOAST:
        if not isinstance(value, str) or not value:
            yield "the value of a message is no text"
    elif kind == ERROR:
        if not isinstance(value, dict) or not isinstance(value.get("message"), str) or not value.get("code"):
            yield "the value of an error is not {code, message}"
    else:
        yield f"type {kind!r} is not known"


def _task_problems(answer: Answer, room: Room, *, may_close: bool) -> Iterator[str]:
    """What is wrong with the answer to a dialog's question."""
    if may_close and answer.body.strip() in {"", "{}", "null"}:
        return
    task = (answer.thing or {}).get("task")
    if not isinstance(task, dict) or task.get("type") not in {"continue", "message"}:
        yield f"the body is not {{task: {{type, value}}}}: {answer.body[:200]!r}"
        return
    value = task.get("value")
    if task["type"] == "message":
        if not isinstance(value, str) or not value:
            yield "the value of a message is no text"
        return
    if not isinstance(value, dict):
        yield "the value of continue is no object"
        return
    if len(str(value.get("title", ""))) > DIALOG_TITLE:
        yield f"the title has more than {DIALOG_TITLE} characters"
    for name in ("height", "width"):
        if name in value and value[name] not in SIZES and not isinstance(value[name], int):
            yield f"{name} {value[name]!r}"
    card = value.get("card")
    if not isinstance(card, dict) or card.get("contentType") != CARD:
        yield "a dialog needs a card as an attachment"
    else:
        yield from check_card(card.get("content"), room.has)
