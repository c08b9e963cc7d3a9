"""A database as the real engine leaves it: a session in a channel, its people, and polls that are open."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.app import LOCAL, App
from bot.app import build as put_together
from bot.settings import load
from dialogs.base import Commanded, Joined
from storage.connecting import migrate
from tests.bench.process import ROOT
from tests.bench.sink import CHANNEL, CHAT, TEAM, TENANT

SECRET = "s" * 32
MOMENT = "2026-01-01 00:00:00.000000"  # as SQLite keeps one
CHOICES = ("Soup", "Pizza", "Salad", "Nothing")


STUFFED = "stuffed"  # how the ids of people begin who voted before the bench began


@dataclass(frozen=True, slots=True)
class Made:
    """What a database is to hold. teams: the address of the sink's Teams, where it is not for Slack."""

    people: int
    polls: int
    sessions: int = 1
    teams: str = ""
    question: bool = False  # an open question in each session, whose silence is noticed
    closing: int = 0  # polls more in the first session, each with a timer


def users(people: int) -> list[str]:
    """Slack's ids of them."""
    return [f"U{number:06}" for number in range(people)]


def accounts(people: int) -> list[str]:
    """Entra's ids of them, for Teams."""
    return [f"11111111-2222-4333-8444-{number:012}" for number in range(people)]


async def make(url: str, wanted: Made) -> None:
    """Sessions with so many learners and open polls each, nothing delivered yet."""
    migrate(url)
    app = put_together(load(database_url=url, secret=SECRET))
    app.engine.start()
    try:
        for number in range(wanted.sessions):
            await _fill(app, wanted, number)
    finally:
        await app.engine.stop()
        await app.store.close()


async def _fill(app: App, wanted: Made, number: int) -> None:
    now = datetime.now(UTC)
    if wanted.teams:
        platform, ids, host_id, place = "teams", accounts(wanted.people), accounts(10**6)[-1], f"teams:{CHAT}"
        known = {"url": wanted.teams, "tenant": TENANT, "bot": "28:bench", "user": "", "chat": ""}
        await app.engine.remember(LOCAL, "teams", CHAT, known)
    else:
        platform, place = "slack", f"slack:{CHANNEL}" if number == 0 else f"slack:C1{number:05}"
        ids = [f"{TEAM}/{user}" for user in users(wanted.people * (number + 1))[-wanted.people :]]
        host_id = f"{TEAM}/U0HOST{number or ''}"
    host = await app.store.admit(LOCAL, platform, host_id, "Hana", host=True)

    async def types(text: str) -> None:
        event = Commanded(id=f"{number} {text}", at=now, tenant=LOCAL, by=host, place=place, text=text)
        await app.engine.hear(event)

    await types('start "Bench"')
    for poll in range(wanted.polls):
        await types(f'poll "What for lunch on day {poll}?" {" ".join(CHOICES)}')
    for poll in range(wanted.closing if number == 0 else 0):
        await types(f'poll "What for dinner on day {poll}?" {" ".join(CHOICES)} --for 3600s')
    who = [await app.store.admit(LOCAL, platform, one, f"Person {one}") for one in ids]
    joined = [Joined(id=f"j{one}", at=now, tenant=LOCAL, by=one, place=place, there=False) for one in who]
    await asyncio.gather(*map(app.engine.hear, joined))
    if wanted.question:
        await types("silence 60s")
        await types('open "What would you do first?"')


def build(file: Path, wanted: Made, url: str = "") -> None:
    """Make it in a process of its own, whose settings nobody has told anything. url: not in the file, but there."""
    program = [sys.executable, "-m", "tests.bench.state", url or f"sqlite:///{file}", json.dumps(asdict(wanted))]
    subprocess.run(program, check=True, cwd=file.parent, env={"PYTHONPATH": str(ROOT)})


def stuff(file: Path, dialog: str, votes: int) -> None:
    """So many votes of others in a poll, written directly: the engine would take a minute for the largest."""
    with sqlite3.connect(file) as db:
        rows = ((dialog, "vote", f"{STUFFED}{n:07}", "local", "abcd"[n % 4], MOMENT, str(n), "abcd"[n % 4], MOMENT)
                for n in range(votes))  # fmt: skip
        names = "dialog, key, person, tenant, value, at, event, first, first_at"
        db.executemany(f"insert into note ({names}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)  # noqa: S608
    db.close()


def pending(file: Path, timers: int) -> None:
    """So many timers that ring next year, written directly; who set them is long gone."""
    due = f"{datetime.now(UTC).year + 1}-01-01 00:00:00.000000"
    with sqlite3.connect(file) as db:
        rows = ((f"{STUFFED}{n:07}", "remind", "local", due, due, 0) for n in range(timers))
        db.executemany("insert into timer (dialog, name, tenant, at, due, tries) values (?, ?, ?, ?, ?, ?)", rows)
    db.close()


def ring_at(file: Path, moment: datetime) -> int:
    """All timers called “close” ring at this moment. Returns how many."""
    at = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    with sqlite3.connect(file) as db:
        moved = db.execute("update timer set at = ?, due = ? where name = 'close'", [at, at]).rowcount
    db.close()
    return moved


if __name__ == "__main__":
    asyncio.run(make(sys.argv[1], Made(**json.loads(sys.argv[2]))))
