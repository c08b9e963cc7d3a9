"""A disk that is soon full, for a server that a test starts: a file system in memory, which only that server sees.

It is mounted in a namespace of its own, so that a plain user may do it; `None` where the machine allows nobody to.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

OWN = "mount -t tmpfs -o size=$1,mode=0777 none $2 && echo mounted && read _"


class SmallDisk:
    """Whatever is run by `inside` sees it at its folder."""

    def __init__(self, folder: Path, holder: int, user: int | None) -> None:
        self.folder, self._user = folder, user
        enter = ["nsenter", f"--target={holder}", "--user", "--mount", "--preserve-credentials", "--"]
        self.inside = [*enter, "unshare", "--user", "--map-user=1000", "--map-group=1000", "--"]

    def fill(self) -> None:
        """From now on there is no room."""
        self._run('cat /dev/zero >"$1/filler" 2>/dev/null; true')

    def empty(self) -> None:
        """There is room again."""
        self._run('rm "$1/filler"')

    def _run(self, script: str) -> None:
        subprocess.run(
            [*self.inside, "sh", "-c", script, "sh", self.folder], check=True, cwd="/", **as_user(self._user)
        )


class Who(TypedDict, total=False):
    """As whom a program is started."""

    user: int
    group: int
    extra_groups: list[int]


def as_user(user: int | None) -> Who:
    """As somebody else, or as who we are."""
    return {} if user is None else {"user": user, "group": user, "extra_groups": []}


@contextmanager
def small_disk(folder: Path, megabytes: int, user: int | None) -> Iterator[SmallDisk | None]:
    """One at this folder, for as long as the context lasts."""
    folder.mkdir()
    if user is not None:
        os.chown(folder, user, user)
    mount = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", OWN, "sh", f"{megabytes}m", str(folder)]
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    try:
        holder = subprocess.Popen(mount, cwd="/", stdin=pipe, stdout=pipe, stderr=nothing, **as_user(user))
    except OSError:  # there is no such program
        yield None
        return
    with holder:
        assert holder.stdout
        yield SmallDisk(folder, holder.pid, user) if holder.stdout.readline() else None
        holder.communicate(b"\n")
