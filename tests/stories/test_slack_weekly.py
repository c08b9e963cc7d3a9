"""A class that meets every week in the same place: next week's session has its people, and this week's its survey."""

from datetime import timedelta
from pathlib import Path

from tests.stories.slack_class import course


async def test_a_second_session_in_the_same_place_has_everybody_on_its_roster(tmp_path: Path) -> None:
    """It is made while another one is planned there, and gets its own checklist the day before."""
    async with course(tmp_path, begins=False) as told:
        await told.room.invite_bot()
        await told.story.settles()
        await told.types("/ilt new giving-feedback on 25 Mar 14:00 UTC")
        await told.story.passes(4)
        await told.types("/ilt new giving-feedback on 1 Apr 14:00 UTC")
        await told.story.passes(4)
        await told.types("/ilt start")
        await told.story.passes(4)
        await told.types("/ilt end")
        await told.story.passes(4)
        roster = await told.types("/ilt roster")
        survey = await told.types("/ilt survey close")

    assert "3 learners" in roster
    assert "The survey goes out when you end" not in survey  # which would be said of next week's


async def test_what_would_be_called_off_is_said_first(tmp_path: Path) -> None:
    async with course(tmp_path, begins=False) as told:
        await told.room.invite_bot()
        await told.story.settles()
        await told.types("/ilt new giving-feedback on 25 Mar 14:00 UTC")
        await told.story.passes(4)
        asked = await told.types("/ilt cancel")
        standing = await told.types("/ilt sessions")

    assert asked.startswith("This calls off “Giving feedback that lands”, planned for ")
    assert "called off" not in standing


async def test_whoever_was_taken_off_one_session_stays_off_it_when_another_is_planned(tmp_path: Path) -> None:
    """Two days later, when what was heard then is forgotten."""
    async with course(tmp_path, begins=False) as told:
        await told.room.invite_bot()
        await told.story.settles()
        await told.types("/ilt new giving-feedback on 30 Mar 14:00 UTC")
        await told.story.passes(4)
        await told.types("/ilt roster remove Ben Okafor")
        await told.story.app.store.tidy(told.story.clock.now() + timedelta(days=2))
        await told.types("/ilt new giving-feedback on 6 Apr 14:00 UTC")
        await told.story.passes(4)
        roster = await told.types("/ilt roster")

    assert "Ida Lund" in roster
    assert "Ben Okafor" not in roster
