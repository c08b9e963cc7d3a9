"""Teams answers with an error, or not at all, or the process dies meanwhile: all is shown, and once where it can be."""

import asyncio
from pathlib import Path

import pytest

from tests.stories.teams_class import Course, Fault, course, happens, unreachable

THREE = "3 of 3"

# -- Teams answers with an error, or not at all ------------------------------------------------------------------------

ERRORS = {str(status): Fault.http(status) for status in (500, 502, 503, 504)} | {
    "ServiceError": Fault.error("ServiceError"),
    "dropped": Fault.refused(),
}


@pytest.mark.parametrize("fault", ERRORS.values(), ids=ERRORS.keys())
async def test_teams_own_errors_pass(tmp_path: Path, fault: Fault) -> None:
    """Three times in a row, of a post in the chat, of private cards, of beginning private chats and of an edit."""
    async with course(tmp_path, begins=False) as told:
        await told.room.adds_bot()
        await told.story.settles()
        told.fails("create", *[fault] * 3)
        await told.types("new giving-feedback on 25 Mar 14:00 UTC")
        told.fails("send", *[fault] * 4)
        await told.story.passes(30)
        await told.types("start")
        await told.story.passes(30)
        await told.polls("Ready?")
        told.fails("update", *[fault] * 3)
        for who in told.learners:
            await told.votes(who, "Yes")
        await told.story.passes(30)
        assert THREE in told.board("Ready?")
        assert told.private(told.hanna, "Your session")
        assert all(told.has(who, "Get ready for") for who in told.learners)
        await told.is_right()


LOST = {"lost": Fault.performed_but_lost(), "504 after all": Fault.performed_but_failed(504)}


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST.keys())
async def test_an_edit_whose_answer_is_lost_is_made_once_more(tmp_path: Path, fault: Fault) -> None:
    """Twice in a row: nothing stands twice, and the board shows every vote."""
    async with course(tmp_path) as told:
        told.fails("update", fault, fault)
        for who in told.learners:
            await told.votes(who, "Yes")
        await told.story.passes(20)
        assert THREE in told.board("Ready?")
        await told.is_right()


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST.keys())
async def test_a_first_post_whose_answer_is_lost_stands_twice_and_the_newer_one_lives(
    tmp_path: Path, fault: Fault
) -> None:
    """Teams keeps no mark by which it could be found. The administrators' manual says so."""
    async with course(tmp_path) as told:
        told.fails("send", fault, room=told.room)
        await told.hanna.mentions_bot(told.room, 'poll "Twice?" Yes No')
        await told.story.passes(10)
        older, newer = told.boards("Twice?")
        assert older.message
        pressed = await told.ida.presses(older, "Yes")  # whichever of them somebody has before them
        await told.ben.presses(newer, "Yes")
        await told.story.passes(6)
        edited = [bool(read.message and read.message.edited) for read in told.boards("Twice?")]
        assert "2 of 2" in told.boards("Twice?")[1]
        await told.is_right(orphans=("Twice?",))

    assert "Your vote: Yes" in pressed
    assert edited == [False, True]


async def test_what_never_left_stands_once(tmp_path: Path) -> None:
    """Nobody answers at Teams' address for 20 s: post, edit and private card follow, each of them once."""
    async with course(tmp_path) as told:
        async with unreachable(told):
            await told.hanna.mentions_bot(told.room, 'poll "Once?" Yes No')
            await told.votes(told.ida, "Yes")
            for _ in range(10):
                told.moves(2)
                await told.story.settles()
            assert told.boards("Once?") == []
        await told.story.passes(10)
        assert told.board("Once?")
        assert "1 of 1" in told.board("Ready?")
        await told.is_right()


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST.keys())
async def test_an_answer_to_a_command_is_never_given_twice(tmp_path: Path, fault: Fault) -> None:
    """Whether it arrived cannot be known: better once too few."""
    async with course(tmp_path) as told:
        told.fails("send", fault, room=told.hanna.personal)
        await told.types("silence 90s")
        for _ in range(10):
            told.moves(2)
            await told.story.settles()
        assert answers(told, "From the next question on") == 1
        await told.is_right()


def answers(told: Course, words: str) -> int:
    """How many answers that begin like this Hanna has got."""
    return sum(read.words.startswith(words) for read in told.hanna.direct)


# -- processes ---------------------------------------------------------------------------------------------------------


async def test_a_process_that_dies_with_an_edit_in_flight_leaves_no_old_board(tmp_path: Path) -> None:
    """Teams has done the edit, and before it says so another vote comes and the process is gone."""
    async with course(tmp_path) as told:
        gate = asyncio.Event()
        told.fails("update", Fault.slow(gate))
        await told.votes(told.ida, "Yes")
        await happens(lambda: told.called("update", told.room) == 1)
        await told.votes(told.ben, "No")
        async with told.killed():
            gate.set()
            await told.story.passes(40)
            assert "1 of 2" in told.board("Ready?")
            await told.is_right()


async def test_a_process_that_dies_before_a_first_post_has_left_has_it_posted_by_the_next(tmp_path: Path) -> None:
    """Once."""
    async with course(tmp_path) as told:
        before = told.called("send", told.room)
        told.fails("send", Fault.refused(), room=told.room)
        await told.hanna.mentions_bot(told.room, 'poll "Once?" Yes No')
        await happens(lambda: told.called("send", told.room) > before)
        async with told.killed():
            await told.story.passes(40)
            assert told.board("Once?")
            await told.is_right()
