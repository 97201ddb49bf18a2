"""Two centres, one of which takes the other's word: signing in there, linking, and evidence that the other one vouches for."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from idp.core import signing
from idp.core.http import HttpClient
from idp.core.secret import Secret
from idp.realname.adapters.upstream_oidc import ADAPTER, Options
from idp.realname.models import Evidence
from idp.realname.ports import Source
from idp.realname.sources import Tools
from launcher import machine
from tests.flows.browser import Browser, Landing, Page
from tests.flows.centre import Centre, install, open_centre, served, settings_for
from tests.flows.rp import RelyingParty
from tests.flows.site import Site

LEVELS = {f"ial{ial}.aal{aal}": ial for ial in range(4) for aal in range(1, 4)}
METHODS = ["client_secret_basic", "private_key_jwt"]
_KEY = signing.new_private_key("ES256")


@pytest.fixture(scope="module")
def upstream(tmp_path_factory, service_log):
    """The centre whose word is taken."""
    url = f"sqlite:///{tmp_path_factory.mktemp('upstream') / 'idp.sqlite3'}"
    with open_centre(url, "", log_file=service_log) as centre:
        yield centre


def block(upstream: Centre, address: str, method: str, ceiling: int) -> Source:
    """What both agreed on, each with its own side of it."""
    shown = {"jwks": {"keys": [signing.load_signer("k1", "ES256", _KEY).public_jwk]}} if method == METHODS[1] else {}
    site = Site()
    site.close()
    client_id, secret = upstream.register_client(
        site.metadata(
            client_name="另一家认证中心", redirect_uris=[f"{address}/sign-in/with/upstream/return"],
            token_endpoint_auth_method=method, scope="openid profile realname", **shown,
        )
    )  # fmt: skip
    proof = {"private_key": Secret(_KEY), "key_id": "k1"} if shown else {"client_secret": Secret(secret or "")}
    options = Options(
        issuer=upstream.issuer, label="另一家认证中心", client_id=client_id, scope="openid profile realname",
        levels=LEVELS, ceiling=ceiling, number_claim="resident_id", **proof,
    )  # fmt: skip
    return ADAPTER.build("upstream", options, Tools(HttpClient(), None, address))


@pytest.fixture(params=METHODS)
def method(request):
    return request.param


@pytest.fixture
def downstream_of(upstream, tmp_path, service_log):
    """A maker of a centre that takes the upstream's word up to a ceiling."""
    open_ones = []

    def make(method: str, ceiling: int) -> Centre:
        port, url = machine.free_port(), f"sqlite:///{tmp_path / 'downstream.sqlite3'}"
        install(url)
        settings = settings_for(url, "", port, log_file=service_log)
        centre = Centre(settings, (block(upstream, settings.issuer, method, ceiling),))
        serving = served(centre.app, port)
        serving.__enter__()
        open_ones.append((serving, centre))
        return centre

    yield make
    for serving, centre in open_ones:
        serving.__exit__(None, None, None)
        centre.close()


def site_at(centre: Centre) -> RelyingParty:
    site = Site()
    client_id, secret = centre.register_client(site.metadata())
    return RelyingParty(centre.issuer, site, client_id, secret, "openid profile realname")


def through_upstream(upstream: Centre, browser: Browser, person, there: Browser) -> Page | Landing:
    """From the sign-in page to the other centre and back, with the cookies of each kept apart."""
    assert browser.page is not None
    [way] = [each for each in browser.page.links if each.startswith("/sign-in/with/upstream")]
    out = browser.get(way)
    assert isinstance(out, Landing), browser.page
    assert out.url.startswith(f"{upstream.issuer}/authorize?")
    seen = there.get(out.url)
    for _ in range(4):
        if isinstance(seen, Landing):
            return browser.get(seen.url)
        match seen.path:
            case "/sign-in":
                seen = there.submit("continue", identifier=person.username, password=person.password)
            case "/consent":
                seen = there.submit("allow")
            case other:
                raise AssertionError(f"{other}: {seen.text[:300]}")
    raise AssertionError("never came back")


def levels_of(centre: Centre, account_id: str) -> list[tuple[str, int | None]]:
    with centre.services.database.view() as db:
        return [(row.source, row.ial) for row in db.scalars(select(Evidence).where(Evidence.account_id == account_id))]


def test_a_proven_person_brings_their_proof_along(upstream, downstream_of, method, everybody):
    downstream = downstream_of(method, 1)
    theirs, mine = upstream.person(ial=1), downstream.person()
    everybody += [theirs, mine]
    rp, there = site_at(downstream), Browser(upstream.issuer)
    assert isinstance(rp.visit(acr_values="ial1.aal1"), Page)

    seen = through_upstream(upstream, rp.browser, theirs, there)
    assert (seen.path, "另一家认证中心" in seen.text) == ("/sign-in/unlinked", True)
    rp.browser.get(f"/sign-in?journey={seen.query['journey']}")
    seen = rp.browser.submit("continue", identifier=mine.username, password=mine.password)
    assert seen.has_button("link")
    seen = rp.browser.submit("link")
    assert seen.has_button("accept")
    assert theirs.name not in seen.body
    landed = rp._noted(rp.browser.submit("accept"))

    assert isinstance(landed, Landing)
    tokens = rp.redeem(landed.code)
    told = rp.userinfo(tokens.access_token).json
    assert (told["name"], told["resident_id"], told["ial"]) == (theirs.name, theirs.resident_id, 1)
    assert levels_of(downstream, mine.account_id) == [("upstream", 1)]

    again = Browser(downstream.issuer)
    rp.visit(again)
    landed = rp._noted(through_upstream(upstream, again, theirs, there))
    assert rp.claims(rp.redeem(landed.code).id_token)["sub"] == rp.claims(tokens.id_token)["sub"]
    for each in (there, again, rp):
        each.close()
    rp.site.close()


def test_a_centre_that_is_no_source_of_evidence_brings_a_sign_in_and_nothing_more(upstream, downstream_of, everybody):
    downstream = downstream_of(METHODS[0], 0)
    theirs, mine = upstream.person(ial=1), downstream.person()
    everybody += [theirs, mine]
    rp, there = site_at(downstream), Browser(upstream.issuer)
    rp.visit()
    seen = through_upstream(upstream, rp.browser, theirs, there)
    rp.browser.get(f"/sign-in?journey={seen.query['journey']}")
    rp.browser.submit("continue", identifier=mine.username, password=mine.password)
    landed = rp._noted(rp.browser.submit("link"))

    assert rp.claims(rp.redeem(landed.code).id_token)["acr"] == "ial0.aal1"
    assert levels_of(downstream, mine.account_id) == []
    there.close()
    rp.site.close()
    rp.close()


def test_who_declines_there_is_not_signed_in_here(upstream, downstream_of):
    downstream = downstream_of(METHODS[0], 1)
    here = Browser(downstream.issuer)
    out = here.get("/sign-in/with/upstream")
    state = dict(part.split("=", 1) for part in out.url.partition("?")[2].split("&"))["state"]
    seen = here.get(f"/sign-in/with/upstream/return?state={state}&error=access_denied&iss={upstream.issuer}")

    assert seen.path == "/sign-in"
    assert here.session_cookie is None
    here.close()
