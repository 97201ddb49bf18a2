"""What operators do to an account, each in one transaction with its audit entry and a note that the account's owner reads.

Freezing, ending sessions, asking for a new proof, resetting how it is opened, closing, and raising its level by hand. Who may,
and whether the account is within their reach, was asked before.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from idp.accounts import care, links
from idp.accounts.accounts import Accounts
from idp.accounts.models import Account, AccountState, Password
from idp.audit.trail import Actor, Trail
from idp.authn.lifecycle import Lifecycle
from idp.authn.models import KnownDevice
from idp.authn.notices import Notices
from idp.authn.sessions import Sessions
from idp.core import clock, ids
from idp.realname import levels, listed
from idp.realname.models import Evidence, Person
from idp.realname.ports import CheckMethod
from idp.staff.account_care_errors import NobodyProven, NotActive, NotPossible
from idp.staff.sessions import SignedInOperator

SOURCE: Final = "operator"
"""Of evidence that is an operator's word: it never leaves as a verified claim."""
EVIDENCE: Final = "vouch"
MOST_LEVEL: Final = 2
MOST_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Because:
    """Who does it and why: a code, and the number of a case."""

    operator_id: str
    role: str
    reason: str
    ticket: str = ""

    @classmethod
    def of(cls, who: SignedInOperator, reason: str, ticket: str = "") -> "Because":
        return cls(who.id, who.role.value, reason, ticket)

    @property
    def actor(self) -> Actor:
        return Actor("operator", self.operator_id)

    @property
    def audited(self) -> str:
        return f"{self.reason}:{self.ticket}" if self.ticket else self.reason


class AccountCare:
    """Acts on accounts; each refuses, with a DomainError, what the account's state does not allow."""

    def __init__(
        self, trail: Trail, accounts: Accounts, sessions: Sessions, lifecycle: Lifecycle, notices: Notices
    ) -> None:
        self._trail = trail
        self._accounts = accounts
        self._sessions = sessions
        self._lifecycle = lifecycle
        self._notices = notices

    def freeze(self, db: Session, account_id: str, why: Because) -> None:
        """Nobody signs in any more; every session and token ends."""
        if not self._lifecycle.freeze(db, account_id, actor=why.actor, reason=why.audited):
            raise NotPossible
        self._note(db, account_id, "freeze", why)

    def unfreeze(self, db: Session, account_id: str, why: Because) -> None:
        if not self._lifecycle.unfreeze(db, account_id, actor=why.actor, reason=why.audited):
            raise NotPossible
        self._note(db, account_id, "unfreeze", why)

    def close(self, db: Session, account_id: str, why: Because) -> None:
        """As its owner would: for good, and with everything that hangs on it."""
        if not self._lifecycle.close(db, account_id, actor=why.actor, reason=why.audited):
            raise NotPossible
        self._note(db, account_id, "close", why)

    def end_sessions(self, db: Session, account_id: str, why: Because, only: str | None = None) -> int:
        """One session of the account, or all, with all that sites got of it; answers how many ended."""
        if only is None:
            ended = self._sessions.end_all(db, account_id, reason="ended_by_staff")
        else:
            if not self._sessions.belongs_to(db, only, account_id):
                raise NotPossible
            self._sessions.end(db, only, reason="ended_by_staff", keep_offline=False)
            ended = 1
        self._audit(db, "account.sessions_ended", account_id, why, ended=ended)
        self._note(db, account_id, "end_sessions", why)
        return ended

    def reverify(self, db: Session, account_id: str, why: Because) -> int:
        """All evidence ends now; the next site that wants a level asks for a new proof. Answers how many proofs ended."""
        self._hold(db, account_id)
        now = clock.now()
        live = or_(Evidence.expires_at.is_(None), Evidence.expires_at > now)
        ended = db.scalars(
            update(Evidence)
            .where(Evidence.account_id == account_id, Evidence.verdict == levels.VERIFIED, Evidence.ial > 0, live)
            .values(expires_at=now)
            .returning(Evidence.id)
            .execution_options(synchronize_session=False)
        ).all()
        listed.weigh(db, [account_id], now)
        self._audit(db, "identity.ended", account_id, why, proofs=len(ended))
        self._note(db, account_id, "reverify", why)
        return len(ended)

    def reset(self, db: Session, account_id: str, why: Because) -> None:
        """No password, no account elsewhere and no known browser opens it any more, and its sessions end.

        Its owner sets a new password by a code to their phone, in their own browser (`idp.authn.recovery`): what the message
        says is no secret, and the operator sees only that it was sent. NotPossible without a phone: then by the counter.
        """
        self._hold(db, account_id)
        profile = self._accounts.profile(db, account_id)
        if profile is None or profile.phone is None:
            raise NotPossible
        db.execute(delete(Password).where(Password.account_id == account_id))
        db.execute(delete(KnownDevice).where(KnownDevice.account_id == account_id))
        links.release(db, account_id)
        self._sessions.end_all(db, account_id, reason="credentials_reset")
        self._notices.tell(db, account_id, "reset_by_staff")
        self._audit(db, "account.credentials_reset", account_id, why)
        self._note(db, account_id, "reset", why)

    def raise_level(
        self, db: Session, account_id: str, why: Because, *, ial: int, days: int, approval_id: str, allowed_by: str
    ) -> str:
        """Evidence of its own kind for the person whom the account stands for, by two operators' word; answers its id.

        The request that both decided is its number. NobodyProven where no source ever proved who this is.
        """
        if not (1 <= ial <= MOST_LEVEL and 1 <= days <= MOST_DAYS):
            raise NotPossible
        self._hold(db, account_id)
        person = db.get(Person, account_id)
        if person is None:
            raise NobodyProven
        now = clock.now()
        row = Evidence(
            id=ids.new_id(), account_id=account_id, purpose=SOURCE, source=SOURCE, channel=SOURCE,
            evidence_type=EVIDENCE, check_method=CheckMethod.DATA.value, document_kind=person.document_kind,
            verdict=levels.VERIFIED, reason=None, request_number=approval_id, document_index=person.document_index,
            ial=ial, at=now, expires_at=now + timedelta(days=days),
        )  # fmt: skip
        db.add(row)
        listed.weigh(db, [account_id], now)
        self._audit(
            db, "account.level_raised", account_id, why, ial=ial, days=days, approval=approval_id, allowed_by=allowed_by
        )
        self._note(db, account_id, "raise_level", why)
        return row.id

    def note_parted(self, db: Session, account_id: str, why: Because) -> None:
        """A merge was undone on the owner's behalf (`idp.merging` did it, and its audit)."""
        self._note(db, account_id, "part", why)

    def _hold(self, db: Session, account_id: str) -> None:
        """NotActive when nobody uses the account any more, or it is frozen; held until the transaction is over."""
        state = db.scalar(select(Account.state).where(Account.id == account_id).with_for_update(key_share=True))
        if state != AccountState.ACTIVE:
            raise NotActive

    def _audit(self, db: Session, act: str, account_id: str, why: Because, **details: Any) -> None:
        """With codes and numbers as `details`."""
        self._trail.record(db, act, actor=why.actor, account_id=account_id, reason=why.audited, **details)

    def _note(self, db: Session, account_id: str, act: str, why: Because) -> None:
        care.note(db, account_id, act, operator_id=why.operator_id, role=why.role, reason=why.reason, ticket=why.ticket)
