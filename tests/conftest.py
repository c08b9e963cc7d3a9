"""What every test may ask for, and what each of them leaves as it was."""

import logging
from collections.abc import Iterator

import pytest

from bot.logs import OURS

pytest_plugins = ["tests.chromium", "tests.counted", "tests.postgres"]


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    """`cohost serve` sets the levels of our loggers for the whole process."""
    loggers = [logging.getLogger(name) for name in ("", *OURS)]
    levels = [one.level for one in loggers]
    yield
    for one, level in zip(loggers, levels, strict=True):
        one.setLevel(level)
