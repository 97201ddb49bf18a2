"""One document of a natural person, with its normalised number."""

import re
from dataclasses import dataclass, field
from datetime import date

from idp.core.identifiers import document_rules
from idp.core.identifiers.document_kinds import DocumentKind
from idp.core.identifiers.errors import IdentifierError
from idp.core.identifiers.resident_id import Gender
from idp.core.identifiers.text import half_width, without_spaces

_COUNTRY = re.compile(r"[A-Z]{3}")
_NAMES_A_COUNTRY = (DocumentKind.FOREIGN_PASSPORT,)


@dataclass(frozen=True, slots=True)
class Document:
    """A document by kind and normalised number; `country` (ISO 3166-1 alpha-3) only where the number alone is not unique.

    Birthdate and gender are known where the number holds them.
    """

    kind: DocumentKind
    number: str = field(repr=False)
    country: str | None = None
    birthdate: date | None = field(default=None, repr=False)
    gender: Gender | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, kind: DocumentKind, text: str, *, today: date, country: str | None = None) -> "Document":
        """Normalise and check; IdentifierError for what cannot be a document of this kind.

        `today` is the date in Beijing. A foreign passport needs its country, no other document has one.
        """
        if (country is not None) != (kind in _NAMES_A_COUNTRY):
            raise IdentifierError("document_country")
        issuer = _country(country) if country is not None else None
        number = without_spaces(half_width(text)).upper()
        return cls.of(kind, document_rules.checked(kind, number, today=today), country=issuer)

    @classmethod
    def of(cls, kind: DocumentKind, number: str, *, country: str | None = None) -> "Document":
        """A document whose number was checked when it was kept."""
        told = document_rules.told_by(kind, number)
        return cls(kind, number, country, told.birthdate, told.gender)

    @property
    def key(self) -> str:
        """What the document is found by: the lasting part of its number, with the country where that tells two apart."""
        lasting = document_rules.lasting_part(self.kind, self.number)
        return f"{self.country}:{lasting}" if self.country else lasting


def _country(text: str) -> str:
    code = without_spaces(half_width(text)).upper()
    if not _COUNTRY.fullmatch(code) or code == "CHN":  # a Chinese passport is of another kind
        raise IdentifierError("document_country")
    return code
