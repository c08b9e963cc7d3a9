"""Votes for `plugs`: pressed once, and delivered one to three times in any order until a process has answered well."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import aiohttp

from tests.slack import payloads
from tests.slack.delivery import INTERACTIVE, encoded, signed
from tests.slack.forms import pressable as slack_button
from tests.stories.plugs import CHOICES, Board, Town, Worker
from tests.stories.workspace import SIGNING
from tests.teams import activities
from tests.teams.cards import pressable as teams_button

ANSWER = {"slack": 3.0, "teams": 10.0}  # seconds that the platform waits for an answer
PATIENCE = 150.0  # seconds for which one delivery is tried again
AT_ONCE = 48  # deliveries under way


@dataclass
class Press:
    """One press of one person, which is delivered once or several times."""

    platform: str
    user: str  # as the database knows them
    dialog: str
    value: str
    at: datetime
    payload: dict[str, Any] = field(repr=False)
    answered: bool = False


class Votes:
    """Everybody's presses, and what came of them."""

    def __init__(self, town: Town) -> None:
        self.town, self.dice, self.counts = town, town.dice, town.counts
        self.presses: list[Press] = []
        self.late: dict[str, list[Press]] = {}  # of those, what is kept for the end, by dialog
        self.bearer = town.teams.good_header()
        self.http = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), connector=aiohttp.TCPConnector(limit=2 * AT_ONCE)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()

    def everybody(self, voters: int, late: int) -> None:
        """Everybody votes in one of the polls, some twice or three times: half in Slack, half in Teams."""
        town, first, moment = self.town, datetime.now(UTC), 0
        for number in range(voters):
            board = town.boards[number % len(town.boards)]
            of_slack = number // 2 % 2 == 0
            who = self._somebody(f"Person {number}", of_slack=of_slack)
            for _ in range(self.dice.choice((1, 1, 1, 2, 3))):
                moment += 1
                label, at = self.dice.choice(CHOICES), first + timedelta(milliseconds=moment)
                made = self._in_slack if of_slack else self._in_teams
                self.presses.append(made(who, board, label, at))
        for board in town.boards if late else ():
            self.late[board.dialog] = [press for press in self.presses if press.dialog == board.dialog][-late:]
        self.counts["voters"], self.counts["presses"] = voters, len(self.presses)

    def _somebody(self, name: str, *, of_slack: bool) -> Any:
        if of_slack:
            member = self.town.team.user(name)
            self.town.channel.members.append(member.id)
            return member
        user = self.town.acme.user(name, installed=True)
        self.town.chat.people.append(user)
        return user

    async def at_once(self, board: Board, label: str, each: int) -> None:
        """So many more on either platform press this now, and are answered."""
        for number in range(2 * each):
            of_slack = number % 2 == 0
            who = self._somebody(f"{board.question} {number}", of_slack=of_slack)
            press = (self._in_slack if of_slack else self._in_teams)(who, board, label, datetime.now(UTC))
            self.presses.append(press)
            await self._delivers(press, self.town.workers)
        for what in ("voters", "presses", "deliveries"):
            self.counts[what] += 2 * each

    def _in_slack(self, who: Any, board: Board, label: str, at: datetime) -> Press:
        block, element, option = slack_button(board.slack.blocks, label)
        action = payloads.action(who, block, element, option) | {"action_ts": f"{at.timestamp():.6f}"}
        payload = payloads.block_actions(who, board.slack, self.town.team.installed(), [action])
        return Press("slack", f"T1/{who.id}", board.dialog, json.loads(element["value"])[3], at, payload)

    def _in_teams(self, who: Any, board: Board, label: str, at: datetime) -> Press:
        _, action = teams_button(board.teams.cards, label, old=False)
        value = {"action": {name: action[name] for name in ("type", "verb", "title", "data") if name in action}}
        payload = activities.invoke(
            "adaptiveCard/action", self.town.chat, who, value | {"trigger": "manual"}, board.teams
        )
        payload["timestamp"] = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return Press("teams", who.aad_id, board.dialog, action["data"]["v"], at, payload)

    async def sends(self, seconds: float) -> None:
        """Each press one to three times, in random order, spread over so many seconds at least."""
        now = [press for press in self.presses if press not in self.late.get(press.dialog, ())]
        due = [press for press in now for _ in range(self.dice.choice((1, 2, 3)))]
        self.dice.shuffle(due)
        self.counts["deliveries"] += len(due)
        free, began = asyncio.Semaphore(AT_ONCE), time.monotonic()

        async def one(press: Press) -> None:
            try:
                await self._delivers(press, self.town.workers)
            finally:
                free.release()

        async with asyncio.TaskGroup() as group:
            for number, press in enumerate(due):
                await asyncio.sleep(max(0.0, began + number / len(due) * seconds - time.monotonic()))
                await free.acquire()
                group.create_task(one(press))

    async def _delivers(self, press: Press, workers: Sequence[Worker]) -> None:
        """One delivery, again and again until it is answered well."""
        until, tries = time.monotonic() + PATIENCE, 0
        while time.monotonic() < until:
            if await self._posts(press, self.dice.choice(workers)):
                press.answered = True
                return
            tries += 1
            self.counts["retries"] += 1
            await asyncio.sleep(min(4.0, 0.2 * 2**tries) * self.dice.uniform(0.5, 1))
        self.counts["given up"] += 1

    async def _posts(self, press: Press, worker: Worker) -> bool:
        if press.platform == "slack":
            body, content = encoded(INTERACTIVE, press.payload)
            path, headers = "/slack/events", signed(body, SIGNING, int(time.time())) | {"Content-Type": content}
        else:
            path, body = "/api/messages", json.dumps(press.payload).encode()
            headers = {"Authorization": self.bearer, "Content-Type": "application/json"}
        limit = aiohttp.ClientTimeout(total=ANSWER[press.platform])
        try:
            async with self.http.post(worker.url + path, data=body, headers=headers, timeout=limit) as got:
                said = await got.text()
        except TimeoutError:
            self.counts["unanswered in time"] += 1
            return False
        except aiohttp.ClientError:
            self.counts["connections lost"] += 1
            return False
        if got.status >= 500:
            self.counts["5xx"] += 1
        elif got.status != 200:
            self.counts[f"status {got.status}"] += 1
        if got.status == 200 and press.platform == "teams" and json.loads(said).get("statusCode") != 200:
            self.counts["refused in the card"] += 1
            return False
        return got.status == 200

    async def sends_late(self, workers: Sequence[Worker], board: Board, most: int) -> None:
        """Some of those kept for the end, at these processes."""
        late = self.late[board.dialog]
        due, self.late[board.dialog] = late[:most], late[most:]
        self.counts["deliveries"] += len(due)
        await asyncio.gather(*(self._delivers(press, workers) for press in due))
