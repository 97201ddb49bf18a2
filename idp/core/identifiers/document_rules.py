"""How the number of each kind of document is written: one rule a kind, and what the number alone says about its holder."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from idp.core.identifiers.document_kinds import DocumentKind
from idp.core.identifiers.errors import IdentifierError
from idp.core.identifiers.resident_id import FIRST_YEAR, RESIDENCE_PERMITS, Gender, ResidentId, check_character

_EIGHTEEN = re.compile(r"[0-9]{17}[0-9X]")
_OLD_FOREIGN_CARD = re.compile(r"[A-Z]{3}[0-9]{12}")
_NEW_FOREIGN_CARD = re.compile(r"9[0-9]{16}[0-9X]")
_ISSUED_AGAIN: Final = {DocumentKind.HK_MACAO_TRAVEL_PERMIT: 9, DocumentKind.TAIWAN_TRAVEL_PERMIT: 8}
_SHAPES: Final[Mapping[DocumentKind, re.Pattern[str]]] = {
    DocumentKind.PRC_PASSPORT: re.compile(
        r"E[A-HJ-NP-Z0-9][0-9]{7}|G[0-9]{8}|1[45][0-9]{7}|[DSP][0-9]{7,8}|[DSP]E[0-9]{7}"
    ),
    DocumentKind.HK_MACAO_TRAVEL_PERMIT: re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?"),
    DocumentKind.TAIWAN_TRAVEL_PERMIT: re.compile(r"[0-9]{8}|[0-9]{10}"),
    DocumentKind.EXIT_PERMIT_HK_MACAO: re.compile(r"C[A-Z0-9][0-9]{7}|W[0-9]{8}"),
    DocumentKind.EXIT_PERMIT_TAIWAN: re.compile(r"[LT][0-9]{8}"),
    DocumentKind.FOREIGN_PASSPORT: re.compile(r"[A-Z0-9]{5,17}"),
}
_LETTER_IN_BRACKETS = re.compile(r"(?<=[0-9]{10})\([A-Z]\)\Z")


@dataclass(frozen=True, slots=True)
class Told:
    """What a number says about its holder."""

    birthdate: date | None = None
    gender: Gender | None = None


def checked(kind: DocumentKind, number: str, *, today: date) -> str:
    """The number in its one form; IdentifierError for what cannot be a document of this kind."""
    match kind:
        case DocumentKind.RESIDENT_ID:
            return ResidentId.parse(number, today=today).number
        case DocumentKind.HMT_RESIDENCE_PERMIT:
            return _residence_permit(number, today)
        case DocumentKind.FOREIGN_PERMANENT_RESIDENT:
            return number if _OLD_FOREIGN_CARD.fullmatch(number) else _new_foreign_card(number, today)
        case DocumentKind.TAIWAN_TRAVEL_PERMIT:
            number = _LETTER_IN_BRACKETS.sub("", number)
    if not _SHAPES[kind].fullmatch(number):
        raise IdentifierError("document_shape")
    return number


def told_by(kind: DocumentKind, number: str) -> Told:
    """Birthdate and gender, where a checked number holds them."""
    match kind:
        case DocumentKind.RESIDENT_ID | DocumentKind.HMT_RESIDENCE_PERMIT:
            same_structure = ResidentId(number)
            return Told(same_structure.birthdate, same_structure.gender)
        case DocumentKind.FOREIGN_PERMANENT_RESIDENT if len(number) == 18:
            return Told(ResidentId(number).birthdate)  # where the card of 2023 says the gender is nowhere published
    return Told()


def lasting_part(kind: DocumentKind, number: str) -> str:
    """What stays the same when the document is issued again: travel permits end with a count of issues on older cards."""
    return number[: _ISSUED_AGAIN.get(kind)]


def _residence_permit(number: str, today: date) -> str:
    _eighteen(number, today)
    if number[:6] not in RESIDENCE_PERMITS:
        raise IdentifierError("document_region")
    if number[14:17] == "000":
        raise IdentifierError("document_order")
    return number


def _new_foreign_card(number: str, today: date) -> str:
    """Only first digit, date and check character are sure of the card of 2023; the rest is not looked at."""
    if not _NEW_FOREIGN_CARD.fullmatch(number):
        raise IdentifierError("document_shape")
    return _eighteen(number, today)


def _eighteen(number: str, today: date) -> str:
    if not _EIGHTEEN.fullmatch(number):
        raise IdentifierError("document_shape")
    if check_character(number[:17]) != number[17]:
        raise IdentifierError("document_check_digit")
    try:
        born = ResidentId(number).birthdate
    except IdentifierError:
        raise IdentifierError("document_birthdate") from None
    if not born.year >= FIRST_YEAR or born > today:
        raise IdentifierError("document_birthdate")
    return number
