"""The provincial gateway and the population service answer as the published exchange says."""

import base64
import re
import threading
import uuid

import pytest

from sandbox import gateway_cipher
from tests.sandbox import wire
from tests.sandbox.served import ServedSandbox
from tests.sandbox.wire import call, get_secret, request_about, signed_headers


def test_the_check_vectors_of_the_platforms_hold():
    national = "s_1200000900000_2109" + "RID-SANDBOX-001" + "1700000000000"

    assert gateway_cipher.secret_key("sandbox-appkey-0001").hex() == "b2d324d8c087751fb87724dbef6867e5"
    sealed = gateway_cipher.encrypt_secret("sandbox-appkey-0001", "sandbox-secret-abcdef")
    assert sealed == "CWlCiIftwV8oBC37ReABitwXSjjccsAIbWMq3seEcXg="
    assert gateway_cipher.sign("sandbox-appkey-0001", national) == "5YxDa8dHGu9AENiE69jZbxt28SBcEG9xk6+6LRKzSLs="
    assert gateway_cipher.sign("sandbox-secret-abcdef", national) == "OKyNIMyjnwrXg/0rCRtcz/QbPTehqyEWAtjnBi/SQ4k="
    provincial = gateway_cipher.sign("gw-appkey-0001", "gw-app-001" + "1700000000000")
    assert provincial == "OnbT0P2B+3FJKQ+/EKB76yU6FE2GHKAdJ0SbTGli2Ik="


def test_a_token_is_an_encrypted_secret_of_ten_minutes(sandbox):
    answer = sandbox.post("/proxy/auth/token", headers=signed_headers(wire.APP_KEY, sandbox.now_ms()))

    body = answer.json()
    assert (body["code"], body["body"]["expires_in"]) == ("0", 600)
    assert len(wire.decrypt(wire.APP_KEY, body["body"]["access_token"])) >= 32


def test_the_published_exchange_succeeds_to_the_letter(sandbox):
    sandbox.set_clock(wire.RTIME)
    secret = get_secret(sandbox)
    answer = call(sandbox, wire.REQUEST, secret=secret)

    assert (answer.status, answer.content_type) == (200, "text/xml;charset=UTF-8")
    assert answer.text.startswith(
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        '<ns1:GK_GXFW_SFHCResponse xmlns:ns1="http://webservice.com/"><ns1:out>&lt;PACKAGE&gt;'
    )
    assert re.sub(r"<FSSJ>\d{14}</FSSJ>", "", answer.package) == (
        "<PACKAGE><PACKAGEHEAD><FFQQBH>5f0c1d2e3a4b4c5d8e9f001122334455</FFQQBH>"
        "<FHDM>10</FHDM><FHMS>接口调用成功</FHMS></PACKAGEHEAD>"
        '<DATA><RECORD no="1" code="" msg=""><GMSFHM>370199198503070017</GMSFHM><GMSFHM_PPDDM>1</GMSFHM_PPDDM>'
        "<XM>测试甲</XM><XM_PPDDM>1</XM_PPDDM><SWBS>0</SWBS></RECORD></DATA></PACKAGE>"
    )


@pytest.mark.parametrize(
    ("number", "name", "codes"),
    [
        ("370199198503070017", "测试甲", ("1", "1", "0")),
        ("370199198503070025", "测试乙", ("1", "1", "0")),
        ("37019919900520008X", "买买提·测试", ("1", "1", "0")),
        ("37019919900520008X", "买买提•测试", ("1", "2", "0")),
        ("370199199912310012", "测试丙", ("1", "2", "0")),
        ("370299197001010111", "测试丁", ("1", "1", "1")),
        ("370699200002290123", "测试戊", ("1", "1", "0")),
        ("370199201506010030", "测试小", ("1", "1", "0")),
        ("370199198503070017", "测试乙", ("1", "2", "0")),
    ],
)
def test_the_registry_knows_its_people(sandbox, number, name, codes):
    answer = call(sandbox, request_about(number, name))

    assert answer.value("FHDM") == "10"
    assert (answer.value("GMSFHM"), answer.value("XM")) == (number, name)
    assert tuple(answer.value(field) for field in ("GMSFHM_PPDDM", "XM_PPDDM", "SWBS")) == codes


@pytest.mark.parametrize(
    ("number", "code"),
    [("370199194910010013", "02"), ("371399198808080146", "02"), ("370199198503070018", "99"), ("", "99")],
)
def test_other_numbers_are_not_in_the_library_or_no_numbers(sandbox, number, code):
    answer = call(sandbox, request_about(number, "测试甲"))

    assert answer.value("FHDM") == "10"
    assert f'code="{code}"' in answer.package
    assert answer.value("GMSFHM_PPDDM") == answer.value("XM_PPDDM") == answer.value("SWBS") == ""


def test_an_escaped_package_is_as_good_as_cdata(sandbox):
    body = request_about("370199198503070017", "测试甲")
    package = body.partition("<![CDATA[")[2].partition("]]>")[0]
    escaped = package.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    assert call(sandbox, body.replace(f"<![CDATA[{package}]]>", escaped)).value("XM_PPDDM") == "1"


def test_the_tongtech_namespace_is_answered_in_kind(sandbox):
    body = request_about("370199198503070017", "测试甲").replace("webservice.com", "webservice.tongtech.com")

    assert 'xmlns:ns1="http://webservice.tongtech.com/"' in call(sandbox, body).text


@pytest.mark.parametrize("path", ["/proxy/auth/token", wire.SERVICE])
@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"gateway_appid": "gw-app-002"}, 401, "401001"),
        ({"gateway_appid": ""}, 401, "401001"),
        ({"gateway_appid": "\u00e9"}, 401, "401001"),
        ({"gateway_sig": "b3RoZXI="}, 401, "401002"),
        ({"gateway_sig": ""}, 401, "401002"),
        ({"gateway_rtime": "1700000000000"}, 401, "401003"),
        ({"gateway_rtime": "-1"}, 401, "401003"),
        ({"gateway_rtime": "9" * 400}, 401, "401003"),
        ({"gateway_rtime": ""}, 401, "401003"),
    ],
)
def test_a_call_that_is_not_signed_right_is_turned_away(sandbox, path, change, status, code):
    key = wire.APP_KEY if path.endswith("token") else get_secret(sandbox)
    headers = signed_headers(key, sandbox.now_ms()) | {"Content-Type": "text/xml"} | change
    answer = sandbox.post(path, data=b"", headers={k: v.encode("latin-1") for k, v in headers.items()})

    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(("seconds", "status"), [(-290, 200), (290, 200), (-310, 401), (310, 401)])
def test_five_minutes_of_skew_are_allowed(sandbox, seconds, status):
    headers = signed_headers(wire.APP_KEY, sandbox.now_ms() + seconds * 1000)

    assert sandbox.post("/proxy/auth/token", headers=headers).status_code == status


def test_the_application_key_does_not_sign_service_calls(sandbox):
    answer = call(sandbox, request_about("370199198503070017", "测试甲"), secret=wire.APP_KEY)

    assert (answer.status, "401002" in answer.text) == (401, True)


def test_a_secret_ends_after_ten_minutes_and_another_one_does_not_end_it_sooner(sandbox):
    first = get_secret(sandbox)
    sandbox.travel(590)
    second = get_secret(sandbox)
    body = request_about("370199198503070017", "测试甲")

    assert call(sandbox, body, secret=first).status == 200
    sandbox.travel(11)
    assert call(sandbox, request_about("370199198503070017", "测试甲"), secret=first).status == 401
    assert call(sandbox, request_about("370199198503070017", "测试甲"), secret=second).status == 200


def test_a_service_that_was_not_granted_is_refused(sandbox):
    headers = signed_headers(get_secret(sandbox), sandbox.now_ms()) | {"Content-Type": "text/xml"}
    answer = sandbox.post("/proxy/api/GK_JZCX_RKJCXXCX", headers=headers, data=b"")

    assert (answer.status_code, answer.json()["code"]) == (403, "403001")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("sandbox-user", "other-user"),
        ("c2FuZGJveC1wd2Q=", base64.b64encode(b"other").decode()),
        ("c2FuZGJveC1wd2Q=", ""),
    ],
)
def test_wrong_credentials_of_the_service_get_a_package_error(sandbox, right, wrong):
    answer = call(sandbox, request_about("370199198503070017", "测试甲").replace(right, wrong))

    assert answer.value("FHDM") == "20"
    assert "RECORD" not in answer.package


def test_a_request_number_counts_once_even_in_a_race(sandbox):
    body, secret, codes = request_about("370199198503070017", "测试甲"), get_secret(sandbox), []

    def ask() -> None:
        codes.append(call(sandbox, body, secret=secret).value("FHDM"))

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(codes) == ["10"] + ["20"] * 11


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<JLS>1</JLS>", "<JLS>2</JLS>"),
        ("<QQRXM>测试乙</QQRXM>", ""),
        ("<FSSJ>20231115061320</FSSJ>", "<FSSJ>yesterday</FSSJ>"),
        ("<PACKAGE>", "<!DOCTYPE PACKAGE><PACKAGE>"),
        ("</PACKAGE>", ""),
        ("</DATA>", "</DATA><DATA/>"),
        ("<GMSFHM>", "<GMSFHM>&nothing;"),
    ],
)
def test_a_package_not_as_agreed_gets_a_package_error(sandbox, old, new):
    answer = call(sandbox, request_about("370199198503070017", "测试甲").replace(old, new, 1))

    assert (answer.status, answer.value("FHDM")) == (200, "20")


@pytest.mark.parametrize("number", ["short", "5f0c1d2e-3a4b-4c5d-8e9f-001122334455"])
def test_a_request_number_is_a_uuid_without_hyphens(sandbox, number):
    assert call(sandbox, request_about("370199198503070017", "测试甲", number)).value("FHDM") == "20"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\xff\xfe",
        b"<a/>",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b"<?php echo 1?><a/>",
        b"<a>" * 100 + b"</a>" * 100,
        wire.REQUEST.replace("GK_GXFW_SFHC>", "GK_OTHER>").encode(),
        wire.REQUEST.replace("http://webservice.com/", "http://elsewhere.example/").encode(),
        wire.REQUEST.replace("schemas.xmlsoap.org/soap", "www.w3.org/2003/05/soap").encode(),
        wire.REQUEST.encode("gb18030"),
    ],
)
def test_what_is_no_call_gets_a_soap_fault(sandbox, body):
    answer = call(sandbox, body)

    assert answer.status == 500
    assert "<faultcode>soap:Client</faultcode>" in answer.text


def test_names_may_hold_markup_characters(sandbox):
    answer = call(sandbox, request_about("370199198503070017", "&lt;测&amp;试&gt;"))

    assert (answer.value("FHDM"), answer.value("XM_PPDDM")) == ("10", "2")


def test_too_much_wrong_method_and_wrong_type_are_refused_plainly(sandbox):
    headers = signed_headers(get_secret(sandbox), sandbox.now_ms())

    assert (
        sandbox.post(wire.SERVICE, headers={**headers, "Content-Type": "text/xml"}, data=b"x" * 300_000).status_code
        == 413
    )
    assert sandbox.get(wire.SERVICE).status_code == 405
    assert sandbox.post(wire.SERVICE, headers={**headers, "Content-Type": "text/plain"}, data=b"x").status_code == 415


def test_state_survives_a_restart(tmp_path):
    number = uuid.uuid4().hex
    with ServedSandbox(tmp_path) as first:
        secret = get_secret(first)
        assert call(first, request_about("370199198503070017", "测试甲", number), secret=secret).value("FHDM") == "10"
    with ServedSandbox(tmp_path) as second:
        assert call(second, request_about("370199198503070017", "测试甲", number), secret=secret).value("FHDM") == "20"
        assert call(second, request_about("370199198503070017", "测试甲"), secret=secret).value("FHDM") == "10"
