"""The licence platform configured for the sandbox."""

import gmalg
import pytest

from idp.core.secret import Secret
from idp.realname.adapters.elicence import LicencePlatform, Options
from idp.store.redis import open_store
from tests.contract.elicence.holding import Phone
from tests.contract.population.asking import RecordingHttp
from tests.sandbox import agreed
from tests.sandbox.served import ServedSandbox

OURS = "44" * 32


@pytest.fixture
def options(sandbox: ServedSandbox) -> Options:
    table = agreed.PARTS["elicence"]
    theirs = gmalg.SM2().generate_pk(bytes.fromhex(table["platform_private_key"])).hex()
    return Options(endpoint=sandbox.url, app_id=table["app_id"], private_key=Secret(OURS), platform_public_key=theirs)


@pytest.fixture
def http() -> RecordingHttp:
    return RecordingHttp()


@pytest.fixture
def platform(options: Options, http: RecordingHttp) -> LicencePlatform:
    return LicencePlatform.of(options, http, open_store(""), source="elicence")


@pytest.fixture
def phone(sandbox: ServedSandbox) -> Phone:
    return Phone(sandbox)
