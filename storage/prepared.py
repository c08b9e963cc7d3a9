"""Statements that SQLAlchemy compiles once and that then go to the driver as they are.

A vote is six statements, and SQLAlchemy takes ten times as long to hand one over as SQLite takes to answer it. So these
six are compiled by it and executed without it; everything else goes the usual way. What the driver raises is raised as
SQLAlchemy would raise it, for those who try again.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json
from sqlalchemy import (
    JSON,
    BindParameter,
    ColumnElement,
    Connection,
    Dialect,
    Insert,
    Select,
    String,
    bindparam,
    column,
    func,
    select,
)
from sqlalchemy.exc import DBAPIError

Convert = Callable[[Any], Any]
Given = str | Sequence[str]
ROWS = "rows"


@dataclass(frozen=True, slots=True)
class _Built:
    sql: str
    names: tuple[str, ...]  # of the parameters, in their order
    by_name: bool  # whether the driver wants them by their names
    converts: tuple[tuple[int | str, Convert], ...] = ()  # of what the driver gives or is given: where, and how
    row: Any = None  # makes a row of the values


class Asked:
    """A select. Each argument is a text, or texts of which any may match, at least one; no other types."""

    def __init__(self, build: Callable[..., Select[Any]]) -> None:
        """`build` is given a parameter for each text, and for texts a list of parameters."""
        self._build = build
        self._built: dict[tuple[str, tuple[int, ...]], _Built] = {}

    def __call__(self, db: Connection, *arguments: Given) -> list[Any]:
        """The rows, which have their columns as attributes."""
        values: list[str] = []
        sizes = []
        for one in arguments:
            if isinstance(one, str):
                values.append(one)
                sizes.append(0)
            else:
                # So that not every number of people is a statement of its own, the last is named several times.
                size = 1 << (len(one) - 1).bit_length()
                values += [*one, *[one[-1]] * (size - len(one))]
                sizes.append(size)
        shape = (db.dialect.name, tuple(sizes))
        built = self._built.get(shape) or self._compiled(shape, db.dialect)
        given = dict(zip(built.names, values, strict=True)) if built.by_name else values
        cursor = db.connection.cursor()
        try:
            cursor.execute(built.sql, given)
            rows = cursor.fetchall()
        except db.dialect.loaded_dbapi.Error as error:
            raise _raised(db, built.sql, error) from error
        finally:
            cursor.close()
        make = built.row._make
        if not built.converts:
            return [make(row) for row in rows]
        found = []
        for row in rows:
            cells = [*row]
            for place, convert in built.converts:
                cells[place] = convert(cells[place])  # type: ignore[index]
            found.append(make(cells))
        return found

    def _compiled(self, shape: tuple[str, tuple[int, ...]], dialect: Dialect) -> _Built:
        parameters: list[Any] = []
        names: list[str] = []
        for size in shape[1]:
            first = len(names)
            names += [f"p{number}" for number in range(first, first + max(1, size))]
            made: list[BindParameter[str]] = [bindparam(name, type_=String()) for name in names[first:]]
            parameters.append(made if size else made[0])
        statement = self._build(*parameters)
        columns: list[ColumnElement[Any]] = list(statement.selected_columns)
        compiled = statement.compile(dialect=dialect)
        # The driver may want them in the order of the text, which is that of the arguments only if `build` keeps it.
        if compiled.positiontup not in (None, names):
            raise TypeError(f"each argument must stand in the statement once, in its order: {compiled}")
        built = self._built[shape] = _Built(
            str(compiled),
            tuple(names),
            compiled.positiontup is None,
            tuple(
                (place, convert)
                for place, column in enumerate(columns)
                if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None))
            ),
            namedtuple("Row", [str(column.key) for column in columns]),  # noqa: PYI024 - its columns are known by now
        )
        return built


class Written:
    """An insert of rows that have all the same columns."""

    def __init__(self, build: Callable[[str], Insert], *columns: str) -> None:
        """`build` is given the name of the dialect."""
        self._build, self._columns = build, columns
        self._built: dict[str, _Built] = {}

    def __call__(self, db: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Insert these. Returns how many were written, so far as the driver says."""
        built = self._built.get(db.dialect.name) or self._compiled(db.dialect)
        cursor = db.connection.cursor()
        try:
            if built.by_name:
                cursor.execute(built.sql, {ROWS: to_json(rows).decode()})
            else:
                cursor.executemany(built.sql, [self._cells(built, row) for row in rows])
            return int(cursor.rowcount)
        except db.dialect.loaded_dbapi.Error as error:
            raise _raised(db, built.sql, error) from error
        finally:
            cursor.close()

    def _cells(self, built: _Built, row: Mapping[str, Any]) -> list[Any]:
        cells = {**row}
        for name, convert in built.converts:
            cells[str(name)] = convert(cells[str(name)])
        return [cells[name] for name in built.names]

    def _compiled(self, dialect: Dialect) -> _Built:
        statement = self._build(dialect.name)
        if dialect.name == "postgresql":
            built = _Built(str(self._of_json(statement).compile(dialect=dialect)), (ROWS,), by_name=True)
        else:
            compiled = statement.compile(dialect=dialect, column_keys=[*self._columns])
            converts = {
                name: convert
                for name in self._columns
                if (convert := compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            }
            names = tuple(compiled.positiontup or self._columns)
            built = _Built(str(compiled), names, by_name=False, converts=tuple(converts.items()))
        self._built[dialect.name] = built
        return built

    def _of_json(self, statement: Insert) -> Insert:
        """All rows as one parameter: the driver takes longer to hand over many than the server to write them."""
        columns = [column(name, statement.table.c[name].type) for name in self._columns]
        rows = func.json_to_recordset(bindparam(ROWS, type_=JSON())).table_valued(*columns)
        return statement.from_select([*self._columns], select(*rows.render_derived("given", with_types=True).c))


def in_a_pipeline(cursor: Any, sql: str, rows: Any) -> None:  # noqa: ANN401 - psycopg's own
    """Many rows to PostgreSQL. After a pipeline it does not count how long nothing is said until something is.

    Without this last word a process that is frozen there would hold its locks for ever.
    """
    cursor.executemany(sql, rows)
    cursor.connection.pgconn.exec_(b"")


def said(db: Connection, sql: str, *given: object) -> None:
    """Say this to the database; what it answers is of no interest."""
    cursor = db.connection.cursor()
    try:
        cursor.execute(sql, given)
    except db.dialect.loaded_dbapi.Error as error:
        raise _raised(db, sql, error) from error
    finally:
        cursor.close()


def _raised(db: Connection, sql: str, error: Exception) -> Exception:
    """As SQLAlchemy would raise it. A connection that was lost is not used again."""
    lost = db.dialect.is_disconnect(error, db.connection.dbapi_connection, None)  # type: ignore[arg-type]
    raised = DBAPIError.instance(
        sql, None, error, db.dialect.loaded_dbapi.Error,
        hide_parameters=True, connection_invalidated=lost, dialect=db.dialect,
    )  # fmt: skip
    if lost:
        db.invalidate(error)
    return raised
