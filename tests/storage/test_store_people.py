"""The contract of Store: one human on several platforms, how they are reached, and who leads."""

from datetime import timedelta

import pytest

from dialogs.base import FACILITATOR, LEARNER, Commanded, Note, Show
from dialogs.commands import Command
from storage.records import Post
from tests.storage.contract import OWNER, World, board, desk_of

MAIL = "ann@acme.example"
SPELLED = ["ann@acme.example", "Ann@ACME.example", " ann@acme.example ", "ANN@ACME.EXAMPLE"]


async def may_create(world: World, person: str) -> bool:
    """Whether somebody may create sessions, as their desk is told."""
    await world.hear(world.event(Commanded, person, text="sessions", command=Command("sessions")))
    return bool((await world.ask(desk_of(person), person))["host"])


# -- one e-mail address, one person ------------------------------------------------------------------------------------


@pytest.mark.parametrize("spelled", SPELLED)
async def test_whoever_comes_with_an_address_that_is_known_is_the_same_person(world: World, spelled: str) -> None:
    slack = await world.store.admit("acme", "slack", "T1/U1", "Ann", email=MAIL)
    teams = await world.store.admit("acme", "teams", "a1", "Ann Ode", email=spelled)

    assert teams == slack
    assert await world.store.users("slack", [slack]) == {slack: "T1/U1"}
    assert await world.store.users("teams", [slack]) == {slack: "a1"}
    assert await world.store.named([slack]) == {slack: "Ann"}


@pytest.mark.parametrize("email", [None, "", " ", "ben@acme.example"])
async def test_nobody_is_the_same_without_the_same_address(world: World, email: str | None) -> None:
    first = [
        await world.store.admit("acme", "slack", user, "Ann", email=mail) for user, mail in (("1", MAIL), ("2", None))
    ]
    other = await world.store.admit("acme", "teams", "a1", "Ann", email=email)
    again = await world.store.learn("acme", "teams", "a1", "Ann", host=False, email=email)

    assert again == other
    assert len({*first, other}) == 3


async def test_people_of_two_tenants_are_never_the_same(world: World) -> None:
    ours = await world.store.admit("acme", "slack", "T1/U1", "Ann", email=MAIL)
    theirs = await world.store.admit("umbrella", "teams", "a1", "Ann", email=MAIL)
    late = await world.store.admit("umbrella", "slack", "T2/U1", "Ann")
    learned = await world.store.learn("umbrella", "slack", "T2/U1", "Ann", host=False, email=MAIL)

    assert len({ours, theirs, late}) == 3
    assert learned == theirs
    assert await world.store.users("slack", [ours, theirs]) == {ours: "T1/U1", theirs: "T2/U1"}


async def test_an_address_in_the_other_tenant_makes_nobody_a_host_there(world: World) -> None:
    await world.store.admit("acme", "slack", "T1/U1", "Ann", email=MAIL)
    await world.store.admit("umbrella", "teams", "a1", "Ann", email=MAIL, host=True)
    ann = await world.store.admit("acme", "slack", "T1/U1", "Ann")

    assert await may_create(world, ann) is False


@pytest.mark.parametrize("spelled", SPELLED)
async def test_whoever_turns_out_to_have_a_known_address_is_that_person_from_then_on(
    world: World, spelled: str
) -> None:
    slack = await world.store.admit("acme", "slack", "T1/U1", "Ann", email=MAIL)
    teams = await world.store.admit("acme", "teams", "a1", "somebody")
    learned = await world.store.learn("acme", "teams", "a1", "Ann Ode", host=False, email=spelled)
    again = [await world.another().admit("acme", "teams", "a1", "Ann") for _ in range(2)]

    assert teams != slack
    assert [learned, *again] == [slack] * 3
    assert await world.store.users("teams", [teams, slack]) == {slack: "a1"}


async def test_an_address_that_nobody_else_has_is_kept_for_whoever_comes_later(world: World) -> None:
    teams = await world.store.admit("acme", "teams", "a1", "somebody")
    assert await world.store.learn("acme", "teams", "a1", "Ann Ode", host=False, email=MAIL.upper()) == teams
    for email in (None, " "):  # says nothing of it
        assert await world.store.learn("acme", "teams", "a1", f"Ann {email}", host=False, email=email) == teams
    await world.store.learn("acme", "teams", "a1", "Ann Ode", host=False)
    slack = await world.store.admit("acme", "slack", "T1/U1", "Ann", email=MAIL)

    assert slack == teams
    assert await world.store.named([teams]) == {teams: "Ann Ode"}


async def test_whoever_has_an_address_already_stays_who_they_are_when_it_changes(world: World) -> None:
    ann = await world.store.admit("acme", "slack", "T1/U1", "Ann", email=MAIL)
    ben = await world.store.admit("acme", "teams", "b1", "Ben", email="ben@acme.example")

    assert await world.store.learn("acme", "teams", "b1", "Ben", host=False, email=MAIL) == ben != ann


@pytest.mark.parametrize("late", [False, True])
async def test_whoever_may_create_sessions_on_one_platform_may_do_so_on_all(world: World, late: bool) -> None:
    ann = await world.store.admit("acme", "slack", "T1/U1", "Ann", email=MAIL)
    before = await may_create(world, ann)
    if late:
        await world.store.admit("acme", "teams", "a1", "Ann")
        await world.store.learn("acme", "teams", "a1", "Ann", host=True, email=MAIL)
    else:
        await world.store.admit("acme", "teams", "a1", "Ann", host=True, email=MAIL)

    assert (before, await may_create(world, ann)) == (False, True)


async def test_nothing_is_learned_of_whoever_is_not_known(world: World) -> None:
    await world.store.admit("acme", "slack", "T1/U1", "Ann", email=MAIL)

    for tenant, platform, user in (("acme", "teams", "a1"), ("umbrella", "slack", "T1/U1"), ("acme", "slack", "T1/U2")):
        assert await world.store.learn(tenant, platform, user, "Ann", host=False, email=MAIL) is None


# -- how they are reached ----------------------------------------------------------------------------------------------


async def test_how_somebody_is_reached_is_kept_as_it_was_said_last(world: World) -> None:
    await world.store.remember("acme", "teams", "a1", {"url": "https://one.example", "chat": "c1"})
    await world.store.remember("acme", "teams", "19:x@thread.v2", {"url": "https://one.example"})
    await world.store.remember("acme", "teams", "a1", {"url": "https://two.example"})

    found = await world.another().recall("acme", "teams", ["a1", "a2", "19:x@thread.v2"])
    assert found == {"a1": {"url": "https://two.example"}, "19:x@thread.v2": {"url": "https://one.example"}}
    assert await world.store.recall("acme", "teams", []) == {}


async def test_addresses_of_another_tenant_or_platform_are_others(world: World) -> None:
    keys = [("acme", "teams"), ("umbrella", "teams"), ("acme", "slack")]
    for tenant, platform in keys:
        await world.store.remember(tenant, platform, "a1", {"of": f"{tenant} {platform}"})

    found = [await world.store.recall(tenant, platform, ["a1"]) for tenant, platform in keys]
    assert found == [{"a1": {"of": f"{tenant} {platform}"}} for tenant, platform in keys]
    assert await world.store.recall("umbrella", "slack", ["a1"]) == {}


# -- who leads ---------------------------------------------------------------------------------------------------------


async def test_those_who_lead_a_session_are_those_who_do_now(world: World) -> None:
    host = await world.host()
    session, other = await world.session(host), await world.session(host, key="s2")
    await world.joins(session, "ann", "ben")
    await world.does(host, session, Note("role", "fay", FACILITATOR), Note("role", "gus", FACILITATOR))
    await world.does(host, session, Note("role", "gus", LEARNER))
    await world.does(host, other, Note("role", "eve", FACILITATOR))

    assert sorted(await world.store.leading(session)) == sorted(["fay", host])
    assert await world.store.leading("no session") == []


# -- another way -------------------------------------------------------------------------------------------------------


async def due(world: World) -> Post:
    (post,) = await world.due()
    return post


async def test_what_cannot_be_brought_one_way_goes_out_anew_by_another(world: World) -> None:
    ann = await world.store.admit("acme", "slack", "T1/U1", "Ann", email=MAIL)
    await world.store.admit("acme", "teams", "a1", "Ann", email=MAIL)
    host, _, poll = await board(world, Show("hint", ann))
    first = await due(world)
    await world.shown(first, OWNER, "slack:D1:1.2")
    await world.does(host, poll, Show("hint", ann))
    edit = await due(world)
    await world.store.reroute(edit, OWNER, "teams", world.now)
    anew = await due(world)

    assert dict(first.reach) == {"slack": "T1/U1", "teams": "a1"}
    assert (first.via, edit.ref, edit.via) == (None, "slack:D1:1.2", None)
    assert (anew.id, anew.ref, anew.via, anew.tries, anew.attempted) == (first.id, None, "teams", 0, False)

    await world.shown(anew, OWNER, "teams:a:1|17")
    await world.does(host, poll, Show("hint", ann))
    later = await due(world)
    assert (later.ref, later.via) == ("teams:a:1|17", "teams")
    assert await world.store.posted("acme", "slack:D1:1.2") is None
    assert await world.store.posted("acme", "teams:a:1|17") == (poll, "hint")


async def test_only_whoever_holds_a_message_sends_it_another_way(world: World) -> None:
    ann = await world.store.admit("acme", "slack", "T1/U1", "Ann")
    await board(world, Show("hint", ann))
    held = await due(world)
    await world.store.reroute(held, "another worker", "teams", world.now)
    assert await world.due() == []

    world.move(timedelta(minutes=1).total_seconds())
    assert (await due(world)).via is None
