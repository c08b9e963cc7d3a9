"""What comes from a platform comes late, twice and shuffled."""

import random
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from storage.tables import ACTIVITY, NOTE, PERSON
from tests.stories.either import Meets, everywhere


@everywhere
async def test_of_votes_that_come_an_hour_late_and_shuffled_the_last_press_counts(meets: Meets, tmp_path: Path) -> None:
    """Each learner changes their mind three times; everything is delivered an hour later, twice, in disorder."""
    async with meets(tmp_path) as room:
        told: Any = room.told
        presses = []
        for labels in (("Yes", "Yes", "No"), ("No", "No", "Yes"), ("Yes", "Yes", "No"), ("No", "No", "Yes")):
            for who, label in zip(told.learners, labels, strict=True):
                presses.append(await told.press(who, told.board("Ready?"), label))
                told.moves(0.5)
        told.moves(3600)
        for press in random.Random(1).sample(presses * 2, len(presses) * 2):
            await told.arrives(press)
        await told.story.passes(4)
        assert await told.story.app.store._reading(votes) == {"Ben Okafor": "b", "Cem Unal": "a", "Ida Lund": "b"}
        assert re.findall(r"(\d of \d) ·", told.board("Ready?").words) == ["1 of 3", "2 of 3"]  # Yes, No
        await room.is_told(told.ida, "No")
        await told.is_right()


def votes(db: Connection) -> dict[str, str]:
    """Who voted for which choice, by its letter."""
    rows = select(PERSON.c.name, NOTE.c.value).join(PERSON, PERSON.c.id == NOTE.c.person).where(NOTE.c.key == "vote")
    return {row.name: row.value for row in db.execute(rows)}


@everywhere
async def test_answers_joins_and_talk_that_come_late_shuffled_and_twice_count_once(
    meets: Meets, tmp_path: Path
) -> None:
    """An answer in the thread of an open question, six posts of Ben's in three minutes, and Dora who comes in."""
    async with meets(tmp_path, threads=True) as room:
        told: Any = room.told
        await room.types('open "What surprised you?"')
        await told.story.passes(4)
        room.holds()
        await told.ida.writes(told.room, "The pauses did.", thread=told.board("What surprised you?"))
        for _ in range(3):
            for words in ("I have one thing to add here.", "And another one."):
                await told.ben.writes(told.room, words)
                told.moves(5)
            told.moves(50)
        await room.comes("Dora Late")
        told.moves(3600)
        answers = await room.releases(shuffled)
        await told.story.passes(4)
        activity = await told.story.app.store._reading(spoken)
        assert "1 person has answered" in told.board("What surprised you?")
        roster = await room.roster()
        await told.is_right()

    assert {*answers} == {200}
    assert activity == [*[("Ben Okafor", "said", 2, 2)] * 3, ("Ida Lund", "said", 1, 1)]
    assert roster.count("Dora Late") == 1, roster


def shuffled(held: list[Any]) -> Iterable[Any]:
    """In another order."""
    return random.Random(3).sample(held, len(held))


def spoken(db: Connection) -> list[tuple[str, str, int, int]]:
    """Who did what, minute by minute: how often, and how often in three words or more."""
    rows = select(PERSON.c.name, ACTIVITY.c.kind, ACTIVITY.c.count.label("times"), ACTIVITY.c.posts)
    found = db.execute(rows.join(PERSON, PERSON.c.id == ACTIVITY.c.person).order_by(PERSON.c.name, ACTIVITY.c.minute))
    return [(row.name, row.kind, row.times, row.posts) for row in found]
