"""How often codes may be sent: by address and device in the short-lived store, by phone and by account in SQL.

Strangers who ask for codes to somebody's phone use up the wide limit of that phone only: a browser that this account
is known in has a limit of its own, so its owner still gets codes there.
"""

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


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many codes may be asked for, and how long a phone waits between two of them."""

    per_phone_day: int = 10
    per_device_hour: int = 10
    per_address_hour: int = 30
    pause_seconds: int = 60

    @property
    def phone_rule(self) -> Rule:
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
        allowance: Allowance = Allowance(),
    ) -> None:
        self._store = store
        self._keyring = keyring
        self._accounts = accounts
        self._guard = guard
        self._allowance = allowance
        self._phone_rule = allowance.phone_rule

    def check_origin(self, *, device: str, address: str) -> None:
        """TooManyAttempts when this browser or address asked too often; StoreUnavailable when nobody can say."""
        now = clock.now().timestamp()
        for counter, limit in (
            (f"sms-device:{ids.digest(device)}", self._allowance.per_device_hour),
            (f"sms-address:{network_of(address)}", self._allowance.per_address_hour),
        ):
            if wait := self._store.hit(counter, limit=limit, period=3600, now=now):
                raise TooManyAttempts(retry_after=wait)

    def take_for_phone(self, db: Session, phone: MobileNumber, *, device: str) -> None:
        """TooManyAttempts when the phone got one in the last minute, or its day's worth."""
        subject, bucket = self._phone_bucket(db, phone, device)
        self._take(db, subject, bucket)

    def take_for_asked(self, db: RawTransaction | Session, asked: str, *, device: str) -> None:
        """The same limits, visible to this browser alone, for a name or number that may or may not be an account's."""
        subject = self._keyring.blind_index("sms_asked", asked.strip().casefold()[:64])
        self._take(db, subject, ids.digest(f"sms:{device}"))

    def may_send_quietly(
        self, db: Session, phone: MobileNumber | None, *, typed: MobileNumber | None, asked: str, device: str
    ) -> bool:
        """Whether the phone behind `asked` may get one; False for no phone, after the same statements.

        A number that was typed is charged like any other, account or not: the next request for it must not tell.
        """
        number = phone or typed
        if number is None:
            subject, bucket = self._keyring.blind_index("sms_nobody", asked[:64]), _WIDE
            self._accounts.find_by_phone(db, "19900000000")
            self._guard.is_known(db, None, device)
        else:
            subject, bucket = self._phone_bucket(db, number, device)
        return buckets.take(db, subject, bucket, self._phone_rule) and phone is not None

    def _phone_bucket(self, db: Session, phone: MobileNumber, device: str) -> tuple[str, str]:
        subject = self._keyring.blind_index("sms_phone", phone.national)
        account = self._accounts.find_by_phone(db, phone.national)
        is_known = self._guard.is_known(db, account.id if account is not None else None, device)
        return subject, ids.digest(f"sms:{device}") if is_known else _WIDE

    def _take(self, db: RawTransaction | Session, subject: str, bucket: str) -> None:
        if not buckets.take(db, subject, bucket, self._phone_rule):
            raise TooManyAttempts(retry_after=buckets.seconds_left(db, subject, bucket))
