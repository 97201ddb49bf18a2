"""The audit trail: what happened, authenticated when written, sealed into a chain by the worker."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db.base import Code, Digest, Id, Instant, Json, Model, Sealed

_BY_ANOTHER = "actor_id <> account_id OR account_id IS NULL"


class AuditEntry(Model):
    """One act; ids and codes only, never a name or a number. `mac` is made with it, `seq` and `chain` by sealing."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_unsealed", "id",
              sqlite_where=text("seq IS NULL"), postgresql_where=text("seq IS NULL")),
        Index("ix_audit_entries_account", "account_id", "id"),
        Index("ix_audit_entries_act", "act", "id"),
        Index("ix_audit_entries_client", "client_id", "id",
              sqlite_where=text("client_id IS NOT NULL"), postgresql_where=text("client_id IS NOT NULL")),
        # Most acts are the person's own and found by the account: this one holds those of operators, sites and guardians.
        Index("ix_audit_entries_actor", "actor_id", "id",
              sqlite_where=text(_BY_ANOTHER), postgresql_where=text(_BY_ANOTHER)),
        Index("ix_audit_entries_trace", "trace_id"),
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
    seq: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    chain: Mapped[Digest | None]


class AuditHead(Model):
    """The end of the chain, one row: whoever moves it seals. `mac` covers the rest, so that it cannot be made up;
    that an older one was put back shows against the checkpoints in the log (`idp.audit.anchors`).
    """

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    chain: Mapped[Digest]
    checkpoint_seq: Mapped[int] = mapped_column(BigInteger)
    checkpoint_at: Mapped[Instant]
    mac: Mapped[Digest]


class AuditCheckpoint(Model):
    """A signed statement (compact JWS) that the chain had this head at this length; it names the checkpoint before it."""

    __tablename__ = "audit_checkpoints"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    chain: Mapped[Digest]
    at: Mapped[Instant]
    kid: Mapped[Code]
    signature: Mapped[Sealed]


class AuditKey(Model):
    """A key that signs checkpoints and exports; its sealed half is what is trusted, the public one is for others to read."""

    __tablename__ = "audit_keys"

    kid: Mapped[Code] = mapped_column(primary_key=True)
    private_sealed: Mapped[Sealed]
    public_jwk: Mapped[Json]
    created_at: Mapped[Instant]


class AuditVerification(Model):
    """One reading of the whole trail, asked for on the screen and done by a worker: who asked, how far it is, what it found.

    States: open (waits, or is being done while the lease lasts), done. One is open at a time.
    """

    __tablename__ = "audit_verifications"
    __table_args__ = (
        Index("uq_audit_verifications_open", "state", unique=True,
              sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'")),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    asked_by: Mapped[Code]
    asked_at: Mapped[Instant]
    state: Mapped[Code]
    lease: Mapped[Id | None]
    lease_until: Mapped[Instant | None]
    seen: Mapped[int] = mapped_column(BigInteger)
    expected: Mapped[int] = mapped_column(BigInteger)
    ended_at: Mapped[Instant | None]
    verdict: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
