"""Teams does not let us write, or our messages or we are taken off: somebody is told why, and all comes back."""

from pathlib import Path

import pytest

from adapters.teams.connector import FINAL
from tests.stories.teams_class import Fault, course
from tests.teams.faults import SAYS

CODES = [code for status, code in FINAL if code not in {"BotNotRegistered", "NotEnoughPermissions"}]
TO_THE_ROOM = [code for code in CODES if code not in {"ForbiddenOperationException", "MessageSizeTooBig"}]


def sentence(code: str) -> str:
    """What a facilitator reads."""
    return FINAL[SAYS[code][0], code]


# -- a room, or somebody, is closed to us ------------------------------------------------------------------------------


@pytest.mark.parametrize("code", TO_THE_ROOM)
async def test_a_room_that_is_closed_to_us_is_told_and_comes_back(tmp_path: Path, code: str) -> None:
    """An edit is refused: Hanna reads why in her own card, another room and private cards go on.

    Nothing comes into the room any more, until somebody writes to the bot there: then all that was missed is shown.
    """
    async with course(tmp_path) as told:
        second = told.another()
        await second.adds_bot()
        await told.polls("Elsewhere?", second)
        told.fails("update", Fault.error(code), room=told.room)
        await told.votes(told.ida, "Yes")
        await told.votes(told.ben, "No", "Elsewhere?", second)
        await told.story.passes(4)
        desk = told.private(told.hanna, "Your session")
        await told.votes(told.ben, "Yes")
        await told.story.passes(10)
        before = told.boards("Ready?")
        elsewhere = told.board("Elsewhere?", second)
        await told.types("pol")
        await told.story.passes(6)
        assert "2 of 2" in told.board("Ready?")
        assert "Not shown in the room" not in told.private(told.hanna, "Your session")
        await told.is_right()

    assert f"Not shown in the room: {sentence(code)}" in desk.words
    assert ["2 of 2" in read for read in before] == [False]
    assert "1 of 1" in elsewhere


PEOPLE = ["ForbiddenOperationException", "ConversationBlockedByUser", "BotDisabledByAdmin", "MessageWritesBlocked"]


@pytest.mark.parametrize("code", [*PEOPLE, "BotNotInConversationRoster", "InvalidBotApiHost"])
async def test_somebody_who_cannot_be_written_to_is_called_in_the_room_and_others_get_theirs(
    tmp_path: Path, code: str
) -> None:
    """Ida's checklist is refused. Once she writes to the bot herself, she has it."""
    async with course(tmp_path, begins=False) as told:
        await told.room.adds_bot()
        await told.ida.writes(told.ida.personal, "pol")
        await told.story.settles()
        told.fails("send", Fault.error(code), room=told.ida.personal)
        await told.types("new giving-feedback on 25 Mar 14:00 UTC")
        await told.story.passes(10)
        desk, called = told.private(told.hanna, "Your session"), told.board("something is waiting for you in")
        theirs = [told.has(who, "Get ready for") for who in told.learners]
        mine = await told.ida.presses(called, "Show me")
        await told.ida.writes(told.ida.personal, "pol")
        await told.story.passes(6)
        assert told.private(told.ida, "Get ready for")
        await told.is_right()

    assert f"Not reached: Ida Lund: {sentence(code)}" in desk.words.replace("@", "")
    assert theirs == [False, True, True]
    assert "Ida Lund" in called.words
    assert "Get ready for" in mine


async def test_a_message_that_is_too_large_ends_and_holds_up_no_other(tmp_path: Path) -> None:
    """The facilitator reads it; the next poll comes."""
    async with course(tmp_path) as told:
        told.fails(
            "send", *[Fault.error("MessageSizeTooBig")] * 2, room=told.room
        )  # at the next command it is tried again
        await told.polls("Large?")
        desk = told.private(told.hanna, "Your session")
        await told.polls("Small?")
        assert told.board("Small?")
        await told.is_right(ended=("board",))

    assert f"Not shown in the room: {sentence('MessageSizeTooBig')}" in desk.words


async def test_a_reason_that_lasts_is_told_again(tmp_path: Path) -> None:
    """Somebody writes to the bot, but the room stays closed: Hanna still reads that it is."""
    async with course(tmp_path) as told:
        told.fails("update", *[Fault.error("BotDisabledByAdmin")] * 2, room=told.room)
        await told.votes(told.ida, "Yes")
        await told.story.passes(4)
        await told.types("pol")
        await told.story.passes(4)
        desk = told.private(told.hanna, "Your session")
        await told.is_right(ended=("board",))

    assert f"Not shown in the room: {sentence('BotDisabledByAdmin')}" in desk.words


# -- messages are deleted ----------------------------------------------------------------------------------------------


async def test_a_board_that_is_gone_is_posted_once_anew_and_edits_go_there(tmp_path: Path) -> None:
    """An owner of the team has deleted it."""
    async with course(tmp_path, "channel") as told:
        await told.votes(told.ida, "Yes")
        await told.story.settles()
        board = told.board("Ready?").message
        assert board
        await told.votes(told.ben, "No")
        board.deleted = True  # before this second vote is shown, for which 2 s have to pass
        await told.story.passes(6)
        second = told.board("Ready?").message
        assert "1 of 2" in told.board("Ready?")
        await told.votes(told.cem, "Yes")
        await told.story.passes(4)
        assert told.board("Ready?").message is second
        assert "2 of 3" in told.board("Ready?")
        await told.is_right()


async def test_a_private_card_that_is_gone_comes_once_more_when_it_changes(tmp_path: Path) -> None:
    """Its owner has deleted the checklist, and ticks on the card that was still open."""
    async with course(tmp_path, begins=False) as told:
        await told.room.adds_bot()
        await told.types("new giving-feedback on 25 Mar 14:00 UTC")
        await told.story.passes(10)
        card = told.private(told.ida, "Get ready for")
        assert card.message
        await told.ida.presses(card, "Tick")
        card.message.deleted = True
        await told.story.passes(6)
        await told.ida.presses(told.private(told.ida, "Get ready for"), "Tick")
        await told.story.passes(6)
        assert "3 items are open" in told.private(told.ida, "Get ready for")
        await told.is_right()


# -- the app is taken away and added again -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["chat", "channel", "meeting"])
async def test_taken_out_of_the_room_and_added_again_the_bot_shows_what_was_missed(tmp_path: Path, kind: str) -> None:
    """A vote, the end of a poll and a new poll come while it is away."""
    async with course(tmp_path, kind) as told:
        await told.votes(told.ida, "Yes")
        await told.room.removes_bot()
        await told.story.passes(6)
        assert "Not shown in the room" in told.private(told.hanna, "Your session")
        await told.hanna.writes(told.hanna.personal, 'poll "Missed?" Yes No')
        await told.story.passes(6)
        missed = told.boards("Missed?")
        await told.room.adds_bot()
        await told.story.passes(6)
        assert "1 of 1" in told.board("Ready?")
        assert told.board("Missed?")
        assert "Not shown in the room" not in told.private(told.hanna, "Your session")
        await told.votes(told.ben, "Yes")
        await told.story.passes(4)
        assert "2 of 2" in told.board("Ready?")
        await told.is_right()

    assert missed == []


async def test_whoever_takes_the_app_off_finds_theirs_in_the_room_and_gets_it_again(tmp_path: Path) -> None:
    """Ida takes the app off, and the survey is due: a button in the room, and then, with the app, her own chat."""
    async with course(tmp_path) as told:
        for who in (*told.learners, *await told.grows()):
            await told.votes(who, "I'm here", "Feedback")
        await told.ida.uninstalls()
        await told.types("end")
        await told.story.passes(10)
        before = told.has(told.ida, "How was"), told.has(told.ben, "How was")
        mine = await told.ida.presses(told.board("something is waiting for you in"), "Show me")
        await told.ida.installs()
        await told.story.passes(6)
        assert told.private(told.ida, "How was")
        await told.is_right()

    assert before == (False, True)
    assert "How was" in mine
