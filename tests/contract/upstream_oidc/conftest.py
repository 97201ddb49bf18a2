"""A sandbox, and the adapter configured for its other centre."""

from collections.abc import Iterator

import pytest

from idp.core import clock
from idp.core.http import HttpClient
from idp.realname.adapters.upstream_oidc import UpstreamSignIn
from tests.contract.upstream_oidc.asking import built, options_for
from tests.sandbox.served import ServedSandbox


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedSandbox]:
    with ServedSandbox(tmp_path_factory.mktemp("sandbox"), hang_seconds=3) as running:
        yield running


@pytest.fixture
def sandbox(served: ServedSandbox) -> Iterator[ServedSandbox]:
    served.post("/control", json={"action": "reset"})
    yield served
    served.travel_home()
    clock.travel_home()


@pytest.fixture
def sign_in(sandbox: ServedSandbox) -> UpstreamSignIn:
    return built(options_for(sandbox), HttpClient())
