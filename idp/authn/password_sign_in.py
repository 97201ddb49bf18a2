"""Sign-in by password: the same answer after the same work for unknown, wrong, frozen and blocked."""

from dataclasses import dataclass, field
from typing import NoReturn

from idp.accounts.accounts import AccountRow, Accounts, StoredPassword
from idp.accounts.models import AccountState
from idp.accounts.passwords import PasswordRules
from idp.audit.trail import Trail
from idp.authn.errors import SignInRefused
from idp.authn.guard import Guard, Taken
from idp.authn.results import SignedIn
from idp.core import passwords
from idp.core.errors import TooManyAttempts
from idp.db.unit_of_work import Database


@dataclass(frozen=True, slots=True)
class _Begun:
    """What was found before the password is looked at, and the attempt that was counted for it."""

    account: AccountRow | None
    stored: StoredPassword | None = field(repr=False)
    taken: Taken | None


class PasswordSignIn:
    """An attempt is counted first, verified outside any transaction, and then settled."""

    def __init__(
        self, database: Database, accounts: Accounts, trail: Trail, guard: Guard, rules: PasswordRules
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._trail = trail
        self._guard = guard
        self._rules = rules

    def attempt(self, identifier: str, password: str, *, device: str, address: str) -> SignedIn:
        """SignedIn, or SignInRefused for whatever reason; TooManyAttempts only for an address as a whole."""
        begun = self._begin(identifier, device=device, address=address)
        is_right = passwords.verify_password(begun.stored.hash if begun.stored is not None else None, password)
        reason = _why_not(begun, is_right)
        if reason is not None or begun.account is None or begun.taken is None or begun.stored is None:
            self._refuse(begun, reason or "unknown", address=address)
        rehashed = passwords.hash_password(password) if passwords.needs_rehash(begun.stored.hash) else None
        with self._database.quick() as db:
            account = self._accounts.find(db, identifier)
            still_active = (
                account is not None and account.id == begun.account.id and account.state is AccountState.ACTIVE
            )
            if still_active:
                self._guard.succeeded(db, begun.taken)
                self._guard.trust(db, begun.account.id, device=device, address=address)
                if rehashed is not None:
                    self._accounts.rehash_password(db, begun.account.id, begun.stored, rehashed)
                self._trail.record(db, "sign_in.succeeded", account_id=begun.account.id, method="password")
        if not still_active:
            self._refuse(begun, "frozen", address=address)
        is_expired = self._rules.is_expired(begun.stored.changed_at)
        return SignedIn(begun.account.id, amr=("pwd",), password_is_expired=is_expired)

    def _begin(self, identifier: str, *, device: str, address: str) -> _Begun:
        blocked = self._guard.address_block(address)
        try:
            return self._take(identifier, device=device, address=address, blocked=blocked)
        except TooManyAttempts:
            if (network := self._guard.mark_to_tell(address)) is not None:
                with self._database.quick() as db:
                    self._trail.record(
                        db, "sign_in.refused", outcome="failure", method="password", reason="address", network=network
                    )
            raise

    def _take(self, identifier: str, *, device: str, address: str, blocked: int) -> _Begun:
        with self._database.quick() as db:
            account = self._accounts.find(db, identifier)
            stored = self._accounts.stored_password(db, account.id if account is not None else "")
            is_known = self._guard.is_known(db, account.id if account is not None else None, device)
            subject = (
                self._guard.subject_of_account(account.id)
                if account is not None
                else self._guard.subject_of_nobody(identifier)
            )
            taken = self._guard.begin(db, subject, is_known=is_known, device=device, address=address, blocked=blocked)
        return _Begun(account, stored, taken)

    def _refuse(self, begun: _Begun, reason: str, *, address: str) -> NoReturn:
        with self._database.quick() as db:
            account_id = begun.account.id if begun.account is not None else None
            self._trail.record(
                db, "sign_in.failed", outcome="failure", account_id=account_id, method="password", reason=reason
            )
        self._guard.note_failure(address)
        raise SignInRefused


def _why_not(begun: _Begun, is_right: bool) -> str | None:
    """The code for the audit, or None when nothing stands against it."""
    if begun.account is None:
        return "unknown"
    if begun.taken is None:
        return "blocked"
    if begun.stored is None:
        return "no_password"
    if not is_right:
        return "wrong"
    return None if begun.account.state is AccountState.ACTIVE else begun.account.state.value
