"""Who may stand for an organisation: a known natural person who is of age, found by a phone they proved."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import Session

from idp.accounts.models import Identifier, IdentifierKind
from idp.core.crypto import Keyring
from idp.mandates import errors
from idp.realname import persons
from idp.realname.persons import PersonFacts


def adult(db: Session, keyring: Keyring, account_id: str, now: datetime) -> PersonFacts:
    """The person behind the account; NotAPerson before the proof, IsMinor under 18."""
    person = persons.facts(db, keyring, account_id)
    if person is None:
        raise errors.NotAPerson
    if person.is_minor(now):
        raise errors.IsMinor
    return person


def is_phone_of(account_id: str, phone_index: Any) -> ColumnElement[bool]:
    """Whether a row of identifiers is this account's own proven phone with that index."""
    return and_(
        Identifier.account_id == account_id,
        Identifier.kind == IdentifierKind.PHONE,
        Identifier.value_index == phone_index,
        Identifier.verified_at.is_not(None),
        Identifier.released_at.is_(None),
    )
