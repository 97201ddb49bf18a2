"""Unified social credit codes (GB 32100-2015) and the organisation codes inside them (GB 11714-1997)."""

import re
from dataclasses import dataclass
from enum import StrEnum

from idp.core.identifiers.errors import IdentifierError
from idp.core.identifiers.text import half_width, without_spaces

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_SHAPE = re.compile(r"[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}")
_ORGANISATION_SHAPE = re.compile(r"[0-9A-Z]{8}[0-9X]")
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


class Registry(StrEnum):
    """Who keeps the register that a code belongs to."""

    MARKET_REGULATION = "market_regulation"
    CIVIL_AFFAIRS = "civil_affairs"
    STAFFING_OFFICE = "staffing_office"
    JUSTICE = "justice"
    AGRICULTURE = "agriculture"
    OTHER = "other"


_REGISTRIES = {
    "9": Registry.MARKET_REGULATION,
    "5": Registry.CIVIL_AFFAIRS,
    "1": Registry.STAFFING_OFFICE,
    "3": Registry.JUSTICE,
    "N": Registry.AGRICULTURE,
}


@dataclass(frozen=True, slots=True)
class Uscc:
    """A code whose own check character is right. It is public and is never masked."""

    code: str

    @classmethod
    def parse(cls, text: str) -> "Uscc":
        """Normalise and check; I, O, S, V and Z are refused, not guessed into digits."""
        code = without_spaces(half_width(text)).upper()
        if len(code) != 18:
            raise IdentifierError("uscc_length")
        if not _SHAPE.fullmatch(code):
            raise IdentifierError("uscc_characters")
        if uscc_check_character(code[:17]) != code[17]:
            raise IdentifierError("uscc_check_digit")
        return cls(code)

    @property
    def registry(self) -> Registry:
        return _REGISTRIES.get(self.code[0], Registry.OTHER)

    @property
    def region(self) -> str:
        """The GB/T 2260 code of the registering authority's place."""
        return self.code[2:8]

    @property
    def organisation_code(self) -> str:
        return self.code[8:17]

    @property
    def has_consistent_organisation_code(self) -> bool:
        """False is worth a warning only: a few early codes break the inner rule."""
        return is_organisation_code(self.organisation_code)


def uscc_check_character(body: str) -> str:
    """The eighteenth character (GB 32100-2015, ISO 7064 MOD 31-3)."""
    total = sum(_ALPHABET.index(character) * weight for character, weight in zip(body, _WEIGHTS, strict=True))
    return _ALPHABET[-total % 31]


def is_organisation_code(code: str) -> bool:
    """Whether nine characters (without the printed hyphen) are an organisation code (GB 11714-1997)."""
    if not _ORGANISATION_SHAPE.fullmatch(code):
        return False
    total = sum(int(character, 36) * weight for character, weight in zip(code[:8], _ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11] == code[8]
