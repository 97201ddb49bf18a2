"""Works checks off, point by point; what a killed process left is taken up at the point where it stood."""

import threading
from datetime import timedelta
from typing import Any

from idp.core import clock, logging
from idp.core.http import GuardedClient
from idp.db.prepared import Row
from idp.oidc.jwt import trial_keys
from idp.oidc.provider import Provider
from idp.oidc.registration.clients import RegisteredClient
from idp.sites.rehearsal import jobs, points
from idp.sites.rehearsal.centre import Centre
from idp.sites.rehearsal.findings import FIRST_FAILED, NOT_TRIED, PASSED, Finding
from idp.sites.rehearsal.play import Check
from idp.sites.rehearsal.points import POINTS
from idp.sites.synthetic import NoSuchTestPerson, SyntheticPeople

_log = logging.get("idp.rehearsal")


class Engine:
    """One check at a time in this process, in a thread of its own, so that no other round of the worker waits for it."""

    def __init__(self, provider: Provider, people: SyntheticPeople, http: GuardedClient) -> None:
        self._provider = provider
        self._people = people
        self._http = http
        self._busy = threading.Lock()

    def kick(self) -> int:
        """Begin what is waiting, unless this process is busy; answers at once."""
        if self._busy.locked():
            return 0
        row = jobs.lease(self._provider.database, clock.now())
        if row is None:
            return 0
        threading.Thread(target=self._alone, args=(row,), name="rehearsal", daemon=True).start()
        return 1

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
        check, names = Check(centre, self._http, jobs.where_of(row)), list(POINTS)
        for number in range(row.next_point, min(len(names), row.next_point + (at_most or len(names)))):
            if not self._keep(row, findings, number) or clock.now() - row.created_at > jobs.LONGEST:
                break
            findings["points"].append(self._point(check, names[number], findings).stored())
            if not self._keep(row, findings, number + 1):
                break
        if len(findings["points"]) == len(names):
            self._close(centre)
            self._finish(row, jobs.DONE, None)
        elif clock.now() - row.created_at > jobs.LONGEST:
            self._close(centre)
            self._finish(row, jobs.STOPPED, "too_long")
        return None

    def clear(self) -> None:
        """Withdraw keys whose check was killed and not taken up."""
        with self._provider.database.transaction() as db:
            trial_keys.forget_left(db, clock.now() - timedelta(minutes=5))

    def _alone(self, row: Row) -> None:
        with self._busy:
            logging.begin_trace()
            try:
                self.run(row)
            except Exception as failure:  # noqa: BLE001 - the lease runs out, and it is tried again until its time is over
                _log.error("rehearsal.failed", error=type(failure).__name__, exc_info=True)

    def _point(self, check: Check, name: str, findings: dict[str, Any]) -> Finding:
        first = findings["points"][0] if findings["points"] else None
        if first is not None and first["verdict"] != PASSED:
            return Finding(name, NOT_TRIED, FIRST_FAILED)
        return points.judge(check, name)

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
