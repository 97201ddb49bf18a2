"""What is known about a person, claim by claim, from where each comes (OpenID Connect Core §5.1).

Name, gender and birthdate come from what an authority confirmed; phone, account name and language from the account;
everything else is what the person wrote. While nobody confirmed a name, the one the person wrote may stand there.
"""

from collections.abc import Mapping
from typing import Any, Final

from idp.accounts.details import Details
from idp.accounts.profiles import Profile
from idp.core.identifiers import mask_mobile, split_name
from idp.oidc import standard_claims
from idp.realname.persons import PersonFacts

OF_ACCOUNT: Final = frozenset(
    {"preferred_username", "nickname", "zoneinfo", "locale", "updated_at", "phone_number", "phone_number_verified"}
)
OF_PERSON: Final = frozenset(
    {"name", "family_name", "given_name", "gender", "birthdate", "resident_id", "ial", "verified_at", "updated_at"}
)
_DECLARED: Final = frozenset({"name", "family_name", "given_name", "middle_name"})
OF_DETAILS: Final = _DECLARED | {
    "nickname", "profile", "picture", "website", "email", "email_verified", "address", "updated_at",
}  # fmt: skip


def known(
    profile: Profile | None, person: PersonFacts | None, written: Details | None, *, may_be_declared: bool = True
) -> dict[str, Any]:
    """Everything that is known, by claim; English forms under `name#en` and so on."""
    facts: dict[str, Any] = {}
    if written is not None:
        facts |= {
            n: v for n, v in written.values.items() if may_be_declared or standard_claims.base(n) not in _DECLARED
        }
        facts |= composed(written.values, may_be_declared=may_be_declared)
    if profile is not None:
        facts |= _account_facts(profile, facts)
    if person is not None:
        for name in _DECLARED:
            facts.pop(name, None)
        facts |= _person_facts(person)
    facts["updated_at"] = max(
        (int(moment.timestamp()) for moment in (
            profile.updated_at if profile is not None else None,
            written.updated_at if written is not None else None,
            person.proven_at if person is not None else None,
        ) if moment is not None), default=None,
    )  # fmt: skip
    return facts


def composed(written: Mapping[str, Any], *, may_be_declared: bool = True) -> dict[str, Any]:
    """What follows from the parts: the whole name, the address as it is written on a letter, the state of the email."""
    made: dict[str, Any] = {}
    if may_be_declared:
        made["name"] = _whole_name(written, "")
        made["name#en"] = _whole_name(written, "#en")
    if "email" in written:
        made["email_verified"] = False  # nothing sends letters to confirm it yet
    if address := written.get("address"):
        made["address"] = address | {"formatted": _chinese_address(address)}
    if address := written.get("address#en"):
        made["address#en"] = address | {"formatted": _english_address(address)}
    return made


def _whole_name(written: Mapping[str, str], language: str) -> str:
    family, middle, given = (
        written.get(f"{part}{language}", "") for part in ("family_name", "middle_name", "given_name")
    )
    in_order = (family, middle, given) if is_chinese(family + given) else (given, middle, family)
    return ("" if is_chinese(family + given) else " ").join(filter(None, in_order))


def is_chinese(text: str) -> bool:
    """Whether anything in it is a Chinese character."""
    return any("\u3400" <= letter <= "\u9fff" or letter > "\U0001ffff" for letter in text)


def _chinese_address(parts: Mapping[str, str]) -> str:
    line = "".join(parts.get(part, "") for part in ("country", "region", "locality", "street_address"))
    return "\n".join(filter(None, (line, parts.get("postal_code"))))


def _english_address(parts: Mapping[str, str]) -> str:
    region = " ".join(filter(None, (parts.get("region"), parts.get("postal_code"))))
    lines = (parts.get("street_address"), parts.get("locality"), region, parts.get("country"))
    return "\n".join(filter(None, lines))


def _account_facts(profile: Profile, written: Mapping[str, Any]) -> dict[str, Any]:
    account: dict[str, Any] = {
        "preferred_username": profile.username,
        "nickname": written.get("nickname") or profile.username or _masked(profile.phone),
        "zoneinfo": "Asia/Shanghai",
        "locale": profile.locale.replace("_", "-"),
    }
    if profile.phone is not None:
        account |= {"phone_number": profile.phone, "phone_number_verified": True}
    return account


def _masked(phone: str | None) -> str | None:
    return mask_mobile(phone.removeprefix("+86")) if phone is not None else None


def _person_facts(person: PersonFacts) -> dict[str, Any]:
    family, given = split_name(person.name)
    return {
        "name": person.name,
        "family_name": family,
        "given_name": given,
        "resident_id": person.resident_id,
        "birthdate": person.birthdate.isoformat() if person.birthdate is not None else None,
        "gender": person.gender,
        "ial": person.ial,
        "verified_at": int(person.proven_at.timestamp()),
    }
