"""The demo's console staff: one administrator of each role, because nobody may hold two, and two officers for the counter."""

from collections.abc import Mapping
from typing import Any

import pyotp
from sqlalchemy import select

from demo.people import password
from idp.audit.trail import SYSTEM
from idp.core import passwords
from idp.edge.services import Services
from idp.staff import operators
from idp.staff.models import Operator, Role


def ensure(services: Services, known: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One operator a role; who is there with secrets still known keeps them, the others get new ones."""
    staff = [(role, f"demo-{role.value}") for role in Role] + [(Role.COUNTER, "demo-counter-2")]
    return [_ensure_one(services, role, login, known.get(login)) for role, login in staff]


def _ensure_one(services: Services, role: Role, login: str, known: Mapping[str, Any] | None) -> dict[str, Any]:
    with services.database.transaction() as db:
        row = db.scalar(select(Operator).where(Operator.login == login))
        if row is None:
            made = operators.add(db, services.keyring, services.trail, login=login, role=role, actor=SYSTEM)
            secret, totp_secret = made.password, made.totp_secret
        elif known is not None:
            secret, totp_secret = known["password"], known["totp_secret"]
        else:
            secret, totp_secret = password(), pyotp.random_base32()
            row.password_hash = passwords.hash_password(secret)
            row.totp_sealed = services.keyring.seal(totp_secret, bound_to=operators.totp_place(row.id))
            row.totp_last_step = 0
            services.trail.record(db, "operator.secrets_renewed", actor=SYSTEM, operator=row.id)
    return {"role": role.value, "identifier": login, "password": secret, "totp_secret": totp_secret}
