"""RFC 9700, where no other test looks: redirects after a form, what leaves with an address, and clients that look like people."""

from collections.abc import Callable

import pytest
import requests

from tests.flows.apis import own_token
from tests.flows.centre import Centre
from tests.flows.people import Person
from tests.flows.registrant import Registrant, leave
from tests.flows.rp import RelyingParty
from tests.flows.test_requests import landed


@pytest.fixture
def exchanges(rp: RelyingParty, monkeypatch: pytest.MonkeyPatch) -> list[requests.Response]:
    """Every exchange of the visitor's browser with the centre."""
    seen: list[requests.Response] = []
    original = rp.browser.raw

    def watched(method: str, url: str, **more: object) -> requests.Response:
        seen.append(original(method, url, **more))
        return seen[-1]

    monkeypatch.setattr(rp.browser, "raw", watched)
    return seen


def test_no_redirect_has_a_browser_post_again_what_it_posted(
    rp: RelyingParty, alice: Person, exchanges: list[requests.Response]
) -> None:
    """RFC 9700 §4.12: 307 and 308 would carry a password on to the site."""
    rp.sign_in(alice)
    landed(rp.browser.post("/authorize", rp.ask().parameters))
    landed(rp.browser.post("/authorize", rp.ask(scope="x").parameters))
    rp.browser.get("/sign-out")
    rp.browser.submit("confirm")
    posted = [answer for answer in exchanges if answer.request.method == "POST"]
    assert len(posted) >= 4
    assert {answer.status_code for answer in exchanges if answer.is_redirect} == {303}


def test_no_answer_to_a_browser_is_kept_or_tells_where_it_came_from(
    rp: RelyingParty, alice: Person, exchanges: list[requests.Response]
) -> None:
    """RFC 9700 §4.2, §4.3: pages and redirects alike, by whichever layer they were answered."""
    rp.sign_in(alice)
    landed(rp.visit())
    landed(rp.visit(prompt="none", max_age="0"))
    rp.visit(response_mode="form_post")
    rp.visit(redirect_uri="https://evil.example/")
    for answer in exchanges:
        assert answer.headers["Referrer-Policy"] == "no-referrer", answer.url
        assert answer.headers["Cache-Control"] == "no-store", answer.url


def test_a_client_acting_for_itself_cannot_pass_for_a_person(
    centre: Centre, site_of: Callable[..., RelyingParty], rp: RelyingParty, alice: Person
) -> None:
    """RFC 9700 §4.15: no site chooses its id, and its own token names no sign-in."""
    subject = rp.claims(rp.tokens_of(alice).id_token)["sub"]
    machine = Registrant(centre, leave(centre))
    made = machine.register(client_id=subject, sub=subject, grant_types=["client_credentials"], redirect_uris=[])
    assert made.status_code == 201
    assert made.client_id != subject
    machine.close()
    itself = site_of(grant_types=["authorization_code", "client_credentials"])
    token = own_token(itself).access_token
    told = itself.introspect(token).json
    assert told["sub"] == told["client_id"] == itself.client_id
    assert not {"acr", "auth_time", "amr", "sid"} & set(told)
    assert itself.userinfo(token).error == "insufficient_scope"
