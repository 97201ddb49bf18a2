"""The audit trail: what happened, authenticated when written, sealed into a chain by the worker."""

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db.base import Code, Digest, Id, Instant, Json, Model, Sealed


class AuditEntry(Model):
    """One act; ids and codes only, never a name or a number. `mac` is made with it, `seq` and `chain` by sealing."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_unsealed", "id",
              sqlite_where=text("seq IS NULL"), postgresql_where=text("seq IS NULL")),
        Index("ix_audit_entries_account", "account_id", "id"),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    at: Mapped[Instant]
    act: Mapped[Code]
    outcome: Mapped[Code]
    actor_kind: Mapped[Code]
    actor_id: Mapped[Code | None]
    account_id: Mapped[Id | None]
    client_id: Mapped[Code | None]
    session_id: Mapped[Id | None]
    trace_id: Mapped[Id]
    details: Mapped[Json]
    mac: Mapped[Digest]
    seq: Mapped[int | None] = mapped_column(unique=True)
    chain: Mapped[Digest | None]


class AuditCheckpoint(Model):
    """A signed statement that the chain had this head at this length."""

    __tablename__ = "audit_checkpoints"

    seq: Mapped[int] = mapped_column(primary_key=True)
    chain: Mapped[Digest]
    at: Mapped[Instant]
    kid: Mapped[Code]
    signature: Mapped[Sealed]
