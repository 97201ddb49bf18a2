"""The check vectors of the platforms: keys, sealed secrets and signatures, at our end and at the sandbox's."""

import pytest

from idp.core import crypto
from idp.core.secret import Secret
from idp.realname.adapters.exchange import cipher
from sandbox import gateway_cipher
from sandbox.population import access_keys, md5, national_cipher

NATIONAL_KEY, NATIONAL_SECRET = "sandbox-appkey-0001", "sandbox-secret-abcdef"
NATIONAL_TEXT = "s_1200000900000_2109" + "RID-SANDBOX-001" + "1700000000000"
PROVINCIAL_TEXT = "gw-app-001" + "1700000000000"


def test_the_key_that_javas_generator_makes_of_a_seed():
    assert cipher.derived_key(Secret(NATIONAL_KEY)).hex() == "b2d324d8c087751fb87724dbef6867e5"
    assert gateway_cipher.secret_key(NATIONAL_KEY).hex() == "b2d324d8c087751fb87724dbef6867e5"


def test_a_session_secret_under_that_key():
    sealed = "CWlCiIftwV8oBC37ReABitwXSjjccsAIbWMq3seEcXg="

    assert cipher.decrypt_secret(Secret(NATIONAL_KEY), sealed).reveal() == NATIONAL_SECRET
    assert gateway_cipher.encrypt_secret(NATIONAL_KEY, NATIONAL_SECRET) == sealed


@pytest.mark.parametrize(
    ("key", "text", "signature"),
    [
        (NATIONAL_KEY, NATIONAL_TEXT, "5YxDa8dHGu9AENiE69jZbxt28SBcEG9xk6+6LRKzSLs="),
        (NATIONAL_SECRET, NATIONAL_TEXT, "OKyNIMyjnwrXg/0rCRtcz/QbPTehqyEWAtjnBi/SQ4k="),
        ("gw-appkey-0001", PROVINCIAL_TEXT, "OnbT0P2B+3FJKQ+/EKB76yU6FE2GHKAdJ0SbTGli2Ik="),
    ],
)
def test_signatures_of_the_exchange_and_of_the_gateway(key, text, signature):
    assert cipher.sign(Secret(key), text) == gateway_cipher.sign(key, text) == signature


def test_the_gateways_signature_in_national_cryptography():
    """The vector holds for the exchange's sample key over the gateway's text."""
    signature = "C2i29P9u5g5VTB1hhKbCX551ACP4vSnAgIv8YCL4R4U="

    assert cipher.sign_sm3(Secret(NATIONAL_KEY), PROVINCIAL_TEXT) == signature
    assert national_cipher.sign(NATIONAL_KEY, PROVINCIAL_TEXT) == signature


def test_the_md5_gateways_signature():
    signature = "95a66730904fd9544d91f5c51e621deb"

    assert cipher.md5_sign("zj-app-001", Secret("zj-secret-001"), "1700000000000") == signature
    assert md5.sign("zj-app-001", "zj-secret-001", "1700000000000") == signature


def test_the_access_key_gateways_signature():
    date, signature = "Mon, 01 Jan 2024 04:00:00 GMT", "XgT2c3sRv0ZRBZqz5gqrssdXH9Rsx1FGxhvFhrqQnMA="
    path, query = "/restapi/prod/x", "a=1&b=2"

    assert cipher.sign_lines(Secret("sandbox-sk"), "GET", path, query, "sandbox-ak", date) == signature
    assert access_keys.sign("sandbox-sk", "GET", path, "b=2&a=1", "sandbox-ak", date) == signature


def test_the_standards_own_vectors_of_sm3_and_sm4():
    block = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")

    assert crypto.sm3(b"abc").hex().upper() == "66C7F0F462EEEDD9D1F2D46BDC10E4E24167C4875CF2F7A2297DA02B8F4BA8E0"
    assert crypto.sm3(b"abcd" * 16).hex().upper() == "DEBE9FF92275B8A138604889C18E5A4D6FDB70E5387E5765293DCBA39C0C5732"
    mac = "28E63256E7C5A087B1F073265DC53092163F7B82729735D06F28F10AF9D52393"
    assert crypto.hmac_sm3(b"key", b"abc").hex().upper() == mac
    first = crypto.seal_sm4_cbc(block, bytes(16), block)[:16]  # with an IV of zeros the first block is ECB
    assert first.hex().upper() == "681EDF34D206965E86B3E94F536E4246"


@pytest.mark.parametrize("plain", [b"", b"x", "测试甲".encode() * 100, bytes(range(256))])
def test_both_ends_open_what_the_other_sealed_with_sm4(plain):
    seed = "gw-appkey-0001"

    assert cipher.open_sm4(Secret(seed), national_cipher.seal_bytes(seed, plain)) == plain
    assert national_cipher.open_bytes(seed, cipher.seal_sm4(Secret(seed), plain)) == plain
    assert cipher.seal_sm4(Secret(seed), plain) != cipher.seal_sm4(Secret(seed), plain)


@pytest.mark.parametrize("sealed", ["", "!", "AAAA", "CWlCiIftwV8oBC37ReABitwXSjjccsAIbWMq3seEcXk=", "é"])
def test_a_secret_that_does_not_decrypt_is_broken(sealed):
    with pytest.raises(cipher.SecretBroken):
        cipher.decrypt_secret(Secret(NATIONAL_KEY), sealed)
    with pytest.raises(cipher.SecretBroken):
        cipher.open_sm4(Secret(NATIONAL_KEY), sealed)
