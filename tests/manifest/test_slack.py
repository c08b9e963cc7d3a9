"""The manifest of the Slack app: valid, filled in, and asking for exactly what is used."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from adapters.slack.install import SCOPES
from bot.__main__ import main
from bot.manifests import slack

ROOT = Path(__file__).parent.parent.parent
SCHEMA = ROOT.parent / "shared" / "schemas" / "slack-manifest" / "manifest.schema.2.0.0.json"
ADAPTER = ROOT / "adapters" / "slack"
URL = "https://cohost.example.org/folder"

READ = {"channels:read", "groups:read", "mpim:read"}  # im:read: a direct message has one member, who is known
HISTORY = {"channels:history", "groups:history", "im:history", "mpim:history"}
METHODS: dict[str, set[str]] = {
    "auth.test": set(),
    "chat.delete": {"chat:write"},
    "chat.postEphemeral": {"chat:write"},
    "chat.postMessage": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.history": HISTORY,
    "conversations.info": READ,
    "conversations.members": READ,
    "conversations.open": {"im:write"},  # a person's direct message; of several people, or a channel, none is opened
    "oauth.v2.access": set(),
    "users.info": {"users:read", "users:read.email"},  # the address is in the answer
    "views.open": set(),
    "views.publish": set(),
    "views.push": set(),
    "views.update": set(),
}
EVENTS: dict[str, set[str]] = {
    "app_home_opened": set(),
    "app_uninstalled": set(),
    "channel_archive": {"channels:read"},
    "channel_deleted": {"channels:read"},
    "channel_id_changed": {"groups:read"},
    "channel_left": {"channels:read"},
    "channel_rename": {"channels:read"},
    "channel_unarchive": {"channels:read"},
    "group_archive": {"groups:read"},
    "group_deleted": {"groups:read"},
    "group_left": {"groups:read"},
    "group_rename": {"groups:read"},
    "group_unarchive": {"groups:read"},
    "member_joined_channel": {"channels:read", "groups:read"},
    "member_left_channel": {"channels:read", "groups:read"},
    "message.channels": {"channels:history"},
    "message.groups": {"groups:history"},
    "message.im": {"im:history"},
    "message.mpim": {"mpim:history"},
    "reaction_added": {"reactions:read"},
    "tokens_revoked": set(),
    "user_change": {"users:read"},
}
FAMILIES = "admin|apps|auth|bookmarks|bots|calls|chat|conversations|dialog|dnd|emoji|files|oauth|pins|reactions"
FAMILIES += "|reminders|search|stars|team|usergroups|users|views"
CALLED = re.compile(rf"""["']((?:{FAMILIES})\.[a-zA-Z][a-zA-Z0-9.]*)["']""")
NAMED = re.compile(rf"client\.((?:{FAMILIES})_[a-zA-Z0-9_]+)\(")

WAYS = [(socket, many) for socket in (False, True) for many in (False, True)]


def manifest(*, socket: bool = False, many: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(slack(URL, socket=socket, many=many))
    return found


def kept() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "manifest" / "slack.yaml").read_text())
    return found


def called() -> set[str]:
    """The Web API methods that stand in the adapter's code."""
    code = "\n".join(file.read_text() for file in sorted(ADAPTER.glob("*.py")))
    known = {name.replace(".", "_").lower(): name for name in METHODS}
    by_name = {known.get(name.lower(), name) for name in NAMED.findall(code)}
    return set(CALLED.findall(code)) | by_name


@pytest.mark.skipif(not SCHEMA.exists(), reason="Slack's schema lies outside of this repository")
@pytest.mark.parametrize(("socket", "many"), WAYS)
def test_it_is_what_slacks_schema_asks_for(socket: bool, many: bool) -> None:
    validator = Draft7Validator(json.loads(SCHEMA.read_text()))

    assert [error.message for error in validator.iter_errors(kept())] == []
    assert [error.message for error in validator.iter_errors(manifest(socket=socket, many=many))] == []


def test_scopes_are_exactly_those_of_what_is_called_and_listened_to() -> None:
    unknown = called() - METHODS.keys()
    assert not unknown, f"say in METHODS, above, which scopes these need: {sorted(unknown)}"

    used = set().union(
        *(METHODS[one] for one in called()),
        *(EVENTS[one] for one in kept()["settings"]["event_subscriptions"]["bot_events"]),
        {"commands"} if kept()["features"]["slash_commands"] else set(),
    )

    assert set(kept()["oauth_config"]["scopes"]["bot"]) == used


def test_it_does_not_deny_that_answers_are_stored() -> None:
    shown = yaml.safe_load(slack(URL, socket=False, many=False))["display_information"]
    says = " ".join(shown["long_description"].split())
    page = " ".join((ADAPTER / "pages" / "install.html").read_text().split())

    stored = "what people write to each other it stores only that they wrote and when; what they choose and fill in"
    assert stored in says
    assert stored in page


def test_nobodys_own_token_is_asked_for() -> None:
    assert kept()["oauth_config"]["scopes"].keys() == {"bot"}
    assert "user_events" not in kept()["settings"]["event_subscriptions"]


def test_each_event_that_is_subscribed_to_is_read() -> None:
    code = "\n".join(file.read_text() for file in sorted(ADAPTER.glob("*.py")))
    events = kept()["settings"]["event_subscriptions"]["bot_events"]

    assert sorted(events) == events
    assert {one for one in events if f'"{one.partition(".")[0]}"' not in code} == set()
    assert set(events) == EVENTS.keys()


def test_the_page_that_asks_names_the_same_scopes() -> None:
    assert list(SCOPES) == kept()["oauth_config"]["scopes"]["bot"]


def test_one_workspace_by_http_has_its_addresses_and_a_token_that_stays() -> None:
    made = manifest()

    assert made["features"]["slash_commands"][0]["url"] == f"{URL}/slack/events"
    assert made["settings"]["event_subscriptions"]["request_url"] == f"{URL}/slack/events"
    assert made["settings"]["interactivity"] == {"is_enabled": True, "request_url": f"{URL}/slack/events"}
    assert "redirect_urls" not in made["oauth_config"]
    assert [made["settings"][one] for one in ("socket_mode_enabled", "token_rotation_enabled")] == [False, False]


def test_many_workspaces_come_back_to_us_and_have_tokens_that_expire() -> None:
    made = manifest(many=True)

    assert made["oauth_config"]["redirect_urls"] == [f"{URL}/slack/oauth_redirect"]
    assert made["settings"]["token_rotation_enabled"]
    assert made["settings"]["org_deploy_enabled"]


def test_socket_mode_needs_no_address(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest", "slack", "--socket"]) == 0

    text = capsys.readouterr().out
    assert "http" not in text
    assert yaml.safe_load(text)["settings"]["socket_mode_enabled"]


def test_the_placeholder_is_nowhere_left() -> None:
    for socket, many in WAYS:
        assert "example.com" not in slack(URL, socket=socket, many=many)


def test_it_is_printed_or_written_into_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest", "slack", "--url", f"{URL}/"]) == 0
    printed = capsys.readouterr().out
    assert main(["manifest", "slack", "--url", URL, "--out", str(tmp_path / "new")]) == 0

    assert (tmp_path / "new" / "slack.yaml").read_text() == printed
    assert yaml.safe_load(printed) == manifest()


def test_four_ways_are_four_files_and_another_one_is_replaced_only_if_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["manifest", "slack", "--url", URL, "--out", str(tmp_path)]
    for more in ([], ["--many"], ["--socket"], ["--many", "--socket"]):
        assert main([*command, *more]) == 0
        assert main([*command, *more]) == 0  # the same again harms nobody
    names = {"slack.yaml", "slack-many.yaml", "slack-socket.yaml", "slack-many-socket.yaml"}
    assert {one.name for one in tmp_path.iterdir()} == names

    capsys.readouterr()
    other = ["manifest", "slack", "--url", "https://other.example.org", "--out", str(tmp_path)]
    assert main(other) == 2
    assert capsys.readouterr().err == (
        f"{tmp_path}/slack.yaml: is there already and says otherwise; add --force to replace it, or choose another "
        "folder with --out\n"
    )
    assert yaml.safe_load((tmp_path / "slack.yaml").read_text()) == manifest()
    assert main([*other, "--force"]) == 0
    assert "other.example.org" in (tmp_path / "slack.yaml").read_text()


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ([], "--url is needed: the public address of Cohost"),
        (["--socket", "--many"], "--url is needed: the public address of Cohost"),
        (["--url", "http://cohost.example.org"], "--url http://cohost.example.org: must be https://"),
        (["--url", "cohost.example.org"], "--url cohost.example.org: must be https://"),
        (["--url", "https://x.example?y"], "--url https://x.example?y: must be https://"),
        (["--url", "https://me@x.example"], "--url https://me@x.example: must be https://"),
        (["--url", "https://x.example:port"], "--url https://x.example:port: this is not an address"),
        (["--url", "https://[x"], "--url https://[x: this is not an address"),
        (["--url", URL, "--out", __file__], f"{__file__}/slack.yaml: cannot be written"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], given: list[str], line: str
) -> None:
    assert main(["manifest", "slack", *given]) == 2

    printed = capsys.readouterr()
    assert printed.err.startswith(line)
    assert len(printed.err.splitlines()) == 1
    assert printed.out == ""


def test_on_this_machine_it_may_be_plain_http() -> None:
    assert "http://localhost:3978/slack/events" in slack("http://localhost:3978", socket=False, many=False)


def test_an_installed_package_says_where_the_manifest_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bot.manifests.FOLDER", tmp_path)

    assert main(["manifest", "slack", "--url", URL]) == 2
    assert "comes with Cohost's source and not with the installed package" in capsys.readouterr().err
