"""What an entry in the table of shapes may say: so many characters, so many items, one of these kinds."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

PLAIN, MRKDWN = "plain_text", "mrkdwn"

Thing = dict[str, Any]


class Problem(NamedTuple):
    """What is wrong, and where, in Slack's words."""

    says: str
    at: str

    def __str__(self) -> str:
        return f"[ERROR] {self.says} [json-pointer:{self.at}]"


Check = Callable[[Any, str], Iterator[Problem]]
TABLE: dict[str, dict[str, Check]] = {}  # shapes.py fills it
TOGETHER: dict[str, Callable[[Thing, str], Iterator[Problem]]] = {}  # and together.py fills this


def words(most: int | None = None, least: int = 0) -> Check:
    """A string of so many characters."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield Problem("must provide a string", at)
        elif most is not None and len(value) > most:
            yield Problem(f"must be less than {most + 1} characters", at)
        elif len(value) < least:
            yield Problem(f"must be more than {least - 1} characters", at)

    return check


def text(most: int, *kinds: str) -> Check:
    """A text object."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem("must provide an object", at)
            return
        if value.get("type") not in (kinds or (PLAIN, MRKDWN)):
            yield Problem(f"unsupported type: {value.get('type')}", f"{at}/type")
            return
        extra = "emoji" if value["type"] == PLAIN else "verbatim"
        yield from fields({"text!": words(most, 1), extra: flag}, value, at)

    return check


def flag(value: Any, at: str) -> Iterator[Problem]:
    if not isinstance(value, bool):
        yield Problem("must be a boolean", at)


def number(low: float | None = None, high: float | None = None, *, whole: bool = True) -> Check:
    def check(value: Any, at: str) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            yield Problem("must be a number", at)
        elif low is not None and value < low:
            yield Problem(f"must be greater than or equal to {low}", at)
        elif high is not None and value > high:
            yield Problem(f"must be less than or equal to {high}", at)

    return check


def one_of(*allowed: Any) -> Check:
    def check(value: Any, at: str) -> Iterator[Problem]:
        if value not in allowed:
            yield Problem(f"must be one of: {', '.join(map(str, allowed))}", at)

    return check


def items(each: Check, least: int, most: int | None = None) -> Check:
    """A list of so many of these."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem("must provide an array", at)
            return
        if len(value) < least:
            yield Problem(f"no fewer than {least} items required", at)
        if most is not None and len(value) > most:
            yield Problem(f"no more than {most} items allowed", at)
        for place, item in enumerate(value):
            yield from each(item, f"{at}/{place}")

    return check


def part(name: str) -> Check:
    """One thing of the table which has no type of its own."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if isinstance(value, dict):
            yield from _whole(name, value, at, typed=False)
        else:
            yield Problem("must provide an object", at)

    return check


def kind(*types: str) -> Check:
    """One thing of the table, which says by its type what it is."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem("must provide an object", at)
        elif value.get("type") not in types:
            yield Problem(f"unsupported type: {value.get('type')}", f"{at}/type")
        else:
            yield from _whole(value["type"], value, at, typed=True)

    return check


def either(first: Check, second: Check) -> Check:
    """Whichever has less to say."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        yield from min(list(first(value, at)), list(second(value, at)), key=len)

    return check


def fields(table: dict[str, Check], value: Thing, at: str, *, typed: bool = True) -> Iterator[Problem]:
    known = {name.rstrip("!"): check for name, check in table.items()}
    for name in table:
        if name.endswith("!") and value.get(name[:-1]) is None:
            yield Problem(f"missing required field: {name[:-1]}", at)
    for name, content in value.items():
        if name == "type" and typed:
            continue
        if name not in known:
            yield Problem(f"invalid additional property: {name}", at)
        elif content is None:
            yield Problem("must not be null", f"{at}/{name}")
        else:
            yield from known[name](content, f"{at}/{name}")


def anything(value: Any, at: str) -> Iterator[Problem]:
    yield from ()


def _whole(name: str, value: Thing, at: str, *, typed: bool) -> Iterator[Problem]:
    """Each entry by itself, and if those are right what must hold of them together."""
    problems = list(fields(TABLE[name], value, at, typed=typed))
    together: Check = TOGETHER.get(name, anything)
    yield from problems or together(value, at)
