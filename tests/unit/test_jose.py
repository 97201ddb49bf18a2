"""The one door for JOSE from outside: what passes, and that everything else is refused in one way."""

import base64
import contextlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwe, jws
from joserfc.jwk import ECKey, JWKRegistry, Key, OctKey, OKPKey, RSAKey

from idp.core import signing
from idp.core.jwt import jose, jwks
from idp.core.jwt.jose import JoseRefused

SIGNERS = {alg: signing.load_signer(f"k-{alg}", alg, signing.new_private_key(alg)) for alg in signing.ALGORITHMS}
KEYS = {alg: JWKRegistry.import_key(dict(signer.public_jwk)) for alg, signer in SIGNERS.items()}
RSA_OPENER = RSAKey.import_key(signing.new_private_key("RSA-OAEP"), {"kid": "enc-rsa", "use": "enc"})
EC_OPENER = ECKey.import_key(signing.new_private_key("ECDH-ES"), {"kid": "enc-ec", "use": "enc"})
CLAIMS = {"iss": "https://rp.example", "sub": "汉字", "n": 1.5}
SECRET = "s" * 64


def source(*keys: Key) -> jose.KeySource:
    return lambda _header: keys


def b64(raw: bytes | Mapping[str, Any]) -> str:
    data = raw if isinstance(raw, bytes) else orjson.dumps(raw)
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(header: bytes | Mapping[str, Any], payload: bytes | Mapping[str, Any], alg: str = "ES256") -> str:
    """A JWS made by hand, its signature good whatever its header says."""
    message = f"{b64(header)}.{b64(payload)}"
    return f"{message}.{b64(SIGNERS[alg].sign(message.encode()))}"


def read(token: str, *keys: Key, algorithms: Iterable[str] = jose.SIGNATURES) -> jose.Signed:
    return jose.read_signed(token, source(*(keys or KEYS.values())), algorithms=tuple(algorithms))


def reason(token: str, *keys: Key, algorithms: Iterable[str] = jose.SIGNATURES) -> str:
    with pytest.raises(JoseRefused) as refused:
        read(token, *keys, algorithms=algorithms)
    return refused.value.reason


@pytest.mark.parametrize("alg", signing.ALGORITHMS)
def test_what_each_algorithm_signs_is_read(alg: str) -> None:
    token = signing.compact(SIGNERS[alg], CLAIMS, typ="JWT")
    got = read(token)
    assert got.claims == CLAIMS
    assert got.header == {"alg": alg, "kid": f"k-{alg}", "typ": "JWT"}
    others = [key for name, key in KEYS.items() if name != alg]
    assert reason(token, *others) in {"no_key", "signature"}
    assert reason(token, algorithms=[name for name in signing.ALGORITHMS if name != alg]) == "algorithm"


def test_eddsa_goes_by_both_of_its_names() -> None:
    assert read(signed({"alg": "Ed25519"}, CLAIMS, "EdDSA")).claims == CLAIMS
    bare = OKPKey.import_key({k: v for k, v in SIGNERS["EdDSA"].public_jwk.items() if k != "alg"})
    assert read(signed({"alg": "EdDSA"}, CLAIMS, "EdDSA"), bare).claims == CLAIMS
    for name, other in (("Ed25519", "EdDSA"), ("EdDSA", "Ed25519")):
        assert read(signed({"alg": name}, CLAIMS, "EdDSA"), algorithms=[other]).claims == CLAIMS
        assert reason(signed({"alg": name}, CLAIMS, "EdDSA"), algorithms=["ES256"]) == "algorithm"


@pytest.mark.parametrize(("alg", "octets"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
def test_a_mac_needs_a_secret_that_the_caller_offers_and_that_is_long_enough(alg: str, octets: int) -> None:
    for length, is_enough in ((octets, True), (octets - 1, False)):
        secret = "x" * length
        token = jws.serialize_compact({"alg": alg}, b'{"a":1}', OctKey.import_key(secret), algorithms=[alg])
        keys = jose.secret_keys(["another" * 10, secret])
        if is_enough:
            assert jose.read_signed(token, keys, algorithms=jose.MACS).claims == {"a": 1}
        else:
            with pytest.raises(JoseRefused, match="signature"):
                jose.read_signed(token, keys, algorithms=jose.MACS)
        with pytest.raises(JoseRefused, match="algorithm"):
            jose.read_signed(token, keys, algorithms=jose.SIGNATURES)


@pytest.mark.parametrize("alg", jose.KEY_WRAPS)
@pytest.mark.parametrize("enc", jose.CONTENT_ENCRYPTIONS)
def test_what_is_encrypted_to_us_is_opened(alg: str, enc: str) -> None:
    key = RSA_OPENER if alg.startswith("RSA") else EC_OPENER
    inner = signing.compact(SIGNERS["ES256"], CLAIMS)
    token = jwe.encrypt_compact({"alg": alg, "enc": enc, "cty": "JWT", "kid": "x"}, inner, key, algorithms=[alg, enc])
    assert jose.is_encrypted(token)
    assert jose.peek(token)["enc"] == enc
    opener = source(EC_OPENER, RSA_OPENER)
    assert jose.read_encrypted(token, opener) == inner
    for narrower in ({"algorithms": ["dir"]}, {"encryptions": []}, {"max_bytes": len(token) - 1}):
        with pytest.raises(JoseRefused):
            jose.read_encrypted(token, opener, **narrower)
    head, ek, iv, text, tag = token.split(".")
    for broken in (
        f"{head}.{ek}.{iv}.{text}.{tag[:10]}",
        f"{head}.{ek}.{iv}.{text}A.{tag}",
        f"{head}..{iv}.{text}.{tag}x",
    ):
        with pytest.raises(JoseRefused):
            jose.read_encrypted(broken, opener)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "ES256", "crit": ["exp"], "exp": 1},
        {"alg": "ES256", "crit": []},
        {"alg": "ES256", "b64": False, "crit": ["b64"]},
        {"alg": "ES256", "b64": True},
        {"alg": "ES256", "zip": "DEF"},
        {"alg": "ES256", "p2c": 1},
        {"alg": "ES256", "kid": 1},
        {"alg": "ES256", "kid": "k" * 256},
        {"alg": "ES256", "typ": ["JWT"]},
        {"alg": "ES256", "kid": "a\x00b"},
        {"alg": ["ES256"]},
        {"alg": None},
        {},
        b"[]",
        b'"ES256"',
        b'{"alg":"none","alg":"ES256"}',
        b'{"alg":"ES256","x":{"a":{"b":{"c":{}}}}}',
        b'{"alg":"ES256","x":NaN}',
        b'{"alg":"ES256"}x',
        b'\xef\xbb\xbf{"alg":"ES256"}',
        b'{"alg":"ES256","x":"\xff"}',
        b"",
    ],
    ids=str,
)
def test_a_header_that_could_mean_something_else_is_refused(header: Any) -> None:
    assert reason(signed(header, CLAIMS)) == "header"


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"[]", b"1", b'"x"', b"null", b'{"a":1,"a":2}', b'{"a":{"b":1,"b":1}}', b'{"a":Infinity}', b'{"a":1e999}',
        b'{"a":"\\ud800"}', b'{"a":"\\u0000"}', b'{"\\u0000":1}', b'{"a":' + b"[" * 10 + b"]" * 10 + b"}",
        b'{"a":' + b"[" * 4000 + b"]" * 4000 + b"}", b"{" + b",".join(b'"%d":1' % n for n in range(1001)) + b"}",
        b'{"a":1}{}', b'{"a":' + b"9" * 5000 + b"}",
    ],
    ids=lambda each: str(each)[:40],
)  # fmt: skip
def test_claims_are_plain_json_of_bounded_depth_and_number(payload: bytes) -> None:
    assert reason(signed({"alg": "ES256"}, payload)) == "claims"


def test_the_bounds_let_honest_claims_pass() -> None:
    claims = {"deep": [[[[[[[[1]]]]]]]], **{str(n): n for n in range(900)}}
    assert read(signed({"alg": "ES256", "x5t": "unknown names are passed over"}, claims)).claims == claims


def test_sizes_are_bounded_before_anything_is_decoded() -> None:
    assert reason(signed({"alg": "ES256"}, {"a": "x" * 16_384})) == "too_large"
    assert reason(signed({"alg": "ES256", "x": "x" * 4096}, CLAIMS)) == "header_too_large"
    assert reason("." * 16_000) == "parts"
    assert reason("a.b") == "parts"


def test_base64url_is_read_in_one_way_only() -> None:
    token = signed({"alg": "ES256"}, CLAIMS)
    head, body, signature = token.split(".")
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = signature[:-1] + last[last.index(signature[-1]) ^ 1]  # the same bytes, written differently
    for odd in (f"{head}.{body}.{signature}==", f"{head}.{body}.{twin}", f"{head}.{body}.{signature}\n", f" {token}",
                f"{head}.{body}.{signature[:-1]}+", f"{head}.{body}.{signature[:-3]}", f"{head}.{body}.ü"):  # fmt: skip
        assert reason(odd) in {"base64url", "signature"}, odd


TOKENS = st.one_of(
    st.text(max_size=200),
    st.lists(st.text("AZaz09-_=+ü", max_size=30), max_size=7).map(".".join),
    st.lists(
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        ).map(lambda value: b64(json.dumps(value).encode())),
        min_size=3,
        max_size=5,
    ).map(".".join),
)
HEADERS = st.fixed_dictionaries(
    {"alg": st.sampled_from([*jose.SIGNATURES, *jose.MACS, *jose.KEY_WRAPS, "none", "dir", "PBES2-HS256+A128KW"])},
    optional={
        "enc": st.sampled_from(jose.CONTENT_ENCRYPTIONS), "kid": st.text(max_size=9),
        "epk": st.fixed_dictionaries({}, optional={
            "kty": st.sampled_from(["EC", "OKP", "oct", 1]), "crv": st.sampled_from(["P-256", "P-521", "X25519", 2]),
            "x": st.text("AZ-_", max_size=44) | st.just("A" * 43), "y": st.text("AZ-_", max_size=44) | st.just("A" * 43),
        }),
        "apu": st.text(max_size=9), "x5c": st.lists(st.text(max_size=9), max_size=2), "jwk": st.just({"kty": "oct", "k": "AA"}),
    },
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(TOKENS)
def test_garbage_is_refused_and_nothing_else_happens(token: str) -> None:
    opener = source(RSA_OPENER, EC_OPENER)
    everything = (*KEYS.values(), *jose.secret_keys([SECRET])({}))
    for take in (
        lambda: jose.read_signed(token, source(*everything), algorithms=(*jose.SIGNATURES, *jose.MACS)),
        lambda: jose.read_encrypted(token, opener),
    ):
        with pytest.raises(JoseRefused):
            take()
    for look in (jose.peek, jose.unverified_claims):
        with contextlib.suppress(JoseRefused):
            assert isinstance(look(token), dict)


@settings(max_examples=400, deadline=None)
@given(HEADERS, st.lists(st.binary(max_size=64), min_size=2, max_size=4))
def test_sound_headers_on_garbage_are_refused_too(header: dict[str, Any], rest: list[bytes]) -> None:
    token = ".".join([b64(header), *map(b64, rest)])
    everything = (*KEYS.values(), *jose.secret_keys([SECRET])({}))
    with pytest.raises(JoseRefused):
        jose.read_signed(token, source(*everything), algorithms=(*jose.SIGNATURES, *jose.MACS))
    with pytest.raises(JoseRefused):
        jose.read_encrypted(token, source(RSA_OPENER, EC_OPENER))


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(["RSA", "EC", "OKP", "P-256", "AQAB"]),
        lambda inner: st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["keys", "kty", "crv", "x", "y", "n", "e", "use", "key_ops", "alg", "kid", "x5c"]), inner, max_size=6
        ),
    )
)  # fmt: skip
def test_any_key_set_is_read_or_refused(document: Any) -> None:
    for given_set in (document, {"keys": document}, {"keys": [document]}):
        with contextlib.suppress(jwks.KeySetRefused):
            assert all(not key.is_private for key in jwks.read_set(given_set).keys)
