"""One-time codes of operators: which time step a code belongs to, and that an operator uses a step once."""

import pyotp
from sqlalchemy import update
from sqlalchemy.orm import Session

from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.staff.models import Operator
from idp.staff.states import ACTIVE, totp_place

_STEP_SECONDS = 30


def step_of(keyring: Keyring, row: Operator, code: str) -> int | None:
    """The time step that the code belongs to: the present one or one beside it (RFC 6238 §5.2); None for a wrong code."""
    if row.totp_sealed is None:
        return None
    return step_in(keyring.open(row.totp_sealed, bound_to=totp_place(row.id)), code)


def step_in(secret: str, code: str) -> int | None:
    """The same for a secret in hand."""
    totp = pyotp.TOTP(secret)
    present = clock.epoch() // _STEP_SECONDS
    return next((s for s in (present, present - 1, present + 1) if ids.same(totp.generate_otp(s), code)), None)


def new_secret() -> str:
    """A secret for an authenticator application (RFC 6238)."""
    return pyotp.random_base32()


def provisioning_uri(secret: str, login: str, issuer: str) -> str:
    """The secret as authenticator applications read it from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)


def spend(db: Session, operator_id: str, step: int) -> bool:
    """One statement: an operator uses a step once (RFC 6238 §5.2)."""
    spent = (
        update(Operator)
        .where(Operator.id == operator_id, Operator.state == ACTIVE, Operator.totp_last_step < step)
        .values(totp_last_step=step)
        .returning(Operator.id)
    )
    return db.scalar(spent) is not None
