"""Trying a site out over the API: the built-in check, and the test people of the department with what they were sent."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from idp.edge.described import Model, NotFound, Nothing
from idp.edge.services import services
from idp.sites.made_up import NewPassword
from idp.sites.rehearsal import jobs, words
from idp.sites.rehearsal.findings import Finding
from idp.sites.rehearsal.play import Where
from idp.sites.synthetic import TestPerson, Wanted
from idp.sites.tokens import Scope
from idp.workbench.api import hosts
from idp.workbench.api.door import change, database, holder, mine, route

_Address = Annotated[str, Field(max_length=512)]


class CheckAsked(Model):
    """Addresses of the site's own: where a sign-in starts, a page that only signed-in people see, and signing out.

    `marker` is a text that only signed-in people see on that page.
    """

    start_url: _Address
    page_url: _Address
    marker: Annotated[str, Field(max_length=64)] | None = None
    sign_out_url: _Address | None = None


class CheckMade(Model):
    id: str


class FindingShown(Model):
    """One point, passed, failed or not_tried: what was sent, what the site did, what a careful site does, and how to mend it."""

    point: str
    verdict: str
    title: str
    sent: str
    should: str
    did: str
    mend: str
    spec: str


class CheckShown(Model):
    """The last check: waiting, running, done or stopped. `is_current`: of the configuration of now. `total` is of points, `ahead`
    how many begin before it; `is_from_outside`: only a script of the site could sign in, so the rest was seen from outside."""

    id: str
    state: str
    reason: str | None
    is_current: bool
    is_good: bool
    created_at: datetime
    finished_at: datetime | None
    total: int
    passed: int
    failed: int
    ahead: int
    is_from_outside: bool
    findings: list[FindingShown]


class CheckRead(Model):
    language: Literal["en", "zh"] = "en"


class TestPersonShown(Model):
    """Somebody who is nobody: name, number and phone are made up."""

    id: str
    username: str
    phone: str
    level: int
    is_minor: bool
    name: str | None
    resident_id: str | None
    organisation: str | None
    uscc: str | None
    created_at: datetime
    last_sign_in_at: datetime | None


class TestPeopleShown(Model):
    people: list[TestPersonShown]


class TestPersonAsked(Model):
    """`represents`: as legal representative of a made-up organisation."""

    level: Annotated[int, Field(ge=0, le=3)] = 1
    is_minor: bool = False
    represents: bool = False


class TestPersonMade(Model):
    person: TestPersonShown
    password: str


class MessageShown(Model):
    text: str
    at: datetime


class MessagesShown(Model):
    messages: list[MessageShown]


@route("/sites/<client_id>/check", Scope.READ, CheckShown, tag="check")
def site_check(client_id: str, query: CheckRead) -> CheckShown:
    """The last check, under way or over; 404 where there was none."""
    with database().view() as db:
        mine(db, client_id)
        report = jobs.latest(db, client_id)
    if report is None:
        raise NotFound
    return CheckShown(
        id=report.id, state=report.state, reason=report.reason, is_current=report.is_current, is_good=report.is_good,
        created_at=report.created_at, finished_at=report.finished_at, total=report.total, passed=report.passed,
        failed=report.failed, ahead=report.ahead, is_from_outside=report.is_from_outside,
        findings=[_finding(each, query.language) for each in report.findings],
    )  # fmt: skip


@route("/sites/<client_id>/check", Scope.WRITE, CheckMade, method="POST", tag="check", status=201)
def site_check_started(client_id: str, json: CheckAsked) -> tuple[CheckMade, int]:
    """Have a site in test mode checked: one at a time, two of a department, and so many a day, at hosts that were shown to
    be the department's. It is done by and by; read how far it is."""
    everything, who = services(), holder()
    where = Where(json.start_url, json.page_url, json.marker, json.sign_out_url)
    hosts.renew(client_id)
    with change(client_id) as db:
        client = everything.provider.clients.find(client_id)
        if client is None:
            raise jobs.NotInTestMode
        made = jobs.ask(
            db, everything.trail, everything.tryout.ownership, client, where, actor=who.actor, by=who.account_id
        )
    return CheckMade(id=made), 201


@route("/sites/<client_id>/check", Scope.WRITE, Nothing, method="DELETE", tag="check")
def site_check_stopped(client_id: str) -> Nothing:
    """Give up the check that is under way; 404 where there is none."""
    with change(client_id) as db:
        if not jobs.stop(db, services().trail, client_id, actor=holder().actor):
            raise NotFound
    return Nothing()


@route("/sites/<client_id>/test-people", Scope.TEST_PEOPLE, TestPeopleShown, tag="test people")
def site_test_people(client_id: str) -> TestPeopleShown:
    """Those of the department: its sites share them."""
    with database().view() as db:
        mine(db, client_id)
        people = services().tryout.people.listing(db, client_id)
    return TestPeopleShown(people=[_person(each) for each in people])


@route(
    "/sites/<client_id>/test-people", Scope.TEST_PEOPLE, TestPersonMade, method="POST", tag="test people", status=201
)  # fmt: skip
def site_test_person_made(client_id: str, json: TestPersonAsked) -> tuple[TestPersonMade, int]:
    """One more, with a password that is told this once."""
    everything, who, password = services(), holder(), NewPassword.make()
    wanted = Wanted(json.level, is_minor=json.is_minor, represents=json.represents)
    with change(client_id) as db:
        made = everything.tryout.people.make(db, client_id, wanted, password, actor=who.actor, by=who.account_id)
    return TestPersonMade(person=_person(made), password=password.text), 201


@route("/sites/<client_id>/test-people/<account_id>", Scope.TEST_PEOPLE, TestPersonShown, tag="test people")
def site_test_person(client_id: str, account_id: str) -> TestPersonShown:
    with database().view() as db:
        mine(db, client_id)
        return _person(services().tryout.people.find(db, client_id, account_id))


@route("/sites/<client_id>/test-people/<account_id>/messages", Scope.TEST_PEOPLE, MessagesShown, tag="test people")
def site_test_person_messages(client_id: str, account_id: str) -> MessagesShown:
    """The short messages that were kept instead of sent, with their codes, the newest first."""
    with database().view() as db:
        mine(db, client_id)
        found = services().tryout.people.messages(db, client_id, account_id)
    return MessagesShown(messages=[MessageShown(text=each.text, at=each.at) for each in found])


@route(
    "/sites/<client_id>/test-people/<account_id>/password", Scope.TEST_PEOPLE, TestPersonMade, method="POST",
    tag="test people", status=201,
)  # fmt: skip
def site_test_person_renewed(client_id: str, account_id: str) -> tuple[TestPersonMade, int]:
    """A new password, told this once."""
    people, password = services().tryout.people, NewPassword.make()
    with change(client_id) as db:
        people.renew(db, client_id, account_id, password, actor=holder().actor)
        found = people.find(db, client_id, account_id)
    return TestPersonMade(person=_person(found), password=password.text), 201


@route("/sites/<client_id>/test-people/<account_id>", Scope.TEST_PEOPLE, Nothing, method="DELETE", tag="test people")
def site_test_person_ended(client_id: str, account_id: str) -> Nothing:
    everything = services()
    with change(client_id) as db:
        everything.tryout.people.end(db, client_id, account_id, actor=holder().actor)
    everything.worker.wake()
    return Nothing()


def _finding(found: Finding, language: str) -> FindingShown:
    told = words.of(found.point, language)
    return FindingShown(
        point=found.point, verdict=found.verdict, title=told.title, sent=told.sent, should=told.should,
        did=words.did(found, language), mend=told.mend, spec=told.spec,
    )  # fmt: skip


def _person(found: TestPerson) -> TestPersonShown:
    return TestPersonShown(
        id=found.account_id, username=found.username, phone=found.phone, level=found.level, is_minor=found.is_minor,
        name=found.name, resident_id=found.number, organisation=found.organisation, uscc=found.uscc,
        created_at=found.created_at, last_sign_in_at=found.last_sign_in_at,
    )  # fmt: skip
