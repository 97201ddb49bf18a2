"""Who may manage a site: the department owns it, and those who may speak for the department at this moment manage it.

The department is an organisation with a unified social credit code of the register of 机构编制 (it begins with 1), unless
the installation lets any organisation own sites. For it speak its legal representative, its administrators, and agents
whose mandate names the service `sites`; a mandate for every website does not. Nothing is remembered: it is judged at each
request, and again in the transaction of each change.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.core.crypto import Keyring
from idp.mandates import acting
from idp.mandates.acting import AGENT, MANAGES_SITES, Principal
from idp.mandates.models import Mandate, Organisation, Representation
from idp.oidc.models import Client
from idp.realname import standing
from idp.sites.errors import NoDepartment, NotYours

LEAST_IAL: Final = 2
"""How surely a person must be known before they change what other people's data goes out by."""
_REGISTER_OF_DEPARTMENTS: Final = "1"


@dataclass(frozen=True, slots=True)
class Department:
    """One that the person may keep sites for, and in which role."""

    organisation_id: str
    name: str
    uscc: str
    role: str
    mandate_id: str | None

    @property
    def region(self) -> str:
        """GB/T 2260, as its code says (GB 32100, digits 3 to 8)."""
        return self.uscc[2:8]


@dataclass(frozen=True, slots=True)
class Owners:
    """Judges who may keep sites; `any_organisation` lets others than departments own them."""

    keyring: Keyring
    any_organisation: bool = False

    def is_sure_enough(self, db: Session, account_id: str, now: datetime) -> bool:
        return standing.standing_of(db, account_id, now).ial >= LEAST_IAL

    def departments(self, db: Session, account_id: str, now: datetime) -> tuple[Department, ...]:
        """All that this person may keep sites for at this moment, by name; none while they are not known surely enough."""
        if not self.is_sure_enough(db, account_id, now):
            return ()
        ways = acting.everywhere(db, self.keyring, account_id, now)  # the strongest first
        found: dict[str, Department] = {}
        for way in ways:
            if self._leads_to_sites(way):
                made = Department(way.organisation_id, way.name, way.uscc, way.role, way.mandate_id)
                found.setdefault(way.organisation_id, made)
        return tuple(sorted(found.values(), key=lambda each: (each.name, each.uscc)))

    def department(self, db: Session, account_id: str, organisation_id: str, now: datetime) -> Department:
        """One of these; NoDepartment otherwise."""
        for each in self.departments(db, account_id, now):
            if each.organisation_id == organisation_id:
                return each
        raise NoDepartment

    def site(
        self, db: Session, account_id: str, client_id: str, now: datetime, *, for_update: bool = False
    ) -> tuple[Client, Department]:
        """A site that this person may manage now, held for the transaction with `for_update`; NotYours otherwise."""
        known = {each.organisation_id: each for each in self.departments(db, account_id, now)}
        wanted = select(Client).where(
            Client.client_id == client_id, Client.state != "deleted", Client.organisation_id.in_(sorted(known))
        )
        row = db.scalar(wanted.with_for_update() if for_update else wanted) if known else None
        if row is None or row.organisation_id is None:
            raise NotYours
        return row, known[row.organisation_id]

    def still(
        self, db: Session, account_id: str, organisation_id: str, mandate_id: str | None, now: datetime
    ) -> Department | None:
        """This department, if the person keeps its sites at this moment by this very mandate (None: as legal representative)."""
        for way in acting.ways(db, self.keyring, account_id, organisation_id, now):
            if way.mandate_id == mandate_id and self._leads_to_sites(way):
                if not self.is_sure_enough(db, account_id, now):
                    return None
                return Department(way.organisation_id, way.name, way.uscc, way.role, way.mandate_id)
        return None

    def managers(self, db: Session, organisation_id: str, now: datetime) -> tuple[str, ...]:
        """The accounts of all who may manage the sites of an organisation at this moment."""
        chiefs = select(Representation.account_id).where(
            Representation.organisation_id == organisation_id, Representation.ended_at.is_(None)
        )
        agents = select(Mandate.agent_account_id).where(
            Mandate.organisation_id == organisation_id, Mandate.accepted_at.is_not(None), Mandate.ended_at.is_(None)
        )
        asked: Iterable[str | None] = dict.fromkeys([*db.scalars(chiefs), *db.scalars(agents)])
        return tuple(
            account_id
            for account_id in asked
            if account_id is not None and self._manages(db, account_id, organisation_id, now)
        )

    def is_department(self, organisation: Organisation) -> bool:
        return self.may_own(organisation.uscc)

    def may_own(self, uscc: str) -> bool:
        """Whether an organisation of this code may own sites."""
        return self.any_organisation or uscc.startswith(_REGISTER_OF_DEPARTMENTS)

    def _manages(self, db: Session, account_id: str, organisation_id: str, now: datetime) -> bool:
        ways = acting.ways(db, self.keyring, account_id, organisation_id, now)
        return any(map(self._leads_to_sites, ways)) and self.is_sure_enough(db, account_id, now)

    def _leads_to_sites(self, way: Principal) -> bool:
        return self.may_own(way.uscc) and (way.role != AGENT or MANAGES_SITES in way.sites)
