"""Personal values that operators were shown in clear: a field of an account, for minutes, for a reason; its owner reads of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from idp.accounts.models import Disclosure
from idp.audit.trail import Actor, Trail
from idp.core import clock, ids

FIELDS: Final = ("name", "document", "phone", "username")
PAPER: Final = "paper"
"""What somebody sent in for a review: looked at there, and never shown with the account."""
SHOWN_FOR: Final = timedelta(minutes=5)
_AT_ONCE: Final = 500


class Viewer(Protocol):
    """The operator who is shown it, in one session of theirs."""

    @property
    def id(self) -> str: ...
    @property
    def session_id(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def actor(self) -> Actor: ...


@dataclass(frozen=True, slots=True)
class DisclosureView:
    """One disclosure as the person, and later operators, read it."""

    at: datetime
    field: str
    role: str
    reason: str
    is_bulk: bool


class Disclosures:
    """Written in the transaction that shows the value, with the audit entry of it."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail

    def record(
        self, db: Session, account_id: str, field: str, operator: Viewer, reason: str, ticket: str = ""
    ) -> datetime:
        """From now on until the answered instant this session of the operator may show the field. `reason` is a code."""
        if field not in (*FIELDS, PAPER):
            raise ValueError(f"no such field to disclose: {field}")
        now = clock.now()
        db.execute(
            insert(Disclosure),
            [_row(account_id, field, operator, reason, ticket, now, until=now + SHOWN_FOR, batch=None)],
        )
        self._trail.record(
            db, "account.disclosed", actor=operator.actor, account_id=account_id, field=field, reason=reason,
            ticket=ticket,
        )  # fmt: skip
        return now + SHOWN_FOR

    def record_many(
        self, db: Session, account_ids: Sequence[str], fields: Collection[str], operator: Viewer, reason: str,
        ticket: str = "",
    ) -> str:  # fmt: skip
        """One act that showed fields of many accounts, such as an export; answers the id of the batch.

        One audit entry for all, which names the batch; whose values it held, and the persons' own pages, say its rows.
        """
        if not set(fields) <= set(FIELDS):
            raise ValueError("no such field to disclose")
        now, batch = clock.now(), ids.new_id()
        for start in range(0, len(account_ids), _AT_ONCE):
            some = account_ids[start : start + _AT_ONCE]
            rows = [
                _row(account_id, field, operator, reason, ticket, now, until=now, batch=batch)
                for account_id in some
                for field in sorted(fields)
            ]
            if rows:
                db.execute(insert(Disclosure), rows)
        self._trail.record(
            db, "accounts.disclosed", actor=operator.actor, batch=batch, count=len(account_ids), fields=sorted(fields),
            reason=reason, ticket=ticket,
        )  # fmt: skip
        return batch


def shown_now(db: Session, account_id: str, session_id: str) -> dict[str, datetime]:
    """The fields that this session of an operator may show of the account, each until when."""
    rows = db.execute(
        select(Disclosure.field, Disclosure.until).where(
            Disclosure.account_id == account_id,
            Disclosure.at > clock.now() - SHOWN_FOR,
            Disclosure.until > clock.now(),
            Disclosure.operator_session_id == session_id,
        )
    )
    return {row.field: row.until for row in rows}


def of_account(db: Session, account_id: str, *, most: int = 50) -> list[DisclosureView]:
    """Who of the staff was shown what of this person, the latest first: their role, never their name."""
    rows = db.scalars(
        select(Disclosure)
        .where(Disclosure.account_id == account_id)
        .order_by(Disclosure.at.desc(), Disclosure.id.desc())
        .limit(most)
    )
    return [DisclosureView(row.at, row.field, row.role, row.reason, row.batch is not None) for row in rows]


def _row(
    account_id: str, field: str, operator: Viewer, reason: str, ticket: str, now: datetime, *, until: datetime,
    batch: str | None,
) -> dict[str, object]:  # fmt: skip
    return {
        "id": ids.new_id(), "account_id": account_id, "field": field, "operator_id": operator.id,
        "operator_session_id": operator.session_id, "role": str(operator.role), "reason": reason, "ticket": ticket,
        "batch": batch, "at": now, "until": until,
    }  # fmt: skip
