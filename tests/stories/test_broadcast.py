"""A checklist to 2,000 learners in Slack: the server is killed with -9 twice on the way, and each gets it exactly once.

The Slack here is small: it keeps what was posted, says at times that there were too many calls, and, when told to, has
the server killed after a message is posted and before that is answered. Nothing is measured in seconds.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.app import LOCAL, build
from bot.settings import OFF, TEAMS_OFF, load
from bot.settings import Slack as SlackSettings
from dialogs.base import Commanded, Joined
from dialogs.sent import Sent
from storage.connecting import migrate
from storage.sql import SqlStore
from tests.bench.process import free_port
from tests.counted import Tells
from tests.stories.plugs import Worker, happens
from tests.stories.workspace import SIGNING

PLACE, HOST = "slack:C1", "UHOST"
BUSY = 150  # posts after which Slack wants a pause of a second
FAR = re.compile(r"Sent to (all )?([\d,]+)")
SECRET = "s" * 32


class Small:
    """A Slack that keeps what was posted, by person."""

    def __init__(self) -> None:
        self.posts: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)  # channel -> ts -> message
        self.told: list[tuple[int, int]] = []  # of the facilitators' card: so many it says, and so many had it then
        self.kill: dict[int, Callable[[], None]] = {}  # at so many lists
        self.calls, self.stamps = count(1), count(1)
        self.url = ""

    def lists(self) -> list[str]:
        """Who has the list, once for each time."""
        return [channel for channel, posts in self.posts.items() if channel.startswith("DU0") for _ in posts]

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Listen, while the context lasts."""
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self.answer)
        runner, port = web.AppRunner(app, access_log=None), free_port()
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{port}/api/"
        try:
            yield
        finally:
            await runner.cleanup()

    async def answer(self, request: web.Request) -> web.Response:
        """Any method of the Web API."""
        body: dict[str, Any] = await request.json() if request.can_read_body else dict(request.query)
        match request.match_info["method"]:
            case "chat.postMessage":
                if next(self.calls) % BUSY == 0:
                    return web.json_response(
                        {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "1"}
                    )
                channel = body["channel"] if body["channel"].startswith("C") else f"D{body['channel']}"
                ts = f"1764000000.{next(self.stamps):06}"
                self.posts[channel][ts] = body
                self.looks(channel, body)
                killing = self.kill.pop(len(self.lists()), None)
                if killing:
                    killing()  # posted, and never answered
                return web.json_response({"ok": True, "channel": channel, "ts": ts})
            case "chat.update":
                self.posts[body["channel"]][body["ts"]] = body
                self.looks(body["channel"], body)
                return web.json_response({"ok": True, "channel": body["channel"], "ts": body["ts"]})
            case "conversations.open":
                return web.json_response({"ok": True, "channel": {"id": f"D{body['users']}"}})
            case "conversations.history":
                found = [{"ts": ts, **post} for ts, post in self.posts[body["channel"]].items()]
                return web.json_response({"ok": True, "messages": found})
            case "auth.test":
                who = {"team_id": "T1", "user_id": "U0", "bot_id": "B0", "url": "https://acme.slack.com/"}
                return web.json_response({"ok": True, **who})
        return web.json_response({"ok": True, "channel": {"id": "C1"}, "members": [], "user": {"id": "U1"}})

    def looks(self, channel: str, body: dict[str, Any]) -> None:
        """What the facilitator's card says of how far it has come."""
        if channel == f"D{HOST}" and (found := FAR.search(json.dumps(body))):
            self.told.append((int(found[2].replace(",", "")), len({*self.lists()})))


async def sends(url: str, slack: Small, learners: int) -> str:
    """A session in a channel with so many learners, and its checklist sent: all that, and nothing shown yet."""
    given: dict[str, Any] = {"signing_secret": SIGNING, "bot_token": "xoxb-1", "api_url": slack.url}
    app = build(load(database_url=url, secret=SECRET, slack=SlackSettings(**given), teams=TEAMS_OFF))
    app.engine.start()
    try:
        now = app.clock.now()

        async def types(by: str, text: str) -> None:
            typed = Commanded(id=f"typed {text}", at=now, tenant=LOCAL, by=by, place=PLACE, text=text)
            await app.engine.hear(typed)

        hana = await app.store.admit(LOCAL, "slack", HOST, "Hana", host=True)
        await types(hana, "sessions")
        await types(hana, f"new giving-feedback on {now + timedelta(days=3):%Y-%m-%d} 14:00 UTC")
        people = [await app.store.admit(LOCAL, "slack", f"U0{n:04}", f"Person {n}") for n in range(learners)]
        coming = (
            Joined(id=f"j{n}", at=now, tenant=LOCAL, by=person, place=PLACE, there=False)
            for n, person in enumerate(people)
        )
        await asyncio.gather(*map(app.engine.hear, coming))
        await types(hana, "checklist send")
        held = await app.store.at(LOCAL, PLACE)
        assert held
        return held[0]
    finally:
        await app.stop()


async def lists_of(store: SqlStore, session: str) -> Sent:
    """How far the learners' lists have come, as the store says."""
    (found,) = [one for one in await store.delivery(session) if (one.slot, one.role) == ("list", "learner")]
    return found


async def played(folder: Path, learners: int, kills: list[int]) -> tuple[Small, Sent, str]:
    """All of it, until the facilitator reads that everybody has it."""
    url, slack = f"sqlite:///{folder}/kept.db", Small()
    migrate(url)
    async with slack.serving():
        session = await sends(url, slack, learners)
        env = {
            "COHOST_DATABASE_URL": url, "COHOST_SECRET": SECRET, "SLACK_SIGNING_SECRET": SIGNING,
            "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_API_URL": slack.url,
        }  # fmt: skip
        worker = Worker(1, folder, env, ("-m", "tests.stories.brisk"))
        slack.kill = dict.fromkeys(kills, worker.kill)
        await asyncio.to_thread(worker.start)
        try:
            for at in kills:
                await happens(lambda at=at: at not in slack.kill, 120)  # type: ignore[misc]
                await asyncio.to_thread(worker.start)
            await happens(lambda: slack.told and slack.told[-1][0] == learners, 150, lambda: slack.told)
        finally:
            worker.kill()
        settings = load(database_url=url, secret=SECRET, slack=OFF, teams=TEAMS_OFF)
        app = build(settings)
        try:
            return slack, await lists_of(app.store, session), worker.logs()
        finally:
            await app.stop()


def holds(slack: Small, sent: Sent, log: str, learners: int, tells: Tells) -> None:
    """Each has it exactly once, and the facilitator was always told the truth."""
    said = [shown for shown, _ in slack.told]
    tells(f"{len(slack.lists())} lists to {len({*slack.lists()})} people; the facilitator read {said}")
    assert sorted(slack.lists()) == [f"DU0{n:04}" for n in range(learners)]
    assert said == sorted(said), "progress went back"
    assert all(shown <= had for shown, had in slack.told), "more were told of than had it"
    assert (sent.shown, sent.waiting, sent.gone) == (learners, 0, 0)
    assert "Traceback" not in log, log[-3000:]


@pytest.mark.hard
@pytest.mark.timeout(400)
async def test_two_thousand_get_their_list_once_though_the_server_is_killed_twice(tmp_path: Path, tells: Tells) -> None:
    slack, sent, log = await played(tmp_path, 2000, [700, 1400])

    holds(slack, sent, log, 2000, tells)
    assert len({shown for shown, _ in slack.told}) > 1, "progress was not told on the way"
