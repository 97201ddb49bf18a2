"""Tables of identity proof: who a person is, every attempt to prove it, and what is under way on a phone or at a counter."""

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db.base import Code, Digest, Id, Instant, Model, Sealed


class Person(Model):
    """The natural person behind an account, as an authority confirmed: sealed facts and a keyed index of the document.

    The level is never stored; it is derived from unexpired evidence. `facts_sealed` holds what a document's number does not say
    (birthdate, gender, nationality), as one JSON object. `name_index` finds everybody of one name; it is missing where the
    person was proven before there was one (`idp.realname.listed`).
    """

    __tablename__ = "persons"
    __table_args__ = (
        Index("ix_persons_name_index", "name_index"),
        Index("ix_persons_unlisted", "account_id",
              sqlite_where=text("name_index IS NULL"), postgresql_where=text("name_index IS NULL")),
    )  # fmt: skip

    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    document_kind: Mapped[Code]
    document_country: Mapped[Code | None]
    document_index: Mapped[Digest] = mapped_column(unique=True)
    document_sealed: Mapped[Sealed]
    name_sealed: Mapped[Sealed]
    facts_sealed: Mapped[Sealed | None]
    name_index: Mapped[Digest | None]
    proven_at: Mapped[Instant]


class Evidence(Model):
    """One attempt at one source, whatever came of it; holds verdicts and numbers of requests, never raw data.

    `purpose` says to the person why they were asked about: `self`, `site` (client_id names it), `sign_in`, `organisation`,
    `guardian`, `merge`, `recheck`, `counter`. `took_ms` is how long the source took to answer, or to begin what takes longer;
    `cost` what the question cost in fen if it was answered.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        Index("ix_evidence_account_at", "account_id", "at"),
        Index("ix_evidence_document_at", "document_index", "at"),
        Index("ix_evidence_source_at", "source", "at"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"))
    client_id: Mapped[Code | None]
    purpose: Mapped[Code] = mapped_column(server_default="self")
    source: Mapped[Code]
    channel: Mapped[Code]
    evidence_type: Mapped[Code] = mapped_column(server_default="electronic_record")
    check_method: Mapped[Code] = mapped_column(server_default="data")
    document_kind: Mapped[Code] = mapped_column(server_default="resident_id")
    verdict: Mapped[Code]
    reason: Mapped[Code | None]
    request_number: Mapped[Code | None]
    document_index: Mapped[Digest]
    ial: Mapped[int]
    at: Mapped[Instant]
    expires_at: Mapped[Instant | None]
    took_ms: Mapped[int | None]
    cost: Mapped[int] = mapped_column(server_default="0")


class IdentityAttempt(Model):
    """A challenge that a person is doing on a phone: settled once, whoever asks.

    The row is found by the digest of a handle that the pages carry, by the account, the browser and the site that started it;
    `phone_digest` is of the handle with which a phone goes on with it and does nothing else, `phone_browser` the one browser
    that took it up. Applicant, ticket and addresses are sealed, and forgotten when it is settled.
    """

    __tablename__ = "identity_attempts"

    id: Mapped[Id] = mapped_column(primary_key=True)
    handle_digest: Mapped[Digest] = mapped_column(unique=True)
    evidence_id: Mapped[Id] = mapped_column(ForeignKey("evidence.id"), unique=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"), index=True)
    client_id: Mapped[Code | None]
    browser_digest: Mapped[Digest]
    phone_digest: Mapped[Digest] = mapped_column(unique=True)
    phone_browser: Mapped[Digest | None]
    source: Mapped[Code]
    request_number: Mapped[Code | None]
    applicant_sealed: Mapped[Sealed | None]
    ticket_sealed: Mapped[Sealed | None]
    open_url_sealed: Mapped[Sealed | None]
    app_url_sealed: Mapped[Sealed | None]
    surface: Mapped[Code]
    started_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)
    returned_at: Mapped[Instant | None]
    asked_at: Mapped[Instant | None]
    settled_at: Mapped[Instant | None]
    outcome: Mapped[Code | None]


class FaceConsent(Model):
    """The separate, informed, withdrawable consent to a face check (PIPL art. 29; measures on face recognition of 2025)."""

    __tablename__ = "face_consents"
    __table_args__ = (
        Index("uq_face_consents_live", "account_id", unique=True,
              sqlite_where=text("withdrawn_at IS NULL"), postgresql_where=text("withdrawn_at IS NULL")),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"))
    version: Mapped[Code]
    given_at: Mapped[Instant]
    withdrawn_at: Mapped[Instant | None]


class CounterCase(Model):
    """A person who comes to a counter with a card: the code they bring, who saw them, and who confirmed it.

    The evidence of a confirmed case has the case's id as its request number.
    """

    __tablename__ = "counter_cases"
    __table_args__ = (
        Index("ix_counter_cases_seen_by", "seen_by", "seen_at"),
        Index("ix_counter_cases_decided_by", "decided_by", "decided_at"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"), index=True)
    client_id: Mapped[Code | None]
    code_index: Mapped[Digest] = mapped_column(unique=True)
    state: Mapped[Code]
    applicant_sealed: Mapped[Sealed | None]
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)
    seen_by: Mapped[Id | None]
    seen_at: Mapped[Instant | None]
    decided_by: Mapped[Id | None]
    decided_at: Mapped[Instant | None]
    reason: Mapped[Code | None]
