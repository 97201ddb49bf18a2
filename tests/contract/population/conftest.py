"""A sandbox, and the adapter configured for it."""

from collections.abc import Iterator

import pytest

from idp.core import clock
from idp.core.secret import Secret
from idp.realname.adapters.population import Options, PopulationAdapter
from tests.contract.population.asking import RecordingHttp
from tests.sandbox import wire
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
    return Options(
        endpoint=sandbox.url,
        app_id=wire.APP_ID,
        app_key=Secret(wire.APP_KEY),
        soap_user="sandbox-user",
        soap_password=Secret("sandbox-pwd"),
        department_code="370000",
        department_name="省政务服务用户认证中心",
        person_number="370199198503070025",
        person_name="测试乙",
    )


@pytest.fixture
def http() -> RecordingHttp:
    return RecordingHttp()


@pytest.fixture
def adapter(options: Options, http: RecordingHttp) -> PopulationAdapter:
    return PopulationAdapter.over_provincial_gateway(options, http)
