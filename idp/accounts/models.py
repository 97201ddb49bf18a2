"""Tables of accounts: the account, what it can be found by, its password, and what its owner agreed to."""

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db.base import Code, Digest, Id, Instant, Json, Model, Names, Sealed


class AccountState(StrEnum):
    ACTIVE = "active"
    FROZEN = "frozen"
    CLOSED = "closed"
    MERGED = "merged"


class IdentifierKind(StrEnum):
    USERNAME = "username"
    PHONE = "phone"


class Account(Model):
    """One account of one natural person; the name shown and every number live elsewhere, sealed.

    `region` is the division (GB/T 2260) whose operators look after it. A synthetic account is nobody: it signs in at sites in
    test mode, and nowhere else. `listed_ial` and `listed_until` are for lists to choose by (`idp.realname.listed`); the level
    itself is derived.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        Index("ix_accounts_created", "created_at", "id"),
        Index("ix_accounts_state", "state", "created_at", "id"),
        Index("ix_accounts_region", "region", "created_at", "id"),
        Index("ix_accounts_listed_ial", "listed_ial", "created_at", "id"),
        Index("ix_accounts_listed_until", "listed_until",
              sqlite_where=text("listed_until IS NOT NULL"), postgresql_where=text("listed_until IS NOT NULL")),
        Index("ix_accounts_last_sign_in", "last_sign_in_at", "id"),
        Index("ix_accounts_synthetic", "created_at", "id",
              sqlite_where=text("is_synthetic"), postgresql_where=text("is_synthetic")),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    state: Mapped[Code]
    locale: Mapped[Code]
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]
    frozen_at: Mapped[Instant | None]
    closed_at: Mapped[Instant | None]
    region: Mapped[Code] = mapped_column(server_default=text("''"))
    is_synthetic: Mapped[bool] = mapped_column(server_default=false())
    last_sign_in_at: Mapped[Instant | None]
    listed_ial: Mapped[int] = mapped_column(server_default=text("0"))
    listed_until: Mapped[Instant | None]


class Identifier(Model):
    """Something the account is found by; found by its keyed index, shown from its envelope.

    A released identifier keeps its row for the history but no longer finds the account. `merged_from` is the account that brought
    it along when it was merged into this one: it finds this account as well, but is not what it is called or reached by.
    """

    __tablename__ = "account_identifiers"
    __table_args__ = (
        Index("uq_account_identifiers_live", "kind", "value_index", unique=True,
              sqlite_where=text("released_at IS NULL"), postgresql_where=text("released_at IS NULL")),
        Index("ix_account_identifiers_released", "value_index",
              sqlite_where=text("released_at IS NOT NULL"), postgresql_where=text("released_at IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"), index=True)
    kind: Mapped[Code]
    value_index: Mapped[Digest]
    value_sealed: Mapped[Sealed]
    verified_at: Mapped[Instant | None]
    created_at: Mapped[Instant]
    released_at: Mapped[Instant | None]
    merged_from: Mapped[Id | None]


class Password(Model):
    """The account's password as an Argon2id hash (RFC 9106); an account may have none."""

    __tablename__ = "account_passwords"

    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    hash: Mapped[Sealed]
    changed_at: Mapped[Instant]


class Agreement(Model):
    """One version of one text that the person agreed to."""

    __tablename__ = "account_agreements"
    __table_args__ = (UniqueConstraint("account_id", "document", "version"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"))
    document: Mapped[Code]
    version: Mapped[Code]
    accepted_at: Mapped[Instant]
    channel: Mapped[Code]


class Details(Model):
    """What the person wrote about themselves for sites to see (OpenID Connect Core §5.1), sealed as one JSON object."""

    __tablename__ = "account_details"

    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    sealed: Mapped[Sealed]
    updated_at: Mapped[Instant]


class ExternalLink(Model):
    """An account elsewhere (WeChat, Alipay, another centre) whose owner may sign in here with it; it proves no identity."""

    __tablename__ = "external_links"
    __table_args__ = (
        Index("uq_external_links_live", "source", "key_index", unique=True,
              sqlite_where=text("unlinked_at IS NULL"), postgresql_where=text("unlinked_at IS NULL")),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"), index=True)
    source: Mapped[Code]
    key_index: Mapped[Digest]
    key_sealed: Mapped[Sealed]
    shown_sealed: Mapped[Sealed | None]
    linked_at: Mapped[Instant]
    last_used_at: Mapped[Instant | None]
    unlinked_at: Mapped[Instant | None]


class Merge(Model):
    """Two accounts of one person made one: what was moved, so that it can be undone within a window."""

    __tablename__ = "account_merges"

    id: Mapped[Id] = mapped_column(primary_key=True)
    kept_account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"), index=True)
    merged_account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"), index=True)
    moved: Mapped[Json]
    merged_at: Mapped[Instant]
    undo_until: Mapped[Instant]
    undone_at: Mapped[Instant | None]


class Guardianship(Model):
    """A guardian who answers for the account of a child (PIPL art. 31).

    No registry tells whose child somebody is: `relation` is what the guardian declares, until an officer has seen the papers.
    """

    __tablename__ = "guardianships"
    __table_args__ = (
        Index("uq_guardianships_live", "child_account_id", unique=True,
              sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL")),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    guardian_account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"), index=True)
    child_account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"), index=True)
    relation: Mapped[Code]
    consent_version: Mapped[Code]
    consented_at: Mapped[Instant]
    seen_by: Mapped[Id | None]
    seen_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]


class GuardianRequest(Model):
    """What a child wants a site to get, for the guardian to allow or not."""

    __tablename__ = "guardian_requests"
    __table_args__ = (
        Index("uq_guardian_requests_open", "child_account_id", "client_id", unique=True,
              sqlite_where=text("decided_at IS NULL"), postgresql_where=text("decided_at IS NULL")),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    child_account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"))
    client_id: Mapped[Code]
    words: Mapped[Names]
    asked_at: Mapped[Instant]
    decided_at: Mapped[Instant | None]
    decision: Mapped[Code | None]


class Disclosure(Model):
    """One personal value of an account that an operator was shown in clear: which, why, and in which session until when.

    The person reads it on their record. `batch` is one act that showed many, such as an export; it shows nothing on a page.
    """

    __tablename__ = "disclosures"
    __table_args__ = (
        Index("ix_disclosures_account", "account_id", "at"),
        Index("ix_disclosures_batch", "batch"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"))
    field: Mapped[Code]  # name | document | phone | username
    operator_id: Mapped[Id]
    operator_session_id: Mapped[Id | None]
    role: Mapped[Code]
    reason: Mapped[Code]
    ticket: Mapped[Code]
    batch: Mapped[Id | None]
    at: Mapped[Instant] = mapped_column(index=True)
    until: Mapped[Instant]


class CareAct(Model):
    """One thing that an operator did to an account, with its reason; the account's owner and later operators read it."""

    __tablename__ = "account_acts"
    __table_args__ = (Index("ix_account_acts_account", "account_id", "at"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"))
    act: Mapped[Code]
    operator_id: Mapped[Id | None]
    role: Mapped[Code]
    reason: Mapped[Code]
    ticket: Mapped[Code]
    at: Mapped[Instant] = mapped_column(index=True)
