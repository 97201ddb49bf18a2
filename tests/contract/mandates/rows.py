"""Organisations, representations and mandates as rows, for tests that ask what they come to."""

from datetime import datetime, timedelta
from typing import Any

from idp.core import clock, ids
from idp.core.identifiers import Document, DocumentKind
from idp.mandates.models import Mandate, Organisation, Representation
from idp.realname import persons
from idp.realname.models import Evidence, Person
from idp.realname.ports import Applicant
from tests.contract.signing_in import House
from tests.flows import people

DAY = timedelta(days=1)
SITE, OTHER_SITE = "site-investment", "site-credit"


class Rows:
    """Writes what is asked for, with the rest as it usually is."""

    def __init__(self, house: House) -> None:
        self.house = house

    def put(self, row: Any) -> str:
        with self.house.database.transaction() as db:
            db.add(row)
        return str(row.id)

    def change(self, model: Any, row_id: str, **values: Any) -> None:
        with self.house.database.transaction() as db:
            row = db.get_one(model, row_id)
            for name, value in values.items():
                setattr(row, name, value)

    def proven(self, *, until: timedelta = 700 * DAY, method: str = "data", ial: int = 1) -> str:
        """An account of a known person."""
        account_id, _phone = self.house.person()
        number = people.next_number()
        self.person(account_id, people.name_of(number), people.resident_id_of(number))
        self.evidence(account_id, until=until, method=method, ial=ial)
        return account_id

    def person(self, account_id: str, name: str, resident_id: str) -> None:
        """Who stands behind the account, without the evidence of it."""
        document = Document.parse(DocumentKind.RESIDENT_ID, resident_id, today=clock.now().date())
        with self.house.database.transaction() as db:
            persons.remember(db, self.house.base.keyring, account_id, applicant=Applicant(name, document))

    def evidence(self, account_id: str, *, until: timedelta = 700 * DAY, method: str = "data", ial: int = 1) -> str:
        now = clock.now()
        with self.house.database.view() as db:
            document_index = db.get_one(Person, account_id).document_index
        return self.put(
            Evidence(
                id=ids.new_id(), account_id=account_id, purpose="self", source="population", channel="scripted",
                check_method=method, verdict="verified", document_index=document_index, ial=ial, at=now,
                expires_at=now + until,
            )
        )  # fmt: skip

    def organisation(
        self, name: str = "山东示例科技有限公司", representative: str = "测试甲", state: str = "active"
    ) -> str:
        row_id, now, keyring = ids.new_id(), clock.now(), self.house.base.keyring
        return self.put(
            Organisation(
                id=row_id, uscc=ids.new_id()[:18].upper(), name=name, kind="company", state=state, source="business",
                legal_representative_sealed=keyring.seal(representative, bound_to=f"organisations.representative:{row_id}"),
                legal_representative_index=keyring.blind_index("legal_representative", representative),
                created_at=now, checked_at=now, recheck_at=now + DAY,
            )
        )  # fmt: skip

    def represented(self, account_id: str, organisation_id: str, *, licence_until: datetime | None = None) -> str:
        return self.put(
            Representation(
                id=ids.new_id(), organisation_id=organisation_id, account_id=account_id, since=clock.now(),
                licence_until=licence_until,
            )
        )  # fmt: skip

    def mandate(self, organisation_id: str, giver: str, agent: str, **other: Any) -> str:
        """An accepted mandate; `parent_id` and whatever else is not as usual are named."""
        row_id, now, keyring = ids.new_id(), clock.now(), self.house.base.keyring
        usual: dict[str, Any] = {
            "role": "agent", "services": [SITE], "may_delegate": False, "starts_at": now, "ends_at": now + 90 * DAY,
            "offered_at": now, "offer_until": now + 14 * DAY, "accepted_at": now,
        }  # fmt: skip
        sealed = keyring.seal("试验甲甲", bound_to=f"mandates.agent_name:{row_id}")
        phone = keyring.seal("19900000000", bound_to=f"mandates.phone:{row_id}")
        return self.put(
            Mandate(
                id=row_id, organisation_id=organisation_id, given_by=giver, agent_account_id=agent,
                agent_name_sealed=sealed, phone_sealed=phone, phone_index=ids.digest("19900000000"), **(usual | other),
            )
        )  # fmt: skip
