"""Settings, from the environment or `.env`. Checked at start: one message lists everything that is wrong."""

from __future__ import annotations

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SHORTEST_SECRET = 16


class WrongError(Exception):
    """What an administrator has to mend, one line each."""


class Secrets(BaseSettings):
    """What can be read whatever else is wrong."""

    model_config = SettingsConfigDict(env_prefix="COHOST_", env_file=".env", extra="ignore")

    secret: SecretStr = SecretStr("")


class Settings(Secrets):
    """What the bot is told by its administrator. Names and defaults: README."""

    database_url: str = "sqlite:///cohost.db"
    host: str = "127.0.0.1"
    port: int = Field(default=3978, ge=0, le=65535)
    base_url: str = ""

    @field_validator("database_url")
    @classmethod
    def _a_file(cls, url: str) -> str:
        if not url.startswith("sqlite:///"):
            raise ValueError("must begin with sqlite:/// (PostgreSQL is not built yet)")
        if url.removeprefix("sqlite:///") in {"", ":memory:"}:
            raise ValueError("must name a file, as in sqlite:///cohost.db: what is only in memory would be lost")
        return url

    @field_validator("base_url")
    @classmethod
    def _a_web_address(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return url

    def address(self) -> str:
        """The public address, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.base_url.rstrip("/") or f"http://{host}:{self.port}"


def load(*, secret: str | None = None, needs_secret: bool = True, **given: object) -> Settings:
    """The settings, or `WrongError` with everything that is wrong with them. `given` goes before the environment."""
    wrong: list[str] = []
    settings = None
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        for one in error.errors():
            name = f"COHOST_{'_'.join(str(part) for part in one['loc'])}".upper()
            wrong.append(f"{name}: {one['msg'].removeprefix('Value error, ')}")
    kept = SecretStr(secret) if secret else Secrets().secret
    if needs_secret and len(kept.get_secret_value()) < SHORTEST_SECRET:
        wrong.append(f"COHOST_SECRET: must be set, to {SHORTEST_SECRET} characters or more that nobody can guess")
    if wrong or settings is None:
        raise WrongError("\n".join(wrong))
    return settings.model_copy(update={"secret": kept})
