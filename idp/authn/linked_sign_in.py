"""Sign-in with an account elsewhere that was linked before; one that was not may be linked after the account's own sign-in."""

from dataclasses import dataclass
from datetime import datetime

from idp.accounts.links import External, Links
from idp.accounts.models import AccountState
from idp.audit.trail import Trail
from idp.authn.errors import AccountUnusable
from idp.authn.guard import Guard
from idp.authn.results import SignedIn
from idp.core import clock, ids
from idp.core.addresses import network_of
from idp.core.errors import TooManyAttempts
from idp.db.unit_of_work import Database
from idp.store.redis import Store

PER_DEVICE_HOUR, PER_NETWORK_HOUR = 30, 600
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Unlinked:
    """Nobody here has this account elsewhere."""


class LinkedSignIn:
    """The source has answered for the account elsewhere; here it is one factor, and says nothing of who the person is."""

    def __init__(self, database: Database, store: Store, links: Links, guard: Guard, trail: Trail) -> None:
        self._database = database
        self._store = store
        self._links = links
        self._guard = guard
        self._trail = trail

    def begin(self, *, device: str, address: str) -> None:
        """Count a browser that is about to be sent to a source; TooManyAttempts when it, or its network, goes too often."""
        now = clock.now().timestamp()
        for counter, limit in (
            (f"elsewhere-device:{ids.digest(device)}", PER_DEVICE_HOUR),
            (f"elsewhere-network:{network_of(address)}", PER_NETWORK_HOUR),
        ):
            if wait := self._store.hit(counter, limit=limit, period=_HOUR, now=now):
                raise TooManyAttempts(retry_after=wait)

    def attempt(
        self, external: External, *, device: str, address: str, auth_time: datetime | None = None
    ) -> SignedIn | Unlinked:
        """AccountUnusable for an account that is frozen: whoever comes has shown that the link is theirs.

        `auth_time` is when they signed in there, if it is told: a sign-in of yesterday is no fresh one here.
        """
        with self._database.quick() as db:
            found = self._links.find(db, external)
            if found is None:
                return Unlinked()
            if found.state is AccountState.ACTIVE:
                self._links.used(db, found.link_id)
                self._guard.trust(db, found.account_id, device=device, address=address)
                self._trail.record(
                    db, "sign_in.succeeded", account_id=found.account_id, method="link", source=external.source
                )
                return SignedIn(
                    found.account_id, amr=("fed",), auth_time=min(auth_time, clock.now()) if auth_time else None
                )
            self._trail.record(
                db, "sign_in.failed", outcome="failure", account_id=found.account_id,
                method="link", source=external.source, reason=found.state.value,
            )  # fmt: skip
        raise AccountUnusable
