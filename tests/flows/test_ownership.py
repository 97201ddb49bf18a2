"""A department shows that a host is theirs before a check visits it, held against a site on a real port."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from idp.audit.trail import Actor
from idp.core import clock
from idp.core.deadline import Deadline
from idp.core.http import HttpUnavailable
from idp.core.turnstile import Turnstile
from idp.mandates.models import Organisation
from idp.oidc.models import Client
from idp.sites.models_checks import SiteHost
from idp.sites.ownership import LASTS, NotProven, Ownership
from idp.sites.rehearsal import jobs
from idp.sites.rehearsal.engine import Engine
from idp.sites.rehearsal.findings import NOT_TRIED
from idp.sites.rehearsal.jobs import DepartmentIsBusy
from idp.sites.rehearsal.visitor import origin_of
from tests.flows.centre import OPERATOR, Centre
from tests.flows.fixtures import both_pairs
from tests.flows.organisations import Companies
from tests.flows.people import Person
from tests.flows.test_rehearsal import latest, where
from tests.flows.trial import switch
from tests.flows.trial_site import TrialSite

BY = Actor("citizen", "test")


class Owned:
    """A site in test mode of a department whose hosts have to be shown, loopback or not."""

    def __init__(self, centre: Centre, department: str) -> None:
        self.centre, self.department, s = centre, department, centre.services
        self.ownership: Ownership = replace(s.tryout.ownership, is_local=False)
        self.engine = Engine(s.provider, s.tryout.people, self.ownership, self.ownership.http)
        self.site = TrialSite(centre.issuer)
        self.origin = origin_of(self.site.url) or ""
        self.site.client_id, secret = centre.register_client(self.site.metadata())
        self.site.secret = secret or ""
        with s.database.transaction() as db:
            db.execute(update(Client).where(Client.client_id == self.site.client_id).values(organisation_id=department))
        switch(centre, self.site, "test")  # type: ignore[arg-type]

    def prove(self) -> str:
        return self.ownership.prove(self.department, self.origin, actor=BY)

    def ask(self) -> str:
        s = self.centre.services
        client = s.provider.clients.find(self.site.client_id)
        assert client is not None
        with s.database.transaction() as db:
            return jobs.ask(db, s.trail, self.ownership, client, where(self.site), actor=OPERATOR, by="test")


@pytest.fixture
def department(companies: Companies, chief: Person) -> str:
    made: Organisation = companies.company(chief, "试验样例局")
    return made.id


@pytest.fixture
def owned(centre: Centre, department: str) -> Iterator[Owned]:
    made = Owned(centre, department)
    yield made
    made.site.close()


@both_pairs
def test_nothing_is_visited_before_its_file_was_read(owned: Owned) -> None:
    with pytest.raises(NotProven) as refused:
        owned.ask()
    assert refused.value.origins == (owned.origin,)
    assert owned.site.hits == []
    assert owned.prove() == "HTTP 404"
    assert owned.prove() == "too_soon"
    clock.travel(timedelta(seconds=4))
    owned.site.proof = f"of others\n{owned.ownership.word('0' * 32, owned.origin)}\n"
    assert owned.prove() == "no_word"
    clock.travel(timedelta(seconds=4))
    owned.site.proof += f"  {owned.ownership.word(owned.department, owned.origin)}\r\n"
    assert owned.prove() == ""
    owned.ask()
    assert owned.engine.run_due() == 1
    assert latest(owned.centre, owned.site).is_good


def test_slow_hosts_hold_no_more_threads_than_strangers_may(owned: Owned) -> None:
    turnstile = owned.ownership.http.turnstile
    with ExitStack() as busy:
        while busy.enter_context(turnstile.passed()):
            pass
        assert owned.prove() == "busy"
    assert owned.site.hits == []
    clock.travel(timedelta(seconds=4))
    assert owned.prove() == "HTTP 404"


def test_a_proof_is_read_again_after_ninety_days(owned: Owned) -> None:
    owned.site.proof = owned.ownership.word(owned.department, owned.origin)
    assert owned.prove() == ""
    clock.travel(LASTS + timedelta(days=1))
    with pytest.raises(NotProven):
        owned.ask()
    owned.ownership.renew(owned.department, [owned.origin], actor=BY)
    owned.ask()
    with owned.centre.services.database.transaction() as db:
        jobs.stop(db, owned.centre.services.trail, owned.site.client_id, actor=OPERATOR)


def test_however_many_hosts_are_read_again_nobody_waits_longer_than_for_one(
    owned: Owned, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts, asked = [f"https://h{n}.example:443" for n in range(3)], []

    class Slow:
        turnstile = Turnstile(1)

        def request(self, _method: str, url: str, *, deadline: Deadline, **_given: object) -> None:
            asked.append(url)
            deadline._at = 0.0  # it took all the time there was
            raise HttpUnavailable("timeout")

    slow = replace(owned.ownership, http=Slow())  # type: ignore[arg-type]
    then = clock.now() - LASTS - timedelta(days=1)
    with owned.centre.services.database.transaction() as db:
        db.add_all(
            SiteHost(organisation_id=owned.department, origin=each, tried_at=then, proven_at=then) for each in hosts
        )
    slow.renew(owned.department, hosts, actor=BY)
    assert len(asked) == 1


def test_a_host_whose_proof_is_of_another_department_stays_unvisited(
    owned: Owned, companies: Companies, chief: Person
) -> None:
    owned.site.proof = owned.ownership.word(owned.department, owned.origin)
    assert owned.prove() == ""
    owned.ask()
    other = companies.company(chief, "别的样例局")
    with owned.centre.services.database.transaction() as db:
        db.execute(update(Client).where(Client.client_id == owned.site.client_id).values(organisation_id=other.id))
    owned.site.hits.clear()
    owned.engine.run_due()
    report = latest(owned.centre, owned.site)
    assert owned.site.hits == []
    assert report.findings[0].detail == "unproven_host"
    assert {each.verdict for each in report.findings[1:]} == {NOT_TRIED}


def test_a_department_has_two_checks_at_a_time_and_sees_its_place(centre: Centre, department: str) -> None:
    sites = [Owned(centre, department) for _ in range(3)]
    for each in sites:
        each.site.proof = each.ownership.word(department, each.origin)
        assert each.prove() == ""
    sites[0].ask()
    sites[1].ask()
    with pytest.raises(DepartmentIsBusy):
        sites[2].ask()
    assert [latest(centre, each.site).ahead for each in sites[:2]] == [0, 1]
    assert sites[0].engine.run_due() == 2
    sites[2].ask()
    assert sites[2].engine.run_due() == 1
    for each in sites:
        each.site.close()


def test_a_check_that_takes_too_long_is_given_up_with_what_it_found(owned: Owned) -> None:
    owned.site.proof = owned.ownership.word(owned.department, owned.origin)
    assert owned.prove() == ""
    owned.ask()
    clock.travel(timedelta(hours=1))  # waiting takes nobody's time
    row = jobs.lease(owned.centre.services.database, clock.now())
    assert row is not None
    owned.engine.run(row, at_most=2)
    clock.travel(jobs.LONGEST + timedelta(seconds=1))
    assert owned.engine.run_due() == 1
    report = latest(owned.centre, owned.site)
    assert (report.state, report.reason, len(report.findings)) == ("stopped", "too_long", 2)
