"""The identity level of an account: derived, whenever asked, from evidence of its person that has not expired.

A source declares what it proves, and for how long that counts (`Capability`); which sources there are is configuration.

| evidence                                              | check method | IAL | holds for |
|-------------------------------------------------------|--------------|-----|-----------|
| a reachable phone                                     | sms          | 0   | always    |
| name and number agree with a register                 | data         | 1   | 2 years   |
| a live face agrees: a scan by Alipay or WeChat        | bvr          | 2   | 2 years   |
| a live photo agrees with the register's picture       | bvr          | 2   | 1 year    |
| a card seen at a counter by one officer and another   | pvp          | 3   | 5 years   |
| a new document's picture, looked at by a reviewer     | vri          | what it was, 2 at most | as it did |
| another centre vouches, never above its ceiling       | auth         | 0–3 | 1 year    |
| an account at Alipay or WeChat is linked              | auth         | 0   | –         |
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Label, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from idp.db.prepared import Prepared, RawTransaction
from idp.realname.models import Evidence, Person

ASKED, STARTED = "asked", "started"
"""Verdicts of what is under way: at a register, and on a phone."""
VERIFIED, REFUTED, ABANDONED, UNAVAILABLE = "verified", "refuted", "abandoned", "unavailable"


# Under a name of its own: the statement around may be one over persons, whose column names the account.
_Holder = aliased(Person)


def highest() -> Label[int]:
    """The best level among evidence, 0 without any."""
    return func.coalesce(func.max(Evidence.ial), 0).label("ial")


def counting(chosen: Any, account: Any, now: Any) -> Select[Any]:
    """What is chosen of the account's evidence that counts then."""
    return (
        select(chosen)
        .join(
            _Holder,
            and_(_Holder.account_id == Evidence.account_id, _Holder.document_index == Evidence.document_index),
        )
        .where(
            Evidence.account_id == account,
            Evidence.verdict == VERIFIED,
            or_(Evidence.expires_at.is_(None), Evidence.expires_at > now),
        )
    )


def _level(account: Any) -> Select[Any]:
    return counting(highest(), account, bindparam("now"))


_ial = Prepared(_level(bindparam("account")))


def ial_by(account: Any) -> Label[int]:
    """The level as a column `ial` of another statement, by its column that names the account; it needs `now`."""
    return _level(account).scalar_subquery().label("ial")


def ial_of(db: RawTransaction | Session, account_id: str, now: datetime) -> int:
    """The identity assurance level, 0 to 3."""
    row = _ial.first(db, account=account_id, now=now)
    return int(row.ial) if row is not None else 0
