"""Teams asks to wait, or says that two calls have met: both are kept, and what people see is right in the end, once."""

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest

from tests.stories.teams_class import Fault, course

THREE = "3 of 3"

# -- Teams asks to wait ------------------------------------------------------------------------------------------------


async def test_a_chat_waits_as_long_as_teams_says_and_another_one_goes_on(tmp_path: Path) -> None:
    """The first poll is refused for 7 s: nothing else comes to this chat before; elsewhere it does."""
    async with course(tmp_path) as told:
        second = told.another()
        await second.adds_bot()
        await told.story.settles()
        told.fails("send", Fault.throttled(7), room=told.room)
        await told.hanna.mentions_bot(told.room, 'poll "One?" Yes No')
        await told.story.settles()
        refused = told.called("send", told.room) + told.called("update", told.room)
        await told.hanna.mentions_bot(told.room, 'poll "Two?" Yes No')
        await told.votes(told.ida, "Yes")
        await told.polls("Three?", second, passes=0)
        told.moves(6.9)
        await told.story.settles()
        early = told.called("send", told.room) + told.called("update", told.room) - refused
        meanwhile = told.boards("Three?", second)
        told.moves(0.1)
        await told.story.passes(6)
        assert told.board("One?")
        assert told.board("Two?")
        assert "1 of 1" in told.board("Ready?")
        await told.is_right()

    assert (early, len(meanwhile)) == (0, 1)


async def test_edits_wait_as_long_as_teams_says(tmp_path: Path) -> None:
    """Two boards in one chat: after the first refusal neither is touched for 9 s. Private cards go on."""
    async with course(tmp_path) as told:
        await told.polls("Later?")
        told.fails("update", Fault.throttled(9), room=told.room)
        await told.votes(told.ida, "Yes")
        await told.story.settles()
        refused = told.called("update", told.room)
        told.moves(4)
        await told.votes(told.ben, "No", "Later?")
        assert "did you mean" in await told.types("pol")
        told.moves(4.9)
        await told.story.settles()
        early = told.called("update", told.room) - refused
        told.moves(0.1)
        await told.story.passes(4)
        assert "1 of 1" in told.board("Ready?")
        assert "1 of 1" in told.board("Later?")
        await told.is_right()

    assert early == 0


async def test_where_teams_does_not_say_how_long_the_waits_grow(tmp_path: Path) -> None:
    """Five refusals in a row: each wait is longer than the one before; then the votes are shown."""
    async with course(tmp_path) as told:
        told.fails("update", *[Fault.throttled(None)] * 5)
        await told.votes(told.ida, "Yes")
        for _ in range(90):
            await told.story.settles()
            told.moves(1)
        moments = [call.at for call in told.teams.called("update", told.room)][-6:]
        waits = [(later - before).total_seconds() for before, later in pairwise(moments)]
        assert "1 of 1" in told.board("Ready?")
        await told.is_right()

    assert waits == sorted(waits)
    assert (waits[0] >= 2, waits[-1] >= 4 * waits[0]) == (True, True), waits


@pytest.mark.parametrize("after", [5, None])
async def test_a_chat_with_one_person_is_begun_when_teams_lets_us(tmp_path: Path, after: int | None) -> None:
    """The checklists of the day before: nobody has a chat with the bot yet, and beginning the first is refused."""
    async with course(tmp_path, begins=False) as told:
        await told.room.adds_bot()
        await told.story.settles()
        told.fails("create", Fault.throttled(after))
        await told.types("new giving-feedback on 25 Mar 14:00 UTC")
        await told.story.passes(10)
        assert all(told.has(who, "Get ready for") for who in told.learners)
        await told.is_right()


NO_MEMBERS = [Fault.throttled(5), Fault.throttled(None), Fault.http(503), Fault.refused(), Fault.error("ServiceError")]


@pytest.mark.parametrize("fault", NO_MEMBERS, ids=["429", "429 without a time", "503", "dropped", "500"])
async def test_everybody_is_expected_though_teams_fails_while_we_ask_who_is_there(tmp_path: Path, fault: Fault) -> None:
    """Twice in a row; then it says so, and they get their checklists."""
    async with course(tmp_path, begins=False) as told:
        await told.room.adds_bot()
        await told.story.settles()
        told.fails("paged_members", fault, fault)
        await told.types("new giving-feedback on 25 Mar 14:00 UTC")
        for _ in range(30):
            await told.story.settles()
            told.moves(1)
        await told.story.passes(4)
        assert all(told.has(who, "Get ready for") for who in told.learners)
        await told.is_right()


@pytest.mark.parametrize("fault", NO_MEMBERS, ids=["429", "429 without a time", "503", "dropped", "500"])
async def test_a_command_is_answered_though_teams_does_not_say_who_is_meant(tmp_path: Path, fault: Fault) -> None:
    """Hanna is told to send it once more; Ida, whom the bot knows, is found without Teams' help."""
    async with course(tmp_path) as told:
        dora = told.acme.user("Dora New", installed=True)
        told.room.people.append(dora)
        told.fails("member", *[fault] * (2 if fault.kind == "refused" else 1))  # a dropped question is asked once more
        first = await told.types("roster facilitator @Dora New")
        told.moves(5)
        second = await told.types("roster facilitator @Dora New")
        told.fails("member", *[fault] * (2 if fault.kind == "refused" else 1))
        known = await told.types("roster facilitator @Ida Lund")
        await told.votes(told.ben, "Yes")
        await told.story.passes(8)
        await told.is_right()

    assert (
        first == "Teams does not say at the moment who is mentioned: nothing was changed. Please send this once more."
    )
    assert ("leads with you now" in second, "leads with you now" in known) == (True, True)


async def test_an_answer_to_a_command_waits_as_long_as_teams_says(tmp_path: Path) -> None:
    """It is given once."""
    async with course(tmp_path) as told:
        told.fails("send", Fault.throttled(6))
        await told.hanna.mentions_bot(told.room, "pol")
        await told.story.settles()
        told.moves(5.9)
        await told.story.settles()
        early = told.has(told.hanna, "did you mean")
        told.moves(0.1)
        await told.story.settles()
        assert [read.words for read in told.hanna.direct if "did you mean" in read.words] != []
        await told.is_right()

    assert not early


async def test_a_write_that_met_another_one_is_tried_again(tmp_path: Path) -> None:
    """Of a first post, an edit, a private card, and an answer. Of our own accord two never meet: see `is_right`."""
    async with course(tmp_path, begins=False) as told:
        await told.room.adds_bot()
        await told.story.settles()
        told.fails("send", *[Fault.error("PreconditionFailed")] * 3)
        await told.hanna.mentions_bot(told.room, 'start "Feedback"')
        await told.story.passes(4)
        await told.polls("Ready?")
        told.fails("update", *[Fault.error("PreconditionFailed")] * 2)
        await asyncio.gather(*(told.votes(who, "Yes") for who in told.learners))
        await told.story.passes(6)
        assert THREE in told.board("Ready?")
        assert told.private(told.hanna, "Your session")
        assert told.has(told.hanna, "is open here")
        await told.is_right()


async def test_many_writes_into_one_conversation_go_one_by_one(tmp_path: Path) -> None:
    """Boards are posted and edited while old phones are answered in the same chat: Teams never sees two at once."""
    async with course(tmp_path, limits=False) as told:
        told.teams.takes = 0.03
        for who in told.learners:
            who.installed, who.old_client = False, True
        presses = [told.votes(who, label) for who in told.learners for label in ("Yes", "No")]
        polls = [told.hanna.mentions_bot(told.room, f'poll "{number}?" Yes No') for number in ("One", "Two", "Three")]
        await asyncio.gather(*presses, *polls)
        await told.story.passes(6)
        assert all(told.board(f"{number}?") for number in ("One", "Two", "Three"))
        await told.is_right()
