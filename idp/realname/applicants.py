"""The person whom somebody says to be: read from a form, and whether they may be asked about online at all."""

from datetime import date

from idp.core import clock
from idp.core.identifiers import (
    ADULT,
    NEEDS_GUARDIAN_UNDER,
    Document,
    DocumentKind,
    IdentifierError,
    age_on,
    normalise_name,
)
from idp.realname.errors import FaceNotForMinors, InvalidDocument, InvalidName, InvalidResidentId, MinorNeedsGuardian
from idp.realname.ports import Applicant, Capability

GUARDIAN = "guardian"
"""The purpose of asking about a child through its guardian."""


def read(
    name: str, number: str, kind: DocumentKind = DocumentKind.RESIDENT_ID, country: str | None = None
) -> Applicant:
    """The applicant as a form says; InvalidIdentity for input that no register could know."""
    try:
        normal = normalise_name(name)
    except IdentifierError as odd:
        raise InvalidName from odd
    try:
        document = Document.parse(kind, number, today=today(), country=country)
    except IdentifierError as odd:
        raise (InvalidResidentId if kind is DocumentKind.RESIDENT_ID else InvalidDocument) from odd
    return Applicant(normal, document)


def age_of(applicant: Applicant) -> int | None:
    """Whole years, where the document tells."""
    born = applicant.document.birthdate
    return age_on(born, today()) if born is not None else None


def needs_guardian(applicant: Applicant) -> bool:
    """Whether the document tells of a child."""
    age = age_of(applicant)
    return age is not None and age < NEEDS_GUARDIAN_UNDER


def may_be_asked_about(applicant: Applicant, capability: Capability, purpose: str, *, minors_by_face: bool) -> None:
    """MinorNeedsGuardian, or FaceNotForMinors, for those whom the law protects from this."""
    age = age_of(applicant)
    if age is None:
        return
    if age < NEEDS_GUARDIAN_UNDER and (purpose != GUARDIAN or capability.is_face):
        raise MinorNeedsGuardian
    if capability.is_face and age < ADULT and not minors_by_face:
        raise FaceNotForMinors


def today() -> date:
    """The date on documents: in Beijing."""
    return clock.now().astimezone(clock.BEIJING).date()
