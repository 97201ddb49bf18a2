"""The pairs that signing in must behave the same on: SQLite with the embedded store, PostgreSQL with Redis."""

from collections.abc import Iterator

import pytest

from idp.core import clock
from tests.contract.signing_in import House, open_house


@pytest.fixture(
    scope="module",
    params=["embedded", pytest.param("servers", marks=[pytest.mark.postgres, pytest.mark.redis])],
)
def shared_house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    if request.param == "embedded":
        with open_house(f"sqlite:///{tmp_path_factory.mktemp('authn') / 'idp.sqlite3'}", "") as house:
            yield house
    else:
        with (
            request.getfixturevalue("postgres").database() as url,
            open_house(url, request.getfixturevalue("fresh_redis")()) as house,
        ):
            yield house


@pytest.fixture(name="house")
def the_house(shared_house: House) -> Iterator[House]:
    yield shared_house
    clock.travel_home()
