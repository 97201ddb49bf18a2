"""The verifications that count now: of an account's person, and of the organisation that the person acts for."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, bindparam, or_, select

from idp.core.identifiers import DocumentKind
from idp.db.prepared import Prepared, RawTransaction
from idp.mandates.acting import Principal
from idp.mandates.models import REVIEWED, Organisation
from idp.oidc.verified import framework
from idp.oidc.verified.framework import Proof
from idp.realname import levels
from idp.realname.models import Evidence, Person
from idp.realname.ports import CheckMethod

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

_register = Prepared(
    select(Organisation.id, Organisation.source, Organisation.request_number, Organisation.checked_at).where(
        Organisation.id == bindparam("wanted")
    )
)


def ask(db: RawTransaction, account_id: str, now: datetime) -> Callable[[], tuple[Proof, ...]]:
    """Asked together with the question that comes next."""
    rows = _counting.ask(db, account=account_id, now=now)
    return lambda: tuple(map(_proof, rows()))


def of_account(db: RawTransaction, account_id: str, now: datetime) -> tuple[Proof, ...]:
    return ask(db, account_id, now)()


def of_organisation(db: RawTransaction, principal: Principal) -> tuple[Proof, ...]:
    """What its register said of the organisation, as surely as its legal representative is known.

    Papers that people looked at are no register's word: nothing of them is vouched for.
    """
    row = _register.first(db, wanted=principal.organisation_id)
    if row is None or principal.ial == 0 or row.source == REVIEWED:
        return ()
    return (
        Proof(
            row.id, principal.ial, row.checked_at, row.source, framework.RECORD, CheckMethod.DATA.value,
            framework.BUSINESS_REGISTER, row.request_number,
        ),
    )  # fmt: skip


def _proof(row: Any) -> Proof:
    record = framework.record_of(row.evidence_type, row.check_method, row.document_kind)
    is_chinese = row.document_kind != DocumentKind.FOREIGN_PASSPORT
    return Proof(
        row.id, row.ial, row.at, row.source, row.evidence_type, row.check_method, record, row.request_number, is_chinese
    )
