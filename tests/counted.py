"""What a test has counted is told when all are over, also by one that passed, and also with several workers (`-n`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest
from _pytest.terminal import TerminalReporter

COUNTED = "counted"  # the name under which pytest carries it from a worker to whoever writes the summary

Tells: TypeAlias = Callable[[str], None]


@pytest.fixture
def tells(record_property: Callable[[str, object], None]) -> Tells:
    """Called with a line, or several: they stand in the summary under the test's name."""
    return lambda lines: record_property(COUNTED, lines)


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """One block for each test that has told something."""
    reports = (one for several in terminalreporter.stats.values() for one in several)
    calls = [one for one in reports if isinstance(one, pytest.TestReport) and one.when == "call"]
    told = {one.nodeid: [lines for name, lines in one.user_properties if name == COUNTED] for one in calls}
    if any(told.values()):
        terminalreporter.section("counted")
    for test in sorted(test for test, lines in told.items() if lines):
        terminalreporter.write_line(test)
        for line in "\n".join(map(str, told[test])).splitlines():
            terminalreporter.write_line(f"    {line}")
