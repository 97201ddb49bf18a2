"""Leave to register sites dynamically: initial access tokens, made by operators and counted down (RFC 7591 §3)."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.core import clock, ids
from idp.oidc.models import InitialAccessToken


@dataclass(frozen=True, slots=True)
class Made:
    """A new token, which is shown this once, and the id by which operators and the audit trail know it."""

    id: str
    token: str = field(repr=False)


def make(db: Session, trail: Trail, *, label: str, uses: int | None, expires_at: datetime, actor: Actor) -> Made:
    """A token for so many registrations (None: any number) until then."""
    made = Made(ids.new_id(), ids.new_secret())
    db.add(
        InitialAccessToken(
            id=made.id, digest=ids.digest(made.token), label=label, uses_left=uses,
            created_at=clock.now(), expires_at=expires_at,
        )
    )  # fmt: skip
    db.flush()
    trail.record(db, "client.token_made", actor=actor, token_id=made.id, uses=uses if uses is not None else "any")
    return made


def is_good(db: Session, token: str, now: datetime) -> bool:
    """Whether it would be accepted now; only `spend` decides."""
    return db.scalar(select(InitialAccessToken.id).where(_is_this(token), _is_usable(now))) is not None


def spend(db: Session, token: str, now: datetime) -> str | None:
    """Count one registration; the token's id, or None when it is not good any more. Of two last uses one wins."""
    return db.scalar(
        update(InitialAccessToken)
        .where(_is_this(token), _is_usable(now))
        .values(uses_left=InitialAccessToken.uses_left - 1)
        .returning(InitialAccessToken.id)
    )


def revoke(db: Session, trail: Trail, token_id: str, *, actor: Actor) -> bool:
    """End a token at once; False when there is none of this id, or it was revoked before."""
    revoked = db.execute(
        update(InitialAccessToken)
        .where(InitialAccessToken.id == token_id, InitialAccessToken.revoked_at.is_(None))
        .values(revoked_at=clock.now())
        .returning(InitialAccessToken.id)
    ).first()
    if revoked is not None:
        trail.record(db, "client.token_revoked", actor=actor, token_id=token_id)
    return revoked is not None


def listing(db: Session) -> list[InitialAccessToken]:
    """Every token, the oldest first."""
    return list(db.scalars(select(InitialAccessToken).order_by(InitialAccessToken.created_at)))


def state_of(row: InitialAccessToken, now: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if row.expires_at <= now:
        return "expired"
    return "used up" if row.uses_left == 0 else "good"


def _is_this(token: str) -> ColumnElement[bool]:
    return InitialAccessToken.digest == ids.digest(token)


def _is_usable(now: datetime) -> ColumnElement[bool]:
    return and_(
        InitialAccessToken.revoked_at.is_(None),
        InitialAccessToken.expires_at > now,
        or_(InitialAccessToken.uses_left.is_(None), InitialAccessToken.uses_left > 0),
    )
