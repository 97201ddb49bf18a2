"""The separate consent to a check of the face: given for a version of its text, withdrawable, in force or not."""

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from idp.audit.trail import Trail
from idp.core import clock, ids
from idp.db.prepared import Prepared, RawTransaction
from idp.db.unit_of_work import Database
from idp.realname.models import FaceConsent

_in_force = Prepared(
    select(FaceConsent.given_at).where(
        FaceConsent.account_id == bindparam("account"),
        FaceConsent.version == bindparam("version"),
        FaceConsent.withdrawn_at.is_(None),
    )
)


def is_given(db: RawTransaction, account_id: str, version: str) -> bool:
    """Whether the account agreed to this version of the text, and did not take it back."""
    return _in_force.first(db, account=account_id, version=version) is not None


def give(database: Database, trail: Trail, account_id: str, version: str) -> None:
    """Agree to this version of the text, and to no earlier one any more; whoever did already changes nothing."""
    with database.glance() as look:
        if is_given(look, account_id, version):
            return
    try:
        with database.transaction() as db:
            _end(db, account_id, FaceConsent.version != version)
            db.add(FaceConsent(id=ids.new_id(), account_id=account_id, version=version, given_at=clock.now()))
            db.flush()
            trail.record(db, "face_consent.given", account_id=account_id, version=version)
    except IntegrityError:  # given at the same moment: one consent is enough
        return


def withdraw(database: Database, trail: Trail, account_id: str) -> bool:
    """Take it back; False when there was none."""
    with database.transaction() as db:
        if not _end(db, account_id):
            return False
        trail.record(db, "face_consent.withdrawn", account_id=account_id)
        return True


def _end(db: Session, account_id: str, *besides: ColumnElement[bool]) -> bool:
    live = update(FaceConsent).where(FaceConsent.account_id == account_id, FaceConsent.withdrawn_at.is_(None), *besides)
    ended = db.execute(live.values(withdrawn_at=clock.now()).returning(FaceConsent.id)).first()
    return ended is not None
