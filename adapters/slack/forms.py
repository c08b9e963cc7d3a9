"""Card with fields -> a modal, and what comes back of it. Pure.

A form has its title in full above the fields, since Slack shows 24 letters of a modal's own. What does not fit into an
option stands in full above its field, numbered as the options are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from adapters.slack.blocks import VIEW_LETTERS, length, letters, packed, section, spoken, words
from adapters.slack.text import MOST, Json, Reader, clean, line, rich, short, size
from dialogs.card import Card, Field, Option, Wrong, t
from dialogs.words import blank

BLOCKS, TEXTS = 100, 3  # of a form, and of those above its fields
HEAD = 24  # letters of a modal's title and of its buttons
OPTION, OPTION_ID, LABEL, KEY = 75, 150, 2000, 255
BOXES = 10  # radio buttons or check boxes; more options are a list to open
OPTIONS = 100
ONE_LINE = 80  # characters: a longer text gets room for several lines
CANCEL, SEND = t("Cancel"), t("Send")


def view(card: Card, dialog: str, slot: str, reader: Reader) -> Json:
    """The form as a modal."""
    metadata = {"dialog": dialog, "slot": slot, "action": card.submit.action if card.submit else ""}
    title, submit = line(card.title, reader), card.submit.label if card.submit else SEND
    said = [rich(one, reader) for one in card.text]
    if size(title) > HEAD:
        said.insert(0, rich(card.title, reader, bold=True))
    blocks = [block for _, blocks in packed(said) for block in blocks][:TEXTS]
    for field in card.fields:
        if length(blocks) + length(block := list(drawn(field, reader))) <= VIEW_LETTERS:
            blocks += block
    if card.footer:
        blocks.append(section(rich(card.footer, reader)))
    return {
        "type": "modal",
        "callback_id": "form",
        "private_metadata": json.dumps(metadata, ensure_ascii=False),
        "title": words(short(title, HEAD)),
        "submit": words(line(submit, reader, HEAD)),
        "close": words(spoken(CANCEL)),
        "blocks": blocks[:BLOCKS],
    }


def drawn(field: Field, reader: Reader) -> Iterator[Json]:
    """One field. Choices that nobody could choose or send are left out; a field without any is none."""
    options = list({one.id: one for one in field.options if 0 < size(one.id) <= OPTION_ID}.values())[:OPTIONS]
    if not 0 < size(field.name) <= KEY or (field.kind != "text" and not options):
        return
    long = any(size(line(one.text, reader)) > OPTION for one in options)
    if long:
        full = [[letters(f"{n}. "), *rich(one.text, reader)] for n, one in enumerate(options, 1)]
        yield from (block for _, blocks in packed([rich(field.label, reader, bold=True), *full]) for block in blocks)
    drawn_options = [choice(one, f"{n}. " if long else "", reader) for n, one in enumerate(options, 1)]
    block: Json = {
        "type": "input",
        "block_id": field.name,
        "label": words(line(field.label, reader, OPTION if long else LABEL)),
        "element": typed(field) if field.kind == "text" else chosen(field, drawn_options),
        "optional": not field.required,
    }
    if field.hint:
        block["hint"] = words(line(field.hint, reader, LABEL))
    yield block


def typed(field: Field) -> Json:
    """An element to write in."""
    most = min(max(field.limit, 1), MOST)
    element: Json = {"type": "plain_text_input", "action_id": "value", "max_length": most}
    if most > ONE_LINE:
        element["multiline"] = True
    if not blank(value := clean(field.value)):
        element["initial_value"] = short(value, most)
    return element


def choice(option: Option, number: str, reader: Reader) -> Json:
    return {"text": words(number + line(option.text, reader, OPTION - len(number))), "value": option.id}


def chosen(field: Field, options: Sequence[Json]) -> Json:
    """An element to choose in, with what was chosen before."""
    before = field.value.split("\n")
    chosen = [one for one in options if one["value"] in before]
    few, many = len(options) <= BOXES, field.kind == "many"
    kind = ("checkboxes" if few else "multi_static_select") if many else ("radio_buttons" if few else "static_select")
    element: Json = {"type": kind, "action_id": "value", "options": list(options)}
    if chosen and many:
        element["initial_options"] = chosen
    elif chosen:
        element["initial_option"] = chosen[0]
    return element


def values(state: Mapping[str, object]) -> dict[str, str]:
    """What was filled in, by field. Of several choices each is a line; nothing is ""."""
    return {name: _value(element) for name, block in state.items() for element in _elements(block)}


def _elements(block: object) -> list[Mapping[str, object]]:
    found = block.values() if isinstance(block, Mapping) else ()
    return [one for one in found if isinstance(one, Mapping)][:1]


def _value(element: Mapping[str, object]) -> str:
    several = element.get("selected_options")
    if isinstance(several, list):
        return "\n".join(_id(one) for one in several)
    if "selected_option" in element:
        return _id(element["selected_option"])
    value = element.get("value")
    return value if isinstance(value, str) else ""


def _id(option: object) -> str:
    value = option.get("value") if isinstance(option, Mapping) else None
    return value if isinstance(value, str) else ""


def errors(wrong: Wrong, reader: Reader) -> dict[str, str]:
    """What Slack shows beside each field that must be mended."""
    found: dict[str, str] = {}
    for name, text in wrong.fields:
        told = line(text, reader, 1000)
        found[name] = short(f"{found[name]} {told}", LABEL) if name in found else told
    return found
