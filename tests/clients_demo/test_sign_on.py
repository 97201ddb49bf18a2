"""Signing in at a site: what it asks, what it believes, and that every odd return has a way on."""

import base64
import json
import secrets
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from tests.clients_demo.conftest import SITES


@pytest.mark.parametrize("name", SITES)
def test_a_person_signs_in_and_every_site_shows_the_name(sites, browser, name):
    page = browser.open(f"{sites[name]}/sign-in?next=/")

    assert page.url == f"{sites[name]}/"
    assert page.who == ("测试甲" if name == "credit" else "测试甲的账号")
    assert page.element("sign-out")
    assert page.element("sign-in") is None


@pytest.mark.parametrize("name", SITES)
def test_a_signed_out_page_offers_to_sign_in(sites, browser, name):
    page = browser.open(sites[name])

    assert page.status == 200
    assert page.element("sign-in")
    assert page.who is None
    assert page.element("sign-out") is None


def test_the_request_carries_pkce_nonce_state_and_exactly_the_scopes(sites, browser, provider):
    browser.open(f"{sites['portal']}/sign-in")

    (asked,) = provider.asked
    assert asked["scope"] == "openid"
    assert asked["code_challenge_method"] == "S256"
    assert asked["response_type"] == "code"
    assert len(asked["nonce"]) >= 16
    assert len(asked["state"]) >= 16
    assert "acr_values" not in asked
    assert "prompt" not in asked


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "http://somebody.else"},
        {"aud": "another-client"},
        {"aud": ["demo-client", "another-client"]},  # and no azp
        {"aud": ["demo-client", "another-client"], "azp": "another-client"},
        {"azp": "another-client"},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"exp": 1},
        {"iat": None},
        {"sub": None},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    ],
    ids=str,
)
def test_an_id_token_with_a_wrong_claim_signs_nobody_in(sites, browser, provider, lie):
    provider.claims = lie

    page = browser.open(f"{sites['portal']}/sign-in?next=/")

    assert page.status == 400
    assert page.who is None
    assert page.element("sign-in")
    assert "重新登录" in page.text
    assert browser.open(sites["portal"]).who is None


def test_an_id_token_with_a_wrong_signature_or_algorithm_signs_nobody_in(sites, browser, provider):
    stranger = ECKey.generate_key("P-256", parameters={"kid": "one"})
    secret = OctKey.import_key("a secret of the demo client, long enough")
    forgeries = [
        lambda claims: provider.sign(claims, key=stranger),
        lambda claims: provider.sign(claims)[:-8] + "AAAAAAAA",
        lambda claims: jwt.encode({"alg": "HS256", "kid": "one"}, claims, secret, algorithms=["HS256"]),
        lambda claims: _base64(b'{"alg":"none"}') + "." + _base64(json.dumps(claims).encode()) + ".",
        lambda claims: "not a token",
    ]
    for forge in forgeries:
        provider.sign_with = forge
        page = browser.open(f"{sites['portal']}/sign-in?next=/")
        assert page.status == 400
        assert page.who is None


def test_a_key_rotated_since_the_last_sign_in_is_fetched(sites, browser, provider, monkeypatch):
    monkeypatch.setattr("clients.kit.centre._KEYS_PAUSE", 0)
    browser.open(f"{sites['portal']}/sign-in")
    browser.http.cookies.clear()
    provider.rotate()

    assert browser.open(f"{sites['portal']}/sign-in").who


def test_an_answer_that_names_another_issuer_is_refused(sites, browser, provider):
    provider.response_iss = "http://somebody.else"

    page = browser.open(f"{sites['portal']}/sign-in?next=/")

    assert page.status == 400
    assert page.who is None


def test_userinfo_about_somebody_else_is_refused(sites, browser, provider):
    provider.userinfo_subject = "another-subject"

    assert browser.open(f"{sites['portal']}/sign-in?next=/").status == 400


def test_two_tabs_may_sign_in_at_the_same_time(sites, browser, provider):
    first = browser.open(f"{sites['portal']}/sign-in?next=/news/winter-heating", follow=False)
    second = browser.open(f"{sites['portal']}/sign-in?next=/news/elder-mode", follow=False)

    assert browser.open(second.answer.headers["Location"]).url.endswith("/news/elder-mode")
    assert browser.open(first.answer.headers["Location"]).url.endswith("/news/winter-heating")


def test_many_abandoned_tabs_do_not_fill_the_browser_with_cookies(sites, browser):
    for _ in range(15):
        browser.open(f"{sites['portal']}/sign-in", follow=False)

    assert sum(cookie.name.startswith("portal_flow_") for cookie in browser.http.cookies) == 8


def test_a_callback_opened_again_goes_on_when_signed_in_and_asks_kindly_when_not(sites, browser, provider):
    away = browser.open(f"{sites['portal']}/sign-in", follow=False).answer.headers["Location"]
    callback = browser.open(away, follow=False).answer.headers["Location"]
    assert browser.open(callback).who

    again = browser.open(callback)
    assert again.status == 200
    assert again.who
    assert urlsplit(again.url).path == "/"

    browser.http.cookies.clear()
    stale = browser.open(callback)
    assert stale.status == 400
    assert stale.element("sign-in")
    assert "Traceback" not in stale.text


@pytest.mark.parametrize("query", ["", "?state=x&code=y", "?state=中&code='", "?error=%00&state=", "?iss=a&iss=b"])
def test_a_callback_made_up_by_hand_shows_a_page(sites, browser, query):
    page = browser.open(f"{sites['portal']}/callback{query}")

    assert page.status == 400
    assert page.element("sign-in")


def test_a_code_that_was_spent_already_leads_to_a_new_try_for_the_same_page(sites, browser, provider):
    away = browser.open(f"{sites['portal']}/sign-in?next=/news/elder-mode", follow=False).answer.headers["Location"]
    callback = browser.open(away, follow=False).answer.headers["Location"]
    provider._codes.clear()

    page = browser.open(callback)

    assert page.status == 400
    assert "/sign-in?next=%2Fnews%2Felder-mode" in page.text


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/%0d%0aa",
        "/sign-in",
        "/" + "a" * 999,
    ],
)
def test_next_leads_to_a_page_of_this_site_only(sites, browser, target):
    page = browser.open(f"{sites['portal']}/sign-in?next={target}")

    assert urlsplit(page.url).netloc == urlsplit(sites["portal"]).netloc
    assert urlsplit(page.url).path in ("/", "/%0D%0Aa", "/%0d%0aa")


def test_the_centre_may_start_a_sign_in_for_a_page_of_the_site(sites, browser, provider):
    target = f"{sites['portal']}/news/elder-mode"
    page = browser.post(
        f"{sites['portal']}/sign-in", {"iss": provider.issuer, "target_link_uri": target, "login_hint": "ceshijia"}
    )

    assert page.url == target
    assert page.who
    assert provider.asked[-1]["login_hint"] == "ceshijia"


def test_an_initiator_that_is_not_the_centre_starts_nothing(sites, browser, provider):
    answer = browser.open(f"{sites['portal']}/sign-in?iss=http://somebody.else", follow=False).answer

    assert answer.headers["Location"] == "/"


def test_a_centre_that_is_down_is_said_clearly_and_asked_again_later(sites, browser, provider):
    provider.is_down = True
    page = browser.open(f"{sites['portal']}/sign-in?next=/news/elder-mode")
    assert page.status == 503
    assert "身份认证中心" in page.text
    assert "next=/news/elder-mode" in page.text
    assert browser.open(sites["portal"]).status == 200

    provider.is_down = False
    assert browser.open(f"{sites['portal']}/sign-in").who


def test_a_new_session_id_is_given_at_every_sign_in(sites, browser):
    browser.http.cookies.set("portal_session", planted := secrets.token_urlsafe(32), domain="localhost.local")
    browser.open(f"{sites['portal']}/sign-in")

    values = [cookie.value for cookie in browser.http.cookies if cookie.name == "portal_session"]
    assert any(value != planted for value in values)


def test_strict_headers_are_on_every_answer(sites, browser):
    for path in ("/", "/nowhere", "/callback", "/static/site.css", "/healthz"):
        headers = browser.open(f"{sites['portal']}{path}", follow=False).answer.headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
    cookies = browser.open(f"{sites['portal']}/sign-in", follow=False).answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookies
    assert "SameSite=Lax" in cookies


def test_behind_tls_cookies_are_locked_to_the_host(provider, tmp_path):
    from clients.kit import Settings
    from clients.portal.app import create_app

    settings = Settings(provider.issuer, "https://portal.example", "demo-client", "s", "k", tmp_path, {})
    answer = create_app(settings).test_client().get("/sign-in")

    assert parse_qs(urlsplit(answer.location).query)["redirect_uri"] == ["https://portal.example/callback"]
    assert answer.headers["Set-Cookie"].startswith("__Host-portal_flow_")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "Path=/" in answer.headers["Set-Cookie"]


def test_inside_a_private_network_the_centre_is_called_by_another_road(provider, tmp_path):
    from clients.kit import Settings
    from clients.portal.app import create_app

    internal = provider.issuer.replace("localhost", "127.0.0.1")
    settings = Settings(
        provider.issuer, "http://localhost:1", "demo-client", "s", "k", tmp_path, {}, centre_internal=internal
    )
    portal = create_app(settings)
    answer = portal.test_client().get("/sign-in")

    assert answer.location.startswith(f"{provider.issuer}/authorize?")
    assert portal.extensions["centre"].server_metadata["token_endpoint"] == f"{internal}/token"
    assert provider.hosts == {provider.issuer.removeprefix("http://")}


def test_settings_that_are_missing_are_named(tmp_path):
    from clients.kit.settings import Settings, SettingsError

    secret = tmp_path / "secret"
    secret.write_text("from a file\n")
    environ = {"SITE_ISSUER": "http://localhost:1", "SITE_URL": "http://localhost:2/", "SITE_CLIENT_ID": "portal"}
    environ |= {"SITE_CLIENT_SECRET_FILE": str(secret), "SITE_DATA": str(tmp_path)}
    with pytest.raises(SettingsError, match="SITE_SECRET_KEY"):
        Settings.from_environment(environ)
    settings = Settings.from_environment({**environ, "SITE_SECRET_KEY": "k"})
    assert settings.client_secret == "from a file"
    assert settings.url == "http://localhost:2"
    assert "from a file" not in repr(settings)


def _base64(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()
