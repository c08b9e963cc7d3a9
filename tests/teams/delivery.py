"""How the bot hears of things: one POST with a token, once, again, or when a test lets it."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp

from tests.teams.tokens import Keys

if TYPE_CHECKING:
    from tests.teams.service import Teams

Thing = dict[str, Any]

TAKEN = (200, 201, 202)


@dataclass(frozen=True)
class Answer:
    """What the bot answered to one delivery; status 0 is no answer at all."""

    name: str  # of the activity or of the invoke
    payload: Thing = field(repr=False)
    status: int
    body: str = ""
    reason: str = ""  # why Teams counts this as a failure
    retry: int = 0
    seconds: float = field(default=0.0, compare=False)  # until the answer was there

    @property
    def ok(self) -> bool:
        return not self.reason

    @property
    def thing(self) -> Thing | None:
        """The body, if it is a JSON object."""
        try:
            said = json.loads(self.body)
        except ValueError:
            return None
        return said if isinstance(said, dict) else None


class Delivery:
    """Everything on its way to the bot, and everything that it answered."""

    def __init__(self, teams: Teams) -> None:
        self.teams, self.keys = teams, Keys()
        self.url: str | None = None
        self.answers: list[Answer] = []
        self.failed: list[Answer] = []
        self.held: list[Thing] | None = None
        self._session: aiohttp.ClientSession | None = None

    async def stop(self) -> None:
        if self._session:
            await self._session.close()

    def header(self, activity: Thing) -> str:
        """The header of a token that is good for this activity."""
        return self.keys.bearer(self.keys.claims(self.teams.app_id, activity["serviceUrl"]))

    async def event(self, activity: Thing) -> Answer | None:
        """Tell the bot of something, or keep it back."""
        if not self.url:
            return None  # nobody has connected a bot yet
        if self.held is not None:
            self.held.append(copy.deepcopy(activity))
            return None
        return await self._carry(activity, 0)

    async def invoke(self, activity: Thing) -> Answer:
        """Ask the bot something, somebody waiting for the answer: this is never kept back and never tried again."""
        assert self.url, "no bot is connected"
        answer = await self.post(activity, self.header(activity))
        self.answers.append(answer)
        return answer

    async def release(self, order: Callable[[list[Thing]], Iterable[Thing]], *, twice: bool) -> list[Answer]:
        held, self.held = self.held or [], None
        return [await self._carry(activity, turn) for activity in order(list(held)) for turn in range(1 + twice)]

    async def redeliver(self, again: Iterable[Answer] | None = None) -> list[Answer]:
        if again is None:
            again, self.failed = self.failed, []
        return [await self._carry(answer.payload, answer.retry + 1) for answer in list(again)]

    async def _carry(self, activity: Thing, retry: int) -> Answer:
        answer = await self.post(activity, self.header(activity), retry)
        self.answers.append(answer)
        if not answer.ok:
            self.failed.append(answer)
        return answer

    async def post(self, activity: Thing, authorization: str | None, retry: int = 0) -> Answer:
        """Deliver once, with this header or without."""
        assert self.url, "no bot is connected"
        self._session = self._session or aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        name = str(activity.get("name") or activity.get("type"))
        headers = {} if authorization is None else {"Authorization": authorization}
        limit, began = aiohttp.ClientTimeout(total=self.teams.patience), time.perf_counter()
        try:
            async with self._session.post(
                self.url, json=activity, headers=headers, timeout=limit, allow_redirects=False
            ) as got:
                said = await got.text()
                wanted = (200,) if activity.get("type") == "invoke" else TAKEN
                wrong = "" if got.status in wanted else f"status {got.status}"
                return Answer(name, activity, got.status, said, wrong, retry, time.perf_counter() - began)
        except TimeoutError:
            wrong = "timeout"
        except aiohttp.ClientError:
            wrong = "connection failed"
        return Answer(name, activity, 0, "", wrong, retry, time.perf_counter() - began)
