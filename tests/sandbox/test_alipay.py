"""The pretended Alipay keeps the platform's rules: what is missing, unknown, stale or wrongly signed is told so, signed."""

import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tests.sandbox import alipay_agreed as agreed

BEIJING = ZoneInfo("Asia/Shanghai")
PERSON = {
    "identity_type": "CERT_INFO",
    "cert_type": "IDENTITY_CARD",
    "cert_name": "测试甲",
    "cert_no": "370199198503070017",
}


def signed(method: str, content: object = None, key: str = "app", **changed: str | None) -> dict[str, str]:
    """A request as an application sends it; a member that is None is left out."""
    parameters = {
        "app_id": agreed.APP_ID,
        "method": method,
        "format": "JSON",
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": datetime.now(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
        "version": "1.0",
    }
    if content is not None:
        parameters["biz_content"] = content if isinstance(content, str) else json.dumps(content)
    parameters |= changed
    sent = {name: value for name, value in parameters.items() if value is not None}
    text = "&".join(f"{name}={value}" for name, value in sorted(sent.items()) if name != "sign")
    signature = agreed.key(key).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return {"sign": base64.b64encode(signature).decode(), **sent}


@pytest.fixture
def ask(sandbox):
    """Send a request, verify the answer's signature over its text, and return what is inside."""

    def ask(parameters: dict[str, str], *, in_query: bool = False):
        given = {"params": parameters} if in_query else {"data": parameters}
        answer = sandbox.post("/gateway.do", **given)
        assert answer.status_code == 200
        found = re.fullmatch(r'\{"(\w+)":(\{.*\}),"sign":"([^"]+)"\}', answer.text)
        public = agreed.key("alipay").public_key()
        public.verify(base64.b64decode(found[3]), found[2].encode(), padding.PKCS1v15(), hashes.SHA256())
        return found[1], json.loads(found[2])

    return ask


def initialize(order: str, **changed: object) -> dict[str, object]:
    content = {
        "outer_order_no": order,
        "biz_code": "FACE",
        "identity_param": PERSON,
        "merchant_config": {"return_url": agreed.RETURN_URL},
    }
    return content | changed


@pytest.mark.parametrize(
    ("missing", "sub_code"),
    [
        ("method", "isv.missing-method"),
        ("app_id", "isv.missing-app-id"),
        ("sign_type", "isv.missing-signature-type"),
        ("sign", "isv.missing-signature"),
        ("timestamp", "isv.missing-timestamp"),
        ("version", "isv.missing-version"),
    ],
)
def test_what_is_missing_is_named(ask, missing, sub_code):
    parameters = signed("alipay.user.certify.open.query", {"certify_id": "x"})
    del parameters[missing]
    _, told = ask(parameters)

    assert (told["code"], told["sub_code"]) == ("40001", sub_code)


@pytest.mark.parametrize(
    ("changed", "sub_code"),
    [
        ({"app_id": "2021000000000009"}, "isv.invalid-app-id"),
        ({"method": "alipay.trade.pay"}, "isv.invalid-method"),
        ({"sign_type": "RSA"}, "isv.invalid-signature-type"),
        ({"timestamp": "2024-01-01 12:00:00"}, "isv.invalid-timestamp"),
        ({"timestamp": "yesterday"}, "isv.invalid-timestamp"),
        ({"key": "another"}, "isv.invalid-signature"),
        ({"content": "{"}, "isv.invalid-parameter"),
        ({"content": "[]"}, "isv.invalid-parameter"),
        ({"encrypt_type": "AES"}, "isv.invalid-parameter"),
    ],
)
def test_what_is_wrong_is_named(ask, changed, sub_code):
    given = {"method": "alipay.user.certify.open.query", "content": {"certify_id": "x"}} | changed
    name, told = ask(signed(**given))

    assert (told["code"], told["sub_code"]) == ("40002", sub_code)
    assert (name == "error_response") == (sub_code == "isv.invalid-method")


def test_a_wrong_signature_is_told_what_was_signed(ask):
    parameters = signed("alipay.user.certify.open.query", {"certify_id": "x"}, key="another")
    _, told = ask(parameters)

    text = "&".join(f"{name}={value}" for name, value in sorted(parameters.items()) if name != "sign")
    assert text in told["sub_msg"]


@pytest.mark.parametrize("minutes", [-9, 9])
def test_ten_minutes_of_difference_are_allowed(ask, minutes):
    then = datetime.now(BEIJING) + timedelta(minutes=minutes)
    _, told = ask(signed("alipay.user.certify.open.query", {"certify_id": "x"}, timestamp=f"{then:%Y-%m-%d %H:%M:%S}"))

    assert told["sub_code"] == "OPEN_CERTIFY_BILL_NOT_EXIST"


def test_parameters_may_all_stand_in_the_query(ask):
    _, told = ask(signed("alipay.user.certify.open.query", {"certify_id": "x"}), in_query=True)

    assert told["code"] == "40004"


def test_a_parameter_in_two_places_is_refused(sandbox):
    parameters = signed("alipay.user.certify.open.query", {"certify_id": "x"})
    answer = sandbox.post("/gateway.do", params={"biz_content": '{"certify_id":"y"}'}, data=parameters)

    assert "isv.invalid-parameter" in answer.text


def test_an_order_number_serves_once(ask):
    assert ask(signed("alipay.user.certify.open.initialize", initialize("ONCE1")))[1]["code"] == "10000"
    _, again = ask(signed("alipay.user.certify.open.initialize", initialize("ONCE1")))

    assert (again["code"], again["sub_code"]) == ("40004", "INVALID_PARAMETER")


@pytest.mark.parametrize(
    ("changed", "sub_code"),
    [
        ({"outer_order_no": "with-hyphen"}, "INVALID_PARAMETER"),
        ({"outer_order_no": "X" * 33}, "INVALID_PARAMETER"),
        ({"biz_code": "VOICE"}, "INVALID_PARAMETER"),
        ({"identity_param": json.dumps(PERSON)}, "INVALID_PARAMETER"),
        ({"identity_param": PERSON | {"cert_type": "PASSPORT"}}, "INVALID_PARAMETER"),
        ({"merchant_config": None}, "INVALID_PARAMETER"),
        ({"identity_param": PERSON | {"cert_no": "370199198503070018"}}, "CERT_INFO_INVALID"),
        ({"identity_param": PERSON | {"cert_name": ""}}, "CERT_INFO_INVALID"),
    ],
)
def test_a_scan_of_nobody_is_not_begun(ask, changed, sub_code):
    _, told = ask(signed("alipay.user.certify.open.initialize", initialize("NOBODY", **changed)))

    assert (told["code"], told["sub_code"]) == ("40004", sub_code)


@pytest.fixture
def scan(ask, sandbox):
    """Begin a scan and open its page; the ticket and the page's address."""
    count = iter(range(1000))

    def scan(person: dict[str, str] = PERSON):
        order = f"SCAN{datetime.now(BEIJING):%f}{next(count)}"
        content = initialize(order, identity_param=person)
        ticket = ask(signed("alipay.user.certify.open.initialize", content))[1]["certify_id"]
        page = sandbox.get("/gateway.do", params=signed("alipay.user.certify.open.certify", {"certify_id": ticket}))
        assert page.status_code == 200
        return ticket, urlsplit(page.url).path

    return scan


def passed(ask, ticket: str) -> str:
    return ask(signed("alipay.user.certify.open.query", {"certify_id": ticket}))[1]["passed"]


@pytest.mark.parametrize(("action", "verdict"), [("match", "T"), ("mismatch", "F"), ("cancel", "F")])
def test_a_scan_is_settled_on_the_phone_and_the_return_says_nothing(ask, sandbox, scan, action, verdict):
    ticket, page = scan()
    assert passed(ask, ticket) == "F"
    back = sandbox.post(page, data={"action": action})

    assert (back.status_code, back.headers["Location"]) == (302, agreed.RETURN_URL)
    assert passed(ask, ticket) == verdict
    assert sandbox.post(page, data={"action": "match"}).status_code == 410
    assert passed(ask, ticket) == verdict


def test_a_cancelled_scan_may_be_opened_again(ask, sandbox, scan):
    ticket, page = scan()
    sandbox.post(page, data={"action": "cancel"})
    again = sandbox.get("/gateway.do", params=signed("alipay.user.certify.open.certify", {"certify_id": ticket}))
    sandbox.post(urlsplit(again.url).path, data={"action": "match"})

    assert passed(ask, ticket) == "T"


@pytest.mark.parametrize(
    ("name", "number"),
    [("测试丙", "370199199912310012"), ("测试丁", "370299197001010111"), ("测试乙", "370199198503070017")],
)
def test_only_a_face_that_the_registry_agrees_with_passes(ask, sandbox, scan, name, number):
    ticket, page = scan(PERSON | {"cert_name": name, "cert_no": number})
    sandbox.post(page, data={"action": "match"})

    assert passed(ask, ticket) == "F"


def test_a_scan_is_opened_within_23_hours(ask, sandbox, scan):
    ticket, _ = scan()
    sandbox.travel(23 * 3600 + 1)
    later = datetime.now(BEIJING) + timedelta(hours=23)
    request = signed("alipay.user.certify.open.certify", {"certify_id": ticket}, timestamp=f"{later:%Y-%m-%d %H:%M:%S}")

    assert sandbox.get("/gateway.do", params=request).status_code == 410


def test_a_page_with_a_forged_request_is_refused(sandbox):
    request = signed("alipay.user.certify.open.certify", {"certify_id": "x"}, key="another")
    page = sandbox.get("/gateway.do", params=request)

    assert page.status_code == 400
    assert "沙箱" in page.text


AUTHORIZE = {"app_id": agreed.APP_ID, "scope": "auth_user", "redirect_uri": agreed.REDIRECT_URI, "state": "s&t"}


@pytest.mark.parametrize(
    "changed",
    [
        {"app_id": "2021000000000009"},
        {"redirect_uri": f"{agreed.REDIRECT_URI}/"},
        {"redirect_uri": f"{agreed.REDIRECT_URI}?a=b"},
        {"redirect_uri": "https://elsewhere.example/"},
        {"scope": "auth_everything"},
        {"scope": ""},
    ],
)
def test_an_authorisation_that_was_not_agreed_on_is_not_offered(sandbox, changed):
    asked = AUTHORIZE | changed

    assert sandbox.get("/oauth2/publicAppAuthorize.htm", params=asked).status_code == 400
    form = asked | {"account": "person-01", "action": "agree"}
    assert sandbox.post("/oauth2/publicAppAuthorize.htm", data=form).status_code == 400


def authorized(sandbox, account="person-01", action="agree") -> dict[str, list[str]]:
    form = AUTHORIZE | {"account": account, "action": action}
    back = sandbox.post("/oauth2/publicAppAuthorize.htm", data=form).headers["Location"]
    assert back.startswith(f"{agreed.REDIRECT_URI}?")
    return parse_qs(urlsplit(back).query)


def token(ask, code: str):
    return ask(signed("alipay.system.oauth.token", grant_type="authorization_code", code=code))[1]


def test_the_return_has_a_code_or_none(sandbox):
    agreed_to, refused = authorized(sandbox), authorized(sandbox, action="refuse")

    assert agreed_to.keys() - refused.keys() == {"auth_code"}
    assert (agreed_to["state"], agreed_to["source"], agreed_to["scope"]) == (["s&t"], ["alipay_wallet"], ["auth_user"])


def test_a_code_is_paid_out_once(sandbox, ask):
    [code] = authorized(sandbox)["auth_code"]
    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(lambda _: token(ask, code), range(6)))

    assert sum("access_token" in each for each in told) == 1
    assert {each.get("sub_code") for each in told if "access_token" not in each} == {"isv.code-invalid"}


def test_a_refresh_token_serves_once_for_the_same_account(sandbox, ask):
    first = token(ask, authorized(sandbox)["auth_code"][0])
    assert "code" not in first

    def refresh():
        request = signed("alipay.system.oauth.token", grant_type="refresh_token", refresh_token=first["refresh_token"])
        return ask(request)[1]

    assert refresh()["user_id"] == first["user_id"]
    assert refresh()["sub_code"] == "isv.code-invalid"


def test_a_token_lets_its_account_be_described_until_it_ends(sandbox, ask):
    granted = token(ask, authorized(sandbox, "company-01")["auth_code"][0])

    def share(access: str, **more):
        return ask(signed("alipay.user.info.share", auth_token=access, **more))[1]

    told = share(granted["access_token"])
    assert (told["user_id"], told["user_type"]) == (granted["user_id"], "1")
    assert "cert_no" not in told
    assert share("nobody's")["sub_code"] == "aop.invalid-auth-token"
    sandbox.travel(3700)
    later = datetime.now(BEIJING) + timedelta(seconds=3700)
    ended = share(granted["access_token"], timestamp=f"{later:%Y-%m-%d %H:%M:%S}")
    assert (ended["code"], ended["sub_code"]) == ("20001", "aop.auth-token-time-out")


def test_pages_are_stamped_and_list_every_kind_of_account(sandbox):
    page = sandbox.get("/alipay")

    assert page.headers["sandbox"] == "yes"
    assert all(text in page.text for text in ("沙箱 sandbox", "企业账户", "未成年人", "姓名与人口库不符"))
