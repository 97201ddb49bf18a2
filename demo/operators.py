"""The demo's console staff: administrators, officers of a counter and people of departments; nobody holds two roles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from demo.people import password
from idp.audit.trail import SYSTEM
from idp.edge.services import Services
from idp.staff import factors, operators
from idp.staff.models import Role


@dataclass(frozen=True, slots=True)
class _Post:
    """One member of the demo's staff."""

    role: Role
    login: str
    region: str = ""


_STAFF = (
    *(_Post(role, f"demo-{role.value}") for role in Role),
    _Post(Role.COUNTER, "demo-counter-2"),
    _Post(Role.SECURITY, "demo-security-2"),
    _Post(Role.DEPARTMENT, "demo-department-jinan", "370100"),
)


def ensure(services: Services, known: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """All of them; who is there with secrets still known keeps them, the others get new ones."""
    return [_ensure_one(services, post, known.get(post.login)) for post in _STAFF]


def _ensure_one(services: Services, post: _Post, known: Mapping[str, Any] | None) -> dict[str, Any]:
    database, keyring, trail = services.database, services.keyring, services.trail
    with database.transaction() as db:
        row = operators.of_login(db, post.login)
        if row is None:
            made = operators.add(db, keyring, trail, login=post.login, role=post.role, region=post.region, actor=SYSTEM)
            secret, totp_secret = made.password, made.totp_secret
        elif known is not None:
            secret, totp_secret = known["password"], known["totp_secret"]
        else:
            secret, totp_secret = password(), factors.new_secret()
            operators.renew(db, keyring, trail, row, password=secret, totp_secret=totp_secret, actor=SYSTEM)
    return {"role": post.role.value, "identifier": post.login, "password": secret, "totp_secret": totp_secret}
