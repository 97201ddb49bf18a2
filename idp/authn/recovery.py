"""A forgotten password: a code to the account's phone, then a new password, and every other session ends."""

from idp.accounts import phones
from idp.accounts.accounts import Accounts
from idp.accounts.models import AccountState
from idp.accounts.passwords import PasswordRules
from idp.accounts.profiles import Profile
from idp.audit.trail import Trail
from idp.authn.codes import OneTimeCodes
from idp.authn.errors import AccountUnusable, CodeExpired
from idp.authn.guard import Guard
from idp.authn.phone_owners import PhoneOwners
from idp.authn.results import SignedIn
from idp.authn.sessions import Sessions
from idp.core import passwords
from idp.db.unit_of_work import Database


class Recovery:
    """Whether the name or number belongs to an account stays unknown to whoever does not hold its phone."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        codes: OneTimeCodes,
        guard: Guard,
        owners: PhoneOwners,
        rules: PasswordRules,
        sessions: Sessions,
        trail: Trail,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._codes = codes
        self._guard = guard
        self._owners = owners
        self._rules = rules
        self._sessions = sessions
        self._trail = trail

    def begin(self, identifier: str, *, device: str, address: str, locale: str) -> str:
        """A challenge for what was typed, whether or not an account is behind it."""
        with self._database.glance() as db:
            account = self._accounts.find(db, identifier)
            profile = self._accounts.profile(db, account.id if account is not None else "")
        phone = profile.phone if profile is not None and profile.state is AccountState.ACTIVE else None
        if profile is not None and profile.is_synthetic:  # their department gives them a new password
            phone = None
        return self._codes.send_quietly(
            "recover", phone, asked=identifier, device=device, address=address, locale=locale
        )

    def confirm(self, challenge_id: str, otp: str, *, device: str) -> None:
        """Check the code; WrongCode or CodeExpired when it is not right."""
        self._codes.check(challenge_id, "recover", otp, device=device)

    def is_proven(self, challenge_id: str, *, device: str) -> bool:
        """Whether this browser may set a new password now."""
        return self._account_of(challenge_id, device) is not None

    def recover(
        self, challenge_id: str, password: str, *, device: str, address: str, except_session: str | None = None
    ) -> SignedIn:
        """Set the new password once and end the sessions; CodeExpired, PasswordRefused or AccountUnusable instead."""
        profile = self._account_of(challenge_id, device)
        if profile is None:
            raise CodeExpired
        self._rules.check(password, [profile.username or "", profile.phone or ""])
        password_hash = passwords.hash_password(password)
        with self._database.transaction() as db:
            phone = self._codes.use(db, challenge_id, "recover", device=device)
            account = self._accounts.find_by_phone(db, phone) if phone is not None else None
            if phone is None or account is None or account.id != profile.account_id:
                raise CodeExpired
            if self._owners.is_in_doubt(db, account.id, phone, device=device):
                raise CodeExpired
            if account.state is not AccountState.ACTIVE:
                raise AccountUnusable
            phones.confirm(db, account.id, self._accounts.phone_index(phone))
            self._accounts.set_password(db, account.id, password_hash, reason="recovered")
            self._sessions.end_all(db, account.id, reason="password_recovered", except_session=except_session)
            self._guard.trust(db, account.id, device=device, address=address)
            self._trail.record(db, "sign_in.succeeded", account_id=account.id, method="recovery")
        return SignedIn(account.id, amr=("sms",))

    def _account_of(self, challenge_id: str, device: str) -> Profile | None:
        with self._database.glance() as db:
            phone = self._codes.proven_phone(db, challenge_id, "recover", device=device)
            account = self._accounts.find_by_phone(db, phone) if phone is not None else None
            return self._accounts.profile(db, account.id) if account is not None else None
