"""Face scans in the Alipay application, by each of its products, over real HTTP."""

import json
from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from idp.core import clock
from idp.core.identifiers import Document, DocumentKind
from idp.core.secret import Secret
from idp.realname.ports import (
    Applicant,
    AssuranceLevel,
    CheckMethod,
    Pending,
    Refutation,
    Refuted,
    Started,
    Unavailable,
    Verified,
)
from sandbox.alipay import keys
from tests.contract.alipay.asking import (
    DESK,
    MISMATCHED,
    PERSON,
    ScriptedHttp,
    options_for,
    progress,
    soon,
    source_of,
)
from tests.sandbox import alipay_agreed as agreed

PRODUCTS = ("certify", "zhima", "datadigital")


@pytest.fixture(params=PRODUCTS)
def face(request, sandbox, http):
    return source_of(options_for(sandbox.url, product=request.param), http).challenge


@pytest.fixture(params=["plain", "aes"])
def certify(request, sandbox, http):
    key = Secret(agreed.AES_KEY if request.param == "aes" else "")
    return source_of(options_for(sandbox.url, aes_key=key), http).challenge


def test_a_face_scan_promises_a_real_person(source):
    capability = source.challenge.capability

    assert (capability.assurance_level, capability.check_method) == (
        AssuranceLevel.REAL_PERSON,
        CheckMethod.BIOMETRIC_REMOTE,
    )
    assert capability.is_face
    assert capability.documents == {DocumentKind.RESIDENT_ID}


def test_a_matching_face_verifies_name_and_number(face, phone):
    started = face.start(PERSON, DESK, soon())
    assert face.poll(PERSON, progress(started), soon()) == Pending(started.request_number)

    assert phone.scan(started, "match") == agreed.RETURN_URL  # with no result in it

    assert face.poll(PERSON, progress(started), soon()) == Verified(
        frozenset({"name", "resident_id"}), started.request_number
    )


def test_encrypted_content_works_the_same(certify, phone):
    started = certify.start(PERSON, DESK, soon())
    phone.scan(started, "match")

    assert isinstance(certify.poll(PERSON, progress(started), soon()), Verified)


@pytest.mark.parametrize("action", ["mismatch", "cancel"])
def test_what_is_not_passed_waits_for_the_person_and_then_counts_as_no(face, phone, action):
    started = face.start(PERSON, DESK, soon())
    phone.scan(started, action)

    number = started.request_number
    assert face.poll(PERSON, progress(started), soon()) == Pending(number)
    assert face.poll(PERSON, progress(started, has_returned=True), soon()) == Refuted(Refutation.FACE_MISMATCH, number)


def test_who_does_nothing_has_abandoned_it_in_the_end(face):
    started = face.start(PERSON, DESK, soon())

    late = face.poll(PERSON, progress(started, is_last=True), soon())
    assert late == Refuted(Refutation.ABANDONED, started.request_number)


def test_a_pass_in_the_last_moment_counts(face, phone):
    started = face.start(PERSON, DESK, soon())
    phone.scan(started, "match")

    assert isinstance(face.poll(PERSON, progress(started, has_returned=True, is_last=True), soon()), Verified)


def test_a_face_does_not_make_a_wrong_name_right(face, phone):
    started = face.start(MISMATCHED, DESK, soon())
    phone.scan(started, "match")

    assert isinstance(face.poll(MISMATCHED, progress(started, has_returned=True), soon()), Refuted)


def test_a_number_that_cannot_be_is_refuted_at_the_start(face):
    nobody = Applicant("测试甲", Document(DocumentKind.RESIDENT_ID, "370199198503070018"))

    outcome = face.start(nobody, DESK, soon())
    assert isinstance(outcome, Refuted)
    assert outcome.reason is Refutation.MISMATCH


def test_other_documents_are_not_sent(face, http):
    traveller = Applicant("测试甲", Document(DocumentKind.FOREIGN_PASSPORT, "E00000000"))

    outcome = face.start(traveller, DESK, soon())
    assert isinstance(outcome, Unavailable)
    assert outcome.reason == "document_not_served"
    assert http.sent == []


def test_an_unknown_ticket_is_over(face):
    started = face.start(PERSON, DESK, soon())
    unknown = Started("0" * 32, started.open_url, started.request_number, started.lasts)

    outcome = face.poll(PERSON, progress(unknown), soon())
    assert outcome == Refuted(Refutation.ABANDONED, started.request_number)


def test_a_desk_shows_the_page_and_a_phone_opens_the_application(face):
    started = face.start(PERSON, DESK, soon())

    opened = urlsplit(started.app_url)
    assert (opened.scheme, opened.netloc + opened.path) == ("alipays", "platformapi/startapp")
    assert started.app_url.startswith("alipays://platformapi/startapp?appId=20000067&url=http%3A%2F%2F")
    assert unquote(started.app_url.partition("&url=")[2]) == started.open_url
    assert len(started.request_number) == 32
    assert started.lasts == timedelta(minutes=5)


def test_the_first_request_is_as_documented(source, http):
    started = source.challenge.start(PERSON, DESK, soon())

    query, body = http.parameters()
    assert query["method"] == "alipay.user.certify.open.initialize"
    assert body == {
        "biz_content": f'{{"outer_order_no":"{started.request_number}","biz_code":"FACE",'
        '"identity_param":{"identity_type":"CERT_INFO","cert_type":"IDENTITY_CARD",'
        '"cert_name":"测试甲","cert_no":"370199198503070017"},'
        f'"merchant_config":{{"return_url":"{agreed.RETURN_URL}","face_reserve_strategy":"never"}}}}'
    }
    page = parse_qs(urlsplit(started.open_url).query)
    assert page["method"] == ["alipay.user.certify.open.certify"]
    assert page["biz_content"] == [f'{{"certify_id":"{started.ticket}"}}']
    assert set(query) == {"app_id", "method", "format", "charset", "sign_type", "timestamp", "version", "sign"}


def test_the_older_product_sends_its_inner_objects_as_text(sandbox, http):
    face = source_of(options_for(sandbox.url, product="zhima"), http).challenge
    started = face.start(PERSON, DESK, soon())

    query, body = http.parameters()
    assert query["method"] == "zhima.customer.certification.initialize"
    assert body["biz_content"] == (
        f'{{"transaction_id":"{started.request_number}","product_code":"w1010100000000002978","biz_code":"FACE",'
        '"identity_param":"{\\"identity_type\\":\\"CERT_INFO\\",\\"cert_type\\":\\"IDENTITY_CARD\\",'
        '\\"cert_name\\":\\"测试甲\\",\\"cert_no\\":\\"370199198503070017\\"}",'
        '"merchant_config":"{}","ext_biz_param":"{}"}'
    )
    page = parse_qs(urlsplit(started.open_url).query)
    assert page["return_url"] == [agreed.RETURN_URL]


def test_the_newer_product_asks_alipay_for_the_page(sandbox, http):
    face = source_of(options_for(sandbox.url, product="datadigital"), http).challenge
    started = face.start(PERSON, DESK, soon())

    assert http.methods() == [
        "datadigital.fincloud.generalsaas.face.certify.initialize",
        "datadigital.fincloud.generalsaas.face.certify.verify",
    ]
    assert started.open_url.startswith(f"{sandbox.url}/alipay/scan/")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://a.example/", "//a.example/", "x" * 3000, 7, None])
def test_a_page_that_is_no_web_address_is_not_opened(http, url):
    def answer(step, **members):
        told = json.dumps({"code": "10000", "msg": "Success", **members})
        name = f"datadigital_fincloud_generalsaas_face_certify_{step}_response"
        return f'{{"{name}":{told},"sign":"{keys.sign(agreed.key("alipay"), told)}"}}'.encode()

    scripted = ScriptedHttp(answer("initialize", certify_id="a" * 32), answer("verify", certify_url=url))
    face = source_of(options_for("http://127.0.0.1:9", product="datadigital"), scripted).challenge

    outcome = face.start(PERSON, DESK, soon())
    assert isinstance(outcome, Unavailable)
    assert outcome.reason == "broken_answer"


def test_nothing_is_sent_twice(sandbox, source, http):
    sandbox.switch("alipay", "busy")

    assert source.challenge.start(PERSON, DESK, soon()).reason == "gateway:20000:isp.unknow-error"
    assert len(http.sent) == 1


def test_a_page_opened_too_late_is_refused(sandbox, source):
    started = source.challenge.start(PERSON, DESK, soon())
    sandbox.travel(11 * 60)

    assert sandbox.session.get(started.open_url, timeout=10).status_code == 400


def test_our_clock_astray_is_unavailability(source):
    clock.travel(timedelta(minutes=11))

    assert source.challenge.start(PERSON, DESK, soon()).reason == "gateway:40002:isv.invalid-timestamp"


def test_nothing_of_a_person_shows_in_what_is_kept(source, phone):
    started = source.challenge.start(PERSON, DESK, soon())
    phone.scan(started, "match")
    outcome = source.challenge.poll(PERSON, progress(started), soon())

    shown = repr(started) + repr(outcome) + repr(source)
    assert not any(text in shown for text in ("测试甲", "370199198503070017", started.ticket, "PRIVATE", "FACE_URL"))
