"""What `cohost serve` says when it starts, and why it does not: one sentence each, and never a traceback."""

import errno
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.settings import load
from bot.starting import cannot_listen, given, ignored, known, platforms, ready

ROOT = Path(__file__).parent.parent.parent
SECRET = "0123456789abcdef"
APP, OURS, THEIRS = (f"{n}1111111-2222-3333-4444-55555555555{n}" for n in "abc")
URL = "https://cohost.example.org"
REGISTERED = {"MicrosoftAppId": APP, "MicrosoftAppPassword": "hidden", "MicrosoftAppTenantId": OURS}
LINKS_HERE = "Web room: on, at http://127.0.0.1:3978 (COHOST_BASE_URL is not set; links open on this machine only)"
NO_SLACK = "Slack: off (neither SLACK_BOT_TOKEN nor SLACK_CLIENT_ID is set)"
NO_TEAMS = "Teams: off (MicrosoftAppId is not set)"
HIDDEN = ", which is no public address with TLS: set COHOST_BASE_URL"


@pytest.fixture(autouse=True)
def nothing_set(alone: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in known():
        monkeypatch.delenv(name, raising=False)
    return alone


# -- settings that nobody reads ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (["COHOST_PORT", "SLACK_BOT_TOKEN", "MicrosoftAppId", "TEAMS_TENANTS", "PATH"], None),
        (["cohost_port", "Slack_Bot_Token", "MICROSOFTAPPID"], None),  # names are read in any case
        (["COHOST_PRT"], "COHOST_PRT (did you mean COHOST_PORT?)"),
        (["COHOST_SLACK"], "COHOST_SLACK"),
        (["COHOST_SLACK_BOT_TOKEN"], "COHOST_SLACK_BOT_TOKEN (did you mean SLACK_BOT_TOKEN?)"),
        (
            ["TEAMS_TENANT", "SLACK_BOT_TOKN", "MicrosoftAppTenantID", "MicrosoftAppTenant", "COHOST_XYZ"],
            (
                "COHOST_XYZ, MicrosoftAppTenant (did you mean MicrosoftAppTenantId?), SLACK_BOT_TOKN (did you mean "
                "SLACK_BOT_TOKEN?), TEAMS_TENANT (did you mean TEAMS_TENANTS?)"
            ),
        ),
    ],
)
def test_settings_that_do_not_exist_are_named_in_one_line(names: list[str], line: str | None) -> None:
    assert ignored(names) == (line and f"These settings do not exist and are ignored: {line}.")


def test_they_are_looked_for_in_the_environment_and_in_the_file(
    alone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLACK_TOKEN", "secret of one")
    (alone / ".env").write_text(f"COHOST_SECRET={SECRET}\nCOHOST_DATABSE_URL=secret of another\nOTHER=1\n")

    assert main(["session", "list"]) == 0
    told = capsys.readouterr()
    assert told.out == "There are no sessions yet.\n"
    assert re.fullmatch(
        r"These settings do not exist and are ignored: COHOST_DATABSE_URL \(did you mean COHOST_DATABASE_URL\?\), "
        r"SLACK_TOKEN \(did you mean SLACK_\w+_TOKEN\?\)\.\n",
        told.err,
    )
    assert "secret of" not in told.err


def test_every_setting_of_the_readme_exists_and_every_one_that_exists_is_there() -> None:
    table = (ROOT / "README.md").read_text().partition("\n| name | default | meaning |")[2].partition("\n\n")[0]
    named = [name for row in table.splitlines()[1:] for name in re.findall(r"`([A-Za-z_]+)`", row.split("|")[1])]

    assert sorted(named) == sorted(known())


def test_a_name_that_is_known_is_not_ignored() -> None:
    assert ignored(known()) is None
    assert set(given()) >= {"PATH"}


# -- what is on, and where ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        ({}, [LINKS_HERE, NO_SLACK, NO_TEAMS]),
        (
            {"COHOST_BASE_URL": URL, "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s"} | REGISTERED,
            [
                f"Web room: on, at {URL}",
                f"Slack: on, for one workspace; Slack must reach {URL}/slack/events",
                f"Teams: on, for the organisation {OURS}; Microsoft must reach {URL}/api/messages",
            ],
        ),
        (
            {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s"} | REGISTERED | {"TEAMS_TENANTS": THEIRS},
            [
                LINKS_HERE,
                f"Slack: on, for one workspace; Slack must reach http://127.0.0.1:3978/slack/events{HIDDEN}",
                f"Teams: on, for 2 organisations; Microsoft must reach http://127.0.0.1:3978/api/messages{HIDDEN}",
            ],
        ),
        (
            {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "TEAMS_AUTH_DISABLED": "true"},
            [
                LINKS_HERE,
                "Slack: on, for one workspace, by Socket Mode",
                (
                    "Teams: on, for an emulator on this machine at http://127.0.0.1:3978/api/messages: nobody "
                    "proves who they are"
                ),
            ],
        ),
        (
            {
                "COHOST_BASE_URL": f"{URL}/",
                "SLACK_CLIENT_ID": "1.2",
                "SLACK_CLIENT_SECRET": "s",
                "SLACK_SIGNING_SECRET": "s",
                "TEAMS_TENANTS": "*",
            }
            | REGISTERED,
            [
                f"Web room: on, at {URL}",
                (
                    f"Slack: on, for workspaces that install it at {URL}/slack/install; "
                    f"Slack must reach {URL}/slack/events"
                ),
                f"Teams: on, for every organisation; Microsoft must reach {URL}/api/messages",
            ],
        ),
    ],
)
def test_the_start_says_which_platforms_are_on_and_where(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], lines: list[str]
) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)

    assert platforms(load(secret=SECRET)) == lines


# -- what keeps it from starting ---------------------------------------------------------------------------------------


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.parametrize("how", ["setting", "option"])
def test_a_port_that_is_taken_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], taken: int, how: str
) -> None:
    monkeypatch.setenv("COHOST_SECRET", SECRET)
    monkeypatch.setenv("COHOST_PORT", str(taken) if how == "setting" else "1")

    assert main(["serve", *(["--port", str(taken)] if how == "option" else [])]) == 2
    told = capsys.readouterr()
    why = f"another program listens on 127.0.0.1:{taken} already; stop it, or set another number"
    assert (told.out, told.err) == ("", f"COHOST_PORT: {why}\n")


@pytest.mark.parametrize("host", ["192.0.2.1", "cohost.invalid"])  # of no machine, and of no name server
def test_a_host_that_is_not_ours_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], host: str
) -> None:
    monkeypatch.setenv("COHOST_SECRET", SECRET)

    assert main(["serve", "--host", host]) == 2
    why = f"{host}:3978 is no address of this machine; set 127.0.0.1, or 0.0.0.0 for all that it has"
    assert capsys.readouterr().err == f"COHOST_HOST: {why}\n"


def test_a_port_that_is_not_for_everybody_is_one_sentence() -> None:
    settings = load(secret=SECRET, host="::1", port=80)

    why = cannot_listen(settings, PermissionError(errno.EACCES, "Permission denied"))
    assert str(why) == "COHOST_PORT: this user may not listen on [::1]:80; set a number from 1024 on"


def test_it_says_where_it_is_reached_and_where_it_listens_if_that_is_elsewhere() -> None:
    assert ready(load(secret=SECRET)) == "Cohost is ready at http://127.0.0.1:3978"
    behind = load(secret=SECRET, base_url=URL, host="::1", port="8080")
    assert ready(behind) == f"Cohost is ready at {URL}, and listens on http://[::1]:8080"
