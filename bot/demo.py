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
import multiprocessing
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import IO, Any

from aiohttp import web

from bot import creating, plans
from bot.app import App, build, running
from bot.clock import FastClock, HandClock
from bot.rehearsal.cast import CAST
from bot.settings import OFF, TEAMS_OFF, Settings, WrongError, load
from dialogs.plan import Plan
from storage.connecting import migrate

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SECRET, STAGE, LOG = "cohost.secret", "stage.json", "server.log"
FILES = ("cohost.db", "cohost.db-wal", "cohost.db-shm", "clock.json", "class.json", STAGE, LOG)
BEFORE = timedelta(hours=24, seconds=45)  # when the curtain rises: just before the checklists go out
AFTER = timedelta(days=4)  # beyond this there is nothing to see
FAR = timedelta(minutes=4)  # the next thing must be so far away for the clock to leap,
IDLE = timedelta(seconds=45)  # nobody may have done anything for so long,
SHORT = timedelta(seconds=5)  # and it leaps to this much before it


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
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
    server: BaseProcess | None = None
    people: subprocess.Popen[bytes] | None = None

    def settings(self) -> Settings:
        """The server's settings: nothing from the environment."""
        return settings_in(self.folder, self.port)

    def clear(self) -> None:
        """Begin with nothing but the secret. What is not a demo's stays as it is: WrongError."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WrongError(f"--folder {self.folder}: cannot be used ({error.strerror}); name another") from error
        if (self.folder / FILES[0]).exists() and not (self.folder / SECRET).exists():
            raise WrongError(f"--folder {self.folder}: holds a database that is not a demo's; name another")
        for name in FILES:
            (self.folder / name).unlink(missing_ok=True)
        (self.folder / LOG).touch()
        keep_secret(self.folder / SECRET)

    def set_up(self, plan: Plan, *, lead: bool = True) -> creating.Created:
        """Make the database and the session, and list the class with everybody's link."""
        starts = (datetime.now(UTC) + timedelta(days=1)).replace(hour=13, minute=0, second=0, microsecond=0)
        created = asyncio.run(create(self.settings(), plan, starts))
        stage = {"port": self.port, "speed": self.speed, "starts": starts.isoformat(), "session": created.session}
        (self.folder / "class.json").write_text(json.dumps(listed(created, plan, starts, lead=lead)))
        (self.folder / "stage.new").write_text(json.dumps(stage))
        (self.folder / "stage.new").rename(self.folder / STAGE)  # all of it at once: the server waits for it
        return created

    def start_server(self) -> None:
        """Serve, in a process that may be killed. It waits for the session to be there."""
        # A copy of this process has imported everything already; but copying one with threads may copy a held lock.
        method = "fork" if threading.active_count() == 1 else "spawn"
        sys.stdout.flush()
        make = multiprocessing.get_context(method).Process  # type: ignore[attr-defined]
        self.server = make(target=serve_in, args=(self.folder, os.getpid()), daemon=True)
        self.server.start()

    def wait_until_ready(self, seconds: float = 20) -> None:
        """Return when the server answers."""
        until, address = time.monotonic() + seconds, f"http://127.0.0.1:{self.port}/healthz"
        while time.monotonic() < until and self.server and self.server.is_alive():
            with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=2):
                return
            time.sleep(0.02)
        log = (self.folder / LOG).read_text(errors="replace").strip().splitlines()
        raise WrongError(f"the server of the demo did not start: {log[-1] if log else 'it says nothing'}")

    def start_people(self, *options: str, out: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
        """Let the class come. What they tell goes to `out`, or is printed."""
        command = [sys.executable, "-m", "bot.rehearsal", "--class", str(self.folder / "class.json")]
        command += ["--clock", str(self.folder / "clock.json"), "--speed", str(self.speed), *options]
        self.people = subprocess.Popen(command, start_new_session=True, stdout=out, stderr=out)  # noqa: S603
        return self.people

    def stop(self) -> None:
        """End everything at once: whatever was acknowledged is stored, and nobody needs to be asked to finish."""
        if self.people and self.people.poll() is None:
            self.people.kill()
            self.people.wait()
        if self.server:
            self.server.kill()
            self.server.join()


def run(args: argparse.Namespace) -> int:
    """Play a session, and check it or go on serving."""
    # A shell that starts us in the background lets us inherit that Ctrl-C is ignored: then nothing ends us kindly.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    plan = plans.read(args.plan) if args.plan else next(iter(plans.templates().values()))
    temporary = args.headless and args.folder is None
    folder = Path(tempfile.mkdtemp(prefix="cohost-demo-")) if temporary else args.folder or Path(".demo")
    port = free_port(args.port if args.port is not None else 0 if args.headless else 3978)
    speed = args.speed or (40 if args.headless else 4 if args.no_facilitator else 10)
    stage = Stage(folder, port, speed)
    try:
        stage.clear()
        stage.start_server()
        created = stage.set_up(plan, lead=not args.no_facilitator)
        stage.wait_until_ready()
        if args.headless:
            print(f"A class plays “{plan.title}”, {speed:g} times as fast as life. Their story follows.", flush=True)
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
    print(
        f"Cohost plays “{plan.title}” with a simulated class, {stage.speed:g} times as fast as life. Open any of these:"
    )
    leader, helper = (one.name for one in CAST if one.part == "facilitator")
    rows = [("Watch as a facilitator", helper)] if lead else [("You lead, as", leader)]
    rows += [("Watch as a learner", next(one.name for one in CAST if one.part == "learner"))]
    rows += [("Watch as a manager", name) for name, (what, _) in list(ways.items()) if what == "manager"][:1]
    for says, name in rows:
        print(f"\n  {says} ({name})\n    {ways[name][1]}")
    print(f"\n  Join as yourself, as a learner\n    {ways['anybody'][1]}\n\nCtrl-C ends the demo.\n", flush=True)
    people = stage.start_people("--limit", "86400")
    over = "The story is over." if people.wait() == 0 else "The class cannot go on."
    print(f"\n{over} The rooms stay open: look around, then end the demo with Ctrl-C.", flush=True)
    if stage.server:
        stage.server.join()
    raise WrongError(f"the server of the demo has stopped; see {stage.folder / LOG}")


def free_port(wanted: int) -> int:
    """This port, or any free one for 0."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except (OSError, OverflowError) as error:
            raise WrongError(f"cannot listen on 127.0.0.1:{wanted} ({error}): choose another with --port") from error
        return int(probe.getsockname()[1])


def keep_secret(file: Path) -> None:
    """A secret for the links, readable by nobody else."""
    with contextlib.suppress(FileExistsError):
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "w") as secret:
            secret.write(secrets.token_urlsafe(32))


def settings_in(folder: Path, port: int) -> Settings:
    """The settings of a demo in this folder."""
    url, address = f"sqlite:///{folder / 'cohost.db'}", f"http://127.0.0.1:{port}"
    secret = (folder / SECRET).read_text()
    return load(
        database_url=url,
        host="127.0.0.1",
        port=port,
        base_url=address,
        secret=secret,
        slack=OFF,
        teams=TEAMS_OFF,
        redis_url="",
    )


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
    return {"starts": starts.isoformat(), "checklist": checklist, "names": plan.names_in_digest, "people": people}


# -- the serving process -----------------------------------------------------------------------------------------------


def serve_in(folder: Path, parent: int) -> None:
    """Be the server: a process of its own, which writes to its own log."""
    os.setsid()  # Ctrl-C is for whoever conducts
    sys.stdout = sys.stderr = (folder / LOG).open("a", buffering=1)
    for number in (1, 2):
        os.dup2(sys.stderr.fileno(), number)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", force=True)
    while not (folder / STAGE).exists() and os.getppid() == parent:
        time.sleep(0.02)
    asyncio.run(serve(folder, parent))


async def serve(folder: Path, parent: int) -> None:
    """Serve the session in this folder for as long as somebody conducts."""
    stage = json.loads((folder / STAGE).read_text())
    starts = datetime.fromisoformat(stage["starts"])
    clock = FastClock(folder / "clock.json", starts - BEFORE, stage["speed"])
    app = build(settings_in(folder, stage["port"]), clock)
    conductor = Conductor(app, clock, starts, stage["session"])
    app.http.middlewares.append(conductor.listen)
    async with running(app):
        while os.getppid() == parent:
            await asyncio.sleep(0.1)
            await conductor.conduct()


class Conductor:
    """Lets the clock leap over stretches in which nobody does anything and nothing is due."""

    def __init__(self, app: App, clock: FastClock, starts: datetime, session: str) -> None:
        self.app, self.clock, self.starts, self.session = app, clock, starts, session
        self.heard = clock.now()

    @web.middleware
    async def listen(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Somebody does something."""
        self.heard = self.clock.now()
        try:
            return await handler(request)
        finally:
            self.heard = self.clock.now()

    async def conduct(self) -> None:
        """Leap to just before the next thing, if it is far and nobody is doing anything."""
        if self.clock.now() - self.heard < IDLE:
            return
        found = await self.app.store.session(self.session)
        coming = [await self.app.store.next_timer(), await self.app.store.next_post()]
        if found and found[1].phase == "planned":
            coming.append(self.starts)
        due = min((moment for moment in coming if moment), default=None)
        if due and due - self.clock.now() > FAR and due < self.starts + AFTER:
            self.clock.leap(due - SHORT)
            self.heard = self.clock.now()
