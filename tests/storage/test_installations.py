"""Installations: found, renewed by one at a time, ended for good, and unreadable without the secret."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import create_engine, text, update
from sqlmodel import SQLModel

import storage.installations
from storage.base import LEASE
from storage.installations import CHANGED, STATE_LASTS, Installation, Installations
from storage.tables import INSTALLATION
from tests.storage.contract import NOON
from tests.storage.databases import Sqlite

SECRET = "s" * 32
TOKEN, REFRESH = "xoxe.xoxb-the-token-of-acme", "xoxe-1-the-refresh-token-of-acme"
HOUR = timedelta(hours=1)


@pytest.fixture
def database(sqlite: Callable[[], Sqlite]) -> Sqlite:
    return sqlite()


@pytest.fixture
async def kept(database: Sqlite) -> AsyncIterator[Installations]:
    kept = Installations(database.url, SECRET)
    yield kept
    await kept.close()


def acme(*, team: str = "T1", enterprise: str = "", token: str = TOKEN, at: datetime = NOON) -> Installation:
    return {
        "team": team,
        "enterprise": enterprise,
        "name": "Acme",
        "app": "A1",
        "bot_user": "U0",
        "bot": "B0",
        "scopes": "commands,chat:write",
        "token": SecretStr(token),
        "refresh": SecretStr(REFRESH),
        "expires_at": at + 12 * HOUR,
        "installed_by": "U9",
        "installed_at": at,
        "revoked_at": None,
        "why": None,
        "version": 1,
    }


def token_of(one: Installation | None) -> str | None:
    return one["token"].get_secret_value() if one and one["token"] else None


async def test_what_is_saved_is_found(kept: Installations) -> None:
    await kept.save(acme())

    assert await kept.find("T1", "") == acme()
    assert await kept.find("T1", "E1") == acme()
    assert await kept.all() == [acme()]


@pytest.mark.parametrize(("team", "enterprise"), [("T2", ""), ("", ""), ("", "T1"), ("T2", "E2"), ("E1", "")])
async def test_nobody_finds_what_is_of_others(kept: Installations, team: str, enterprise: str) -> None:
    await kept.save(acme(enterprise="E1"))

    found = await kept.find(team, enterprise)

    assert found is None


async def test_an_organisations_installation_serves_its_workspaces(kept: Installations) -> None:
    await kept.save(acme(team="", enterprise="E1", token="of all"))

    for team in ("", "T1", "T2"):
        assert token_of(await kept.find(team, "E1")) == "of all"
    assert await kept.find("T1", "") is None


async def test_a_workspaces_own_goes_before_its_organisations_while_it_lives(kept: Installations) -> None:
    await kept.save(acme(team="", enterprise="E1", token="of all"))
    await kept.save(acme(enterprise="E1", token="of one"))
    assert token_of(await kept.find("T1", "E1")) == "of one"

    await kept.revoke("T1", "gone", NOON)

    assert token_of(await kept.find("T1", "E1")) == "of all"


async def test_an_organisations_id_is_not_taken_for_a_workspaces(kept: Installations) -> None:
    await kept.save(acme(team="", enterprise="X1", token="of all"))

    found = await kept.find("X1", "")

    assert found is None


async def test_installing_anew_takes_the_place_of_what_was(kept: Installations) -> None:
    await kept.save(acme(token="old"))
    await kept.revoke("T1", "gone", NOON)

    await kept.save(acme(token="new", at=NOON + HOUR))

    [one] = await kept.all()
    assert (token_of(one), one["revoked_at"], one["why"], one["version"]) == ("new", None, None, 3)


async def test_what_is_revoked_has_no_token_and_says_why(kept: Installations) -> None:
    await kept.save(acme())

    await kept.revoke("T1", "uninstalled", NOON + HOUR)
    await kept.revoke("T1", "revoked", NOON + 2 * HOUR)  # the first reason is the one

    one = await kept.find("T1", "")
    assert one
    assert (one["token"], one["refresh"], one["expires_at"]) == (None, None, None)
    assert (one["revoked_at"], one["why"]) == (NOON + HOUR, "uninstalled")


async def test_the_late_end_of_a_former_installation_does_not_end_the_new_one(kept: Installations) -> None:
    await kept.save(acme(at=NOON))
    await kept.save(acme(token="new", at=NOON + HOUR))

    await kept.revoke("T1", "uninstalled", NOON + HOUR / 2)

    assert token_of(await kept.find("T1", "")) == "new"


async def test_what_is_deleted_is_forgotten(kept: Installations) -> None:
    await kept.save(acme())
    await kept.save(acme(team="T2"))

    await kept.delete("T1")

    assert [one["team"] for one in await kept.all()] == ["T2"]


async def test_platforms_do_not_see_each_others(kept: Installations, database: Sqlite) -> None:
    other = Installations(database.url, SECRET, platform="other")
    await kept.save(acme())
    await other.save(acme(token="of the other"))

    await other.revoke("T1", "gone", NOON)

    assert token_of(await kept.find("T1", "")) == TOKEN
    await other.close()


async def test_one_of_many_processes_may_renew(kept: Installations, database: Sqlite) -> None:
    others = [Installations(database.url, SECRET) for _ in range(4)]
    await kept.save(acme())
    one = acme()

    may = await asyncio.gather(*(each.claim(one, NOON) for each in (kept, *others) for _ in range(3)))

    assert may.count(True) == 1
    await asyncio.gather(*(each.close() for each in others))


async def test_who_dies_while_renewing_holds_nobody_up_for_long(kept: Installations) -> None:
    await kept.save(acme())
    assert await kept.claim(acme(), NOON)

    assert not await kept.claim(acme(), NOON + LEASE - timedelta(seconds=1))
    assert await kept.claim(acme(), NOON + LEASE)


async def test_what_is_renewed_counts_once(kept: Installations) -> None:
    await kept.save(acme())
    assert await kept.claim(acme(), NOON)

    assert await kept.renew(acme(), SecretStr("second"), SecretStr("r2"), NOON + 24 * HOUR)
    assert not await kept.renew(acme(), SecretStr("late"), SecretStr("r3"), NOON + 36 * HOUR)

    one = await kept.find("T1", "")
    assert one
    assert (token_of(one), one["expires_at"], one["version"]) == ("second", NOON + 24 * HOUR, 2)
    assert not await kept.claim(acme(), NOON + HOUR), "of an older version"
    assert await kept.claim(one, NOON), "the former claim ended with the renewal"


@pytest.mark.parametrize("again", [True, False])
async def test_what_was_renewed_for_an_installation_that_ended_is_dropped(kept: Installations, again: bool) -> None:
    await kept.save(acme())
    await (kept.save(acme(token="anew")) if again else kept.revoke("T1", "gone", NOON))

    assert not await kept.renew(acme(), SecretStr("late"), SecretStr("r2"), NOON + 24 * HOUR)

    assert token_of(await kept.find("T1", "")) == ("anew" if again else None)


async def test_no_token_stands_in_the_files_or_is_printed(
    kept: Installations, database: Sqlite, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await kept.save(acme())
    state = await kept.begin("browser-of-somebody", NOON)
    await kept.renew(acme(), SecretStr(TOKEN + "2"), SecretStr(REFRESH + "2"), NOON + 24 * HOUR)
    printed = repr(await kept.all()) + repr(kept) + str(vars(kept)) + caplog.text

    files = [*database.file.parent.glob(f"{database.file.name}*")]
    written = b"".join(file.read_bytes() for file in files)

    assert b"Acme" in written, "this looks at the right files"
    assert state
    for secret in (TOKEN, REFRESH, SECRET, "browser-of-somebody", state):
        assert secret.encode() not in written
        assert secret not in printed


async def test_another_secret_is_a_sentence_and_no_traceback(
    kept: Installations, database: Sqlite, caplog: pytest.LogCaptureFixture
) -> None:
    await kept.save(acme())
    changed = Installations(database.url, "another secret altogether")

    one = await changed.find("T1", "")

    assert one
    assert (one["token"], one["refresh"], one["why"]) == (None, None, CHANGED)
    assert caplog.messages == [f"slack:T1: {CHANGED}"]
    assert all(record.exc_info is None for record in caplog.records)
    assert token_of(await kept.find("T1", "")) == TOKEN, "with the former secret it is there again"
    await changed.close()


async def test_a_former_secret_still_reads_and_a_new_one_writes(kept: Installations, database: Sqlite) -> None:
    await kept.save(acme())
    both = Installations(database.url, "the new one", SECRET)
    assert token_of(await both.find("T1", "")) == TOKEN

    await both.save(acme(token="written now"))

    assert token_of(await kept.find("T1", "")) is None
    await both.close()


async def test_a_token_moved_to_another_row_is_none(kept: Installations, database: Sqlite) -> None:
    await kept.save(acme())
    await kept.save(acme(team="T2", token="of another"))
    engine = create_engine(database.url)
    with engine.begin() as db:
        stolen = db.execute(INSTALLATION.select().where(INSTALLATION.c.tenant == "T1")).one()
        db.execute(update(INSTALLATION).where(INSTALLATION.c.tenant == "T2").values(token=stolen.token))
    engine.dispose()

    assert token_of(await kept.find("T2", "")) is None


async def test_a_state_is_good_once_for_the_browser_that_it_was_made_for(kept: Installations) -> None:
    state = await kept.begin("mine", NOON) or ""

    assert len(state) == 43
    assert await kept.consume(state, "mine", NOON + HOUR / 60)
    assert not await kept.consume(state, "mine", NOON + HOUR / 60)


@pytest.mark.parametrize(
    ("browser", "after"), [("other", timedelta()), ("", timedelta()), ("mine", STATE_LASTS), ("mine", HOUR)]
)
async def test_a_state_is_used_up_by_the_wrong_browser_and_by_time(
    kept: Installations, browser: str, after: timedelta
) -> None:
    state = await kept.begin("mine", NOON) or ""

    assert not await kept.consume(state, browser, NOON + after)
    assert not await kept.consume(state, "mine", NOON)


@pytest.mark.parametrize("state", ["", "forged", "x" * 43])
async def test_a_state_that_was_never_made_is_none(kept: Installations, state: str) -> None:
    await kept.begin("mine", NOON)

    assert not await kept.consume(state, "mine", NOON)


async def test_of_many_that_come_back_at_once_with_one_state_one_gets_in(kept: Installations) -> None:
    state = await kept.begin("mine", NOON) or ""

    let_in = await asyncio.gather(*(kept.consume(state, "mine", NOON) for _ in range(10)))

    assert let_in.count(True) == 1


async def test_states_do_not_pile_up(kept: Installations, database: Sqlite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage.installations, "MOST_STATES", 3)
    made = [await kept.begin(f"browser {n}", NOON) for n in range(4)]
    assert [bool(one) for one in made] == [True, True, True, False]

    assert await kept.begin("later", NOON + STATE_LASTS)

    engine = create_engine(database.url)
    with engine.begin() as db:
        assert db.execute(text("SELECT count(*) FROM oauth_state")).scalar() == 1
    engine.dispose()


def test_the_migrations_make_the_tables_that_the_code_has(tmp_path: Path, database: Sqlite) -> None:
    engine = create_engine(database.url)
    with engine.connect() as db:
        differences = compare_metadata(MigrationContext.configure(db), SQLModel.metadata)
    engine.dispose()

    ours = [one for one in differences if "installation" in repr(one) or "oauth_state" in repr(one)]
    assert ours == []
