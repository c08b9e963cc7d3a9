"""One whole session in Teams, told from the room's side: in a channel, in a group chat and in a meeting.

Three of the ten learners have not installed the app, so that nobody can write to them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.stories.organisation import Room, Story, User, message, telling
from tests.teams.reading import Read
from tests.teams.rooms import Meeting

STARTS = datetime(2027, 3, 24, 14, tzinfo=UTC)
DAY_BEFORE, HOUR_BEFORE = STARTS - timedelta(hours=24), STARTS - timedelta(hours=1)
TITLE = "Giving feedback that lands"
READY, REMINDER = f"Get ready for “{TITLE}”", f"Reminder: Get ready for “{TITLE}”"
NAMES = ("Ida Lund", "Ben Okafor", "Cem Yılmaz", "Fay 🌻 Müller", "عبد الرحمن بن محمد الفارسي")


class Class:
    """Everybody in the story, and the room."""

    def __init__(self, story: Story, kind: str) -> None:
        acme = story.acme
        self.story = story
        self.hanna, self.kofi, self.dana = (
            acme.user(name, installed=True) for name in ("Hanna Frei", "Kofi Mensah", "Dana Roth")
        )
        names = (*NAMES, *(f"Learner {n}" for n in range(6, 11)))
        self.learners = [acme.user(name, installed=number < 7) for number, name in enumerate(names)]
        self.ida, self.ben = self.learners[:2]
        self.left_out = self.learners[7:]
        everybody = [self.hanna, self.kofi, self.dana, *self.learners]
        self.room: Room = acme.group_chat("feedback", members=everybody)
        if kind == "channel":
            self.room = acme.team("Training", members=everybody).channel("Feedback")
        elif kind == "meeting":
            self.room = acme.meeting("Feedback", members=everybody)

    async def types(self, who: User, text: str) -> str:
        """What somebody is told about a command."""
        before = len(who.direct)
        await who.mentions_bot(self.room, text)
        await self.story.passes(1)
        return "\n".join(read.words for read in who.direct[before:])

    def board(self, words: str, who: User | None = None) -> Read:
        """The newest message in the room that says this, as the bot posted it."""
        return message((who or self.ida).reads(self.room), words)

    def private(self, who: User, words: str) -> Read:
        """The newest direct message from the bot that says this."""
        return message(who.direct, words)

    def has(self, who: User, words: str) -> bool:
        """Whether a direct message says this."""
        return any(words in read.words for read in who.direct)


@pytest.mark.parametrize("kind", ["channel", "chat", "meeting"])
async def test_a_session_from_creation_to_digest(tmp_path: Path, kind: str) -> None:
    """Hanna types; Kofi has a phone and presses buttons only; three learners have not installed the app."""
    async with telling(tmp_path, STARTS - timedelta(days=3)) as story:
        room = Class(story, kind)
        await room.room.adds_bot()
        room.room.rsc = True
        await it_is_planned(story, room)
        await the_day_before(story, room)
        await it_opens(story, room)
        await they_vote(story, room)
        await somebody_is_called_on(story, room)
        await nobody_answers(story, room)
        await it_ends(story, room)
        await the_survey_and_the_digest(story, room)
        assert [answer for answer in story.teams.answers if answer.status != 200] == []
        assert (story.teams.troubles, [user.troubles for user in story.acme.users if user.troubles]) == ([], [])


async def it_is_planned(story: Story, room: Class) -> None:
    """One command in the room; whoever is in it is expected."""
    assert f"“{TITLE}” is planned for" in await room.types(room.hanna, "new giving-feedback on 24 Mar 14:00 UTC")
    await story.passes(1)
    assert "Kofi Mensah leads with you now" in await room.types(room.hanna, "roster facilitator @Kofi Mensah")
    assert "will get the digest about" in await room.types(room.hanna, "roster manager @Dana Roth for @Ida Lund")
    for learner in room.learners[1:6]:
        told = await room.types(room.hanna, f"roster manager @Dana Roth for @{learner.name}")
        assert "will get the digest about" in told, learner.name
    assert "10 learners on the roster" in await room.types(room.hanna, "roster")
    assert "Only a facilitator of this session" in await room.types(room.ida, "roster")


async def the_day_before(story: Story, room: Class) -> None:
    """Checklists in the personal chats; who cannot be written to finds theirs by a button in the room."""
    await story.reaches(DAY_BEFORE)
    assert "5 items are open" in room.private(room.ida, READY).words
    for _ in range(5):
        await room.ida.presses(room.private(room.ida, READY), "Tick")
    await room.ben.presses(room.private(room.ben, READY), "I need help")
    await story.passes(5)
    for facilitator in (room.hanna, room.kofi):
        assert room.has(facilitator, "needs help to get ready")
    await room.kofi.presses(room.private(room.kofi, "needs help to get ready"), "Helped")
    await story.passes(5)
    assert room.has(room.hanna, "does not need help any more")
    called = room.board("something is waiting for you in")
    for learner in room.left_out:
        assert f"@{learner.name}" in called.words or learner.name in called.words
        mine = await learner.presses(room.board("something is waiting for you in", learner), "Show me")
        assert READY in mine.words
        assert not room.has(learner, READY)
    assert "Not reached" in room.private(room.hanna, "Your session").words
    await room.left_out[0].presses(room.board(READY, room.left_out[0]), "Tick")
    await story.reaches(HOUR_BEFORE)
    assert room.has(room.ben, REMINDER)
    assert not room.has(room.ida, REMINDER)


async def it_opens(story: Story, room: Class) -> None:
    """A learner cannot open it; Kofi can, from his phone; people say that they are here, or join the meeting."""
    await story.reaches(STARTS)
    assert "Only a facilitator" in await room.types(room.ida, "start")
    await room.kofi.presses(room.private(room.kofi, "Your session"), "Open the session")
    await story.passes(3)
    for person in room.learners[:5]:
        told = await person.presses(room.board("Objective 1", person), "I'm here")
        assert "You are checked in" in told.words
    if isinstance(room.room, Meeting):
        await room.room.starts()
        for person in room.learners:
            await person.joins(room.room)
    await story.passes(10)
    assert "5 people have checked in" in room.board("Objective 1", room.dana).words


async def they_vote(story: Story, room: Class) -> None:
    """A mistyped command, ten votes, some changed, a live result, a late vote, each their own view."""
    assert "did you mean “poll”" in await room.types(room.hanna, 'pol "Break now?" Yes "In ten minutes"')
    assert await room.types(room.hanna, 'poll "Break now?" Yes "In ten minutes" --for 60s') == ""
    await story.passes(2)
    for person in room.learners:
        told = await person.presses(room.board("Break now?", person), "Yes")
        assert "Your vote: Yes" in told.words
        assert "✓ Yes" in told.buttons
    for person in room.learners[:3]:
        await person.presses(room.board("Break now?", person), "In ten minutes")
    await story.passes(4)
    told = room.board("Break now?", room.dana)
    assert ("7 of 10" in told.words, "3 of 10" in told.words) == (True, True), told.words
    await story.passes(60)
    assert "Closed. 10 votes." in room.board("Break now?", room.dana).words
    await room.kofi.presses(room.private(room.kofi, "Your session"), "Next step")
    await story.passes(3)
    refused = await room.ben.presses(room.board("When did you last tell", room.ben), "Close the poll")
    assert "Only a facilitator can close this poll." in refused.words
    await room.kofi.looks(room.room)
    await room.kofi.presses(room.board("When did you last tell", room.kofi), "Close the poll")
    await story.passes(4)
    assert "Closed. 0 votes." in room.board("When did you last tell", room.dana).words


async def somebody_is_called_on(story: Story, room: Class) -> None:
    """The question, time to think, a name; Kofi says that she is not here; what the next one writes counts."""
    question = "What would you check first?"
    await room.types(room.hanna, f'ask "{question}"')
    await story.passes(3)
    assert "Take a moment to think" in room.board(question).words
    await story.passes(9)
    first = called(room, question)
    await room.kofi.presses(room.board(question, room.kofi), "Not here")
    await story.passes(4)
    second = called(room, question)
    assert second != first
    beneath = room.board(question) if room.room.team else None
    await second.writes(room.room, "I would listen first, then ask.", thread=beneath)
    await story.passes(4)
    assert f"{second.name} answered." in room.board(question, room.dana).words


def called(room: Class, question: str) -> User:
    """Who is called on by name."""
    words = room.board(question, room.dana).words
    found = re.search(r"@?(.+), what do you think\?", words)
    assert found, words
    return next(one for one in (*room.learners, room.dana) if one.name == found[1].lstrip("@"))


async def nobody_answers(story: Story, room: Class) -> None:
    """An open question stays quiet: both facilitators are told, nobody else is; one move by a button."""
    question = "What surprised you today?"
    await room.types(room.hanna, f'open "{question}"')
    await story.passes(3)
    assert "Anyone may answer" in room.board(question).words
    await story.passes(62)
    for facilitator in (room.hanna, room.kofi):
        assert "Only facilitators see this" in room.private(facilitator, f"Quiet on: {question}").words
    assert not any(room.has(one, "Quiet on") for one in room.learners)
    flag = room.private(room.kofi, f"Quiet on: {question}")
    move = next(label for label in flag.buttons if label.startswith("Call on"))
    await room.kofi.presses(flag, move)
    await story.passes(4)
    who = called(room, question)
    assert who.name in move
    assert "answered aloud" in await room.types(room.hanna, "heard")
    await story.passes(4)
    assert f"{who.name} answered." in room.board(question, room.dana).words


async def it_ends(story: Story, room: Class) -> None:
    """Asked first, then ended: a recap for all, and the survey for who was there, with a call for the left out."""
    await story.passes(600)
    await room.kofi.presses(room.private(room.kofi, "Your session"), "End the session")
    await story.passes(30)
    recap = room.board(f"That was “{TITLE}”", room.dana).words
    assert "10 learners" in recap or "11 learners" in recap
    assert "Yes (7 of 10)" in recap
    assert all(room.has(one, f"How was “{TITLE}”?") for one in room.learners[:7])


async def the_survey_and_the_digest(story: Story, room: Class) -> None:
    """A form with what is missing beside its field; thanks; the manager's one message."""
    for person in room.learners[:7]:
        form = room.private(person, f"How was “{TITLE}”?")
        await fills(person, form)
    last = room.left_out[0]
    await last.presses(room.board("something is waiting for you in", last), "Show me")
    await fills(last, room.board(f"How was “{TITLE}”?", last))
    await story.passes(10)
    assert "8 of" in room.private(room.hanna, "Survey: How was").words
    await story.passes(timedelta(hours=72).total_seconds())
    digest = room.private(room.dana, f"How “{TITLE}” went").words
    assert "Attendance" in digest
    assert not any(learner.name in digest for learner in room.learners)
    assert room.has(room.hanna, "The digest went to 1 manager")


async def fills(person: User, form: Read) -> None:
    """Send it empty first, then with an answer to everything."""
    first, second = (
        "Tomorrow morning you owe a colleague feedback. What would happen?",
        "How often did you put an example of your own into words today, aloud or in writing?",
    )
    missing = await person.presses(form, "Send my answers")
    assert first in missing.words
    third = "What is most likely to keep you from having the talk?"
    chosen = {first: "I would put it off", second: "Once", third: "Time <at>x</at> *mostly*"}
    await person.fills(form, chosen)
    told = await person.presses(form, "Send my answers")
    assert "Your answers are stored." in told.words


async def test_a_poll_works_wherever_the_bot_is_with_nothing_else_set_up(tmp_path: Path) -> None:
    """In the personal chat, in a group chat and in a channel, for anybody; so does help."""
    async with telling(tmp_path, STARTS) as story:
        ann, ben = (story.acme.user(name, installed=True) for name in ("Ann Ode", "Ben Lima"))
        chat = story.acme.group_chat("lunch", members=[ann, ben])
        channel = story.acme.team("Sales", members=[ann, ben]).channel("Week 1")
        await chat.adds_bot()
        await channel.adds_bot()
        for place in (chat, channel, ann.personal):
            said = 'poll "Pizza or pasta?" "Pizza" "Pasta"'
            await (ann.writes(place, said) if place is ann.personal else ann.mentions_bot(place, said))
            await story.passes(5)
            voter = ann if place is ann.personal else ben
            told = await voter.presses(message(voter.reads(place), "Pizza or pasta?"), "Pasta")
            assert "Your vote: Pasta" in told.words
            await story.passes(5)
            board = message(ann.reads(place), "Pizza or pasta?")
            assert "1 of 1" in board.words
            await (ben.writes(ben.personal, "help") if place is ann.personal else ben.mentions_bot(place, "help poll"))
            await story.passes(2)
            assert any("poll" in read.words for read in ben.direct)
        assert story.teams.troubles == []


async def test_help_for_somebody_who_has_not_installed_the_app_is_given_in_the_room(tmp_path: Path) -> None:
    async with telling(tmp_path, STARTS) as story:
        ann = story.acme.user("Ann Ode")
        chat = story.acme.group_chat("lunch", members=[ann])
        await chat.adds_bot()
        await ann.mentions_bot(chat, "help poll")
        await story.passes(2)
        assert "poll" in ann.reads(chat)[-1].words


async def test_whoever_asks_is_told_if_answers_in_the_chat_cannot_be_noticed(tmp_path: Path) -> None:
    """Once; not where something was heard already."""
    async with telling(tmp_path, STARTS) as story:
        hanna = story.acme.user("Hanna Frei", installed=True)
        deaf, open_ = (story.acme.group_chat(name, members=[hanna], bot=True) for name in ("deaf", "open"))
        open_.rsc = True
        for chat in (open_, deaf):
            await hanna.mentions_bot(chat, 'start "Feedback"')
            await story.passes(5)
            await hanna.writes(chat, "Good morning to all of you")
            for question in ("What surprised you?", "And what else?"):
                await hanna.mentions_bot(chat, f'open "{question}"')
                await story.passes(5)
        assert sum("So far I have seen only what mentions me" in read.words for read in hanna.direct) == 1
