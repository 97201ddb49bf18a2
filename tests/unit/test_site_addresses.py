"""Addresses of sites as they are typed: what two readers could understand differently is refused, with the reason."""

import pytest

from idp.oidc.registration import client_uris
from idp.sites import addresses

HOME = "https://sample.example.gov.cn/"


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("https://sample.example.gov.cn/cb#frag", "fragment"),
        ("https://*.example.gov.cn/cb", "wildcard"),
        ("https://sample.example.gov.cn/*", "wildcard"),
        ("http://sample.example.gov.cn/cb", "http"),
        ("https://user:pw@sample.example.gov.cn/cb", "userinfo"),
        ("https://sample.example.gov.cn@evil.example/cb", "userinfo"),
        ("https://10.0.0.1/cb", "ip"),
        ("https://2130706433/cb", "ip"),
        ("https://0x7f.0.0.1/cb", "ip"),
        ("https://127.1/cb", "ip"),
        ("https://0x7f000001/cb", "ip"),
        ("https://[2001:db8::1]/cb", "wildcard"),
        ("https://intranet/cb", "short_host"),
        ("https://sample.example.gov.cn/a/../cb", "climbing"),
        ("https://sample.example.gov.cn/a/%2e%2e/cb", "climbing"),
        ("https://sample.example.gov.cn/a/%252e%252e/cb", "climbing"),
        ("https://sample.example.gov.cn/a%2fcb", "climbing"),
        ("https://sample.example.gov.cn//evil.example", "climbing"),
        ("https://sample.example.gov.cn\\@evil.example/cb", "backslash"),
        ("https://sample.example.gov.cn/cb?code=1", "answer"),
        ("https://sample.example.gov.cn/ cb", "space"),
        ("https://sample.example.gov.cn/\tcb", "space"),
        ("https://政务.example.cn/cb", "unicode"),
        ("https://ｓample.example.gov.cn/cb", "unicode"),
        ("https://sample.example.gov.cn:99999/cb", "odd"),
        ("https://sample.example.gov.cn./cb", "no_host"),
        ("javascript:alert(1)", "own_scheme"),
        ("data:text/html,x", "own_scheme"),
        ("cn.gov.example:/cb", "own_scheme"),
        ("//evil.example/cb", "no_scheme"),
        ("sample.example.gov.cn/cb", "no_scheme"),
        ("https:///cb", "no_host"),
        ("", "empty"),
        ("https://a.cn/" + "a" * 2000, "long"),
    ],
)
def test_what_is_unsafe_is_refused_for_its_reason(uri: str, code: str) -> None:
    found = [each.code for each in addresses.look(uri) if not each.is_warning]
    assert found[:1] == [code]


@pytest.mark.parametrize(
    "uri",
    [
        "https://sample.example.gov.cn/cb", "https://sample.example.gov.cn:8443/cb?tenant=1", "http://localhost:9/cb",
        "http://127.0.0.1:9/cb", "https://sample.example.gov.cn/",
    ],
)  # fmt: skip
def test_what_is_plain_passes_and_the_rules_of_registration_agree(uri: str) -> None:
    assert [each for each in addresses.look(uri) if not each.is_warning] == []
    assert client_uris.redirect_uri(uri) == uri


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("https://xn--fiq228c.example.cn/cb", "punycode"),
        ("https://other.example.com/cb", "other_host"),
        ("http://localhost:9/cb", "loopback"),
    ],
)
def test_what_is_worth_a_second_look_is_said_and_taken(uri: str, code: str) -> None:
    found = addresses.look(uri, front=HOME)
    assert code in [each.code for each in found if each.is_warning]
    assert all(each.is_warning for each in found)


def test_an_app_has_a_scheme_of_its_own_and_a_website_has_not() -> None:
    assert addresses.look("cn.gov.example:/cb", is_native=True) == ()
    assert addresses.look("cn.gov.example:/cb", purpose=addresses.WEB, is_native=True)


@pytest.mark.parametrize(
    ("uri", "is_native", "kept"),
    [
        ("https://a.gov.cn/cb", False, True), ("http://localhost/cb", False, False), ("http://127.0.0.1/cb", True, True),
        ("cn.gov.a:/cb", True, True), ("cn.gov.a:/cb", False, False),
    ],
)  # fmt: skip
def test_a_live_site_keeps_to_tls(uri: str, is_native: bool, kept: bool) -> None:
    assert addresses.keeps_to_tls(uri, is_native=is_native) is kept


def test_where_the_issuer_is_on_loopback_its_sites_may_be_there_too() -> None:
    assert addresses.keeps_to_tls("http://localhost:8009/cb", is_native=False, is_local=True)
    assert not addresses.keeps_to_tls("http://a.gov.cn/cb", is_native=False, is_local=True)
