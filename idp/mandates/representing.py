"""Who is known as the legal representative: written when register, or licence, and person agree; one at a time."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from idp.audit.trail import SYSTEM, Trail
from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.core.identifiers import IdentifierError, normalise_name
from idp.mandates import errors
from idp.mandates.ending import Ending
from idp.mandates.models import Organisation, Representation
from idp.realname import persons
from idp.realname.ports import OrganisationRecord, OrganisationState

_NIGHT_BEGINS, _NIGHT_SECONDS = timedelta(hours=1), 4 * 3600
_DAY = timedelta(days=1)
_ENDS_MANDATES = frozenset(
    {OrganisationState.REVOKED, OrganisationState.CLOSED, OrganisationState.MOVED, OrganisationState.SUSPENDED}
)


class Representing:
    """Organisations as their registers describe them, and their legal representatives. Runs in the caller's transaction."""

    def __init__(self, keyring: Keyring, trail: Trail, ending: Ending) -> None:
        self._keyring = keyring
        self._trail = trail
        self._ending = ending

    def recognise(
        self,
        db: Session,
        account_id: str,
        record: OrganisationRecord,
        *,
        source: str,
        request_number: str | None,
        licence_until: datetime | None = None,
        by_number: bool = False,
    ) -> str:
        """The person is the legal representative of this record; answers the organisation's id.

        A licence, or a register that compared the number, puts an end to what a namesake had by the name alone; without
        either HasRepresentative is raised, and AccountIsOver where the person's account ended while the register was asked.
        """
        persons.hold(db, account_id)
        now = clock.now()
        organisation = self._held(db, record, source, now)
        self.describe(db, organisation, record, source=source, request_number=request_number, now=now)
        known = db.scalar(
            select(Representation).where(
                Representation.organisation_id == organisation.id, Representation.ended_at.is_(None)
            )
        )
        if known is not None and known.account_id == account_id:
            known.licence_until = licence_until or known.licence_until
            known.by_number = by_number or known.by_number
        else:
            if known is not None and not _gives_way(known, now, licence_until is not None, by_number):
                raise errors.HasRepresentative
            if known is not None:
                superseded = Representation.id == known.id
                self._ending.representation(db, superseded, reason="superseded", by=None, now=now)
            db.add(
                Representation(
                    id=ids.new_id(), organisation_id=organisation.id, account_id=account_id,
                    licence_until=licence_until, by_number=by_number, since=now,
                )
            )  # fmt: skip
        db.flush()
        self._trail.record(
            db, "representation.recognised", account_id=account_id, organisation=organisation.id, source=source,
            by_licence=licence_until is not None,
        )  # fmt: skip
        return organisation.id

    def describe(
        self,
        db: Session,
        organisation: Organisation,
        record: OrganisationRecord,
        *,
        source: str,
        request_number: str | None,
        now: datetime,
    ) -> None:
        """Keep what the register says now, and end what must end by it."""
        changed = []
        if organisation.name != (name := _named(record)):
            organisation.name = name
            changed.append("name")
        organisation.kind = record.kind
        organisation.source, organisation.request_number = source, request_number
        organisation.checked_at, organisation.recheck_at = now, next_night(organisation.id, now)
        if self.names_another(organisation, record):
            self._seal_representative(organisation, record.legal_representative)
            changed.append("representative")
        if organisation.state != record.state.value:
            organisation.state = record.state.value
            changed.append("state")
        db.flush()
        if not changed:
            return
        self._trail.record(
            db,
            "organisation.changed",
            actor=SYSTEM,
            organisation=organisation.id,
            changed=changed,
            state=record.state.value,
        )
        of_it = Representation.organisation_id == organisation.id
        if "representative" in changed:
            self._ending.representation(db, of_it, reason="representative", by=None, now=now)
            self._ending.of_organisation(db, organisation.id, reason="representative", by=None, now=now)
        if record.state is OrganisationState.CLOSED:
            self._ending.representation(db, of_it, reason="organisation", by=None, now=now)
        if record.state in _ENDS_MANDATES:
            self._ending.of_organisation(db, organisation.id, reason="organisation", by=None, now=now)

    def unknown(self, db: Session, organisation: Organisation, now: datetime) -> None:
        """The register no longer finds it: nobody acts for it, and nothing is ended until the register says why."""
        organisation.checked_at, organisation.recheck_at = now, next_night(organisation.id, now)
        if organisation.state != OrganisationState.UNKNOWN.value:
            organisation.state = OrganisationState.UNKNOWN.value
            self._trail.record(
                db, "organisation.changed", actor=SYSTEM, organisation=organisation.id, changed=["state"],
                state=OrganisationState.UNKNOWN.value,
            )  # fmt: skip

    def _held(self, db: Session, record: OrganisationRecord, source: str, now: datetime) -> Organisation:
        """The row of this code, locked; made now if nobody acted for it before. Of two at once one makes it."""
        row_id = ids.new_id()
        name = _normal(record.legal_representative)
        db.execute(
            postgresql.insert(Organisation)  # compiles on SQLite as well
            .values(
                id=row_id, uscc=record.uscc.code, name=_named(record), kind=record.kind, state=record.state.value,
                legal_representative_sealed=self._keyring.seal(name, bound_to=_place(row_id)),
                legal_representative_index=self._index(name), source=source, created_at=now, checked_at=now,
                recheck_at=next_night(row_id, now), region=record.uscc.region,
            )
            .on_conflict_do_nothing(index_elements=["uscc"])
        )  # fmt: skip
        return db.scalars(
            select(Organisation)
            .where(Organisation.uscc == record.uscc.code)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()

    def names_another(self, organisation: Organisation, record: OrganisationRecord) -> bool:
        """Whether the record's legal representative bears another name than the one known."""
        name = _normal(record.legal_representative)
        return self._keyring.open(organisation.legal_representative_sealed, bound_to=_place(organisation.id)) != name

    def _seal_representative(self, organisation: Organisation, name: str) -> None:
        normal = _normal(name)
        organisation.legal_representative_sealed = self._keyring.seal(normal, bound_to=_place(organisation.id))
        organisation.legal_representative_index = self._index(normal)

    def _index(self, name: str) -> str:
        return self._keyring.blind_index("legal_representative", name)


def next_night(organisation_id: str, now: datetime) -> datetime:
    """When the register is asked again: between one and five o'clock of the coming night in Beijing, each at its own time."""
    here = now.astimezone(clock.BEIJING)
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    own = timedelta(seconds=int(ids.digest(organisation_id).encode().hex(), 16) % _NIGHT_SECONDS)
    at = midnight + _NIGHT_BEGINS + own
    return at if at > here else at + _DAY


def _named(record: OrganisationRecord) -> str:
    """What pages and sites call it; an individual business may have no trade name."""
    return record.name or "个体工商户（无字号）"


def _normal(name: str) -> str:
    """A person's name in its one form; what is none (a partner that is itself a firm) as the register writes it."""
    try:
        return normalise_name(name)
    except IdentifierError:
        return " ".join(name.split())


def _place(organisation_id: str) -> str:
    return f"organisations.representative:{organisation_id}"


def _gives_way(known: Representation, now: datetime, to_licence: bool, to_number: bool) -> bool:
    """Whether who is known may be a namesake of whoever comes: known by less than the other shows."""
    return not _is_later(known.licence_until, now) and (to_licence or (to_number and not known.by_number))


def _is_later(instant: datetime | None, now: datetime) -> bool:
    return instant is not None and instant > now
