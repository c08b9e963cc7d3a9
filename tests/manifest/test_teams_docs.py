"""The page for administrators of Teams: what it names exists, and what exists is named.

Its commands and links are followed in tests/bot/test_documents.py.
"""

import json
import re
from pathlib import Path

from bot.settings import Settings
from bot.settings_teams import Teams

ROOT = Path(__file__).parent.parent.parent
LEAVING = ROOT / "docs" / "developers" / "leaving-botbuilder.md"
TEXT = (ROOT / "docs" / "administrators" / "teams.md").read_text()
MANIFEST = json.loads((ROOT / "manifest" / "teams" / "manifest.json").read_text())
PERMISSION = re.compile(r"`([A-Za-z]+\.[A-Za-z]+\.(?:Group|Chat|User|All))`")
SETTING = re.compile(r"\b(?:COHOST|SLACK|TEAMS)_[A-Z_]+\b|\bMicrosoftApp[A-Za-z]+\b")


def table(first: str) -> dict[str, list[str]]:
    """The rows of the table whose first column has this name."""
    lines = TEXT.partition(f"\n| {first} |")[2].split("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    names = [row[0].strip("`") for row in rows]
    assert len(set(names)) == len(names), "each is explained once"
    return {name: row[1:] for name, row in zip(names, rows, strict=True)}


def test_every_permission_is_explained_and_none_that_is_not_asked_for() -> None:
    asked = [one["name"] for one in MANIFEST["authorization"]["permissions"]["resourceSpecific"]]
    explained = table("permission")

    assert list(explained) == asked
    assert all(len(row) == 2 and all(row) for row in explained.values())
    assert set(PERMISSION.findall(TEXT)) == set(asked)


def test_everything_for_which_the_app_is_offered_is_explained() -> None:
    explained = table("offered for")

    assert list(explained) == MANIFEST["bots"][0]["scopes"]
    assert all(len(row) == 2 and all(row) for row in explained.values())


def test_every_setting_that_is_named_exists_and_every_one_of_teams_is_named() -> None:
    ours = {f"COHOST_{name}".upper() for name in Settings.model_fields if name not in {"slack", "teams"}}
    of_teams = {str(field.validation_alias) for field in Teams.model_fields.values()}
    named = set(SETTING.findall(TEXT))

    assert named <= ours | of_teams
    assert named >= of_teams
    assert set(re.findall(SETTING, " ".join(table("name")))) == of_teams


def test_the_addresses_are_those_that_the_manifest_and_the_settings_expect() -> None:
    assert "https://cohost.example.org/api/messages" in TEXT
    assert "https://login.botframework.azure.us/v1/.well-known/openidconfiguration" in TEXT


def test_it_says_that_a_message_may_come_twice() -> None:
    assert "**A message may come twice.**" in TEXT


def test_the_page_about_leaving_names_files_that_are_there() -> None:
    text = LEAVING.read_text()
    named = set(re.findall(r"`((?:adapters/teams/)?[a-z]+\.py)`", text))

    for name in named:
        file = ROOT / "adapters" / "teams" / Path(name).name
        assert file.is_file(), name
    assert "Microsoft's libraries stay in one file" in (ROOT / "pyproject.toml").read_text()
