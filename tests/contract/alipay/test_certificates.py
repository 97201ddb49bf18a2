"""Certificate mode: keys named by certificates under one root, and a new one fetched when it appears."""

from datetime import timedelta

import pytest

from idp.core import clock
from idp.core.secret import Secret
from idp.realname.ports import Started, Unavailable, Verified
from tests.contract.alipay.asking import DESK, PERSON, in_certificate_mode, progress, soon, source_of
from tests.sandbox import alipay_agreed as agreed
from tests.sandbox.served import ServedSandbox


@pytest.fixture(scope="module")
def parts():
    own = agreed.authority()
    given = {
        "app_cert": own.certificate("app"),
        "alipay_cert": own.certificate("alipay"),
        "alipay_root_cert": agreed.pem(own.root) + agreed.pem(agreed.curve_root()),
    }
    return {"alipay": agreed.table(**given)}


@pytest.fixture(scope="module")
def served(parts, tmp_path_factory):
    with ServedSandbox(tmp_path_factory.mktemp("certificates"), hang_seconds=3, parts=parts) as running:
        yield running


@pytest.fixture
def cert_options(sandbox, parts):
    return in_certificate_mode(
        sandbox.url, parts["alipay"]["alipay_cert"], app_cert=parts["alipay"]["app_cert"]
    )  # the very certificate that Alipay knows of us


def test_a_scan_passes(cert_options, http, phone):
    face = source_of(cert_options, http).challenge
    started = face.start(PERSON, DESK, soon())
    phone.scan(started, "match")

    assert isinstance(face.poll(PERSON, progress(started), soon()), Verified)
    assert "alipay.open.app.alipaycert.download" not in http.methods()


def test_a_new_certificate_is_fetched_once(sandbox, parts, http, phone):
    older = agreed.authority().certificate("alipay-before")
    options = in_certificate_mode(sandbox.url, older, app_cert=parts["alipay"]["app_cert"])
    face = source_of(options, http).challenge
    started = face.start(PERSON, DESK, soon())
    phone.scan(started, "match")

    assert isinstance(face.poll(PERSON, progress(started), soon()), Verified)
    assert http.methods() == [
        "alipay.user.certify.open.initialize",
        "alipay.open.app.alipaycert.download",
        "alipay.user.certify.open.query",
    ]


def test_a_new_certificate_is_fetched_with_encrypted_content_too(sandbox, parts, http):
    older = agreed.authority().certificate("alipay-before")
    options = in_certificate_mode(
        sandbox.url, older, app_cert=parts["alipay"]["app_cert"], aes_key=Secret(agreed.AES_KEY)
    )

    assert isinstance(source_of(options, http).challenge.start(PERSON, DESK, soon()), Started)


def test_a_certificate_of_strangers_is_not_believed(sandbox, cert_options, http):
    sandbox.switch("alipay", "unknown_certificate")

    outcome = source_of(cert_options, http).challenge.start(PERSON, DESK, soon())
    assert isinstance(outcome, Unavailable)
    assert outcome.reason == "untrusted"
    assert http.methods()[-1] == "alipay.open.app.alipaycert.download"


def test_a_certificate_under_another_root_is_not_believed(sandbox, parts, http):
    other = agreed.authority("other")
    options = in_certificate_mode(
        sandbox.url,
        other.certificate("alipay-before"),
        app_cert=parts["alipay"]["app_cert"],
        alipay_root_cert=agreed.pem(other.root),
    )

    assert isinstance(source_of(options, http).challenge.start(PERSON, DESK, soon()), Unavailable)


def test_an_ended_certificate_is_not_believed(cert_options, http):
    face = source_of(cert_options, http).challenge
    clock.travel(timedelta(days=31))

    assert isinstance(face.start(PERSON, DESK, soon()), Unavailable)
