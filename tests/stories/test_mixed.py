"""One class in a Slack channel, a Teams chat and the web room at once: one roster, one tally, one rotation."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import Browser, expect

from bot.app import LOCAL
from tests.stories.mixed import Company, telling
from tests.stories.workspace import message

STARTS = datetime(2027, 3, 24, 14, tzinfo=UTC)


async def test_one_class_on_three_platforms(tmp_path: Path, browser: Browser) -> None:
    """Hanna leads and is in both; Ben is in Slack, Ida in Teams, Noor came by the open link; Mia is in both, too."""
    async with telling(tmp_path, STARTS) as company:
        await Mixed(company, browser).plays()


class Mixed:
    """The people and the places of the story."""

    def __init__(self, company: Company, browser: Browser) -> None:
        self.company, self.browser = company, browser
        team, acme = company.team, company.acme
        self.hanna = team.user("Hanna Frei", email="hanna@acme.example")
        self.mia, self.ben = team.user("Mia Roth", email="mia@acme.example"), team.user("Ben Okafor")
        self.channel = team.channel("feedback", members=[self.hanna, self.mia, self.ben])
        self.hanna_t = acme.user("Hanna Frei", installed=True, email="Hanna@Acme.example")
        self.mia_t = acme.user("Mia Roth", installed=True, email="mia@acme.example")
        self.ida = acme.user("Ida Lund", installed=True, email="ida@acme.example")
        self.cem = acme.user("Cem Unal", installed=True)
        self.chat = acme.group_chat("feedback", members=[self.hanna_t, self.mia_t, self.ida, self.cem])

    async def plays(self) -> None:
        """From one command to the end."""
        company = self.company
        await self.channel.invite_bot()
        await self.chat.adds_bot()
        self.chat.rsc = True
        assert "is open here" in (await self.hanna.types(self.channel, '/ilt start "Feedback"')).words
        await company.passes(3)
        await self.hanna_t.mentions_bot(self.chat, "here")
        await company.passes(3)
        assert "I'm here" in message(self.ida.reads(self.chat), "Feedback").buttons
        await self.cem.presses(message(self.cem.reads(self.chat), "Feedback"), "I'm here")
        await self.noor_comes()
        await self.they_vote()
        await self.one_is_called_on()
        await self.it_ends()

    async def noor_comes(self) -> None:
        """By the open link, in a browser."""
        held = await self.company.app.engine.at(LOCAL, f"slack:{self.channel.id}")
        assert held is not None
        self.session = held[0]
        page = await (await self.browser.new_context()).new_page()
        await page.goto(self.company.app.links.join(LOCAL, self.session))
        await page.get_by_label("name").fill("Noor")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Feedback").first).to_be_visible()
        self.noor = page
        await self.company.passes(3)

    async def they_vote(self) -> None:
        """One poll, four voters; Mia votes in Slack and again in Teams, which is one vote, the newer one."""
        company = self.company
        await self.hanna_t.mentions_bot(self.chat, 'poll "Break now?" "Yes" "No"')
        await company.passes(3)
        there = message(self.ben.reads(self.channel), "Break now?")
        await self.ben.presses(there, "Yes")
        await self.mia.presses(there, "Yes")
        await self.ida.presses(message(self.ida.reads(self.chat), "Break now?"), "No")
        await self.noor.locator("article.card", has_text="Break now?").get_by_role("button", name="Yes").click()
        await company.passes(5)
        told = await self.mia_t.presses(message(self.mia_t.reads(self.chat), "Break now?"), "No")
        assert "Your vote: No" in told.words
        await company.passes(5)
        for reads in (self.hanna.reads(self.channel), self.hanna_t.reads(self.chat)):
            board = message([read for read in reads if not read.private], "Break now?").words
            assert ("2 of 4" in board, "4 votes" in board) == (True, True), board
        await expect(self.noor.locator("article.card", has_text="Break now?")).to_contain_text("4 votes")

    async def one_is_called_on(self) -> None:
        """Each of the five is called once before anybody twice, wherever they are."""
        called: list[str] = []
        for number in range(5):
            await self.hanna.types(self.channel, f'/ilt ask "Question {number}?"')
            await self.company.passes(12)
            words = message(self.hanna.reads(self.channel), f"Question {number}?").words
            found = re.search(r"@?(.+), what do you think\?", words)
            assert found, words
            called.append(found[1].lstrip("@"))
            await self.hanna.types(self.channel, "/ilt heard")
            await self.company.passes(5)
            assert "answered" in message(self.ida.reads(self.chat), f"Question {number}?").words
        assert sorted(called) == ["Ben Okafor", "Cem Unal", "Ida Lund", "Mia Roth", "Noor"]

    async def it_ends(self) -> None:
        """A recap in every place; the survey once to each, and to Mia on one platform only."""
        company = self.company
        await company.passes(300)
        await self.hanna.types(self.channel, "/ilt end")
        await company.passes(20)
        for reads in (self.ben.reads(self.channel), self.ida.reads(self.chat)):
            assert (
                "Took part: 5 learners were here and voted, answered or wrote"
                in message(reads, "That was “Feedback”").words
            )
        await expect(self.noor.get_by_role("heading", name="That was “Feedback”")).to_be_visible()
        surveys = [
            sum("How was “Feedback”?" in read.words for read in reads)
            for reads in (self.ben.direct, self.ida.direct, self.mia.direct, self.mia_t.direct)
        ]
        assert (surveys[:2], sum(surveys[2:])) == ([1, 1], 1)
        assert [answer.status for answer in company.slack.answers if answer.status != 200] == []
        assert [answer for answer in company.teams.answers if answer.status != 200] == []
        assert company.teams.troubles == []
