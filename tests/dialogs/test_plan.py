"""A trainer's plan is read as written, and every mistake in it is shown at its line in one sentence."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dialogs.card import Text
from dialogs.plan import Plan, Problem, poll_setup, prompt_setup, read_plan, schema

PLANS = Path(__file__).parents[2] / "dialogs" / "plans"
TEMPLATES = sorted(PLANS.glob("*.yaml"))

HEAD = "schema: cohost-plan/1\nid: small\ntitle: Small\nobjectives:\n  - {id: one, text: Do one thing}\n"
MINIMAL: dict[str, Any] = {
    "format": "cohost-plan/1",
    "id": "small",
    "title": "Small",
    "audience": None,
    "minutes": 60,
    "zone": "UTC",
    "objectives": [{"id": "one", "text": "Do one thing"}],
    "checklists": {"participants": [], "instructors": []},
    "run_of_show": [],
    "quiz": [],
    "survey": [],
    "follow_ups": [],
    "managers": [],
    "names_in_digest": False,
}


def said(text: Text) -> str:
    return "".join(str(piece) for piece in text.pieces())


def plan_of(text: str) -> Plan:
    plan = read_plan(text)
    assert isinstance(plan, Plan), problems_of(text)
    return plan


def problems_of(text: str) -> list[str]:
    problems = read_plan(text)
    assert isinstance(problems, tuple)
    return [f"{problem.line}:{problem.column} {said(problem.text)}" for problem in problems]


# -- what is right -----------------------------------------------------------------------------------------------------


def test_a_small_plan_has_sensible_defaults() -> None:
    assert plan_of(HEAD).model_dump(mode="json") == MINIMAL


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("minutes: 90", {"minutes": 90}),
        ("zone: europe/zurich", {"zone": "Europe/Zurich"}),
        ("names_in_digest: yes", {"names_in_digest": True}),
        ("audience: 2026", {"audience": "2026"}),
        ("audience: 1:30", {"audience": "1:30"}),
        ("audience: 2026-11-24", {"audience": "2026-11-24"}),
        ("audience: >\n  Many\n  people", {"audience": "Many people"}),
        ("audience: null", {"audience": "null"}),
        ('audience: "{curly}, [square], *star*"', {"audience": "{curly}, [square], *star*"}),
        (
            "run_of_show:\n  - {at: 0, title: A, type: poll, question: B, choices: [Yes, No], for: 1m, objective: one}",
            {
                "run_of_show": [
                    {
                        "at": 0,
                        "title": "A",
                        "type": "poll",
                        "question": "B",
                        "choices": ["Yes", "No"],
                        "open_for": 60,
                        "objective": "one",
                    }
                ]
            },
        ),
        (
            "run_of_show:\n  - at: 5\n    title: Task\n    type: say\n    text: |\n      First this.\n      Then that.",
            {"run_of_show": [{"at": 5, "title": "Task", "type": "say", "text": "First this.\nThen that."}]},
        ),
        (
            "run_of_show:\n  - {at: 0, title: Numbers, type: poll, question: 'How many?', choices: [1, 2.50, on, ~]}",
            {
                "run_of_show": [
                    {
                        "at": 0,
                        "title": "Numbers",
                        "type": "poll",
                        "question": "How many?",
                        "choices": ["1", "2.50", "on", "~"],
                        "open_for": None,
                        "objective": None,
                    }
                ]
            },
        ),
        (
            "survey:\n  - {id: s, text: How, kind: many, options: [Well, {text: Bad, standard: weak}], measures: mood}",
            {
                "survey": [
                    {
                        "id": "s",
                        "text": "How",
                        "kind": "many",
                        "options": [{"text": "Well", "standard": None}, {"text": "Bad", "standard": "weak"}],
                        "measures": "mood",
                    }
                ]
            },
        ),
        (
            (
                "quiz: [{id: q, objective: one, question: 'Q?', choices: [A, B], answer: B}]\n"
                "follow_ups: [{after: 2 days, questions: [q]}]"
            ),
            {
                "quiz": [{"id": "q", "objective": "one", "question": "Q?", "choices": ["A", "B"], "answer": "B"}],
                "follow_ups": [{"days": 2, "questions": ["q"]}],
            },
        ),
        (
            "managers:\n  - name: Dana Roth\n    learners: [Jo Smith, Al Brown]",
            {"managers": [{"name": "Dana Roth", "learners": ["Jo Smith", "Al Brown"]}]},
        ),
    ],
)
def test_what_is_written_is_what_is_read(written: str, read: dict[str, Any]) -> None:
    assert plan_of(HEAD + written).model_dump(mode="json") == MINIMAL | read


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    assert plan_of("\ufeff" + HEAD.replace("\n", "\r\n")) == plan_of(HEAD)


# -- what is wrong -----------------------------------------------------------------------------------------------------

STEP = HEAD + "run_of_show:\n  - at: 0\n    title: Start\n"  # 8 lines
POLL = STEP + "    type: poll\n    question: Sure?\n"  # 10 lines
QUIZ = HEAD + "quiz:\n  - {id: q, objective: one, question: 'Q?', choices: [A, B], answer: B}\n"  # 7 lines

BROKEN = [
    # The file as such.
    ("", ["1:1 The plan is empty: begin with “schema: cohost-plan/1”."]),
    ("# nothing\n", ["1:1 The plan is empty: begin with “schema: cohost-plan/1”."]),
    ("x" * 100_001, ["1:1 The plan has 100001 characters, and 100000 is the most: shorten it."]),
    ("hello", ["1:1 The plan should be a group: write lines such as “schema: …” below it."]),
    (HEAD + "---\n" + HEAD, ["6:1 A second plan begins here: keep one plan in a file and remove the line “---”."]),
    (HEAD + "audience: " + "[" * 20, ["6:22 Here are more than 12 levels: a plan needs fewer."]),
    (HEAD + "audience: a\x07b", ["6:12 Here is a character that cannot be shown (U+0007): delete it."]),
    (HEAD + 'audience: "a\\0b"', ["6:11 Here is a character that cannot be shown (U+0000): delete it."]),
    (HEAD + 'audience: "\\ud800"', ["6:11 Here is a character that cannot be shown (U+D800): delete it."]),
    (HEAD + 'audience: "\\UFFFFFFFF"', ["6:12 This number stands for no character: remove it."]),
    # YAML that does not say what was meant.
    (
        HEAD + "audience: All: really",
        ["6:14 This colon is one too many: put a text with “: ” in quotation marks, or check the indentation."],
    ),
    (HEAD + "checklists:\n\tparticipants: []", ["7:1 This line is indented with a tab: use spaces."]),
    (HEAD + 'audience: "All', ["6:11 This quotation mark is never closed: add one at the end."]),
    (HEAD + "managers: [a", ["6:11 This “[” is not closed, or a comma is missing after it."]),
    (HEAD + "audience: @all", ["6:11 A text that begins with “@” needs quotation marks around it."]),
    (HEAD + "audience: `all`", ["6:11 A text that begins with “`” needs quotation marks around it."]),
    (HEAD + "audience: *all*", ["6:11 A text that begins with “*” needs quotation marks around it."]),
    (HEAD + "audience: &all of us", ["6:11 A text that begins with “&” needs quotation marks around it."]),
    (HEAD + "audience: !all of us", ["6:11 A text that begins with “!” needs quotation marks around it."]),
    (HEAD + "audience: > all", ["6:11 A text that begins with “>” needs quotation marks around it."]),
    (HEAD + "? [a]\n: b", ["6:3 A text that begins with “[” needs quotation marks around it."]),
    (
        HEAD + 'audience: "All" of us',
        ['6:17 Something follows a closing mark here: put quotation marks around the whole text, “"” inside as “\\"”.'],
    ),
    (
        HEAD + "audience: {name}, hello",
        ['6:17 Something follows a closing mark here: put quotation marks around the whole text, “"” inside as “\\"”.'],
    ),
    (
        HEAD + 'audience: "C:\\qed"',
        ["6:15 A “\\” between double quotation marks has a meaning of its own: write two of them."],
    ),
    (HEAD + "audience: - all", ["6:11 A list cannot begin in this line: put each “- ” on a line of its own."]),
    (
        HEAD + "audience\nminutes: 5",
        ["6:1 This line is no “key: value”: add the colon, or indent it under the line above."],
    ),
    (
        HEAD + "managers:\n  - name: A\n - name: B",
        ["8:2 This line is indented otherwise than those it belongs with: align it with them."],
    ),
    # Keys.
    (HEAD + "title: Again", ["6:1 “title” stands here twice, first in line 3: keep one."]),
    (HEAD + "audence: All", ["6:1 The plan has no key “audence”: did you mean “audience”?"]),
    (
        HEAD + "checklists: {learners: []}",
        ["6:14 “checklists” has no key “learners”: its keys are participants, instructors."],
    ),
    (
        "title: T",
        [
            "1:1 The plan has no “schema”: add it.",
            "1:1 The plan has no “id”: add it.",
            "1:1 The plan has no “objectives”: add it.",
        ],
    ),
    (HEAD.replace("Small", ""), ["3:7 “title” is empty: write something there, or remove the line."]),
    (HEAD + "quiz:", ["6:6 “quiz” is empty: write something there, or remove the line."]),
    (
        POLL + "    chioces: [A, B]",
        [
            "7:5 Entry 1 of “run_of_show” has no “choices”: add it.",
            "11:5 Entry 1 of “run_of_show” has no key “chioces”: did you mean “choices”?",
        ],
    ),
    (STEP + "    question: Sure?", ["7:5 Entry 1 of “run_of_show” has no “type”: add it."]),
    (STEP + "    type: pol", ["9:11 “pol” is no “type”: did you mean “poll”?"]),
    (STEP + "    type: quiz", ["9:11 “quiz” is no “type”: write poll or ask or open or say."]),
    (
        STEP + "    type: say\n    text: Hi\n    for: 60s",
        ["11:5 Entry 1 of “run_of_show” has no key “for”: its keys are at, title, type, text."],
    ),
    # Values.
    (HEAD.replace("plan/1", "plan/2"), ["1:9 “cohost-plan/2” is no “schema”: did you mean “cohost-plan/1”?"]),
    (
        HEAD.replace("id: small", "id: very small"),
        ["2:5 “very small” is no id: use up to 40 letters, digits and hyphens, without spaces."],
    ),
    (HEAD + "minutes: an hour", ["6:10 “minutes” should be a whole number, and “an hour” is none."]),
    (HEAD + "minutes: 1:30", ["6:10 “minutes” should be a whole number, and “1:30” is none."]),
    (HEAD + "minutes: 4", ["6:10 “minutes” is 4, and 5 is the least."]),
    (HEAD + "minutes: 900", ["6:10 “minutes” is 900, and 600 is the most."]),
    (HEAD + "names_in_digest: perhaps", ["6:18 “names_in_digest” should be true or false, and “perhaps” is neither."]),
    (HEAD + "zone: Zurich", ["6:7 “Zurich” is not a time zone: did you mean Europe/Zurich?"]),
    (HEAD + "zone: Zzz", ["6:7 “Zzz” is not a time zone: write one such as Europe/Zurich, America/New_York or UTC."]),
    (HEAD + "audience: [a, b]", ["6:11 “audience” should be one text and not a list."]),
    (
        HEAD + "audience: {a: b}",
        ["6:11 “audience” should be a text: put quotation marks around it, as it has a colon."],
    ),
    (
        HEAD + "audience: " + "x" * 301,
        ["6:11 “xxxxxxxxxxxxxxxxxxxxxxxxxxxxx…” has 301 characters, and 300 is the most: shorten it."],
    ),
    (HEAD + 'audience: "\u200b"', ["6:11 “audience” is empty: write a text."]),
    (HEAD + "managers: Dana", ["6:11 “managers” should be a list: write each entry in a line of its own, after “- ”."]),
    (
        HEAD + "managers: [Dana]",
        ["6:12 Entry 1 of “managers” should be a group: write lines such as “name: …” below it."],
    ),
    (
        HEAD + "checklists: none",
        ["6:13 “checklists” should be a group: write lines such as “participants: …” below it."],
    ),
    (
        POLL + "    choices: [Sure?, No]",
        ["11:19 Between brackets, a text with “?” needs quotation marks around it."],
    ),
    (POLL + "    choices: [A]", ["11:14 “choices” has too few entries: 1 instead of 2 or more."]),
    (POLL + "    choices: [A,B,C,D,E,F,G,H,I,J,K]", ["11:14 “choices” has 11 entries, and 10 is the most."]),
    (
        POLL + "    choices: [A, Note: B]",
        ["11:18 Entry 2 of “choices” should be a text: put quotation marks around it, as it has a colon."],
    ),
    (
        POLL + "    choices:\n      - A\n      -",
        ["13:8 Entry 2 of “choices” is empty: write something there, or remove the line."],
    ),
    (
        POLL + "    choices: [A, B]\n    for: soon",
        ["12:10 “for” needs a time from 5 seconds to 1 day: write it as 60s or 8m."],
    ),
    (
        HEAD + "survey:\n  - {id: s, text: 'Q?', kind: choice, options: [A, {text: B, or not, standard: weak}]}",
        ["7:62 “or not” was cut off by a comma: put quotation marks around the whole text."],
    ),
    (
        HEAD + "survey:\n  - {id: s, text: 'Q?', kind: choice, options: [A, {text: B, standard: good}]}",
        ["7:72 “good” is no “standard”: write unacceptable or weak or acceptable or strong or misfit."],
    ),
    (
        HEAD + "survey:\n  - {id: s, text: 'Q?', kind: rating}",
        ["7:31 “rating” is no “kind”: write choice or many or text."],
    ),
    (
        QUIZ + "follow_ups: [{after: 2, questions: [q]}]",
        ["8:22 “after” needs a number of days from 1 to 400: write it as 2d."],
    ),
    # What no part can know by itself.
    (POLL + "    choices: [A, B]\n    objective: won", ["12:16 “objectives” has no “won”: did you mean “one”?"]),
    (
        POLL + "    choices: [A, B]\n    objective: xyz",
        ["12:16 “objectives” has no “xyz”: add it there, or change it here."],
    ),
    (POLL + "    choices: [Sure, sure]", ["11:21 “sure” is there already in line 11: change one."]),
    (
        QUIZ + "  - {id: q, objective: one, question: 'R?', choices: [A, B], answer: A}",
        ["8:10 “q” is there already in line 7: change one."],
    ),
    (QUIZ.replace("answer: B", "answer: C"), ["7:70 “choices” has no “C”: add it there, or change it here."]),
    (QUIZ + "follow_ups: [{after: 2d, questions: [r]}]", ["8:38 “quiz” has no “r”: add it there, or change it here."]),
    (
        STEP + "    type: say\n    text: B\n  - {at: 61, title: C, type: say, text: D}\n"
        "  - {at: 30, title: E, type: say, text: F}",
        [
            "11:10 Minute 61 is after the end: “minutes” is 60.",
            "12:10 Minute 30 comes after minute 61: put the steps in order.",
        ],
    ),
    (
        HEAD + "managers:\n  - {name: A, learners: [Jo]}\n  - {name: B, learners: [jo]}",
        ["8:26 “jo” is there already in line 7: change one."],
    ),
]


@pytest.mark.parametrize(("text", "problems"), BROKEN, ids=range(len(BROKEN)))
def test_a_mistake_is_shown_at_its_line_in_one_sentence(text: str, problems: list[str]) -> None:
    assert problems_of(text) == problems


def test_all_mistakes_are_listed_at_once_in_the_order_of_the_lines() -> None:
    text = (
        "schema: cohost-plan/1\n"
        "id: small\n"
        "titel: Small\n"
        "minutes: long\n"
        "objectives:\n"
        "  - {id: one, text: Do one thing}\n"
        "  - {id: one, text: Do another}\n"
        "run_of_show:\n"
        "  - {at: 0, title: Start, type: open, question: 'Q?', objective: two}\n"
        "follow_ups:\n"
        "  - {after: soon, questions: [q]}\n"
    )
    assert problems_of(text) == [
        "1:1 The plan has no “title”: add it.",
        "3:1 The plan has no key “titel”: did you mean “title”?",
        "4:10 “minutes” should be a whole number, and “long” is none.",
        "7:10 “one” is there already in line 6: change one.",
        "9:66 “objectives” has no “two”: add it there, or change it here.",
        "11:13 “after” needs a number of days from 1 to 400: write it as 2d.",
        "11:31 “quiz” has no “q”: add it there, or change it here.",
    ]


def test_an_alias_bomb_is_refused_at_once() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    problems = problems_of(HEAD + bomb)
    assert "6:4 A text that begins with “&” needs quotation marks around it." in problems
    assert len(problems) < 100


WRITTEN = """schema: cohost-plan/1
id: x
title: T
objectives:
- id: a
text: b
run_of_show:
quiz:
- at: 3
type: poll
type: say
choices: [A, B]
choices:
- A
survey:
kind: many
options: [a, {text: b}]
managers:
- x
for: 1:30
after: 2d
text: |
!!python/object:os.system
<<: *a
"a": 'b'"""
PIECES = st.sampled_from(
    [*WRITTEN.splitlines(), *"'\"{}[]:&*!|>#%?\\~\t\ud800\x00\u2028\x85", "---", "...", "null", ": ", "- "]
)
LINES = st.lists(st.tuples(st.integers(0, 4), PIECES), max_size=30).map(
    lambda lines: "\n".join("  " * indent + piece for indent, piece in lines)
)


@settings(deadline=None)
@given(st.text() | LINES | LINES.map(lambda text: HEAD + text))
@example("%YAML " + "9" * 5000 + ".1\n---\na: b")
@example("a: '\\U")
@example("- " * 3000)
@example("{" * 3000)
@example("? " * 3000)
@example("a: " * 3000)
def test_no_text_is_too_strange_to_be_read(text: str) -> None:
    found = read_plan(text)
    if isinstance(found, Plan):
        assert Plan.model_validate(found.model_dump(mode="json")) == found
        return
    assert found
    for problem in found:
        assert isinstance(problem, Problem)
        assert 1 <= problem.line <= len(text.splitlines()) + 1
        assert problem.column >= 1
        assert said(problem.text)
        assert "is wrong" not in said(problem.text), "a sentence is missing for this sort of mistake"


# -- what a plan begins ------------------------------------------------------------------------------------------------


def test_a_plan_says_what_it_will_begin() -> None:
    plan = plan_of(
        HEAD
        + "checklists:\n  participants:\n    - {id: sound, text: Try your headset, help: In the settings}\n"
        + "  instructors:\n    - {id: aloud, text: Read it aloud}\n"
        + "run_of_show:\n"
        + "  - {at: 0, title: A, type: poll, question: 'Sure?', choices: [Yes, No], for: 90, objective: one}\n"
        + "  - {at: 1, title: B, type: say, text: Hello}\n"
        + "  - {at: 2, title: C, type: ask, question: 'Who?'}\n"
        + "  - {at: 3, title: D, type: open, question: 'What?', objective: one}\n"
        + "survey:\n"
        + "  - {id: s, text: 'How?', kind: choice, options: [{text: Well, standard: strong}, Badly], measures: mood}\n"
        + "  - {id: w, text: 'Why?', kind: text}\n"
    )
    assert list(plan.dialogs()) == [
        (
            ("checklists", "participants"),
            "checklist",
            {"audience": "learner", "items": [{"id": "sound", "text": "Try your headset", "help": "In the settings"}]},
        ),
        (
            ("checklists", "instructors"),
            "checklist",
            {"audience": "facilitator", "items": [{"id": "aloud", "text": "Read it aloud", "help": ""}]},
        ),
        (("run_of_show", 0), "poll", poll_setup("Sure?", ["Yes", "No"], 90, "one")),
        (("run_of_show", 2), "prompt", prompt_setup("Who?", "call")),
        (("run_of_show", 3), "prompt", prompt_setup("What?", "open", "one")),
        (
            ("survey",),
            "survey",
            {
                "questions": [
                    {
                        "id": "s",
                        "text": "How?",
                        "kind": "choice",
                        "options": [{"id": "a", "text": "Well"}, {"id": "b", "text": "Badly"}],
                        "standards": {"a": "strong"},
                        "measures": "mood",
                    },
                    {"id": "w", "text": "Why?", "kind": "text", "options": [], "standards": {}, "measures": None},
                ]
            },
        ),
    ]
    assert [step.begins()[0] for step in plan.run_of_show] == ["poll", None, "prompt", "prompt"]


def test_a_poll_names_its_choices_by_letters() -> None:
    assert poll_setup("Sure?", ("Yes", "No"), 60, "one") == {
        "question": "Sure?",
        "choices": [{"id": "a", "text": "Yes"}, {"id": "b", "text": "No"}],
        "open_for": 60,
        "objective": "one",
    }


# -- the templates and the schema --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TEMPLATES, ids=[path.stem for path in TEMPLATES])
def test_a_template_is_a_good_session(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    plan = plan_of(text)
    assert plan.id == path.stem
    assert text.startswith("# yaml-language-server: $schema=plan.schema.json\n")
    assert len(plan.objectives) == 3
    assert 4 <= len(plan.checklists.participants) <= 5
    assert len(plan.checklists.instructors) == 5
    active = [step.at for step in plan.run_of_show if step.begins()[0]]
    gaps = [after - before for before, after in zip([0, *active], [*active, plan.minutes], strict=True)]
    assert max(gaps) <= 10
    polled = {step.objective for step in plan.run_of_show if step.type == "poll"}
    assert {one.id for one in plan.objectives} <= polled, "the digest shows poll results by objective"
    assert {one.objective for one in plan.quiz} == {one.id for one in plan.objectives}
    assert len(plan.survey) == 3
    assert all(option.standard for asked in plan.survey if asked.kind != "text" for option in asked.options)
    assert plan.follow_ups


def test_the_schema_for_editors_is_in_step_with_the_model() -> None:
    command = 'python -c "from dialogs.plan import schema; print(schema(), end=str())" > dialogs/plans/plan.schema.json'
    assert (PLANS / "plan.schema.json").read_text(encoding="utf-8") == schema(), f"run: {command}"


@pytest.mark.parametrize("path", TEMPLATES, ids=[path.stem for path in TEMPLATES])
def test_editors_find_nothing_wrong_with_a_template(path: Path) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(schema()))
    validator.check_schema(validator.schema)
    assert list(validator.iter_errors(yaml.safe_load(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "text", [HEAD + "audence: x", HEAD + "minutes: 4", STEP + "    type: quiz", HEAD.replace("id: small", "id: s m")]
)
def test_editors_see_what_we_refuse(text: str) -> None:
    assert not jsonschema.Draft202012Validator(json.loads(schema())).is_valid(yaml.safe_load(text))
