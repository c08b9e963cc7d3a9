"""People: who stands behind a Slack user, by what payloads say and by what Slack says when it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ServerDisconnectedError

from adapters.base import Gone, Later
from adapters.slack import people as module
from adapters.slack.calling import Refused
from adapters.slack.payload import User
from adapters.slack.people import People, Profile, profile
from tests.adapters.slack.stand_ins import Calls, Noting, quiet


def told(**more: Any) -> dict[str, Any]:
    """A user as users.info says it."""
    names = {name: more.pop(name) for name in ("display_name", "real_name") if name in more}
    return {"id": "U1", "team_id": "T1", "name": "ann", "profile": names} | more


PROFILES = [
    ("what they chose", told(display_name="Annie", real_name="Ann Ode"), Profile("T1", "Annie", True, False)),
    ("only a handle", told(display_name="j.smith2", real_name="John Smith"), Profile("T1", "John Smith", True, False)),
    ("small, but a name", told(display_name="ann ode", real_name="A"), Profile("T1", "ann ode", True, False)),
    ("a handle and no more", told(display_name="ann2", real_name=""), Profile("T1", "ann2", True, False)),
    ("no chosen name", told(real_name="Ann Ode"), Profile("T1", "Ann Ode", True, False)),
    ("the older place", told(real_name="", display_name="") | {"real_name": "Ann"}, Profile("T1", "Ann", True, False)),
    ("the login at last", told(), Profile("T1", "ann", True, False)),
    ("nothing at all", {"id": "U1"}, Profile("T1", "", True, False)),
    ("in one line", told(display_name=" Ann \n  Ode "), Profile("T1", "Ann Ode", True, False)),
    ("not for ever", told(display_name="A" * 99), Profile("T1", "A" * 79 + "…", True, False)),
    ("a guest", told(is_restricted=True), Profile("T1", "ann", False, False)),
    ("of one channel", told(is_ultra_restricted=True), Profile("T1", "ann", False, False)),
    ("a stranger", told(is_stranger=True), Profile("T1", "ann", False, False)),
    ("of elsewhere", told(team_id="T2"), Profile("T2", "ann", False, False)),
    ("left", told(deleted=True), Profile("T1", "ann", False, False)),
    ("an app", told(is_bot=True), Profile("T1", "ann", False, True)),
    ("Slack itself", told() | {"id": "USLACKBOT"}, Profile("T1", "ann", False, True)),
]


@pytest.mark.parametrize(("user", "wanted"), [row[1:] for row in PROFILES], ids=[row[0] for row in PROFILES])
def test_a_profile_is_read(user: dict[str, Any], wanted: Profile) -> None:
    assert profile(user, home="T1") == wanted


class Office:
    """The people of a workspace, and what may be asked of them."""

    def __init__(self) -> None:
        self.bot, self.call = Noting(), Calls(users_info={"user": told(display_name="Annie")})
        self.people = People(self.bot, self.call, self.home, self.bot.clock.sleep)

    async def home(self, tenant: str) -> str:
        return "T1"

    @property
    def asked(self) -> list[object]:
        return [one["user"] for one in self.call.arguments("users.info")]


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    office = Office()
    yield office
    await office.people.stop()


async def test_whoever_is_at_home_is_known_at_once_and_asked_about_once(office: Office) -> None:
    for _ in range(3):
        assert await office.people.person("t1", User("T1", "U1", "ann")) == "t1:T1/U1"
    assert office.asked == []
    await quiet()
    assert (office.asked, office.bot.hosts) == (["U1"], {"T1/U1": True})
    assert office.bot.learned == [("T1/U1", "Annie", True)]


async def test_without_a_workspace_slack_is_asked_whose_they_are(office: Office) -> None:
    office.call.next("users.info", {"user": told(team_id="T2", is_stranger=True, real_name="Eve Stone")})
    assert await office.people.person("t1", User("", "U1")) == "t1:T2/U1"
    assert office.bot.hosts == {"T2/U1": False}


@pytest.mark.parametrize("order", [("", "T2"), ("T2", ""), ("", ""), ("T2", "T2")])
async def test_two_payloads_of_a_stranger_are_one_person(office: Office, order: tuple[str, str]) -> None:
    office.call.next("users.info", {"user": told(team_id="T2", is_stranger=True)})
    found = {await office.people.person("t1", User(team, "U1")) for team in order}
    assert (found, office.bot.hosts) == ({"t1:T2/U1"}, {"T2/U1": False})


NO_ANSWER = [Refused("user_not_found"), Gone("off"), Later(1), ServerDisconnectedError(), OSError(), TimeoutError()]


@pytest.mark.parametrize("no", NO_ANSWER, ids=lambda no: type(no).__name__)
async def test_whose_they_are_is_guessed_where_slack_does_not_say_and_a_guess_gives_no_rights(
    office: Office, no: Exception
) -> None:
    office.call.next("users.info", no)
    assert await office.people.person("t1", User("", "U1")) == "t1:T1/U1"
    assert office.bot.hosts == {"T1/U1": False}

    office.call.next("users.info", {"user": told(team_id="T2", is_stranger=True)})
    assert await office.people.person("t1", User("", "U1")) == "t1:T2/U1"  # the guess is not kept


async def test_tenants_do_not_share_what_they_know(office: Office) -> None:
    await office.people.person("t1", User("T2", "U1"))
    assert await office.people.person("t2", User("", "U1")) == "t2:T1/U1"


async def test_questions_wait_as_long_as_slack_wants_and_are_asked_again(office: Office) -> None:
    office.call.next("users.info", Later(30), {"user": told(display_name="Annie")})
    await office.people.person("t1", User("T1", "U1"))
    await office.people.person("t1", User("T1", "U2"))
    await quiet()
    assert (office.asked, office.bot.learned) == (["U1"], [])
    office.bot.clock.move(29)
    await quiet()
    assert office.asked == ["U1"]
    office.bot.clock.move(1)
    await quiet()
    assert office.asked == ["U1", "U2", "U1"]
    assert {user for user, _, _ in office.bot.learned} == {"T1/U1", "T1/U2"}


async def test_one_who_is_not_there_does_not_hold_up_the_others(office: Office) -> None:
    office.call.next("users.info", Refused("user_not_found"), ServerDisconnectedError(), {"user": told()})
    for user in ("U1", "U2", "U3"):
        await office.people.person("t1", User("T1", user))
    await quiet()
    assert [user for user, _, _ in office.bot.learned] == ["T1/U3"]
    for user in ("U1", "U2", "U3"):
        await office.people.person("t1", User("T1", user))
    await quiet()
    assert office.asked == ["U1", "U2", "U3", "U2"]  # who could not be asked about is asked about again


async def test_a_name_that_is_read_at_once_is_waited_for_but_not_long(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.02)
    await office.people.person("t1", User("T1", "U1"), named=True)
    assert office.bot.learned == [("T1/U1", "Annie", True)]
    office.call.gate.clear()
    async with asyncio.timeout(5):
        assert await office.people.person("t1", User("T1", "U2"), named=True) == "t1:T1/U2"
    assert len(office.bot.learned) == 1


async def test_whoever_is_listed_is_asked_for_patiently_and_apps_are_nobody(office: Office) -> None:
    office.call.next("users.info", Later(20), {"user": told(team_id="T2")}, {"user": told(is_bot=True)})
    asking = asyncio.create_task(office.people.human("t1", "U1"))
    await quiet()
    assert not asking.done()
    office.bot.clock.move(20)
    assert await asking == "t1:T2/U1"
    assert await office.people.human("t1", "U2") is None
    await quiet()
    assert office.asked == ["U1", "U1", "U2"]


async def test_what_slack_tells_by_itself_is_learned_and_makes_nobody_known(office: Office) -> None:
    await office.people.learn("t1", User("T1", "U1", "Annie"), host=False)
    await office.people.learn("t1", User("T1", "U2", ""), host=True)
    assert (office.bot.learned, office.bot.hosts) == ([("T1/U1", "Annie", False)], {})
