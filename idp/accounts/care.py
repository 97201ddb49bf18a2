"""What operators did to an account, kept for its owner and for the operators after them: the act, the role, the reason."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.accounts.models import CareAct
from idp.core import clock, ids


@dataclass(frozen=True, slots=True)
class ActView:
    """One act as the person, and later operators, read it."""

    at: datetime
    act: str
    role: str
    reason: str
    ticket: str


def note(
    db: Session, account_id: str, act: str, *, operator_id: str | None, role: str, reason: str, ticket: str = ""
) -> None:
    """Keep it, in the transaction of the act. `reason` is a code, `ticket` the number of a case, never a name."""
    db.add(
        CareAct(
            id=ids.new_id(), account_id=account_id, act=act, operator_id=operator_id, role=role, reason=reason,
            ticket=ticket, at=clock.now(),
        )
    )  # fmt: skip
    db.flush()


def of_account(db: Session, account_id: str, *, most: int = 50) -> list[ActView]:
    """The latest first."""
    rows = db.scalars(
        select(CareAct)
        .where(CareAct.account_id == account_id)
        .order_by(CareAct.at.desc(), CareAct.id.desc())
        .limit(most)
    )
    return [ActView(row.at, row.act, row.role, row.reason, row.ticket) for row in rows]
