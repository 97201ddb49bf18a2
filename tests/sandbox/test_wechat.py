"""WeChat's stand-in keeps to the rules that its vendor writes down: order, hosts, one-time codes, lives, refusals."""

import pytest

from sandbox.settings import from_environment
from tests.contract.wechat.asking import AGREED, RETURN

ASKED = {
    "appid": AGREED["website_appid"],
    "redirect_uri": RETURN,
    "response_type": "code",
    "scope": "snsapi_login",
    "state": "Abc123",
}


def code_of(sandbox, **change):
    answer = sandbox.post("/connect/confirm", data={**ASKED, "user": "person-01", "action": "allow", **change})
    return answer.headers["Location"].partition("code=")[2].partition("&")[0]


def exchange(sandbox, **change):
    asked = {
        "appid": AGREED["website_appid"],
        "secret": AGREED["website_secret"],
        "code": "",
        "grant_type": "authorization_code",
        **change,
    }
    return sandbox.get("/sns/oauth2/access_token", params={k: v for k, v in asked.items() if v is not None}).json()


@pytest.mark.parametrize(
    "change",
    [
        {"appid": "wx-other"},
        {"appid": AGREED["official_appid"]},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"response_type": "token"},
        {"scope": "snsapi_userinfo"},
        {"state": "a-b"},
        {"state": "a" * 129},
    ],
)
def test_a_request_not_as_agreed_gets_a_page_and_no_redirect(sandbox, change):
    assert sandbox.get("/connect/qrconnect", params={**ASKED, **change}).status_code == 400


def test_the_order_of_the_parameters_counts(sandbox):
    turned = dict(reversed(ASKED.items()))

    assert sandbox.get("/connect/qrconnect", params=ASKED).status_code == 200
    assert sandbox.get("/connect/qrconnect", params=turned).status_code == 400


def test_a_code_is_spent_once(sandbox):
    code = code_of(sandbox)
    granted = exchange(sandbox, code=code)

    assert {"access_token", "expires_in", "refresh_token", "openid", "scope", "unionid"} == set(granted)
    assert exchange(sandbox, code=code)["errcode"] == 40163
    assert exchange(sandbox, code="unknown")["errcode"] == 40029


def test_a_code_and_the_tokens_end(sandbox):
    code, granted = code_of(sandbox), exchange(sandbox, code=code_of(sandbox))
    bearer = {"access_token": granted["access_token"], "openid": granted["openid"]}
    assert sandbox.get("/sns/auth", params=bearer).json()["errcode"] == 0
    sandbox.travel(601)
    assert exchange(sandbox, code=code)["errcode"] == 40029
    sandbox.travel(7200)
    assert sandbox.get("/sns/auth", params=bearer).json()["errcode"] == 42001
    asked = {"appid": AGREED["website_appid"], "grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
    assert sandbox.get("/sns/oauth2/refresh_token", params=asked).json()["openid"] == granted["openid"]
    sandbox.travel(31 * 86400)
    assert sandbox.get("/sns/oauth2/refresh_token", params=asked).json()["errcode"] == 40030


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"appid": None}, 41002),
        ({"appid": "wx-other"}, 40013),
        ({"appid": AGREED["mini_appid"]}, 40013),
        ({"secret": None}, 41004),
        ({"secret": "other"}, 40125),
        ({"code": None}, 41008),
        ({"grant_type": "other"}, 40002),
    ],
)
def test_a_token_call_not_as_agreed_is_refused_with_the_vendors_number(sandbox, change, errcode):
    told = exchange(sandbox, **change)

    assert told["errcode"] == errcode
    assert ", rid: " in told["errmsg"]


def test_userinfo_is_for_the_bearer_of_its_own_openid(sandbox):
    granted = exchange(sandbox, code=code_of(sandbox))
    bearer = {"access_token": granted["access_token"], "openid": granted["openid"]}

    assert sandbox.get("/sns/userinfo", params=bearer).json()["unionid"] == granted["unionid"]
    assert sandbox.get("/sns/userinfo", params={**bearer, "openid": "oOther"}).json()["errcode"] == 40003
    assert sandbox.get("/sns/userinfo", params={"openid": granted["openid"]}).json()["errcode"] == 41001


def server_token(sandbox, **change):
    asked = {
        "grant_type": "client_credential",
        "appid": AGREED["mini_appid"],
        "secret": AGREED["mini_secret"],
        "force_refresh": False,
        **change,
    }
    return sandbox.post("/cgi-bin/stable_token", json=asked).json()


def test_the_stable_token_stays_the_same_until_it_is_forced_and_the_old_one_fades(sandbox):
    first = server_token(sandbox)
    assert server_token(sandbox)["access_token"] == first["access_token"]
    second = server_token(sandbox, force_refresh=True)
    assert second["access_token"] != first["access_token"]

    def says(token):
        path = "/cityservice/face/identify/getuseridkey"
        asked = {"name": "测试甲", "id_card_number": "370199198503070017"}
        return sandbox.post(path, params={"access_token": token["access_token"]}, json=asked).json()["errcode"]

    assert (says(first), says(second)) == (0, 0)
    sandbox.travel(301)
    assert (says(first), says(second)) == (40001, 0)
    assert server_token(sandbox, secret="other")["errcode"] == 40001


def test_a_phone_trusts_who_vouches_for_the_centre(tmp_path):
    given = {"SANDBOX_DATA": str(tmp_path), "SANDBOX_CONFIG": "/dev/null", "SANDBOX_CA_FILE": "front.pem"}

    assert from_environment(given).ca_file == "front.pem"


def test_a_phone_talks_to_the_registered_centre_only(sandbox):
    assert sandbox.get("/mini/face", params={"task": "https://evil.example/app"}).status_code == 400
    assert sandbox.get("/mini/face", params={"task": "http://localhost:1/app"}).status_code == 200
    form = {"task": "http://localhost:1/app", "user": "person-01", "action": "begin"}
    assert "联系不上认证中心" in sandbox.post("/mini/face", data=form).text


@pytest.mark.parametrize(
    "path",
    ["/wechat", "/mini/face?task=http://localhost:1/app", "/mini/sign-in?redirect_uri=http://localhost/&state=a"],
)
def test_its_pages_are_stamped_and_strict(sandbox, path):
    page = sandbox.get(path)

    assert page.status_code == 200
    assert "沙箱 sandbox" in page.text
    assert "<script" not in page.text
    assert "style=" not in page.text
