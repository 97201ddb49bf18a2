"""A site tries to learn by what another one knows a person (OpenID Connect Core §8.1): it claims the other's address."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.flows.browser import Browser
from tests.flows.centre import Centre
from tests.flows.device import GRANT, Device, allow
from tests.flows.key_host import KeyHost
from tests.flows.people import Person
from tests.flows.registrant import Registrant, leave
from tests.flows.rp import RelyingParty


@pytest.fixture
def machine(centre: Centre) -> Iterator[Registrant]:
    made = Registrant(centre, leave(centre))
    yield made
    made.close()


@pytest.fixture
def host() -> Iterator[KeyHost]:
    made = KeyHost()
    yield made
    made.close()


@pytest.mark.parametrize("claims", ["client_uri", "redirect_uris", "sector_identifier_uri"])
def test_a_device_does_not_learn_by_what_another_site_knows_its_person(
    centre: Centre, machine: Registrant, host: KeyHost, site_of: Callable[..., RelyingParty], alice: Person,
    browser: Browser, claims: str,
) -> None:  # fmt: skip
    victim = site_of(registers="openid", scope="openid")
    known_by = victim.claims(victim.tokens_of(alice).id_token)["sub"]
    claimed: dict[str, dict[str, Any]] = {
        "client_uri": {"client_uri": f"{victim.site.url}/"},
        "redirect_uris": {
            "redirect_uris": [victim.site.redirect_uri], "grant_types": [GRANT, "authorization_code"],
        },
        # A file that the victim publishes for its own sites, and that lists nothing of this one, who has nothing to list.
        "sector_identifier_uri": {"sector_identifier_uri": host.url},
    }  # fmt: skip
    host.body = json.dumps([victim.site.redirect_uri]).encode()
    thief = {"grant_types": [GRANT], "token_endpoint_auth_method": "none", "subject_type": "pairwise"}
    made = machine.register(thief | claimed[claims])
    assert made.status_code == 201, made.json

    device = Device(RelyingParty(centre.issuer, victim.site, made.client_id, None, "openid"))
    device.ask()
    allow(browser, alice, device.user_code)
    told = device.poll()

    client = centre.services.provider.clients.find(made.client_id)
    assert client is not None
    assert client.sector == f"client:{made.client_id}"
    assert device.rp.claims(told.id_token)["sub"] != known_by
    device.rp.close()


def test_an_app_that_registered_itself_is_alone_behind_its_scheme(centre: Centre, machine: Registrant) -> None:
    """Any app on the person's device may take the scheme of another (RFC 8252 §8.6)."""
    made = [
        machine.register(redirect_uris=["com.example.bank:/cb"], application_type="native", client_name=name)
        for name in ("甲", "乙")
    ]
    found = [centre.services.provider.clients.find(each.client_id) for each in made]
    assert len({client.sector for client in found if client is not None}) == 2


def test_a_site_that_registered_itself_is_still_known_by_where_its_answers_go(
    centre: Centre, machine: Registrant
) -> None:
    made = machine.register()
    client = centre.services.provider.clients.find(made.client_id)
    assert client is not None
    assert client.sector == "rp.example"
