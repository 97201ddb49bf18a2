"""Attacks on the person's browser: forged forms, fixed sessions, framed pages, false hosts, and telling accounts apart."""

import re
from collections.abc import Callable
from pathlib import Path

import flask
import pytest
from flask.testing import FlaskClient

from idp.authn.models import SsoSession
from tests.flows.browser import Browser, Page
from tests.flows.centre import PASSWORD, Centre, install, settings_for
from tests.flows.people import Person
from tests.flows.rp import RelyingParty
from tests.flows.test_requests import landed, page

APIS = ("admin_api.", "workbench_api.")
PAGES = [
    "/", "/sign-in", "/sign-in/code", "/register", "/recover", "/sign-out", "/signed-out", "/legal/privacy",
    "/legal/agreement", "/help", "/consent", "/verify-identity", "/account", "/authorize", "/nowhere",
    "/device", "/device?user_code=BCDF-GHJK", "/authorize?journey=unknown", "/end-session?id_token_hint=x",
]  # fmt: skip


def test_every_form_carries_a_token_and_fails_without(rp: RelyingParty, alice: Person, centre: Centre) -> None:
    """Every route that a browser posts to, found on the application itself, answers 400 to a post without the token.

    The APIs of operators and departments look at no cookie: a post without its bearer token is nobody's.
    """
    protocol = {"/token", "/userinfo", "/introspect", "/revoke", "/authorize", "/end-session"}
    posting = sorted(
        {
            rule.rule
            for rule in centre.app.url_map.iter_rules()
            if "POST" in (rule.methods or ()) and "<" not in rule.rule and not rule.endpoint.startswith(APIS)
        }
        - protocol
    )
    assert len(posting) > 10
    rp.sign_in(alice)
    before = centre.rows()
    for path in posting:
        for data in ({}, {"action": "continue"}, {"csrf_token": "x", "action": "confirm"}):
            answer = rp.browser.raw("POST", path, data=data)
            assert answer.status_code == 400, path
            assert answer.headers["Content-Type"].startswith("text/html")
            assert Page(answer).links, path
    assert centre.rows() == before
    assert landed(rp.visit(prompt="none")).code


def test_the_token_of_one_browser_is_none_of_another(rp: RelyingParty, alice: Person, browser: Browser) -> None:
    stolen = page(rp.visit()).form("continue").fields["csrf_token"]
    form = page(browser.get("/sign-in"))
    form.form("continue").fields["csrf_token"] = stolen
    refused = page(browser.submit("continue", form, identifier=alice.username, password=alice.password))
    assert refused.status == 400
    assert browser.session_cookie is None


def test_signing_in_changes_what_the_browser_holds(rp: RelyingParty, alice: Person, centre: Centre) -> None:
    """Session fixation: a cookie that somebody planted before the sign-in is worth nothing after it."""
    planted = "A" * 43
    rp.browser.http.cookies.set("idp_session", planted, domain="localhost.local", path="/")
    form = page(rp.visit())
    token = form.form("continue").fields["csrf_token"]
    rp.go_on(alice, rp.browser, form)
    cookies = [cookie.value for cookie in rp.browser.http.cookies if cookie.name == "idp_session"]
    assert any(value != planted for value in cookies)
    rp.browser.http.cookies.clear()
    rp.browser.http.cookies.set("idp_session", planted, domain="localhost.local", path="/")
    assert landed(rp.visit(prompt="none")).error == "login_required"
    replay = rp.browser.raw("POST", "/sign-in", data={"csrf_token": token, "action": "continue"})
    assert replay.status_code == 400


def test_a_cookie_from_before_the_step_up_is_dead(rp: RelyingParty, bob: Person) -> None:
    rp.sign_in(bob)
    before = rp.browser.session_cookie
    rp.sign_in(bob, acr_values="ial1")
    assert rp.browser.session_cookie != before
    thief = Browser(rp.issuer)
    thief.http.cookies.set("idp_session", before, domain="localhost.local", path="/")
    assert landed(rp.visit(thief, prompt="none")).error == "login_required"
    thief.close()


def test_a_cookie_from_before_the_sign_out_is_dead(rp: RelyingParty, alice: Person) -> None:
    rp.sign_in(alice)
    stolen = rp.browser.session_cookie
    rp.browser.get("/sign-out")
    rp.browser.submit("confirm")
    thief = Browser(rp.issuer)
    thief.http.cookies.set("idp_session", stolen, domain="localhost.local", path="/")
    assert landed(rp.visit(thief, prompt="none")).error == "login_required"
    thief.close()


def test_the_database_holds_no_cookie(rp: RelyingParty, alice: Person, centre: Centre) -> None:
    rp.sign_in(alice)
    with centre.services.database.view() as db:
        rows = db.query(SsoSession).filter_by(account_id=alice.account_id).all()
    assert rows
    assert not any(rp.browser.session_cookie in repr(vars(row)) for row in rows)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_its_headers(rp: RelyingParty, path: str) -> None:
    answer = rp.browser.raw("GET", path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Trace-Id"])
    if answer.headers["Content-Type"].startswith("text/html") and answer.status_code == 200:
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:", answer.text)


@pytest.fixture(scope="module")
def https_app(tmp_path_factory: pytest.TempPathFactory, service_log: Path):  # type: ignore[no-untyped-def]
    """The same service behind TLS, without any proxy it trusts."""
    url = f"sqlite:///{tmp_path_factory.mktemp('https') / 'idp.sqlite3'}"
    install(url)
    centre = Centre(settings_for(url, "", 443, issuer="https://id.example", trusted_proxies=(), log_file=service_log))
    yield centre
    centre.close()


def visitor(centre: Centre) -> FlaskClient:
    return centre.app.test_client()


def test_cookies_under_https_are_host_cookies(https_app: Centre) -> None:
    who = https_app.person()
    client = visitor(https_app)
    form = client.get("/sign-in", base_url="https://id.example")
    token = re.search(r'name="csrf_token" value="([^"]+)"', form.text)
    assert token is not None
    answer = client.post(
        "/sign-in", base_url="https://id.example",
        data={"csrf_token": token[1], "identifier": who.username, "password": PASSWORD, "action": "continue"},
    )  # fmt: skip
    assert answer.status_code == 303
    set_by_both = [*form.headers.getlist("Set-Cookie"), *answer.headers.getlist("Set-Cookie")]
    for_scripts = "__Host-idp_state"  # compared by the check-session frame inside other sites; proves nothing
    names = {cookie.partition("=")[0] for cookie in set_by_both}
    assert names == {"__Host-idp_browser", "__Host-idp_session", for_scripts}
    for cookie in set_by_both:
        flags = {flag.strip().lower() for flag in cookie.split(";")[1:]}
        is_for_scripts = cookie.startswith(for_scripts)
        assert {"secure", "path=/", "samesite=none" if is_for_scripts else "samesite=lax"} <= flags
        assert ("httponly" in flags) is not is_for_scripts
        assert not any(flag.startswith("domain") for flag in flags)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"  # other names are not ours to decide


def test_cookies_under_http_have_every_other_flag(rp: RelyingParty) -> None:
    answer = rp.browser.raw("GET", "/sign-in")
    flags = {flag.strip().lower() for flag in answer.headers["Set-Cookie"].split(";")[1:]}
    assert {"httponly", "path=/", "samesite=lax"} <= flags
    assert "secure" not in flags


@pytest.mark.parametrize(
    "host", ["evil.example", "id.example.evil.example", "id.example:8443", "evil.example@id.example", "127.0.0.1", ""]
)
@pytest.mark.parametrize("path", ["/sign-in", "/authorize", "/token", "/account", "/static/app.css"])
def test_a_foreign_host_is_not_served(https_app: Centre, host: str, path: str) -> None:
    answer = visitor(https_app).get(path, base_url="https://id.example", headers={"Host": host})
    assert answer.status_code in {400, 421}
    assert "evil.example" not in answer.headers.get("Location", "")


def test_forwarded_headers_of_strangers_count_nothing(https_app: Centre) -> None:
    seen = {}

    def look(_app: flask.Flask, **_more: object) -> None:
        seen.update(address=flask.request.remote_addr, scheme=flask.request.scheme, host=flask.request.host)

    flask.request_started.connect(look, https_app.app)
    answer = visitor(https_app).get(
        "/sign-in", base_url="https://id.example", environ_base={"REMOTE_ADDR": "203.0.113.9"},
        headers={
            "X-Forwarded-For": "10.0.0.1", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Prefix": "/evil", "Forwarded": "for=10.0.0.1;host=evil.example", "X-Real-IP": "10.0.0.1",
            "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
        },
    )  # fmt: skip
    assert seen == {"address": "203.0.113.9", "scheme": "https", "host": "id.example"}
    assert answer.headers["X-Trace-Id"] != "a" * 32
    assert "evil" not in answer.text


def test_what_stands_left_of_the_first_stranger_is_hearsay(rp: RelyingParty, alice: Person, centre: Centre) -> None:
    rp.browser.http.headers["X-Forwarded-For"] = "10.9.9.9, 203.0.113.7, 127.0.0.1"
    rp.sign_in(alice)
    with centre.services.database.view() as db:
        (row,) = db.query(SsoSession).filter_by(account_id=alice.account_id).all()
    assert row.address == "203.0.113.7"


def _attempt(issuer: str, identifier: str, password: str) -> tuple[int, str]:
    browser = Browser(issuer)
    page(browser.get("/sign-in"))
    seen = page(browser.submit("continue", identifier=identifier, password=password))
    browser.close()
    body = seen.body.replace(identifier, "…")
    body = re.sub(r'name="csrf_token" value="[^"]*"', "", body)
    return seen.status, re.sub(r"[0-9a-f]{32}|[\w-]{8}…", "", body)


def test_unknown_known_frozen_and_wrong_look_the_same(
    rp: RelyingParty, person_of: Callable[..., Person], centre: Centre
) -> None:
    """That they cost the same work is counted, not timed, in the contract tests of signing in."""
    frozen, known = person_of(), person_of()
    centre.freeze(frozen)
    cases = [
        ("nobody0001xx", PASSWORD),
        ("19900090001", PASSWORD),
        (known.username, "not-the-password"),
        (frozen.username, frozen.password),
        (frozen.username, "not-the-password"),
    ]
    answers = [_attempt(rp.issuer, *typed) for typed in cases]
    assert {status for status, _ in answers} == {400}
    assert len({body for _, body in answers}) == 1


@pytest.mark.parametrize("path", ["/recover", "/sign-in/code"])
def test_asking_for_a_code_does_not_say_whether_a_phone_is_known(rp: RelyingParty, alice: Person, path: str) -> None:
    seen_by = set()
    for phone in (alice.phone, f"1990008{alice.phone[-4:]}"):
        browser = Browser(rp.issuer)
        form = page(browser.get(path))
        field = "phone" if any("phone" in each.fields for each in form.forms) else "identifier"
        button = next(b for each in form.forms if field in each.fields for b in each.buttons if b != "cancel")
        seen = page(browser.submit(button, form, **{field: phone}))
        seen_by.add((seen.status, seen.path, re.sub(r"[\d*]+", "", seen.text)))
        browser.close()
    assert len(seen_by) == 1, sorted(seen_by)
