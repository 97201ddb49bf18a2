"""Which facts a scope releases, taken from the account and from what an authority confirmed (OpenID Core §5.4)."""

from typing import Any

from idp.core.identifiers import mask_mobile
from idp.db.prepared import RawTransaction
from idp.oidc.provider import Provider
from idp.realname import persons

SCOPE_CLAIMS = {
    "profile": ("preferred_username", "nickname", "zoneinfo", "locale", "updated_at"),
    "phone": ("phone_number", "phone_number_verified"),
    "realname": ("name", "resident_id", "birthdate", "gender", "ial", "verified_at"),
}
PROTOCOL_CLAIMS = ("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash")


def released(provider: Provider, db: RawTransaction, account_id: str, scope: frozenset[str]) -> dict[str, Any]:
    """The facts for these scopes; a fact that is not known is left out, never sent empty."""
    facts: dict[str, Any] = {}
    if scope & {"profile", "phone"}:
        facts |= _account_facts(provider, db, account_id, scope)
    if "realname" in scope:
        facts |= _person_facts(provider, db, account_id)
    return {name: value for name, value in facts.items() if value is not None}


def _account_facts(provider: Provider, db: RawTransaction, account_id: str, scope: frozenset[str]) -> dict[str, Any]:
    profile = provider.accounts.profile(db, account_id)
    if profile is None:
        return {}
    facts: dict[str, Any] = {}
    if "profile" in scope:
        facts |= {
            "preferred_username": profile.username,
            "nickname": profile.username or _masked(profile.phone),
            "zoneinfo": "Asia/Shanghai",
            "locale": profile.locale,
            "updated_at": int(profile.updated_at.timestamp()),
        }
    if "phone" in scope and profile.phone is not None:
        facts |= {"phone_number": profile.phone, "phone_number_verified": True}
    return facts


def _masked(phone: str | None) -> str | None:
    return mask_mobile(phone.removeprefix("+86")) if phone is not None else None


def _person_facts(provider: Provider, db: RawTransaction, account_id: str) -> dict[str, Any]:
    person = persons.facts(db, provider.keyring, account_id)
    if person is None:
        return {}
    return {
        "name": person.name,
        "resident_id": person.resident_id,
        "birthdate": person.birthdate.isoformat(),
        "gender": person.gender,
        "ial": person.ial,
        "verified_at": int(person.proven_at.timestamp()),
    }
