"""Tables of the staff: operators and their sign-ins, apart from citizens' accounts, and what waits for a second person."""

from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db.base import Code, Digest, Id, Instant, Json, Model, Sealed


class Role(StrEnum):
    """The three administrators (三员分立), officers of counters, and the staff of departments; nobody holds two."""

    SYSTEM = "system"
    SECURITY = "security"
    AUDIT = "audit"
    COUNTER = "counter"
    DEPARTMENT = "department"


class Operator(Model):
    """One member of the staff, and where their duty ends: a region (GB/T 2260, empty for the whole), or named clients."""

    __tablename__ = "operators"

    id: Mapped[Id] = mapped_column(primary_key=True)
    login: Mapped[Code] = mapped_column(unique=True)
    role: Mapped[Code]
    state: Mapped[Code]
    password_hash: Mapped[Sealed]
    totp_sealed: Mapped[Sealed]
    totp_last_step: Mapped[int]
    created_at: Mapped[Instant]
    region: Mapped[Code] = mapped_column(server_default=text("''"))
    clients: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))


class OperatorSession(Model):
    __tablename__ = "operator_sessions"

    id: Mapped[Id] = mapped_column(primary_key=True)
    secret_digest: Mapped[Digest] = mapped_column(unique=True)
    operator_id: Mapped[Id] = mapped_column(ForeignKey("operators.id"))
    created_at: Mapped[Instant]
    seen_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]
    confirmed_at: Mapped[Instant | None]


class Approval(Model):
    """A sensitive act that one operator asked for and another has to allow; decided once, done once.

    `summary` is what the second person reads: codes and ids. What only the act needs is in `payload_sealed`. States: open,
    approved (and waiting to be done by the asker), done, refused, withdrawn; past `expires_at` it is none of these.
    """

    __tablename__ = "approvals"
    __table_args__ = (
        Index("uq_approvals_open", "act", "target", unique=True,
              sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'")),
        Index("ix_approvals_state", "state", "id"),
        Index("ix_approvals_asked_by", "asked_by", "id"),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    act: Mapped[Code]
    target: Mapped[Code]
    region: Mapped[Code]
    summary: Mapped[Json]
    payload_sealed: Mapped[Sealed | None]
    reason: Mapped[Code]
    asked_by: Mapped[Id] = mapped_column(ForeignKey("operators.id"))
    asked_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)
    state: Mapped[Code]
    decided_by: Mapped[Id | None] = mapped_column(ForeignKey("operators.id"))
    decided_at: Mapped[Instant | None]
    remark: Mapped[Code | None]
    done_at: Mapped[Instant | None]
