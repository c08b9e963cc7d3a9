"""What a meeting tells: who comes and goes, that it begins and ends, and things that nobody has described."""

from pathlib import Path
from typing import Any

from tests.stories.teams_class import course
from tests.teams.rooms import Meeting

DIGEST = 72 * 3600.0  # seconds after the end


async def test_who_is_in_the_meeting_counts_minute_by_minute(tmp_path: Path) -> None:
    """Ida is there for 40 minutes in two parts, Ben for 60; nobody has pressed anything. Events come late and twice."""
    async with course(tmp_path, "meeting") as told:
        dana = told.acme.user("Dana Roth", installed=True)
        told.room.people.append(dana)
        meeting = told.room
        assert isinstance(meeting, Meeting)
        told.teams.hold()
        await meeting.starts()
        await meeting.joined(told.ida, told.ben)
        told.moves(20 * 60)
        await told.ida.leaves(meeting)
        told.moves(20 * 60)
        await told.ida.joins(meeting)
        told.moves(20 * 60)
        await meeting.left(told.ida, told.ben)
        await meeting.ends()
        await told.teams.release(reversed, twice=True)
        await told.story.settles()
        minutes = {one.name: one.minutes for one in await told.people()}
        for who in (told.ida, told.ben):
            assert "will get the digest" in await told.types(f"roster manager @Dana Roth for @{who.name}")
        told.moves(60)
        await told.types("end")
        await told.story.passes(30)
        recap = told.board("That was “Feedback”").words
        await told.story.passes(DIGEST)
        digest = told.private(dana, "How “Feedback” went").words
        await told.is_right()

    assert (minutes["Ida Lund"], minutes["Ben Okafor"]) == (40, 60), minutes
    assert "2 learners were here" in recap
    assert "Who attended was not recorded" not in digest
    assert "attend" in digest


ODD: list[Any] = [
    None,
    {},
    [],
    "members",
    {"members": None},
    {"members": [None, 1, "x", {}, {"user": None}, {"user": {"id": 7}}, {"user": {"id": "28:bot"}}]},
    {"Members": [{"User": {"Id": "29:1"}}]},
    {"members": [{"user": {"id": "29:1" * 200}, "meeting": {"inMeeting": "yes"}}]},
]
NAMES = ["MeetingParticipantJoin", "meetingParticipantLeave", "meetingStart", "meetingEnd", "meetingReaction", ""]


async def test_events_of_a_meeting_that_nobody_has_described_do_no_harm(tmp_path: Path) -> None:
    """Other keys, other types, other letters, names that nobody knows: taken, and of no consequence."""
    async with course(tmp_path, "meeting") as told:
        meeting = told.room
        assert isinstance(meeting, Meeting)
        told.teams.hold()
        await told.ida.joins(meeting)
        held = told.teams.delivery.held
        assert held
        usual = held[0]
        await told.teams.release()
        before = len(await told.people())
        for number, (name, value) in enumerate((name, value) for name in NAMES for value in ODD):
            odd = {**usual, "id": f"odd{number}", "name": f"application/vnd.microsoft.{name}", "value": value}
            await told.arrives(odd)
        await told.story.passes(4)
        await told.votes(told.ida, "Yes")
        await told.story.passes(4)
        assert "1 of 1" in told.board("Ready?")
        after = len(await told.people())
        await told.is_right()

    assert after == before


async def test_a_meeting_that_ends_without_a_command_leaves_the_session_open(tmp_path: Path) -> None:
    """Everybody hangs up: votes still count, and Hanna ends the session by her button the next day."""
    async with course(tmp_path, "meeting") as told:
        meeting = told.room
        assert isinstance(meeting, Meeting)
        await meeting.starts()
        there = [*told.learners, *await told.grows()]
        await meeting.joined(*there)
        told.moves(30 * 60)
        await meeting.left(*there)
        await meeting.ends()
        await told.votes(told.ida, "Yes")
        told.moves(20 * 3600)
        await told.story.passes(4)
        minutes = {one.name: one.minutes for one in await told.people()}
        await told.hanna.presses(told.private(told.hanna, "Your session"), "End the session")
        await told.story.passes(30)
        assert told.board("That was “Feedback”")
        assert all(told.has(who, "How was “Feedback”?") for who in told.learners)
        await told.is_right()

    assert minutes["Ben Okafor"] == 30, minutes
