"""How the database finds what is to be delivered: a vote in one poll must not make it read a thousand others."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, insert, text

from dialogs.base import Note, Show
from storage.sql import SqlStore
from storage.tables import POST
from tests.storage.contract import NOON, World, board, take_due

OTHERS = 3000


async def test_what_is_due_is_found_among_thousands_of_messages_without_reading_them(world: World) -> None:
    host, _, poll = await board(world)
    await world.deliver()
    assert isinstance(world.store, SqlStore)
    store, asked = world.store, list[tuple[str, Any]]()
    shown = {"tenant": "acme", "slot": "board", "shown": 1, "begun": NOON, "due": None, "state": "shown"}
    with store._write.begin() as db:
        others = [{"id": f"o{n}", "dialog": f"o{n}", "target": "web:s", "ref": "web:", **shown} for n in range(OTHERS)]
        db.execute(insert(POST), others)
        db.execute(text("ANALYZE"))
    await world.does(host, poll, Note("vote", host, "a"), Show("board"))

    def ask(_: object, __: object, statement: str, parameters: object, *___: object) -> None:
        asked.append((statement, parameters))

    event.listen(store._write, "before_cursor_execute", ask)
    (post,) = await take_due(store, world.now)
    await world.shown(post, "owner", "web:")
    event.remove(store._write, "before_cursor_execute", ask)

    how = "EXPLAIN QUERY PLAN " if store._write.dialect.name == "sqlite" else "EXPLAIN "
    plans = list[str]()
    with store._write.begin() as db:
        for statement, parameters in asked:
            if "post" in statement and not statement.startswith("BEGIN"):
                plans += [str(row[-1]) for row in db.exec_driver_sql(how + statement, parameters)]
    touching = [line for line in plans if "post" in line]
    assert touching
    assert [line for line in touching if "SCAN post" in line or "Seq Scan on post" in line] == []
