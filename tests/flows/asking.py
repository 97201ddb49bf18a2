"""Sites registered for this scope or that, people who wrote something about themselves, and short ways to ask."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from idp.accounts import details
from idp.oidc.registration import clients
from tests.flows.browser import Landing, Page
from tests.flows.centre import OPERATOR, Centre
from tests.flows.people import Person
from tests.flows.rp import RelyingParty
from tests.flows.site import Site

EVERY_SCOPE = "openid profile email address phone realname offline_access"
WRITTEN: dict[str, Any] = {
    "nickname": "小试", "nickname#en": "Tess", "email": "tess@mail.example.com", "website": "https://tess.example.org/",
    "profile": "https://people.example.org/tess", "picture": "https://people.example.org/tess.png",
    "family_name#en": "Shi", "given_name#en": "Yan", "middle_name#en": "T.",
    "address": {
        "country": "中国", "region": "山东省", "locality": "济南市", "street_address": "试行路 7 号", "postal_code": "250001",
    },
    "address#en": {"street_address": "7 Trial Road", "locality": "Jinan", "country": "China"},
}  # fmt: skip
Writes = Callable[..., None]


@pytest.fixture
def writes(centre: Centre) -> Writes:
    """A person writes something about themselves."""

    def write(who: Person, **members: Any) -> None:
        s = centre.services
        with s.database.transaction() as db:
            details.change(db, s.keyring, s.trail, who.account_id, members or WRITTEN)

    return write


Registered = Callable[..., RelyingParty]


@pytest.fixture
def registered(centre: Centre) -> Iterator[Registered]:
    """A maker of sites that are registered for exactly these scopes and ask for `openid` unless told otherwise."""
    made: list[RelyingParty] = []

    def register(
        scope: str, *, basis: str = clients.STATUTORY_DUTY, origin: str = "operator", **metadata: Any
    ) -> RelyingParty:
        place = Site()
        with centre.services.database.transaction() as db:
            client_id, secret = clients.register(
                db, centre.services.trail, place.metadata(scope=scope, **metadata), release_basis=basis, actor=OPERATOR,
                origin=origin, keyring=centre.services.keyring,
            )  # fmt: skip
        centre.see_changes()
        made.append(RelyingParty(centre.issuer, place, client_id, secret, "openid"))
        return made[-1]

    yield register
    for party in made:
        party.site.close()
        party.close()


@pytest.fixture
def site(registered: Registered) -> RelyingParty:
    """A site that may ask for everything, on the ground of its duty."""
    return registered(EVERY_SCOPE)


@pytest.fixture
def asking(registered: Registered) -> RelyingParty:
    """A site that may ask for everything, if the person agrees."""
    return registered(EVERY_SCOPE, basis=clients.CONSENT)


def told(site: RelyingParty, who: Person, **asked: Any) -> dict[str, Any]:
    """What userinfo says, without `sub`."""
    facts: dict[str, Any] = site.userinfo(site.tokens_of(who, **asked).access_token).json
    assert facts.pop("sub")
    return facts


def singly(**parts: Any) -> str:
    return json.dumps(parts)


def in_userinfo(*names: str) -> str:
    return singly(userinfo=dict.fromkeys(names))


def arrived(seen: Page | Landing) -> Landing:
    assert isinstance(seen, Landing), seen.text[:300]
    return seen


def page(seen: Page | Landing) -> Page:
    assert isinstance(seen, Page), seen
    return seen
