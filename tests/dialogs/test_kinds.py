"""Every kind keeps these promises (design.md 3.5). A new kind is held to them as soon as it stands in `dialogs.KINDS`.

What it needs for that are stages to be played on: a row in `examples.py`, and there a saved state for the release
(`python -m tests.dialogs.examples`). People, time and chance then do to it whatever they could, and after each step the
promises are looked at. A failure names the kind, the event, and what was done before.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import json
import pkgutil
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from string import Formatter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dialogs
from adapters.base import Seen
from adapters.slack import draw as slack
from adapters.slack.forms import view as slack_form
from adapters.teams import draw as teams
from adapters.teams.blocks import length
from adapters.teams.inputs import field_name
from adapters.web.draw import Draw, Reader
from adapters.web.links import Links
from dialogs import KINDS
from dialogs.base import (
    FACILITATOR,
    LEARNER,
    MANAGER,
    ROOM,
    AnyKind,
    Begin,
    Commanded,
    Event,
    Left,
    Meet,
    Note,
    Pressed,
    Rang,
    Reacted,
    Role,
    Show,
    Step,
    Submitted,
    Tell,
    Told,
    Turn,
    Wake,
)
from dialogs.card import Card, Reply, Text
from dialogs.commands import Command
from storage.records import Attended, Dialog
from tests.adapters.slack.hostile import inside
from tests.dialogs.examples import EXAMPLES, RELEASE, STATES, buttons, everyone, few, moves, play
from tests.dialogs.stage import NOON, SCENES, Stage, spoken
from tests.slack.limits import refused_message, refused_view, sdk_says

ROOT = Path(dialogs.__file__).parent.parent
NAMES = sorted(KINDS)
STAGES = [(kind, number) for kind in NAMES for number in range(len(EXAMPLES.get(kind, ())))]
IDS = [f"{kind}{number or ''}" for kind, number in STAGES]


# -- who is who --------------------------------------------------------------------------------------------------------


def test_a_kind_is_registered_under_the_name_of_its_file() -> None:
    modules = [importlib.import_module(f"dialogs.{found.name}") for found in pkgutil.iter_modules(dialogs.__path__)]
    kinds = {module.__name__.removeprefix("dialogs."): module.KIND for module in modules if hasattr(module, "KIND")}
    assert kinds == dict(KINDS)
    assert {name: kind.name for name, kind in KINDS.items()} == {name: name for name in KINDS}


def test_every_kind_has_examples_and_a_saved_state() -> None:
    assert sorted(EXAMPLES) == NAMES, "give every kind a row in tests/dialogs/examples.py"
    saved = [path.name for path in STATES.glob(f"*-{RELEASE}.json")]
    assert sorted(saved) == [f"{name}-{RELEASE}.json" for name in NAMES], "python -m tests.dialogs.examples"


def test_its_examples_show_every_kind() -> None:
    for name, examples in EXAMPLES.items():
        stages = [example() for example in examples]
        assert all(any(one.kind == name for one in stage.dialogs.values()) for stage in stages), name


# -- on the stage ------------------------------------------------------------------------------------------------------


class Held(Stage):
    """A stage on which every step is looked at."""

    def __init__(self, stage: Stage) -> None:
        super().__init__({})
        self.__dict__.update(stage.__dict__)
        self.drawn: dict[tuple[str, str, str | None, datetime], Card] = {}  # as of the last event
        self.rosters: dict[str, Sequence[Attended]] = {}
        self.offered: dict[str | None, set[tuple[str, str, str]]] = defaultdict(set)  # buttons that a viewer ever saw

    def card(self, dialog: str, slot: str, viewer: str | None) -> Card:
        key = (dialog, slot, viewer, self.now)
        if key not in self.drawn:
            self.drawn[key] = super().card(dialog, slot, viewer)
        return self.drawn[key]

    def attendance(self, session: str) -> Sequence[Attended]:
        if session not in self.rosters:
            self.rosters[session] = super().attendance(session)
        return self.rosters[session]

    def apply(self, id_: str, effect: object, event: Event, deep: int) -> Reply | None:
        self.rosters.clear()
        return super().apply(id_, effect, event, deep)

    def hear(self, event: Event) -> Reply | None:
        looks, counts, marks = dict(self.looks()), Counter(self.shown), set(self.marks())
        self.rosters.clear()
        reply = super().hear(event)
        self.rosters.clear()
        self.drawn.clear()
        fresh = Counter(self.shown) - counts
        self.nothing_stale(looks, set(fresh), {dialog for dialog, *_ in marks ^ set(self.marks())}, event)
        check_reply(reply, event)
        self.remember()
        return reply

    def remember(self) -> None:
        """What everybody could press, now or at any time before."""
        for viewer in (None, *few(self)):
            self.offered[viewer] |= {(dialog, one.action, one.value) for dialog, one in buttons(self, viewer)}

    def marks(self) -> Iterator[tuple[str, ...]]:
        """What each dialog has: its state and notes. Its cards may change with them; the roster is not counted."""
        yield from ((one.id, one.state.model_dump_json()) for one in self.dialogs.values())
        notes = ((d, key, person, str(kept.value)) for (d, key, person), kept in self.notes.items())
        yield from (note for note in notes if note[1] not in {"role", "manager"})

    def looks(self) -> Iterator[tuple[tuple[str, str, str | None], Card]]:
        for viewer in (None, *few(self)):
            yield from (((dialog, slot, viewer), card) for dialog, slot, card in self.cards(viewer))

    def nothing_stale(
        self,
        before: Mapping[tuple[str, str, str | None], Card],
        fresh: set[tuple[str, str, str]],
        own: set[str],
        event: Event,
    ) -> None:
        """A message whose dialog changed and which would now look different is shown again."""
        for (dialog, slot, viewer), card in self.looks():
            if dialog in own and before.get((dialog, slot, viewer)) not in {None, card}:
                again = [to for d, s, to in fresh if (d, s) == (dialog, slot) and self.may_see(viewer, to)]
                assert again, f"{dialog} {slot} looks different to {viewer} after {event}, and nobody draws it"

    def step(self, dialog: Dialog, event: Event) -> Step[Any]:
        step = super().step(dialog, event)
        kind = KINDS[dialog.kind]
        assert super().step(dialog, event) == step, f"{kind.name} decides differently the second time: {event}"
        assert isinstance(step.state, kind.State)
        assert kind.State.model_validate_json(step.state.model_dump_json()) == step.state, "lost in the database"
        if dialog.done:
            assert (step.state, step.effects) == (dialog.state, ()), f"{kind.name} is done and changes at {event}"
            assert step.reply or not isinstance(event, Commanded), f"{kind.name} is done and says nothing to {event}"
        for effect in step.effects:
            self.check_effect(dialog, effect)
        return step

    def check_effect(self, dialog: Dialog, effect: object) -> None:
        match effect:
            case Show(slot, to):
                assert slot
                assert to == ROOM or to in set(Role) or to in self.names, f"shown to {to!r}, whom nobody knows"
            case Wake(timer, at):
                assert timer
                assert at is None or at.tzinfo
            case Note(key, person, _):
                assert key
                assert person
            case Begin(key, kind, setup):
                assert key
                KINDS[kind].State.model_validate(json.loads(json.dumps(setup)))
            case Tell(to, what, data):
                assert to
                assert what
                assert json.loads(json.dumps(data)) == data, "a message to another dialog is plain data"
            case Turn() | Meet():
                pass
            case _:
                pytest.fail(f"{effect} is no effect")

    def look_around(self) -> None:
        """What holds between two events, for everything that can be seen or sent now."""
        for dialog, slot, _ in self.shown:
            for viewer in [None, *few(self), "zed"]:  # whoever gets to it, it can be made
                check_card(self.card(dialog, slot, viewer), f"{dialog} {slot} for {viewer}")
        self.remember()
        for viewer in few(self):
            self.no_dead_button(viewer)
            if self.role(self.session or "", viewer) in {LEARNER, MANAGER}:
                self.nobody_presses_for_others(viewer)
        self.what_is_over_is_over()
        self.nothing_comes_of_nothing()

    def no_dead_button(self, viewer: str) -> None:
        """Whatever somebody can press does something or says something; where one card serves all, to everybody."""
        for dialog, button in {*buttons(self, viewer), *buttons(self, None)}:
            step = self.tried(Pressed(**self.facts(viewer, dialog), action=button.action, value=button.value))
            assert changed(self.dialogs[dialog], step) or step.reply, f"dead for {viewer}: {dialog} {button}"

    def nobody_presses_for_others(self, viewer: str) -> None:
        """What somebody was never shown they cannot press: nothing of the facilitators', nothing for anybody else."""
        leading = {one for person in self.offered if self.led_by(person) for one in self.offered[person]}
        others = {one for person in self.offered if not self.led_by(person) for one in self.offered[person]}
        for dialog, action, value in (leading | others) - self.offered[viewer]:
            step = self.tried(Pressed(**self.facts(viewer, dialog), action=action, value=value))
            own = [one for one in step.effects if isinstance(one, Note) and one.person == viewer]
            rest = [one for one in step.effects if one not in own and not isinstance(one, Show)]
            mine = (dialog, action, value) in others and own and not rest  # what all learners can do, for themselves
            assert mine or not changed(self.dialogs[dialog], step), f"{viewer} may {action} {value} in {dialog}"

    def what_is_over_is_over(self) -> None:
        """A dialog that is done refuses what could be pressed on its older cards, with a sentence."""
        for viewer, offered in self.offered.items():
            for dialog, action, value in offered:
                if self.dialogs[dialog].done:
                    step = self.tried(Pressed(**self.facts(viewer, dialog), action=action, value=value))
                    assert not changed(self.dialogs[dialog], step), f"{dialog} is done and takes {action} of {viewer}"
                    assert step.reply, f"{dialog} is done and does not say so to {viewer}, who presses {action}"

    def led_by(self, person: str | None) -> bool:
        return person is not None and self.role(self.session or "", person) is FACILITATOR

    def nothing_comes_of_nothing(self) -> None:
        """Unknown events, actions and values change nothing, whoever sends them."""
        valued = {(dialog, action) for offered in self.offered.values() for dialog, action, value in offered if value}
        for one in list(self.dialogs.values()):
            if (one.kind, one.state.model_dump_json()) in PROBED:
                continue
            PROBED.add((one.kind, one.state.model_dump_json()))
            for by in (None, *few(self)[:2], "zed"):
                facts = self.facts(by, one.id)
                nonsense: list[Event] = [
                    Unheard(**facts),
                    Pressed(**facts, action="no such"),
                    Pressed(**facts, action=""),
                    Submitted(**facts, action="no such", values={"no": "such"}),
                    Rang(**facts, timer="no such", due=self.now),
                    Told(**facts, what="no such", data={"dialog": "no such", "person": "ann"}),
                    Commanded(**facts, text="no such", command=Command("no such")),
                    Reacted(**facts),
                    Left(**facts),
                    *(Pressed(**facts, action=a, value="no such") for dialog, a in valued if dialog == one.id),
                    *(Pressed(**facts, action=a, value="") for dialog, a in valued if dialog == one.id),
                ]
                for event in nonsense:
                    step = self.tried(event)
                    assert not changed(one, step), f"{one.kind} makes {step} of {event}"
                    check_reply(step.reply, event)
        for viewer in few(self):
            for dialog, _, card in self.cards(viewer):
                if card.submit:
                    wrong = {field.name: "no such" if field.options else "x" * 10_000 for field in card.fields}
                    event = Submitted(**self.facts(viewer, dialog), action=card.submit.action, values=wrong)
                    step = self.tried(event)
                    assert not changed(self.dialogs[dialog], step), f"{dialog} takes {wrong}"
                    assert step.reply, f"{dialog} refuses a form and does not say why"

    def tried(self, event: Event) -> Step[Any]:
        """What would be decided; nothing is done."""
        return SCENES.decide(self.dialogs[event.dialog or ""], event, self, self.now)


PROBED: set[tuple[str, str]] = set()  # states that nonsense was said to


@dataclass(frozen=True, slots=True, kw_only=True)
class Unheard(Event):
    """An event of the next release."""


def changed(dialog: Dialog, step: Step[Any]) -> bool:
    return step.state != dialog.state or bool(step.effects) or (step.done and not dialog.done)


def check_reply(reply: Reply | None, event: Event) -> None:
    if isinstance(reply, Card):
        check_card(reply, f"the answer to {event}")
    elif reply is not None:
        for text in [reply] if isinstance(reply, Text) else reply.all_texts():
            check_text(text, f"the answer to {event}")


def keeps(kind: str, number: int, story: list[int]) -> None:
    """A story is what is chosen, step by step, of all that could happen next."""
    held = Held(EXAMPLES[kind][number]())
    held.look_around()
    for chosen in story:
        options = moves(held)
        options[chosen % len(options)](held)
        held.look_around()


stories = st.lists(st.integers(0, 10_000), max_size=10)


@pytest.mark.parametrize(("kind", "number"), STAGES, ids=IDS)
@settings(deadline=None, max_examples=max(4, settings().max_examples // 16))
@given(story=stories)
def test_a_kind_keeps_its_promises_whatever_happens(kind: str, number: int, story: list[int]) -> None:
    keeps(kind, number, story)


@pytest.mark.hard
@pytest.mark.parametrize(("kind", "number"), STAGES, ids=IDS)
@settings(deadline=None, max_examples=settings().max_examples)
@given(story=stories)
def test_a_kind_keeps_its_promises_for_a_long_time(kind: str, number: int, story: list[int]) -> None:
    keeps(kind, number, story)


# -- words -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Written:
    """One t(...) or tn(...) of the source."""

    where: str
    call: ast.Call

    @property
    def literals(self) -> list[str]:
        """Its templates; anything else in their place is left out."""
        templates = self.call.args[: 2 if name_of(self.call) == "tn" else 1]
        return [one.value for one in templates if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def name_of(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


@cache
def written() -> tuple[Written, ...]:
    """Every place in the source where words for people are made."""
    files = [path for package in ("dialogs", "bot", "storage", "adapters") for path in (ROOT / package).rglob("*.py")]
    trees = [(path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))) for path in files]
    calls = [(path, node) for path, tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return tuple(Written(f"{path}:{call.lineno}", call) for path, call in calls if name_of(call) in {"t", "tn"})


@cache
def templates() -> frozenset[str]:
    """All that may be said; `quote` has a template of its own."""
    return frozenset({"{words}", *(literal for one in written() for literal in one.literals)})


def test_words_for_people_are_literals() -> None:
    """What is put together from pieces cannot be translated, and may be taken for markup."""
    assert len(written()) > 200
    wrong = [one.where for one in written() if len(one.literals) != (2 if name_of(one.call) == "tn" else 1)]
    assert not wrong, "write the template as a literal, and what varies as {arguments}"


def test_every_template_is_given_what_it_names() -> None:
    for one in written():
        given_ = {keyword.arg for keyword in one.call.keywords}
        named = {name for literal in one.literals for _, name, _, _ in Formatter().parse(literal) if name is not None}
        assert given_ - {"n"} <= named <= given_, f"{one.where}: {named} are named and {given_} are given"


# Limits and lengths, which are never one.
ALWAYS_MANY = {
    *("{n} characters", "{most} characters", "{n} levels", "{n} entries"),
    *("{n} seconds", "{n} minutes", "{n} answers"),
}


def test_what_can_be_one_is_not_said_as_many() -> None:
    """“1 items”: whatever is counted needs `tn`, and the template for one needs one."""
    for one in written():
        found = re.finditer(r"\{(?:n|all|most|count|k)\} (?:more )?(?!is\b|was\b|has\b)[a-z]+s\b", one.literals[0])
        assert {slip[0] for slip in found} <= ALWAYS_MANY, f"{one.where}: {one.literals[0]}"


def test_words_for_people_are_made_by_t_and_tn_alone() -> None:
    for path in (ROOT / "dialogs").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and path.name != "card.py":
                assert name_of(node) != "Text", f"{path.name}:{node.lineno} makes a Text of its own"
            if isinstance(node, ast.ImportFrom) and node.module == "dialogs.card":
                assert not any(one.asname for one in node.names if one.name in {"t", "tn", "Text", "quote"}), path.name


def check_text(text: object, where: str) -> None:
    assert isinstance(text, Text), f"{where} says {text!r}, which is no Text"
    for template in (text.template, text.one):
        assert template is None or template in templates(), f"{where} says “{template}”, which is not in the source"
    for _, argument in text.args:
        if isinstance(argument, Text):
            check_text(argument, where)
    slips = [found[0] for found in ONE_MANY.finditer(spoken(text, {})) if found[1] not in {"is", "was", "has"}]
    assert not slips, f"{where} says “{spoken(text, {})}”"


ONE_MANY = re.compile(r"(?<![\d.,:/-])1 (?:of 1 )?([a-z]+s)\b")  # 1 items, 1 of 1 minutes


# -- pure --------------------------------------------------------------------------------------------------------------

PURE = {
    "__future__", "collections", "dataclasses", "dialogs", "difflib", "enum", "functools", "hashlib", "itertools",
    "json", "math", "operator", "pydantic", "pydantic_core", "re", "statistics", "string", "typing", "unicodedata",
    "yaml", "zoneinfo", "datetime",
}  # fmt: skip
LOUD = {"open", "print", "input", "exec", "eval", "__import__", "breakpoint", "id", "hash"}


@pytest.mark.parametrize("path", sorted((ROOT / "dialogs").glob("*.py")), ids=lambda path: path.stem)
def test_dialogs_import_nothing_that_acts(path: Path) -> None:
    """No clock, no chance, no file, no network. What is pure and missing here may be added."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert {one.name.partition(".")[0] for one in node.names} <= PURE, f"line {node.lineno}"
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").partition(".")[0] in PURE, f"line {node.lineno}"
        if isinstance(node, ast.Call):
            assert name_of(node) not in LOUD, f"line {node.lineno} calls {name_of(node)}"
            method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            assert method not in {"now", "today", "utcnow"}, f"line {node.lineno} asks a clock"


def test_the_same_input_gives_the_same_answer_in_every_process() -> None:
    """Sets have another order in every process: whatever goes through one must be sorted again."""
    code = "from tests.dialogs.test_kinds import played; print(played())"
    environments = [{"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)} for seed in ("1", "2")]
    runs = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=env, stdout=subprocess.PIPE)
        for env in environments
    ]
    first, second = (run.communicate()[0] for run in runs)
    assert [run.returncode for run in runs] == [0, 0]
    assert first == second


def played() -> str:
    """All that some stages come to, in a few letters."""
    found = hashlib.sha256()
    for kind in NAMES:
        stage = Recorded(EXAMPLES[kind][0]())
        play(stage, Random(kind), 12)
        found.update("\n".join(stage.record).encode())
        for viewer in (None, *few(stage)):
            found.update(repr([(dialog, slot, card) for dialog, slot, card in stage.cards(viewer)]).encode())
    return found.hexdigest()


class Recorded(Stage):
    """A stage that keeps what was decided."""

    def __init__(self, stage: Stage) -> None:
        super().__init__({})
        self.__dict__.update(stage.__dict__)
        self.record: list[str] = []

    def step(self, dialog: Dialog, event: Event) -> Step[Any]:
        step = super().step(dialog, event)
        self.record.append(f"{dialog.id} {event} {step.state.model_dump_json()} {step.effects} {step.reply}")
        return step


# -- cards -------------------------------------------------------------------------------------------------------------
# Every platform must be able to draw every card. Slack has the narrower limits (platform.md A3); Teams bounds a message
# as a whole: 100 KB of UTF-16 (platform.md, section 0).

TITLE = 400  # a header takes 150; a longer title is a section in bold, which takes 3000. Ours holds a question of 300
TEXT = 3000  # of one text object
FACT = 2000  # of one field of a section
LABEL = 75  # of a button or an option; a name in it may be shortened, so its length does not count here
VALUE = 150  # of an option (of a button 2000)
CONFIRM = 300
BUTTONS = 25  # in one row
OPTIONS = 10  # of radio buttons or check boxes
BARS = 10  # what anybody still reads; Slack's own charts end at 6 to 12
BLOCKS = 50  # of a message
LETTERS = 40_000  # 100 KB of UTF-16 are 50,000; a fifth is left for the JSON around them

SEEN: set[Card] = set()  # thousands of cards are alike


def check_card(card: Card, where: str) -> None:
    """The card says only what the source says, keeps the limits, and can be drawn on every platform."""
    if card in SEEN:
        return
    SEEN.add(card)
    for text in card.all_texts():
        check_text(text, where)
    for what, size, most in sizes(card):
        assert size <= most, f"{where}: {what} {size} > {most}\n{spoken(card, {})}"
    assert spoken(card, {}), f"{where} has no title"
    if card.tone == "closed":
        said = " ".join(spoken(text, {}) for text in card.all_texts())
        assert CLOSED.search(said), f"{where} is closed and does not say so: {said}"
    assert not (card.fields and not card.submit), f"{where} has fields and nothing to send them with"
    ids = [(one.action, one.value) for one in card.all_buttons()]
    assert len(ids) == len(set(ids)), f"{where} has two buttons that do the same: {ids}"
    assert len({one.name for one in card.fields}) == len(card.fields), where
    for draw in DRAWN.values():
        draw(card)


def sizes(card: Card) -> Iterator[tuple[str, int, int]]:
    """What is measured, how large it is, and how large it may be."""
    texts = list(card.all_texts())
    yield "title", letters(card.title), TITLE
    yield "all texts", letters(*texts), LETTERS
    yield "buttons", len(card.buttons), BUTTONS
    yield "bars", len(card.bars), BARS
    lines = -(-letters(*card.text) // TEXT) + -(-len(card.facts) // 10)
    yield "blocks", 4 + lines + len(card.bars) + 2 * len(card.items) + len(card.fields), BLOCKS
    yield from (("text", letters(one), TEXT) for one in texts)
    yield from (("fact", letters(one), FACT) for fact in card.facts for one in (fact.label, fact.value))
    for button in card.all_buttons():
        yield "label", letters(button.label), LABEL
        yield "value", len(button.value), VALUE
        yield "action", len(button.action), VALUE
        yield "confirm", letters(button.confirm) if button.confirm else 0, CONFIRM
    for field in card.fields:
        yield "options", len(field.options), OPTIONS
        yield from (("option", letters(one.text), LABEL) for one in field.options)
        yield from (("option's id", len(one.id), VALUE) for one in field.options)


def letters(*texts: Text) -> int:
    return sum(len(spoken(text, {})) for text in texts)


CLOSED = re.compile(r"\b(?:closed|over|called off|any more)\b|^That was ", re.IGNORECASE)


class Page(HTMLParser):
    """Whether every tag that is opened is closed, and how many of each there are."""

    VOID = frozenset({"input", "br", "hr", "img", "meta", "link"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.count: Counter[str] = Counter()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count[tag] += 1
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


WEB = Draw(Links("secret", "https://example.org"), {})
READER = Reader("t", "ann", {})


def draw_web(card: Card) -> None:
    page = Page(WEB.entry(Seen("d", "s", card, private=False, at=NOON, revision=1), READER))
    assert page.open == []
    assert page.count["button"] == len(card.all_buttons()) + card.answers
    assert page.count["progress"] == len(card.bars)
    assert page.count["li"] == len(card.bars) + len(card.items)


def draw_slack(card: Card) -> None:
    for private in (False, True):
        drawn = slack.message(card, "d", "s", SLACK, private=private)
        assert refused_message(drawn, update=True) is None
        assert sdk_says(drawn["blocks"]) == []
        carried = Counter(one["value"] for one in inside(drawn["blocks"]) if one.get("value"))
        buttons = [one for one in card.all_buttons() if one is not card.submit]
        presses = [slack.Press("d", "s", one.action, one.value) for one in buttons]
        if card.fields:
            presses.append(slack.Press("d", "s", "form", ""))
        assert carried == Counter(map(slack.press_value, presses)), "a button is missing"
    if card.fields:
        assert refused_view(view := slack_form(card, "d", "s", SLACK)) is None
        assert [one["block_id"] for one in view["blocks"] if one["type"] == "input"] == [f.name for f in card.fields]


SLACK = slack.Reader({"ann": "U0ANN"}, {}, lambda _: "https://example.org")


def draw_teams(card: Card) -> None:
    for private in (False, True):
        drawn = teams.card(card, "d", "s", TEAMS, private=private)
        assert 2 * length(drawn) <= 80_000
        pressed = [one["data"] for one in inside(drawn) if one.get("type") == "Action.Execute"]
        carried = Counter((one["d"], one["s"], one["a"], one["v"]) for one in pressed)
        assert carried == Counter(("d", "s", one.action, one.value) for one in card.all_buttons()), (
            "a button is missing"
        )
        fields = [one["id"] for one in inside(drawn) if str(one.get("type")).startswith("Input.")]
        assert [field_name(one) for one in fields] == [field.name for field in card.fields]


TEAMS = teams.Reader({"ann": "29:ann"}, {}, lambda _: "https://example.org")
DRAWN = {"web": draw_web, "slack": draw_slack, "teams": draw_teams}


def test_every_adapter_draws_every_card_here() -> None:
    drawing = {path.parent.name for path in (ROOT / "adapters").glob("*/draw.py")}
    assert set(DRAWN) == drawing, "cards are drawn on every platform: add a line to DRAWN"


# -- saved states ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(STATES.glob("*.json")), ids=lambda path: path.stem)
def test_a_saved_state_of_every_release_loads_and_decides(path: Path) -> None:
    saved = json.loads(path.read_text(encoding="utf-8"))
    kind: AnyKind = KINDS[saved["kind"]]
    state = kind.State.model_validate_json(json.dumps(saved["state"]))
    stage = everyone()
    id_ = "session" if kind.root else "kept"
    stage.dialogs[id_] = Dialog(id_, "t", kind.name, state, "session", "session")
    stage.parents[id_] = "session"
    stage.shown = {(id_, slot, ROOM): 1 for slot in saved["slots"]}
    held = Held(stage)
    held.look_around()
    for person in few(held):
        for _, button in list(buttons(held, person)):
            held.tap(person, id_, button.action, button.value)
    held.look_around()
