"""The published vectors of SM2, SM3 and SM4, and a second opinion from OpenSSL."""

import base64
import shutil
import subprocess

import gmalg
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.padding import PKCS7
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.core import crypto, sm2
from idp.core.crypto import DataKey, Purpose, Suite
from idp.core.errors import ConfigurationError
from idp.core.sm2 import Encoding, KeyBroken, PrivateKey, PublicKey

D = "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8"
X = "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
Y = "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
Z = "B2E14C5C79C6DF5B85F4FE7ED8DB7A262B9DA7E07CCB0EA9F4747B8CCDA8A4F3"
K = int("59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21", 16)
R = "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
S = "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
MESSAGE = b"message digest"
TOKEN = (
    "eyJhbGciOiJTR0RfU00zX1NNMiIsInR5cCI6IkpXVCIsImtpZCI6InNtMi1kZW1vIn0"
    ".eyJpc3MiOiJodHRwczovL3Nzby5leGFtcGxlLmdvdi5jbiIsInN1YiI6InUxIiwiYXVkIjoiZGVtbyIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDAwMzAwfQ"
    ".4YO7-xABP7POTX-tyjaQCwUt7NcNiS6NFHA9ihQNQxgVZzo1GOJnh4WQUb4vVVqck7BkUqJa0VtQb-5g4WPryw"
)
SM4_KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")


@pytest.fixture
def private() -> PrivateKey:
    return PrivateKey.parse(D)


@pytest.fixture
def public(private: PrivateKey) -> PublicKey:
    return private.public_key


def test_the_public_key_of_the_standard(public):
    assert public == PublicKey.parse(X + Y) == PublicKey.parse("04" + X + Y)
    assert public.point.hex().upper() == f"04{X}{Y}"


def test_the_signature_of_the_standard(private, public):
    raw = private.sign(MESSAGE, encoding=Encoding.RAW, nonce=lambda bits: K)

    assert raw.hex().upper() == R + S
    assert public.verifies(raw, MESSAGE, encoding=Encoding.RAW)
    der = private.sign(MESSAGE, encoding=Encoding.DER, nonce=lambda bits: K)
    assert (sm2.to_der(raw), sm2.to_raw(der)) == (der, raw)
    assert public.verifies(der, MESSAGE, encoding=Encoding.DER)


def test_z_of_the_standard(public):
    curve = (
        "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC"
        "28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93"
        "32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7"
        "BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0"
    )
    entity = b"\x00\x80" + sm2.USER_ID + bytes.fromhex(curve) + public.point[1:]

    assert crypto.sm3(entity).hex().upper() == Z


def test_the_token_signed_with_sm2_verifies(public):
    signed, _, signature = TOKEN.rpartition(".")

    assert public.verifies(base64.urlsafe_b64decode(signature + "=="), signed.encode(), encoding=Encoding.RAW)


def test_nothing_else_is_a_signature(private, public):
    raw = bytes.fromhex(R + S)

    assert not public.verifies(raw, MESSAGE + b" ", encoding=Encoding.RAW)
    assert not public.verifies(raw, MESSAGE, encoding=Encoding.DER)
    assert not public.verifies(sm2.to_der(raw), MESSAGE, encoding=Encoding.RAW)
    assert not public.verifies(raw, MESSAGE, encoding=Encoding.RAW, user_id=b"another one")
    for broken in (b"", raw[:-1], raw + b"\0", bytes(64), b"\xff" * 64, raw[32:] + raw[:32]):
        assert not public.verifies(broken, MESSAGE, encoding=Encoding.RAW)
    other = PrivateKey.parse(f"{0x1234:064x}").public_key
    assert not other.verifies(raw, MESSAGE, encoding=Encoding.RAW)


@settings(max_examples=10, deadline=None)
@given(number=st.integers(1, 2**200), message=st.binary(max_size=50))
def test_what_a_key_signs_its_public_half_verifies(number, message):
    key = PrivateKey.parse(f"{number:064x}")

    for encoding in Encoding:
        assert key.public_key.verifies(key.sign(message, encoding=encoding), message, encoding=encoding)


def test_small_numbers_of_a_signature_keep_their_leading_zeros():
    raw = bytes(31) + b"\x01" + bytes(30) + b"\x80\x00"

    assert sm2.to_raw(sm2.to_der(raw)) == raw


@pytest.mark.parametrize("text", ["", "xyz", D[:-2], "00" * 32, "ff" * 32, D + "00"])
def test_what_is_no_private_key(text):
    with pytest.raises(KeyBroken):
        PrivateKey.parse(text)


@pytest.mark.parametrize("text", ["", D, "02" + X, "05" + X + Y, X + X, "04" + X + Y + "00", "00" * 64])
def test_what_is_no_public_key(text):
    with pytest.raises(KeyBroken):
        PublicKey.parse(text)


def test_a_private_key_shows_nothing(private):
    assert D.lower() not in repr(private).lower()
    assert repr(bytes.fromhex(D)) not in repr(private)


def test_without_the_library_a_source_names_the_extra(monkeypatch):
    monkeypatch.setattr(sm2, "gmalg", None)

    with pytest.raises(ConfigurationError, match=r"elicence: it signs with SM2, which needs the extra \[gm\]"):
        sm2.require("elicence")


def test_encryption_of_the_standard():
    public = bytes.fromhex(f"04{X}{Y}")
    sealed = gmalg.SM2(pk=public, rnd_fn=lambda bits: K).encrypt(b"encryption standard")

    assert sealed.hex().upper() == (
        "0404EBFC718E8D1798620432268E77FEB6415E2EDE0E073C0F4F640ECD2E149A73"
        "E858F9D81E5430A57B36DAAB8F950A3C64E6EE6A63094D99283AFF767E124DF0"
        "59983C18F809E262923C53AEC295D30383B54E39D609D160AFCB1908D0BD8766"
        "21886CA989CA9C7D58087307CA93092D651EFA"
    )
    assert gmalg.SM2(sk=bytes.fromhex(D)).decrypt(sealed) == b"encryption standard"


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        (b"abc", "66C7F0F462EEEDD9D1F2D46BDC10E4E24167C4875CF2F7A2297DA02B8F4BA8E0"),
        (b"abcd" * 16, "DEBE9FF92275B8A138604889C18E5A4D6FDB70E5387E5765293DCBA39C0C5732"),
    ],
)
def test_sm3(message, digest):
    assert crypto.sm3(message).hex().upper() == digest


def test_hmac_sm3():
    key = DataKey("index", Purpose.INDEX, Suite.NATIONAL, b"key")

    assert crypto.keyed_digest(key, b"abc").hex().upper() == (
        "28E63256E7C5A087B1F073265DC53092163F7B82729735D06F28F10AF9D52393"
    )


def test_sm4():
    ecb = Cipher(algorithms.SM4(SM4_KEY), modes.ECB()).encryptor()
    assert ecb.update(SM4_KEY).hex().upper() == "681EDF34D206965E86B3E94F536E4246"

    gcm = Cipher(algorithms.SM4(SM4_KEY), modes.GCM(bytes(12))).encryptor()
    assert (gcm.update(SM4_KEY) + gcm.finalize()).hex().upper() == "B2302963C73E85C2B1B994F1397373DD"
    assert gcm.tag.hex().upper() == "AC61151B250144AB95E61AE9785BD260"

    padder, padded = PKCS7(128).padder(), Cipher(algorithms.SM4(SM4_KEY), modes.ECB()).encryptor()
    sealed = padded.update(padder.update(b"370199198503070017") + padder.finalize())
    assert base64.b64encode(sealed) == b"prcyEHz4RaF/Ia1Ug/PYA4gGz+z0GtxIytC3oWb7fGg="


def test_pbkdf2_with_sm3():
    derived = PBKDF2HMAC(hashes.SM3(), 32, b"salt", 10).derive(b"pw")

    assert derived.hex().upper() == "6E757645CB3C23AB6D1D5ACC276B736FEB9F35AAE534BA1CB3F631D0FA84CBDA"


def openssl(*arguments: object) -> str:
    """Run the program; skip when it is not there or was built without SM2."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("no openssl on this machine")
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode and "genpkey" in arguments:
        pytest.skip("this openssl knows no SM2")
    return done.stdout + done.stderr


@pytest.fixture
def key_file(tmp_path):
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-out", tmp_path / "key.pem")
    openssl("pkey", "-in", tmp_path / "key.pem", "-pubout", "-out", tmp_path / "public.pem")
    openssl("ec", "-in", tmp_path / "key.pem", "-out", tmp_path / "sec1.pem")
    (tmp_path / "message").write_bytes("电子营业执照".encode())
    return tmp_path


_SM2_OPTIONS = ("-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678")


def test_openssl_and_we_read_the_same_keys(key_file):
    key = PrivateKey.parse((key_file / "key.pem").read_text())

    assert PrivateKey.parse((key_file / "sec1.pem").read_text()) == key
    assert PublicKey.parse((key_file / "public.pem").read_text()) == key.public_key


def test_openssl_verifies_what_we_sign(key_file):
    key = PrivateKey.parse((key_file / "key.pem").read_text())
    signature = key.sign((key_file / "message").read_bytes(), encoding=Encoding.DER)
    (key_file / "signature").write_bytes(signature)
    told = openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", key_file / "public.pem", "-in", key_file / "message",
        "-sigfile", key_file / "signature", *_SM2_OPTIONS,
    )  # fmt: skip

    assert "Verified Successfully" in told


def test_we_verify_what_openssl_signs(key_file):
    openssl(
        "pkeyutl", "-sign", "-inkey", key_file / "key.pem", "-in", key_file / "message",
        "-out", key_file / "signature", *_SM2_OPTIONS,
    )  # fmt: skip
    public = PublicKey.parse((key_file / "public.pem").read_text())
    message, signature = (key_file / "message").read_bytes(), (key_file / "signature").read_bytes()

    assert public.verifies(signature, message, encoding=Encoding.DER)
    assert public.verifies(sm2.to_raw(signature), message, encoding=Encoding.RAW)
