"""What comes from Slack comes too late to be answered, by a socket that ends, or all at once: see test_late.py too."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from tests.stories.slack_class import course, happens

# -- what the answer to a press needs ----------------------------------------------------------------------------------


async def test_whoever_pressed_too_slowly_for_a_form_is_told_and_can_press_again(tmp_path: Path) -> None:
    """The trigger is dead when the press arrives, four seconds after it was pressed."""
    async with course(tmp_path) as told:
        await told.all_check_in()
        await told.types("/ilt end")
        await told.story.passes(10)
        survey = told.private(told.ida, "How was")
        late = await told.press(told.ida, survey, "Open the form")
        told.moves(4)
        await told.arrives(late)
        assert told.ida.view is None
        assert "Slack took too long to open the form. Please press the button again." in told.ida.direct[-1]
        await told.ida.presses(survey, "Open the form")
        assert told.ida.view
        await told.is_right()


@pytest.mark.parametrize("wrong", ["used up", "expired", "unknown", "500"])
async def test_a_receipt_that_slack_does_not_take_costs_no_vote(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    """The vote is stored, nothing blows up, and the next person is told."""
    async with course(tmp_path) as told:
        press, responses = await told.press(told.ida, told.board("Ready?"), "Yes"), told.slack.delivery.responses
        key = press["response_url"].rpartition("/")[2]
        if wrong == "used up":
            responses.given[key].uses = 5
        elif wrong == "expired":
            responses.given[key].made -= timedelta(minutes=31)
        elif wrong == "unknown":
            del responses.given[key]
        else:
            used = responses.used
            failing = [key]
            monkeypatch.setattr(
                responses, "used", lambda one, given: (500, "down") if one in failing else used(one, given)
            )
        await told.arrives(press)
        await told.votes(told.ben, "No")
        await told.story.passes(4)
        assert "Yes — 1 of 2" in told.board("Ready?")
        assert [read.words for read in told.ida.reads(told.room) if read.private] == []
        assert [read.words for read in told.ben.reads(told.room) if read.private] == ["Your vote: No"]
        await told.is_right()

    assert [record.levelname for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}] == []
    assert "a receipt could not be sent" in caplog.text


async def test_receipts_do_not_pile_up_behind_a_slack_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of 1,200 people waits for one receipt at most, of a thousand at most; what is 5 s old is dropped."""
    async with course(tmp_path) as told:
        gate, sent = asyncio.Event(), list[str]()

        async def slow(url: str, _: object) -> None:
            sent.append(url)
            await gate.wait()

        receipts = told.story.adapter._receipts
        monkeypatch.setattr(receipts, "_send", slow)
        for n in range(8):
            receipts.put(f"early {n}", f"early {n}", {})
        await happens(lambda: len(sent) == 8)
        for n in range(1200):
            for again in "ab":
                receipts.put(f"p{n}", f"p{n}{again}", {})
        waiting = len(receipts._slips)
        told.moves(6)
        receipts.put("late", "late", {})
        gate.set()
        await receipts.settled()

    assert waiting <= 1000
    assert sent[8:] == ["late"]


# -- Socket Mode -------------------------------------------------------------------------------------------------------


async def test_nothing_is_lost_when_the_socket_is_refreshed(tmp_path: Path) -> None:
    """Slack ends the connection every few hours: the bot opens another, and votes before and after it count."""
    async with course(tmp_path, socket_mode=True) as told:
        sockets = told.slack.delivery.sockets
        await told.votes(told.ida, "Yes")
        await sockets.refresh()
        await sockets.arrived()
        await told.votes(told.ben, "Yes")
        await told.story.passes(4)
        assert "Yes — 2 of 2" in told.board("Ready?")
        await told.is_right()
        assert sockets.opened_ever >= 2


async def test_two_connections_bring_each_vote_and_each_talk_once(tmp_path: Path) -> None:
    """Two processes are connected, and Slack sends through either: one board, posted once, with every vote."""
    async with course(tmp_path, socket_mode=True) as told, told.another():
        await told.slack.delivery.sockets.arrived(2)
        for who in told.learners:
            for label in ("Yes", "No"):
                press = await told.press(who, told.board("Ready?"), label)
                for _ in "123":  # through one, the other, and the first again
                    await told.arrives(press)
        await told.polls("And now?")
        await told.story.passes(40)
        assert "No — 3 of 3" in told.board("Ready?")
        assert told.board("And now?")
        await told.is_right()


async def test_what_happens_while_no_connection_is_open_comes_when_there_is_one(tmp_path: Path) -> None:
    """Slack keeps what it could not deliver and tries again; the answer in the thread counts."""
    async with course(tmp_path, socket_mode=True) as told:
        await told.types('/ilt open "What surprised you?"')
        await told.story.passes(2)
        sockets = told.slack.delivery.sockets
        question = told.board("What surprised you?")
        before, sockets.open = sockets.open, []
        await told.ida.writes(told.room, "The pauses did.", thread=question)
        assert told.slack.answers[-1].reason == "connection_failed"
        sockets.open = before
        await sockets.refresh()
        await sockets.arrived()
        await told.slack.redeliver()
        await told.story.passes(4)
        assert "1 person has answered" in told.board("What surprised you?")
        await told.is_right()


# -- five hundred people -----------------------------------------------------------------------------------------------


async def test_five_hundred_votes_within_seconds_are_few_edits_and_end_with_all_of_them(tmp_path: Path) -> None:
    """With Slack's limits on: no more than ten edits in ten seconds, and all 500 in the end, the changed ones too."""
    async with course(tmp_path) as told:
        crowd = [told.team.user(f"Voter {n}") for n in range(500)]
        told.room.members.extend(user.id for user in crowd)
        board = told.board("Ready?")
        presses = [await told.press(user, board, "Yes" if n % 2 else "No") for n, user in enumerate(crowd)]
        before = told.called("chat.update")
        for tenth in range(100):  # within five seconds of the clock, then five more
            batch = presses[tenth * 10 : tenth * 10 + 10] if tenth < 50 else []
            await asyncio.gather(*(told.slack.delivery.send("interactive", "block_actions", one) for one in batch))
            told.moves(0.1)
            await asyncio.sleep(0.002)
        await told.story.settles()
        edits = told.called("chat.update") - before
        await told.story.passes(4)
        assert "No — 250 of 500" in told.board("Ready?")
        assert "500 votes so far" in told.board("Ready?")
        refused = [call for call in told.slack.called("chat.update") if not call.ok]
        await told.is_right()

    assert edits <= 10
    assert refused == []
