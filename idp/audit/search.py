"""Reads the trail for people: newest first, filtered, by pages that start after the last entry shown."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.audit.models import AuditEntry


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


def page(db: Session, wanted: Wanted, *, before: str = "", size: int = 50) -> list[AuditEntry]:
    """Up to `size` entries older than the id `before`; entry ids are ordered by time."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(size)
    if wanted.act:
        query = query.where(
            AuditEntry.act == wanted.act
            if "." in wanted.act
            else AuditEntry.act.startswith(f"{wanted.act}.", autoescape=True)
        )
    for column, value in (
        (AuditEntry.outcome, wanted.outcome),
        (AuditEntry.actor_id, wanted.actor_id),
        (AuditEntry.account_id, wanted.account_id),
        (AuditEntry.client_id, wanted.client_id),
        (AuditEntry.trace_id, wanted.trace_id),
    ):
        if value:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditEntry.at < wanted.until)
    if before:
        query = query.where(AuditEntry.id < before)
    return list(db.scalars(query))
