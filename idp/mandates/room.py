"""The services of this room, built together: what the composition root needs to know of them."""

from collections.abc import Callable
from dataclasses import dataclass

from idp.accounts.accounts import Accounts
from idp.audit.trail import Trail
from idp.core.crypto import Keyring
from idp.db.unit_of_work import Database
from idp.mandates.ending import Ending
from idp.mandates.giving import Giving
from idp.mandates.licences import Licences
from idp.mandates.mandates import Mandates
from idp.mandates.notices import Notices
from idp.mandates.organisations import Organisations
from idp.mandates.queries import Queries
from idp.mandates.rechecking import Rechecking
from idp.mandates.representing import Representing
from idp.outbox.outbox import Outbox
from idp.realname.runner import Runner
from idp.realname.sources import Sources
from idp.store.redis import Store


@dataclass(frozen=True, slots=True)
class Room:
    """Organisations, mandates given and answered, and what the worker does for them."""

    organisations: Organisations
    representing: Representing
    licences: Licences
    giving: Giving
    mandates: Mandates
    ending: Ending
    rechecking: Rechecking


def build(
    database: Database,
    store: Store,
    keyring: Keyring,
    trail: Trail,
    *,
    accounts: Accounts,
    outbox: Outbox,
    sources: Sources,
    runner: Runner,
    is_site: Callable[[str], bool],
) -> Room:
    """`is_site` knows the relying sites that serve organisations."""
    notices = Notices(accounts, outbox)
    ending = Ending(trail, notices)
    representing = Representing(keyring, trail, ending)
    queries = Queries(store, keyring, trail)
    organisations = Organisations(database, keyring, queries, representing, runner, sources)
    return Room(
        organisations=organisations,
        representing=representing,
        licences=Licences(database, store, keyring, queries, representing, runner, sources),
        giving=Giving(database, keyring, trail, notices, is_site),
        mandates=Mandates(database, keyring, trail, notices, ending),
        ending=ending,
        rechecking=Rechecking(database, trail, organisations, representing, ending),
    )
