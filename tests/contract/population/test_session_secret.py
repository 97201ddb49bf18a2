"""The session secret is fetched once, kept, renewed once, and never waited for past the deadline."""

from idp.realname.ports import Verified
from tests.contract.population.asking import ask, at_once, travel


def test_a_secret_is_kept_until_a_minute_before_its_end(sandbox, adapter, http):
    ask(adapter)
    travel(sandbox, 530)
    ask(adapter)
    assert http.paths().count("/auth/token") == 1

    travel(sandbox, 15)
    assert isinstance(ask(adapter), Verified)
    assert http.paths().count("/auth/token") == 2


def test_many_threads_fetch_one_secret(adapter, http):
    outcomes = at_once(12, lambda: ask(adapter))

    assert all(isinstance(outcome, Verified) for outcome in outcomes)
    assert len({outcome.request_number for outcome in outcomes}) == 12
    assert http.paths().count("/auth/token") == 1


def test_many_threads_with_an_expired_secret_renew_it_once(sandbox, adapter, http):
    ask(adapter)
    sandbox.forget_secrets()
    outcomes = at_once(12, lambda: ask(adapter))

    assert all(isinstance(outcome, Verified) for outcome in outcomes)
    assert http.paths().count("/auth/token") == 2


def test_an_expired_secret_is_renewed_once_and_the_same_call_repeated(sandbox, adapter, http):
    sandbox.switch("population", "expired_secret", times=1)

    assert isinstance(ask(adapter), Verified)
    assert http.paths() == ["/auth/token", "/api/GK_GXFW_SFHC"] * 2
    assert http.sent[1][2] == http.sent[3][2]
    assert http.sent[1][1]["gateway_sig"] != http.sent[3][1]["gateway_sig"]


def test_a_secret_that_never_works_is_not_renewed_for_ever(sandbox, adapter, http):
    sandbox.switch("population", "expired_secret")

    assert ask(adapter).reason == "gateway:401002"
    assert http.paths() == ["/auth/token", "/api/GK_GXFW_SFHC"] * 2


def test_nobody_waits_for_another_ones_renewal_past_the_deadline(sandbox, adapter):
    sandbox.switch("population", "hang")
    outcomes = at_once(4, lambda: ask(adapter, seconds=0.4))

    assert {outcome.reason for outcome in outcomes} == {"timeout"}
