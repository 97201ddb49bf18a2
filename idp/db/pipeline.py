"""PostgreSQL on the hot path: prepared statements straight over libpq, several in one flush, each wait under our own deadline.

psycopg's cursors cost more than the statements they run, and a statement whose answer nobody needs yet costs a round
trip of its own. Here such statements wait for the next one that is needed, and `BEGIN` and `COMMIT` travel with them.
"""

import itertools
import select
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import orjson
import psycopg
from psycopg import errors, pq
from psycopg.types.json import Json

from idp.core import clock, deadline

PATIENCE_SECONDS = 5.0
"""How long we wait for an answer: a frozen server honours no timeout of its own."""


class Statement(NamedTuple):
    """SQL with `$1` parameters, and their values as text."""

    sql: bytes
    values: Sequence[bytes | None]


BEGIN, COMMIT, ROLLBACK = Statement(b"BEGIN", ()), Statement(b"COMMIT", ()), Statement(b"ROLLBACK", ())


class BoundedConnection(psycopg.Connection[Any]):
    """A psycopg connection that gives up on a server that does not answer, at the latest when the request in hand is over.

    `patience` None waits for ever.
    """

    patience: float | None = PATIENCE_SECONDS

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        limit = timeout or self.patience
        try:
            return super().wait(gen, interval=interval, timeout=deadline.allowed(limit) if limit else None)
        except errors._WaitTimeout as silence:
            self.pgconn.finish()  # it may answer later, to a question nobody asked then
            raise NoAnswer from silence

    @property
    def lane(self) -> "Lane":
        """The fast way over this connection."""
        if (lane := self.__dict__.get("_lane")) is None:
            lane = self.__dict__["_lane"] = Lane(self.pgconn)
        return lane


class NoAnswer(psycopg.OperationalError):
    """The server did not answer in time; the connection is closed."""

    def __init__(self) -> None:
        super().__init__("the database did not answer in time")


class Lane:
    """Runs batches of prepared statements on one connection; each batch is one round trip."""

    def __init__(self, pgconn: Any) -> None:
        self._pgconn = pgconn
        self._names: dict[bytes, bytes] = {}
        self._numbers = itertools.count(1)
        self._poll = select.poll()
        self._poll.register(pgconn.socket, select.POLLIN)

    @property
    def is_at_rest(self) -> bool:
        """Whether the connection is open, and no transaction on it."""
        return bool(self._pgconn.transaction_status == pq.TransactionStatus.IDLE)

    def run(self, batch: Sequence[Statement]) -> list[Any]:
        """The results, one a statement; the first error is raised after all were read."""
        try:
            answers, fresh = self._exchange(batch)
        except BaseException:
            self._pgconn.finish()  # half an exchange leaves a connection that would answer the wrong question
            raise
        for answer in answers:
            if answer.status == pq.ExecStatus.FATAL_ERROR:
                raise errors.error_from_result(answer)
        self._names.update(fresh)
        return answers[len(fresh) :]

    def _exchange(self, batch: Sequence[Statement]) -> tuple[list[Any], dict[bytes, bytes]]:
        """All answers, those of new preparations first, and the names of what was prepared."""
        self._until = clock.monotonic() + deadline.allowed(PATIENCE_SECONDS)
        pgconn, names = self._pgconn, self._names
        pgconn.enter_pipeline_mode()
        fresh: dict[bytes, bytes] = {}
        for sql, _ in batch:
            if sql not in names and sql not in fresh:
                fresh[sql] = b"idp_%d" % next(self._numbers)
                pgconn.send_prepare(fresh[sql], sql)
        for sql, values in batch:
            pgconn.send_query_prepared(names.get(sql) or fresh[sql], values)
        pgconn.pipeline_sync()
        self._flush()
        answers = [self._answer() for _ in range(len(fresh) + len(batch))]
        while (mark := self._next()) is None or mark.status != pq.ExecStatus.PIPELINE_SYNC:
            if mark is not None:  # what a commit at the end of the batch says
                answers.append(mark)
        pgconn.exit_pipeline_mode()
        return answers, fresh

    def _answer(self) -> Any:
        result = self._next()
        self._next()  # None closes the answer of one statement
        return result

    def _next(self) -> Any:
        pgconn = self._pgconn
        while pgconn.is_busy():
            self._wait()
            pgconn.consume_input()
        return pgconn.get_result()

    def _flush(self) -> None:
        while self._pgconn.flush():
            self._poll.modify(self._pgconn.socket, select.POLLIN | select.POLLOUT)
            try:
                self._wait()
            finally:
                self._poll.modify(self._pgconn.socket, select.POLLIN)
            self._pgconn.consume_input()

    def _wait(self) -> None:
        left = self._until - clock.monotonic()
        if left <= 0 or not self._poll.poll(left * 1000):
            self._pgconn.finish()
            raise NoAnswer


def dump(values: Sequence[Any]) -> list[bytes | None]:
    """Values as PostgreSQL reads them in text; the statement's own casts say what they are."""
    return [None if value is None else _DUMPERS.get(type(value), _dump_other)(value) for value in values]


def load(result: Any, sql: bytes) -> list[tuple[Any, ...]]:
    """The rows of a result of this statement as Python values."""
    if not result.ntuples:
        return []
    if (columns := _COLUMNS.get(sql)) is None:
        columns = _COLUMNS[sql] = [(index, _LOADERS[result.ftype(index)]) for index in range(result.nfields)]
    value = result.get_value
    return [
        tuple(None if (raw := value(row, index)) is None else read(raw) for index, read in columns)
        for row in range(result.ntuples)
    ]


def _dump_text(value: str) -> bytes:
    if "\x00" in value:  # libpq would end the text there
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    try:
        return value.encode()
    except UnicodeEncodeError as odd:
        raise psycopg.DataError("this text cannot be written in UTF-8") from odd


def _dump_other(value: Any) -> bytes:
    for kind, dumper in _DUMPERS.items():
        if isinstance(value, kind):
            return dumper(value)
    raise psycopg.ProgrammingError(f"a {type(value).__name__} cannot be a statement's parameter")


_DUMPERS: dict[type, Callable[[Any], bytes]] = {
    str: _dump_text,
    bool: lambda value: b"t" if value else b"f",
    int: lambda value: b"%d" % value,
    datetime: lambda value: value.isoformat().encode(),
    Json: lambda value: _dump_text(orjson.dumps(value.obj).decode()),
    date: lambda value: value.isoformat().encode(),
    float: lambda value: repr(value).encode(),
    Decimal: lambda value: str(value).encode(),
    bytes: lambda value: b"\\x" + value.hex().encode(),
}


_COLUMNS: dict[bytes, list[tuple[int, Callable[[bytes], Any]]]] = {}
"""How each column of a statement is read; the statements are few and their columns never change."""


def _load_time(raw: bytes) -> datetime:
    return datetime.fromisoformat(raw.decode())


_LOADERS: dict[int, Callable[[bytes], Any]] = {
    16: b"t".__eq__,
    17: lambda raw: bytes.fromhex(raw[2:].decode()),
    **dict.fromkeys((19, 25, 705, 1042, 1043), bytes.decode),
    **dict.fromkeys((20, 21, 23, 26), int),
    **dict.fromkeys((114, 3802), orjson.loads),
    **dict.fromkeys((700, 701), float),
    1082: lambda raw: date.fromisoformat(raw.decode()),
    **dict.fromkeys((1114, 1184), _load_time),
    1700: lambda raw: Decimal(raw.decode()),
}
