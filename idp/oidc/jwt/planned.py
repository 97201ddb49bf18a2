"""Rotations that two people decided for a time to come: done by a worker once it is there, unless they are called off."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.core import clock
from idp.core.crypto import Keyring
from idp.db.unit_of_work import Database
from idp.oidc.jwt import rotation
from idp.oidc.jwt.rotation import KeysChanged
from idp.staff.approvals import APPROVED, Approvals
from idp.staff.errors import NotApproved
from idp.staff.models import Approval

ACT: Final = "key.rotate"
_WHEN: Final = "not_before"


def summary(active: list[str], not_before: datetime | None) -> dict[str, object]:
    """What a request for a rotation says of itself: the keys in force, and when it is to be done."""
    return {"active": active, _WHEN: not_before.isoformat() if not_before is not None else ""}


def time_of(row: Approval) -> datetime | None:
    """When it is to be done; None for at once."""
    told = str(row.summary.get(_WHEN, ""))
    return datetime.fromisoformat(told) if told else None


def waiting() -> Select[Any]:
    """Rotations that were allowed and whose time has not come."""
    return select(Approval).where(
        Approval.act == ACT, Approval.state == APPROVED, Approval.expires_at > clock.now()
    )  # fmt: skip


def rotate_due(database: Database, keyring: Keyring, trail: Trail) -> int:
    """Do what is due, each in a transaction with its approval used up; of any number of workers one does it."""
    approvals, done = Approvals(keyring, trail), 0
    with database.view() as db:
        due = [(row.id, row.asked_by) for row in db.scalars(waiting()) if (time_of(row) or clock.now()) <= clock.now()]
    for approval_id, asked_by in due:
        try:
            with database.transaction() as db:
                _rotate(db, keyring, trail, approvals, approval_id, asked_by)
            done += 1
        except NotApproved:  # another worker, or called off
            continue
        except KeysChanged:
            with database.transaction() as db:
                approvals.call_off(db, approval_id, reason=KeysChanged.code)
    return done


def _rotate(db: Session, keyring: Keyring, trail: Trail, approvals: Approvals, approval_id: str, asked_by: str) -> None:
    allowed = approvals.take_planned(db, approval_id, ACT)
    rotation.rotate_as_seen(db, keyring, trail, allowed.payload["active"], actor=Actor("operator", asked_by))
