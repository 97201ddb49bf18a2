"""What is known to have broken readers of signed and encrypted tokens (RFC 8725), tried on ours."""

import base64
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwe, jws
from joserfc.jwk import ECKey, Key, OctKey, OKPKey

from idp.core import signing
from idp.core.http import GuardedClient
from idp.core.jwt import jose, jwks
from idp.core.jwt.jose import JoseRefused
from idp.oidc.jwt.client_keys import ClientKeys
from idp.oidc.registration.client_metadata import ClientMetadata
from idp.oidc.registration.clients import RegisteredClient
from tests.flows.centre import Centre
from tests.flows.key_host import KeyHost, ec_key, key_set, rsa_key
from tests.flows.people import Person
from tests.flows.rp import RelyingParty
from tests.flows.test_requests import landed

CLAIMS = {"iss": "https://rp.example", "sub": "a"}
RSA_KEY, EC_KEY, ED_KEY = rsa_key("rsa"), ec_key("ec"), OKPKey.generate_key("Ed25519", {"kid": "ed", "use": "sig"})
OURS_RSA, OURS_EC = rsa_key("ours-rsa", use="enc"), ec_key("ours-ec", use="enc")
EVERY_ALG = (*jose.SIGNATURES, *jose.MACS, "none", "None", "NONE", "nOnE", "")


def b64(raw: bytes | dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(raw if isinstance(raw, bytes) else orjson.dumps(raw)).rstrip(b"=").decode()


def public(*keys: Key) -> jose.KeySource:
    read = jwks.read_set(key_set(*keys))
    return lambda header: read.named(header.get("kid"))


def refused(token: str, source: jose.KeySource, algorithms: Any = (*jose.SIGNATURES, *jose.MACS)) -> str:
    with pytest.raises(JoseRefused) as why:
        jose.read_signed(token, source, algorithms=algorithms)
    return why.value.reason


def sealed(header: dict[str, Any], plain: bytes, key: Key) -> str:
    registry = jwe.JWERegistry(algorithms=[header["alg"], header["enc"], "DEF"], strict_check_header=False)
    return jwe.encrypt_compact(header, plain, key, registry=registry)


def unopened(token: str, *keys: Key) -> str:
    with pytest.raises(JoseRefused) as why:
        jose.read_encrypted(token, lambda _header: keys or (OURS_RSA, OURS_EC))
    return why.value.reason


# --- algorithms ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alg", jose.MACS)
@pytest.mark.parametrize("key", [RSA_KEY, EC_KEY, ED_KEY], ids=["RSA", "EC", "OKP"])
def test_a_public_key_is_never_taken_for_a_secret(key: Any, alg: str) -> None:
    """RFC 8725 §2.1: whatever form of the public key served as the secret of the MAC."""
    as_dict = key.as_dict(private=False)
    forms = [
        key.as_pem(private=False), key.as_pem(private=False).strip(), key.as_der(private=False), orjson.dumps(as_dict),
        orjson.dumps(key_set(key)), *(value.encode() for value in as_dict.values() if isinstance(value, str)),
        *(base64.urlsafe_b64decode(as_dict[name] + "==") for name in ("n", "x") if name in as_dict),
    ]  # fmt: skip
    for form in forms:
        if len(form) < 14:
            continue
        head = b64({"alg": alg, "kid": key.kid})
        message = f"{head}.{b64(CLAIMS)}"
        secret = OctKey(form, form)
        forged = f"{message}.{b64(jws.JWSRegistry.algorithms[alg].sign(message.encode(), secret))}"
        assert refused(forged, public(key)) == "no_key"


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", ""])
def test_an_unsigned_token_is_refused_whatever_the_caller_allows(alg: str) -> None:
    for signature in ("", b64(b"x")):
        token = f"{b64({'alg': alg})}.{b64(CLAIMS)}.{signature}"
        assert refused(token, public(RSA_KEY, EC_KEY), EVERY_ALG) == "algorithm"


def test_a_key_serves_its_own_algorithm_only() -> None:
    pss = rsa_key("pss", alg="PS256")
    for alg in ("RS256", "RS384", "PS384"):
        assert refused(jws.serialize_compact({"alg": alg}, b"{}", rsa := rsa_key("pss"), algorithms=[alg]), public(pss))
        assert jose.read_signed(
            jws.serialize_compact({"alg": alg}, b"{}", rsa, algorithms=[alg]), public(rsa), algorithms=[alg]
        )
    token = jws.serialize_compact({"alg": "PS256"}, b"{}", pss, algorithms=["PS256"])
    declared_otherwise = {"keys": [{**pss.as_dict(private=False), "alg": "RS256"}]}
    read = jwks.read_set(declared_otherwise)
    assert refused(token, lambda _header: read.keys) == "no_key"
    for member, value in (("use", "enc"), ("key_ops", ["encrypt"]), ("key_ops", []), ("alg", "RSA-OAEP")):
        stated = jwks.read_set(
            {"keys": [{**{k: v for k, v in pss.as_dict(private=False).items() if k != "use"}, member: value}]}
        )
        assert refused(token, lambda _header, keys=stated.keys: keys) == "no_key"  # type: ignore[misc]


def test_a_curve_serves_its_own_algorithm_only() -> None:
    wide = ec_key("wide", crv="P-384")
    token = jws.serialize_compact({"alg": "ES384"}, b"{}", wide, algorithms=["ES384"])
    assert jose.read_signed(token, public(wide), algorithms=["ES384"])
    _head, body, signature = token.split(".")
    renamed = f"{b64({'alg': 'ES256'})}.{body}.{signature}"
    assert refused(renamed, public(wide)) == "no_key"
    assert refused(token, public(wide), ["ES256"]) == "algorithm"


@pytest.mark.parametrize("r", [0, 1, 2**256 - 1])
@pytest.mark.parametrize("s", [0, 2**256 - 1])
def test_degenerate_signatures_do_not_hold(r: int, s: int) -> None:
    """Zero for r and s passed a whole generation of readers (CVE-2022-21449)."""
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    message = f"{b64({'alg': 'ES256'})}.{b64(CLAIMS)}"
    for odd in (signature, b"", signature[:32], signature + b"\x00", b"\x00" * 132):
        assert refused(f"{message}.{b64(odd)}", public(EC_KEY)) == "signature"
    assert EC_KEY.private_key is not None
    in_der = EC_KEY.private_key.sign(message.encode(), ec.ECDSA(hashes.SHA256()))
    assert refused(f"{message}.{b64(in_der)}", public(EC_KEY)) == "signature"


# --- what a header names ---------------------------------------------------------------------------------------------------


@pytest.fixture
def evil() -> Iterator[KeyHost]:
    made = KeyHost(EC_KEY)
    yield made
    made.close()


def site(**changes: Any) -> RegisteredClient:
    metadata = {
        "client_name": "测试网站", "client_uri": "https://rp.example/", "initiate_login_uri": "https://rp.example/in",
        "redirect_uris": ["https://rp.example/callback"], **changes,
    }  # fmt: skip
    return RegisteredClient("c", "consent", ClientMetadata.model_validate(metadata), ())


@pytest.mark.parametrize("kid", ["own", None])
def test_a_header_brings_no_key_of_its_own(evil: KeyHost, kid: str | None) -> None:
    """RFC 8725 §3.10: neither `jwk` nor `jku`, `x5u` or `x5c` is followed."""
    own, theirs = ec_key("own"), ec_key("own")
    keys = ClientKeys(GuardedClient(("127.0.0.0/8",)))
    for member, value in (
        ("jwk", theirs.as_dict(private=False)), ("jku", evil.url), ("x5u", evil.url), ("x5c", ["MIIB"]), ("x5t", "AA"),
    ):  # fmt: skip
        header = {"alg": "ES256", member: value} | ({"kid": kid} if kid else {})
        message = f"{b64(header)}.{b64(CLAIMS)}"
        forged = f"{message}.{b64(jws.JWSRegistry.algorithms['ES256'].sign(message.encode(), theirs))}"
        assert refused(forged, keys.verifying(site(jwks=key_set(own)))) == "signature"
        honest = f"{message}.{b64(jws.JWSRegistry.algorithms['ES256'].sign(message.encode(), own))}"
        assert jose.read_signed(honest, keys.verifying(site(jwks=key_set(own))), algorithms=["ES256"]).claims == CLAIMS
    assert evil.asked == []


KIDS = [
    "../../../../etc/passwd", "/dev/null", "file:///etc/passwd", "http://169.254.169.254/", "' OR '1'='1",
    "1; DROP TABLE signing_keys",
    "ec' UNION SELECT 'x", "$(id)", "`id`", "%00", "\n", "\r\nX-Evil: 1", "{{7*7}}", "ü", "汉字", "", " ec",
    "EC", "ec\t", "k" * 255,
]  # fmt: skip


@pytest.mark.parametrize("kid", KIDS, ids=lambda kid: repr(kid)[:30])
def test_a_key_id_is_compared_and_nothing_more(kid: str, evil: KeyHost) -> None:
    keys = ClientKeys(GuardedClient(("127.0.0.0/8",)))
    token = jws.serialize_compact({"alg": "ES256", "kid": kid}, b"{}", ec_key("x"), algorithms=["ES256"])
    for source in (keys.verifying(site(jwks=key_set(EC_KEY))), keys.verifying(site(jwks_uri=evil.url))):
        assert refused(token, source) in {"no_key", "signature"}


@pytest.mark.parametrize(
    "kid", ["k" * 256, "k" * 4000, "a\x00b", 7, None, ["ec"], {"a": 1}, True], ids=lambda k: str(k)[:20]
)
def test_an_impossible_key_id_is_refused_before_any_key_is_asked_for(kid: Any) -> None:
    def never(_header: Any) -> list[Key]:
        raise AssertionError("nobody may be asked")

    message = f"{b64({'alg': 'ES256', 'kid': kid})}.{b64(CLAIMS)}"
    assert refused(f"{message}.{b64(bytes(64))}", never) in {"header", "header_too_large"}


def test_no_header_of_a_hint_reaches_anything(rp: RelyingParty, alice: Person, centre: Centre) -> None:
    good = rp.tokens_of(alice).id_token
    _head, body, signature = good.split(".")
    alg = jose.peek(good)["alg"]
    before = centre.rows()
    for kid in KIDS:
        forged = f"{b64({'alg': alg, 'kid': kid})}.{body}.{signature}"
        assert landed(rp.visit(prompt="none", id_token_hint=forged)).error == "invalid_request", kid
        assert rp.browser.raw("GET", f"/end-session?id_token_hint={quote(forged)}").status_code == 400
    assert centre.rows()["signing_keys"] == before["signing_keys"]
    assert landed(rp.visit(prompt="none", id_token_hint=good)).code


# --- size, depth, time --------------------------------------------------------------------------------------------------------


def took(work: Callable[[], Any]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


def test_a_compressed_envelope_is_refused_unopened() -> None:
    """A few kilobytes may hold megabytes (RFC 8725 §3.6)."""
    for key, alg in ((OURS_RSA, "RSA-OAEP"), (OURS_EC, "ECDH-ES")):
        bomb = sealed({"alg": alg, "enc": "A128GCM", "zip": "DEF"}, b"0" * 200_000, key)
        assert len(bomb) < 2_000
        assert unopened(bomb) == "header"
        honest = sealed({"alg": alg, "enc": "A128GCM"}, zlib.compress(b"0" * 100_000), key)
        assert unopened(honest) == "encryption"  # what is inside is text, not more to unpack


def test_an_envelope_in_an_envelope_is_refused() -> None:
    signed = jws.serialize_compact({"alg": "ES256", "kid": "ec"}, b'{"a":1}', EC_KEY, algorithms=["ES256"])
    once = sealed({"alg": "ECDH-ES", "enc": "A128GCM", "cty": "JWT"}, signed.encode(), OURS_EC)
    twice = sealed({"alg": "ECDH-ES", "enc": "A128GCM", "cty": "JWT"}, once.encode(), OURS_EC)

    def opener(_header: Any) -> list[Key]:
        return [OURS_EC]

    assert jose.read_signed(jose.read_encrypted(once, opener), public(EC_KEY), algorithms=["ES256"]).claims == {"a": 1}
    assert refused(jose.read_encrypted(twice, opener), public(EC_KEY)) == "parts"
    in_a_signature = jws.serialize_compact({"alg": "ES256", "cty": "JWT"}, signed, EC_KEY, algorithms=["ES256"])
    assert refused(in_a_signature, public(EC_KEY)) == "claims"
    unsigned = sealed({"alg": "ECDH-ES", "enc": "A128GCM"}, orjson.dumps(CLAIMS), OURS_EC)
    assert refused(jose.read_encrypted(unsigned, opener), public(EC_KEY)) == "parts"  # encryption is no signature


def test_no_password_is_worked_on() -> None:
    """PBES2 with a count chosen by the sender is work for us (CVE-2022-36083)."""
    for header in (
        {"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2s": "AAAAAAAA", "p2c": 2**31 - 1},
        {"alg": "dir", "enc": "A128GCM"}, {"alg": "A128KW", "enc": "A128GCM"}, {"alg": "RSA1_5", "enc": "A128GCM"},
        {"alg": "RSA-OAEP", "enc": "A192GCM"}, {"alg": "RSA-OAEP", "enc": "none"}, {"alg": "RSA-OAEP"},
    ):  # fmt: skip
        token = ".".join([b64(header), b64(bytes(256)), b64(bytes(12)), b64(b"x"), b64(bytes(16))])
        assert took(partial(unopened, token)) < 0.05
        assert unopened(token) in {"header", "algorithm"}


def test_a_one_time_key_must_lie_on_our_curve() -> None:
    """Points elsewhere give a private key away piece by piece (invalid curve attack, RFC 8725 §3.4)."""
    good = sealed({"alg": "ECDH-ES", "enc": "A128GCM"}, b"text", OURS_EC)
    head, *rest = good.split(".")
    header = orjson.loads(base64.urlsafe_b64decode(head + "=="))
    epk = header["epk"]
    other_curve = ec_key("o", crv="P-521").as_dict(private=False)
    for odd in (
        {**epk, "y": epk["x"]}, {**epk, "x": b64(bytes(32)), "y": b64(bytes(32))}, {**epk, "x": "", "y": ""},
        {**epk, "crv": "P-384"},
        {**epk, "crv": "secp256k1"}, {**epk, "kty": "OKP"}, {**epk, "d": b64(bytes(31) + b"\x01")}, {"kty": "EC"}, {}, [],
        "x", None,
        {name: other_curve[name] for name in ("kty", "crv", "x", "y")},
    ):  # fmt: skip
        assert unopened(".".join([b64({**header, "epk": odd}), *rest])) in {"no_key", "encryption"}
    assert (
        unopened(".".join([b64({name: value for name, value in header.items() if name != "epk"}), *rest])) == "no_key"
    )
    x25519 = OKPKey.generate_key("X25519", {"use": "enc"})
    low_order = {"alg": "ECDH-ES", "enc": "A128GCM", "epk": {"kty": "OKP", "crv": "X25519", "x": b64(bytes(32))}}
    assert unopened(".".join([b64(low_order), *rest]), x25519) == "encryption"


def test_a_shortened_or_altered_envelope_is_refused() -> None:
    for enc in jose.CONTENT_ENCRYPTIONS:
        token = sealed({"alg": "RSA-OAEP", "enc": enc}, b"text" * 8, OURS_RSA)
        head, ek, iv, text, tag = token.split(".")
        raw = base64.urlsafe_b64decode(tag + "==")
        for odd in (
            *(f"{head}.{ek}.{iv}.{text}.{b64(raw[:length])}" for length in (0, 1, 4, 8, 12, 15)),
            f"{head}.{ek}.{iv}.{text}.{b64(raw + b'x')}", f"{head}.{ek}.{b64(bytes(12))}.{text}.{tag}",
            f"{head}.{ek}..{text}.{tag}", f"{head}..{iv}.{text}.{tag}", f"{head}.{b64(bytes(256))}.{iv}.{text}.{tag}",
            f"{b64({'alg': 'RSA-OAEP', 'enc': enc, 'typ': 'x'})}.{ek}.{iv}.{text}.{tag}",
        ):  # fmt: skip
            assert unopened(odd) == "encryption"
        assert jose.read_encrypted(token, lambda _header: [OURS_RSA]) == "text" * 8


def refused_by_everybody(token: str) -> str:
    return refused(token, public(EC_KEY))


def unread(token: str) -> None:
    with pytest.raises(JoseRefused):
        jose.unverified_claims(token)


def test_every_refusal_of_a_large_or_deep_token_is_quick() -> None:
    deep = b"[" * 5_000 + b"]" * 5_000
    strings = b'"' + b'\\"' * 5_000
    tokens = [
        "a" * 5_000_000, "." * 5_000_000, "a." * 2_000_000, f"{b64({'alg': 'ES256', 'x': 'x' * 3000})}.{b64(deep)}.AA",
        f"{b64(b'{' * 3_000)}..", f"{b64(strings[:3000])}..", f"{b64(b'[' * 1500 + b']' * 1500)}.{b64(deep)}.AA",
        f"{b64({'alg': 'ES256'})}.{b64(deep)}.{b64(bytes(64))}", f"{b64({'alg': 'ES256'})}.{b64(strings)}.{b64(bytes(64))}",
    ]  # fmt: skip
    for token in tokens:
        for look in (refused_by_everybody, unopened, unread):
            assert took(partial(look, token)) < 0.05


def test_many_keys_are_not_all_tried() -> None:
    keys = [ECKey.generate_key("P-521", {"use": "sig"}) for _ in range(jwks.MAX_KEYS)]
    message = f"{b64({'alg': 'ES512'})}.{b64(CLAIMS)}"
    token = f"{message}.{b64(bytes(131) + bytes([1]))}"
    tried: list[Key] = []

    def counting(_header: Any) -> Iterator[Key]:
        for key in keys:
            tried.append(key)
            yield key

    assert refused(token, counting) == "signature"
    assert len(tried) == 10


def test_a_signature_of_ours_by_one_algorithm_is_not_one_by_another() -> None:
    signer = signing.load_signer("k", "RS256", signing.new_private_key("RS256"))
    _head, body, signature = signing.compact(signer, dict(CLAIMS)).split(".")
    for alg in ("RS384", "RS512", "PS256"):
        renamed = f"{b64({'alg': alg, 'kid': 'k'})}.{body}.{signature}"
        read = jwks.read_set({"keys": [signer.public_jwk]})
        assert refused(renamed, lambda _header, keys=read.keys: keys) == "no_key"  # type: ignore[misc]
