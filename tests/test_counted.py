"""What tests count is read in the summary, by whichever worker they were run, and whether they passed or not."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TESTS = """
def test_one(tells):
    tells("7 votes\\n2 kills")

def test_other(tells):
    tells("0 deadlocks")
    assert False

def test_silent():
    print("9 boards")
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_what_was_counted_stands_under_the_name_of_its_test(tmp_path: Path, workers: str) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    with_ours = ["-p", "tests.counted", "-p", "no:randomly", "-p", "no:cacheprovider", "-n", workers]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *with_ours, f"--rootdir={tmp_path}", "test_it.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    lines = run.stdout.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.strip("=") == " counted ")
    assert run.returncode == 1
    assert lines[begin + 1 : begin + 6] == [
        "test_it.py::test_one",
        "    7 votes",
        "    2 kills",
        "test_it.py::test_other",
        "    0 deadlocks",
    ]
    assert "9 boards" not in run.stdout
