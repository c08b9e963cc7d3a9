"""Settings: from the environment or `.env`; whatever is wrong is said at once, a line each."""

from pathlib import Path

import pytest

from bot.settings import WrongError, load

SECRET = "0123456789abcdef"
NO_SECRET = "COHOST_SECRET: must be set, to 16 characters or more that nobody can guess"


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


def test_an_address_of_ipv6_stands_in_brackets(alone: Path) -> None:
    assert load(secret=SECRET, host="::1").address() == "http://[::1]:3978"


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("PORT", "99999", "COHOST_PORT: Input should be less than or equal to 65535"),
        (
            "PORT",
            "many",
            "COHOST_PORT: Input should be a valid integer, unable to parse string as an integer",
        ),
        (
            "DATABASE_URL",
            "mysql://x",
            "COHOST_DATABASE_URL: must begin with sqlite:/// (PostgreSQL is not built yet)",
        ),
        (
            "DATABASE_URL",
            "sqlite:///:memory:",
            "COHOST_DATABASE_URL: must name a file, as in sqlite:///cohost.db: what is only in memory would be lost",
        ),
        ("BASE_URL", "cohost.example", "COHOST_BASE_URL: must begin with http:// or https://"),
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
