"""Settings: from the environment or `.env`; whatever is wrong is said at once, a line each."""

from pathlib import Path

import pytest

from bot.addresses import encrypted, loopback, public
from bot.settings import OFF, Settings, WrongError, load

SECRET = "0123456789abcdef"
AN_ADDRESS = "must be an address that begins with https://, as in https://cohost.example.org"
NO_SECRET = "COHOST_SECRET: must be set, to 16 characters or more that nobody can guess"


SLACK = ("SIGNING_SECRET", "BOT_TOKEN", "APP_TOKEN", "CLIENT_ID", "CLIENT_SECRET", "API_URL")
ONE = {"BOT_TOKEN": "xoxb-1-2-three", "SIGNING_SECRET": "signed"}
MANY = {"CLIENT_ID": "1.2", "CLIENT_SECRET": "hidden", "SIGNING_SECRET": "signed"}


NOT_A_REDIS = (
    "must be redis://USER:PASSWORD@HOST:PORT/NUMBER, where #, / and @ in a password are written as %23, %2F and %40;"
    " the user, the password, the port and the number of the database may be left out"
)


@pytest.fixture(autouse=True)
def no_slack(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SLACK:
        monkeypatch.delenv(f"SLACK_{name}", raising=False)


def of_slack(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> Settings:
    """The settings with these for Slack, and a public address."""
    for name, value in values.items():
        monkeypatch.setenv(f"SLACK_{name}", value)
    return load(secret=SECRET, base_url="https://cohost.example")


def test_a_secret_is_all_that_must_be_set(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COHOST_SECRET", SECRET)

    settings = load()

    assert settings.database_url == "sqlite:///cohost.db"
    assert (settings.host, settings.port, settings.address()) == ("127.0.0.1", 3978, "http://127.0.0.1:3978")
    assert settings.secret.get_secret_value() == SECRET


def test_a_secret_is_not_shown_by_accident(alone: Path) -> None:
    assert SECRET not in repr(load(secret=SECRET))


def test_what_is_given_goes_before_the_environment_and_that_before_the_file(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (alone / ".env").write_text(f"COHOST_SECRET={SECRET}\nCOHOST_PORT=1\nCOHOST_HOST=file\nUNKNOWN=x\n")
    monkeypatch.setenv("COHOST_PORT", "2")
    monkeypatch.setenv("COHOST_BASE_URL", "https://cohost.example/rooms/")

    settings = load(port=3, host=None)

    assert (settings.port, settings.host) == (3, "file")
    assert settings.address() == "https://cohost.example/rooms"
    assert load().port == 2


POSTGRESQL = (
    "must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE, where #, / and @ in a password are written as %23, %2F "
    "and %40"
)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://cohost:secret@db.example:5432/cohost?sslmode=require",
        "postgresql://db.example/cohost",
        "postgresql:///cohost?host=/var/run/postgresql",
    ],
)
def test_a_database_on_postgresql(alone: Path, url: str) -> None:
    assert load(secret=SECRET, database_url=url).database_url == url


def test_an_address_of_ipv6_stands_in_brackets(alone: Path) -> None:
    assert load(secret=SECRET, host="::1").address() == "http://[::1]:3978"


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("PORT", "99999", "COHOST_PORT: must be a number from 0 to 65535, as in 3978"),
        (
            "PORT",
            "many",
            "COHOST_PORT: must be a number from 0 to 65535, as in 3978",
        ),
        (
            "REDIS_URL",
            "http://:hidden@localhost",
            "COHOST_REDIS_URL: must begin with redis:// or rediss:// (or be empty, for one process)",
        ),
        *[
            ("REDIS_URL", url, f"COHOST_REDIS_URL: {NOT_A_REDIS}")
            for url in (
                "redis://localhost:6379/cohost",
                "redis://",
                "redis:///0",
                "redis://localhost:0",
                "redis://local host",
                "redis://localhost:66666",
                "redis://:hid#den@localhost/0",
                "redis://:hid/den@localhost/0",
                "redis://localhost/0/1",
                "redis://localhost/0#1",
                "redis://localhost?db=one",
                "redis://localhost?socket_timeout=3",
                "rediss://localhost?ssl_ca_certs=/etc/ca.pem&db",
            )
        ],
        (
            "DATABASE_URL",
            "mysql://x",
            "COHOST_DATABASE_URL: must begin with sqlite:/// or postgresql://",
        ),
        ("DATABASE_URL", "postgresql://cohost:secret@db.example", f"COHOST_DATABASE_URL: {POSTGRESQL}"),
        ("DATABASE_URL", "postgresql://cohost:se#cret@db.example/cohost", f"COHOST_DATABASE_URL: {POSTGRESQL}"),
        ("DATABASE_URL", "postgresql://cohost:se/cret@db.example/cohost", f"COHOST_DATABASE_URL: {POSTGRESQL}"),
        (
            "DATABASE_URL",
            "sqlite:///:memory:",
            "COHOST_DATABASE_URL: must name a file, as in sqlite:///cohost.db: what is only in memory would be lost",
        ),
        ("BASE_URL", "cohost.example", f"COHOST_BASE_URL: {AN_ADDRESS}"),
        ("BASE_URL", "https://", f"COHOST_BASE_URL: {AN_ADDRESS}"),
        ("BASE_URL", "https://cohost example.org", f"COHOST_BASE_URL: {AN_ADDRESS}"),
        (
            "BASE_URL",
            "https://cohost.example.org?x",
            "COHOST_BASE_URL: must end with its host or folder, without “?” and “#”: paths are added to it",
        ),
        ("PRIVACY_URL", "privacy.html", f"COHOST_PRIVACY_URL: {AN_ADDRESS}"),
        ("TERMS_URL", "ftp://example.org", f"COHOST_TERMS_URL: {AN_ADDRESS}"),
        ("SECRET", "too short", NO_SECRET),
    ],
)
def test_what_is_wrong_is_one_clear_line(
    alone: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: str
) -> None:
    monkeypatch.setenv("COHOST_SECRET", SECRET)
    monkeypatch.setenv(f"COHOST_{name}", value)

    with pytest.raises(WrongError) as wrong:
        load()

    assert str(wrong.value) == line


def test_what_was_typed_as_an_option_is_named_as_one(alone: Path) -> None:
    with pytest.raises(WrongError) as wrong:
        load(secret=SECRET, port="many", base_url="here")

    assert str(wrong.value).splitlines() == [
        "--port: must be a number from 0 to 65535, as in 3978",
        f"--base-url: {AN_ADDRESS}",
    ]


def test_settings_for_whole_platforms_do_not_exist_and_harm_nobody(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COHOST_SLACK", "on")
    monkeypatch.setenv("COHOST_TEAMS", "{")

    assert not load(secret=SECRET).slack.on


def test_a_file_that_is_not_in_utf_8_is_one_line(alone: Path) -> None:
    (alone / ".env").write_bytes("COHOST_SECRET=é".encode("latin-1"))

    with pytest.raises(WrongError, match=r"^\.env: this file cannot be read \(is not in UTF-8\); save it as UTF-8, re"):
        load()


def test_everything_that_is_wrong_is_said_at_once(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PORT": "-1", "DATABASE_URL": "x", "BASE_URL": "y", "SECRET": "z"}.items():
        monkeypatch.setenv(f"COHOST_{name}", value)

    with pytest.raises(WrongError) as wrong:
        load()

    assert [line.partition(":")[0] for line in str(wrong.value).splitlines()] == [
        "COHOST_DATABASE_URL",
        "COHOST_PORT",
        "COHOST_BASE_URL",
        "COHOST_SECRET",
    ]


def test_what_needs_no_secret_asks_for_none(alone: Path) -> None:
    assert load(needs_secret=False).secret.get_secret_value() == ""
    with pytest.raises(WrongError, match="COHOST_SECRET"):
        load()


def test_slack_is_off_without_settings(alone: Path) -> None:
    slack = load(secret=SECRET).slack

    assert (slack.on, slack.many, slack.socket) == (False, False, False)
    assert slack.api_url == "https://slack.com/api/"


@pytest.mark.parametrize(
    ("values", "many", "socket"),
    [
        (ONE, False, False),
        ({"BOT_TOKEN": "xoxb-1", "APP_TOKEN": "xapp-1"}, False, True),
        (ONE | {"APP_TOKEN": "xapp-1"}, False, True),
        (MANY, True, False),
        (MANY | {"APP_TOKEN": "xapp-1"}, True, True),  # works, though not for an app in Slack's Marketplace
    ],
)
def test_slack_is_on_for_one_workspace_or_many_by_http_or_by_socket(
    alone: Path, monkeypatch: pytest.MonkeyPatch, values: dict[str, str], many: bool, socket: bool
) -> None:
    slack = of_slack(monkeypatch, values).slack

    assert (slack.on, slack.many, slack.socket) == (True, many, socket)


def test_slack_can_be_kept_out_whatever_the_environment_says(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-real")

    assert not load(secret=SECRET, slack=OFF).slack.on
    assert OFF.api_url == "https://slack.com/api/"


def test_slack_is_read_from_the_file_too_without_blanks_around_it(alone: Path) -> None:
    (alone / ".env").write_text("SLACK_BOT_TOKEN=' xoxb-1 '\nSLACK_SIGNING_SECRET=signed\nSLACK_APP_TOKEN=\n")

    slack = load(secret=SECRET).slack

    assert slack.bot_token.get_secret_value() == "xoxb-1"
    assert not slack.socket


def test_slacks_secrets_are_not_shown_by_accident(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = of_slack(monkeypatch, MANY | {"APP_TOKEN": "xapp-secret"})

    for secret in ("signed", "hidden", "xapp-secret"):
        assert secret not in repr(settings)


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"BOT_TOKEN": "xoxb-1"}, "SLACK_SIGNING_SECRET: must be set, from “Basic Information” of the app at Slack"),
        (MANY | {"SIGNING_SECRET": ""}, "SLACK_SIGNING_SECRET: must be set, from “Basic Information”"),
        ({"SIGNING_SECRET": "x"}, "SLACK_BOT_TOKEN: must be set beside SLACK_SIGNING_SECRET (or SLACK_CLIENT_ID"),
        ({"APP_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN: must be set beside SLACK_APP_TOKEN (or SLACK_CLIENT_ID"),
        (ONE | {"BOT_TOKEN": "xoxp-1"}, "SLACK_BOT_TOKEN: must begin with xoxb-, as the “Bot User OAuth Token”"),
        (ONE | {"BOT_TOKEN": "xoxe.xoxb-1"}, "SLACK_BOT_TOKEN: this one expires within 12 hours; use an app without"),
        (ONE | {"APP_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN: must begin with xapp-, as an app-level token"),
        (MANY | {"CLIENT_SECRET": ""}, "SLACK_CLIENT_SECRET: must be set beside SLACK_CLIENT_ID, from “Basic"),
        (ONE | {"CLIENT_SECRET": "x"}, "SLACK_CLIENT_ID: must be set beside SLACK_CLIENT_SECRET, from “Basic"),
        (MANY | {"BOT_TOKEN": "xoxb-1"}, "SLACK_BOT_TOKEN: set this for one workspace, or SLACK_CLIENT_ID for many"),
        (ONE | {"API_URL": "http://slack.example/api"}, "SLACK_API_URL: must begin with https://, because tokens"),
        (ONE | {"API_URL": "slack.com/api"}, "SLACK_API_URL: must begin with https://, because tokens travel to it"),
    ],
)
def test_what_is_wrong_about_slack_is_one_line_that_says_what_to_do(
    alone: Path, monkeypatch: pytest.MonkeyPatch, values: dict[str, str], line: str
) -> None:
    with pytest.raises(WrongError) as wrong:
        of_slack(monkeypatch, values)

    assert str(wrong.value).startswith(line)
    assert len(str(wrong.value).splitlines()) == 1


def test_everything_that_is_wrong_about_slack_is_said_with_the_rest(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"BOT_TOKEN": "x", "APP_TOKEN": "y", "CLIENT_ID": "z", "API_URL": "ftp://x"}.items():
        monkeypatch.setenv(f"SLACK_{name}", value)

    with pytest.raises(WrongError) as wrong:
        load()

    assert [line.partition(":")[0] for line in str(wrong.value).splitlines()] == [
        "COHOST_SECRET",
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
        "SLACK_BOT_TOKEN",
        "SLACK_CLIENT_SECRET",
        "SLACK_API_URL",
        "COHOST_BASE_URL",
    ]


@pytest.mark.parametrize(
    "url", ["", "http://cohost.example", "https://localhost", "https://10.1.2.3", "https://cohost.local", "https://x"]
)
def test_people_who_install_the_app_must_find_their_way_back(
    alone: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    for name, value in MANY.items():
        monkeypatch.setenv(f"SLACK_{name}", value)

    with pytest.raises(WrongError, match=r"^COHOST_BASE_URL: must be a public address that begins with https://"):
        load(secret=SECRET, base_url=url)


@pytest.mark.parametrize(
    ("url", "here", "hidden", "open_"),
    [
        ("https://cohost.example/folder", False, True, True),
        ("https://8.8.8.8", False, True, True),
        ("https://[::1]:443", True, True, False),
        ("https://192.168.0.1", False, True, False),
        ("http://localhost:3978", True, True, False),
        ("http://x.localhost.", True, True, False),
        ("http://127.0.0.1", True, True, False),
        ("http://evil-localhost", False, False, False),
        ("http://localhost.example.org", False, False, False),
        ("https://localhost@example.org", False, True, True),
        ("https://[nonsense", False, False, False),
        ("https:///nowhere", False, False, False),
    ],
)
def test_an_address_is_known_for_what_it_is(url: str, here: bool, hidden: bool, open_: bool) -> None:
    assert (loopback(url), encrypted(url), public(url)) == (here, hidden, open_)


@pytest.mark.parametrize(
    "url",
    ["", "redis://localhost", "rediss://:hidden@redis.example:6380/3?ssl_ca_certs=/etc/ca.pem", "redis://[::1]:6379/0"],
)
def test_redis_may_be_anywhere_or_nowhere_and_its_password_is_not_shown(alone: Path, url: str) -> None:
    settings = load(secret=SECRET, redis_url=url)

    assert settings.redis_url.get_secret_value() == url
    assert "hidden" not in repr(settings)
