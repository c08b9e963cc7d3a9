"""What the bot says to Teams, against a small server: where it goes, as whom, and what each answer means."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from adapters.base import Gone, Later, Lost
from adapters.teams import connector as the_connector
from adapters.teams import late as the_late
from adapters.teams.connector import FINAL, Connector, Refused, Tokens, Unsure, meant
from adapters.teams.payload import User
from storage.hot import MemoryHot
from tests.adapters.teams.signing import APP, NOW, Clock

TENANT = "4f1c7a52-6a1e-4f7e-9d3b-2f5a0c9e7b11"
ROOM, THREAD = "19:c0ffee@thread.tacv2", "19:c0ffee@thread.tacv2;messageid=1795525190000"
CARD = {"type": "message", "text": "é"}

Answer = tuple[int, Any, dict[str, str]]


def error(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": "Whatever."}}


class Teams:
    """Answers as a test says, and notes what it is asked."""

    def __init__(self) -> None:
        self.url = self.login = ""
        self.answers: list[Answer] = []  # the next ones; then all is well
        self.heard: list[tuple[str, str, str, Any]] = []  # method, path as it came, token, body
        self.entra: list[Answer] = []
        self.asked: list[dict[str, str]] = []
        self.gate, self.door = asyncio.Event(), asyncio.Event()
        self.gate.set()
        self.door.set()
        self.now = self.most = 0
        self.lasts: Any = 3599
        self.slow = 0.0

    async def _token(self, request: web.Request) -> web.StreamResponse:
        self.asked.append({**{key: str(value) for key, value in (await request.post()).items()}, "path": request.path})
        await self.door.wait()
        if self.entra:
            return self._answered(self.entra.pop(0))
        said = {"token_type": "Bearer", "expires_in": self.lasts, "access_token": f"token{len(self.asked)}"}
        return web.json_response(said)

    async def _call(self, request: web.Request) -> web.StreamResponse:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            sent = await request.json() if request.can_read_body else None
            token = request.headers["Authorization"].removeprefix("Bearer ")
            self.heard.append((request.method, request.raw_path, token, sent))
            await self.gate.wait()
            await asyncio.sleep(self.slow)
            if self.answers:
                return self._answered(self.answers.pop(0))
            return web.json_response({"id": str(len(self.heard))})
        finally:
            self.now -= 1

    def _answered(self, answer: Answer) -> web.StreamResponse:
        status, said, headers = answer
        if isinstance(said, dict):
            return web.json_response(said, status=status, headers=headers)
        return web.Response(body=said, status=status, headers=headers)

    def next(self, status: int, said: Any = b"", **headers: str) -> None:
        self.answers.append((status, said, {name.replace("_", "-"): value for name, value in headers.items()}))

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_post("/login/{tenant}/oauth2/v2.0/token", self._token)
        app.router.add_route("*", "/{rest:.*}", self._call)
        async with TestServer(app) as server:
            self.url, self.login = str(server.make_url("/emea/")), str(server.make_url("/login"))
            yield
            self.gate.set()
            self.door.set()


class Stage:
    def __init__(self, teams: Teams, session: aiohttp.ClientSession) -> None:
        self.teams, self.session, self.clock = teams, session, Clock()
        self.tokens = Tokens(teams.login, APP, SecretStr("s3&cret"), TENANT, session, self.clock)
        self.connector = Connector(self.tokens, session, self.clock, MemoryHot())

    async def send(self, conversation: str = ROOM) -> str:
        return await self.connector.send(self.teams.url, conversation, CARD)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    teams = Teams()
    async with teams.serve(), aiohttp.ClientSession() as session:
        found = Stage(teams, session)
        yield found
        await found.tokens.close()


# -- what is said ------------------------------------------------------------------------------------------------------

QUOTED = "/emea/v3/conversations/19%3Ac0ffee%40thread.tacv2"


async def test_messages(stage: Stage) -> None:
    connector, url = stage.connector, stage.teams.url
    assert await connector.send(url, THREAD, CARD) == "1"
    await connector.update(url.rstrip("/"), ROOM, "17/95%5", CARD)
    await connector.delete(url, ROOM, "1795")
    assert stage.teams.heard == [
        ("POST", f"{QUOTED}%3Bmessageid%3D1795525190000/activities", "token1", CARD),
        # An id never becomes a part of the path, whatever stands in it.
        ("PUT", f"{QUOTED}/activities/17%2F95%255", "token1", CARD),
        ("DELETE", f"{QUOTED}/activities/1795", "token1", None),
    ]
    assert stage.teams.asked == [
        {
            "grant_type": "client_credentials",
            "client_id": APP,
            "client_secret": "s3&cret",
            "scope": "https://api.botframework.com/.default",
            "path": f"/login/{TENANT}/oauth2/v2.0/token",
        }
    ]


async def test_personal_chat(stage: Stage) -> None:
    stage.teams.next(201, {"id": "a:1qhNLq"})
    assert await stage.connector.create(stage.teams.url, TENANT, f"28:{APP}", "29:1Ana") == "a:1qhNLq"
    wanted = {
        "bot": {"id": f"28:{APP}"},
        "members": [{"id": "29:1Ana"}],
        "isGroup": False,
        "tenantId": TENANT,
        "channelData": {"tenant": {"id": TENANT}},
    }
    assert stage.teams.heard == [("POST", "/emea/v3/conversations", "token1", wanted)]


def account(n: int, **other: Any) -> dict[str, Any]:
    named = {"id": f"29:{n}", "name": f"N{n}", "email": f"n{n}@example.org"}
    return {**named, "aadObjectId": f"a1a1a1a1-0000-4000-8000-{n:012}", **other}


def person(n: int) -> User:
    return User(f"29:{n}", f"a1a1a1a1-0000-4000-8000-{n:012}", f"N{n}", f"n{n}@example.org")


async def test_members_page_by_page(stage: Stage) -> None:
    stage.teams.next(200, {"members": [account(1), account(2)], "continuationToken": "a/b=="})
    stage.teams.next(200, {"members": [account(2), {"id": "29:3", "objectId": "x"}, {}, 7]})
    found = await stage.connector.members(stage.teams.url, THREAD)
    assert found == (person(1), person(2), User("29:3"))
    assert [path for _, path, _, _ in stage.teams.heard] == [
        f"{QUOTED}/pagedmembers?pageSize=500",
        f"{QUOTED}/pagedmembers?pageSize=500&continuationToken=a%2Fb%3D%3D",
    ]


async def test_members_without_an_end(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(the_connector, "PAGES", 3)
    for n in range(9):
        stage.teams.next(200, {"members": [account(n)], "continuationToken": f"t{n}"})
    assert len(await stage.connector.members(stage.teams.url, ROOM)) == 3
    stage.teams.answers = [(200, {"members": [], "continuationToken": "same"}, {})] * 5
    await stage.connector.members(stage.teams.url, ROOM)
    assert len(stage.teams.heard) == 5


async def test_member(stage: Stage) -> None:
    stage.teams.next(200, account(1, userRole="user"))
    assert await stage.connector.member(stage.teams.url, THREAD, "29:1") == person(1)
    stage.teams.next(404, error("MemberNotFoundInConversation"))
    assert await stage.connector.member(stage.teams.url, THREAD, "29:2") is None
    assert [path for _, path, _, _ in stage.teams.heard] == [f"{QUOTED}/members/29%3A{n}" for n in (1, 2)]


@pytest.mark.parametrize("url", ["", "http://smba.example/", "https://a@smba.example/", "ftp://127.0.0.1/", "x"])
async def test_our_token_goes_to_no_address_that_is_not_safe(stage: Stage, url: str) -> None:
    with pytest.raises(Gone, match="safe address"):
        await stage.connector.send(url, ROOM, CARD)
    assert not stage.teams.asked


@pytest.mark.parametrize("conversation", ["", ".", ".."])
async def test_conversation_that_would_be_another_path(stage: Stage, conversation: str) -> None:
    with pytest.raises(ValueError, match="path"):
        await stage.connector.send(stage.teams.url, conversation, CARD)
    assert not stage.teams.heard


async def test_redirection_is_not_followed(stage: Stage) -> None:
    stage.teams.next(307, Location=f"{stage.teams.url}elsewhere")
    with pytest.raises(Refused, match="307"):
        await stage.send()
    assert len(stage.teams.heard) == 1


# -- what is answered too late -----------------------------------------------------------------------------------------

POSTED, TAKEN = ("POST", f"{QUOTED}/activities"), ("DELETE", f"{QUOTED}/activities/1")
LATER = [
    ("it was done", [(201, {"id": "1"}, {})], [POSTED, TAKEN]),
    ("it was not", [(500, b"", {})], [POSTED]),
    ("nobody knows", [(201, b"", {})], [POSTED]),
    ("it is gone again", [(201, {"id": "1"}, {}), (404, b"", {})], [POSTED, TAKEN]),
    ("another is being written", [(201, {"id": "1"}, {}), (412, b"", {}), (200, b"", {})], [POSTED, TAKEN, TAKEN]),
    ("Teams fails", [(201, {"id": "1"}, {}), (500, b"", {}), (200, b"", {})], [POSTED, TAKEN, TAKEN]),
]


@pytest.mark.parametrize(("answers", "wanted"), [row[1:] for row in LATER], ids=[row[0] for row in LATER])
@pytest.mark.parametrize("cut_off", [False, True], ids=["given up", "cut off"])
async def test_a_post_that_is_answered_too_late_is_taken_away(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, answers: list[Answer], wanted: list[Any], *, cut_off: bool
) -> None:
    await stage.tokens.token()
    monkeypatch.setattr(the_connector, "WAITS", 60.0 if cut_off else 0.05)
    monkeypatch.setattr(the_late, "REST", 0.01)
    stage.teams.gate.clear()
    stage.teams.answers += answers
    with pytest.raises(TimeoutError if cut_off else Unsure):
        async with asyncio.timeout(0.2 if cut_off else 60):
            await stage.connector.post(stage.teams.url, ROOM, CARD)
    stage.teams.gate.set()
    while stage.connector._late._tasks:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.01)

    assert [heard[:2] for heard in stage.teams.heard] == wanted
    assert stage.teams.answers == []


async def test_a_post_that_is_answered_in_time_stays_and_its_refusal_is_told(stage: Stage) -> None:
    assert await stage.connector.post(stage.teams.url, ROOM, CARD) == "1"
    stage.teams.next(429, b"", Retry_After="7")
    with pytest.raises(Later):
        await stage.connector.post(stage.teams.url, ROOM, CARD)
    assert not stage.connector._late._tasks
    assert [heard[:2] for heard in stage.teams.heard] == [POSTED, POSTED]


async def test_who_stops_waits_for_no_late_answer(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.tokens.token()
    monkeypatch.setattr(the_connector, "WAITS", 0.05)
    stage.teams.gate.clear()
    with pytest.raises(Unsure):
        await stage.connector.post(stage.teams.url, ROOM, CARD)
    await stage.connector.close()
    assert not stage.connector._late._tasks
    assert [heard[:2] for heard in stage.teams.heard] == [POSTED]


# -- one at a time -----------------------------------------------------------------------------------------------------


async def test_one_at_a_time_in_a_conversation_and_its_threads(stage: Stage) -> None:
    stage.teams.slow = 0.01
    sent = [stage.send(ROOM), stage.send(THREAD), stage.connector.update(stage.teams.url, THREAD, "1", CARD)]
    await asyncio.gather(*sent, stage.connector.delete(stage.teams.url, ROOM, "2"))
    assert (len(stage.teams.heard), stage.teams.most) == (4, 1)
    assert not stage.connector._writing  # nothing is kept of conversations in which nobody writes


async def test_conversations_do_not_wait_for_each_other(stage: Stage) -> None:
    await stage.tokens.token()
    stage.teams.slow = 0.05
    await asyncio.gather(*(stage.send(f"19:{n}") for n in range(5)))
    assert stage.teams.most == 5


async def test_after_a_failure_the_next_one_goes_on(stage: Stage) -> None:
    stage.teams.next(500)
    results = await asyncio.gather(stage.send(), stage.send(), return_exceptions=True)
    assert isinstance(results[0], Unsure)
    assert results[1] == "2"


# -- what is answered --------------------------------------------------------------------------------------------------

AGAIN, LOST, UNSURE = "again", "lost", "unsure"
NOT_THERE = "This chat or channel is not there any more: use another one."
TOO_LARGE = "This message is too large for Teams: shorten its texts."
BLOCKED = "This person or channel has blocked Cohost: once somebody there writes to it again, it can answer."
ROWS: list[tuple[int, str, object, object]] = [  # what it means for a new message, and for one that should be there
    (429, "Throttled", 2.0, 2.0),
    (412, "PreconditionFailed", 0.5, 0.5),
    (404, "ActivityNotFoundInConversation", "The message beneath which this belongs was deleted.", LOST),
    (404, "", NOT_THERE, LOST),
    *((status, "ServiceError", UNSURE, UNSURE) for status in (408, 500, 502, 503, 504, 520)),
    *((status, code, why, why) for (status, code), why in FINAL.items()),
    (413, "", TOO_LARGE, TOO_LARGE),
    *(
        (status, code, words, words)
        for status, code, words in (
            (400, "BadSyntax", "Teams cannot read this message (BadSyntax): please report it."),
            (403, "Tomorrow", "Teams does not let Cohost write here (Tomorrow): an administrator can find out why."),
            (403, "", "Teams does not let Cohost write here (403): an administrator can find out why."),
        )
    ),
    (409, "Conflict", AGAIN, AGAIN),
    (302, "", AGAIN, AGAIN),
]


def check(found: Exception, wanted: object, status: int, code: str) -> None:
    if wanted == AGAIN:
        assert isinstance(found, Refused)
        assert (found.status, found.code) == (status, code)
    elif wanted in {LOST, UNSURE}:
        assert type(found) is {LOST: Lost, UNSURE: Unsure}[str(wanted)]
    elif isinstance(wanted, float):
        assert isinstance(found, Later)
        assert found.seconds == wanted
    else:
        assert isinstance(found, Gone)
        assert found.why == wanted
        assert found.why.endswith((".", "?"))


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize(("status", "code", "new", "old"), ROWS)
async def test_refusal(stage: Stage, status: int, code: str, new: object, old: object, there: bool) -> None:
    stage.teams.next(status, error(code) if code else b"<html>")
    call = stage.connector.update(stage.teams.url, ROOM, "1", CARD) if there else stage.send()
    with pytest.raises((Later, Lost, Gone, Unsure, Refused)) as found:
        await call
    check(found.value, old if there else new, status, code)
    assert len(stage.teams.heard) == 1  # whether to try again is the outbox's to decide


def test_every_word_that_is_final_has_its_row_and_a_sentence_of_its_own() -> None:
    assert {(status, code) for status, code, _, _ in ROWS} >= FINAL.keys()
    assert FINAL[403, "MessageWritesBlocked"] == FINAL[403, "ConversationBlockedByUser"] == BLOCKED
    assert len(set(FINAL.values())) == len(FINAL) - 1
    for (status, code), why in FINAL.items():
        check(meant(status, code), why, status, code)


WORDED: list[tuple[Any, str]] = [
    ({"error": {"code": "MessageWritesBlocked"}}, BLOCKED),
    # As in Microsoft's own example: an object written into the text of another.
    ({"errorCode": 209, "message": '{\r\n  "subCode": "MessageWritesBlocked",\r\n  "errorCode": null\r\n}'}, BLOCKED),
    ({"error": {"message": '{"subCode": "MessageWritesBlocked"}'}}, BLOCKED),
    ({"code": "MessageWritesBlocked"}, BLOCKED),
    *((said, "Teams does not let Cohost write here (403): an administrator can find out why.") for said in (
        {"error": "MessageWritesBlocked"},
        {"error": {"code": 7, "message": 7}},
        {"message": "[" * 100_000},
        {"message": "[]"},
        {},
        b"[]",
        b"\xff",
        b"x" * 1024 * 1024,
    )),
]  # fmt: skip


@pytest.mark.parametrize(("said", "why"), WORDED, ids=range(len(WORDED)))
async def test_where_the_word_stands(stage: Stage, said: Any, why: str) -> None:
    stage.teams.next(403, said)
    with pytest.raises(Gone) as found:
        await stage.send()
    assert found.value.why == why


WAITS: list[tuple[str, float]] = [
    ("7", 7.0),
    ("0.5", 0.5),
    ("0", 0.05),
    ("-3", 0.05),
    ("999999", 3600.0),
    ("Tue, 24 Nov 2026 13:00:30 GMT", 30.0),
    ("Tue, 24 Nov 2026 13:00:30 -0000", 30.0),
    ("Tue, 24 Nov 2020 13:00:30 GMT", 0.05),
    ("soon", 2.0),
    ("nan", 2.0),
    ("inf", 2.0),
    ("", 2.0),
]


@pytest.mark.parametrize(("asked", "seconds"), WAITS)
async def test_how_long_to_wait(stage: Stage, asked: str, seconds: float) -> None:
    stage.teams.next(429, error("Throttled"), Retry_After=asked)
    with pytest.raises(Later) as later:
        await stage.send()
    assert later.value.seconds == seconds


async def test_answer_that_is_lost(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.tokens.token()
    monkeypatch.setattr(the_connector, "PATIENCE", aiohttp.ClientTimeout(total=0.05))
    stage.teams.gate.clear()
    with pytest.raises(Unsure):
        await stage.send()
    assert stage.teams.heard  # it has arrived all the same


@pytest.mark.parametrize("said", [b"", {}, {"id": 7}, b"[]"])
async def test_posted_and_nobody_says_under_which_id(stage: Stage, said: Any) -> None:
    stage.teams.next(201, said)
    with pytest.raises(Unsure):
        await stage.send()


async def test_answer_to_an_edit_may_be_empty(stage: Stage) -> None:
    stage.teams.next(202)
    await stage.connector.update(stage.teams.url, ROOM, "1", CARD)
    stage.teams.next(200, b"")
    await stage.connector.delete(stage.teams.url, ROOM, "1")


async def test_nobody_listens_there(stage: Stage) -> None:
    async with TestServer(web.Application()) as gone:
        url = str(gone.make_url("/"))
    with pytest.raises(Later):  # it never left, so it can safely be sent again
        await stage.connector.send(url, ROOM, CARD)


# -- as whom -----------------------------------------------------------------------------------------------------------


async def test_a_token_that_is_not_taken_is_replaced_once(stage: Stage) -> None:
    stage.teams.next(401, {"message": "Authorization has been denied for this request."})
    assert await stage.send() == "2"
    assert [token for _, _, token, _ in stage.teams.heard] == ["token1", "token2"]
    stage.teams.next(401)
    stage.teams.next(401)
    with pytest.raises(Gone, match="client secret"):
        await stage.send()
    assert len(stage.teams.heard) == 4


async def test_a_bot_that_is_not_registered_is_not_asked_for_another_token(stage: Stage) -> None:
    stage.teams.next(401, error("BotNotRegistered"))
    with pytest.raises(Gone, match="registration"):
        await stage.send()
    assert len(stage.teams.asked) == 1


async def test_many_ask_for_one_token(stage: Stage) -> None:
    assert set(await asyncio.gather(*(stage.tokens.token() for _ in range(50)))) == {"token1"}
    assert len(stage.teams.asked) == 1


async def test_before_a_token_ends_the_next_is_fetched_and_nobody_waits(stage: Stage) -> None:
    stage.teams.lasts = 3600
    assert await stage.tokens.token() == "token1"
    stage.clock.now += timedelta(minutes=54, seconds=59)
    assert await stage.tokens.token() == "token1"
    await settled(stage.tokens)
    assert len(stage.teams.asked) == 1
    stage.clock.now += timedelta(seconds=1)
    stage.teams.door.clear()
    async with asyncio.timeout(1):
        assert await stage.tokens.token() == await stage.tokens.token() == "token1"
    stage.teams.door.set()
    await settled(stage.tokens)
    assert await stage.tokens.token() == "token2"
    assert len(stage.teams.asked) == 2


async def settled(tokens: Tokens) -> None:
    if tokens._asking:
        await asyncio.wait({tokens._asking})


async def test_the_old_token_does_while_there_is_no_new_one(stage: Stage) -> None:
    await stage.tokens.token()
    stage.clock.now += timedelta(minutes=57)
    stage.teams.entra = [(503, b"", {})] * 2
    for _ in range(20):
        assert await stage.tokens.token() == "token1"
        await settled(stage.tokens)
    assert len(stage.teams.asked) == 2  # after a failure nobody asks for a while
    stage.clock.now += timedelta(minutes=3)
    with pytest.raises(Later):
        await stage.tokens.token()
    stage.clock.now += timedelta(seconds=5)
    assert await stage.tokens.token() == "token4"


async def test_a_token_that_does_not_last(stage: Stage) -> None:
    stage.teams.lasts = 60
    for _ in range(10):
        assert await stage.tokens.token() == "token1"
        await settled(stage.tokens)
    stage.clock.now += timedelta(seconds=30)
    assert await stage.tokens.token() == "token1"
    await settled(stage.tokens)
    assert await stage.tokens.token() == "token2"
    assert len(stage.teams.asked) == 2


ENTRA: list[tuple[str, Answer, str | float]] = [
    ("wrong secret", (401, {"error": "invalid_client", "error_description": "AADSTS7000215"}, {}), "client secret"),
    ("unknown app", (400, {"error": "unauthorized_client"}, {}), "client secret"),
    ("unknown tenant", (400, {"error": "invalid_request"}, {}), "client secret"),
    ("too often", (429, {"error": "temporarily_unavailable"}, {"Retry-After": "17"}), 17.0),
    ("down", (503, b"<html>", {}), 5.0),
    ("elsewhere", (302, b"", {"Location": "http://127.0.0.1:1/"}), 5.0),
    ("a page", (200, b"<html>", {}), 5.0),
    ("no token", (200, {"expires_in": 3599}, {}), 5.0),
    ("a token that is none", (200, {"expires_in": 3599, "access_token": 7}, {}), 5.0),
    ("no end", (200, {"access_token": "x"}, {}), 5.0),
    ("an end that is none", (200, {"access_token": "x", "expires_in": "soon"}, {}), 5.0),
]


@pytest.mark.parametrize(("answer", "meaning"), [one[1:] for one in ENTRA], ids=[one[0] for one in ENTRA])
async def test_no_token(stage: Stage, answer: Answer, meaning: str | float, caplog: pytest.LogCaptureFixture) -> None:
    stage.teams.entra = [answer]
    for _ in range(3):
        with pytest.raises((Gone, Later)) as found:
            await stage.send()
        if isinstance(meaning, float):
            assert isinstance(found.value, Later)
            assert found.value.seconds == meaning
        else:
            assert isinstance(found.value, Gone)
            assert meaning in found.value.why
    assert len(stage.teams.asked) == 1
    assert not stage.teams.heard
    assert "s3&cret" not in caplog.text
    stage.clock.now = NOW + timedelta(seconds=17)
    assert await stage.send() == "1"


async def test_life_of_a_token_as_text(stage: Stage) -> None:
    stage.teams.lasts = "3599"
    assert await stage.tokens.token() == "token1"


async def test_a_caller_who_gives_up_does_not_take_the_token_along(stage: Stage) -> None:
    stage.teams.door.clear()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await stage.tokens.token()
    stage.teams.door.set()
    assert await stage.tokens.token() == "token1"


@pytest.mark.parametrize(
    ("login", "tenant"), [("http://login.example", "x"), ("", "x"), ("https://login.example", "..")]
)
async def test_login_without_encryption(login: str, tenant: str) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(ValueError, match=r"https|path"):
            Tokens(login, APP, SecretStr("x"), tenant, session, Clock())


Call = Callable[[Stage], Awaitable[Any]]
CALLS: list[Call] = [
    lambda stage: stage.send(),
    lambda stage: stage.connector.update(stage.teams.url, ROOM, "1", CARD),
    lambda stage: stage.connector.delete(stage.teams.url, ROOM, "1"),
    lambda stage: stage.connector.create(stage.teams.url, TENANT, "28:x", "29:x"),
    lambda stage: stage.connector.members(stage.teams.url, ROOM),
    lambda stage: stage.connector.member(stage.teams.url, ROOM, "29:x"),
]


@pytest.mark.parametrize("call", CALLS, ids=range(len(CALLS)))
@pytest.mark.parametrize(("status", "code", "kind"), [(429, "Throttled", Later), (404, "ConversationNotFound", Gone)])
async def test_every_call_says_what_is_wrong(
    stage: Stage, call: Call, status: int, code: str, kind: type[Exception]
) -> None:
    stage.teams.next(status, error(code))
    with pytest.raises(kind):
        await call(stage)
