"""The bot is thrown out, a channel is archived or gets another id, permissions and tokens go: all can be mended."""

import asyncio
from pathlib import Path

import pytest

from tests.slack.faults import Fault
from tests.stories.slack_class import course, happens, without

KICKED = "Cohost is not in this channel: type /invite @Cohost there, and it goes on."
UNHEARD = "answers in threads and silence can go unnoticed"


# -- channels ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("private", [False, True], ids=["public", "private"])
async def test_a_bot_that_was_thrown_out_says_so_privately_and_goes_on_when_it_is_invited_again(
    tmp_path: Path, private: bool
) -> None:
    """Kicked in mid-session; a vote, a new poll and the end of the old one happen; invited again, all is there."""
    async with course(tmp_path, private=private) as told:
        ready = await told.press(told.ida, told.board("Ready?"), "Yes")
        close = await told.press(told.hanna, told.board("Ready?"), "Close the poll")
        await told.room.kick_bot()
        told.moves(2)
        await told.arrives(ready)
        await told.story.passes(4)
        said = (await told.hanna.writes_to_bot('poll "While you were out?" Yes No')).text
        await told.story.passes(4)
        await told.arrives(close)
        await told.story.passes(60)
        desk = told.private(told.hanna, "Your session").words
        calls = len(told.slack.calls)
        await told.story.passes(600)
        quiet = len(told.slack.calls) - calls
        await told.room.invite_bot()
        await told.story.passes(10)
        assert "Closed. 1 vote." in told.board("Ready?"), told.board("Ready?").words
        assert told.board("While you were out?"), said
        await told.is_right()

    assert desk.count(KICKED) == 1, desk
    assert quiet == 0


async def test_a_channel_that_is_archived_and_comes_back_goes_on(tmp_path: Path) -> None:
    """Votes pressed before arrive while it is archived; back again, the board shows them."""
    async with course(tmp_path) as told:
        late = await told.press(told.ida, told.board("Ready?"), "Yes")
        await told.room.archive()
        told.moves(2)
        await told.arrives(late)
        await told.story.passes(60)
        assert "The channel is archived" in told.private(told.hanna, "Your session")
        assert "This channel is archived" in await told.types('/ilt poll "Now?" Yes No')
        await told.room.unarchive()
        await told.story.passes(4)
        assert "Yes — 1 of 1" in told.board("Ready?")
        await told.polls("Now?")
        await told.is_right()


async def test_a_channel_whose_id_changes_keeps_its_session_its_boards_and_its_commands(tmp_path: Path) -> None:
    async with course(tmp_path, private=True) as told:
        await told.room.change_id()
        await told.votes(told.ida, "Yes")
        await told.story.passes(4)
        assert "Yes — 1 of 1" in told.board("Ready?")
        await told.polls("Here?")
        assert await told.types("/ilt end") == ""  # the room shows that it is over
        await told.story.passes(10)
        assert [read.words.count("Closed. 1 vote.") for read in told.boards("Ready?")] == [1, 0]  # and the recap
        await told.is_right()


async def test_edits_that_fail_before_the_news_of_a_new_id_arrives_are_made_afterwards(tmp_path: Path) -> None:
    """Slack tells of the new id late: meanwhile the old one leads nowhere."""
    async with course(tmp_path, private=True) as told:
        late = await told.press(told.ida, told.board("Ready?"), "Yes")
        told.slack.hold()
        await told.room.change_id()
        told.moves(2)
        await told.arrives(late)
        await told.story.passes(60)
        await told.slack.release()
        await told.story.passes(4)
        assert "Yes — 1 of 1" in told.board("Ready?")
        await told.is_right()


async def test_an_edit_in_flight_while_the_id_changes_does_not_bring_the_old_id_back(tmp_path: Path) -> None:
    async with course(tmp_path, private=True) as told:
        gate = asyncio.Event()
        told.slack.next("chat.update", Fault.slow(gate))
        await told.votes(told.ida, "Yes")
        await happens(lambda: told.called("chat.update") == 1)
        await told.room.change_id()
        gate.set()
        await told.story.passes(4)
        await told.votes(told.ben, "No")
        await told.story.passes(4)
        assert "Yes — 1 of 2" in told.board("Ready?")
        await told.is_right()


async def test_a_post_in_flight_while_the_id_changes_is_edited_under_the_new_one(tmp_path: Path) -> None:
    async with course(tmp_path, private=True) as told:
        gate = asyncio.Event()
        told.slack.next("chat.postMessage", Fault.slow(gate))
        await told.types('/ilt poll "New?" Yes No')
        await happens(lambda: told.boards("New?"))
        await told.room.change_id()
        gate.set()
        await told.story.passes(4)
        await told.votes(told.ben, "No", "New?")
        await told.story.passes(4)
        assert "No — 1 of 1" in told.board("New?")
        await told.is_right()


# -- permissions and tokens --------------------------------------------------------------------------------------------


async def test_without_the_history_permission_polls_work_and_whoever_leads_is_told_what_does_not(
    tmp_path: Path,
) -> None:
    """By command in the channel and by the button on a phone; learners are told nothing."""
    async with course(tmp_path, change=without("channels:history", "groups:history")) as told:
        hints = [read.words for read in told.hanna.reads(told.room) if read.private]
        for who in told.learners:
            await told.votes(who, "Yes")
        await told.story.passes(4)
        assert "Yes — 3 of 3" in told.board("Ready?")
        second = told.channel("second")
        await second.invite_bot()
        await told.types("/ilt new", second)
        await told.story.passes(4)
        await told.hanna.presses(told.private(told.hanna, "Untitled session"), "Open the session")
        await told.story.adapter.settled()
        await told.story.passes(4)
        by_button = [read.words for read in told.hanna.direct if UNHEARD in read.words]
        await told.is_right()

    assert [words for words in hints if UNHEARD in words and "channels:history, groups:history" in words]
    assert len(by_button) == 1


async def test_nobody_is_told_of_a_permission_that_is_there(tmp_path: Path) -> None:
    async with course(tmp_path) as told:
        assert not [read for read in told.hanna.reads(told.room) if UNHEARD in read.words]


async def test_a_token_that_is_revoked_is_not_used_again_and_later_everything_is_shown_after_all(
    tmp_path: Path,
) -> None:
    """In mid-session, while a board is edited; ten minutes later an administrator lets the app in again.

    What people press meanwhile is not taken, and they see that.
    """
    async with course(tmp_path) as told:
        (token,) = told.team.installed().tokens
        presses = [await told.press(who, told.board("Ready?"), "Yes") for who in told.learners]
        told.slack.next("chat.update", Fault.revoked())
        await told.arrives(presses[0])
        await told.story.settles()
        before = len(told.slack.calls)
        await told.arrives(presses[1])
        said = [read.words for read in told.ben.reads(told.room) if read.private]
        for _ in range(10):
            told.moves(60)
            await told.story.settles()
        dead = told.slack.calls[before:]
        token.revoked = False
        told.moves(61)
        await told.arrives(presses[2])
        await told.story.passes(10)
        assert "Yes — 2 of 2" in told.board("Ready?")
        await told.polls("Back?")
        await told.is_right()

    assert {call.method for call in dead} <= {"auth.test"}
    assert len(dead) <= 10
    assert said == ["Cohost is not installed in this workspace. Ask an administrator to install it."]


async def test_slacks_word_that_the_token_is_revoked_is_enough(tmp_path: Path) -> None:
    """Nothing is tried with it after that; the vote that came before it is shown when the app is back."""
    async with course(tmp_path) as told:
        (token,) = told.team.installed().tokens
        last = await told.press(told.cem, told.board("Ready?"), "Yes")
        told.moves(2)
        await told.votes(told.ida, "No")
        token.revoked = True
        event = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [told.team.bot.id]}, "event_ts": "1.1"}
        await told.slack.delivery.event(told.team.installed(), "tokens_revoked", event)
        before = len(told.slack.calls)
        told.moves(30)
        await told.story.settles()
        tried = [call.method for call in told.slack.calls[before:]]
        token.revoked = False
        told.moves(61)
        await told.arrives(last)
        await told.story.passes(10)
        assert "Yes — 1 of 2" in told.board("Ready?")
        await told.is_right()

    assert tried == []
