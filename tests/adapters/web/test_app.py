"""The web room over real HTTP: what is answered to whom."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from adapters.base import Adapter, Pages
from adapters.web.app import Web
from adapters.web.links import DAY, Links
from dialogs.base import Commanded, Pressed, Said, Submitted
from tests.adapters.web.conftest import House
from tests.adapters.web.small_bot import SmallBot

JSON = {"Accept": "application/json"}


def vote(value: str = "soup", **more: str) -> dict[str, str]:
    return {
        "kind": "press", "dialog": "p1", "slot": "board", "action": "vote", "value": value, "id": str(uuid4()), **more,
    }  # fmt: skip


def say(text: str, **more: str) -> dict[str, str]:
    return {"kind": "say", "text": text, "id": str(uuid4()), **more}


def test_it_is_an_adapter_for_any_bot() -> None:
    bot: Pages = SmallBot()
    adapter: Adapter = Web(bot, Links("secret", "http://localhost"), "http://localhost")
    assert adapter.platform == "web"


# -- reading -----------------------------------------------------------------------------------------------------------


async def test_each_person_sees_their_own_cards_in_the_region_they_belong_to(house: House) -> None:
    def cards(html: str) -> tuple[list[str], list[str]]:
        you, _, room = html.partition('id="feed-room"')
        return re.findall(r'id="card-([^"]+)"', you), re.findall(r'id="card-([^"]+)"', room)

    _, learner = await house.get(house.room("ana"))
    _, facilitator = await house.get(house.room("fay"))
    assert "<noscript>" in learner
    assert cards(learner) == (["c1-list", "v1-form"], ["o1-open", "q1-question", "p1-board"])
    assert cards(facilitator) == (["b1-board", "f1-flag:1"], ["o1-open", "q1-question", "p1-board"])


async def test_a_report_has_only_what_is_for_its_reader(house: House) -> None:
    status, html = await house.get(house.links.report("t1", "s1", "mia"))
    assert (status, re.findall(r'id="card-([^"]+)"', html)) == (200, ["m1-digest"])
    assert "composer" not in html


async def test_a_desk_lists_sessions_with_the_links_of_each_role(house: House) -> None:
    status, html = await house.get(house.links.desk("t1", "fay"))
    assert status == 200
    assert re.findall(r'data-session="(\w+)" data-phase="(\w+)"', html) == [
        ("s1", "open"),
        ("s2", "planned"),
        ("s3", "open"),
    ]
    hrefs = re.findall(r'class="button \w+" href="([^"]+)"', html)
    assert [house.links.base_url + href for href in hrefs] == [
        house.room("fay"),
        house.room("fay") + "/people",
        house.links.room("t1", "s2", "fay"),
        house.links.people("t1", "s2", "fay"),
        house.links.report("t1", "s3", "fay"),
    ]


async def test_facilitators_see_everybody_and_their_links(house: House) -> None:
    status, html = await house.get(house.room("fay") + "/people")
    assert status == 200
    assert re.findall(r'data-person="(\w+)" data-role="(\w+)" data-here="(\w+)"', html) == [
        ("fay", "facilitator", "true"),
        ("ana", "learner", "true"),
        ("ben", "learner", "true"),
        ("tal", "learner", "false"),
        ("mia", "manager", "false"),
    ]
    assert re.findall(r'<input readonly value="([^"]+)"', html) == [
        house.links.join("t1", "s1"),
        house.room("fay"),
        house.room("ana"),
        house.room("ben"),
        house.room("tal"),
        house.links.report("t1", "s1", "mia"),
    ]


@pytest.mark.parametrize(
    ("phase", "says", "tags"),
    [("open", "3 of 4 are here.", 4), ("planned", "4 on the roster.", 0), ("closed", "4 on", 0)],
)
async def test_nobody_is_called_here_while_the_session_is_not_open(
    house: House, phase: str, says: str, tags: int
) -> None:
    house.bot.brief = house.bot.brief.model_copy(update={"phase": phase})
    _, html = await house.get(house.room("fay") + "/people")
    assert (says in html, html.count('<span class="tag')) == (True, tags)


async def test_learners_do_not_see_other_peoples_links(house: House) -> None:
    status, html = await house.get(house.room("ana") + "/people")
    assert status == 403
    assert "Only facilitators" in html
    assert house.room("ben") not in html


async def test_only_facilitators_are_offered_the_commands(house: House) -> None:
    offered = [house.room("ana"), house.room("fay"), house.links.desk("t1", "fay")]
    assert ['<datalist id="suggestions">' in (await house.get(url))[1] for url in offered] == [False, True, True]


async def test_every_answer_carries_the_headers_that_protect_it(house: House) -> None:
    pages = [house.room("ana"), house.room("fay") + "/people", house.links.join("t1", "s1"), house.room("ana") + "x"]
    for url in pages:
        async with house.client.get(url) as response:
            policy = response.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'self';")
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert response.headers["Referrer-Policy"] == "no-referrer"
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Cache-Control"] == "no-store"
            html = await response.text()
            assert not re.search(r"<style|<script(?! src=)|\sstyle=|\son\w+=", html)


async def test_files_are_kept_by_browsers_under_a_name_that_changes_with_them(house: House) -> None:
    _, html = await house.get(house.room("ana"))
    for address in re.findall(r'(?:href|src)="(/room/static/[^"]+)"', html):
        assert re.fullmatch(r"/room/static/\w+\.[0-9a-f]{12}\.(css|js|svg)", address)
        async with house.client.get(house.links.base_url + address) as response:
            assert response.status == 200
            assert "immutable" in response.headers["Cache-Control"]
    assert (await house.get(house.links.base_url + "/room/static/room.000000000000.css"))[0] == 404
    assert (await house.get(house.links.base_url + "/room/static/..%2fapp.py"))[0] == 404


# -- acting without JavaScript -----------------------------------------------------------------------------------------


async def test_a_press_leads_back_to_the_page_with_its_receipt_at_the_card(house: House) -> None:
    form = vote("soup")
    response = await house.post(house.room("ana"), form)
    assert response.status == 303
    address = response.headers["Location"]
    assert address == f"{house.room('ana').removeprefix(house.links.base_url)}?told={form['id']}#card-p1-board"
    _, html = await house.get(house.links.base_url + address)
    board = html[html.index('id="card-p1-board"') :]
    assert 'value="soup"' in board
    assert 'aria-pressed="true" dir="auto">Soup' in board
    assert '<div class="receipt" role="status">Your vote: Soup</div>' in board
    _, again = await house.get(house.links.base_url + address)  # loading it again shows it again, and sends nothing
    assert "Your vote: Soup" in again
    assert len(house.bot.heard) == 1


async def test_the_forms_of_the_page_are_all_that_is_needed_to_act(house: House) -> None:
    _, html = await house.get(house.room("ana"))
    form = next(part for part in re.findall(r"<form.*?</form>", html, re.DOTALL) if 'value="salad"' in part)
    assert "action=" not in form.partition(">")[0]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    assert (await house.post(house.room("ana"), fields)).status == 303
    assert house.bot.votes == {"ana": "salad"}


async def test_a_command_is_answered_by_a_card_at_the_composer(house: House) -> None:
    response = await house.post(house.room("fay"), say("/ilt help"))
    assert response.headers["Location"].endswith("#composer")
    _, html = await house.get(house.links.base_url + response.headers["Location"])
    composer = html[html.index('id="composer"') :]
    assert "commands</h3>" in composer
    assert '<a class="button plain small close" href="?">' in composer


async def test_a_survey_is_sent_and_thanked_for_by_name(house: House) -> None:
    form = {"kind": "submit", "dialog": "v1", "slot": "form", "action": "send", "id": str(uuid4())}
    response = await house.post(house.room("ana"), {**form, "field.use": "4", "field.words": "More <b>time</b>"})
    assert house.bot.surveys == {"ana": {"use": "4", "words": "More <b>time</b>"}}
    _, html = await house.get(house.links.base_url + response.headers["Location"])
    assert 'Thank you, <b class="who" dir="auto">Ana Lima</b>.' in html


async def test_nobody_else_sees_my_receipt(house: House) -> None:
    form = vote("soup")
    await house.post(house.room("ana"), form)
    _, html = await house.get(f"{house.room('ben')}?told={form['id']}")
    assert "Your vote" not in html


async def test_chat_is_there_when_the_page_is_loaded(house: House) -> None:
    await house.post(house.room("ana"), say("Hello <i>all</i>"))
    await house.post(house.room("fay"), say("Good morning"))
    _, html = await house.get(house.room("ben"))
    assert re.findall(r'<p class="words" dir="auto">(.*?)</p>', html) == [
        "Hello &lt;i&gt;all&lt;/i&gt;",
        "Good morning",
    ]
    assert html.count('<span class="tag">Facilitator</span>') == 1


# -- what the bot hears ------------------------------------------------------------------------------------------------


async def test_the_bot_hears_who_it_was_by_the_link_and_not_by_the_form(house: House) -> None:
    form = vote("soup", by="ben", person="ben", place="web:s2", tenant="t2")
    await house.post(house.room("ana"), form)
    assert house.bot.heard == [
        Pressed(
            id=f"web:ana:{form['id']}", at=house.bot.now().replace(second=0), tenant="t1", by="ana", place="web:s1",
            dialog="p1", action="vote", value="soup",
        )
    ]  # fmt: skip


async def test_of_chat_the_bot_hears_the_number_of_words(house: House) -> None:
    await house.post(house.room("ana"), say("My mother's maiden name is Smith"))
    (heard,) = house.bot.heard
    assert isinstance(heard, Said)
    assert (heard.words, heard.place, heard.dialog) == (6, "web:s1", None)
    assert "Smith" not in repr(heard)


async def test_an_answer_is_heard_by_its_dialog(house: House) -> None:
    await house.post(house.room("ben"), say("I would ask why", kind="answer", dialog="q1", slot="question"))
    (heard,) = house.bot.heard
    assert isinstance(heard, Said)
    assert (heard.words, heard.place, heard.dialog) == (4, "web:s1", "q1")
    _, html = await house.get(house.room("ana"))
    assert html.index('id="card-q1-question"') < html.index("I would ask why") < html.index('id="card-p1-board"')


async def test_at_the_desk_everything_is_a_command_of_no_place(house: House) -> None:
    await house.post(house.links.desk("t1", "fay"), say("start", kind="command"))
    await house.post(house.links.desk("t1", "fay"), say('/ilt new "X"', kind="command"))
    heard = [(type(event), event.place, event.text) for event in house.bot.heard if isinstance(event, Commanded)]
    assert heard == [(Commanded, None, "start"), (Commanded, None, 'new "X"')]


async def test_a_report_can_be_acted_on_but_is_no_presence_in_the_room(house: House) -> None:
    form = {"kind": "submit", "dialog": "m1", "slot": "digest", "action": "send", "id": str(uuid4())}
    response = await house.post(house.links.report("t1", "s1", "mia"), form)
    assert response.status == 303
    (heard,) = house.bot.heard
    assert isinstance(heard, Submitted)
    assert (heard.by, heard.place, heard.dialog) == ("mia", None, "m1")


# -- acting with the page's script -------------------------------------------------------------------------------------


async def test_a_script_is_told_the_receipt_and_how_the_card_looks_now(house: House) -> None:
    told = await house.act(house.room("ana"), **vote("soup"))
    assert (told["receipt"], told["card"], told["chat"], told["again"]) == ("Your vote: Soup", None, None, False)
    assert (told["look"]["id"], told["look"]["region"]) == ("card-p1-board", "room")
    assert 'aria-pressed="true" dir="auto">Soup' in told["look"]["html"]


async def test_a_script_is_told_a_card_where_that_is_the_reply(house: House) -> None:
    told = await house.act(house.room("fay"), **say("/ilt help"))
    assert (told["receipt"], told["look"]) == (None, None)
    assert told["card"].startswith('<article class="card" id="card-reply-')


async def test_the_same_id_twice_is_one_vote_and_one_chat_message(house: House) -> None:
    form, message = vote("soup"), say("only once")
    first = await house.act(house.room("ana"), **form)
    second = await house.act(house.room("ana"), **form)
    assert (first["again"], second["again"], second["receipt"]) == (False, True, "Already received.")
    lines = [(await house.act(house.room("ana"), **message))["chat"] for _ in range(2)]
    assert lines[0]["id"] == lines[1]["id"]
    assert len(house.bot.heard) == 2
    _, html = await house.get(house.room("ben"))
    assert html.count("only once") == 1


async def test_another_persons_id_is_not_used_up(house: House) -> None:
    form = vote("soup")
    await house.act(house.room("ben"), **form)
    told = await house.act(house.room("ana"), **form)
    assert (told["again"], house.bot.votes) == (False, {"ben": "soup", "ana": "soup"})


async def test_while_the_bot_cannot_hear_the_page_is_told_to_try_again(house: House) -> None:
    house.bot.failing = 2
    form = vote("soup")
    answers = [await house.post(house.room("ana") + "/act", form, headers=JSON) for _ in range(3)]
    assert [answer.status for answer in answers] == [503, 503, 200]
    assert [answer.headers.get("Retry-After") for answer in answers] == ["1", "1", None]
    assert (await answers[0].json())["error"] == "The room is busy for a moment."
    assert house.bot.votes == {"ana": "soup"}


async def test_a_report_is_not_told_how_cards_of_the_room_look(house: House) -> None:
    house.bot.shown["p1", "board"] = (frozenset({"mia"}), False)
    told = await house.act(house.links.report("t1", "s1", "mia"), **vote())
    assert told["look"] is None
    told = await house.act(house.links.report("t1", "s1", "mia"), **vote(dialog="m1", slot="digest"))
    assert told["look"]["id"] == "card-m1-digest"


# -- bad callers -------------------------------------------------------------------------------------------------------

TOO_MUCH = "x" * 70_000
BAD: list[tuple[dict[str, str], int, str]] = [
    (vote(id=""), 400, "no proper id"),
    ({}, 400, "no proper id"),
    (vote(kind="dance"), 400, "not known here"),
    (vote(dialog="x" * 300), 400, "not known here"),
    (say(""), 400, "nothing to send"),
    (say("x" * 2_001), 400, "at most 2,000 characters"),
    (say('/poll "A?"'), 400, "did you mean “/ilt poll”?"),
    (say(TOO_MUCH), 413, "too much at once"),
]


@pytest.mark.parametrize(("form", "status", "sentence"), BAD)
async def test_bad_input_is_one_sentence_and_changes_nothing(
    house: House, form: dict[str, str], status: int, sentence: str
) -> None:
    as_page = await house.post(house.room("ana"), form)
    as_script = await house.post(house.room("ana") + "/act", form, headers=JSON)
    assert (as_page.status, as_script.status) == (status, status)
    html = await as_page.text()
    assert sentence in html
    assert f'href="{house.room("ana").removeprefix(house.links.base_url)}">Back</a>' in html
    assert sentence in (await as_script.json())["error"]
    assert house.bot.heard == []


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"kind=press", "text/plain", 400),
        (b"--x\r\n", "multipart/form-data; boundary=x", 400),
        (b"{}", "application/json", 400),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"kind=%ff", "application/x-www-form-urlencoded", 400),
        (b"", "application/x-www-form-urlencoded", 400),
        (b"a&" * 40_000, "application/x-www-form-urlencoded", 413),
    ],
)
async def test_what_is_no_form_is_refused(house: House, body: bytes, content_type: str, status: int) -> None:
    async with house.client.post(house.room("ana"), data=body, headers={"Content-Type": content_type}) as response:
        assert response.status == status


async def test_a_body_without_a_length_is_cut_off_at_the_limit(house: House) -> None:
    async def endless() -> Any:
        for _ in range(100):
            yield b"a=1&" * 1024

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with house.client.post(house.room("ana"), data=endless(), headers=headers) as response:
        assert response.status == 413


def dead_links(links: Links) -> list[str]:
    """Links that open nothing: forged, swapped, old, of somebody or something unknown, of another tenant."""
    old = Links("a secret of this test", links.base_url, now=lambda: 1.0 * DAY)
    other = Links("another secret", links.base_url)
    room, desk = links.room("t1", "s1", "ana"), links.desk("t1", "fay")
    return [
        room[:-2],
        room + "AA",
        f"{links.base_url}/room/nonsense",
        f"{links.base_url}/room/%00",
        f"{links.base_url}/room/{desk.rpartition('/')[2]}",
        f"{links.base_url}/console/{room.rpartition('/')[2]}",
        f"{links.base_url}/report/{room.rpartition('/')[2]}",
        old.room("t1", "s1", "ana"),
        other.room("t1", "s1", "ana"),
        links.room("t1", "s1", "nobody"),
        links.room("t1", "s9", "ana"),
        links.room("t2", "s1", "ana"),
        links.desk("t1", "nobody"),
        links.desk("t2", "fay"),
        links.report("t2", "s1", "mia"),
    ]


async def test_a_link_that_opens_nothing_says_so_and_what_to_do(house: House) -> None:
    for url in dead_links(house.links):
        status, html = await house.get(url)
        assert (status, "Ask whoever sent it to you" in html) == (404, True), url
        assert (await house.get(url + "/live"))[0] == 404
        assert (await house.get(url + "/people"))[0] == 404


async def test_nobody_speaks_in_a_room_they_are_not_in(house: House) -> None:
    for url in (house.links.room("t1", "s1", "nobody"), house.links.room("t2", "s1", "ana"), house.room("ana")[:-2]):
        assert (await house.post(url, say("let me in"))).status == 404
    assert house.bot.heard == []


async def test_a_wrong_method_is_refused(house: House) -> None:
    async with house.client.delete(house.room("ana")) as response:
        assert response.status == 405


# -- behind a proxy ----------------------------------------------------------------------------------------------------


async def test_under_a_folder_of_a_site_every_address_has_the_folder_and_cookies_are_secure() -> None:
    links = Links("secret", "https://example.org/cohost")
    app = web.Application()
    Web(SmallBot(), links, links.base_url).add_to(app)
    async with TestClient(TestServer(app)) as client:
        for url in (links.room("t1", "s1", "fay"), links.people("t1", "s1", "fay"), links.desk("t1", "fay")):
            async with client.get(url.removeprefix(links.base_url)) as response:
                addresses = re.findall(r'(?:href|src|data-path)="(/[^"]*)"', await response.text())
                assert addresses != []
                assert all(address.startswith("/cohost/") for address in addresses)
        door = links.join("t1", "s1").removeprefix(links.base_url)
        async with client.post(door, data={"name": "Zoë", "id": str(uuid4())}, allow_redirects=False) as response:
            assert response.headers["Location"].startswith("/cohost/room/")
            (cookie,) = response.cookies.values()
            assert (cookie["secure"], cookie["path"]) == (True, "/cohost/room/join")


# -- the open door -----------------------------------------------------------------------------------------------------


async def test_whoever_has_the_join_link_gives_a_name_and_is_in(house: House) -> None:
    door = house.links.join("t1", "s1")
    status, html = await house.get(door)
    assert (status, 'name="name"' in html) == (200, True)
    response = await house.post(door, {"name": " Zoë  Ek ", "id": str(uuid4())})
    assert response.status == 303
    status, html = await house.get(house.links.base_url + response.headers["Location"])
    assert (status, 'You are <b class="who" dir="auto">Zoë Ek</b>' in html) == (200, True)


async def test_a_double_click_at_the_door_is_one_person(house: House) -> None:
    form = {"name": "Zoë", "id": str(uuid4())}
    places = [(await house.post(house.links.join("t1", "s1"), form)).headers["Location"] for _ in range(2)]
    assert places[0] == places[1]
    assert sum(person.name == "Zoë" for person in house.bot.people.values()) == 1


async def test_whoever_comes_back_can_go_on_as_the_same_person(house: House) -> None:
    door = house.links.join("t1", "s1")
    response = await house.post(door, {"name": "Zoë", "id": str(uuid4())})
    (cookie,) = response.cookies.values()
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/room/join")
    _, html = await house.get(door, headers={"Cookie": f"{cookie.key}={cookie.value}"})
    assert f'href="{response.headers["Location"]}">Continue as <b class="who" dir="auto">Zoë</b>' in html
    _, html = await house.get(door, headers={"Cookie": f"{cookie.key}=forged"})
    assert "Continue as" not in html


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "\u200b"])
async def test_a_name_that_cannot_be_used_is_asked_for_again(house: House, name: str) -> None:
    response = await house.post(house.links.join("t1", "s1"), {"name": name, "id": str(uuid4())})
    assert response.status == 400
    assert 'aria-invalid="true"' in await response.text()
    assert len(house.bot.people) == 5


async def test_the_door_of_a_session_that_is_over_says_so(house: House) -> None:
    house.bot.closed = True
    response = await house.post(house.links.join("t1", "s1"), {"name": "Zoë", "id": str(uuid4())})
    assert response.status == 404
    assert "This session is over" in await response.text()
    assert (await house.get(house.links.join("t1", "s1")[:-1]))[0] == 404
