"""Every error of the settings as it is printed, provoked once each: what is wrong, where, and what to do."""

from pathlib import Path

import pytest

from bot.__main__ import main
from bot.starting import known

SECRET = "0123456789abcdef"
APP, OURS = (f"{n}1111111-2222-3333-4444-55555555555{n}" for n in "ab")
URL = "https://cohost.example.org"
REGISTERED = {"MicrosoftAppId": APP, "MicrosoftAppPassword": "p", "MicrosoftAppTenantId": OURS}


@pytest.fixture(autouse=True)
def nothing_set(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in known():
        monkeypatch.delenv(name, raising=False)


PASTED = "still holds the “…” of the instructions; put the value itself there"
ONE = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s"}
MANY = {"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "s", "SLACK_SIGNING_SECRET": "s", "COHOST_BASE_URL": URL}
EVERY_ERROR: list[tuple[dict[str, str], str]] = [
    ({"COHOST_SECRET": "short"}, "COHOST_SECRET: must be set, to 16 characters or more that nobody can guess"),
    ({"COHOST_SECRET": "…"}, f"COHOST_SECRET: {PASTED}"),
    ({"COHOST_SECRET": "… # as in the README; keep it"}, f"COHOST_SECRET: {PASTED}"),
    (ONE | {"SLACK_BOT_TOKEN": "xoxb-…"}, f"SLACK_BOT_TOKEN: {PASTED}"),
    (ONE | {"SLACK_SIGNING_SECRET": "…"}, f"SLACK_SIGNING_SECRET: {PASTED}"),
    (ONE | {"SLACK_APP_TOKEN": "xapp-…"}, f"SLACK_APP_TOKEN: {PASTED}"),
    (MANY | {"SLACK_CLIENT_ID": "…"}, f"SLACK_CLIENT_ID: {PASTED}"),
    (MANY | {"SLACK_CLIENT_SECRET": "…"}, f"SLACK_CLIENT_SECRET: {PASTED}"),
    (REGISTERED | {"MicrosoftAppPassword": "…"}, f"MicrosoftAppPassword: {PASTED}"),
    (REGISTERED | {"MicrosoftAppId": "…"}, f"MicrosoftAppId: {PASTED}"),
    (REGISTERED | {"MicrosoftAppTenantId": "…"}, f"MicrosoftAppTenantId: {PASTED}"),
    ({"COHOST_PORT": "many"}, "COHOST_PORT: must be a number from 0 to 65535, as in 3978"),
    ({"COHOST_PORT": "65536"}, "COHOST_PORT: must be a number from 0 to 65535, as in 3978"),
    ({"COHOST_STOP_DELAY": "61"}, "COHOST_STOP_DELAY: must be a number of seconds from 0 to 60, as in 2"),
    ({"COHOST_STOP_DELAY": "nan"}, "COHOST_STOP_DELAY: must be a number of seconds from 0 to 60, as in 2"),
    ({"COHOST_STOP_DELAY": "long"}, "COHOST_STOP_DELAY: must be a number of seconds from 0 to 60, as in 2"),
    (
        {"COHOST_DATABASE_URL": "postgresql://x"},
        (
            "COHOST_DATABASE_URL: must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE, where #, / and @ in a "
            "password are written as %23, %2F and %40"
        ),
    ),
    ({"COHOST_DATABASE_URL": "mysql://x"}, "COHOST_DATABASE_URL: must begin with sqlite:/// or postgresql://"),
    (
        {"COHOST_REDIS_URL": "http://x"},
        "COHOST_REDIS_URL: must begin with redis:// or rediss:// (or be empty, for one process)",
    ),
    (
        {"COHOST_DATABASE_URL": "sqlite:///:memory:"},
        ("COHOST_DATABASE_URL: must name a file, as in sqlite:///cohost.db: what is only in memory would be lost"),
    ),
    (
        {"COHOST_LOG_LEVEL": "loud"},
        "COHOST_LOG_LEVEL: must be warning, which it is if this is not set, or info",
    ),
    (
        {"COHOST_METRICS_TOKEN": "short"},
        "COHOST_METRICS_TOKEN: must be 16 letters and digits or more that nobody can guess (or empty: no /metrics)",
    ),
    (
        {"COHOST_BASE_URL": "x"},
        "COHOST_BASE_URL: must be an address that begins with https://, as in https://cohost.example.org",
    ),
    (
        {"COHOST_BASE_URL": "https://x.org/?a"},
        "COHOST_BASE_URL: must end with its host or folder, without “?” and “#”: paths are added to it",
    ),
    (
        {"COHOST_PRIVACY_URL": "x"},
        "COHOST_PRIVACY_URL: must be an address that begins with https://, as in https://cohost.example.org",
    ),
    (
        {"COHOST_TERMS_URL": "x"},
        "COHOST_TERMS_URL: must be an address that begins with https://, as in https://cohost.example.org",
    ),
    (
        {"SLACK_BOT_TOKEN": "xoxb-1"},
        (
            "SLACK_SIGNING_SECRET: must be set, from “Basic Information” of the app at Slack; without it "
            "nobody knows who is calling (or set SLACK_APP_TOKEN, for Socket Mode)"
        ),
    ),
    (
        {"SLACK_SIGNING_SECRET": "s"},
        "SLACK_BOT_TOKEN: must be set beside SLACK_SIGNING_SECRET (or SLACK_CLIENT_ID, for many workspaces)",
    ),
    (
        {"SLACK_APP_TOKEN": "xapp-1"},
        "SLACK_BOT_TOKEN: must be set beside SLACK_APP_TOKEN (or SLACK_CLIENT_ID, for many workspaces)",
    ),
    (
        ONE | {"SLACK_BOT_TOKEN": "xoxp-1"},
        "SLACK_BOT_TOKEN: must begin with xoxb-, as the “Bot User OAuth Token” of the app does",
    ),
    (
        ONE | {"SLACK_BOT_TOKEN": "xoxe.xoxb-1"},
        (
            "SLACK_BOT_TOKEN: this one expires within 12 hours; use an app without token rotation, or "
            "SLACK_CLIENT_ID and SLACK_CLIENT_SECRET, with which tokens are renewed"
        ),
    ),
    (
        ONE | {"SLACK_APP_TOKEN": "xoxb-1"},
        "SLACK_APP_TOKEN: must begin with xapp-, as an app-level token with connections:write does",
    ),
    (
        MANY | {"SLACK_CLIENT_SECRET": ""},
        "SLACK_CLIENT_SECRET: must be set beside SLACK_CLIENT_ID, from “Basic Information” of the app",
    ),
    (
        ONE | {"SLACK_CLIENT_SECRET": "s"},
        "SLACK_CLIENT_ID: must be set beside SLACK_CLIENT_SECRET, from “Basic Information” of the app",
    ),
    (
        MANY | {"SLACK_BOT_TOKEN": "xoxb-1"},
        "SLACK_BOT_TOKEN: set this for one workspace, or SLACK_CLIENT_ID for many, and take the other away",
    ),
    (
        MANY | {"COHOST_BASE_URL": ""},
        (
            "COHOST_BASE_URL: must be a public address that begins with https:// while SLACK_CLIENT_ID is "
            "set; Slack sends people back to it after they installed the app"
        ),
    ),
    (
        ONE | {"SLACK_API_URL": "http://slack.example"},
        "SLACK_API_URL: must begin with https://, because tokens travel to it (http only on loopback)",
    ),
    (
        REGISTERED | {"MicrosoftAppPassword": ""},
        "MicrosoftAppPassword: must be set beside MicrosoftAppId, to a client secret of the app in Entra",
    ),
    (
        {"MicrosoftAppPassword": "p"},
        "MicrosoftAppId: must be set beside MicrosoftAppPassword, to the app's “Application (client) ID”",
    ),
    (
        REGISTERED | {"MicrosoftAppId": "x"},
        "MicrosoftAppId: must be the app's “Application (client) ID”, 36 characters with four hyphens",
    ),
    (
        REGISTERED | {"MicrosoftAppType": "x"},
        "MicrosoftAppType: must be SingleTenant, which it is if this is not set, or MultiTenant",
    ),
    (
        REGISTERED | {"MicrosoftAppType": "UserAssignedMSI"},
        (
            "MicrosoftAppType: UserAssignedMSI works only on machines in Azure and is not supported; make a "
            "client secret for the app in Entra and set SingleTenant"
        ),
    ),
    (
        REGISTERED | {"MicrosoftAppTenantId": ""},
        "MicrosoftAppTenantId: must be set beside MicrosoftAppId, to the app's “Directory (tenant) ID”",
    ),
    (
        REGISTERED | {"MicrosoftAppTenantId": "x"},
        "MicrosoftAppTenantId: must be the “Directory (tenant) ID”, 36 characters with four hyphens",
    ),
    (
        REGISTERED | {"TEAMS_TENANTS": "x"},
        ("TEAMS_TENANTS: must be ids of organisations, 36 characters each, with commas between them (or * alone)"),
    ),
    (
        REGISTERED | {"MicrosoftAppType": "MultiTenant"},
        (
            "TEAMS_TENANTS: must be set beside MicrosoftAppType=MultiTenant, to the ids of the "
            "organisations that may come in, your own too (or to *, if really every organisation may)"
        ),
    ),
    (
        REGISTERED | {"TEAMS_LOGIN_URL": "x"},
        "TEAMS_LOGIN_URL: must begin with https://, and end with its path (http only on loopback)",
    ),
    (
        REGISTERED | {"TEAMS_OPENID_METADATA_URL": "x"},
        "TEAMS_OPENID_METADATA_URL: must begin with https://, and end with its path (http only on loopback)",
    ),
    ({"TEAMS_AUTH_DISABLED": "x"}, "TEAMS_AUTH_DISABLED: must be true or false"),
    (
        {"TEAMS_AUTH_DISABLED": "true", "COHOST_HOST": "0.0.0.0"},  # noqa: S104 - nothing listens there
        (
            "TEAMS_AUTH_DISABLED: lets in whoever calls, so only while Cohost listens on this machine "
            "alone; take it away, or set COHOST_HOST to 127.0.0.1"
        ),
    ),
]


@pytest.mark.parametrize(("values", "line"), EVERY_ERROR)
def test_every_error_of_the_settings_says_what_where_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], values: dict[str, str], line: str
) -> None:
    for name, value in ({"COHOST_SECRET": SECRET} | values).items():
        monkeypatch.setenv(name, value)

    assert main(["serve"]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", f"{line}\n")


def test_every_setting_that_can_be_wrong_is_in_that_table() -> None:
    anything_goes = {"COHOST_HOST"}  # until it listens: see above

    assert {line.partition(":")[0] for _, line in EVERY_ERROR} == {*known()} - anything_goes
