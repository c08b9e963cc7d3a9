"""The page about privacy is true: what it says is stored is, and no table holds what it does not tell of."""

import asyncio
from pathlib import Path

from sqlalchemy import create_engine, select
from sqlmodel import SQLModel

from bot.app import App
from dialogs.base import Commanded, Pressed, Said
from storage import tables
from tests.storage.contract import NOON

PAGE = " ".join((Path(__file__).parent.parent.parent / "docs" / "administrators" / "privacy.md").read_text().split())

# Each table, and the words of the page that tell of it; None: it holds nothing of anybody.
TOLD = {
    "activity": "joined, left, wrote, reacted: per person and minute",
    "address": "the address at Microsoft by which somebody or a chat is written to",
    "dialog": "what facilitators write: questions, choices, titles, plans",
    "heard": "the id of each event and, where it is a plain sentence, what was answered to it",
    "identity": "| ids | people, channels, chats, messages, workspaces, organisations |",
    "installation": "who installed the app, and its tokens, encrypted",
    "mark": None,  # a message that is to be drawn
    "note": "**votes, ticks, answers to forms and surveys, free text in surveys too**: the newest value",
    "oauth_state": None,  # hashes
    "person": "| name | everybody who is known |",
    "place": None,  # not read any more
    "post": "which message went to whom or into which place, when, and why one could not",
    "session_place": None,  # which session is in which channel
    "show": None,  # what a dialog shows to a role
    "tenant": "workspaces, organisations",
    "timer": None,
    "took_part": "no anonymous polls",  # for which it is
    "turn": "whose turn was used: called on, answered, passed, when",
}


def test_every_table_is_told_of() -> None:
    rows = [row for row in SQLModel.__subclasses__() if row.__module__ == tables.__name__]

    assert sorted(str(row.__tablename__) for row in rows) == sorted(TOLD)
    assert [words for words in TOLD.values() if words and words not in PAGE] == []


async def test_a_poll_without_a_session_stores_names_and_votes_and_writing_there_stores_nothing(app: App) -> None:
    place, tenant = "slack:C1", "local"
    asker, voter = [await app.store.admit(tenant, "slack", f"T/{name}", name) for name in ("Ann Ode", "Ben Lima")]
    typed = 'poll "Ready?" "Yes" "Not yet"'
    await app.engine.hear(Commanded(id="1", at=NOON, tenant=tenant, by=asker, place=place, text=typed))

    def stored() -> list[tuple[str, str, str]]:
        """Who gave which value to what."""
        note, person = tables.NOTE, tables.PERSON
        query = select(person.c.name, note.c.key, note.c.value).join(person, person.c.id == note.c.person)
        engine = create_engine(app.settings.database_url)
        with engine.connect() as db:
            found = [(row.name, row.key, row.value) for row in db.execute(query)]
        engine.dispose()
        return found

    def poll() -> str:
        engine = create_engine(app.settings.database_url)
        with engine.connect() as db:
            id_: str = db.execute(select(tables.DIALOG.c.id).where(tables.DIALOG.c.kind == "poll")).scalar_one()
        engine.dispose()
        return id_

    dialog = await asyncio.to_thread(poll)
    press = Pressed(id="2", at=NOON, tenant=tenant, by=voter, place=place, dialog=dialog, action="vote", value="b")
    await app.engine.hear(press)
    await app.engine.hear(Said(id="3", at=NOON, tenant=tenant, by=asker, place=place, words=5))

    assert await asyncio.to_thread(stored) == [("Ben Lima", "vote", "b")]
    assert "**also in a poll that belongs to no session**" in PAGE


def test_what_is_not_built_is_said() -> None:
    not_built = PAGE.partition("**Not built yet:**")[2]

    for words in ("no retention periods", "no erasing", "no revoking of one link", "no anonymous polls"):
        assert words in not_built
    assert "**Managers get a digest after the session, and learners are not told so.**" in PAGE
