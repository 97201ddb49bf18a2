"""Keys for the time of a check: published like any other, so that a site meets a key it has not seen; they sign for it alone."""

from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from idp.core import clock, ids, signing
from idp.core.crypto import Keyring, Purpose
from idp.db import stamps
from idp.oidc.jwt.keys import STAMP, TRIAL
from idp.oidc.models import SigningKey

_PREFIX: Final = "trial-"


def publish(db: Session, keyring: Keyring, alg: str) -> str:
    """Make one and let it be published; its id."""
    kid = f"{_PREFIX}{alg.lower()}-{ids.new_handle()[:12]}"
    pem = signing.new_private_key(alg)
    db.add(
        SigningKey(
            kid=kid, alg=alg, state=TRIAL,
            private_sealed=keyring.seal(pem, bound_to=f"signing_keys:{kid}", purpose=Purpose.SIGNING_WRAP),
            public_jwk=signing.public_jwk(signing.load_signer(kid, alg, pem)), created_at=clock.now(),
        )
    )  # fmt: skip
    stamps.touch(db, STAMP)
    return kid


def withdraw(db: Session, kid: str) -> None:
    """Nothing signed with it counts any more."""
    gone = db.execute(
        delete(SigningKey).where(SigningKey.kid == kid, SigningKey.state == TRIAL).returning(SigningKey.kid)
    )
    if gone.first() is not None:
        stamps.touch(db, STAMP)


def forget_left(db: Session, before: datetime) -> None:
    """Withdraw those whose check was killed."""
    left = select(SigningKey.kid).where(SigningKey.state == TRIAL, SigningKey.created_at < before)
    for kid in db.scalars(left).all():
        withdraw(db, kid)
