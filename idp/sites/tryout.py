"""What a site is tried out with, built together: test people, the errors it made, and the rounds of the worker for them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete

from idp.accounts.accounts import Accounts
from idp.audit.trail import Trail
from idp.authn.lifecycle import Lifecycle
from idp.authn.sessions import Sessions
from idp.core import clock
from idp.core.crypto import Keyring
from idp.core.http import GuardedClient
from idp.db.unit_of_work import Database
from idp.mandates.ending import Ending
from idp.mandates.representing import Representing
from idp.oidc.provider import Provider
from idp.outbox.chores import Chore
from idp.sites import errors_seen, test_inbox
from idp.sites.errors_seen import ErrorsSeen
from idp.sites.models_checks import SyntheticMessage
from idp.sites.ownership import Ownership
from idp.sites.rehearsal.engine import Engine
from idp.sites.synthetic import SyntheticPeople

__all__ = ["ErrorsSeen", "Tryout", "build"]


@dataclass(frozen=True, slots=True)
class Tryout:
    """`keep` takes short messages to test people."""

    database: Database
    people: SyntheticPeople
    ownership: Ownership
    keep: Callable[[str, str], None]
    engine: Engine

    def chores(self) -> list[Chore]:
        return [
            Chore("sites.rehearse", timedelta(seconds=1), self.engine.kick),
            Chore("sites.tryout", timedelta(minutes=10), self.clear),
        ]

    def clear(self) -> int:
        """End test people whom nobody uses; forget old errors and messages."""
        now = clock.now()
        with self.database.transaction() as db:
            errors_seen.forget_old(db, now)
            self.ownership.forget_old(db, now)
            db.execute(delete(SyntheticMessage).where(SyntheticMessage.at < now - test_inbox.KEPT))
            ended = self.people.close_idle(db, now)
        self.engine.clear()
        return ended


def build(
    database: Database, keyring: Keyring, trail: Trail, accounts: Accounts, sessions: Sessions, lifecycle: Lifecycle,
    ending: Ending, provider: Provider, http: GuardedClient,
) -> Tryout:  # fmt: skip
    people = SyntheticPeople(keyring, trail, accounts, sessions, lifecycle, Representing(keyring, trail, ending))
    is_local = not provider.issuer.startswith("https://")
    ownership = Ownership(database, keyring, trail, http, is_local)
    engine = Engine(provider, people, ownership, http)
    return Tryout(database, people, ownership, test_inbox.of(database, keyring, accounts), engine)
