"""Accounts of nobody: where they stop."""

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from idp.accounts.errors import NotForTestPeople
from idp.accounts.models import Account
from idp.db.prepared import Prepared, RawTransaction

_IS_NOBODYS = Prepared(select(Account.id).where(Account.id == bindparam("wanted"), Account.is_synthetic))


def require_real(db: RawTransaction | Session, account_id: str) -> None:
    """NotForTestPeople when nobody is behind the account."""
    if _IS_NOBODYS.first(db, wanted=account_id) is not None:
        raise NotForTestPeople


def hold_real(db: Session, account_id: str) -> None:
    """Lock the account's row; NotForTestPeople when nobody is behind it, whom no authority, counter or guardian knows."""
    if db.scalar(select(Account.is_synthetic).where(Account.id == account_id).with_for_update()):
        raise NotForTestPeople
