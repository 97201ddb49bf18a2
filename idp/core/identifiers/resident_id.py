"""The resident identity number of a mainland citizen (GB 11643-1999)."""

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from idp.core.identifiers.ages import age_on
from idp.core.identifiers.errors import IdentifierError
from idp.core.identifiers.text import half_width, without_spaces

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_SHAPE = re.compile(r"[0-9]{17}[0-9X]")
_PROVINCES = frozenset(  # GB/T 2260
    {*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82}
)
FIRST_YEAR = 1900
RESIDENCE_PERMITS = frozenset({"810000", "820000", "830000"})
"""What stands in the place of the region on residence permits for Hong Kong, Macao and Taiwan residents."""


class Gender(StrEnum):
    """The values of the `gender` claim (OpenID Connect Core §5.1)."""

    MALE = "male"
    FEMALE = "female"


@dataclass(frozen=True, slots=True)
class ResidentId:
    """A well-formed number; that the registry knows it is another question."""

    number: str = field(repr=False)

    @classmethod
    def parse(cls, text: str, *, today: date) -> "ResidentId":
        """Normalise and check; `today` is the date in Beijing, births after it are refused.

        The county is not looked up: abolished codes live on in cards.
        """
        number = without_spaces(half_width(text)).upper()
        if len(number) != 18:
            raise IdentifierError("resident_id_length")
        if not _SHAPE.fullmatch(number):
            raise IdentifierError("resident_id_characters")
        if check_character(number[:17]) != number[17]:
            raise IdentifierError("resident_id_check_digit")
        if number[:6] in RESIDENCE_PERMITS:
            raise IdentifierError("resident_id_is_residence_permit")
        if int(number[:2]) not in _PROVINCES:
            raise IdentifierError("resident_id_province")
        if number[14:17] == "000":
            raise IdentifierError("resident_id_order")
        if _birthdate(number).year < FIRST_YEAR or _birthdate(number) > today:
            raise IdentifierError("resident_id_birthdate")
        return cls(number)

    @property
    def birthdate(self) -> date:
        return _birthdate(self.number)

    @property
    def gender(self) -> Gender:
        return Gender.MALE if int(self.number[16]) % 2 else Gender.FEMALE

    @property
    def region(self) -> str:
        """The GB/T 2260 code of the place of first issue, perhaps abolished since."""
        return self.number[:6]

    def age_on(self, day: date) -> int:
        """Completed years."""
        return age_on(self.birthdate, day)


def check_character(body: str) -> str:
    """The eighteenth character of seventeen digits (GB 11643-1999, ISO 7064 MOD 11-2)."""
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11]


def _birthdate(number: str) -> date:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise IdentifierError("resident_id_birthdate") from None
