"""Tables of organisations, of who represents them, and of whom they let act for them."""

from typing import Final

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db.base import Code, Digest, Id, Instant, Model, Names, Sealed

REVIEWED: Final = "review"
"""The source of an organisation that people know from papers, until its register answers for it."""


class Organisation(Model):
    """An organisation that somebody acts for here, as its register describes it; found by its unified social credit code.

    The code and the name are public. The legal representative's name is personal data: sealed, with a keyed index to notice
    a change. `state` is that of `ports.OrganisationState`. `recheck_at` is when the register is asked again; whoever moves
    it asks.
    """

    __tablename__ = "organisations"

    id: Mapped[Id] = mapped_column(primary_key=True)
    uscc: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Sealed]
    kind: Mapped[Code]
    state: Mapped[Code]
    legal_representative_sealed: Mapped[Sealed]
    legal_representative_index: Mapped[Digest]
    source: Mapped[Code]
    request_number: Mapped[Code | None]
    created_at: Mapped[Instant]
    checked_at: Mapped[Instant]
    recheck_at: Mapped[Instant] = mapped_column(index=True)
    reviewed_until: Mapped[Instant | None]  # as long as papers that people looked at count beside a register that lags
    region: Mapped[Code] = mapped_column(server_default=text("''"))  # GB/T 2260, as its code says


class Representation(Model):
    """A person who is known as the legal representative of an organisation; one at a time.

    How surely that is known is derived (`idp.mandates.standing`), never stored: `licence_until` says how long the electronic
    licence that was shown counts, `by_number` whether the register compared the person's number beside the name.
    """

    __tablename__ = "representations"
    __table_args__ = (
        Index("uq_representations_live", "organisation_id", unique=True,
              sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL")),
        Index("ix_representations_account", "account_id"),
        Index("ix_representations_organisation", "organisation_id"),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    organisation_id: Mapped[Id] = mapped_column(ForeignKey("organisations.id"))
    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"))
    licence_until: Mapped[Instant | None]
    by_number: Mapped[bool] = mapped_column(default=False)
    since: Mapped[Instant]
    ended_at: Mapped[Instant | None]
    ended_by: Mapped[Id | None]
    end_reason: Mapped[Code | None]  # resigned | superseded | representative | organisation | account


class Mandate(Model):
    """What an organisation lets somebody do: an administrator everything but naming administrators, an agent (经办人) some sites.

    It is offered to a phone number, binds the account that accepts it, and counts from acceptance until it ends. It was given
    by the legal representative, or under the mandate `parent_id`: by an administrator, or by an agent who may pass theirs on.
    `services` are client ids, or `*` for every site; an administrator's has no term.
    """

    __tablename__ = "mandates"
    __table_args__ = (
        Index("ix_mandates_agent", "agent_account_id"),
        Index("ix_mandates_organisation", "organisation_id", "offered_at"),
        Index("ix_mandates_phone", "phone_index"),
        Index("ix_mandates_parent", "parent_id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    organisation_id: Mapped[Id] = mapped_column(ForeignKey("organisations.id"))
    role: Mapped[Code]  # administrator | agent
    given_by: Mapped[Id] = mapped_column(ForeignKey("accounts.id"))
    parent_id: Mapped[Id | None] = mapped_column(ForeignKey("mandates.id"))
    agent_account_id: Mapped[Id | None] = mapped_column(ForeignKey("accounts.id"))
    agent_name_sealed: Mapped[Sealed]
    phone_index: Mapped[Digest]
    phone_sealed: Mapped[Sealed]
    services: Mapped[Names]
    may_delegate: Mapped[bool]
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant | None] = mapped_column(index=True)
    offered_at: Mapped[Instant]
    offer_until: Mapped[Instant]
    accepted_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]
    ended_by: Mapped[Id | None]
    end_reason: Mapped[Code | None]
    # declined | withdrawn | revoked | resigned | expired | lapsed | parent | representative | organisation | account


class Use(Model):
    """One time that somebody acted for an organisation at a site: who, where, in which role, by which mandate."""

    __tablename__ = "organisation_uses"
    __table_args__ = (
        Index("ix_organisation_uses_organisation", "organisation_id", "at"),
        Index("ix_organisation_uses_mandate", "mandate_id"),
        Index("ix_organisation_uses_account", "account_id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    organisation_id: Mapped[Id] = mapped_column(ForeignKey("organisations.id"))
    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"))
    role: Mapped[Code]
    mandate_id: Mapped[Id | None] = mapped_column(ForeignKey("mandates.id"))
    client_id: Mapped[Code]
    at: Mapped[Instant] = mapped_column(index=True)
