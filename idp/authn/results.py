"""What a way of signing in answers with."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who it is and how they showed it (`amr`, RFC 8176); one factor is AAL 1."""

    account_id: str
    amr: tuple[str, ...]
    aal: int = 1
    password_is_expired: bool = False
    auth_time: datetime | None = None
    """When it was shown, where that was elsewhere and before now."""


@dataclass(frozen=True, slots=True)
class Unregistered:
    """The phone is proven and no account has it: the same challenge may now be used to register."""

    phone: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Held:
    """The phone is proven, but may have another owner by now: the account's owner shows one thing more."""
