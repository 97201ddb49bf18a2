"""Resource servers on both databases: a scope has one owner whoever comes at once, and every process knows within a second."""

import itertools
from typing import Any

import flask
import pytest

from idp.db.engine import open_database
from idp.oidc import resource_servers
from idp.oidc.jwt import keys
from idp.oidc.registration import clients
from idp.oidc.resource_servers import ResourceRefused, ResourceServers
from tests.contract.durable import look_again
from tests.contract.oidc.conftest import METADATA, OPERATOR, House
from tests.contract.oidc.test_stamps import eventually
from tests.contract.signing_in import race

ISSUER = "https://id.example"
_numbers = itertools.count(1)


def add(house: House, identifier: str, *scopes: str, **members: Any) -> None:
    with house.database.transaction() as db:
        resource_servers.add(
            db, house.base.trail, identifier, keyring=house.base.keyring, issuer=ISSUER, name="接口", scopes=scopes,
            actor=OPERATOR, **members,
        )  # fmt: skip


def new_identifier() -> str:
    return f"https://api.example/{next(_numbers)}"


def test_of_many_at_once_one_gets_the_scope(house: House) -> None:
    word = f"w{next(_numbers)}:read"
    results = race(lambda n: add(house, f"https://race.example/{word}/{n}", word), 8)
    assert results.count(None) == 1
    assert sum(isinstance(each, ResourceRefused) for each in results) == 7, results
    known = ResourceServers(house.database).known()
    assert known.owner_of[word].identifier.startswith("https://race.example/")


def test_of_many_at_once_one_gets_the_identifier(house: House) -> None:
    identifier = new_identifier()
    results = race(lambda n: add(house, identifier, f"x{n}:{identifier[-3:].replace('/', '')}"), 8)
    assert results.count(None) == 1
    assert sum(isinstance(each, ResourceRefused) for each in results) == 7, results


def test_a_scope_moves_when_its_server_gives_it_up(house: House) -> None:
    first, second = new_identifier(), new_identifier()
    number = next(_numbers)
    add(house, first, f"m{number}:a", f"m{number}:b")
    with pytest.raises(ResourceRefused, match="belongs to"):
        add(house, second, f"m{number}:b")
    with house.database.transaction() as db:
        assert resource_servers.update(
            db, house.base.trail, first, keyring=house.base.keyring, actor=OPERATOR, scopes=[f"m{number}:a"]
        )
    add(house, second, f"m{number}:b")
    servers = ResourceServers(house.database)
    assert servers.known().owner_of[f"m{number}:b"].identifier == second


def test_another_process_sees_a_change_within_a_second(house: House) -> None:
    elsewhere = open_database(flask.Flask("elsewhere"), house.base.url, pool=3)
    try:
        servers, identifier = ResourceServers(elsewhere), new_identifier()
        assert servers.find(identifier) is None
        add(house, identifier, f"s{next(_numbers)}:read", client_id=house.client_id)
        assert eventually(lambda: servers.find(identifier) is not None)
        assert identifier in servers.known().of_client(house.client_id)
        with house.database.transaction() as db:
            resource_servers.set_state(db, house.base.trail, identifier, "disabled", actor=OPERATOR)
        assert eventually(lambda: servers.find(identifier) is None)
        with house.database.transaction() as db:
            resource_servers.set_state(db, house.base.trail, identifier, "active", actor=OPERATOR)
        assert eventually(lambda: servers.find(identifier) is not None)
        with house.database.transaction() as db:
            resource_servers.remove(db, house.base.trail, identifier, actor=OPERATOR)
        assert eventually(lambda: servers.find(identifier) is None)
    finally:
        elsewhere.engine.dispose()


def test_a_server_that_reads_jwts_has_its_keys_made(house: House) -> None:
    add(house, new_identifier(), f"k{next(_numbers)}:read", token_format="jwt", signing_alg="ES384")
    signing_keys = keys.SigningKeys(house.database, house.base.keyring)
    look_again(signing_keys._current)
    assert signing_keys.signer("ES384").alg == "ES384"


def test_a_client_is_registered_for_scopes_that_somebody_knows(house: House) -> None:
    word = f"c{next(_numbers)}:read"
    asked = {**METADATA, "scope": f"openid {word}"}

    def register() -> None:
        with house.database.transaction() as db:
            clients.register(db, house.base.trail, asked, keyring=house.base.keyring, actor=OPERATOR)

    with pytest.raises(clients.UnknownScope, match=word):
        register()
    add(house, new_identifier(), word)
    register()


@pytest.mark.parametrize(
    "members",
    [
        {"token_format": "saml"},
        {"signing_alg": "none"},
        {"signing_alg": "HS256"},
        {"client_id": "nobody"},
        {"name": ""},
        {"name": "x" * 65},
        {"scopes": []},
        {"scopes": [f"t{n}" for n in range(51)]},
        {"scopes": ["openid"]},
        {"scopes": ["a b"]},
        {"scopes": ["办件"]},
    ],
)
def test_what_does_not_fit_is_refused(house: House, members: dict[str, Any]) -> None:
    said = {"name": "接口", "scopes": [f"r{next(_numbers)}:read"], **members}
    with pytest.raises(ResourceRefused), house.database.transaction() as db:
        resource_servers.add(
            db, house.base.trail, new_identifier(), keyring=house.base.keyring, issuer=ISSUER, actor=OPERATOR, **said
        )


@pytest.mark.parametrize(
    "identifier",
    [
        "", "api", "/api", "//api.example", "https://", "https:///x", "https://api.example/#", "https://api.example/#x",
        "https://api.example/a b", "https://api.example/\n", "https://接口.example/", "https://api.example:99999/",
        "https://[::1", "https://api.example/" + "a" * 255, ISSUER, f"{ISSUER}/",
    ],
)  # fmt: skip
def test_an_identifier_is_an_absolute_uri_and_not_the_issuer(house: House, identifier: str) -> None:
    with pytest.raises(ResourceRefused):
        add(house, identifier, f"i{next(_numbers)}:read")
