"""Play a class: `python -m bot.rehearsal --class FILE.json --speed N [--headless]`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp

from bot.rehearsal.browser import UnreachableError
from bot.rehearsal.checks import check
from bot.rehearsal.facilitator import Facilitator
from bot.rehearsal.learner import Learner
from bot.rehearsal.manager import Manager
from bot.rehearsal.people import Listed, Person, World
from bot.rehearsal.register import Register, Sums
from bot.rehearsal.steps import steps
from bot.rehearsal.story import Story, short
from bot.rehearsal.wall import Wall

PARTS: dict[str, type[Person]] = {"facilitator": Facilitator, "learner": Learner, "manager": Manager}


def main(arguments: Sequence[str] | None = None) -> int:
    """Play, tell, check. Returns the exit code."""
    top = argparse.ArgumentParser(prog="python -m bot.rehearsal", description="A simulated class in a web room.")
    top.add_argument("--class", dest="listed", type=Path, required=True, metavar="FILE.json", help="who they are")
    top.add_argument("--speed", type=float, default=1.0, help="how many times as quick as people are")
    top.add_argument("--clock", type=Path, metavar="FILE", help="the session's clock, where it is not everybody's")
    top.add_argument("--limit", type=float, default=600.0, metavar="SECONDS", help="stop after so long")
    top.add_argument("--headless", action="store_true", help="tell the story at the end, and check that it adds up")
    args = top.parse_args(arguments)
    with suppress(KeyboardInterrupt):
        return asyncio.run(play(json.loads(args.listed.read_text()), args))
    return 130


async def play(listed: dict[str, Any], args: argparse.Namespace) -> int:
    """Let everybody live until it is over."""
    wall = Wall(args.clock, args.speed)
    story = Story(wall, aloud=not args.headless)
    starts = datetime.fromisoformat(listed["starts"])
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:
        world = World(wall, http, story, int(listed.get("seed", 1)), starts)
        people = [
            somebody(one, world) for one in sorted(listed["people"], key=lambda one: list(PARTS).index(one["part"]))
        ]
        try:
            async with asyncio.timeout(args.limit):
                await live(people)
        except TimeoutError:
            story.missing(f"it was not over after {args.limit:g} seconds")
        try:
            return await tell(people, listed, starts) if args.headless else lack(story.lacking)
        finally:
            for one in people:
                await one.leave()


def somebody(one: dict[str, Any], world: World) -> Person:
    """A person as listed."""
    who = Listed(one["name"], one["link"], one["part"], frozenset(one.get("habits", ())), one.get("manager") or "")
    return PARTS[who.part](who, world)


async def live(people: Sequence[Person]) -> None:
    """Until the script of whoever leads has come to its end and every manager has a digest."""
    living = [asyncio.create_task(one.live(), name=one.name) for one in people]
    leading = [one for one in people if isinstance(one, Facilitator) and one.has("leads")]
    managers = [one for one in people if isinstance(one, Manager)]

    async def over() -> None:
        await asyncio.gather(*(one.lead() for one in leading))
        for one in managers:
            await one.see(one.has_digest, 600 if leading else None)
        if not managers:
            await asyncio.Event().wait()

    script = asyncio.create_task(over(), name="the script")
    try:
        # Whoever does not come has lived already; anybody else who stops has met an error.
        while not script.done():
            done, _ = await asyncio.wait([script, *living], return_when=asyncio.FIRST_COMPLETED)
            living = [task for task in living if task not in done]
            for task in done - {script}:
                if error := task.exception():
                    story_of(people).missing(f"{task.get_name()} had to stop: {error!r}")
        if error := script.exception():
            story_of(people).missing(f"the script had to stop: {error!r}")
    finally:
        for task in (script, *living):
            task.cancel()
        await asyncio.gather(script, *living, return_exceptions=True)


def story_of(people: Sequence[Person]) -> Story:
    """Everybody's common story."""
    return people[0].world.story


async def tell(people: Sequence[Person], listed: dict[str, Any], starts: datetime) -> int:
    """Print the story, then what adds up, then what is missing."""
    story = story_of(people)
    await asyncio.sleep(0.5)  # the room is drawn at its own pace: let the last edits arrive
    register = Register(people, {}, story, names=bool(listed.get("names")))
    try:
        async with asyncio.timeout(20):
            register.fresh = {one.name: await one.page.load() for one in people if one.came}
        sums = check(register)
    except (UnreachableError, TimeoutError) as error:
        story.missing(f"the pages cannot be loaded at the end: {str(error) or 'it takes too long'}")
        sums = Sums()
    print("\nTHE CLASS")
    for one in people:
        habits = f" ({', '.join(sorted(one.listed.habits))})" if one.listed.habits else ""
        print(f"  {short(one.name)}: {one.name}, {one.listed.part}{habits}")
    print("\nTHE STORY, from what each of them received")
    for line in story.told():
        print(line)
    found = list(steps(register, starts, checklist=bool(listed.get("checklist", True))))
    print("\nWHAT HAPPENED")
    for says, happened in found:
        print(f"  {'yes' if happened else 'NO '}  {says}")
    print("\nWHAT ADDS UP, by their own count")
    for says in sums.right:
        print(f"  yes  {says}")
    undone = [f"this did not happen: {says}" for says, happened in found if not happened]
    code = lack([*story.lacking, *undone, *sums.wrong])
    if code == 0:
        print(f"\nEverything happened, and everything adds up: {len(found)} steps, {len(sums.right)} sums.")
    return code


def lack(missing: Sequence[str]) -> int:
    """Print what is missing, and return the exit code."""
    if missing:
        print(f"\nMISSING: {len(missing)}")
    for says in missing:
        print(f"  {says}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
