"""Four polls that are voted on, closed and opened by two processes: the poll, one process, and what must hold after.

Each process is `python -m tests.storage.four_polls`: it reads its `Task` as JSON, and writes what it has `Done`.
What its store has answered is what somebody would have been told.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import psycopg
from pydantic import BaseModel
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from bot.scene import Scenes
from dialogs.base import AnyKind, Event, Kind, Note, Pressed, Rang, Said, Scene, Show, Step, Submitted, Wake
from dialogs.card import t
from storage import connecting
from storage.connecting import OnceMoreError, connect
from storage.sql import SqlStore
from tests.storage.contract import KINDS, Puppet, said, take_due, view

BATCH = 20  # events that come together
LEAST = 10, 100  # closings and votes of each process, however slow the machine is
SOON = timedelta(milliseconds=50)


# -- the poll ----------------------------------------------------------------------------------------------------------


class Poll(Puppet):
    """Open or closed, what was counted at closing, and how often something else was counted when it opened again."""

    closed: bool = False
    counted: int = 0
    rounds: int = 0
    slipped: int = 0


def decide(poll: Poll, event: Event, scene: Scene) -> Step[Poll]:
    """A vote is two rows, one of which the same person has changed before; opening and closing change the state."""
    counted = sum(sum(values.values()) for values in scene.tally.by_key.values())
    match event:
        case Pressed(action="vote") if poll.closed:
            return Step(poll, reply=t("closed"))
        case Pressed(action="vote", by=str(by), value=value):
            return Step(poll, (Note("vote", by, value), Note(value, by, "yes"), Show("board")), reply=t("voted"))
        case Submitted(action="close") if not poll.closed:
            closed = poll.model_copy(update={"closed": True, "counted": counted})
            return Step(closed, (Show("board"), Wake("open", scene.now + SOON)))
        case Submitted(action="open") | Rang("open") if poll.closed:
            again = {"closed": False, "slipped": poll.slipped + (counted != poll.counted), "rounds": poll.rounds + 1}
            return Step(poll.model_copy(update=again), (Show("board"), Wake("open", None)))
    return Step(poll)


NEEDS: Any = {Submitted: frozenset({"tally"}), Rang: frozenset({"tally"})}
POLLS: dict[str, AnyKind] = {**KINDS, "poll": Kind("poll", Poll, decide, view, needs=NEEDS)}


# -- why a transaction was done again ----------------------------------------------------------------------------------


class Tried(BaseModel):
    """Each time: what PostgreSQL calls the reason, or an event that both workers heard."""

    chance: list[str] = []
    heard: int = 0


def counting(patch: Callable[[Any, str, Any], None] = setattr) -> Tried:
    """Counts for this whole process, from now on."""
    found, by_chance = Tried(), connecting.by_chance

    def counted(engine: Engine, error: DBAPIError) -> bool:
        found.chance.append(getattr(error.orig, "sqlstate", None) or str(error.orig))
        return by_chance(engine, error)

    def heard(self: OnceMoreError, *args: object) -> None:
        found.heard += 1

    patch(connecting, "by_chance", counted)
    patch(OnceMoreError, "__init__", heard)
    return found


# -- one process -------------------------------------------------------------------------------------------------------


class Task(BaseModel):
    """What a process is given. careless: it locks two polls in an order of its own, too."""

    url: str
    number: int
    seconds: float
    host: str
    people: list[str]
    sessions: list[str]
    polls: list[str]
    careless: bool = False


class Vote(BaseModel):
    """One that was acknowledged."""

    dialog: str
    by: str
    value: str
    at: datetime


class Done(BaseModel):
    """What a process has done, and what it was answered."""

    voted: list[Vote] = []
    refused: int = 0  # votes on a poll that was closed
    closings: int = 0  # asked for; one that the other process has closed already stays so
    delivered: int = 0
    tried: Tried = Tried()


class Worker:
    """Votes, closes, opens and delivers until the time is up."""

    def __init__(self, task: Task, store: SqlStore) -> None:
        self.task, self.store, self.done = task, store, Done(tried=counting())
        self.until, self.numbers, self.dice = time.monotonic() + task.seconds, count(1), random.Random(task.number)

    def running(self) -> bool:
        """Until the time is up, and each poll may have been closed a few times."""
        closings, votes = LEAST
        return time.monotonic() < self.until or self.done.closings < closings or len(self.done.voted) < votes

    def event(self, sort: Callable[..., Event], by: str, **words: Any) -> Event:
        """One with an id of its own, now."""
        return sort(id=f"{self.task.number}-{next(self.numbers)}", at=now(), tenant="acme", by=by, **words)

    async def votes(self) -> None:
        """A batch as it comes from a busy room: votes on every poll, changed ones too, and talk beside them."""
        task, dice = self.task, self.dice
        while self.running():
            batch: list[Event] = []
            for _ in range(BATCH):
                by, value = dice.choice(task.people), f"{task.number}-{next(self.numbers)}"
                if dice.random() < 0.2:
                    batch.append(self.event(Said, by, place=f"web:{dice.choice(task.sessions)}", words=5))
                else:
                    batch.append(self.event(Pressed, by, dialog=dice.choice(task.polls), action="vote", value=value))
            for one, outcome in zip(batch, await self.store.turns(batch, now()), strict=True):
                assert outcome.error is None
                if said(outcome) == "voted":
                    assert isinstance(one, Pressed)
                    vote = Vote(dialog=one.dialog or "", by=one.by or "", value=one.value, at=one.at)
                    self.done.voted.append(vote)
                self.done.refused += said(outcome) == "closed"

    async def closes(self) -> None:
        """Polls are closed and opened, one alone or several in one transaction."""
        while self.running():
            polls = self.dice.sample(self.task.polls, self.dice.choice((1, 1, 2, 3)))
            for action in ("close", "open"):
                presses = [self.event(Submitted, self.task.host, dialog=poll, action=action) for poll in polls]
                await self.store.turns(presses, now())
                await asyncio.sleep(self.dice.uniform(0, 0.1))
            self.done.closings += len(polls)

    async def delivers(self) -> None:
        """Boards are shown, timers ring."""
        owner = f"worker {self.task.number}"
        while self.running():
            posts = await take_due(self.store, now(), owner, 100)
            shows = [(post, f"ref of {post.id}") for post in posts]
            self.done.delivered += sum(await self.store.shown(shows, owner, now()))
            if due := await self.store.due_timers(now(), owner, 100):
                await self.store.turns(due, now())
            await asyncio.sleep(0.005)

    async def locks(self) -> None:
        """What no code of ours may do: two rows after each other, in any order."""
        engine = connect(self.task.url, write=True)
        while self.running():
            await asyncio.to_thread(self._lock, engine, self.dice.sample(self.task.polls, 2))
        engine.dispose()

    def _lock(self, engine: Engine, polls: list[str]) -> None:
        try:
            with engine.begin() as db:
                for poll in polls:
                    db.execute(text("SELECT 1 FROM dialog WHERE id = :id FOR UPDATE"), {"id": poll})
                    time.sleep(0.02)
        except DBAPIError:
            return

    async def run(self) -> Done:
        """All of it at the same time."""
        works: list[Awaitable[None]] = [self.votes(), self.closes(), self.delivers()]
        await asyncio.gather(*works, *([self.locks()] if self.task.careless else []))
        return self.done


def now() -> datetime:
    """The machine's time, which both processes share."""
    return datetime.now(UTC)


async def main() -> None:
    """One process."""
    task, scenes = Task.model_validate_json(sys.stdin.read()), Scenes(POLLS)
    store = SqlStore(task.url, POLLS, scenes.decide, scenes.view)
    try:
        done = await Worker(task, store).run()
    finally:
        await store.close()
    sys.stdout.write(done.model_dump_json())


# -- what must hold after it -------------------------------------------------------------------------------------------


def wrong(url: str, polls: list[str], done: list[Done]) -> list[str]:
    """What the database has other than every acknowledged vote, once, and none after its poll was closed."""
    voted = [vote for one in done for vote in one.voted]
    with psycopg.connect(url) as db:
        notes = db.execute("SELECT dialog, key, person, value FROM note WHERE dialog = ANY(%s)", [polls]).fetchall()
        states = db.execute("SELECT id, state FROM dialog WHERE id = ANY(%s)", [polls]).fetchall()
    kept = Counter((dialog, key, person) for dialog, key, person, _ in notes if key != "vote")
    due = Counter((vote.dialog, vote.value, vote.by) for vote in voted)
    found = [f"acknowledged and not there: {one}" for one in due - kept]
    found += [f"there and not acknowledged: {one}" for one in kept - due]
    newest: dict[tuple[str, str], Vote] = {}
    for vote in sorted(voted, key=lambda vote: vote.at):
        newest[vote.dialog, vote.by] = vote
    last = {(dialog, person): value for dialog, key, person, value in notes if key == "vote"}
    found += [f"not the newest: {one}" for one, vote in newest.items() if last.get(one) != vote.value]
    for id_, state in states:
        poll, counted = Poll.model_validate_json(state), sum(dialog == id_ for dialog, *_ in notes)
        slipped = poll.slipped + (poll.closed and poll.counted != counted)
        found += [f"counted after closing: {slipped} times in {id_}"] if slipped else []
    return found


def deadlocks(url: str) -> int:
    """How many PostgreSQL has counted in this database, once everybody else has let go of it."""
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    counted = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    with psycopg.connect(url, autocommit=True) as db:
        while db.execute(others).fetchone() != (0,):  # what they have counted is written down as they leave
            time.sleep(0.05)
        row = db.execute(counted).fetchone()
    assert row
    return int(row[0])


if __name__ == "__main__":
    asyncio.run(main())
