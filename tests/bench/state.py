"""A database as the real engine leaves it: a session in a channel, its people, and polls that are open."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.app import LOCAL, App
from bot.app import build as put_together
from bot.settings import load
from dialogs.base import Commanded, Joined
from storage.sql import migrate
from tests.bench.process import ROOT
from tests.bench.sink import CHANNEL, TEAM

SECRET = "s" * 32
CHOICES = ("Soup", "Pizza", "Salad", "Nothing")


def users(people: int) -> list[str]:
    """Slack's ids of them."""
    return [f"U{number:06}" for number in range(people)]


async def make(file: Path, people: int, polls: int) -> None:
    """One session with so many learners and open polls, nothing delivered yet."""
    url = f"sqlite:///{file}"
    migrate(url)
    app = put_together(load(database_url=url, secret=SECRET))
    app.engine.start()
    try:
        await _fill(app, people, polls)
    finally:
        await app.engine.stop()
        await app.store.close()


async def _fill(app: App, people: int, polls: int) -> None:
    now, place = datetime.now(UTC), f"slack:{CHANNEL}"
    host = await app.store.admit(LOCAL, "slack", f"{TEAM}/U0HOST", "Hana", host=True)

    async def types(text: str) -> None:
        event = Commanded(id=text, at=now, tenant=LOCAL, by=host, place=place, text=text)
        await app.engine.hear(event)

    await types('start "Bench"')
    for poll in range(polls):
        await types(f'poll "What for lunch on day {poll}?" {" ".join(CHOICES)}')
    who = [await app.store.admit(LOCAL, "slack", f"{TEAM}/{user}", f"Person {user}") for user in users(people)]
    joined = [Joined(id=f"j{one}", at=now, tenant=LOCAL, by=one, place=place, there=False) for one in who]
    await asyncio.gather(*map(app.engine.hear, joined))


def build(file: Path, people: int, polls: int) -> None:
    """Make it in a process of its own, whose settings nobody has told anything."""
    program = [sys.executable, "-m", "tests.bench.state", str(file), str(people), str(polls)]
    subprocess.run(program, check=True, cwd=file.parent, env={"PYTHONPATH": str(ROOT)})


if __name__ == "__main__":
    asyncio.run(make(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
