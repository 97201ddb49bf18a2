"""How mandates and representations end: one conditional statement each, everything given under it with it, and all are told.

| what happens                                         | what ends                             | reason              |
|------------------------------------------------------|---------------------------------------|---------------------|
| the invited declines; the giver takes the offer back | the offer                             | declined, withdrawn |
| the giver, or whoever stands above, revokes          | the mandate and all given under it    | revoked             |
| the agent gives it up                                | the mandate and all given under it    | resigned            |
| the term, or the time to answer, is over             | the mandate, the offer                | expired, lapsed     |
| the legal representative gives up, or is another now | with them, every mandate              | representative      |
| the register no longer calls the organisation active | every mandate                         | organisation        |
| an account is closed                                 | its representations and mandates      | account             |

What was given under a mandate ends with it (`parent`): nobody has more than those they have it from. A frozen account ends
nothing: until it is thawed, neither it nor anybody below it may act (`acting`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from idp.audit.trail import SYSTEM, Actor, Trail
from idp.mandates.models import Mandate, Organisation, Representation
from idp.mandates.notices import Notices

_RETURNED = (Mandate.id, Mandate.organisation_id, Mandate.given_by, Mandate.agent_account_id, Mandate.end_reason)


@dataclass(frozen=True, slots=True)
class Ended:
    """One mandate or offer that ended."""

    id: str
    organisation_id: str
    given_by: str
    agent_account_id: str | None
    reason: str


class Ending:
    """Ends what must end, in the caller's transaction, with its audit entries and messages."""

    def __init__(self, trail: Trail, notices: Notices) -> None:
        self._trail = trail
        self._notices = notices

    def mandate(
        self, db: Session, *conditions: ColumnElement[bool], reason: Any, by: str | None, now: datetime
    ) -> Ended | None:
        """End the one mandate that all conditions name, if it has not ended, and what was given under it."""
        ended = self._end(db, *conditions, reason=reason, by=by, now=now)
        if not ended:
            return None
        self._end_below(db, [each.id for each in ended], by, now)
        return ended[0]

    def of_organisation(self, db: Session, organisation_id: str, *, reason: str, by: str | None, now: datetime) -> int:
        """End every mandate and offer of an organisation; how many there were."""
        return len(self._end(db, Mandate.organisation_id == organisation_id, reason=reason, by=by, now=now))

    def representation(
        self, db: Session, *conditions: ColumnElement[bool], reason: str, by: str | None, now: datetime
    ) -> bool:
        """End a live representation, and every mandate of its organisation: they all come from it."""
        row = db.execute(
            update(Representation)
            .where(Representation.ended_at.is_(None), *conditions)
            .values(ended_at=now, ended_by=by, end_reason=reason)
            .returning(Representation.organisation_id, Representation.account_id)
        ).first()
        if row is None:
            return False
        self._trail.record(
            db, "representation.ended", actor=_actor(by), account_id=row.account_id, organisation=row.organisation_id,
            reason=reason,
        )  # fmt: skip
        if by != row.account_id and reason != "account":
            self._notices.tell(db, row.account_id, "representation_ended", self._name(db, row.organisation_id))
        self.of_organisation(db, row.organisation_id, reason="representative", by=by, now=now)
        return True

    def of_account(self, db: Session, account_id: str, *, now: datetime) -> None:
        """The account has ended: nobody acts by it any more."""
        represented = select(Representation.id).where(
            Representation.account_id == account_id, Representation.ended_at.is_(None)
        )
        for representation_id in db.scalars(represented).all():
            self.representation(db, Representation.id == representation_id, reason="account", by=None, now=now)
        ended = self._end(db, Mandate.agent_account_id == account_id, reason="account", by=None, now=now, silent=True)
        self._end_below(db, [each.id for each in ended], None, now)

    def _end_below(self, db: Session, parents: Sequence[str], by: str | None, now: datetime) -> None:
        """Level by level; one who gave a mandate on held a lock on their own, so nothing is missed that was given before."""
        while parents:
            ended = self._end(db, Mandate.parent_id.in_(parents), reason="parent", by=by, now=now)
            parents = [each.id for each in ended]

    def _end(
        self,
        db: Session,
        *conditions: ColumnElement[bool],
        reason: Any,
        by: str | None,
        now: datetime,
        silent: bool = False,
    ) -> list[Ended]:
        rows = db.execute(
            update(Mandate)
            .where(Mandate.ended_at.is_(None), *conditions)
            .values(ended_at=now, ended_by=by, end_reason=reason)
            .returning(*_RETURNED, Mandate.accepted_at)
            .execution_options(synchronize_session=False)
        ).all()
        for row in rows:
            self._tell(db, row, by, silent=silent)
        return [Ended(row.id, row.organisation_id, row.given_by, row.agent_account_id, row.end_reason) for row in rows]

    def _tell(self, db: Session, row: Any, by: str | None, *, silent: bool) -> None:
        """Audit for both sides; a message for the one who did not do it. An offer that nobody answered ends quietly."""
        known = {"organisation": row.organisation_id, "mandate": row.id, "reason": row.end_reason}
        for account_id in {row.given_by, row.agent_account_id} - {None}:
            self._trail.record(db, "mandate.ended", actor=_actor(by), account_id=account_id, **known)
        if (
            row.agent_account_id is not None
            and by != row.agent_account_id
            and not silent
            and row.accepted_at is not None
        ):
            self._notices.tell(db, row.agent_account_id, "ended", self._name(db, row.organisation_id))
        if row.end_reason in {"declined", "resigned"}:
            self._notices.tell(db, row.given_by, row.end_reason, self._name(db, row.organisation_id))

    def _name(self, db: Session, organisation_id: str) -> str:
        return db.scalar(select(Organisation.name).where(Organisation.id == organisation_id)) or ""


def _actor(by: str | None) -> Actor:
    return Actor("citizen", by) if by is not None else SYSTEM
