"""A phone that may have changed hands does not open its account by a code alone.

When a code reaches an account whose phone was not shown for long, in a browser that the account does not know, the account's
owner shows one thing more: the password, or name and document number of the proven person. Whoever says that the account is
not theirs gets the phone for an account of their own, and learns nothing of whose it was. What the account knows is asked
for in the same way whether it has it or not, and counts as a guess at the password does.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NoReturn, Protocol

from sqlalchemy.orm import Session

from idp.accounts import phones
from idp.accounts.accounts import AccountRow, Accounts, StoredPassword
from idp.accounts.models import AccountState
from idp.audit.trail import SYSTEM, Trail
from idp.authn.codes import OneTimeCodes, Purpose
from idp.authn.errors import AccountUnusable, CodeExpired, NotTheOwner
from idp.authn.guard import Guard, Taken
from idp.authn.results import SignedIn
from idp.core import clock, passwords
from idp.db.prepared import RawTransaction
from idp.db.unit_of_work import Database

_PURPOSES: tuple[Purpose, ...] = ("sign_in", "register", "recover")


class Persons(Protocol):
    """What the room of proven persons answers."""

    def stands_for_person(self, db: RawTransaction | Session, account_id: str) -> bool: ...
    def is_person(self, db: RawTransaction | Session, account_id: str, *, name: str, number: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class _Proven:
    """A phone that this browser has proven by a code sent for this purpose, and the account that has it."""

    purpose: Purpose
    phone: str = field(repr=False)
    account: AccountRow


@dataclass(frozen=True, slots=True)
class _Begun:
    """What was found before the one thing more is looked at, and the attempt that was counted."""

    proven: _Proven
    stored: StoredPassword | None = field(repr=False)
    is_person: bool
    taken: Taken | None


class PhoneOwners:
    """Decides when a code is not enough, and takes the one thing more."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        codes: OneTimeCodes,
        guard: Guard,
        persons: Persons,
        trail: Trail,
        doubt_after: timedelta,
    ) -> None:
        """`doubt_after` is how long a phone counts as its owner's after it was shown."""
        self._database = database
        self._accounts = accounts
        self._codes = codes
        self._guard = guard
        self._persons = persons
        self._trail = trail
        self._doubt_after = doubt_after

    def is_in_doubt(self, db: RawTransaction | Session, account_id: str, phone: str, *, device: str) -> bool:
        """Whether a code to this phone of the account does not open it in this browser."""
        standing = phones.standing(db, account_id, self._accounts.phone_index(phone))
        if standing is None or (standing.confirmed_at is not None and standing.confirmed_at > self._not_since()):
            return False
        if self._guard.is_known(db, account_id, device):
            return False
        return standing.has_password or self._persons.stands_for_person(db, account_id)

    def held_for(self, challenge_id: str, *, device: str) -> Purpose | None:
        """What the code was sent for, when this browser has proven a phone and must show one thing more."""
        with self._database.glance() as db:
            found = self._in_doubt(db, challenge_id, device)
        return found.purpose if found is not None else None

    def by_password(self, challenge_id: str, password: str, *, device: str, address: str) -> SignedIn:
        """SignedIn, or NotTheOwner for whatever reason; CodeExpired when there is nothing left to confirm."""
        begun = self._begin(challenge_id, None, device=device, address=address)
        is_right = passwords.verify_password(begun.stored.hash if begun.stored is not None else None, password)
        return self._settle(challenge_id, begun, is_right=is_right, by="pwd", device=device, address=address)

    def by_document(self, challenge_id: str, name: str, number: str, *, device: str, address: str) -> SignedIn:
        """The same by name and document number."""
        begun = self._begin(challenge_id, (name, number), device=device, address=address)
        return self._settle(challenge_id, begun, is_right=begun.is_person, by="kba", device=device, address=address)

    def not_mine(self, challenge_id: str, *, device: str) -> None:
        """The account lets go of the phone, and the same code may register it anew; CodeExpired when it may not."""
        with self._database.quick() as db:
            found = self._in_doubt(db, challenge_id, device)
            if found is None or not self._codes.turn(db, challenge_id, found.purpose, "start_anew", device=device):
                raise CodeExpired
            account_id, index = found.account.id, self._accounts.phone_index(found.phone)
            if not phones.release(db, account_id, index, not_since=self._not_since()):
                raise CodeExpired
            self._trail.record(db, "phone.released", actor=SYSTEM, account_id=account_id, reason="another_owner")

    def _not_since(self) -> datetime:
        return clock.now() - self._doubt_after

    def _in_doubt(self, db: RawTransaction | Session, challenge_id: str, device: str) -> _Proven | None:
        """The phone that this browser has proven, while a code to it is not enough."""
        for purpose in _PURPOSES:
            phone = self._codes.proven_phone(db, challenge_id, purpose, device=device)
            if phone is None:
                continue
            account = self._accounts.find_by_phone(db, phone)
            if account is None or not self.is_in_doubt(db, account.id, phone, device=device):
                return None
            return _Proven(purpose, phone, account)
        return None

    def _begin(self, challenge_id: str, who: tuple[str, str] | None, *, device: str, address: str) -> _Begun:
        blocked = self._guard.address_block(address)
        with self._database.quick() as db:
            found = self._in_doubt(db, challenge_id, device)
            if found is None:
                raise CodeExpired
            account = found.account
            stored = self._accounts.stored_password(db, account.id)
            subject = self._guard.subject_of_account(account.id)
            taken = self._guard.begin(db, subject, is_known=False, device=device, address=address, blocked=blocked)
            is_person = who is not None and self._persons.is_person(db, account.id, name=who[0], number=who[1])
        return _Begun(found, stored, is_person, taken)

    def _settle(
        self, challenge_id: str, begun: _Begun, *, is_right: bool, by: str, device: str, address: str
    ) -> SignedIn:
        account_id, purpose = begun.proven.account.id, begun.proven.purpose
        if begun.taken is None or not is_right:
            self._refuse(account_id, by, "wrong" if begun.taken is not None else "blocked", address=address)
        if begun.proven.account.state is not AccountState.ACTIVE:
            self._fail(account_id, by, begun.proven.account.state.value)
            raise AccountUnusable
        with self._database.quick() as db:
            # A recovery goes on with the same code; of every other purpose this is the act that uses it.
            is_mine = (
                self._codes.proven_phone(db, challenge_id, purpose, device=device)
                if purpose == "recover"
                else self._codes.use(db, challenge_id, purpose, device=device)
            )
            if is_mine is None or not phones.confirm(db, account_id, self._accounts.phone_index(begun.proven.phone)):
                raise CodeExpired
            self._guard.succeeded(db, begun.taken)
            self._guard.trust(db, account_id, device=device, address=address)
            self._trail.record(db, "phone.confirmed", account_id=account_id, method=by)
            if purpose != "recover":
                self._trail.record(db, "sign_in.succeeded", account_id=account_id, method="sms")
        return SignedIn(account_id, amr=("sms", by))

    def _refuse(self, account_id: str, by: str, reason: str, *, address: str) -> NoReturn:
        self._fail(account_id, by, reason)
        self._guard.note_failure(address)
        raise NotTheOwner

    def _fail(self, account_id: str, by: str, reason: str) -> None:
        with self._database.quick() as db:
            self._trail.record(
                db, "sign_in.failed", outcome="failure", account_id=account_id, method="sms", reason=reason, by=by
            )
