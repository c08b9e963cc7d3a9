"""Two processes on one PostgreSQL and one Redis, while plugs are pulled: nothing acknowledged is lost, boards converge.

That a full disk loses nothing is shown in tests/storage/test_sqlite.py.
"""

from pathlib import Path

import psycopg
import pytest

from tests.stories.plugs import Town
from tests.stories.plugs_checks import Checks
from tests.stories.plugs_votes import Votes


@pytest.mark.hard
@pytest.mark.timeout(120)
async def test_five_hundred_vote_at_either_process_and_the_check_can_fail(tmp_path: Path) -> None:
    town = Town(seed=1)
    async with town.opened(tmp_path, timed=[10, 15]), Votes(town) as votes:
        votes.everybody(500, late=0)
        await votes.sends(seconds=5)
        checks = Checks(votes)

        await checks.hold()

        print(dict(town.counts))
        spoil = (
            "DELETE FROM note WHERE ctid = (SELECT ctid FROM note WHERE key = 'vote' LIMIT 1)",
            "UPDATE note SET value = 'other' WHERE ctid = (SELECT ctid FROM note WHERE key = 'vote' LIMIT 1)",
        )
        for number, statement in enumerate(spoil, 1):
            with psycopg.connect(town.database) as db:
                db.execute(statement)
            assert len(checks.wrong()) == number, checks.wrong()
