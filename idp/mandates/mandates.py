"""Mandates accepted or declined by whom they were offered to, and ended by either side at once."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, exists, select, update
from sqlalchemy.orm import Session

from idp.audit.trail import Trail
from idp.core import clock
from idp.core.crypto import Keyring
from idp.db.unit_of_work import Database
from idp.mandates import acting, errors, people
from idp.mandates.acting import ADMINISTRATOR, AGENT, LEGAL_REPRESENTATIVE
from idp.mandates.ending import Ending
from idp.mandates.models import Mandate, Organisation, Representation
from idp.mandates.notices import Notices
from idp.realname import persons
from idp.realname.ports import OrganisationState


class Mandates:
    """What both sides may do with a mandate once it is offered. Each act is one transaction, and one statement decides it."""

    def __init__(self, database: Database, keyring: Keyring, trail: Trail, notices: Notices, ending: Ending) -> None:
        self._database = database
        self._keyring = keyring
        self._trail = trail
        self._notices = notices
        self._ending = ending

    def accept(self, account_id: str, mandate_id: str) -> None:
        """Take an offer: by the phone it was made to, in the name it was made to. One statement decides."""
        now = clock.now()
        with self._database.transaction() as db:
            persons.hold(db, account_id)  # or its closing would not see what is accepted now
            person = people.adult(db, self._keyring, account_id, now)
            offered = db.get(Mandate, mandate_id)
            if offered is None or not db.scalar(
                exists().where(people.is_phone_of(account_id, offered.phone_index)).select()
            ):
                raise errors.OfferIsOver
            if (
                self._keyring.open(offered.agent_name_sealed, bound_to=f"mandates.agent_name:{mandate_id}")
                != person.name
            ):
                raise errors.NameDiffers
            taken = db.execute(
                update(Mandate)
                .where(
                    Mandate.id == mandate_id,
                    Mandate.accepted_at.is_(None),
                    Mandate.ended_at.is_(None),
                    Mandate.offer_until > now,
                    exists().where(
                        Organisation.id == Mandate.organisation_id,
                        Organisation.state == OrganisationState.ACTIVE.value,
                    ),
                )
                .values(agent_account_id=account_id, accepted_at=now)
                .returning(Mandate.organisation_id, Mandate.given_by)
                .execution_options(synchronize_session=False)
            ).first()
            if taken is None:
                raise errors.OfferIsOver
            known = {"organisation": taken.organisation_id, "mandate": mandate_id}
            self._trail.record(db, "mandate.accepted", account_id=account_id, **known)
            self._trail.record(db, "mandate.was_accepted", account_id=taken.given_by, **known)
            company = db.scalar(select(Organisation.name).where(Organisation.id == taken.organisation_id)) or ""
            self._notices.tell(db, taken.given_by, "accepted", company)

    def decline(self, account_id: str, mandate_id: str) -> None:
        with self._database.transaction() as db:
            is_mine = exists().where(people.is_phone_of(account_id, Mandate.phone_index))
            open_offer = (Mandate.id == mandate_id, Mandate.accepted_at.is_(None), is_mine)
            ended = self._ending.mandate(db, *open_offer, reason="declined", by=account_id, now=clock.now())
            if ended is None:
                raise errors.OfferIsOver

    def end(self, account_id: str, mandate_id: str) -> None:
        """Withdraw, revoke or give up, whichever it is at this moment; what was given under it ends with it."""
        now = clock.now()
        with self._database.transaction() as db:
            row = db.get(Mandate, mandate_id)
            if row is None:
                raise errors.MayNotEnd
            if row.agent_account_id == account_id:
                conditions: tuple[ColumnElement[bool], ...] = (Mandate.agent_account_id == account_id,)
                reason: Any = "resigned"
            elif self._stands_above(db, account_id, row, now):
                conditions = ()
                reason = case((Mandate.accepted_at.is_(None), "withdrawn"), else_="revoked")
            else:
                raise errors.MayNotEnd
            if (
                self._ending.mandate(db, Mandate.id == mandate_id, *conditions, reason=reason, by=account_id, now=now)
                is None
            ):
                raise errors.AlreadyEnded

    def resign(self, account_id: str, organisation_id: str) -> None:
        """The legal representative no longer speaks for the organisation here; all that they gave ends."""
        with self._database.transaction() as db:
            if not self._ending.representation(
                db, Representation.organisation_id == organisation_id, Representation.account_id == account_id,
                reason="resigned", by=account_id, now=clock.now(),
            ):  # fmt: skip
                raise errors.MayNotEnd

    def _stands_above(self, db: Session, account_id: str, row: Mandate, now: datetime) -> bool:
        """The giver; the legal representative; of an agent's mandate any administrator; whoever passed it on."""
        if row.given_by == account_id:
            return True
        roles = {way.role for way in acting.ways(db, self._keyring, account_id, row.organisation_id, now)}
        if LEGAL_REPRESENTATIVE in roles or (row.role == AGENT and ADMINISTRATOR in roles):
            return True
        above = db.get(Mandate, row.parent_id) if row.parent_id is not None else None
        while above is not None:
            if above.role == AGENT and above.agent_account_id == account_id and above.ended_at is None:
                return True
            above = db.get(Mandate, above.parent_id) if above.parent_id is not None else None
        return False
