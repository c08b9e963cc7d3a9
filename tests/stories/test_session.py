"""One whole session in the web room, told from the room's side: in Chromium, by people with keys, mice and phones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.async_api import Browser, expect

from bot.plans import Listed
from tests.stories.room import Person, Story, telling

STARTS = datetime(2027, 3, 24, 14, tzinfo=UTC)
DAY_BEFORE, HOUR_BEFORE = STARTS - timedelta(hours=24), STARTS - timedelta(hours=1)
OTHERS = ("Cem Yılmaz", "Ewa Nowak", "Fay 🌻 Müller", "عبد الرحمن بن محمد الفارسي")
TITLE = "Giving feedback that lands"
READY, BEFORE = f"Get ready for “{TITLE}”", f"Before you lead “{TITLE}”"


def people() -> list[Listed]:
    """The roster: six learners with one manager, and a second facilitator."""
    learners = [Listed(name, "learner", "", "Dana Roth") for name in ("Ida Lund", "Ben Okafor", *OTHERS)]
    return [*learners, Listed("Kofi Mensah", "facilitator", "", "")]


async def test_a_session_from_creation_to_digest(tmp_path: Path, browser: Browser) -> None:
    """Ida uses keys alone, Ben a mouse on a phone; Hanna leads, Kofi helps her; Dana reads the digest."""
    async with telling(tmp_path, browser, STARTS - timedelta(days=3), STARTS, people()) as story:
        hanna, kofi = await story.opens("Hanna Frei"), await story.opens("Kofi Mensah", dark=True)
        ida, ben = await story.opens("Ida Lund"), await story.opens("Ben Okafor", phone=True)
        await the_day_before(story, hanna, kofi, ida, ben)
        await it_opens(story, hanna, ida, ben)
        await they_vote(story, hanna, kofi, ida, ben)
        await somebody_is_called_on(story, hanna, ida, ben)
        await nobody_answers(story, hanna, kofi, ida)
        await it_ends(story, hanna, kofi, ida, ben)
        await the_survey_and_the_digest(story, hanna, ida, ben)
        assert story.failed == []


async def the_day_before(story: Story, hanna: Person, kofi: Person, ida: Person, ben: Person) -> None:
    """The checklist goes out; Ben asks for help; an hour before, only who has open items is reminded."""
    await ida.does_not_see(READY)
    await story.reaches(DAY_BEFORE)
    await ida.sees(READY, "5 items are open.")
    await hanna.sees(BEFORE)
    await hanna.sees("Ready: 0 of 6", "No answer yet")
    card = ida.card(READY)
    for left in (4, 3, 2, 1):
        await ida.presses_by_key(READY, "Tick")
        await expect(card).to_contain_text(f"{left} item")
    await ida.presses_by_key(READY, "Tick")
    await ida.is_told("You are ready.")
    await hanna.sees("Ready: 1 of 6")
    await ben.clicks(READY, "I need help")
    await ben.is_told("The facilitators have been told.")
    for facilitator in (hanna, kofi):
        await facilitator.sees("Ben Okafor needs help to get ready")
    await kofi.clicks("Ben Okafor needs help to get ready", "Helped")
    await hanna.sees("Ben Okafor does not need help any more")
    await story.reaches(HOUR_BEFORE)
    await ben.sees(f"Reminder: {READY}")
    await ida.does_not_see(f"Reminder: {READY}")


async def it_opens(story: Story, hanna: Person, ida: Person, ben: Person) -> None:
    """A learner cannot open it; Hanna can; people say that they are here, and are reminded of nothing any more."""
    await story.reaches(STARTS)
    await ida.types("/ilt start")
    await ida.is_told("Only a facilitator")
    await hanna.clicks("Your session", "Open the session")
    await ida.sees(TITLE, "Objective 1", "I'm here")
    await ida.presses_by_key(TITLE, "I'm here")
    await ida.is_told("You are checked in.")
    await ben.clicks(TITLE, "I'm here")
    await story.passes(2)
    await hanna.sees(TITLE, "2 people have checked in.")


async def they_vote(story: Story, hanna: Person, kofi: Person, ida: Person, ben: Person) -> None:
    """A vote, a changed vote, a live result, a mistyped command, a late vote."""
    await story.passes(130)
    await hanna.types('/ilt pol "Break now?" Yes "In ten minutes"')
    await hanna.is_told("did you mean “poll”")
    await hanna.types('/ilt poll "Break now?" Yes "In ten minutes" --for 60s')
    await ida.presses_by_key("Break now?", "Yes")
    await ida.is_told("Your vote: Yes")
    await ben.clicks("Break now?", "Yes")
    await story.passes(1)
    await ben.clicks("Break now?", "In ten minutes")
    await ben.is_told("Your vote: In ten minutes")
    await story.passes(2)
    board = await kofi.sees("Break now?", "2 votes so far")
    await expect(board.locator(".bar").nth(0)).to_have_attribute("data-count", "1")
    await expect(board.locator(".bar").nth(1)).to_have_attribute("data-count", "1")
    mine = ben.card("Break now?").get_by_role("button", name="In ten minutes")
    await expect(mine).to_have_attribute("aria-pressed", "true")
    await ida.sees("Break now?")
    await expect(ida.card("Break now?").get_by_role("button", name="Close the poll")).to_have_count(0)
    late = await story.opens("Cem Yılmaz", javascript=False)  # a page from before the poll closed, without JavaScript
    await story.passes(60)
    await ida.sees("Break now?", "Closed. 2 votes.")
    await late.card("Break now?").get_by_role("button", name="Yes").click()
    await late.is_told("This poll has closed")
    await late.sees("Break now?", "Closed. 2 votes.")


async def somebody_is_called_on(story: Story, hanna: Person, ida: Person, ben: Person) -> None:
    """The question, time to think, a name; a pass goes on to the next; an answer beneath the question counts."""
    question = "What would you check first?"
    await hanna.types(f'/ilt ask "{question}"')
    await ida.sees(question, "Take a moment to think")
    await story.passes(9)
    board = hanna.card(question)
    await expect(board).to_contain_text("what do you think?")
    called: list[str] = []
    for _ in range(6):
        name = await board.locator(".who").first.inner_text()
        assert name not in called, "nobody is called twice for one question"
        called.append(name)
        if name in {"Ida Lund", "Ben Okafor"}:
            break
        await hanna.clicks(question, "Not here")
        await story.passes(2)
        await expect(board.locator(".who").first).not_to_have_text(name)
    one, other = (ida, ben) if called[-1] == "Ida Lund" else (ben, ida)
    await expect(other.card(question).get_by_role("button", name="Pass")).to_have_count(0)
    box = one.page.locator(".entry", has=one.page.get_by_role("heading", name=question)).get_by_label("Your answer")
    await box.fill("I would listen first, then ask.")
    await box.press("Enter")
    await story.passes(2)
    await hanna.sees(question, f"{one.name} answered.")
    await expect(other.page.locator(".words", has_text="I would listen first, then ask.")).to_be_visible()


async def nobody_answers(story: Story, hanna: Person, kofi: Person, ida: Person) -> None:
    """An open question stays quiet: both facilitators are told, nobody else is; one move; then it is answered aloud."""
    question = "What surprised you today?"
    await hanna.types(f'/ilt open "{question}"')
    await ida.sees(question, "Anyone may answer")
    await story.passes(61)
    for facilitator in (hanna, kofi):
        await facilitator.sees(f"Quiet on: {question}", "Suggestion:", "Only facilitators see this.")
    await ida.does_not_see(f"Quiet on: {question}")
    move = hanna.card(f"Quiet on: {question}").get_by_role("button", name="Call on")
    who = (await move.inner_text()).removeprefix("Call on").strip()
    await move.click()
    await story.passes(2)
    await ida.sees(question, who)
    await kofi.sees(f"Quiet on: {question}", "called on")
    await kofi.types("/ilt heard")
    await story.passes(2)
    await ida.sees(question, f"{who} answered.")


async def it_ends(story: Story, hanna: Person, kofi: Person, ida: Person, ben: Person) -> None:
    """Asked first, then ended: a recap for all, and the survey for who was there."""
    await story.passes(600)
    for name in OTHERS[:3]:  # so that there are enough for a survey
        one = await story.opens(name, javascript=False)
        await one.card(TITLE).get_by_role("button", name="I'm here").click()
        await one.is_told("You are checked in.")
    await hanna.card("Your session").get_by_text("End the session").first.click()
    await hanna.card("Your session").get_by_role("button", name="End the session").click()
    await story.passes(2)
    for person in (ida, ben, kofi):
        await person.sees(f"That was “{TITLE}”", "Break now?")
    await ida.sees(f"How was “{TITLE}”?", "Confidential")
    await ben.sees(f"How was “{TITLE}”?")


async def the_survey_and_the_digest(story: Story, hanna: Person, ida: Person, ben: Person) -> None:
    """Two answer, which is too few to show; the managers hear what may be told."""
    form = ida.card(f"How was “{TITLE}”?")
    for group in range(await form.locator("fieldset").count()):
        choice = form.locator("fieldset").nth(group).locator("input").first
        await ida.tabs_to(choice)
        await ida.page.keyboard.press("Space")
    await ida.tabs_to(form.locator("textarea"))
    await ida.page.keyboard.type("Time, mostly.")
    await ida.tabs_to(form.get_by_role("button", name="Send"))
    await ida.page.keyboard.press("Enter")
    await ida.is_told("Your answers are stored.")
    other = ben.card(f"How was “{TITLE}”?")
    for group in range(await other.locator("fieldset").count()):
        await other.locator("fieldset").nth(group).locator("label").nth(1).click()
    await other.get_by_role("button", name="Send").click()
    await ben.is_told("Your answers are stored.")
    await story.passes(2)
    await hanna.sees("Survey: How was", "2 of")
    await story.passes(timedelta(hours=72).total_seconds())
    results = await hanna.sees("Survey: How was", "2 of")
    await expect(results).not_to_contain_text("Time, mostly.")
    dana = await story.opens("Dana Roth")
    digest = await dana.sees(f"How “{TITLE}” went", "Attendance")
    await expect(digest).not_to_contain_text("Ida")
    await expect(digest).to_contain_text("Not shown: fewer than 5 people answered")
    await hanna.sees("The digest went to 1 manager", "Dana Roth")


async def test_a_session_opened_at_once_needs_no_plan(tmp_path: Path, browser: Browser) -> None:
    """From the desk: one command, a room, an open link; who comes by it gives a name and is in."""
    async with telling(tmp_path, browser, STARTS - timedelta(days=3), STARTS, ()) as story:
        desk = await story.visits("Hanna Frei", story.console)
        await desk.types('/ilt start "Team retrospective"')
        await desk.is_told("is open in the room")
        await desk.page.locator(".receipt a", has_text="the room").click()
        hanna = Person(story, "Hanna Frei", desk.page)
        await hanna.sees("Team retrospective", "Welcome!")
        await hanna.page.get_by_role("link", name="People and links", exact=True).click()
        join = await hanna.page.locator("input[value*='/room/join/']").first.input_value()
        guest = await story.visits("a guest", join, phone=True)
        await guest.page.get_by_label("name").fill("Noor")
        await guest.page.keyboard.press("Enter")
        await guest.sees("Team retrospective", "I'm here")
        await guest.clicks("Team retrospective", "I'm here")
        await guest.is_told("You are checked in.")
        await guest.types("/ilt new giving-feedback on tomorrow 14:00")
        await guest.is_told("You are a guest here.")
        assert story.failed == []
