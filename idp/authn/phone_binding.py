"""A phone for an account that has none: shown by a code, and taken by one account alone."""

from idp.accounts.accounts import Accounts
from idp.authn.codes import OneTimeCodes
from idp.authn.errors import CodeExpired
from idp.db.unit_of_work import Database


class PhoneBinding:
    """The account's own sign-in has been made sure of by the caller."""

    def __init__(self, database: Database, accounts: Accounts, codes: OneTimeCodes) -> None:
        self._database = database
        self._accounts = accounts
        self._codes = codes

    def send(self, phone: str, *, device: str, address: str, locale: str) -> str:
        """A challenge for the number that was typed, whosever it is."""
        return self._codes.send("bind", phone, device=device, address=address, locale=locale)

    def bind(self, account_id: str, challenge_id: str, otp: str, *, device: str) -> None:
        """WrongCode or CodeExpired for the code; PhoneTaken when another account has the number, or this one a phone by now."""
        self._codes.check(challenge_id, "bind", otp, device=device)
        with self._database.transaction() as db:
            phone = self._codes.use(db, challenge_id, "bind", device=device)
            if phone is None:
                raise CodeExpired
            self._accounts.bind_phone(db, account_id, phone)
