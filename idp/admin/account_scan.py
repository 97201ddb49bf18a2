"""The list of accounts within bounds: the narrowest index leads, and what it cannot answer is looked for among a limited number.

Counted up to a bound, a filter that few accounts meet (a state, a level, a division, a few days) leads and is looked through to
its end. When all are wide, the list is looked through in its own order, and says where it stopped.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, literal, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from idp.accounts.models import Account, AccountState
from idp.db import keyset
from idp.db.keyset import Slice
from idp.staff.reach import Reach

_Keys = tuple[InstrumentedAttribute[Any], ...]
BY_CREATION: Final[_Keys] = (Account.created_at, Account.id)
BY_SIGN_IN: Final[_Keys] = (Account.last_sign_in_at, Account.id)


def page(
    db: Session,
    wanted: Sequence[ColumnElement[bool]],
    *,
    reach: Reach,
    state: str = "",
    ial: int | None = None,
    region: str = "",
    created: Sequence[ColumnElement[bool]] = (),
    seen: Sequence[ColumnElement[bool]] = (),
    test_people: bool = False,
    after: str = "",
    scan: int = keyset.SCAN,
) -> Slice[Account]:
    """Accounts that meet all of `wanted`; the other arguments say what an index may lead by. At most four statements.

    The newest first; of those who signed in in a period, the last to sign in first.
    """
    if reach.clients is not None:  # named sites are no people
        return Slice([], None)
    keys = BY_SIGN_IN if seen else BY_CREATION
    leading = list(seen or created)
    if test_people:
        leading = [*leading, Account.is_synthetic == true()]
    else:
        ways = _ways(reach, state, ial, region)
        if seen and created:
            ways["created"] = and_(*created)
        if (narrow := _narrowest(db, ways, scan)) is not None:
            leading.append(narrow)
        elif not seen and (name := next((name for name in ("state", "county", "ial") if name in ways), None)):
            leading.append(ways[name])
    found = keyset.look(db, leading, wanted, keys, after=after, scan=scan)
    return Slice(_in_order(db, [row.id for row in found.rows]), found.next, found.is_cut)


def _ways(reach: Reach, state: str, ial: int | None, region: str) -> dict[str, ColumnElement[bool]]:
    """What is asked that an index begins with, the most telling first."""
    ways: dict[str, ColumnElement[bool]] = {}
    if state and state != AccountState.ACTIVE:
        ways["state"] = Account.state == state
    place = max(
        region, reach.region, key=lambda code: len(code.rstrip("0"))
    )  # the smaller of the two, where one holds the other
    if place and not place.endswith("00"):
        ways["county"] = Account.region == place
    elif place:
        ways["region"] = Reach(place).of_region(Account.region)
    if ial is not None:
        ways["ial"] = Account.listed_ial == ial
    return ways


def _narrowest(db: Session, ways: dict[str, ColumnElement[bool]], scan: int) -> ColumnElement[bool] | None:
    """The way that the fewest accounts go, when all of them can be looked at."""
    if not ways:
        return None
    few = {
        name: select(func.count()).select_from(
            select(literal(1)).select_from(Account).where(way).limit(scan).subquery()
        )
        for name, way in ways.items()
    }
    counts = db.execute(select(*(each.scalar_subquery().label(name) for name, each in few.items()))).one()._mapping
    best = min(ways, key=lambda name: int(counts[name]))
    return ways[best] if counts[best] < scan else None


def _in_order(db: Session, wanted: list[str]) -> list[Account]:
    if not wanted:
        return []
    rows = {row.id: row for row in db.scalars(select(Account).where(Account.id.in_(wanted)))}
    return [rows[each] for each in wanted]
