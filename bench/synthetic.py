"""Synthetic people of a province, by number: where they are looked after, what they are called, when they came."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from idp.accounts import naming, profiles
from idp.core.crypto import Keyring
from idp.core.identifiers.mobile import MobileNumber
from idp.core.identifiers.resident_id import check_character
from idp.realname import listed

CITIES = 16
COUNTIES = 9
REGIONS = tuple(f"37{city:02d}{county:02d}" for city in range(1, CITIES + 1) for county in range(2, 2 + COUNTIES))
YEARS = timedelta(days=3 * 365)
_SURNAMES, _NAMES = "测试样例示范演练模拟", "甲乙丙丁戊己庚辛壬癸子丑寅卯"
_NOBODYS_COUNTY = "370199"  # no county has this code, so the number is nobody's
_PLACES = 1 << 40  # numbers of identifiers begin beyond those of accounts


@dataclass(frozen=True)
class Calendar:
    """When accounts came: evenly, up to now."""

    now: datetime
    accounts: int

    @property
    def first_ms(self) -> int:
        return int((self.now - YEARS).timestamp() * 1000)

    @property
    def step_ms(self) -> int:
        return max(1, int(YEARS.total_seconds() * 1000) // self.accounts)

    def ms(self, number: int) -> int:
        return self.first_ms + number * self.step_ms


def identifier(ms: int, number: int) -> str:
    """An id like those of `idp.core.ids`, made again from its instant and number; in SQL it is `SQL_IDENTIFIER`."""
    return f"{ms:012x}70008{number:015x}"


SQL_IDENTIFIER = "lpad(to_hex(({ms})::bigint), 12, '0') || '70008' || lpad(to_hex(({number})::bigint), 15, '0')"


def region(number: int) -> str:
    """Where the person lives: few counties hold most people."""
    share = (number * 2654435761 % 1_000_003) / 1_000_003
    return REGIONS[int(len(REGIONS) * share * share)]


def resident_number(number: int) -> str:
    """A number that passes every check and is nobody's."""
    born = date(1950, 1, 1) + timedelta(days=number % 18_000)
    body = f"{_NOBODYS_COUNTY}{born:%Y%m%d}{1 + number // 18_000 % 999:03d}"
    return body + check_character(body)


def phone(number: int) -> str:
    return f"199{number:08d}"


def name(number: int) -> str:
    return _SURNAMES[number % 10] + _NAMES[number // 10 % 14] + _NAMES[number // 140 % 14]


def rows(keyring: Keyring, calendar: Calendar) -> Iterator[tuple[object, ...]]:
    """What SQL cannot make of a person: sealed and indexed values, bound to the rows they will stand in."""
    for number in range(1, calendar.accounts + 1):
        ms = calendar.ms(number)
        account_id, row_id = identifier(ms, number), identifier(ms, _PLACES + number)
        mobile, resident = MobileNumber.parse(phone(number)), resident_number(number)
        yield (
            number, account_id, row_id, datetime.fromtimestamp(ms / 1000, calendar.now.tzinfo), region(number),
            naming.phone_index(keyring, mobile), keyring.seal(mobile.national, bound_to=profiles.place(row_id)),
            keyring.blind_index("resident_id", resident),
            keyring.seal(resident, bound_to=f"persons.document:{account_id}"),
            keyring.seal(name(number), bound_to=f"persons.name:{account_id}"), listed.name_index(keyring, name(number)),
        )  # fmt: skip


STAGING = (
    "CREATE UNLOGGED TABLE bench_people (n bigint PRIMARY KEY, id text, identifier_id text, at timestamptz, region text,"
    " phone_index text, phone_sealed text, document_index text, document_sealed text, name_sealed text,"
    " name_index text)"
)
COPY = (
    "COPY bench_people (n, id, identifier_id, at, region, phone_index, phone_sealed, document_index, document_sealed,"
    " name_sealed, name_index) FROM STDIN"
)
