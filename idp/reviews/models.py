"""Tables of what waits for a human: the request with what was said, and the one paper that came with it."""

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db.base import Code, Id, Instant, Model, Sealed


class ReviewRequest(Model):
    """Something that a citizen asks people to look at; one open request of a kind for each account.

    States: waiting (for a reviewer), second (for another one), returned (to the citizen), approved, refused, withdrawn,
    expired. `subject` is public or ours: an organisation's code, a document's kind, a child's account. What was said is
    sealed and forgotten when it is over, as is `remark_sealed`, a reviewer's words when it was sent back. A claim counts
    until `claimed_until`. `region` (GB/T 2260) is that of the organisation, or of the account when it was filed.
    """

    __tablename__ = "review_requests"
    __table_args__ = (
        Index("uq_review_requests_open", "account_id", "kind", unique=True,
              sqlite_where=text("state IN ('waiting', 'second', 'returned')"),
              postgresql_where=text("state IN ('waiting', 'second', 'returned')")),
        Index("ix_review_requests_queue", "state", "submitted_at", "id"),
        Index("ix_review_requests_account", "account_id", "filed_at"),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    account_id: Mapped[Id] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[Code]
    subject: Mapped[Code]
    region: Mapped[Code]
    state: Mapped[Code]
    needs_second: Mapped[bool]
    told_sealed: Mapped[Sealed | None]
    remark_sealed: Mapped[Sealed | None]
    filed_at: Mapped[Instant]
    submitted_at: Mapped[Instant]
    due_at: Mapped[Instant]
    expires_at: Mapped[Instant] = mapped_column(index=True)
    claimed_by: Mapped[Id | None] = mapped_column(ForeignKey("operators.id"))
    claimed_until: Mapped[Instant | None]
    first_by: Mapped[Id | None] = mapped_column(ForeignKey("operators.id"))
    first_at: Mapped[Instant | None]
    decided_by: Mapped[Id | None] = mapped_column(ForeignKey("operators.id"))
    decided_at: Mapped[Instant | None] = mapped_column(index=True)
    minutes: Mapped[int | None]  # from the last submission to the decision
    reason: Mapped[Code | None]


class ReviewPaper(Model):
    """The picture or PDF of a request, sealed; gone when the request is decided, and after 30 days whatever happens."""

    __tablename__ = "review_papers"

    request_id: Mapped[Id] = mapped_column(ForeignKey("review_requests.id"), primary_key=True)
    media_type: Mapped[Code]
    content_sealed: Mapped[Sealed]
    kept_until: Mapped[Instant] = mapped_column(index=True)
