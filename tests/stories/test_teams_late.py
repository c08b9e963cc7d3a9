"""What comes from Teams comes twice, from old clients, or all at once: see test_late.py too."""

import asyncio
from pathlib import Path

from tests.stories.teams_class import course

# -- twice -------------------------------------------------------------------------------------------------------------


async def test_a_press_that_teams_repeats_is_heard_once_and_answered_again(tmp_path: Path) -> None:
    """Ida votes, Teams does not get the answer; meanwhile she votes otherwise; then the first press comes again."""
    async with course(tmp_path) as told:
        first = await told.press(told.ida, told.board("Ready?"), "Yes")
        await told.arrives(first)
        told.moves(5)
        await told.votes(told.ida, "No")
        again = await told.arrives(first)
        await told.story.passes(4)
        read = told.board("Ready?").words
        await told.is_right()

    assert again.thing
    assert again.thing["type"] == "application/vnd.microsoft.card.adaptive"
    assert read.index("0 of 1") < read.index("1 of 1")


async def test_a_command_that_comes_twice_is_done_once_and_answered_once(tmp_path: Path) -> None:
    """Teams did not get our answer in time and sends the same activity again."""
    async with course(tmp_path) as told:
        told.teams.hold()
        await told.hanna.mentions_bot(told.room, 'poll "Once?" Yes No')
        await told.teams.release(twice=True)
        await told.story.passes(4)
        told.teams.hold()
        await told.hanna.mentions_bot(told.room, "silence 90s")
        await told.teams.release(twice=True)
        await told.story.passes(4)
        said = [read.words for read in told.hanna.direct if read.words.startswith("From the next question on")]
        assert told.board("Once?")
        await told.is_right()

    assert len(said) == 1


# -- old clients -------------------------------------------------------------------------------------------------------


async def test_an_old_client_votes_and_is_answered_by_a_message(tmp_path: Path) -> None:
    """It knows no Action.Execute: the press comes as a message. Twice, and late, it counts once, at its time."""
    async with course(tmp_path) as told:
        told.ida.old_client = told.cem.old_client = True
        told.cem.installed = False
        told.teams.hold()
        for label in ("Yes", "No"):
            for who in (told.ida, told.cem):
                await told.votes(who, label)
                told.moves(1)
        told.moves(600)
        await told.teams.release(reversed, twice=True)
        await told.story.passes(6)
        assert "2 of 2" in told.board("Ready?")
        private = [read.words for read in told.ida.direct if read.words.startswith("Your vote")]
        room = [one.text for one in told.room.messages if one.author is None and one.text.startswith("Your vote")]
        read = told.board("Ready?").words
        await told.is_right()

    assert read.index("0 of 2") < read.index("2 of 2")
    assert private, "whoever has the app is answered privately"
    assert room, "whoever has not is answered where they pressed"
    assert (len(private), len(room)) == (2, 2)


# -- two hundred and fifty people --------------------------------------------------------------------------------------


async def test_250_votes_within_seconds_are_few_edits_and_end_with_all_of_them(tmp_path: Path) -> None:
    """With Teams' limits on: no more than ten edits in ten seconds, and all 250 in the end, the changed ones too."""
    async with course(tmp_path) as told:
        crowd = [told.acme.user(f"Voter {n}") for n in range(250)]
        told.room.people.extend(crowd)
        board = told.board("Ready?")
        presses = [await told.press(who, board, "Yes" if n % 2 else "No") for n, who in enumerate(crowd)]
        changed = [await told.press(who, board, "Yes") for who in crowd[:50]]
        before = told.called("update", told.room)
        for tenth in range(100):  # within five seconds of the clock, then five more
            batch = [*presses, *changed][tenth * 6 : tenth * 6 + 6]
            await asyncio.gather(*(told.arrives(one) for one in batch))
            told.moves(0.1)
            await asyncio.sleep(0.002)
        await told.story.settles()
        edits = told.called("update", told.room) - before
        for _ in range(120):
            told.moves(1)
            await told.story.settles()
        assert "150 of 250" in told.board("Ready?")
        assert "100 of 250" in told.board("Ready?")
        refused = [call for name in ("update", "send") for call in told.teams.called(name) if not call.ok]
        slowest = max(answer.seconds for answer in told.teams.answers)
        await told.is_right()

    assert edits <= 10
    assert refused == []
    assert slowest < 5
