"""The demo: a whole simulated session in the web room, on a fast clock, with a server of its own.

Three processes: this one conducts, one serves, and one is the class (`bot.rehearsal`), which knows room links only. The
server may be killed at any moment and started again on the same folder: its clock hangs in a file there, and goes on.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from bot import creating, plans
from bot.app import App, build, running
from bot.clock import FastClock, HandClock, WallClock
from bot.rehearsal.cast import CAST
from bot.settings import Settings, WrongError, load
from dialogs.plan import Plan
from storage.sql import migrate

SECRET = "cohost.secret"  # noqa: S105 - the name of the file
FILES = ("cohost.db", "cohost.db-wal", "cohost.db-shm", "clock.json", "stage.json", "class.json", "server.log")
BEFORE = timedelta(hours=24, seconds=45)  # when the curtain rises: just before the checklists go out
AFTER = timedelta(days=4)  # beyond this there is nothing to see
FAR = timedelta(minutes=4)  # the next thing must be so far away for the clock to leap,
IDLE = timedelta(seconds=45)  # nobody may have done anything for so long,
SHORT = timedelta(seconds=5)  # and it leaps to this much before it


def add_to(commands: Any) -> None:
    """The command and its options."""
    demo = commands.add_parser("demo", help="play a whole simulated session in the web room")
    demo.add_argument("--headless", action="store_true", help="play it fast, tell it as a story, check that it adds up")
    demo.add_argument("--speed", type=float, help="how many times as fast as life (default 10; headless 40)")
    demo.add_argument("--plan", type=Path, metavar="FILE", help="rehearse a plan of your own")
    demo.add_argument("--no-facilitator", action="store_true", help="you lead: open the facilitator's link")
    demo.add_argument("--port", type=int, help="where it listens (default 3978; headless any)")
    demo.add_argument("--folder", type=Path, help="where its database lives (default .demo; headless a temporary one)")
    demo.set_defaults(run=run)


# -- the conducting process --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Stage:
    """A folder with everything in it, the server on it, and the class before it."""

    folder: Path
    port: int
    speed: float
    server: subprocess.Popen[bytes] | None = None
    people: subprocess.Popen[bytes] | None = None

    def settings(self) -> Settings:
        """The server's settings: nothing from the environment."""
        return settings_in(self.folder, self.port)

    def set_up(self, plan: Plan, *, lead: bool = True) -> creating.Created:
        """Make the secret, the database and the session, and list the class with everybody's link."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            (self.folder / name).unlink(missing_ok=True)
        keep_secret(self.folder / SECRET)
        starts = (datetime.now(UTC) + timedelta(days=1)).replace(hour=13, minute=0, second=0, microsecond=0)
        created = asyncio.run(create(self.settings(), plan, starts))
        stage = {"port": self.port, "speed": self.speed, "starts": starts.isoformat(), "session": created.session}
        (self.folder / "stage.json").write_text(json.dumps(stage))
        (self.folder / "class.json").write_text(json.dumps(listed(created, plan, starts, lead=lead)))
        return created

    def start_server(self) -> None:
        """Serve, in a process that may be killed."""
        with (self.folder / "server.log").open("ab") as log:
            command = [sys.executable, "-m", "bot.demo", str(self.folder)]
            self.server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)  # noqa: S603

    def wait_until_ready(self, seconds: float = 20) -> None:
        """Return when the server answers."""
        clock = WallClock()
        until = clock.now() + timedelta(seconds=seconds)
        while clock.now() < until and self.server and self.server.poll() is None:
            with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2):  # noqa: S310
                return
            asyncio.run(asyncio.sleep(0.05))
        log = (self.folder / "server.log").read_text(errors="replace").strip().splitlines()
        raise WrongError(f"the server of the demo did not start: {log[-1] if log else 'it says nothing'}")

    def start_people(self, *options: str) -> subprocess.Popen[bytes]:
        """Let the class come."""
        command = [sys.executable, "-m", "bot.rehearsal", "--class", str(self.folder / "class.json")]
        command += ["--clock", str(self.folder / "clock.json"), "--speed", str(self.speed), *options]
        self.people = subprocess.Popen(command, start_new_session=True)  # noqa: S603
        return self.people

    def stop(self) -> None:
        """End everything at once."""
        for process in (self.people, self.server):
            if process and process.poll() is None:
                process.terminate()
                try:
                    process.wait(3)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def run(args: argparse.Namespace) -> int:
    """Play a session, and check it or go on serving."""
    plan = plans.read(args.plan) if args.plan else next(iter(plans.templates().values()))
    temporary = args.headless and args.folder is None
    folder = Path(tempfile.mkdtemp(prefix="cohost-demo-")) if temporary else args.folder or Path(".demo")
    port = free_port(args.port if args.port is not None else 0 if args.headless else 3978)
    speed = args.speed or (40 if args.headless else 4 if args.no_facilitator else 10)
    stage = Stage(folder, port, speed)
    try:
        created = stage.set_up(plan, lead=not args.no_facilitator)
        stage.start_server()
        stage.wait_until_ready()
        if args.headless:
            return stage.start_people("--headless", "--limit", "50").wait()
        return watch(stage, plan, created, lead=not args.no_facilitator)
    except KeyboardInterrupt:
        print("\nThe demo has ended.")
        return 0
    finally:
        stage.stop()
        if temporary:
            shutil.rmtree(folder, ignore_errors=True)


def watch(stage: Stage, plan: Plan, created: creating.Created, *, lead: bool) -> int:
    """Print the ways in, play, and go on serving until told to stop."""
    ways = {name: (what, link) for name, what, link in created.links if what != "console"}
    print(f"Cohost plays “{plan.title}” with a simulated class, {stage.speed:g} times as fast as life. Open any of these:\n")
    leader, helper = (one.name for one in CAST if one.part == "facilitator")
    rows = [("Watch as a facilitator", helper)] if lead else [("You lead, as", leader)]
    rows += [("Watch as a learner", next(one.name for one in CAST if one.part == "learner"))]
    rows += [("Watch as a manager", name) for name, (what, _) in list(ways.items()) if what == "manager"][:1]
    for says, name in rows:
        print(f"  {f'{says} ({name})':<44} {ways[name][1]}")
    print(f"  {'Join as yourself, as a learner':<44} {ways['anybody'][1]}\n\nCtrl-C ends the demo.\n", flush=True)
    people = stage.start_people("--limit", "86400")
    if people.wait() == 0:
        print("\nThe story is over. The rooms stay open: look around, then end the demo with Ctrl-C.", flush=True)
    if stage.server:
        stage.server.wait()
    raise WrongError(f"the server of the demo has stopped; see {stage.folder / 'server.log'}")


def free_port(wanted: int) -> int:
    """This port, or any free one for 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except (OSError, OverflowError) as error:
            raise WrongError(f"cannot listen on 127.0.0.1:{wanted} ({error}): choose another with --port") from error
        port: int = probe.getsockname()[1]
        return port


def keep_secret(file: Path) -> None:
    """A secret for the links, readable by nobody else."""
    with contextlib.suppress(FileExistsError):
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as secret:
            secret.write(secrets.token_urlsafe(32))


def settings_in(folder: Path, port: int) -> Settings:
    """The settings of a demo in this folder."""
    url = f"sqlite:///{folder / 'cohost.db'}"
    address = f"http://127.0.0.1:{port}"
    return load(database_url=url, host="127.0.0.1", port=port, base_url=address, secret=(folder / SECRET).read_text())


async def create(settings: Settings, plan: Plan, starts: datetime) -> creating.Created:
    """Create the session through the engine, as `cohost session create` does."""
    migrate(settings.database_url)
    app = build(settings, HandClock(starts - BEFORE))
    app.engine.start()
    try:
        host = next(one.name for one in CAST if "leads" in one.habits)
        people = [plans.Listed(one.name, one.part, "", one.manager) for one in CAST if one.name != host]
        return await creating.create_in(app, creating.Asked(plan, starts, host, people))
    finally:
        await app.stop()


def listed(created: creating.Created, plan: Plan, starts: datetime, *, lead: bool) -> Mapping[str, Any]:
    """The class, for the process that plays it: names, links and habits. Whom only the plan names does not come."""
    cast = {one.name: one for one in CAST}
    managers = {one.name: one.manager for one in CAST}
    managers |= {name: manager.name for manager in plan.managers for name in manager.learners}
    people = []
    for name, part, link in created.links:
        if part in ("facilitator", "learner", "manager") and (lead or part != "facilitator"):
            habits = sorted(cast[name].habits) if name in cast else ["absent"] if part == "learner" else []
            people.append({"name": name, "part": part, "link": link, "habits": habits, "manager": managers.get(name)})
    checklist = bool(plan.checklists.participants and plan.checklists.instructors)
    return {"starts": starts.isoformat(), "checklist": checklist, "people": people}


# -- the serving process -----------------------------------------------------------------------------------------------


async def serve(folder: Path, parent: int) -> None:
    """Serve the demo in this folder until told to stop, or until nobody conducts any more."""
    stage = json.loads((folder / "stage.json").read_text())
    starts = datetime.fromisoformat(stage["starts"])
    clock = FastClock(folder / "clock.json", starts - BEFORE, stage["speed"])
    app = build(settings_in(folder, stage["port"]), clock)
    stop = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    conductor = Conductor(app, clock, starts, stage["session"])
    app.http.middlewares.append(conductor.listen)
    async with running(app):
        leaping = asyncio.create_task(conductor.conduct(), name="conductor")
        while not stop.is_set() and os.getppid() == parent and not leaping.done():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 1)
        leaping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await leaping


class Conductor:
    """Lets the clock leap over stretches in which nobody does anything and nothing is due."""

    def __init__(self, app: App, clock: FastClock, starts: datetime, session: str) -> None:
        self.app, self.clock, self.starts, self.session = app, clock, starts, session
        self.heard = clock.now()

    @web.middleware
    async def listen(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Somebody does something."""
        self.heard = self.clock.now()
        try:
            answer: web.StreamResponse = await handler(request)
        finally:
            self.heard = self.clock.now()
        return answer

    async def conduct(self) -> None:
        """Look again and again."""
        while True:
            await asyncio.sleep(0.1)
            if self.clock.now() - self.heard > IDLE:
                await self.leap()

    async def leap(self) -> None:
        """To just before the next thing, if that is far."""
        found = await self.app.store.session(self.session)
        coming = [await self.app.store.next_timer(), await self.app.store.next_post()]
        if found and found[1].phase == "planned":
            coming.append(self.starts)
        due = min((moment for moment in coming if moment), default=None)
        if due and due - self.clock.now() > FAR and due < self.starts + AFTER:
            self.clock.leap(due - SHORT)
            self.heard = self.clock.now()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    asyncio.run(serve(Path(sys.argv[1]), os.getppid()))
