"""The straight way answers as the application does: the same decision, address, headers, cookie and entries in the trail."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.flows.centre import Centre
from tests.flows.fixtures import both_pairs
from tests.flows.people import Person
from tests.flows.rp import RelyingParty

pytestmark = both_pairs

SAME = ("Cache-Control", "Referrer-Policy", "X-Content-Type-Options", "Strict-Transport-Security")
ONCE = re.compile(r"(code|access_token|id_token|session_state|journey)=[^&#]+")
ASKED: dict[str, dict[str, Any]] = {
    "a code": {},
    "silently": {"prompt": "none"},
    "tokens in front": {"response_type": "id_token token"},
    "a hybrid": {"response_type": "code id_token", "response_mode": "fragment"},
    "nothing": {"response_type": "none"},
    "a form": {"response_mode": "form_post"},
    "no such type": {"response_type": "magic"},
    "no such mode": {"response_mode": "web_message"},
    "tokens in the query": {"response_type": "id_token token", "response_mode": "query"},
    "no nonce": {"response_type": "id_token token", "nonce": None},
    "no challenge": {"code_challenge": None},
    "a weak challenge": {"code_challenge_method": "plain"},
    "a scope without openid": {"scope": "phone"},
    "a wrong age": {"max_age": "-1"},
    "a fresh sign-in": {"max_age": "0"},
    "a contradiction": {"prompt": "none login"},
    "an unreachable level": {"acr_values": "ial3"},
    "malformed claims": {"claims": "{"},
    "somebody else": {"claims": '{"id_token":{"sub":{"value":"x"}}}', "prompt": "none"},
    "a wrong hint": {"id_token_hint": "a.b.c"},
    "an API that nobody knows": {"resource": "https://nobody.example/"},
    "another address": {"redirect_uri": "https://evil.example/"},
    "no address": {"redirect_uri": None},
    "no such site": {"client_id": "nobody"},
    "something twice": {"scope": ["openid", "openid"]},
    "a new sign-in": {"prompt": "login"},
    "a popup": {"display": "popup", "ui_locales": "en"},
    "a request object": {"request": "a.b.c"},
}


@pytest.fixture
def site(site_of: Callable[..., RelyingParty], alice: Person) -> RelyingParty:
    """One that may ask for everything; alice is signed in there."""
    rp = site_of(
        scope="openid", grant_types=["authorization_code", "implicit"],
        response_types=["code", "none", "id_token token", "code id_token"],
    )  # fmt: skip
    rp.sign_in(alice)
    return rp


def answered(rp: RelyingParty, url: str, *, is_straight: bool) -> requests.Response:
    """The first answer; the straight way leaves a browser with two session cookies to the application."""
    cookies = dict(rp.browser.http.cookies.items())
    held = "; ".join(f"{name}={value}" for name, value in cookies.items())
    cookie = held if is_straight else f"idp_session={cookies['idp_session']}; {held}"
    return requests.get(
        url, headers={"Cookie": cookie, "X-Forwarded-For": "10.250.0.7"}, allow_redirects=False, timeout=10
    )


def seen_in(answer: requests.Response) -> dict[str, Any]:
    """What must be the same, without what is made once."""
    cookies = sorted(each.partition("=")[0].strip() for each in answer.headers.get("Set-Cookie", "").split(","))
    return {
        "status": answer.status_code,
        "to": ONCE.sub(r"\1=…", answer.headers.get("Location", "")),
        "headers": {name: answer.headers.get(name) for name in SAME},
        "traced": "X-Trace-Id" in answer.headers,
        "cookies": [name for name in cookies if name.startswith("idp_state")],
    }


@pytest.mark.parametrize("asked", ASKED)
def test_both_ways_answer_alike(site: RelyingParty, centre: Centre, asked: str) -> None:
    url = site.ask(**ASKED[asked]).url
    acts = ("oidc.code_issued", "oidc.answered")

    def entries() -> list[int]:
        return [len(centre.audited(act, client_id=site.client_id)) for act in acts]

    before = entries()
    fast = answered(site, url, is_straight=True)
    between = entries()
    slow = answered(site, url, is_straight=False)
    after = entries()

    assert seen_in(fast) == seen_in(slow)
    assert [b - a for a, b in zip(before, between, strict=True)] == [b - a for a, b in zip(between, after, strict=True)]


def test_who_is_signed_in_goes_straight(site: RelyingParty) -> None:
    straight, other = (answered(site, site.ask().url, is_straight=each) for each in (True, False))
    assert (straight.status_code, straight.content) == (303, b"")
    assert other.content  # the application's redirect has a body
