"""The page for administrators of Slack: what it names exists, and what exists is named.

Its commands and links are followed in tests/bot/test_documents.py.
"""

import re
from pathlib import Path

import yaml

from bot.settings import Settings, Slack

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "docs" / "administrators" / "slack.md").read_text()


def table(first: str) -> dict[str, list[str]]:
    """The rows of the table whose first column has this name."""
    lines = TEXT.partition(f"\n| {first} |")[2].split("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    names = [row[0].strip("`") for row in rows]
    assert len(set(names)) == len(names), "each is explained once"
    return {name: row[1:] for name, row in zip(names, rows, strict=True)}


def test_every_scope_is_explained_and_none_that_is_not_asked_for() -> None:
    manifest = yaml.safe_load((ROOT / "manifest" / "slack.yaml").read_text())

    explained = table("permission")

    assert list(explained) == manifest["oauth_config"]["scopes"]["bot"]
    assert all(len(row) == 2 and all(row) for row in explained.values())


def test_every_event_is_explained_and_none_that_is_not_subscribed_to() -> None:
    manifest = yaml.safe_load((ROOT / "manifest" / "slack.yaml").read_text())

    explained = table("event")

    assert sorted(explained) == manifest["settings"]["event_subscriptions"]["bot_events"]
    assert all(len(row) == 2 and all(row) for row in explained.values())


def test_every_setting_that_is_named_exists_and_every_one_of_slacks_is_named() -> None:
    ours = {f"COHOST_{name}".upper() for name in Settings.model_fields if name != "slack"}
    slacks = {f"SLACK_{name}".upper() for name in Slack.model_fields}
    named = set(re.findall(r"\b(?:COHOST|SLACK)_[A-Z_]+\b", TEXT))

    assert named <= ours | slacks
    assert named >= slacks
