"""Organisations and mandates of the people of a flow, written as rows the way the rooms write them."""

from datetime import datetime, timedelta
from typing import Any

from idp.core import clock, ids
from idp.core.identifiers.uscc import uscc_check_character
from idp.mandates.models import Mandate, Organisation, Representation
from tests.flows import people
from tests.flows.browser import Browser, Landing, Page
from tests.flows.centre import Centre
from tests.flows.people import Person
from tests.flows.rp import Answer, RelyingParty

DAY = timedelta(days=1)


def uscc_of(number: int) -> str:
    """A well-formed code of a market supervision office that does not exist."""
    body = f"91370199MA3T{number:05d}"
    return body + uscc_check_character(body)


class Companies:
    """Writes what is asked for, with the rest as it usually is."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre

    def put(self, row: Any) -> str:
        with self.centre.services.database.transaction() as db:
            db.add(row)
        return str(row.id)

    def change(self, model: Any, row_id: str, **values: Any) -> None:
        with self.centre.services.database.transaction() as db:
            row = db.get_one(model, row_id)
            for name, value in values.items():
                setattr(row, name, value)

    def company(self, chief: Person, name: str = "试验样例有限公司", **other: Any) -> Organisation:
        """A live company that this person represents."""
        row_id, now, keyring = ids.new_id(), clock.now(), self.centre.services.keyring
        row = Organisation(
            id=row_id, uscc=uscc_of(people.next_number()), name=name, kind="company", source="business",
            legal_representative_sealed=keyring.seal(chief.name, bound_to=f"organisations.representative:{row_id}"),
            legal_representative_index=keyring.blind_index("legal_representative", chief.name),
            created_at=now, checked_at=now, recheck_at=now + DAY, **({"state": "active"} | other),
        )  # fmt: skip
        self.put(row)
        self.put(Representation(id=ids.new_id(), organisation_id=row_id, account_id=chief.account_id, since=now))
        return row

    def mandate(
        self,
        company: Organisation,
        giver: Person,
        agent: Person,
        *sites: str,
        until: datetime | None = None,
        **other: Any,
    ) -> str:
        """An accepted mandate for these sites, for ninety days unless told otherwise."""
        row_id, now, keyring = ids.new_id(), clock.now(), self.centre.services.keyring
        usual: dict[str, Any] = {"role": "agent", "may_delegate": False, "accepted_at": now}
        return self.put(
            Mandate(
                id=row_id, organisation_id=company.id, given_by=giver.account_id, agent_account_id=agent.account_id,
                agent_name_sealed=keyring.seal(agent.name, bound_to=f"mandates.agent_name:{row_id}"),
                phone_sealed=keyring.seal(agent.phone, bound_to=f"mandates.phone:{row_id}"),
                phone_index=keyring.blind_index("phone", agent.phone), services=list(sites or ("*",)), starts_at=now,
                ends_at=until or now + 90 * DAY, offered_at=now, offer_until=now + 14 * DAY, **(usual | other),
            )
        )  # fmt: skip

    def revoke(self, giver: Person, mandate_id: str) -> None:
        """As its giver does on the page."""
        self.centre.services.mandates.end(giver.account_id, mandate_id)


def asked_for_whom(rp: RelyingParty, person: Person, browser: Browser | None = None, **changes: Any) -> Page:
    """Signed in, up to the page that asks on whose behalf."""
    browser = browser or rp.browser
    seen = rp.visit(browser, **changes)
    if isinstance(seen, Page) and seen.path == "/sign-in":
        seen = browser.submit("continue", identifier=person.username, password=person.password)
    assert isinstance(seen, Page), seen
    assert seen.path == "/choose-principal", f"{seen.path}: {seen.text[:300]}"
    return seen


def acting_for(rp: RelyingParty, person: Person, company: Organisation, **changes: Any) -> Landing:
    asked_for_whom(rp, person, **changes)
    landed = rp._noted(rp.browser.submit("continue", principal=company.id))
    assert isinstance(landed, Landing), landed.text[:300]
    return landed


def tokens_for(rp: RelyingParty, person: Person, company: Organisation, **changes: Any) -> Answer:
    answer = rp.redeem(acting_for(rp, person, company, **changes).code)
    assert answer.status_code == 200, answer.json
    return answer
