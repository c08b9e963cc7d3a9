"""A second emulator, which nobody here wrote, answers the same script of calls; both must say the same.

Its lock has no addresses: whoever installs uses the registry they trust. Bring it up to package.json with `npm install
--package-lock-only --omit-lockfile-registry-resolved` in tests/slack/emulate.
"""

import asyncio
import json
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.browser.install import NODE, npm
from tests.slack.checks import Thing
from tests.slack.small_bot import MODAL, poll
from tests.slack.workspace import Slack

HERE = Path(__file__).parent / "emulate"
THERE = Path(__file__).parent.parent.parent / ".venv" / "emulate"
TOKEN = "xoxb-witness"
SEED = {
    "slack": {
        "team": {"name": "Acme", "domain": "acme"},
        "users": [{"name": "ann.ode", "real_name": "Ann Ode", "email": "ann@acme.example"}],
        "channels": [{"name": "class"}, {"name": "closed"}],
        "oauth_apps": [
            {
                "client_id": "1.2",
                "client_secret": "secret",
                "app_id": "A0COHOST",
                "name": "Cohost",
                "redirect_uris": ["http://127.0.0.1/"],
                "scopes": ["chat:write"],
                "bot_id": "B0COHOST",
                "bot_user_id": "U0COHOST",
                "bot_name": "cohost",
            }
        ],
        "tokens": [{"token": TOKEN, "user": "cohost", "bot_id": "B0COHOST", "app_id": "A0COHOST"}],
    }
}

pytestmark = [pytest.mark.hard, pytest.mark.timeout(180)]


class Caller:
    """A client of either service, which sends forms, since the other emulator knows nothing else for reading."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        self.session, self.url, self.token = session, url, token

    async def __call__(self, method: str, **arguments: Any) -> Thing:
        form = {
            name: json.dumps(value) if isinstance(value, list | dict) else str(value)
            for name, value in arguments.items()
        }
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.session.post(f"{self.url}{method}", data=form, headers=headers) as got:
            answer: Thing = await got.json()
            return answer


@pytest.fixture(scope="session")
def installed() -> Path:
    """The emulator, from its own lock, in a place of its own."""
    lock = (HERE / "package-lock.json").read_text()
    kept = THERE / "package-lock.json"
    if not kept.exists() or kept.read_text() != lock or not (THERE / "node_modules" / "emulate").exists():
        shutil.rmtree(THERE, ignore_errors=True)
        THERE.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, THERE)
        npm(THERE, "ci")
    return THERE / "node_modules" / "emulate" / "dist" / "index.js"


@pytest.fixture
def emulator(installed: Path, tmp_path: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "seed.json").write_text(json.dumps(SEED))
    command: list[str | Path] = [
        NODE,
        installed,
        "start",
        "-s",
        "slack",
        "-p",
        str(port),
        "--seed",
        tmp_path / "seed.json",
    ]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        yield f"http://127.0.0.1:{port}/api/"
        process.terminate()


@pytest.fixture
async def witness(emulator: str) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        caller = Caller(session, emulator, TOKEN)
        async with asyncio.timeout(30):
            while True:
                try:
                    await caller("auth.test")
                    break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.1)
        for room in (await caller("conversations.list"))["channels"]:
            await caller("conversations.join", channel=room["id"])
        yield caller


@pytest.fixture
async def ours() -> AsyncIterator[Caller]:
    async with Slack() as slack, aiohttp.ClientSession() as session:
        team = slack.team("T000000001", name="Acme")
        ann = team.user("Ann Ode", email="ann@acme.example")
        for name in ("class", "closed"):
            team.channel(name, members=[ann], bot=True)
        yield Caller(session, slack.api_url, team.token)


async def script(call: Caller) -> list[tuple[str, Thing]]:
    """One session's worth of calls, those that are refused included."""
    told: list[tuple[str, Thing]] = []

    async def says(method: str, **arguments: Any) -> Thing:
        told.append((method, await call(method, **arguments)))
        return told[-1][1]

    await says("auth.test")
    rooms = {room["name"]: room["id"] for room in (await says("conversations.list"))["channels"]}
    people = {user["name"]: user["id"] for user in (await says("users.list"))["members"]}
    room, ann = rooms["class"], people["ann.ode"]
    await says("users.info", user=ann)
    await says("users.info", user="U0")
    await says("users.lookupByEmail", email="ann@acme.example")
    await says("users.lookupByEmail", email="nobody@acme.example")
    await says("team.info")
    await says("conversations.info", channel=room)
    await says("conversations.info", channel="C0")
    await says("conversations.members", channel=room)
    metadata = {"event_type": "poll", "event_payload": {"key": "p1"}}
    posted = await says("chat.postMessage", channel=room, text="Ready?", blocks=poll(0), metadata=metadata)
    await says("chat.postMessage", channel=room, text="Yes", thread_ts=posted["ts"])
    await says("chat.postMessage", channel=room)
    await says("chat.postMessage", channel="C0", text="x")
    await says("conversations.history", channel=room)
    await says("conversations.history", channel=room, include_all_metadata=True)
    await says("conversations.replies", channel=room, ts=posted["ts"])
    await says("chat.update", channel=room, ts=posted["ts"], text="Closed", blocks=poll(1))
    await says("chat.update", channel=room, ts=posted["ts"], text="Closed")
    await says("chat.update", channel=room, ts="1.000001", text="x")
    await says("chat.postEphemeral", channel=room, user=ann, text="Only you")
    opened = await says("conversations.open", users=ann)
    await says("conversations.open", users=ann)
    await says("conversations.open", users=ann, return_im=True)
    await says("conversations.open")
    await says("conversations.open", users="U0")
    direct = await says("chat.postMessage", channel=ann, text="Hello")
    assert direct["channel"] == opened["channel"]["id"]
    await says("chat.delete", channel=room, ts=posted["ts"])
    await says("chat.delete", channel=room, ts=posted["ts"])
    home = await says("views.publish", user_id=ann, view={"type": "home", "blocks": poll(0)})
    await says("views.update", view_id=home["view"]["id"], hash="old", view={"type": "home", "blocks": poll(0)})
    await says("views.update", view_id="V0", view=MODAL)
    return told


# Where the two differ, and why ours is not changed.
#
# - The emulator shows `edited` after an update with blocks; Slack's page on chat.update says that there is none.
# - It shows metadata in history whether or not it is asked for; Slack shows it with include_all_metadata only.
# - It does not refuse metadata, blocks or views for what is in them; Slack does, and that is why ours exists.
# - It gives a direct message everything that a channel has; Slack gives an im object, which is short.
# - It sends an empty cursor with the last page of a history; Slack may leave it out, and a bot must bear that.
# - Its first member is a person with an address, ours is the bot.
# - Fields of people and channels which have no use here (pictures, last_read, status) are not played.
OF_ITS_OWN = ("conversations.open.channel.", "conversations.history.response_metadata", "users.list.members[0].profile")
IN_THE_MESSAGE = {"edited", "metadata"}
WITHOUT_USE = {
    *("is_open", "last_read", "title", "phone", "skype", "image_48", "image_192", "app_id", "app_name", "icon"),
    *("status_text", "status_emoji", "status_emoji_display_info", "status_expiration", "created", "updated"),
    *("huddle_state", "huddle_state_expiration_ts", "email_domain"),
}


def missing(theirs: Any, mine: Any, at: str = "") -> Iterator[str]:
    """Every key that they have and we do not, the first item of a list standing for all."""
    if isinstance(theirs, dict) and isinstance(mine, dict):
        for name, value in theirs.items():
            if name in WITHOUT_USE | IN_THE_MESSAGE:
                continue
            if name not in mine:
                yield f"{at}.{name}"
            else:
                yield from missing(value, mine[name], f"{at}.{name}")
    elif isinstance(theirs, list) and isinstance(mine, list) and theirs and mine:
        yield from missing(theirs[0], mine[0], f"{at}[0]")


async def test_both_answer_the_same_script_alike(witness: Caller, ours: Caller) -> None:
    theirs, mine = await script(witness), await script(ours)
    outcomes = [
        [(method, answer["ok"], answer.get("error")) for method, answer in answers] for answers in (theirs, mine)
    ]
    lacking = [
        f"{method}{place}"
        for (method, their), (_, our) in zip(theirs, mine, strict=True)
        for place in missing(their, our)
    ]

    lacking = [place for place in lacking if not place.startswith(OF_ITS_OWN)]

    assert outcomes[1] == outcomes[0]
    assert not lacking, "\n".join(lacking)
