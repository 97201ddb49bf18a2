"""Signing in at another centre: who it is, how surely, and which answers are believed."""

import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from idp.core import clock
from idp.core.http import HttpClient
from idp.core.secret import Secret
from idp.realname.ports import AssuranceLevel, Begun, ExternalIdentity, Refutation, Refuted, Surface, Unavailable
from sandbox.centre import PART
from tests.contract.population.asking import at_once
from tests.contract.sources import FaultContract
from tests.contract.upstream_oidc.asking import GRADES, SCENE, STATE, allowed, built, finish, options_for, signed_in

REASONS = {
    "wrong_signature": "id_token:signature",
    "unknown_key": "id_token:no_key",
    "no_signature": "id_token:algorithm",
    "expired": "id_token:exp",
    "stale": "id_token:iat",
    "wrong_audience": "id_token:aud",
    "two_audiences": "id_token:aud",
    "other_party": "id_token:azp",
    "other_issuer": "id_token:iss",
    "other_subject": "userinfo:sub",
    "wrong_hash": "id_token:at_hash",
    "other_kind": "id_token:typ",
    "no_id_token": "token:no_tokens",
    "bad_client": "token:invalid_client",
    "server_error": "http_500",
    "hang": "timeout",
    "garbage": "not_json",
    "half": "not_json",
}


class TestFaultsOfTheOtherCentre(FaultContract):
    part = PART
    reasons = REASONS
    otherwise = {"wrong_nonce": (Refuted,)}
    not_met = frozenset({"lower_level", "unknown_level", "other_discovery"})

    @pytest.fixture
    def asked(self, sandbox, sign_in):
        """Each asks with a code of its own, given before anything went wrong."""
        back = [allowed(sandbox, sign_in) for _ in range(3)]
        return lambda seconds: finish(sign_in, *back.pop(), seconds)

    def test_every_fault_is_tried(self):
        assert {*self.reasons, *self.otherwise, *self.not_met} == set(PART.faults)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("other_discovery", "discovery:other_issuer"),
        ("garbage", "not_json"),
        ("half", "not_json"),
        ("server_error", "http_500"),
        ("hang", "timeout"),
    ],
)
def test_nobody_is_sent_to_a_centre_that_cannot_say_what_it_is(sandbox, fault, reason):
    sandbox.switch("centre", fault)

    assert built(options_for(sandbox, answer_seconds=1.0), HttpClient()).begin(STATE, SCENE) == Unavailable(reason)


def test_a_centre_that_hangs_holds_one_thread_once(sandbox):
    sandbox.switch("centre", "hang")
    sign_in = built(options_for(sandbox, answer_seconds=1.0), HttpClient())
    began = time.monotonic()
    said = at_once(6, lambda: sign_in.begin(STATE, SCENE))

    assert {each.reason for each in said} == {"timeout"}
    assert sign_in.begin(STATE, SCENE) == Unavailable("timeout")
    assert time.monotonic() - began < 2


def test_what_a_centre_said_of_itself_holds_while_it_is_silent(sandbox, sign_in, monkeypatch):
    assert isinstance(sign_in.begin(STATE, SCENE), Begun)
    sandbox.switch("centre", "server_error")
    monkeypatch.setattr(sign_in.discovery, "_fetched", clock.monotonic() - 7200)
    assert isinstance(sign_in.begin(STATE, SCENE), Begun)
    monkeypatch.setattr(sign_in.discovery, "_fetched", clock.monotonic() - 90_000)
    monkeypatch.setattr(sign_in.discovery, "_tried", clock.monotonic() - 60)

    assert isinstance(sign_in.begin(STATE, SCENE), Unavailable)


def test_the_request_is_that_of_a_strict_site(sign_in):
    asked = parse_qs(urlsplit(sign_in.begin(STATE, SCENE).url).query)
    again = parse_qs(urlsplit(sign_in.begin(STATE, SCENE).url).query)

    assert {name: value[0] for name, value in asked.items()} | {"nonce": "", "code_challenge": ""} == {
        "response_type": "code",
        "client_id": "our-centre",
        "redirect_uri": SCENE.return_url,
        "scope": "openid profile",
        "state": STATE,
        "nonce": "",
        "code_challenge": "",
        "code_challenge_method": "S256",
        "max_age": "86400",
    }
    assert asked["nonce"] != again["nonce"]
    assert asked["code_challenge"] != again["code_challenge"]
    assert all(sign_in.suits(surface) for surface in Surface)


def test_a_person_is_vouched_for(sandbox, sign_in):
    identity = signed_in(sandbox, sign_in)

    assert (identity.source, identity.level) == ("jinan", AssuranceLevel.IN_PERSON)
    assert identity.key.startswith(f"{sandbox.url}/centre|")
    assert (identity.applicant.name, identity.applicant.resident_id) == ("测试甲", "370199198503070017")
    assert abs(identity.auth_time - clock.now()) < timedelta(minutes=1)
    assert signed_in(sandbox, sign_in).key == identity.key
    assert "测试甲" not in repr(identity)


@pytest.mark.parametrize("ceiling", [0, 1, 2, 3])
@pytest.mark.parametrize(("user", "by_table"), [("person-01", 3), ("person-02", 2), ("person-03", 1), ("person-04", 0)])
def test_their_scale_counts_down_ours_up_and_the_ceiling_holds(sandbox, ceiling, user, by_table):
    """person-01 has their first grade, which is the highest; person-04 their fourth, which is none of ours."""
    identity = signed_in(sandbox, built(options_for(sandbox, ceiling=ceiling), HttpClient()), user)

    assert identity.level == min(by_table, ceiling)
    assert (identity.applicant is None) == (identity.level == 0)


@pytest.mark.parametrize("fault", ["lower_level", "unknown_level"])
def test_a_grade_that_was_not_agreed_on_vouches_for_nobody(sandbox, sign_in, fault):
    sandbox.switch("centre", fault)
    identity = signed_in(sandbox, sign_in)

    assert (identity.level, identity.applicant) == (AssuranceLevel.REGISTERED, None)


@pytest.mark.parametrize(
    "change",
    [
        {"number_claim": "no_such_claim"},
        {"number_claim": "name"},
        {"name_claim": "id_number"},
        {"kinds": {"11": "resident_id"}},
        {"level_claim": "sub"},
        {"level_claim": "exp"},
        {"userinfo": False},
    ],
)
def test_who_is_not_named_properly_is_not_vouched_for(sandbox, change):
    identity = signed_in(sandbox, built(options_for(sandbox, **change), HttpClient()))

    assert (identity.level, identity.applicant) == (AssuranceLevel.REGISTERED, None)


def test_a_new_key_of_theirs_is_found_at_once(sandbox, sign_in):
    assert isinstance(signed_in(sandbox, sign_in), ExternalIdentity)
    sandbox.app.extensions["sandbox"].state.take("centre_key", "current", now_ms=sandbox.now_ms())

    assert isinstance(signed_in(sandbox, sign_in), ExternalIdentity)


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"code": "another"},
        {"code": ""},
        {"code": "中"},
        {"code": None},
        {"error": "server_error"},
        {"error": "<script>"},
    ],
)
def test_what_a_browser_brings_is_refused_and_is_no_fault_of_the_centre(sandbox, sign_in, change):
    answer, keep = allowed(sandbox, sign_in)
    changed = {name: value for name, value in {**answer, **change}.items() if value is not None}

    assert finish(sign_in, changed, keep) == Refuted(Refutation.ABANDONED)


def test_who_declines_is_not_signed_in(sandbox, sign_in):
    answer, keep = allowed(sandbox, sign_in, action="deny")

    assert answer["error"] == "access_denied"
    assert finish(sign_in, answer, keep) == Refuted(Refutation.ABANDONED)


def test_a_code_of_another_browser_is_worth_nothing(sandbox, sign_in):
    theirs, _ = allowed(sandbox, sign_in, "person-02")
    _, ours = allowed(sandbox, sign_in)

    assert finish(sign_in, theirs, ours) == Refuted(Refutation.ABANDONED)


def test_a_code_is_spent_once(sandbox, sign_in):
    back = allowed(sandbox, sign_in)

    assert isinstance(finish(sign_in, *back), ExternalIdentity)
    assert finish(sign_in, *back) == Refuted(Refutation.ABANDONED)


def test_algorithms_that_were_not_agreed_on_are_not_read(sandbox):
    sign_in = built(options_for(sandbox, algorithms=frozenset({"RS256"})), HttpClient())

    assert signed_in(sandbox, sign_in) == Unavailable("id_token:algorithm")


def test_a_wrong_secret_is_unavailability(sandbox):
    sign_in = built(options_for(sandbox, client_secret=Secret("other")), HttpClient())

    assert signed_in(sandbox, sign_in) == Unavailable("token:invalid_client")


def test_what_it_may_prove_is_said_beforehand(sandbox):
    nothing = built(options_for(sandbox, ceiling=0), HttpClient()).capability
    something = built(options_for(sandbox, ceiling=2), HttpClient()).capability

    assert (nothing.assurance_level, nothing.attests) == (AssuranceLevel.REGISTERED, frozenset())
    assert (something.assurance_level, something.check_method) == (AssuranceLevel.REAL_PERSON, "auth")
    assert set(GRADES.values()) == {0, 1, 2, 3}
