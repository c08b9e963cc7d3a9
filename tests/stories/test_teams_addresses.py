"""Where Teams is reached moves; Microsoft gives us no token, or does not know us: votes count, and all comes back."""

from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from adapters.teams.connector import REGISTER, UNKNOWN
from tests.stories.teams_class import Course, Fault, course

# -- where to write ----------------------------------------------------------------------------------------------------


async def test_a_new_address_is_used_from_then_on_and_an_unsafe_one_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Teams moves the chat. A call that names an address without encryption is turned away, whoever signed it."""
    async with course(tmp_path) as told:
        usual = told.teams.service_url
        monkeypatch.setattr(type(told.teams), "service_url", "http://smba.example/amer/")
        hosts = noted(told, monkeypatch)
        await told.votes(told.ida, "Yes")
        await told.story.passes(6)
        assert hosts == []
        monkeypatch.setattr(type(told.teams), "service_url", usual.replace("127.0.0.1", "localhost"))
        await told.votes(told.ben, "Yes")
        await told.story.passes(6)
        assert "1 of 1" in told.board("Ready?")
        assert set(hosts) == {"localhost"}
        told.teams.troubles.clear()
        await told.is_right(troubles=("Something went wrong. Please try again.",))


def noted(told: Course, monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The hosts that are called from here on."""
    pool, hosts = told.story.adapter._pool, list[str | None]()
    assert pool
    usual = pool.connector._answer

    async def answer(method: str, url: URL, *rest: Any) -> tuple[int, Any, float | None]:
        hosts.append(url.host)
        return await usual(method, url, *rest)

    monkeypatch.setattr(pool.connector, "_answer", answer)
    return hosts


@pytest.mark.parametrize("closed", [True, False], ids=["had ended", "had not"])
async def test_a_room_that_teams_has_moved_shows_what_was_refused_at_the_old_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, closed: bool
) -> None:
    """The old host does not serve this organisation; the next press, no command, brings the right one."""
    async with course(tmp_path) as told:
        if closed:
            told.fails("update", Fault.error("InvalidBotApiHost"), room=told.room)
        await told.votes(told.ida, "Yes")
        await told.story.passes(6)
        other = told.teams.service_url.replace("127.0.0.1", "localhost")
        monkeypatch.setattr(type(told.teams), "service_url", other)
        await told.votes(told.ben, "Yes")
        await told.story.passes(6)
        assert "2 of 2" in told.board("Ready?")
        await told.is_right()


# -- who we are --------------------------------------------------------------------------------------------------------


async def test_a_token_that_is_dead_before_its_time_is_replaced(tmp_path: Path) -> None:
    """Twice in a session; one new token each time, and nothing is missing."""
    async with course(tmp_path) as told:
        tokens = told.called("token")
        for number, who in enumerate(told.learners[:2], 1):
            told.teams.revokes_tokens()
            await told.votes(who, "Yes")
            await told.story.passes(4)
            assert f"{number} of {number}" in told.board("Ready?")
        await told.is_right()
        assert told.called("token") == tokens + 2


@pytest.mark.parametrize("fault", [Fault.http(503), Fault.refused(), Fault.http(429)], ids=["503", "dropped", "429"])
async def test_what_is_shown_waits_for_a_token_and_votes_do_not(tmp_path: Path, fault: Fault) -> None:
    """Entra is down for a minute."""
    async with course(tmp_path) as told:
        told.token_time()
        told.fails("token", *[fault] * 4)
        told.teams.revokes_tokens()
        for who in told.learners:
            assert "Your vote: Yes" in await told.votes(who, "Yes")
        for _ in range(60):
            await told.story.settles()
            told.moves(1)
        await told.story.passes(4)
        assert "3 of 3" in told.board("Ready?")
        await told.is_right()


@pytest.mark.parametrize("anew", [True, False], ids=["restarted", "by itself"])
async def test_a_wrong_secret_is_told_and_when_it_is_mended_all_comes_back(tmp_path: Path, *, anew: bool) -> None:
    """In Teams nobody can be told anything: Hanna reads it on her page. Votes count."""
    async with course(tmp_path) as told:
        told.token_time()
        right, told.teams.app_password = told.teams.app_password, "another"
        told.teams.revokes_tokens()
        assert "Your vote: Yes" in await told.votes(told.ida, "Yes")
        await told.story.passes(10)
        page = await desk(told)
        await told.hanna.mentions_bot(told.room, 'poll "Missed?" Yes No')
        await told.story.passes(10)
        told.teams.app_password = right
        told.moves(61)
        if anew:
            async with told.killed():
                await told.story.passes(10)
                await comes_back(told)
        else:
            await told.polls("Next?")
            await comes_back(told)

    assert UNKNOWN in page


async def comes_back(told: Course) -> None:
    assert "1 of 1" in told.board("Ready?")
    assert told.board("Missed?")
    assert told.private(told.hanna, "Your session")
    await told.is_right()


async def test_a_bot_that_microsoft_does_not_know_is_told_and_comes_back(tmp_path: Path) -> None:
    """The registration is broken for a while: nothing in Teams is shown, and then all of it."""
    async with course(tmp_path) as told:
        told.fails("update", *[Fault.error("BotNotRegistered")] * 2)
        await told.votes(told.ida, "Yes")
        await told.story.passes(4)
        page = await desk(told)
        await told.polls("Next?")
        await told.story.passes(4)
        assert "1 of 1" in told.board("Ready?")
        await told.is_right()

    assert REGISTER in page


async def desk(told: Course) -> str:
    """What Hanna reads on her page of the session."""
    return "\n".join(str(seen.card) for seen in (await told.page()).seen)
