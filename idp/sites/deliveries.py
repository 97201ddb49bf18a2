"""The deliveries to one site, as its developers and operators see them, and sending one again: as a new message, once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.authn.models import SessionSite
from idp.authn.sessions import LOGOUT
from idp.core import clock
from idp.db import keyset
from idp.db.keyset import Slice
from idp.outbox.models import OutboxMessage
from idp.outbox.outbox import Outbox
from idp.sites.errors import SiteError

_TOPIC = "logout:"


class NotToBeSentAgain(SiteError):
    code = "site.not_to_be_sent_again"
    sentence = "这条消息不能再发：它还在投递、已经再发过，或者会话的记录已经清除。"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message: how it stands, and whether it may be sent again."""

    id: str
    kind: str
    state: str
    tries: int
    last_error: str | None
    created_at: datetime
    next_at: datetime | None
    settled_at: datetime | None
    trace_id: str
    was_sent_again: bool

    @property
    def may_be_sent_again(self) -> bool:
        return self.state != "waiting" and not self.was_sent_again


def listing(db: Session, client_id: str, *, after: str) -> Slice[Delivery]:
    """Those of a week, the last first."""
    query = select(OutboxMessage).where(OutboxMessage.recipient == client_id)
    found = keyset.page(db, query, [OutboxMessage.id], after=after)
    return Slice([_shown(row) for row in found.rows], found.next)


def send_again(db: Session, outbox: Outbox, trail: Trail, client_id: str, message_id: str, *, actor: Actor) -> str:
    """Post the same anew, with an id and so a `jti` of its own; NotToBeSentAgain where that cannot be. Of two at once one does.

    What was delivered is forgotten: the logout token is made from the session that it told of, as long as that is known.
    """
    taken = db.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.id == message_id, OutboxMessage.recipient == client_id, OutboxMessage.kind == LOGOUT,
            OutboxMessage.state != "waiting", OutboxMessage.again_at.is_(None),
        )
        .values(again_at=clock.now())
        .returning(OutboxMessage.topic)
    ).first()  # fmt: skip
    if taken is None or not (taken.topic or "").startswith(_TOPIC):
        raise NotToBeSentAgain
    reached = db.scalar(
        select(SessionSite).where(
            SessionSite.session_id == taken.topic.removeprefix(_TOPIC), SessionSite.client_id == client_id
        )
    )
    if reached is None:
        raise NotToBeSentAgain
    payload = {"client_id": client_id, "sid": reached.sid, "sub": reached.subject}
    again = outbox.post(db, LOGOUT, recipient=client_id, payload=payload, topic=taken.topic)
    trail.record(db, "logout.sent_again", actor=actor, client_id=client_id, message=message_id, again=again)
    return again


def _shown(row: OutboxMessage) -> Delivery:
    is_waiting = row.state == "waiting"
    return Delivery(
        row.id, row.kind, row.state, row.tries, row.last_error, row.created_at, row.next_at if is_waiting else None,
        row.settled_at, row.trace_id, row.again_at is not None,
    )  # fmt: skip
