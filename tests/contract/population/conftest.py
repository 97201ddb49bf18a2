"""The registry of the sandbox over each road that may be configured."""

import pytest

from idp.realname.adapters.population import Options
from idp.realname.ports import Check, Source
from tests.contract.population.asking import RecordingHttp
from tests.contract.population.roads import options_of, source_of
from tests.sandbox.served import ServedSandbox


@pytest.fixture
def road() -> str:
    return "provincial soap"


@pytest.fixture
def options(sandbox: ServedSandbox, road: str) -> Options:
    return options_of(road, sandbox.url)


@pytest.fixture
def http() -> RecordingHttp:
    return RecordingHttp()


@pytest.fixture
def source(options: Options, http: RecordingHttp) -> Source:
    return source_of(options, http)


@pytest.fixture
def adapter(source: Source) -> Check:
    assert source.check is not None
    return source.check
