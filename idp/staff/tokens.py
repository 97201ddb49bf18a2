"""Bearer tokens that operators make for their own programs: part of their own permissions, for ninety days at most."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from idp.audit.trail import Trail
from idp.core import clock, ids
from idp.staff import operator_passwords, permissions
from idp.staff.errors import TokenUnfit, TooManyTokens
from idp.staff.models import ApiToken, Operator, Role
from idp.staff.permissions import Permission
from idp.staff.sessions import SignedInOperator, comes_from, reach_of
from idp.staff.states import ACTIVE

LONGEST_DAYS = 90
MOST = 20
_SEEN_EVERY = timedelta(minutes=1)
PREFIX = "idpo_"
"""What a token begins with, so that one that leaked is recognised."""


@dataclass(frozen=True, slots=True)
class TokenOperator(SignedInOperator):
    """An operator by a token of theirs: may do what their role may now and the token was made for. Never fresh."""

    scopes: frozenset[str] = field(default=frozenset())
    token_id: str = ""

    @property
    def is_fresh(self) -> bool:
        return False

    def may(self, permission: Permission) -> bool:
        return permission.value in self.scopes and permissions.may(self.role, permission)


@dataclass(frozen=True, slots=True)
class NewToken:
    """The token itself, shown once."""

    id: str
    secret: str = field(repr=False)


def grantable(role: Role) -> list[Permission]:
    """What a token of this role may be made for; never to make further tokens."""
    return [each for each in Permission if permissions.may(role, each) and each is not Permission.TOKENS_OWN]


def make(
    db: Session, trail: Trail, who: SignedInOperator, *, name: str, scopes: Collection[str], days: int
) -> NewToken:
    """A token of the operator's own; TokenUnfit for a name, scope or term that cannot be, TooManyTokens."""
    allowed = {each.value for each in grantable(who.role)}
    name = name.strip()
    if not (1 <= len(name) <= 64 and name.isprintable() and scopes and set(scopes) <= allowed):
        raise TokenUnfit
    if not 1 <= days <= LONGEST_DAYS:
        raise TokenUnfit
    now, made = clock.now(), ids.new_id()
    db.scalars(select(Operator.id).where(Operator.id == who.id).with_for_update()).all()  # one at a time
    live = select(func.count()).where(
        ApiToken.operator_id == who.id, ApiToken.ended_at.is_(None), ApiToken.expires_at > now
    )
    if (db.scalar(live) or 0) >= MOST:
        raise TooManyTokens
    secret = PREFIX + ids.new_secret()
    db.add(
        ApiToken(
            id=made, operator_id=who.id, name=name, secret_digest=ids.digest(secret), scopes=sorted(scopes),
            created_at=now, expires_at=now + timedelta(days=days), last_used_at=None, ended_at=None,
        )
    )  # fmt: skip
    db.flush()
    trail.record(db, "operator_token.made", actor=who.actor, token=made, scopes=sorted(scopes), days=days)
    return NewToken(made, secret)


def revoke(db: Session, trail: Trail, who: SignedInOperator, token_id: str) -> bool:
    """End one of the operator's own; False when there is none that lasts."""
    mine = (ApiToken.id == token_id, ApiToken.operator_id == who.id, ApiToken.ended_at.is_(None))
    gone = db.scalar(update(ApiToken).where(*mine).values(ended_at=clock.now()).returning(ApiToken.id))
    if gone is not None:
        trail.record(db, "operator_token.revoked", actor=who.actor, token=token_id)
    return gone is not None


def of(db: Session, operator_id: str) -> list[ApiToken]:
    """The operator's newest tokens, ended ones among them."""
    mine = select(ApiToken).where(ApiToken.operator_id == operator_id).order_by(ApiToken.id.desc()).limit(50)
    return list(db.scalars(mine))


def find(db: Session, secret: str, *, address: str) -> TokenOperator | None:
    """Who comes with this token from one of their networks, or None; notes its use once a minute, so `db` is a transaction.

    An operator whose password is too old has to renew it before their programs go on.
    """
    now = clock.now()
    row = db.execute(
        select(ApiToken, Operator)
        .join(Operator, Operator.id == ApiToken.operator_id)
        .where(
            ApiToken.secret_digest == ids.digest(secret),
            ApiToken.ended_at.is_(None),
            ApiToken.expires_at > now,
            Operator.state == ACTIVE,
        )
    ).first()
    if row is None:
        return None
    token, operator = row
    is_stale = operator.password_hash is not None and operator_passwords.is_expired(operator.password_changed_at, now)
    if is_stale or not comes_from(operator.networks, address):
        return None
    if token.last_used_at is None or now - token.last_used_at >= _SEEN_EVERY:
        db.execute(update(ApiToken).where(ApiToken.id == token.id).values(last_used_at=now))
    return TokenOperator(
        operator.id, "", operator.login, Role(operator.role), reach_of(operator), token.created_at,
        scopes=frozenset(token.scopes), token_id=token.id,
    )  # fmt: skip
