"""The staff of the console: added once with secrets shown once, listed, disabled; apart from citizens' accounts."""

from dataclasses import dataclass, field

import pyotp
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.core import clock, ids, passwords
from idp.core.crypto import Keyring
from idp.staff.models import Operator, OperatorSession, Role

ACTIVE, DISABLED = "active", "disabled"


class LoginRefused(Exception):
    """The login cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class NewOperator:
    """What its owner needs for the first sign-in; shown once and kept nowhere in clear."""

    id: str
    login: str
    role: Role
    password: str = field(repr=False)
    totp_secret: str = field(repr=False)

    def provisioning_uri(self, issuer: str) -> str:
        """For the authenticator application, as text or QR code."""
        return pyotp.TOTP(self.totp_secret).provisioning_uri(name=self.login, issuer_name=issuer)


def add(db: Session, keyring: Keyring, trail: Trail, *, login: str, role: Role, actor: Actor) -> NewOperator:
    """Make an operator with a random password and TOTP secret (RFC 6238)."""
    if not _is_fine(login):
        raise LoginRefused(
            "use 3 to 32 small letters, digits, dots or hyphens, and no default name such as admin or root"
        )
    if db.scalar(select(Operator.id).where(Operator.login == login)) is not None:
        raise LoginRefused(f"there is an operator {login} already")
    made = NewOperator(ids.new_id(), login, role, ids.new_handle(), pyotp.random_base32())
    db.add(
        Operator(
            id=made.id, login=login, role=role.value, state=ACTIVE,
            password_hash=passwords.hash_password(made.password),
            totp_sealed=keyring.seal(made.totp_secret, bound_to=totp_place(made.id)),
            totp_last_step=0, created_at=clock.now(),
        )
    )  # fmt: skip
    trail.record(db, "operator.added", actor=actor, operator=made.id, role=role.value)
    return made


def disable(db: Session, trail: Trail, login: str, *, actor: Actor) -> bool:
    """Let an operator sign in no more and end what they have open; False when there is no such active operator."""
    row = db.scalar(
        update(Operator)
        .where(Operator.login == login, Operator.state == ACTIVE)
        .values(state=DISABLED)
        .returning(Operator.id)
    )
    if row is None:
        return False
    now = clock.now()
    db.execute(
        update(OperatorSession)
        .where(OperatorSession.operator_id == row, OperatorSession.ended_at.is_(None))
        .values(ended_at=now)
    )
    trail.record(db, "operator.disabled", actor=actor, operator=row)
    return True


def listing(db: Session) -> list[Operator]:
    """Every operator, the oldest first."""
    return list(db.scalars(select(Operator).order_by(Operator.created_at, Operator.id)))


def totp_place(operator_id: str) -> str:
    return f"operators.totp:{operator_id}"


def _is_fine(login: str) -> bool:
    plain = login.replace(".", "").replace("-", "")
    is_default = login in {"admin", "administrator", "root", "system", "security", "audit", "test", "guest"}
    return 3 <= len(login) <= 32 and login.isascii() and plain.isalnum() and login == login.lower() and not is_default
