"""The demo's citizens: synthetic people from the sandbox's registry, with accounts, passwords and proofs of identity."""

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from demo import details
from idp.core import passwords
from idp.core.deadline import Deadline
from idp.edge.services import Services
from idp.realname.limits import Limits
from idp.realname.ports import (
    Applicant,
    AssuranceLevel,
    Capability,
    Check,
    CheckMethod,
    Outcome,
    Source,
    SubjectKind,
    Verified,
)
from idp.realname.results import Proven
from idp.realname.rules import Rules
from idp.realname.service import IdentityProof
from idp.realname.sources import Sources
from idp.store import redis as store

DATA = Path(__file__).resolve().parent.parent / "sandbox" / "data"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike


class AlreadyChecked(Check):
    """Stands for a check in the past: these people are in the sandbox's registry exactly as they are written here."""

    source = "population"
    channel = "demo"
    capability = Capability(
        subject_kind=SubjectKind.NATURAL_PERSON,
        attests=frozenset({"name", "resident_id"}),
        assurance_level=AssuranceLevel.ON_RECORD,
        evidence="electronic_record",
    )

    def verify(self, applicant: Applicant, deadline: Deadline) -> Outcome:
        return Verified(attested=self.capability.attests)


class AlreadySeen(AlreadyChecked):
    """The same for those whose face was compared as well."""

    source = "face"
    capability = Capability(
        subject_kind=SubjectKind.NATURAL_PERSON,
        attests=frozenset({"name", "resident_id"}),
        assurance_level=AssuranceLevel.REAL_PERSON,
        evidence="electronic_record",
        check_method=CheckMethod.BIOMETRIC_REMOTE,
    )


def password() -> str:
    """Sixty bits that can be read out and typed."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))


def on_file() -> list[dict[str, Any]]:
    """Those of the synthetic people who are to have an account; the reserved ones come last."""
    people: list[dict[str, Any]] = json.loads((DATA / "people.json").read_text(encoding="utf-8"))
    return [person for person in people if person["username"] is not None]


def organisations() -> list[dict[str, str]]:
    """The synthetic organisations, with the name of who represents them by law and their state in the register's words."""
    known: list[dict[str, Any]] = json.loads((DATA / "organisations.json").read_text(encoding="utf-8"))
    return [
        {
            "name": organisation["name"],
            "uscc": organisation["uscc"],
            "legal_representative": organisation["legal_representative"]["name"],
            "state": organisation["state"],
        }
        for organisation in known
    ]


def ensure(services: Services, known_passwords: Mapping[str, str]) -> list[dict[str, Any]]:
    """Give everyone on file an account; who has one already keeps it."""
    everyone = on_file()
    proof = proof_by(services, AlreadyChecked(), len(everyone))
    return [_ensure_one(services, proof, person, known_passwords.get(person["username"])) for person in everyone]


def proof_by(services: Services, check: AlreadyChecked, most: int) -> IdentityProof:
    """Proof of identity by what stands for a check in the past."""
    return IdentityProof(
        services.database,
        store.open_store(""),
        services.keyring,
        services.trail,
        Sources((Source(check.source, "人口库", check=check),)),
        rules=Rules(lambda: Limits(per_network_hour=most)),
    )


def _ensure_one(
    services: Services, proof: IdentityProof, person: Mapping[str, Any], known_password: str | None
) -> dict[str, Any]:
    secret = known_password or password()
    with services.database.glance() as db:
        found = services.accounts.find(db, person["username"])
    if found is None:
        hashed = passwords.hash_password(secret)
        with services.database.transaction() as db:
            account_id = services.accounts.register(
                db,
                phone=person["phone"],
                username=person["username"],
                password_hash=hashed,
                agreements=services.accounts.agreements_now(),
                locale="zh_Hans_CN",
                channel="demo",
            )
        if person["ial"]:
            prove(proof, account_id, person)
    elif known_password is None:
        hashed = passwords.hash_password(secret)
        with services.database.transaction() as db:
            services.accounts.set_password(db, found.id, hashed, reason="demo")
    if found is not None:
        account_id = found.id
        with services.database.transaction() as db:  # earlier demo data agreed to earlier texts
            now = services.accounts.agreements_now()
            for document in services.accounts.agreements_due(db, account_id):
                services.accounts.agree(db, account_id, document, now[document], "demo")
    details.ensure(services, account_id, person)
    return {
        "name": person["name"],
        "identifier": person["username"],
        "password": secret,
        "resident_id": person["resident_id"],
        "phone": person["phone"],
        "ial": person["ial"],
    }


def prove(proof: IdentityProof, account_id: str, person: Mapping[str, Any]) -> None:
    outcome = proof.prove(
        account_id,
        name=person["name"],
        resident_id=person["resident_id"],
        client_id=None,
        address="127.0.0.1",
        deadline=Deadline.after(10),
    )
    if not isinstance(outcome, Proven):
        raise SystemExit(f"{person['key']} could not be proven: the demo's data and the rules of proof do not agree")
