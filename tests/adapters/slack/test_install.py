"""Installing, and the tokens that come from it, against a small server that stands for Slack."""

import asyncio
import base64
import html
import itertools
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient

from adapters.base import Gone, Later
from adapters.slack.install import COOKIE, SCOPES, Calls, Install, authorize, installation
from adapters.slack.tokens import (
    EARLY,
    NOT_INSTALLED,
    NOT_RENEWED,
    REFUSED,
    REMEMBERED,
    REVOKED,
    UNINSTALLED,
    Fresh,
    Installation,
    OneToken,
    Refused,
    Tokens,
)
from storage.installations import CHANGED, Installations
from tests.storage.contract import NOON
from tests.storage.databases import Sqlite, copies

SECRET = "s" * 32
BASE = "https://cohost.example/folder"
BACK = f"{BASE}/slack/oauth_redirect"
HALF_DAY = timedelta(hours=12)
MINUTE = timedelta(minutes=1)


class Slack:
    """oauth.v2.access and auth.test. Codes and refresh tokens work once."""

    def __init__(self) -> None:
        self.codes: dict[str, dict[str, Any]] = {}
        self.refreshes: dict[str, int] = {}
        self.calls: list[str] = []
        self.refuse: tuple[int, dict[str, Any] | str] | None = None
        self.slow = 0.0
        self.sent: list[str] = []  # whatever nobody must ever read elsewhere
        self.numbers = itertools.count(1)
        self.whose: dict[str, Any] = {"ok": True, "team_id": "T1", "user_id": "U0", "bot_id": "B0"}

    def code(self, **answer: Any) -> str:
        code = f"code-{next(self.numbers)}"
        self.codes[code] = {
            "ok": True,
            "token_type": "bot",
            "app_id": "A1",
            "bot_user_id": "U0",
            "scope": "commands,chat:write",
            "team": {"id": "T1", "name": "Acme <script>alert(1)</script>"},
            "enterprise": None,
            "is_enterprise_install": False,
            "authed_user": {"id": "U9"},
        } | answer
        self.sent.append(code)
        return code

    def pair(self, generation: int) -> dict[str, Any]:
        token, refresh = f"xoxe.xoxb-secret-{generation}", f"xoxe-1-secret-{generation}"
        self.refreshes[refresh] = generation
        self.sent += [token, refresh]
        return {"access_token": token, "refresh_token": refresh, "expires_in": 43_200}

    async def access(self, request: web.Request) -> web.Response:
        form = await request.post()
        wanted = "Basic " + base64.b64encode(b"1.2:hidden").decode()
        self.calls.append("refresh" if "refresh_token" in form else "code")
        await asyncio.sleep(self.slow)
        if self.refuse:
            status, body = self.refuse
            return web.json_response(body, status=status) if isinstance(body, dict) else web.Response(text=body)
        if request.headers.get("Authorization") != wanted:
            return web.json_response({"ok": False, "error": "bad_client_secret"})
        if "refresh_token" in form:
            generation = self.refreshes.pop(str(form["refresh_token"]), None)
            if form.get("grant_type") != "refresh_token" or generation is None:
                return web.json_response({"ok": False, "error": "invalid_refresh_token"})
            return web.json_response({"ok": True, "token_type": "bot"} | self.pair(generation + 1))
        answer = self.codes.pop(str(form.get("code")), None)
        if answer is None or form.get("redirect_uri") != BACK:
            return web.json_response({"ok": False, "error": "invalid_code"})
        return web.json_response(self.pair(1) | answer)

    async def test(self, request: web.Request) -> web.Response:
        self.calls.append("auth.test")
        return web.json_response(self.whose)


class Room:
    """Slack, our pages, what is kept, and a clock that is moved by hand."""

    def __init__(self, slack: Slack, kept: Installations, calls: Calls) -> None:
        self.slack, self.kept, self.calls = slack, kept, calls
        self.now = NOON
        self.tokens = self.process()
        self.forgotten: list[tuple[str, str]] = []
        self.install = Install(kept, calls, BASE, self.installed, self.clock)
        self.browser: TestClient[web.Request, web.Application]

    def clock(self) -> datetime:
        return self.now

    async def installed(self, team: str, enterprise: str) -> None:
        self.tokens.forget(team, enterprise)
        self.forgotten.append((team, enterprise))

    def process(self) -> Tokens:
        """One more process with the same database."""
        return Tokens(self.kept, self.calls.refresh, self.clock)

    async def ask(self, cookie: str = "") -> tuple[str, str, dict[str, str]]:
        """Open the page. Returns its text, the cookie, and what it sends along to Slack."""
        headers = {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}
        answer = await self.browser.get("/slack/install", headers=headers)
        text = await answer.text()
        assert answer.status == 200
        [address] = re.findall(r'href="(http[^"]+)"', text)
        query = parse_qs(urlsplit(html.unescape(address)).query)
        return text, answer.cookies[COOKIE].value, {name: value for name, [value] in query.items()}

    async def back(self, cookie: str, **query: str) -> tuple[int, str]:
        """Come back from Slack."""
        headers = {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}
        answer = await self.browser.get("/slack/oauth_redirect", params=query, headers=headers)
        return answer.status, await answer.text()

    async def add(self, **answer: Any) -> Installation:
        """Install, all the way."""
        _, cookie, sent = await self.ask()
        status, text = await self.back(cookie, state=sent["state"], code=self.slack.code(**answer))
        assert (status, "Cohost is installed" in text) == (200, True)
        return (await self.kept.all())[-1]


@pytest.fixture(scope="module")
def fresh() -> Iterator[Callable[[], Sqlite]]:
    with copies() as fresh:
        yield fresh


@pytest.fixture
def database(fresh: Callable[[], Sqlite]) -> Sqlite:
    return fresh()


@pytest.fixture
async def room(database: Sqlite) -> AsyncIterator[Room]:
    slack, app, ours = Slack(), web.Application(), web.Application()
    app.add_routes([web.post("/api/oauth.v2.access", slack.access), web.post("/api/auth.test", slack.test)])
    kept = Installations(database.url, SECRET)
    async with TestServer(app) as server, ClientSession() as session:
        room = Room(slack, kept, Calls(str(server.make_url("/api/")), lambda: session, "1.2", "hidden"))
        ours.add_routes(room.install.routes())
        async with TestClient(TestServer(ours)) as browser:
            room.browser = browser
            yield room
        await room.tokens.close()
    await kept.close()


# ---- the pages


async def test_the_page_says_what_is_asked_for_and_leads_to_slack(room: Room) -> None:
    text, _, sent = await room.ask()

    assert sent == {"client_id": "1.2", "scope": ",".join(SCOPES), "redirect_uri": BACK, "state": sent["state"]}
    assert len(sent["state"]) == 43
    for scope, why in SCOPES.items():
        assert f"<dt>{scope}</dt><dd>{why}</dd>" in text
    assert f"{room.calls.api_url.removesuffix('api/')}oauth/v2/authorize?client_id=1.2&amp;" in text


async def test_a_page_loads_nothing_from_anywhere_and_is_kept_by_nobody(room: Room) -> None:
    answer = await room.browser.get("/slack/install")
    text = await answer.text()

    policy = answer.headers["Content-Security-Policy"]
    [nonce] = re.findall(r"style-src 'nonce-([^']+)'", policy)
    assert policy.startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in policy
    assert f'<style nonce="{nonce}">' in text
    assert re.findall(r"<script|<link|<img|src=|url\(|@import| style=", text) == []
    assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert '<html lang="en">' in text


async def test_the_cookie_is_of_this_host_alone_and_out_of_reach_of_scripts(room: Room) -> None:
    answer = await room.browser.get("/slack/install")

    cookie = answer.cookies[COOKIE]
    assert COOKIE.startswith("__Host-")
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, True, "Lax", "/")
    assert (cookie["domain"], cookie["max-age"]) == ("", "600")


async def test_whoever_agrees_is_installed_and_told_what_to_do_next(room: Room) -> None:
    _, cookie, sent = await room.ask()

    status, text = await room.back(cookie, state=sent["state"], code=room.slack.code())

    assert status == 200
    assert "/invite @Cohost" in text
    assert "/ilt help" in text
    assert "<script" not in text, "the name of a workspace is text"
    [one] = await room.kept.all()
    assert (one["team"], one["app"], one["bot_user"], one["bot"]) == ("T1", "A1", "U0", "B0")
    assert (one["installed_by"], one["installed_at"], one["expires_at"]) == ("U9", NOON, NOON + HALF_DAY)
    assert await room.tokens.token("T1") == "xoxe.xoxb-secret-1"
    assert room.slack.calls == ["code", "auth.test"]


async def test_an_organisation_is_installed_as_a_whole(room: Room) -> None:
    whole = {"is_enterprise_install": True, "team": None, "enterprise": {"id": "E1", "name": "All"}}

    one = await room.add(**whole)

    assert (one["team"], one["enterprise"], one["name"]) == ("", "E1", "All")
    assert await room.tokens.token("T7", "E1") == "xoxe.xoxb-secret-1"
    assert await room.tokens.token("", "E1") == "xoxe.xoxb-secret-1"
    with pytest.raises(Gone, match=NOT_INSTALLED):
        await room.tokens.token("T7", "E2")


async def test_an_installation_counts_also_where_the_bots_id_cannot_be_asked(room: Room) -> None:
    room.slack.whose = {"ok": False, "error": "internal_error"}

    one = await room.add()

    assert (one["bot"], one["bot_user"]) == ("", "U0")


async def test_installing_again_is_seen_at_once(room: Room) -> None:
    await room.add()
    assert await room.tokens.token("T1") == "xoxe.xoxb-secret-1"
    room.now += MINUTE / 2

    room.slack.refreshes.clear()
    await room.add(access_token="xoxe.xoxb-anew")

    assert await room.tokens.token("T1") == "xoxe.xoxb-anew"


async def test_whoever_says_no_is_told_that_nothing_was_changed(room: Room) -> None:
    _, cookie, sent = await room.ask()

    status, text = await room.back(cookie, state=sent["state"], error="access_denied")

    assert (status, "You said no at Slack, and nothing was changed" in text) == (200, True)
    assert 'href="install"' in text
    assert (await room.kept.all(), room.slack.calls) == ([], [])


async def refused(room: Room, cookie: str, **query: str) -> None:
    """One sentence, a way to begin again, and not a word to Slack."""
    status, text = await room.back(cookie, **query)

    assert (status, "That did not work" in text, 'href="install"' in text) == (400, True, True)
    assert (await room.kept.all(), room.slack.calls) == ([], [])
    for value in query.values():
        assert value not in text, "nothing of the address is shown"


async def test_a_forged_state_installs_nothing(room: Room) -> None:
    _, cookie, _ = await room.ask()

    for state in ("forged", "x" * 43, "<b>", "ü" * 50):
        await refused(room, cookie, state=state, code=room.slack.code())
    assert (await room.back(cookie, code="xyz"))[0] == 400
    assert (await room.back(cookie))[0] == 400


async def test_the_state_of_another_browser_installs_nothing(room: Room) -> None:
    _, mine, _ = await room.ask()
    _, _, theirs = await room.ask()

    await refused(room, mine, state=theirs["state"], code=room.slack.code())


@pytest.mark.parametrize("cookie", ["", "x", "y" * 43])
async def test_a_state_without_its_cookie_installs_nothing(room: Room, cookie: str) -> None:
    _, _, sent = await room.ask()

    await refused(room, cookie, state=sent["state"], code=room.slack.code())


async def test_a_state_is_too_old_after_ten_minutes(room: Room) -> None:
    _, cookie, sent = await room.ask()
    room.now += 10 * MINUTE

    await refused(room, cookie, state=sent["state"], code=room.slack.code())


async def test_a_state_is_used_once(room: Room) -> None:
    _, cookie, sent = await room.ask()
    assert (await room.back(cookie, state=sent["state"], code=room.slack.code()))[0] == 200

    status, _ = await room.back(cookie, state=sent["state"], code=room.slack.code(team={"id": "T2"}))

    assert status == 400
    assert [one["team"] for one in await room.kept.all()] == ["T1"]


async def test_two_windows_of_one_browser_are_both_good(room: Room) -> None:
    _, cookie, first = await room.ask()
    _, same, second = await room.ask(cookie)
    assert same == cookie

    for sent in (first, second):
        assert (await room.back(cookie, state=sent["state"], code=room.slack.code()))[0] == 200


@pytest.mark.parametrize(
    ("refuse", "status"),
    [
        ((200, {"ok": False, "error": "invalid_code"}), 400),
        ((200, {"ok": False, "error": "internal_error"}), 502),
        ((429, {"ok": False, "error": "ratelimited"}), 502),
        ((500, {}), 502),
        ((200, "<html>"), 502),
        ((200, {"ok": True}), 400),
        ((200, {"ok": True, "token_type": "user", "access_token": "xoxp-1", "team": {"id": "T1"}}), 400),
        ((200, {"ok": True, "token_type": "bot", "access_token": "xoxb-1", "team": None}), 400),
        ((200, {"ok": True, "token_type": "bot", "access_token": "xoxb-1", "is_enterprise_install": True}), 400),
    ],
)
async def test_what_slack_does_not_grant_is_not_installed(
    room: Room, refuse: tuple[int, dict[str, Any] | str], status: int
) -> None:
    _, cookie, sent = await room.ask()
    room.slack.refuse = refuse

    answer = await room.back(cookie, state=sent["state"], code="any")

    assert (answer[0], 'href="install"' in answer[1]) == (status, True)
    assert await room.kept.all() == []


async def test_a_failure_of_ours_is_a_page_and_no_word_of_the_code(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    _, cookie, sent = await room.ask()
    await room.kept.close()

    status, text = await room.back(cookie, state=sent["state"], code="the-code")

    assert (status, "at the moment" in text) == (503, True)
    assert "the-code" not in caplog.text
    assert sent["state"] not in caplog.text


async def test_a_look_ahead_of_the_page_begins_nothing(room: Room) -> None:
    assert (await room.browser.head("/slack/install")).status == 405


def test_without_rotation_a_token_stays() -> None:
    answer = {"ok": True, "token_type": "bot", "access_token": "xoxb-1", "team": {"id": "T1"}}

    one = installation(answer, NOON)

    assert (one["refresh"], one["expires_at"]) == (None, None)


# ---- tokens of many workspaces


async def test_a_token_is_looked_up_once_a_minute(room: Room) -> None:
    await room.add()
    looked = Counting(room.kept)
    tokens = Tokens(looked, room.calls.refresh, room.clock)

    for _ in range(20):
        assert await tokens.token("T1") == "xoxe.xoxb-secret-1"
    assert looked.finds == 1
    room.now += REMEMBERED
    await tokens.token("T1")

    assert looked.finds == 2
    assert "refresh" not in room.slack.calls


class Counting:
    """What is kept, and how often it was looked at. May fail to keep what is new."""

    def __init__(self, kept: Installations) -> None:
        self.kept, self.finds, self.dies = kept, 0, False
        self.read: asyncio.Event | None = None
        self.go_on: asyncio.Event | None = None

    async def save(self, one: Installation) -> None:
        await self.kept.save(one)

    async def find(self, team: str, enterprise: str) -> Installation | None:
        self.finds += 1
        found = await self.kept.find(team, enterprise)
        if self.read and self.go_on:
            self.read.set()
            await self.go_on.wait()
        return found

    async def revoke(self, tenant: str, why: str, at: datetime) -> None:
        await self.kept.revoke(tenant, why, at)

    async def claim(self, one: Installation, now: datetime) -> bool:
        return await self.kept.claim(one, now)

    async def renew(self, one: Installation, token: SecretStr, refresh: SecretStr, expires_at: datetime) -> bool:
        if self.dies:
            raise ConnectionError("killed")
        return await self.kept.renew(one, token, refresh, expires_at)


async def test_ten_who_ask_at_once_cause_one_renewal(room: Room) -> None:
    await room.add()
    room.now += HALF_DAY - EARLY
    room.slack.slow = 0.05

    got = await asyncio.gather(*(room.tokens.token("T1") for _ in range(10)))

    assert set(got) == {"xoxe.xoxb-secret-2"}
    assert room.slack.calls.count("refresh") == 1


async def test_ten_processes_cause_one_renewal(room: Room) -> None:
    await room.add()
    room.now += HALF_DAY - EARLY
    room.slack.slow = 0.05
    processes = [room.process() for _ in range(10)]

    got = await asyncio.gather(*(one.token("T1") for one in processes))

    assert set(got) <= {"xoxe.xoxb-secret-1", "xoxe.xoxb-secret-2"}, "the old one is good for two hours more"
    assert room.slack.calls.count("refresh") == 1
    room.now += REMEMBERED
    assert {await one.token("T1") for one in processes} == {"xoxe.xoxb-secret-2"}
    assert room.slack.calls.count("refresh") == 1


async def test_with_an_expired_token_the_others_are_told_to_come_back(room: Room) -> None:
    await room.add()
    room.now += HALF_DAY
    room.slack.slow = 0.05

    got = await asyncio.gather(*(room.process().token("T1") for _ in range(5)), return_exceptions=True)

    assert got.count("xoxe.xoxb-secret-2") >= 1
    assert all(one == "xoxe.xoxb-secret-2" or isinstance(one, Later) for one in got)
    assert room.slack.calls.count("refresh") == 1


async def test_who_gives_up_waiting_does_not_lose_the_new_token(room: Room) -> None:
    await room.add()
    room.now += HALF_DAY - MINUTE
    room.slack.slow = 0.1

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(room.tokens.token("T1"), 0.02)

    assert await room.tokens.token("T1") == "xoxe.xoxb-secret-2"
    assert room.slack.calls.count("refresh") == 1


async def test_closing_waits_for_a_new_token_to_be_kept(room: Room) -> None:
    await room.add()
    room.now += HALF_DAY - MINUTE
    room.slack.slow = 0.1
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(room.tokens.token("T1"), 0.02)

    await room.tokens.close()

    one = await room.kept.find("T1", "")
    assert one
    assert one["version"] == 2


async def test_a_crash_between_exchange_and_saving_is_mended_while_slack_is_gracious(room: Room) -> None:
    await room.add()
    room.now += HALF_DAY - EARLY
    killed = Counting(room.kept)
    killed.dies = True
    with pytest.raises(ConnectionError):
        await Tokens(killed, room.calls.refresh, room.clock).token("T1")
    room.slack.refreshes["xoxe-1-secret-1"] = 2  # the grace: once more

    assert await room.tokens.token("T1") == "xoxe.xoxb-secret-1", "still good; the claim of the dead stands"
    room.now += REMEMBERED

    assert await room.tokens.token("T1") == "xoxe.xoxb-secret-3"


async def test_a_crash_after_which_slack_takes_nothing_ends_when_the_old_token_does(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    await room.add()
    room.now += HALF_DAY - EARLY
    killed = Counting(room.kept)
    killed.dies = True
    with pytest.raises(ConnectionError):
        await Tokens(killed, room.calls.refresh, room.clock).token("T1")
    room.now += REMEMBERED

    assert await room.tokens.token("T1") == "xoxe.xoxb-secret-1"
    assert "The token of T1 is not renewed: invalid_refresh_token" in caplog.text
    room.now += EARLY

    with pytest.raises(Gone, match=NOT_RENEWED):
        await room.tokens.token("T1")
    one = await room.kept.find("T1", "")
    assert one
    assert (one["token"], one["why"]) == (None, NOT_RENEWED)


async def test_while_slack_is_away_the_old_token_serves_to_its_end(room: Room) -> None:
    await room.add()
    room.slack.refuse = (500, {})
    room.now += HALF_DAY - EARLY

    assert await room.tokens.token("T1") == "xoxe.xoxb-secret-1"
    room.now += EARLY
    with pytest.raises(Later):
        await room.tokens.token("T1")

    room.slack.refuse = None
    room.now += MINUTE
    assert await room.tokens.token("T1") == "xoxe.xoxb-secret-2"


async def test_a_token_that_is_short_lived_is_not_renewed_in_circles(room: Room) -> None:
    await room.add(expires_in=60)

    async def brief(_: SecretStr) -> Fresh:
        room.slack.calls.append("refresh")
        return Fresh(SecretStr("brief"), SecretStr("r"), timedelta(seconds=60))

    assert await Tokens(room.kept, brief, room.clock).token("T1") == "brief"
    assert room.slack.calls.count("refresh") == 1


async def test_a_token_that_slack_refuses_is_renewed_before_its_time(room: Room) -> None:
    await room.add()
    token = await room.tokens.token("T1")

    room.tokens.refused("T1", "", token)

    assert await room.tokens.token("T1") == "xoxe.xoxb-secret-2"


async def test_a_refused_token_that_another_process_has_renewed_is_read_anew(room: Room) -> None:
    await room.add()
    old = await room.tokens.token("T1")
    other = room.process()
    other.refused("T1", "", old)
    await other.token("T1")

    room.tokens.refused("T1", "", old)

    assert await room.tokens.token("T1") == "xoxe.xoxb-secret-2"
    assert room.slack.calls.count("refresh") == 1


async def test_a_refused_token_that_cannot_be_renewed_is_the_end(room: Room) -> None:
    await room.add(refresh_token=None, expires_in=None)
    token = await room.tokens.token("T1")

    room.tokens.refused("T1", "", token)

    with pytest.raises(Gone, match=REVOKED):
        await room.tokens.token("T1")


@pytest.mark.parametrize("why", [REVOKED, UNINSTALLED])
async def test_after_the_end_there_is_no_token_here_or_in_another_process(room: Room, why: str) -> None:
    await room.add()
    other = room.process()
    assert await room.tokens.token("T1") == await other.token("T1")
    room.now += MINUTE / 2

    await (room.tokens.revoked("T1") if why is REVOKED else room.tokens.uninstalled("T1"))

    with pytest.raises(Gone) as gone:
        await room.tokens.token("T1")
    assert gone.value.why == why
    room.now += REMEMBERED
    with pytest.raises(Gone):
        await other.token("T1")


async def test_an_end_that_is_told_late_does_not_end_what_was_installed_since(room: Room) -> None:
    await room.add()
    ended = room.now + MINUTE
    room.now += 5 * MINUTE
    await room.add(access_token="xoxe.xoxb-anew")

    await room.tokens.uninstalled("T1", at=ended)
    await room.tokens.revoked("T1", at=ended)

    assert await room.tokens.token("T1") == "xoxe.xoxb-anew"


async def test_the_end_during_a_look_is_not_forgotten_again(room: Room) -> None:
    await room.add()
    room.now += HALF_DAY - MINUTE
    room.slack.slow = 0.1
    asked = asyncio.create_task(room.tokens.token("T1"))
    await asyncio.sleep(0.03)

    await room.tokens.revoked("T1")

    with pytest.raises(Gone):
        await asked
    with pytest.raises(Gone):
        await room.tokens.token("T1")


async def test_what_was_read_before_the_end_is_not_remembered_after_it(room: Room) -> None:
    await room.add()
    slow = Counting(room.kept)
    slow.read, slow.go_on = asyncio.Event(), asyncio.Event()
    tokens = Tokens(slow, room.calls.refresh, room.clock)
    asked = asyncio.create_task(tokens.token("T1"))
    await slow.read.wait()

    await tokens.revoked("T1")
    slow.go_on.set()
    await asked

    with pytest.raises(Gone):
        await tokens.token("T1")


async def test_with_another_secret_a_workspace_has_no_token_but_a_sentence(room: Room, database: Sqlite) -> None:
    await room.add()
    changed = Installations(database.url, "another secret altogether")

    with pytest.raises(Gone) as gone:
        await Tokens(changed, room.calls.refresh, room.clock).token("T1")

    assert gone.value.why == CHANGED
    await changed.close()


# ---- the token of one workspace


async def test_one_token_asks_once_who_it_is(room: Room) -> None:
    one = OneToken(SecretStr("xoxb-one"), room.calls.who, room.clock)

    lives = await asyncio.gather(*(one.live(team) for team in ("T1", "T2", "", "T1")))

    assert {(live.team, live.bot_user, live.bot, live.token) for live in lives} == {("T1", "U0", "B0", "xoxb-one")}
    assert room.slack.calls == ["auth.test"]


async def test_one_token_that_slack_refuses_is_tried_again_after_a_minute(room: Room) -> None:
    one, good = OneToken(SecretStr("xoxb-one"), room.calls.who, room.clock), room.slack.whose
    room.slack.whose = {"ok": False, "error": "invalid_auth"}

    for _ in range(3):
        with pytest.raises(Gone, match=re.escape(REFUSED)):
            await one.token()
    assert room.slack.calls == ["auth.test"]
    room.slack.whose = good
    room.now += REMEMBERED

    assert await one.token() == "xoxb-one"


async def test_one_token_waits_for_slack(room: Room) -> None:
    one = OneToken(SecretStr("xoxb-one"), room.calls.who, room.clock)
    room.slack.whose = {"ok": False, "error": "fatal_error"}

    with pytest.raises(Later):
        await one.token("T1")


async def test_one_token_ends_when_it_is_told_to(room: Room) -> None:
    one = OneToken(SecretStr("xoxb-one"), room.calls.who, room.clock)
    await one.token("T1")

    for end, why in ((one.revoked("T1"), REVOKED), (one.uninstalled("T1"), UNINSTALLED)):
        await end
        with pytest.raises(Gone) as gone:
            await one.token("T1")
        assert gone.value.why == why
    one.refused("T1", "", "xoxb-one")
    with pytest.raises(Gone, match=re.escape(REFUSED)):
        await one.live()
    await one.close()


async def test_a_server_that_is_not_there_is_unanswered(room: Room) -> None:
    async with ClientSession() as session:
        one = OneToken(SecretStr("xoxb-one"), Calls("http://127.0.0.1:9/api/", lambda: session).who)
        with pytest.raises(Later):
            await one.token()


# ---- what Bolt asks, and what nobody reads


async def test_bolt_is_told_who_we_are_without_a_call(room: Room) -> None:
    await room.add()
    ask = authorize(room.tokens)
    calls = len(room.slack.calls)

    found = [await ask(enterprise_id=None, team_id="T1") for _ in range(5)]

    assert all(found)
    assert found[0] == {
        "enterprise_id": None,
        "team_id": "T1",
        "team": None,
        "url": None,
        "bot_user_id": "U0",
        "bot_id": "B0",
        "bot_token": "xoxe.xoxb-secret-1",
        "bot_scopes": ["commands", "chat:write"],
        "user_id": None,
        "user": None,
        "user_token": None,
        "user_scopes": None,
    }
    assert len(room.slack.calls) == calls
    assert await ask(enterprise_id="E9", team_id="T9") is None


async def test_no_token_is_in_the_log_in_what_is_printed_or_in_the_files(
    room: Room, database: Sqlite, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger(AsyncWebClient.__module__).setLevel(logging.DEBUG)
    _, _, sent = await room.ask()
    one = await room.add()
    room.now += HALF_DAY - EARLY
    live = await room.tokens.live("T1")
    with pytest.raises(Refused):
        await room.calls.refresh(SecretStr("xoxe-1-secret-0"))
    room.slack.sent += [sent["state"], "hidden", "xoxe-1-secret-0"]

    printed = f"{one!r} {live!r} {room.tokens!r} {room.calls!r} {room.install!r} {await room.kept.all()!r}"
    logged = "".join(f"{one.getMessage()}{one.exc_text}" for one in caplog.records if one.name != "aiohttp.access")
    written = b"".join(file.read_bytes() for file in database.file.parent.glob(f"{database.file.name}*"))

    assert "Installed in T1" in logged
    assert b"Acme" in written
    assert live.token == "xoxe.xoxb-secret-2"
    for secret in room.slack.sent:
        assert secret not in logged, "the servers' own log of addresses is off in bot/app.py"
        assert secret not in printed
        assert secret.encode() not in written
