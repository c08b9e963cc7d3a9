"""The settings of Teams: Microsoft's own names, and what goes with what."""

from pathlib import Path

import pytest

from bot.settings import TEAMS_OFF, WrongError, load
from bot.settings_teams import Teams

SECRET = "0123456789abcdef"
APP, OURS, THEIRS = (f"{n}1111111-2222-3333-4444-55555555555{n}" for n in "abc")
REGISTERED = {"MicrosoftAppId": APP, "MicrosoftAppPassword": "hidden", "MicrosoftAppTenantId": OURS}
TEAMS = (*REGISTERED, "MicrosoftAppType", "TEAMS_OPENID_METADATA_URL", "TEAMS_LOGIN_URL", "TEAMS_AUTH_DISABLED")
TEAMS += ("TEAMS_TENANTS",)


@pytest.fixture(autouse=True)
def no_teams(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in TEAMS:
        monkeypatch.delenv(name, raising=False)


def of_teams(monkeypatch: pytest.MonkeyPatch, values: dict[str, str], host: str | None = None) -> Teams:
    """The settings with these for Teams."""
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return load(secret=SECRET, host=host).teams


def test_teams_is_off_without_settings(alone: Path) -> None:
    teams = load(secret=SECRET).teams

    assert (teams.on, teams.many, teams.tenants, teams.auth_disabled) == (False, False, frozenset(), False)
    assert teams.openid_metadata_url == "https://login.botframework.com/v1/.well-known/openidconfiguration"
    assert teams.login_url == "https://login.microsoftonline.com"
    assert teams.issuer == "https://api.botframework.com"


EVERYBODY = {"TEAMS_TENANTS": " * "}
MULTI, LIST = {"MicrosoftAppType": "MultiTenant"}, {"TEAMS_TENANTS": f" {THEIRS.upper()}, {OURS},"}


@pytest.mark.parametrize(
    ("values", "tenants", "authority"),
    [
        (REGISTERED, {OURS}, OURS),
        (REGISTERED | {"MicrosoftAppType": "singletenant"}, {OURS}, OURS),
        (REGISTERED | LIST, {OURS, THEIRS}, OURS),
        (REGISTERED | {"TEAMS_TENANTS": THEIRS}, {OURS, THEIRS}, OURS),
        (REGISTERED | MULTI | EVERYBODY, set(), "botframework.com"),  # whoever installs it, in so many words
        (REGISTERED | EVERYBODY, set(), OURS),
        (REGISTERED | MULTI | {"TEAMS_TENANTS": THEIRS}, {THEIRS}, "botframework.com"),
        (REGISTERED | MULTI | EVERYBODY | {"MicrosoftAppTenantId": ""}, set(), "botframework.com"),
    ],
)
def test_teams_is_on_for_the_organisations_that_are_named(
    alone: Path, monkeypatch: pytest.MonkeyPatch, values: dict[str, str], tenants: set[str], authority: str
) -> None:
    teams = of_teams(monkeypatch, values)

    assert (teams.on, teams.tenants, teams.authority) == (True, frozenset(tenants), authority)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", None])
def test_the_emulator_needs_no_app_and_belongs_to_nobody(
    alone: Path, monkeypatch: pytest.MonkeyPatch, host: str | None
) -> None:
    teams = of_teams(monkeypatch, {"TEAMS_AUTH_DISABLED": "true", "MicrosoftAppTenantId": OURS}, host)

    assert (teams.on, teams.auth_disabled, teams.tenants) == (True, True, frozenset())
    assert of_teams(monkeypatch, {"MicrosoftAppId": APP}, host).app_id == APP  # an emulator that asks for it


def test_the_government_s_cloud_is_known_by_where_its_keys_are(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = "https://login.botframework.azure.us/v1/.well-known/openidconfiguration"

    teams = of_teams(monkeypatch, REGISTERED | {"TEAMS_OPENID_METADATA_URL": keys})

    assert (teams.government, teams.issuer, teams.authority) == (True, "https://api.botframework.us", OURS)
    assert of_teams(monkeypatch, MULTI | EVERYBODY).authority == "MicrosoftServices.onmicrosoft.us"


def test_teams_can_be_kept_out_whatever_the_environment_says(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MicrosoftAppId", APP)

    assert not load(secret=SECRET, teams=TEAMS_OFF).teams.on
    assert TEAMS_OFF.wrong("0.0.0.0") == []  # noqa: S104 - nothing listens there


def test_teams_is_read_from_the_file_too_without_blanks_around_it(alone: Path) -> None:
    (alone / ".env").write_text(
        f"MicrosoftAppId=' {APP} '\nMicrosoftAppPassword=hidden\nMicrosoftAppTenantId={OURS}\nMicrosoftAppType=\n"
    )

    teams = load(secret=SECRET).teams

    assert (teams.app_id, teams.app_type, teams.tenant) == (APP, "SingleTenant", OURS)
    assert "hidden" not in repr(teams)


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (REGISTERED | {"MicrosoftAppPassword": ""}, "MicrosoftAppPassword: must be set beside MicrosoftAppId, to a"),
        ({"MicrosoftAppPassword": "x"}, "MicrosoftAppId: must be set beside MicrosoftAppPassword, to the app's “App"),
        (REGISTERED | {"MicrosoftAppId": "Cohost"}, "MicrosoftAppId: must be the app's “Application (client) ID”, 36"),
        (REGISTERED | {"MicrosoftAppType": "Single"}, "MicrosoftAppType: must be SingleTenant, which it is if this is"),
        (REGISTERED | {"MicrosoftAppType": "UserAssignedMSI"}, "MicrosoftAppType: UserAssignedMSI works only on mach"),
        (REGISTERED | {"MicrosoftAppTenantId": ""}, "MicrosoftAppTenantId: must be set beside MicrosoftAppId, to the"),
        (REGISTERED | {"MicrosoftAppTenantId": "acme.com"}, "MicrosoftAppTenantId: must be the “Directory (tenant) ID"),
        (REGISTERED | {"TEAMS_TENANTS": f"{OURS}; {THEIRS}"}, "TEAMS_TENANTS: must be ids of organisations, 36 char"),
        (REGISTERED | {"TEAMS_LOGIN_URL": "http://login.example"}, "TEAMS_LOGIN_URL: must begin with https://, and"),
        (REGISTERED | {"TEAMS_LOGIN_URL": "https://x.example?y"}, "TEAMS_LOGIN_URL: must begin with https://, and"),
        (REGISTERED | {"TEAMS_OPENID_METADATA_URL": "ftp://x"}, "TEAMS_OPENID_METADATA_URL: must begin with https://"),
        (REGISTERED | {"TEAMS_AUTH_DISABLED": "maybe"}, "TEAMS_AUTH_DISABLED: must be true or false"),
        (REGISTERED | MULTI, "TEAMS_TENANTS: must be set beside MicrosoftAppType=MultiTenant, to the ids of the org"),
        (REGISTERED | MULTI | {"TEAMS_TENANTS": ", "}, "TEAMS_TENANTS: must be set beside MicrosoftAppType=MultiTe"),
        (REGISTERED | {"TEAMS_TENANTS": f"*,{OURS}"}, "TEAMS_TENANTS: must be ids of organisations, 36 characters ea"),
    ],
)
def test_what_is_wrong_about_teams_is_one_line_that_says_what_to_do(
    alone: Path, monkeypatch: pytest.MonkeyPatch, values: dict[str, str], line: str
) -> None:
    with pytest.raises(WrongError) as wrong:
        of_teams(monkeypatch, values)

    assert str(wrong.value).startswith(line)
    assert len(str(wrong.value).splitlines()) == 1


def test_teams_may_be_on_this_machine_without_tls(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = {"TEAMS_LOGIN_URL": "http://127.0.0.1:5/login", "TEAMS_OPENID_METADATA_URL": "http://localhost:5/openid"}

    assert of_teams(monkeypatch, REGISTERED | here).login_url == "http://127.0.0.1:5/login"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.1", "cohost.example", "::", ""])  # noqa: S104
def test_nobody_is_let_in_unproved_from_another_machine(
    alone: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    with pytest.raises(WrongError, match=r"^TEAMS_AUTH_DISABLED: lets in whoever calls, so only while Cohost listens"):
        of_teams(monkeypatch, {"TEAMS_AUTH_DISABLED": "1"}, host)


def test_everything_that_is_wrong_about_teams_is_said_with_the_rest(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"MicrosoftAppId": "x", "MicrosoftAppType": "y", "TEAMS_TENANTS": "z", "COHOST_PORT": "-1"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(WrongError) as wrong:
        load()

    assert [line.partition(":")[0] for line in str(wrong.value).splitlines()] == [
        "COHOST_PORT",
        "COHOST_SECRET",
        "MicrosoftAppPassword",
        "MicrosoftAppId",
        "MicrosoftAppType",
        "TEAMS_TENANTS",
    ]
