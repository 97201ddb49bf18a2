"""The table of tokens by which programs of a department's developers call the workbench's API."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from idp.db.base import Code, Digest, Id, Instant, Model, Names


class DeveloperToken(Model):
    """A bearer token that a person made for one department whose sites they keep; good for `scopes` while that holds.

    `mandate_id` is the mandate by which they kept them then (None: as legal representative): another one does not wake a token
    whose own has ended. `last_network` is where it last came from, never the whole address. `warned_days` is the last
    warning that was sent before its end.
    """

    __tablename__ = "developer_tokens"
    __table_args__ = (
        Index("ix_developer_tokens_organisation", "organisation_id", "id"),
        Index("ix_developer_tokens_account", "account_id", "organisation_id"),
    )

    id: Mapped[Id] = mapped_column(primary_key=True)
    organisation_id: Mapped[Id] = mapped_column(ForeignKey("organisations.id"))
    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"))
    mandate_id: Mapped[Id | None] = mapped_column(ForeignKey("mandates.id"))
    name: Mapped[Code]
    secret_digest: Mapped[Digest] = mapped_column(unique=True)
    scopes: Mapped[Names]
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)
    last_used_at: Mapped[Instant | None]
    last_network: Mapped[Code | None]
    warned_days: Mapped[int | None]
    ended_at: Mapped[Instant | None]
    ended_by: Mapped[Id | None] = mapped_column(ForeignKey("accounts.id"))
    """Who revoked it; None where it ended with the trust in its account."""
