"""Plan reading: from a YAML tree that knows its lines to a model, or to every mistake at once, each at its own line.

pydantic says what is wrong and where in the data; here that becomes a line and a sentence that a trainer understands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from dialogs.card import Text, t
from dialogs.plan_yaml import Branch, Leaf, Node, Problem, read
from dialogs.words import nearest, short, too_long

MOST = 100  # mistakes shown of one sort: who has more has sent something that is no plan, and looking on takes long
M = TypeVar("M", bound=BaseModel)
Path = tuple[str | int, ...]


def refuse(text: Text) -> PydanticCustomError:
    """What a validator raises, so that its own sentence is shown."""
    return PydanticCustomError("refused", "refused", {"text": text})


def read_model(text: str, model: type[M], check: Callable[[Node], Iterable[Problem]]) -> M | tuple[Problem, ...]:
    """The model that a YAML text describes, or all that is wrong with it. `check` adds what no single part can know."""
    tree, problems = read(text)
    if tree is None:
        return tuple(problems)
    result: M | None = None
    found: list[Problem] = []
    try:
        result = model.model_validate(_data(tree))
    except ValidationError as error:
        details = error.errors(include_url=False)[:MOST]
        placed = [(_place(model, tree, detail["loc"]), detail) for detail in details]
        found += [_problem(place, detail) for place, detail in placed if not _only_seems_short(place, detail)]
    found += islice(check(tree), MOST)
    known = {(problem.line, problem.column) for problem in problems}  # one sentence about one place is enough
    problems += [problem for problem in found if (problem.line, problem.column) not in known]
    if result is not None and not problems:
        return result
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: (problem.line, problem.column)))


def _data(node: Node) -> Any:  # noqa: ANN401  (plain data of any shape)
    if isinstance(node, Leaf):
        return None if _left_empty(node) else node.text
    if not node.group:
        return [_data(part) for part in node.parts.values()]
    return {key: _data(part) for key, part in node.parts.items()}


def _left_empty(node: Node) -> bool:
    return isinstance(node, Leaf) and node.bare and not node.text


# -- where -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an error is: its path, the node there, the group around it, the keys that fit there and below."""

    path: Path
    node: Node
    inside: Node
    keys: tuple[str, ...]
    below: tuple[str, ...]


def _place(model: type[BaseModel], tree: Node, loc: Sequence[str | int]) -> _Place:
    path: list[str | int] = []
    node = inside = tree
    models = [model]
    keys = _keys(models)
    for step in loc:
        if isinstance(step, str) and len(models) > 1:  # a union names its member here
            models = [one for one in models if step in _tags(one)]
            keys = _keys(models)
            continue
        path.append(step)
        if isinstance(step, str):
            keys = _keys(models)
            models = [found for one in models for found in _models(_annotation(one, step))]
        inside = node
        found = node.parts.get(step) if isinstance(node, Branch) else None
        node = found or node
    return _Place(tuple(path), node, inside, keys, _keys(models))


def _keys(models: Sequence[type[BaseModel]]) -> tuple[str, ...]:
    return tuple(field.alias or name for one in models for name, field in one.model_fields.items())


def _annotation(model: type[BaseModel], key: str) -> Any:  # noqa: ANN401  (an annotation may be anything)
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    return fields[key].annotation if key in fields else None


def _models(annotation: Any) -> list[type[BaseModel]]:  # noqa: ANN401
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for arg in get_args(annotation) for found in _models(arg)]


def _tags(model: type[BaseModel]) -> set[str]:
    literals = (field.annotation for field in model.model_fields.values() if get_origin(field.annotation) is Literal)
    return {value for literal in literals for value in get_args(literal)}


# -- what --------------------------------------------------------------------------------------------------------------


def _only_seems_short(place: _Place, error: ErrorDetails) -> bool:
    """Entries with mistakes of their own are shown as such; pydantic also counts them as not there."""
    written = len(place.node.parts) if isinstance(place.node, Branch) else 0
    return error["type"] == "too_short" and written >= error["ctx"]["min_length"]


def _problem(place: _Place, error: ErrorDetails) -> Problem:
    kind, context = error["type"], error.get("ctx", {})
    name = str(place.path[-1]) if place.path and isinstance(place.path[-1], str) else ""
    mark = place.node.mark
    if kind in {"missing", "union_tag_not_found"}:
        key = name if kind == "missing" else context["discriminator"].strip("'")
        path = place.path[:-1] if kind == "missing" else place.path
        mark = (place.inside if kind == "missing" else place.node).mark
        sentence = t("{where} has no “{key}”: add it.", where=_where(path), key=key)
    elif kind == "extra_forbidden":
        mark = place.inside.keys[name] if isinstance(place.inside, Branch) else mark
        sentence = _unknown(name, place, cut=" " in name and _left_empty(place.node))
    elif kind == "union_tag_invalid":
        key = context["discriminator"].strip("'")
        mark = place.node.parts[key].mark if isinstance(place.node, Branch) else mark
        sentence = _not_among(key, context["tag"], context["expected_tags"])
    else:
        sentence = _sentence(kind, place, error)
    return Problem(mark.line, mark.column, sentence)


def _sentence(kind: str, place: _Place, error: ErrorDetails) -> Text:
    context, value = error.get("ctx", {}), error["input"]
    where, typed = _where(place.path), short(str(value))
    if value is None and _left_empty(place.node):
        return t("{where} is empty: write something there, or remove the line.", where=where)
    match kind:
        case "refused":
            told = context["text"]
            return told if isinstance(told, Text) else t("{where} is wrong.", where=where)
        case "literal_error":
            return _not_among(str(place.path[-1]), typed, context["expected"])
        case "string_type" if isinstance(value, dict):
            return t("{where} should be a text: put quotation marks around it, as it has a colon.", where=where)
        case "string_type":
            return t("{where} should be one text and not a list.", where=where)
        case "tuple_type":
            return t("{where} should be a list: write each entry in a line of its own, after “- ”.", where=where)
        case "model_type" | "model_attributes_type" | "dict_type":
            return t(
                "{where} should be a group: write lines such as “{key}: …” below it.",
                where=where,
                key="".join(place.below[:1]),
            )
        case "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size":
            return t("{where} should be a whole number, and “{typed}” is none.", where=where, typed=typed)
        case "greater_than_equal":
            return t("{where} is {typed}, and {n} is the least.", where=where, typed=typed, n=context["ge"])
        case "less_than_equal":
            return t("{where} is {typed}, and {n} is the most.", where=where, typed=typed, n=context["le"])
        case "bool_parsing" | "bool_type":
            return t("{where} should be true or false, and “{typed}” is neither.", where=where, typed=typed)
        case "string_too_long":
            return too_long(str(value), context["max_length"])
        case "string_too_short":
            return t("{where} is empty: write a text.", where=where)
        case "string_pattern_mismatch":
            return t("“{typed}” is no id: use up to 40 letters, digits and hyphens, without spaces.", typed=typed)
        case "too_short":
            least, n = context["min_length"], context["actual_length"]
            return t("{where} has too few entries: {n} instead of {least} or more.", where=where, n=n, least=least)
        case "too_long":
            most, n = context["max_length"], context["actual_length"]
            return t("{where} has {n} entries, and {most} is the most.", where=where, n=n, most=most)
    return t("{where} is wrong: {reason}.", where=where, reason=error["msg"])


def _where(path: Path) -> Text:
    if not path:
        return t("The plan")
    if isinstance(path[-1], int):
        return t("Entry {n} of “{key}”", n=path[-1] + 1, key=str(path[-2]) if len(path) > 1 else "")
    return t("“{key}”", key=path[-1])


def _unknown(name: str, place: _Place, *, cut: bool) -> Text:
    if cut:
        return t("“{key}” was cut off by a comma: put quotation marks around the whole text.", key=short(name))
    where = _where(place.path[:-1])
    guess = nearest(name, place.keys)
    if guess:
        return t("{where} has no key “{key}”: did you mean “{guess}”?", where=where, key=short(name), guess=guess)
    return t(
        "{where} has no key “{key}”: its keys are {keys}.", where=where, key=short(name), keys=", ".join(place.keys)
    )


def _not_among(key: str, typed: str, expected: str) -> Text:
    known = re.findall(r"'([^']*)'", expected)
    guess = nearest(typed, known)
    if guess:
        return t("“{typed}” is no “{key}”: did you mean “{guess}”?", typed=short(typed), key=key, guess=guess)
    return t("“{typed}” is no “{key}”: write {known}.", typed=short(typed), key=key, known=" or ".join(known))
