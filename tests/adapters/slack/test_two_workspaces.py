"""Two companies on one bot: whatever either does, nothing of the other is read, and nothing of the other is changed."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.slack.messages import elements
from tests.stories.two_workspaces import Side, telling_two

START = datetime(2027, 3, 24, 14, tzinfo=UTC)
TITLE = "The same title"

Act = Callable[[Side, Side], Awaitable[None]]


def buttons(side: Side) -> Iterator[tuple[str, str]]:
    """The action_id and the value of all that can be pressed in this company, wherever it stands."""
    blocks = [
        block
        for room in side.story.slack.rooms.values()
        if room.team is side.team
        for found in room.messages
        for block in found.blocks
    ]
    blocks += [block for one in side.people if one.home for block in one.home.blocks]
    for element in (one for block in blocks for one in elements(block)):
        for one in element.get("options", (element,)):
            if "value" in one:
                yield element["action_id"], one["value"]


def persons(side: Side) -> list[str]:
    """Its people, as the bot knows them."""
    return [str(row[3]) for row in side.rows()["identity"]]


def dialogs(side: Side, kind: str = "") -> list[str]:
    return [str(row[0]) for row in side.rows()["dialog"] if kind in {"", row[4]}]


def members(side: Side, session: str) -> set[str]:
    """Who is in this session."""
    return {str(row[2]) for row in side.rows()["note"] if row[0] == session and row[1] == "role"}


def boards(side: Side, words: str) -> list[Any]:
    """What stands in the channel with these words, the newest first."""
    return [one for one in reversed(side.host.reads(side.room)) if words in one.words and not one.private]


# -- what people do ----------------------------------------------------------------------------------------------------


async def starts(us: Side, _: Side) -> None:
    await us.types(us.host, f'/ilt start "{TITLE}"')
    await us.story.passes(3)


async def polls(us: Side, _: Side) -> None:
    await us.types(us.host, f'/ilt poll "The same question?" "Yes {us.secret}" No')
    await us.story.passes(3)


async def polls_alone(us: Side, _: Side) -> None:
    """Where no session is."""
    await us.types(us.host, f'/ilt poll "Lunch?" "Pizza {us.secret}" Soup', us.lobby)
    await us.story.passes(3)


async def votes(us: Side, _: Side) -> None:
    for board in boards(us, "The same question?")[:1]:
        if f"Yes {us.secret}" in board.buttons:
            await us.people[1].presses(board, f"Yes {us.secret}")
    await us.story.passes(3)


async def asks(us: Side, _: Side) -> None:
    await us.types(us.host, f'/ilt ask "What about {us.secret}?"')
    await us.story.passes(15)


async def asks_all(us: Side, _: Side) -> None:
    await us.types(us.host, f'/ilt open "Anything on {us.secret}?"')
    await us.story.passes(65)


async def hears(us: Side, _: Side) -> None:
    await us.types(us.host, "/ilt heard")
    await us.types(us.host, "/ilt heard Ida")
    await us.story.passes(3)


async def lists(us: Side, _: Side) -> None:
    for typed in ("/ilt roster", "/ilt sessions", "/ilt survey results", "/ilt checklist", "/ilt digest"):
        await us.types(us.host, typed)
    await us.story.passes(3)


async def ends(us: Side, _: Side) -> None:
    await us.types(us.host, "/ilt end")
    await us.story.passes(10)


async def writes(us: Side, _: Side) -> None:
    await us.people[2].writes(us.room, f"We talk about {us.secret} here")
    await us.host.writes_to_bot("roster")
    await us.story.passes(3)


async def looks(us: Side, _: Side) -> None:
    """The Home tab, and every page of one's own."""
    for person in us.people:
        await person.opens_home()
    links = us.story.app.links
    for person_id in persons(us):
        assert await us.opens(links.desk(us.tenant, person_id)) in {200, 404}
        for session in dialogs(us, "session"):
            there = await us.opens(links.room(us.tenant, session, person_id))
            assert there == 200 or person_id not in members(us, session)
            await us.opens(links.report(us.tenant, session, person_id))
    await us.story.passes(3)


# -- and what nobody could do in Slack, with all that they could ever learn of the others ------------------------------


async def presses_theirs(us: Side, them: Side) -> None:
    for action_id, value in buttons(them):
        for changes in ({}, {"channel": {"id": them.room.id, "name": "class"}}):
            assert await us.presses(us.host, value, action_id=action_id, **changes) == 200


async def acts_as_they(us: Side, them: Side) -> None:
    """The same ids of channel and of people, though in our own workspace."""
    for person in them.people:
        changes = {"user": {"id": person.id, "team_id": us.team.id, "name": "x"}, "channel": {"id": them.room.id}}
        for action_id, value in buttons(them):
            assert await us.presses(us.host, value, action_id=action_id, **changes) == 200


async def submits_theirs(us: Side, them: Side) -> None:
    for dialog in dialogs(them):
        for action in ("send", "create", "close"):
            metadata = json.dumps({"dialog": dialog, "slot": "form", "action": action})
            assert await us.submits(us.host, metadata, {"1": {"value": {"type": "x", "value": "1"}}}) == 200


async def names_theirs(us: Side, them: Side) -> None:
    for person in persons(them)[:3]:
        for typed in ("roster add {}", "roster remove {}", "roster facilitator {}", "heard {}"):
            await us.types(us.host, f"/ilt {typed.format(f'<@{person}>')}")
        await us.types(us.host, f"/ilt roster manager <@{person}> for Ida")
    await us.types(us.host, f"/ilt roster add @{them.host.id}")


async def browses_theirs(us: Side, them: Side) -> None:
    links = us.story.app.links
    for session in dialogs(them, "session"):
        for ours in persons(us):
            for tenant in (us.tenant, them.tenant):
                for link in (links.room, links.people, links.report):
                    assert await us.opens(link(tenant, session, ours)) == 404
            assert await us.opens(links.desk(them.tenant, ours)) == 404
        for theirs in persons(them):
            assert await us.opens(links.room(us.tenant, session, theirs)) == 404
            assert await us.opens(links.desk(us.tenant, theirs)) == 404


OWN: list[Act] = [starts, polls, polls_alone, votes, asks, asks_all, hears, lists, ends, writes, looks]
CROSS: list[Act] = [presses_theirs, acts_as_they, submits_theirs, names_theirs, browses_theirs]
Steps = list[tuple[int, Act]]


async def told(steps: Steps) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with telling_two(Path(folder), START) as sides:
            for which, act in steps:
                us, them = sides[which], sides[1 - which]
                before = them.rows()
                await act(us, them)
                await us.story.adapter.settled()
                if act in CROSS:
                    await us.story.settles()
                    assert them.rows() == before, f"{act.__name__} of {us.secret}"
            for us, them in (sides, sides[::-1]):
                read = us.all_read()
                assert us.secret in read
                assert them.secret not in read, excerpt(read, them.secret)
                for id_ in (*persons(them), *dialogs(them, "session")):
                    assert id_ not in read.replace(f"<@{id_}>", ""), excerpt(read, id_)
            assert [answer for answer in sides[0].story.slack.answers if answer.status != 200] == []


def excerpt(read: str, words: str) -> str:
    at = read.index(words)
    return read[max(0, at - 300) : at + 100]


EVERYTHING = [
    *((n, act) for act in OWN[:6] for n in (0, 1)),
    *((n, act) for act in (writes, looks, *CROSS, hears, lists, ends, looks, *CROSS) for n in (0, 1)),
]


@pytest.mark.timeout(240)  # a bot and two companies for every example
@settings(max_examples=5, deadline=None, suppress_health_check=[*HealthCheck])
@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(OWN + CROSS)), min_size=6, max_size=12))
@example(EVERYTHING)
def test_nothing_of_one_company_is_read_or_changed_by_the_other(steps: Steps) -> None:
    asyncio.run(told([(n, act) for act in (starts, polls, polls_alone) for n in (0, 1)] + steps))


# -- one that goes, and comes back -------------------------------------------------------------------------------------


def said_for(side: Side, since: int) -> list[tuple[str, bool]]:
    """The calls in this company's name since then, and whether Slack did what they asked for."""
    return [(call.method, call.ok) for call in side.story.slack.calls[since:] if call.team is side.team]


async def both_poll(sides: tuple[Side, Side]) -> int:
    """In each a session with a poll that closes in a minute. Returns how many calls there have been."""
    for us, them in (sides, sides[::-1]):
        await starts(us, them)
        assert await us.types(us.host, f'/ilt poll "Now?" "Yes {us.secret}" No --for 60s') == ""
    await sides[0].story.passes(5)
    return len(sides[0].story.slack.calls)


async def test_whoever_uninstalls_hears_nothing_more_and_nobody_else_notices(tmp_path: Path) -> None:
    async with telling_two(tmp_path, START) as sides:
        ours, theirs = sides
        since = await both_poll(sides)
        board = boards(theirs, "Now?")[0]
        await ours.team.uninstalls()
        await theirs.people[1].presses(board, f"Yes {theirs.secret}")
        await ours.story.passes(120)
        assert said_for(ours, since) == []
        assert "Closed. 1 vote." in boards(theirs, "Now?")[0].words
        assert "Closed" not in boards(ours, "Now?")[0].words
        assert await theirs.types(theirs.host, '/ilt poll "Later?" Yes No') == ""
        await ours.story.passes(5)
        assert boards(theirs, "Later?")

        # What was still on its way is nobody's, and whoever meant it is told why.
        before = ours.rows()
        for _, value in list(buttons(ours)):
            assert await ours.presses(ours.host, value) == 200
        last = [one.words for one in ours.host.reads(ours.room) if one.private][-1]
        assert last == "Cohost is not installed in this workspace. Ask an administrator to install it."
        assert await ours.submits(ours.host, json.dumps({"dialog": "d", "slot": "form", "action": "send"})) == 200
        assert last in ours.told[-1]
        assert ours.rows() == before

        await ours.installs()
        await ours.room.invite_bot()
        await ours.story.passes(120)
        assert await ours.types(ours.host, '/ilt poll "Back?" Yes No') == ""
        await ours.story.passes(5)
        await ours.people[1].presses(boards(ours, "Back?")[0], "Yes")
        await ours.story.passes(5)
        assert "1 of 1" in boards(ours, "Back?")[0].words


async def test_a_token_that_slack_has_taken_back_is_tried_once(tmp_path: Path) -> None:
    async with telling_two(tmp_path, START) as sides:
        ours, theirs = sides
        since = await both_poll(sides)
        for token in ours.team.installed().tokens:
            token.revoked = True  # and nobody says so
        await ours.story.passes(300)
        failed = said_for(ours, since)
        assert [ok for _, ok in failed] == [False], failed
        assert "Closed. 0 votes." in boards(theirs, "Now?")[0].words


# -- what both have in common ------------------------------------------------------------------------------------------


async def test_a_cohort_of_the_same_name_is_another_cohort(tmp_path: Path) -> None:
    async with telling_two(tmp_path, START) as sides:
        for us in sides:
            await us.types(us.host, "/ilt sessions", us.host.dm)
            [desk] = dialogs(us, "desk")
            people = [{"person": f"{us.tenant} {n}", "name": f"Learner {us.secret} {n}"} for n in range(3)]
            asked = json.dumps({"title": TITLE, "cohort": "spring", "people": people})
            metadata = json.dumps({"dialog": desk, "slot": "desk", "action": "create"})
            await us.submits(us.host, metadata, {"session": {"value": {"type": "plain_text_input", "value": asked}}})
            assert await us.types(us.host, "/ilt start", us.host.dm) == "The session is open."
        for us in sides:
            for _ in range(2):
                await us.types(us.host, '/ilt ask "What about it?"', us.host.dm)
                await us.story.passes(20)
        for us, them in (sides, sides[::-1]):
            turns = us.rows()["turn"]
            assert len(turns) >= 2
            assert {row[0] for row in turns}.isdisjoint(row[0] for row in them.rows()["turn"])
            assert them.secret not in us.all_read()


async def test_a_channel_of_both_companies_has_two_bots_and_two_sessions_that_do_not_mix(tmp_path: Path) -> None:
    """The same channel id and the same user ids in both: what is shared is only what stands in the channel."""
    async with telling_two(tmp_path, START) as sides:
        ours, theirs = sides
        await ours.room.share_with(theirs.team)
        for person in theirs.people:
            await person.joins(ours.room)
        ours.room.members.append(theirs.team.bot.id)
        theirs.room = ours.room
        for us in sides:
            assert await us.types(us.host, f'/ilt start "{TITLE}"') == f"“{TITLE}” is open here."
            await us.story.passes(5)
            assert await us.types(us.host, f'/ilt poll "Of {us.secret}?" Yes No') == ""
        await ours.story.passes(5)
        board = boards(ours, f"Of {ours.secret}?")[0]
        before = theirs.rows()
        for person in (*ours.people, theirs.people[1]):  # a guest of theirs votes, by the same user id
            await person.presses(board, "Yes")
        await ours.story.passes(5)
        assert theirs.rows() == before
        assert "4 of 4" in boards(ours, f"Of {ours.secret}?")[0].words
        roster = await theirs.types(theirs.host, "/ilt roster")
        assert theirs.secret in roster
        assert ours.secret not in roster
        assert ours.secret not in await theirs.types(theirs.host, "/ilt sessions")
        before = ours.rows()
        assert await theirs.types(theirs.host, "/ilt end") == ""
        await ours.story.settles()
        assert ours.rows() == before
        # Their facilitator is a guest here: our buttons are not theirs.
        leading = next(value for _, value in buttons(ours) if json.loads(value)[2] == "close")
        await ours.presses(ours.people[1], leading)
        await ours.presses(theirs.host, leading)
        for person in (ours.people[1], theirs.host):
            last = [one.words for one in person.reads(ours.room) if one.private][-1]
            assert last == "Only a facilitator can close this poll."
