"""RP-Initiated Logout OP: oidcc-rp-initiated-logout-certification-test-plan."""

import base64
import json

import pytest

from tests.certification.leaving import is_signed_out, leaver
from tests.certification.op import Provider
from tests.flows.browser import Page


def test_a_site_sends_somebody_out_and_gets_them_back(op: Provider) -> None:
    """oidcc-rp-initiated-logout"""
    one = leaver(op)
    one.came_back(one.leave(), one.state)
    one.is_out()


def test_the_request_may_be_posted(op: Provider) -> None:
    """RP-Initiated Logout §2: GET and POST must both be supported."""
    one = leaver(op)
    sent = {"id_token_hint": one.flow.id_token, "post_logout_redirect_uri": one.back, "state": one.state}
    one.came_back(one.visitor.browser.post(op.metadata["end_session_endpoint"], sent), one.state)
    one.is_out()


@pytest.mark.parametrize("change", ["/elsewhere", "?foo=bar"])
def test_an_address_that_is_not_registered_gets_nobody_back(op: Provider, change: str) -> None:
    """oidcc-rp-initiated-logout-bad-post-logout-redirect-uri,
    oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri
    """
    one = leaver(op)
    shown = one.leave(post_logout_redirect_uri=one.back + change)
    assert isinstance(shown, Page)
    if shown.has_button("confirm"):
        assert isinstance(one.agree(shown), Page)


def unsigned(token: str) -> str:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    return f"{header}.{token.split('.')[1]}."


@pytest.mark.parametrize("hint", ["none", "random", "missing"])
def test_without_a_hint_that_holds_somebody_is_asked_and_nobody_comes_back(op: Provider, hint: str) -> None:
    """oidcc-rp-initiated-logout-modified-id-token-hint, oidcc-rp-initiated-logout-bad-id-token-hint,
    oidcc-rp-initiated-logout-no-id-token-hint
    """
    one = leaver(op)
    sent = {"none": unsigned(one.flow.id_token), "random": "u7Ty3", "missing": None}[hint]
    shown = one.leave(id_token_hint=sent)
    one.is_still_in()
    if isinstance(shown, Page) and shown.has_button("confirm"):
        is_signed_out(one.agree(shown))
        one.is_out()


def test_without_parameters_somebody_is_asked_and_goes(op: Provider) -> None:
    """oidcc-rp-initiated-logout-no-params"""
    one = leaver(op)
    is_signed_out(one.agree(one.leave(id_token_hint=None, post_logout_redirect_uri=None, state=None)))
    one.is_out()


def test_without_a_way_back_a_page_says_that_one_is_out(op: Provider) -> None:
    """oidcc-rp-initiated-logout-no-post-logout-redirect-uri"""
    one = leaver(op)
    shown = one.leave(post_logout_redirect_uri=None)
    is_signed_out(one.agree(shown) if isinstance(shown, Page) and shown.has_button("confirm") else shown)
    one.is_out()


def test_without_a_state_none_comes_back(op: Provider) -> None:
    """oidcc-rp-initiated-logout-no-state"""
    one = leaver(op)
    one.came_back(one.leave(state=None), None)
    one.is_out()


def test_a_state_alone_brings_nobody_back(op: Provider) -> None:
    """oidcc-rp-initiated-logout-only-state"""
    one = leaver(op)
    is_signed_out(one.agree(one.leave(id_token_hint=None, post_logout_redirect_uri=None)))
    one.is_out()
