"""A centre with departments and the people who speak for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import update

from idp.core import clock, ids
from idp.core.deadline import Deadline
from idp.core.identifiers.uscc import uscc_check_character
from idp.mandates.models import Mandate, Organisation, Representation
from idp.realname.models import Evidence
from idp.sites.models_checks import SiteHost
from tests.flows import people as numbers
from tests.web.conftest import PASSWORD, Centre, Visitor, centre, more_sources, real_time  # noqa: F401 - fixtures

DAY = timedelta(days=1)


@dataclass
class Developer:
    """Somebody signed in with a browser, and how they are called."""

    centre: Centre
    account_id: str
    phone: str
    name: str
    visitor: Visitor

    def opens(self, path):
        return self.visitor.get(path)

    def presses(self, action="continue", form=0, **typed):
        return self.visitor.submit(action, form, **typed)

    def posts(self, path, **fields):
        """As a script would, with the token of the page in hand."""
        _, held = self.visitor.page.form()
        return self.visitor.post(path, {"csrf_token": held["csrf_token"], **fields})


class Departments:
    """Makes departments, people and mandates as the rooms write them."""

    def __init__(self, centre: Centre) -> None:  # noqa: F811
        self.centre = centre

    @property
    def services(self):
        return self.centre.services

    def person(self, *, ial: int = 2) -> Developer:
        number = numbers.next_number()
        name, resident_id = numbers.name_of(number), numbers.resident_id_of(number)
        account_id, phone = self.centre.person()
        visitor = self.centre.visitor()
        visitor.sign_in(phone, PASSWORD)
        if ial:
            self.services.identity_proof.prove(
                account_id, name=name, resident_id=resident_id, client_id=None,
                address=f"198.51.{number // 250}.{number % 250}", deadline=Deadline.after(5),
            )  # fmt: skip
            self.level(account_id, ial)
        return Developer(self.centre, account_id, phone, name, visitor)

    def level(self, account_id: str, ial: int) -> None:
        with self.services.database.transaction() as db:
            db.execute(update(Evidence).where(Evidence.account_id == account_id, Evidence.ial > 0).values(ial=ial))

    def department(self, chief: Developer, *, kind: str = "organ", first: str = "11") -> Organisation:
        number, now, keyring, row_id = numbers.next_number(), clock.now(), self.services.keyring, ids.new_id()
        body = f"{first}370199MB2T{number:05d}"
        row = Organisation(
            id=row_id, uscc=body + uscc_check_character(body), name=f"样例{number}局", kind=kind, source="business",
            legal_representative_sealed=keyring.seal(chief.name, bound_to=f"organisations.representative:{row_id}"),
            legal_representative_index=keyring.blind_index("legal_representative", chief.name),
            created_at=now, checked_at=now, recheck_at=now + DAY, state="active", region="370199",
        )  # fmt: skip
        self.put(row)
        self.put(Representation(id=ids.new_id(), organisation_id=row_id, account_id=chief.account_id, since=now))
        return row

    def proven(self, department: Organisation, origin: str = "https://sample.example.gov.cn:443") -> None:
        """As if its file had been read."""
        now = clock.now()
        with self.services.database.transaction() as db:
            db.add(SiteHost(organisation_id=department.id, origin=origin, tried_at=now, proven_at=now))

    def mandate(self, department: Organisation, giver: Developer, agent: Developer, *services: str, **other) -> str:
        row_id, now, keyring = ids.new_id(), clock.now(), self.services.keyring
        usual = {
            "role": "agent",
            "may_delegate": False,
            "accepted_at": now,
            "starts_at": now,
            "ends_at": now + 90 * DAY,
        }
        return self.put(
            Mandate(
                id=row_id, organisation_id=department.id, given_by=giver.account_id, agent_account_id=agent.account_id,
                agent_name_sealed=keyring.seal(agent.name, bound_to=f"mandates.agent_name:{row_id}"),
                phone_sealed=keyring.seal(agent.phone, bound_to=f"mandates.phone:{row_id}"),
                phone_index=keyring.blind_index("phone", agent.phone), services=list(services or ("sites",)),
                offered_at=now, offer_until=now + 14 * DAY, **(usual | other),
            )
        )  # fmt: skip

    def put(self, row) -> str:
        with self.services.database.transaction() as db:
            db.add(row)
        return str(row.id)

    def change(self, model, row_id: str, **values) -> None:
        with self.services.database.transaction() as db:
            row = db.get_one(model, row_id)
            for name, value in values.items():
                setattr(row, name, value)


@pytest.fixture
def departments(centre):  # noqa: F811
    return Departments(centre)


@pytest.fixture
def chief(departments):
    return departments.person()


@pytest.fixture
def department(departments, chief):
    return departments.department(chief)


def fields(department=None, **changed):
    """What a developer types of a plain web server."""
    filled = {
        "kind": "server", "client_name": "样例办事系统", "client_name_en": "Sample service", "about": "办理样例事项",
        "client_uri": "https://sample.example.gov.cn/", "initiate_login_uri": "https://sample.example.gov.cn/sign-in",
        "redirect_uris": "https://sample.example.gov.cn/callback", "method": "client_secret_basic",
        "serves": "people", "subject": "pairwise", "level": "",
    }  # fmt: skip
    if department is not None:
        filled["organisation"] = department.id
    return filled | changed
