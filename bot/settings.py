"""Settings, from the environment or `.env`. Checked at start: one message lists everything that is wrong."""

from __future__ import annotations

import re

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.addresses import database, encrypted, host_of, listening, loopback, plain, public

SHORTEST_SECRET = 16
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
GOVERNMENT = ".azure.us"  # the names of Microsoft's government cloud end so


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
        wrong = []
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


class Teams(BaseSettings):
    """How Teams is reached: as the app that is registered with Microsoft, whose samples name four of these."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True, populate_by_name=True)

    app_id: str = Field(default="", validation_alias="MicrosoftAppId")
    app_password: SecretStr = Field(default=SecretStr(""), validation_alias="MicrosoftAppPassword")
    app_type: str = Field(default="SingleTenant", validation_alias="MicrosoftAppType")
    tenant: str = Field(default="", validation_alias="MicrosoftAppTenantId")
    openid_metadata_url: str = Field(
        default="https://login.botframework.com/v1/.well-known/openidconfiguration",
        validation_alias="TEAMS_OPENID_METADATA_URL",
    )
    login_url: str = Field(default="https://login.microsoftonline.com", validation_alias="TEAMS_LOGIN_URL")
    auth_disabled: bool = Field(default=False, validation_alias="TEAMS_AUTH_DISABLED")
    listed: str = Field(default="", validation_alias="TEAMS_TENANTS")

    @field_validator("*", mode="before")
    @classmethod
    def _pasted(cls, value: object) -> object:
        return value.strip() if isinstance(value, str) else value

    @property
    def on(self) -> bool:
        """Whether there is an app to be, or an emulator to play with."""
        return bool(self.app_id) or self.auth_disabled

    @property
    def many(self) -> bool:
        """Whether the bot was registered for many organisations, as Microsoft allowed until 2025."""
        return self.app_type.lower() == "multitenant"

    @property
    def tenants(self) -> frozenset[str]:
        """The organisations that are served; empty means any: MultiTenant without a list, and the emulator."""
        if self.auth_disabled:
            return frozenset()
        own = "" if self.many else self.tenant
        return frozenset(one for each in (own, *self.listed.split(",")) if (one := each.strip().lower()))

    @property
    def government(self) -> bool:
        """Whether this is in Microsoft's government cloud, which signs and is signed to by other names."""
        return host_of(self.openid_metadata_url).endswith(GOVERNMENT)

    @property
    def issuer(self) -> str:
        """Who signs what comes from Microsoft, and for whom our own tokens are."""
        return "https://api.botframework.us" if self.government else "https://api.botframework.com"

    @property
    def authority(self) -> str:
        """The organisation in whose name the app's own tokens are asked for."""
        shared = "MicrosoftServices.onmicrosoft.us" if self.government else "botframework.com"
        return shared if self.many else self.tenant

    def wrong(self, host: str) -> list[str]:
        """What is wrong where the server listens on this host, and what to do about it, a line each."""
        type_, password = self.app_type.lower(), bool(self.app_password.get_secret_value())
        signed = not self.auth_disabled
        lines = {
            "MicrosoftAppPassword: must be set beside MicrosoftAppId, to a client secret of the app in Entra": (
                bool(self.app_id) and not password and signed
            ),
            "MicrosoftAppId: must be set beside MicrosoftAppPassword, to the app's “Application (client) ID”": (
                password and not self.app_id
            ),
            "MicrosoftAppId: must be the app's “Application (client) ID”, 36 characters with four hyphens": (
                not _guids(self.app_id)
            ),
            "MicrosoftAppType: UserAssignedMSI works only on machines in Azure and is not supported; make a client "
            "secret for the app in Entra and set SingleTenant": type_ == "userassignedmsi",
            "MicrosoftAppType: must be SingleTenant, which it is if this is not set, or MultiTenant": (
                type_ not in {"singletenant", "multitenant", "userassignedmsi"}
            ),
            "MicrosoftAppTenantId: must be set beside MicrosoftAppId, to the app's “Directory (tenant) ID”": (
                bool(self.app_id) and type_ == "singletenant" and not self.tenant and signed
            ),
            "MicrosoftAppTenantId: must be the “Directory (tenant) ID”, 36 characters with four hyphens": (
                not _guids(self.tenant)
            ),
            "TEAMS_TENANTS: must be ids of organisations, 36 characters each, with commas between them": (
                not _guids(*self.listed.split(","))
            ),
            "TEAMS_OPENID_METADATA_URL: must begin with https://, and end with its path (http only on loopback)": (
                not plain(self.openid_metadata_url)
            ),
            "TEAMS_LOGIN_URL: must begin with https://, and end with its path (http only on loopback)": (
                not plain(self.login_url)
            ),
            "TEAMS_AUTH_DISABLED: lets in whoever calls, so only while Cohost listens on this machine alone; take it "
            "away, or set COHOST_HOST to 127.0.0.1": not signed and not loopback(listening(host)),
        }
        return [line for line, is_so in lines.items() if is_so]


def _guids(*ids: str) -> bool:
    return all(GUID.fullmatch(one.strip()) for one in ids if one.strip())


class Settings(Secrets):
    """What the bot is told by its administrator. Names and defaults: README."""

    database_url: str = "sqlite:///cohost.db"
    redis_url: SecretStr = SecretStr("")  # it may hold a password
    host: str = "127.0.0.1"
    port: int = Field(default=3978, ge=0, le=65535)
    base_url: str = ""
    slack: Slack = Field(default_factory=Slack)
    teams: Teams = Field(default_factory=Teams)

    @field_validator("database_url")
    @classmethod
    def _a_file(cls, url: str) -> str:
        if not url.startswith("sqlite:///"):
            raise ValueError("must begin with sqlite:/// (PostgreSQL is not built yet)")
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

    @field_validator("base_url")
    @classmethod
    def _a_web_address(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return url

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
    told, of_teams = slack or Slack(), TEAMS_OFF
    try:
        of_teams = teams or Teams()
    except ValidationError as error:
        wrong += _lines(error, "")
    try:
        fine = {name: value for name, value in given.items() if value is not None}
        settings = Settings(slack=told, teams=of_teams, **fine)  # type: ignore[arg-type]
    except ValidationError as error:
        wrong += _lines(error, "COHOST_")
    kept = SecretStr(secret) if secret else Secrets().secret
    if needs_secret and len(kept.get_secret_value()) < SHORTEST_SECRET:
        wrong.append(f"COHOST_SECRET: must be set, to {SHORTEST_SECRET} characters or more that nobody can guess")
    if settings:
        wrong += told.wrong(settings.base_url)
    wrong += of_teams.wrong(settings.host if settings else "127.0.0.1")
    if wrong or settings is None:
        raise WrongError("\n".join(wrong))
    return settings.model_copy(update={"secret": kept})


def _lines(error: ValidationError, prefix: str) -> list[str]:
    found = (("_".join(str(part) for part in one["loc"]), one["msg"]) for one in error.errors())
    return [
        f"{f'{prefix}{name}'.upper() if prefix else name}: {says.removeprefix('Value error, ')}" for name, says in found
    ]
