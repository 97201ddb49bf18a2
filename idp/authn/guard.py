"""Stops guessing without giving strangers a way to lock an account's owner out.

A device in which the account signed in before has a bucket of its own. Strangers share one bucket for each address
and one wide bucket for the account; when that is empty, passwords from unknown devices are refused for some hours with
the neutral sentence, while known devices and sign-in by code stay open. What one address gets wrong over all
accounts is counted in the short-lived store.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert  # compiles on SQLite as well
from sqlalchemy.orm import Session

from idp.authn import buckets
from idp.authn.buckets import Rule
from idp.authn.models import KnownDevice
from idp.core import clock, ids
from idp.core.addresses import network_of
from idp.core.crypto import Keyring
from idp.core.errors import TooManyAttempts
from idp.db.prepared import Prepared, RawTransaction
from idp.policies.kinds import ThrottlePolicy
from idp.store.records import Record
from idp.store.redis import Store

ADDRESS_PERIOD = 600
"""Seconds in which what one address gets wrong over all accounts is counted: many people may share it."""
_TOLD_EVERY = 60
KNOWN_FOR = timedelta(days=180)
_ALL_STRANGERS = "strangers"

_KNOWN = Prepared(
    select(KnownDevice.last_at).where(
        KnownDevice.account_id == bindparam("wanted"), KnownDevice.device_digest == bindparam("device")
    )
)
_remember = insert(KnownDevice).values(
    account_id=bindparam("account"),
    device_digest=bindparam("device"),
    first_at=bindparam("now"),
    last_at=bindparam("now"),
)
_REMEMBER = Prepared(
    _remember.on_conflict_do_update(
        index_elements=["account_id", "device_digest"], set_={"last_at": _remember.excluded.last_at}
    )
)


@dataclass(frozen=True, slots=True)
class AddressBlock(Record):
    """An address that got too much wrong lately."""

    KIND: ClassVar[str] = "address_block"
    SECONDS: ClassVar[int] = ADDRESS_PERIOD

    until: int


@dataclass(frozen=True, slots=True)
class Taken:
    """An attempt that may be made, and out of which buckets it was taken."""

    subject: str
    buckets: tuple[str, ...]


class Guard:
    """Lets an attempt begin or not, and keeps what is learnt from its end."""

    def __init__(self, store: Store, keyring: Keyring, policy: Callable[[], ThrottlePolicy] = ThrottlePolicy) -> None:
        self._store = store
        self._keyring = keyring
        self._policy = policy

    def subject_of_account(self, account_id: str) -> str:
        return self._keyring.blind_index("sign_in_account", account_id)

    def subject_of_nobody(self, typed: str) -> str:
        """What failures for a name without an account are counted under: the same work as for one with."""
        return self._keyring.blind_index("sign_in_nobody", typed.strip().casefold()[:64])

    def address_block(self, address: str) -> int:
        """Seconds for which this address is refused, 0 for most. A store that is down raises."""
        block = self._store.get(AddressBlock, network_of(address))
        return max(0, block.until - clock.epoch()) if block is not None else 0

    def note_failure(self, address: str) -> None:
        """Count one failure of an address over all accounts."""
        wait = self._store.hit(
            f"sign-in-failure:{network_of(address)}",
            limit=self._policy().network_failures,
            period=ADDRESS_PERIOD,
            now=clock.now().timestamp(),
        )
        if wait:
            self._store.put(network_of(address), AddressBlock(until=clock.epoch() + wait), seconds=wait)

    def mark_to_tell(self, address: str) -> str | None:
        """What the audit calls a refused network by, once a minute: whoever is refused all the time floods no trail."""
        network = network_of(address)
        counter = f"sign-in-refused:{network}"
        if self._store.hit(counter, limit=1, period=_TOLD_EVERY, now=clock.now().timestamp()):
            return None
        return self._keyring.blind_index("network", network)[:16]

    def is_known(self, db: RawTransaction | Session, account_id: str | None, device: str) -> bool:
        """Whether the account signed in with this browser in the last half-year."""
        row = _KNOWN.first(db, wanted=account_id or "", device=ids.digest(device))
        return row is not None and clock.now() - row.last_at < KNOWN_FOR

    def begin(
        self, db: RawTransaction | Session, subject: str, *, is_known: bool, device: str, address: str, blocked: int
    ) -> Taken | None:
        """Take one attempt, or None when there is none left; TooManyAttempts only for the address as a whole."""
        policy = self._policy()
        if is_known:
            own = _device_bucket(device)
            return Taken(subject, (own,)) if buckets.take(db, subject, own, near_rule(policy)) else None
        if blocked:
            raise TooManyAttempts(retry_after=blocked)
        near = _address_bucket(address)
        if not buckets.take(db, subject, near, near_rule(policy)):
            return None
        if not buckets.take(db, subject, _ALL_STRANGERS, strangers_rule(policy)):
            return None
        return Taken(subject, (near, _ALL_STRANGERS))

    def succeeded(self, db: RawTransaction | Session, taken: Taken) -> None:
        """Forget the failures of this device or address; of the strangers' bucket only the attempt itself."""
        for bucket in taken.buckets:
            if bucket == _ALL_STRANGERS:
                buckets.give_back(db, taken.subject, bucket)
            else:
                buckets.clear(db, taken.subject, bucket)

    def trust(self, db: RawTransaction | Session, account_id: str, *, device: str, address: str) -> None:
        """The owner signed in here: the device is known from now on, and its and its address's failures are forgotten."""
        subject = self.subject_of_account(account_id)
        _REMEMBER(db, account=account_id, device=ids.digest(device), now=clock.now())
        buckets.clear(db, subject, _device_bucket(device))
        buckets.clear(db, subject, _address_bucket(address))


def near_rule(policy: ThrottlePolicy) -> Rule:
    """For one device that is known, and for one address."""
    return Rule(
        limit=policy.failures,
        window=timedelta(minutes=policy.window_minutes),
        block=timedelta(minutes=policy.block_minutes),
    )


def strangers_rule(policy: ThrottlePolicy) -> Rule:
    """For all strangers together."""
    return Rule(
        limit=policy.strangers_failures,
        window=timedelta(hours=24),
        block=timedelta(hours=policy.strangers_block_hours),
    )


def _device_bucket(device: str) -> str:
    return ids.digest(f"device:{device}")


def _address_bucket(address: str) -> str:
    return ids.digest(f"address:{network_of(address)}")
