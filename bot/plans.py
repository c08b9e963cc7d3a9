"""Plans on disk: the templates that come with the bot, and a trainer's own file."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from dialogs import KINDS
from dialogs.card import Piece, Text, Typed, When
from dialogs.plan import Plan, Problem, read_plan


class UnreadableError(Exception):
    """A file that cannot be used, with one line for each thing to mend."""


def templates() -> Mapping[str, Plan]:
    """The templates that come with the bot, by their ids."""
    found = {}
    for file in sorted(files("dialogs.plans").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".yaml"):
            plan = read_plan(file.read_text(encoding="utf-8"))
            if isinstance(plan, Plan):
                found[plan.id] = plan
    return found


def template_text(name: str) -> str | None:
    """The YAML of a template, to begin one's own plan from."""
    for file in files("dialogs.plans").iterdir():
        if file.name.endswith(".yaml"):
            text = file.read_text(encoding="utf-8")
            plan = read_plan(text)
            if isinstance(plan, Plan) and plan.id == name:
                return text
    return None


def read(path: Path) -> Plan:
    """The plan in this file, with everything that it will begin checked as the kinds will check it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(f"{path}: cannot be read ({error})") from error
    plan = read_plan(text)
    if not isinstance(plan, Plan):
        raise UnreadableError("\n".join(line(path, problem) for problem in plan))
    wrong = []
    for where, kind, setup in plan.dialogs():
        try:
            KINDS[kind].State.model_validate(setup)
        except ValidationError as error:
            wrong += [f"{path}: {'.'.join(map(str, where))}: {one['msg']}" for one in error.errors()]
    if wrong:
        raise UnreadableError("\n".join(wrong))
    return plan


def line(path: Path, problem: Problem) -> str:
    """A mistake as compilers and editors show it: file:line:column: what is wrong."""
    return f"{path}:{problem.line}:{problem.column}: {in_words(problem.text)}"


def in_words(text: Text) -> str:
    """A text for a terminal: of people and links nothing is printed there."""
    return "".join(_in_words(piece) for piece in text.pieces())


def _in_words(piece: Piece) -> str:
    if isinstance(piece, When):
        return f"{piece.at.astimezone(ZoneInfo(piece.zone)):%Y-%m-%d %H:%M} {piece.zone}"
    if isinstance(piece, Typed):
        return f"/ilt {piece.words}".strip()
    return piece if isinstance(piece, str) else ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of a roster file."""

    name: str
    role: str
    email: str
    manager: str


ROLES = {"": "learner", "learner": "learner", "facilitator": "facilitator"}


def roster(path: Path) -> list[Listed]:
    """People from a CSV file with the columns name, and if wanted role, email and manager."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            columns = [name.strip().lower() for name in rows.fieldnames or ()]
            if "name" not in columns:
                raise UnreadableError(f"{path}:1: the first line must name the columns, one of them “name”")
            rows.fieldnames = columns
            people: dict[str, Listed] = {}
            for row in rows:
                if any((x or "").strip() for x in row.values() if isinstance(x, str)):
                    one = _listed(path, rows.line_num, row)
                    if one.name.casefold() in people:  # managers and links go by name, so two must not share one
                        raise UnreadableError(f"{path}:{rows.line_num}: “{one.name}” is listed twice")
                    people[one.name.casefold()] = one
            return [*people.values()]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableError(f"{path}: cannot be read ({error})") from error


def _listed(path: Path, number: int, row: Mapping[str, str | None]) -> Listed:
    name, role, email, manager = (" ".join((row.get(x) or "").split()) for x in ("name", "role", "email", "manager"))
    if not name:
        raise UnreadableError(f"{path}:{number}: this line has no name")
    if role.lower() not in ROLES:
        raise UnreadableError(f"{path}:{number}: a role is learner or facilitator, not “{role}”")
    return Listed(name, ROLES[role.lower()], email, manager)
