"""Guardians: an account for a child under 14, opened and managed by a verified adult, and let go when the child is old enough.

Name and number of the child are compared with the register; whose child it is no register tells. The relation stays declared
until an officer has seen the papers. From 14 on the child decides for itself and the guardian may let go; at 18 it is over
(`guardianships`).
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.accounts import naming
from idp.accounts.accounts import Accounts
from idp.accounts.errors import UsernameTaken
from idp.accounts.models import Account, AccountState, Guardianship
from idp.accounts.passwords import PasswordRules
from idp.audit.trail import Actor, Trail
from idp.authn.lifecycle import Lifecycle
from idp.authn.sessions import Sessions
from idp.core import clock, passwords
from idp.core.crypto import Keyring
from idp.core.deadline import Deadline
from idp.core.identifiers import ADULT, NEEDS_GUARDIAN_UNDER
from idp.db.unit_of_work import Database
from idp.guardians import guardianships
from idp.guardians.errors import (
    ChildHasAccount,
    NoSuchChild,
    NotAChild,
    NotAGuardian,
    StillNeedsGuardian,
    TooManyChildren,
)
from idp.oidc import consents
from idp.oidc.registration.clients import STATUTORY_DUTY
from idp.realname import applicants, persons
from idp.realname.errors import BelongsToAnother
from idp.realname.results import Proven, SourceDown
from idp.realname.service import IdentityProof

CONSENT_VERSION: Final = "2026-11-22"
"""The text that the guardian agrees to, shown on the page on which a child is added."""
MOST: Final = 5
Relation = Literal["parent", "grandparent", "other"]
RELATIONS: Final[tuple[Relation, ...]] = ("parent", "grandparent", "other")


@dataclass(frozen=True, slots=True)
class Child:
    """A child as its guardian sees it."""

    account_id: str
    guardianship_id: str
    name: str | None = field(repr=False)
    username: str | None = field(repr=False)
    relation: str
    is_seen: bool
    age: int | None

    @property
    def needs_guardian(self) -> bool:
        """Under 14, or of an age that is not known: nothing is let go on a guess."""
        return self.age is None or self.age < NEEDS_GUARDIAN_UNDER


@dataclass(frozen=True, slots=True)
class Ward:
    """The other side: a child's account, and who answers for it."""

    guardian_account_id: str
    needs_guardian: bool
    may_decide: bool = True
    """Whether the guardian's account is in use: else nobody decides until an officer hands the child over."""


class Guardians:
    """Opens, shows and manages the accounts of children; every act of a guardian is on record at the child's account."""

    def __init__(
        self, database: Database, keyring: Keyring, trail: Trail, accounts: Accounts, sessions: Sessions,
        lifecycle: Lifecycle, rules: PasswordRules, proof: IdentityProof,
    ) -> None:  # fmt: skip
        self._database = database
        self._keyring = keyring
        self._trail = trail
        self._accounts = accounts
        self._sessions = sessions
        self._lifecycle = lifecycle
        self._rules = rules
        self._proof = proof

    def may_be_guardian(self, db: Session, account_id: str) -> bool:
        """A verified adult."""
        return guardianships.is_verified_adult(db, self._keyring, account_id)

    def add(
        self, guardian_id: str, *, name: str, resident_id: str, relation: Relation, username: str, password: str,
        locale: str, address: str, deadline: Deadline,
    ) -> Proven | SourceDown:  # fmt: skip
        """Open an account for a child, once the register knows it; what is wrong with the input is said before it is asked."""
        applicant = applicants.read(name, resident_id)
        age = applicants.age_of(applicant)
        if age is None or age >= NEEDS_GUARDIAN_UNDER:
            raise NotAChild
        called = naming.username(username)
        self._rules.check(password, [called])
        with self._database.view() as db:
            if not self.may_be_guardian(db, guardian_id):
                raise NotAGuardian
            if self._accounts.find(db, called) is not None:
                raise UsernameTaken
            _room_for_one_more(db, guardian_id)
        password_hash = passwords.hash_password(password)

        def opened(db: Session) -> str:
            db.execute(select(Account.id).where(Account.id == guardian_id).with_for_update())
            _room_for_one_more(db, guardian_id)
            child_id = self._accounts.register(
                db, phone=None, username=called, password_hash=password_hash,
                agreements=self._accounts.agreements_now(), locale=locale, channel="guardian",
            )  # fmt: skip
            guardianships.begin(
                db, self._trail, guardian_id=guardian_id, child_id=child_id, relation=relation, version=CONSENT_VERSION,
                actor=Actor("citizen", guardian_id),
            )  # fmt: skip
            return child_id

        try:
            return self._proof.check(
                guardian_id, applicant, purpose=applicants.GUARDIAN, behind=opened, client_id=None, address=address,
                deadline=deadline,
            )  # fmt: skip
        except BelongsToAnother as elsewhere:
            raise ChildHasAccount from elsewhere

    def children(self, guardian_id: str) -> list[Child]:
        """Those this account answers for today; nobody answers for who has come of age."""
        with self._database.view() as db:
            rows = db.scalars(
                select(Guardianship)
                .where(Guardianship.guardian_account_id == guardian_id, Guardianship.ended_at.is_(None))
                .order_by(Guardianship.consented_at)
            ).all()
            found = [self._child(db, row) for row in rows]
        return [child for child in found if child.age is None or child.age < ADULT]

    def child(self, guardian_id: str, child_id: str) -> Child:
        """One of them; NoSuchChild for anybody else's."""
        found = next((each for each in self.children(guardian_id) if each.account_id == child_id), None)
        if found is None:
            raise NoSuchChild
        return found

    def set_password(self, guardian_id: str, child_id: str, password: str) -> None:
        """A new password for the child, who is signed out everywhere."""
        child = self.child(guardian_id, child_id)
        self._rules.check(password, [child.username or ""])
        password_hash = passwords.hash_password(password)
        with self._database.transaction() as db:
            self._hold(db, child)
            self._accounts.set_password(db, child_id, password_hash, reason="guardian")
            self._sessions.end_all(db, child_id, reason="password_changed")
            self._tell(db, "guardian.set_password", guardian_id, child_id)

    def sign_out(self, guardian_id: str, child_id: str) -> None:
        """End the child's sessions on every device."""
        child = self.child(guardian_id, child_id)
        with self._database.transaction() as db:
            self._hold(db, child)
            self._sessions.end_all(db, child_id, reason="ended_by_guardian")
            self._tell(db, "guardian.signed_out", guardian_id, child_id)

    def withdraw(self, guardian_id: str, child_id: str, client_id: str) -> None:
        """Take back what a site was allowed; what a duty of law releases stays."""
        child = self.child(guardian_id, child_id)
        with self._database.transaction() as db:
            self._hold(db, child)
            given = {view.client_id for view in consents.of_account(db, child_id) if view.basis != STATUTORY_DUTY}
            if client_id in given and consents.withdraw(db, self._trail, child_id, client_id):
                self._tell(db, "guardian.withdrew", guardian_id, child_id, client_id=client_id)

    def let_go(self, guardian_id: str, child_id: str) -> None:
        """The child goes on alone; StillNeedsGuardian under 14."""
        child = self.child(guardian_id, child_id)
        if child.needs_guardian:
            raise StillNeedsGuardian
        with self._database.transaction() as db:
            guardianships.end(db, self._trail, Guardianship.id == child.guardianship_id, reason="let_go")

    def close(self, guardian_id: str, child_id: str) -> None:
        """Delete the child's account (PIPL art. 31, 47)."""
        child = self.child(guardian_id, child_id)
        with self._database.transaction() as db:
            self._hold(db, child)
            guardianships.end(db, self._trail, Guardianship.id == child.guardianship_id, reason="closed")
            self._lifecycle.close(db, child_id, actor=Actor("citizen", guardian_id), reason="guardian")

    def ward(self, db: Session, account_id: str) -> Ward | None:
        """Who answers for this account; None for everybody who answers for themselves."""
        row = db.execute(
            select(Guardianship.guardian_account_id, Account.state)
            .join(Account, Account.id == Guardianship.guardian_account_id)
            .where(Guardianship.child_account_id == account_id, Guardianship.ended_at.is_(None))
        ).first()
        if row is None:
            return None
        age = persons.age_of(db, self._keyring, account_id, clock.now())
        if age is not None and age >= ADULT:
            return None
        needs_guardian = age is None or age < NEEDS_GUARDIAN_UNDER
        return Ward(row.guardian_account_id, needs_guardian, may_decide=row.state == AccountState.ACTIVE)

    def _child(self, db: Session, row: Guardianship) -> Child:
        profile = self._accounts.profile(db, row.child_account_id)
        person = persons.facts(db, self._keyring, row.child_account_id)
        return Child(
            row.child_account_id, row.id, person.name if person is not None else None,
            profile.username if profile is not None else None, row.relation, row.seen_at is not None,
            persons.age_of(db, self._keyring, row.child_account_id, clock.now()),
        )  # fmt: skip

    def _hold(self, db: Session, child: Child) -> None:
        """The guardianship still stands, and does until the transaction is over."""
        held = select(Guardianship.id).where(Guardianship.id == child.guardianship_id, Guardianship.ended_at.is_(None))
        if db.scalar(held.with_for_update()) is None:
            raise NoSuchChild

    def _tell(self, db: Session, act: str, guardian_id: str, child_id: str, **more: str) -> None:
        self._trail.record(db, act, actor=Actor("citizen", guardian_id), account_id=child_id, **more)


def _room_for_one_more(db: Session, guardian_id: str) -> None:
    living = Guardianship.guardian_account_id == guardian_id, Guardianship.ended_at.is_(None)
    if (db.scalar(select(func.count()).where(*living)) or 0) >= MOST:
        raise TooManyChildren
