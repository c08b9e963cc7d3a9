"""What failed again and again, as `cohost doctor` says it, and its being tried once more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from bot.clock import WallClock
from bot.scene import Scenes
from dialogs import KINDS
from dialogs.sent import Stuck
from storage.sql import SqlStore

LISTED = 10  # sorts of failures, each a line
LONGEST = 160  # signs of what an error says
Told = tuple[str, str]  # what it is about, and the sentence


async def look(url: str) -> list[Told]:
    """A sentence for each sort of failure. The database must have the newest schema."""
    store = _store(url)
    try:
        return sentences(await store.stuck())
    finally:
        await store.close()


async def retry(url: str) -> int:
    """All of it is due again. Returns how much it was."""
    store = _store(url)
    try:
        return await store.retry(WallClock().now())
    finally:
        await store.close()


def _store(url: str) -> SqlStore:
    scenes = Scenes(KINDS)
    return SqlStore(url, KINDS, scenes.decide, scenes.view)


def sentences(stuck: Sequence[Stuck]) -> list[Told]:
    """What is alike is said once, with how many there are."""
    alike: dict[tuple[str, str, str, str], list[Stuck]] = defaultdict(list)
    for one in stuck:
        alike[one.what, one.kind, one.name.partition(":")[0], one.why].append(one)
    told = [_sentence(ones) for ones in alike.values()]
    more = sum(map(len, [*alike.values()][LISTED:]))
    return [*told[:LISTED], *([("Timers and messages", f"{more} more failed for other reasons")] if more else [])]


def _sentence(alike: Sequence[Stuck]) -> Told:
    one, others = alike[0], len(alike) - 1
    whose = f"“{one.name}” of a {one.kind} (dialog {one.dialog}, session {one.session or 'none'})"
    why = one.why if len(one.why) <= LONGEST else one.why[:LONGEST] + "…"
    more = f"; so did {others} more like it" if others else ""
    mend = "look into the log of then, mend it, and try it again with `cohost doctor --retry`"
    if one.what == "timer":
        then = f"that was to ring at {one.since:%Y-%m-%d %H:%M} UTC failed {one.tries} times and was set aside ({why})"
        return "Timers", f"{whose} {then}{more}; {mend}"
    then = f"that waits since {one.since:%Y-%m-%d %H:%M} UTC failed {one.tries} times ({why})"
    return "Messages", f"{whose} {then}{more}; it is tried every 5 minutes; {mend}"
