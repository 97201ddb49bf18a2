"""Every question about a person, for that person to see: who asked, when, why, over which source, and what came of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from idp.realname.models import Evidence, Person


@dataclass(frozen=True, slots=True)
class Asked:
    """One question. `is_mine` unless another account asked about my document."""

    id: str
    at: datetime
    source: str
    channel: str
    check_method: str
    purpose: str
    client_id: str | None
    verdict: str
    reason: str | None
    ial: int
    expires_at: datetime | None
    request_number: str | None
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Questions, the newest first; `older` is the key of the next page."""

    asked: tuple[Asked, ...]
    older: str | None


def page(db: Session, account_id: str, *, before: str | None = None, size: int = 20) -> Page:
    """What the account asked, and what anybody asked about the document of its person."""
    mine = select(Person.document_index).where(Person.account_id == account_id).scalar_subquery()
    wanted = select(Evidence).where(or_(Evidence.account_id == account_id, Evidence.document_index == mine))
    if before is not None:
        wanted = wanted.where(Evidence.id < before)
    rows = db.scalars(wanted.order_by(Evidence.id.desc()).limit(size + 1)).all()
    shown = rows[:size]
    return Page(tuple(_asked(row, account_id) for row in shown), shown[-1].id if len(rows) > size and shown else None)


def _asked(row: Evidence, account_id: str) -> Asked:
    is_mine = row.account_id == account_id
    return Asked(
        id=row.id,
        at=row.at,
        source=row.source,
        channel=row.channel,
        check_method=row.check_method,
        purpose=row.purpose,
        client_id=row.client_id,
        verdict=row.verdict,
        reason=row.reason if is_mine else None,
        ial=row.ial,
        expires_at=row.expires_at,
        request_number=row.request_number,
        is_mine=is_mine,
    )
