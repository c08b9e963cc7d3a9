"""One whole session in a Slack channel, told from the room's side: thirty learners, a guest, and a phone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.slack.forms import fields
from tests.slack.people import User
from tests.slack.reading import Read, read_view
from tests.stories.workspace import Room, Story, message, telling

STARTS = datetime(2027, 3, 24, 14, tzinfo=UTC)
DAY_BEFORE, HOUR_BEFORE = STARTS - timedelta(hours=24), STARTS - timedelta(hours=1)
TITLE = "Giving feedback that lands"
READY, REMINDER = f"Get ready for “{TITLE}”", f"Reminder: Get ready for “{TITLE}”"
NAMES = ("Ida Lund", "Ben Okafor", "Cem Yılmaz", "Fay 🌻 Müller", "عبد الرحمن بن محمد الفارسي")


class Class:
    """Everybody in the story, and the channel."""

    def __init__(self, story: Story) -> None:
        team = story.team
        self.story = story
        self.hanna, self.kofi, self.dana = (team.user(name) for name in ("Hanna Frei", "Kofi Mensah", "Dana Roth"))
        others = [f"Learner {n}" for n in range(len(NAMES) + 1, 31)]
        self.learners = [team.user(name) for name in (*NAMES, *others)]
        self.ida, self.ben = self.learners[:2]
        self.umbrella = story.slack.team("T2", name="Umbrella", installed=False)
        self.zoe = self.umbrella.user("Zoe Guest")
        self.room: Room = team.channel("feedback", members=[self.hanna, self.kofi, *self.learners])

    async def begins(self) -> None:
        """The bot and the guest come in."""
        await self.room.invite_bot()
        await self.room.share_with(self.umbrella)
        await self.zoe.joins(self.room)
        await self.story.settles()

    async def types(self, who: User, text: str) -> str:
        """What somebody is told at once about a command."""
        return (await who.types(self.room, text)).words

    async def presses(self, who: User, read: Read, label: str, *, confirms: bool = True) -> None:
        """Press, and let the receipt arrive."""
        await who.presses(read, label, confirms=confirms)
        await self.story.adapter.settled()

    def board(self, words: str, who: User | None = None) -> Read:
        """The newest message in the channel that says this."""
        return message([one for one in (who or self.ida).reads(self.room) if not one.private], words)

    def told(self, who: User) -> str:
        """The newest thing that only this person was told."""
        return [read.words for read in [*who.reads(self.room), *who.direct] if read.private and read.message][-1]

    def private(self, who: User, words: str) -> Read:
        """The newest direct message from the bot that says this."""
        return message(who.direct, words)

    def receipt(self, who: User) -> str:
        """The newest ephemeral message in the channel."""
        return [read.words for read in who.reads(self.room) if read.private][-1]

    def has(self, who: User, words: str) -> bool:
        """Whether a direct message says this."""
        return any(words in read.words for read in who.direct)


@pytest.mark.parametrize("socket_mode", [False, True], ids=["http", "socket"])
async def test_a_session_from_creation_to_digest(tmp_path: Path, socket_mode: bool) -> None:
    """Hanna types; Kofi has a phone and presses buttons only; Zoe is a guest of another workspace."""
    async with telling(tmp_path, STARTS - timedelta(days=3), socket_mode=socket_mode) as story:
        room = Class(story)
        await room.begins()
        await it_is_planned(story, room)
        await the_day_before(story, room)
        await it_opens(story, room)
        await they_vote(story, room)
        await somebody_is_called_on(story, room)
        await nobody_answers(story, room)
        await it_ends(story, room)
        await the_survey_and_the_digest(story, room)
        assert [answer for answer in story.slack.answers if answer.status != 200] == []
        assert [user.troubles for user in story.team.people() if user.troubles] == []


async def it_is_planned(story: Story, room: Class) -> None:
    """One command in the channel; whoever is in it is expected."""
    told = await room.types(room.hanna, "/ilt new giving-feedback on 24 Mar 14:00 UTC")
    assert f"“{TITLE}” is planned for" in told
    await story.adapter.settled()
    await story.passes(1)
    assert "leads with you now" in await room.types(room.hanna, "/ilt roster facilitator @Kofi Mensah")
    for learner in room.learners[:6]:
        told = await room.types(room.hanna, f"/ilt roster manager @Dana Roth for @{learner.name}")
        assert "will get the digest about" in told, learner.name
    assert "31 learners on the roster" in await room.types(room.hanna, "/ilt roster")
    assert "Only a facilitator of this session" in await room.types(room.ida, "/ilt roster")


async def the_day_before(story: Story, room: Class) -> None:
    """Checklists by direct message; Ben asks for help; an hour before, only who has open items is reminded."""
    assert not room.has(room.ida, READY)
    await story.reaches(DAY_BEFORE)
    assert "5 items are open" in room.private(room.ida, READY).words
    for left in range(4, -1, -1):
        await room.presses(room.ida, room.private(room.ida, READY), "Tick")
        now = room.private(room.ida, READY).words
        assert (f"{left} item" in now) or left == 0
    await room.presses(room.ben, room.private(room.ben, READY), "I need help")
    await story.passes(5)
    for facilitator in (room.hanna, room.kofi):
        assert room.has(facilitator, "needs help to get ready")
    await room.presses(room.kofi, room.private(room.kofi, "needs help to get ready"), "Helped")
    await story.passes(5)
    assert room.has(room.hanna, "does not need help any more")
    assert room.has(room.hanna, "Ready: 1 of 3")
    await story.reaches(HOUR_BEFORE)
    assert room.has(room.ben, REMINDER)
    assert not room.has(room.ida, REMINDER)


async def it_opens(story: Story, room: Class) -> None:
    """A learner cannot open it; Kofi can, from his phone; people say that they are here."""
    await story.reaches(STARTS)
    assert "Only a facilitator" in await room.types(room.ida, "/ilt start")
    await room.presses(room.kofi, room.private(room.kofi, "Your session"), "Open the session")
    await story.passes(2)
    for person in (*room.learners, room.zoe):
        await room.presses(person, room.board("Objective 1", person), "I'm here")
    assert "You are checked in" in room.receipt(room.ida)
    await story.passes(10)
    assert "31 people have checked in" in room.board("Objective 1").words


async def they_vote(story: Story, room: Class) -> None:
    """A mistyped command, thirty-one votes, some changed, a live result, a late vote."""
    assert "did you mean “poll”" in await room.types(room.hanna, '/ilt pol "Break now?" Yes "In ten minutes"')
    assert await room.types(room.hanna, '/ilt poll "Break now?" Yes "In ten minutes" --for 60s') == ""
    await story.passes(1)
    board = room.board("Break now?")
    for person in (*room.learners, room.zoe):
        await room.presses(person, board, "Yes")
    assert room.receipt(room.zoe) == "Your vote: Yes"
    for person in room.learners[:10]:
        await room.presses(person, board, "In ten minutes")
    await story.passes(4)
    told = room.board("Break now?").words
    assert ("21 of 31" in told, "10 of 31" in told) == (True, True), told
    await story.passes(60)
    assert "Closed. 31 votes." in room.board("Break now?").words
    assert not room.board("Break now?").buttons
    await room.presses(room.kofi, room.private(room.kofi, "Your session"), "Next step")
    await story.passes(2)
    arriving = room.board("When did you last tell a colleague")
    await room.presses(room.ben, arriving, "This week")
    await room.presses(room.ben, arriving, "Close the poll")
    assert room.receipt(room.ben) == "Only a facilitator can close this poll."
    await room.presses(room.kofi, arriving, "Close the poll")
    await story.passes(4)
    assert "Closed. 1 vote." in room.board("When did you last tell a colleague").words


async def somebody_is_called_on(story: Story, room: Class) -> None:
    """The question, time to think, a name; Kofi says by the menu that she is not here; a thread answer counts."""
    question = "What would you check first?"
    await room.types(room.hanna, f'/ilt ask "{question}"')
    await story.passes(2)
    assert "Take a moment to think" in room.board(question).words
    await story.passes(9)
    first = called(room, question)
    await room.presses(room.kofi, room.board(question), "Not here")
    await story.passes(4)
    second = called(room, question)
    assert second != first
    await room.presses(first, room.board(question), "Answered")
    assert "turn" in room.receipt(first)
    await second.writes(room.room, "I would listen first, then ask.", thread=room.board(question))
    await story.passes(4)
    assert f"@{second.name} answered." in room.board(question).words


def called(room: Class, question: str) -> User:
    """Who is called on by name."""
    words = room.board(question).words
    found = re.search(r"@(.+), what do you think\?", words)
    assert found, words
    return next(one for one in (*room.learners, room.zoe) if one.name == found[1])


async def nobody_answers(story: Story, room: Class) -> None:
    """An open question stays quiet: both facilitators are told, nobody else is; one move by a button."""
    question = "What surprised you today?"
    await room.types(room.hanna, f'/ilt open "{question}"')
    await story.passes(2)
    assert "Anyone may answer" in room.board(question).words
    await story.passes(62)
    for facilitator in (room.hanna, room.kofi):
        assert "Only facilitators see this" in room.private(facilitator, f"Quiet on: {question}").words
    assert not any(room.has(one, "Quiet on") for one in room.learners)
    flag = room.private(room.kofi, f"Quiet on: {question}")
    move = next(label for label in flag.buttons if label.startswith("Call on"))
    await room.presses(room.kofi, flag, move)
    await story.passes(4)
    who = called(room, question)
    assert who.name in move
    assert "Somebody was called on" in room.private(room.hanna, f"Quiet on: {question}").words
    assert "answered aloud" in await room.types(room.hanna, "/ilt heard")
    await story.passes(4)
    assert f"@{who.name} answered." in room.board(question).words


async def it_ends(story: Story, room: Class) -> None:
    """Asked first, then ended: a recap for all, and the survey for who was there."""
    await story.passes(600)
    desk = room.private(room.kofi, "Your session")
    await room.presses(room.kofi, desk, "End the session", confirms=False)
    assert "This session is over" not in room.board("Objective 1").words
    await room.presses(room.kofi, desk, "End the session")
    await story.passes(40)
    recap = room.board(f"That was “{TITLE}”").words
    assert "31 learners" in recap
    assert "Yes (21 of 31)" in recap
    assert all(room.has(one, f"How was “{TITLE}”?") for one in room.learners)


async def the_survey_and_the_digest(story: Story, room: Class) -> None:
    """A form with an error at its field; thanks; results with n; the manager's one message."""
    for number, person in enumerate(room.learners[:12]):
        await person.presses(room.private(person, f"How was “{TITLE}”?"), "Open the form")
        await fills(person, number)
        assert person.view is not None
        assert "Your answers are stored." in read_view(person.view).words
        await person.closes()
    await story.passes(10)
    assert "12 of" in room.private(room.hanna, "Survey: How was").words
    await story.passes(timedelta(hours=72).total_seconds())
    digest = room.private(room.dana, f"How “{TITLE}” went").words
    assert "Attendance" in digest
    assert not any(learner.name in digest for learner in room.learners)
    assert room.has(room.hanna, "The digest went to 1 manager")


async def fills(person: User, number: int) -> None:
    """Slack itself asks for what is missing; then an answer to everything."""
    assert person.view is not None
    assert list((await person.submits()).values()) == ["Please complete this required field."] * 2
    chosen = {
        field.label: field.element["options"][1]["text"]["text"]
        for field in fields(person.view.blocks)
        if "options" in field.element
    }
    await person.fills(
        {**chosen, "What is most likely to keep you from having the talk?": f"Time {number} <@U1> *mostly*"}
    )
    assert await person.submits() == {}


async def test_a_poll_works_wherever_the_bot_is_with_nothing_else_set_up(tmp_path: Path) -> None:
    """In a public and a private channel and with the bot alone, for anybody; so does help; elsewhere it says why."""
    async with telling(tmp_path, STARTS) as story:
        ann, ben = story.team.user("Ann Ode"), story.team.user("Ben Lima")
        rooms = [story.team.channel(name, members=[ann, ben], private=name == "secret") for name in ("lunch", "secret")]
        asked = '/ilt poll "Pizza or pasta?" "Pizza" "Pasta"'
        assert "type /invite @Cohost" in (await ann.types(rooms[0], asked)).words
        for room in rooms:
            await room.invite_bot()
            assert (await ann.types(room, asked)).words == ""
            await story.passes(2)
            await ben.presses(message(ben.reads(room), "Pizza or pasta?"), "Pasta")
            await story.adapter.settled()
            assert ben.reads(room)[-1].words == "Your vote: Pasta"
            await story.passes(4)
            assert "1 of 1" in message([read for read in ann.reads(room) if not read.private], "Pizza or pasta?").words
            assert "Asks everybody one question" in (await ben.types(room, "/ilt help poll")).words
        await ben.writes_to_bot('poll "Only me?" "Yes" "No"')
        await story.passes(2)
        assert "Yes" in message(ben.direct, "Only me?").buttons
        await ben.writes_to_bot("help")
        await story.passes(2)
        assert "Cohost's commands" in message(ben.direct, "Cohost's commands").words


async def test_the_readiness_board_counts_whoever_comes_onto_the_roster_and_did_nothing_yet(tmp_path: Path) -> None:
    async with telling(tmp_path, STARTS - timedelta(hours=20)) as story:
        hanna, ida, ben = (story.team.user(name) for name in ("Hanna Frei", "Ida Lund", "Ben Okafor"))
        room = story.team.channel("feedback", members=[hanna, ida])
        await room.invite_bot()
        await hanna.types(room, "/ilt new giving-feedback on 24 Mar 14:00 UTC")
        await story.adapter.settled()
        await story.passes(5)
        assert "Ready: 0 of 1" in message(hanna.direct, "Ready:").words
        await ben.joins(room)
        await story.passes(5)
        assert "Ready: 0 of 2" in message(hanna.direct, "Ready:").words
