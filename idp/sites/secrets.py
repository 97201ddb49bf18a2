"""Secrets of a department's sites: shown once, replaced with overlap, ended after a year, warned of in time.

A test site's secret is made by whoever manages it. The secret of a live site needs two managers where the department has
two: one asks, another says yes, and the first makes it once. Where there is one manager, it is made at once, and told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from idp.audit.trail import Actor, Trail
from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.db import stamps
from idp.db.unit_of_work import Database
from idp.oidc.models import Client, ClientSecret
from idp.oidc.registration import clients
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.oidc.registration.metadata_rules import WITH_SECRET
from idp.sites import drafts
from idp.sites.errors import NeedsAnother, NoSecret, NotOpen, OwnWish
from idp.sites.models import SecretWarning, SecretWish
from idp.sites.notices import Notices
from idp.sites.owners import Department, Owners

LONGEST_OVERLAP_HOURS: Final = 720
WAITS: Final = timedelta(days=3)
WARN_DAYS: Final = (30, 7, 1)
_Other = aliased(ClientSecret)


@dataclass(frozen=True, slots=True)
class Made:
    """A new secret, and until when the earlier ones are good."""

    secret: str = field(repr=False)
    old_until: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Secrets:
    """What managers of a site do with its secrets."""

    database: Database
    keyring: Keyring
    trail: Trail
    owners: Owners
    notices: Notices
    lasts: timedelta

    def make(self, db: Session, account_id: str, client_id: str, *, overlap_hours: int) -> Made:
        """A new secret, told this once; NeedsAnother while a live site's has not been confirmed by a second manager."""
        row, owner = self.owners.site(db, account_id, client_id, clock.now(), for_update=True)
        _require_secret(row)
        actor = Actor("citizen", account_id)
        if row.mode == drafts.LIVE and len(self.owners.managers(db, owner.organisation_id, clock.now())) > 1:
            self._use_wish(db, account_id, client_id, owner)
        made = self.replace(db, row, overlap_hours=overlap_hours, actor=actor)
        if row.mode == drafts.LIVE:
            self.notices.to_managers(db, owner.organisation_id, "secret_made", client_id, but=account_id)
        return made

    def replace(self, db: Session, row: Client, *, overlap_hours: int, actor: Actor) -> Made:
        """The same for who holds the row and may: the earlier ones end after the overlap."""
        now = clock.now()
        expires_at = now + self.lasts if row.mode == drafts.LIVE else None
        until = now + timedelta(hours=min(max(overlap_hours, 0), LONGEST_OVERLAP_HOURS))
        secret = clients.add_secret(
            db, self.trail, row.client_id, keyring=self.keyring, actor=actor, expires_at=expires_at
        )
        db.flush()
        clients.retire_secrets(db, self.trail, row.client_id, keep=secret, at=until, actor=actor)
        return Made(secret, until, expires_at)

    def end(self, db: Session, account_id: str, client_id: str, mark: str) -> None:
        """End one secret now, known by the beginning of its digest; NoSecret when it is none of the site's."""
        self.owners.site(db, account_id, client_id, clock.now(), for_update=True)
        row = next((each for each in living(db, client_id) if marked(each) == mark), None)
        if row is None:
            raise NoSecret
        row.expires_at = clock.now()
        db.flush()
        self.trail.record(
            db, "client.secret_ended", actor=Actor("citizen", account_id), account_id=account_id, client_id=client_id
        )
        stamps.touch(db, clients.STAMP)

    def wish(self, db: Session, account_id: str, client_id: str) -> None:
        """Ask the other managers for a new secret of a live site."""
        now = clock.now()
        row, owner = self.owners.site(db, account_id, client_id, now, for_update=True)
        _require_secret(row)
        self._expire(db, client_id, now)
        made = SecretWish(
            id=ids.new_id(),
            client_id=client_id,
            state="open",
            asked_by=account_id,
            asked_at=now,
            expires_at=now + WAITS,
        )
        if open_wish(db, client_id, now) is not None:
            raise NotOpen
        db.add(made)
        try:
            db.flush()
        except IntegrityError as raced:
            raise NotOpen from raced
        self.trail.record(
            db, "site.secret_wished", actor=Actor("citizen", account_id), account_id=account_id, client_id=client_id
        )
        self.notices.to_managers(db, owner.organisation_id, "secret_wished", client_id, but=account_id)

    def answer(self, db: Session, account_id: str, client_id: str, *, is_yes: bool) -> None:
        """Another manager's word; OwnWish for the one who asked, who may only take it back."""
        now = clock.now()
        self.owners.site(db, account_id, client_id, now, for_update=True)
        wish = open_wish(db, client_id, now)
        if wish is None or (wish.state != "open" and is_yes):
            raise NotOpen
        if wish.asked_by == account_id and is_yes:
            raise OwnWish
        wish.state = "allowed" if is_yes else "withdrawn" if wish.asked_by == account_id else "refused"
        wish.decided_by, wish.decided_at = account_id, now
        db.flush()
        self.trail.record(
            db, f"site.secret_wish_{wish.state}", actor=Actor("citizen", account_id), account_id=account_id,
            client_id=client_id,
        )  # fmt: skip

    def warn(self) -> int:
        """Tell departments of secrets of live sites that end in 30, 7 and 1 days, each once; how many were told."""
        now, told = clock.now(), 0
        with self.database.view() as db:
            due = db.execute(_ending(now, now + timedelta(days=WARN_DAYS[0]))).all()
        for digest, client_id, organisation_id, expires_at in due:
            left = max(0, (expires_at - now).days)
            days = min(each for each in WARN_DAYS if expires_at - now <= timedelta(days=each))
            with self.database.transaction() as db:
                if _once(db, digest, days, now):
                    what = "secret_ended" if days == WARN_DAYS[-1] else "secret_ends"
                    self.notices.to_managers(db, organisation_id, what, client_id, days=max(left, 1))
                    told += 1
        return told

    def _use_wish(self, db: Session, account_id: str, client_id: str, owner: Department) -> None:
        used = db.scalar(
            update(SecretWish)
            .where(
                SecretWish.client_id == client_id, SecretWish.asked_by == account_id, SecretWish.state == "allowed",
                SecretWish.expires_at > clock.now(),
            )
            .values(state="done")
            .returning(SecretWish.decided_by)
        )  # fmt: skip
        if used is None:
            raise NeedsAnother
        if used not in self.owners.managers(db, owner.organisation_id, clock.now()):
            raise NeedsAnother  # who said yes manages nothing any more

    def _expire(self, db: Session, client_id: str, now: datetime) -> None:
        db.execute(
            update(SecretWish)
            .where(
                SecretWish.client_id == client_id, SecretWish.state.in_(("open", "allowed")),
                SecretWish.expires_at <= now,
            )
            .values(state="expired")
        )  # fmt: skip


def living(db: Session, client_id: str) -> Sequence[ClientSecret]:
    """The secrets that are good now, the newest first."""
    return db.scalars(
        select(ClientSecret)
        .where(
            ClientSecret.client_id == client_id,
            or_(ClientSecret.expires_at.is_(None), ClientSecret.expires_at > clock.now()),
        )
        .order_by(ClientSecret.created_at.desc())
    ).all()


def marked(row: ClientSecret) -> str:
    """By what a secret is told from the others on pages: the beginning of its digest, which opens nothing."""
    return row.digest[:8]


def open_wish(db: Session, client_id: str, now: datetime) -> SecretWish | None:
    found: SecretWish | None = db.scalar(
        select(SecretWish).where(
            SecretWish.client_id == client_id, SecretWish.state.in_(("open", "allowed")), SecretWish.expires_at > now
        )
    )
    return found


def _require_secret(row: Client) -> None:
    if ClientMetadata.stored(row.metadata_).token_endpoint_auth_method not in WITH_SECRET:
        raise NoSecret


def _ending(now: datetime, until: datetime) -> Any:
    """The last secret of each live site that ends before then, where no younger one outlives it."""
    later = select(1).where(
        _Other.client_id == ClientSecret.client_id, or_(_Other.expires_at.is_(None), _Other.expires_at > until)
    )
    younger = select(1).where(_Other.client_id == ClientSecret.client_id, _Other.expires_at > ClientSecret.expires_at)
    return (
        select(ClientSecret.digest, ClientSecret.client_id, Client.organisation_id, ClientSecret.expires_at)
        .join(Client, Client.client_id == ClientSecret.client_id)
        .where(
            ClientSecret.expires_at > now, ClientSecret.expires_at <= until, Client.state == "active",
            Client.mode == drafts.LIVE, Client.organisation_id.is_not(None), ~later.exists(), ~younger.exists(),
        )
        .order_by(ClientSecret.expires_at)
    )  # fmt: skip


def _once(db: Session, digest: str, days: int, now: datetime) -> bool:
    insert = postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert
    made = db.execute(
        insert(SecretWarning)
        .values(digest=digest, days=days, told_at=now)
        .on_conflict_do_nothing()
        .returning(SecretWarning.days)
    ).first()
    return made is not None
