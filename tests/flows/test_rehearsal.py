"""The built-in check, run against a careful site and against sites that each make one mistake."""

from collections.abc import Callable, Iterator
from typing import ClassVar

import pytest
from sqlalchemy import update

from idp.core import clock
from idp.oidc.models import Authorization, SigningKey
from idp.sites.models_checks import Rehearsal, SyntheticPerson
from idp.sites.rehearsal import jobs, outside, words
from idp.sites.rehearsal.findings import FAILED, NOT_TRIED, PASSED
from idp.sites.rehearsal.jobs import CheckUnderWay, EnoughChecks, ForeignAddress, NotInTestMode, Report
from idp.sites.rehearsal.play import Where
from idp.sites.rehearsal.points import POINTS
from tests.flows.centre import OPERATOR, Centre
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person
from tests.flows.rp import RelyingParty
from tests.flows.trial import switch
from tests.flows.trial_site import TrialSite

Made = Callable[..., TrialSite]


@pytest.fixture
def tried(centre: Centre) -> Iterator[Made]:
    """A maker of sites in test mode, each with the mistakes it is told to make."""
    made: list[TrialSite] = []

    def make(*faults: str, mode: str = "test", **metadata: object) -> TrialSite:
        site = TrialSite(centre.issuer, *faults)
        made.append(site)
        site.client_id, secret = centre.register_client(site.metadata(**metadata))
        site.secret = secret or ""
        switch(centre, site, mode)  # type: ignore[arg-type]
        return site

    yield make
    for site in made:
        site.close()


def where(site: TrialSite, **changes: str | None) -> Where:
    asked: dict[str, str | None] = {
        "start": f"{site.url}/start", "page": f"{site.url}/inside", "marker": None, "sign_out": f"{site.url}/leave",
        **changes,
    }  # fmt: skip
    return Where(**asked)  # type: ignore[arg-type]


def ask(centre: Centre, site: TrialSite, **changes: str | None) -> str:
    s = centre.services
    client = s.provider.clients.find(site.client_id)
    assert client is not None
    with s.database.transaction() as db:
        return jobs.ask(db, s.trail, s.tryout.ownership, client, where(site, **changes), actor=OPERATOR, by="test")


def latest(centre: Centre, site: TrialSite) -> Report:
    with centre.services.database.transaction() as db:
        report = jobs.latest(db, site.client_id)
    assert report is not None
    return report


def checked(centre: Centre, site: TrialSite, **changes: str | None) -> Report:
    ask(centre, site, **changes)
    assert centre.services.tryout.engine.run_due() == 1
    return latest(centre, site)


def verdicts(report: Report) -> dict[str, str]:
    return {each.point: each.verdict for each in report.findings}


@both_pairs
def test_a_careful_site_passes_every_point(centre: Centre, tried: Made) -> None:
    report = checked(centre, tried())
    assert verdicts(report) == dict.fromkeys(POINTS, PASSED), [
        each for each in report.findings if each.verdict != PASSED
    ]
    assert report.is_good
    assert report.is_current
    with centre.services.database.transaction() as db:  # nothing is left of it
        assert db.query(SigningKey).filter_by(state="trial").count() == 0
        assert db.query(SyntheticPerson).filter_by(client_id=report.client_id, ended_at=None).count() == 0


@pytest.mark.parametrize(
    ("fault", "failing"),
    [
        ("state", {"state"}),
        ("iss", {"iss"}),
        ("denied", {"denied"}),
        ("code_replayed", {"code_replayed"}),
        ("nonce", {"token_nonce"}),
        ("signature", {"token_signature", "token_alg_none", "token_kid"}),
        ("token_iss", {"token_iss"}),
        ("aud", {"token_aud"}),
        ("expired", {"token_expired"}),
        ("rotation", {"key_rotation"}),
        ("logout", {"logout", "logout_aud", "logout_nonce"}),
        ("logout_aud", {"logout_aud"}),
        ("logout_nonce", {"logout_nonce"}),
        ("logout_replayed", {"logout_replayed"}),
        ("sign_out", {"sign_out"}),
    ],
)
def test_each_mistake_is_named(centre: Centre, tried: Made, fault: str, failing: set[str]) -> None:
    report = checked(centre, tried(fault))
    assert {name for name, verdict in verdicts(report).items() if verdict == FAILED} == failing, report.findings
    assert not report.is_good
    for finding in report.findings:
        for locale in ("zh", "en"):
            told = words.of(finding.point, locale)
            assert all((told.title, told.sent, told.should, told.mend, told.spec, words.did(finding, locale)))


def test_a_request_without_protection_is_named(centre: Centre, tried: Made) -> None:
    report = checked(centre, tried("no_protection", require_pkce=False))
    assert {"practice", "state", "token_nonce"} <= {n for n, verdict in verdicts(report).items() if verdict == FAILED}


def test_a_page_that_is_open_to_everybody_proves_nothing(centre: Centre, tried: Made) -> None:
    report = checked(centre, tried("open"))
    assert report.findings[0].did == "always_in"
    assert {each.verdict for each in report.findings[1:]} == {NOT_TRIED}


def test_a_marker_tells_who_is_in_where_the_page_is_open(centre: Centre, tried: Made) -> None:
    site = tried()
    report = checked(centre, site, page=f"{site.url}/inside", marker="id=who")
    assert report.is_good


@pytest.mark.parametrize("sign_out", ["/leave", None])
def test_people_leave_by_the_form_of_the_page_with_its_token(centre: Centre, tried: Made, sign_out: str | None) -> None:
    site = tried("by_form")
    report = checked(centre, site, sign_out=sign_out and site.url + sign_out)
    assert verdicts(report)["sign_out"] == PASSED, report.findings[-1]


def test_a_form_that_leaves_the_session_or_ends_elsewhere_is_named(centre: Centre, tried: Made) -> None:
    assert verdicts(checked(centre, tried("by_form", "sign_out")))["sign_out"] == FAILED


class TestASiteThatSignsInByAScript:
    PUBLIC: ClassVar[dict[str, object]] = {"token_endpoint_auth_method": "none", "response_types": ["code"]}

    @pytest.mark.parametrize(
        ("faults", "failing"),
        [
            ((), set()),
            (("foreign_script",), {"callback_scripts"}),
            (("telling",), {"callback_referrer"}),
            (("sends_on",), {"callback_page"}),
            (("logout",), {"logout_aud", "logout_nonce"}),
        ],
    )
    def test_is_looked_at_from_outside(
        self, centre: Centre, tried: Made, faults: tuple[str, ...], failing: set[str]
    ) -> None:
        report = checked(centre, tried("scripted", *faults, **self.PUBLIC))
        found = verdicts(report)
        assert {name for name, verdict in found.items() if verdict == FAILED} == failing, report.findings
        assert list(found) == [*POINTS, *outside.ONLY]
        assert (report.findings[0].did, report.is_from_outside) == ("needs_script", True)
        assert found["practice"] == PASSED
        if not failing:
            assert {name for name, verdict in found.items() if verdict == PASSED} == {
                "practice", "logout_aud", "logout_nonce", *outside.ONLY,
            }  # fmt: skip
        assert not report.is_good  # nobody saw that it verifies anything: a reviewer has to say why it may go live

    def test_an_answer_behind_the_hash_is_one(self, centre: Centre, tried: Made) -> None:
        site = tried("scripted", response_types=["id_token"], grant_types=["implicit"])
        site.asks = {"response_type": "id_token"}
        assert checked(centre, site).findings[0].did == "needs_script", latest(centre, site).findings[0]

    def test_a_public_site_whose_server_redeems_is_played_as_any(self, centre: Centre, tried: Made) -> None:
        assert checked(centre, tried(**self.PUBLIC)).is_good


def test_what_is_not_registered_is_not_tried(centre: Centre, tried: Made) -> None:
    site = tried(backchannel_logout_uri=None)
    report = checked(centre, site, sign_out=None)  # and its page has nothing to press
    assert {name for name, verdict in verdicts(report).items() if verdict == NOT_TRIED} == {
        "logout", "logout_aud", "logout_nonce", "logout_replayed", "sign_out",
    }  # fmt: skip
    assert report.is_good


@both_pairs
def test_a_check_that_was_killed_is_taken_up_where_it_stood(centre: Centre, tried: Made) -> None:
    site, s = tried(), centre.services
    ask(centre, site)
    row = jobs.lease(s.database, clock.now())
    assert row is not None
    s.tryout.engine.run(row, at_most=3)  # and then the process died
    assert len(latest(centre, site).findings) == 3
    assert s.tryout.engine.run_due() == 0  # the lease holds
    clock.travel(jobs.LEASE * 2)
    assert s.tryout.engine.run_due() == 1
    report = latest(centre, site)
    assert report.is_good
    assert [each.point for each in report.findings] == list(POINTS)
    with s.database.transaction() as db:
        assert db.query(SyntheticPerson).filter_by(client_id=site.client_id).count() == 1


@both_pairs
def test_one_at_a_time_and_twenty_a_day(centre: Centre, tried: Made) -> None:
    site, s = tried(), centre.services
    ask(centre, site)
    with pytest.raises(CheckUnderWay):
        ask(centre, site)
    with s.database.transaction() as db:
        assert jobs.stop(db, s.trail, site.client_id, actor=OPERATOR)
        assert not jobs.stop(db, s.trail, site.client_id, actor=OPERATOR)
    for _ in range(jobs.PER_DAY - 1):
        ask(centre, site)
        with s.database.transaction() as db:
            jobs.stop(db, s.trail, site.client_id, actor=OPERATOR)
    with pytest.raises(EnoughChecks):
        ask(centre, site)


def test_two_workers_do_not_share_a_check(centre: Centre, tried: Made) -> None:
    ask(centre, tried())
    now = clock.now()
    assert jobs.lease(centre.services.database, now) is not None
    assert jobs.lease(centre.services.database, now) is None
    clock.travel(jobs.LONGEST * 2)
    centre.services.tryout.engine.run_due()


class TestNobodyElseGetsIn:
    def test_a_live_site_is_not_checked(self, centre: Centre, tried: Made) -> None:
        site = tried(mode="live")
        with pytest.raises(NotInTestMode):
            ask(centre, site)

    def test_a_site_that_goes_live_meanwhile_is_left_alone(self, centre: Centre, tried: Made) -> None:
        site = tried()
        ask(centre, site)
        switch(centre, site, "live")  # type: ignore[arg-type]
        centre.services.tryout.engine.run_due()
        report = latest(centre, site)
        assert (report.state, report.reason, report.findings) == ("stopped", "not_in_test_mode", ())

    @pytest.mark.parametrize(
        "address",
        [
            "http://169.254.169.254/latest/meta-data", "http://127.0.0.1:1/", "http://user@localhost:1/", "file:///etc/passwd",
            "gopher://localhost/", "//localhost/start", "http://localhost:1/start", "",
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("which", ["start", "page", "sign_out"])
    def test_it_is_pointed_at_no_other_address(self, centre: Centre, tried: Made, address: str, which: str) -> None:
        site = tried()
        with pytest.raises(ForeignAddress):
            ask(centre, site, **{which: address})

    def test_a_redirect_leads_it_nowhere_else(self, centre: Centre, tried: Made) -> None:
        site = tried()
        report = checked(centre, site, start=f"{site.url}/elsewhere")
        assert report.findings[0].detail == "left_the_site"

    def test_an_address_of_the_site_that_may_not_be_reached_stays_unreached(self, centre: Centre, tried: Made) -> None:
        inner = "http://localhost:1"
        site = tried(
            client_uri=inner, redirect_uris=[f"{inner}/callback"], post_logout_redirect_uris=[],
            initiate_login_uri=f"{inner}/start",
            backchannel_logout_uri=None,
        )  # fmt: skip
        report = checked(centre, site, start=f"{inner}/start", page=f"{inner}/inside", sign_out=None)
        assert (report.findings[0].verdict, report.findings[0].detail) == (FAILED, "refused")

    def test_no_request_spoils_a_token(self, centre: Centre, rp: RelyingParty, alice: Person) -> None:
        for word in ("spoil", "extra", "fresh_key", "rehearsal"):
            landing = rp.sign_in(alice, **{word: "iss"})
            tokens = rp.redeem(landing.code, **{word: "iss"})
            rp.claims(tokens.id_token, code=landing.code)

    def test_a_spoiled_family_is_whole_again_once_the_site_is_live(
        self, centre: Centre, rp: RelyingParty, alice: Person
    ) -> None:
        code = rp.sign_in(alice).code
        with centre.services.database.transaction() as db:
            db.execute(update(Authorization).values(extra={"spoil": "iss"}))
        rp.claims(rp.redeem(code).id_token, code=code)


def test_old_checks_are_kept_with_their_version(centre: Centre, tried: Made) -> None:
    site = tried()
    first = checked(centre, site)
    with centre.services.database.transaction() as db:
        row = db.get(Rehearsal, first.id)
        assert row is not None
        row.version = "another"
    assert not latest(centre, site).is_current
