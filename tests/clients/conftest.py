"""The running demo, and somebody with an account there whom every client may sign in."""

from collections.abc import Iterator

import pytest

from tests.browser import running_demo
from tests.browser.running_demo import Demo
from tests.clients.journeys import Visitor


@pytest.fixture
def demo() -> Iterator[Demo]:
    """The demo of this run, while nobody disturbs it."""
    running = running_demo.demo()
    with running.to_oneself(alone=False):
        yield running


@pytest.fixture
def visitor(demo: Demo) -> Iterator[Visitor]:
    made = Visitor(demo.centre, demo.anybody())
    yield made
    made.close()


@pytest.fixture
def initial_access_token(demo: Demo) -> str:
    return str(demo.facts["initial_access_token"])
