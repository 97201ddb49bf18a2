"""Reads the trail for people: newest first, filtered, by pages that start after the last entry shown.

However large the trail, a page costs a bounded number of rows: one index, the narrowest for what is asked, leads through the
entries in the order of their ids, and what it cannot answer is looked for among a limited number of them. When these are
used up before the page is full, the page says how far it looked and goes on from there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, true, union_all
from sqlalchemy.orm import Session

from idp.audit.models import AuditEntry
from idp.core import ids

_E = AuditEntry
SCAN = 2000
_SKEW = timedelta(seconds=2)  # an id is made a moment before the time of its entry is read
_BY_ANOTHER = or_(_E.actor_id != _E.account_id, _E.account_id.is_(None))  # the condition of the index over actors
FREQUENT = frozenset(
    {
        "sign_in.succeeded", "session.started", "session.ended", "session.renewed", "oidc.code_issued", "oidc.answered",
        "oidc.tokens_issued", "oidc.refreshed", "code.sent", "code.accepted",
    }
)  # fmt: skip
"""Acts of which there are more than of most sites: beside one of these the site is the narrower index."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; an empty member asks nothing. `act` may be a whole act or its first word."""

    act: str = ""
    outcome: str = ""
    actor_id: str = ""
    account_id: str = ""
    client_id: str = ""
    trace_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, newest first. `older` is the id to go on before, None at the end of the trail.

    `is_cut` says that the search stopped before the page was full, to stay quick; there may be more before `older`.
    """

    entries: list[AuditEntry]
    older: str | None = None
    is_cut: bool = False


def page(db: Session, wanted: Wanted, *, before: str = "", size: int = 50, scan: int = SCAN) -> Page:
    """Up to `size` entries older than the id `before`. At most three statements."""
    leading, rest = _plan(db, wanted)
    if not leading:
        return Page([])
    return _looked(db, leading, rest, wanted, before, size, scan)


def by_operators(db: Session, operators: Select[Any], *, before: str = "", size: int = 50) -> Page:
    """What these operators (a query of their ids) did, newest first. At most three statements.

    A page holds nothing of an operator whose last act is older than those of as many others as it has rows.
    """
    bounds = [_E.actor_kind == "operator", *_bounds(Wanted(), before)]
    one = operators.subquery()
    own = select(_E.id).where(_E.actor_id == one.c.id, _BY_ANOTHER, *bounds).correlate(one)
    last = (
        own.order_by(_E.id.desc()).limit(1).scalar_subquery().label("last")
    )  # one step; max() reads all that they did
    acted = select(one.c.id, last).subquery()
    latest = select(acted.c.id).where(acted.c.last.is_not(None)).order_by(acted.c.last.desc()).limit(size + 1)
    leading = [and_(_E.actor_id == each, _BY_ANOTHER) for each in db.scalars(latest)]
    return _looked(db, leading, [_E.actor_kind == "operator"], Wanted(), before, size, SCAN) if leading else Page([])


def acts(db: Session, word: str = "") -> list[str]:
    """The acts that are in the trail, or those of one first word; one step in the index for each of them."""
    first, behind = (f"{word}.", f"{word}/") if word else ("", "\U0010ffff")
    least = select(func.min(_E.act).label("act")).where(_E.act > first, _E.act < behind)
    known = least.cte("known", recursive=True)
    following = select(func.min(_E.act)).where(_E.act > known.c.act, _E.act < behind).correlate(known).scalar_subquery()
    known = known.union_all(select(following.label("act")).where(known.c.act.is_not(None)))
    return list(db.scalars(select(known.c.act).where(known.c.act.is_not(None))))


def _looked(
    db: Session,
    leading: Sequence[ColumnElement[bool]],
    rest: Sequence[ColumnElement[bool]],
    wanted: Wanted,
    before: str,
    size: int,
    scan: int,
) -> Page:
    each = max(size + 1, scan // len(leading)) if rest else size + 1
    found = db.execute(union_all(*_windows(leading, rest, _bounds(wanted, before), each))).all()
    horizon = _horizon([[row.id for row in found if row.lead == lead] for lead in range(len(leading))], each)
    fitting = sorted((row.id for row in found if row.fits and row.id >= horizon), reverse=True)
    entries = _entries(db, fitting[:size])
    if len(fitting) > size:
        return Page(entries, older=fitting[size - 1])
    return Page(entries, older=horizon or None, is_cut=bool(horizon))


def _plan(db: Session, wanted: Wanted) -> tuple[list[ColumnElement[bool]], list[ColumnElement[bool]]]:
    """What leads, each condition the beginning of an index, and what is asked of the entries on the way."""
    asked = {
        name: getattr(_E, name) == getattr(wanted, name)
        for name in ("trace_id", "account_id", "actor_id", "client_id", "outcome")
        if getattr(wanted, name)
    }
    if wanted.act:
        asked["act"] = _of_act(wanted.act)
    if (name := _leader(asked, wanted)) is None:
        return [true()], list(asked.values())
    rest = [condition for each, condition in asked.items() if each != name]
    if name == "actor_id":
        own = and_(_E.account_id == wanted.actor_id, _E.actor_id == wanted.actor_id)
        return [and_(_E.actor_id == wanted.actor_id, _BY_ANOTHER), own], rest
    if name == "act" and "." not in wanted.act:
        return [_E.act == act for act in acts(db, wanted.act)], rest
    return [asked[name]], rest


def _leader(asked: dict[str, ColumnElement[bool]], wanted: Wanted) -> str | None:
    is_rare = "act" in asked and wanted.act not in FREQUENT and "." in wanted.act
    order = ("trace_id", "account_id", "actor_id", *(("act", "client_id") if is_rare else ("client_id", "act")))
    return next((name for name in order if name in asked), None)


def _of_act(act: str) -> ColumnElement[bool]:
    return _E.act == act if "." in act else and_(_E.act > f"{act}.", _E.act < f"{act}/")


def _bounds(wanted: Wanted, before: str) -> list[ColumnElement[bool]]:
    """Ids are in the order of time: a period is a span of ids, and exact by the time itself."""
    bounds: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        bounds += [_E.id >= ids.first_at(wanted.since - _SKEW), _E.at >= wanted.since]
    if wanted.until is not None:
        bounds += [_E.id < ids.first_at(wanted.until + _SKEW), _E.at < wanted.until]
    if before:
        bounds.append(_E.id < before)
    return bounds


def _windows(
    leading: Sequence[ColumnElement[bool]],
    rest: Sequence[ColumnElement[bool]],
    bounds: Sequence[ColumnElement[bool]],
    size: int,
) -> Iterator[Any]:
    for place, condition in enumerate(leading):
        fits = and_(*rest).label("fits") if rest else literal(True).label("fits")
        window = select(_E.id, fits, literal(place).label("lead")).where(condition, *bounds)
        yield select(window.order_by(_E.id.desc()).limit(size).subquery())


def _horizon(windows: Sequence[Sequence[str]], size: int) -> str:
    """The id down to which every window was looked through; empty when all of them came to their end."""
    return max((min(window) for window in windows if len(window) == size), default="")


def _entries(db: Session, wanted: Sequence[str]) -> list[AuditEntry]:
    if not wanted:
        return []
    return list(db.scalars(select(_E).where(_E.id.in_(wanted)).order_by(_E.id.desc())))
