"""Sites that answer slowly, on purpose: what they publish is fetched, and nobody else waits for that."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from idp.core.http import GuardedClient
from idp.core.jwt.remote_keys import RemoteKeySets
from tests.flows.centre import Centre
from tests.flows.key_host import KeyHost
from tests.flows.registrant import REDIRECT, Registrant, leave
from tests.flows.rp import RelyingParty

LOOPBACK = ("127.0.0.0/8", "::1/128")


@pytest.fixture
def slow() -> Iterator[KeyHost]:
    made = KeyHost()
    made.delay = 2.5
    yield made
    made.close()


@pytest.fixture
def machines(centre: Centre) -> Iterator[list[Registrant]]:
    token = leave(centre)
    made = [Registrant(centre, token) for _ in range(8)]
    yield made
    for each in made:
        each.close()


def test_files_of_sectors_are_read_one_at_a_time(slow: KeyHost, machines: list[Registrant]) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda each: each.register(sector_identifier_uri=slow.url), machines))
    assert time.monotonic() - began < 5
    assert sorted(each.status_code for each in answers) == [400] + [503] * 7
    assert len(slow.asked) == 1
    assert all("Retry-After" in each.headers for each in answers if each.status_code == 503)


def test_a_site_that_lost_us_time_is_left_alone_for_longer(
    slow: KeyHost, site_of: Callable[..., RelyingParty], machines: list[Registrant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.oidc.authorization.request_uris._SECONDS", 0.5)
    made = machines[0].register(request_uris=[slow.url])
    address = f"{machines[0].centre.issuer}/authorize"
    asked = {"client_id": made.client_id, "request_uri": slow.url, "redirect_uri": REDIRECT, "response_type": "code"}
    began = time.monotonic()
    for _ in range(5):
        assert requests.get(address, params=asked, allow_redirects=False, timeout=30).status_code == 303
    assert time.monotonic() - began < 2.4, "not one slow answer was waited for to its end"
    assert len(slow.asked) == 1


def test_a_thread_is_left_whatever_is_being_fetched() -> None:
    """All who fetch, and all who wait for somebody who does, have a place; whoever finds none goes on without."""
    host = KeyHost()
    host.delay = 1.5
    keys = RemoteKeySets(GuardedClient(LOOPBACK, places=3))

    def ask(number: int) -> float:
        began = time.monotonic()
        keys.get(f"{host.url}?{number % 2}")
        return time.monotonic() - began

    with ThreadPoolExecutor(10) as pool:
        took = list(pool.map(ask, range(10)))
    host.close()
    assert len([each for each in took if each > 0.9]) <= 3
