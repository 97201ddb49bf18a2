"""A session secret of a platform: fetched once for all threads and processes, and renewed by one before it ends.

Processes leave it for each other in the short-lived store, sealed under a key made of the contract's own; one of them holds
the lease of a renewal. Whatever the store loses is fetched again.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Final

import orjson

from idp.core import clock, crypto
from idp.core.crypto import DataKey, Purpose, SealBroken, Suite
from idp.core.deadline import Deadline
from idp.core.errors import StoreUnavailable
from idp.core.secret import Secret
from idp.realname.adapters.exchange.road import ChannelUnavailable
from idp.store.records import Record
from idp.store.redis import Store

RENEW_BEFORE_MS: Final = 60_000
_CLOCKS_DIFFER_MS: Final = 5_000
_LEASE_SECONDS = 15
_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Secrets:
    """A secret, from when until when it is used, and what its successor is fetched with, where the platform has that."""

    secret: Secret
    fetched_ms: int
    renew_ms: int
    successor: Secret | None = None
    successor_until_ms: int = 0

    def is_fresh(self) -> bool:
        """A clock set back is no reason to trust longer; that of the process which fetched it may be a little ahead."""
        return self.fetched_ms - _CLOCKS_DIFFER_MS <= clock.epoch_ms() < self.renew_ms

    def successor_now(self) -> Secret | None:
        return self.successor if clock.epoch_ms() < self.successor_until_ms else None


Fetch = Callable[[Secrets | None, Deadline], Secrets]
"""Fetches a new secret, knowing the last one."""


@dataclass(frozen=True, slots=True)
class _Left(Record):
    KIND: ClassVar[str] = "platform_secret"
    SECONDS: ClassVar[int] = 600

    sealed: str


@dataclass(frozen=True, slots=True)
class _Lease(Record):
    KIND: ClassVar[str] = "platform_secret_lease"
    SECONDS: ClassVar[int] = _LEASE_SECONDS


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the processes of one contract leave its session secret for each other."""

    store: Store | None
    contract: str
    key: DataKey = field(repr=False)

    @classmethod
    def of(cls, store: Store | None, contract: str, key: Secret) -> "Shelf":
        material = crypto.hmac_sha256(key.reveal().encode(), b"session secrets in the store")
        return cls(store, contract, DataKey("contract", Purpose.FIELD, Suite.INTERNATIONAL, material))

    def read(self) -> Secrets | None:
        if self.store is None:
            return None
        try:
            left = self.store.get(_Left, self.contract)
            opened = crypto.unseal(self.key, left.sealed, bound_to=self._place) if left is not None else None
        except (StoreUnavailable, SealBroken):
            return None
        return _issued(opened) if opened is not None else None

    def leave(self, issued: Secrets) -> None:
        if self.store is None:
            return
        lasts = (max(issued.renew_ms, issued.successor_until_ms) - clock.epoch_ms()) // 1000
        sealed = crypto.seal(self.key, _written(issued), bound_to=self._place)
        try:
            self.store.put(self.contract, _Left(sealed), seconds=max(1, lasts))
        except StoreUnavailable:
            return  # the others fetch their own

    def lease(self) -> bool:
        """Whether this process is the one to fetch; without a store everybody is."""
        try:
            return self.store is None or self.store.add(self.contract, _Lease())
        except StoreUnavailable:
            return True

    def release(self) -> None:
        if self.store is None:
            return
        try:
            self.store.delete(_Lease, self.contract)
        except StoreUnavailable:
            return  # it ends by itself

    @property
    def _place(self) -> str:
        return f"platform_secret:{self.contract}"


class SessionSecret:
    """The secret in force; one thread of one process renews it at a time, and nobody waits for that past the deadline."""

    def __init__(self, fetch: Fetch, shelf: Shelf) -> None:
        self._fetch = fetch
        self._shelf = shelf
        self._held: Secrets | None = None
        self._renewal = threading.Lock()
        self._pause = threading.Event()

    def get(self, deadline: Deadline, expired: Secret | None = None) -> Secret:
        """A secret that is fresh and is not the one found `expired`."""
        if (held := _usable(self._held, expired)) is not None:
            return held.secret
        if not self._renewal.acquire(timeout=deadline.remaining()):
            raise ChannelUnavailable("timeout")
        try:
            if (held := _usable(self._held, expired)) is None:  # or another thread renewed it while we waited
                held = self._held = self._renewed(deadline, expired)
            return held.secret
        finally:
            self._renewal.release()

    def _renewed(self, deadline: Deadline, expired: Secret | None) -> Secrets:
        while not self._shelf.lease():
            if (left := _usable(self._shelf.read(), expired)) is not None:
                return left
            if deadline.is_over():
                raise ChannelUnavailable("timeout")
            self._pause.wait(min(_PAUSE, deadline.remaining()))
        try:
            left = self._shelf.read()
            if (usable := _usable(left, expired)) is not None:
                return usable
            issued = self._fetch(left or self._held, deadline)
            self._shelf.leave(issued)
            return issued
        finally:
            self._shelf.release()


def _usable(issued: Secrets | None, expired: Secret | None) -> Secrets | None:
    return issued if issued is not None and issued.is_fresh() and issued.secret != expired else None


def _written(issued: Secrets) -> bytes:
    successor = issued.successor.reveal() if issued.successor is not None else None
    return orjson.dumps(
        [issued.secret.reveal(), issued.fetched_ms, issued.renew_ms, successor, issued.successor_until_ms]
    )


def _issued(written: bytes) -> Secrets | None:
    match orjson.loads(written):
        case [str(secret), int(fetched), int(renew), successor, int(until)]:
            return Secrets(Secret(secret), fetched, renew, Secret(successor) if successor else None, until)
    return None
