"""The pages without a key: true, short, and an organisation's own ones in their place where it has some."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from playwright.async_api import Browser

from adapters.web.about import About
from adapters.web.app import Web
from adapters.web.links import Links
from tests.adapters.web.small_bot import SmallBot
from tests.chromium import axe

PATHS = ("/", "/privacy", "/terms")
TITLES = {"/": "Cohost", "/privacy": "Privacy", "/terms": "Terms of use"}


@asynccontextmanager
async def served(
    elsewhere: tuple[str, str] = ("", ""), base: str = "http://localhost"
) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    """The pages, and those of the web room, whose style sheet they use."""
    app, links = web.Application(), Links("secret", base)
    Web(SmallBot(), links, links.base_url).add_to(app)
    About(links, elsewhere).add_to(app)
    async with TestClient(TestServer(app)) as client:
        yield client


@pytest.mark.parametrize("path", PATHS)
async def test_each_page_is_there_for_everybody_and_leads_to_the_others(path: str) -> None:
    async with served() as client, client.get(path) as answer:
        page = await answer.text()
        found = set(re.findall(r'href="(/[a-z]*)"', page))
        style = re.findall(r'href="(/room/static/page[^"]+)"', page)
        async with client.get(style[0]) as sheet:
            assert sheet.status == 200

    assert (answer.status, answer.content_type) == (200, "text/html")
    assert f"<h1>{TITLES[path]}</h1>" in page
    assert found >= {one for one in ("/privacy", "/terms") if one != path}
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers


async def test_an_organisation_s_own_pages_take_their_place() -> None:
    own = ("https://example.org/privacy", "https://example.org/terms")
    async with served(own) as client:
        async with client.get("/") as answer:
            page = await answer.text()
        found = []
        for path in ("/privacy", "/terms"):
            async with client.get(path, allow_redirects=False) as answer:
                found.append((answer.status, answer.headers.get("Location")))

    assert [(302, one) for one in own] == found
    assert all(f'href="{one}"' in page for one in own)


async def test_behind_a_proxy_they_live_in_its_folder() -> None:
    async with served(base="https://example.org/cohost") as client, client.get("/") as answer:
        page = await answer.text()

    assert 'href="/cohost/privacy"' in page
    assert 'href="/cohost/terms"' in page


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_each_page_is_accessible_also_in_the_dark_and_on_a_phone(browser: Browser, scheme: str) -> None:
    async with served() as client:
        for path in PATHS:
            page = await browser.new_page(viewport={"width": 320, "height": 640})
            await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            await page.goto(str(client.make_url(path)))
            wide = await page.evaluate("document.documentElement.scrollWidth")
            assert await axe(page) == [], path
            assert wide <= 320, path
            await page.close()
