"""People of organisations, known by name and phone, and the services they use."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from idp.authn.codes import SMS
from idp.core import clock
from idp.mandates import acting
from idp.mandates.ending import Ending
from idp.mandates.giving import Giving, Offer
from idp.mandates.mandates import Mandates
from idp.mandates.models import Mandate
from idp.mandates.notices import Notices
from idp.outbox.models import OutboxMessage
from tests.contract.mandates.rows import OTHER_SITE, SITE, Rows
from tests.contract.signing_in import House
from tests.flows import people as numbers


@dataclass(frozen=True)
class Somebody:
    """A proven person with an account."""

    account_id: str
    phone: str
    name: str
    resident_id: str


class Office:
    """A company, its legal representative, and what they and their people do."""

    def __init__(self, house: House) -> None:
        self.house, self.rows = house, Rows(house)
        base = house.base
        self.notices = Notices(house.accounts, house.outbox)
        self.ending = Ending(house.trail, self.notices)
        self.giving = Giving(base.database, base.keyring, house.trail, self.notices, {SITE, OTHER_SITE}.__contains__)
        self.mandates = Mandates(base.database, base.keyring, house.trail, self.notices, self.ending)
        self.chief = self.somebody()
        self.company = self.rows.organisation()
        self.representation = self.rows.represented(self.chief.account_id, self.company)

    def somebody(self, *, born: str = "19900101", until: timedelta = timedelta(days=700)) -> Somebody:
        account_id, phone = self.house.person()
        number = numbers.next_number()
        resident_id = numbers.resident_id_of(number, born=born)
        person = Somebody(account_id, phone, numbers.name_of(number), resident_id)
        self.rows.person(account_id, person.name, resident_id)
        self.rows.evidence(account_id, until=until)
        return person

    def offer(self, giver: Somebody, to: Somebody, **other: Any) -> str:
        usual: dict[str, Any] = {"role": "agent", "name": to.name, "phone": to.phone, "sites": (SITE,)}
        return self.giving.give(giver.account_id, Offer(self.company, **(usual | other)))

    def given(self, giver: Somebody, to: Somebody, **other: Any) -> str:
        mandate_id = self.offer(giver, to, **other)
        self.mandates.accept(to.account_id, mandate_id)
        return mandate_id

    def acts(self, somebody: Somebody, site: str = SITE) -> bool:
        with self.house.database.quick() as db:
            found = acting.may_act(db, self.house.base.keyring, somebody.account_id, self.company, site, clock.now())
        return found is not None

    def row(self, mandate_id: str) -> Mandate:
        with self.house.database.view() as db:
            return db.get_one(Mandate, mandate_id)

    def told(self, somebody: Somebody) -> list[str]:
        """The messages to a phone, oldest first."""
        with self.house.database.view() as db:
            rows = db.scalars(select(OutboxMessage).where(OutboxMessage.kind == SMS).order_by(OutboxMessage.id)).all()
        payloads = [self.house.outbox.opened(row).payload for row in rows]
        return [each["text"] for each in payloads if each["to"] == somebody.phone]
