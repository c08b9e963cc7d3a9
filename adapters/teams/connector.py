"""Calling the Bot Connector: as which app, one call at a time per conversation, and what its refusals mean."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote, unquote
from weakref import WeakValueDictionary

import aiohttp
from pydantic import SecretStr
from yarl import URL

from adapters.base import Gone, Later, Lost, Wire
from adapters.pauses import Pauses
from adapters.teams.keys import body, document
from adapters.teams.late import Late
from adapters.teams.payload import User, asked_wait, parts, refusal, spot, text, trusted, user

__all__ = ["Connector", "Refused", "Tokens", "Unsure", "meant", "trusted"]

log = logging.getLogger(__name__)

SCOPE = "https://api.botframework.com/.default"
EARLY = timedelta(minutes=5)  # before a token ends: until then the old one still does
WAITS = 15.0  # seconds for an answer
PATIENCE = aiohttp.ClientTimeout(total=WAITS, sock_connect=5)
LONGEST = aiohttp.ClientTimeout(total=120, sock_connect=5)  # for the id of a message that is not waited for any more
SOON, BUSY, AT_ONCE = 5.0, 2.0, 0.5  # seconds: nobody answered; too many calls; two at the same time
LARGEST, LARGEST_REFUSAL = 4 * 1024 * 1024, 64 * 1024  # bytes of an answer
PAGE, PAGES = 500, 100  # of the members of a conversation


class Unsure(Exception):
    """Whether it was done cannot be known: the answer was lost, or says that something went wrong on their side."""


class Refused(Exception):
    """Teams said no, in a way that nobody here knows. It is tried again, later and later."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}".strip())
        self.status, self.code = status, code


class Malformed(Gone):
    """Teams cannot read what was sent, as when somebody is mentioned who is not in the conversation."""


# What an administrator, a facilitator or the person in question can do about it.
BLOCKED = "This person or channel has blocked Cohost: once somebody there writes to it again, it can answer."
NOT_HERE = "Cohost is not in this chat or team: add the app there, and it goes on."
REGISTER = (
    "Microsoft does not know this bot: check MicrosoftAppId and its registration in Azure, and that the Teams channel"
    " is switched on there."
)
UNKNOWN = "Microsoft does not accept MicrosoftAppId with MicrosoftAppPassword: make a new client secret in Entra."
FINAL = {
    (401, "BotNotRegistered"): REGISTER,
    (403, "BotNotInConversationRoster"): NOT_HERE,
    (403, "ForbiddenOperationException"): "This person has not installed Cohost in Teams: they, or an administrator for"
    " all, can add the app.",
    (403, "ConversationBlockedByUser"): BLOCKED,
    (403, "MessageWritesBlocked"): BLOCKED,
    (403, "BotDisabledByAdmin"): "The organisation's administrator has switched Cohost off: they can allow it in the"
    " Teams admin center.",
    (403, "InvalidBotApiHost"): "This organisation is in Microsoft's government cloud, and Cohost called the public"
    " one: write to Cohost there once, so that it learns the right address.",
    (403, "NotEnoughPermissions"): "Cohost lacks a permission in this chat or team: an owner can add the app anew and"
    " accept what it asks for.",
    (404, "ConversationNotFound"): "This chat or channel is not there any more: use another one.",
    (413, "MessageSizeTooBig"): "This message is too large for Teams: shorten its texts.",
}
NO_ADDRESS = "Cohost does not know a safe address for this chat: write to Cohost there once, so that it learns it."


def meant(status: int, code: str, wait: float | None = None, *, there: bool = False) -> Exception:
    """What a refusal means for whoever called. there: the call was about a message that should be there already."""
    if status == 429:
        return Later(BUSY if wait is None else wait)
    if status == 412:
        return Later(AT_ONCE)
    if status in {408, 500, 502, 503, 504} or status > 504:
        return Unsure(f"{status} {code}".strip())
    if why := FINAL.get((status, code)):
        return Gone(why)
    match status:
        case 404 if there:
            return Lost()
        case 404 if code == "ActivityNotFoundInConversation":
            return Gone("The message beneath which this belongs was deleted.")
        case 404:
            return Gone(FINAL[404, "ConversationNotFound"])
        case 413:
            return Gone(FINAL[413, "MessageSizeTooBig"])
        case 400:
            return Malformed(f"Teams cannot read this message ({code or status}): please report it.")
        case 401:
            return Gone(UNKNOWN)
        case 403:
            return Gone(f"Teams does not let Cohost write here ({code or status}): an administrator can find out why.")
    return Refused(status, code)


class Tokens:
    """The app's own token, from Entra: asked for before it is needed, and by one caller for all."""

    def __init__(
        self,
        login_url: str,
        app_id: str,
        password: SecretStr,
        tenant: str,
        session: aiohttp.ClientSession,
        now: Callable[[], datetime],
        scope: str = SCOPE,
    ) -> None:
        self._url = URL(f"{login_url.rstrip('/')}/{_quoted(tenant)}/oauth2/v2.0/token", encoded=True)
        if not trusted(str(self._url)):
            raise ValueError("TEAMS_LOGIN_URL must begin with https:// (http:// on this machine only)")
        self._app, self._password, self._scope = app_id, password, scope
        self._session, self._now = session, now
        self._token, self._until = "", now()
        self._renew, self._again = now(), now()  # when to ask for the next one; and after a refusal, not before when
        self._asking: asyncio.Task[Exception | None] | None = None

    async def token(self) -> str:
        """A token that works. Raises Gone (Microsoft does not take us for this app) or Later."""
        now = self._now()
        if self._token and now < self._until:
            if now >= self._renew:
                self._begin(now)  # nobody waits for it while the old one works
            return self._token
        # A caller who gives up does not take the answer along.
        no = await asyncio.shield(self._begin(now))
        if no:
            raise no
        return self._token

    def refused(self, token: str) -> None:
        """This one is not taken, though it should be: the next caller asks for another."""
        if token == self._token:
            self._token = ""

    async def close(self) -> None:
        """Stop asking."""
        if self._asking and not self._asking.done():
            self._asking.cancel()
            await asyncio.wait({self._asking})

    def _begin(self, now: datetime) -> asyncio.Task[Exception | None]:
        if self._asking and (not self._asking.done() or (self._asking.result() and now < self._again)):
            return self._asking
        self._asking = asyncio.create_task(self._ask(), name="token of the app in Teams")
        return self._asking

    async def _ask(self) -> Exception | None:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._app,
            "client_secret": self._password.get_secret_value(),
            "scope": self._scope,
        }
        asked, wait = self._now(), SOON
        try:
            async with self._session.post(self._url, data=form, timeout=PATIENCE, allow_redirects=False) as response:
                said = await _said(response)
                wait = max(wait, asked_wait(response.headers, self._now()) or 0)
                lasts = said.get("expires_in")
                if response.status == 200 and isinstance(lasts, int | str) and (token := text(said, "access_token")):
                    lasting = timedelta(seconds=min(max(int(lasts), 0), 86_400))
                    self._token, self._until = token, asked + lasting
                    self._renew = self._until - min(EARLY, lasting / 2)
                    return None
                error = text(said, "error") or str(response.status)
        except (aiohttp.ClientError, OSError, ValueError, RuntimeError) as no:
            error = type(no).__name__
        self._again = self._now() + timedelta(seconds=wait)
        log.warning("There is no token for Teams: %s", error)
        # Entra's own words for what only somebody with a browser can mend.
        final = {"invalid_client", "unauthorized_client", "invalid_request", "invalid_scope", "access_denied"}
        return Gone(UNKNOWN) if error in final else Later(wait)


class Connector:
    """What the bot says to Teams. Every call raises Later, Gone, Unsure or Refused; about a message also Lost.

    service_url is the one of a stored activity that came by the door, and of nothing else: the app's token goes there.
    """

    def __init__(
        self,
        tokens: Tokens,
        session: aiohttp.ClientSession,
        now: Callable[[], datetime],
        wire: Wire,
        asked_to_wait: Callable[[], None] = lambda: None,
    ) -> None:
        self._tokens, self._session, self._now = tokens, session, now
        self._pauses = Pauses(now, wire, "teams pauses", asked_to_wait)
        # Of two that write into one conversation at the same time, Teams refuses one (412).
        self._writing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._late = Late()

    async def send(self, service_url: str, conversation: str, activity: Mapping[str, Any]) -> str:
        """Post it. Returns the id of the message."""
        async with self._alone(conversation):
            return await self._send(service_url, conversation, activity, PATIENCE)

    async def post(self, service_url: str, conversation: str, activity: Mapping[str, Any]) -> str:
        """Post what will be posted again if this is Unsure: one whose answer comes too late is taken away."""
        async with self._alone(conversation):
            sending = self._send(service_url, conversation, activity, LONGEST)
            try:
                return await self._late.within(WAITS, sending, partial(self.delete, service_url, conversation))
            except TimeoutError as no:
                raise Unsure(type(no).__name__) from no

    async def _send(
        self, service_url: str, conversation: str, activity: Mapping[str, Any], patience: aiohttp.ClientTimeout
    ) -> str:
        return _id(
            await self._call("POST", service_url, _path(conversation, "activities"), activity, patience=patience)
        )

    async def update(self, service_url: str, conversation: str, id_: str, activity: Mapping[str, Any]) -> None:
        """Make the message look like this."""
        async with self._alone(conversation):
            await self._call("PUT", service_url, _path(conversation, "activities", id_), activity, there=True)

    async def delete(self, service_url: str, conversation: str, id_: str) -> None:
        """Take the message away."""
        async with self._alone(conversation):
            await self._call("DELETE", service_url, _path(conversation, "activities", id_), there=True)

    async def create(self, service_url: str, tenant: str, bot_id: str, user_id: str) -> str:
        """The chat of the bot with one person, begun if there is none yet. Returns its id."""
        wanted = {
            "bot": {"id": bot_id},
            "members": [{"id": user_id}],
            "isGroup": False,
            "tenantId": tenant,
            "channelData": {"tenant": {"id": tenant}},
        }
        async with self._alone(user_id):
            return _id(await self._call("POST", service_url, "/v3/conversations", wanted, whose=user_id))

    async def members(self, service_url: str, conversation: str) -> tuple[User, ...]:
        """Everybody in a chat or in a channel's team."""
        found: dict[str, User] = {}
        path, more = _path(spot(conversation)[0], "pagedmembers"), ""
        for _ in range(PAGES):
            query = f"?pageSize={PAGE}" + (f"&continuationToken={quote(more, safe='')}" if more else "")
            page = await self._call("GET", service_url, path + query)
            found |= {who.id: who for one in parts(page, "members") if (who := user(one))}
            before, more = more, text(page, "continuationToken")
            if not more or more == before:
                break
        return tuple(found.values())

    async def member(self, service_url: str, conversation: str, user_id: str) -> User | None:
        """One of them, by either of their ids. None: they are not there."""
        path = _path(spot(conversation)[0], "members", user_id)
        try:
            return user(await self._call("GET", service_url, path, there=True))
        except Lost:
            return None

    async def close(self) -> None:
        """Wait for no answer any more."""
        await self._late.close()

    def _alone(self, conversation: str) -> asyncio.Lock:
        whole, lock = spot(conversation)[0], asyncio.Lock()
        return self._writing.setdefault(whole, lock)

    async def _call(
        self,
        method: str,
        service_url: str,
        path: str,
        sent: Mapping[str, Any] | None = None,
        *,
        there: bool = False,
        whose: str = "",
        patience: aiohttp.ClientTimeout = PATIENCE,
    ) -> Mapping[str, Any]:
        if not trusted(service_url):
            raise Gone(NO_ADDRESS)
        # Teams counts what is written and what is looked up apart, each in its conversation.
        whose = whose or f"{'look' if method == 'GET' else 'write'} {spot(unquote(path.split('/')[3]))[0]}"
        self._pauses.keep(whose)
        url = URL(service_url.rstrip("/") + path, encoded=True)  # as quoted here: an id may hold a slash or a percent
        token = await self._tokens.token()
        status, said, wait = await self._answer(method, url, token, sent, patience)
        if status == 401 and (status, refusal(said)) not in FINAL:
            self._tokens.refused(token)  # before its time, as when the client secret was changed: a new one may do
            status, said, wait = await self._answer(method, url, await self._tokens.token(), sent, patience)
        if status == 429:
            await self._pauses.begin(whose, wait)
            self._pauses.keep(whose)
        self._pauses.end(whose)
        if 200 <= status < 300:
            return said
        code = refusal(said)
        log.info("Teams answered %s %s to %s", status, code, method)
        raise meant(status, code, wait, there=there)

    async def _answer(
        self, method: str, url: URL, token: str, sent: Mapping[str, Any] | None, patience: aiohttp.ClientTimeout
    ) -> tuple[int, Mapping[str, Any], float | None]:
        headers = {"Authorization": f"Bearer {token}"}
        try:
            async with self._session.request(
                method, url, json=sent, headers=headers, timeout=patience, allow_redirects=False
            ) as response:
                return response.status, await _said(response), asked_wait(response.headers, self._now())
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as no:
            raise Later(SOON) from no  # it never left
        except (aiohttp.ClientError, OSError) as no:
            raise Unsure(type(no).__name__) from no


def _quoted(one: str) -> str:
    if not one.strip("."):
        raise ValueError("this would be another path")
    return quote(one, safe="")


def _path(conversation: str, *rest: str) -> str:
    return "/".join(("/v3/conversations", *map(_quoted, (conversation, *rest))))


def _id(said: Mapping[str, Any]) -> str:
    if found := text(said, "id"):
        return found
    raise Unsure("it was done, and nobody says under which id")


async def _said(response: aiohttp.ClientResponse) -> Mapping[str, Any]:
    """The answer, as far as it is an object: a refusal may as well be a page of some server in between."""
    try:
        return document(await body(response, LARGEST if response.status < 300 else LARGEST_REFUSAL))
    except (ValueError, RecursionError):
        return {}
