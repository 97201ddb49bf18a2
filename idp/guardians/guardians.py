"""Guardians: an account for a child under 14, opened and managed by a verified adult, and let go when the child is old enough.

Name and number of the child are compared with the register; whose child it is no register tells. The relation stays declared
until an officer has seen the papers (`confirm_relation`). From 14 on the guardian may let go; at 18 it is over.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from idp.accounts import agreements, naming
from idp.accounts.accounts import Accounts
from idp.accounts.errors import UsernameTaken
from idp.accounts.models import Account, AccountState, Guardianship
from idp.accounts.passwords import PasswordRules
from idp.audit.trail import Actor, Trail
from idp.authn.lifecycle import Lifecycle
from idp.authn.sessions import Sessions
from idp.core import clock, ids, passwords
from idp.core.crypto import Keyring
from idp.core.deadline import Deadline
from idp.core.identifiers import ADULT, NEEDS_GUARDIAN_UNDER
from idp.db.unit_of_work import Database
from idp.guardians.errors import (
    ChildHasAccount,
    NoSuchChild,
    NotAChild,
    NotAGuardian,
    StillNeedsGuardian,
    TooManyChildren,
)
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
        """Under 14, or of an age that the evidence no longer tells: nothing is let go on a guess."""
        return self.age is None or self.age < NEEDS_GUARDIAN_UNDER


@dataclass(frozen=True, slots=True)
class Ward:
    """The other side: a child's account, and who answers for it."""

    guardian_account_id: str
    needs_guardian: bool


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
        person = persons.facts(db, self._keyring, account_id)
        age = person.age(clock.now()) if person is not None else None
        return age is not None and age >= ADULT

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
                db, phone=None, username=called, password_hash=password_hash, agreements=agreements.CURRENT,
                locale=locale, channel="guardian",
            )  # fmt: skip
            db.add(
                Guardianship(
                    id=ids.new_id(), guardian_account_id=guardian_id, child_account_id=child_id, relation=relation,
                    consent_version=CONSENT_VERSION, consented_at=clock.now(),
                )
            )  # fmt: skip
            db.flush()
            self._tell(db, "guardian.began", guardian_id, child_id, relation=relation, version=CONSENT_VERSION)
            return child_id

        try:
            return self._proof.check(
                guardian_id, applicant, purpose=applicants.GUARDIAN, behind=opened, client_id=None, address=address,
                deadline=deadline,
            )  # fmt: skip
        except BelongsToAnother as elsewhere:
            raise ChildHasAccount from elsewhere

    def children(self, guardian_id: str) -> list[Child]:
        """Those this account answers for today; who has come of age is let go here."""
        with self._database.transaction() as db:
            rows = db.scalars(
                select(Guardianship)
                .join(Account, Account.id == Guardianship.child_account_id)
                .where(
                    Guardianship.guardian_account_id == guardian_id, Guardianship.ended_at.is_(None),
                    Account.state != AccountState.CLOSED.value,
                )
                .order_by(Guardianship.consented_at)
            ).all()  # fmt: skip
            found = [self._child(db, row) for row in rows]
            for child in found:
                if _is_adult(child):
                    self._end(db, child.guardianship_id, "of_age")
        return [child for child in found if not _is_adult(child)]

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

    def let_go(self, guardian_id: str, child_id: str) -> None:
        """The child goes on alone; StillNeedsGuardian under 14."""
        child = self.child(guardian_id, child_id)
        if child.needs_guardian:
            raise StillNeedsGuardian
        with self._database.transaction() as db:
            self._end(db, child.guardianship_id, "let_go")

    def close(self, guardian_id: str, child_id: str) -> None:
        """Delete the child's account (PIPL art. 31, 47)."""
        child = self.child(guardian_id, child_id)
        with self._database.transaction() as db:
            self._hold(db, child)
            self._lifecycle.close(db, child_id, actor=Actor("citizen", guardian_id), reason="guardian")
            self._end(db, child.guardianship_id, "closed")

    def confirm_relation(self, db: Session, child_id: str, *, officer: Actor) -> bool:
        """An officer has seen the papers that show the relation; False when nobody answers for this account, or it was seen."""
        seen = db.execute(
            update(Guardianship)
            .where(
                Guardianship.child_account_id == child_id,
                Guardianship.ended_at.is_(None),
                Guardianship.seen_at.is_(None),
            )
            .values(seen_at=clock.now(), seen_by=officer.id)
            .returning(Guardianship.guardian_account_id)
        ).first()
        if seen is None:
            return False
        self._trail.record(
            db, "guardian.relation_seen", actor=officer, account_id=child_id, guardian=seen.guardian_account_id
        )
        return True

    def ward(self, db: Session, account_id: str) -> Ward | None:
        """Who answers for this account; None for everybody who answers for themselves."""
        row = db.execute(
            select(Guardianship.guardian_account_id).where(
                Guardianship.child_account_id == account_id, Guardianship.ended_at.is_(None)
            )
        ).first()
        if row is None:
            return None
        age = self._age(db, account_id)
        if age is not None and age >= ADULT:
            return None
        return Ward(row.guardian_account_id, age is None or age < NEEDS_GUARDIAN_UNDER)

    def _child(self, db: Session, row: Guardianship) -> Child:
        profile = self._accounts.profile(db, row.child_account_id)
        person = persons.facts(db, self._keyring, row.child_account_id)
        return Child(
            row.child_account_id, row.id, person.name if person is not None else None,
            profile.username if profile is not None else None, row.relation, row.seen_at is not None,
            person.age(clock.now()) if person is not None else None,
        )  # fmt: skip

    def _age(self, db: Session, account_id: str) -> int | None:
        person = persons.facts(db, self._keyring, account_id)
        return person.age(clock.now()) if person is not None else None

    def _hold(self, db: Session, child: Child) -> None:
        """The guardianship still stands, and does until the transaction is over."""
        held = select(Guardianship.id).where(Guardianship.id == child.guardianship_id, Guardianship.ended_at.is_(None))
        if db.scalar(held.with_for_update()) is None:
            raise NoSuchChild

    def _end(self, db: Session, guardianship_id: str, reason: str) -> None:
        ended = db.execute(
            update(Guardianship)
            .where(Guardianship.id == guardianship_id, Guardianship.ended_at.is_(None))
            .values(ended_at=clock.now())
            .returning(Guardianship.guardian_account_id, Guardianship.child_account_id)
        ).first()
        if ended is not None:
            self._tell(db, "guardian.ended", ended.guardian_account_id, ended.child_account_id, reason=reason)

    def _tell(self, db: Session, act: str, guardian_id: str, child_id: str, **more: str) -> None:
        self._trail.record(db, act, actor=Actor("citizen", guardian_id), account_id=child_id, **more)


def _is_adult(child: Child) -> bool:
    return child.age is not None and child.age >= ADULT


def _room_for_one_more(db: Session, guardian_id: str) -> None:
    living = Guardianship.guardian_account_id == guardian_id, Guardianship.ended_at.is_(None)
    if (db.scalar(select(func.count()).where(*living)) or 0) >= MOST:
        raise TooManyChildren
