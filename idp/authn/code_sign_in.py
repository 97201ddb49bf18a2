"""Sign-in by a code sent to the phone; a phone without an account may go on to register."""

from idp.accounts import phones
from idp.accounts.accounts import Accounts
from idp.accounts.models import AccountState
from idp.audit.trail import Trail
from idp.authn.codes import Expired, OneTimeCodes, Purpose, Spent, Wrong
from idp.authn.errors import AccountUnusable, CodeExpired, WrongCode
from idp.authn.guard import Guard
from idp.authn.phone_owners import PhoneOwners
from idp.authn.results import Held, SignedIn, Unregistered
from idp.db.unit_of_work import Database


class CodeSignIn:
    """The code is spent in the transaction that signs in."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        codes: OneTimeCodes,
        guard: Guard,
        owners: PhoneOwners,
        trail: Trail,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._codes = codes
        self._guard = guard
        self._owners = owners
        self._trail = trail

    def attempt(
        self, challenge_id: str, otp: str, *, device: str, address: str, purpose: Purpose = "sign_in"
    ) -> SignedIn | Unregistered | Held:
        """With `purpose="register"` the owner of a phone that already has an account is signed in to it."""
        with self._database.quick() as db:
            result = self._codes.try_code(db, challenge_id, purpose, otp, device=device)
            if isinstance(result, Spent):
                account = self._accounts.find_by_phone(db, result.phone)
                if account is None:
                    return Unregistered(result.phone)
                if self._owners.is_in_doubt(db, account.id, result.phone, device=device):
                    self._trail.record(db, "sign_in.held", account_id=account.id, method="sms", reason="phone_is_old")
                    return Held()
                self._codes.use(db, challenge_id, purpose, device=device)
                if account.state is AccountState.ACTIVE:
                    phones.confirm(db, account.id, self._accounts.phone_index(result.phone))
                    self._guard.trust(db, account.id, device=device, address=address)
                    self._trail.record(db, "sign_in.succeeded", account_id=account.id, method="sms")
                    return SignedIn(account.id, amr=("sms",))
                self._trail.record(
                    db,
                    "sign_in.failed",
                    outcome="failure",
                    account_id=account.id,
                    method="sms",
                    reason=account.state.value,
                )
        match result:
            case Wrong():
                raise WrongCode
            case Expired():
                raise CodeExpired
            case Spent():
                raise AccountUnusable
