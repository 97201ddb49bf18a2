"""What a child wants a site to get: asked of the guardian, who allows it or does not, once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from idp.accounts.models import GuardianRequest, Guardianship
from idp.audit.trail import Actor, Trail
from idp.core import clock, ids
from idp.oidc import consents
from idp.oidc.registration.clients import RegisteredClient


@dataclass(frozen=True, slots=True)
class Request:
    """One that waits."""

    id: str
    child_account_id: str
    client_id: str
    words: tuple[str, ...]
    asked_at: datetime


def ask(db: Session, trail: Trail, child_id: str, client: RegisteredClient, words: tuple[str, ...]) -> bool:
    """Leave a request for the guardian; asked once more it is the same one, with what is wanted now. True when it is new."""
    waiting = db.scalar(
        select(GuardianRequest)
        .where(
            GuardianRequest.child_account_id == child_id, GuardianRequest.client_id == client.client_id,
            GuardianRequest.decided_at.is_(None),
        )
        .with_for_update()
    )  # fmt: skip
    if waiting is not None:
        waiting.words, waiting.asked_at = list(words), clock.now()
        return False
    db.add(
        GuardianRequest(
            id=ids.new_id(),
            child_account_id=child_id,
            client_id=client.client_id,
            words=list(words),
            asked_at=clock.now(),
        )
    )
    db.flush()
    trail.record(db, "guardian.asked", account_id=child_id, client_id=client.client_id)
    return True


def waiting_for(db: Session, guardian_id: str) -> list[Request]:
    """What this guardian's children wait for, the oldest first."""
    rows = db.scalars(
        select(GuardianRequest)
        .join(Guardianship, Guardianship.child_account_id == GuardianRequest.child_account_id)
        .where(
            Guardianship.guardian_account_id == guardian_id, Guardianship.ended_at.is_(None),
            GuardianRequest.decided_at.is_(None),
        )
        .order_by(GuardianRequest.asked_at)
    )  # fmt: skip
    return [Request(r.id, r.child_account_id, r.client_id, tuple(r.words), r.asked_at) for r in rows]


def decide(
    db: Session, trail: Trail, guardian_id: str, request: Request, client: RegisteredClient | None, *, allow: bool
) -> bool:
    """Say yes or no, once: False when it was decided before, asks for something else by now, or another guardian answers."""
    decided = db.execute(
        update(GuardianRequest)
        .where(
            GuardianRequest.id == request.id, GuardianRequest.decided_at.is_(None),
            GuardianRequest.asked_at == request.asked_at,
            exists().where(
                Guardianship.child_account_id == GuardianRequest.child_account_id,
                Guardianship.guardian_account_id == guardian_id, Guardianship.ended_at.is_(None),
            ),
        )
        .values(decided_at=clock.now(), decision="allowed" if allow else "denied")
        .returning(GuardianRequest.id)
    ).first()  # fmt: skip
    if decided is None:
        return False
    if allow and client is not None:
        consents.give(db, trail, request.child_account_id, client, request.words)
    trail.record(
        db, "guardian.allowed" if allow else "guardian.denied", actor=Actor("citizen", guardian_id),
        account_id=request.child_account_id, client_id=request.client_id,
    )  # fmt: skip
    return True
