"""A change made by one process is seen by another within a second."""

import time

import flask

from idp.core import ids
from idp.db.engine import open_database
from idp.oidc.jwt import keys
from idp.oidc.jwt.keys import SigningKeys
from idp.oidc.registration import clients
from idp.oidc.registration.clients import ClientRegistry
from tests.contract.oidc.conftest import METADATA, OPERATOR, House


def eventually(look, within: float = 1.0) -> bool:  # type: ignore[no-untyped-def]
    until = time.monotonic() + within
    while time.monotonic() < until:
        if look():
            return True
        time.sleep(0.05)
    return bool(look())


def test_a_client_and_a_key_of_another_process(house: House) -> None:
    elsewhere = open_database(flask.Flask("elsewhere"), house.base.url, pool=3)
    try:
        registry, signing_keys = ClientRegistry(elsewhere), SigningKeys(elsewhere, house.base.keyring)
        trail = house.base.trail
        with house.database.transaction() as db:
            keys.ensure(db, house.base.keyring, trail)
        client_id = ids.new_handle()
        assert registry.find(client_id) is None
        with house.database.transaction() as db:
            clients.register(db, trail, METADATA, keyring=house.base.keyring, client_id=client_id, actor=OPERATOR)
        assert eventually(lambda: registry.find(client_id) is not None)
        with house.database.transaction() as db:
            clients.set_state(db, trail, client_id, "disabled", actor=OPERATOR)
        assert eventually(lambda: registry.find(client_id) is None)

        before = signing_keys.signer("ES256").kid
        with house.database.transaction() as db:
            keys.rotate(db, house.base.keyring, trail, actor=OPERATOR)
        assert eventually(lambda: signing_keys.signer("ES256").kid != before)
        assert before in {jwk["kid"] for jwk in signing_keys.current().public}
    finally:
        elsewhere.engine.dispose()


def test_ids_that_cannot_be_are_not_looked_up(house: House) -> None:
    registry = ClientRegistry(house.database)
    for odd in ("\x00", "a\x00b", "汉字", "x" * 65, "a\n", "\ud800"):
        assert registry.find(odd) is None
    assert registry.find(house.client_id) is not None
