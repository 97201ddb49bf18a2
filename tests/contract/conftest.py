"""One sandbox a module for whoever asks a source, clean of faults and time travel before and after each test."""

from collections.abc import Iterator

import pytest

from idp.core import clock
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
