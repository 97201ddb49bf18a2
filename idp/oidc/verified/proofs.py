"""The verifications of an account's person that count now, the strongest and newest first."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, bindparam, or_, select

from idp.db.prepared import Prepared, RawTransaction
from idp.oidc.verified.framework import Proof
from idp.realname import levels
from idp.realname.models import Evidence, Person

_MOST: Final = 50

# The same evidence from which the level is derived (`idp.realname.levels`).
_counting = Prepared(
    select(
        Evidence.id, Evidence.ial, Evidence.at, Evidence.source, Evidence.evidence_type, Evidence.check_method,
        Evidence.document_kind, Evidence.request_number,
    )
    .join(
        Person, and_(Person.account_id == Evidence.account_id, Person.document_index == Evidence.document_index)
    )
    .where(
        Evidence.account_id == bindparam("account"),
        Evidence.verdict == levels.VERIFIED,
        Evidence.ial > 0,
        or_(Evidence.expires_at.is_(None), Evidence.expires_at > bindparam("now")),
    )
    .order_by(Evidence.ial.desc(), Evidence.at.desc(), Evidence.id)
    .limit(_MOST)
)  # fmt: skip


def ask(db: RawTransaction, account_id: str, now: datetime) -> Callable[[], tuple[Proof, ...]]:
    """Asked together with the question that comes next."""
    rows = _counting.ask(db, account=account_id, now=now)
    return lambda: tuple(map(_proof, rows()))


def of_account(db: RawTransaction, account_id: str, now: datetime) -> tuple[Proof, ...]:
    return ask(db, account_id, now)()


def _proof(row: Any) -> Proof:
    return Proof(
        row.id, row.ial, row.at, row.source, row.evidence_type, row.check_method, row.document_kind, row.request_number
    )
