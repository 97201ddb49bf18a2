"""The second half of a link that two people allowed: a short code that the approver alone sees, typed by who enrols.

The asker gets the link, the approver the code; one without the other opens nothing, so neither can enrol in somebody's place.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, case, or_, update
from sqlalchemy.orm import Session

from idp.audit.trail import SYSTEM, Trail
from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.staff.errors import LinkOver, NotApproved
from idp.staff.models import Approval, Invitation

LENGTH: Final = 10
MOST: Final = 5
"""Wrong ones that a link bears; the last voids it."""
_LETTERS: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is taken for another


def give(db: Session, keyring: Keyring, approval_id: str) -> str:
    """In the transaction of the second person's yes: the code, shown to them once, of which a keyed digest is kept."""
    code = ids.letters_of(_LETTERS, LENGTH)
    db.get_one(Approval, approval_id).second_half = _digest(keyring, code)
    db.flush()
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def pass_on(db: Session, approval_id: str) -> str:
    """What the link of this approval has to be kept with. NotApproved for one that was allowed without."""
    row = db.get_one(Approval, approval_id)
    if row.second_half is None:
        raise NotApproved
    digest, row.second_half = row.second_half, None
    return digest


def usable(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Links that are neither used, nor voided, nor over."""
    return (Invitation.used_at.is_(None), Invitation.voided_at.is_(None), Invitation.expires_at > now)


def is_open_to(keyring: Keyring, typed: str) -> ColumnElement[bool]:
    """Links that this code opens: those that have it, and those that one person made alone and that have none."""
    return or_(Invitation.second_half.is_(None), Invitation.second_half == _digest(keyring, typed))


def fits(db: Session, keyring: Keyring, trail: Trail, link_id: str, typed: str) -> bool:
    """Whether this is the code of the link. LinkOver where nothing more may be tried.

    One statement counts and compares, so that many at once get no more tries than one after another. What is wrong leaves a
    trace: the caller commits whatever the answer.
    """
    now, digest = clock.now(), _digest(keyring, typed)
    wrong = case((is_open_to(keyring, typed), 0), else_=1)
    tried = db.execute(
        update(Invitation)
        .where(Invitation.id == link_id, Invitation.wrong_halves < MOST, *usable(now))
        .values(wrong_halves=Invitation.wrong_halves + wrong)
        .returning(Invitation.second_half, Invitation.wrong_halves, Invitation.operator_id),
        execution_options={"synchronize_session": False},
    ).first()
    if tried is None:
        raise LinkOver
    if tried.second_half is None or ids.same(tried.second_half, digest):
        return True
    is_over = tried.wrong_halves >= MOST
    if is_over:
        db.execute(update(Invitation).where(Invitation.id == link_id).values(voided_at=now))
    trail.record(
        db, "operator.half_wrong", outcome="failure", actor=SYSTEM, operator=tried.operator_id or "", is_over=is_over
    )
    return False


def _digest(keyring: Keyring, typed: str) -> str:
    letters = "".join(typed.upper().split()).replace("-", "")
    return keyring.blind_index("operator.second_half", letters[:64])
