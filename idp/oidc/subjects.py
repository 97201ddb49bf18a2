"""What one site knows a person by: pairwise by default, so that two sites cannot compare notes (OpenID Core §8.1).

Where an account goes on under the subject of one that was merged into it (`KnownAs`), that account's id is the name to use:
`known_as`, which whoever reads the account reads with it, by the sector of the site that asks.
"""

from typing import Any

from sqlalchemy import Label, bindparam, select
from sqlalchemy.orm import Session

from idp.core.crypto import Keyring, Purpose
from idp.db.prepared import Prepared, RawTransaction
from idp.oidc.models import KnownAs
from idp.oidc.registration.clients import RegisteredClient


def known_as_by(account: Any) -> Label[str | None]:
    """A column `known_as` of another statement, by its column that names the account; it needs `sector`."""
    found = select(KnownAs.as_account_id).where(KnownAs.account_id == account, KnownAs.sector == bindparam("sector"))
    return found.scalar_subquery().label("known_as")


_known_as = Prepared(select(known_as_by(bindparam("account"))))


def of_account(db: RawTransaction | Session, keyring: Keyring, client: RegisteredClient, account_id: str) -> str:
    """The `sub` for this account at this client, for whoever has read nothing else of the account."""
    row = _known_as.first(db, account=account_id, sector=sector_of(client))
    return subject_of(keyring, client, account_id, known_as=row.known_as if row is not None else None)


def subject_of(keyring: Keyring, client: RegisteredClient, account_id: str, *, known_as: str | None) -> str:
    """The `sub` for this account at this client: stable, and unrelated to any other sector's."""
    return in_sector(keyring, sector_of(client), known_as or account_id)


def sector_of(client: RegisteredClient) -> str:
    """Where the client's subjects are the same; the empty sector is that of all clients with public subjects."""
    return "" if client.metadata.subject_type == "public" else client.sector


def in_sector(keyring: Keyring, sector: str, account_id: str) -> str:
    return keyring.derived(Purpose.PAIRWISE, f"{sector}\x00{account_id}")
