"""The bench's own parts. What it measures is no test: nothing here looks at a clock."""

import json
import pkgutil
import sqlite3
from importlib import import_module
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from tests.bench.cohost import differences
from tests.bench.line import alone, compared, skipped
from tests.bench.load import Answers
from tests.bench.presses import Board, boards, press, renamed

FIELDS = {"name", "value", "unit", "baseline", "ratio", "repeats", "min", "max", "spread"}
VALUE = '["d1","board","vote","b"]'
BUTTON = {"type": "button", "action_id": "vote:b", "value": VALUE}
POSTED = {"channel": "C1", "ts": "1.000001", "text": "Lunch?", "blocks": [{"block_id": "x", "elements": [BUTTON]}]}


@pytest.mark.parametrize("name", sorted(one.name for one in pkgutil.iter_modules([str(Path(__file__).parent)])))
def test_every_file_can_be_imported(name: str) -> None:
    if name != "__main__":
        assert import_module(f"tests.bench.{name}").__doc__ or name.startswith("test_")


def test_a_line_has_the_contracts_fields_and_compares_repeat_by_repeat() -> None:
    line = json.loads(compared("slack_vote", "CPU µs/vote", [30.0, 10.0, 20.0], [10.0, 10.0, 40.0], votes=5).json())
    assert line == {
        "name": "slack_vote", "value": 20.0, "unit": "CPU µs/vote", "baseline": 10.0, "ratio": 1.0, "repeats": 3,
        "min": 0.5, "max": 3.0, "spread": 2.5, "votes": 5,
    }  # fmt: skip


def test_a_line_without_a_baseline_has_the_same_fields_and_says_what_is_wrong() -> None:
    line = json.loads(alone("ready_seconds", "s", [2.0, 1.0, 1.0], ["it fell over"]).json())
    assert line.keys() == FIELDS | {"wrong"}
    assert (line["value"], line["ratio"], line["min"], line["max"], line["wrong"]) == (1, None, 1, 2, ["it fell over"])


def test_what_cannot_be_measured_says_why() -> None:
    assert json.loads(skipped("two_processes", "no PostgreSQL")) == {
        "name": "two_processes",
        "skipped": "no PostgreSQL",
    }


def test_a_press_carries_the_button_and_the_whole_message() -> None:
    (board,) = boards([{**POSTED, "blocks": []}, POSTED])
    assert (board.dialog, board.value(0)) == ("d1", "b")
    first, second = (json.loads(parse_qs(press(board, "U1", 0))["payload"][0]) for _ in range(2))
    (action,) = first["actions"]
    assert (action["value"], action["block_id"], first["user"]["id"]) == (VALUE, "x", "U1")
    assert first["message"]["blocks"] == POSTED["blocks"]
    assert action["action_ts"] < second["actions"][0]["action_ts"]


def test_the_ordinary_bot_gets_the_same_press_by_its_own_names() -> None:
    board = renamed(Board(POSTED, [{**BUTTON, "block_id": "x"}]), "2.000001")
    sent = json.loads(parse_qs(press(board, "U1", 0))["payload"][0])
    assert (sent["message"]["ts"], sent["actions"][0]["action_id"]) == ("2.000001", "vote0")


def test_latencies_and_refusals_are_counted() -> None:
    answers = Answers([200, 404, 0, 200], [4.0, 1.0, 3.0, 2.0], 1.0)
    assert (answers.refused, answers.counted(), answers.p(0.5), answers.p(0.99)) == (
        2,
        {200: 2, 404: 1, 0: 1},
        3.0,
        4.0,
    )


@pytest.mark.parametrize(
    ("pressed", "due", "wrong"),
    [
        (2, {("d", "u1"): "a", ("d", "u2"): "b"}, []),
        (3, {("d", "u1"): "a", ("d", "u2"): "b"}, ["2 of 3 presses were heard"]),
        (2, {("d", "u1"): "a", ("d", "u2"): "a"}, ["1 votes are not what was pressed last, of 2"]),
        (2, {("d", "u1"): "a"}, ["1 votes are not what was pressed last, of 1"]),
        (2, {("d", "u1"): "a", ("d", "u2"): "b", ("d", "u3"): "b"}, ["1 votes are not what was pressed last, of 3"]),
    ],
    ids=["all is there", "a press too few", "another vote", "a vote too many", "a vote too few"],
)
def test_a_vote_that_is_missing_or_otherwise_makes_the_run_fail(
    tmp_path: Path, pressed: int, due: dict[tuple[str, str], str], wrong: list[str]
) -> None:
    with sqlite3.connect(tmp_path / "a.db") as db:
        db.executescript("""
            create table heard (id); insert into heard values ('slack:T:1'), ('slack:T:2'), ('timer:1');
            create table identity (person, user); insert into identity values ('p1', 'u1'), ('p2', 'u2');
            create table note (dialog, key, person, value);
            insert into note values ('d', 'vote', 'p1', 'a'), ('d', 'vote', 'p2', 'b'), ('d', 'role', 'p1', 'learner');
        """)
    db.close()
    assert differences(tmp_path / "a.db", "slack:T:%", pressed, due) == wrong
