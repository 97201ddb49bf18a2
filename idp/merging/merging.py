"""One person, one account: what stands in the way of a proof, the merge of two accounts, and its undoing.

The account that was proven first is kept. Everything happens in one transaction: both accounts are held, the other's state moves
by one conditional statement, and what went over is remembered by ids, so that within a window it goes back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from idp.accounts import details
from idp.accounts.models import Account, AccountState, Guardianship, Merge
from idp.audit.trail import Actor, Trail
from idp.authn.sessions import Sessions
from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.merging import families, known, moving
from idp.merging.errors import CannotMerge, CannotUndo
from idp.oidc.models import KnownAs
from idp.realname import listed
from idp.realname.applicants import GUARDIAN
from idp.realname.errors import BelongsToAnother
from idp.realname.limits import ORGANISATION
from idp.realname.models import Evidence, Person

OFFERED_FOR: Final = timedelta(hours=1)
"""How long after a proof that found another account the merge is offered."""
_ACTIVE, _MERGED = AccountState.ACTIVE.value, AccountState.MERGED.value


@dataclass(frozen=True, slots=True)
class Offer:
    """A proof on one account of the person whom another stands for."""

    evidence_id: str
    merged_account_id: str
    kept_account_id: str
    ial: int
    """How surely it was proven on the account that would be merged."""


@dataclass(frozen=True, slots=True)
class MergeView:
    """A merge as the owner of the kept account sees it."""

    id: str
    merged_account_id: str
    merged_at: datetime
    undo_until: datetime


class Merging:
    """Merges and parts accounts in the caller's transaction."""

    def __init__(self, keyring: Keyring, trail: Trail, sessions: Sessions, undo_for: timedelta) -> None:
        self._keyring = keyring
        self._trail = trail
        self._sessions = sessions
        self.undo_for = undo_for

    def offer(self, db: Session, account_id: str) -> Offer | None:
        """What this account's owner may be asked: their last proof within the hour found another account."""
        row = db.execute(
            select(Evidence.id, Evidence.ial, Person.account_id)
            .join(Person, Person.document_index == Evidence.document_index)
            .join(Account, Account.id == Person.account_id)
            .where(
                Evidence.account_id == account_id,
                Evidence.reason == BelongsToAnother.code,
                Evidence.purpose.not_in((GUARDIAN, ORGANISATION)),  # these were about somebody else
                Evidence.at > clock.now() - OFFERED_FOR,
                Person.account_id != account_id,
                Account.state == _ACTIVE,
            )
            .order_by(Evidence.at.desc())
            .limit(1)
        ).first()
        if row is None or _has_child(db, account_id, row.account_id) or _is_nobody(db, account_id, row.account_id):
            return None
        return Offer(row.id, account_id, row.account_id, row.ial)

    def merge(self, db: Session, offer: Offer) -> str:
        """Make them one, and answer the id of the merge; CannotMerge when one of them is not as it was."""
        kept, merged, now = offer.kept_account_id, offer.merged_account_id, clock.now()
        states = _held(db, kept, merged)
        if states != {kept: _ACTIVE, merged: _ACTIVE} or self.offer(db, merged) != offer:
            raise CannotMerge
        if db.get(Person, merged) is not None:  # it stands for a person of its own
            raise CannotMerge
        both = db.execute(select(Account.id, Account.region).where(Account.id.in_((kept, merged))))
        regions = {row.id: row.region for row in both}
        db.execute(
            update(Account).where(Account.id == merged).values(state=_MERGED, region=regions[kept], updated_at=now)
        )
        clients = self._go_on_as(db, kept, merged, now)  # by what each has now
        moved = moving.move(db, merged, kept)
        moved["raised"] = self._counts_for(db, offer)
        moved["clients"] = clients
        moved["families"] = families.carry_over(db, moved["clients"], frm=merged, to=kept)
        moved["details"] = self._take_details(db, kept, merged)
        moved["region"] = regions[merged]
        listed.weigh(db, [kept, merged])
        self._sessions.end_all(db, merged, reason="account_merged")
        row = Merge(
            id=ids.new_id(), kept_account_id=kept, merged_account_id=merged, moved=moved, merged_at=now,
            undo_until=now + self.undo_for,
        )  # fmt: skip
        db.add(row)
        db.flush()
        self._trail.record(db, "account.merged", account_id=kept, merged_account=merged, merge=row.id)
        self._trail.record(db, "account.merged_away", account_id=merged, kept_account=kept, merge=row.id)
        return row.id

    def undo(self, db: Session, account_id: str, merge_id: str, *, actor: Actor | None = None) -> set[str]:
        """Part them again; answers the sessions that ended by it. CannotUndo when it was undone, or its time is over.

        The owner of the kept account does it, or `actor` for them.
        """
        now = clock.now()
        other = db.scalar(select(Merge.merged_account_id).where(Merge.id == merge_id))
        if other is None or _held(db, account_id, other) != {account_id: _ACTIVE, other: _MERGED}:
            raise CannotUndo
        claimed = db.execute(
            update(Merge)
            .where(
                Merge.id == merge_id,
                Merge.kept_account_id == account_id,
                Merge.undone_at.is_(None),
                Merge.undo_until > now,
            )
            .values(undone_at=now)
            .returning(Merge.moved)
        ).first()
        if claimed is None:
            raise CannotUndo
        moved = claimed.moved
        back = {"state": _ACTIVE, "region": moved.get("region", ""), "updated_at": now}
        db.execute(update(Account).where(Account.id == other).values(**back))
        families.hand_back(db, moved["families"], frm=account_id, to=other)
        ended = families.end_in_the_name_of(db, self._sessions, account_id, other, _clients_as(db, account_id, other))
        db.execute(delete(KnownAs).where(KnownAs.account_id == account_id, KnownAs.as_account_id == other))
        moving.move_back(db, moved, frm=account_id, to=other)
        if moved["raised"] is not None:
            _judge(db, moved["raised"], verdict="refuted", reason=BelongsToAnother.code)
        if moved["details"] is not None:
            self._give_details_back(db, account_id, moved["details"])
        listed.weigh(db, [account_id, other])
        record = partial(self._trail.record, db, actor=actor, merge=merge_id)
        record(act="account.parted", account_id=account_id, merged_account=other)
        record(act="account.restored", account_id=other, kept_account=account_id)
        return ended

    def of_account(self, db: Session, account_id: str) -> list[MergeView]:
        """The merges that the owner of this account may still undo, the latest first."""
        rows = db.scalars(
            select(Merge)
            .where(Merge.kept_account_id == account_id, Merge.undone_at.is_(None), Merge.undo_until > clock.now())
            .order_by(Merge.merged_at.desc())
        )
        return [MergeView(row.id, row.merged_account_id, row.merged_at, row.undo_until) for row in rows]

    def _counts_for(self, db: Session, offer: Offer) -> str | None:
        """The proof that found the other account is one for it now, at the level it reached."""
        if offer.ial == 0:
            return None
        _judge(db, offer.evidence_id, verdict="verified", reason=None)
        return offer.evidence_id

    def _go_on_as(self, db: Session, kept: str, merged: str, now: datetime) -> list[str]:
        """Where the merged account alone was known, the kept one goes on under its subject; answers those clients."""
        theirs, mine = known.sectors(db, merged), known.sectors(db, kept)
        clients: list[str] = []
        for sector in sorted(theirs.keys() - mine.keys()):
            db.add(KnownAs(account_id=kept, sector=sector, as_account_id=merged, since=now))
            clients += sorted(theirs[sector])
        db.flush()
        return clients

    def _take_details(self, db: Session, kept: str, merged: str) -> str | None:
        """What the other's owner wrote, if this one's wrote nothing; answers when, to recognise it by."""
        written = details.read(db, self._keyring, merged)
        if written is None or details.read(db, self._keyring, kept) is not None:
            return None
        details.change(db, self._keyring, self._trail, kept, written.values, channel="merge")
        taken = details.read(db, self._keyring, kept)
        return taken.updated_at.isoformat() if taken is not None else None

    def _give_details_back(self, db: Session, account_id: str, taken_at: str) -> None:
        """The other account has its own still; the copy goes, unless its owner has written in it since."""
        written = details.read(db, self._keyring, account_id)
        if written is not None and written.updated_at.isoformat() == taken_at:
            details.forget(db, account_id)


def _held(db: Session, *account_ids: str) -> dict[str, str]:
    """The accounts' states, held until the transaction is over; always in the same order, so that two never wait in a ring."""
    rows = db.execute(
        select(Account.id, Account.state).where(Account.id.in_(account_ids)).order_by(Account.id).with_for_update()
    )
    return {row.id: row.state for row in rows}


def _is_nobody(db: Session, *account_ids: str) -> bool:
    """Test people merge with nobody."""
    return bool(db.scalar(select(Account.id).where(Account.id.in_(account_ids), Account.is_synthetic).limit(1)))


def _has_child(db: Session, *account_ids: str) -> bool:
    living = Guardianship.child_account_id.in_(account_ids) & Guardianship.ended_at.is_(None)
    return db.scalar(select(Guardianship.id).where(living).limit(1)) is not None


def _judge(db: Session, evidence_id: str, *, verdict: str, reason: str | None) -> None:
    db.execute(
        update(Evidence)
        .where(Evidence.id == evidence_id)
        .values(verdict=verdict, reason=reason)
        .execution_options(synchronize_session=False)
    )


def _clients_as(db: Session, account_id: str, other: str) -> set[str]:
    """The clients of all sectors in which the account went on under the other's subject, also those that joined since."""
    sectors = set(
        db.scalars(select(KnownAs.sector).where(KnownAs.account_id == account_id, KnownAs.as_account_id == other))
    )
    return {each for sector, clients in known.sectors(db, account_id).items() if sector in sectors for each in clients}
