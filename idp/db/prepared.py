"""Statements compiled once and run on the raw driver: the hot path's way to SQL, written in SQLAlchemy Core.

A Core execution costs three to five times the driver's own (docs/performance.md); compiling once keeps the statement
portable and typed by the models while each run pays only the driver. Every value is a named parameter; a list (`IN`) has no fixed text and cannot be prepared.
"""

from collections import namedtuple
from collections.abc import Callable
from operator import itemgetter
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Dialect
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import Executable

Row = Any
"""One result row: a named tuple with the statement's column keys as fields."""


class RawTransaction(Protocol):
    """Something that can run a compiled statement inside the transaction in hand."""

    dialect: Dialect

    def execute_raw(self, sql: str, parameters: Any) -> Any: ...


class _Compiled(NamedTuple):
    sql: str
    parameters: Callable[[dict[str, Any]], Any]
    make_row: Callable[..., Row] | None
    processors: tuple[tuple[int, Callable[[Any], Any]], ...]


class Prepared:
    """A Core statement whose literals are `bindparam`s; call it with a transaction (or ORM session) and the values."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def __call__(self, db: "RawTransaction | Session", **values: Any) -> list[Row]:
        """Run it; the rows of a query or RETURNING clause, else an empty list."""
        if isinstance(db, Session):
            db = _SessionTransaction(db)
        compiled = self._compiled.get(db.dialect.name) or self._compile(db.dialect)
        cursor = db.execute_raw(compiled.sql, compiled.parameters(values))
        if compiled.make_row is None:
            cursor.close()
            return []
        rows = cursor.fetchall()
        cursor.close()
        if not compiled.processors:
            return [compiled.make_row(*row) for row in rows]
        return [compiled.make_row(*_processed(row, compiled.processors)) for row in rows]

    def first(self, db: "RawTransaction | Session", **values: Any) -> Row | None:
        rows = self(db, **values)
        return rows[0] if rows else None

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled = self._statement.compile(dialect=dialect)  # type: ignore[attr-defined]
        binds = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
        defaults = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        columns = list(getattr(self._statement, "exported_columns", ()))
        processors = ((i, c.type.dialect_impl(dialect).result_processor(dialect, None)) for i, c in enumerate(columns))
        made = _Compiled(
            str(compiled),
            _binder(binds, defaults, compiled.positiontup if compiled.positional else None),
            _row_type([c.key for c in columns]) if columns else None,
            tuple((i, p) for i, p in processors if p is not None),
        )
        self._compiled[dialect.name] = made
        return made


class _SessionTransaction:
    """Runs raw statements on the connection, and so in the transaction, of an ORM session."""

    def __init__(self, session: Session) -> None:
        connection = session.connection()
        self.dialect = connection.dialect
        self._driver = connection.connection.driver_connection

    def execute_raw(self, sql: str, parameters: Any) -> Any:
        cursor = self._driver.cursor()  # type: ignore[union-attr]
        cursor.execute(sql, parameters)
        return cursor


def _binder(
    binds: dict[str, Callable[[Any], Any] | None], defaults: dict[str, Any], order: list[str] | None
) -> Callable[[dict[str, Any]], Any]:
    converted = [(name, process) for name, process in binds.items() if process is not None]
    pick = itemgetter(*order) if order and len(order) > 1 else None

    def bind(values: dict[str, Any]) -> Any:
        complete = {**defaults, **values} if defaults else dict(values)
        for name, process in converted:
            complete[name] = process(complete[name])
        if order is None:
            return complete
        return pick(complete) if pick is not None else tuple(complete[name] for name in order)

    return bind


def _row_type(names: list[str]) -> Callable[..., Row]:
    return namedtuple("Row", names)  # noqa: PYI024 - the names are known at run time only


def _processed(row: Any, processors: tuple[tuple[int, Callable[[Any], Any]], ...]) -> list[Any]:
    values = list(row)
    for index, process in processors:
        values[index] = process(values[index])
    return values
