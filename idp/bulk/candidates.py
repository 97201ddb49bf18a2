"""One line of a list, judged by itself: what account it would make, and everything that is wrong with it at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idp.accounts import naming
from idp.accounts.errors import UsernameRefused
from idp.bulk.lists import SPOILED
from idp.core import clock, foreign_passwords
from idp.core.crypto import Keyring
from idp.core.identifiers import DocumentKind, IdentifierError, MobileNumber
from idp.realname import applicants, persons
from idp.realname.errors import InvalidIdentity, InvalidName
from idp.realname.ports import Applicant

_KIND_NAMES: Mapping[str, DocumentKind] = {
    "": DocumentKind.RESIDENT_ID, "居民身份证": DocumentKind.RESIDENT_ID, "身份证": DocumentKind.RESIDENT_ID,
    "港澳台居民居住证": DocumentKind.HMT_RESIDENCE_PERMIT, "港澳居民来往内地通行证": DocumentKind.HK_MACAO_TRAVEL_PERMIT,
    "台湾居民来往大陆通行证": DocumentKind.TAIWAN_TRAVEL_PERMIT, "外国人永久居留身份证": DocumentKind.FOREIGN_PERMANENT_RESIDENT,
    "中华人民共和国护照": DocumentKind.PRC_PASSPORT, "外国护照": DocumentKind.FOREIGN_PASSPORT,
    **{kind.value: kind for kind in DocumentKind},
}  # fmt: skip
_OLDEST_PROOF = timedelta(days=3 * 365)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a right line says; `applicant` and `proven_at` where it brings a proof of identity along."""

    phone: str = field(repr=False)
    phone_index: str
    username: str | None = field(repr=False)
    username_index: str | None
    password_hash: str | None = field(repr=False)
    applicant: Applicant | None = field(repr=False)
    document_index: str | None
    proven_at: datetime | None


def judge(keyring: Keyring, row: Mapping[str, str]) -> tuple[Candidate | None, list[str]]:
    """The candidate, or None and every problem as `column:code`."""
    problems: list[str] = []
    phone = _phone(row, problems)
    username = _username(row, problems)
    stored = row.get("password_hash")
    if stored and not foreign_passwords.is_known(stored):
        problems.append("password_hash:unknown_form")
    applicant = _applicant(row, problems)
    proven_at = _proven_at(row, applicant, problems)
    if problems or phone is None:
        return None, problems
    return Candidate(
        phone=phone.national,
        phone_index=naming.phone_index(keyring, phone),
        username=username,
        username_index=naming.username_index(keyring, username) if username is not None else None,
        password_hash=stored or None,
        applicant=applicant,
        document_index=persons.document_index(keyring, applicant.document) if applicant is not None else None,
        proven_at=proven_at,
    ), []


def _phone(row: Mapping[str, str], problems: list[str]) -> MobileNumber | None:
    try:
        return MobileNumber.parse(row.get("phone", ""))
    except IdentifierError:
        problems.append("phone:missing" if not row.get("phone") else _spoiled(row["phone"], "phone:no_mobile"))
        return None


def _username(row: Mapping[str, str], problems: list[str]) -> str | None:
    if not row.get("username"):
        return None
    try:
        return naming.username(row["username"])
    except UsernameRefused:
        problems.append("username:refused")
        return None


def _applicant(row: Mapping[str, str], problems: list[str]) -> Applicant | None:
    name, number = row.get("name", ""), row.get("document_number", "")
    if not name and not number:
        return None
    if not name or not number:
        problems.append("name:missing" if not name else "document_number:missing")
        return None
    kind = _KIND_NAMES.get(row.get("document_kind", ""))
    if kind is None:
        problems.append("document_kind:unknown")
        return None
    try:
        applicant = applicants.read(name, number, kind, row.get("document_country") or None)
    except InvalidName:
        problems.append("name:refused")
        return None
    except InvalidIdentity:
        problems.append(_spoiled(number, "document_number:invalid"))
        return None
    if applicants.needs_guardian(applicant):
        problems.append("document_number:needs_guardian")
        return None
    return applicant


def _proven_at(row: Mapping[str, str], applicant: Applicant | None, problems: list[str]) -> datetime | None:
    given = row.get("proven_at", "")
    if not given:
        return None
    try:
        at = datetime.fromisoformat(given.replace("/", "-"))
    except ValueError:
        problems.append("proven_at:no_date")
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=clock.BEIJING)
    if applicant is None:
        problems.append("proven_at:nobody")
    elif at > clock.now():
        problems.append("proven_at:in_future")
    elif at < clock.now() - _OLDEST_PROOF:
        problems.append("proven_at:too_old")
    return at


def _spoiled(cell: str, otherwise: str) -> str:
    return f"{otherwise.partition(':')[0]}:spoiled" if cell.startswith(SPOILED) else otherwise
