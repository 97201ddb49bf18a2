"""The identity level of an account: derived, whenever asked, from evidence that has not expired.

| source                    | proves                       | IAL | holds for |
|---------------------------|------------------------------|-----|-----------|
| police population registry| name and number agree        | 1   | 2 years   |
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Label, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from idp.db.prepared import Prepared, RawTransaction
from idp.realname.models import Evidence

VERIFIED = "verified"
HOLDS = {"population": timedelta(days=730)}


def _level(account: Any) -> Select[int]:
    return select(func.coalesce(func.max(Evidence.ial), 0).label("ial")).where(
        Evidence.account_id == account,
        Evidence.verdict == VERIFIED,
        or_(Evidence.expires_at.is_(None), Evidence.expires_at > bindparam("now")),
    )


_ial = Prepared(_level(bindparam("account")))


def ial_by(account: Any) -> Label[int]:
    """The level as a column `ial` of another statement, by its column that names the account; it needs `now`."""
    return _level(account).scalar_subquery().label("ial")


def ial_of(db: RawTransaction | Session, account_id: str, now: datetime) -> int:
    """The identity assurance level, 0 to 3."""
    row = _ial.first(db, account=account_id, now=now)
    return int(row.ial) if row is not None else 0
