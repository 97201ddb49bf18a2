"""The examples printed in the specifications: RFC 7515, 7516, 7517, 7518, 8037."""

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc.jwk import ECKey, OctKey, RSAKey

from idp.core import ids, signing
from idp.core.jwt import jose, jwks
from idp.core.jwt.jose import JoseRefused

JOE = {"iss": "joe", "exp": 1300819380, "http://example.com/is_root": True}
_BODY = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

A1_KEY = {"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}
A1 = f"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{_BODY}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
A2_KEY = {
    "kty": "RSA",
    "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm"
    "4d4QlL-yRT-SFd2lZS-pCg"
    "NMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7"
    "WTBEMa2R2CapHg665xsmtd"
    "VMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
    "e": "AQAB",
}
A2 = (
    f"eyJhbGciOiJSUzI1NiJ9.{_BODY}."
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujG"
    "bds9uJdbF9CUAr7t1dnZcA"
    "cQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6"
    "_dO--xi12jzDwusC-eOkHWE"
    "sqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
)
A3_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
A3 = (
    f"eyJhbGciOiJFUzI1NiJ9.{_BODY}."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
A5 = f"eyJhbGciOiJub25lIn0.{_BODY}."


def test_rfc_7515_a1_hmac_sha256() -> None:
    key = OctKey.import_key(A1_KEY)
    assert jose.read_signed(A1, lambda _header: [key], algorithms=["HS256"]).claims == JOE


@pytest.mark.parametrize(("token", "jwk"), [(A2, A2_KEY), (A3, A3_KEY)], ids=["A.2 RS256", "A.3 ES256"])
def test_rfc_7515_signatures(token: str, jwk: dict[str, str]) -> None:
    (key,) = jwks.read_set({"keys": [jwk]}).keys
    assert jose.read_signed(token, lambda _header: [key], algorithms=jose.SIGNATURES).claims == JOE


def test_rfc_7515_a5_the_unsecured_token_is_refused() -> None:
    (key,) = jwks.read_set({"keys": [A2_KEY]}).keys
    for algorithms in (jose.SIGNATURES, ["none"], [*jose.SIGNATURES, "none"]):
        with pytest.raises(JoseRefused, match="algorithm"):
            jose.read_signed(A5, lambda _header: [key], algorithms=algorithms)


def test_rfc_7516_a1_rsa_oaep_and_a256gcm() -> None:
    key = RSAKey.import_key({
        "kty": "RSA", "e": "AQAB",
        "n": "oahUIoWw0K0usKNuOR6H4wkf4oBUXHTxRvgb48E-BVvxkeDNjbC4he8rUWcJoZmds2h7M70imEVhRU5djINXtql"
        "lXI4DFqcI1DgjT9LewND8MW2Krf3S"
        "psk_ZkoFnilakGygTwpZ3uesH-PFABNIUYpOiN15dsQRkgr0vEhxN92i2asbOenSZeyaxziK72UwxrrKoExv6kc5twXT"
        "q4h-QChLOln0_mtUZwfsRaMStPs6mS6"
        "XrgxnxbWhojf663tuEQueGC-FCMfra36C9knDFGzKsNa7LZK2djYgyD3JR_MB_4NUJW_TqOQtwHYbxevoJArm-L5StowjzGy-_bq6Gw",
        "d": "kLdtIj6GbDks_ApCSTYQtelcNttlKiOyPzMrXHeI-yk1F7-kpDxY4-WY5NWV5KntaEeXS1j82E375xxhWMHXyvj"
        "YecPT9fpwR_M9gV8n9Hrh2anTpTD9"
        "3Dt62ypW3yDsJzBnTnrYu1iwWRgBKrEYY46qAZIrA2xAwnm2X7uGR1hghkqDp0Vqj3kbSCz1XyfCs6_LehBwtxHIyh8R"
        "ipy40p24moOAbgxVw3rxT_vlt3UVe4W"
        "O3JkJOzlpUf-KTVI2Ptgm-dARxTEtE-id-4OJr0h-K-VFs3VSndVTIznSxfyrj8ILL6MG_Uv8YAu7VILSB3lOW085-4qE3DzgrTjgyQ",
    })  # fmt: skip
    token = (
        "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ."
        "OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGeipsEdY3mx_etLbbWSrFr05kLzcSr"
        "4qKAq7YN7e9jwQRb23nfa6c9d-StnIm"
        "GyFDbSv04uVuxIp5Zms1gNxKKK2Da14B8S4rzVRltdYwam_lDp5XnZAYpQdb76FdIKLaVmqgfwX7XWRxv2322i-vDxRf"
        "qNzo_tETKzpVLzfiwQyeyPGLBIO56YJ"
        "7eObdv0je81860ppamavo35UgoRdbYaBcoh9QcfylQr66oc6vFWXRcZ_ZT2LawVCWTIy3brGPi6UklfCpIMfIjf7iGdXKHzg."
        "48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A."
        "XFBoMYUZodetZdvTiFvSkQ"
    )
    opened = jose.read_encrypted(token, lambda _header: [key])
    assert opened == "The true sign of intelligence is not knowledge but imagination."


def test_rfc_7518_c_ecdh_es_key_agreement() -> None:
    """Bob opens what was encrypted under the key that the appendix derives from Alice's one-time key."""
    header = (
        "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTEyOEdDTSIsImFwdSI6IlFXeHBZMlUiLCJhcHYiOiJRbTlpIiwiZXBrIjp7"
        "Imt0eSI6IkVDIiwiY3J2IjoiUC0yNTYi"
        "LCJ4IjoiZ0kwR0FJTEJkdTdUNTNha3JGbU15R2NzRjNuNWRPN01td05CSEtXNVNWMCIsInkiOiJTTFdfeFNmZnpsUFdy"
        "SEVWSTMwREhNXzRlZ1Z3dDNOUXFlVUQ3"
        "bk1GcHBzIn19"
    )
    bob = ECKey.import_key({
        "kty": "EC", "crv": "P-256", "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
        "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck", "d": "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw",
    })  # fmt: skip
    derived = base64.urlsafe_b64decode("VqqN6vgjbSBcIijNcacQGg==")
    iv = bytes(12)
    sealed = AESGCM(derived).encrypt(iv, b"hello", header.encode())
    token = ".".join([header, "", *(ids.base64url(part) for part in (iv, sealed[:-16], sealed[-16:]))])
    assert jose.read_encrypted(token, lambda _header: [bob]) == "hello"


def test_rfc_7517_a1_public_keys_and_a2_private_keys() -> None:
    encryption = {
        "kty": "EC", "crv": "P-256", "use": "enc", "kid": "1", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    }  # fmt: skip
    signature = {
        "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
        "BJECPebWKRXjBZCiFV4n3oknjhMst"
        "n64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9"
        "c7d0zgdAZHzu6qMQvRL5hajrn1n91Cb"
        "OpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    }  # fmt: skip
    ours, theirs = jwks.read_set({"keys": [encryption, signature]}).keys
    assert jwks.can_encrypt_to(ours, "ECDH-ES")
    assert not jwks.can_verify(ours, "ES256")
    assert jwks.can_verify(theirs, "RS256")
    assert not jwks.can_verify(theirs, "PS256")
    assert not jwks.can_encrypt_to(theirs, "RSA-OAEP")  # its owner says that it is for RS256
    assert theirs.thumbprint() == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"  # RFC 7638 §3.1
    private = {**encryption, "d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}
    with pytest.raises(jwks.KeySetRefused, match="private_key"):
        jwks.read_set({"keys": [private, signature]})


def test_rfc_8037_a_ed25519() -> None:
    seed = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    pem = (
        ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )
    signer = signing.load_signer("ed", "EdDSA", pem)
    assert signer.public_jwk["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    signature = signer.sign(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc")
    expected = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    assert ids.base64url(signature) == expected


def test_openid_core_at_hash_and_c_hash_examples() -> None:
    """OpenID Connect Core appendices A.3 and A.4: left halves under RS256."""
    assert ids.left_half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") == "77QmUPtjPfzWtF2AnpK9RQ"
    assert ids.left_half_hash("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk") == "LDktKdoQak3Pk0cnXxCltA"
    assert len(ids.left_half_hash("x", "sha512")) == 43
    assert {alg: signing.hash_of(alg) for alg in ("ES256", "PS384", "ES512", "EdDSA")} == {
        "ES256": "sha256", "PS384": "sha384", "ES512": "sha512", "EdDSA": "sha512",
    }  # fmt: skip
