"""The databases that the tests run on. A new implementation is one class here and one fixture in `conftest.py`."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from dialogs.base import AnyKind
from storage.base import Decide, Store, View
from storage.connecting import migrate
from storage.sql import SqlStore
from tests.storage.contract import Database

Fresh: TypeAlias = Callable[[], Database]  # makes one more empty database
RAM = "/dev/shm"  # noqa: S108 - looked for, not relied upon


class Sqlite:
    """A database in a file."""

    def __init__(self, file: Path) -> None:
        self.file, self.url = file, f"sqlite:///{file}"

    def open(self, kinds: Mapping[str, AnyKind], decide: Decide, view: View) -> Store:
        """One more store on it."""
        return SqlStore(self.url, kinds, decide, view)


@contextmanager
def copies() -> Iterator[Callable[[], Sqlite]]:
    """Makes empty databases. In memory where that is to be had: every commit is synced, and thousands wait long."""
    with TemporaryDirectory(dir=RAM if os.access(RAM, os.W_OK) else None) as folder:
        empty, numbers = Path(folder) / "empty.db", count(1)
        migrate(f"sqlite:///{empty}")
        yield lambda: Sqlite(Path(shutil.copy(empty, empty.with_name(f"{next(numbers)}.db"))))
