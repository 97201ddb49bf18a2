"""Synthetic people: nobodies of a chosen level by whom a department tries its sites out.

They sign in with an account name and a password at sites in test mode, and nowhere else. What an authority would say of
them was made up here: a name 测试甲, a number of a county that GB/T 2260 does not assign, evidence of the source
`synthetic`. No short message to them ever leaves; the workbench shows it. They end with their department's sites, or
after half a year in which nobody used them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from idp.accounts.accounts import Accounts
from idp.accounts.models import Account
from idp.audit.trail import SYSTEM, Actor, Trail
from idp.authn.lifecycle import Lifecycle
from idp.authn.sessions import Sessions
from idp.core import clock
from idp.core.crypto import Keyring
from idp.core.errors import DomainError
from idp.mandates.models import Organisation
from idp.mandates.representing import Representing
from idp.oidc.models import Client
from idp.realname import persons
from idp.realname.evidence import EvidenceBook, Query
from idp.realname.ports import Applicant, AssuranceLevel, Capability, CheckMethod, SubjectKind, Verified
from idp.sites import made_up, test_inbox
from idp.sites.made_up import NewPassword
from idp.sites.models_checks import Rehearsal, SyntheticPerson
from idp.sites.test_inbox import Text

SOURCE: Final = "synthetic"
MOST: Final = 20
IDLE: Final = timedelta(days=180)
LEVELS: Final = (0, 1, 2, 3)
REHEARSAL: Final = "rehearsal"
_METHODS: Final = {1: CheckMethod.DATA, 2: CheckMethod.BIOMETRIC_REMOTE, 3: CheckMethod.PRESENT}
_NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)


class EnoughTestPeople(DomainError):
    code = "enough_test_people"
    sentence = "测试账户已满 20 个，请先停用不再使用的。"


class NoSuchTestPerson(DomainError):
    code = "no_such_test_person"
    sentence = "没有找到这个测试账户，可能已经停用。"
    status = 404


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody to be made."""

    level: int
    is_minor: bool = False
    represents: bool = False


@dataclass(frozen=True, slots=True)
class TestPerson:
    """A synthetic person as their department sees them; all of it is made up, so nothing is masked."""

    __test__ = False

    account_id: str
    username: str
    phone: str
    level: int
    is_minor: bool
    name: str | None
    number: str | None
    organisation: str | None
    uscc: str | None
    created_at: datetime
    last_sign_in_at: datetime | None


class SyntheticPeople:
    """Made, listed, given new passwords and ended; everything runs in the caller's transaction, for one site's department."""

    def __init__(
        self, keyring: Keyring, trail: Trail, accounts: Accounts, sessions: Sessions, lifecycle: Lifecycle,
        representing: Representing,
    ) -> None:  # fmt: skip
        self._keyring = keyring
        self._trail = trail
        self._accounts = accounts
        self._sessions = sessions
        self._lifecycle = lifecycle
        self._representing = representing
        self._book = EvidenceBook(keyring, trail)

    def make(
        self, db: Session, client_id: str, wanted: Wanted, password: NewPassword, *, actor: Actor, by: str
    ) -> TestPerson:
        """A new one for this site's department; EnoughTestPeople beyond twenty. `by` is who wanted it."""
        client = db.get_one(Client, client_id, with_for_update=True)
        if client.organisation_id is not None:  # sites of one department count together
            db.get_one(Organisation, client.organisation_id, with_for_update=True)
        if by != REHEARSAL and (db.scalar(select(func.count()).where(_of(client), _LIVE)) or 0) >= MOST:
            raise EnoughTestPeople
        account_id = self._account(db, password)
        row = SyntheticPerson(
            account_id=account_id, organisation_id=client.organisation_id, client_id=client_id,
            level=max(wanted.level, 1) if wanted.represents else wanted.level,  # who represents an organisation has a name
            is_minor=wanted.is_minor, made_by=by, created_at=clock.now(),
        )  # fmt: skip
        db.add(row)
        db.flush()
        if row.level:
            person = self._prove(db, row)
            row.principal_id = self._company(db, row, person) if wanted.represents else None
            db.flush()
        self._trail.record(
            db, "synthetic.made", actor=actor, account_id=account_id, client_id=client_id, level=row.level,
            is_minor=wanted.is_minor, represents=wanted.represents,
        )  # fmt: skip
        return self._view(db, row, None)

    def listing(self, db: Session, client_id: str) -> list[TestPerson]:
        """Those of the site's department, the newest first."""
        client = db.get_one(Client, client_id)
        rows = db.execute(
            select(SyntheticPerson, Account.last_sign_in_at)
            .join(Account, Account.id == SyntheticPerson.account_id)
            .where(_of(client), _LIVE)
            .order_by(SyntheticPerson.account_id.desc())
        ).all()
        return [self._view(db, row, seen) for row, seen in rows]

    def find(self, db: Session, client_id: str, account_id: str) -> TestPerson:
        """One of the site's department; NoSuchTestPerson otherwise."""
        row = self._row(db, client_id, account_id)
        account = db.get_one(Account, account_id)
        return self._view(db, row, account.last_sign_in_at)

    def renew(self, db: Session, client_id: str, account_id: str, password: NewPassword, *, actor: Actor) -> None:
        """Give a new password; the old one and every session by it end."""
        self._row(db, client_id, account_id)
        self._accounts.set_password(db, account_id, password.hash, reason="test_person")
        self._sessions.end_all(db, account_id, reason="password_changed")
        self._trail.record(db, "synthetic.renewed", actor=actor, account_id=account_id, client_id=client_id)

    def end(self, db: Session, client_id: str, account_id: str, *, actor: Actor, reason: str = "test_over") -> None:
        """Close the account with all that it has."""
        row = self._row(db, client_id, account_id, any_maker=True)
        self._close(db, row, actor=actor, reason=reason)

    def messages(self, db: Session, client_id: str, account_id: str) -> list[Text]:
        """The last short messages to the person, the newest first."""
        self._row(db, client_id, account_id)
        return test_inbox.read(db, self._keyring, account_id)

    def close_idle(self, db: Session, now: datetime, *, at_most: int = 50) -> int:
        """End whoever nobody used for half a year, and whose department has no site any more; answers how many."""
        site = select(Client.client_id).where(
            Client.state != "deleted",
            or_(
                Client.client_id == SyntheticPerson.client_id,
                and_(
                    SyntheticPerson.organisation_id.is_not(None),
                    Client.organisation_id == SyntheticPerson.organisation_id,
                ),
            ),
        )
        under_way = exists().where(
            Rehearsal.client_id == SyntheticPerson.client_id, Rehearsal.state.in_(("waiting", "running"))
        )
        is_left = and_(SyntheticPerson.made_by == REHEARSAL, ~under_way)
        is_idle = func.coalesce(Account.last_sign_in_at, SyntheticPerson.created_at) < now - IDLE
        rows = db.scalars(
            select(SyntheticPerson)
            .join(Account, Account.id == SyntheticPerson.account_id)
            .where(SyntheticPerson.ended_at.is_(None), or_(is_idle, is_left, ~site.exists()))
            .limit(at_most)
        ).all()
        for row in rows:
            self._close(db, row, actor=SYSTEM, reason="test_idle")
        return len(rows)

    def _row(self, db: Session, client_id: str, account_id: str, *, any_maker: bool = False) -> SyntheticPerson:
        client = db.get_one(Client, client_id)
        mine = and_(_of(client), SyntheticPerson.ended_at.is_(None)) if any_maker else and_(_of(client), _LIVE)
        row = db.scalar(select(SyntheticPerson).where(SyntheticPerson.account_id == account_id, mine))
        if row is None:
            raise NoSuchTestPerson
        return row

    def _account(self, db: Session, password: NewPassword) -> str:
        phone = made_up.phone()
        while self._accounts.find_by_phone(db, phone) is not None:
            phone = made_up.phone()
        account_id = self._accounts.register(
            db, phone=phone, username=made_up.username(), password_hash=password.hash,
            agreements=self._accounts.agreements_now(), locale="zh_CN", channel=SOURCE,
        )  # fmt: skip
        db.execute(update(Account).where(Account.id == account_id).values(is_synthetic=True))
        return account_id

    def _prove(self, db: Session, row: SyntheticPerson) -> Applicant:
        """Evidence of a source that is none; its way of checking is that of the level."""
        capability = Capability(
            SubjectKind.NATURAL_PERSON, frozenset({"name", "resident_id"}), AssuranceLevel(row.level),
            "electronic_record", _METHODS[row.level], holds=timedelta(days=3650),
        )  # fmt: skip
        applicant = made_up.person(is_minor=row.is_minor)
        while persons.holder_of(db, self._keyring, applicant.document) is not None:
            applicant = made_up.person(is_minor=row.is_minor)
        query = Query(row.account_id, applicant, SOURCE, SOURCE, capability, "self", None)
        self._book.accept(db, self._book.begin(db, query), query, Verified(capability.attests))
        return applicant

    def _company(self, db: Session, row: SyntheticPerson, person: Applicant) -> str:
        """An organisation that no register is ever asked about."""
        record = made_up.company(person.name)
        made = self._representing.recognise(db, row.account_id, record, source=SOURCE, request_number=None)
        db.execute(update(Organisation).where(Organisation.id == made).values(recheck_at=_NEVER))
        return made

    def _close(self, db: Session, row: SyntheticPerson, *, actor: Actor, reason: str) -> None:
        row.ended_at = clock.now()
        self._lifecycle.close(db, row.account_id, actor=actor, reason=reason)
        test_inbox.empty(db, row.account_id)
        self._trail.record(db, "synthetic.ended", actor=actor, account_id=row.account_id, client_id=row.client_id)

    def _view(self, db: Session, row: SyntheticPerson, seen: datetime | None) -> TestPerson:
        profile = self._accounts.profile(db, row.account_id)
        facts = persons.facts(db, self._keyring, row.account_id)
        company = db.get(Organisation, row.principal_id) if row.principal_id is not None else None
        return TestPerson(
            account_id=row.account_id,
            username=(profile.username if profile is not None else None) or "",
            phone=(profile.phone if profile is not None else None) or "",
            level=row.level,
            is_minor=row.is_minor,
            name=facts.name if facts is not None else None,
            number=facts.resident_id if facts is not None else None,
            organisation=company.name if company is not None else None,
            uscc=company.uscc if company is not None else None,
            created_at=row.created_at,
            last_sign_in_at=seen,
        )


_LIVE: Final = and_(SyntheticPerson.ended_at.is_(None), SyntheticPerson.made_by != REHEARSAL)


def _of(client: Client) -> ColumnElement[bool]:
    """Of the site's department; of the site itself where it has none."""
    if client.organisation_id is not None:
        return SyntheticPerson.organisation_id == client.organisation_id
    return and_(SyntheticPerson.organisation_id.is_(None), SyntheticPerson.client_id == client.client_id)
