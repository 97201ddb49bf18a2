"""Registers the owner of a proven phone: rules and hashing first, then one transaction that uses the proof."""

from collections.abc import Mapping, Sequence

from idp.accounts import naming
from idp.accounts.accounts import Accounts
from idp.accounts.passwords import PasswordRules
from idp.audit.trail import Trail
from idp.authn.codes import OneTimeCodes, Purpose
from idp.authn.errors import CodeExpired
from idp.authn.guard import Guard
from idp.authn.results import SignedIn
from idp.core import passwords
from idp.db.unit_of_work import Database

PURPOSES: Sequence[Purpose] = ("register", "sign_in", "start_anew")


class Registration:
    """A name that is taken or a password that is refused leaves the proof as it was, for another try."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        codes: OneTimeCodes,
        guard: Guard,
        rules: PasswordRules,
        trail: Trail,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._codes = codes
        self._guard = guard
        self._rules = rules
        self._trail = trail

    def proven_phone(self, challenge_id: str, *, device: str) -> str | None:
        """The phone this browser may register now; None when the proof is missing, used or too old."""
        with self._database.glance() as db:
            for purpose in PURPOSES:
                if (phone := self._codes.proven_phone(db, challenge_id, purpose, device=device)) is not None:
                    return phone
        return None

    def complete(
        self,
        challenge_id: str,
        *,
        username: str | None,
        password: str | None,
        agreements: Mapping[str, str],
        locale: str,
        channel: str,
        device: str,
        address: str,
    ) -> SignedIn:
        """The new account, signed in; CodeExpired, UsernameRefused, UsernameTaken, PhoneTaken or PasswordRefused instead."""
        phone = self.proven_phone(challenge_id, device=device)
        if phone is None:
            raise CodeExpired
        name = naming.username(username) if username else None
        password_hash = None
        if password:
            self._rules.check(password, [phone, name or ""])
            password_hash = passwords.hash_password(password)
        with self._database.quick() as db:
            used = next(
                (
                    p
                    for purpose in PURPOSES
                    if (p := self._codes.use(db, challenge_id, purpose, device=device)) is not None
                ),
                None,
            )
            if used is None:
                raise CodeExpired
            account_id = self._accounts.register(
                db, phone=used, username=name, password_hash=password_hash, agreements=agreements,
                locale=locale, channel=channel,
            )  # fmt: skip
            self._guard.trust(db, account_id, device=device, address=address)
            self._trail.record(db, "sign_in.succeeded", account_id=account_id, method="registration")
        return SignedIn(account_id, amr=("sms",))
