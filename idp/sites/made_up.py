"""What is made up about test people: numbers of an unassigned county, a phone that nobody has, a company of no register."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from idp.core import clock, ids, passwords
from idp.core.identifiers import Document, DocumentKind, Uscc
from idp.core.identifiers.mobile import NOBODYS
from idp.core.identifiers.resident_id import check_character
from idp.core.identifiers.uscc import uscc_check_character
from idp.realname.ports import Applicant, OrganisationState
from idp.realname.ports.organisations import OrganisationRecord

_COUNTY: Final = "371399"  # Linyi, a county code that is not assigned (sources/identifiers.md)
_STEMS: Final = "甲乙丙丁戊己庚辛壬癸"
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A password, shown once, with its hash: made before a transaction begins, because that takes time."""

    text: str = field(repr=False)
    hash: str = field(repr=False)

    @classmethod
    def make(cls) -> "NewPassword":
        text = "-".join(ids.letters_of(_LETTERS, 5) for _ in range(4))
        return cls(text, passwords.hash_password(text))


def username() -> str:
    return f"cs-{ids.letters_of(_LETTERS, 8)}"


def phone() -> str:
    return f"{NOBODYS}{ids.numeric_code()}"


def person(*, is_minor: bool) -> Applicant:
    """Somebody of sixteen years of age, or of thirty and more; the name goes with the number."""
    today = clock.now().astimezone(clock.BEIJING).date()
    years, days = (16, 300) if is_minor else (30, 9000)
    born = today - timedelta(days=years * 366 + int.from_bytes(ids.random_bytes(2)) % days)
    order = int.from_bytes(ids.random_bytes(2)) % 999 + 1
    body = f"{_COUNTY}{born:%Y%m%d}{order:03d}"
    document = Document.of(DocumentKind.RESIDENT_ID, body + check_character(body))
    return Applicant("测试" + _STEMS[order % len(_STEMS)], document)


def company(representative: str) -> OrganisationRecord:
    """A company of that county, whose legal representative has this name."""
    body = f"91{_COUNTY}MA{ids.letters_of('0123456789', 6)}0"
    uscc = Uscc(body + uscc_check_character(body))
    name = f"测试单位{uscc.code[10:16]}（测试）"
    return OrganisationRecord(uscc, name, "company", representative, OrganisationState.ACTIVE)
