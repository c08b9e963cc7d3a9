"""The official schema of Adaptive Cards, where it is at hand, with what Teams adds to it taken away first."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft6Validator
from jsonschema.exceptions import ValidationError, best_match

Thing = dict[str, Any]

FILE = Path(__file__).parents[3] / "shared/schemas/adaptive-cards/adaptive-card-1.5.0.schema.json"
AT_HAND = FILE.exists()


@cache
def _validator(kind: str) -> Draft6Validator:
    """The schema of one kind of element, so that what is said is about it and not about all that it is not."""
    whole = json.loads(FILE.read_text("utf-8"))
    whole.pop("id", None)
    whole.pop("anyOf", None)
    return Draft6Validator(whole | {"$ref": f"#/definitions/{kind}"})


def problems(card: Thing) -> list[str]:
    """What the schema objects to; nothing where it is not at hand."""
    if not AT_HAND:
        return []
    error = best_match(_validator("AdaptiveCard").iter_errors(plain(card)))
    return [] if error is None else [_said(error)]


def _said(error: ValidationError) -> str:
    return f"{error.json_path}: {error.message[:300]}"


def plain(value: Any) -> Any:
    """A card as the schema knows it: without `msteams`, and with fallbacks in place of charts."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    if str(value.get("type")).startswith("Chart."):
        return plain(value["fallback"])
    return {name: plain(inner) for name, inner in value.items() if name != "msteams" or "type" not in value}
