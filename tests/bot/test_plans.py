"""Plans and rosters on disk: good ones are read, and of bad ones every mistake is a line with its place in the file."""

from importlib.resources import files
from pathlib import Path

import pytest

from bot.plans import Listed, UnreadableError, read, roster, template_text, templates
from dialogs import KINDS

SHORT = """\
schema: cohost-plan/1
id: short
title: A short one
minutes: 30
objectives:
  - id: one
    text: Say one thing.
run_of_show:
  - at: 0
    title: Arriving
    type: say
    text: Hello.
"""


HEADER = "the first line must name the columns, one of them “name”, as in: name,role,email,manager"


def why(error: "pytest.ExceptionInfo[UnreadableError]") -> list[str]:
    """What is said, line by line."""
    return str(error.value).splitlines()


def test_every_template_that_comes_with_the_bot_can_be_used() -> None:
    there = sorted(file.name for file in files("dialogs.plans").iterdir() if file.name.endswith(".yaml"))

    assert sorted(f"{name}.yaml" for name in templates()) == there
    for name, plan in templates().items():
        for _, kind, setup in plan.dialogs():
            KINDS[kind].State.model_validate(setup)
        assert plan.id == name


def test_a_template_is_printed_as_it_is_written(tmp_path: Path) -> None:
    for name, plan in templates().items():
        text = template_text(name)
        assert text is not None
        (tmp_path / "plan.yaml").write_text(text)
        assert read(tmp_path / "plan.yaml") == plan
    assert template_text("no such template") is None


def test_a_short_plan_is_enough(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(SHORT)

    plan = read(tmp_path / "plan.yaml")

    assert (plan.title, plan.minutes, len(plan.run_of_show)) == ("A short one", 30, 1)


def test_every_mistake_is_said_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(SHORT.replace("minutes: 30", "minutes: many").replace("type: say", "type: sing"))

    with pytest.raises(UnreadableError) as wrong:
        read(file)

    assert [line.split(":")[:2] for line in why(wrong)] == [[str(file), "4"], [str(file), "11"]]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None])
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "plan.yaml"
    if content is not None:
        file.write_bytes(content)

    for reads in (read, roster):
        with pytest.raises(UnreadableError) as wrong:
            reads(file)
        there = f"{file}:1: this line is not in UTF-8: save the file as UTF-8"
        nowhere = f"{file}: cannot be read (No such file or directory): check its name"
        assert why(wrong) == [nowhere if content is None else there]


# -- rosters -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("name\nAnn\nBen\n", [Listed("Ann", "learner", "", ""), Listed("Ben", "learner", "", "")]),
        (
            "\ufeffName , ROLE,email,manager\n Ann ,Facilitator,ann@example.org,\nBen,,,Mia\n",
            [Listed("Ann", "facilitator", "ann@example.org", ""), Listed("Ben", "learner", "", "Mia")],
        ),
        ("email,name,team\r\na@b.c,Ann,red\r\n\r\n,,\r\n", [Listed("Ann", "learner", "a@b.c", "")]),
        ('name,role\n"Roth, Ann\nMaria",learner,too,many\n', [Listed("Roth, Ann Maria", "learner", "", "")]),
        ("name\n", []),
        ("name;role\nAnn;facilitator\n", [Listed("Ann", "facilitator", "", "")]),  # Excel, in half of Europe
        ('name\temail\n"Roth, Ann"\ta@b.c\n', [Listed("Roth, Ann", "learner", "a@b.c", "")]),
    ],
)
def test_people_are_read_from_columns_in_any_order(tmp_path: Path, text: str, people: list[Listed]) -> None:
    (tmp_path / "people.csv").write_text(text, encoding="utf-8", newline="")

    assert roster(tmp_path / "people.csv") == people


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", f"1: {HEADER}"),
        ("Ann\nBen\n", f"1: {HEADER}"),
        ("Ann Ode,ann@example.org\n", f"1: {HEADER}"),
        ("name,e-mail\nAnn,a@b.c\n", "1: the column “e-mail” is not known: call it “email”"),
        ("name,role,name\nAnn,,Ben\n", "1: there are two columns “name”: take one away, or call it otherwise"),
        ("name,role\n\nAnn,\n,learner\n", "4: this line has no name: write one, or take the line out"),
        (
            "name,role\nAnn,Manager\n",
            (
                "2: a role is learner or facilitator, not “Manager”; who is somebody's manager stands in the column "
                "“manager”"
            ),
        ),
        ("name,email\nAnn,at work\n", "2: “at work” is not an e-mail address: write one as in jo@example.org"),
        ("name;email\nAnn;ann@example\n", "2: “ann@example” is not an e-mail address: write one as in jo@example.org"),
        (
            "name,email\nAnn,a@b.c\nBen,A@b.c\n",
            "3: “A@b.c” stands in line 2 already: give each person an address of their own, or none",
        ),
        ("name,role\nAnn,boss\n", "2: a role is learner or facilitator, not “boss”"),
        (
            "name,email\nAnn,a@b.c\nBen,\nann,d@e.f\n",
            "4: “ann” stands in line 2 already: write two people so that one can tell them apart, as in “ann (Bern)”",
        ),
        (
            f"name\nAnn\n{'x' * 140_000}\n",
            "2: this line cannot be read (field larger than field limit (131072)): save it as CSV",
        ),
    ],
)
def test_a_bad_roster_is_one_line_with_its_place(tmp_path: Path, text: str, line: str) -> None:
    file = tmp_path / "people.csv"
    file.write_text(text)

    with pytest.raises(UnreadableError) as wrong:
        roster(file)

    assert why(wrong) == [f"{file}:{line}"]


def test_a_roster_that_is_not_in_utf_8_says_where(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes("name\nAnn\nJosé\n".encode("latin-1"))

    with pytest.raises(UnreadableError) as wrong:
        roster(file)

    assert why(wrong) == [f"{file}:3: this line is not in UTF-8: save the file as UTF-8"]
