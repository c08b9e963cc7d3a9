"""The browser of the tests itself: it is our own, it draws what people write, and axe sees what is wrong."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.chromium import BROWSER, CHROMIUM, axe

DRAW = """
characters => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 60;
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    const draw = character => {
        pen.clearRect(0, 0, 60, 60);
        pen.font = "40px sans-serif";
        pen.fillText(character, 5, 45);
        return Array.from(pen.getImageData(0, 0, 60, 60).data);
    };
    const grey = (dot, i, dots) => i % 4 || (dot === dots[i + 1] && dot === dots[i + 2]);
    const missing = draw("\\u{10fffd}").join();
    return characters.map(character => {
        const dots = draw(character);
        if (dots.join() === missing) return "missing";
        if (dots.every(dot => dot === 0)) return "empty";
        return dots.every(grey) ? "ink" : "colour";
    });
}
"""


@pytest.mark.parametrize(
    ("characters", "drawn"),
    [
        ("Aéßłĳ“”—…½", "ink"),
        ("█▌░✓☐☑→•", "ink"),
        ("Жшж Ωλ".replace(" ", ""), "ink"),
        ("مرحباאבג", "ink"),
        ("こんカタ漢字世界。", "ink"),
        ("🙋🎉⏰👍🚀", "colour"),
        ("\U0010fffd", "missing"),
    ],
)
async def test_every_script_that_people_write_in_is_drawn(page: Page, characters: str, drawn: str) -> None:
    assert await page.evaluate(DRAW, list(characters)) == [drawn] * len(characters)


async def test_it_runs_on_its_own_libraries(browser: Browser) -> None:
    assert browser.is_connected()

    assert libraries("libnss3.so") == {(BROWSER / "lib" / "libnss3.so").resolve()}


def libraries(name: str) -> set[Path]:
    """Where the Chromiums that run now have this library from."""
    running = [link.parent for link in Path("/proc").glob("[0-9]*/exe") if leads(link) == CHROMIUM.resolve()]
    maps = [line for process in running for line in (process / "maps").read_text().splitlines()]
    return {Path(line.split(maxsplit=5)[5]) for line in maps if line.endswith(f"/{name}")}


def leads(link: Path) -> Path | None:
    """Where the link leads; other people's processes, and those that end meanwhile, lead nowhere."""
    try:
        return link.readlink()
    except OSError:
        return None


async def test_axe_finds_a_button_without_a_name(page: Page) -> None:
    await page.set_content(
        "<!doctype html><html lang=en><title>Room</title><main><h1>Room</h1><button></button></main>"
    )

    assert [(found.rule, found.elements) for found in await axe(page)] == [("button-name", ("<button></button>",))]


async def test_axe_is_content_with_a_good_page_whatever_its_security_policy(page: Page) -> None:
    await page.set_content(
        "<!doctype html><html lang=en><meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">"
        "<title>Room</title><main><h1>Room</h1><button>Vote</button></main>"
    )

    assert await axe(page) == []
