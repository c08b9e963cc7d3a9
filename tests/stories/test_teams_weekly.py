"""A class that meets every week in the same place: next week's session has its people, and this week's its survey."""

from pathlib import Path

from tests.stories.teams_class import course


async def test_a_second_session_in_the_same_place_has_everybody_on_its_roster(tmp_path: Path) -> None:
    """It is made while another one is planned there, and gets its own checklist the day before."""
    async with course(tmp_path, begins=False) as told:
        await told.room.adds_bot()
        await told.story.settles()
        await told.types("new giving-feedback on 25 Mar 14:00 UTC")
        await told.story.passes(4)
        await told.types("new giving-feedback on 1 Apr 14:00 UTC")
        await told.story.passes(4)
        await told.types("start")
        await told.story.passes(4)
        await told.types("end")
        await told.story.passes(4)
        await told.types("roster")
        roster = told.hanna.direct[-1].words
        survey = await told.types("survey close")

    assert "3 learners" in roster
    assert "The survey goes out when you end" not in survey  # which would be said of next week's


async def test_what_would_be_called_off_is_said_first(tmp_path: Path) -> None:
    async with course(tmp_path, begins=False) as told:
        await told.room.adds_bot()
        await told.story.settles()
        await told.types("new giving-feedback on 25 Mar 14:00 UTC")
        await told.story.passes(4)
        asked = await told.types("cancel")
        standing = await told.types("sessions")

    assert asked.startswith("This calls off “Giving feedback that lands”, planned for ")
    assert "called off" not in standing
