"""The settings of Teams, by Microsoft's own names, and what goes with what."""

from __future__ import annotations

import re

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.addresses import PASTED, host_of, listening, loopback, plain, unfilled

GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
ANY = "*"  # in TEAMS_TENANTS: every organisation may come in
GOVERNMENT = ".azure.us"  # the names of Microsoft's government cloud end so


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
        """The organisations that are served; empty means any: where that is what the list says, and the emulator."""
        if self.auth_disabled or self.listed == ANY:
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
        return shared if self.many or not self.tenant else self.tenant  # an emulator belongs to nobody

    def wrong(self, host: str) -> list[str]:
        """What is wrong where the server listens on this host, and what to do about it, a line each."""
        type_, password = self.app_type.lower(), bool(self.app_password.get_secret_value())
        signed = not self.auth_disabled
        lines = {
            f"MicrosoftAppPassword: {PASTED}": unfilled(self.app_password.get_secret_value()),
            f"MicrosoftAppId: {PASTED}": unfilled(self.app_id),
            f"MicrosoftAppTenantId: {PASTED}": unfilled(self.tenant),
            "MicrosoftAppPassword: must be set beside MicrosoftAppId, to a client secret of the app in Entra": (
                bool(self.app_id) and not password and signed
            ),
            "MicrosoftAppId: must be set beside MicrosoftAppPassword, to the app's “Application (client) ID”": (
                password and not self.app_id
            ),
            "MicrosoftAppId: must be the app's “Application (client) ID”, 36 characters with four hyphens": (
                not unfilled(self.app_id) and not _guids(self.app_id)
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
                not unfilled(self.tenant) and not _guids(self.tenant)
            ),
            "TEAMS_TENANTS: must be ids of organisations, 36 characters each, with commas between them (or * alone)": (
                self.listed != ANY and not _guids(*self.listed.split(","))
            ),
            "TEAMS_TENANTS: must be set beside MicrosoftAppType=MultiTenant, to the ids of the organisations that may "
            "come in, your own too (or to *, if really every organisation may)": (
                bool(self.app_id) and self.many and signed and not self.listed.strip(" ,")
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
