"""The demo's department: it owns the four sites, and one of the demo's people keeps them for it in the workbench."""

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from demo import people
from idp.audit.trail import SYSTEM
from idp.core import clock, ids
from idp.edge.services import Services
from idp.mandates.acting import AGENT, MANAGES_SITES
from idp.mandates.models import Mandate, Organisation, Representation
from idp.oidc.models import Client
from idp.sites.owners import LEAST_IAL

USCC, CHIEF, MANAGER = "1137019900DEM0402K", "demo02", "demo10"
_YEAR = timedelta(days=365)


def ensure(services: Services, everybody: Iterable[dict[str, Any]], client_ids: Iterable[str]) -> dict[str, str]:
    """The department with its legal representative and its manager, and its sites; answers who may try the workbench."""
    known = {person["identifier"]: person for person in everybody}
    if not {CHIEF, MANAGER} <= set(known):
        return {}
    on_file: list[dict[str, Any]] = json.loads((people.DATA / "organisations.json").read_text(encoding="utf-8"))
    record = next(each for each in on_file if each["uscc"] == USCC)
    _know_surely(services, known[MANAGER])
    owner_id = _department(services, record)
    _mandate(services, owner_id, known[MANAGER])
    with services.database.transaction() as db:
        for client_id in client_ids:
            site = db.get_one(Client, client_id)
            if site.organisation_id is None:
                services.sites.operating.hand_over(db, site, USCC, actor=SYSTEM)
    return {"identifier": MANAGER, "department": record["name"], "uscc": USCC}


def _know_surely(services: Services, manager: dict[str, Any]) -> None:
    """Whoever keeps sites has shown their face."""
    with services.database.view() as db:
        account = services.accounts.find(db, MANAGER)
        is_sure = account is not None and services.sites.owners.is_sure_enough(db, account.id, clock.now())
    if account is not None and not is_sure:
        people.prove(people.proof_by(services, people.AlreadySeen(), 1), account.id, {"key": MANAGER, **manager})
    manager["ial"] = LEAST_IAL


def _department(services: Services, record: dict[str, Any]) -> str:
    keyring, now, name = services.keyring, clock.now(), record["legal_representative"]["name"]
    with services.database.transaction() as db:
        found = db.scalar(select(Organisation).where(Organisation.uscc == USCC))
        if found is None:
            row_id = ids.new_id()
            found = Organisation(
                id=row_id, uscc=USCC, name=record["name"], kind="organ", state="active", source="business",
                legal_representative_sealed=keyring.seal(name, bound_to=f"organisations.representative:{row_id}"),
                legal_representative_index=keyring.blind_index("legal_representative", name),
                created_at=now, checked_at=now, recheck_at=now + timedelta(days=1), region=USCC[2:8],
            )  # fmt: skip
            db.add(found)
            db.flush()
        is_represented = db.scalar(
            select(Representation.id).where(
                Representation.organisation_id == found.id, Representation.ended_at.is_(None)
            )
        )
        chief = services.accounts.find(db, CHIEF)
        if is_represented is None and chief is not None:
            db.add(Representation(id=ids.new_id(), organisation_id=found.id, account_id=chief.id, since=now))
        return found.id


def _mandate(services: Services, owner_id: str, manager: dict[str, Any]) -> None:
    """A year's mandate to keep the department's sites, unless there is one in force."""
    keyring, now, row_id = services.keyring, clock.now(), ids.new_id()
    with services.database.transaction() as db:
        giver, agent = services.accounts.find(db, CHIEF), services.accounts.find(db, MANAGER)
        if giver is None or agent is None:
            return
        given = db.scalars(
            select(Mandate).where(
                Mandate.organisation_id == owner_id, Mandate.agent_account_id == agent.id, Mandate.ended_at.is_(None),
                Mandate.ends_at > now,
            )
        )  # fmt: skip
        if any(MANAGES_SITES in each.services for each in given):
            return
        db.add(
            Mandate(
                id=row_id, organisation_id=owner_id, role=AGENT, given_by=giver.id, agent_account_id=agent.id,
                agent_name_sealed=keyring.seal(manager["name"], bound_to=f"mandates.agent_name:{row_id}"),
                phone_sealed=keyring.seal(manager["phone"], bound_to=f"mandates.phone:{row_id}"),
                phone_index=keyring.blind_index("phone", manager["phone"]), services=[MANAGES_SITES],
                may_delegate=False, starts_at=now, ends_at=now + _YEAR, offered_at=now, offer_until=now + _YEAR,
                accepted_at=now,
            )
        )  # fmt: skip
