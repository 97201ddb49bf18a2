"""Documents that name a natural person: which kinds there are, and one of them with its normalised number."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from idp.core.identifiers.errors import IdentifierError
from idp.core.identifiers.resident_id import Gender, ResidentId


class DocumentKind(StrEnum):
    """Kinds of documents of natural persons."""

    RESIDENT_ID = "resident_id"  # 居民身份证
    HMT_RESIDENCE_PERMIT = "hmt_residence_permit"  # 港澳台居民居住证
    HK_MACAO_TRAVEL_PERMIT = "hk_macao_travel_permit"  # 港澳居民来往内地通行证
    TAIWAN_TRAVEL_PERMIT = "taiwan_travel_permit"  # 台湾居民来往大陆通行证
    FOREIGN_PERMANENT_RESIDENT = "foreign_permanent_resident"  # 外国人永久居留身份证
    PRC_PASSPORT = "prc_passport"  # 中华人民共和国护照
    FOREIGN_PASSPORT = "foreign_passport"  # 外国护照


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
        """Normalise and check; IdentifierError for what cannot be a document of this kind."""
        if kind is not DocumentKind.RESIDENT_ID or country is not None:
            raise IdentifierError("document_kind")
        number = ResidentId.parse(text, today=today)
        return cls(kind, number.number, birthdate=number.birthdate, gender=number.gender)

    @property
    def key(self) -> str:
        """What the document is found by: its number, with the country where that is needed to tell two apart."""
        return f"{self.country}:{self.number}" if self.country else self.number
