"""Leave to register is counted once for each use, on both databases, whoever is quick."""

from collections import Counter
from datetime import timedelta

import pytest

from idp.core import clock, ids
from idp.oidc.models import Authorization, Client, Consent, InitialAccessToken
from idp.oidc.registration import client_changes, clients, initial_access_tokens
from idp.oidc.registration.client_metadata import ClientMetadata
from tests.contract.oidc.conftest import METADATA, OPERATOR, House
from tests.contract.signing_in import race

HOUR = timedelta(hours=1)


def made(house: House, *, uses: int | None, lives: timedelta = HOUR) -> initial_access_tokens.Made:
    with house.database.transaction() as db:
        return initial_access_tokens.make(
            db, house.base.trail, label="test", uses=uses, expires_at=clock.now() + lives, actor=OPERATOR
        )


def spend(house: House, token: str) -> str | None:
    with house.database.transaction() as db:
        return initial_access_tokens.spend(db, token, clock.now())


def is_good(house: House, token: str) -> bool:
    with house.database.view() as db:
        return initial_access_tokens.is_good(db, token, clock.now())


def test_of_twenty_callers_three_get_the_last_three_uses(house: House) -> None:
    token = made(house, uses=3)
    results = Counter(race(lambda _n: spend(house, token.token), 20))
    assert results == {token.id: 3, None: 17}
    assert not is_good(house, token.token)


def test_a_use_without_a_registration_is_given_back(house: House) -> None:
    token = made(house, uses=1)

    def fail() -> None:
        with house.database.transaction() as db:
            assert initial_access_tokens.spend(db, token.token, clock.now()) == token.id
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert spend(house, token.token) == token.id


def test_a_token_without_a_number_has_no_end_but_its_time(house: House) -> None:
    token = made(house, uses=None)
    assert {spend(house, token.token) for _ in range(5)} == {token.id}
    clock.travel(2 * HOUR)
    assert spend(house, token.token) is None
    assert not is_good(house, token.token)


def test_a_revoked_token_is_over_at_once(house: House) -> None:
    token = made(house, uses=None)
    with house.database.transaction() as db:
        assert initial_access_tokens.revoke(db, house.base.trail, token.id, actor=OPERATOR)
        assert not initial_access_tokens.revoke(db, house.base.trail, token.id, actor=OPERATOR)
    assert spend(house, token.token) is None
    with house.database.view() as db:
        row = next(each for each in initial_access_tokens.listing(db) if each.id == token.id)
        assert initial_access_tokens.state_of(row, clock.now()) == "revoked"
        assert row.digest == ids.digest(token.token)


def test_strangers_tokens_are_not_good(house: House) -> None:
    for token in ("", "x", "\x00", "\udcff", "汉"):
        assert spend(house, token) is None
        assert not is_good(house, token)


def test_of_ten_deletions_and_changes_each_client_ends_once(house: House) -> None:
    with house.database.transaction() as db:
        client_id, _ = clients.register(db, house.base.trail, METADATA, keyring=house.base.keyring, actor=OPERATOR)

    def end(_n: int) -> bool:
        with house.database.transaction() as db:
            row = db.get(Client, client_id, with_for_update=True)
            assert row is not None
            if row.state == "deleted":
                return False
            client_changes.delete(db, house.base.trail, row, actor=OPERATOR)
            return True

    assert sum(race(end, 10)) == 1
    with house.database.transaction() as db:
        assert not clients.set_state(db, house.base.trail, client_id, "active", actor=OPERATOR)


def test_a_deleted_client_takes_its_secrets_authorizations_and_consents_along(house: House) -> None:
    authorization_id, _code = house.code()
    with house.database.transaction() as db:
        row = db.get_one(Client, house.client_id)
        account = db.get_one(Authorization, authorization_id).account_id
        db.add(Consent(id=ids.new_id(), account_id=account, client_id=row.client_id, scope=["profile"], basis="consent",
                       given_at=clock.now(), last_release_at=clock.now()))  # fmt: skip
        before = (row.state, row.metadata_)
        client_changes.delete(db, house.base.trail, row, actor=OPERATOR)
        db.expire_all()
        assert client_changes.secret_digests(db, house.client_id) == set()
        ended = db.get_one(Authorization, authorization_id)
        assert (ended.revoke_reason, ended.revoked_at is not None) == ("client_deleted", True)
        assert all(each.withdrawn_at for each in db.query(Consent).filter_by(client_id=house.client_id))
        row = db.get_one(Client, house.client_id)
        assert (row.state, row.registration_digest) == ("deleted", None)
        row.state = before[0]  # the house is shared
        assert ClientMetadata.stored(row.metadata_).redirect_uris
        assert db.get(InitialAccessToken, "none") is None
