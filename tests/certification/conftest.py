"""The provider under test: the demo of this run, or one that runs already."""

from collections.abc import Iterator
from itertools import count

import pytest

from tests.browser import running_demo
from tests.browser.running_demo import Demo
from tests.certification import op as driver
from tests.certification.op import Provider


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    if driver.is_elsewhere():
        found = driver.from_elsewhere()
    else:
        running = running_demo.demo()
        people = (running.anybody(ial=1) for _ in count())
        found = Provider(running.facts, next(person for person in people if driver.has_a_family_name(person)))
    yield found
    found.close()


@pytest.fixture
def op(provider: Provider) -> Iterator[Provider]:
    """The provider, while nobody disturbs it."""
    if driver.is_elsewhere():
        yield provider
    else:
        with running_demo.demo().to_oneself(alone=False):
            yield provider


@pytest.fixture
def beside(op: Provider) -> Demo:
    """The demo of this run, for what only an operator can do."""
    if driver.is_elsewhere():
        pytest.skip("somebody else operates this provider")
    return running_demo.demo()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A plan runs its modules once for each of its variants."""
    if "variant" in metafunc.fixturenames:
        metafunc.parametrize("variant", metafunc.cls.variants, ids=str)
