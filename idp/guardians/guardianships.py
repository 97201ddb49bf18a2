"""What becomes of a guardianship: an officer sees the papers or gives the child to another guardian, and one day it is over.

| what happens                              | what becomes of it                                            | reason    |
|-------------------------------------------|---------------------------------------------------------------|-----------|
| an officer gives the child to another     | it ends, and that of the other begins, in one transaction     | handed_over |
| the guardian lets go, from 14 on          | it ends                                                       | let_go    |
| the child comes of age                    | it ends: the worker looks once a day                          | of_age    |
| the child's account is closed             | it ends                                                       | closed    |
| the guardian's account is frozen, closed  | it stays: nobody decides for the child until an officer hands it over | – |
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from idp.accounts.models import Account, AccountState, Guardianship
from idp.audit.trail import SYSTEM, Actor, Trail
from idp.core import clock, ids
from idp.core.crypto import Keyring
from idp.core.identifiers import ADULT, NEEDS_GUARDIAN_UNDER
from idp.db.unit_of_work import Database
from idp.guardians.errors import CannotHandOver
from idp.realname import persons

_A_CHILD_AT_MOST: Final = timedelta(days=365 * (ADULT - NEEDS_GUARDIAN_UNDER))
"""Whoever was a child when it began is not of age before this time has passed."""
_AT_ONCE: Final = 500


def is_verified_adult(db: Session, keyring: Keyring, account_id: str) -> bool:
    """Who may answer for a child: an adult whose proof counts still."""
    person = persons.facts(db, keyring, account_id)
    age = person.age(clock.now()) if person is not None and person.ial > 0 else None
    return age is not None and age >= ADULT


def begin(
    db: Session, trail: Trail, *, guardian_id: str, child_id: str, relation: str, version: str, actor: Actor
) -> None:
    """Write it down; the unique index lets a child have one at a time."""
    db.add(
        Guardianship(
            id=ids.new_id(), guardian_account_id=guardian_id, child_account_id=child_id, relation=relation,
            consent_version=version, consented_at=clock.now(),
        )
    )  # fmt: skip
    db.flush()
    trail.record(
        db, "guardian.began", actor=actor, account_id=child_id, guardian=guardian_id, relation=relation, version=version
    )


def end(db: Session, trail: Trail, *which: ColumnElement[bool], reason: str, actor: Actor | None = None) -> str | None:
    """End the live one that the conditions name, by its guardian unless `actor` says otherwise; answers its relation."""
    ended = db.execute(
        update(Guardianship)
        .where(Guardianship.ended_at.is_(None), *which)
        .values(ended_at=clock.now())
        .returning(Guardianship.guardian_account_id, Guardianship.child_account_id, Guardianship.relation)
    ).first()
    if ended is None:
        return None
    by = actor or Actor("citizen", ended.guardian_account_id)
    trail.record(
        db, "guardian.ended", actor=by, account_id=ended.child_account_id, guardian=ended.guardian_account_id,
        reason=reason,
    )  # fmt: skip
    relation: str = ended.relation
    return relation


def account_closed(db: Session, trail: Trail, account_id: str) -> None:
    """Nobody answers for an account that has ended."""
    end(db, trail, Guardianship.child_account_id == account_id, reason="closed", actor=SYSTEM)


def confirm_relation(
    db: Session, trail: Trail, child_id: str, *, officer: Actor, guardian_id: str | None = None
) -> bool:
    """An officer has seen the papers that show the relation, to this guardian where one is named.

    False when nobody answers for this account, somebody else does, or it was seen.
    """
    to = (Guardianship.guardian_account_id == guardian_id,) if guardian_id is not None else ()
    seen = db.execute(
        update(Guardianship)
        .where(
            Guardianship.child_account_id == child_id,
            Guardianship.ended_at.is_(None),
            Guardianship.seen_at.is_(None),
            *to,
        )
        .values(seen_at=clock.now(), seen_by=officer.id)
        .returning(Guardianship.guardian_account_id)
    ).first()
    if seen is None:
        return False
    trail.record(db, "guardian.relation_seen", actor=officer, account_id=child_id, guardian=seen.guardian_account_id)
    return True


def papers_seen(trail: Trail, db: Session, guardian_id: str, child_id: str, officer: Actor) -> bool:
    """The same from papers that this guardian sent in."""
    return confirm_relation(db, trail, child_id, officer=officer, guardian_id=guardian_id)


def hand_over(db: Session, keyring: Keyring, trail: Trail, child_id: str, guardian_id: str, *, officer: Actor) -> None:
    """Another verified adult answers for the child from now on; an officer has seen their papers. CannotHandOver otherwise."""
    state = db.scalar(select(Account.state).where(Account.id == guardian_id).with_for_update(read=True))
    if state != AccountState.ACTIVE or not is_verified_adult(db, keyring, guardian_id):
        raise CannotHandOver
    of_another = (Guardianship.child_account_id == child_id, Guardianship.guardian_account_id != guardian_id)
    version = db.scalar(select(Guardianship.consent_version).where(*of_another, Guardianship.ended_at.is_(None)))
    relation = end(db, trail, *of_another, reason="handed_over", actor=officer)
    if relation is None or version is None:
        raise CannotHandOver
    begin(db, trail, guardian_id=guardian_id, child_id=child_id, relation=relation, version=version, actor=officer)
    confirm_relation(db, trail, child_id, officer=officer)


def end_of_age(database: Database, keyring: Keyring, trail: Trail) -> int:
    """End those of children who have come of age; how many there were."""
    now = clock.now()
    old_enough = (Guardianship.ended_at.is_(None), Guardianship.consented_at < now - _A_CHILD_AT_MOST)
    gone, after = 0, ""
    while True:
        with database.transaction() as db:
            rows = db.execute(
                select(Guardianship.id, Guardianship.child_account_id)
                .where(*old_enough, Guardianship.id > after)
                .order_by(Guardianship.id)
                .limit(_AT_ONCE)
            ).all()
            for row in rows:
                age = persons.age_of(db, keyring, row.child_account_id, now)
                if age is not None and age >= ADULT:
                    gone += end(db, trail, Guardianship.id == row.id, reason="of_age", actor=SYSTEM) is not None
        if len(rows) < _AT_ONCE:
            return gone
        after = rows[-1].id
