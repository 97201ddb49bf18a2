"""Tables of signing in: SSO sessions and their sites, one-time codes, failures, and devices that are known."""

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db.base import Code, Digest, Id, Instant, Model, Names, Sealed


class SsoSession(Model):
    """One browser signed in to the centre; the cookie's secret is stored only as a digest."""

    __tablename__ = "sso_sessions"

    id: Mapped[Id] = mapped_column(primary_key=True)
    secret_digest: Mapped[Digest] = mapped_column(unique=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"), index=True)
    device_digest: Mapped[Digest]
    aal: Mapped[int]
    amr: Mapped[Names]
    auth_time: Mapped[Instant]
    created_at: Mapped[Instant]
    seen_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]
    end_reason: Mapped[Code | None]
    browser: Mapped[Code]
    address: Mapped[Code]


class SessionSite(Model):
    """A relying site that this session signed in to; `sid` is what that site alone knows the session by.

    Once the person has said on whose behalf (`principal_chosen_at`), `organisation_id` names it, or is empty for themselves.
    """

    __tablename__ = "sso_session_sites"
    __table_args__ = (UniqueConstraint("session_id", "client_id"),)

    sid: Mapped[Id] = mapped_column(primary_key=True)
    session_id: Mapped[Id] = mapped_column(ForeignKey("sso_sessions.id"))
    client_id: Mapped[Code]
    subject: Mapped[Code]
    first_at: Mapped[Instant]
    organisation_id: Mapped[Id | None]
    principal_chosen_at: Mapped[Instant | None]


class OneTimeCode(Model):
    """A code sent to a phone; spent once, tried a few times, bound to the browser that asked for it.

    `used_at` is when the act that the spent code allowed was done: it is allowed once.
    """

    __tablename__ = "one_time_codes"
    __table_args__ = (
        Index("ix_one_time_codes_open", "target_index", "purpose",
              sqlite_where=text("spent_at IS NULL"), postgresql_where=text("spent_at IS NULL")),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    purpose: Mapped[Code]
    target_index: Mapped[Digest]
    target_sealed: Mapped[Sealed]
    code_digest: Mapped[Digest]
    device_digest: Mapped[Digest]
    tries: Mapped[int]
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)
    spent_at: Mapped[Instant | None]
    used_at: Mapped[Instant | None]


class SignInFailure(Model):
    """Attempts counted for one subject (an account, an unknown name, a phone) and one origin (see `idp.authn.buckets`)."""

    __tablename__ = "sign_in_failures"

    subject_index: Mapped[Digest] = mapped_column(primary_key=True)
    origin: Mapped[Digest] = mapped_column(primary_key=True)
    failures: Mapped[int]
    first_at: Mapped[Instant]
    blocked_until: Mapped[Instant | None]
    forget_at: Mapped[Instant] = mapped_column(index=True)


class KnownDevice(Model):
    """A browser in which this account once signed in successfully."""

    __tablename__ = "known_devices"

    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    device_digest: Mapped[Digest] = mapped_column(primary_key=True)
    first_at: Mapped[Instant]
    last_at: Mapped[Instant]
