"""How surely somebody is known to be the legal representative: derived, whenever asked, from what was shown.

| the role is known by                                   | and the person by                       | IAL |
|--------------------------------------------------------|-----------------------------------------|-----|
| the register: it names the same legal representative   | name and number (namesakes are possible) | 1   |
| the register, which compared the person's number too   | their own face, and a counter, both unexpired | 3 |
| the electronic licence, held by this person's number   | any unexpired evidence                  | 3   |

There is no 2: face and counter say who somebody is, not which of two people of that name the register means. Whoever acts by
mandate acts as surely as the legal representative is known from whom the mandate comes.
"""

from typing import Any

from sqlalchemy import ColumnElement, Integer, Label, and_, bindparam, case, exists, literal_column, or_

from idp.mandates.models import Mandate, Representation
from idp.realname.levels import VERIFIED
from idp.realname.models import Evidence, Person
from idp.realname.ports import AssuranceLevel, CheckMethod

HIGH, BASIC = 3, 1


def ial_of(represents: type[Representation] | Any) -> Label[int]:
    """The level of a live representation, as a column `ial` of a statement; it needs `now`."""
    of_register, high = literal_column(str(BASIC), Integer), literal_column(str(HIGH), Integer)
    return case(
        (represents.licence_until > bindparam("now"), high),
        (
            and_(
                represents.by_number.is_(True),
                _shown(represents, CheckMethod.BIOMETRIC_REMOTE),
                _shown(represents, CheckMethod.PRESENT),
            ),
            high,
        ),
        else_=of_register,
    ).label("ial")


def is_proven(account: Any) -> ColumnElement[bool]:
    """Whether the account stands for a known person by evidence that has not expired; it needs `now`."""
    return exists().where(Evidence.account_id == account, Evidence.ial >= AssuranceLevel.ON_RECORD, *_counts())


def in_force(mandate: type[Mandate] | Any) -> ColumnElement[bool]:
    """Whether a mandate was accepted, has begun and has not ended, by itself; it needs `now`."""
    return and_(
        mandate.accepted_at.is_not(None),
        mandate.ended_at.is_(None),
        mandate.starts_at <= bindparam("now"),
        or_(mandate.ends_at.is_(None), mandate.ends_at > bindparam("now")),
    )


def _shown(represents: Any, method: CheckMethod) -> ColumnElement[bool]:
    return exists().where(
        Evidence.account_id == represents.account_id,
        Evidence.check_method == method.value,
        Evidence.ial > 0,
        *_counts(),
    )


def _counts() -> tuple[ColumnElement[bool], ...]:
    """Of the account's own person, and not expired: as `idp.realname.levels` counts it."""
    return (
        Person.account_id == Evidence.account_id,
        Person.document_index == Evidence.document_index,
        Evidence.verdict == VERIFIED,
        or_(Evidence.expires_at.is_(None), Evidence.expires_at > bindparam("now")),
    )
