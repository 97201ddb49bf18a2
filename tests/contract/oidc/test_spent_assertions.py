"""An assertion serves once, of any number of threads and processes, on both databases; and is forgotten when it has expired."""

from collections import Counter
from datetime import timedelta

from sqlalchemy import func, select

from idp import housekeeping
from idp.core import clock
from idp.oidc import spent_assertions
from idp.oidc.models import ClientSecret, SpentAssertion
from idp.oidc.registration import client_secrets
from tests.contract.durable import durable
from tests.contract.oidc.conftest import House
from tests.contract.signing_in import race


def spend(house: House, jti: str, issuer: str = "site", seconds: int = 60) -> bool:
    until = clock.now() + timedelta(seconds=seconds)
    return spent_assertions.spend(house.database, issuer=issuer, jti=jti, until=until)


def test_of_sixteen_threads_one_spends_it(house: House) -> None:
    for n in range(3):
        assert Counter(race(lambda _n, jti=f"raced-{n}": spend(house, jti), 16)) == {True: 1, False: 15}


def test_of_two_processes_one_spends_it(house: House, database_url: str) -> None:
    """Each with a pool and connections of its own."""
    with durable(database_url, has_tables=True) as other:

        def by(n: int) -> bool:
            until = clock.now() + timedelta(seconds=60)
            database = house.database if n % 2 else other.database
            return spent_assertions.spend(database, issuer="site", jti="shared", until=until)

        assert Counter(race(by, 12)) == {True: 1, False: 11}


def test_each_site_has_its_own_names(house: House) -> None:
    assert spend(house, "n", "a") is True
    assert spend(house, "n", "b") is True
    assert spend(house, "b", "a\x00") is True
    assert spend(house, "n", "a") is False


def test_what_has_expired_is_forgotten_and_nothing_else(house: House) -> None:
    for n in range(30):
        assert spend(house, f"short-{n}", seconds=30)
    assert spend(house, "long", seconds=7200)
    clock.travel(timedelta(minutes=10))
    housekeeping.clear(house.database, clock.now())
    with house.database.view() as db:
        left = db.scalar(
            select(func.count()).select_from(SpentAssertion).where(SpentAssertion.expires_at < clock.now())
        )
    assert left == 0
    assert spend(house, "long") is False


def test_a_secret_is_sealed_for_the_one_method_that_needs_it_and_bound_to_its_row(house: House) -> None:
    ring = house.base.keyring
    _, plain = client_secrets.new("c", "client_secret_basic", keyring=ring, expires_at=None)
    assert plain.sealed is None
    secret, row = client_secrets.new("c", "client_secret_jwt", keyring=ring, expires_at=None)
    assert len(secret) >= 64  # RFC 7518 §3.2: as long as the output of SHA-512
    assert secret not in (row.sealed or "")
    assert client_secrets.opened([(row.digest, row.sealed or "", None)], ring, clock.now()) == [secret]
    ended = clock.now() - timedelta(seconds=1)
    assert client_secrets.opened([(row.digest, row.sealed or "", ended)], ring, clock.now()) == []
    with house.database.view() as db:
        assert db.scalars(select(ClientSecret.sealed)).all() == [None]
