"""Microsoft's own emulator, which nobody here wrote, does the same things; both must say the same.

Its lock has no addresses: whoever installs uses the registry they trust. Bring it up to package.json with `npm install
--package-lock-only --omit-lockfile-registry-resolved` in tests/teams/playground.
"""

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web

from tests.browser.install import NODE, npm
from tests.teams.conftest import ACME, Class
from tests.teams.invokes import TOAST
from tests.teams.small_bot import attached, card, execute, text
from tests.teams.witness import Caller, Places, script

HERE = Path(__file__).parent / "playground"
THERE = Path(__file__).parent.parent.parent / ".venv" / "playground"

Thing = dict[str, Any]

Sink = tuple[str, asyncio.Queue[Thing]]

pytestmark = [pytest.mark.hard, pytest.mark.timeout(180)]


@pytest.fixture(scope="session")
def installed() -> Path:
    """The emulator, from its own lock, in a place of its own."""
    lock = (HERE / "package-lock.json").read_text()
    kept = THERE / "package-lock.json"
    program = THERE / "node_modules" / "@microsoft" / "m365agentsplayground" / "cli.js"
    if not kept.exists() or kept.read_text() != lock or not program.exists():
        shutil.rmtree(THERE, ignore_errors=True)
        THERE.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, THERE)
        npm(THERE, "ci")
    return program


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
async def heard() -> AsyncIterator[Sink]:
    """A bot that takes everything, and what it has heard."""
    found: asyncio.Queue[Thing] = asyncio.Queue()

    async def messages(request: web.Request) -> web.Response:
        activity = await request.json()
        found.put_nowait(activity)
        if activity["type"] == "invoke":
            return web.json_response({"statusCode": 200, "type": TOAST, "value": "Thank you."})
        return web.Response()

    app = web.Application()
    app.router.add_post("/api/messages", messages)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/messages", found
    await runner.cleanup()


@pytest.fixture
def emulator(installed: Path, tmp_path: Path, heard: Sink) -> Iterator[str]:
    port = free_port()
    quiet = {"APPLICATION_INSIGHTS_NO_STATSBEAT": "true", "TEAMSAPPTESTER_BROWSER": "none"}
    quiet |= {"M365_AGENTS_PLAYGROUND_LOGFILE": str(tmp_path / "log")}
    command: list[str | Path] = [NODE, installed, "start", "-e", heard[0], "-c", "msteams", "-p", str(port)]
    with subprocess.Popen(
        [*command, "--disable-telemetry"],
        cwd=tmp_path,
        env=os.environ | quiet,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        yield f"http://localhost:{port}"
        process.terminate()


async def configuration(ask: Caller) -> Thing:
    """What there is in the emulator, as soon as it listens."""
    while True:
        try:
            _, found = await ask("GET", "/_internal/v1/config")
        except aiohttp.ClientError:
            await asyncio.sleep(0.1)
        else:
            known: Thing = found["config"]
            return known


@pytest.fixture
async def witness(emulator: str) -> AsyncIterator[tuple[Caller, Places]]:
    async with aiohttp.ClientSession() as session:
        ask = Caller(session, emulator)
        async with asyncio.timeout(60):
            known = await configuration(ask)
        team = known["teams"][0]
        places = Places(
            known["tenantId"],
            known["currentUser"]["id"],
            known["bot"]["id"],
            known["personalChat"]["id"],
            known["groupChats"][0]["id"],
            team["channels"][1]["id"],
            team["id"],
        )
        yield Caller(session, f"{emulator}/_connector/"), places


async def ours(room: Class) -> tuple[Caller, Places]:
    await room.bot.sign_in()
    rooms = (room.ann.personal.id, room.chat.id, room.channel.id, room.team.id)
    places = Places(ACME, room.ann.id, room.teams.bot_id, *rooms)
    return Caller(room.bot.session, room.teams.service_url, room.bot.token), places


# Where the two differ, and why ours is not changed.
#
# - The emulator calls the kind of a channel channelType; Microsoft's documentation and botbuilder call it type.
# - It gives the first message of a thread in a channel a platform, and later ones none; ours always has one.
# - It does not check tokens, cards, limits or installations; that is why ours exists.
# - It cannot delete, and knows no targeted messages, reactions, edits or meetings.
OF_ITS_OWN = {"channelType"}


def missing(theirs: Any, mine: Any, at: str = "") -> Iterator[str]:
    """Every key that they have and we do not, the first item of a list standing for all."""
    if isinstance(theirs, dict) and isinstance(mine, dict):
        for name, value in theirs.items():
            if name not in mine and name not in OF_ITS_OWN:
                yield f"{at}.{name}"
            yield from missing(value, mine.get(name), f"{at}.{name}")
    elif isinstance(theirs, list) and isinstance(mine, list) and theirs and mine:
        yield from missing(theirs[0], mine[0], f"{at}[0]")


def code(answer: Any) -> str | None:
    error = answer.get("error") if isinstance(answer, dict) else None
    return error["code"] if error else None


async def test_both_connectors_answer_the_same_script_alike(witness: tuple[Caller, Places], room: Class) -> None:
    theirs, mine = await script(*witness), await script(*await ours(room))
    outcomes = [[(name, status, code(answer)) for name, status, answer in told] for told in (theirs, mine)]
    lacking = [
        f"{name}{place}"
        for (name, _, their), (_, _, our) in zip(theirs, mine, strict=True)
        for place in missing(their, our)
    ]

    assert outcomes[1] == outcomes[0]
    assert not lacking, "\n".join(lacking)


async def test_both_tell_the_bot_of_messages_and_presses_in_the_same_shape(
    witness: tuple[Caller, Places], emulator: str, heard: Sink, room: Class
) -> None:
    call, places = witness
    client = Caller(call.session, f"{emulator}/_conversation/v1/")
    shown = attached(card(text("Ready?"), actions=(execute("Yes", "toast"),)))
    for name, where in zip((places.personal, places.group, places.channel), _rooms(room), strict=True):
        there = quote(name, safe="")
        tag = {"mentioned": {"id": places.bot}, "text": "<at>Test Bot</at>"}
        said: Thing = {"from": {"id": places.user}, "text": "<at>Test Bot</at> hi", "textFormat": "plain"}
        said |= {"mentions": [tag]} if name != places.personal else {}
        await client("POST", f"conversations/{there}/messages", said)
        _, made = await call("POST", f"v3/conversations/{there}/activities", shown)
        inside = name if name != places.channel else f"{name};messageid={made['id']}"
        pressed: Thing = {"from": {"id": places.user}, "conversation": {"id": inside}, "replyToId": made["id"]}
        action = {"type": "Action.Execute", "verb": "toast", "data": {}}
        value = {"action": action, "trigger": "manual"}
        await client("POST", "invoke", pressed | {"name": "adaptiveCard/action", "value": value})
        await client("POST", "submit", pressed | {"value": {"verb": "toast"}})
        room.ann.old_client = False
        await room.ann.mentions_bot(where, "hi")
        await room.bot.send(where.id, shown)
        await room.ann.presses(room.ann.last(where), "Yes")
        room.ann.old_client = True
        await room.ann.presses(room.ann.last(where), "Yes")
    async with asyncio.timeout(10):
        theirs = [await heard[1].get() for _ in range(9)]
    lacking = _lacking(theirs, room.bot.heard)

    assert [one["type"] for one in room.bot.heard] == [one["type"] for one in theirs]
    assert not lacking, "\n".join(lacking)


async def test_both_tell_the_bot_of_comings_and_goings_in_the_same_shape(
    witness: tuple[Caller, Places], emulator: str, room: Class
) -> None:
    call, places = witness
    ask = Caller(call.session, emulator)
    theirs = [
        (await ask("GET", f"/_internal/v1/customActivities/template?conversationId={name}&type={kind}"))[1]
        for name, kind in (
            (places.group, "botAdded"),
            (places.group, "install"),
            (places.group, "botRemoved"),
            (places.group, "uninstall"),
            (places.team, "botAdded"),
            (places.team, "install"),
            (places.team, "userAdded"),
            (places.team, "userRemoved"),
            (places.channel, "channelRenamed"),
            (places.channel, "channelCreated"),
            (places.channel, "teamRenamed"),
        )
    ]
    await room.chat.adds_bot()
    await room.chat.removes_bot()
    await room.team.adds_bot()
    eve = room.acme.user("Eve")
    await room.team.adds(eve)
    await room.team.removes(eve)
    await room.channel.renames("Week 2")
    await room.team.new_channel("Week 3")
    await room.team.renames("Courses")
    lacking = _lacking(theirs, room.bot.heard)

    assert [_about(one) for one in room.bot.heard] == [_about(one) for one in theirs]
    assert not lacking, "\n".join(lacking)


def _rooms(room: Class) -> tuple[Any, ...]:
    return room.ann.personal, room.chat, room.channel


def _about(activity: Thing) -> tuple[Any, ...]:
    return activity["type"], activity.get("action"), activity["channelData"].get("eventType")


def _lacking(theirs: list[Thing], mine: list[Thing]) -> list[str]:
    pairs = enumerate(zip(theirs, mine, strict=True))
    return [f"{number} {their['type']}{place}" for number, (their, our) in pairs for place in missing(their, our)]
