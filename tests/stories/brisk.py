"""`cohost serve` that sends new messages to Slack as fast as Slack takes them: tests/stories/test_broadcast.py.

Slack's own pace for a workspace would make a broadcast to 2,000 last for minutes. What keeps it is tested elsewhere.
"""

from __future__ import annotations

import sys

from adapters.slack import show
from bot.__main__ import main

A_MINUTE, AT_ONCE = 600_000, 10_000

if __name__ == "__main__":
    for name, value in {"POSTS": A_MINUTE, "FIRST_POSTS": AT_ONCE}.items():
        setattr(show, name, value)
    sys.exit(main(["serve"]))
