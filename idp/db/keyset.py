"""Lists by key, never by offset: a page starts after the last row of the one before, wherever that row is by then."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import orjson
from sqlalchemy import BigInteger, ColumnElement, Select, and_, literal, select, true, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.types import TypeEngine

R = TypeVar("R")
_LONGEST = 512
SCAN = 10_000


@dataclass(frozen=True, slots=True)
class Slice(Generic[R]):
    """One page: its rows, and where the next one starts (`next`, for the address), or None at the end.

    `is_cut` says that looking stopped before the page was full, to stay quick; there may be more from `next` on.
    """

    rows: list[R]
    next: str | None
    is_cut: bool = False


def page(
    db: Session,
    query: Select[Any],
    keys: Sequence[InstrumentedAttribute[Any]],
    *,
    after: str = "",
    size: int = 40,  # so that a full page of the console stays light
    is_newest_first: bool = True,
) -> Slice[Any]:
    """Up to `size` rows of the query in the order of `keys`, all of them falling or all of them rising.

    The keys together are unique and never NULL, and the rows carry them: entities, or rows that select them. `after` is
    the `next` of the page before; what cannot be read as one starts anew. One statement, whatever the page.
    """
    query = query.where(_behind(after, keys, is_newest_first))
    query = query.order_by(*(key.desc() if is_newest_first else key.asc() for key in keys)).limit(size + 1)
    found = db.execute(query).all()
    rows = [row[0] if len(row) == 1 else row for row in found]
    if len(rows) <= size:
        return Slice(rows, None)
    return Slice(rows[:size], _written([getattr(rows[size - 1], key.key) for key in keys]))


def look(
    db: Session,
    leading: Sequence[ColumnElement[bool]],
    rest: Sequence[ColumnElement[bool]],
    keys: Sequence[InstrumentedAttribute[Any]],
    *,
    after: str = "",
    size: int = 40,  # so that a full page of the console stays light
    scan: int = SCAN,
) -> Slice[Any]:
    """As `page`, the newest first, of a large table where no index answers `rest`; the rows are of `keys` alone.

    Of the rows that an index gives in this order (`leading`), `scan` are looked at. At most two statements.
    """
    window = select(*keys, and_(true(), *rest).label("fits")).where(*leading, _behind(after, keys, True))
    window = window.order_by(*(key.desc() for key in keys))
    seen = window.limit(scan).subquery()
    here = [seen.c[key.key] for key in keys]
    found = db.execute(select(*here).where(seen.c.fits).order_by(*(key.desc() for key in here)).limit(size + 1)).all()
    if len(found) > size:
        return Slice(list(found[:size]), _written(list(found[size - 1])))
    last = db.execute(
        window.with_only_columns(*keys).offset(scan - 1).limit(1)
    ).one_or_none()  # bounded: the window's end
    return Slice(list(found), _written(list(last)) if last is not None else None, is_cut=last is not None)


def _behind(after: str, keys: Sequence[InstrumentedAttribute[Any]], is_newest_first: bool) -> ColumnElement[bool]:
    """What comes after the last row shown; everything, when nothing was."""
    if (place := _place(after, keys)) is None:
        return true()
    here = tuple_(*keys)
    there = tuple_(*(literal(value, key.type) for value, key in zip(place, keys, strict=True)))
    return here < there if is_newest_first else here > there


def _written(values: list[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def _place(after: str, keys: Sequence[InstrumentedAttribute[Any]]) -> list[Any] | None:
    """The values of the keys at the last row shown; None for what was not made here."""
    if not after or len(after) > _LONGEST or not after.isascii():
        return None
    try:
        values = orjson.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        if not isinstance(values, list) or len(values) != len(keys):
            return None
        return [_typed(value, key.type) for value, key in zip(values, keys, strict=True)]
    except (ValueError, TypeError, OverflowError, binascii.Error):
        return None


def _typed(value: Any, column: TypeEngine[Any]) -> Any:
    """The value as the column could hold it; ValueError or OverflowError otherwise."""
    kind = column.python_type
    if kind is datetime:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise ValueError("a naive instant")
        return instant.astimezone(UTC)
    match value:
        case str() if kind is str and "\x00" not in value:
            return value
        case int() if kind is int and abs(value) < (2**63 if isinstance(column, BigInteger) else 2**31):
            return value
    raise ValueError("another kind of value")
