"""Somebody installs the app: from its page to Slack's consent, and back with a code."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp

if TYPE_CHECKING:
    from tests.slack.people import User

CODE_LIVES = timedelta(minutes=10)


@dataclass(frozen=True)
class Visit:
    """Where the app has brought somebody in the end."""

    status: int
    page: str
    code: str = ""


async def installs(user: User, url: str, scopes: str | None = None) -> Visit:
    """Follow the link or redirect of the install page, consent, and open the address to which Slack sends one back."""
    slack = user.team.slack
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser:
        async with browser.get(url, allow_redirects=False) as got:
            page = await got.text()
            # The cookie is for https only, which the app has here as little as Slack has.
            kept = "; ".join(f"{name}={cookie.value}" for name, cookie in got.cookies.items())
            links = re.findall(r"https?://[^\"'\s]*/oauth/v2/authorize\?[^\"'\s]*", html.unescape(page))
            target = got.headers.get("Location") or (links[0] if links else "")
        if not target:
            return Visit(got.status, page)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        assert asked.get("client_id") == slack.app.client_id, "that is another app"
        back = asked.get("redirect_uri") or next(iter(slack.app.redirect_urls), "")
        known = slack.app.redirect_urls
        assert back, "Slack does not know where to send people back to"
        assert not known or any(back.startswith(one) for one in known), "bad_redirect_uri"
        code = slack.made_id("code")
        granted = (scopes or asked.get("scope", "")).split(",")
        expires = slack.now() + CODE_LIVES
        slack.codes[code] = {"user": user, "scopes": granted, "expires": expires, "redirect_uri": back}
        query = urlencode({"code": code, "state": asked.get("state", "")})
        whole = f"{back}{'&' if '?' in back else '?'}{query}"
        async with browser.get(whole, headers={"Cookie": kept} if kept else {}) as got:
            return Visit(got.status, await got.text(), code)
