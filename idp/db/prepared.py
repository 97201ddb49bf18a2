"""Statements compiled once and run on the raw driver: the hot path's way to SQL, written in SQLAlchemy Core.

A Core execution costs three to five times the driver's own (docs/performance.md); compiling once keeps the statement
portable and typed by the models while each run pays only the driver. Every value is a named parameter; a list (`IN`)
has no fixed text and cannot be prepared.
"""

import re
from collections import namedtuple
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Dialect
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import Executable

Row = Any
"""One result row: a named tuple with the statement's column keys as fields."""

_NAMED = re.compile(r"%\((\w+)\)s")


class RawTransaction(Protocol):
    """Something that can run a compiled statement inside the transaction in hand."""

    dialect: Dialect

    def run(self, statement: "Compiled", values: dict[str, Any]) -> Sequence[Sequence[Any]]: ...

    def ask(self, statement: "Compiled", values: dict[str, Any]) -> Callable[[], Sequence[Sequence[Any]]]: ...


class Compiled(NamedTuple):
    """A statement in one dialect: for the driver's cursor, and numbered (`$1`) for the wire where there is one."""

    sql: str
    parameters: Callable[[dict[str, Any]], Any]
    wire_sql: bytes
    wire_parameters: Callable[[dict[str, Any]], Any]
    make_row: Callable[..., Row] | None
    processors: tuple[tuple[int, Callable[[Any], Any]], ...]

    def rows(self, raw: Sequence[Sequence[Any]]) -> list[Row]:
        """What the driver gave as named rows of the models' types."""
        make_row = self.make_row
        if make_row is None:
            return []
        if not self.processors:
            return [make_row(*row) for row in raw]
        return [make_row(*_processed(row, self.processors)) for row in raw]


class Prepared:
    """A Core statement whose literals are `bindparam`s; call it with a transaction (or ORM session) and the values."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, Compiled] = {}

    def __call__(self, db: "RawTransaction | Session", **values: Any) -> list[Row]:
        """Run it; the rows of a query or RETURNING clause, else an empty list."""
        if isinstance(db, Session):
            db = _SessionTransaction(db)
        compiled = self._compiled.get(db.dialect.name) or self._compile(db.dialect)
        return compiled.rows(db.run(compiled, values))

    def first(self, db: "RawTransaction | Session", **values: Any) -> Row | None:
        rows = self(db, **values)
        return rows[0] if rows else None

    def ask(self, db: RawTransaction, **values: Any) -> Callable[[], list[Row]]:
        """Ask now, read later: where the wire allows it, the question travels with the next one. Call the result."""
        compiled = self._compiled.get(db.dialect.name) or self._compile(db.dialect)
        answer = db.ask(compiled, values)
        return lambda: compiled.rows(answer())

    def _compile(self, dialect: Dialect) -> Compiled:
        compiled = self._statement.compile(dialect=dialect)  # type: ignore[attr-defined]
        binds = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()}
        defaults = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        columns = list(getattr(self._statement, "exported_columns", ()))
        processors = ((i, c.type.dialect_impl(dialect).result_processor(dialect, None)) for i, c in enumerate(columns))
        wire_sql, order = _numbered(str(compiled))
        made = Compiled(
            str(compiled),
            _binder(binds, defaults, compiled.positiontup if compiled.positional else None),
            wire_sql,
            _binder(binds, defaults, order),
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

    def run(self, statement: Compiled, values: dict[str, Any]) -> Sequence[Sequence[Any]]:
        cursor = self._driver.cursor()  # type: ignore[union-attr]
        cursor.execute(statement.sql, statement.parameters(values))
        rows: Sequence[Sequence[Any]] = cursor.fetchall() if statement.make_row is not None else ()
        cursor.close()
        return rows

    def ask(self, statement: Compiled, values: dict[str, Any]) -> Callable[[], Sequence[Sequence[Any]]]:
        rows = self.run(statement, values)
        return lambda: rows


def _numbered(sql: str) -> tuple[bytes, list[str]]:
    """`%(name)s` as `$1`, and the names in order; a name that comes twice keeps its number."""
    numbers: dict[str, int] = {}
    numbered = _NAMED.sub(lambda found: f"${numbers.setdefault(found[1], len(numbers) + 1)}", sql)
    return numbered.replace("%%", "%").encode(), list(numbers)


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
