"""Authorizations: a code that can be spent once, then the family of tokens that lives and dies as one.

One row is one answer to one request. Spending, reuse and revocation are single conditional statements, so that of any
number of processes one wins (RFC 6749 §4.1.2, RFC 9700 §4.2, §4.14).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from idp.accounts.models import Account
from idp.authn.models import SsoSession
from idp.core import ids
from idp.db.prepared import Prepared, RawTransaction
from idp.oidc import subjects
from idp.oidc.models import Authorization

_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Granted:
    """What is decided when a code is issued and holds for every token of its family."""

    account_id: str
    client_id: str
    session_id: str
    sid: str
    subject: str
    scope: str
    redirect_uri: str
    code_challenge: str | None
    nonce: str | None
    acr: str
    amr: tuple[str, ...]
    auth_time: datetime
    extra: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Redeemed:
    """The code was good, and is spent now."""

    authorization: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Replayed:
    """The code had been spent before: its family is revoked."""

    authorization_id: str


_issue = Prepared(
    insert(Authorization).values(
        id=bindparam("id"),
        code_digest=bindparam("code_digest"),
        code_expires_at=bindparam("code_expires_at"),
        account_id=bindparam("account_id"),
        client_id=bindparam("client_id"),
        session_id=bindparam("session_id"),
        sid=bindparam("sid"),
        subject=bindparam("subject"),
        scope=bindparam("scope"),
        redirect_uri=bindparam("redirect_uri"),
        code_challenge=bindparam("code_challenge"),
        nonce=bindparam("nonce"),
        acr=bindparam("acr"),
        amr=bindparam("amr"),
        auth_time=bindparam("auth_time"),
        extra=bindparam("extra"),
        created_at=bindparam("created_at"),
        expires_at=bindparam("expires_at"),
    )
)
IS_ALIVE = (
    Authorization.revoked_at.is_(None) & (Account.state == "active") & (Account.is_synthetic == bindparam("synthetic"))
)
"""Of a family and its account joined to it: whether tokens of it still count at a client in test mode, or at any other."""

# Values, not EXISTS, which PostgreSQL turns into joins that read whole tables while they are small or not yet analysed.
_account_is_active = (
    select(Account.state)
    .where(Account.id == Authorization.account_id, Account.is_synthetic == bindparam("synthetic"))
    .scalar_subquery()
    == "active"
)
_session_is_live = (
    select(SsoSession.id)
    .where(SsoSession.id == Authorization.session_id, SsoSession.ended_at.is_(None))
    .scalar_subquery()
    .is_not(None)
)
_spend = Prepared(
    update(Authorization)
    .where(
        Authorization.code_digest == bindparam("digest"),
        Authorization.client_id == bindparam("client"),
        Authorization.code_spent_at.is_(None),
        Authorization.revoked_at.is_(None),
        Authorization.code_expires_at > bindparam("now"),
        _account_is_active,
        _session_is_live,
    )
    .values(code_spent_at=bindparam("now"))
    .returning(
        Authorization.id,
        Authorization.account_id,
        Authorization.session_id,
        Authorization.sid,
        Authorization.subject,
        Authorization.scope,
        Authorization.redirect_uri,
        Authorization.code_challenge,
        Authorization.nonce,
        Authorization.acr,
        Authorization.amr,
        Authorization.auth_time,
        Authorization.extra,
    )
)
_revoke_if_spent = Prepared(
    update(Authorization)
    .where(
        Authorization.code_digest == bindparam("digest"),
        Authorization.client_id == bindparam("client"),
        Authorization.code_spent_at <= bindparam("spent_until"),
        Authorization.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("now"), revoke_reason="code_replayed")
    .returning(Authorization.id)
)
_revoke = Prepared(
    update(Authorization)
    .where(Authorization.id == bindparam("wanted"), Authorization.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"), revoke_reason=bindparam("reason"))
    .returning(Authorization.id)
)
_extend = Prepared(
    update(Authorization).where(Authorization.id == bindparam("wanted")).values(expires_at=bindparam("until"))
)
_alive = Prepared(
    select(Authorization.account_id, Authorization.acr, Authorization.auth_time, Authorization.amr, Authorization.extra,
           subjects.known_as_by(Authorization.account_id))
    .join(Account, Account.id == Authorization.account_id)
    .where(Authorization.id == bindparam("wanted"), Authorization.account_id == bindparam("account"), IS_ALIVE)
)  # fmt: skip


def issue(
    db: RawTransaction,
    granted: Granted,
    *,
    now: datetime,
    code_lifetime: timedelta,
    family_lifetime: timedelta,
    with_code: bool = True,
) -> tuple[str, str | None]:
    """Write the authorization; returns its id and the code, which is nowhere stored.

    Without a code the row is the family of an access token that the authorization endpoint hands out itself.
    """
    code = ids.new_secret() if with_code else None
    authorization_id = write(
        db,
        granted,
        code_digest=ids.digest(code) if code is not None else None,
        now=now,
        code_expires_at=now + code_lifetime if with_code else now,
        expires_at=now + family_lifetime,
    )
    return authorization_id, code


def write(
    db: RawTransaction,
    granted: Granted,
    *,
    code_digest: str | None,
    now: datetime,
    code_expires_at: datetime,
    expires_at: datetime,
) -> str:
    """Write the authorization that the owner of a code may redeem, whoever made that code; returns its id."""
    authorization_id = ids.new_id()
    _issue(
        db,
        id=authorization_id,
        code_digest=code_digest,
        code_expires_at=code_expires_at,
        account_id=granted.account_id,
        client_id=granted.client_id,
        session_id=granted.session_id,
        sid=granted.sid,
        subject=granted.subject,
        scope=granted.scope,
        redirect_uri=granted.redirect_uri,
        code_challenge=granted.code_challenge,
        nonce=granted.nonce,
        acr=granted.acr,
        amr=list(granted.amr),
        auth_time=granted.auth_time,
        extra=granted.extra,
        created_at=now,
        expires_at=expires_at,
    )
    return authorization_id


def redeem(
    db: RawTransaction, code: str, *, client_id: str, now: datetime, pardon: timedelta = -_AHEAD, is_test: bool = False
) -> Redeemed | Replayed | None:
    """Spend a code once; a second presentation by the same client revokes what the first one brought.

    One that comes within `pardon` of the first (a device polls twice at once) brings nothing, and revokes nothing. For
    codes there is none, whatever the clocks of two processes say. `is_test` is of the client: synthetic people sign in at
    clients in test mode, nobody else does.
    """
    digest = ids.digest(code)
    if (row := _spend.first(db, digest=digest, client=client_id, now=now, synthetic=is_test)) is not None:
        return Redeemed(row)
    replayed = _revoke_if_spent.first(db, digest=digest, client=client_id, now=now, spent_until=now - pardon)
    return Replayed(replayed.id) if replayed is not None else None


def revoke(db: RawTransaction, authorization_id: str, *, reason: str, now: datetime) -> bool:
    """End a family; every token of it stops at its next use, on every process."""
    return _revoke.first(db, wanted=authorization_id, reason=reason, now=now) is not None


def extend(db: RawTransaction, family: Any, *, until: datetime) -> None:
    """Keep the row as long as its newest refresh token may live."""
    if family.expires_at < until:  # once a day, not at every refresh: the row has more indexes than this is worth
        _extend(db, wanted=family.id, until=until + _AHEAD)


def alive(
    db: RawTransaction, authorization_id: str, *, account_id: str | None, sector: str, is_test: bool = False
) -> Any | None:
    """The family's row while it is not revoked and its account is active, else None.

    `account_id` is that of the token in hand: one made before the family went over to another account is over. `known_as` in the
    row is by which account the asker's sector knows the person. `is_test`: the asker is in test mode, so the person is synthetic.
    """
    return _alive.first(db, wanted=authorization_id, account=account_id, sector=sector, synthetic=is_test)
