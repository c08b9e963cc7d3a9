"""How the app hears: signed, in time, again after a failure, late, twice, and through sockets that come and go."""

import asyncio
import json
import random
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from tests.slack.conftest import NOON, Class
from tests.slack.small_bot import SECRET, SmallBot, section
from tests.slack.workspace import Slack


class Ear:
    """An app of few words: it answers as it is told, and keeps what came."""

    def __init__(self) -> None:
        self.requests: list[tuple[web.Request, str]] = []
        self.statuses: list[int] = []
        self.headers: dict[str, str] = {}
        self.body: Any = ""
        self.delay = 0.0

    async def hears(self, request: web.Request) -> web.Response:
        self.requests.append((request, await request.text()))
        await asyncio.sleep(self.delay)
        status = self.statuses.pop(0) if self.statuses else 200
        if isinstance(self.body, dict):
            return web.json_response(self.body, status=status, headers=self.headers)
        return web.Response(text=self.body, status=status, headers=self.headers)

    def payloads(self) -> list[Any]:
        return [json.loads(text) for _, text in self.requests]


@pytest.fixture
async def ear(acme: Class) -> Any:
    ear = Ear()
    app = web.Application()
    app.router.add_post("/slack/events", ear.hears)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    acme.slack.connect(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events", SECRET)
    yield ear
    await runner.cleanup()


async def test_deliveries_are_signed_and_in_slacks_form(acme: Class, ear: Ear) -> None:
    await acme.ann.writes(acme.room, "Hi @Bob & <all>")
    await acme.ann.types(acme.room, "/ilt ask @Bob in #class")
    (event, as_json), (command, as_form) = ear.requests
    verifier = SignatureVerifier(SECRET)
    envelope, form = json.loads(as_json), {name: values[0] for name, values in parse_qs(as_form).items()}

    assert verifier.is_valid_request(as_json, dict(event.headers))
    assert verifier.is_valid_request(as_form, dict(command.headers))
    assert not verifier.is_valid_request(as_form + " ", dict(command.headers))
    assert (event.content_type, command.content_type) == ("application/json", "application/x-www-form-urlencoded")
    assert envelope["event"]["text"] == f"Hi <@{acme.bob.id}> &amp; &lt;all&gt;"
    assert (envelope["event"]["channel_type"], envelope["event_time"]) == ("channel", int(NOON.timestamp()))
    assert envelope["authorizations"] == [
        {
            "enterprise_id": None,
            "team_id": "T1",
            "user_id": acme.team.bot.id,
            "is_bot": True,
            "is_enterprise_install": False,
        }
    ]
    assert form["text"] == f"ask <@{acme.bob.id}|bob> in <#{acme.room.id}|class>"
    assert (form["command"], form["team_id"], form["user_id"]) == ("/ilt", "T1", acme.ann.id)


async def test_a_command_without_escaping_comes_as_it_was_typed(acme: Class, ear: Ear) -> None:
    acme.slack.app.commands["/ilt"] = False
    await acme.ann.types(acme.room, "/ilt ask @Bob & co")

    assert parse_qs(ear.requests[0][1])["text"] == ["ask @Bob & co"]


async def test_addresses_are_made_links_of(acme: Class, ear: Ear) -> None:
    await acme.ann.types(acme.room, "/ilt roster add bob@acme.example, see acme.example or https://x.example/?a&b")
    said = await acme.ann.writes(acme.room, "ask bob@acme.example at 2.30 of a.b")

    typed = parse_qs(ear.requests[0][1])["text"][0].split()
    assert typed[2] == "<mailto:bob@acme.example|bob@acme.example>,"
    assert typed[4:] == ["<http://acme.example|acme.example>", "or", "<https://x.example/?a&amp;b>"]
    assert said.text == "ask <mailto:bob@acme.example|bob@acme.example> at 2.30 of a.b"


async def test_a_failed_event_comes_again_three_times_and_says_why(acme: Class, ear: Ear) -> None:
    ear.statuses = [500] * 9
    await acme.ann.writes(acme.room, "Hi")
    again = [await acme.slack.redeliver() for _ in range(5)]
    heads = [request.headers for request, _ in ear.requests]

    assert [len(answers) for answers in again] == [1, 1, 1, 0, 0]
    assert [head.get("X-Slack-Retry-Num") for head in heads] == [None, "1", "2", "3"]
    assert heads[1]["X-Slack-Retry-Reason"] == "http_error"
    assert len({payload["event_id"] for payload in ear.payloads()}) == 1


async def test_an_app_may_ask_for_no_retry(acme: Class, ear: Ear) -> None:
    ear.statuses, ear.headers = [404], {"x-slack-no-retry": "1"}
    await acme.ann.writes(acme.room, "Hi")

    assert await acme.slack.redeliver() == []
    assert [(answer.status, answer.ok) for answer in acme.slack.answers] == [(404, False)]


async def test_an_app_that_is_slow_or_away_is_a_failure_that_the_person_sees(acme: Class, ear: Ear) -> None:
    acme.slack.patience, ear.delay = 0.05, 0.2
    await acme.ann.writes(acme.room, "Hi")
    slow = await acme.ann.types(acme.room, "/ilt help")
    ear.delay, ear.statuses = 0, [500]
    failed = await acme.ann.types(acme.room, "/ilt help")
    acme.slack.connect("http://127.0.0.1:9/", SECRET)
    await acme.ann.writes(acme.room, "Hi")

    assert slow.words == '/ilt failed with the error "operation_timeout"'
    assert failed.words == '/ilt failed with the error "dispatch_failed"'
    assert [answer.reason for answer in acme.slack.answers] == [
        "http_timeout",
        "http_timeout",
        "http_error",
        "connection_failed",
    ]
    assert acme.ann.troubles == [slow.words, failed.words]


async def test_events_may_come_late_shuffled_and_twice(acme: Class, ear: Ear) -> None:
    acme.slack.hold()
    for words in "abc":
        await acme.ann.writes(acme.room, words)
    before = list(ear.requests)
    await acme.slack.release(lambda held: random.Random(1).sample(held, len(held)), twice=True)
    await acme.ann.writes(acme.room, "d")
    heard = [payload["event"]["text"] for payload in ear.payloads()]

    assert before == []
    assert sorted(heard) == ["a", "a", "b", "b", "c", "c", "d"]
    assert heard[:6] != ["a", "a", "b", "b", "c", "c"]


async def test_an_address_is_verified_by_its_challenge(acme: Class, ear: Ear, http_bot: SmallBot) -> None:
    assert await acme.slack.verifies_url()
    acme.slack.connect("http://127.0.0.1:9/", SECRET)
    assert not await acme.slack.verifies_url()


async def test_events_come_only_where_the_bot_is_and_may_look(acme: Class, ear: Ear) -> None:
    elsewhere = acme.team.channel("elsewhere", members=[acme.ann])
    await acme.ann.writes(elsewhere, "unheard")
    acme.slack.app.events -= {"message.channels"}
    await acme.ann.writes(acme.room, "not subscribed")
    acme.slack.app.events |= {"message.channels"}
    acme.team.installed().scopes -= {"channels:history"}
    await acme.ann.writes(acme.room, "not allowed")

    assert ear.requests == []


async def test_a_response_url_is_good_five_times_in_thirty_minutes(acme: Class, ear: Ear) -> None:
    await acme.ann.types(acme.room, "/ilt help")
    await acme.ann.types(acme.room, "/ilt help")
    first, second = (parse_qs(text)["response_url"][0] for _, text in ear.requests)
    async with aiohttp.ClientSession() as session:

        async def answers(url: str, **given: Any) -> tuple[int, str]:
            async with session.post(url, json=given) as got:
                return got.status, await got.text()

        used = [await answers(first, text=str(count)) for count in range(4)]
        loud = await answers(first, text="for all", response_type="in_channel")
        sixth = await answers(first, text="x")
        wrong = await answers(second, blocks=[section("x" * 3001)])
        acme.clock.move(1801)
        late = await answers(second, text="x")

    assert used == [(200, "ok")] * 4
    assert loud == (200, "ok")
    assert [(read.words, read.private) for read in acme.ann.reads(acme.room)] == [
        *((str(count), True) for count in range(4)),
        ("for all", False),
    ]
    assert [read.words for read in acme.bob.reads(acme.room)] == ["for all"]
    assert [(status, json.loads(said)["error"]) for status, said in (sixth, wrong, late)] == [
        (404, "used_url"),
        (400, "invalid_blocks"),
        (404, "expired_url"),
    ]


async def test_a_press_can_be_answered_in_its_place(acme: Class, http_bot: SmallBot) -> None:
    told = await acme.ann.types(acme.room, "/ilt help")
    assert told.message
    told.message.blocks = [section("x"), {"type": "actions", "block_id": "b", "elements": []}]
    told.message.blocks[1]["elements"] = [
        {"type": "button", "action_id": "yes", "text": {"type": "plain_text", "text": "Yes"}}
    ]
    await acme.ann.presses(told, "Yes")
    body = http_bot.acted[0]
    async with aiohttp.ClientSession() as session:
        await session.post(body["response_url"], json={"replace_original": True, "text": "done"})
        replaced = [read.words for read in acme.ann.reads(acme.room)]
        await session.post(body["response_url"], json={"delete_original": True})

    assert "message" not in body
    assert body["container"]["is_ephemeral"] is True
    assert replaced == ["done"]
    assert acme.ann.reads(acme.room) == []


async def test_a_socket_is_refreshed_and_the_app_comes_again(acme: Class, socket_bot: SmallBot) -> None:
    sockets = acme.slack.delivery.sockets
    await acme.ann.writes(acme.room, "before")
    await sockets.refresh()
    await sockets.arrived()
    await acme.ann.writes(acme.room, "after")

    assert [body["event"]["text"] for body in socket_bot.heard] == ["before", "after"]
    assert sockets.opened_ever == 2
    assert {answer.status for answer in acme.slack.answers} == {200}


async def test_ten_sockets_are_open_at_most_and_each_ticket_is_good_once(acme: Class) -> None:
    sockets = acme.slack.delivery.sockets
    async with aiohttp.ClientSession() as session:
        url = sockets.ticket()
        opened = [await session.ws_connect(url)]
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)
        opened += [await session.ws_connect(sockets.ticket()) for _ in range(10)]
        said = [(await socket.receive_json())["type"] for socket in opened]
        for socket in opened:
            await socket.close()

    assert said == ["hello"] * 10 + ["disconnect"]


async def test_a_socket_that_does_not_answer_is_a_failure(acme: Class) -> None:
    acme.slack.patience = 0.05
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(acme.slack.delivery.sockets.ticket())
        await acme.slack.delivery.sockets.arrived()
        await acme.ann.writes(acme.room, "Hi")
        again = asyncio.create_task(acme.slack.redeliver())
        await socket.receive_json()
        said = [await socket.receive_json(), await socket.receive_json()]
        await again
        await socket.close()

    assert [(one["retry_attempt"], one["retry_reason"]) for one in said] == [(0, ""), (1, "http_timeout")]
    assert [answer.reason for answer in acme.slack.answers] == ["http_timeout", "http_timeout"]


async def test_without_an_app_events_are_for_nobody() -> None:
    async with Slack() as slack:
        team = slack.team("T1", name="Acme")
        ann = team.user("Ann")
        await ann.writes(team.channel("class", members=[ann], bot=True), "Hi")

        assert slack.answers == []
