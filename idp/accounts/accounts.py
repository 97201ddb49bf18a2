"""Accounts: found by phone or name, registered once, and their password, state and agreements."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from idp.accounts import agreements, details, links, naming, profiles
from idp.accounts.errors import InvalidPhone, PhoneTaken, UsernameTaken
from idp.accounts.models import Account, AccountState, Identifier, IdentifierKind, Password
from idp.accounts.naming import Lookup
from idp.accounts.profiles import Profile
from idp.audit.trail import Actor, Trail
from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.core.identifiers import IdentifierError, MobileNumber
from idp.db.prepared import Prepared, RawTransaction
from idp.policies import built_in


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as far as finding it goes."""

    id: str
    state: AccountState


@dataclass(frozen=True, slots=True)
class StoredPassword:
    """The Argon2id hash and since when it is the one."""

    hash: str = field(repr=False)
    sealed: str = field(repr=False)
    changed_at: datetime


_FIND = Prepared(
    select(Account.id, Account.state)
    .join(Identifier, Identifier.account_id == Account.id)
    .where(
        Identifier.kind == bindparam("kind"),
        Identifier.value_index == bindparam("value"),
        Identifier.released_at.is_(None),
    )
)
_PASSWORD = Prepared(select(Password.hash, Password.changed_at).where(Password.account_id == bindparam("wanted")))
_ADD_ACCOUNT = Prepared(
    insert(Account).values({c: bindparam(c) for c in ("id", "state", "locale", "created_at", "updated_at")})
)
_ADD_IDENTIFIER = Prepared(
    postgresql.insert(Identifier)  # compiles on SQLite as well
    .values(
        {
            c: bindparam(c)
            for c in ("id", "account_id", "kind", "value_index", "value_sealed", "verified_at", "created_at")
        }
    )
    .on_conflict_do_nothing()
    .returning(Identifier.id)
)
_put = postgresql.insert(Password).values({c: bindparam(c) for c in ("account_id", "hash", "changed_at")})
_PUT_PASSWORD = Prepared(
    _put.on_conflict_do_update(
        index_elements=["account_id"], set_={"hash": _put.excluded.hash, "changed_at": _put.excluded.changed_at}
    )
)
_REHASH = Prepared(
    update(Password)
    .where(Password.account_id == bindparam("wanted"), Password.hash == bindparam("old"))
    .values(hash=bindparam("new"))
)
_TOUCH = Prepared(update(Account).where(Account.id == bindparam("wanted")).values(updated_at=bindparam("now")))


class Accounts:
    """The accounts of the installation. Everything runs in the caller's transaction."""

    def __init__(
        self, keyring: Keyring, trail: Trail, texts: Callable[[], Mapping[str, str]] = lambda: built_in.CURRENT
    ) -> None:
        self._keyring = keyring
        self._trail = trail
        self._texts = texts

    # --- finding -------------------------------------------------------------------------------------------------

    def normalised(self, text: str) -> Lookup | None:
        """What a typed phone number or account name is looked up as; None when no account could be called that."""
        return naming.lookup(self._keyring, text)

    def find(self, db: RawTransaction | Session, text: str) -> AccountRow | None:
        """The account a person means by a phone number or name as typed."""
        wanted = self.normalised(text)
        return self.find_by(db, wanted) if wanted is not None else None

    def find_by_phone(self, db: RawTransaction | Session, phone: str) -> AccountRow | None:
        try:
            number = MobileNumber.parse(phone)
        except IdentifierError:
            return None
        return self.find_by(db, Lookup(IdentifierKind.PHONE, naming.phone_index(self._keyring, number)))

    def phone_index(self, phone: str) -> str:
        """What a checked number is found by."""
        return naming.phone_index(self._keyring, MobileNumber.parse(phone))

    def find_by(self, db: RawTransaction | Session, wanted: Lookup) -> AccountRow | None:
        row = _FIND.first(db, kind=wanted.kind, value=wanted.index)
        return AccountRow(row.id, AccountState(row.state)) if row is not None else None

    def profile(self, db: RawTransaction | Session, account_id: str) -> Profile | None:
        """The account with its name and number opened: one statement."""
        return profiles.read(db, self._keyring, account_id)

    def ask_profile(self, db: RawTransaction, account_id: str) -> Callable[[], Profile | None]:
        """The same, asked together with the question that comes next."""
        return profiles.ask(db, self._keyring, account_id)

    # --- registering ---------------------------------------------------------------------------------------------

    def register(
        self,
        db: RawTransaction | Session,
        *,
        phone: str | None,
        username: str | None,
        password_hash: str | None,
        agreements: Mapping[str, str],
        locale: str,
        channel: str,
        actor: Actor | None = None,
        is_phone_proven: bool = True,
    ) -> str:
        """Make an account for a phone its owner has proven; of two at once one gets PhoneTaken or UsernameTaken.

        The account of a child has no phone: its guardian is who is told. One that is brought in from another system has a
        phone that nobody has shown here yet.
        """
        try:
            number = MobileNumber.parse(phone) if phone is not None else None
        except IdentifierError:
            raise InvalidPhone from None
        name = naming.username(username) if username else None
        account_id, now = ids.new_id(), clock.now()
        _ADD_ACCOUNT(db, id=account_id, state=AccountState.ACTIVE, locale=locale, created_at=now, updated_at=now)
        if number is not None:
            phone_index = naming.phone_index(self._keyring, number)
            proven = now if is_phone_proven else None
            if not self._add(db, account_id, IdentifierKind.PHONE, phone_index, number.national, verified_at=proven):
                raise PhoneTaken
        if name is not None:
            name_index = naming.username_index(self._keyring, name)
            if not self._add(db, account_id, IdentifierKind.USERNAME, name_index, name, verified_at=None):
                raise UsernameTaken
        self._trail.record(
            db, "account.registered", actor=actor, account_id=account_id, channel=channel,
            has_username=name is not None, has_password=password_hash is not None,
        )  # fmt: skip
        if password_hash is not None:
            self._put_password(db, account_id, password_hash)
        for document, version in agreements.items():
            self.agree(db, account_id, document, version, channel)
        return account_id

    def bind_phone(self, db: Session, account_id: str, phone: str) -> None:
        """Give an account without a phone one that its owner has just shown; PhoneTaken when it, or the account, is not free."""
        db.execute(select(Account.id).where(Account.id == account_id).with_for_update())
        held = select(Identifier.id).where(
            Identifier.account_id == account_id,
            Identifier.kind == IdentifierKind.PHONE,
            Identifier.released_at.is_(None),
        )
        number = MobileNumber.parse(phone)
        index = naming.phone_index(self._keyring, number)
        if db.scalar(held.limit(1)) is not None or not self._add(
            db, account_id, IdentifierKind.PHONE, index, number.national, verified_at=clock.now()
        ):
            raise PhoneTaken
        self._trail.record(db, "phone.bound", account_id=account_id)

    def _add(
        self,
        db: RawTransaction | Session,
        account_id: str,
        kind: IdentifierKind,
        index: str,
        value: str,
        *,
        verified_at: datetime | None,
    ) -> bool:
        """Take a live identifier; False when another account holds it (the unique index decides, also between two at once)."""
        row_id = ids.new_id()
        sealed = self._keyring.seal(value, bound_to=profiles.place(row_id))
        taken = _ADD_IDENTIFIER.first(
            db, id=row_id, account_id=account_id, kind=kind, value_index=index, value_sealed=sealed,
            verified_at=verified_at, created_at=clock.now(),
        )  # fmt: skip
        return taken is not None

    # --- password ------------------------------------------------------------------------------------------------

    def stored_password(self, db: RawTransaction | Session, account_id: str) -> StoredPassword | None:
        row = _PASSWORD.first(db, wanted=account_id)
        if row is None:
            return None
        opened = self._keyring.open(row.hash, bound_to=_password_place(account_id))
        return StoredPassword(opened, row.hash, row.changed_at)

    def password_hash(self, db: RawTransaction | Session, account_id: str) -> str | None:
        stored = self.stored_password(db, account_id)
        return stored.hash if stored is not None else None

    def set_password(self, db: RawTransaction | Session, account_id: str, password_hash: str, *, reason: str) -> None:
        """Replace the password by one that was checked and hashed outside of any transaction."""
        self._put_password(db, account_id, password_hash)
        _TOUCH(db, wanted=account_id, now=clock.now())
        self._trail.record(db, "password.changed", account_id=account_id, reason=reason)

    def rehash_password(
        self, db: RawTransaction | Session, account_id: str, old: StoredPassword, new_hash: str
    ) -> None:
        """Store the same password under today's parameters, unless it was changed meanwhile: one statement decides."""
        sealed = self._keyring.seal(new_hash, bound_to=_password_place(account_id))
        _REHASH(db, wanted=account_id, old=old.sealed, new=sealed)

    def _put_password(self, db: RawTransaction | Session, account_id: str, password_hash: str) -> None:
        sealed = self._keyring.seal(password_hash, bound_to=_password_place(account_id))
        _PUT_PASSWORD(db, account_id=account_id, hash=sealed, changed_at=clock.now())

    # --- state ---------------------------------------------------------------------------------------------------

    def freeze(self, db: Session, account_id: str, *, actor: Actor, reason: str) -> bool:
        """Active to frozen; False when it was not active. Sessions are ended by `idp.authn.lifecycle`."""
        now = clock.now()
        change = {"state": AccountState.FROZEN, "frozen_at": now, "updated_at": now}
        return self._move(db, account_id, AccountState.ACTIVE, change, "account.frozen", actor, reason)

    def unfreeze(self, db: Session, account_id: str, *, actor: Actor, reason: str) -> bool:
        """Frozen to active; False when it was not frozen."""
        change = {"state": AccountState.ACTIVE, "frozen_at": None, "updated_at": clock.now()}
        return self._move(db, account_id, AccountState.FROZEN, change, "account.unfrozen", actor, reason)

    def close(self, db: Session, account_id: str, *, actor: Actor, reason: str) -> bool:
        """End the account for good: its phone and name become free, its password is gone (PIPL art. 47)."""
        now = clock.now()
        change = {"state": AccountState.CLOSED, "closed_at": now, "updated_at": now}
        if not self._move(db, account_id, None, change, "account.closed", actor, reason):
            return False
        live = (Identifier.account_id == account_id) & Identifier.released_at.is_(None)
        db.execute(update(Identifier).where(live).values(released_at=now))
        db.execute(Password.__table__.delete().where(Password.account_id == account_id))  # type: ignore[attr-defined]
        details.forget(db, account_id)
        links.release(db, account_id)
        return True

    def _move(
        self,
        db: Session,
        account_id: str,
        from_state: AccountState | None,
        change: Mapping[str, object],
        act: str,
        actor: Actor,
        reason: str,
    ) -> bool:
        over = (AccountState.CLOSED, AccountState.MERGED)
        is_movable = Account.state == from_state if from_state is not None else Account.state.not_in(over)
        claim = update(Account).where(Account.id == account_id, is_movable).values(**change).returning(Account.id)
        if db.execute(claim).first() is None:
            return False
        self._trail.record(db, act, actor=actor, account_id=account_id, reason=reason)
        return True

    # --- agreements ----------------------------------------------------------------------------------------------

    def agreements_now(self) -> Mapping[str, str]:
        """The version of each document that people must have agreed to."""
        return self._texts()

    def agreements_due(self, db: RawTransaction | Session, account_id: str) -> list[str]:
        """The documents whose current version is still to be agreed to."""
        return agreements.due(db, account_id, self._texts())

    def agree(self, db: RawTransaction | Session, account_id: str, document: str, version: str, channel: str) -> None:
        agreements.agree(db, self._trail, account_id, document=document, version=version, channel=channel)


def _password_place(account_id: str) -> str:
    return f"account_passwords.hash:{account_id}"
