"""How alembic reaches the database: by the URL handed over in code, never from a file."""

from alembic import context
from sqlalchemy import create_engine, event
from sqlmodel import SQLModel

import storage.tables  # noqa: F401 - tables register themselves with SQLModel.metadata

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
        context.run_migrations()
engine.dispose()
