"""Plans on disk: the templates that come with the bot, and a trainer's own file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from dialogs import KINDS
from dialogs.card import Piece, Text, Typed, When
from dialogs.plan import Plan, Problem, read_plan
from dialogs.words import nearest


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
    plan = read_plan(_text(path))
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


def found(name: str) -> Plan:
    """The template of this name, else the plan in the file of this name."""
    known = templates()
    if name not in known and not Path(name).exists():
        raise UnreadableError(f"{name}: there is no such file, and no such template; templates are: {', '.join(known)}")
    return known.get(name) or read(Path(name))


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
COLUMNS = ("name", "role", "email", "manager")
EMAIL = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\".]+(\.[^\s@<>,;\".]+)+")


def roster(path: Path) -> list[Listed]:
    """People from a CSV file with the columns name, and if wanted role, email and manager.

    Between the columns stand commas; semicolons or tabs where the first line has those and no comma.
    """
    text = _text(path)
    first = text.partition("\n")[0]
    between = next((sign for sign in ",;\t" if sign in first), ",")
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=between)
    try:
        rows.fieldnames = _columns(path, rows.fieldnames or ())
        people: list[Listed] = []
        lines: dict[str, int] = {}  # where names and addresses stand
        for row in rows:
            if any((x or "").strip() for x in row.values() if isinstance(x, str)):
                one = _listed(path, rows.line_num, row)
                _only_once(path, rows.line_num, one, lines)
                people.append(one)
    except csv.Error as error:
        raise UnreadableError(f"{path}:{rows.line_num}: this line cannot be read ({error}): save it as CSV") from error
    return people


def _columns(path: Path, names: Sequence[str]) -> list[str]:
    columns = [name.strip().lower() for name in names]
    if "name" not in columns:
        needed = "the first line must name the columns, one of them “name”, as in: name,role,email,manager"
        raise UnreadableError(f"{path}:1: {needed}")
    for column in columns:
        if column in COLUMNS and columns.count(column) > 1:
            raise UnreadableError(f"{path}:1: there are two columns “{column}”: take one away, or call it otherwise")
        if column not in COLUMNS and (meant := nearest(column, COLUMNS)) and meant not in columns:
            raise UnreadableError(f"{path}:1: the column “{column}” is not known: call it “{meant}”")
    return columns


def _only_once(path: Path, number: int, one: Listed, lines: dict[str, int]) -> None:
    # Managers and links go by name, and people are known again by address, so two must not share one.
    for what, apart in (
        (one.name, f"write two people so that one can tell them apart, as in “{one.name} (Bern)”"),
        (one.email, "give each person an address of their own, or none"),
    ):
        before = lines.setdefault(what.casefold(), number) if what else number
        if before != number:
            raise UnreadableError(f"{path}:{number}: “{what}” stands in line {before} already: {apart}")


def _listed(path: Path, number: int, row: Mapping[str, str | None]) -> Listed:
    name, role, email, manager = (" ".join((row.get(x) or "").split()) for x in COLUMNS)
    if not name:
        raise UnreadableError(f"{path}:{number}: this line has no name: write one, or take the line out")
    if role.lower() not in ROLES:
        also = "; who is somebody's manager stands in the column “manager”" if role.lower() == "manager" else ""
        raise UnreadableError(f"{path}:{number}: a role is learner or facilitator, not “{role}”{also}")
    if email and not EMAIL.fullmatch(email):
        raise UnreadableError(f"{path}:{number}: “{email}” is not an e-mail address: write one as in jo@example.org")
    return Listed(name, ROLES[role.lower()], email, manager)


def _text(path: Path) -> str:
    """What is in the file, in whatever way its lines end."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"{path}: cannot be read ({error.strerror or error}): check its name") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UnreadableError(f"{path}:{line}: this line is not in UTF-8: save the file as UTF-8") from error
