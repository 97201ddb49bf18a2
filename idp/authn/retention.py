"""Forgets what signing in no longer needs: old codes, counters that have run out, devices not seen for long."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from idp.authn.codes import USABLE_FOR
from idp.authn.guard import KNOWN_FOR
from idp.authn.models import KnownDevice, OneTimeCode, SignInFailure
from idp.core import clock


def purge(db: Session) -> None:
    """Delete rows that decide nothing any more; the worker calls it from time to time."""
    now = clock.now()
    db.execute(delete(OneTimeCode).where(OneTimeCode.expires_at < now - USABLE_FOR))
    db.execute(delete(SignInFailure).where(SignInFailure.forget_at < now))
    db.execute(delete(KnownDevice).where(KnownDevice.last_at < now - KNOWN_FOR))
