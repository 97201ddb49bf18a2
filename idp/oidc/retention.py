"""Forgets what the protocol no longer needs: authorizations and refresh tokens whose last use can never come."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from idp.core import clock
from idp.oidc.models import Authorization, RefreshToken

_BATCH = 5000


def purge(db: Session) -> int:
    """Delete a batch of expired rows; the number says how many authorizations went. A spent row stays until it expires."""
    gone = list(db.scalars(select(Authorization.id).where(Authorization.expires_at < clock.now()).limit(_BATCH)))
    if gone:
        db.execute(delete(RefreshToken).where(RefreshToken.authorization_id.in_(gone)))
        db.execute(delete(Authorization).where(Authorization.id.in_(gone)))
    return len(gone)
