"""What a yes does, in the transaction of the decision: a representation, another document, a guardianship that was seen.

| kind         | what is written                                                          | how surely              |
|--------------|--------------------------------------------------------------------------|-------------------------|
| organisation | the organisation as its papers say, the person as its representative     | 1, as by a name alone   |
| document     | the person by the new document and name; the old document is free again  | what it was, 2 at most  |
| guardianship | seen by this operator                                                    | –                       |

A register that lags behind the papers does not overturn an organisation for the time of `LAGS`, one that says it is over
does. Where no register answers, the papers count for a year (`idp.mandates.rechecking`).
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from idp.audit.trail import Actor, Trail
from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.core.identifiers import Document, DocumentKind, Uscc
from idp.mandates import people
from idp.mandates.models import REVIEWED, Organisation, Representation
from idp.mandates.representing import Representing
from idp.realname import levels, listed, persons
from idp.realname.adapters.business.kinds import kind_of
from idp.realname.models import Evidence, Person
from idp.realname.ports import Applicant, AssuranceLevel, CheckMethod, OrganisationRecord, OrganisationState
from idp.reviews.errors import HolderOfLicence, NotProvenYet, RelationSeen
from idp.reviews.models import ReviewRequest

SOURCE: Final = "review"
CEILING: Final = AssuranceLevel.REAL_PERSON
"""Nobody is seen in person here."""
LAGS, ALONE = timedelta(days=90), timedelta(days=365)
_A_YEAR: Final = timedelta(days=365)
ConfirmRelation = Callable[[Session, str, str, Actor], bool]
"""Of guardian and child: whether this operator has now seen it."""
HasRegister = Callable[[Uscc], bool]


class Effects:
    """Writes what was decided, in the caller's transaction; a DomainError undoes the decision with it."""

    def __init__(
        self, keyring: Keyring, trail: Trail, representing: Representing, has_register: HasRegister,
        confirm_relation: ConfirmRelation,
    ) -> None:  # fmt: skip
        self._keyring = keyring
        self._trail = trail
        self._representing = representing
        self._has_register = has_register
        self._confirm_relation = confirm_relation

    def apply(self, db: Session, row: ReviewRequest, told: Mapping[str, Any], *, by: Actor) -> None:
        """What this request asked for."""
        match row.kind:
            case "organisation":
                self._organisation(db, row, told)
            case "document":
                self._document(db, row, told, by)
            case "guardianship":
                if not self._confirm_relation(db, row.account_id, row.subject, by):
                    raise RelationSeen
            case unknown:
                raise ValueError(unknown)

    def _organisation(self, db: Session, row: ReviewRequest, told: Mapping[str, Any]) -> None:
        now, uscc = clock.now(), Uscc.parse(told["uscc"])
        person = people.adult(db, self._keyring, row.account_id, now)
        if _is_known_more_surely(db, uscc, row.account_id, now):
            raise HolderOfLicence
        record = OrganisationRecord(uscc, told["name"], kind_of(uscc), person.name, OrganisationState.ACTIVE)
        made = self._representing.recognise(db, row.account_id, record, source=REVIEWED, request_number=row.id)
        organisation = db.get_one(Organisation, made)
        has_register = self._has_register(uscc)
        organisation.reviewed_until = now + (LAGS if has_register else ALONE)
        if not has_register:  # nobody to ask before that
            organisation.recheck_at = organisation.reviewed_until
        db.flush()

    def _document(self, db: Session, row: ReviewRequest, told: Mapping[str, Any], by: Actor) -> None:
        now = clock.now()
        persons.hold(db, row.account_id)
        person = db.scalars(select(Person).where(Person.account_id == row.account_id).with_for_update()).first()
        if person is None:
            raise NotProvenYet
        had, until = _counted(db, row.account_id, person.document_index, now)
        ial = min(had, CEILING)
        until = min(until or now + _A_YEAR, _end_of(told["valid_until"]) or datetime.max.replace(tzinfo=clock.BEIJING))
        document = Document.of(DocumentKind(told["kind"]), told["number"], country=told["country"])
        persons.replace(db, self._keyring, row.account_id, Applicant(told["name"], document))
        db.add(
            Evidence(
                id=ids.new_id(), account_id=row.account_id, purpose=SOURCE, source=SOURCE, channel=SOURCE,
                evidence_type="document", check_method=CheckMethod.IMAGE.value, document_kind=document.kind.value,
                verdict=levels.VERIFIED, request_number=row.id,
                document_index=persons.document_index(self._keyring, document), ial=int(ial), at=now, expires_at=until,
            )
        )  # fmt: skip
        listed.weigh(db, [row.account_id], now)
        self._trail.record(
            db, "identity.document_changed", actor=by, account_id=row.account_id, review=row.id, ial=int(ial)
        )  # fmt: skip


def _is_known_more_surely(db: Session, uscc: Uscc, account_id: str, now: datetime) -> bool:
    """Whether another account represents it by the licence, or by a register that compared the number."""
    known = (
        select(Representation.id)
        .join(Organisation, Organisation.id == Representation.organisation_id)
        .where(
            Organisation.uscc == uscc.code, Representation.ended_at.is_(None), Representation.account_id != account_id,
            or_(Representation.licence_until > now, Representation.by_number.is_(True)),
        )
    )  # fmt: skip
    return db.scalar(known) is not None


def _counted(db: Session, account_id: str, document_index: str, now: datetime) -> tuple[int, datetime | None]:
    """The level that the evidence of the present document comes to, and until when that holds at that height or the ceiling's."""
    counts = (
        Evidence.account_id == account_id, Evidence.document_index == document_index,
        Evidence.verdict == levels.VERIFIED, or_(Evidence.expires_at.is_(None), Evidence.expires_at > now),
    )  # fmt: skip
    had = db.scalar(select(func.coalesce(func.max(Evidence.ial), 0)).where(*counts)) or 0
    until = db.scalar(select(func.max(Evidence.expires_at)).where(*counts, Evidence.ial >= min(had, CEILING)))
    return had, until


def _end_of(day: str | None) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(date.fromisoformat(day), datetime.max.time(), tzinfo=clock.BEIJING)
