"""One sandbox for the tests of this folder, clean of faults and time travel before each."""

from collections.abc import Iterator

import pytest

from tests.sandbox.served import ServedSandbox


@pytest.fixture(scope="module")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedSandbox]:
    with ServedSandbox(tmp_path_factory.mktemp("sandbox"), hang_seconds=0.2) as served:
        yield served


@pytest.fixture
def sandbox(_served: ServedSandbox) -> ServedSandbox:
    _served.travel_home()
    _served.post("/control", json={"action": "reset"})
    return _served
