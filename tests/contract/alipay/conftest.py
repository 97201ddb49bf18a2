"""A sandbox with Alipay in it, and the source configured for it."""

from collections.abc import Iterator

import pytest

from idp.core import clock
from idp.realname.adapters.alipay import Options
from tests.contract.alipay.asking import Phone, RecordingHttp, options_for, source_of
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
def options(sandbox: ServedSandbox) -> Options:
    return options_for(sandbox.url)


@pytest.fixture
def http() -> RecordingHttp:
    return RecordingHttp()


@pytest.fixture
def source(options, http):
    return source_of(options, http)


@pytest.fixture
def phone(sandbox) -> Phone:
    return Phone(sandbox)
