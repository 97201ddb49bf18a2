"""A sandbox, and the registry over each road that may be configured."""

from collections.abc import Iterator

import pytest

from idp.core import clock
from idp.realname.adapters.population import Options
from idp.realname.ports import Check, Source
from tests.contract.population.asking import RecordingHttp
from tests.contract.population.roads import options_of, source_of
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
