"""The keys of sites: registered by value, or fetched from where they are published, within bounds."""

import base64
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from joserfc import jws
from joserfc.jwk import Key, OKPKey

from idp.core import clock
from idp.core.http import GuardedClient
from idp.core.jwt import jose, jwks, remote_keys
from idp.core.jwt.jose import JoseRefused
from idp.core.jwt.jwks import KeySetRefused
from idp.core.jwt.remote_keys import RemoteKeySets
from idp.core.shelf import Shelf
from idp.oidc.jwt.client_keys import ClientKeys, ClientKeysUnavailable
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.oidc.registration.clients import RegisteredClient
from tests.flows.key_host import KeyHost, ec_key, key_set, rsa_key

LOOPBACK = ("127.0.0.0/8",)
ONE, TWO, THREE = ec_key("one"), ec_key("two"), ec_key("three")
RSA = rsa_key("rsa", use="enc")


class Wind:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def host() -> Iterator[KeyHost]:
    made = KeyHost(ONE)
    yield made
    made.close()


def client(**changes: Any) -> RegisteredClient:
    """A client as an earlier release may have left it: what it registered is not checked again."""
    metadata = {
        "client_name": "测试网站", "client_uri": "https://rp.example/", "initiate_login_uri": "https://rp.example/in",
        "redirect_uris": ["https://rp.example/callback"],
    }  # fmt: skip
    return RegisteredClient("c", "consent", ClientMetadata.model_validate(metadata).model_copy(update=changes), ())


def signed_by(key: Key, alg: str = "ES256", **header: Any) -> str:
    named = {"kid": key.kid} if key.kid is not None else {}
    return jws.serialize_compact({"alg": alg, **named, **header}, b'{"a":1}', key, algorithms=[alg])


def holds(source: jose.KeySource, key: Key, **header: Any) -> bool:
    try:
        return jose.read_signed(signed_by(key, **header), source, algorithms=["ES256"]).claims == {"a": 1}
    except JoseRefused:
        return False


def keys_at(host: KeyHost, now: Callable[[], float] = clock.monotonic) -> tuple[ClientKeys, jose.KeySource]:
    keys = ClientKeys(GuardedClient(LOOPBACK))
    keys._remote = RemoteKeySets(GuardedClient(LOOPBACK), now)
    return keys, keys.verifying(client(jwks_uri=host.url))


def test_keys_registered_by_value() -> None:
    keys = ClientKeys(GuardedClient(()))
    source = keys.verifying(client(jwks=key_set(ONE, TWO)))
    assert holds(source, ONE)
    assert holds(source, TWO)
    assert not holds(source, THREE)
    assert not holds(keys.verifying(client()), ONE)


def test_a_key_without_a_name_serves_every_header_that_names_none_of_the_others() -> None:
    nameless = ec_key(None)
    source = ClientKeys(GuardedClient(())).verifying(client(jwks=key_set(nameless)))
    assert holds(source, nameless)
    assert holds(source, nameless, kid="whatever")
    assert not holds(source, ONE)


def test_published_keys_are_fetched_once_and_kept(host: KeyHost) -> None:
    _, source = keys_at(host)
    for _ in range(5):
        assert holds(source, ONE)
    assert len(host.asked) == 1


def test_a_new_key_is_found_at_once_and_strangers_cause_no_more_than_one_look_a_second(host: KeyHost) -> None:
    now = Wind()
    _, source = keys_at(host, now)
    assert holds(source, ONE)
    host.keys = [TWO]
    assert holds(source, TWO)
    assert len(host.asked) == 2
    for _ in range(20):
        assert not holds(source, THREE)
    assert len(host.asked) == 2
    host.keys = [TWO, THREE]
    now.at += 1.01
    assert holds(source, THREE)
    assert not holds(source, ONE)  # gone from the set
    assert len(host.asked) == 3


def test_a_key_that_was_replaced_under_its_old_name_is_found_too(host: KeyHost) -> None:
    _, source = keys_at(host)
    assert holds(source, ONE)
    replaced = ec_key("one")
    host.keys = [replaced]
    assert holds(source, replaced)


def test_many_threads_with_an_unknown_key_fetch_once(host: KeyHost) -> None:
    _, source = keys_at(host)
    assert holds(source, ONE)
    host.keys, host.delay = [TWO], 0.2
    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(lambda _n: holds(source, TWO), range(12)))
    assert len(host.asked) == 2


def test_many_threads_that_know_nothing_yet_fetch_once(host: KeyHost) -> None:
    host.delay = 0.2
    _, source = keys_at(host)
    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(lambda _n: holds(source, ONE), range(12)))
    assert len(host.asked) == 1


@pytest.mark.parametrize(
    ("control", "seconds"),
    [
        ("", 300), ("max-age=120", 120), ("public, max-age=86400", 3600), ("max-age=0", 60), ("no-store", 60),
        ('max-age="90"', 90), ("max-age=nonsense", 300), ("s-maxage=1, MAX-AGE=70", 70),
    ],
)  # fmt: skip
def test_a_set_is_kept_as_long_as_its_owner_says_within_a_minute_and_an_hour(
    host: KeyHost, control: str, seconds: float
) -> None:
    now = Wind()
    host.headers["Cache-Control"] = control
    _, source = keys_at(host, now)
    assert holds(source, ONE)
    now.at += seconds - 1
    assert holds(source, ONE)
    assert len(host.asked) == 1
    now.at += 2
    assert holds(source, ONE)
    assert len(host.asked) == 2


def test_the_set_in_hand_holds_while_its_owner_is_away_but_not_for_ever(host: KeyHost) -> None:
    now = Wind()
    _, source = keys_at(host, now)
    assert holds(source, ONE)
    host.status = 500
    now.at += 301
    assert holds(source, ONE)
    assert len(host.asked) == 2
    assert holds(source, ONE)
    assert len(host.asked) == 2  # nobody asks again at once
    now.at += 86_400
    assert not holds(source, ONE)
    host.status = 200
    now.at += 2
    assert holds(source, ONE)


@pytest.mark.parametrize(
    "knobs",
    [
        {"status": 404},
        {"status": 302, "headers": {"Location": "/elsewhere", "Content-Type": "application/json"}},
        {"body": b"<html>"},
        {"body": b"[]"},
        {"body": b'{"keys":1}'},
        {"body": b'{"keys":[' + b",".join([b"{}"] * 51) + b"]}"},
        {"body": b'{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}'},
        {"body": b'{"keys":[],"x":"' + b"x" * 65_536 + b'"}'},
        {"body": b'{"keys":' + b"[" * 30_000 + b"]" * 30_000 + b"}"},
        {"headers": {"Content-Type": "text/html"}},
        {"headers": {"Content-Type": "image/png"}},
    ],
    ids=lambda each: str(each)[:50],
)
def test_what_is_no_key_set_is_refused_and_asked_for_again_a_second_later(host: KeyHost, knobs: dict[str, Any]) -> None:
    now = Wind()
    _, source = keys_at(host, now)
    good = {name: getattr(host, name) for name in knobs}
    for name, value in knobs.items():
        setattr(host, name, value)
    for _ in range(3):
        with pytest.raises(JoseRefused, match="keys_unavailable"):
            jose.read_signed(signed_by(ONE), source, algorithms=["ES256"])
    assert len(host.asked) == 1
    for name, value in good.items():
        setattr(host, name, value)
    now.at += 3
    assert holds(source, ONE)


@pytest.mark.parametrize(
    "kind",
    ["application/json", "application/jwk-set+json; charset=utf-8", "text/plain", "application/octet-stream", None],
)
def test_every_sensible_media_type_is_read(host: KeyHost, kind: str | None) -> None:
    host.headers = {"Content-Type": kind} if kind is not None else {}
    assert holds(keys_at(host)[1], ONE)


def test_a_site_that_drips_holds_nobody_for_long(host: KeyHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_keys, "_FETCH_SECONDS", 0.3)
    host.delay = 5
    _, source = keys_at(host)
    began = clock.monotonic()
    assert not holds(source, ONE)
    assert not holds(source, ONE)  # the pause after a slow failure is longer than the failure took
    assert clock.monotonic() - began < 4
    assert len(host.asked) == 1


def test_many_slow_sites_do_not_hold_every_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_keys, "_PATIENCE", 0.1)
    host = KeyHost(ONE)
    host.delay = 2
    keys = RemoteKeySets(GuardedClient(LOOPBACK))
    try:
        with ThreadPoolExecutor(12) as pool:
            began = clock.monotonic()
            got = list(pool.map(lambda n: (keys.get(f"{host.url}?{n}"), clock.monotonic() - began), range(12)))
        assert sum(found is not None for found, _ in got) == 2
        assert all(after < 1.8 for found, after in got if found is None)
    finally:
        host.close()


def test_nobody_waits_long_for_the_fetch_of_another(host: KeyHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_keys, "_PATIENCE", 0.1)
    host.delay = 2
    keys = RemoteKeySets(GuardedClient(LOOPBACK))
    with ThreadPoolExecutor(6) as pool:
        began = clock.monotonic()
        got = list(pool.map(lambda _n: (keys.get(host.url), clock.monotonic() - began), range(6)))
    assert sum(found is not None for found, _ in got) == 1
    assert all(after < 1.8 for found, after in got if found is None)
    assert keys.get(host.url) is not None
    assert len(host.asked) == 1


def test_the_guard_stands_before_every_key_set(host: KeyHost) -> None:
    keys = ClientKeys(GuardedClient(()))
    assert not holds(keys.of_uri(host.url), ONE)
    assert not holds(keys.of_uri("https://169.254.169.254/jwks"), ONE)
    assert host.asked == []


def test_memory_is_bounded(host: KeyHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_keys, "_MOST_SETS", 5)
    keys = RemoteKeySets(GuardedClient(LOOPBACK))
    for number in range(12):
        assert keys.get(f"{host.url}?{number}") is not None
    assert len(keys._known) == 5
    monkeypatch.setattr(remote_keys, "_MOST_BYTES", 3000)
    heavy = RemoteKeySets(GuardedClient(LOOPBACK))
    host.body = orjson.dumps(key_set(ONE) | {"filling": "x" * 600})
    for number in range(6):
        assert heavy.get(f"{host.url}?{number}") is not None
    assert len(heavy._known) == 2
    assert heavy._known.weight <= 3000


def test_a_shelf_holds_what_was_asked_for_last() -> None:
    shelf: Shelf[list[int]] = Shelf(3, 100)
    first = shelf.put("a", [1], 40)
    assert shelf.put("a", [2], 10) is first  # who came second takes what stands there
    shelf.put("b", [2], 40)
    assert shelf.get("a") is first
    shelf.put("c", [3], 40)
    assert (shelf.get("a"), shelf.get("b"), shelf.get("c")) == ([1], None, [3])
    shelf.put("a", first, 1)
    shelf.put("d", [4], 10)
    shelf.put("e", [5], 10)
    assert (len(shelf), shelf.weight, shelf.get("c")) == (3, 21, None)
    shelf.put("f", [6], 101)  # too heavy for any shelf
    assert (len(shelf), shelf.weight) == (0, 0)


def test_the_key_to_encrypt_to_is_chosen_by_what_it_is_for(host: KeyHost) -> None:
    keys = ClientKeys(GuardedClient(LOOPBACK))
    agreed = OKPKey.generate_key("X25519", {"kid": "x", "use": "enc"})
    either = ec_key("either")
    both = {"keys": [*key_set(ONE, RSA)["keys"], {k: v for k, v in key_set(either)["keys"][0].items() if k != "use"}]}
    by_value = client(jwks=both)
    assert keys.encrypting(by_value, "RSA-OAEP-256").kid == "rsa"
    assert keys.encrypting(by_value, "ECDH-ES").kid == "either"
    both["keys"].extend(key_set(agreed)["keys"])
    assert (
        keys.encrypting(client(jwks=both), "ECDH-ES").kid == "x"
    )  # said to be for encryption: before one that says nothing
    for unfit in (
        key_set(ONE),
        key_set(rsa_key("r", use="enc", alg="RSA-OAEP")),
        key_set(OKPKey.generate_key("Ed25519")),
        {"keys": []},
    ):
        with pytest.raises(ClientKeysUnavailable):
            keys.encrypting(client(jwks=unfit), "RSA-OAEP-256")
    published = client(jwks_uri=host.url)
    with pytest.raises(ClientKeysUnavailable):
        keys.encrypting(published, "RSA-OAEP")
    host.keys = [ONE, RSA]
    keys = ClientKeys(GuardedClient(LOOPBACK))
    assert keys.encrypting(published, "RSA-OAEP").kid == "rsa"


def test_certificates_are_those_that_the_keys_show(host: KeyHost) -> None:
    keys, _ = keys_at(host)
    chain = [base64.b64encode(b"certificate").decode(), base64.b64encode(b"its issuer").decode()]
    host.body = orjson.dumps(key_set(ONE, x5c=chain))
    assert keys.certificates(client(jwks_uri=host.url)) == [b"certificate"]
    host.body = orjson.dumps(key_set(ONE, x5c=[base64.b64encode(b"another").decode()]))
    assert keys.certificates(client(jwks_uri=host.url), b"another") == [b"another"]
    assert keys.certificates(client(jwks_uri=host.url), b"unknown") == []
    assert keys.certificates(client(jwks={"keys": [{"kty": "RSA", "x5c": ["?"]}, {"kty": "EC", "x5c": 1}]})) == []


@pytest.mark.parametrize(
    "odd",
    [
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43},  # not on the curve
        {"kty": "EC", "crv": "secp256k1", "x": "A" * 43, "y": "A" * 43},
        {"kty": "OKP", "crv": "Ed448", "x": "A" * 43},
        {"kty": "RSA", "n": rsa_key("x").as_dict()["n"], "e": "Ag"},
        {"kty": "RSA", "n": rsa_key("x").as_dict()["n"], "e": "A" * 400},
        {"kty": "RSA", "n": "A" * 342, "e": "AQAB"},
        {"kty": "RSA", "n": "_" * 1399, "e": "AQAB"},
        {"kty": "RSA", "n": 1, "e": "AQAB"},
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"},
        {**key_set(ONE)["keys"][0], "use": "other"},
        {**key_set(ONE)["keys"][0], "key_ops": "verify"},
        {**key_set(ONE)["keys"][0], "kid": 7},
        {},
        7,
    ],
)
def test_a_key_that_we_do_not_understand_is_passed_over(odd: Any) -> None:
    assert [key.kid for key in jwks.read_set({"keys": [odd, *key_set(TWO)["keys"]]}).keys] == ["two"]


def test_weak_and_giant_rsa_keys_are_passed_over() -> None:
    small = {
        "kty": "RSA",
        "e": "AQAB",
        "n": base64.urlsafe_b64encode((2**1023 + 1).to_bytes(128, "big")).decode().rstrip("="),
    }
    giant = {
        "kty": "RSA",
        "e": "AQAB",
        "n": base64.urlsafe_b64encode((2**8200 + 1).to_bytes(1026, "big")).decode().rstrip("="),
    }
    just_too_small = {
        "kty": "RSA",
        "e": "AQAB",
        "n": base64.urlsafe_b64encode((2**2046 + 1).to_bytes(256, "big")).decode().rstrip("="),
    }
    assert jwks.read_set({"keys": [small, giant, just_too_small]}).keys == ()


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "k"])
def test_a_set_with_a_private_key_is_refused(member: str) -> None:
    with pytest.raises(KeySetRefused, match="private_key"):
        jwks.read_set({"keys": [*key_set(ONE)["keys"], {**key_set(TWO)["keys"][0], member: "AA"}]})


def test_threads_may_share_it(host: KeyHost) -> None:
    keys = ClientKeys(GuardedClient(LOOPBACK))
    sites = [client(jwks=key_set(ONE, TWO)), client(jwks_uri=host.url)]
    failures: list[object] = []

    def work() -> None:
        for _ in range(30):
            failures.extend(site for site in sites if not holds(keys.verifying(site), ONE))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
