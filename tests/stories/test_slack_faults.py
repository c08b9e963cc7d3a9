"""Slack's Web API says no, or nothing, each time otherwise: what people see is right in the end, and stands once."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from tests.slack.faults import Fault
from tests.stories.slack_class import course, happens

TOO_LATE = "Slack took too long to open the form. Please press the button again."
THREE = "Yes — 3 of 3"
NO_ANSWER = [Fault.refused(), Fault.http(503), Fault.error("internal_error"), Fault.performed_but_lost()]


# -- Slack asks to wait ------------------------------------------------------------------------------------------------


async def test_posts_wait_as_long_as_slack_says_and_edits_go_on(tmp_path: Path) -> None:
    """A poll in one channel is refused for 7 s; another in a second channel waits for the same 7 s, to the second."""
    async with course(tmp_path) as told:
        second = told.channel("second")
        await second.invite_bot()
        told.slack.next("chat.postMessage", Fault.ratelimited(7))
        await told.types('/ilt poll "One?" Yes No')
        await told.story.settles()
        refused = told.called("chat.postMessage")
        await told.types('/ilt poll "Two?" Yes No', second)
        told.moves(6.9)
        await told.votes(told.ida, "Yes")
        await told.story.settles()
        early = (told.called("chat.postMessage") - refused, "Yes — 1 of 1" in told.board("Ready?"))
        late = []
        for seconds in (0.1, 0.3):  # and then not all at once: Slack has just said that it was too much
            told.moves(seconds)
            await told.story.settles()
            late.append(told.called("chat.postMessage") - refused)
        await told.story.passes(3)
        await told.is_right()

    assert (early, late) == ((0, True), [1, 2])


async def test_edits_wait_as_long_as_slack_says_and_posts_go_on(tmp_path: Path) -> None:
    """Edits of two boards are refused for 9 s; new polls and direct messages come meanwhile."""
    async with course(tmp_path) as told:
        await told.polls("Later?")
        told.slack.next("chat.update", Fault.ratelimited(9))
        await told.votes(told.ida, "Yes")
        await told.story.settles()
        refused = told.called("chat.update")
        told.moves(4)
        await told.votes(told.ben, "No", "Later?")
        await told.polls("New?", passes=0)
        told.moves(4.9)
        await told.story.settles()
        early = told.called("chat.update") - refused
        told.moves(0.1)
        await told.story.passes(4)
        assert "Yes — 1 of 1" in told.board("Ready?")
        assert "No — 1 of 1" in told.board("Later?")
        await told.is_right()

    assert early == 0


async def test_a_form_that_slack_has_no_time_for_is_opened_by_a_later_press(tmp_path: Path) -> None:
    """Both are told at once to press again; nobody asks Slack again before the 5 s are over."""
    async with course(tmp_path) as told:
        await told.all_check_in()
        await told.types("/ilt end")
        await told.story.passes(10)
        told.slack.next("views.open", Fault.ratelimited(5))
        surveys = {who: told.private(who, "How was") for who in told.learners}
        for who in (told.ida, told.ben):
            await who.presses(surveys[who], "Open the form")
            await told.story.adapter.settled()
            assert TOO_LATE in [read.words for read in who.direct]
        early = (told.called("views.open"), told.ida.view, told.ben.view)
        told.moves(5)
        await told.ben.presses(surveys[told.ben], "Open the form")
        assert told.ben.view
        await told.is_right()

    assert early == (1, None, None)


async def test_home_tabs_are_drawn_when_slack_lets_us(tmp_path: Path) -> None:
    """The first is refused for 5 s, the second person's waits for them too, and then both see theirs."""
    async with course(tmp_path) as told:
        told.slack.next("views.publish", Fault.ratelimited(5))
        await told.hanna.opens_home()
        await told.story.settles()
        await told.ida.opens_home()
        await told.story.settles()
        told.moves(4.9)
        await told.story.settles()
        early = told.called("views.publish")
        told.moves(2.1)
        await told.story.settles()
        told.moves(2)
        await happens(lambda: told.hanna.home and told.ida.home)
        await told.is_right()

    assert early == 1


async def test_names_are_asked_for_when_slack_lets_us(tmp_path: Path) -> None:
    """Votes count at once, though nobody may be asked about for 30 s; then everybody is named."""
    async with course(tmp_path) as told:
        told.slack.next("users.info", Fault.ratelimited(30))
        for who in told.learners:
            await told.votes(who, "Yes")
        await told.story.passes(4)
        early = told.called("users.info")
        assert THREE in told.board("Ready?")
        told.moves(21)
        await told.story.settles()
        still = told.called("users.info")
        told.moves(5)
        await happens(told.story.adapter._people._waiting.empty)
        asking = told.story.adapter._people._asking
        await happens(lambda: asking and asking.done())
        names = await told.story.app.store.named(list(told.story.adapter._people._known.values()))
        await told.is_right()

    assert still == early
    assert {"Ida Lund", "Ben Okafor", "Cem Unal"} <= set(names.values())


async def test_whether_we_may_post_is_not_asked_while_slack_wants_us_to_wait(tmp_path: Path) -> None:
    """The polls come all the same."""
    async with course(tmp_path) as told:
        told.moves(61)
        told.slack.next("conversations.info", Fault.ratelimited(20))
        before = told.called("conversations.info")
        await told.polls("One?")
        await told.polls("Two?")
        told.moves(10)
        await told.polls("Three?", passes=0)
        early = told.called("conversations.info") - before
        told.moves(10)
        await told.polls("Four?")
        asked = told.called("conversations.info") - before
        assert all(told.board(f"{number}?") for number in ("One", "Two", "Three", "Four"))
        await told.is_right()

    assert (early, asked) == (1, 2)


# -- Slack answers with an error, or not in time -----------------------------------------------------------------------

ERRORS = {
    "500": Fault.http(500),
    "internal_error": Fault.error("internal_error"),
    "503": Fault.http(503),
    "connection refused": Fault.refused(),
}


@pytest.mark.parametrize("fault", ERRORS.values(), ids=ERRORS.keys())
async def test_slacks_own_errors_pass(tmp_path: Path, fault: Fault) -> None:
    """Three times in a row, of a post in the channel, a direct message and an edit."""
    async with course(tmp_path, begins=False) as told:
        told.slack.next("chat.postMessage", *[fault] * 6)
        await told.room.invite_bot()
        await told.types('/ilt start "Feedback"')
        await told.story.passes(30)
        await told.polls("Ready?")
        told.slack.next("chat.update", *[fault] * 3)
        for who in told.learners:
            await told.votes(who, "Yes")
        await told.story.passes(30)
        assert THREE in told.board("Ready?")
        assert told.private(told.hanna, "Your session")
        await told.is_right()


@pytest.mark.parametrize("limit", ["Slack's client", "the outbox"])
async def test_posts_that_slack_is_slow_to_answer_are_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """Both stand there, but the answers come after we have given up: the next attempt finds them by their marks."""
    async with course(tmp_path, begins=False) as told:
        pool = told.story.adapter._ways.pool
        if limit == "the outbox":
            monkeypatch.setattr("bot.outbox.SLOW", 0.3)
        else:
            monkeypatch.setattr(pool(), "_timeout", aiohttp.ClientTimeout(total=0.3))
        await told.room.invite_bot()
        gate = asyncio.Event()
        told.slack.next("chat.postMessage", Fault.slow(gate), Fault.slow(gate))
        await told.types('/ilt start "Feedback"')
        await happens(lambda: told.called("chat.postMessage") == 2)
        await asyncio.sleep(0.4)
        monkeypatch.undo()
        await told.story.passes(5)
        gate.set()
        await told.story.passes(5)
        assert told.board("Feedback")
        assert told.private(told.hanna, "Your session")
        await told.is_right()
        assert told.called("conversations.history") == 2


async def test_a_slow_edit_in_one_channel_does_not_keep_another_waiting(tmp_path: Path) -> None:
    """And when Slack has answered at last, the board shows what was voted meanwhile."""
    async with course(tmp_path) as told:
        second = told.channel("second")
        await second.invite_bot()
        await told.polls("Two?", second)
        gate = asyncio.Event()
        told.slack.next("chat.update", Fault.slow(gate))
        await told.votes(told.ida, "Yes")
        await happens(lambda: told.called("chat.update") == 1)
        await told.votes(told.ben, "Yes")
        await told.votes(told.cem, "No", "Two?", second)
        await happens(lambda: "No — 1 of 1" in told.board("Two?", second))
        assert "Yes — 1 of 1" in told.board("Ready?")
        gate.set()
        await told.story.passes(40)
        assert "Yes — 2 of 2" in told.board("Ready?")
        await told.is_right()


# -- Slack does not answer while somebody waits ------------------------------------------------------------------------


@pytest.mark.parametrize("fault", NO_ANSWER, ids=["refused", "503", "internal_error", "lost"])
async def test_a_command_and_a_form_get_an_answer_though_slack_gives_us_none(tmp_path: Path, fault: Fault) -> None:
    """Whether the bot is in the channel cannot be asked, nor who types; a form cannot be opened: each is answered."""
    async with course(tmp_path) as told:
        told.moves(61)
        dora = told.team.user("Dora New")
        second = told.team.channel("second", members=[dora, told.ida], bot=True)
        told.slack.next("conversations.info", fault)
        told.slack.next("users.info", fault)
        answer = await told.types('/ilt poll "Now?" Yes No', second, dora)
        await told.story.passes(2)
        assert told.board("Now?", second)
        await told.all_check_in()
        await told.types("/ilt end")
        await told.story.passes(10)
        survey = told.private(told.ida, "How was")
        told.slack.next("views.open", fault)
        await told.ida.presses(survey, "Open the form")
        await told.story.adapter.settled()
        assert told.ida.direct[-1].words == "Slack took too long to open the form. Please press the button again."
        await told.ida.presses(survey, "Open the form")
        assert told.ida.view
        await told.is_right()

    assert answer == ""


@pytest.mark.parametrize("fault", [*NO_ANSWER, Fault.ratelimited(20)], ids=["refused", "503", "error", "lost", "429"])
async def test_everybody_in_the_channel_is_expected_though_slack_fails_while_we_ask_who_they_are(
    tmp_path: Path, fault: Fault
) -> None:
    async with course(tmp_path, begins=False) as told:
        await told.room.invite_bot()
        told.slack.next("conversations.members", fault)
        told.slack.next("users.info", *[fault] * 3)
        await told.types("/ilt new giving-feedback on 25 Mar 14:00 UTC")
        for _ in range(90):
            await told.story.settles()
            told.moves(1)
        await told.story.passes(4)
        roster = await told.types("/ilt roster")
        for who in told.learners:
            await who.presses(told.private(who, "Get ready for"), "Tick")
        await told.story.passes(4)
        await told.is_right()

    assert "3 learners on the roster" in roster
