"""How alembic reaches the database: by the URL handed over in code, never from a file."""

from alembic import context
from sqlalchemy import Connection, create_engine, event, text
from sqlmodel import SQLModel

import storage.tables  # noqa: F401 - tables register themselves with SQLModel.metadata

ONE_AT_A_TIME = 0x_C0_40_58  # the number of the lock that a process holds while it migrates


def byte_by_byte(connection: Connection) -> None:
    """Let PostgreSQL compare strings as SQLite and Python do: in the order of a language, ties would break otherwise.

    After every migration, so that none of those to come needs to think of it.
    """
    found = connection.execute(
        text(
            "SELECT table_name, column_name, udt_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND udt_name IN ('varchar', 'text')"
            " AND collation_name IS DISTINCT FROM 'C' ORDER BY table_name, column_name"
        )
    )
    quoted = connection.dialect.identifier_preparer.quote
    for row in found.all():
        if row.table_name in SQLModel.metadata.tables:
            table, column = quoted(row.table_name), quoted(row.column_name)
            connection.execute(text(f'ALTER TABLE {table} ALTER COLUMN {column} TYPE {row.udt_name} COLLATE "C"'))


engine = create_engine(context.config.attributes["url"])
if engine.dialect.name == "sqlite":
    # Python's sqlite3 would run each CREATE on its own: whoever dies in the middle leaves half a schema that no later
    # run can mend, and of two that start together the second falls over the tables of the first.
    event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
with engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True, transactional_ddl=True
    )
    with context.begin_transaction():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": ONE_AT_A_TIME})
        context.run_migrations()
        if engine.dialect.name == "postgresql":
            byte_by_byte(connection)
engine.dispose()
