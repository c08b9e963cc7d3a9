"""Examples: for every kind the stages on which it is played. A new kind fails `test_kinds.py` until it has a row here.

An example is a function that sets a stage; `play` then does to it what people and time could do, in any order. Among
the examples of a kind is always one that is as large as the kind allows.

    python -m tests.dialogs.examples     keeps one state of every kind for the release in pyproject.toml

The states are in `states/`: those of a release that people have are never written again.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from bot.plans import templates
from dialogs.base import FACILITATOR, LEARNER, MANAGER
from dialogs.card import Button, Card, Field
from dialogs.plan import Plan, poll_setup, prompt_setup
from tests.dialogs.stage import NOON, Stage

HERE = Path(__file__).parent
STATES = HERE / "states"
RELEASE = tomllib.loads((HERE.parent.parent / "pyproject.toml").read_text())["project"]["version"]

QUESTION, CHOICE, TITLE, NAME, LONG = "Q" * 300, "C" * 73, "T" * 150, "N" * 36, "L" * 1500
MANY_PEOPLE = 70
GIVING = templates()["giving-feedback"]


# -- the stages --------------------------------------------------------------------------------------------------------


def everyone(setup: Mapping[str, Any] | None = None) -> Stage:
    """Fay and Gus lead, three learn, and Mia is the manager of two of them."""
    roles = {"fay": FACILITATOR, "gus": FACILITATOR, "ann": LEARNER, "bob": LEARNER, "cem": LEARNER, "mia": MANAGER}
    stage = Stage(roles, setup)
    for person in ("ann", "bob"):
        stage.note("session", "manager", person, "mia")
    return stage


def crowd(setup: Mapping[str, Any] | None = None) -> Stage:
    """More people than a card lists, all with the longest of names."""
    names = [f"p{n:03}" for n in range(MANY_PEOPLE)]
    stage = Stage({"fay": FACILITATOR, **dict.fromkeys(names, LEARNER), "mia": MANAGER}, setup)
    stage.names |= {name: f"{NAME}{name}" for name in names}
    for person in names[: MANY_PEOPLE // 2]:
        stage.note("session", "manager", person, "mia")
    return stage


def with_(kind: str, setup: Mapping[str, Any], room: Callable[[], Stage] = everyone) -> Callable[[], Stage]:
    """A room in which this dialog has begun."""

    def example() -> Stage:
        stage = room()
        stage.begin(kind, setup)
        return stage

    return example


def planned() -> Stage:
    """A session from a template, a day and a bit before it starts."""
    stage = everyone(planning(GIVING))
    stage.start("session")
    return stage


def at_once() -> Stage:
    """A session that begins with the command that creates it."""
    stage = Stage({})
    stage.hosts = frozenset({"fay"})
    stage.names = {"fay": "Fay", "ann": "Ann"}
    stage.type("fay", 'start "Retrospective"')
    return stage


def running() -> Stage:
    """The same session as `planned`, open."""
    stage = planned()
    stage.type("fay", "start")
    return stage


def quiet() -> Stage:
    """A session in which nobody has answered for a minute."""
    stage = running()
    stage.type("fay", 'open "What else?"')
    stage.wait(60)
    return stage


def over() -> Stage:
    """A session that has ended, with its survey out: two more have come, so that there can be something to tell."""
    stage = running()
    stage.type("fay", "roster add Dan, Eve")
    for _ in range(4):
        stage.type("fay", "next")
    stage.type("fay", "end")
    return stage


def told() -> Stage:
    """The same session when its survey has closed and the managers have heard of it."""
    stage = over()
    stage.type("fay", "survey close")
    return stage


def largest() -> Stage:
    """As long a plan as there may be."""
    stage = everyone(planning(LARGEST))
    stage.start("session")
    for text in ("checklist send", "start", *["next"] * 8):
        stage.type("fay", text)
    return stage


def crowded() -> Stage:
    """A session with more people than a card can list."""
    stage = crowd()
    for text in ("start", 'open "What else?"', "end"):
        stage.type("fay", text)
    return stage


def desks() -> Stage:
    """Nobody has a session yet. Fay may create one, Ann may not."""
    stage = Stage({})
    stage.hosts = frozenset({"fay"})
    stage.names = {"fay": "Fay", "ann": "Ann"}
    for person in ("fay", "ann"):
        stage.type(person, "sessions")
    return stage


def in_a_channel() -> Stage:
    """No session: Ann has asked a channel something."""
    stage = desks()
    stage.begin("poll", poll_setup("Lunch?", ["Soup", "Pizza"], open_for=60), by="ann")
    return stage


def unreached() -> Stage:
    """A session whose messages do not reach as many as a card can list, for the longest of reasons."""
    stage = crowd()
    for person in [*stage.names][1:]:
        stage.tell("session", "unreached", person=person, place=None, why=QUESTION)
    return stage


def planning(plan: Plan) -> dict[str, Any]:
    """A session of this plan, the day after tomorrow."""
    objectives = [{"id": one.id, "text": one.text} for one in plan.objectives]
    brief = {"title": plan.title, "starts": f"{NOON:%Y-%m}-26T14:00:00Z", "zone": plan.zone, "objectives": objectives}
    return {"brief": brief, "plan": plan.model_dump(mode="json")}


def choices(n: int) -> list[str]:
    """The longest choices, each different."""
    return [f"{CHOICE}{number:02}" for number in range(n)]


LARGEST = Plan.model_validate(
    {
        "schema": "cohost-plan/1",
        "id": "largest",
        "title": TITLE,
        "objectives": [{"id": f"o{n}", "text": QUESTION} for n in range(10)],
        "checklists": {
            "participants": [{"id": f"i{n}", "text": QUESTION, "help": LONG} for n in range(20)],
            "instructors": [{"id": f"i{n}", "text": QUESTION, "help": LONG} for n in range(20)],
        },
        "run_of_show": [
            step | {"at": at, "title": TITLE}
            for at in range(15)
            for step in (
                {"type": "poll", "question": QUESTION, "choices": choices(10), "objective": f"o{at % 10}"},
                {"type": "ask", "question": QUESTION},
                {"type": "open", "question": QUESTION},
                {"type": "say", "text": LONG},
            )
        ],
        "survey": [
            *({"id": f"c{n}", "text": QUESTION, "kind": "choice", "options": choices(10)} for n in range(4)),
            *({"id": f"m{n}", "text": QUESTION, "kind": "many", "options": choices(10)} for n in range(4)),
            *({"id": f"t{n}", "text": QUESTION, "kind": "text"} for n in range(2)),
        ],
    }
)
SETUPS = {kind: setup for _, kind, setup in LARGEST.dialogs() if setup.get("audience") != "facilitator"}
SMALL = {kind: setup for _, kind, setup in GIVING.dialogs()}

EXAMPLES: Mapping[str, Sequence[Callable[[], Stage]]] = {
    "session": (planned, at_once, running, over, largest, crowded, unreached),
    "desk": (desks, at_once),
    "poll": (
        with_("poll", poll_setup("Lunch?", ["Soup", "Pizza"])),
        with_("poll", poll_setup("Lunch?", ["Soup", "Pizza"], open_for=60)),
        with_("poll", poll_setup(QUESTION, choices(10)), crowd),
        in_a_channel,
    ),
    "prompt": (
        with_("prompt", prompt_setup("What would you check?", "call")),
        with_("prompt", prompt_setup("What surprised you?", "open")),
        with_("prompt", prompt_setup(QUESTION, "call"), crowd),
    ),
    "silence": (quiet,),
    "checklist": (
        with_("checklist", SMALL["checklist"] | {"audience": "learner", "remind_at": "2026-11-24T13:00:00Z"}),
        with_("checklist", SETUPS["checklist"], crowd),
        with_("checklist", SETUPS["checklist"] | {"audience": "facilitator"}),
    ),
    "survey": (
        with_("survey", SMALL["survey"] | {"title": "Feedback", "closes_at": "2026-11-24T13:00:00Z"}),
        with_("survey", SETUPS["survey"] | {"title": TITLE}, crowd),
    ),
    "digest": (
        with_("digest", {"title": "Feedback", "names": True}),
        with_("digest", {"title": TITLE}, crowd),
        told,
    ),
}

TYPED = (
    'poll "Go on?" "Yes" "No" --for 60s',
    'ask "What now?"',
    'open "What else?"',
    "next",
    "heard",
    "heard ann",
    "silence off",
    "silence 30s",
    "roster",
    "roster add Zoe",
    "roster remove cem",
    "checklist send",
    "checklist",
    "move tomorrow 15:00",
    "start",
    "end",
    "survey",
    "survey close",
    "digest",
    "help",
    "sessions",
    "cancel",
)


# -- what people and time can do ---------------------------------------------------------------------------------------

Move = Callable[[Stage], object]


def moves(stage: Stage) -> list[Move]:
    """Everything that could happen next."""
    presses = [pressing(person, dialog, button) for person in few(stage) for dialog, button in buttons(stage, person)]
    return [
        *presses,
        *(presses if len(presses) < 20 else ()),  # what people mostly do is press
        *filling(stage),
        *(ringing(key) for key in stage.timers),
        *(saying(person, dialog) for person in few(stage) for dialog in (None, *answering(stage))),
        *(typing("fay", text) for text in TYPED),
        typing("ann", "end"),
        lambda on: on.join("zed"),
        lambda on: on.wait(45),
        lambda on: on.wait(7200),
    ]


def play(stage: Stage, dice: Random, steps: int) -> Stage:
    """Do so many things, any of those that could happen."""
    for _ in range(steps):
        dice.choice(moves(stage))(stage)
    return stage


def buttons(stage: Stage, viewer: str | None) -> Iterator[tuple[str, Button]]:
    """Every button that this viewer can press, with its dialog. What sends a form is none: see `filling`."""
    for dialog, _, card in stage.cards(viewer):
        yield from ((dialog, one) for one in card.all_buttons() if one is not card.submit)


def pressing(person: str, dialog: str, button: Button) -> Move:
    return lambda on: on.tap(person, dialog, button.action, button.value)


def few(stage: Stage) -> list[str]:
    """Of a crowd some, and its manager."""
    names = list(stage.names)
    return [*(names if len(names) < 10 else names[:3]), *(["mia"] if len(names) >= 10 else [])]


def ringing(key: tuple[str, str]) -> Move:
    def ring(on: Stage) -> None:
        if key in on.timers:
            on.now = max(on.now, on.timers[key])
            on.ring(*key)

    return ring


def saying(person: str, dialog: str | None) -> Move:
    return lambda on: on.say(person, dialog)


def typing(person: str, text: str) -> Move:
    return lambda on: on.type(person, text)


def answering(stage: Stage) -> list[str]:
    """The dialogs that people can answer beneath their cards."""
    return list({dialog: None for dialog, _, card in stage.cards("fay") if card.answers})


def filling(stage: Stage) -> Iterator[Move]:
    """Forms: filled in, half empty, and with what no page would send."""
    for person in few(stage):
        for dialog, _, card in stage.cards(person):
            if card.submit:
                yield from (sending(person, dialog, card.submit.action, values) for values in filled(card))


def sending(person: str, dialog: str, action: str, values: Mapping[str, str]) -> Move:
    return lambda on: on.fill(person, dialog, action, values)


def filled(card: Card) -> Iterator[dict[str, str]]:
    """The first answers, the last ones, none at all."""
    yield {field.name: value(field, 0) for field in card.fields}
    yield {field.name: value(field, -1) for field in card.fields if field.required}
    yield {}


def value(field: Field, nth: int) -> str:
    """What somebody enters."""
    if field.kind == "many":
        return "\n".join(option.id for option in field.options[:2])
    return field.options[nth].id if field.options else "Nothing stops me, says Ann"


# -- saved states ------------------------------------------------------------------------------------------------------


def keep() -> None:
    """Save the fullest state of every kind that some moves lead to."""
    STATES.mkdir(exist_ok=True)
    for kind, examples in EXAMPLES.items():
        stages = [play(examples[0](), Random(seed), 12) for seed in range(6)]
        found = [(stage, one) for stage in stages for one in stage.dialogs.values() if one.kind == kind]
        stage, fullest = max(found, key=lambda pair: len(pair[1].state.model_dump_json()))
        slots = sorted({slot for dialog, slot, _ in stage.shown if dialog == fullest.id})
        saved = {"kind": kind, "slots": slots, "state": fullest.state.model_dump(mode="json")}
        path = STATES / f"{kind}-{RELEASE}.json"
        path.write_text(json.dumps(saved, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    keep()
