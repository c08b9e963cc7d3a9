"""Who may import whom: the rules of pyproject.toml hold, and each of them bites.

Every row below breaks one rule with one line in a copy of the code, and import-linter must name that rule.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("bot", "adapters", "storage", "dialogs")
LINT = (
    "import sys; sys.path.insert(0, '.');"
    "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache', '--no-logo'])"
)

OFFENCES = [
    ("One direction: bot, then adapters and storage, then dialogs", "dialogs/card.py", "import storage.base"),
    ("One direction: bot, then adapters and storage, then dialogs", "dialogs/card.py", "import adapters.base"),
    ("One direction: bot, then adapters and storage, then dialogs", "storage/base.py", "import adapters.base"),
    ("One direction: bot, then adapters and storage, then dialogs", "adapters/base.py", "import storage.base"),
    ("One direction: bot, then adapters and storage, then dialogs", "storage/base.py", "import bot.engine"),
    ("Dialogs decide, they do not act", "dialogs/poll.py", "import asyncio"),
    ("Dialogs decide, they do not act", "dialogs/poll.py", "from time import monotonic"),
    ("Dialogs decide, they do not act", "dialogs/poll.py", "import random"),
    ("Dialogs decide, they do not act", "dialogs/poll.py", "import sqlmodel"),
    ("Dialogs decide, they do not act", "dialogs/poll.py", "import slack_sdk"),
    ("Kinds do not know each other", "dialogs/poll.py", "import dialogs.survey"),
    ("Kinds do not know each other", "dialogs/poll.py", "from dialogs import KINDS"),
    ("Platforms do not know each other", "adapters/web/draw.py", "import adapters.slack.draw"),
    ("Platforms do not know each other", "adapters/slack/read.py", "import adapters.teams.read"),
    ("The engine and its loops know contracts only", "bot/engine.py", "import storage.sql"),
    ("The engine and its loops know contracts only", "bot/outbox.py", "import adapters.web.app"),
    ("The engine and its loops know contracts only", "bot/timers.py", "import storage.hot"),
    ("The engine and its loops know contracts only", "bot/scene.py", "import bot.app"),
    ("Simulated people know links only", "bot/rehearsal/people.py", "import bot.engine"),
    ("Simulated people know links only", "bot/rehearsal/people.py", "import dialogs.card"),
    ("Simulated people know links only", "bot/rehearsal/people.py", "import adapters.web.links"),
    ("Slack's libraries stay in three files", "adapters/slack/draw.py", "import slack_sdk"),
    ("Slack's libraries stay in three files", "adapters/web/app.py", "from slack_bolt.app import App"),
    ("Microsoft's libraries stay in one file", "adapters/teams/read.py", "from botbuilder.schema import Activity"),
    ("Microsoft's libraries stay in one file", "bot/app.py", "import botframework.connector"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_code_keeps_every_rule(copy: Path) -> None:
    assert broken(copy) == []


@pytest.mark.parametrize(("rule", "file", "offence"), OFFENCES)
def test_a_rule_bites(copy: Path, rule: str, file: str, offence: str) -> None:
    exists(copy, file)
    exists(copy, offence.split()[1].replace(".", "/") + ".py")
    with (copy / file).open("a") as code:
        code.write(f"\n{offence}\n")

    assert rule in broken(copy)


def exists(copy: Path, file: str) -> None:
    """Some of these come in later steps, and the rules hold for them already."""
    if file.startswith(PACKAGES) and not (copy / file).with_suffix("").is_dir():
        for folder in Path(file).parents[:-1]:
            (copy / folder).mkdir(exist_ok=True, parents=True)
            (copy / folder / "__init__.py").touch()
        (copy / file).touch()


@pytest.mark.parametrize(
    ("file", "line", "allowed"),
    [
        ("dialogs/poll.py", "datetime.now(UTC)", False),
        ("bot/engine.py", "datetime.now(UTC)", False),
        ("bot/app.py", "datetime.now(UTC)", True),
    ],
)
def test_only_the_edges_look_at_the_clock(file: str, line: str, *, allowed: bool) -> None:
    code = f'"""Now."""\n\nfrom datetime import UTC, datetime\n\nNOW = {line}\n'

    ruff = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--stdin-filename", file, "-"],
        cwd=ROOT,
        input=code,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ruff.returncode == 0) is allowed, ruff.stdout
    assert ("TID251" in ruff.stdout) is not allowed


def broken(folder: Path) -> list[str]:
    """Name the rules that import-linter says are broken."""
    lint = subprocess.run([sys.executable, "-c", LINT], cwd=folder, capture_output=True, text=True, check=False)
    found = re.findall(r"^(.+) BROKEN(?: \(.*\))?$", lint.stdout, re.MULTILINE)
    assert bool(found) is bool(lint.returncode), lint.stdout + lint.stderr
    return found
