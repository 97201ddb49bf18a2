"""Tables of identity proof: who a person is, and every attempt to prove it."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from idp.db.base import Code, Digest, Id, Instant, Model, Sealed


class Person(Model):
    """The natural person behind an account, as an authority confirmed: sealed facts and a keyed index of the document.

    The level is never stored; it is derived from unexpired evidence.
    """

    __tablename__ = "persons"

    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    document_kind: Mapped[Code]
    document_index: Mapped[Digest] = mapped_column(unique=True)
    document_sealed: Mapped[Sealed]
    name_sealed: Mapped[Sealed]
    proven_at: Mapped[Instant]


class Evidence(Model):
    """One attempt at one source, whatever came of it; holds verdicts and numbers of requests, never raw data."""

    __tablename__ = "evidence"
    __table_args__ = (
        Index("ix_evidence_account_at", "account_id", "at"),
        Index("ix_evidence_document_at", "document_index", "at"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"))
    client_id: Mapped[Code | None]
    source: Mapped[Code]
    channel: Mapped[Code]
    verdict: Mapped[Code]
    reason: Mapped[Code | None]
    request_number: Mapped[Code | None]
    document_index: Mapped[Digest]
    ial: Mapped[int]
    at: Mapped[Instant]
    expires_at: Mapped[Instant | None]
