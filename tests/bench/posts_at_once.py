"""Cohost as it is served, but for the pace of new messages: by that it would take minutes to post a thousand polls."""

import sys

from adapters.slack import show
from bot.__main__ import main

if __name__ == "__main__":  # and only then: whoever imports it keeps Slack's pace
    show.POSTS, show.FIRST_POSTS, show.POSTED = 60_000, 10_000, 0.001
    sys.exit(main())
