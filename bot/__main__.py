"""The command line: `cohost`, or `python -m bot`. Errors are one clear line and exit code 2; nothing is half done."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import math
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DatabaseError

from bot import creating, demo, doctor, logs, manifests, plans, starting
from bot.app import build, running
from bot.engine import UnheardError
from bot.settings import Settings, WrongError, load
from dialogs.card import Text
from dialogs.moments import moment, zone_named
from storage.connecting import NotAloneError, migrate, readable
from storage.unusable import UnusableError

ENDS_AFTER = 7  # seconds in which it has ended, whatever hangs, once it takes nothing any more


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code."""
    args = parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        code: int = args.run(args)
    except (WrongError, plans.UnreadableError, creating.CannotError, NotAloneError, UnusableError) as wrong:
        print(wrong, file=sys.stderr)
        return 2
    except DatabaseError as error:
        why = " ".join(str(error.orig).split())
        name_one = "let COHOST_DATABASE_URL name a file that this user may write, or a PostgreSQL database"
        print(f"The database cannot be used ({why}): {name_one}", file=sys.stderr)
        return 2
    except UnheardError as error:
        print(f"This could not be stored, and nothing was changed ({error}): try again.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return code


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(prog="cohost", description="A facilitator's co-host for live online training.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    serve_ = commands.add_parser("serve", help="run the bot")
    serve_.set_defaults(run=serve)
    for name in ("--host", "--port", "--database-url", "--base-url"):
        serve_.add_argument(name)

    demo.add_to(commands)

    migrate_ = commands.add_parser("migrate", help="bring the database to the newest schema")
    migrate_.set_defaults(run=migrate_database)

    doctor_ = commands.add_parser("doctor", help="look at everything that Cohost needs, and say what is wrong")
    doctor_.add_argument("--offline", action="store_true", help="ask neither Slack nor Teams nor the public address")
    doctor_.add_argument(
        "--retry", action="store_true", help="try again what failed five times and more: timers and messages"
    )
    doctor_.set_defaults(run=examine)

    plan = commands.add_parser("plan", help="check a plan, or begin a new one").add_subparsers(
        required=True, metavar="WHAT"
    )
    check = plan.add_parser("check", help="list every mistake in a plan")
    check.add_argument("file", type=Path)
    check.set_defaults(run=plan_check)
    new = plan.add_parser("new", help="print a template, to begin your own plan from")
    new.add_argument("template", nargs="?")
    new.set_defaults(run=plan_new)

    session = commands.add_parser("session", help="create or list sessions").add_subparsers(
        required=True, metavar="WHAT"
    )
    create = session.add_parser("create", help="create a session from a plan, and print everybody's link")
    create.add_argument("plan", help="a plan's file, or the name of a template")
    create.add_argument(
        "--at", required=True, metavar="'DATE TIME [ZONE]'", help="as in '2027-03-24 14:00 Europe/Zurich'"
    )
    create.add_argument(
        "--facilitator",
        required=True,
        action="append",
        metavar="NAME",
        help="whose session it is; with an address, as in 'Hanna Frei "
        "<hanna@example.org>', one console shows all of their sessions",
    )
    create.add_argument(
        "--roster", type=Path, metavar="FILE.csv", help="columns: name, and role, email, manager if wanted"
    )
    create.add_argument("--cohort", metavar="NAME", help="sessions of one cohort share one rotation of names")
    create.set_defaults(run=session_create)
    listing = session.add_parser("list", help="list the sessions")
    listing.set_defaults(run=session_list)

    manifest = commands.add_parser("manifest", help="what a platform must be told about the app").add_subparsers(
        required=True, metavar="PLATFORM"
    )
    slack = manifest.add_parser("slack", help="the manifest to create the Slack app from")
    slack.add_argument("--url", help="the public address of Cohost, as in https://cohost.example.org")
    slack.add_argument(
        "--socket", action="store_true", help="Slack is listened to by Socket Mode, and calls no address"
    )
    slack.add_argument("--many", action="store_true", help="for many workspaces, which install the app by themselves")
    slack.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="write it into this folder instead of printing it (slack.yaml; "
        "slack-socket.yaml, slack-many.yaml, slack-many-socket.yaml)",
    )
    slack.add_argument("--force", action="store_true", help="replace a file that is there already and says otherwise")
    slack.set_defaults(run=manifest_slack)
    teams = manifest.add_parser("teams", help="the package to upload in Teams")
    teams.add_argument("--url", help="the public address of Cohost, as in https://cohost.example.org")
    teams.add_argument("--app-id", metavar="GUID", help="the app's “Application (client) ID” in Microsoft Entra")
    for option, what in (
        ("website", "page about Cohost"),
        ("privacy", "page about privacy"),
        ("terms", "terms of use"),
    ):
        page = "" if option == "website" else f"/{option}"
        whose = f"your {what}, which Teams links to (default: Cohost's own, --url{page and ' with ' + page})"
        teams.add_argument(f"--{option}", metavar="URL", help=whose)
    teams.add_argument("--slash", action="store_true", help="slash commands too, where Teams has them (a preview)")
    teams.add_argument(
        "--out", type=Path, default=Path(), metavar="DIR", help="write cohost-teams.zip into this folder (default here)"
    )
    teams.add_argument(
        "--force", action="store_true", help="replace a package that is there already and is another one"
    )
    teams.set_defaults(run=manifest_teams)
    return top


def told(**given: object) -> Settings:
    """The settings; those that nobody reads are named, since one of them was probably meant to do something."""
    settings = load(**given)  # type: ignore[arg-type]
    if unread := starting.ignored(starting.given()):
        print(unread, file=sys.stderr)
    return settings


def serve(args: argparse.Namespace) -> int:
    """Run until told to stop."""
    settings = told(host=args.host, port=args.port, database_url=args.database_url, base_url=args.base_url)
    logs.set_up(settings.log_level)
    with contextlib.suppress(ImportError):
        import uvloop  # noqa: PLC0415 - quicker where there is one; not to be had everywhere

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    asyncio.run(_serve(settings))
    return 0


async def _serve(settings: Settings) -> None:
    stop, hurry = asyncio.Event(), asyncio.Event()

    def told() -> None:
        (hurry if stop.is_set() else stop).set()

    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, told)
    app = build(settings)
    async with running(app) as runner:
        print("\n".join((starting.ready(settings), *starting.platforms(settings))), flush=True)
        await stop.wait()
        open_for = settings.stays_open  # and no longer if told a second time
        # A thread that waits for a silent database cannot be told to stop; this ends it, and loses nothing.
        signal.alarm(math.ceil(open_for) + ENDS_AFTER)
        await app.stopping.leave(runner, hurry, open_for)


def migrate_database(_: argparse.Namespace) -> int:
    """Bring the database to the newest schema."""
    settings = told(needs_secret=False)
    migrate(settings.database_url)
    print(f"{readable(settings.database_url)} has the newest schema.")
    return 0


def examine(args: argparse.Namespace) -> int:
    """Say how everything is; 1 if something is wrong."""
    lines = doctor.examine(offline=args.offline, retry=args.retry)
    print("\n".join(map(str, lines)))
    return int(any(line.state == "wrong" for line in lines))


def plan_check(args: argparse.Namespace) -> int:
    """Say that a plan is good, or everything that is wrong with it."""
    plan = plans.read(args.file)
    parts = f"{len(plan.objectives)} objectives, {len(plan.run_of_show)} steps, {plan.minutes} minutes"
    print(f"{args.file}: good. “{plan.title}”: {parts}.")
    later = {"quiz": len(plan.quiz), "follow_ups": len(plan.follow_ups)}
    if kept := " and ".join(f"“{part}” ({count})" for part, count in later.items() if count):
        print(f"Note: {kept} are checked and kept with the plan, but this version does not ask them yet.")
    return 0


def plan_new(args: argparse.Namespace) -> int:
    """Print a template."""
    names = list(plans.templates())
    text = plans.template_text(args.template or names[0])
    if text is None:
        raise plans.UnreadableError(f"There is no template “{args.template}”. There are: {', '.join(names)}")
    print(text, end="")
    return 0


def session_create(args: argparse.Namespace) -> int:
    """Create a session and print the links."""
    settings = told()
    name, email = creating.somebody(*args.facilitator)
    plan = plans.found(args.plan)
    at = moment(args.at.split(), plan.zone, datetime.now(UTC))
    if isinstance(at, Text):
        raise creating.CannotError(plans.in_words(at))
    zone = zone_in(args.at.split()) or plan.zone
    people = plans.roster(args.roster) if args.roster else []
    asked = creating.Asked(plan, at, name, people, args.cohort or "", email, zone)
    created = asyncio.run(creating.create(settings, asked))
    there = f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"
    print(f"“{plan.title}” is planned for {there}{'' if zone == 'UTC' else f' ({at:%Y-%m-%d %H:%M} UTC)'}.")
    for name, what, link in created.links:
        print(f"  {name:<24} {what:<12} {link}")
    if not plan.managers and not any(one.manager for one in people):
        print(
            "No manager is named, so nobody gets a digest: name them in the roster's column “manager”, or in the plan."
        )
    return 0


def zone_in(words: Sequence[str]) -> str | None:
    """The time zone that stands among these words."""
    return next((zone for part in (*words, *map(" ".join, pairwise(words))) if (zone := zone_named(part))), None)


def session_list(_: argparse.Namespace) -> int:
    """List the sessions."""
    for line in asyncio.run(creating.listing(told())):
        print(line)
    return 0


def manifest_slack(args: argparse.Namespace) -> int:
    """Print the manifest of the Slack app, or write it into a folder."""
    text = manifests.slack(args.url, socket=args.socket, many=args.many)
    if args.out:
        name = f"slack{'-many' * args.many}{'-socket' * args.socket}.yaml"
        print(manifests.write(text, args.out, name, force=args.force))
    else:
        print(text, end="")
    return 0


def manifest_teams(args: argparse.Namespace) -> int:
    """Write the package of the Teams app into a folder."""
    pages = manifests.Linked(args.website, args.privacy, args.terms)
    package = manifests.teams(args.url, args.app_id, pages, slash=args.slash)
    print(manifests.write(package, args.out, "cohost-teams.zip", force=args.force))
    return 0


if __name__ == "__main__":
    sys.exit(main())
