"""`cohost demo --headless`, as somebody runs it who has just cloned the repository."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SECONDS = 60  # the promise to whoever runs it

STORY = [
    r"\d+ others privately see: “Get ready for “Giving feedback that lands””",
    r"Tomás presses “I need help” and is told: The facilitators have been told\.",
    r"(Samuel|Greta).* privately see.*: “Tomás Ferreira needs help to get ready”",
    r"privately sees?.*: “Ready: 11 of 14”",
    r"Greta presses “Open the session” and is told: The session is open\.",
    r"press “I'm here” and are told: You are checked in\. Welcome!",
    r"Kwame votes once more on “.*” and is told: Your vote: ",
    r"Siobhán presses “.*” and is told: This poll has closed",
    r"THE ROOM sees: .*, what do you think\? Answer here or aloud, or pass",
    r"Amara presses “Pass” and is told: You passed\.",
    r"presses “Not here”",
    r"THE ROOM sees: .*Anyone may answer now, here or aloud\.",
    r"presses “Answered aloud”",
    r"did you mean “poll”\?",
    r"(Samuel|Greta).* privately sees?: “Quiet on: What would make you stop",
    r"Greta presses “Call on ",
    r"THE ROOM sees: “That was “Giving feedback that lands””",
    r"sends? the form and (is|are) told: Thank you\.",
    r"privately sees?.*: “Survey: How was “Giving feedback that lands”\?” · 10 of 13 answered\.",
    r"Helena.* privately sees?: “How “Giving feedback that lands” went”",
    r"yes  Helena Brandt is told: 10 of your 11 people attended\.",
    r"yes  Marcus Eze is told: 13 of all 14 people attended\.",
    r"Everything happened, and everything adds up",
]


@pytest.mark.timeout(SECONDS + 30)
def test_headless_plays_a_whole_session_and_tells_it(tmp_path: Path) -> None:
    began = time.monotonic()
    demo = run(tmp_path, "--headless")
    took = time.monotonic() - began

    print(f"the demo took {took:.1f} s")
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert demo.stderr == ""
    for said in STORY:
        assert re.search(said, demo.stdout), f"nobody reads of {said!r} in\n{demo.stdout}"
    story = demo.stdout.partition("THE STORY")[2].partition("WHAT HAPPENED")[0].splitlines()
    assert len(story) <= 150
    assert took < SECONDS
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--plan", "missing.yaml"], "missing.yaml: cannot be read"),
        (["--plan", "broken.yaml"], "broken.yaml:"),
        (["--port", "99999"], "cannot listen on 127.0.0.1:99999"),
    ],
)
def test_a_mistake_is_one_clear_line(tmp_path: Path, arguments: list[str], says: str) -> None:
    (tmp_path / "broken.yaml").write_text("title: [\n")

    demo = run(tmp_path, "--headless", *arguments)

    assert demo.returncode == 2
    assert says in demo.stderr
    assert "Traceback" not in demo.stderr
    assert demo.stdout == ""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COHOST_")}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "bot", "demo", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
