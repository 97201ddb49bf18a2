"""Messages that must reach the outside, written in the same transaction as what they tell of."""

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db.base import Code, Id, Instant, Model, Sealed


class OutboxMessage(Model):
    """One delivery: leased by one worker at a time, retried with back-off, dead after its last try. The payload is sealed."""

    __tablename__ = "outbox_messages"
    __table_args__ = (
        Index("ix_outbox_messages_due", "next_at",
              sqlite_where=text("state = 'waiting'"), postgresql_where=text("state = 'waiting'")),
        Index("ix_outbox_messages_topic", "topic"),
        Index("ix_outbox_messages_dead", "id",
              sqlite_where=text("state = 'dead'"), postgresql_where=text("state = 'dead'")),
        Index("ix_outbox_messages_recipient", "recipient", "id"),
    )  # fmt: skip

    id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[Code]
    topic: Mapped[Code | None]
    recipient: Mapped[Code]
    payload_sealed: Mapped[Sealed]
    state: Mapped[Code]
    tries: Mapped[int]
    created_at: Mapped[Instant]
    next_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    lease: Mapped[Id | None]
    settled_at: Mapped[Instant | None]
    last_error: Mapped[Code | None]
    trace_id: Mapped[Id]
    again_at: Mapped[Instant | None]
    """When somebody had it sent again, as a new message: once."""
