"""What the worker does for lists."""

from datetime import timedelta

from idp.accounts.accounts import Accounts
from idp.audit.trail import Trail
from idp.bulk import imports
from idp.bulk.work import Work
from idp.core.crypto import Keyring
from idp.db.unit_of_work import Database
from idp.outbox.chores import Chore


def chores(database: Database, keyring: Keyring, trail: Trail, accounts: Accounts) -> list[Chore]:
    """Imports go on a little every second; what is over long is forgotten every hour."""
    work = Work(database, keyring, trail, accounts)
    return [
        Chore("imports.work", timedelta(seconds=1), work.round),
        Chore("imports.forget", timedelta(hours=1), lambda: imports.forget(database)),
    ]
