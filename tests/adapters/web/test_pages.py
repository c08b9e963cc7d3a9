"""The pages in a real browser: with a keyboard, on a phone, without JavaScript, on a bad line."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from dialogs.base import Pressed
from tests.adapters.web.conftest import House
from tests.bot.loops import until
from tests.chromium import axe

PHONE: ViewportSize = {"width": 360, "height": 720}
NARROW: ViewportSize = {"width": 320, "height": 640}  # also what 1280 pixels are at 400 % zoom
DESKTOP: ViewportSize = {"width": 1280, "height": 800}


def every_page(house: House) -> dict[str, str]:
    return {
        "learner": house.room("ana"),
        "facilitator": house.room("fay"),
        "people": house.room("fay") + "/people",
        "desk": house.links.desk("t1", "fay"),
        "report": house.links.report("t1", "s1", "mia"),
        "join": house.links.join("t1", "s1"),
        "nothing": house.room("ana")[:-2],
    }


@asynccontextmanager
async def opened(
    browser: Browser, url: str, *, viewport: ViewportSize = DESKTOP, script: bool = True
) -> AsyncIterator[Page]:
    """A page of somebody whose clock is in Dubai, with the live stream connected."""
    context = await browser.new_context(
        viewport=viewport, java_script_enabled=script, timezone_id="Asia/Dubai", reduced_motion="reduce"
    )
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(url)
    if script and await page.locator("body[data-path]").count():
        await page.locator("body[data-live=yes]").wait_for(state="attached")
    yield page
    await context.close()
    assert errors == []


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until the button of this name has the focus."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.textContent.trim()") == name:
            return
    raise AssertionError(f"no Tab leads to {name}")


async def focused(page: Page) -> str:
    words: str = await page.evaluate("(document.activeElement.textContent || document.activeElement.id).trim()")
    return words


# -- everybody can use it ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_is_accessible(house: House, browser: Browser, scheme: str) -> None:
    await house.act(house.room("ana"), kind="say", text="Good morning", id=str(uuid4()))
    for name, url in every_page(house).items():
        async with opened(browser, url) as page:
            await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            assert await axe(page) == [], name


async def test_what_opens_on_a_page_is_accessible_too(house: House, browser: Browser) -> None:
    async with opened(browser, house.room("fay")) as page:
        await page.get_by_role("button", name="Commands").click()
        await page.locator("summary", has_text="Close the poll").click()
        await page.get_by_label("Message to the room").fill("/ilt hepl")
        await expect(page.get_by_role("heading", name="Cohost's commands")).to_be_visible()
        await expect(page.get_by_text("Close it now?")).to_be_visible()
        assert await axe(page) == []
    async with opened(browser, house.links.join("t1", "s1")) as page:
        await page.locator("#name").evaluate("name => name.removeAttribute('required')")
        await page.get_by_role("button", name="Join").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        assert await axe(page) == []


async def test_nothing_is_wider_than_a_narrow_phone(house: House, browser: Browser) -> None:
    long = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 3
    house.bot.people["ana"] = house.bot.people["ana"].__class__("ana", long, house.bot.people["ana"].role)
    await house.act(house.room("ana"), kind="say", text=long, id=str(uuid4()))
    for name, url in every_page(house).items():
        async with opened(browser, url, viewport=NARROW) as page:
            too_wide = await page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert too_wide == 0, name


async def test_everything_to_press_is_large_enough_for_a_finger(house: House, browser: Browser) -> None:
    for name, url in every_page(house).items():
        async with opened(browser, url, viewport=PHONE) as page:
            targets = page.locator("button:visible, .button:visible, summary:visible, .options label:visible, .jump a")
            sizes = [await target.bounding_box() for target in await targets.all()]
            assert [box for box in sizes if box is None or box["height"] < 44 or box["width"] < 44] == [], name


async def test_times_are_in_the_readers_zone_and_the_page_says_so(house: House, browser: Browser) -> None:
    async with opened(browser, house.room("ana")) as page:
        await expect(page.locator("#head time")).to_have_text("Tue 24 Nov, 17:00")
        await expect(page.locator("#zone")).to_have_text("Times are in your time zone, Asia/Dubai.")
        assert await page.title() == "Giving feedback · Cohost"
    async with opened(browser, house.room("ana"), script=False) as page:
        await expect(page.locator("#head time")).to_have_text("Tue 24 Nov, 14:00 CET")
        await expect(page.locator("#zone")).to_have_text("Times are in Europe/Zurich.")


async def test_a_page_opens_where_there_is_something_to_do(house: House, browser: Browser) -> None:
    for n in range(20):
        await house.act(house.room("fay"), kind="say", text=f"Good morning {n}", id=str(uuid4()))
    async with opened(browser, house.room("fay")) as page:
        await expect(page.locator("#card-p1-board")).to_be_in_viewport()
        await expect(page.locator("#card-f1-flag\\:1")).to_be_in_viewport()
    async with opened(browser, house.room("ana"), viewport=PHONE) as page:  # what is for her comes first
        await expect(page.locator("#card-c1-list")).to_be_in_viewport()
        await page.get_by_role("link", name="In the room: What shall we have for lunch?").click()
        await expect(page.get_by_role("button", name="Soup")).to_be_in_viewport()
    house.bot.shown = {key: who for key, who in house.bot.shown.items() if key[0] not in {"c1", "v1"}}
    async with opened(browser, house.room("ana"), viewport=PHONE) as page:
        await expect(page.get_by_role("button", name="Soup")).to_be_in_viewport()


# -- voting ------------------------------------------------------------------------------------------------------------


async def test_a_vote_needs_a_keyboard_only_and_the_focus_stays(house: House, browser: Browser) -> None:
    async with opened(browser, house.room("ana")) as page:
        await tab_to(page, "Salad")
        await page.keyboard.press("Enter")
        await expect(page.locator(".receipt", has_text="Your vote: Salad")).to_be_visible()
        await expect(page.get_by_role("button", name="Salad", pressed=True)).to_be_focused()
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Space")
        await expect(page.locator(".receipt", has_text="Your vote: Soup")).to_be_visible()
        await expect(page.get_by_role("button", name="Soup", pressed=True)).to_be_focused()
        await expect(page.get_by_role("button", name="Salad", pressed=False)).to_be_visible()
    assert house.bot.votes == {"ana": "soup"}


async def test_a_card_changes_under_the_readers_eyes_without_taking_the_focus(house: House, browser: Browser) -> None:
    async with opened(browser, house.room("ana")) as page:
        await tab_to(page, "Salad")
        await house.act(house.room("ben"), **_vote("soup"))
        await house.show("p1", "board")
        await expect(page.locator("#card-p1-board .bar").first.locator(".count")).to_have_text("1 of 1")
        assert await focused(page) == "Salad"
        house.bot.closed = True
        await house.show("p1", "board")
        await expect(page.get_by_role("button", name="Salad")).to_have_count(0)
        assert await page.evaluate("document.activeElement.id") == "card-p1-board"  # still there, not at the top


async def test_what_cannot_be_undone_asks_first(house: House, browser: Browser) -> None:
    async with opened(browser, house.room("fay")) as page:
        await page.locator("summary", has_text="Close the poll").click()
        await house.show("p1", "board")
        await expect(page.get_by_text("Close it now?")).to_be_visible()  # and a vote that comes in does not fold it
        await page.get_by_role("button", name="Close the poll").click()
        await expect(page.locator(".receipt", has_text="The poll is closed.")).to_be_visible()


def _vote(value: str) -> dict[str, str]:
    form = {"kind": "press", "dialog": "p1", "slot": "board", "action": "vote", "id": str(uuid4())}
    return {**form, "value": value}


# -- nothing typed is lost ---------------------------------------------------------------------------------------------


async def test_a_half_filled_survey_survives_a_live_update(house: House, browser: Browser) -> None:
    async with opened(browser, house.room("ana")) as page:
        survey = page.locator("#card-v1-form")
        await survey.get_by_label("4", exact=True).check()
        await survey.get_by_label("Asking first").check()
        words = survey.get_by_label("What shall we change?")
        await words.fill("More breaks")
        await words.press("ArrowLeft")
        house.bot.revision = 9
        await house.show("v1", "form", place=None, person="ana")
        await expect(page.locator("#card-v1-form[data-revision='9']")).to_be_visible()
        await expect(words).to_be_focused()
        await page.keyboard.type("!")
        await expect(words).to_have_value("More break!s")
        await expect(survey.get_by_label("4", exact=True)).to_be_checked()
        await expect(survey.get_by_label("Asking first")).to_be_checked()
        await survey.get_by_role("button", name="Send").click()
        await expect(page.locator(".receipt", has_text="Thank you, Ana Lima.")).to_be_visible()
    assert house.bot.surveys["ana"] == {"use": "4", "more": "b", "words": "More break!s"}


async def test_a_half_typed_answer_survives_a_live_update(house: House, browser: Browser) -> None:
    async with opened(browser, house.room("ben")) as page:
        await page.get_by_label("Your answer").fill("I would ask")
        await house.act(
            house.room("ana"), kind="answer", dialog="q1", slot="question", text="Ana's answer", id=str(uuid4())
        )
        await house.show("q1", "question")
        await expect(page.locator(".answers .words")).to_have_text("Ana's answer")
        await expect(page.get_by_label("Your answer")).to_be_focused()
        await page.keyboard.type(" why")
        await page.keyboard.press("Enter")
        await expect(page.locator(".answers .words")).to_have_text(["Ana's answer", "I would ask why"])
        await expect(page.get_by_label("Your answer")).to_have_value("")


async def test_a_message_that_was_refused_is_there_to_be_mended(house: House, browser: Browser) -> None:
    async with opened(browser, house.room("fay")) as page:
        box = page.locator("#words")
        await box.fill('/poll "Tea?" "Yes" "No"')
        await box.press("Enter")
        await expect(page.locator(".composer .receipt.bad")).to_contain_text("did you mean “/ilt poll”?")
        await expect(box).to_have_value('/poll "Tea?" "Yes" "No"')
        await box.fill("/ilt hepl")
        await box.press("Enter")
        await expect(page.locator(".composer .receipt:not(.bad)")).to_contain_text("did you mean “help”?")
        await expect(box).to_have_value("")
        await box.press("ArrowUp")
        await expect(box).to_have_value("/ilt hepl")


async def test_a_reply_card_is_closed_by_a_key_or_a_click(house: House, browser: Browser) -> None:
    async with opened(browser, house.room("fay")) as page:
        box, reply = page.locator("#words"), page.locator(".replies .card")
        ways: list[Callable[[], Awaitable[None]]] = [
            lambda: page.keyboard.press("Escape"),
            lambda: page.get_by_role("link", name="Close Cohost").click(),
        ]
        for close in ways:
            await box.fill("/ilt help")
            await box.press("Enter")
            await expect(reply).to_be_visible()
            await close()
            await expect(reply).to_have_count(0)
            await expect(box).to_be_focused()


# -- a bad line --------------------------------------------------------------------------------------------------------


async def test_a_press_is_sent_until_it_is_heard_and_is_heard_once(house: House, browser: Browser) -> None:
    async with opened(browser, house.room("ana")) as page:
        house.bot.failing = 2
        await page.get_by_role("button", name="Soup").click()
        await expect(page.locator(".receipt", has_text="Sending…")).to_be_visible()
        await expect(page.locator(".receipt", has_text="Your vote: Soup")).to_be_visible()
    assert [event.by for event in house.bot.heard if isinstance(event, Pressed)] == ["ana"]


async def test_two_presses_on_a_bad_line_arrive_in_their_order(house: House, browser: Browser) -> None:
    async with opened(browser, house.room("ana")) as page:
        house.bot.failing = 2
        await page.get_by_role("button", name="Soup").click()
        await page.get_by_role("button", name="Salad").click()
        await expect(page.locator(".receipt", has_text="Your vote: Salad")).to_be_visible()
    assert [event.value for event in house.bot.heard if isinstance(event, Pressed)] == ["soup", "salad"]


async def test_who_comes_back_to_the_first_answer_while_it_is_still_being_sent_has_chosen_that_one(
    house: House, browser: Browser
) -> None:
    async with opened(browser, house.room("ana")) as page:
        house.bot.failing = 2
        for name in ("Soup", "Salad", "Soup", "Soup"):  # and a double tap is one
            await page.get_by_role("button", name=name).click()
        await until(lambda: len([one for one in house.bot.heard if isinstance(one, Pressed)]) >= 3)
        await expect(page.locator(".receipt", has_text="Your vote: Soup")).to_be_visible()
    assert [event.value for event in house.bot.heard if isinstance(event, Pressed)] == ["soup", "salad", "soup"]


async def test_a_lost_connection_is_shown_and_mended(house: House, browser: Browser) -> None:
    async with opened(browser, house.room("ana")) as page:
        await expect(page.locator("#lost")).to_be_empty()
        await house.web.close()
        await expect(page.locator("#lost")).to_contain_text("Reconnecting…")
        await house.act(house.room("ben"), **_vote("soup"))
        await house.act(house.room("ben"), kind="say", text="Where is Ana?", id=str(uuid4()))
        await expect(page.locator("#lost")).to_be_empty()
        await expect(page.locator("#card-p1-board .count").first).to_have_text("1 of 1")
        await expect(page.locator(".said .words")).to_have_text("Where is Ana?")


async def test_a_server_that_is_away_for_longer_is_found_again(house: House, browser: Browser) -> None:
    async with opened(browser, house.room("ana")) as page:
        house.bot.failing = 2  # the stream is answered by error pages, after which browsers give up
        await house.web.close()
        await expect(page.locator("#lost")).to_contain_text("Reconnecting…")
        await expect(page.locator("#lost")).to_be_empty(timeout=15_000)


# -- live --------------------------------------------------------------------------------------------------------------


async def test_new_things_are_announced_and_counts_are_not(house: House, browser: Browser) -> None:
    board = house.bot.shown.pop(("p1", "board"))
    async with opened(browser, house.room("ana"), viewport=PHONE) as page:
        news = page.locator("#news")
        house.bot.shown["p1", "board"] = board
        await house.show("p1", "board")
        await expect(news).to_have_text("New: What shall we have for lunch?")
        link = page.get_by_role("link", name="New: What shall we have for lunch?")
        await link.click()
        await expect(page.locator("#card-p1-board")).to_be_in_viewport()
        await expect(page.get_by_role("link", name="Newest")).to_be_visible()
        await house.act(house.room("ben"), **_vote("soup"))
        await house.show("p1", "board")
        await expect(page.locator("#card-p1-board .count").first).to_have_text("1 of 1")
        await page.wait_for_timeout(1_700)
        await expect(news).to_have_text("New: What shall we have for lunch?")
        await house.act(house.room("ben"), kind="say", text="Soup it is", id=str(uuid4()))
        await expect(news).to_have_text("Ben Ode: Soup it is")


async def test_what_people_write_is_never_markup(house: House, browser: Browser) -> None:
    async with opened(browser, house.room("ana")) as page:
        for text in ("<img src=x onerror=document.title='pwned'>", "<script>document.title='pwned'</script>", "[a](b)"):
            await house.act(house.room("ben"), kind="say", text=text, id=str(uuid4()))
            await expect(page.locator(".said .words").last).to_have_text(text)
        assert await page.locator(".said :is(img, script, a)").count() == 0
        assert await page.title() == "Giving feedback · Cohost"


async def test_commands_are_suggested_only_once_a_slash_is_typed(house: House, browser: Browser) -> None:
    async with opened(browser, house.room("fay")) as page:
        box = page.locator("#words")
        await expect(box).to_have_attribute("list", "")
        await box.fill("/")
        await expect(box).to_have_attribute("list", "suggestions")
        assert await page.locator("#suggestions option[value^='/ilt poll ']").count() == 1
        await box.fill("hello")
        await expect(box).to_have_attribute("list", "")


# -- without JavaScript ------------------------------------------------------------------------------------------------


async def test_without_javascript_everything_can_be_read_and_done(house: House, browser: Browser) -> None:
    async with opened(browser, house.room("ana"), script=False) as page:
        await page.get_by_role("button", name="Salad").click()
        await expect(page.locator("#card-p1-board ~ .receipt")).to_have_text("Your vote: Salad")
        await expect(page.get_by_role("button", name="Salad", pressed=True)).to_be_in_viewport()
        await page.get_by_label("Message to the room").fill("Hello")
        await page.get_by_role("button", name="Send", exact=True).last.click()
        await expect(page.locator(".said .words")).to_have_text("Hello")
        await page.get_by_label("4", exact=True).check()
        await page.locator("#card-v1-form").get_by_role("button", name="Send").click()
        await expect(page.locator("#card-v1-form")).to_contain_text("Your answers are in.")
        await page.get_by_label("Your answer").fill("Ask why")
        await page.get_by_role("button", name="Send answer").click()
        await expect(page.locator(".answers .words")).to_have_text("Ask why")
    async with opened(browser, house.room("fay"), script=False) as page:
        await page.get_by_role("button", name="Commands").click()
        await expect(page.locator(".replies .card")).to_be_visible()
        await page.get_by_role("link", name="Close Cohost").click()
        await expect(page.locator(".replies .card")).to_have_count(0)
        await page.locator("summary", has_text="Close the poll").click()
        await page.get_by_role("button", name="Close the poll").click()
        await expect(page.locator("#card-p1-board")).to_contain_text("Closed.")


async def test_the_join_link_leads_in_with_one_name_and_one_tap(house: House, browser: Browser) -> None:
    for script in (True, False):
        async with opened(browser, house.links.join("t1", "s1"), viewport=PHONE, script=script) as page:
            await page.get_by_label("Your name").fill("Zoë")
            await page.keyboard.press("Enter")
            await expect(page.get_by_text("You are Zoë")).to_be_visible()
            await page.goto(house.links.join("t1", "s1"))
            await page.get_by_role("link", name="Continue as Zoë").click()
            await expect(page.get_by_text("You are Zoë")).to_be_visible()
