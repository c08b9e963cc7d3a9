"""The pages for whoever sets it up, followed step by step: every command is typed, every `.env` is written.

And every link of any page leads somewhere.

What needs a network, or takes a machine for itself, is named in `ELSEWHERE`, and nothing else is left out.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.settings import load
from bot.starting import given, ignored

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("[af]*/*.md"))]  # administrators, facilitators
EVERY = [*PAGES, *sorted((ROOT / "docs" / "developers").glob("*.md"))]
ELSEWHERE = {
    "make": "sets up a whole environment; tests/stories/test_headless.py plays the demo",
    "curl": "asks a server of the reader's own",
}
GUID = "00000000-1111-2222-3333-444444444444"
SET = r"[A-Za-z_]+=\S*"
COMMAND = re.compile(rf"(?:{SET} )*(?:(?:\.venv/bin/)?cohost|make|export|sqlite3|curl|chmod)\b(?! …)")
SETTING = re.compile(rf"({SET})(?:\s+#.*)?")
INLINE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Piece:
    """Lines of code that stand together: commands, or settings."""

    line: int
    text: str
    settings: bool

    def __str__(self) -> str:
        return f"line {self.line}: {self.text.splitlines()[0][:60]}"


def blocks(page: Path) -> Iterator[Piece]:
    """What is set apart as code, in the order in which it is read."""
    lines, at = page.read_text().splitlines(), 0
    while at < len(lines):
        begin = at
        while at < len(lines) and lines[at].startswith("    "):
            at += 1
        code = [line.strip() for line in lines[begin:at]]
        if code and all(SETTING.fullmatch(line) for line in code):
            yield Piece(begin + 1, "\n".join(code), settings=True)
        elif code and COMMAND.match(code[0]) and not lines[begin - 1].strip():
            yield Piece(begin + 1, "\n".join(code), settings=False)
        at = max(at, begin + 1)


def inline(page: Path) -> list[str]:
    """Commands in the middle of a sentence; where the sentence breaks, so may they."""
    found = (" ".join(one.split()) for one in INLINE.findall(page.read_text()))
    return sorted({one for one in found if COMMAND.match(one) and "cohost " in one})


def filled(text: str) -> str:
    """What a reader puts in place of the dots."""
    text = re.sub(r"^(MicrosoftApp(?:Tenant)?Id)=…", rf"\1={GUID}", text, flags=re.MULTILINE)
    text = re.sub(r"(\d{8})-…", rf"\1{GUID[8:]}", text)
    return text.replace("…", "0123456789abcdef").replace("GUID", GUID)


class Reader:
    """Somebody with Cohost in a folder of their own, who does what the page says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shim = folder / ".venv" / "bin" / "cohost"
        shim.parent.mkdir(parents=True)
        shim.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m bot "$@"\n')
        shim.chmod(0o755)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        ours = re.compile("COHOST_|SLACK_|TEAMS_|MicrosoftApp")
        # Nobody is at home at these addresses, so that nothing of a test leaves this machine.
        self.environment = {name: value for name, value in os.environ.items() if not ours.match(name)} | {
            "PATH": f"{shim.parent}:{os.environ['PATH']}",
            "COHOST_PORT": str(port),
            "SLACK_API_URL": "http://127.0.0.1:9/api/",
            "TEAMS_OPENID_METADATA_URL": "http://127.0.0.1:9/keys",
            "TEAMS_LOGIN_URL": "http://127.0.0.1:9/login",
        }
        (folder / "people.csv").write_text("name,role,email,manager\nJo Smith,,jo@example.org,Dana Roth\n")

    def types(self, text: str) -> tuple[int, str]:
        """Commands, one after the other. A server is told to stop as soon as it says that it is ready."""
        shell = subprocess.Popen(
            ["bash", "-euc", text],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        said = []
        assert shell.stdout
        with shell:
            for line in shell.stdout:
                said.append(line)
                if line.startswith("Teams: "):  # the last of what `cohost serve` says
                    os.killpg(shell.pid, signal.SIGTERM)
        return shell.returncode, "".join(said)


def went_well(text: str, code: int, said: str) -> None:
    """It ended well; what serves was ready, and ended because it was told to."""
    served = "cohost serve" in text
    assert code in ({0, -signal.SIGTERM} if served else {0}), (text, said)
    assert ("Cohost is ready at" in said) is served, (text, said)
    assert "do not exist and are ignored" not in said, (text, said)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_whoever_follows_a_page_step_by_step_arrives(
    page: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(reader.folder)
    for name in {*os.environ} - {*reader.environment}:
        monkeypatch.delenv(name)
    env = reader.folder / ".env"
    for piece in blocks(page):
        text, first = filled(piece.text), piece.text.split()[0]
        if piece.settings:
            before = env.read_text() if env.exists() else ""
            whole = "COHOST_SECRET=" in text
            env.write_text(text if whole else f"{before}\n{text}")
            assert len(load().secret.get_secret_value()) >= 16, piece  # or it says what is wrong
            assert ignored(given()) is None, piece
            env.write_text(text if whole else before)
        elif first == "sqlite3" and not shutil.which("sqlite3"):
            continue
        elif first not in ELSEWHERE:
            went_well(text, *reader.types(text))


@pytest.mark.parametrize("line", sorted({one for page in PAGES for one in inline(page)}))
def test_a_command_in_a_sentence_can_be_typed_as_it_stands(line: str, reader: Reader) -> None:
    reader.environment |= {"COHOST_SECRET": "0123456789abcdef"}

    went_well(line, *reader.types(filled(line)))


def test_what_the_pages_print_was_found() -> None:
    printed = [piece.text for page in PAGES for piece in blocks(page)]
    typed = [line for text in printed for line in text.splitlines()]

    for command in (
        "make demo",
        ".venv/bin/cohost serve",
        "cohost serve",
        "cohost manifest slack --socket --out .",
        "cohost manifest slack --url https://cohost.example.org --many --socket --out .",
        "TEAMS_AUTH_DISABLED=true COHOST_SECRET=… .venv/bin/cohost serve",
        'sqlite3 cohost.db ".backup copy.db"',
    ):
        assert command in typed
    assert any(line.startswith("cohost manifest teams --url") and line.endswith("--out .") for line in typed)
    assert any(text.startswith("TEAMS_TENANTS=") for text in printed)
    assert any("--slash" in line for page in PAGES for line in inline(page))


def headings(page: Path) -> set[str]:
    """The headings of a page, as links name them."""
    found = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in found}


@pytest.mark.parametrize("page", EVERY, ids=[page.stem for page in EVERY])
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        file, _, heading = target.partition("#")
        there = page.parent / file if file else page
        assert there.is_file(), target
        assert not heading or heading in headings(there), target
