"""`cohost doctor`: what is well is said to be, what is not is named with what to do, and no secret is printed."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.slack.install import SCOPES
from bot import doctor, stuck
from bot.__main__ import main
from bot.app import build
from bot.clock import HandClock
from bot.creating import Asked, create_in
from bot.doctor import Line, Visit
from bot.plans import templates
from bot.settings import OFF, TEAMS_OFF, Settings, load
from bot.settings import Slack as SlackSettings
from bot.settings_teams import Teams as TeamsSettings
from bot.starting import known
from dialogs.base import Rang
from dialogs.sent import Stuck
from storage.connecting import migrate
from tests.postgres import Postgres
from tests.slack.app import App
from tests.slack.faults import Fault
from tests.slack.workspace import Slack
from tests.storage.contract import NOON
from tests.storage.redis_server import Server
from tests.stories.workspace import MANIFEST, SIGNING
from tests.teams.service import Teams

SECRET = "0123456789abcdef-of-ours"
APP, TENANT = (f"{n}1111111-2222-3333-4444-55555555555{n}" for n in "ab")
PASSWORD = "the-client-secret-of-the-app"


@pytest.fixture(autouse=True)
def nothing_set(alone: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in known():
        monkeypatch.delenv(name, raising=False)
    return alone


def told(**given: Any) -> Settings:
    """Settings in which only what is asked about is set."""
    return load(**{"secret": SECRET, "slack": OFF, "teams": TEAMS_OFF, **given})


def said(lines: list[Line]) -> list[tuple[str, str]]:
    """The states, and of what."""
    return [(line.state, line.what) for line in lines]


# -- the command -------------------------------------------------------------------------------------------------------


def test_with_a_secret_and_nothing_else_nothing_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], alone: Path
) -> None:
    monkeypatch.setenv("COHOST_SECRET", SECRET)

    code = main(["doctor"])

    lines = capsys.readouterr().out.splitlines()
    assert (code, [line[:5].strip() for line in lines]) == (0, ["ok", *["note"] * 6])
    assert [*alone.iterdir()] == []  # nothing was made


def test_every_mistake_in_the_settings_is_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "a-token")

    code = main(["doctor"])

    lines = capsys.readouterr().out
    names = ("COHOST_SECRET", "SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN")
    assert (code, [lines.count(f"WRONG Settings: {name}: ") for name in names]) == (1, [1, 1, 1])
    assert "a-token" not in lines


def test_a_setting_that_does_not_exist_is_noted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COHOST_SECRET", SECRET)
    monkeypatch.setenv("COHOST_PRT", "1")

    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.startswith("note  Settings: These settings do not exist and are ignored: COHOST_PRT")


def test_without_a_network_what_needs_none_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COHOST_SECRET", SECRET)
    monkeypatch.setenv("COHOST_BASE_URL", "https://cohost.invalid")
    for name, value in {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": SIGNING}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:9/api/")

    codes = [main(["doctor"]), main(["doctor", "--offline"])]

    out = capsys.readouterr().out
    assert codes == [1, 0]
    assert [out.count(line) for line in ("ok    Settings", "note  Database", "WRONG Slack:", "WRONG Public")] == [
        2,
        2,
        1,
        1,
    ]


# -- the database ------------------------------------------------------------------------------------------------------


async def test_a_database_is_new_or_old_or_of_a_later_release(alone: Path) -> None:
    url = f"sqlite:///{alone}/kept.db"
    states = [(await Visit(told(database_url=url)).database())[0]]
    migrate(url)
    for version in (None, "0001", "9999"):
        if version:
            with closing(sqlite3.connect(alone / "kept.db")) as db, db:
                db.execute("UPDATE alembic_version SET version_num = ?", [version])
        states += await Visit(told(database_url=url)).database()

    assert [line.state for line in states] == ["note", "ok", "ok", "wrong", "wrong"]
    assert "cohost migrate" in states[3].says
    assert "later release" in states[4].says


@pytest.mark.parametrize(("file", "says"), [("no/such/kept.db", "finds no such folder"), ("text", "cannot be read")])
async def test_why_a_file_cannot_be_used_is_said(alone: Path, file: str, says: str) -> None:
    (alone / "text").write_text("this is no database " * 100)

    (line,) = await Visit(told(database_url=f"sqlite:///{alone}/{file}")).database()

    assert (line.state, says in line.says) == ("wrong", True)


async def test_the_clock_of_postgresql_is_compared(server: Postgres) -> None:
    (new,) = await Visit(told(database_url=f"postgresql://cohost@127.0.0.1:{server.port}/postgres")).database()
    visit = Visit(told(database_url=server.fresh().url))
    ready, work = await visit.database()

    assert (new.state, ready.state, work.state, visit.clock()[0].state) == ("note", "ok", "ok", "ok")
    assert (await Visit(told(database_url="postgresql://x:hidden@127.0.0.1:9/x")).database())[0].state == "wrong"


# -- what failed for good ----------------------------------------------------------------------------------------------


async def fails(database: str, timer: str) -> str:
    """A checklist whose timer fails until it is set aside. Returns its session's id."""
    app = build(told(database_url=database), HandClock(NOON))
    app.engine.start()
    try:
        asked = Asked(templates()["giving-feedback"], NOON + timedelta(days=9), "Hana", zone="UTC")
        created = await create_in(app, asked)
        rang = Rang(id="x", at=NOON, tenant="local", dialog=created.session, timer=timer, due=NOON + timedelta(days=8))
        for _ in range(5):
            await app.store.poisoned(rang, "ZeroDivisionError()", NOON)
        return created.session
    finally:
        await app.stop()


async def test_a_timer_that_was_set_aside_is_wrong_until_it_is_tried_again(database: str) -> None:
    session = await fails(database, "checklists")
    visits = [Visit(told(database_url=database), retry=retry) for retry in (False, False, True, False, True)]

    found = [(await visit.database())[1:] for visit in visits]

    assert [said(lines) for lines in found] == [
        [("wrong", "Timers")],
        [("wrong", "Timers")],
        [("note", "Tried again"), ("ok", "Timers and messages")],
        [("ok", "Timers and messages")],
        [("note", "Tried again"), ("ok", "Timers and messages")],
    ]
    assert found[0][0].says == (
        f"“checklists” of a session (dialog {session}, session {session}) that was to ring at 2026-12-02 12:00 UTC "
        "failed 5 times and was set aside (ZeroDivisionError()); look into the log of then, mend it, and try it again "
        "with `cohost doctor --retry`"
    )
    assert [found[n][0].says for n in (2, 4)] == [
        "what had failed (1); `cohost serve` does it within half a minute",
        "nothing had failed",
    ]


def test_what_failed_alike_is_one_line_and_what_an_error_says_is_cut() -> None:
    lists = [Stuck("message", "checklist", f"help:p{n}", "d1", None, NOON, 7, "x" * 500) for n in range(60)]
    others = [Stuck("timer", "poll", "close", f"d{n}", "s", NOON, 5, f"why {n}") for n in range(12)]

    lines = stuck.sentences([*lists, *others])

    assert [what for what, _ in lines] == ["Messages", *["Timers"] * 9, "Timers and messages"]
    assert lines[0][1] == (
        "“help:p0” of a checklist (dialog d1, session none) that waits since 2026-11-24 12:00 UTC failed 7 times "
        f"({'x' * 160}…); so did 59 more like it; it is tried every 5 minutes; look into the log of then, mend it, and "
        "try it again with `cohost doctor --retry`"
    )
    assert lines[-1][1] == "3 more failed for other reasons"


def test_the_command_tries_again_and_says_so(
    database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(fails(database, "checklists"))
    monkeypatch.setenv("COHOST_SECRET", SECRET)
    monkeypatch.setenv("COHOST_DATABASE_URL", database)

    codes = [main(["doctor", "--offline", *more]) for more in ([], ["--retry"], [])]

    out = capsys.readouterr().out
    assert (codes, out.count("WRONG Timers: “checklists”"), out.count("note  Tried again: what had failed (1)")) == (
        [1, 0, 0],
        1,
        1,
    )


# -- the clock ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ahead", "state"), [(0, "ok"), (-29, "ok"), (31, "wrong"), (-3600, "wrong")])
def test_a_clock_that_is_off_is_wrong(ahead: float, state: str) -> None:
    visit = Visit(told(), skews=[timedelta(seconds=1), timedelta(seconds=ahead)])

    assert said(visit.clock()) == [(state, "Clock")]


# -- Redis -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


async def test_redis_answers_or_does_not(redis: Server) -> None:
    found = [
        (await Visit(told(redis_url=url)).redis())[0]
        for url in ("", redis.url, "redis://somebody:hidden@127.0.0.1:9/0", redis.url.replace("//", "//x:hidden@"))
    ]

    assert [line.state for line in found] == ["note", "ok", "wrong", "wrong"]
    assert "hidden" not in "".join(map(str, found))


# -- Slack -------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    async with Slack(lambda: datetime.now(UTC), App.of(manifest)) as slack:
        slack.team("T1", name="Acme")
        yield slack


def one(slack: Slack, token: str, app: str = "") -> SlackSettings:
    given = {"bot_token": token, "signing_secret": SIGNING, "app_token": app, "api_url": slack.api_url}
    return SlackSettings.model_validate(given)


async def test_a_token_of_slack_that_may_do_all(slack: Slack) -> None:
    team = slack.team("T2", name="Umbrella")
    visit = Visit(told(slack=one(slack, team.token, slack.app.app_token)))

    lines = await visit.slack()

    assert said(lines) == [("ok", "Slack"), ("ok", "Slack, scopes"), ("ok", "Slack, Socket Mode")]
    assert "in Umbrella" in lines[0].says
    assert len(visit.skews) == 2
    assert not any(token in str(line) for line in lines for token in (team.token, slack.app.app_token, SIGNING))
    assert [call.method for call in slack.calls] == ["auth.test", "apps.connections.open"]


@pytest.mark.parametrize("missing", [("users:read",), ("im:history", "reactions:read")])
async def test_scopes_that_are_missing_are_named(slack: Slack, missing: tuple[str, ...]) -> None:
    team = slack.team("T2", name="Umbrella", installed=False)
    team.installs(scopes=SCOPES.keys() - {*missing})

    lines = await Visit(told(slack=one(slack, team.token))).slack()

    assert said(lines) == [("ok", "Slack"), ("wrong", "Slack, scopes")]
    assert lines[1].says.startswith(f"{', '.join(missing)} are missing; ")


@pytest.mark.parametrize(
    "fault",
    [Fault.error("token_revoked"), Fault.http(503), Fault.refused(), Fault.ratelimited(1), Fault.error("x\n\x1b[2J")],
)
async def test_what_slack_does_not_do_is_told_without_the_token(slack: Slack, fault: Fault) -> None:
    team = slack.team("T2", name="Umbrella")
    slack.next("auth.test", fault)

    (line,) = await Visit(told(slack=one(slack, team.token))).slack()

    assert (line.state, team.token in str(line), str(line).isprintable()) == ("wrong", False, True)


@pytest.mark.parametrize(("app", "state"), [("xapp-wrong", "wrong"), ("", None)])
async def test_the_token_of_socket_mode_is_tried(slack: Slack, app: str, state: str | None) -> None:
    lines = await Visit(told(slack=one(slack, slack.team("T2", name="U").token, app))).slack()

    assert [line.state for line in lines[2:]] == ([state] if state else [])
    assert "xapp-wrong" not in "".join(map(str, lines))


async def test_the_scope_that_socket_mode_needs_is_named(slack: Slack) -> None:
    slack.next("apps.connections.open", Fault.error("missing_scope"))

    lines = await Visit(told(slack=one(slack, slack.team("T2", name="U").token, slack.app.app_token))).slack()

    assert (lines[2].state, "lacks connections:write" in lines[2].says) == ("wrong", True)


@pytest.mark.parametrize(("secret", "state"), [(None, "ok"), ("wrong-secret-of-the-app", "wrong")])
async def test_the_secret_of_an_app_for_many_workspaces_is_tried(slack: Slack, secret: str | None, state: str) -> None:
    given = {"client_id": slack.app.client_id, "client_secret": secret or slack.app.client_secret}
    own = SlackSettings.model_validate({**given, "signing_secret": SIGNING, "api_url": slack.api_url})

    lines = await Visit(told(slack=own, base_url="https://cohost.example.org")).slack()

    assert said(lines) == [(state, "Slack")]
    assert given["client_secret"] not in str(lines[0])


# -- Teams -------------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def microsoft() -> AsyncIterator[tuple[Teams, Callable[..., TeamsSettings]]]:
    """The service, and settings with which it is reached, of which a test changes some."""
    async with Teams() as teams:
        teams.connect("http://127.0.0.1:9", app_id=APP, app_password=PASSWORD, tenant=TENANT)
        ways = {"TEAMS_OPENID_METADATA_URL": teams.openid_url, "TEAMS_LOGIN_URL": teams.login_url}
        right = {"MicrosoftAppId": APP, "MicrosoftAppPassword": PASSWORD, "MicrosoftAppTenantId": TENANT, **ways}
        yield teams, lambda **other: TeamsSettings.model_validate({**right, **other})


@pytest.mark.parametrize(
    ("other", "states", "says"),
    [
        ({}, ["ok", "ok"], "Microsoft takes"),
        ({"MicrosoftAppPassword": "an-old-secret-of-the-app"}, ["wrong", "ok"], "make a new client secret"),
        ({"MicrosoftAppId": TENANT}, ["wrong", "ok"], "(unauthorized_client)"),
        ({"MicrosoftAppTenantId": APP}, ["wrong", "ok"], "(invalid_request)"),
        ({"TEAMS_LOGIN_URL": "http://127.0.0.1:9"}, ["wrong", "ok"], "ClientConnectorError"),
        ({"TEAMS_OPENID_METADATA_URL": "http://127.0.0.1:9/x"}, ["ok", "wrong"], "Microsoft takes"),
    ],
)
async def test_teams_takes_the_app_or_says_why_not(other: Mapping[str, str], states: list[str], says: str) -> None:
    async with microsoft() as (_, settings):
        lines = await Visit(told(teams=settings(**other))).teams()

    assert [line.state for line in lines] == states
    assert says in lines[0].says
    assert not any(one in "".join(map(str, lines)) for one in (PASSWORD, "an-old-secret-of-the-app", "token-"))


# -- the public address ------------------------------------------------------------------------------------------------


def answering(status: int, body: Any) -> web.Application:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response(body, status=status, headers={"Location": "/moved"} if status == 301 else {})

    async def moved(_: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    app = web.Application()
    app.router.add_get("/healthz", answer)
    app.router.add_get("/moved", moved)
    return app


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (200, {"alive": True}, "ok"),
        (200, {"alive": False}, "wrong"),
        (200, ["something"], "wrong"),
        (301, {}, "wrong"),
        (502, {"error": "bad\ngateway"}, "wrong"),
    ],
)
async def test_cohost_is_what_answers_at_the_public_address(
    monkeypatch: pytest.MonkeyPatch, status: int, body: Any, state: str
) -> None:
    monkeypatch.setattr(doctor, "public", bool)  # a test has no name in the world, and no certificate
    async with TestServer(answering(status, body)) as server:
        (line,) = await Visit(told(base_url=str(server.make_url("/")))).address()

    assert (line.state, str(line).isprintable()) == (state, True)
    assert (await Visit(told(base_url="https://cohost.invalid")).address())[0].state == "wrong"


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:3978", "https://cohost.local"])
async def test_an_address_that_is_not_for_the_world_is_noted(url: str) -> None:
    assert said(await Visit(told(base_url=url)).address()) == [("note", "Public address")]
