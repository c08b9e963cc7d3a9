"""Settings, from the environment or `.env`. Checked at start: one message lists everything that is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.addresses import PASTED, database, encrypted, host_of, listening, public, unfilled
from bot.settings_teams import Teams

SHORTEST_SECRET = 16
BLANKS = frozenset(' \t\r\n<>"')


SEEN = 2.0  # seconds until a load balancer has seen that a process stops
NUMBERS = {
    "port": "must be a number from 0 to 65535, as in 3978",
    "stop_delay": "must be a number of seconds from 0 to 60, as in 2",
}
TRUTH = "must be true or false"


class WrongError(Exception):
    """What an administrator has to mend, one line each."""


class Secrets(BaseSettings):
    """What can be read whatever else is wrong."""

    model_config = SettingsConfigDict(env_prefix="COHOST_", env_file=".env", extra="ignore")

    secret: SecretStr = SecretStr("")


class Slack(BaseSettings):
    """How Slack is reached: for one workspace by its bot token, for many by the app's client id. Neither: it is off."""

    model_config = SettingsConfigDict(env_prefix="SLACK_", env_file=".env", extra="ignore")

    signing_secret: SecretStr = SecretStr("")
    bot_token: SecretStr = SecretStr("")
    app_token: SecretStr = SecretStr("")
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    api_url: str = "https://slack.com/api/"

    @field_validator("*", mode="before")
    @classmethod
    def _pasted(cls, value: object) -> object:
        return value.strip() if isinstance(value, str) else value  # a blank that came along with a token cuts it off

    @field_validator("api_url")
    @classmethod
    def _a_folder(cls, url: str) -> str:
        return url.rstrip("/") + "/"

    @property
    def on(self) -> bool:
        """Whether there is a workspace to talk to, or a way to get one."""
        return bool(self.bot_token.get_secret_value() or self.client_id)

    @property
    def many(self) -> bool:
        """Whether workspaces install the app by themselves (OAuth)."""
        return bool(self.client_id)

    @property
    def socket(self) -> bool:
        """Whether Slack is listened to by Socket Mode."""
        return bool(self.app_token.get_secret_value())

    def wrong(self, base_url: str) -> list[str]:
        """What is wrong, and what to do about it, a line each."""
        signing, bot, app, secret = (
            one.get_secret_value() for one in (self.signing_secret, self.bot_token, self.app_token, self.client_secret)
        )
        told = {"SIGNING_SECRET": signing, "BOT_TOKEN": bot, "APP_TOKEN": app, "CLIENT_SECRET": secret}
        told["CLIENT_ID"] = self.client_id
        wrong = [f"SLACK_{name}: {PASTED}" for name, value in told.items() if unfilled(value)]
        if self.on and not signing and not app:
            wrong.append(
                "SLACK_SIGNING_SECRET: must be set, from “Basic Information” of the app at Slack; without it nobody "
                "knows who is calling (or set SLACK_APP_TOKEN, for Socket Mode)"
            )
        if (signing or app) and not self.on:
            name = "SLACK_SIGNING_SECRET" if signing else "SLACK_APP_TOKEN"
            wrong.append(f"SLACK_BOT_TOKEN: must be set beside {name} (or SLACK_CLIENT_ID, for many workspaces)")
        if bot.startswith("xoxe."):
            wrong.append(
                "SLACK_BOT_TOKEN: this one expires within 12 hours; use an app without token rotation, or "
                "SLACK_CLIENT_ID and SLACK_CLIENT_SECRET, with which tokens are renewed"
            )
        elif bot and not bot.startswith("xoxb-"):
            wrong.append("SLACK_BOT_TOKEN: must begin with xoxb-, as the “Bot User OAuth Token” of the app does")
        if app and not app.startswith("xapp-"):
            wrong.append("SLACK_APP_TOKEN: must begin with xapp-, as an app-level token with connections:write does")
        if self.client_id and bot:
            wrong.append(
                "SLACK_BOT_TOKEN: set this for one workspace, or SLACK_CLIENT_ID for many, and take the other away"
            )
        if self.client_id and not secret:
            wrong.append("SLACK_CLIENT_SECRET: must be set beside SLACK_CLIENT_ID, from “Basic Information” of the app")
        if secret and not self.client_id:
            wrong.append("SLACK_CLIENT_ID: must be set beside SLACK_CLIENT_SECRET, from “Basic Information” of the app")
        if not encrypted(self.api_url):
            wrong.append("SLACK_API_URL: must begin with https://, because tokens travel to it (http only on loopback)")
        if self.many and not public(base_url):
            wrong.append(
                "COHOST_BASE_URL: must be a public address that begins with https:// while SLACK_CLIENT_ID is set; "
                "Slack sends people back to it after they installed the app"
            )
        return wrong


def _of_postgresql(url: str) -> str:
    """The URL of a database on PostgreSQL, if it says which. Nothing here repeats it: there is a password in it."""
    try:
        parts = urlsplit(url)
        named, at = parts.path.strip("/"), parts.hostname or "host=" in parts.query
        good = bool(named and "/" not in named and not parts.fragment and at and parts.port != 0)
    except ValueError:  # a port that is no number: most likely the password ended there
        good = False
    if not good:
        raise ValueError(
            "must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE, where #, / and @ in a password are written as %23, "
            "%2F and %40"
        )
    return url


class Settings(Secrets):
    """What the bot is told by its administrator. Names and defaults: README."""

    database_url: str = "sqlite:///cohost.db"
    redis_url: SecretStr = SecretStr("")  # it may hold a password
    log_level: str = "warning"
    metrics_token: SecretStr = SecretStr("")
    host: str = "127.0.0.1"
    port: int = Field(default=3978, ge=0, le=65535)
    base_url: str = ""
    stop_delay: float | None = Field(default=None, ge=0, le=60)
    privacy_url: str = ""
    terms_url: str = ""
    slack: Annotated[Slack, NoDecode] = Field(default_factory=Slack)
    teams: Annotated[Teams, NoDecode] = Field(default_factory=Teams)

    @field_validator("database_url")
    @classmethod
    def _a_database(cls, url: str) -> str:
        if url.startswith("postgresql://"):
            return _of_postgresql(url)
        if not url.startswith("sqlite:///"):
            raise ValueError("must begin with sqlite:/// or postgresql://")
        if url.removeprefix("sqlite:///") in {"", ":memory:"}:
            raise ValueError("must name a file, as in sqlite:///cohost.db: what is only in memory would be lost")
        return url

    @field_validator("redis_url")
    @classmethod
    def _a_redis(cls, url: SecretStr) -> SecretStr:
        told = url.get_secret_value().strip()
        if told and not told.startswith(("redis://", "rediss://")):
            raise ValueError("must begin with redis:// or rediss:// (or be empty, for one process)")
        if told and not database(told):
            raise ValueError(
                "must be redis://USER:PASSWORD@HOST:PORT/NUMBER, where #, / and @ in a password are written as %23, %2F"
                " and %40; the user, the password, the port and the number of the database may be left out"
            )
        return SecretStr(told)

    @field_validator("log_level")
    @classmethod
    def _a_level(cls, level: str) -> str:
        if (told := level.strip().lower()) not in {"warning", "info"}:
            raise ValueError("must be warning, which it is if this is not set, or info")
        return told

    @field_validator("metrics_token")
    @classmethod
    def _a_token(cls, token: SecretStr) -> SecretStr:
        told = token.get_secret_value().strip()
        if told and (len(told) < SHORTEST_SECRET or not (told.isascii() and told.isprintable()) or " " in told):
            raise ValueError(
                f"must be {SHORTEST_SECRET} letters and digits or more that nobody can guess (or empty: no /metrics)"
            )
        return SecretStr(told)

    @field_validator("base_url", "privacy_url", "terms_url")
    @classmethod
    def _a_web_address(cls, url: str) -> str:
        if url and not (url.startswith(("http://", "https://")) and host_of(url) and not set(url) & BLANKS):
            raise ValueError("must be an address that begins with https://, as in https://cohost.example.org")
        return url

    @field_validator("base_url")
    @classmethod
    def _with_room_for_a_path(cls, url: str) -> str:
        if set(url) & set("?#"):
            raise ValueError("must end with its host or folder, without “?” and “#”: paths are added to it")
        return url

    @property
    def stays_open(self) -> float:
        """Seconds for which it still takes everything when it is to stop: where there are others, they take over."""
        if self.stop_delay is not None:
            return self.stop_delay
        return SEEN if self.redis_url.get_secret_value() else 0.0

    def address(self) -> str:
        """The public address, without a slash at its end."""
        return self.base_url.rstrip("/") or f"{listening(self.host)}:{self.port}"


OFF, TEAMS_OFF = Slack.model_construct(), Teams.model_construct()  # of a rehearsal, which must not speak to real people


def load(
    *,
    secret: str | None = None,
    needs_secret: bool = True,
    slack: Slack | None = None,
    teams: Teams | None = None,
    **given: object,
) -> Settings:
    """The settings, or `WrongError` with everything that is wrong with them. `given` goes before the environment."""
    wrong: list[str] = []
    settings = None
    try:
        told, kept = slack or Slack(), SecretStr(secret) if secret else Secrets().secret
    except (UnicodeDecodeError, OSError) as error:
        why = "is not in UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise WrongError(f".env: this file cannot be read ({why}); save it as UTF-8, readable by this user") from error
    of_teams = TEAMS_OFF
    try:
        of_teams = teams or Teams()
    except ValidationError as error:
        wrong += _lines(error, "")
    fine = {name: value for name, value in given.items() if value is not None}
    try:
        settings = Settings(slack=told, teams=of_teams, **fine)  # type: ignore[arg-type]
    except ValidationError as error:
        wrong += _lines(error, "COHOST_", fine)
    if needs_secret and unfilled(kept.get_secret_value()):
        wrong.append(f"COHOST_SECRET: {PASTED}")
    elif needs_secret and len(kept.get_secret_value()) < SHORTEST_SECRET:
        wrong.append(f"COHOST_SECRET: must be set, to {SHORTEST_SECRET} characters or more that nobody can guess")
    if settings:
        wrong += told.wrong(settings.base_url)
    wrong += of_teams.wrong(settings.host if settings else "127.0.0.1")
    if wrong or settings is None:
        raise WrongError("\n".join(wrong))
    return settings.model_copy(update={"secret": kept})


def _lines(error: ValidationError, prefix: str, options: Iterable[str] = ()) -> list[str]:
    """A line for each, under the name by which it was given: an option of the command line, or a setting."""
    found = []
    for one in error.errors():
        name = "_".join(str(part) for part in one["loc"])
        where = f"--{name.replace('_', '-')}" if name in options else f"{prefix}{name}".upper() if prefix else name
        number = one["type"].startswith(("int_", "float_", "less_", "greater_")) and NUMBERS.get(name)
        says = number or (TRUTH if one["type"].startswith("bool_") else one["msg"])
        found.append(f"{where}: {says.removeprefix('Value error, ')}")
    return found
