"""Posts messages for the outside in the transaction of what they tell of, and shows what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, cast

import orjson
from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from idp.core import clock, ids, logging
from idp.core.crypto import Keyring
from idp.db.prepared import Prepared, RawTransaction, Row
from idp.outbox.models import OutboxMessage

State = Literal["waiting", "delivered", "dead"]

_INSERT = Prepared(
    insert(OutboxMessage).values(
        {
            name: bindparam(name)
            for name in (
                "id", "kind", "topic", "recipient", "payload_sealed", "state", "tries", "created_at", "next_at",
                "expires_at", "trace_id",
            )
        }
    )
)  # fmt: skip
_OF_TOPIC = Prepared(
    select(
        OutboxMessage.recipient,
        OutboxMessage.state,
        OutboxMessage.tries,
        OutboxMessage.settled_at,
        OutboxMessage.last_error,
    )
    .where(OutboxMessage.topic == bindparam("wanted"))
    .order_by(OutboxMessage.id)
)


@dataclass(frozen=True, slots=True)
class Message:
    """One message as its handler gets it. `id` is the same at every try: receivers tell a repetition by it."""

    id: str
    kind: str
    recipient: str
    topic: str | None
    payload: dict[str, Any] = field(repr=False)
    tries: int
    created_at: datetime
    trace_id: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """The recipient has it."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now; `reason` is a stable word of at most 64 characters."""

    reason: str


@dataclass(frozen=True, slots=True)
class Dead:
    """Never; `reason` is a stable word of at most 64 characters."""

    reason: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one message."""

    recipient: str
    state: State
    tries: int
    settled_at: datetime | None
    last_error: str | None


class Outbox:
    """The messages of the installation that must reach the outside."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def post(
        self,
        db: RawTransaction | Session,
        kind: str,
        *,
        recipient: str,
        payload: Mapping[str, Any],
        topic: str | None = None,
        lifetime: timedelta = timedelta(hours=24),
    ) -> str:
        """Leave a message with the transaction in hand; answers its id.

        `recipient` is an id in clear (a client id, a gateway's name): one slow recipient does not delay the others.
        The payload is sealed; personal data belong there only. `topic` groups messages for `deliveries`.
        """
        message_id, now = ids.new_id(), clock.now()
        _INSERT(
            db,
            id=message_id,
            kind=kind,
            topic=topic,
            recipient=recipient,
            payload_sealed=self._keyring.seal(orjson.dumps(dict(payload)).decode(), bound_to=_place(message_id)),
            state="waiting",
            tries=0,
            created_at=now,
            next_at=now,
            expires_at=now + lifetime,
            trace_id=logging.trace_id(),
        )
        return message_id

    def deliveries(self, db: RawTransaction | Session, topic: str) -> list[Delivery]:
        """What became of the messages of a topic, in the order they were posted."""
        return [
            Delivery(row.recipient, cast(State, row.state), row.tries, row.settled_at, row.last_error)
            for row in _OF_TOPIC(db, wanted=topic)
        ]

    def opened(self, row: Row) -> Message:
        """The message inside a leased row; SealBroken when the payload was altered."""
        return Message(
            id=row.id,
            kind=row.kind,
            recipient=row.recipient,
            topic=row.topic,
            payload=orjson.loads(self._keyring.open(row.payload_sealed, bound_to=_place(row.id))),
            tries=row.tries,
            created_at=row.created_at,
            trace_id=row.trace_id,
        )


def _place(message_id: str) -> str:
    return f"outbox_messages.payload:{message_id}"
