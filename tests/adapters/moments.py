"""The moments of a session at which cards have buttons that are for those who lead it, one after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from tests.stories.workspace import message


async def all_moments(
    world: Any, starts: datetime, types: Callable[[str], Awaitable[object]], all_try: Callable[..., Awaitable[None]]
) -> None:
    """`types`: Hanna's commands. `all_try`: whoever may not presses these buttons, or all, of the card that says so."""
    await world.story.reaches(starts - timedelta(hours=24))
    await world.ben.presses(message(world.ben.direct, "Get ready"), "I need help")
    await world.story.passes(5)
    await all_try("Your session", "Open the session")
    await all_try("needs help to get ready")
    await world.opens()
    await all_try("Your session", "Next step", "End the session")
    await all_try("Break now?", "Close the poll", private=False)
    await types('ask "What first?"')
    await world.story.passes(3)
    await all_try("What first?", "Close the question", private=False)
    await world.story.passes(15)
    await all_try("What first?", "Not here", private=False)
    await types('open "What surprised you?"')
    await world.story.passes(3)
    await all_try("What surprised you?", "Answered aloud", "Close the question", private=False)
    await world.story.passes(63)
    await all_try("Quiet on: What surprised you?")
    await types("end")
    await world.story.passes(60)
    await all_try("Survey: How was", "Close the survey")
