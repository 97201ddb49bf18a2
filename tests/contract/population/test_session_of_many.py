"""On every platform with session secrets: many threads and several processes fetch and renew one between them."""

from dataclasses import replace

import pytest

from idp.core.errors import StoreUnavailable
from idp.core.secret import Secret
from idp.realname.ports import Verified
from idp.store.redis import open_store
from tests.contract.population.asking import RecordingHttp, ask, at_once, travel
from tests.contract.population.roads import TOKEN_PATHS, WITH_A_SECRET, options_of, source_of


class LostStore:
    """A store that answers nobody."""

    def __getattr__(self, _name):
        def lost(*_args, **_kwargs):
            raise StoreUnavailable

        return lost


def fetches(*https: RecordingHttp) -> int:
    return sum(url.endswith(TOKEN_PATHS) for http in https for url, _, _ in http.sent)


@pytest.fixture(params=WITH_A_SECRET)
def road(request):
    return request.param


@pytest.fixture
def processes(options):
    """Two as of two processes: nothing in common but the store."""
    store, https = open_store(""), (RecordingHttp(), RecordingHttp())
    return [source_of(options, http, store).check for http in https], https


def test_many_threads_fetch_one_secret(adapter, http):
    assert all(isinstance(each, Verified) for each in at_once(12, lambda: ask(adapter)))
    assert fetches(http) == 1


def test_a_secret_is_renewed_once_a_minute_before_its_end(sandbox, adapter, http):
    ask(adapter)
    travel(sandbox, 845)

    assert all(isinstance(each, Verified) for each in at_once(12, lambda: ask(adapter)))
    assert fetches(http) == 2


def test_a_secret_that_the_platform_forgot_is_renewed_once(sandbox, adapter, http):
    ask(adapter)
    sandbox.forget_secrets()

    assert all(isinstance(each, Verified) for each in at_once(12, lambda: ask(adapter)))
    assert fetches(http) in (2, 3)  # the MD5 gateway's refresh secret is forgotten too; then the key fetches


def test_a_secret_said_to_have_ended_is_renewed_once_and_the_call_repeated_once(sandbox, adapter, http):
    ask(adapter)
    sandbox.switch("population", "expired_secret", times=1)
    assert isinstance(ask(adapter), Verified)
    assert (fetches(http), len(http.sent)) == (2, 5)

    sandbox.switch("population", "expired_secret")
    assert not isinstance(ask(adapter), Verified)
    assert (fetches(http), len(http.sent)) == (3, 8)


def test_processes_renew_once_between_them(sandbox, processes):
    checks, https = processes
    turns = iter(checks * 6)
    assert all(isinstance(each, Verified) for each in at_once(12, lambda: ask(next(turns))))
    assert fetches(*https) == 1

    sandbox.switch("population", "expired_secret", times=1)
    assert isinstance(ask(checks[0]), Verified)
    assert isinstance(ask(checks[1]), Verified)
    assert fetches(*https) == 2


def test_a_process_whose_clock_is_a_little_behind_takes_what_another_fetched(sandbox, processes):
    checks, https = processes
    assert isinstance(ask(checks[0]), Verified)
    travel(sandbox, -2)
    assert isinstance(ask(checks[1]), Verified)
    assert fetches(*https) == 1

    travel(sandbox, -60)
    assert isinstance(ask(checks[1]), Verified)
    assert fetches(*https) == 2


def test_a_lost_store_costs_a_fetch_and_nothing_else(options, http):
    source = source_of(options, http, LostStore())

    assert isinstance(ask(source.check), Verified)
    assert isinstance(ask(source.check), Verified)
    assert fetches(http) == 1


def test_what_lies_in_the_store_opens_only_with_the_contracts_key(options, sandbox):
    store, first, second = open_store(""), RecordingHttp(), RecordingHttp()
    assert isinstance(ask(source_of(options, first, store).check), Verified)
    stranger = replace(options, app_key=Secret("another-key"))

    assert not isinstance(ask(source_of(stranger, second, store).check), Verified)
    assert fetches(second) == 1


def test_the_md5_gateway_is_asked_with_the_refresh_secret_afterwards(sandbox):
    http = RecordingHttp()
    check = source_of(options_of("md5 json", sandbox.url), http).check
    ask(check)
    travel(sandbox, 845)
    ask(check)
    travel(sandbox, 49 * 3600)
    assert isinstance(ask(check), Verified)

    paths = [url.rpartition("/")[2] for url, _, _ in http.sent if url.endswith(TOKEN_PATHS)]
    assert paths == ["refreshTokenByKey.htm", "refreshTokenBySec.htm", "refreshTokenByKey.htm"]
