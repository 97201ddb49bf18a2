"""Tables of relying sites as their departments keep them: versions, requests to go live, secrets wished for, warnings given."""

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db.base import Code, Digest, Id, Instant, Json, Model


class SiteVersion(Model):
    """One version of what a site registered; written once, only its state moves.

    `current` is what the site works by, `draft` waits beside a live one, `past` was current, `dropped` never became it.
    Who made it is an account of the department's (`citizen`), an operator, or the service itself.
    """

    __tablename__ = "site_versions"
    __table_args__ = (
        UniqueConstraint("client_id", "number"),
        Index("uq_site_versions_current", "client_id", unique=True,
              sqlite_where=text("state = 'current'"), postgresql_where=text("state = 'current'")),
        Index("uq_site_versions_draft", "client_id", unique=True,
              sqlite_where=text("state = 'draft'"), postgresql_where=text("state = 'draft'")),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    client_id: Mapped[Code] = mapped_column(ForeignKey("clients.client_id"))
    number: Mapped[int]
    state: Mapped[Code]
    document: Mapped[Json]
    made_by_kind: Mapped[Code]
    made_by: Mapped[Code | None]
    made_at: Mapped[Instant]
    was_live: Mapped[bool] = mapped_column(default=False)


class Release(Model):
    """A department asks that one version of its site may serve everybody; an operator answers, in whole or in part.

    `granted` is what was given of it, `remark` what the reviewer says to the developer, `waiver` why no passed check was asked.
    Without `asked_by` it came from a command; one of the state `emergency` was put in force by it unasked, and `note` says why.
    """

    __tablename__ = "site_releases"
    __table_args__ = (
        Index("uq_site_releases_open", "client_id", unique=True,
              sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'")),
        Index("ix_site_releases_state", "state", "id"),
        Index("ix_site_releases_client", "client_id", "id"),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    client_id: Mapped[Code] = mapped_column(ForeignKey("clients.client_id"))
    version_id: Mapped[Id] = mapped_column(ForeignKey("site_versions.id"))
    organisation_id: Mapped[Id | None] = mapped_column(ForeignKey("organisations.id"))
    region: Mapped[Code]
    state: Mapped[Code]  # open | approved | returned | withdrawn | emergency
    note: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[Id | None] = mapped_column(ForeignKey("accounts.id"))
    asked_at: Mapped[Instant]
    decided_by: Mapped[Id | None] = mapped_column(ForeignKey("operators.id"))
    decided_at: Mapped[Instant | None]
    remark: Mapped[str | None] = mapped_column(Text)
    waiver: Mapped[str | None] = mapped_column(Text)
    granted: Mapped[Json | None]


class SecretWish(Model):
    """One manager of a live site wants a new secret; another of the same department says yes, then the first makes it once."""

    __tablename__ = "site_secret_wishes"
    __table_args__ = (
        Index("uq_site_secret_wishes_open", "client_id", unique=True,
              sqlite_where=text("state IN ('open', 'allowed')"), postgresql_where=text("state IN ('open', 'allowed')")),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    client_id: Mapped[Code] = mapped_column(ForeignKey("clients.client_id"))
    state: Mapped[Code]  # open | allowed | done | refused | withdrawn | expired
    asked_by: Mapped[Id] = mapped_column(ForeignKey("accounts.id"))
    asked_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)
    decided_by: Mapped[Id | None] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[Instant | None]


class SecretWarning(Model):
    """That a department was told of the end of a secret so many days before; told once."""

    __tablename__ = "site_secret_warnings"

    digest: Mapped[Digest] = mapped_column(primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True)
    told_at: Mapped[Instant] = mapped_column(index=True)
