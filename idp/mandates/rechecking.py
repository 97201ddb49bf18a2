"""The nightly question to the registers: is each organisation that somebody acts for still live, and still represented so.

Each organisation has its own time of the night (`representing.next_night`). Whoever moves that time asks, so any number of
workers share the round, and one that is cut off goes on where it was. A register that does not answer ends nothing: it is
asked again in an hour, and the log says so.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session

from idp.audit.trail import SYSTEM, Trail
from idp.core import clock, logging
from idp.core.deadline import Deadline
from idp.core.identifiers import Uscc
from idp.db.unit_of_work import Database
from idp.mandates.ending import Ending
from idp.mandates.models import Mandate, Organisation, Representation
from idp.mandates.organisations import Organisations
from idp.mandates.representing import Representing, next_night
from idp.outbox.chores import Chore
from idp.realname.ports import Found, OrganisationRegister, OrganisationState, Refutation, Refuted, Unavailable

AT_ONCE: Final = 20
_AGAIN: Final = timedelta(hours=1)
_IDLE: Final = timedelta(days=30)
_PATIENCE: Final = 10.0
_log = logging.get("mandates.rechecking")


@dataclass(frozen=True, slots=True)
class _Due:
    id: str
    uscc: Uscc


class Rechecking:
    """What the worker does for organisations; each piece is a transaction of its own."""

    def __init__(
        self, database: Database, trail: Trail, organisations: Organisations, representing: Representing, ending: Ending
    ) -> None:
        self._database = database
        self._trail = trail
        self._organisations = organisations
        self._representing = representing
        self._ending = ending

    def chores(self) -> list[Chore]:
        """The rounds that a worker makes of it."""
        return [
            Chore("organisations.recheck", timedelta(minutes=1), self.ask_due),
            Chore("mandates.end", timedelta(minutes=10), self.end_over),
        ]

    def ask_due(self) -> int:
        """Ask about up to AT_ONCE organisations whose time has come; how many were asked about."""
        unanswered = 0
        due = self._claim(clock.now())
        for each in due:
            if not self._ask(each):
                unanswered += 1
        if unanswered:
            _log.warning("recheck_unanswered", unanswered=unanswered, due=len(due))
        return len(due)

    def end_over(self) -> int:
        """End mandates whose term, and offers whose time, is over: they no longer count, and now they say why."""
        now = clock.now()
        with self._database.view() as db:
            over = db.scalars(select(Mandate.id).where(Mandate.ended_at.is_(None), _is_over(now)).limit(200)).all()
        ended = 0
        for mandate_id in over:
            with self._database.transaction() as db:
                reason = "expired" if _was_accepted(db, mandate_id) else "lapsed"
                only = (Mandate.id == mandate_id, _is_over(now))
                ended += self._ending.mandate(db, *only, reason=reason, by=None, now=now) is not None
        return ended

    def _claim(self, now: datetime) -> list[_Due]:
        """Take organisations by moving their time: of any number of workers one gets each."""
        with self._database.transaction() as db:
            ids_due = db.scalars(
                select(Organisation.id)
                .where(Organisation.recheck_at <= now)
                .order_by(Organisation.recheck_at)
                .limit(AT_ONCE)
            ).all()
            rows = db.execute(
                update(Organisation)
                .where(Organisation.id.in_(ids_due), Organisation.recheck_at <= now)
                .values(recheck_at=now + _AGAIN)
                .returning(Organisation.id, Organisation.uscc)
                .execution_options(synchronize_session=False)
            ).all()
            live = set(
                db.scalars(select(Organisation.id).where(Organisation.id.in_([row.id for row in rows]), _is_used()))
            )
            idle = [row.id for row in rows if row.id not in live]
            db.execute(
                update(Organisation)
                .where(Organisation.id.in_(idle))
                .values(recheck_at=now + _IDLE)
                .execution_options(synchronize_session=False)
            )
        return [_Due(row.id, Uscc(row.uscc)) for row in rows if row.id in live]

    def _ask(self, due: _Due) -> bool:
        """Whether the register answered."""
        register = self._organisations.register_of(due.uscc)
        if register is None:
            return self._papers_over(due)
        answer = self._organisations.look_up(register, due.uscc, Deadline.after(_PATIENCE))
        if isinstance(answer, Unavailable):
            return False
        with self._database.transaction() as db:
            organisation = db.get_one(Organisation, due.id, with_for_update=True)
            self._take(db, organisation, register, answer)
        return True

    def _papers_over(self, due: _Due) -> bool:
        """No register answers for it: what people saw in papers counts for its time. False where they saw nothing."""
        now = clock.now()
        with self._database.transaction() as db:
            organisation = db.get_one(Organisation, due.id, with_for_update=True)
            if organisation.reviewed_until is None:
                return False
            if organisation.reviewed_until > now:
                organisation.recheck_at = organisation.reviewed_until
            else:
                self._representing.unknown(db, organisation, now)
                organisation.recheck_at = now + _IDLE
        return True

    def _take(
        self, db: Session, organisation: Organisation, register: OrganisationRegister, answer: Found | Refuted
    ) -> None:
        now = clock.now()
        if _lags(organisation, answer, self._representing, now):
            organisation.recheck_at = next_night(organisation.id, now)
            return
        organisation.reviewed_until = None
        match answer:
            case Found(record, request_number):
                self._representing.describe(
                    db, organisation, record, source=register.source, request_number=request_number, now=now
                )
            case Refuted(reason):
                self._representing.unknown(db, organisation, now)
                _log.warning("recheck_not_found", organisation=organisation.id, reason=Refutation(reason).value)
        verdict = "found" if isinstance(answer, Found) else "unknown"
        self._trail.record(
            db,
            "organisation.rechecked",
            actor=SYSTEM,
            organisation=organisation.id,
            source=register.source,
            verdict=verdict,
        )


def _lags(organisation: Organisation, answer: Found | Refuted, representing: Representing, now: datetime) -> bool:
    """Whether the register does not know yet what people saw in papers; one that says it is over is believed at once."""
    if organisation.reviewed_until is None or organisation.reviewed_until <= now:
        return False
    if not isinstance(answer, Found):
        return True
    is_live = answer.record.state is OrganisationState.ACTIVE
    return is_live and representing.names_another(organisation, answer.record)


def _is_used() -> ColumnElement[bool]:
    return or_(
        exists().where(Representation.organisation_id == Organisation.id, Representation.ended_at.is_(None)),
        exists().where(Mandate.organisation_id == Organisation.id, Mandate.ended_at.is_(None)),
    )


def _is_over(now: datetime) -> ColumnElement[bool]:
    return or_(Mandate.ends_at <= now, Mandate.accepted_at.is_(None) & (Mandate.offer_until <= now))


def _was_accepted(db: Session, mandate_id: str) -> bool:
    return db.scalar(select(Mandate.accepted_at).where(Mandate.id == mandate_id)) is not None
