"""The synthetic people of these tests, and what must never be read about them in a log."""

import itertools
from dataclasses import dataclass

from idp.core.identifiers.resident_id import check_character

_numbers = itertools.count(1)
_NAMES = "甲乙丙丁戊己庚辛壬癸"


@dataclass(frozen=True)
class Person:
    """Somebody with an account; `resident_id` belongs to nobody (counties 370190 to 370199 are not assigned)."""

    account_id: str
    username: str
    phone: str
    password: str
    name: str
    resident_id: str

    @property
    def secrets(self) -> tuple[str, ...]:
        """What a log line may not hold; the account id is no secret."""
        return (self.phone, self.password, self.name, self.resident_id, self.username)


def next_number() -> int:
    return next(_numbers)


def name_of(number: int) -> str:
    """A name of a registry's test person: 试验 and two heavenly stems."""
    return "试验" + _NAMES[number // 10 % 10] + _NAMES[number % 10]


def resident_id_of(number: int, *, born: str = "19900101") -> str:
    """A well-formed number of an unassigned county, a further one for each nine hundred people."""
    body = f"3701{99 - number // 900}{born}{number % 900 + 100:03d}"
    return body + check_character(body)
