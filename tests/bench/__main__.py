"""`make bench`: one JSON line a measure. `--quick` ends within a minute; names of groups run only these.

The exit code is 1 where something did not add up (a vote is missing, a press was refused): see `wrong` in that line.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.bench import growth, processes, slack_votes, teams_votes, waiting
from tests.bench.line import Line, skipped
from tests.bench.size import FULL, QUICK, Size

GROUPS: Mapping[str, Callable[[Path, Size], Iterator[Line]]] = {
    "slack": slack_votes.run,
    "teams": teams_votes.run,
    "growth": growth.run,
    "waiting": waiting.run,
    "processes": processes.run,
}
LONG = (
    "growth_votes", "edits_per_1000", "growth_polls", "ready_seconds", "memory_mb", "flag_lateness_p99", "timers",
    "two_processes",
)  # fmt: skip


def main() -> int:
    """Run the groups that are named, or all."""
    parser = argparse.ArgumentParser(prog="make bench", description="One JSON line a measure.")
    parser.add_argument("groups", nargs="*", help=f"which of: {', '.join(GROUPS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="smaller and less exact; within a minute")
    args = parser.parse_args()
    if unknown := set(args.groups) - set(GROUPS):
        print(f"There is no group {', '.join(sorted(unknown))}. There are: {', '.join(GROUPS)}.", file=sys.stderr)
        return 2
    wrong, size = False, QUICK if args.quick else FULL
    for name in args.groups or GROUPS:
        with tempfile.TemporaryDirectory(prefix="cohost-bench-") as folder:
            for line in GROUPS[name](Path(folder), size):
                print(line.json(), flush=True)
                wrong = wrong or bool(line.wrong)
    if not args.groups:
        for name in () if size.everything else LONG:
            print(skipped(name, "--quick leaves out what takes minutes"))
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
