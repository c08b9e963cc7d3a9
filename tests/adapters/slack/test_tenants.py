"""Tenants: whose workspace is whose, with one token, with many, and in an organisation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pytest
from pydantic import SecretStr

from adapters.base import Gone, Later
from adapters.slack.tenants import Tenants
from adapters.slack.tokens import AnyTokens, Live, OneToken
from tests.adapters.slack.stand_ins import NOON


class Many:
    """Tokens of many workspaces: these are installed, as a table says it."""

    def __init__(self, found: Mapping[tuple[str, str], Live | Exception]) -> None:
        self.found, self.ends = found, list[tuple[str, str, str, datetime | None]]()

    async def live(self, team: str, enterprise: str = "") -> Live:
        found = self.found.get((team, enterprise), Gone("not installed"))
        if isinstance(found, Exception):
            raise found
        return found

    async def token(self, team: str, enterprise: str = "") -> str:
        return (await self.live(team, enterprise)).token

    def refused(self, team: str, enterprise: str, token: str) -> None:
        pass

    async def revoked(self, team: str, enterprise: str = "", at: datetime | None = None) -> None:
        self.ends.append(("revoked", team, enterprise, at))

    async def uninstalled(self, team: str, enterprise: str = "", at: datetime | None = None) -> None:
        self.ends.append(("uninstalled", team, enterprise, at))

    async def close(self) -> None:
        pass


def live(team: str, enterprise: str = "", bot_user: str = "UBOT") -> Live:
    return Live(team, enterprise, bot_user, "B1", "", "xoxb")


def one(found: Live | Exception) -> AnyTokens:
    """The one token of the settings, which is of this workspace."""

    async def who(token: SecretStr) -> Live:
        if isinstance(found, Exception):
            raise found
        return found

    return OneToken(SecretStr("xoxb"), who)


MANY: Mapping[tuple[str, str], Live | Exception] = {
    ("T1", ""): live("T1"),
    ("T2", ""): Gone("uninstalled"),
    ("T3", ""): Later(5),
    ("T4", "E4"): live("", "E4"),  # the organisation has it for all its workspaces
    ("", "E4"): live("", "E4"),
    ("T5", ""): live("T1"),  # a row that is of another one
    ("T6", "E6"): live("", "E4"),
    ("T7", "E4"): live("T7", "E4"),  # in the organisation, and on its own
    ("T8", ""): live("T8", bot_user=""),
}
ROWS = [
    ("one: its own", one(live("T1")), ("T1", ""), "local"),
    ("one: in an organisation", one(live("T1", "E1")), ("T1", "E1"), "local"),
    ("one: another", one(live("T1")), ("T2", ""), None),
    ("one: of an organisation", one(live("", "E1")), ("T1", "E1"), "local"),
    ("one: of another organisation", one(live("", "E1")), ("T1", "E2"), None),
    ("one: the organisation itself", one(live("", "E1")), ("", "E1"), "local"),
    ("one: off", one(Gone("off")), ("T1", ""), None),
    ("one: not now", one(Later(5)), ("T1", ""), None),
    ("many: its own", Many(MANY), ("T1", ""), "slack:T1"),
    ("many: uninstalled", Many(MANY), ("T2", ""), None),
    ("many: not now", Many(MANY), ("T3", ""), None),
    ("many: unknown", Many(MANY), ("T9", ""), None),
    ("many: of an organisation", Many(MANY), ("T4", "E4"), "slack:E4"),
    ("many: the organisation itself", Many(MANY), ("", "E4"), "slack:E4"),
    ("many: another's row", Many(MANY), ("T5", ""), None),
    ("many: another organisation's row", Many(MANY), ("T6", "E6"), None),
    ("many: on its own in one", Many(MANY), ("T7", "E4"), "slack:T7"),
]


@pytest.mark.parametrize(("tokens", "named", "wanted"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
async def test_whose_a_workspace_is(tokens: AnyTokens, named: tuple[str, str], wanted: str | None) -> None:
    tenants = Tenants(tokens, "local")
    assert await tenants.of(*named) == wanted


@pytest.mark.parametrize(
    ("tenant", "wanted"), [("local", ("", "")), ("slack:T1", ("T1", "")), ("slack:E4", ("", "E4"))]
)
async def test_a_tenant_leads_to_its_installation(tenant: str, wanted: tuple[str, str]) -> None:
    assert Tenants(Many(MANY), "local").install(tenant) == wanted


async def test_what_a_workspace_is_called_leads_back_to_its_installation() -> None:
    tenants = Tenants(Many(MANY), "local")
    for named in (("T1", ""), ("", "E4")):
        tenant = await tenants.of(*named)
        assert tenant
        assert tenants.install(tenant) == named


async def test_who_is_at_home() -> None:
    many = Tenants(Many(MANY), "local")
    assert [await many.team(tenant) for tenant in ("slack:T1", "slack:E4")] == ["T1", "E4"]
    assert await Tenants(one(live("T1", "E1")), "local").team("local") == "T1"
    with pytest.raises(Gone):
        await many.team("slack:T2")


async def test_who_the_bot_is() -> None:
    tenants = Tenants(Many(MANY), "local")
    found = [await tenants.bot_user(team, "") for team in ("T1", "T2", "T3", "T8", "T9")]
    assert found == ["UBOT", None, None, None, None]


async def test_an_end_is_told_to_the_tokens_as_what_it_was_and_when() -> None:
    tokens = Many({})
    tenants = Tenants(tokens, "local")
    await tenants.ended("T1", "", NOON, uninstalled=False)
    await tenants.ended("", "E4", NOON, uninstalled=True)
    assert tokens.ends == [("revoked", "T1", "", NOON), ("uninstalled", "", "E4", NOON)]
