"""One script of calls, for our Connector and for that of the witness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp

from tests.teams.small_bot import attached, card, execute, text

Thing = dict[str, Any]


@dataclass
class Places:
    """What there is in either service, by its ids."""

    tenant: str
    user: str
    bot: str
    personal: str
    group: str
    channel: str
    team: str


@dataclass
class Caller:
    """A client of either Connector."""

    session: aiohttp.ClientSession
    url: str
    token: str = ""

    async def __call__(self, verb: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with self.session.request(verb, f"{self.url}{path}", json=body, headers=headers) as got:
            return got.status, await got.json() if got.content_type == "application/json" else None


async def script(call: Caller, places: Places) -> list[tuple[str, int, Any]]:
    """One session's worth of calls, those that are refused included."""
    told: list[tuple[str, int, Any]] = []

    async def says(verb: str, path: str, body: Any = None) -> Any:
        status, answer = await call(verb, f"v3/{path}", body)
        told.append((f"{len(told)} {verb} {path.partition('/')[0]}", status, answer))
        return answer

    hi = {"type": "message", "text": "Hi"}
    shown = attached(card(text("Ready?"), actions=(execute("Yes", "vote"),)))
    for name in (places.personal, places.group, places.channel):
        there = f"conversations/{quote(name, safe='')}"
        made = await says("POST", f"{there}/activities", shown)
        await says("POST", f"{there}/activities", {"type": "message"})
        await says("PUT", f"{there}/activities/{made['id']}", hi)
        await says("PUT", f"{there}/activities/1", hi)
        await says("POST", f"{there}/activities/{made['id']}", hi)
        await says("GET", f"{there}/members")
        await says("GET", f"{there}/members/{quote(places.user, safe='')}")
        await says("GET", f"{there}/members/29:nobody")
        await says("GET", f"{there}/pagedmembers?pageSize=50")
    await says("POST", "conversations/19:nowhere/activities", hi)
    await says("GET", "conversations/19:nowhere/members")
    await says("GET", f"teams/{quote(places.team, safe='')}")
    await says("GET", f"teams/{quote(places.team, safe='')}/conversations")
    asked = {"tenantId": places.tenant, "bot": {"id": places.bot}, "isGroup": False}
    await says("POST", "conversations", asked | {"members": [{"id": places.user}]})
    thread = {"isGroup": True, "channelData": {"channel": {"id": places.channel}}, "activity": hi}
    made = await says("POST", "conversations", thread)
    await says("POST", f"conversations/{quote(made['id'], safe='')}/activities", hi)
    return told
