"""The adapter configured for the sandbox's other centre."""

import pytest

from idp.core.http import HttpClient
from idp.realname.adapters.upstream_oidc import UpstreamSignIn
from tests.contract.upstream_oidc.asking import built, options_for
from tests.sandbox.served import ServedSandbox


@pytest.fixture
def sign_in(sandbox: ServedSandbox) -> UpstreamSignIn:
    return built(options_for(sandbox), HttpClient())
