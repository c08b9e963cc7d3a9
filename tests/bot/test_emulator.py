"""Teams without Microsoft: an emulator on the same machine is served with no app, no password and no network."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.starting import known

ROOT = Path(__file__).parent.parent.parent
HELP = ROOT / "tests" / "adapters" / "teams" / "payloads" / "emulator.json"  # somebody writes “help”


@asynccontextmanager
async def emulator(answers: "asyncio.Queue[tuple[str, dict[str, Any]]]") -> AsyncIterator[TestServer]:
    """Takes what a bot says to its service, and whether it brought a token."""

    async def take(request: web.Request) -> web.Response:
        answers.put_nowait((request.headers.get("Authorization", ""), await request.json()))
        return web.json_response({"id": "1"})

    app = web.Application()
    app.router.add_post("/v3/conversations/{id}/activities", take)
    server = TestServer(app)
    async with server:
        yield server


async def test_an_emulator_is_answered_without_an_app_a_password_or_a_network(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in known():
        monkeypatch.delenv(name, raising=False)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.setenv("TEAMS_AUTH_DISABLED", "true")
    monkeypatch.setenv("COHOST_SECRET", "0123456789abcdef")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    answers: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
    command = (sys.executable, "-m", "bot", "serve", "--port", str(port))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, cwd=alone, stdout=pipe, stderr=pipe)
    assert process.stdout
    assert process.stderr
    try:
        ready = await process.stdout.readline()
        assert ready == f"Cohost is ready at http://127.0.0.1:{port}\n".encode()
        async with emulator(answers) as service, aiohttp.ClientSession() as session:
            said = json.loads(HELP.read_text()) | {"serviceUrl": str(service.make_url("")).rstrip("/")}
            async with session.post(f"http://127.0.0.1:{port}/api/messages", json=said) as answer:
                assert answer.status == 200, await answer.text()
            token, card = await asyncio.wait_for(answers.get(), 30)
    finally:
        process.terminate()
        errors = (await process.communicate())[1].decode()

    assert token.removeprefix("Bearer").strip() == ""
    assert "/ilt" in str(card) or "poll" in str(card)
    assert (process.returncode, errors) == (0, "")
