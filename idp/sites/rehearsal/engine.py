"""Works checks off, point by point; what a killed process left is taken up at the point where it stood."""

import threading
from datetime import timedelta
from typing import Any, Final

from idp.core import clock, logging
from idp.core.deadline import Deadline
from idp.core.http import GuardedClient
from idp.db.prepared import Row
from idp.oidc.jwt import trial_keys
from idp.oidc.models import Client
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient
from idp.sites.ownership import Ownership
from idp.sites.rehearsal import jobs, points
from idp.sites.rehearsal.centre import Centre
from idp.sites.rehearsal.play import Check
from idp.sites.rehearsal.visitor import origins_of
from idp.sites.synthetic import NoSuchTestPerson, SyntheticPeople

_ENDLESS: Final = 100
_log = logging.get("idp.rehearsal")


PLACES: Final = 4
"""Checks side by side in one process: most of their time they wait for a site."""


class Engine:
    """A few checks at a time in this process, in threads of their own, so that no other round of the worker waits."""

    def __init__(
        self, provider: Provider, people: SyntheticPeople, ownership: Ownership, http: GuardedClient
    ) -> None:  # fmt: skip
        self._provider = provider
        self._people = people
        self._ownership = ownership
        self._http = http
        self._places = threading.BoundedSemaphore(PLACES)

    def kick(self) -> int:
        """Begin what is waiting, as far as there are places; answers at once, how many were begun."""
        begun = 0
        while self._places.acquire(blocking=False):
            row = None
            try:
                row = jobs.lease(self._provider.database, clock.now())
            finally:
                if row is None:
                    self._places.release()
            if row is None:
                break
            threading.Thread(target=self._alone, args=(row,), name="rehearsal", daemon=True).start()
            begun += 1
        return begun

    def run_due(self) -> int:
        """Do everything that is waiting, now and here; answers how many checks."""
        done = 0
        while (row := jobs.lease(self._provider.database, clock.now())) is not None:
            self.run(row)
            done += 1
        return done

    def run(self, row: Row, *, at_most: int | None = None) -> None:
        """One leased check, from where it stands to its end; `at_most` so many points."""
        client = self._provider.clients.find(row.client_id)
        if client is None or not client.is_test:
            return self._finish(row, jobs.STOPPED, "not_in_test_mode")
        findings: dict[str, Any] = {"points": list(row.findings["points"]), **_account(row)}
        centre = self._centre(client, findings)
        findings["account"] = centre.account_id
        over = row.begun_at + jobs.LONGEST
        check = self._check(row, centre, Deadline.after((over - clock.now()).total_seconds()))
        for _ in range(at_most or _ENDLESS):
            number, names = len(findings["points"]), points.names(findings["points"])
            if number == len(names) or not self._keep(row, findings, number) or clock.now() > over:
                break
            found = points.next_of(check, names[number], findings["points"])
            if clock.now() > over:  # what the end of the time cut off says nothing about the site
                break
            findings["points"].append(found.stored())
            if not self._keep(row, findings, number + 1):
                break
        if len(findings["points"]) == len(points.names(findings["points"])):
            self._close(centre)
            self._finish(row, jobs.DONE, None)
        elif clock.now() > over:
            self._close(centre)
            self._finish(row, jobs.STOPPED, "too_long")
        return None

    def clear(self) -> None:
        """Withdraw keys whose check was killed and not taken up."""
        with self._provider.database.transaction() as db:
            trial_keys.forget_left(db, clock.now() - timedelta(minutes=5))

    def _alone(self, row: Row) -> None:
        logging.begin_trace()
        try:
            self.run(row)
        except Exception as failure:  # noqa: BLE001 - the lease runs out, and it is tried again until its time is over
            _log.error("rehearsal.failed", error=type(failure).__name__, exc_info=True)
        finally:
            self._places.release()

    def _check(self, row: Row, centre: Centre, deadline: Deadline) -> Check:
        """At the hosts that were the department's when the check was asked for."""
        own = origins_of(centre.client)
        with self._provider.database.view() as db:
            owner = db.get_one(Client, row.client_id).organisation_id
            reachable = self._ownership.open_to(db, owner, own, row.created_at)
        return Check(centre, self._http, jobs.where_of(row), reachable, deadline)

    def _centre(self, client: RegisteredClient, findings: dict[str, Any]) -> Centre:
        """With the person whom the check had before it was interrupted, if there was one."""
        if "account" in findings:
            return Centre(self._provider, self._people, client, findings["account"])
        return Centre.open(self._provider, self._people, client)

    def _close(self, centre: Centre) -> None:
        try:
            centre.close()
        except NoSuchTestPerson:  # whoever had the lease before did
            _log.info("rehearsal.closed_before", client_id=centre.client.client_id)

    def _keep(self, row: Row, findings: dict[str, Any], number: int) -> bool:
        with self._provider.database.transaction() as db:
            return jobs.keep(db, row, findings, next_point=number)

    def _finish(self, row: Row, state: str, reason: str | None) -> None:
        with self._provider.database.transaction() as db:
            jobs.finish(db, self._provider.trail, row, state=state, reason=reason)


def _account(row: Row) -> dict[str, Any]:
    return {"account": row.findings["account"]} if "account" in row.findings else {}
