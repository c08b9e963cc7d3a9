"""One line of the bench: what was measured, against what, and how far the repeats are apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median


@dataclass(frozen=True, slots=True)
class Line:
    """A measure. value and baseline in `unit`; ratio, min and max are of value / baseline, repeat by repeat."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    repeats: int = 1
    min: float | None = None
    max: float | None = None
    spread: float | None = None  # max - min, as a share of the middle
    wrong: tuple[str, ...] = ()  # what did not add up: then the numbers mean nothing
    more: dict[str, float] = field(default_factory=dict)

    def json(self) -> str:
        """One line of JSON."""
        said = {name: value for name, value in asdict(self).items() if value not in ((), {})}
        more = said.pop("more", {})
        return json.dumps(_rounded(said | more), ensure_ascii=False)


def compared(
    name: str, unit: str, values: Sequence[float], baselines: Sequence[float], wrong: Sequence[str] = (), **more: float
) -> Line:
    """The middle of the repeats; each value stands against the baseline of its own repeat."""
    ratios = [value / baseline for value, baseline in zip(values, baselines, strict=True)]
    low, middle, high = min(ratios), median(ratios), max(ratios)
    return Line(
        name, median(values), unit, median(baselines), middle, len(values), low, high, (high - low) / middle,
        tuple(wrong), more,
    )  # fmt: skip


def alone(name: str, unit: str, values: Sequence[float], wrong: Sequence[str] = (), **more: float) -> Line:
    """A measure that is compared with nothing: min, max and spread are of the values."""
    low, middle, high = min(values), median(values), max(values)
    spread = (high - low) / middle if middle else 0.0
    return Line(name, middle, unit, None, None, len(values), low, high, spread, tuple(wrong), more)


def skipped(name: str, why: str) -> str:
    """A measure that could not be taken here."""
    return json.dumps({"name": name, "skipped": why})


def _rounded(said: dict[str, object]) -> dict[str, object]:
    return {name: float(f"{value:.4g}") if isinstance(value, float) else value for name, value in said.items()}
