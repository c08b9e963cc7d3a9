"""A class that meets every week in the same place: next week's session has its people, and this week's its survey."""

from datetime import timedelta
from pathlib import Path

from tests.stories.either import Meets, everywhere


@everywhere
async def test_a_second_session_in_the_same_place_has_everybody_on_its_roster(meets: Meets, tmp_path: Path) -> None:
    """It is made while another one is planned there, and gets its own checklist the day before."""
    async with meets(tmp_path, begins=False) as told:
        await told.bot_comes()
        await told.types("new giving-feedback on 25 Mar 14:00 UTC")
        await told.story.passes(4)
        await told.types("new giving-feedback on 1 Apr 14:00 UTC")
        await told.story.passes(4)
        await told.types("start")
        await told.story.passes(4)
        await told.types("end")
        await told.story.passes(4)
        roster = await told.types("roster")
        survey = await told.types("survey close")

    assert "3 learners" in roster
    assert survey.startswith("No survey was sent")  # as is so of this week's
    assert "The survey goes out when you end" not in survey  # which would be said of next week's


@everywhere
async def test_what_would_be_called_off_is_said_first(meets: Meets, tmp_path: Path) -> None:
    async with meets(tmp_path, begins=False) as told:
        await told.bot_comes()
        await told.types("new giving-feedback on 25 Mar 14:00 UTC")
        await told.story.passes(4)
        asked = await told.types("cancel")
        standing = await told.types("sessions")

    assert asked.startswith("This calls off “Giving feedback that lands”, planned for ")
    assert "Giving feedback that lands" in standing
    assert "called off" not in standing


@everywhere
async def test_whoever_was_taken_off_one_session_stays_off_it_when_another_is_planned(
    meets: Meets, tmp_path: Path
) -> None:
    """Two days later, when what was heard then is forgotten."""
    async with meets(tmp_path, begins=False) as told:
        await told.bot_comes()
        await told.types("new giving-feedback on 30 Mar 14:00 UTC")
        await told.story.passes(4)
        await told.types("roster remove Ben Okafor")
        await told.story.app.store.tidy(told.story.clock.now() + timedelta(days=2))
        await told.types("new giving-feedback on 6 Apr 14:00 UTC")
        await told.story.passes(4)
        roster = await told.types("roster")

    assert "Ida Lund" in roster
    assert "Ben Okafor" not in roster
