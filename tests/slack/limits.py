"""What Slack refuses of a message or a view, and in which words; the limits themselves stand in shapes.py."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from slack_sdk.models.blocks import Block

from tests.slack import together
from tests.slack.checks import TABLE, TOGETHER, Problem, Thing, kind
from tests.slack.shapes import BLOCKS, MESSAGE, MODAL, ONLY_IN

TEXT = 40_000  # a longer text of a new message is cut
UPDATED_TEXT = 4_000  # and of an update refused
MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
ATTACHMENTS = 100
# Slack names the error (msg_blocks_too_long) but not the number. slackapi/bolt-js#2867 saw 11,341 characters refused,
# and #2509 saw up to 13,297 taken where all of them were markdown, so that is not counted here.
WORDS_OF_ALL_BLOCKS = 11_000
VIEW_SIZE = 250 * 1024
METADATA_SIZE = 8 * 1024
IN_ONE_MESSAGE = {"table": 1, "data_table": 1, "data_visualization": 2}
MARKDOWN_IN_ONE_MESSAGE, CELLS_IN_ONE_MESSAGE = 12_000, 10_000

TOGETHER |= together.RULES


class Refusal(NamedTuple):
    """Slack's answer to what it does not take."""

    error: str
    messages: tuple[str, ...] = ()

    @property
    def answer(self) -> Thing:
        said: Thing = {"ok": False, "error": self.error}
        return said | ({"response_metadata": {"messages": list(self.messages)}} if self.messages else {})


def refused_message(args: Thing, *, update: bool = False) -> Refusal | None:
    """Why a message with these arguments is not taken."""
    text, blocks, attachments = args.get("text"), args.get("blocks"), args.get("attachments")
    if text is not None and not isinstance(text, str):
        return Refusal("invalid_arguments", ("[ERROR] must provide a string [json-pointer:/text]",))
    if blocks is not None and not isinstance(blocks, list):
        return Refusal("invalid_blocks_format")
    if attachments is not None and not isinstance(attachments, list):
        return Refusal("invalid_attachments")
    if len(attachments or ()) > ATTACHMENTS:
        return Refusal("too_many_attachments")
    if problems := check_blocks(blocks or [], MESSAGE):
        return Refusal("invalid_blocks", problems)
    for place, attachment in enumerate(attachments or ()):
        inner = attachment.get("blocks", []) if isinstance(attachment, dict) else []
        if problems := check_blocks(inner, MESSAGE, f"/attachments/{place}/blocks"):
            return Refusal("invalid_blocks", problems)
    if not (text or "").strip() and not blocks and not attachments:
        return Refusal("no_text")
    if update and len(text or "") > UPDATED_TEXT:
        return Refusal("msg_too_long")
    if sum(_written(block) for block in blocks or [] if block["type"] != "markdown") > WORDS_OF_ALL_BLOCKS:
        return Refusal("msg_blocks_too_long")
    return refused_metadata(args.get("metadata"))


def refused_metadata(metadata: Any) -> Refusal | None:
    if metadata is None or metadata == {}:
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        return Refusal("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict) or metadata.keys() - {"event_type", "event_payload"}:
        return Refusal("invalid_metadata_schema")
    return Refusal("metadata_too_large") if len(json.dumps(metadata)) > METADATA_SIZE else None


def refused_view(view: Any) -> Refusal | None:
    """Why a view is not taken."""
    if not isinstance(view, dict):
        return Refusal("invalid_arguments", ("[ERROR] must provide an object [json-pointer:/view]",))
    if len(json.dumps(view, ensure_ascii=False).encode()) > VIEW_SIZE:
        return Refusal("view_too_large")
    problems = check_view(view)
    return Refusal("invalid_arguments", problems) if problems else None


def check_blocks(blocks: Sequence[Any], surface: str, at: str = "/blocks") -> tuple[str, ...]:
    """What is wrong with these blocks, each with its place."""
    return tuple(str(problem) for problem in _blocks(blocks, surface, at))


def check_view(view: Thing) -> tuple[str, ...]:
    """What is wrong with this view, each with its place."""
    problems = list(kind("modal", "home")(view, "/view"))
    blocks = view.get("blocks")
    if isinstance(blocks, list):
        surface = str(view.get("type"))
        problems += [problem for problem in _blocks(blocks, surface, "/view/blocks") if problem not in problems]
        inputs = any(isinstance(block, dict) and block.get("type") == "input" for block in blocks)
        if surface == MODAL and inputs and "submit" not in view:
            problems.append(Problem("missing required field: submit", "/view"))
    return tuple(map(str, problems))


def _blocks(blocks: Sequence[Any], surface: str, at: str) -> Iterator[Problem]:
    if len(blocks) > (most := MESSAGE_BLOCKS if surface == MESSAGE else VIEW_BLOCKS):
        yield Problem(f"no more than {most} items allowed", at)
    for place, block in enumerate(blocks):
        here = f"{at}/{place}"
        yield from kind(*BLOCKS)(block, here)
        yield from _misplaced(block, surface, here)
        yield from _twice("action_id", _actions(block), here)
    known = [block for block in blocks if isinstance(block, dict)]
    yield from _twice("block_id", [block["block_id"] for block in known if block.get("block_id")], at)
    if surface == MESSAGE:
        yield from _in_one_message(known, at)


def _misplaced(value: Any, surface: str, at: str) -> Iterator[Problem]:
    """What may not stand on this surface, however deep it is."""
    if isinstance(value, dict):
        if value.get("type") in TABLE and surface not in ONLY_IN.get(value["type"], (surface,)):
            yield Problem(f"unsupported type: {value['type']}", f"{at}/type")
        for name, inner in value.items():
            yield from _misplaced(inner, surface, f"{at}/{name}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _misplaced(inner, surface, f"{at}/{place}")


def _actions(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.get("action_id"):
            yield str(value["action_id"])
        for inner in value.values():
            yield from _actions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _actions(inner)


def _twice(what: str, found: Sequence[str] | Iterator[str], at: str) -> Iterator[Problem]:
    for name, times in Counter(map(str, found)).items():
        if times > 1:
            yield Problem(f"`{what}` {name} already exists", at)


def _in_one_message(blocks: Sequence[Thing], at: str) -> Iterator[Problem]:
    times = Counter(str(block.get("type")) for block in blocks)
    for name, most in IN_ONE_MESSAGE.items():
        if times[name] > most:
            yield Problem(f"only {most} {name} allowed", at)
    if (
        sum(len(str(block.get("text"))) for block in blocks if block.get("type") == "markdown")
        > MARKDOWN_IN_ONE_MESSAGE
    ):
        yield Problem(f"markdown text must be less than {MARKDOWN_IN_ONE_MESSAGE + 1} characters in all", at)
    tables = [block for block in blocks if block.get("type") in {"table", "data_table"}]
    if sum(map(_written, tables)) > CELLS_IN_ONE_MESSAGE:
        yield Problem(f"table cells must be less than {CELLS_IN_ONE_MESSAGE + 1} characters in all", at)


def _written(value: Any) -> int:
    """How many characters all texts in there hold."""
    if isinstance(value, dict):
        own = len(value["text"]) if isinstance(value.get("text"), str) else 0
        return own + sum(map(_written, value.values()))
    return sum(map(_written, value)) if isinstance(value, list) else 0


def sdk_says(blocks: Sequence[Thing]) -> list[str]:
    """A second opinion: what the validators of slack_sdk object to. It does not know the newest blocks."""
    said = []
    for place, block in enumerate(blocks):
        try:
            parsed = Block.parse(block)
            if parsed is None:
                said.append(f"{place}: {block.get('type')} is not known")
            else:
                parsed.validate_json()
        except Exception as error:  # noqa: BLE001 - its models object in many ways, and each is an opinion
            said.append(f"{place}: {error}")
    return said
