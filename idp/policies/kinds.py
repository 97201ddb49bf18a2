"""The kinds of policies: what each decides, between which bounds, and which direction makes it weaker."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeVar

from idp.config import PasswordPolicy
from idp.policies import built_in

P = TypeVar("P")
NEVER: Final = 0
"""Of a number of days: it never happens."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a number may be. `weaker` is the direction that protects less; `zero_is_never` lets 0 mean without an end."""

    least: int
    most: int
    weaker: Literal["lower", "higher"]
    zero_is_never: bool = False

    def holds(self, value: int) -> bool:
        return self.least <= value <= self.most or (self.zero_is_never and value == NEVER)

    def is_weakened(self, old: int, new: int) -> bool:
        """Whether the change from `old` to `new` protects less."""
        before, after = (float("inf") if self.zero_is_never and each == NEVER else each for each in (old, new))
        return after < before if self.weaker == "lower" else after > before


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """How long a citizen's session lives without use, and at most."""

    idle_minutes: int = 30
    hours: int = 8


@dataclass(frozen=True, slots=True)
class ThrottlePolicy:
    """How often anybody may try: passwords, codes by short message, and checks of an identity.

    GB/T 22239 8.1.4.1 b: five failures in fifteen minutes, half an hour's pause; the rest keeps strangers from locking
    an account's owner out (docs/decisions/0013).
    """

    failures: int = 5
    window_minutes: int = 15
    block_minutes: int = 30
    strangers_failures: int = 30
    strangers_block_hours: int = 12
    network_failures: int = 300
    sms_per_phone_day: int = 10
    sms_per_device_hour: int = 10
    sms_per_address_hour: int = 30
    sms_pause_seconds: int = 60
    checks_per_account_day: int = 3
    checks_per_number_day: int = 20
    checks_per_network_hour: int = 10
    starts_day: int = 5


@dataclass(frozen=True, slots=True)
class Brand:
    """By which name the centre is known, and how it is reached; `name_zh` of the settings, `name_en` empty for the same."""

    name_zh: str = "统一身份认证"
    name_en: str = ""
    phone: str = ""
    record: str = ""
    colour: str = "blue"
    sms_sign: str = "统一身份认证"


COLOURS: Final = ("blue", "teal", "green", "indigo", "plum")
"""Each is measured for contrast in both themes (tokens.css), so nobody can choose an unreadable one."""


@dataclass(frozen=True, slots=True)
class Text:
    """One version of a text, in both languages; `name` is the day it came into force."""

    name: str
    zh: str
    en: str

    def source(self, language: str) -> str:
        return self.en if language == "en" else self.zh


def _as_it_is(value: P, _first: P) -> P:
    return value


@dataclass(frozen=True, slots=True)
class Kind(Generic[P]):
    """One policy: its name in the table, its type, and what its numbers may be.

    `with_floor(value, first)` is the value that holds, where the settings of the installation are the floor.
    """

    name: str
    type: type[P]
    bounds: Mapping[str, Bound]
    with_floor: Callable[[P, P], P] = _as_it_is

    @property
    def is_text(self) -> bool:
        return self.type is Text

    def read(self, stored: Mapping[str, Any], first: P) -> P:
        """The value of a row, made whole with what a later release added."""
        known = {field.name for field in dataclasses.fields(self.type)}  # type: ignore[arg-type]
        given = {name: value for name, value in stored.items() if name in known}
        return self.with_floor(self.type(**{**written(first), **given}), first)


def written(value: Any) -> dict[str, Any]:
    """A policy's value as its row keeps it."""
    return dataclasses.asdict(value)


def _passwords_floor(value: PasswordPolicy, first: PasswordPolicy) -> PasswordPolicy:
    """Nobody goes below what the installation was set up with (docs/decisions: policies that operators change)."""
    return PasswordPolicy(
        min_length=max(value.min_length, first.min_length),
        required_classes=max(value.required_classes, first.required_classes),
        max_age_days=value.max_age_days,
    )


PASSWORD: Final = Kind(
    "password",
    PasswordPolicy,
    {
        "min_length": Bound(8, 64, "lower"),
        "required_classes": Bound(0, 4, "lower"),
        "max_age_days": Bound(30, 1095, "higher", zero_is_never=True),
    },
    _passwords_floor,
)
SESSION: Final = Kind(
    "session", SessionPolicy, {"idle_minutes": Bound(5, 240, "higher"), "hours": Bound(1, 24, "higher")}
)
THROTTLE: Final = Kind(
    "throttle",
    ThrottlePolicy,
    {
        "failures": Bound(3, 10, "higher"),
        "window_minutes": Bound(5, 60, "lower"),
        "block_minutes": Bound(5, 240, "lower"),
        "strangers_failures": Bound(10, 100, "higher"),
        "strangers_block_hours": Bound(1, 48, "lower"),
        "network_failures": Bound(30, 3000, "higher"),
        "sms_per_phone_day": Bound(3, 30, "higher"),
        "sms_per_device_hour": Bound(3, 60, "higher"),
        "sms_per_address_hour": Bound(5, 1000, "higher"),
        "sms_pause_seconds": Bound(30, 600, "lower"),
        "checks_per_account_day": Bound(1, 20, "higher"),
        "checks_per_number_day": Bound(3, 100, "higher"),
        "checks_per_network_hour": Bound(3, 1000, "higher"),
        "starts_day": Bound(1, 20, "higher"),
    },
)
BRAND: Final = Kind("brand", Brand, {})
USER_AGREEMENT: Final = Kind(built_in.USER_AGREEMENT, Text, {})
PRIVACY_NOTICE: Final = Kind(built_in.PRIVACY_NOTICE, Text, {})
FACE_CONSENT: Final = Kind(built_in.FACE_CONSENT, Text, {})
TEXTS: Final[Mapping[str, Kind[Text]]] = {each.name: each for each in (USER_AGREEMENT, PRIVACY_NOTICE, FACE_CONSENT)}
_ALL: tuple[Kind[Any], ...] = (PASSWORD, SESSION, THROTTLE, *TEXTS.values(), BRAND)
KINDS: Final[Mapping[str, Kind[Any]]] = {each.name: each for each in _ALL}
