"""A small bot that checks tokens with PyJWT and calls the Connector by hand, by which the fake service is proved."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import aiohttp
import jwt
from aiohttp import web

from tests.teams.invokes import ERROR, TOAST
from tests.teams.messages import CARD
from tests.teams.service import Teams
from tests.teams.tokens import ISSUER, SCOPE

Thing = dict[str, Any]

APP_ID = "11111111-2222-4333-8444-555555555555"
PASSWORD = "let-me-in"


def execute(title: str, verb: str, **more: Any) -> Thing:
    """A button as it should be: with a fallback for old clients."""
    data = {"verb": verb} | more
    fallback = {"type": "Action.Submit", "title": title, "data": data}
    return {"type": "Action.Execute", "title": title, "verb": verb, "data": more, "fallback": fallback}


def card(*body: Thing, actions: tuple[Thing, ...] = (), **more: Any) -> Thing:
    rows = [{"type": "ActionSet", "actions": list(actions)}] if actions else []
    return {"type": "AdaptiveCard", "version": "1.5", "body": [*body, *rows]} | more


def text(words: str) -> Thing:
    return {"type": "TextBlock", "text": words, "wrap": True}


def poll(said: str, *refreshed: str) -> Thing:
    """A poll with a button of every kind."""
    note = {"type": "Input.Text", "id": "note", "label": "Note", "isRequired": False, "maxLength": 20}
    verbs = {"Yes": "vote", "Toast": "toast", "Fail": "fail", "Nonsense": "nonsense", "Slow": "slow"}
    actions = tuple(execute(title, verb, option=title) for title, verb in verbs.items())
    edit = {"type": "Action.Submit", "title": "Edit", "data": {"msteams": {"type": "task/fetch"}, "poll": "p1"}}
    again = {"type": "Action.Execute", "verb": "refresh", "data": {"poll": "p1"}}
    refresh = {"action": again, "userIds": list(refreshed)}
    return card(text(said), note, actions=(*actions, edit), refresh=refresh)


def attached(shown: Thing) -> Thing:
    return {"type": "message", "attachments": [{"contentType": CARD, "content": shown}]}


def answered(status: int, kind: str, value: Any) -> web.Response:
    return web.json_response({"statusCode": status, "type": kind, "value": value})


class SmallBot:
    """It polls when it is asked to, counts presses, asks in a dialog, and notes whatever it hears."""

    def __init__(self, teams: Teams, session: aiohttp.ClientSession) -> None:
        self.teams, self.session = teams, session
        self.heard: list[Thing] = []
        self.keys: dict[str, Any] = {}
        self.token = ""
        self.votes = 0
        self.waits: list[str] = []  # how long it was told to wait

    # ------------------------------------------------------------------------------------------------------- inbound

    async def messages(self, request: web.Request) -> web.Response:
        activity = await request.json()
        if not await self.trusts(request.headers.get("Authorization", ""), activity):
            return web.Response(status=401)
        self.heard.append(activity)
        if activity["type"] == "invoke":
            return await self.asked(activity)
        said = re.sub(r"<at>Cohost</at>|&nbsp;", " ", activity.get("text", "")).strip()
        if activity["type"] == "message" and said.startswith("poll"):
            await self.send(activity["conversation"]["id"], attached(poll("Ready? 0 so far", activity["from"]["id"])))
        return web.Response(status=500 if said == "crash" else 200)

    async def trusts(self, header: str, activity: Thing) -> bool:
        scheme, _, token = header.partition(" ")
        try:
            kid = jwt.get_unverified_header(token).get("kid", "")
            if kid not in self.keys:
                await self.fetch_keys()
            key = self.keys[kid]
            must: Any = {"require": ["exp", "nbf", "iss", "aud", "serviceurl"]}
            claims = jwt.decode(token, key, ["RS256"], must, audience=APP_ID, issuer=ISSUER, leeway=300)
        except (jwt.InvalidTokenError, KeyError):
            return False
        return scheme == "Bearer" and claims["serviceurl"] == activity["serviceUrl"]

    async def fetch_keys(self) -> None:
        async with self.session.get(self.teams.openid_url) as got:
            where = (await got.json())["jwks_uri"]
        async with self.session.get(where) as got:
            served = (await got.json())["keys"]
        self.keys = {one["kid"]: jwt.PyJWK(one, "RS256") for one in served if "msteams" in one["endorsements"]}

    async def asked(self, activity: Thing) -> web.Response:
        value = activity["value"]
        if activity["name"].startswith("task/"):
            return web.json_response(self.dialog(activity["name"], value["data"]))
        match value["action"]["verb"]:
            case "vote":
                self.votes += 1
                note = value["action"]["data"].get("note", "")
                return answered(200, CARD, card(text(f"Your vote: Yes {note}".strip())))
            case "refresh":
                return answered(200, CARD, card(text(f"For you: {self.votes}")))
            case "toast":
                return answered(200, TOAST, "Thank you.")
            case "fail":
                return answered(400, ERROR, {"code": "closed", "message": "The poll is closed."})
            case "slow":
                await asyncio.sleep(60)
        return answered(200, "application/vnd.microsoft.adaptive.card", {})

    def dialog(self, name: str, data: Thing) -> Thing:
        if name == "task/submit":
            return {"task": {"type": "message", "value": f"Saved {data['title']}."}} if "title" in data else {}
        field = {"type": "Input.Text", "id": "title", "label": "Title", "isRequired": True, "errorMessage": "Say one."}
        save = {"type": "Action.Submit", "title": "Save"}
        attachment = {"contentType": CARD, "content": card(field, actions=(save,))}
        return {"task": {"type": "continue", "value": {"title": "Edit the poll", "card": attachment}}}

    # ------------------------------------------------------------------------------------------------------ outbound

    async def sign_in(self, **other: str) -> tuple[int, Thing]:
        asked = {"grant_type": "client_credentials", "client_id": APP_ID, "client_secret": PASSWORD, "scope": SCOPE}
        tenant = other.pop("tenant", next(iter(self.teams.login_tenants)))
        url = f"{self.teams.login_url}/{tenant}/oauth2/v2.0/token"
        async with self.session.post(url, data=asked | other) as got:
            said: Thing = await got.json()
            self.token = said.get("access_token", self.token)
            return got.status, said

    async def call(self, verb: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        """One call: its status and what it answers, if that is JSON."""
        if not self.token:
            await self.sign_in()
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.teams.service_url}v3/{path}"
        async with self.session.request(verb, url, json=body, headers=headers, params=query) as got:
            self.waits += [got.headers["Retry-After"]] if "Retry-After" in got.headers else []
            return got.status, await got.json() if got.content_type == "application/json" and got.status else None

    async def send(self, conversation: str, body: Thing, **query: str) -> tuple[int, Any]:
        return await self.call("POST", f"conversations/{quote(conversation, safe='')}/activities", body, **query)

    async def update(self, conversation: str, message: str, body: Thing, **query: str) -> tuple[int, Any]:
        place = quote(conversation, safe="")
        return await self.call("PUT", f"conversations/{place}/activities/{message}", body, **query)

    def events(self) -> list[str]:
        """What it has heard, by name or type."""
        return [one.get("name") or one["type"] for one in self.heard]


@asynccontextmanager
async def served(teams: Teams, tenant: str) -> AsyncIterator[SmallBot]:
    """The bot behind HTTP, connected."""
    async with aiohttp.ClientSession() as session:
        bot = SmallBot(teams, session)
        app = web.Application()
        app.router.add_post("/api/messages", bot.messages)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/messages"
        teams.connect(url, app_id=APP_ID, app_password=PASSWORD, tenant=tenant)
        try:
            yield bot
        finally:
            await runner.cleanup()
