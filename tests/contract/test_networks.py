"""Whoever holds an IPv6 network holds its 2^64 addresses: failures are counted by network, at every door."""

from types import SimpleNamespace
from typing import cast

import pytest
from authlib.oauth2.rfc6749.errors import InvalidClientError

from idp.core.errors import TooManyAttempts
from idp.oidc.client_authentication import authenticate
from idp.oidc.provider import Provider
from idp.staff import sessions
from idp.staff.sessions import OperatorSessions
from tests.contract.authn_fixtures import shared_house, the_house  # noqa: F401
from tests.contract.signing_in import House
from tests.moments import window_begins


def test_clients_secrets_are_not_guessed_from_many_addresses_of_one_network(house: House) -> None:
    nobody = SimpleNamespace(find=lambda _client_id: None)
    rooms = {"database": house.database, "trail": house.trail, "keyring": house.base.keyring}
    provider = cast(Provider, SimpleNamespace(store=house.store, clients=nobody, **rooms))

    def guess(address: str) -> None:
        authenticate(provider, None, {"client_id": "somebody", "client_secret": "x"}, address=address)

    window_begins(60)
    for n in range(20):
        with pytest.raises(InvalidClientError):
            guess(f"2001:db8:77:1::{n:x}")
    with pytest.raises(TooManyAttempts):
        guess("2001:db8:77:1:ffff::1")
    with pytest.raises(InvalidClientError):
        guess("2001:db8:77:2::1")


def test_operators_passwords_are_not_guessed_from_many_addresses_of_one_network(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "passwords", SimpleNamespace(verify_password=lambda _stored, _given: False))
    door = OperatorSessions(house.database, house.store, house.base.keyring, house.trail)
    for n in range(30):
        assert door.sign_in("nobody", "x", "000000", address=f"2001:db8:78:1::{n:x}") is None
    with pytest.raises(TooManyAttempts):
        door.sign_in("nobody", "x", "000000", address="2001:db8:78:1:ffff::1")
    assert door.sign_in("nobody", "x", "000000", address="2001:db8:78:2::1") is None
