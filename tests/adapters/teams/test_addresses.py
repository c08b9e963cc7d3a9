"""Addresses: what came by the door is kept, a chat is begun once, and people are known by the id that stays."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from adapters.base import Gone, Later
from adapters.teams.addresses import REMEMBERED, SOMEBODY, STRANGER, UNKNOWN, Address, key
from adapters.teams.payload import User
from adapters.teams.read import Heard
from dialogs.base import Pressed
from tests.adapters.teams.stand_ins import ANN, BEN, BOT, CHANNEL, CHAT, KIM, NOON, OTHER_URL, TENANT, URL, Scene, quiet

PERSONAL = "a:personal"


def heard(user: User = ANN, conversation: str = CHAT, place: str | None = CHAT, url: str = URL) -> Heard:
    """A press."""
    where = f"teams:{place}" if place else None
    event = Pressed(id="e", at=NOON, tenant="", place=where, action="vote")
    return Heard(TENANT, user, event, conversation, url, BOT, personal=place is None)


IN_CHAT, IN_CHANNEL = heard(), heard(conversation=f"{CHANNEL};messageid=17", place=CHANNEL)
ALONE = heard(conversation=PERSONAL, place=None)
ROOM = Address(URL, TENANT, BOT)
ANN_MET, ANN_CHATS = replace(ROOM, user=ANN.id), replace(ROOM, user=ANN.id, chat=PERSONAL)


@pytest.fixture
async def scene() -> Scene:
    return Scene()


# -- what is kept ------------------------------------------------------------------------------------------------------

LEARNED = [
    ("in a chat", [IN_CHAT], {CHAT: ROOM, ANN.aad: ANN_MET}),
    ("in a thread: the channel is what is kept", [IN_CHANNEL], {CHANNEL: ROOM, ANN.aad: ANN_MET}),
    ("alone: the chat is theirs", [ALONE], {ANN.aad: ANN_CHATS}),
    ("alone, then in a chat", [ALONE, IN_CHAT], {CHAT: ROOM, ANN.aad: ANN_CHATS}),
    ("in a chat, then alone", [IN_CHAT, ALONE], {CHAT: ROOM, ANN.aad: ANN_CHATS}),
    ("alone in two chats: the last one", [heard(conversation="a:old", place=None), ALONE], {ANN.aad: ANN_CHATS}),
    ("without an account", [heard(KIM)], {CHAT: ROOM, KIM.id: replace(ROOM, user=KIM.id)}),
    (
        "Teams has moved",
        [IN_CHAT, heard(url=OTHER_URL)],
        {CHAT: replace(ROOM, service_url=OTHER_URL), ANN.aad: replace(ANN_MET, service_url=OTHER_URL)},
    ),
    (
        "with another id, after they were taken off and came again",
        [ALONE, heard(replace(ANN, id="29:new"))],
        {CHAT: ROOM, ANN.aad: replace(ANN_CHATS, user="29:new")},
    ),
]


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize(("came", "known"), [row[1:] for row in LEARNED], ids=[row[0] for row in LEARNED])
async def test_what_comes_says_where_to_write_to(
    scene: Scene, came: list[Heard], known: dict[str, Address], restart: bool
) -> None:
    for one in came:
        await scene.addresses.learn("t1", one)
        if restart:
            scene.restarts()

    assert {whose: await scene.addresses.find("t1", whose) for _, whose in scene.bot.known} == known
    assert {whose: Address.of(kept) for (_, whose), kept in scene.bot.known.items()} == known


async def test_what_is_known_is_neither_asked_for_nor_stored_again(scene: Scene) -> None:
    await scene.addresses.learn("t1", IN_CHAT)
    before = (scene.bot.reads, scene.bot.writes)
    for _ in range(3):
        await scene.addresses.learn("t1", IN_CHAT)
        await scene.addresses.url("t1", CHAT)
    assert (scene.bot.reads, scene.bot.writes) == before

    scene.restarts()
    for _ in range(3):
        await scene.addresses.learn("t1", IN_CHAT)
    assert (scene.bot.reads - before[0], scene.bot.writes) == (2, before[1])


async def test_every_move_of_teams_is_noticed_also_the_one_back(scene: Scene) -> None:
    moves = [await scene.addresses.learn("t1", heard(url=url)) for url in [URL] * 3 + [OTHER_URL] * 3 + [URL] * 3]
    assert moves == [False] * 3 + [True, False, False] * 2
    assert await scene.addresses.url("t1", CHAT) == URL


@pytest.mark.parametrize("other", [heard(BEN, url=OTHER_URL), heard(url=OTHER_URL)], ids=["somebody else", "the same"])
async def test_what_was_learned_is_learned_again_when_the_address_changed_meanwhile(scene: Scene, other: Heard) -> None:
    """Both are under way at once, each waiting for the database in between; whoever comes next is believed."""
    for _ in range(2):
        await asyncio.gather(*(scene.addresses.learn("t1", one) for one in (IN_CHAT, other, IN_CHAT)))
    for one in (other, IN_CHAT):
        await scene.addresses.learn("t1", one)
        assert await scene.addresses.url("t1", CHAT) == one.service_url
        assert Address.of(scene.bot.known["t1", CHAT]).service_url == one.service_url


async def test_what_was_heard_in_a_place_is_not_forgotten_when_somebody_else_writes_there(scene: Scene) -> None:
    await scene.addresses.place("t1", CHAT, replace(ROOM, hears="yes"))
    await scene.addresses.learn("t1", heard(BEN, url=OTHER_URL))
    scene.restarts()

    assert await scene.addresses.find("t1", CHAT) == replace(ROOM, service_url=OTHER_URL, hears="yes")


async def test_tenants_are_kept_apart(scene: Scene) -> None:
    await scene.addresses.learn("t1", ALONE)
    for whose in (ANN.aad, CHAT):
        assert await scene.addresses.find("t2", whose) is None
    with pytest.raises(Gone):
        await scene.addresses.chat("t2", ANN.aad)
    assert await scene.addresses.mentions("t2", ["ann"]) == {}


async def test_a_place_that_was_never_heard_of_is_gone_in_a_sentence(scene: Scene) -> None:
    with pytest.raises(Gone) as gone:
        await scene.addresses.url("t1", CHAT)
    assert gone.value.why == UNKNOWN


async def test_no_more_is_held_than_fits_and_what_is_let_go_is_found_again(scene: Scene) -> None:
    for n in range(REMEMBERED + 10):
        await scene.addresses.place("t1", f"19:{n}", ROOM)
    assert len(scene.addresses._known) == REMEMBERED
    assert await scene.addresses.url("t1", "19:0") == URL


# -- chats -------------------------------------------------------------------------------------------------------------


async def test_the_chat_that_is_there_is_used(scene: Scene) -> None:
    await scene.addresses.learn("t1", ALONE)
    assert await scene.addresses.chat("t1", ANN.aad) == (URL, PERSONAL)
    assert scene.calls.heard == []


async def test_a_chat_is_begun_once_whatever_follows(scene: Scene) -> None:
    await scene.addresses.learn("t1", IN_CHAT)
    first = await scene.addresses.chat("t1", ANN.aad)
    again = await scene.addresses.chat("t1", ANN.aad)
    await scene.addresses.learn("t1", heard(url=OTHER_URL))
    scene.restarts()
    moved = await scene.addresses.chat("t1", ANN.aad)

    assert scene.calls.heard == [("create", URL, TENANT, BOT, ANN.id)]
    assert (first, again, moved) == ((URL, "a:1"), (URL, "a:1"), (OTHER_URL, "a:1"))


async def test_of_several_who_begin_a_chat_at_the_same_time_one_does_and_nobody_waits_for_another_person(
    scene: Scene,
) -> None:
    for user in (ANN, BEN):
        await scene.addresses.learn("t1", heard(user))
    scene.calls.gate.clear()
    begun = [asyncio.create_task(scene.addresses.chat("t1", one.aad)) for one in (ANN, ANN, ANN, BEN)]
    await quiet()
    waiting = [call[-1] for call in scene.calls.heard]
    scene.calls.gate.set()

    assert await asyncio.gather(*begun) == [(URL, "a:1")] * 3 + [(URL, "a:2")]
    assert waiting == [ANN.id, BEN.id]
    assert len(scene.calls.heard) == 2


async def test_a_chat_that_could_not_be_begun_is_begun_by_the_next_who_wants_it(scene: Scene) -> None:
    await scene.addresses.learn("t1", IN_CHAT)
    scene.calls.errors["create"] = [Later(3)]
    found = await asyncio.gather(*(scene.addresses.chat("t1", ANN.aad) for _ in range(2)), return_exceptions=True)
    assert isinstance(found[0], Later)
    assert found[1] == (URL, "a:2")


async def test_whoever_was_never_met_is_gone_in_a_sentence(scene: Scene) -> None:
    await scene.addresses.place("t1", "somebody kept without an id", ROOM)
    for whose in (ANN.aad, "somebody kept without an id"):
        with pytest.raises(Gone) as gone:
            await scene.addresses.chat("t1", whose)
        assert gone.value.why == STRANGER
    assert scene.calls.heard == []


async def test_whoever_takes_us_off_is_not_written_to_in_the_old_chat_but_can_be_asked(scene: Scene) -> None:
    await scene.addresses.learn("t1", ALONE)
    await scene.addresses.gone("t1", ANN)
    assert await scene.addresses.find("t1", ANN.aad) == ANN_MET
    assert await scene.addresses.chat("t1", ANN.aad) == (URL, "a:1")

    await scene.addresses.gone("t1", BEN)  # who was never here
    assert await scene.addresses.find("t1", BEN.aad) is None


# -- people ------------------------------------------------------------------------------------------------------------


async def test_people_are_mentioned_by_their_id_for_this_bot_and_strangers_not_at_all(scene: Scene) -> None:
    await scene.addresses.learn("t1", IN_CHAT)
    assert await scene.addresses.mentions("t1", ["ann", "ben", "nobody"]) == {"ann": ANN.id}


@pytest.mark.parametrize(
    ("user", "known", "host"), [(ANN, ANN.aad, True), (KIM, KIM.id, False)], ids=["account", "no account"]
)
async def test_people_are_known_by_the_id_that_stays_and_only_accounts_create(
    scene: Scene, user: User, known: str, host: bool
) -> None:
    assert key(user) == known
    await scene.addresses.person("t1", replace(user, name=""))
    assert scene.bot.people == {("t1", known): (SOMEBODY, host, None)}
    await scene.addresses.person("t1", user, email=user.email or None)
    assert scene.bot.people == {("t1", known): (user.name, host, user.email or None)}


async def test_the_same_person_is_asked_for_once(scene: Scene) -> None:
    assert scene.addresses.new("t1", ANN)
    first = await scene.addresses.person("t1", ANN)
    scene.bot.people.clear()
    assert await scene.addresses.person("t1", replace(ANN, id="29:another")) == first == "ann"
    assert (scene.bot.people, scene.addresses.new("t1", ANN), scene.addresses.new("t2", ANN)) == ({}, False, True)


async def test_whoever_came_without_a_name_is_called_by_it_as_soon_as_it_is_known(scene: Scene) -> None:
    nameless = replace(ANN, name="")
    assert await scene.addresses.person("t1", nameless) == "ann"
    assert (scene.bot.people["t1", ANN.aad][0], scene.addresses.new("t1", ANN)) == (SOMEBODY, True)
    scene.restarts()
    await scene.addresses.person("t1", ANN)
    assert scene.bot.people["t1", ANN.aad][0] == "Ann Ode"


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (ANN, ("Ann Ode", True, "ann@acme.example")),
        (replace(ANN, email=""), ("Ann Ode", True, None)),
        (replace(ANN, name=""), (SOMEBODY, True, "ann@acme.example")),
        (replace(ANN, tenant="another organisation"), (SOMEBODY, True, None)),
        (None, (SOMEBODY, True, None)),
    ],
    ids=["all", "no address", "no name", "of another organisation", "not there"],
)
async def test_teams_is_asked_who_somebody_is(scene: Scene, found: User | None, wanted: tuple[str, bool, str]) -> None:
    scene.calls.people = [found] if found else []
    nameless = replace(ANN, name="", email="")
    await scene.addresses.person("t1", nameless)
    await scene.addresses.acquaint("t1", nameless, ROOM, CHAT)
    assert scene.calls.heard == [("member", URL, CHAT, ANN.id)]
    assert scene.bot.people["t1", ANN.aad] == wanted
