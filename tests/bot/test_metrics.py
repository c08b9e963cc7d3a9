"""`/metrics`: what is counted, who may read it, and that nothing of a person can get into it."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from adapters.base import TRACE
from adapters.pauses import Pauses
from bot.app import App, build
from bot.clock import HandClock
from bot.engine import Engine
from bot.metrics import ANSWERS, DOORS, Metrics
from bot.outbox import Outbox
from bot.settings import load
from bot.timers import Timers
from dialogs.base import FACILITATOR, Show, Wake
from storage.hot import MemoryHot
from tests.adapters.small_platform import SmallPlatform
from tests.slack.faults import Fault
from tests.storage.contract import NOON, World
from tests.stories import teams_class
from tests.stories.slack_class import course

TOKEN = "a-token-of-the-administrator"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
LINE = re.compile(r"^(\w+)(\{[^}]*\})? (\S+)$", re.MULTILINE)


def read(text: str) -> dict[str, float]:
    """Every sample, by its name and labels."""
    return {name + labels: float(value) for name, labels, value in LINE.findall(text)}


async def sampled(metrics: Metrics, world: World) -> dict[str, float]:
    return read((await metrics.text(world.store, world.clock)).decode())


@pytest.fixture
async def client(app: App) -> AsyncIterator["TestClient[web.Request, web.Application]"]:
    app.metrics.add_to(app.http, app.store, app.clock, TOKEN, app.stopping)
    async with TestClient(TestServer(app.http)) as client:
        yield client


async def test_the_outbox_has_a_depth_and_an_age(world: World) -> None:
    metrics = Metrics()
    calm = await sampled(metrics, world)
    host = await world.host()
    await world.does(host, await world.session(host), Show("board"), Show("hint", host))
    await world.fold()
    world.move(90)
    busy = await sampled(metrics, world)
    await world.deliver()
    after = await sampled(metrics, world)

    names = ("cohost_database_up", "cohost_outbox_waiting", "cohost_outbox_oldest_seconds")
    assert [tuple(one[name] for name in names) for one in (calm, busy, after)] == [(1, 0, 0), (1, 2, 90), (1, 0, 0)]


async def test_a_timer_that_rings_late_is_measured(world: World, engine: Engine) -> None:
    metrics = Metrics()
    timers = Timers(world.store, MemoryHot(), world.clock, engine, metrics.rang)
    host = await world.host()
    await world.does(host, await world.dialog(await world.session(host), "watch", by=host), Wake("close", NOON))
    world.move(40)
    before = await sampled(metrics, world)
    await timers.ring()
    after = await sampled(metrics, world)

    late = "cohost_timer_lateness_seconds"
    assert (before["cohost_timer_overdue_seconds"], before[f"{late}_count"]) == (40, 0)
    assert (after["cohost_timer_overdue_seconds"], after[f"{late}_count"], after[f"{late}_sum"]) == (0, 1, 40)
    assert (after[late + '_bucket{le="15.0"}'], after[late + '_bucket{le="60.0"}']) == (0, 1)


async def test_a_flag_counts_once_for_each_facilitator_and_nothing_else_does(world: World) -> None:
    metrics = Metrics()
    adapters = {"web": SmallPlatform("web")}
    outbox = Outbox(world.store, MemoryHot(), world.clock, adapters, shown=metrics.shown)
    host = await world.host()
    dialog = await world.session(host)
    counts = []
    for slot in ("desk", "flag:1", "flag:1", "flag:2"):
        await world.does(host, dialog, Show(slot, FACILITATOR))
        await outbox.deliver()
        counts.append((await sampled(metrics, world))["cohost_flags_total"])

    assert counts == [0, 1, 1, 2]


async def test_every_429_counts_for_its_platform() -> None:
    metrics = Metrics()
    for platform in ("slack", "teams", "teams"):
        pauses = Pauses(HandClock(NOON).now, MemoryHot(), platform, metrics.asked_to_wait(platform))
        await pauses.begin("somebody", 1.0)

    assert [metrics._asked[name]._value.get() for name in ("slack", "teams")] == [1, 2]


async def test_what_somebody_does_is_timed_by_its_platform(
    client: "TestClient[web.Request, web.Application]", app: App
) -> None:
    for path in ("/room/no-such-link", "/console/no-such-link/act"):
        await client.post(path, data={})
    await client.get("/room/no-such-link")  # looking is not doing
    await client.get("/healthz")
    found = read(await (await client.get("/metrics", headers=BEARER)).text())

    counts = {name: found[f'cohost_ack_seconds_count{{answer="{name}",platform="web"}}'] for name in ANSWERS}
    assert counts == {"ok": 0, "refused": 2, "failed": 0}


async def test_what_is_timed_has_an_id_too_and_passes_one_layer_only(app: App) -> None:
    traces = list[str]()

    async def seen(_: web.Request) -> web.Response:
        traces.append(TRACE.get())
        return web.Response()

    app.metrics.add_to(app.http, app.store, app.clock, TOKEN, app.stopping)
    app.http.router.add_get("/seen", seen)
    assert (len(app.http.middlewares), app.stopping.layer in app.http.middlewares) == (1, False)
    async with TestClient(TestServer(app.http)) as client:
        for _ in range(2):
            await client.get("/seen")
    assert len({one for one in traces if one}) == 2


async def test_every_door_that_is_timed_is_served(database: str, alone: object) -> None:
    app = build(load(database_url=database, secret="s" * 32), HandClock(NOON))
    served = {route.canonical for route in app.http.router.resources()}
    await app.store.close()

    assert {path for path, platform in DOORS.items() if platform == "web"} - served == set()


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": TOKEN}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": "Bearer "}, {"X": "é"}],
)
async def test_without_the_token_nothing_is_told(
    client: "TestClient[web.Request, web.Application]", headers: dict[str, str]
) -> None:
    answer = await client.get("/metrics", headers=headers)

    assert (answer.status, await answer.text()) == (401, "")


async def test_where_there_is_no_token_there_is_no_page(app: App) -> None:
    async with TestClient(TestServer(app.http)) as client:
        assert (await client.get("/metrics")).status == 404
    assert [*app.http.middlewares] == [app.stopping.layer]


async def test_without_the_database_it_says_so_and_nothing_old(world: World) -> None:
    metrics = Metrics()
    await sampled(metrics, world)
    await world.store.close()

    found = await sampled(metrics, world)

    assert found["cohost_database_up"] == 0
    assert str(found["cohost_outbox_waiting"]) == "nan"


async def test_nobody_outside_can_add_a_label(client: "TestClient[web.Request, web.Application]") -> None:
    before = read(await (await client.get("/metrics", headers=BEARER)).text()).keys()
    for number in range(20):
        await client.post(f"/room/{number}", data={"x": "y"}, headers={"Host": f"{number}.example.org"})
        await client.post(f"/{number}", data={})
    after = read(await (await client.get("/metrics", headers=BEARER)).text()).keys()

    assert after == before
    labels = {label for name in after for label in re.findall(r'(\w+)="', name)}
    assert (labels, len(after) < 200) == ({"platform", "answer", "le"}, True)


@pytest.mark.parametrize("socket_mode", [False, True], ids=["http", "socket"])
async def test_in_slack_presses_are_timed_and_429s_are_counted(
    tmp_path: Path, alone: Path, monkeypatch: pytest.MonkeyPatch, socket_mode: bool
) -> None:
    monkeypatch.setenv("COHOST_METRICS_TOKEN", TOKEN)
    async with course(tmp_path, socket_mode=socket_mode) as told:
        story = told.story
        before = read((await story.app.metrics.text(story.app.store, story.clock)).decode())
        answered = len(story.slack.answers)
        story.slack.next("chat.update", Fault.ratelimited(1))
        await told.votes(told.ida, "Yes")
        await story.passes(3)
        answers = len(story.slack.answers) - answered  # to the press, and to what Slack tells of the edit
        after = read((await story.app.metrics.text(story.app.store, story.clock)).decode())

    acks, asked = (
        'cohost_ack_seconds_count{answer="ok",platform="slack"}',
        'cohost_asked_to_wait_total{platform="slack"}',
    )
    assert [after[name] - before[name] for name in (acks, asked)] == [answers, 1]
    assert not any(word in name for name in after for word in ("Ida", "Lund", "T1", told.room.id))


async def test_in_teams_presses_are_timed_and_429s_are_counted(
    tmp_path: Path, alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COHOST_METRICS_TOKEN", TOKEN)
    async with teams_class.course(tmp_path) as told:
        app, clock = told.story.app, told.story.clock
        before = read((await app.metrics.text(app.store, clock)).decode())
        answered = len(told.teams.answers)
        told.fails("update", teams_class.Fault.throttled(3), room=told.room)
        await told.votes(told.ida, "Yes")
        await told.story.passes(6)
        answers = len(told.teams.answers) - answered
        after = read((await app.metrics.text(app.store, clock)).decode())

    acks, asked = (
        'cohost_ack_seconds_count{answer="ok",platform="teams"}',
        'cohost_asked_to_wait_total{platform="teams"}',
    )
    assert [after[name] - before[name] for name in (acks, asked)] == [answers, 1]


async def test_a_message_that_fails_again_and_again_is_counted_and_holds_nothing_up(world: World) -> None:
    metrics, host = Metrics(), await world.host()
    await world.does(host, await world.session(host), Show("broken"), Show("board"))
    failing = []
    for _ in range(6):
        await world.deliver()
        told = await sampled(metrics, world)
        failing.append((told["cohost_outbox_failing"], told["cohost_outbox_oldest_seconds"]))
        world.move(60)

    assert failing == [(0, 0), (0, 60), (0, 120), (0, 180), (1, 0), (1, 0)]
