"""How often codes may be sent: by address and device in the short-lived store, by phone and by account in SQL.

Each network has a day's worth of codes to one phone. What all networks together cause has a wide limit, and beyond it
codes still go out, one every ten minutes: a stranger neither floods a phone nor silences it for long. A browser that
the account is known in has a limit of its own, whatever strangers do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from idp.accounts.accounts import Accounts
from idp.authn import buckets
from idp.authn.buckets import Rule
from idp.authn.guard import Guard
from idp.core import clock, ids
from idp.core.addresses import network_of
from idp.core.crypto import Keyring
from idp.core.errors import TooManyAttempts
from idp.core.identifiers import MobileNumber
from idp.db.prepared import RawTransaction
from idp.store.redis import Store

_WIDE = "sms"
_WIDE_DAYS = 3  # how many networks' worth a phone takes in a day before the wait between two grows
_WIDE_BLOCK = timedelta(minutes=10)
_NOBODY = MobileNumber("19900000000")  # looked up where there is no number, so that the work is the same


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many codes may be asked for, and how long a phone waits between two of them."""

    per_phone_day: int = 10
    per_device_hour: int = 10
    per_address_hour: int = 30
    pause_seconds: int = 60

    @property
    def near_rule(self) -> Rule:
        """For one network; the pause is kept by the wide rule."""
        return Rule(limit=self.per_phone_day, window=timedelta(hours=24), block=timedelta(hours=12))

    @property
    def wide_rule(self) -> Rule:
        """For all strangers together."""
        return Rule(
            limit=self.per_phone_day * _WIDE_DAYS,
            window=timedelta(hours=24),
            block=max(_WIDE_BLOCK, timedelta(seconds=self.pause_seconds)),
            pause=timedelta(seconds=self.pause_seconds),
            starts_anew=False,
        )

    @property
    def own_rule(self) -> Rule:
        """For one browser: a known one, or what one asks for without being told who is behind it."""
        return Rule(
            limit=self.per_phone_day,
            window=timedelta(hours=24),
            block=timedelta(hours=12),
            pause=timedelta(seconds=self.pause_seconds),
        )


class CodeLimits:
    """Takes one message out of every limit it falls under, or refuses with the seconds to wait."""

    def __init__(
        self,
        store: Store,
        keyring: Keyring,
        accounts: Accounts,
        guard: Guard,
        allowance: Callable[[], Allowance] = Allowance,
    ) -> None:
        self._store = store
        self._keyring = keyring
        self._accounts = accounts
        self._guard = guard
        self._allowance = allowance

    def check_origin(self, *, device: str, address: str) -> None:
        """TooManyAttempts when this browser or address asked too often; StoreUnavailable when nobody can say."""
        now = clock.now().timestamp()
        for counter, limit in (
            (f"sms-device:{ids.digest(device)}", self._allowance().per_device_hour),
            (f"sms-address:{network_of(address)}", self._allowance().per_address_hour),
        ):
            if wait := self._store.hit(counter, limit=limit, period=3600, now=now):
                raise TooManyAttempts(retry_after=wait)

    def take_for_phone(self, db: Session, phone: MobileNumber, *, device: str, address: str) -> None:
        """TooManyAttempts when the phone got one in the last minute, or its day's worth."""
        subject = self._subject_of(phone)
        closed = self._closed(db, subject, is_known=self._is_known(db, phone, device), device=device, address=address)
        if closed is not None:
            raise TooManyAttempts(retry_after=buckets.seconds_left(db, subject, closed))

    def take_for_asked(self, db: RawTransaction | Session, asked: str, *, device: str) -> None:
        """The same limits, visible to this browser alone, for a name or number that may or may not be an account's."""
        subject = self._keyring.blind_index("sms_asked", asked.strip().casefold()[:64])
        own = _own_bucket(device)
        if not buckets.take(db, subject, own, self._allowance().own_rule):
            raise TooManyAttempts(retry_after=buckets.seconds_left(db, subject, own))

    def may_send_quietly(
        self,
        db: Session,
        phone: MobileNumber | None,
        *,
        typed: MobileNumber | None,
        asked: str,
        device: str,
        address: str,
    ) -> bool:
        """Whether the phone behind `asked` may get one; False for no phone, after the same statements.

        A number that was typed is charged like any other, account or not: the next request for it must not tell.
        A name is charged apart from the number behind it, for the same reason.
        """
        number = phone or typed
        if typed is not None:
            subject = self._subject_of(typed)
        else:
            behind = phone.national if phone is not None else asked.strip().casefold()[:64]
            subject = self._keyring.blind_index("sms_by_name", behind)
        is_known = self._is_known(db, number or _NOBODY, device)
        return (
            self._closed(db, subject, is_known=is_known, device=device, address=address) is None and phone is not None
        )

    def _subject_of(self, phone: MobileNumber) -> str:
        return self._keyring.blind_index("sms_phone", phone.national)

    def _is_known(self, db: Session, phone: MobileNumber, device: str) -> bool:
        account = self._accounts.find_by_phone(db, phone.national)
        return self._guard.is_known(db, account.id if account is not None else None, device)

    def _closed(self, db: Session, subject: str, *, is_known: bool, device: str, address: str) -> str | None:
        """Take one message out of the buckets it falls under; the one that is closed, when there is none to take."""
        if is_known:
            own = _own_bucket(device)
            return None if buckets.take(db, subject, own, self._allowance().own_rule) else own
        near = ids.digest(f"sms-network:{network_of(address)}")
        if not buckets.take(db, subject, near, self._allowance().near_rule):
            return near
        if not buckets.take(db, subject, _WIDE, self._allowance().wide_rule):
            buckets.give_back(db, subject, near)
            return _WIDE
        return None


def _own_bucket(device: str) -> str:
    return ids.digest(f"sms:{device}")
