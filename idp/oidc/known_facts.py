"""What userinfo reads: whether the family of the token lives, and where facts about its person lie, in one statement.

Each table is joined only where one of its facts is wanted; an envelope is opened only for what leaves.
"""

from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select

from idp.accounts import details, profiles
from idp.accounts.details import Details
from idp.accounts.models import Account
from idp.accounts.profiles import Profile
from idp.core import clock
from idp.core.crypto import Keyring
from idp.db.prepared import Prepared, RawTransaction
from idp.oidc import claim_values
from idp.oidc.models import Authorization
from idp.oidc.tokens import authorizations
from idp.realname import persons
from idp.realname.persons import PersonFacts

Known = tuple[Profile | None, PersonFacts | None, Details | None]
_FAMILY: tuple[Any, ...] = (Authorization.id, Authorization.acr)
_PHONE = frozenset({"phone_number", "phone_number_verified"})


def of_living_family(
    db: RawTransaction,
    keyring: Keyring,
    *,
    authorization_id: str,
    account_id: str,
    wanted: AbstractSet[str],
    is_test: bool,
) -> tuple[Known, str] | None:
    """The facts behind the wanted claims, and the `acr` of the sign-in; None when the family was revoked, or has gone over to
    another account, or its account is not active, or not one that signs in at the client: `is_test` is of that."""
    of_account, of_person, of_details = (
        not wanted.isdisjoint(those)
        for those in (claim_values.OF_ACCOUNT, claim_values.OF_PERSON, claim_values.OF_DETAILS)
    )
    rows = _statement(of_account, of_person, of_details)(
        db, wanted=authorization_id, account=account_id, now=clock.now(), synthetic=is_test
    )
    if not rows:
        return None
    with_phone = not wanted.isdisjoint(_PHONE)
    known = (
        profiles.opened(keyring, account_id, rows, with_phone=with_phone) if of_account else None,
        persons.opened(keyring, account_id, rows[0]) if of_person else None,
        details.opened(keyring, account_id, rows[0]) if of_details else None,
    )
    return known, rows[0].acr


@cache
def _statement(of_account: bool, of_person: bool, of_details: bool) -> Prepared:
    joined = select(*_FAMILY).join(Account, Account.id == Authorization.account_id)
    if of_account:
        joined = profiles.joined(joined).add_columns(*profiles.COLUMNS)
    if of_person:
        joined = persons.joined(joined, Authorization.account_id).add_columns(*persons.COLUMNS)
    if of_details:
        joined = details.joined(joined, Authorization.account_id).add_columns(*details.COLUMNS)
    is_of_account = Authorization.account_id == bindparam("account")
    return Prepared(joined.where(Authorization.id == bindparam("wanted"), is_of_account, authorizations.IS_ALIVE))
