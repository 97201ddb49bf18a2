"""The audit trail: what happened, authenticated when written, sealed into a chain by the worker."""

from sqlalchemy import BigInteger, Index, text
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
