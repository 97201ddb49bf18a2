"""Refresh tokens: each is spent by its first use, which brings the next; a reuse ends the family (RFC 9700 §4.14.2).

An honest client that lost our answer repeats its request at once. Within a short grace, and only while the successor
is unused, the repeat is answered with a new successor and the lost one is withdrawn: a thief who used the grace is
found as soon as the honest client uses the token it got first.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from idp.accounts.models import Account
from idp.core import ids
from idp.db.prepared import Prepared, RawTransaction
from idp.oidc.models import Authorization, RefreshToken


@dataclass(frozen=True, slots=True)
class Rotated:
    """The token was good: the family it belongs to, and whether this was an honest repeat."""

    family: Any = field(repr=False)
    scope: str
    was_repeat: bool


@dataclass(frozen=True, slots=True)
class Reused:
    """The token had been spent, and not just now: the family must end."""

    authorization_id: str


_insert = Prepared(
    insert(RefreshToken).values(
        digest=bindparam("digest"),
        authorization_id=bindparam("authorization_id"),
        parent_digest=bindparam("parent_digest"),
        scope=bindparam("scope"),
        issued_at=bindparam("issued_at"),
        expires_at=bindparam("expires_at"),
    )
)
# A value for each token, not EXISTS, which PostgreSQL turns into a join, and on tables not yet analysed into a bad one.
_of_client = (
    select(Account.state)
    .join(Authorization, Authorization.account_id == Account.id)
    .where(
        Authorization.id == RefreshToken.authorization_id,
        Authorization.client_id == bindparam("client"),
        Authorization.revoked_at.is_(None),
        Account.is_synthetic == bindparam("synthetic"),
    )
    .correlate(RefreshToken)
    .scalar_subquery()
) == "active"
_spend = Prepared(
    update(RefreshToken)
    .where(
        RefreshToken.digest == bindparam("presented"),
        RefreshToken.spent_at.is_(None),
        RefreshToken.expires_at > bindparam("now"),
        _of_client,
    )
    .values(spent_at=bindparam("now"))
    .returning(RefreshToken.authorization_id, RefreshToken.scope)
)
# Locks the row, so that repeats that come at once see each other's successors one after another.
_spent = Prepared(
    select(RefreshToken.authorization_id, RefreshToken.scope, RefreshToken.spent_at)
    .where(RefreshToken.digest == bindparam("presented"), RefreshToken.spent_at.is_not(None), _of_client)
    .with_for_update()
)
# Withdraws the unused successor; of any number of repeats, and against its first honest use, one wins.
_withdraw_unused = Prepared(
    update(RefreshToken)
    .where(RefreshToken.parent_digest == bindparam("presented"), RefreshToken.spent_at.is_(None))
    .values(spent_at=bindparam("long_ago"))
    .returning(RefreshToken.digest)
)
_family = Prepared(
    select(
        Authorization.id,
        Authorization.account_id,
        Authorization.client_id,
        Authorization.session_id,
        Authorization.sid,
        Authorization.subject,
        Authorization.acr,
        Authorization.amr,
        Authorization.auth_time,
        Authorization.extra,
        Authorization.expires_at,
    )
    .join(RefreshToken, RefreshToken.authorization_id == Authorization.id)
    .where(RefreshToken.digest == bindparam("presented"))
)
_find = Prepared(
    select(RefreshToken.authorization_id, Authorization.client_id, RefreshToken.scope, RefreshToken.issued_at,
           RefreshToken.expires_at, RefreshToken.spent_at, Authorization.revoked_at, Authorization.subject, Account.state,
           Authorization.account_id, Authorization.extra, Account.is_synthetic)
    .join(Authorization, Authorization.id == RefreshToken.authorization_id)
    .join(Account, Account.id == Authorization.account_id)
    .where(RefreshToken.digest == bindparam("presented"))
)  # fmt: skip


def issue(
    db: RawTransaction, authorization_id: str, scope: str, *, parent: str | None, now: datetime, expires_at: datetime
) -> str:
    """A new token of the family; `parent` is the one it replaces."""
    token = ids.new_secret()
    _insert(
        db,
        digest=ids.digest(token),
        authorization_id=authorization_id,
        parent_digest=ids.digest(parent) if parent is not None else None,
        scope=scope,
        issued_at=now,
        expires_at=expires_at,
    )
    return token


def rotate(
    db: RawTransaction, token: str, *, client_id: str, now: datetime, grace: timedelta, is_test: bool = False
) -> Rotated | Reused | None:
    """Spend a token once; None when it is not this client's, expired, or its family has ended.

    `is_test` is of the client: at one in test mode the person must be synthetic, at any other must not.
    """
    presented = ids.digest(token)
    spent = _spend.ask(db, presented=presented, client=client_id, now=now, synthetic=is_test)
    family = _family.first(db, presented=presented)  # travels with the claim; whether it counts, the claim says
    if rows := spent():
        return Rotated(family, rows[0].scope, was_repeat=False)
    known = _spent.first(db, presented=presented, client=client_id, synthetic=is_test)
    if known is None:
        return None
    if (
        now - known.spent_at <= grace
        and _withdraw_unused.first(db, presented=presented, long_ago=now - 2 * grace) is not None
    ):
        return Rotated(family, known.scope, was_repeat=True)
    return Reused(known.authorization_id)


def find(db: RawTransaction, token: str) -> Any | None:
    """The token's row with its family's state, for introspection and revocation."""
    return _find.first(db, presented=ids.digest(token))
