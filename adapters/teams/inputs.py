"""Fields of a card -> inputs of an Adaptive Card. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from adapters.teams.blocks import rich, run, spoken, turned
from adapters.teams.text import MOST, Json, Reader, clean, guarded, line, plain, short
from dialogs.card import Field, Text, t
from dialogs.words import blank

# Teams merges what was filled in into what the button carries: a field of one of these names would overwrite it.
TAKEN = {"d", "s", "a", "v", "f", "m", "msteams", "type", "action"}
APART = "="
KEY, VALUE, LONGEST = 200, 200, 8000  # letters that are read when they come back
EXPANDED = 6  # choices that all stand there; more are a list to open
ONE_LINE = 80  # letters: a longer text gets room for several lines
LABEL, CHOICE = 600, 250
WRITE, CHOOSE = t("Please write something here."), t("Please choose one of these.")


def input_id(name: str) -> str:
    """The id of a field's input, under which it comes back."""
    return f"{APART}{name}" if name in TAKEN or name.startswith(APART) else name


def field_name(id_: str) -> str:
    """The field whose input has this id."""
    return id_.removeprefix(APART)


def several(fields: Iterable[Field]) -> list[str]:
    """The inputs in which several can be chosen: they come back as one text with commas between."""
    return [input_id(one.name) for one in fields if one.kind == "many"]


def inputs(
    fields: Iterable[Field], reader: Reader, most: int = MOST, errors: Mapping[str, Sequence[Text]] | None = None
) -> Iterator[Json]:
    """Each field, its hint, and what is wrong with it. What nobody could fill in or send is left out."""
    known = {one.name: one for one in fields if 0 < len(one.name) < KEY}
    for field in known.values():
        input_ = typed(field) if field.kind == "text" else chosen(field, reader)
        if input_ is None:
            continue
        label = line(field.label, reader, min(most, LABEL))
        input_ |= {"id": input_id(field.name), "label": guarded(label, LABEL)}
        if field.required:
            input_ |= {"isRequired": True, "errorMessage": spoken(WRITE if field.kind == "text" else CHOOSE)}
        items = [input_]
        if field.hint:
            items.append(rich([run(line(field.hint, reader, LABEL), isSubtle=True, size="Small")], spacing="None"))
        items += [wrong(one, reader) for one in (errors or {}).get(field.name, ())]
        yield turned(items, label, spacing="Medium")


def typed(field: Field) -> Json:
    """Something to write in."""
    most = min(max(field.limit, 1), LONGEST)
    input_: Json = {"type": "Input.Text", "maxLength": most}
    if most > ONE_LINE:
        input_["isMultiline"] = True
    if not blank(value := clean(field.value)):
        input_["value"] = short(value, most)
    return input_


def chosen(field: Field, reader: Reader) -> Json | None:
    """Something to choose from, with what was chosen before."""
    many = field.kind == "many"
    known = {one.id: one for one in field.options if 0 < len(one.id) <= VALUE and not (many and "," in one.id)}
    if not known:
        return None
    before = [one for one in field.value.split("\n") if one in known]
    input_: Json = {
        "type": "Input.ChoiceSet",
        "style": "expanded" if len(known) <= EXPANDED else "compact",
        "wrap": True,
        # Renderers take these for Markdown, unlike the titles of buttons.
        "choices": [{"title": guarded(line(one.text, reader), CHOICE), "value": one.id} for one in known.values()],
    }
    if many:
        input_["isMultiSelect"] = True
    if before:
        input_["value"] = ",".join(before if many else before[:1])
    return input_


def wrong(text: Text, reader: Reader) -> Json:
    """What is wrong with what stands above: in colour, and with a sign for whoever sees none."""
    return rich([run(f"⚠️ {plain(text, reader, LABEL)}", color="Attention", weight="Bolder")], spacing="Small")
