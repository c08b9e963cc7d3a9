"""Settings, from the environment or `.env`. Checked at start: one message lists everything that is wrong."""

from __future__ import annotations

from typing import Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SHORTEST_SECRET = 16


class WrongError(Exception):
    """What an administrator has to mend, one line each."""


class Settings(BaseSettings):
    """What the bot is told by its administrator. Names and defaults: README."""

    model_config = SettingsConfigDict(env_prefix="COHOST_", env_file=".env", extra="ignore")

    database_url: str = "sqlite:///cohost.db"
    host: str = "127.0.0.1"
    port: int = Field(default=3978, ge=0, le=65535)
    base_url: str = ""
    secret: SecretStr = SecretStr("")

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if not self.database_url.startswith("sqlite:///"):
            raise ValueError("COHOST_DATABASE_URL must begin with sqlite:/// (PostgreSQL is not built yet)")
        if self.base_url and not self.base_url.startswith(("http://", "https://")):
            raise ValueError("COHOST_BASE_URL must begin with http:// or https://")
        return self

    def address(self) -> str:
        """The public address, without a slash at its end."""
        return self.base_url.rstrip("/") or f"http://{self.host}:{self.port}"


def load(*, secret: str | None = None, needs_secret: bool = True, **given: object) -> Settings:
    """The settings, or `WrongError` with everything that is wrong with them. `given` goes before the environment."""
    wrong: list[str] = []
    settings = None
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        for one in error.errors():
            name = f"COHOST_{'_'.join(str(part) for part in one['loc'])}".upper() if one["loc"] else ""
            wrong.append(f"{name}: {one['msg']}" if name else one["msg"].removeprefix("Value error, "))
    if settings and secret:
        settings = settings.model_copy(update={"secret": SecretStr(secret)})
    if settings and needs_secret and len(settings.secret.get_secret_value()) < SHORTEST_SECRET:
        wrong.append(f"COHOST_SECRET must be set, to {SHORTEST_SECRET} characters or more that nobody can guess")
    if wrong or settings is None:
        raise WrongError("\n".join(wrong))
    return settings
