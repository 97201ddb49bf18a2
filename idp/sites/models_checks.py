"""Tables of what a site is tried out with: test people and what was sent to them, hosts, checks, and errors made."""

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db.base import Code, Id, Instant, Json, Model, Sealed


class SyntheticPerson(Model):
    """Who is nobody: made for a department, or for one site without a department, and ended with it.

    `level` is the identity level that was chosen, `principal_id` the organisation that the person represents.
    """

    __tablename__ = "synthetic_people"

    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    organisation_id: Mapped[Id | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    client_id: Mapped[Code] = mapped_column(ForeignKey("clients.client_id"), index=True)
    level: Mapped[int]
    is_minor: Mapped[bool]
    principal_id: Mapped[Id | None] = mapped_column(ForeignKey("organisations.id"))
    made_by: Mapped[Code]
    """The account of a developer, an operator, or the check that made it for itself."""
    created_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]


class SyntheticMessage(Model):
    """A short message to a synthetic person: no gateway ever gets it, the workbench shows it."""

    __tablename__ = "synthetic_messages"
    __table_args__ = (Index("ix_synthetic_messages_account", "account_id", "id"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"))
    text_sealed: Mapped[Sealed]
    at: Mapped[Instant] = mapped_column(index=True)


class Rehearsal(Model):
    """One check of a site: leased by one worker at a time, point by point, so that it goes on after a kill.

    `state` is waiting, running, done or stopped; `findings` holds what came of each point so far; `version` names the
    configuration that was checked (`rehearsal.version_of`).
    """

    __tablename__ = "rehearsals"
    __table_args__ = (
        Index("ix_rehearsals_client", "client_id", "id"),
        Index("ix_rehearsals_due", "state", "lease_until"),
        Index("uq_rehearsals_open", "client_id", unique=True,
              sqlite_where=text("state IN ('waiting', 'running')"),
              postgresql_where=text("state IN ('waiting', 'running')")),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    client_id: Mapped[Code] = mapped_column(ForeignKey("clients.client_id"))
    asked_by: Mapped[Code]
    start_url: Mapped[str] = mapped_column(String(512))
    page_url: Mapped[str] = mapped_column(String(512))
    marker: Mapped[Code | None]
    sign_out_url: Mapped[str | None] = mapped_column(String(512))
    state: Mapped[Code]
    lease: Mapped[Id | None]
    lease_until: Mapped[Instant | None]
    next_point: Mapped[int]
    findings: Mapped[Json]
    version: Mapped[Code]
    reason: Mapped[Code | None]
    created_at: Mapped[Instant]
    begun_at: Mapped[Instant | None]
    finished_at: Mapped[Instant | None]


class SiteHost(Model):
    """A host of which a department showed that it is theirs, or tried to; a check visits it as long as that holds."""

    __tablename__ = "site_hosts"

    organisation_id: Mapped[Id] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    origin: Mapped[str] = mapped_column(String(300), primary_key=True)
    tried_at: Mapped[Instant] = mapped_column(index=True)
    proven_at: Mapped[Instant | None]


class SiteError(Model):
    """What a site did wrong lately: a few slots for each kind of error, the oldest overwritten; never a secret or a name."""

    __tablename__ = "site_errors"

    client_id: Mapped[Code] = mapped_column(ForeignKey("clients.client_id"), primary_key=True)
    code: Mapped[Code] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sent: Mapped[str] = mapped_column(String(256))
    registered: Mapped[str] = mapped_column(String(256))
    trace_id: Mapped[Code]
    times: Mapped[int]
    at: Mapped[Instant] = mapped_column(index=True)
