"""What operators change of their own: password, authenticator, passkeys, other sessions; the last way in never goes."""

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from idp.audit.trail import Trail
from idp.core import clock, passwords
from idp.core.crypto import Keyring
from idp.staff import factors, operator_passwords, passkeys
from idp.staff.errors import CodeWrong, LastFactor, OperatorGone, PasswordWrong
from idp.staff.models import Operator, OperatorSession, Passkey
from idp.staff.passkeys import Made
from idp.staff.sessions import SignedInOperator
from idp.staff.states import ACTIVE, totp_place


def change_password(db: Session, trail: Trail, who: SignedInOperator, *, present: str, new: str) -> None:
    """A new password; every other session ends. PasswordWrong when the present one is not right, errors of the rules."""
    row = _locked(db, who)
    if not passwords.verify_password(row.password_hash, present):
        raise PasswordWrong
    operator_passwords.check(new, login=row.login, before=operator_passwords.of_late(row))
    operator_passwords.put(row, passwords.hash_password(new), clock.now())
    end_others(db, trail, who)
    trail.record(db, "operator.password_changed", actor=who.actor, operator=who.id)


def choose_code(
    db: Session, keyring: Keyring, trail: Trail, who: SignedInOperator, *, secret: str, code: str, password: str = ""
) -> None:
    """Another authenticator, proven by a code of it; who has no password chooses one with it."""
    row, step = _locked(db, who), factors.step_in(secret, code)
    if row.password_hash is None or row.totp_sealed is None:
        operator_passwords.check(password, login=row.login, before=operator_passwords.of_late(row))
    if step is None:
        raise CodeWrong
    if row.password_hash is None or row.totp_sealed is None:
        operator_passwords.put(row, passwords.hash_password(password), clock.now())
    row.totp_sealed, row.totp_last_step = keyring.seal(secret, bound_to=totp_place(row.id)), step
    trail.record(db, "operator.code_renewed", actor=who.actor, operator=who.id)


def add_passkey(db: Session, trail: Trail, who: SignedInOperator, made: Made, name: str) -> None:
    row = passkeys.store(db, _locked(db, who).id, made, name)
    trail.record(db, "operator.passkey_added", actor=who.actor, operator=who.id, passkey=row.id)


def rename_passkey(db: Session, who: SignedInOperator, passkey_id: str, name: str) -> bool:
    mine = (Passkey.id == passkey_id, Passkey.operator_id == who.id)
    return db.scalar(update(Passkey).where(*mine).values(name=name).returning(Passkey.id)) is not None


def remove_passkey(db: Session, trail: Trail, who: SignedInOperator, passkey_id: str) -> bool:
    """False when it is not theirs; LastFactor when nothing else would let them in."""
    row = _locked(db, who)
    held = db.scalar(select(func.count()).where(Passkey.operator_id == who.id)) or 0
    mine = (Passkey.id == passkey_id, Passkey.operator_id == who.id)
    gone = db.scalar(delete(Passkey).where(*mine).returning(Passkey.id))
    if gone is None:
        return False
    if held == 1 and (row.password_hash is None or row.totp_sealed is None):
        raise LastFactor
    trail.record(db, "operator.passkey_removed", actor=who.actor, operator=who.id, passkey=passkey_id)
    return True


def end_others(db: Session, trail: Trail, who: SignedInOperator) -> None:
    """Every session of theirs but this one."""
    others = (
        OperatorSession.operator_id == who.id,
        OperatorSession.ended_at.is_(None),
        OperatorSession.id != who.session_id,
    )
    ended = db.scalars(
        update(OperatorSession).where(*others).values(ended_at=clock.now()).returning(OperatorSession.id)
    ).all()
    if ended:
        trail.record(db, "operator.sessions_ended", actor=who.actor, operator=who.id, sessions=len(ended))


def recent_sessions(db: Session, operator_id: str) -> list[OperatorSession]:
    """The last sign-ins, the newest first."""
    of = select(OperatorSession).where(OperatorSession.operator_id == operator_id)
    return list(db.scalars(of.order_by(OperatorSession.created_at.desc()).limit(20)))


def _locked(db: Session, who: SignedInOperator) -> Operator:
    """One change of an operator's factors at a time, so that two cannot each take what the other leaves."""
    mine = select(Operator).where(Operator.id == who.id, Operator.state == ACTIVE).with_for_update()
    row = db.scalar(mine, execution_options={"populate_existing": True})
    if row is None:
        raise OperatorGone
    return row
