"""The source configured for the sandbox."""

import pytest

from idp.realname.adapters.alipay import Options
from tests.contract.alipay.asking import Phone, RecordingHttp, options_for, source_of
from tests.sandbox.served import ServedSandbox


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
