"""The published examples: signing string and signature, answer signature, certificate number, encrypted content."""

import base64
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from idp.core import rsa_keys
from idp.core.secret import Secret
from idp.realname.adapters.alipay import answers, asking, certificate_numbers
from idp.realname.adapters.alipay.asking import Asked, Writer
from sandbox.alipay import keys, wire
from tests.contract.alipay.asking import options_for
from tests.sandbox import alipay_agreed as agreed

PUBLIC_KEY = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA20fDaQjlchDmzltl6W9UjKSBpMC0otzgKvdQ1vRdYhQH9rxwAjU17zL4tGPgutE9v0zQh+1N"
    "nyDJadwezxFuGfMr172KTWBObhsbEEclu9QQqhslxAxFpH3v0YXpnuyqQsjD2Hm5zDPiHR4zyW0ucHH3cz7v3G9pMv1HB9FjsZ3aol/QjbY8KC+cS0Xh"
    "OxMwqKdY0UL5DjvwLPFPkbpasndmVWY7Y1KlPdamH27yhZRcbs5qeZC9uMv8TFbCrZ5dVl+htwxknPhBW9a0ZUh5EaP6wDua8ybeZ7s2SpPT0ReXdZyA"
    "uqwWP5BNGXvfAc2SFNl74xSTqZfq94OgW0I+dwIDAQAB"
)
ASKED = (
    "app_id=2021000000000001&charset=utf-8&code=4b203fe6c11548bcabd8da5bb087a83b&format=JSON&grant_type=authorization_code"
    "&method=alipay.system.oauth.token&sign_type=RSA2&timestamp=2024-01-01 12:00:00&version=1.0"
)
ASKED_SIGNATURE = (
    "cgsr7ylH1dtesYvln5b2CwWRAzEVy+ifO9eZSz8AeLnrb0dR3jGy2Uy/j/qxW81bh2rI2VsSwbG2RzWZEGFPST6W6FVnN3yZdruqUVDoXcG5PCN8ouzF"
    "mTlVocd0vVgUccSl8oi9uZFAORffnVfroO8sLCI5AHnjaHhOod3MTt+nkINdHtwVBV1G3Rsu7b0apRt9HTDPjnxbNe7QT690VWYLpkbuiyiTRAOD47zQ"
    "XExmmFF/aHO1giXtQweBXRuy7WvFIxlOH+tbmL/96PiiQ79pD/PF5mWZ0sZL6wv0D6o9wlf3nHlgHPL6SC7crOQzs10FfzJyYGWLw1+YxTPTEw=="
)
ANSWER = '{"code":"10000","msg":"Success","certify_id":"2109b5e671aa3ff2eb4851816c65828f"}'
ANSWER_SIGNATURE = (
    "tSeiiwQokye5TJK2LcJfiPFlD4V9FMOEuzRVRV+3NwQ8zhiCueSoSJLgJmo4E4gcRy6L/TNyYAyGermFcos74xn5envRJbQEl+x1bFJ8PKTEnX5tl7sx"
    "qATW3VTHIb+pRP3GIEWBCwepngM7C8O6ONQZ46mBRGgSo4oTQPBRIhhhoqBj10n7Lq8ysg6uAOBSdeWPhHyZ0cysI7wZiuqOXC+U4j6HPlbIfBH0CxMk"
    "xa1fOwykZCejQhnEP+X0lf3s7n/3pQrRPX40Jmh3/9KaZJheK8tLqRIghRXBowXE66oXakS5LB3NR/sTF2zaIC/pQ825ZIjFUWABwlauJXlXzg=="
)


def test_the_string_to_sign_is_the_published_one():
    writer = Writer.of(options_for("https://alipay.example"))
    asked = Asked(
        "alipay.system.oauth.token",
        plain={"grant_type": "authorization_code", "code": "4b203fe6c11548bcabd8da5bb087a83b", "refresh_token": ""},
    )
    signed = writer.write(asked, datetime(2024, 1, 1, 4, 0, tzinfo=UTC))
    parameters = dict(parse_qsl(signed.query) + parse_qsl(signed.body))

    assert asking.string_to_sign(parameters) == wire.string_to_sign(parameters) == ASKED
    own = rsa_keys.public_key(agreed.public_pem("app"))
    assert own.verifies(base64.b64decode(parameters["sign"]), ASKED.encode())


def test_the_published_signature_of_a_request_verifies():
    key = rsa_keys.public_key(PUBLIC_KEY)

    assert key.verifies(base64.b64decode(ASKED_SIGNATURE), ASKED.encode())
    assert not key.verifies(base64.b64decode(ASKED_SIGNATURE), ASKED.encode() + b" ")


def test_the_published_signature_of_an_answer_verifies_over_its_bytes():
    body = f'{{"alipay_user_certify_open_initialize_response":{ANSWER},"sign":"{ANSWER_SIGNATURE}"}}'.encode()
    answer = answers.read(body, "alipay.user.certify.open.initialize")

    assert answer.signed == ANSWER.encode()
    assert rsa_keys.public_key(PUBLIC_KEY).verifies(base64.b64decode(answer.signature), answer.signed)


def test_the_published_certificate_number():
    issuer = "CN=Sandbox Alipay Class 2 CA,OU=Certification Authority,O=Sandbox,C=CN"

    assert certificate_numbers.of_names(issuer, 1234567890123456789) == "2c7ac5b590fee44052582d6862a93085"


def test_both_ends_number_a_certificate_alike():
    from cryptography import x509

    from idp.core import partner_certificates

    pem = agreed.authority().certificate("app")
    certificate = partner_certificates.read_one(pem)
    assert certificate.issuer == "CN=Sandbox ca Class 2 R1,OU=Certification Authority,O=Sandbox,C=CN"
    assert certificate_numbers.of(certificate) == keys.number_of(x509.load_pem_x509_certificate(pem.encode()))


def test_roots_are_numbered_when_they_sign_with_rsa():
    from idp.core import partner_certificates

    own, other = agreed.authority(), agreed.authority("other")
    bundle = agreed.pem(own.root) + agreed.pem(agreed.curve_root()) + agreed.pem(other.root)
    numbers = certificate_numbers.of_roots(partner_certificates.read_all(bundle))

    assert numbers == f"{keys.number_of(own.root)}_{keys.number_of(other.root)}"


def test_the_published_encryption():
    key = base64.b64decode("AAECAwQFBgcICQoLDA0ODw==")

    assert asking.encrypted(key, '{"a":"1"}') == keys.encrypt(key, '{"a":"1"}') == "5nIFKwTThD46JymYc6QiKg=="
    assert asking.decrypted(key, "5nIFKwTThD46JymYc6QiKg==") == '{"a":"1"}'


def test_the_content_is_encrypted_before_it_is_signed():
    writer = Writer.of(options_for("https://alipay.example", aes_key=Secret(agreed.AES_KEY)))
    signed = writer.write(
        Asked("alipay.user.certify.open.query", {"certify_id": "1"}), datetime(2024, 1, 1, tzinfo=UTC)
    )
    parameters = dict(parse_qsl(signed.query) + parse_qsl(signed.body))

    assert parameters["encrypt_type"] == "AES"
    assert asking.decrypted(base64.b64decode(agreed.AES_KEY), parameters["biz_content"]) == '{"certify_id":"1"}'
    own = rsa_keys.public_key(agreed.public_pem("app"))
    assert own.verifies(base64.b64decode(parameters["sign"]), asking.string_to_sign(parameters).encode())
