"""`cohost demo --headless`, as somebody runs it who has just cloned the repository."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from subprocess import PIPE

import pytest

from tests.counted import Tells

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
    r"THE ROOM sees: .*, what do you think\?",
    r"Amara presses “Pass” and is told: You passed\.",
    r"presses “Not here”",
    r"THE ROOM sees: .*Anyone may answer now, here or aloud\.",
    r"presses “Answered aloud”",
    r"did you mean “poll”\?",
    r"(Samuel|Greta).* privately sees?: “Quiet on: What would make you stop",
    r"Greta presses “Call on ",
    r"THE ROOM sees: “That was “Giving feedback that lands””",
    r"sends? the form and (is|are) told: Your answers are stored\.",
    r"privately sees?.*: “Survey: How was “Giving feedback that lands”\?” · 10 of 13 answered\.",
    r"Helena.* privately sees?: “How “Giving feedback that lands” went”",
    r"yes  Helena Brandt is told: 10 of your 11 people attended\.",
    r"yes  Marcus Eze is told: 13 of all 14 people attended\.",
    r"Everything happened, and everything adds up",
]


@pytest.mark.timeout(SECONDS + 30)
def test_headless_plays_a_whole_session_and_tells_it(tmp_path: Path, tells: Tells) -> None:
    began = time.monotonic()
    demo = run(tmp_path, "--headless")
    took = time.monotonic() - began

    tells(f"the demo took {took:.1f} s")
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
        (["--folder", "broken.yaml"], "--folder broken.yaml: cannot be used (File exists); name another"),
        (["--folder", "real"], "--folder real: holds a database that is not a demo's; name another"),
    ],
)
def test_a_mistake_is_one_clear_line(tmp_path: Path, arguments: list[str], says: str) -> None:
    (tmp_path / "broken.yaml").write_text("title: [\n")
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "cohost.db").write_text("a year of sessions")

    demo = run(tmp_path, "--headless", *arguments)

    assert demo.returncode == 2
    assert says in demo.stderr
    assert "Traceback" not in demo.stderr
    assert demo.stdout == ""
    assert (tmp_path / "real" / "cohost.db").read_text() == "a year of sessions"


def test_watching_prints_ways_in_that_open_and_ctrl_c_ends_it_all(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.listen()
        refused = run(tmp_path, "--port", str(port))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"cannot listen on 127.0.0.1:{port}" in refused.stderr

    with subprocess.Popen(
        command("--port", str(port)), cwd=tmp_path, env=environment(), stdout=PIPE, stderr=PIPE
    ) as demo:
        assert demo.stdout
        assert demo.stderr
        said = b""
        while b"Ctrl-C" not in said:
            said += demo.stdout.readline()
        ways = re.findall(r"^  (\w.*)\n    (http://\S+)$", said.decode(), re.MULTILINE)
        pages = [get(address) for _, address in ways]
        demo.send_signal(signal.SIGINT)
        rest, errors = demo.communicate(timeout=40)

    assert [way.partition(" (")[0] for way, _ in ways] == [
        "Watch as a facilitator",
        "Watch as a learner",
        "Watch as a manager",
        "Join as yourself, as a learner",
    ]
    assert all("Giving feedback that lands" in page for page in pages[:3])
    assert "Your name" in pages[3]
    assert demo.returncode == 0
    assert "The demo has ended." in rest.decode()
    assert errors == b""
    with pytest.raises(OSError, match="refused"):
        get(ways[0][1])
    assert (tmp_path / ".demo" / "cohost.secret").stat().st_mode & 0o777 == 0o600


def get(address: str) -> str:
    with urllib.request.urlopen(address, timeout=10) as page:  # noqa: S310 - an address that the demo printed
        text: str = page.read().decode()
        return text


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "bot", "demo", *arguments]


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COHOST_")}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
