"""The issuer's keys: made on demand, published ahead, rotated under running sites, opened for what was encrypted to us."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import flask
import orjson
import pytest
from joserfc import jwe
from joserfc.jwk import JWKRegistry
from sqlalchemy import delete, select

from idp.audit.models import AuditEntry
from idp.core import clock, signing
from idp.core.http import GuardedClient
from idp.core.jwt import jose, jwks
from idp.core.jwt.jose import JoseRefused
from idp.db.engine import open_database
from idp.oidc.jwt import keys
from idp.oidc.jwt.client_keys import ClientKeys
from idp.oidc.jwt.keys import SigningKeys
from idp.oidc.jwt.outgoing import Outgoing
from idp.oidc.models import SigningKey
from idp.oidc.registration import clients
from idp.oidc.registration.clients import RegisteredClient
from tests.contract.durable import look_again
from tests.contract.oidc.conftest import METADATA, OPERATOR, House

CLAIMS = {"iss": "https://id.example", "sub": "a"}


@dataclass(frozen=True)
class Process:
    """What one process of the service knows of the keys."""

    keys: SigningKeys

    def sign(self, alg: str) -> str:
        return signing.compact(self.keys.signer(alg), CLAIMS)

    def published(self) -> bytes:
        """The key set as a site fetches it."""
        look_again(self.keys._current)
        return self.keys.current().jwks


@pytest.fixture
def two(house: House) -> Iterator[tuple[Process, Process]]:
    """Two processes on one database, which has no keys at first but those that `ensure` makes."""
    with house.database.transaction() as db:
        db.execute(delete(SigningKey))
        keys.ensure(db, house.base.keyring, house.base.trail)
    elsewhere = open_database(flask.Flask("elsewhere"), house.base.url, pool=3)
    yield (
        Process(SigningKeys(house.database, house.base.keyring)),
        Process(SigningKeys(elsewhere, house.base.keyring)),
    )
    elsewhere.engine.dispose()


def rotate(house: House) -> list[str]:
    with house.database.transaction() as db:
        return keys.rotate(db, house.base.keyring, house.base.trail, actor=OPERATOR)


def states(house: House) -> Counter[tuple[str, str]]:
    with house.database.view() as db:
        return Counter((row.alg, row.state) for row in db.scalars(select(SigningKey)))


def holds(token: str, published: bytes) -> bool:
    """Whether a site with this copy of the key set accepts the token."""
    theirs = jwks.read_set(orjson.loads(published))
    try:
        read = jose.read_signed(token, lambda header: theirs.named(header["kid"]), algorithms=signing.ALGORITHMS)
    except JoseRefused:
        return False
    return read.claims == CLAIMS


def test_every_installation_has_the_keys_that_everybody_may_ask_for(house: House, two: tuple[Process, Process]) -> None:
    assert states(house) == Counter([
        ("RS256", "active"), ("RS256", "next"), ("ES256", "active"), ("ES256", "next"),
        ("RSA-OAEP", "active"), ("ECDH-ES", "active"),
    ])  # fmt: skip
    with pytest.raises(KeyError):
        two[0].keys.signer("PS256")
    public = orjson.loads(two[0].published())["keys"]
    assert Counter((jwk["use"], jwk["kty"]) for jwk in public) == {
        ("sig", "RSA"): 2, ("sig", "EC"): 2, ("enc", "RSA"): 1, ("enc", "EC"): 1,
    }  # fmt: skip
    assert all("alg" not in jwk for jwk in public if jwk["use"] == "enc")
    assert not {"d", "p", "q", "dp", "dq", "qi"} & {name for jwk in public for name in jwk}


def test_an_installation_of_an_earlier_release_gets_what_it_lacks(house: House, two: tuple[Process, Process]) -> None:
    with house.database.transaction() as db:
        db.execute(delete(SigningKey).where(SigningKey.alg.in_(signing.ENCRYPTION)))
    look_again(two[0].keys._current)
    token = two[0].sign("ES256")
    assert list(two[0].keys.opener()({"alg": "ECDH-ES"})) == []
    with house.database.transaction() as db:
        assert len(keys.ensure(db, house.base.keyring, house.base.trail)) == 2
        assert keys.ensure(db, house.base.keyring, house.base.trail) == []
    assert holds(token, two[0].published())


def test_a_client_brings_the_keys_that_it_needs(house: House, two: tuple[Process, Process]) -> None:
    wanted = {
        "id_token_signed_response_alg": "EdDSA",
        "userinfo_signed_response_alg": "ES384",
        "introspection_signed_response_alg": "ES512",
    }
    here, there = two
    assert there.keys.current().signing.keys() == {"RS256", "ES256"}

    def register(_n: int) -> None:
        with house.database.transaction() as db:
            clients.register(db, house.base.trail, {**METADATA, **wanted}, keyring=house.base.keyring, actor=OPERATOR)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(register, range(4)))
    for alg in wanted.values():
        assert states(house)[alg, "active"] == states(house)[alg, "next"] == 1
        token = there.sign(alg)  # the other process has not looked for half a second, and signs at once
        assert holds(token, here.published())
    with house.database.view() as db:
        made = db.scalars(select(AuditEntry).where(AuditEntry.act == "key.created").order_by(AuditEntry.id)).all()[-1]
    assert len(made.details["kids"]) == 6


def test_an_unknown_algorithm_makes_nothing(house: House, two: tuple[Process, Process]) -> None:
    before = states(house)
    for alg in ("HS256", "none", "RSA-OAEP", ""):
        with pytest.raises(ValueError, match="no such signing algorithm"), house.database.transaction() as db:
            keys.ensure(db, house.base.keyring, house.base.trail, algorithms=[alg])
    assert states(house) == before


def test_no_running_site_notices_a_rotation(house: House, two: tuple[Process, Process]) -> None:
    """Whoever fetched the key set before goes on with it, whichever process signs; earlier tokens hold as well."""
    with house.database.transaction() as db:
        keys.ensure(db, house.base.keyring, house.base.trail, algorithms=signing.ALGORITHMS)
    copy_of_the_site = two[0].published()
    earlier = [two[1].sign(alg) for alg in signing.ALGORITHMS]
    assert len(rotate(house)) == len(signing.ALGORITHMS)
    mixed = [process.sign(alg) for process in two for alg in signing.ALGORITHMS]  # some have not seen it yet
    fresh_copy = two[0].published()
    two[1].published()
    later = [process.sign(alg) for process in two for alg in signing.ALGORITHMS]
    kids = [{jose.peek(token)["kid"] for token in tokens} for tokens in (earlier, later)]
    assert not kids[0] & kids[1]
    for token in [*earlier, *mixed, *later]:
        assert holds(token, copy_of_the_site)
        assert holds(token, fresh_copy)
    rotate(house)
    twice = two[0].published()
    assert all(holds(token, twice) for token in [*earlier, *later])
    clock.travel(timedelta(days=31))
    assert not any(holds(token, two[0].published()) for token in earlier)


def test_a_revoked_key_of_any_algorithm_has_a_successor(house: House, two: tuple[Process, Process]) -> None:
    with house.database.transaction() as db:
        keys.ensure(db, house.base.keyring, house.base.trail, algorithms=["EdDSA"])
    here, _ = two
    here.published()
    for alg in ("EdDSA", "RS256"):
        copy_of_the_site, old = here.published(), here.sign(alg)
        kid = jose.peek(old)["kid"]
        with house.database.transaction() as db:
            assert keys.revoke(db, house.base.keyring, house.base.trail, kid, actor=OPERATOR)
        assert not holds(old, here.published())
        assert kid in here.keys.current().withdrawn
        assert holds(here.sign(alg), copy_of_the_site)  # the next key took over, which sites know already
        assert states(house)[alg, "next"] == 1


@pytest.mark.parametrize("alg", jose.KEY_WRAPS)
def test_what_a_site_encrypted_to_us_is_opened_through_a_rotation(
    house: House, two: tuple[Process, Process], alg: str
) -> None:
    def encrypted(published: bytes, *, named: bool = True) -> str:
        theirs = jwks.read_set(orjson.loads(published)).keys
        (key,) = [key for key in theirs if jwks.can_encrypt_to(key, alg)]
        header = {"alg": alg, "enc": "A128GCM"} | ({"kid": key.kid} if named else {})
        return jwe.encrypt_compact(header, b"a request", key, algorithms=[alg, "A128GCM"])

    here, there = two
    before = here.published()
    old, nameless = encrypted(before), encrypted(before, named=False)
    assert jose.read_encrypted(old, here.keys.opener()) == "a request"
    rotate(house)
    after = here.published()
    assert jose.read_encrypted(encrypted(after), there.keys.opener()) == "a request"  # which has not looked yet
    kids = [{jwk["kid"] for jwk in orjson.loads(body)["keys"] if jwk["use"] == "enc"} for body in (before, after)]
    assert not kids[0] & kids[1]  # sites encrypt to the new one alone
    for process in two:
        for token in (old, nameless, encrypted(after)):
            assert jose.read_encrypted(token, process.keys.opener()) == "a request"
    clock.travel(timedelta(days=31))
    here.published()
    for token in (old, nameless):
        with pytest.raises(JoseRefused):
            jose.read_encrypted(token, here.keys.opener())
    with house.database.transaction() as db:
        assert keys.revoke(db, house.base.keyring, house.base.trail, jose.peek(encrypted(after))["kid"], actor=OPERATOR)
    here.published()
    with pytest.raises(JoseRefused):
        jose.read_encrypted(encrypted(after), here.keys.opener())
    assert jose.read_encrypted(encrypted(here.published()), here.keys.opener()) == "a request"


def test_an_rsa_key_is_imported_when_it_is_needed_and_once(
    house: House, two: tuple[Process, Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []
    original = signing.load_signer

    def counted(kid: str, alg: str, pem: str) -> signing.Signer:
        loaded.append(alg)
        return original(kid, alg, pem)

    monkeypatch.setattr(signing, "load_signer", counted)
    here = two[1]
    here.published()
    assert loaded == []
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _n: here.sign("RS256"), range(8)))
    here.sign("ES256")
    assert loaded == ["RS256", "ES256"]


def test_another_kind_of_signer_needs_no_other_door(house: House, two: tuple[Process, Process]) -> None:
    """Whatever names its algorithm, its key and its public half may sign: a module in hardware, a national algorithm."""
    software = signing.load_signer("hsm-1", "ES256", signing.new_private_key("ES256"))

    class Module:
        kid, alg = "hsm-1", "ES256"
        public_jwk = software.public_jwk

        def sign(self, message: bytes) -> bytes:
            return software.sign(message)

    class Keys:
        def signer(self, alg: str) -> signing.Signer:
            return Module()

    client = RegisteredClient("c", "consent", clients.ClientMetadata.model_validate(METADATA), ())
    made = Outgoing("https://id.example", Keys(), ClientKeys(GuardedClient(())))  # type: ignore[arg-type]
    token = made.token(client, dict(CLAIMS), sign_alg="ES256")
    public = JWKRegistry.import_key(dict(Module.public_jwk))
    assert jose.read_signed(token, lambda _header: [public], algorithms=["ES256"]).claims == CLAIMS
