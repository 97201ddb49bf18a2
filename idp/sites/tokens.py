"""Bearer tokens for a department's own programs: of one person and one department, and of no use without both.

Made by somebody who keeps the department's sites, for part of what that lets them do, for ninety days at most. At each call
it is judged anew whether they keep them still, by the same mandate. What ends the trust in an account (its freezing, closing
or merging, a password that was recovered or changed) ends its tokens for good. Others who keep the sites see and revoke them.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from idp.accounts.models import Account, AccountState
from idp.audit.trail import Actor, Trail
from idp.authn.sites import Sites
from idp.core import addresses, clock, ids
from idp.db import keyset
from idp.db.keyset import Slice
from idp.db.unit_of_work import Database
from idp.sites.errors import TokenUnfit, TooManyTokens
from idp.sites.models_tokens import DeveloperToken
from idp.sites.notices import Notices
from idp.sites.owners import Department, Owners

LONGEST_DAYS: Final = 90
MOST: Final = 20
PREFIX: Final = "idpd_"
"""What a token begins with, so that one that leaked is recognised."""
WARN_DAYS: Final = (7, 1)
_SEEN_EVERY: Final = timedelta(minutes=1)
_AT_ONCE: Final = 500


class Scope(StrEnum):
    """What a token may be made for; each is part of what a manager does in the workbench."""

    READ = "sites:read"
    WRITE = "sites:write"
    SECRETS = "secrets:write"
    RELEASES = "releases:write"
    TEST_PEOPLE = "test-people"


@dataclass(frozen=True, slots=True)
class NewToken:
    """The token itself, shown once."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose token it is, for which department, and what it was made for."""

    token_id: str
    account_id: str
    department: Department
    scopes: frozenset[str]

    @property
    def actor(self) -> Actor:
        return Actor("citizen", self.account_id)

    def may(self, scope: Scope) -> bool:
        return scope.value in self.scopes


@dataclass(frozen=True, slots=True)
class Tokens:
    """Makes, lists, judges and ends them."""

    database: Database
    trail: Trail
    owners: Owners
    notices: Notices

    def make(
        self, db: Session, account_id: str, organisation_id: str, *, name: str, scopes: Collection[str], days: int
    ) -> NewToken:
        """One for this department; TokenUnfit for a name, scope or term that cannot be, TooManyTokens, NoDepartment."""
        now, made = clock.now(), ids.new_id()
        db.get_one(Account, account_id, with_for_update=True)  # one at a time
        department = self.owners.department(db, account_id, organisation_id, now)
        name = name.strip()
        if not (1 <= len(name) <= 64 and name.isprintable() and scopes and set(scopes) <= set(Scope)):
            raise TokenUnfit
        if not 1 <= days <= LONGEST_DAYS:
            raise TokenUnfit
        mine = (DeveloperToken.account_id == account_id, DeveloperToken.organisation_id == organisation_id)
        if (db.scalar(select(func.count()).where(*mine, *_lasting(now))) or 0) >= MOST:
            raise TooManyTokens
        secret = PREFIX + ids.new_secret()
        db.add(
            DeveloperToken(
                id=made, organisation_id=organisation_id, account_id=account_id, mandate_id=department.mandate_id,
                name=name, secret_digest=ids.digest(secret), scopes=sorted(set(scopes)), created_at=now,
                expires_at=now + timedelta(days=days),
                warned_days=min((each for each in WARN_DAYS if days <= each), default=None),  # they know it now
            )
        )  # fmt: skip
        db.flush()
        self.trail.record(
            db, "developer_token.made", account_id=account_id, token=made, organisation=organisation_id,
            scopes=sorted(set(scopes)), days=days,
        )  # fmt: skip
        self.notices.of_token(db, organisation_id, "token_made", department.name, but=account_id)
        return NewToken(made, secret)

    def revoke(self, db: Session, account_id: str, token_id: str) -> bool:
        """End one of a department whose sites this person keeps; False when there is none of it that lasts."""
        now = clock.now()
        mine = [each.organisation_id for each in self.owners.departments(db, account_id, now)]
        gone = db.execute(
            update(DeveloperToken)
            .where(
                DeveloperToken.id == token_id[:32], DeveloperToken.organisation_id.in_(mine), *_lasting(now)
            )
            .values(ended_at=now, ended_by=account_id)
            .returning(DeveloperToken.account_id, DeveloperToken.organisation_id)
        ).first()  # fmt: skip
        if gone is not None:
            self.trail.record(
                db, "developer_token.revoked", actor=Actor("citizen", account_id), account_id=gone.account_id,
                token=token_id, organisation=gone.organisation_id,
            )  # fmt: skip
        return gone is not None

    def of(self, db: Session, departments: Collection[Department], *, after: str = "") -> Slice[DeveloperToken]:
        """Everybody's in these departments, the newest first, ended ones among them."""
        known = sorted(each.organisation_id for each in departments)
        return keyset.page(
            db, select(DeveloperToken).where(DeveloperToken.organisation_id.in_(known)), [DeveloperToken.id], after=after
        )  # fmt: skip

    def asleep(self, db: Session, rows: Collection[DeveloperToken]) -> frozenset[str]:
        """Those that last and yet open nothing now: their maker keeps the sites no longer by the mandate of then."""
        now = clock.now()
        ways = {
            (row.account_id, row.organisation_id, row.mandate_id)
            for row in rows
            if row.ended_at is None and row.expires_at > now
        }
        holds = {way for way in ways if self.owners.still(db, *way, now) is not None}
        lost = ways - holds
        return frozenset(row.id for row in rows if (row.account_id, row.organisation_id, row.mandate_id) in lost)

    def find(self, secret: str, *, address: str) -> Holder | None:
        """Who comes with this token, if all that it rests on holds at this moment; its use is noted once a minute."""
        now = clock.now()
        with self.database.view() as db:
            row: DeveloperToken | None = db.scalar(
                select(DeveloperToken)
                .join(Account, Account.id == DeveloperToken.account_id)
                .where(
                    DeveloperToken.secret_digest == ids.digest(secret), Account.state == AccountState.ACTIVE.value,
                    *_lasting(now),
                )
            )  # fmt: skip
            if row is None:
                return None
            department = self.owners.still(db, row.account_id, row.organisation_id, row.mandate_id, now)
        if department is None:
            return None
        if row.last_used_at is None or now - row.last_used_at >= _SEEN_EVERY:
            seen = {"last_used_at": now, "last_network": addresses.region_of(address)}
            with self.database.transaction() as db:
                db.execute(update(DeveloperToken).where(DeveloperToken.id == row.id).values(**seen))
        return Holder(row.id, row.account_id, department, frozenset(row.scopes))

    def begin(self, db: Session, who: Holder, route: str) -> bool:
        """At the beginning of a change: whether the token still holds, and that a program does what the trail tells beside it.

        Held for the transaction, so that a token which was revoked a moment ago changes nothing any more.
        """
        now, of = clock.now(), who.department
        held = update(DeveloperToken).where(DeveloperToken.id == who.token_id, *_lasting(now)).values(last_used_at=now)
        if db.scalar(held.returning(DeveloperToken.id)) is None:
            return False
        if self.owners.still(db, who.account_id, of.organisation_id, of.mandate_id, now) is None:
            return False
        self.trail.record(
            db, "developer_token.acted", account_id=who.account_id, token=who.token_id, route=route,
            organisation=of.organisation_id,
        )  # fmt: skip
        return True

    def warn(self) -> int:
        """Tell makers of tokens that end in 7 days and in 1, each once; how many were told."""
        now, told = clock.now(), 0
        with self.database.view() as db:
            due = db.execute(
                select(DeveloperToken.id, DeveloperToken.expires_at)
                .where(*_lasting(now), or_(*(_is_due(days, now) for days in WARN_DAYS)))
                .order_by(DeveloperToken.expires_at)
                .limit(_AT_ONCE)
            ).all()
        for token_id, expires_at in due:
            days = min(each for each in WARN_DAYS if expires_at - now <= timedelta(days=each))
            with self.database.transaction() as db:
                told += self._warn(db, token_id, days, now)
        return told

    def _warn(self, db: Session, token_id: str, days: int, now: datetime) -> int:
        row = db.scalar(
            update(DeveloperToken)
            .where(
                DeveloperToken.id == token_id, *_lasting(now), _is_due(days, now)
            )
            .values(warned_days=days)
            .returning(DeveloperToken)
        )  # fmt: skip
        if row is None or not self.owners.still(db, row.account_id, row.organisation_id, row.mandate_id, now):
            return 0
        self.notices.to_maker(db, row.account_id, "token_ends", row.name, days=max(1, (row.expires_at - now).days))
        return 1


@dataclass(frozen=True, slots=True)
class WithTokens:
    """`idp.authn.sites.Sites` with the tokens of developers: they too go with the trust in an account, not with a session."""

    given_out: Sites
    trail: Trail

    def end_of_session(self, db: Session, session_id: str, *, reason: str, keep_offline: bool) -> None:
        self.given_out.end_of_session(db, session_id, reason=reason, keep_offline=keep_offline)

    def end_of_account(self, db: Session, account_id: str, *, reason: str) -> None:
        now = clock.now()
        self.given_out.end_of_account(db, account_id, reason=reason)
        ended = db.scalars(
            update(DeveloperToken)
            .where(DeveloperToken.account_id == account_id, *_lasting(now))
            .values(ended_at=now)
            .returning(DeveloperToken.id)
        ).all()
        for token_id in ended:
            self.trail.record(db, "developer_token.ended", account_id=account_id, token=token_id, reason=reason)

    def that_listen(self, db: Session, client_ids: Collection[str]) -> Collection[str]:
        return self.given_out.that_listen(db, client_ids)


def _is_due(days: int, now: datetime) -> ColumnElement[bool]:
    """It ends within so many days, and its maker was not told of these yet."""
    of = DeveloperToken
    return and_(of.expires_at <= now + timedelta(days=days), or_(of.warned_days.is_(None), of.warned_days > days))


def _lasting(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return DeveloperToken.ended_at.is_(None), DeveloperToken.expires_at > now
