"""What Teams refuses of an activity or a card, and what it would show wrongly without a word."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import Any

from tests.teams import cards, schema
from tests.teams.messages import CARD

Thing = dict[str, Any]

ACTIVITY_SIZE, CARD_SIZE = 100 * 1024, 80 * 1024  # both in UTF-16
REFRESHED = 60  # people whose cards refresh by themselves
BUTTONS = 6  # more of them are not shown, unless their mode is secondary
DIALOG_TITLE = 64
SUMMARY = 2048
KNOWN = {
    *("type", "id", "timestamp", "localTimestamp", "localTimezone", "serviceUrl", "channelId", "from", "conversation"),
    *("recipient", "replyToId", "text", "textFormat", "attachments", "attachmentLayout", "summary", "importance"),
    *("entities", "channelData", "inputHint", "speak", "suggestedActions", "deliveryMode", "locale", "value", "name"),
    *("callerId", "code", "expiration", "label", "listenFor", "relatesTo", "semanticAction", "textHighlights"),
    *("valueType", "action", "topicName", "historyDisclosed", "membersAdded", "membersRemoved"),
    *("reactionsAdded", "reactionsRemoved"),
}
OF_TEAMS = {"width", "entities", "allowExpand"}  # what `msteams` of a card may say
TAG = re.compile(r"<at>[^<>]+</at>")

Member = Callable[[str], bool]


def size(thing: Any) -> int:
    """The bytes of this in UTF-16, as Teams counts them."""
    return len(json.dumps(thing, ensure_ascii=False, separators=(",", ":")).encode("utf-16-le"))


def check_activity(activity: Any, is_member: Member) -> list[str]:
    """What is wrong with an activity that a bot wants to send, size apart."""
    if not isinstance(activity, dict):
        return ["the body is no JSON object"]
    return list(_activity(activity, is_member))


def _activity(activity: Thing, is_member: Member) -> Iterator[str]:
    kind, text, attachments = activity.get("type"), activity.get("text"), activity.get("attachments") or []
    if kind not in {"message", "typing"}:
        yield f"type {kind!r} cannot be sent"
    for name in activity.keys() - KNOWN:
        yield f"an activity has no {name!r}"
    if text is not None and not isinstance(text, str):
        yield "text is no string"
        return
    if not isinstance(attachments, list) or not all(isinstance(one, dict) for one in attachments):
        yield "attachments is no list of objects"
        return
    if kind == "message" and not (text or "").strip() and not attachments:
        yield "a message needs text or an attachment"
    if activity.get("textFormat", "markdown") not in {"plain", "markdown", "xml"}:
        yield "textFormat is plain, markdown or xml"
    if activity.get("attachmentLayout", "list") not in {"list", "carousel"}:
        yield "attachmentLayout is list or carousel"
    if len(str(activity.get("summary") or "")) > SUMMARY:
        yield f"summary has more than {SUMMARY} characters"
    yield from _mentions(activity.get("entities") or [], text or "", is_member)
    for attachment in attachments:
        if attachment.get("contentType") != CARD:
            yield f"attachment of type {attachment.get('contentType')!r}"
        else:
            yield from check_card(attachment.get("content"), is_member)


def check_card(card: Any, is_member: Member | None = None) -> list[str]:
    """What is wrong with an Adaptive Card."""
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        return ["the card is no AdaptiveCard"]
    problems = list(_card(card, is_member))
    return problems or schema.problems(card)


def _card(card: Thing, is_member: Member | None) -> Iterator[str]:
    if card.get("version") != "1.5":
        yield f"version {card.get('version')!r} instead of '1.5'"
    if (bytes_ := size(card)) > CARD_SIZE:
        yield f"the card has {bytes_} bytes in UTF-16, more than {CARD_SIZE}"
    if "refresh" in card:
        yield from _refresh(card["refresh"])
    yield from _actions(card)
    yield from _ids(card)
    for element in cards.elements(card):
        yield from _element(element)
    teams = card.get("msteams", {})
    for name in teams.keys() - OF_TEAMS:
        yield f"msteams has no {name!r}"
    if teams.get("width", "Full") != "Full":
        yield "msteams.width is Full or left out"
    if is_member:
        yield from _mentions(teams.get("entities") or [], _words(card), is_member)


def _refresh(refresh: Thing) -> Iterator[str]:
    action, users = refresh.get("action", {}), refresh.get("userIds")
    if action.get("type") != "Action.Execute" or not action.get("verb"):
        yield "refresh needs an Action.Execute with a verb"
    if users is None:
        return
    if not isinstance(users, list) or not all(isinstance(one, str) and one.startswith("29:") for one in users):
        yield "refresh.userIds are not all 29: ids"
    elif len(users) > REFRESHED:
        yield f"refresh.userIds has more than {REFRESHED} people"
    elif len(set(users)) < len(users):
        yield "refresh.userIds names somebody twice"


def _actions(card: Thing) -> Iterator[str]:
    for element in cards.elements(card):
        held = element.get("actions")
        shown = [one for one in held if one.get("mode") != "secondary"] if isinstance(held, list) else []
        if len(shown) > BUTTONS:
            yield f"more than {BUTTONS} buttons in one row"
    for action, holder, slot in cards.actions(card):
        kind, title = action.get("type"), action.get("title")
        if slot == "actions" and not (isinstance(title, str) and title.strip()):
            yield f"{kind} without a title"
        if kind == "Action.Execute":
            yield from _execute(action, holder, slot)
        if kind in {"Action.Execute", "Action.Submit"} and not isinstance(action.get("data", {}), dict):
            yield f"data of {title!r} is no object, so inputs cannot be merged into it"
        if kind == "Action.OpenUrl" and not str(action.get("url")).startswith(("https://", "http://127.0.0.1")):
            yield f"the address of {title!r} is not https"


def _execute(action: Thing, holder: Thing, slot: str) -> Iterator[str]:
    title, fallback = action.get("title"), action.get("fallback")
    if not action.get("verb"):
        yield f"Action.Execute {title!r} has no verb"
    if slot == "actions" and holder.get("type") != "ActionSet":
        yield f"Action.Execute {title!r} stands outside an ActionSet"
    if not isinstance(fallback, dict) or fallback.get("type") != "Action.Submit":
        yield f"Action.Execute {title!r} has no Action.Submit as its fallback"
    elif slot == "actions" and fallback.get("title") != title:
        yield f"the fallback of {title!r} has another title"


def _ids(card: Thing) -> Iterator[str]:
    named = [one["id"] for one in cards.elements(card) if one.get("id")]
    named += [found.action["id"] for found in cards.actions(card) if found.action.get("id")]
    for name, times in Counter(named).items():
        if times > 1:
            yield f"the id {name!r} stands there {times} times"


def _element(element: Thing) -> Iterator[str]:
    kind = str(element.get("type"))
    if kind.startswith("Chart.") and not isinstance(element.get("fallback"), dict):
        yield f"{kind} has no fallback"
    if kind == "Image" and not str(element.get("url")).startswith(("https://", "data:image/")):
        yield "the address of an image is not https"
    if kind == "Image" and not element.get("altText"):
        yield "an image has no altText"
    if not kind.startswith("Input."):
        return
    if not element.get("id"):
        yield f"{kind} has no id"
    if not element.get("label") and not (kind == "Input.Toggle" and element.get("title")):
        yield f"{kind} has no label"
    if element.get("isRequired") and not element.get("errorMessage"):
        yield f"{kind} is required and has no errorMessage"
    if kind == "Input.ChoiceSet":
        yield from _choices(element)


def _choices(element: Thing) -> Iterator[str]:
    offered = [one.get("value") for one in element.get("choices") or () if isinstance(one, dict)]
    if not offered or not all(offered):
        yield "Input.ChoiceSet needs choices, each with a value"
    if len(set(offered)) < len(offered):
        yield "two choices have the same value"
    if element.get("isMultiSelect") and any("," in str(one) for one in offered):
        yield "a comma in the value of a choice: many choices come back with commas between them"


def _mentions(entities: Collection[Thing], words: str, is_member: Member) -> Iterator[str]:
    for entity in entities:
        if entity.get("type") != "mention":
            continue
        text, who = str(entity.get("text")), entity.get("mentioned") or {}
        if not TAG.fullmatch(text):
            yield f"a mention's text is {text!r}, not <at>…</at>"
        elif text not in words:
            yield f"{text!r} is mentioned and stands nowhere"
        if not who.get("id") or not who.get("name"):
            yield f"{text!r} mentions nobody: it needs id and name"
        elif not is_member(str(who["id"])):
            yield f"{text!r} mentions {who['id']}, who is not in the conversation"


def _words(card: Thing) -> str:
    """All texts in which a mention can stand."""
    said = [str(one.get("text") or "") for one in cards.elements(card) if one.get("type") == "TextBlock"]
    facts = [fact for one in cards.elements(card) for fact in one.get("facts") or ()]
    return "\n".join([*said, *(f"{fact.get('title')} {fact.get('value')}" for fact in facts)])
