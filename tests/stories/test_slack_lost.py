"""Slack's answers are lost, or our messages are deleted: what people see is right in the end, and stands once."""

import asyncio
from pathlib import Path

import pytest

from tests.slack.faults import Fault
from tests.stories.slack_class import Course, course, happens, without

THREE = "Yes — 3 of 3"


# -- Slack has done it, and nobody heard -------------------------------------------------------------------------------


async def lost(told: Course) -> None:
    """The answers to the first post in the channel, to the first direct message and to an edit are lost."""
    told.slack.next("chat.postMessage", Fault.performed_but_lost(), Fault.performed_but_lost())
    await told.room.invite_bot()
    await told.types('/ilt start "Feedback"')
    await told.story.passes(10)
    await told.polls("Ready?")
    told.slack.next("chat.update", Fault.performed_but_lost())
    for who in told.learners:
        await told.votes(who, "Yes")
    await told.story.passes(10)
    assert THREE in told.board("Ready?")
    assert told.private(told.hanna, "Your session")


async def test_what_was_posted_although_the_answer_was_lost_is_found_and_not_posted_again(tmp_path: Path) -> None:
    async with course(tmp_path, begins=False) as told:
        await lost(told)
        await told.is_right()


async def test_a_vote_that_came_before_a_lost_post_was_found_stands_on_it(tmp_path: Path) -> None:
    """Slack has posted the board, and nobody at the bot knows; but whoever reads it can press."""
    async with course(tmp_path) as told:
        told.slack.next("chat.postMessage", Fault.performed_but_lost())
        await told.types('/ilt poll "Hungry?" Yes No')
        await happens(lambda: told.boards("Hungry?"))
        await told.votes(told.ida, "Yes", "Hungry?")
        await told.story.passes(10)
        assert "Yes — 1 of 1" in told.board("Hungry?")
        await told.is_right()


async def test_without_the_history_permission_it_cannot_be_found_and_is_posted_again(tmp_path: Path) -> None:
    """The one fault after which something stands twice: Slack shows us no message without these permissions.

    Which of the two goes on living is plain: the newer one; the older one stays as it was.
    """
    change = without("channels:history", "groups:history", "im:history", "mpim:history")
    async with course(tmp_path, begins=False, change=change) as told:
        await lost(told)
        await told.is_right(repeated=(("Feedback", 2), ("Your session: Feedback", 2)))


async def test_a_process_that_dies_between_a_post_and_its_answer_does_not_post_it_again(tmp_path: Path) -> None:
    """Two messages stand in Slack, and nobody has noted where: the next process finds them."""
    async with course(tmp_path, begins=False) as told:
        await told.room.invite_bot()
        gate = asyncio.Event()
        told.slack.next("chat.postMessage", Fault.slow(gate), Fault.slow(gate))
        await told.types('/ilt start "Feedback"')
        await happens(lambda: told.called("chat.postMessage") == 2)
        async with told.killed():
            gate.set()
            await told.story.passes(40)
            await told.polls("Ready?")
            await told.votes(told.ida, "Yes")
            await told.story.passes(4)
            assert "Yes — 1 of 1" in told.board("Ready?")
            assert told.private(told.hanna, "Your session")
            await told.is_right()


async def test_a_process_that_dies_before_its_post_has_reached_slack_has_it_posted_by_the_next(tmp_path: Path) -> None:
    """Nothing is found, so it is posted."""
    async with course(tmp_path, begins=False) as told:
        await told.room.invite_bot()
        told.slack.next("chat.postMessage", Fault.refused(), Fault.refused())
        await told.types('/ilt start "Feedback"')
        await happens(lambda: told.called("chat.postMessage") == 2)
        async with told.killed():
            await told.story.passes(40)
            assert told.board("Feedback")
            assert told.private(told.hanna, "Your session")
            await told.is_right()


async def test_a_process_that_dies_with_an_edit_in_flight_leaves_no_old_board(tmp_path: Path) -> None:
    async with course(tmp_path) as told:
        gate = asyncio.Event()
        told.slack.next("chat.update", Fault.slow(gate))
        await told.votes(told.ida, "Yes")
        await happens(lambda: told.called("chat.update") == 1)
        await told.votes(told.ben, "No")
        async with told.killed():
            gate.set()
            await told.story.passes(40)
            assert "Yes — 1 of 2" in told.board("Ready?")
            await told.is_right()


# -- somebody deletes our messages -------------------------------------------------------------------------------------


async def test_a_board_that_an_administrator_deletes_is_posted_once_anew_at_the_next_change(tmp_path: Path) -> None:
    """The votes of before count, and whatever follows goes to the new one."""
    async with course(tmp_path) as told:
        await told.votes(told.ida, "Yes")
        await told.story.passes(4)
        board = told.board("Ready?")
        late = await told.press(told.ben, board, "No")  # just before it is gone
        await told.room.admin_deletes(told.stands("Ready?"))
        await told.story.passes(60)
        gone = told.boards("Ready?")
        await told.arrives(late)
        await told.story.passes(4)
        second = told.board("Ready?").message
        assert "Yes — 1 of 2" in told.board("Ready?")
        await told.votes(told.cem, "Yes")
        await told.story.passes(4)
        assert told.board("Ready?").message is second
        assert "Yes — 2 of 3" in told.board("Ready?")
        await told.is_right(repeated=(("Ready?", 2),))

    assert gone == []


async def test_a_board_that_is_deleted_while_it_is_being_edited_is_posted_anew(tmp_path: Path) -> None:
    """Slack has done the edit, then the board goes, then the answer comes: the next vote brings a new one."""
    async with course(tmp_path) as told:
        gate = asyncio.Event()
        told.slack.next("chat.update", Fault.slow(gate))
        board = told.board("Ready?")
        await told.votes(told.ida, "Yes")
        await happens(lambda: told.called("chat.update") == 1)
        late = await told.press(told.ben, board, "Yes")
        await told.room.admin_deletes(told.stands("Ready?"))
        gate.set()
        await told.story.passes(4)
        await told.arrives(late)
        await told.story.passes(4)
        assert "Yes — 2 of 2" in told.board("Ready?")
        await told.is_right(repeated=(("Ready?", 2),))


async def test_a_new_board_whose_answer_is_lost_is_not_taken_for_the_deleted_one(tmp_path: Path) -> None:
    """Both have the same mark; only the one that stands is found."""
    async with course(tmp_path) as told:
        board = told.board("Ready?")
        late = await told.press(told.ida, board, "Yes")
        await told.room.admin_deletes(told.stands("Ready?"))
        told.slack.next("chat.postMessage", Fault.performed_but_lost())
        await told.arrives(late)
        await told.story.passes(10)
        assert "Yes — 1 of 1" in told.board("Ready?")
        await told.is_right(repeated=(("Ready?", 2),))


async def test_a_private_card_that_its_owner_has_deleted_comes_once_more_when_it_changes(tmp_path: Path) -> None:
    """The checklist of the day before, in Ida's direct messages; she ticks an item on her Home tab."""
    async with course(tmp_path, begins=False) as told:
        await told.room.invite_bot()
        assert "is planned" in await told.types("/ilt new giving-feedback on 25 Mar 14:00 UTC")
        await told.story.adapter.settled()
        await told.story.passes(10)
        checklist = told.private(told.ida, "Get ready for")
        assert checklist.message
        await told.slack.deletes(checklist.message)
        await told.story.passes(60)
        gone = [read for read in told.ida.direct if "Get ready for" in read.words]
        await told.ida.opens_home()
        await happens(lambda: told.ida.home)
        await told.ida.presses(told.ida.home, "Tick")
        await told.story.passes(4)
        await told.ida.presses(told.private(told.ida, "Get ready for"), "Tick")
        await told.story.passes(4)
        assert "3 items are open" in told.private(told.ida, "Get ready for")
        await told.is_right(repeated=((checklist.words.partition("\n")[0], 2),))

    assert gone == []


# -- our own mistakes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", ["msg_too_long", "invalid_blocks"])
async def test_a_card_that_slack_does_not_take_stays_due_and_holds_up_no_other(tmp_path: Path, error: str) -> None:
    """It is tried again later and later, and when it is mended (with a new version, say) it arrives."""
    async with course(tmp_path) as told:
        await told.polls("Fine?")
        told.slack.next("chat.update", *[Fault.error(error)] * 3)
        await told.votes(told.ida, "Yes")
        while told.slack.web.faults["chat.update"]:
            told.moves(1)
            await told.story.settles()
        assert told.called("chat.update") == 3
        await told.votes(told.ben, "No", "Fine?")
        told.moves(2)
        await told.story.settles()
        other, waiting = told.board("Fine?"), (await told.story.app.store.counts()).waiting
        old = told.board("Ready?")
        await told.story.passes(10)
        assert "Yes — 1 of 1" in told.board("Ready?")
        await told.is_right()

    assert "No — 1 of 1" in other
    assert ("Yes — 1 of 1" in old, waiting) == (False, 1)
